//! Taking a URI apart (RFC 3986), strictly: what is not a URI character is an error, not a guess.

use super::UriFault;

/// The parts of a URI as written; only the scheme is in lower case.
#[derive(Debug)]
pub(super) struct Parts<'a> {
    pub(super) scheme: String,
    pub(super) authority: Option<&'a str>,
    pub(super) path: &'a str,
    pub(super) query: Option<&'a str>,
    pub(super) fragment: Option<&'a str>,
}

pub(super) fn split(uri: &str) -> Result<Parts<'_>, UriFault> {
    check_characters(uri)?;
    let (scheme, rest) = uri.split_once(':').ok_or(UriFault::NotAbsolute)?;
    if !is_scheme(scheme) {
        return Err(UriFault::NotAbsolute);
    }
    let (rest, fragment) = cut(rest, '#');
    let (rest, query) = cut(rest, '?');
    let (authority, path) = match rest.strip_prefix("//") {
        None => (None, rest),
        Some(rest) => match rest.find('/').and_then(|at| rest.split_at_checked(at)) {
            Some((authority, path)) => (Some(authority), path),
            None => (Some(rest), ""),
        },
    };
    Ok(Parts {
        scheme: scheme.to_ascii_lowercase(),
        authority,
        path,
        query,
        fragment,
    })
}

fn cut(text: &str, mark: char) -> (&str, Option<&str>) {
    text.split_once(mark)
        .map_or((text, None), |(before, after)| (before, Some(after)))
}

/// Whether `text` is a scheme: a letter, then letters, digits, `+`, `-` and `.`.
pub(super) fn is_scheme(text: &str) -> bool {
    let mut bytes = text.bytes();
    bytes
        .next()
        .is_some_and(|first| first.is_ascii_alphabetic())
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'))
}

/// Characters beyond ASCII pass here, as people write them (RFC 3987); names and hosts judge them.
fn check_characters(uri: &str) -> Result<(), UriFault> {
    for character in uri.chars() {
        match character {
            '{' | '}' => return Err(UriFault::Template),
            '\\' => return Err(UriFault::EncodedSeparator),
            control if control.is_control() => return Err(UriFault::ControlCharacter),
            ' ' | '"' | '<' | '>' | '^' | '`' | '|' => return Err(UriFault::ForbiddenCharacter),
            _ => {}
        }
    }
    Ok(())
}
