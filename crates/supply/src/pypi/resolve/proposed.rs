//! A tree that somebody else locked: it holds what its packages need, and nothing besides.
//!
//! Digests settle the bytes, and the index settles their names. But a lock could leave a package out and bring its module in another one,
//! or add a package that changes what the others do.

use super::{LockError, Wheel, Wish, wheel};
use crate::{
    pypi::{Environment, Metadata, Name, Requirement},
    store::Stored,
};
use std::collections::BTreeSet;

/// Follows what was asked for through the packages' own metadata: everything is there, and everything that is there was reached.
pub(super) fn closed(
    wish: &Wish,
    wheels: &[Wheel],
    stored: &[Stored],
    environment: &Environment,
) -> Result<(), LockError> {
    let mut open: Vec<Requirement> = wish.requirements.clone();
    let mut followed: BTreeSet<(Name, Vec<Name>)> = BTreeSet::new();
    let mut reached: BTreeSet<&Name> = BTreeSet::new();
    while let Some(need) = open.pop() {
        let mut all = wheels.iter().zip(stored);
        let found = all.find(|(wheel, _)| {
            wheel.name.name == need.name && need.versions.admit(&wheel.name.version)
        });
        let Some((wheel, stored)) = found else {
            return Err(LockError::Lacks(Box::new(need)));
        };
        reached.insert(&wheel.name.name);
        if !followed.insert((need.name.clone(), need.extras.clone())) {
            continue;
        }
        let raw = wheel::text(stored, "METADATA");
        let own = Metadata::parse(raw.as_bytes(), &wheel.name.name, &wheel.name.version);
        let own = own.map_err(|_| LockError::Contradiction(wheel.name.name.clone()))?;
        let holds = |requirement: &Requirement| {
            let Some(marker) = &requirement.marker else {
                return true;
            };
            let mut extras = need.extras.iter();
            marker.holds(environment, None)
                || extras.any(|extra| marker.holds(environment, Some(extra)))
        };
        open.extend(own.requires.into_iter().filter(holds));
    }
    let mut names = wheels.iter().map(|wheel| &wheel.name.name);
    match names.find(|name| !reached.contains(name)) {
        Some(name) => Err(LockError::Unneeded(name.clone())),
        None => Ok(()),
    }
}
