//! A tree that somebody else locked, edge by edge: every package has what it asks for, in a version that it asked for, and
//! nothing is there that nothing asked for.
//!
//! Digests settle the bytes and the registry settles their names. But a lock could put another registered version in the place of a
//! dependency (one with a known hole, or of the day an account was stolen), leave one out, or add one that others find first.
//! What a tag points to is the registry's word of the moment, so a tag admits every version.

use super::{
    LockError, PackageName,
    build::MAX_PACKAGES,
    fetch::bundled_in,
    proposed::{misplaced, outwards, place},
    tree::{Edge, Need, edges},
};
use crate::{
    locked::{LockedPackage, LockedTree},
    npm::{Manifest, Spec},
    store::Stored,
};
use std::collections::{BTreeMap, BTreeSet};

/// What was asked for: names and which versions of them, as in [`super::Wish`].
pub(super) type Asked = [(PackageName, String)];

/// A package of the tree, or one in the archive of another.
struct Asker<'a> {
    place: String,
    manifest: Manifest,
    /// None for what came in another's archive: that is that archive's own business.
    locked: Option<&'a LockedPackage>,
    /// Whether resolving would have satisfied its needs: always, except for packages that an archive has without saying so.
    resolved: bool,
}

/// Checks places and versions of a locked tree. `beside` is what was asked for besides the package that gives the tree its name.
pub(super) fn closed(
    locked: &LockedTree,
    listed: &[Manifest],
    stored: &[Stored],
    beside: &Asked,
) -> Result<(), LockError> {
    // What is done below takes time as the square of their number.
    if locked.packages.len() > MAX_PACKAGES {
        return Err(LockError::TooMany {
            count: locked.packages.len(),
        });
    }
    let tree = Tree::new(locked, listed, stored);
    tree.aliases()?;
    let mut reached = BTreeSet::new();
    let mut open = vec![place("", &locked.name)];
    for (name, spec) in beside {
        let edge = Edge {
            name: name.clone(),
            spec: spec.clone(),
            need: Need::Needed,
        };
        open.extend(tree.follow("", &locked.name, &edge, true)?);
    }
    while let Some(at) = open.pop() {
        if !reached.insert(at.clone()) {
            continue;
        }
        for asker in tree.at(&at) {
            for edge in edges(&asker.manifest) {
                let by = &asker.manifest.name;
                open.extend(tree.follow(&asker.place, by, &edge, asker.resolved)?);
            }
        }
    }
    let stray = locked
        .packages
        .iter()
        .find(|package| !reached.contains(package.path.as_str()));
    stray.map_or(Ok(()), |package| {
        Err(LockError::Unneeded {
            said: format!("{}@{}", package.name, package.version),
        })
    })
}

struct Tree<'a> {
    askers: Vec<Asker<'a>>,
    at: BTreeMap<String, usize>,
}

impl<'a> Tree<'a> {
    fn new(locked: &'a LockedTree, listed: &[Manifest], stored: &[Stored]) -> Self {
        let mut askers = Vec::new();
        for ((package, manifest), stored) in locked.packages.iter().zip(listed).zip(stored) {
            let says_so = !manifest.bundled.is_empty();
            askers.push(Asker {
                place: package.path.to_string(),
                manifest: manifest.clone(),
                locked: Some(package),
                resolved: true,
            });
            askers.extend(bundled_in(stored).into_iter().map(|(inner, own)| Asker {
                place: format!("{}/{inner}", package.path),
                manifest: own,
                locked: None,
                resolved: says_so,
            }));
        }
        let places = askers.iter().enumerate();
        let at = places
            .map(|(at, asker)| (asker.place.clone(), at))
            .collect();
        Self { askers, at }
    }

    /// The package at a place, with those in its archive.
    fn at<'b>(&'b self, place: &'b str) -> impl Iterator<Item = &'b Asker<'a>> {
        let inside = move |asker: &&Asker<'a>| {
            asker.place == place
                || asker.locked.is_none()
                    && asker
                        .place
                        .strip_prefix(place)
                        .is_some_and(|rest| rest.starts_with('/'))
        };
        self.askers.iter().filter(inside)
    }

    fn find(&self, place: &str) -> Option<&Asker<'a>> {
        self.askers.get(*self.at.get(place)?)
    }

    /// Every package is where its name is looked for. Under another name (an alias) it is only where a package of the tree asks
    /// for it so, and nothing that asks for one package finds another.
    fn aliases(&self) -> Result<(), LockError> {
        let mut declared: BTreeSet<&str> = BTreeSet::new();
        for asker in &self.askers {
            for edge in edges(&asker.manifest) {
                let Ok(spec) = Spec::parse(&edge.spec) else {
                    continue;
                };
                let real = spec.alias.as_ref().unwrap_or(&edge.name);
                let seen: Vec<&Asker<'_>> = outwards(&asker.place)
                    .filter_map(|outer| self.find(&place(outer, &edge.name)))
                    .collect();
                let is_real = |found: &&Asker<'_>| found.locked.map(|it| it.name == *real);
                if let Some(nearest) = seen.first().filter(|it| is_real(it) == Some(false)) {
                    return Err(misplaced(&nearest.place));
                }
                let real = seen.into_iter().filter(|it| is_real(it) == Some(true));
                declared.extend(real.map(|found| found.place.as_str()));
            }
        }
        let locked = self.askers.iter().filter_map(|asker| asker.locked);
        let wrong = locked.into_iter().find(|package| {
            let path = package.path.as_str();
            PackageName::of_directory(path)
                .is_none_or(|last| last != package.name && !declared.contains(path))
        });
        wrong.map_or(Ok(()), |package| Err(misplaced(package.path.as_str())))
    }

    /// Follows one edge; gives the locked place that it leads to, when what is there is what the edge asks for.
    fn follow(
        &self,
        from: &str,
        by: &PackageName,
        edge: &Edge,
        resolved: bool,
    ) -> Result<Option<String>, LockError> {
        let Ok(spec) = Spec::parse(&edge.spec) else {
            return Ok(None);
        };
        let real = spec.alias.as_ref().unwrap_or(&edge.name);
        let of_peer = matches!(edge.need, Need::Peer | Need::OptionalPeer);
        let seen: Vec<&Asker<'_>> = outwards(from)
            .skip(usize::from(of_peer))
            .filter_map(|outer| self.find(&place(outer, &edge.name)))
            .collect();
        let needed = resolved && matches!(edge.need, Need::Needed | Need::Peer);
        if seen.is_empty() && needed {
            return Err(LockError::Lacks {
                by: by.clone(),
                name: edge.name.clone(),
                spec: edge.spec.escape_debug().to_string(),
            });
        }
        // What an archive brings along may stand before it, and is not judged here.
        let Some((found, package)) = seen.iter().find_map(|it| Some((it, it.locked?))) else {
            return Ok(None);
        };
        let nearest = seen.first().is_some_and(|first| first.locked.is_some());
        if package.name == *real && spec.wanted.admits(&found.manifest.version, |_| true) {
            return Ok(Some(found.place.clone()));
        }
        if nearest && resolved && edge.need == Need::Needed {
            return Err(LockError::Unfit {
                by: by.clone(),
                name: edge.name.clone(),
                spec: edge.spec.escape_debug().to_string(),
                found: package.version.to_string(),
            });
        }
        // A peer, or an optional package that could not be had: what others asked for may stand there.
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::Integrity;

    #[test]
    fn more_packages_than_any_tree_has_are_refused() {
        let integrity = Integrity::from_bytes([1; 64]).to_string();
        let mut tree: LockedTree = serde_json::from_value(serde_json::json!({
            "format": 1, "ecosystem": "npm", "name": "x", "version": "1.0.0", "digest": "a".repeat(64), "files": 1, "bytes": 1,
            "entry": { "command": "x", "file": "node_modules/x/x.js", "interpreter": "node" },
            "packages": [{ "path": "node_modules/x", "name": "x", "version": "1.0.0", "integrity": integrity }],
        }))
        .unwrap();
        assert!(closed(&tree, &[], &[], &[]).is_ok());
        let one = tree.packages[0].clone();
        tree.packages.resize(MAX_PACKAGES + 1, one);
        let error = closed(&tree, &[], &[], &[]).unwrap_err();
        assert!(matches!(error, LockError::TooMany { count } if count == MAX_PACKAGES + 1));
    }
}
