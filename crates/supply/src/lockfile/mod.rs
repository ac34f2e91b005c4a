//! `interlock.lock`: what a project's servers are, down to bytes, as a file that people review.
//!
//! It is a proposal. Reading it approves nothing and starts nothing; everything in it is checked when it is read, because
//! somebody else may have written it. The text has one canonical form, one package a line, so that a difference between two
//! revisions shows what changed and nothing else.
//!
//! This module reads, writes and compares; it fetches nothing and knows no approvals.

mod change;
mod content;
mod file;
mod grants;
mod merge;
mod origin;
mod path;
mod read;
#[cfg(test)]
pub(crate) mod sample;
mod source;
mod write;

pub use change::ATTESTATION_GONE;
pub use content::{Content, FileLock, FolderLock};
pub use file::{FILE_NAME, LoadError, SaveError, find, load, load_from, save};
pub use grants::ProposedGrants;
pub use merge::{UpdateError, update};
pub use origin::{Means, Moment, MomentError, OriginLock};
pub use path::{Base, ProjectPath, ProjectPathError};
pub use read::ReadError;
pub use source::{Source, SourceError};

use interlock_launch::{Digest, Request, ServerName};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The version of the format that this program writes, and the newest that it reads.
pub const VERSION: u32 = 1;

/// A project's servers, by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lockfile {
    /// The format's version; [`VERSION`].
    pub version: u32,
    /// The servers.
    #[serde(default)]
    pub server: BTreeMap<ServerName, Server>,
}

impl Default for Lockfile {
    fn default() -> Self {
        Self {
            version: VERSION,
            server: BTreeMap::new(),
        }
    }
}

/// One server: what was asked for, what that was resolved to, and what it may touch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Server {
    /// Where it comes from.
    pub source: Source,
    /// The entry of the MCP Registry that led to the source, as `mcp:NAME@VERSION`; what is locked is the source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub registry: Option<String>,
    /// The server's own arguments; a word that begins with `./` means a path in the project.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub args: Vec<String>,
    /// What it was resolved to; nothing before the first `interlock lock`.
    #[serde(default, skip_serializing_if = "Content::is_empty")]
    pub content: Content,
    /// What it may touch.
    #[serde(default, skip_serializing_if = "ProposedGrants::is_empty")]
    pub grants: ProposedGrants,
    /// The tools it had when somebody approved it: name to digest of the definition.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tools: BTreeMap<String, Digest>,
}

impl Server {
    /// A server that is declared and not resolved yet.
    #[must_use]
    pub fn declared(source: Source, args: Vec<String>, grants: ProposedGrants) -> Self {
        Self {
            source,
            registry: None,
            args,
            content: Content::default(),
            grants,
            tools: BTreeMap::new(),
        }
    }

    /// The same at a commit of the repository that its source or its words name, in the place of a branch, a tag or nothing. None where
    /// they name none in which that could be said.
    #[must_use]
    pub fn at_commit(&self, commit: &str) -> Option<Self> {
        let mut pinned = self.clone();
        match &self.source {
            Source::Address(word) => pinned.source = Source::Address(word.pinned(commit).ok()?),
            Source::Command(command) => {
                let words = self.args.iter().map(String::as_str);
                let request = Request::new(command.as_str(), words);
                pinned.args = interlock_launch::at_commit(&request, commit)?.args;
            }
            _ => return None,
        }
        Some(pinned)
    }

    /// The launch request that it stands for, with the project's paths made absolute.
    #[must_use]
    pub fn request(&self, base: &Base) -> Request {
        self.source.request(&self.args, base)
    }
}
