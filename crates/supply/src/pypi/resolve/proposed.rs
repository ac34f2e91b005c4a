//! What somebody else locked, a tree or the tools of a build: it holds what its packages need, and nothing besides.
//!
//! Digests settle the bytes, and the index settles their names. But a lock could leave a package out and bring its module in another one,
//! or add a package that changes what the others do.

use super::{LockError, Wheel, wheel};
use crate::{
    pypi::{Environment, Metadata, Name, Requirement},
    store::Stored,
};
use std::collections::BTreeSet;

/// Everything that is asked for is there, and everything that is there was asked for, once.
pub(super) fn closed(
    wanted: &[Requirement],
    wheels: &[Wheel],
    stored: &[Stored],
    environment: &Environment,
) -> Result<(), LockError> {
    let mut reached = reached(wanted, wheels, stored, environment)?;
    let mut names = wheels.iter().map(|wheel| &wheel.name.name);
    // Of two by one name, the second is one that nothing needs.
    match names.find(|name| !reached.remove(name)) {
        Some(name) => Err(LockError::Unneeded(name.clone())),
        None => Ok(()),
    }
}

/// Follows what was asked for through the packages' own metadata; the names of all that is needed, which is all there.
pub(super) fn reached<'a>(
    wanted: &[Requirement],
    wheels: &'a [Wheel],
    stored: &[Stored],
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
    Ok(reached)
}
