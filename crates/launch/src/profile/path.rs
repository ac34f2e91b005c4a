//! Paths that can be granted: absolute, plain, and comparable as text.

use std::fmt;
use std::path::{Component, Path};
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use thiserror::Error;

/// Why a text is not a path that can be granted.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PathError {
    /// It does not begin with `/`, so what it names depends on where one stands.
    #[error("`{0}` is not absolute: write the whole path from `/`")]
    Relative(String),
    /// It has a `.` or `..` part, so its text says something else than what it names.
    #[error("`{0}` has a `.` or `..` in it: write the path it stands for")]
    Dots(String),
    /// It has a control character, or one that cannot be seen or turns the text around.
    #[error("`{0}` has a character that cannot be seen")]
    Control(String),
    /// It is not UTF-8, so an approval could not show it exactly.
    #[error("`{0}` is not UTF-8")]
    NotText(String),
    /// Longer than the kernel's `PATH_MAX`.
    #[error("a path of {0} bytes is too long")]
    TooLong(usize),
}

/// An absolute path without `.`, `..`, doubled or trailing slashes: equal texts name equal paths.
///
/// Whether it names a symbolic link is a matter of the file system: [`Ledger::admit`](crate::Ledger::admit) looks.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GrantPath(String);

impl GrantPath {
    /// The path as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The path.
    #[must_use]
    pub fn as_path(&self) -> &Path {
        Path::new(&self.0)
    }

    /// Whether everything under `other`, or `other` itself, is also under this path.
    #[must_use]
    pub fn covers(&self, other: &Path) -> bool {
        other.starts_with(self.as_path())
    }
}

impl FromStr for GrantPath {
    type Err = PathError;

    fn from_str(text: &str) -> Result<Self, PathError> {
        let shown = || text.escape_debug().to_string();
        if text.len() > 4095 {
            return Err(PathError::TooLong(text.len()));
        }
        if text.chars().any(is_unseen) {
            return Err(PathError::Control(shown()));
        }
        if !text.starts_with('/') {
            return Err(PathError::Relative(shown()));
        }
        // `Path::components` would drop a `.` in the middle unseen, so the text itself is split.
        if text.split('/').any(|part| matches!(part, "." | "..")) {
            return Err(PathError::Dots(shown()));
        }
        let mut plain = String::with_capacity(text.len());
        for part in text.split('/').filter(|part| !part.is_empty()) {
            plain.push('/');
            plain.push_str(part);
        }
        if plain.is_empty() {
            plain.push('/');
        }
        Ok(Self(plain))
    }
}

/// Characters that a person who approves would not see: controls, zero-width ones, and those that change direction.
fn is_unseen(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{ad}'
                | '\u{61c}'
                | '\u{180e}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e0fff}'
        )
}

impl TryFrom<&Path> for GrantPath {
    type Error = PathError;

    fn try_from(path: &Path) -> Result<Self, PathError> {
        debug_assert!(
            path.components()
                .all(|part| !matches!(part, Component::Prefix(_)))
        );
        match path.to_str() {
            Some(text) => text.parse(),
            None => Err(PathError::NotText(
                path.to_string_lossy().escape_debug().to_string(),
            )),
        }
    }
}

impl fmt::Display for GrantPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for GrantPath {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for GrantPath {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Option<&str>) {
        let parsed = text.parse::<GrantPath>().ok();
        assert_eq!(parsed.as_ref().map(GrantPath::as_str), expected, "{text:?}");
    }

    #[test]
    fn only_plain_absolute_paths_parse() {
        check("/srv/data", Some("/srv/data"));
        check("//srv///data/", Some("/srv/data"));
        check("/", Some("/"));
        check("/a b/ü", Some("/a b/ü"));
        check("/...", Some("/..."));
        check("", None);
        check("data", None);
        check("~/data", None);
        check("/srv/../etc", None);
        check("/srv/./data", None);
        check("/srv/a\nb", None);
        check("/srv/a\0b", None);
        check("/srv/\u{202e}b", None);
        check("/srv/\u{200b}b", None);
        check(&format!("/{}", "a".repeat(4095)), None);
    }

    #[test]
    fn covering_goes_by_whole_parts() {
        let check = |grant: &str, other: &str, expected| {
            let grant: GrantPath = grant.parse().unwrap();
            assert_eq!(
                grant.covers(Path::new(other)),
                expected,
                "{grant} over {other}"
            );
        };
        check("/", "/home/u", true);
        check("/home/u", "/home/u", true);
        check("/home/u", "/home/user", false);
        check("/home/u/x", "/home/u", false);
    }

    #[cfg(unix)]
    #[test]
    fn a_path_that_is_no_text_is_refused() {
        use std::os::unix::ffi::OsStrExt as _;
        let path = Path::new(std::ffi::OsStr::from_bytes(b"/srv/\xff"));
        assert!(matches!(
            GrantPath::try_from(path),
            Err(PathError::NotText(_))
        ));
    }
}
