//! Text in a header value: as it is where that is safe, else Base64 between `=?base64?` and `?=`.

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use thiserror::Error;

const OPENING: &str = "=?base64?";
const CLOSING: &str = "?=";

/// Why a header value has no meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum ValueError {
    /// A byte outside of visible ASCII, space and tab.
    #[error("a character that no header value may have")]
    Character,
    /// Between the markers is no canonical Base64.
    #[error("no valid base64 between the markers")]
    Base64,
    /// The Base64 holds no UTF-8.
    #[error("the base64 does not hold utf-8")]
    Utf8,
}

/// The header value for `text`. It never holds a control character or anything beyond ASCII.
pub fn encode(text: &str) -> Cow<'_, str> {
    match is_plain(text) {
        true => Cow::Borrowed(text),
        false => Cow::Owned(format!("{OPENING}{}{CLOSING}", STANDARD.encode(text))),
    }
}

/// The text that a header value stands for.
///
/// # Errors
/// [`ValueError`] when the value has forbidden characters, or markers without canonical Base64 of UTF-8 between them.
pub fn decode(value: &[u8]) -> Result<Cow<'_, str>, ValueError> {
    if !value.iter().all(|byte| fits(*byte)) {
        return Err(ValueError::Character);
    }
    let text = std::str::from_utf8(value).map_err(|_| ValueError::Character)?;
    let Some(inside) = between_markers(text) else {
        return Ok(Cow::Borrowed(text));
    };
    // The engine refuses missing padding and stray bits, so a text has one encoding only.
    let bytes = STANDARD.decode(inside).map_err(|_| ValueError::Base64)?;
    let text = String::from_utf8(bytes).map_err(|_| ValueError::Utf8)?;
    Ok(Cow::Owned(text))
}

/// Whether `name` is a token (RFC 9110, section 5.6.2): what may stand in a header's name.
pub fn is_token(name: &str) -> bool {
    let tchar = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !name.is_empty() && name.bytes().all(tchar)
}

fn is_plain(text: &str) -> bool {
    let padded = text.starts_with([' ', '\t']) || text.ends_with([' ', '\t']);
    !padded && text.bytes().all(fits) && between_markers(text).is_none()
}

fn between_markers(text: &str) -> Option<&str> {
    text.strip_prefix(OPENING)?.strip_suffix(CLOSING)
}

fn fits(byte: u8) -> bool {
    matches!(byte, b' '..=b'~' | b'\t')
}
