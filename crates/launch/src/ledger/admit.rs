//! Matching a launch with the approvals: the only place where an [`Approved`] is made.

use std::path::Path;
use std::sync::Arc;

use super::body::Entry;
use super::file::Distrust;
use super::{Administrator, Ledger};
use crate::approve::{Approved, Authority, Refusal};
use crate::difference::Difference;
use crate::fingerprint::Fingerprint;
use crate::profile::GrantPath;
use crate::resolve::Launch;

impl Ledger {
    /// Admits a launch whose request, content and grants were approved, under whatever name.
    ///
    /// The administrator's decisions are looked at first and end the matter where they say anything about the request.
    pub fn admit(&self, launch: Launch) -> Result<Approved, Refusal> {
        self.decide(launch, None)
    }

    /// Admits a launch that was approved under that name.
    pub fn admit_as(&self, name: &str, launch: Launch) -> Result<Approved, Refusal> {
        self.decide(launch, Some(name))
    }

    fn decide(&self, launch: Launch, name: Option<&str>) -> Result<Approved, Refusal> {
        let concerns = |entry: &&Entry| {
            name.map_or(entry.launch.request == *launch.request(), |name| {
                entry.name.as_str() == name
            })
        };
        let decided: Vec<&Entry> = self.administrator.entries().filter(concerns).collect();
        if !decided.is_empty() {
            return match matching(&decided, &launch) {
                Some(entry) => admitted(entry.clone(), launch, Authority::Administrator),
                None => Err(self.changed(&decided, &launch)),
            };
        }
        let user = self.user.as_ref().map_err(distrusted)?;
        let approved: Vec<&Entry> = user.entries.iter().filter(concerns).collect();
        if let Some(entry) = matching(&approved, &launch) {
            if self.administrator.overrides(entry) {
                return Err(forbidden(entry, &self.administrator, launch));
            }
            let authority = Authority::Approver(entry.approver.clone());
            return admitted(entry.clone(), launch, authority);
        }
        if !approved.is_empty() {
            return Err(self.changed(&approved, &launch));
        }
        let revoked = user.revoked.iter().rev().find(|revocation| {
            revocation.request == *launch.request() || name == Some(revocation.name.as_str())
        });
        Err(match revoked {
            Some(revocation) => Refusal::Revoked {
                name: revocation.name.to_string(),
                at: revocation.at(),
            },
            None => Refusal::NotApproved {
                request: launch.record.request,
            },
        })
    }

    /// Says what differs from the approval that is most like the launch.
    fn changed(&self, approved: &[&Entry], launch: &Launch) -> Refusal {
        let differences = approved
            .iter()
            .map(|entry| (*entry, self.compare(entry, launch)));
        let nearest = differences.min_by_key(|(_, difference)| difference.lines().len());
        match nearest {
            Some((entry, difference)) => Refusal::Changed {
                name: entry.name.to_string(),
                difference: Box::new(difference),
            },
            None => Refusal::NotApproved {
                request: launch.request().clone(),
            },
        }
    }

    /// What differs between an approval and a launch with the approval's own grants, file by file where the list of files is
    /// still there.
    #[must_use]
    pub fn compare(&self, entry: &Entry, launch: &Launch) -> Difference {
        let record = launch.record();
        let mut difference =
            Difference::between((&entry.launch, &entry.profile), (record, &entry.profile));
        for was in &entry.launch.trees {
            let now = record.trees.iter().find(|tree| tree.root == was.root);
            let Some(now) = now.filter(|tree| tree.digest != was.digest) else {
                continue;
            };
            let manifests = launch.manifests();
            let after = manifests.iter().find(|m| m.digest() == now.digest);
            let before = self.blobs.read_manifest(&was.digest);
            if let (Some(before), Some(after)) = (before, after) {
                difference.manifests(&was.root, &before, after);
            }
        }
        difference
    }
}

fn matching<'a>(entries: &[&'a Entry], launch: &Launch) -> Option<&'a Entry> {
    let same = entries
        .iter()
        .filter(|entry| Fingerprint::of(launch.record(), &entry.profile) == entry.fingerprint);
    same.max_by_key(|entry| entry.created).copied()
}

fn admitted(entry: Entry, launch: Launch, authority: Authority) -> Result<Approved, Refusal> {
    check_grants(&entry)?;
    Ok(Approved {
        launch,
        name: entry.name.to_string(),
        profile: entry.profile,
        fingerprint: entry.fingerprint,
        authority,
        pins: entry.pins,
    })
}

/// A granted path that leads elsewhere by now grants something that nobody approved.
fn check_grants(entry: &Entry) -> Result<(), Refusal> {
    let profile = &entry.profile;
    let all = profile.reads().iter().chain(profile.writes());
    for path in all.chain(profile.cwd()) {
        // A path that isn't there grants nothing yet; the sandbox says so.
        let Ok(real) = std::fs::canonicalize(path.as_path()) else {
            continue;
        };
        if real != Path::new(path.as_str()) {
            return Err(moved(entry, path, &real));
        }
    }
    Ok(())
}

fn moved(entry: &Entry, path: &GrantPath, real: &Path) -> Refusal {
    Refusal::GrantMoved {
        name: entry.name.to_string(),
        path: path.to_string(),
        real: crate::guarded::shown(real),
    }
}

fn forbidden(entry: &Entry, administrator: &Administrator, launch: Launch) -> Refusal {
    if administrator.forbids(&entry.fingerprint) {
        return Refusal::Forbidden {
            name: entry.name.to_string(),
        };
    }
    Refusal::NotApproved {
        request: launch.record.request,
    }
}

fn distrusted(distrust: &Arc<Distrust>) -> Refusal {
    match **distrust {
        Distrust::RolledBack { found, seen } => Refusal::RolledBack { found, seen },
        _ => Refusal::LedgerUntrusted(Arc::clone(distrust)),
    }
}
