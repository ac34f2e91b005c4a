//! Known vulnerabilities of what is locked, from advisories in the OSV format that are on this machine: a file, or a directory
//! as one gets by unpacking the database's dump. Nothing is fetched and nothing is sent.
//!
//! What cannot be decided counts as a hit that is marked unsure: an advisory that nobody understands is no clean bill.

mod osv;
mod range;
mod read;

pub(crate) use read::mended;
pub use read::{AdvisoryError, check, check_whole};

use crate::locked::{Ecosystem, LockedPackage, LockedTree};
use std::path::PathBuf;

/// One package that is locked or approved.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Target {
    /// The server that needs it.
    pub server: String,
    /// Where it comes from.
    pub ecosystem: Ecosystem,
    /// Its name.
    pub name: String,
    /// Its exact version.
    pub version: String,
}

impl Target {
    /// A package that a server needs.
    #[must_use]
    pub fn new(server: &str, ecosystem: Ecosystem, package: &LockedPackage) -> Self {
        Self {
            server: server.to_owned(),
            ecosystem,
            name: package.name.to_string(),
            version: package.version.to_string(),
        }
    }

    /// Everything in a server's tree, and what it was built with.
    #[must_use]
    pub fn all_of(server: &str, tree: &LockedTree) -> Vec<Self> {
        let tree = tree.with_tools();
        let all = tree.packages.iter();
        all.map(|package| Self::new(server, tree.ecosystem_of(package), package))
            .collect()
    }

    /// OSV has no ecosystem for what is fetched by its address.
    fn may_be_hit(&self) -> bool {
        matches!(self.ecosystem, Ecosystem::Npm | Ecosystem::Pypi)
    }
}

/// A package that an advisory names.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hit {
    /// The package.
    pub target: Target,
    /// The advisory's id. Text from the advisory, like all that follows: to be shown escaped only.
    pub id: String,
    /// Its other names, for example a CVE number.
    pub aliases: Vec<String>,
    /// What it is about.
    pub summary: String,
    /// Versions in which it is mended.
    pub fixed: Vec<String>,
    /// Whether the version is certainly affected; else the advisory's versions could not be understood.
    pub sure: bool,
}

impl Hit {
    /// Whether the advisory is one of those about packages that were published to do harm: `MAL-…`, by its own or another of its names.
    #[must_use]
    pub fn is_malicious(&self) -> bool {
        let head = |id: &String| id.get(..4).map(str::to_ascii_uppercase);
        let mut names = std::iter::once(&self.id).chain(&self.aliases);
        names.any(|id| head(id).as_deref() == Some("MAL-"))
    }
}

/// What a check found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Advisories that were read.
    pub records: u64,
    /// What was hit, sorted and each once.
    pub hits: Vec<Hit>,
    /// Files that could not be read, and why: whatever they say is not in `hits`.
    pub unread: Vec<(PathBuf, String)>,
}

impl Report {
    /// Whether everything was read and nothing was hit.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.hits.is_empty() && self.unread.is_empty()
    }
}

/// Python's index takes names for one that differ in case and in `-`, `_` and `.`; npm's does not.
fn folded(ecosystem: Ecosystem, name: &str) -> String {
    match ecosystem {
        Ecosystem::Npm | Ecosystem::Binary | Ecosystem::Mcpb | Ecosystem::Git => name.to_owned(),
        Ecosystem::Pypi => {
            let plain = name.to_ascii_lowercase().replace(['_', '.'], "-");
            let parts: Vec<&str> = plain.split('-').filter(|part| !part.is_empty()).collect();
            parts.join("-")
        }
    }
}

/// A release as [`mended`] names it.
pub(crate) fn release(ecosystem: Ecosystem, name: &str, version: &str) -> String {
    format!("{}@{version}", folded(ecosystem, name))
}
