//! Whose signature is believed: the public key that an administrator fixed for a user, else the user's own.

use crate::guarded::{self, GuardError, Privacy};
use crate::key::PublicKey;
use crate::places::Places;

/// The key that approvals have to be signed with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Anchor {
    /// `/etc/interlock/approvers/<uid>.pub`: the user cannot replace it.
    Administrator(PublicKey),
    /// The user's own file. A program that runs as the user can replace it together with the approvals, so the caller
    /// compares its id with what the audit log saw ([`Known::approver`](crate::Known)).
    User(PublicKey),
}

/// A public key as a line of text is far shorter than this.
const MOST: u64 = 1024;

impl Anchor {
    pub(super) fn read(places: &Places) -> Result<Option<Self>, GuardError> {
        let path = places.administrator_anchor();
        let owner = places.administrator_uid();
        if let Some(text) = guarded::read(&path, owner, Privacy::OwnerWrites, MOST)? {
            if let Some(directory) = path.parent() {
                guarded::check_chain(directory, owner)?;
            }
            return parse(&path, &text).map(|key| Some(Anchor::Administrator(key)));
        }
        let path = places.public_key();
        match guarded::read(&path, places.uid(), Privacy::OwnerWrites, MOST)? {
            Some(text) => parse(&path, &text).map(|key| Some(Anchor::User(key))),
            None => Ok(None),
        }
    }

    /// The key.
    #[must_use]
    pub fn key(&self) -> &PublicKey {
        match self {
            Anchor::Administrator(key) | Anchor::User(key) => key,
        }
    }

    /// Whether the user could replace it.
    #[must_use]
    pub fn is_users_own(&self) -> bool {
        matches!(self, Anchor::User(_))
    }
}

fn parse(path: &std::path::Path, text: &[u8]) -> Result<PublicKey, GuardError> {
    let text = std::str::from_utf8(text).unwrap_or_default().trim();
    text.parse().map_err(|_| GuardError::Malformed {
        path: guarded::shown(path),
        what: "a public key",
    })
}
