//! What the ledger's file says.

use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::digest_cache::Seal;
use crate::fingerprint::Fingerprint;
use crate::profile::{Profile, ServerName};
use crate::resolve::{LaunchRecord, RequestRecord};

/// The signed part of the file.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Body {
    pub(crate) sequence: u64,
    pub(crate) entries: Vec<Entry>,
    pub(crate) revoked: Vec<Revocation>,
}

/// One approval.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    pub(crate) name: ServerName,
    pub(crate) fingerprint: Fingerprint,
    pub(crate) launch: LaunchRecord,
    pub(crate) profile: Profile,
    pub(crate) pins: Vec<ToolPin>,
    pub(crate) seals: Vec<Seal>,
    pub(crate) created: u64,
    pub(crate) approver: String,
    pub(crate) note: Option<String>,
}

/// One tool as it was approved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ToolPin {
    /// The tool's name.
    pub name: String,
    /// Digest of its definition in canonical form: what is compared at call time.
    pub digest: Digest,
    /// SHA-256 of its definition as the server wrote it: [`Ledger::definition`](crate::Ledger::definition) finds it.
    pub definition: Digest,
}

/// An approval that was taken back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Revocation {
    pub(crate) name: ServerName,
    pub(crate) fingerprint: Fingerprint,
    pub(crate) request: RequestRecord,
    pub(crate) at: u64,
}

impl Entry {
    /// The name for `interlock run NAME`.
    #[must_use]
    pub fn name(&self) -> &ServerName {
        &self.name
    }

    /// What was approved, as one digest.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }

    /// What was approved.
    #[must_use]
    pub fn launch(&self) -> &LaunchRecord {
        &self.launch
    }

    /// What it may touch.
    #[must_use]
    pub fn profile(&self) -> &Profile {
        &self.profile
    }

    /// The tools that were approved.
    #[must_use]
    pub fn pins(&self) -> &[ToolPin] {
        &self.pins
    }

    /// When it was approved.
    #[must_use]
    pub fn created(&self) -> SystemTime {
        time(self.created)
    }

    /// The id of the key that approved it, or `administrator`.
    #[must_use]
    pub fn approver(&self) -> &str {
        &self.approver
    }

    /// What the approver noted.
    #[must_use]
    pub fn note(&self) -> Option<&str> {
        self.note.as_deref()
    }

    /// Whether the entry's fingerprint is the one of its own content.
    pub(crate) fn is_sound(&self) -> bool {
        Fingerprint::of(&self.launch, &self.profile) == self.fingerprint
    }
}

impl Revocation {
    /// The name that the approval had.
    #[must_use]
    pub fn name(&self) -> &ServerName {
        &self.name
    }

    /// The request that had been approved.
    #[must_use]
    pub fn request(&self) -> &RequestRecord {
        &self.request
    }

    /// What had been approved.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }

    /// When it was taken back.
    #[must_use]
    pub fn at(&self) -> SystemTime {
        time(self.at)
    }
}

/// Whole seconds since 1970, as stored.
pub(crate) fn seconds(time: SystemTime) -> u64 {
    let since = time.duration_since(SystemTime::UNIX_EPOCH);
    since.map_or(0, |duration| duration.as_secs())
}

fn time(seconds: u64) -> SystemTime {
    let time = SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(seconds));
    time.unwrap_or(SystemTime::UNIX_EPOCH)
}
