//! Names of environment variables and of secrets.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use thiserror::Error;

/// Why a text is not a name.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NameError {
    /// The text has no characters.
    #[error("a name cannot be empty")]
    Empty,
    /// The text is longer than any name in use.
    #[error("a name of {0} bytes is too long: at most {MAX_NAME}")]
    TooLong(usize),
    /// A character that a name of this kind cannot have.
    #[error("`{name}` is not {what}: use letters, digits, {also}, not starting with a digit")]
    Character {
        /// The text as it was given, escaped.
        name: String,
        /// Which kind of name was meant.
        what: &'static str,
        /// Which other characters are allowed.
        also: &'static str,
    },
}

const MAX_NAME: usize = 128;

/// The name of an environment variable: `[A-Za-z_][A-Za-z0-9_]*`, at most 128 bytes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EnvName(String);

/// The name of a secret: a variable's characters, and `-` and `.` inside. It is also a file name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SecretName(String);

impl FromStr for EnvName {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        check(text, "a variable's name", "`_`", |c| c == b'_')?;
        Ok(Self(text.to_owned()))
    }
}

impl FromStr for SecretName {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        check(text, "a secret's name", "`_`, `-` and `.`", |c| {
            matches!(c, b'_' | b'-' | b'.')
        })?;
        Ok(Self(text.to_owned()))
    }
}

fn check(
    text: &str,
    what: &'static str,
    also: &'static str,
    extra: fn(u8) -> bool,
) -> Result<(), NameError> {
    if text.len() > MAX_NAME {
        return Err(NameError::TooLong(text.len()));
    }
    let Some(first) = text.bytes().next() else {
        return Err(NameError::Empty);
    };
    let starts = first.is_ascii_alphabetic() || first == b'_';
    if starts && text.bytes().all(|c| c.is_ascii_alphanumeric() || extra(c)) {
        return Ok(());
    }
    let name = text.escape_debug().to_string();
    Err(NameError::Character { name, what, also })
}

/// The name of an approved server, for `interlock run NAME`: letters, digits, `_`, `-` and `.`, at most 128 bytes,
/// starting with a letter or `_`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServerName(String);

impl FromStr for ServerName {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        check(text, "a server's name", "`_`, `-` and `.`", |c| {
            matches!(c, b'_' | b'-' | b'.')
        })?;
        Ok(Self(text.to_owned()))
    }
}

/// The name of a sandbox layer that may be missing: lower-case letters, digits and `-`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LayerName(String);

impl FromStr for LayerName {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        check(text, "a layer's name", "`-`", |c| c == b'-')?;
        Ok(Self(text.to_owned()))
    }
}

impl SecretName {
    /// The variable that carries the secret: the name itself where it can be one, else in capitals with `_` for
    /// `-` and `.` (`github-token` becomes `GITHUB_TOKEN`).
    #[must_use]
    pub fn variable(&self) -> EnvName {
        let plain = self
            .0
            .bytes()
            .all(|c| c.is_ascii_alphanumeric() || c == b'_');
        if plain {
            return EnvName(self.0.clone());
        }
        EnvName(self.0.to_ascii_uppercase().replace(['-', '.'], "_"))
    }
}

macro_rules! text_newtype {
    ($type:ident) => {
        impl $type {
            /// The name as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?
                    .parse()
                    .map_err(de::Error::custom)
            }
        }
    };
}

text_newtype!(EnvName);
text_newtype!(SecretName);
text_newtype!(ServerName);
text_newtype!(LayerName);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_variables() {
        let long = "A".repeat(129);
        let cases = [
            ("GITHUB_TOKEN", true),
            ("_x9", true),
            ("http_proxy", true),
            ("", false),
            ("9A", false),
            ("A-B", false),
            ("A=B", false),
            ("A\0", false),
            ("É", false),
            (&long, false),
        ];
        for (text, good) in cases {
            assert_eq!(text.parse::<EnvName>().is_ok(), good, "{text:?}");
        }
    }

    #[test]
    fn names_of_secrets_are_plain_file_names() {
        let cases = [
            ("github-token", true),
            ("api.key_2", true),
            (".", false),
            ("..", false),
            (".hidden", false),
            ("-n", false),
            ("a/b", false),
            ("a\nb", false),
            ("", false),
        ];
        for (text, good) in cases {
            assert_eq!(text.parse::<SecretName>().is_ok(), good, "{text:?}");
        }
    }

    #[test]
    fn a_secret_becomes_a_variable() {
        for (name, variable) in [
            ("GITHUB_TOKEN", "GITHUB_TOKEN"),
            ("github_token", "github_token"),
            ("github-token", "GITHUB_TOKEN"),
            ("api.key-2", "API_KEY_2"),
        ] {
            let name: SecretName = name.parse().unwrap();
            assert_eq!(name.variable().as_str(), variable);
            assert!(name.variable().as_str().parse::<EnvName>().is_ok());
        }
    }

    #[test]
    fn an_error_shows_control_characters_escaped() {
        let error = "A\u{1b}[2J".parse::<EnvName>().unwrap_err();
        assert!(!error.to_string().contains('\u{1b}'), "{error}");
    }

    #[test]
    fn reading_json_checks_too() {
        assert!(serde_json::from_str::<EnvName>("\"A B\"").is_err());
        assert!(serde_json::from_str::<SecretName>("\"../key\"").is_err());
    }
}
