//! From a judged request to content: which bytes run, with which arguments, seeing which code.
//!
//! Files are read and digested here; nothing is started, and nothing is looked up on a network. Every path is real:
//! links are followed once, now, and what they led to is what is executed.

mod container;
mod content;
mod draft;
mod error;
mod flow;
mod image;
mod launch;
mod mounted;
mod package;
mod program;
mod python;
mod roots;
mod same;
mod shebang;

pub use content::{
    EnvRecord, FileRecord, LaunchRecord, LockedPackage, RequestRecord, TreeRecord, TreeRole,
};
pub use error::ResolveError;
pub(crate) use launch::SYSTEM;
pub use launch::{ContentMount, InImage, Launch};
pub use package::{
    ImageConfig, Interpreter, LocateError, Located, LocatedImage, NoPackages, PackageStore, Start,
};

use std::path::PathBuf;

use crate::digest_cache::DigestCache;
use crate::judge::PackageRef;
use crate::ledger::Entry;
use crate::places::Places;
use crate::profile::{Danger, GrantPath};

/// What resolution needs to know of the machine. The caller fixes it; no request can change it.
pub struct Resolver<'a> {
    /// Where programs are looked up by name, in order: absolute directories.
    pub search: &'a [PathBuf],
    /// Where unpacked packages are.
    pub store: &'a dyn PackageStore,
    /// Interlock's own places and the home, which are never a code root.
    pub places: &'a Places,
    /// Remembered digests.
    pub cache: &'a mut DigestCache,
}

impl Resolver<'_> {
    /// The interpreter that a Python package would be started with: the version that its request names, else `python3`.
    /// Its real path; nothing is started to find it.
    ///
    /// # Errors
    /// When there is none.
    pub fn python(&self, package: &PackageRef) -> Result<PathBuf, ResolveError> {
        let version = package.interpreter_version.as_deref();
        Ok(python::choose(version, self.search)?.real)
    }

    /// The node that packages of npm are started with. Its real path; nothing is started to find it.
    ///
    /// # Errors
    /// When there is none.
    pub fn node(&self) -> Result<PathBuf, ResolveError> {
        Ok(program::find("node", self.search, None)?.real)
    }
}

/// What an earlier approval fixed, or an approval that is being made will fix.
#[derive(Debug, Clone, Copy, Default)]
pub struct Prior<'a> {
    /// The package to run, where the request names one.
    pub package: Option<&'a LockedPackage>,
    /// What the profile grants for writing: left out of digests.
    pub writes: &'a [GrantPath],
    /// The weakenings that the profile accepts: program text and unknown shapes resolve only with theirs.
    pub danger: &'a [Danger],
}

impl<'a> From<&'a Entry> for Prior<'a> {
    fn from(entry: &'a Entry) -> Self {
        Self {
            package: entry.launch().package.as_ref(),
            writes: entry.profile().writes(),
            danger: entry.profile().danger(),
        }
    }
}
