//! Where credentials stay between runs. They are kept by issuer and resource, and found by nothing else.
//!
//! [`MemoryStore`] forgets everything at the end; [`FileStore`] keeps encrypted files. A keyring of the operating system is
//! an implementation of [`Store`] away.

mod file;
mod memory;
#[cfg(test)]
mod tests;

use std::io;

use thiserror::Error;
use zeroize::Zeroizing;

pub use file::{FileStore, MasterKey};
pub use memory::MemoryStore;

use crate::BoxFuture;

/// What a record belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StoreKey {
    issuer: String,
    resource: String,
}

impl StoreKey {
    /// The credentials that `issuer` gave for `resource`.
    pub fn new(issuer: impl Into<String>, resource: impl Into<String>) -> Self {
        Self {
            issuer: issuer.into(),
            resource: resource.into(),
        }
    }

    /// The authorization server. Empty for the note which of them a resource used last, which holds no secret.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The MCP server.
    #[must_use]
    pub fn resource(&self) -> &str {
        &self.resource
    }

    /// Both as one text that no other key has: what names a file and binds its content to it.
    #[must_use]
    pub fn to_text(&self) -> String {
        format!("{}:{}{}", self.issuer.len(), self.issuer, self.resource)
    }
}

/// Keeps records of credentials. A record is opaque and secret.
pub trait Store: Send + Sync + 'static {
    /// The record, if there is one.
    fn load<'a>(
        &'a self,
        key: &'a StoreKey,
    ) -> BoxFuture<'a, Result<Option<Zeroizing<Vec<u8>>>, StoreError>>;

    /// Keeps a record in place of the one before.
    fn save<'a>(
        &'a self,
        key: &'a StoreKey,
        record: &'a [u8],
    ) -> BoxFuture<'a, Result<(), StoreError>>;

    /// Forgets a record.
    fn remove<'a>(&'a self, key: &'a StoreKey) -> BoxFuture<'a, Result<(), StoreError>>;

    /// Keeps other processes from renewing the same credentials until the guard is dropped: a refresh token that is used
    /// twice ends the grant. By default there are no other processes.
    fn lock<'a>(&'a self, key: &'a StoreKey) -> BoxFuture<'a, Result<Box<dyn Send>, StoreError>> {
        let _ = key;
        Box::pin(async { Ok(Box::new(()) as Box<dyn Send>) })
    }
}

/// Why a store failed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The disk, or another medium.
    #[error("credential store is not accessible")]
    Io(#[from] io::Error),
    /// A record was not written by us, or with another key, or was changed.
    #[error("credential record cannot be opened: wrong key, or changed on disk")]
    Sealed,
    /// A directory that others could write into.
    #[error("credential directory `{0}` is not private; run `chmod 700` on it")]
    NotPrivate(String),
    /// The passphrase gives no key.
    #[error("cannot derive a key from the passphrase")]
    Passphrase,
    /// The kernel gave no randomness.
    #[error("no randomness")]
    Randomness,
    /// Another implementation failed.
    #[error("credential store failed")]
    Other(#[source] Box<dyn std::error::Error + Send + Sync>),
}
