//! The approvals: one signed file of a user's own, and the administrator's files, which win.
//!
//! The user's file is signed as a whole with the approver's key, so that an agent that runs as the same user can neither
//! add an approval nor change one. Its sequence number only grows, and the caller says which number the audit log saw
//! last, so that an older file with a valid signature is found out. Private keys are [`key`](crate::key)'s business.

mod administrator;
mod admit;
mod anchor;
mod blob;
mod body;
mod edit;
mod file;
mod python_start;

pub use administrator::AdministratorError;
pub use anchor::Anchor;
pub use body::{Entry, Revocation, ToolPin};
pub use edit::{
    Approval, ApproveError, CommitError, EditError, LedgerEdit, ToolDefinition,
    administrator_document,
};
pub use file::{Distrust, Known};

use std::sync::Arc;

use crate::digest_cache::DigestCache;
use crate::guarded::GuardError;
use crate::places::Places;
use crate::resolve::RequestRecord;
use administrator::Administrator;
use blob::Blobs;
use body::Body;
use thiserror::Error;

/// Everything that was approved for one user, verified when it was read.
pub struct Ledger {
    administrator: Administrator,
    user: Result<Body, Arc<Distrust>>,
    anchor: Option<Anchor>,
    blobs: Blobs,
}

/// Why no approvals can be read at all. What is wrong with the user's own file is not in here: it is a refusal at
/// [`Ledger::admit`], because the administrator's approvals hold without it.
#[derive(Debug, Error)]
pub enum LoadError {
    /// The administrator's directory is damaged or can be written by others: nothing is admitted.
    #[error(
        "the administrator's approvals cannot be trusted: ask the administrator to repair them"
    )]
    Administrator(#[from] AdministratorError),
    /// The trust anchor is damaged or can be written by others.
    #[error(
        "the approver's public key cannot be trusted: run `interlock init`, or ask the administrator"
    )]
    Anchor(#[from] GuardError),
}

impl Ledger {
    /// Reads and verifies the approvals. `known` is what the audit log remembers.
    pub fn load(places: &Places, known: &Known) -> Result<Self, LoadError> {
        let administrator = Administrator::read(places)?;
        let anchor = Anchor::read(places)?;
        let user = file::read(places, anchor.as_ref(), known).map_err(Arc::new);
        Ok(Self {
            administrator,
            user,
            anchor,
            blobs: Blobs::new(places),
        })
    }

    /// The sequence number of the user's file; zero where there is none. To be recorded in the audit log.
    #[must_use]
    pub fn sequence(&self) -> u64 {
        self.user.as_ref().map_or(0, |body| body.sequence)
    }

    /// Whose signature is believed.
    #[must_use]
    pub fn anchor(&self) -> Option<&Anchor> {
        self.anchor.as_ref()
    }

    /// Why the user's own approvals are not believed, where they are not.
    #[must_use]
    pub fn distrust(&self) -> Option<&Distrust> {
        self.user.as_ref().err().map(|distrust| &**distrust)
    }

    /// All approvals in force, the administrator's first.
    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        let user = self.user.iter().flat_map(|body| &body.entries);
        let own = user.filter(|entry| !self.administrator.overrides(entry));
        self.administrator.entries().chain(own)
    }

    /// The approvals that were taken back.
    pub fn revocations(&self) -> impl Iterator<Item = &Revocation> {
        self.user.iter().flat_map(|body| &body.revoked)
    }

    /// The approval that was taken back, by its name or else by its request; of several, the last.
    #[must_use]
    pub fn revoked(&self, name: Option<&str>, request: &RequestRecord) -> Option<&Revocation> {
        let concerns = |revocation: &&Revocation| match name {
            Some(name) => revocation.name.as_str() == name,
            None => revocation.request == *request,
        };
        self.revocations().filter(concerns).last()
    }

    /// The approval of that name.
    #[must_use]
    pub fn named(&self, name: &str) -> Option<&Entry> {
        self.entries().find(|entry| entry.name().as_str() == name)
    }

    /// The approval of that very request; of several, the one made last.
    #[must_use]
    pub fn requested(&self, request: &RequestRecord) -> Option<&Entry> {
        let same = self
            .entries()
            .filter(|entry| entry.launch().request == *request);
        same.max_by_key(|entry| entry.created())
    }

    /// Makes the digests that were signed with approvals known to a cache, so that unchanged content is not read again.
    pub fn teach(&self, cache: &mut DigestCache) {
        for entry in self.user.iter().flat_map(|body| &body.entries) {
            cache.trust(entry.seals.iter().copied());
        }
    }

    /// The raw definition of a pinned tool, as it was approved; none where it was lost.
    #[must_use]
    pub fn definition(&self, pin: &ToolPin) -> Option<Vec<u8>> {
        self.blobs.read(&pin.definition)
    }
}
