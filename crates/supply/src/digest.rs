//! Digests as values: an archive's registry integrity, a file's SHA-256, a tree's digest.
//!
//! Each is checked once, when it is made from text, and has exactly one text form.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Why a digest in text form was refused.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum IntegrityError {
    /// None of the listed hashes is a SHA-512.
    #[error("no sha512 among the integrity values; older algorithms are not accepted")]
    NoSha512,
    /// The value is not the base64 or hexadecimal text of a digest of that length.
    #[error("malformed digest text")]
    Malformed,
}

/// The digest of a package archive, as registries publish it, in Subresource Integrity form: a SHA-512
/// (`sha512-…`, npm) or a SHA-256 (`sha256-…`, the Python package index).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Integrity(Sum);

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Sum {
    Sha512([u8; 64]),
    Sha256([u8; 32]),
}

impl Integrity {
    /// Reads Subresource Integrity text as npm's registry gives it; of several hashes the (first) SHA-512
    /// counts, and a weaker one alone is refused.
    ///
    /// # Errors
    /// When there is no SHA-512 in it or the digest is malformed.
    pub fn parse(text: &str) -> Result<Self, IntegrityError> {
        let hash = text
            .split_ascii_whitespace()
            .find_map(|part| part.strip_prefix("sha512-"))
            .ok_or(IntegrityError::NoSha512)?;
        // Subresource Integrity lets options follow the digest after a question mark.
        let base64 = hash.split_once('?').map_or(hash, |(digest, _)| digest);
        let bytes = STANDARD
            .decode(base64)
            .map_err(|_| IntegrityError::Malformed)?;
        Ok(Self(Sum::Sha512(
            bytes.try_into().map_err(|_| IntegrityError::Malformed)?,
        )))
    }

    /// Reads the 64 hexadecimal digits of a SHA-256, as the Python package index gives them.
    ///
    /// # Errors
    /// On any other text.
    pub fn parse_sha256(text: &str) -> Result<Self, IntegrityError> {
        let bytes = unhex(&text.to_ascii_lowercase()).ok_or(IntegrityError::Malformed)?;
        Ok(Self(Sum::Sha256(bytes)))
    }

    /// Wraps a computed SHA-512.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 64]) -> Self {
        Self(Sum::Sha512(bytes))
    }

    /// Wraps a computed SHA-256.
    #[must_use]
    pub fn from_sha256(bytes: [u8; 32]) -> Self {
        Self(Sum::Sha256(bytes))
    }

    /// Whether it is a SHA-256.
    #[must_use]
    pub fn is_sha256(&self) -> bool {
        matches!(self.0, Sum::Sha256(_))
    }

    /// The whole digest as hexadecimal, as attestations have it.
    #[must_use]
    pub fn hex(&self) -> String {
        match &self.0 {
            Sum::Sha512(bytes) => hex(bytes),
            Sum::Sha256(bytes) => hex(bytes),
        }
    }

    /// The algorithm (`sha512` or `sha256`) and the whole digest in hexadecimal.
    #[must_use]
    pub fn algorithm_and_hex(&self) -> (&'static str, String) {
        match &self.0 {
            Sum::Sha512(bytes) => ("sha512", hex(bytes)),
            Sum::Sha256(bytes) => ("sha256", hex(bytes)),
        }
    }

    /// As those write it who publish it: npm in base64, everybody else in hexadecimal.
    #[must_use]
    pub fn published(&self) -> String {
        match &self.0 {
            Sum::Sha512(_) => self.to_string(),
            Sum::Sha256(bytes) => format!("sha256={}", hex(bytes)),
        }
    }

    /// 64 hexadecimal digits, of a SHA-512 the first half: the package's file name in the store (256 bits
    /// are plenty to be unique, and half as long a path).
    #[must_use]
    pub fn key(&self) -> String {
        match &self.0 {
            Sum::Sha512(bytes) => hex(bytes.split_at(32).0),
            Sum::Sha256(bytes) => hex(bytes),
        }
    }
}

impl fmt::Display for Integrity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Sum::Sha512(bytes) => write!(f, "sha512-{}", STANDARD.encode(bytes)),
            Sum::Sha256(bytes) => write!(f, "sha256-{}", STANDARD.encode(bytes)),
        }
    }
}

impl fmt::Debug for Integrity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl TryFrom<String> for Integrity {
    type Error = IntegrityError;
    fn try_from(text: String) -> Result<Self, IntegrityError> {
        let Some(base64) = text.strip_prefix("sha256-") else {
            return Self::parse(&text);
        };
        let bytes = STANDARD
            .decode(base64)
            .ok()
            .and_then(|raw| raw.try_into().ok());
        bytes
            .map(Self::from_sha256)
            .ok_or(IntegrityError::Malformed)
    }
}

impl From<Integrity> for String {
    fn from(value: Integrity) -> Self {
        value.to_string()
    }
}

/// The SHA-256 of a file's content.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Sha256([u8; 32]);

impl Sha256 {
    /// Wraps a computed SHA-256.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Reads 64 lower-case hexadecimal digits.
    ///
    /// # Errors
    /// On any other text.
    pub fn parse(text: &str) -> Result<Self, IntegrityError> {
        unhex(text).map(Self).ok_or(IntegrityError::Malformed)
    }

    /// The digest of `bytes`.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        use sha2::Digest;
        Self(sha2::Sha256::digest(bytes).into())
    }

    /// The raw digest.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// The SHA-256 over a tree's manifest: every path, mode, size and content digest, and nothing else.
/// Two trees with the same digest hold the same bytes at the same places.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TreeDigest([u8; 32]);

impl TreeDigest {
    /// Wraps a computed digest.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Reads 64 lower-case hexadecimal digits.
    ///
    /// # Errors
    /// On any other text.
    pub fn parse(text: &str) -> Result<Self, IntegrityError> {
        unhex(text).map(Self).ok_or(IntegrityError::Malformed)
    }

    /// The raw digest.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

macro_rules! hex_text {
    ($($name:ident),*) => {$(
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&hex(&self.0))
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }
        impl TryFrom<String> for $name {
            type Error = IntegrityError;
            fn try_from(text: String) -> Result<Self, IntegrityError> {
                Self::parse(&text)
            }
        }
        impl From<$name> for String {
            fn from(value: $name) -> Self {
                value.to_string()
            }
        }
    )*};
}
hex_text!(Sha256, TreeDigest);

fn hex(bytes: &[u8]) -> String {
    let digit = |nibble: u8| char::from_digit(u32::from(nibble), 16).unwrap_or('0');
    bytes
        .iter()
        .flat_map(|byte| [digit(byte >> 4), digit(byte & 15)])
        .collect()
}

fn unhex(text: &str) -> Option<[u8; 32]> {
    let nibble = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    if text.len() != 64 {
        return None;
    }
    let mut out = [0; 32];
    for (slot, pair) in out.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        let [high, low] = pair else { return None };
        *slot = nibble(*high)? << 4 | nibble(*low)?;
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integrity_text() {
        let good = Integrity::from_bytes([7; 64]).to_string();
        let check = |text: &str, expected: Result<(), IntegrityError>| {
            assert_eq!(Integrity::parse(text).map(|_| ()), expected, "{text}");
        };
        check(&good, Ok(()));
        check(&format!("sha1-AAAA {good}"), Ok(()));
        check(&format!("{good}?opt"), Ok(()));
        check(
            "sha1-2jmj7l5rSw0yVb/vlWAYkK/YBwk=",
            Err(IntegrityError::NoSha512),
        );
        check("", Err(IntegrityError::NoSha512));
        check("sha512-", Err(IntegrityError::Malformed));
        check("sha512-AAAA", Err(IntegrityError::Malformed));
        check("sha512-***", Err(IntegrityError::Malformed));
        // npm's registry must not get away with less than it publishes.
        let weaker = Integrity::from_sha256([7; 32]).to_string();
        check(&weaker, Err(IntegrityError::NoSha512));
    }

    #[test]
    fn sha256_text() {
        let hex = "0a".repeat(32);
        let integrity = Integrity::parse_sha256(&hex).unwrap();
        assert_eq!(
            Integrity::parse_sha256(&hex.to_uppercase()),
            Ok(integrity.clone())
        );
        assert_eq!(integrity.key(), hex);
        assert_eq!(integrity.algorithm_and_hex(), ("sha256", hex));
        assert_eq!(Integrity::try_from(integrity.to_string()), Ok(integrity));
        for bad in ["", "0a", "sha256-", "sha256-AAAA", "sha256-***"] {
            assert!(Integrity::parse_sha256(bad).is_err(), "{bad}");
            assert!(Integrity::try_from(bad.to_owned()).is_err(), "{bad}");
        }
    }

    #[test]
    fn hexadecimal_text_has_one_form() {
        let text = "00ff10".repeat(10) + "abcd";
        assert_eq!(
            TreeDigest::parse(&text).map(|digest| digest.to_string()),
            Ok(text.clone())
        );
        for bad in [
            "",
            "00",
            &text.to_uppercase(),
            &format!("{text}0"),
            &text.replace('a', "g"),
        ] {
            assert_eq!(
                TreeDigest::parse(bad),
                Err(IntegrityError::Malformed),
                "{bad}"
            );
        }
    }
}
