//! Where a server comes from, as one line of text: `npm:NAME@SPEC`, `pypi:NAME==VERSION`, `binary:ADDRESS#sha256=DIGEST`,
//! `mcpb:ADDRESS#sha256=DIGEST`, `git:ADDRESS#COMMIT`, `oci:IMAGE:TAG`, `file:PATH`, `command:WORD`.
//!
//! A further kind of source is one more variant with its own scheme; the reader refuses schemes that it does not know, so an
//! older program never takes one source for another.

use super::Content;
use super::path::{Base, ProjectPath, ProjectPathError};
use crate::locked::LockedTree;
use crate::npm;
use crate::oci::Reference;
use interlock_launch::{Request, SourceKind, SourceWord, SourceWordError, excerpt, without_logins};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// Why a text is no source.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SourceError {
    /// It names no scheme that is known.
    #[error(
        "`{0}` is no source: write `npm:NAME[@VERSION]`, `pypi:NAME[==VERSION]`, `binary:ADDRESS`, `mcpb:ADDRESS`, `git:ADDRESS`, `oci:IMAGE` or a path"
    )]
    Scheme(String),
    /// The package's name is none.
    #[error("`{0}` is not the name of a package")]
    Name(String),
    /// What follows the name is no version.
    #[error("`{0}` says nothing about versions that this registry understands")]
    Version(String),
    /// The path cannot be used.
    #[error("the path of a program cannot be used")]
    Path(#[from] ProjectPathError),
    /// What is fetched by its address cannot be fetched from there.
    #[error("`{word}` is no source")]
    Address {
        /// As written; escaped.
        word: String,
        /// Why.
        source: SourceWordError,
    },
    /// A command is one word without characters that cannot be seen.
    #[error("`{0}` is not a command")]
    Command(String),
}

/// Where a server comes from.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Source {
    /// A package of the npm registry.
    Npm {
        /// Its name.
        name: npm::PackageName,
        /// A version, range or tag; empty means the newest.
        spec: String,
    },
    /// A package of the Python package index.
    Pypi {
        /// Its name, with extras if any, as written.
        name: String,
        /// The exact version; empty means the newest.
        version: String,
    },
    /// Bytes by their address: `binary:`, `mcpb:`, `git:`. A bundle's path is as in [`ProjectPath`].
    Address(SourceWord),
    /// An image of a container, by its whole name.
    Image(Reference),
    /// A program by its path.
    File(ProjectPath),
    /// A command that is looked up by name, for example `node`; what it runs is in the arguments.
    Command(String),
}

impl Source {
    /// The request that a client's config would make of it.
    #[must_use]
    pub fn request(&self, args: &[String], base: &Base) -> Request {
        let args = args.iter().map(|word| in_project(word, base));
        let (command, first): (String, Vec<String>) = match self {
            Self::Npm { name, spec } if spec.is_empty() => {
                ("npx".into(), vec!["-y".into(), name.to_string()])
            }
            Self::Npm { name, spec } => ("npx".into(), vec!["-y".into(), format!("{name}@{spec}")]),
            Self::Pypi { name, version } if version.is_empty() => {
                ("uvx".into(), vec![name.clone()])
            }
            Self::Pypi { name, version } => ("uvx".into(), vec![format!("{name}=={version}")]),
            Self::Address(word) => (placed(word, base).to_string(), Vec::new()),
            Self::Image(image) => (format!("oci:{image}"), Vec::new()),
            Self::File(path) => (path.resolve(base).display().to_string(), Vec::new()),
            Self::Command(word) => (word.clone(), Vec::new()),
        };
        Request::new(command, first.into_iter().chain(args))
    }

    /// The package's name, where the source is a package.
    #[must_use]
    pub fn package(&self) -> Option<String> {
        match self {
            Self::Npm { name, .. } => Some(name.to_string()),
            Self::Pypi { name, .. } => Some(name.split('[').next().unwrap_or(name).to_owned()),
            Self::Address(word) => Some(word.name()),
            Self::Image(image) => Some(image.path().to_owned()),
            Self::File(_) | Self::Command(_) => None,
        }
    }

    /// The same source with the digest that was found at its address; every other kind as it is.
    #[must_use]
    pub fn pinned(&self, content: &Content) -> Self {
        let integrity = content.tree.as_ref().and_then(LockedTree::integrity);
        let pinned = match (self, integrity) {
            // A commit is found out before anything is fetched.
            (Self::Address(word), Some(integrity))
                if word.pin().is_none() && word.kind() != SourceKind::Git =>
            {
                word.pinned(&integrity.hex()).ok()
            }
            _ => None,
        };
        pinned.map_or_else(|| self.clone(), Self::Address)
    }

    /// Whether any version would do that the lock moves to.
    #[must_use]
    pub fn is_package(&self) -> bool {
        self.package().is_some()
    }
}

/// A bundle's path made absolute.
fn placed(word: &SourceWord, base: &Base) -> SourceWord {
    if !word.is_path() {
        return word.clone();
    }
    let path = ProjectPath::new(word.address()).map(|path| path.resolve(base));
    let moved = path.ok().and_then(|path| word.at(path.to_str()?).ok());
    // Judging refuses what is not absolute.
    moved.unwrap_or_else(|| word.clone())
}

/// A word of the arguments, with `./` made the project's directory.
fn in_project(word: &str, base: &Base) -> String {
    match ProjectPath::new(word) {
        Ok(path) if word.starts_with("./") => path.resolve(base).display().to_string(),
        _ => word.to_owned(),
    }
}

impl FromStr for Source {
    type Err = SourceError;

    fn from_str(text: &str) -> Result<Self, SourceError> {
        // A text that is no source may be an address with a login.
        let shown = || without_logins(text).chars().take(200).collect::<String>();
        let shown = || shown().escape_debug().to_string();
        match text.split_once(':') {
            Some(("npm", rest)) => npm_source(rest),
            Some(("pypi", rest)) => pypi_source(rest),
            Some(("oci", image)) => {
                let image = image.parse();
                Ok(Self::Image(image.map_err(|_| SourceError::Name(shown()))?))
            }
            Some(("file", path)) => Ok(Self::File(ProjectPath::new(path)?)),
            Some(("command", word)) if is_command(word) => Ok(Self::Command(word.to_owned())),
            Some(("command", _)) => Err(SourceError::Command(shown())),
            _ if SourceWord::is_one(text) => address(text),
            _ => Err(SourceError::Scheme(shown())),
        }
    }
}

fn address(text: &str) -> Result<Source, SourceError> {
    let word: SourceWord = text.parse().map_err(|source| SourceError::Address {
        word: excerpt(&without_logins(text)),
        source,
    })?;
    if word.is_path() {
        let plain = ProjectPath::new(word.address())?;
        if plain.as_str() != word.address() {
            return Err(SourceError::Address {
                word: excerpt(text),
                source: SourceWordError::Address,
            });
        }
    }
    Ok(Source::Address(word))
}

fn npm_source(text: &str) -> Result<Source, SourceError> {
    let at = text.char_indices().skip(1).find(|(_, c)| *c == '@');
    let (name, spec) = match at {
        Some((at, _)) => (text.get(..at), text.get(at + 1..)),
        None => (Some(text), Some("")),
    };
    let (name, spec) = (name.unwrap_or_default(), spec.unwrap_or_default());
    let escaped = |text: &str| text.escape_debug().to_string();
    let package = npm::PackageName::new(name).map_err(|_| SourceError::Name(escaped(name)))?;
    let plain = npm::Spec::parse(spec).is_ok_and(|spec| spec.alias.is_none());
    if !plain || spec.trim() != spec || !spec.chars().all(|c| c == ' ' || c.is_ascii_graphic()) {
        return Err(SourceError::Version(escaped(spec)));
    }
    Ok(Source::Npm {
        name: package,
        spec: spec.to_owned(),
    })
}

fn pypi_source(text: &str) -> Result<Source, SourceError> {
    let (name, version) = text.split_once("==").unwrap_or((text, ""));
    let escaped = |text: &str| text.escape_debug().to_string();
    let (bare, extras) = match name.split_once('[') {
        Some((bare, rest)) => (bare, rest.strip_suffix(']')),
        None => (name, Some("")),
    };
    let word = |text: &str| {
        let ends = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
        let inner = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        ends(text.chars().next()) && ends(text.chars().last()) && text.chars().all(inner)
    };
    let extras_fit = match extras {
        Some("") => !name.contains('['),
        Some(list) => list.split(',').all(word),
        None => false,
    };
    if name.len() > 214 || !word(bare) || !extras_fit {
        return Err(SourceError::Name(escaped(name)));
    }
    let digit = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '!' | '+' | '-' | '_');
    let fits = version.len() <= 128 && version.chars().all(digit);
    if !fits || (text.contains("==") && version.is_empty()) {
        return Err(SourceError::Version(escaped(version)));
    }
    Ok(Source::Pypi {
        name: name.to_owned(),
        version: version.to_owned(),
    })
}

/// Looked up by name: no slash, nothing that begins like an option.
fn is_command(word: &str) -> bool {
    !word.is_empty()
        && word.len() <= 128
        && !word.starts_with('-')
        && word
            .chars()
            .all(|c| c.is_ascii_graphic() && !matches!(c, '/' | '\\'))
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Npm { name, spec } if spec.is_empty() => write!(f, "npm:{name}"),
            Self::Npm { name, spec } => write!(f, "npm:{name}@{spec}"),
            Self::Pypi { name, version } if version.is_empty() => write!(f, "pypi:{name}"),
            Self::Pypi { name, version } => write!(f, "pypi:{name}=={version}"),
            Self::Address(word) => write!(f, "{word}"),
            Self::Image(image) => write!(f, "oci:{image}"),
            Self::File(path) => write!(f, "file:{path}"),
            Self::Command(word) => write!(f, "command:{word}"),
        }
    }
}

impl TryFrom<String> for Source {
    type Error = SourceError;
    fn try_from(text: String) -> Result<Self, SourceError> {
        text.parse()
    }
}

impl From<Source> for String {
    fn from(source: Source) -> Self {
        source.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, args: &[&str], expected: Option<&[&str]>) {
        let base = Base {
            project: "/p".into(),
            home: "/h".into(),
        };
        let args: Vec<String> = args.iter().map(|arg| (*arg).to_owned()).collect();
        let found = text.parse::<Source>().ok().map(|source| {
            assert_eq!(source.to_string(), text, "one form only");
            let request = source.request(&args, &base);
            let mut words = vec![request.command];
            words.extend(request.args);
            words
        });
        let expected = expected.map(|words| words.iter().map(|w| (*w).to_owned()).collect());
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn sources_stand_for_requests() {
        check("npm:a", &["x"], Some(&["npx", "-y", "a", "x"]));
        check("npm:@s/a@^1.2", &[], Some(&["npx", "-y", "@s/a@^1.2"]));
        check(
            "npm:a@latest",
            &["./d"],
            Some(&["npx", "-y", "a@latest", "/p/d"]),
        );
        check(
            "pypi:mcp[cli]==1.0.post1",
            &[],
            Some(&["uvx", "mcp[cli]==1.0.post1"]),
        );
        check("pypi:a", &["-v"], Some(&["uvx", "a", "-v"]));
        check(
            "file:./bin/s",
            &["./x/../y"],
            Some(&["/p/bin/s", "./x/../y"]),
        );
        check("mcpb:~/b.mcpb", &["k=v"], Some(&["mcpb:/h/b.mcpb", "k=v"]));
        check(
            "binary:https://h.example/t#:x",
            &[],
            Some(&["binary:https://h.example/t#:x"]),
        );
        let image = "oci:docker.io/mcp/time:1";
        check(image, &["x"], Some(&[image, "x"]));
        check("file:~/bin/s", &[], Some(&["/h/bin/s"]));
        check(
            "command:node",
            &["./s.js", "."],
            Some(&["node", "/p/s.js", "."]),
        );
    }

    #[test]
    fn everything_else_is_refused() {
        for text in [
            "",
            "a",
            "npm:",
            "npm:../x",
            "npm:a@file:..",
            "npm:a@npm:b",
            "npm:a@git+https://x/y",
            "npm:a@1 ",
            "npm:a@1\u{202e}",
            "pypi:",
            "pypi:a==",
            "pypi:a>=1",
            "pypi:-a",
            "pypi:a[",
            "pypi:a[]",
            "pypi:a @ https://x",
            "file:x",
            "file:",
            "command:",
            "command:a b",
            "command:-c",
            "command:./x",
            "git:https://x",
            "mcpb:../x.mcpb",
            "mcpb:./a/../x.mcpb",
            "binary:./x",
            "oci:",
            "oci:../x",
            "oci:x:1@sha256:0",
        ] {
            check(text, &[], None);
        }
    }
}
