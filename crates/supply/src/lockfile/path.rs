//! Paths in a lock: below the project, below the home, or absolute. So the same file suits every checkout.

use interlock_launch::{GrantPath, PathError};
use serde::{Deserialize, Serialize};
use std::{
    fmt,
    path::{Path, PathBuf},
};

/// What paths in a lock are relative to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Base {
    /// The directory that holds the lock: absolute, without links.
    pub project: PathBuf,
    /// The user's home.
    pub home: PathBuf,
}

/// Why a text is no path of a lock.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProjectPathError {
    /// It begins with nothing that says what it is relative to.
    #[error("`{0}` begins neither with `./`, `~/` nor `/`")]
    Start(String),
    /// The rest is not a plain path.
    #[error(transparent)]
    Plain(#[from] PathError),
}

/// A path as it stands in a lock: `./data` in the project, `~/notes` in the home, or an absolute one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ProjectPath(String);

impl ProjectPath {
    /// Checks `text`.
    ///
    /// # Errors
    /// When it is relative to nothing known, has `.` or `..` inside, or characters that cannot be seen.
    pub fn new(text: &str) -> Result<Self, ProjectPathError> {
        if matches!(text, "." | "~") {
            return Ok(Self(text.to_owned()));
        }
        let (start, rest) = match text.chars().next() {
            Some('/') => ("", text),
            Some(sign @ ('.' | '~')) => match text.strip_prefix(sign) {
                Some(rest) if rest.starts_with('/') => (if sign == '.' { "." } else { "~" }, rest),
                _ => return Err(ProjectPathError::Start(text.escape_debug().to_string())),
            },
            _ => return Err(ProjectPathError::Start(text.escape_debug().to_string())),
        };
        let plain: GrantPath = rest.parse()?;
        // `./` alone is the project, as `.` is.
        let shown = match (start, plain.as_str()) {
            ("", plain) => plain.to_owned(),
            (start, "/") => start.to_owned(),
            (start, plain) => format!("{start}{plain}"),
        };
        Ok(Self(shown))
    }

    /// The shortest way to write an absolute path: in the project, in the home, or as it is.
    ///
    /// # Errors
    /// When the path is not UTF-8, not absolute or not plain.
    pub fn of(path: &Path, base: &Base) -> Result<Self, ProjectPathError> {
        let inside = [(".", &base.project), ("~", &base.home)];
        let text = inside.iter().find_map(|(sign, root)| {
            let rest = path.strip_prefix(root).ok()?;
            Some(match rest.to_str()? {
                "" => (*sign).to_owned(),
                rest => format!("{sign}/{rest}"),
            })
        });
        match (text, path.to_str()) {
            (Some(text), _) => Self::new(&text),
            (None, Some(text)) => Self::new(text),
            (None, None) => Err(PathError::NotText(path.display().to_string()).into()),
        }
    }

    /// The absolute path that it means.
    #[must_use]
    pub fn resolve(&self, base: &Base) -> PathBuf {
        let below = |root: &Path, rest: &str| match rest.trim_start_matches('/') {
            "" => root.to_owned(),
            rest => root.join(rest),
        };
        if let Some(rest) = self.0.strip_prefix('.') {
            return below(&base.project, rest);
        }
        match self.0.strip_prefix('~') {
            Some(rest) => below(&base.home, rest),
            None => PathBuf::from(&self.0),
        }
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it lies in the project.
    #[must_use]
    pub fn is_in_project(&self) -> bool {
        self.0.starts_with('.')
    }
}

impl fmt::Display for ProjectPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for ProjectPath {
    type Error = ProjectPathError;
    fn try_from(text: String) -> Result<Self, ProjectPathError> {
        Self::new(&text)
    }
}

impl From<ProjectPath> for String {
    fn from(path: ProjectPath) -> Self {
        path.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn base() -> Base {
        Base {
            project: "/home/u/src/app".into(),
            home: "/home/u".into(),
        }
    }

    #[test]
    fn texts_and_what_they_mean() {
        for (text, expected) in [
            (".", Some("/home/u/src/app")),
            ("./", Some("/home/u/src/app")),
            ("./data//x/", Some("/home/u/src/app/data/x")),
            ("~", Some("/home/u")),
            ("~/notes", Some("/home/u/notes")),
            ("/srv/data", Some("/srv/data")),
            ("/", Some("/")),
            ("data", None),
            ("", None),
            ("../x", None),
            ("./../x", None),
            ("~root/x", None),
            (".git", None),
            ("/a/../b", None),
            ("./a\u{202e}b", None),
            ("./a\nb", None),
        ] {
            let found = ProjectPath::new(text).ok();
            let found = found.map(|path| path.resolve(&base()));
            assert_eq!(found, expected.map(PathBuf::from), "{text:?}");
        }
    }

    #[test]
    fn absolute_paths_are_written_as_near_as_they_are() {
        for (path, expected) in [
            ("/home/u/src/app/bin/x", "./bin/x"),
            ("/home/u/src/app", "."),
            ("/home/u/src/apple", "~/src/apple"),
            ("/home/u", "~"),
            ("/usr/bin/x", "/usr/bin/x"),
        ] {
            let written = ProjectPath::of(Path::new(path), &base()).unwrap();
            assert_eq!(written.as_str(), expected);
            assert_eq!(written.resolve(&base()), Path::new(path));
        }
    }
}
