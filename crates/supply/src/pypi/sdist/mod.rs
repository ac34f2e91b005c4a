//! Source archives of Python packages, and how a wheel is made of one.
//!
//! To build is to run code of strangers, so nothing of it happens here: the [`Builder`] is the caller's, who starts the
//! interpreter contained and without network. What comes back is believed as little as a download is.

mod error;
mod pkg_info;
mod project;

pub use error::BuildError;
pub(super) use pkg_info::{FILE as PKG_INFO, is_static};
pub(super) use project::Project;
pub use project::ProjectError;

use std::path::Path;

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

/// Runs build backends (PEP 517), contained.
pub trait Builder: Sync {
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
