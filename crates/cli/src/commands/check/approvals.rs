//! The approvals that `check` compares with. Looking starts nothing and uses no network.

use std::collections::BTreeSet;

use interlock_launch::{Decision, Entry, Ledger, Prior, Request, RequestRecord, judge};
use interlock_supply::Store;

use super::verdict::Verdict;
use crate::context::Context;
use crate::launching::resolve;
use crate::options::Global;

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
                    let program = approved.launch().program().display().to_string();
                    return verdict.approve(approved.fingerprint().to_string(), &program);
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
