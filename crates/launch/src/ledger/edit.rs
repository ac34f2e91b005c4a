//! Changing the approvals: under a lock, with the approver's key, replacing the file as a whole.

use std::fs::File;
use std::io;
use std::path::Path;
use std::time::SystemTime;

use thiserror::Error;

use super::Anchor;
use super::administrator::Document;
use super::blob::Blobs;
use super::body::{Body, Entry, Revocation, ToolPin, seconds};
use super::file::{self, Distrust, Known};
use super::python_start::imports_where_it_starts;
use crate::digest::Digest;
use crate::fingerprint::Fingerprint;
use crate::guarded::{self, GuardError};
use crate::key::Signer;
use crate::places::Places;
use crate::profile::{Profile, ServerName};
use crate::resolve::{Launch, TreeRecord};

/// The approvals, locked and about to change. Nothing is changed before [`LedgerEdit::commit`].
pub struct LedgerEdit<'a> {
    body: Body,
    places: &'a Places,
    signer: &'a Signer,
    blobs: Blobs,
    /// Held until the edit is dropped.
    _lock: File,
}

/// What a person approves.
pub struct Approval<'a> {
    /// The name for `interlock run NAME`. An approval of that name is replaced.
    pub name: ServerName,
    /// What was shown, just resolved.
    pub launch: &'a Launch,
    /// What it may touch.
    pub profile: Profile,
    /// The tools that were shown; none keeps those of the approval that is replaced.
    pub tools: Option<Vec<ToolDefinition>>,
    /// For the approver's own memory.
    pub note: Option<String>,
}

/// A tool to pin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolDefinition {
    /// The tool's name.
    pub name: String,
    /// Digest of the definition in canonical form.
    pub digest: Digest,
    /// The definition as the server wrote it.
    pub raw: Vec<u8>,
}

/// Why the approvals cannot be edited.
#[derive(Debug, Error)]
pub enum EditError {
    /// What is there is not believed, so it must not be signed again.
    #[error("the approvals cannot be trusted, so nothing can be added to them")]
    Distrust(#[from] Distrust),
    /// The directory or the lock cannot be had.
    #[error("the approvals cannot be locked")]
    Lock(#[from] io::Error),
    /// The directory or the trust anchor is not safe.
    #[error("the approvals' directory is not safe")]
    Guard(#[from] GuardError),
    /// The key that signs is not the one that is believed.
    #[error(
        "key `{key}` is not the approver's key: run `interlock init`, or ask the administrator"
    )]
    NotTheApprover {
        /// The id of the key.
        key: String,
    },
}

/// Why one change cannot be made.
#[derive(Debug, Error)]
pub enum ApproveError {
    /// There is no approval of that name.
    #[error("nothing is approved under `{0}`: run `interlock list`")]
    Unknown(String),
    /// A granted path is a link, so it says something else than what it grants.
    #[error("`{path}` leads to `{real}`: grant that path")]
    GrantIsLink {
        /// The path as granted.
        path: String,
        /// Where it leads.
        real: String,
    },
    /// `python -m` looks for code in the directory in which it starts.
    #[error(
        "`{path}` is granted as working directory, and `python -m` takes code from there that was not digested: name it in the request instead, or use Python 3.11 or newer"
    )]
    CwdIsCode {
        /// The directory.
        path: String,
    },
    /// The launch was resolved with other grants for writing than the profile has.
    #[error("`{grant}` is granted for writing but was not known when the launch was resolved")]
    ResolvedOtherwise {
        /// The grant.
        grant: String,
    },
    /// A long text could not be stored.
    #[error("a tool definition or a list of files cannot be stored")]
    Store(#[from] io::Error),
}

/// Why the changed approvals could not be written. The old ones are still there.
#[derive(Debug, Error)]
pub enum CommitError {
    /// The file cannot be written.
    #[error("the approvals cannot be written")]
    Write(#[from] io::Error),
    /// They cannot be put into text.
    #[error("the approvals cannot be rendered")]
    Render(#[from] serde_json::Error),
}

impl<'a> LedgerEdit<'a> {
    /// Locks and reads the approvals. Waits for another process that edits them.
    pub fn begin(places: &'a Places, known: &Known, signer: &'a Signer) -> Result<Self, EditError> {
        let mut edit = Self::locked(places, known, signer)?;
        let anchor = Anchor::read(places)?;
        edit.body = file::read(places, anchor.as_ref(), known)?;
        Ok(edit)
    }

    /// Starts an empty file in place of one that is lost, rolled back or not believed. The sequence number goes on from
    /// the known one, so the old file stays dead.
    pub fn start_over(
        places: &'a Places,
        known: &Known,
        signer: &'a Signer,
    ) -> Result<Self, EditError> {
        Self::locked(places, known, signer)
    }

    fn locked(places: &'a Places, known: &Known, signer: &'a Signer) -> Result<Self, EditError> {
        let directory = places.approvals();
        guarded::make_directory(&directory, places.uid())?;
        let lock = guarded::lock(&directory.join("lock"))?;
        let anchor = Anchor::read(places)?;
        file::check_anchor(anchor.as_ref(), known)?;
        if anchor.is_none_or(|anchor| *anchor.key() != signer.public()) {
            return Err(EditError::NotTheApprover {
                key: signer.public().id(),
            });
        }
        Ok(Self {
            body: Body {
                sequence: known.sequence,
                ..Body::default()
            },
            places,
            signer,
            blobs: Blobs::new(places),
            _lock: lock,
        })
    }

    /// The approvals as they stand in this edit.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.body.entries
    }

    /// Adds an approval, in place of one of the same name.
    pub fn approve(
        &mut self,
        approval: Approval<'_>,
        now: SystemTime,
    ) -> Result<Fingerprint, ApproveError> {
        check_grants(&approval)?;
        for manifest in approval.launch.manifests() {
            self.blobs.write_manifest(manifest)?;
        }
        let old = self
            .body
            .entries
            .iter()
            .position(|e| e.name == approval.name);
        let old = old.map(|index| self.body.entries.remove(index));
        let pins = match approval.tools {
            Some(tools) => pin(&self.blobs, tools)?,
            None => old.map(|entry| entry.pins).unwrap_or_default(),
        };
        let launch = approval.launch.record().clone();
        let fingerprint = Fingerprint::of(&launch, &approval.profile);
        self.body.revoked.retain(|r| r.fingerprint != fingerprint);
        self.body.entries.push(Entry {
            name: approval.name,
            fingerprint,
            launch,
            profile: approval.profile,
            pins,
            seals: approval.launch.seals().to_vec(),
            created: seconds(now),
            approver: self.signer.public().id(),
            note: approval.note,
        });
        Ok(fingerprint)
    }

    /// Replaces the pinned tools of an approval.
    pub fn pin_tools(
        &mut self,
        name: &str,
        tools: Vec<ToolDefinition>,
    ) -> Result<(), ApproveError> {
        let pins = pin(&self.blobs, tools)?;
        let entry = self
            .body
            .entries
            .iter_mut()
            .find(|e| e.name.as_str() == name);
        let entry = entry.ok_or_else(|| ApproveError::Unknown(name.to_owned()))?;
        entry.pins = pins;
        Ok(())
    }

    /// Takes an approval back, and says what it was for.
    pub fn revoke(&mut self, name: &str, now: SystemTime) -> Result<Fingerprint, ApproveError> {
        let index = self
            .body
            .entries
            .iter()
            .position(|e| e.name.as_str() == name);
        let index = index.ok_or_else(|| ApproveError::Unknown(name.to_owned()))?;
        let entry = self.body.entries.remove(index);
        self.body.revoked.retain(|r| r.name != entry.name);
        self.body.revoked.push(Revocation {
            name: entry.name,
            fingerprint: entry.fingerprint,
            request: entry.launch.request,
            at: seconds(now),
        });
        Ok(entry.fingerprint)
    }

    /// Signs and writes everything, with the next sequence number, which it returns.
    ///
    /// After a crash either the old or the new file is there, whole.
    pub fn commit(mut self) -> Result<u64, CommitError> {
        self.body.sequence = self.body.sequence.saturating_add(1);
        let bytes = file::render(&self.body, self.signer)?;
        guarded::replace(&file::path(self.places), &bytes, 0o600, false)?;
        Ok(self.body.sequence)
    }
}

fn pin(blobs: &Blobs, tools: Vec<ToolDefinition>) -> io::Result<Vec<ToolPin>> {
    let pin = |tool: ToolDefinition| {
        Ok(ToolPin {
            name: tool.name,
            digest: tool.digest,
            definition: blobs.write(&tool.raw)?,
        })
    };
    tools.into_iter().map(pin).collect()
}

fn check_grants(approval: &Approval<'_>) -> Result<(), ApproveError> {
    let profile = &approval.profile;
    let all = profile.reads().iter().chain(profile.writes());
    for path in all.chain(profile.cwd()) {
        let real = std::fs::canonicalize(path.as_path()).ok();
        if let Some(real) = real.filter(|real| real != path.as_path()) {
            return Err(ApproveError::GrantIsLink {
                path: path.to_string(),
                real: guarded::shown(&real),
            });
        }
    }
    let record = approval.launch.record();
    if let Some(cwd) = profile.cwd().filter(|_| imports_where_it_starts(record)) {
        // What a tree leaves to be written is as unknown as what lies beside it.
        let known = |tree: &TreeRecord| {
            let inside = cwd.as_path().strip_prefix(&tree.root).ok();
            let written = |inside: &Path| tree.writable.iter().any(|it| inside.starts_with(it));
            inside.is_some_and(|inside| !written(inside))
        };
        if !record.trees.iter().any(known) {
            return Err(ApproveError::CwdIsCode {
                path: cwd.to_string(),
            });
        }
    }
    for grant in profile.writes() {
        let digested = |root: &str, writable: &[String]| {
            let inside = grant.as_path().strip_prefix(root).ok();
            let known = |inside: &Path| writable.iter().any(|path| inside.starts_with(path));
            grant.covers(Path::new(root)) || inside.is_some_and(|inside| !known(inside))
        };
        let mut trees = record.trees.iter();
        let files = record.program.iter().chain(&record.chain);
        if trees.any(|tree| digested(&tree.root, &tree.writable))
            || files
                .into_iter()
                .any(|file| grant.covers(Path::new(&file.path)))
        {
            return Err(ApproveError::ResolvedOtherwise {
                grant: grant.to_string(),
            });
        }
    }
    Ok(())
}

/// A file for `/etc/interlock/approvals.d` that holds these approvals: for an administrator to install.
///
/// It carries no seals and no signature: on the machine where it is installed, its owner is its authority.
pub fn administrator_document(
    entries: &[Entry],
    forbidden: &[Fingerprint],
) -> Result<String, serde_json::Error> {
    let entries = entries.iter().cloned().map(|entry| Entry {
        seals: Vec::new(),
        approver: "administrator".to_owned(),
        ..entry
    });
    serde_json::to_string_pretty(&Document {
        entries: entries.collect(),
        forbidden: forbidden.to_vec(),
    })
}
