//! From a judged request to content: which bytes run, with which arguments, seeing which code.
//!
//! Files are read and digested here; nothing is started, and nothing is looked up on a network. Every path is real:
//! links are followed once, now, and what they led to is what is executed.

mod content;
mod error;
mod launch;
mod package;

pub use content::{
    EnvRecord, FileRecord, LaunchRecord, LockedPackage, RequestRecord, TreeRecord, TreeRole,
};
pub use error::ResolveError;
pub(crate) use launch::SYSTEM;
pub use launch::{ContentMount, Launch};
pub use package::{Interpreter, LocateError, Located, NoPackages, PackageStore};

use std::path::PathBuf;

use crate::digest_cache::DigestCache;
use crate::judge::Judgement;
use crate::ledger::Entry;
use crate::places::Places;
use crate::profile::{Danger, GrantPath};
use crate::request::Request;

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

/// What an earlier approval fixed, or an approval that is being made will fix.
#[derive(Debug, Clone, Copy, Default)]
pub struct Prior<'a> {
    /// The package to run, where the request names one.
    pub package: Option<&'a LockedPackage>,
    /// What the profile grants for writing: left out of digests.
    pub writes: &'a [GrantPath],
}

impl<'a> From<&'a Entry> for Prior<'a> {
    fn from(entry: &'a Entry) -> Self {
        Self {
            package: entry.launch().package.as_ref(),
            writes: entry.profile().writes(),
        }
    }
}

impl Resolver<'_> {
    /// Resolves a judged request to content. `prior` is what an approval fixed, where there is one.
    ///
    /// Judging's refusals are refused here too, unless `danger` accepts what judging would let a person unlock.
    pub fn resolve(
        &mut self,
        request: &Request,
        judgement: &Judgement,
        prior: Prior<'_>,
        danger: &[Danger],
    ) -> Result<Launch, ResolveError> {
        let _ = (request, judgement, prior, danger);
        Err(ResolveError::Refused)
    }
}
