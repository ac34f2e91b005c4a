//! The administrator's approvals: plain files in a directory that the user cannot write. Ownership is the signature.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::body::Entry;
use crate::fingerprint::Fingerprint;
use crate::guarded::{self, GuardError, Privacy};
use crate::places::Places;

/// One file of `/etc/interlock/approvals.d`.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Document {
    pub(super) entries: Vec<Entry>,
    /// What no user may approve.
    pub(super) forbidden: Vec<Fingerprint>,
}

/// Everything that the administrator decided.
#[derive(Debug, Default)]
pub(super) struct Administrator(Document);

/// Why the administrator's directory is not believed.
#[derive(Debug, Error)]
pub enum AdministratorError {
    /// A file or directory is not the administrator's alone.
    #[error("a file is not safe to read")]
    Guard(#[from] GuardError),
    /// A file cannot be understood.
    #[error("`{path}` is damaged: {problem}")]
    Damaged {
        /// The file.
        path: String,
        /// What is wrong.
        problem: String,
    },
}

const MOST: u64 = 32 << 20;

impl Administrator {
    /// Reads every `*.json` in the directory, in the order of names. A missing directory decides nothing.
    pub(super) fn read(places: &Places) -> Result<Self, AdministratorError> {
        let directory = places.administrator_approvals();
        let io = |source| GuardError::Io {
            path: guarded::shown(&directory),
            source,
        };
        let list = match std::fs::read_dir(&directory) {
            Ok(list) => list,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Ok(Self::default());
            }
            Err(error) => return Err(io(error).into()),
        };
        guarded::check_chain(&directory, places.administrator_uid())?;
        let mut paths = Vec::new();
        for entry in list {
            let path = entry.map_err(io)?.path();
            if path.extension().is_some_and(|end| end == "json") {
                paths.push(path);
            }
        }
        paths.sort_unstable();
        let mut all = Document::default();
        for path in paths {
            let document = document(&path, places.administrator_uid())?;
            all.entries.extend(document.entries);
            all.forbidden.extend(document.forbidden);
        }
        Ok(Self(all))
    }

    pub(super) fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.0.entries.iter()
    }

    pub(super) fn forbids(&self, fingerprint: &Fingerprint) -> bool {
        self.0.forbidden.contains(fingerprint)
    }

    /// Whether a user's approval counts for nothing, because the administrator decided about the same name, the same
    /// request, or that very fingerprint.
    pub(super) fn overrides(&self, entry: &Entry) -> bool {
        self.forbids(&entry.fingerprint)
            || self
                .entries()
                .any(|own| own.name == entry.name || own.launch.request == entry.launch.request)
    }
}

fn document(path: &std::path::Path, owner: u32) -> Result<Document, AdministratorError> {
    let damaged = |problem: String| AdministratorError::Damaged {
        path: guarded::shown(path),
        problem,
    };
    let bytes = guarded::read(path, owner, Privacy::OwnerWrites, MOST)?.unwrap_or_default();
    let document: Document =
        serde_json::from_slice(&bytes).map_err(|error| damaged(error.to_string()))?;
    match document.entries.iter().find(|entry| !entry.is_sound()) {
        Some(entry) => Err(damaged(format!(
            "the fingerprint of `{}` is not the one of its content",
            entry.name
        ))),
        None => Ok(document),
    }
}
