//! Package names and exact versions, checked once.

use serde::{Deserialize, Serialize};
use std::{fmt, hash, str::FromStr};

/// Why a package name was refused.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum NameError {
    /// Longer than 214 characters, or empty.
    #[error("a package name has 1 to 214 characters")]
    Length,
    /// Not `name` or `@scope/name` of letters, digits and `-._~`.
    #[error("not a package name")]
    Shape,
}

/// The name of an npm package, `name` or `@scope/name`; safe as a path and in a URL.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PackageName(String);

impl PackageName {
    /// Checks `text`. Upper case is accepted: old packages have it.
    ///
    /// # Errors
    /// When it is not a package name.
    pub fn new(text: impl Into<String>) -> Result<Self, NameError> {
        let text = text.into();
        if text.is_empty() || text.len() > 214 {
            return Err(NameError::Length);
        }
        let plain = match text.strip_prefix('@') {
            Some(rest) => rest
                .split_once('/')
                .is_some_and(|(scope, name)| is_part(scope) && is_part(name)),
            None => is_part(&text),
        };
        let reserved = matches!(text.as_str(), "node_modules" | "favicon.ico");
        if plain && !reserved {
            Ok(Self(text))
        } else {
            Err(NameError::Shape)
        }
    }

    /// The name that a directory of a tree is found under: `b` of `node_modules/a/node_modules/b`. None for a directory
    /// that no package is ever put into.
    pub(crate) fn of_directory(directory: &str) -> Option<Self> {
        let chain = directory
            .strip_prefix("node_modules/")?
            .split("/node_modules/");
        let names: Option<Vec<Self>> = chain.map(|name| Self::new(name).ok()).collect();
        names?.pop()
    }

    /// The name in `NAME` or `NAME@VERSION`.
    pub(crate) fn of_wish(text: &str) -> Option<Self> {
        // An `@` at the beginning is a scope's.
        let end = text
            .char_indices()
            .skip(1)
            .find(|(_, c)| *c == '@')
            .map_or(text.len(), |(at, _)| at);
        Self::new(text.get(..end)?).ok()
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// `@scope`, when there is one.
    #[must_use]
    pub fn scope(&self) -> Option<&str> {
        self.0.split_once('/').map(|(scope, _)| scope)
    }

    /// The part after the scope.
    #[must_use]
    pub fn last(&self) -> &str {
        self.0
            .split_once('/')
            .map_or(self.0.as_str(), |(_, last)| last)
    }
}

fn is_part(part: &str) -> bool {
    let allowed =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~');
    !part.is_empty() && !part.starts_with('.') && part.bytes().all(allowed)
}

impl fmt::Display for PackageName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for PackageName {
    type Error = NameError;
    fn try_from(text: String) -> Result<Self, NameError> {
        Self::new(text)
    }
}

impl From<PackageName> for String {
    fn from(name: PackageName) -> Self {
        name.0
    }
}

/// Text that is not an exact semantic version.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("not an exact semantic version")]
pub struct VersionError;

/// An exact version in the form the registry publishes it.
#[derive(Clone, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Version {
    text: String,
    parsed: nodejs_semver::Version,
}

impl Version {
    /// `0.0.0`.
    pub(crate) fn zero() -> Self {
        let parsed = nodejs_semver::Version::from((0_u64, 0_u64, 0_u64));
        Self {
            text: "0.0.0".into(),
            parsed,
        }
    }

    /// The parsed form, for comparing.
    #[must_use]
    pub fn semver(&self) -> &nodejs_semver::Version {
        &self.parsed
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl FromStr for Version {
    type Err = VersionError;
    fn from_str(text: &str) -> Result<Self, VersionError> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'+');
        let shaped = text.len() <= 256
            && text.starts_with(|c: char| c.is_ascii_digit())
            && text.bytes().all(plain);
        if !shaped {
            return Err(VersionError);
        }
        let parsed = nodejs_semver::Version::parse(text).map_err(|_| VersionError)?;
        Ok(Self {
            text: text.into(),
            parsed,
        })
    }
}

impl From<&Version> for crate::locked::ExactVersion {
    fn from(version: &Version) -> Self {
        // INVARIANT: a semantic version is made of digits, letters and `.-+`, and starts with a digit.
        Self::new(version.text.as_str()).unwrap_or_else(|_| Self::zero())
    }
}

impl PartialEq for Version {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Version {}

impl hash::Hash for Version {
    fn hash<H: hash::Hasher>(&self, state: &mut H) {
        self.text.hash(state);
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl TryFrom<String> for Version {
    type Error = VersionError;
    fn try_from(text: String) -> Result<Self, VersionError> {
        text.parse()
    }
}

impl From<Version> for String {
    fn from(version: Version) -> Self {
        version.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for (text, good) in [
            ("a", true),
            ("@modelcontextprotocol/server-filesystem", true),
            ("JSONStream", true),
            ("lodash.merge", true),
            ("-", true),
            ("_x", true),
            ("", false),
            ("@/a", false),
            ("@a/", false),
            ("@a/b/c", false),
            ("a/b", false),
            ("..", false),
            (".a", false),
            ("@a/..", false),
            ("a b", false),
            ("a%2fb", false),
            ("a?b", false),
            ("node_modules", false),
            ("ünï", false),
            (&"a".repeat(215), false),
        ] {
            assert_eq!(PackageName::new(text).is_ok(), good, "{text:?}");
        }
    }

    #[test]
    fn names_of_directories() {
        for (directory, expected) in [
            ("node_modules/a", Some("a")),
            ("node_modules/@s/a", Some("@s/a")),
            ("node_modules/a/node_modules/@s/b", Some("@s/b")),
            ("a/x", None),
            ("node_modules/a/b", None),
            ("node_modules/a/node_modules", None),
            ("x/node_modules/a", None),
        ] {
            let found = PackageName::of_directory(directory);
            let found = found.as_ref().map(PackageName::as_str);
            assert_eq!(found, expected, "{directory}");
        }
    }

    #[test]
    fn versions() {
        for (text, good) in [
            ("1.2.3", true),
            ("1.2.3-rc.1+build.5", true),
            ("2026.8.31", true),
            ("", false),
            ("1.2", false),
            ("^1.2.3", false),
            ("v1.2.3", false),
            ("=1.2.3", false),
            (" 1.2.3", false),
            ("1.2.3/..", false),
        ] {
            assert_eq!(text.parse::<Version>().is_ok(), good, "{text:?}");
        }
    }
}
