//! The approvals that `check` compares with. Looking starts nothing and uses no network.

use std::collections::BTreeSet;
use std::path::PathBuf;

use interlock_launch::{Decision, Entry, Ledger, PackageRef, Prior, Request, RequestRecord, judge};
use interlock_scan::Standing;
use interlock_scan::wrap::{Inner, inner};
use interlock_supply::Store;

use super::verdict::Verdict;
use crate::context::Context;
use crate::launching::resolve;
use crate::options::Global;

/// A tool as it was recorded at approval: its name, and its definition as JSON.
pub type RecordedTool = (String, Vec<u8>);

/// The approvals of this user and the administrator, where there are any that can be trusted.
pub struct Approvals(Option<Found>);

struct Found {
    context: Context,
    ledger: Ledger,
    packages: Store,
}

impl Approvals {
    /// Opens them. Without any, or with some that cannot be trusted, nothing is approved; `interlock list` says why.
    pub fn open(global: &Global) -> Self {
        let open = || {
            let context = Context::new(global).ok()?;
            let ledger = context.ledger(&context.known().ok()?).ok()?;
            // No store is made for judging: without an approval there is nothing to look up in one.
            ledger.entries().next()?;
            let packages = Store::open(context.places.store()).ok()?;
            Some(Found {
                context,
                ledger,
                packages,
            })
        };
        Self(open())
    }

    /// Judges one request and looks for its approval.
    pub fn verdict(&self, request: &Request) -> Verdict {
        let judgement = judge(request);
        let mut verdict = Verdict::of(request, &judgement);
        if let (Some(found), false) = (&self.0, judgement.decision() == Decision::Invalid) {
            found.look(request, &mut verdict);
        }
        verdict
    }

    /// How a request stands with the approvals.
    pub fn standing(&self, request: &Request) -> Standing {
        let Some(Inner::Named(name)) = inner(request) else {
            return self.verdict(request).standing();
        };
        let named = |found: &Found| found.ledger.named(&name).is_some();
        if self.0.as_ref().is_some_and(named) {
            Standing::Approved
        } else {
            Standing::Unapproved
        }
    }

    /// The version of a package that is approved, where it is one and the same in all approvals of the package.
    pub fn version_of(&self, package: &PackageRef) -> Option<String> {
        let entries = self.0.iter().flat_map(|found| found.ledger.entries());
        let approved = entries.filter_map(|entry| entry.launch().package.as_ref());
        let mut versions = approved
            .filter(|one| one.ecosystem == package.ecosystem.as_str() && one.name == package.name)
            .map(|one| one.version.clone());
        let first = versions.next()?;
        versions.all(|other| other == first).then_some(first)
    }

    /// The tools of every approved server as they were recorded, by the server's name.
    pub fn tools(&self) -> Vec<(String, Vec<RecordedTool>)> {
        let Some(found) = &self.0 else {
            return Vec::new();
        };
        let tools = |entry: &Entry| {
            let pins = entry.pins().iter();
            pins.filter_map(|pin| Some((pin.name.clone(), found.ledger.definition(pin)?)))
                .collect()
        };
        let entries = found.ledger.entries();
        entries
            .map(|entry| (entry.name().to_string(), tools(entry)))
            .collect()
    }

    /// Where approvals are kept.
    pub fn path(&self) -> PathBuf {
        self.0
            .as_ref()
            .map(|found| found.context.places.approvals())
            .unwrap_or_default()
    }
}

impl Found {
    fn look(&self, request: &Request, verdict: &mut Verdict) {
        for entry in self.ledger.entries() {
            let asked = without_granted_variables(request, entry);
            if RequestRecord::from(&asked) != entry.launch().request {
                continue;
            }
            let resolved = resolve(
                &self.context,
                &self.packages,
                &self.ledger,
                Some(entry),
                &asked,
                Prior::from(entry),
            );
            let admitted = resolved
                .map_err(|error| ("unresolved", error.to_string()))
                .and_then(|launch| {
                    self.ledger
                        .admit(launch)
                        .map_err(|why| (why.code(), why.to_string()))
                });
            match admitted {
                Ok(approved) => {
                    let launch = approved.launch();
                    let program = launch.program().map(|path| path.display().to_string());
                    let address = || launch.remote().map(|address| address.url.clone());
                    let what = program.or_else(address).unwrap_or_default();
                    return verdict.approve(approved.fingerprint().to_string(), &what);
                }
                Err((code, text)) => verdict.outdated(code, text),
            }
        }
    }
}

/// A variable that the approval passes on by name is part of the grants, not of the request.
fn without_granted_variables(request: &Request, entry: &Entry) -> Request {
    let granted: BTreeSet<&str> = entry
        .profile()
        .env()
        .iter()
        .map(|name| name.as_str())
        .collect();
    let mut asked = request.clone();
    asked
        .env
        .retain(|(name, _)| !granted.contains(name.as_str()));
    asked
}
