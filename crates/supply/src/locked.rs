//! What a package reference was resolved to: the part of an approval that names bytes.
//!
//! Serialised into approvals and project lock files, so every field is checked when it is read, and
//! the text form is stable: packages are sorted by their place in the tree.

use crate::built::Built;
use crate::digest::{Integrity, TreeDigest};
use crate::npm::PackageName;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Where a package comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Ecosystem {
    /// The npm registry, or one that speaks its protocol.
    Npm,
    /// The Python package index, or one that speaks its protocol.
    Pypi,
    /// One program or a release archive, by its address and digest.
    Binary,
    /// An MCPB bundle, by its address or path and its digest.
    Mcpb,
    /// A repository at a commit.
    Git,
}

impl Ecosystem {
    /// The name in records: `npm`, `pypi`, `binary`, `mcpb` or `git`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Npm => "npm",
            Self::Pypi => "pypi",
            Self::Binary => "binary",
            Self::Mcpb => "mcpb",
            Self::Git => "git",
        }
    }
}

/// What has to start the entry file.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Interpreter {
    /// Node, with the entry as its script.
    Node,
    /// Python, with the entry as its script.
    Python,
    /// Python without any package of the machine (`-S`); the entry, which Interlock wrote into the tree, adds the
    /// tree's packages and calls the command.
    IsolatedPython,
    /// None: the entry is a binary that the kernel executes itself.
    Native,
    /// Another one; the text of the entry's first line after `#!`.
    Other(String),
}

/// The file that a launch starts.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Name of the command, as in the package's `bin`.
    pub command: String,
    /// The file, relative to the tree's root.
    pub file: TreePath,
    /// What runs it.
    pub interpreter: Interpreter,
    /// Arguments of the interpreter that the file's first line asks for, before the file.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub interpreter_args: Vec<String>,
}

/// One package of a tree, at one place.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LockedPackage {
    /// Its directory, relative to the tree's root, for example `node_modules/a/node_modules/b`. All packages
    /// of a Python tree share one.
    pub path: TreePath,
    /// The name it is published under (an alias shows in `path` only).
    pub name: PackageName,
    /// Exact version.
    pub version: ExactVersion,
    /// Digest of its archive.
    pub integrity: Integrity,
    /// Where the archive is, when it is not at the registry's usual place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub archive: Option<String>,
    /// It declares an install script, which is never run.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub install_script: bool,
    /// Its archive is of sources, and this was built from it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub built: Option<Built>,
}

/// A package and its whole dependency tree, down to bytes.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LockedTree {
    /// Version of this format; 1.
    pub format: u32,
    /// Where the packages come from.
    pub ecosystem: Ecosystem,
    /// The package that was asked for.
    pub name: PackageName,
    /// Its exact version.
    pub version: ExactVersion,
    /// What starts.
    pub entry: Entry,
    /// The interpreter that Python packages were chosen for: implementation, version, system, processor and C
    /// library, for example `cpython-3.11.7-linux-x86_64-glibc-2.36`. It says why these files and no others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// Digest of the same tree without what was made on this machine, which is Python's bytecode: what the packages alone
    /// make. None where that is the whole tree.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sources: Option<TreeDigest>,
    /// Digest of every file in the tree, with its place and mode.
    pub digest: TreeDigest,
    /// Number of files.
    pub files: u64,
    /// Sum of the files' sizes in bytes.
    pub bytes: u64,
    /// Every package in the tree, the one asked for included, sorted by `path` and `name`.
    pub packages: Vec<LockedPackage>,
}

impl LockedTree {
    /// The package that was asked for.
    ///
    /// A repository is named by its address, as the package in it may call itself anything. Where several packages claim to be one, none
    /// is: whatever is not the repository's own is judged as what a registry published.
    #[must_use]
    pub fn own(&self) -> Option<&LockedPackage> {
        let mut all = self.packages.iter();
        if self.ecosystem != Ecosystem::Git {
            return all.find(|package| {
                package.name == self.name
                    && package.version == self.version
                    && !package.path.is_nested()
            });
        }
        let claims = |package: &&LockedPackage| {
            let archive = package.archive.as_deref();
            archive.is_some_and(|archive| archive.starts_with("git+"))
        };
        let own = all.find(claims)?;
        all.find(claims).is_none().then_some(own)
    }

    /// The integrity of the package that was asked for.
    #[must_use]
    pub fn integrity(&self) -> Option<&Integrity> {
        self.own().map(|package| &package.integrity)
    }

    /// Whether another one is of the same packages and bytes. What starts of them is each request's own, and several requests may have one
    /// tree.
    #[must_use]
    pub fn is_of_same_bytes(&self, other: &Self) -> bool {
        let entry = other.entry.clone();
        *other
            == Self {
                entry,
                ..self.clone()
            }
    }

    /// Where one of its packages comes from: a repository's dependencies come from a registry.
    #[must_use]
    pub fn ecosystem_of(&self, package: &LockedPackage) -> Ecosystem {
        match package.path.as_str() {
            _ if self.ecosystem != Ecosystem::Git => self.ecosystem,
            _ if self.own() == Some(package) => self.ecosystem,
            "python" => Ecosystem::Pypi,
            _ => Ecosystem::Npm,
        }
    }

    /// Packages that were built from sources, and how.
    pub fn built(&self) -> impl Iterator<Item = (&LockedPackage, &Built)> {
        self.packages
            .iter()
            .filter_map(|package| Some((package, package.built.as_ref()?)))
    }

    /// The same with what its packages were built with, each once and after them: nothing of that is in the tree, but it ran, so
    /// whoever judges what a tree is of judges it as well.
    #[must_use]
    pub fn with_tools(&self) -> Self {
        let mut whole = self.clone();
        for tool in self.built().flat_map(|(_, built)| &built.tools) {
            let same = |it: &LockedPackage| {
                it.name == tool.name && it.version == tool.version && it.integrity == tool.integrity
            };
            if !whole.packages.iter().any(same) {
                whole.packages.push(LockedPackage {
                    path: TreePath("python".into()),
                    name: tool.name.clone(),
                    version: tool.version.clone(),
                    integrity: tool.integrity.clone(),
                    archive: None,
                    install_script: false,
                    built: None,
                });
            }
        }
        whole
    }

    /// Packages that declare an install script. None of them was run; a server may need one.
    pub fn needs_install_script(&self) -> impl Iterator<Item = &LockedPackage> {
        self.packages
            .iter()
            .filter(|package| package.install_script)
    }
}

/// Text that is no exact version of any ecosystem.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("not an exact version")]
pub struct ExactVersionError;

/// An exact version in the form its registry publishes it: semantic (npm) or PEP 440 (PyPI). Safe in a path and to
/// print; what orders versions is the ecosystem's own.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ExactVersion(String);

impl ExactVersion {
    /// Checks `text`: letters, digits and `.-+!_`, a digit first.
    ///
    /// # Errors
    /// When it cannot be a version.
    pub fn new(text: impl Into<String>) -> Result<Self, ExactVersionError> {
        let text = text.into();
        let plain = |byte: u8| {
            byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'+' | b'!' | b'_')
        };
        let shaped = text.len() <= 256
            && text.starts_with(|c: char| c.is_ascii_digit())
            && text.bytes().all(plain);
        if shaped {
            Ok(Self(text))
        } else {
            Err(ExactVersionError)
        }
    }

    /// `0`, the lowest.
    pub(crate) fn zero() -> Self {
        Self("0".into())
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ExactVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for ExactVersion {
    type Error = ExactVersionError;
    fn try_from(text: String) -> Result<Self, ExactVersionError> {
        Self::new(text)
    }
}

impl From<ExactVersion> for String {
    fn from(version: ExactVersion) -> Self {
        version.0
    }
}

/// Why a path was refused.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum TreePathError {
    /// Nothing in it.
    #[error("empty path")]
    Empty,
    /// It starts with a slash, or has an empty, `.` or `..` part.
    #[error("path leaves its directory or is not in plain form")]
    NotPlain,
    /// A control, format or backslash character, or text that is not UTF-8.
    #[error("path has characters that no package needs")]
    Characters,
    /// Longer than the limit.
    #[error("path is too long")]
    TooLong,
}

/// A relative path in its one plain form: UTF-8, `/` between parts, no `.`, `..` or empty part, no
/// control or invisible characters. Safe to join to a directory and to print.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TreePath(String);

impl TreePath {
    /// Longest accepted path and path part, in bytes (PATH_MAX less room for the store's own, NAME_MAX).
    const MAX: (usize, usize) = (3072, 255);
    /// Deepest accepted path: every directory of a path is made, and remembered while names are compared.
    const MAX_PARTS: usize = 128;

    /// Checks `text`.
    ///
    /// # Errors
    /// When it is not such a path.
    pub fn new(text: impl Into<String>) -> Result<Self, TreePathError> {
        let text = text.into();
        if text.is_empty() {
            return Err(TreePathError::Empty);
        }
        let deep = text.split('/').count() > Self::MAX_PARTS;
        if deep || text.len() > Self::MAX.0 || text.split('/').any(|part| part.len() > Self::MAX.1)
        {
            return Err(TreePathError::TooLong);
        }
        if text.split('/').any(|part| matches!(part, "" | "." | "..")) {
            return Err(TreePathError::NotPlain);
        }
        if text.chars().any(is_unwanted) {
            return Err(TreePathError::Characters);
        }
        Ok(Self(text))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// `self/rest`.
    ///
    /// # Errors
    /// When `rest` is not a plain path or the whole gets too long.
    pub fn join(&self, rest: &str) -> Result<Self, TreePathError> {
        Self::new(format!("{}/{rest}", self.0))
    }

    /// Whether this is a package directory inside another package's `node_modules`.
    #[must_use]
    pub fn is_nested(&self) -> bool {
        self.0.matches("node_modules/").count() > 1
    }
}

/// Characters that change how a path reads without being seen, or mean something to other systems.
fn is_unwanted(c: char) -> bool {
    c.is_control()
        || c == '\\'
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

impl fmt::Display for TreePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for TreePath {
    type Error = TreePathError;
    fn try_from(text: String) -> Result<Self, TreePathError> {
        Self::new(text)
    }
}

impl From<TreePath> for String {
    fn from(path: TreePath) -> Self {
        path.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exact_versions() {
        for (text, good) in [
            ("1.2.3-rc.1+b", true),
            ("1!2.0.post1.dev2+local_1", true),
            ("", false),
            ("-1", false),
            ("latest", false),
            ("../1", false),
            ("1 2", false),
            ("^1", false),
        ] {
            assert_eq!(ExactVersion::new(text).is_ok(), good, "{text}");
        }
    }

    #[test]
    fn plain_paths_only() {
        let long = "x".repeat(256);
        for (text, expected) in [
            ("a", Ok(())),
            ("node_modules/@a/b/dist/index.js", Ok(())),
            ("ünï/名前.js", Ok(())),
            ("a..b/.c", Ok(())),
            ("", Err(TreePathError::Empty)),
            ("/a", Err(TreePathError::NotPlain)),
            ("a/", Err(TreePathError::NotPlain)),
            ("a//b", Err(TreePathError::NotPlain)),
            ("../a", Err(TreePathError::NotPlain)),
            ("a/../b", Err(TreePathError::NotPlain)),
            ("./a", Err(TreePathError::NotPlain)),
            ("a\\b", Err(TreePathError::Characters)),
            ("a\0b", Err(TreePathError::Characters)),
            ("a\nb", Err(TreePathError::Characters)),
            ("a\u{202e}b", Err(TreePathError::Characters)),
            ("a\u{200d}b", Err(TreePathError::Characters)),
            (&long, Err(TreePathError::TooLong)),
        ] {
            assert_eq!(TreePath::new(text).map(|_| ()), expected, "{text:?}");
        }
    }
}
