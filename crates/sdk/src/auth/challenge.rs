//! Reading `WWW-Authenticate` (RFC 9110 section 11.6.1): what a server that refused wants.
//!
//! A field may hold several challenges and a challenge may be spread over commas, so it is read by its grammar. A
//! challenge with a parameter twice is refused as a whole: two readers could take different ones.
//!
//! ```
//! use interlock_sdk::auth::challenge;
//!
//! let field = r#"Bearer error="insufficient_scope", scope="files:write", Basic realm="x""#;
//! let challenges = challenge::parse(field)?;
//! assert_eq!(challenges[0].parameter("scope"), Some("files:write"));
//! assert!(challenges[1].is("basic"));
//! # Ok::<(), challenge::ChallengeError>(())
//! ```

use http::HeaderMap;
use http::header::WWW_AUTHENTICATE;
use thiserror::Error;

/// Bytes of all fields together.
const MAX_BYTES: usize = 16 << 10;
/// Challenges, and parameters of one challenge.
const MAX_ITEMS: usize = 32;

/// One way in that a server offers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Challenge {
    scheme: String,
    /// Names in lower case.
    parameters: Vec<(String, String)>,
}

impl Challenge {
    /// The scheme as written.
    #[must_use]
    pub fn scheme(&self) -> &str {
        &self.scheme
    }

    /// Whether this is the scheme, whatever its case.
    #[must_use]
    pub fn is(&self, scheme: &str) -> bool {
        self.scheme.eq_ignore_ascii_case(scheme)
    }

    /// A parameter; `name` in lower case.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<&str> {
        let found = self.parameters.iter().find(|(own, _)| own == name)?;
        Some(&found.1)
    }
}

/// Why a field was not understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ChallengeError {
    /// Not the grammar of RFC 9110.
    #[error("malformed challenge at byte {0}")]
    Syntax(usize),
    /// A parameter stands there twice.
    #[error("challenge with a repeated parameter")]
    Repeated,
    /// Longer or richer than anything real.
    #[error("challenge over the size limit")]
    TooLong,
}

/// All challenges of a response.
///
/// # Errors
/// When a field is not text or not understood.
pub fn from_headers(headers: &HeaderMap) -> Result<Vec<Challenge>, ChallengeError> {
    let mut all = Vec::new();
    let mut bytes = 0_usize;
    for field in headers.get_all(WWW_AUTHENTICATE) {
        bytes = bytes.saturating_add(field.len());
        if bytes > MAX_BYTES {
            return Err(ChallengeError::TooLong);
        }
        all.extend(parse(
            field.to_str().map_err(|_| ChallengeError::Syntax(0))?,
        )?);
    }
    Ok(all)
}

/// The challenges of one field.
///
/// # Errors
/// When it is not understood.
pub fn parse(field: &str) -> Result<Vec<Challenge>, ChallengeError> {
    if field.len() > MAX_BYTES {
        return Err(ChallengeError::TooLong);
    }
    let mut cursor = Cursor {
        bytes: field.as_bytes(),
        at: 0,
    };
    let mut challenges: Vec<Challenge> = Vec::new();
    loop {
        cursor.skip(|byte| matches!(byte, b' ' | b'\t' | b','));
        if cursor.peek().is_none() {
            return Ok(challenges);
        }
        let name = cursor.token()?;
        let scheme_follows = cursor.peek() == Some(b' ');
        let after_name = cursor.at;
        cursor.skip_space();
        match (cursor.peek(), challenges.last_mut()) {
            (Some(b'='), Some(challenge)) => parameter(&mut cursor, challenge, &name)?,
            (Some(b'='), None) => return Err(cursor.fault()),
            (None | Some(b','), _) => push(&mut challenges, name)?,
            (Some(_), _) if scheme_follows => {
                push(&mut challenges, name)?;
                cursor.token68();
            }
            (Some(_), _) => {
                cursor.at = after_name;
                return Err(cursor.fault());
            }
        }
    }
}

fn push(challenges: &mut Vec<Challenge>, scheme: String) -> Result<(), ChallengeError> {
    if challenges.len() >= MAX_ITEMS {
        return Err(ChallengeError::TooLong);
    }
    challenges.push(Challenge {
        scheme,
        parameters: Vec::new(),
    });
    Ok(())
}

/// Reads `=value` and what ends it.
fn parameter(
    cursor: &mut Cursor<'_>,
    challenge: &mut Challenge,
    name: &str,
) -> Result<(), ChallengeError> {
    cursor.at = cursor.at.saturating_add(1);
    cursor.skip_space();
    let value = match cursor.peek() {
        Some(b'"') => cursor.quoted()?,
        _ => cursor.token()?,
    };
    cursor.skip_space();
    if !matches!(cursor.peek(), None | Some(b',')) {
        return Err(cursor.fault());
    }
    let name = name.to_ascii_lowercase();
    if challenge.parameter(&name).is_some() {
        return Err(ChallengeError::Repeated);
    }
    if challenge.parameters.len() >= MAX_ITEMS {
        return Err(ChallengeError::TooLong);
    }
    challenge.parameters.push((name, value));
    Ok(())
}

struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Cursor<'_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn next(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.at = self.at.saturating_add(1);
        Some(byte)
    }

    fn fault(&self) -> ChallengeError {
        ChallengeError::Syntax(self.at)
    }

    fn skip(&mut self, what: impl Fn(u8) -> bool) {
        while self.peek().is_some_and(&what) {
            self.at = self.at.saturating_add(1);
        }
    }

    fn skip_space(&mut self) {
        self.skip(|byte| matches!(byte, b' ' | b'\t'));
    }

    fn token(&mut self) -> Result<String, ChallengeError> {
        let start = self.at;
        self.skip(is_token);
        let token = self.bytes.get(start..self.at).unwrap_or_default();
        if token.is_empty() {
            return Err(self.fault());
        }
        Ok(String::from_utf8_lossy(token).into_owned())
    }

    /// Skips the one value that old schemes have instead of parameters, if it is one.
    fn token68(&mut self) {
        let start = self.at;
        self.skip(|byte| byte.is_ascii_alphanumeric() || b"-._~+/".contains(&byte));
        self.skip(|byte| byte == b'=');
        self.skip_space();
        if !matches!(self.peek(), None | Some(b',')) {
            self.at = start;
        }
    }

    fn quoted(&mut self) -> Result<String, ChallengeError> {
        self.at = self.at.saturating_add(1);
        let mut text = String::new();
        loop {
            let byte = match self.next().ok_or_else(|| self.fault())? {
                b'"' => return Ok(text),
                b'\\' => self.next().ok_or_else(|| self.fault())?,
                byte => byte,
            };
            if !matches!(byte, b'\t' | b' '..=b'~') {
                return Err(self.fault());
            }
            text.push(char::from(byte));
        }
    }
}

fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

#[cfg(test)]
#[path = "challenge_tests.rs"]
mod tests;
