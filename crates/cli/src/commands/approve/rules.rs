//! What the configuration requires of where packages come from, and whom it trusts to say so.

use std::time::UNIX_EPOCH;

use interlock_supply::Hold;
use interlock_supply::policy::Policy;
use interlock_supply::provenance::{TrustRoot, Verifier};

use crate::context::Context;
use crate::exit::{Exit, Failure};

/// The configuration at one moment.
pub struct Rules {
    /// What is required.
    pub policy: Policy,
    /// What is held back.
    pub hold: Hold,
    /// Now, in seconds since 1970.
    pub now: i64,
    root: TrustRoot,
}

impl Rules {
    /// Reads the configuration and the trust root that it names.
    ///
    /// # Errors
    /// When one of them cannot be read: then nothing is approved.
    pub fn read(context: &Context) -> Result<Self, Failure> {
        let unusable = |error: &dyn std::error::Error| {
            let what = "the policy cannot be read, so nothing is approved";
            Failure::new(Exit::Refused, what).because(error)
        };
        let [config, _, _, administrator] = context.places.own();
        let policy = Policy::load(config, administrator).map_err(|error| unusable(&error))?;
        let root = match policy.trust_root() {
            Some(path) => TrustRoot::from_file(path),
            None => TrustRoot::bundled(),
        };
        let mut root = root.map_err(|error| unusable(&error))?;
        if let Some(path) = policy.registry_keys() {
            let replaced = root.replace_registry_keys(path);
            replaced.map_err(|error| unusable(&error))?;
        }
        let now = context.now().duration_since(UNIX_EPOCH);
        let now = i64::try_from(now.unwrap_or_default().as_secs()).unwrap_or(i64::MAX);
        Ok(Self {
            hold: policy.hold(now),
            policy,
            now,
            root,
        })
    }

    /// What verifies with them.
    pub fn verifier(&self) -> Verifier<'_> {
        Verifier::new(&self.root, self.now)
    }
}
