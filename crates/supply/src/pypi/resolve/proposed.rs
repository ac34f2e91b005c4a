//! What somebody else locked, a tree or the tools of a build: it holds what its packages need, and nothing besides.
//!
//! Digests settle the bytes, and the index settles their names. But a lock could leave a package out and bring its module in another one,
//! or add a package that changes what the others do.

use super::{LockError, Wheel, wheel};
use crate::{
    pypi::{Environment, Metadata, Name, Requirement, Version},
    store::Stored,
};
use std::collections::BTreeSet;

/// A package that is there.
pub(super) struct Held {
    pub(super) name: Name,
    pub(super) version: Version,
    /// What it says of itself.
    pub(super) metadata: String,
}

/// Everything that is asked for is there, and everything that is there was asked for, once.
pub(super) fn closed(
    wanted: &[Requirement],
    wheels: &[Wheel],
    stored: &[Stored],
    environment: &Environment,
) -> Result<(), LockError> {
    closed_over(wanted, &held(wheels, stored), environment)
}

/// The same of packages wherever they are.
pub(super) fn closed_over(
    wanted: &[Requirement],
    all: &[Held],
    environment: &Environment,
) -> Result<(), LockError> {
    let mut reached = reached(wanted, all, environment)?;
    let mut names = all.iter().map(|held| &held.name);
    // Of two by one name, the second is one that nothing needs.
    match names.find(|name| !reached.remove(name)) {
        Some(name) => Err(LockError::Unneeded(name.clone())),
        None => Ok(()),
    }
}

/// Wheels in the store, as they say themselves what they are.
pub(super) fn held(wheels: &[Wheel], stored: &[Stored]) -> Vec<Held> {
    let both = wheels.iter().zip(stored);
    both.map(|(wheel, stored)| Held {
        name: wheel.name.name.clone(),
        version: wheel.name.version.clone(),
        metadata: wheel::text(stored, "METADATA"),
    })
    .collect()
}

/// Follows what was asked for through the packages' own metadata; the names of all that is needed, which is all there.
pub(super) fn reached<'a>(
    wanted: &[Requirement],
    all: &'a [Held],
    environment: &Environment,
) -> Result<BTreeSet<&'a Name>, LockError> {
    let here = |need: &&Requirement| {
        let marker = need.marker.as_ref();
        marker.is_none_or(|marker| marker.holds(environment, None))
    };
    let mut open: Vec<Requirement> = wanted.iter().filter(here).cloned().collect();
    let mut followed: BTreeSet<(Name, Vec<Name>)> = BTreeSet::new();
    let mut reached: BTreeSet<&Name> = BTreeSet::new();
    while let Some(need) = open.pop() {
        let mut those = all.iter();
        let found = those.find(|held| held.name == need.name && need.versions.admit(&held.version));
        let Some(held) = found else {
            return Err(LockError::Lacks(Box::new(need)));
        };
        reached.insert(&held.name);
        if !followed.insert((need.name.clone(), need.extras.clone())) {
            continue;
        }
        let own = Metadata::parse(held.metadata.as_bytes(), &held.name, &held.version);
        let own = own.map_err(|_| LockError::Contradiction(held.name.clone()))?;
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
    Ok(reached)
}
