//! Who runs build backends: what they are asked, and what they are told. Nothing is run here.

use crate::digest::Integrity;
use crate::locked::LockedPackage;
use std::path::Path;

/// Sources that somebody published, before anything is made of them.
#[derive(Debug, Clone, Copy)]
pub struct Unbuilt<'a> {
    /// The package as a lock names it; none for the project of a repository, which says what it is when it was built.
    pub package: Option<&'a LockedPackage>,
    /// Name and version that requirements know it by: the package's, or those of the tree of a repository.
    pub release: (&'a str, &'a str),
    /// What a person calls it: `name@version`, or a repository's address. Untrusted text.
    pub shown: &'a str,
    /// Digest of the archive, or of what was checked out.
    pub integrity: &'a Integrity,
}

/// One run of a build backend.
#[derive(Debug, Clone, Copy)]
pub struct Task<'a> {
    /// The unpacked sources: read-only, to be copied first.
    pub source: &'a Path,
    /// The tree of what the build needs, its modules in `python/site`.
    pub tools: &'a Path,
    /// The backend, `module` or `module:object`.
    pub backend: &'a str,
    /// Directories of the sources in which the backend is looked for first.
    pub backend_path: &'a [String],
    /// The version of a project that has none of its own and would ask Git, of which nothing is there.
    pub version: Option<&'a str>,
}

/// Why something is not built, or not with these tools, for a person.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Refusal {
    /// What is wrong.
    pub what: String,
    /// Why.
    pub causes: Vec<String>,
    /// What to do about it.
    pub next: Option<String>,
}

/// Why a run came to nothing, for a person.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Broken {
    /// How it ended.
    pub why: String,
    /// The last lines of what it said. Untrusted text.
    pub said: Vec<String>,
}

impl From<String> for Broken {
    fn from(why: String) -> Self {
        let said = Vec::new();
        Self { why, said }
    }
}

/// Lets source archives be built, one at a time.
pub trait DangerBuilder: Sync {
    /// Judges what is about to be built and takes it on record. Nothing of it ran so far, and nothing was fetched for it.
    ///
    /// # Errors
    /// When it is not to be built.
    fn begin(&self, sources: &Unbuilt<'_>) -> Result<Box<dyn Build + '_>, Refusal>;
}

/// Runs the hooks of one build backend (PEP 517), contained.
pub trait Build {
    /// Judges what it is about to run with, before any of that runs.
    ///
    /// # Errors
    /// When it is not to run with that.
    fn admit(&self, tools: &[LockedPackage]) -> Result<(), Refusal>;

    /// What the backend needs besides what the project says: `get_requires_for_build_wheel`.
    ///
    /// # Errors
    /// When it failed.
    fn requires(&self, task: &Task<'_>) -> Result<Vec<String>, Broken>;

    /// The files that `build_wheel` leaves behind, each with its name.
    ///
    /// # Errors
    /// When it failed.
    fn wheel(&self, task: &Task<'_>) -> Result<Vec<(String, Vec<u8>)>, Broken>;
}
