//! Building the tree: breadth first, each package as far out as it can be without changing what any
//! name means to a package that is there already (npm's hoisting).

use super::tree::{Edge, Id, Need, ROOT, Tree, edges};
use crate::{
    host::Host,
    npm::{
        Manifest, PackageName, RegistryError, Spec, SpecError, Wanted, packument::PackumentError,
        pick::PickError,
    },
};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// Why a dependency cannot be had.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Unmet {
    /// It is not asked for from a registry.
    #[error(transparent)]
    Spec(Arc<SpecError>),
    /// No version fits.
    #[error(transparent)]
    Pick(Arc<PickError>),
    /// The registry does not have it.
    #[error(transparent)]
    Registry(Arc<RegistryError>),
    /// It is not for this machine.
    #[error("it is not for this system, processor or C library")]
    Platform,
    /// Its name is taken where it would have to be.
    #[error("another version is in its place")]
    Taken,
}

impl Unmet {
    /// Whether an optional dependency may be left out for this reason. Trouble with the network or
    /// a forged answer is none: the tree must not depend on the weather.
    fn may_be_skipped(&self) -> bool {
        match self {
            Self::Registry(error) => {
                matches!(
                    &**error,
                    RegistryError::Fetch {
                        source: crate::http::FetchError::NotFound,
                        ..
                    }
                )
            }
            Self::Pick(error) => !matches!(
                &**error,
                // A release that has to wait is there on another day.
                PickError::Packument(PackumentError::OtherPackage { .. }) | PickError::Young(_)
            ),
            Self::Spec(_) | Self::Platform | Self::Taken => true,
        }
    }

    /// Whether every release that would do has to wait.
    fn waits(&self) -> bool {
        matches!(self, Self::Pick(error) if matches!(**error, PickError::Young(_)))
    }
}

/// Where descriptions come from.
pub(super) trait Source {
    /// The version of `name` for a specification.
    fn pick(&self, name: &PackageName, wanted: &Wanted) -> Result<Arc<Manifest>, Unmet>;
    /// The best version of `name` that fits all of them, when there is one.
    fn pick_for_all(&self, name: &PackageName, wanted: &[Wanted]) -> Option<Arc<Manifest>>;
    /// What a tag points to.
    fn tagged(&self, name: &PackageName, tag: &str) -> Option<String>;
    /// The packages in another's archive: their directories in it, and manifests.
    fn bundle(&self, manifest: &Manifest) -> Result<Vec<(String, Manifest)>, Unmet>;
}

/// A dependency that could not be had.
#[derive(Debug, Clone)]
pub(super) struct Failure {
    pub(super) by: Id,
    /// Name and version of the package that asks.
    pub(super) asker: String,
    pub(super) edge: Edge,
    pub(super) why: Unmet,
}

/// A finished tree.
pub(super) struct Built {
    pub(super) tree: Tree,
    /// The places that are used.
    pub(super) used: BTreeSet<Id>,
    /// Optional dependencies that were left out.
    pub(super) skipped: Vec<Failure>,
    /// Peers that are there in a version that does not fit.
    pub(super) misfits: Vec<(Id, Edge, Id)>,
}

/// Most packages in a tree.
pub(super) const MAX_PACKAGES: usize = 20_000;

/// Builds the tree of what `root` asks for, or says which needed dependency cannot be had. What comes `first` is outermost, whoever
/// asks for another version of it.
pub(super) fn build_around(
    source: &dyn Source,
    host: &Host,
    root: Arc<Manifest>,
    first: &[Arc<Manifest>],
) -> Result<Built, Failure> {
    let mut builder = Builder {
        source,
        host,
        tree: Tree::new(root),
        open: BTreeSet::from([(0, String::new(), ROOT)]),
        busy: BTreeSet::new(),
        failures: BTreeMap::new(),
        shared: BTreeMap::new(),
        asked_by: BTreeMap::new(),
    };
    for manifest in first {
        // One that cannot be placed serves nobody, and the tree is as without it.
        let _ = builder.insert(ROOT, ROOT, manifest.name.clone(), manifest.clone());
    }
    while let Some((_, _, id)) = builder.open.pop_first() {
        builder.node(id);
        if builder.tree.len() > MAX_PACKAGES {
            break;
        }
    }
    builder.finish()
}

struct Builder<'a> {
    source: &'a dyn Source,
    host: &'a Host,
    tree: Tree,
    /// Places whose edges were not looked at: the outer ones first, then by path.
    open: BTreeSet<(usize, String, Id)>,
    /// Edges being placed right now.
    busy: BTreeSet<(Id, PackageName)>,
    failures: BTreeMap<(Id, PackageName), Failure>,
    /// What the dependencies of a place want as peers, by name.
    shared: BTreeMap<Id, BTreeMap<PackageName, BTreeSet<String>>>,
    /// For whom a package was placed.
    asked_by: BTreeMap<Id, Id>,
}

impl Builder<'_> {
    fn node(&mut self, id: Id) {
        let Some(node) = self.tree.node(id) else {
            return;
        };
        let own = edges(&node.manifest);
        self.collect_peers(id, &own);
        for edge in own {
            self.edge(id, &edge);
        }
    }

    /// Makes an edge lead to a version that fits, if it does not.
    fn edge(&mut self, id: Id, edge: &Edge) {
        let Some(start) = self.tree.start(id, edge.need) else {
            return;
        };
        let found = self.tree.lookup(start, &edge.name);
        let settled = match (edge.need, found) {
            (Need::OptionalPeer, _) => true,
            (_, Some(found)) => self.fits(found, edge),
            (_, None) => false,
        };
        if settled || !self.busy.insert((id, edge.name.clone())) {
            return;
        }
        // Another version of a peer is better than none: where the one that is asked for finds no place, it stays, and is told.
        let stays = |why: &Unmet| {
            let is_peer = edge.need == Need::Peer && found.is_some();
            is_peer && (why.may_be_skipped() || why.waits())
        };
        if let Err(why) = self.place(id, start, edge)
            && !stays(&why)
        {
            let asker = self.tree.node(id).map(|node| {
                let manifest = &node.manifest;
                format!("{}@{}", manifest.name, manifest.version)
            });
            let failure = Failure {
                by: id,
                asker: asker.unwrap_or_default(),
                edge: edge.clone(),
                why,
            };
            self.failures.insert((id, edge.name.clone()), failure);
        }
        self.busy.remove(&(id, edge.name.clone()));
    }

    fn place(&mut self, id: Id, start: Id, edge: &Edge) -> Result<(), Unmet> {
        let manifest = self.choose(id, edge)?;
        if !self
            .host
            .admits(&manifest.os, &manifest.cpu, &manifest.libc)
        {
            return Err(Unmet::Platform);
        }
        self.siblings_first(id, &manifest);
        // The siblings may have brought it along.
        if self
            .tree
            .lookup(start, &edge.name)
            .is_some_and(|found| self.fits(found, edge))
        {
            return Ok(());
        }
        let place = self
            .outermost(start, &edge.name, &manifest)
            .ok_or(Unmet::Taken)?;
        self.insert(id, place, edge.name.clone(), manifest)
    }

    fn insert(
        &mut self,
        by: Id,
        place: Id,
        name: PackageName,
        manifest: Arc<Manifest>,
    ) -> Result<(), Unmet> {
        let bundle = if manifest.bundled.is_empty() {
            Vec::new()
        } else {
            self.source.bundle(&manifest)?
        };
        let new = self.tree.insert(place, name, manifest.clone(), false);
        self.asked_by.insert(new, by);
        self.enqueue(new);
        self.unbundle(new, bundle);
        let peers = edges(&manifest)
            .into_iter()
            .filter(|edge| edge.need == Need::Peer);
        for peer in peers.collect::<Vec<_>>() {
            self.edge(new, &peer);
        }
        Ok(())
    }

    /// Puts the packages of an archive to their places inside it, outer ones first.
    fn unbundle(&mut self, owner: Id, mut bundle: Vec<(String, Manifest)>) {
        bundle.sort_by(|(a, _), (b, _)| a.cmp(b));
        for (path, manifest) in bundle {
            let mut place = Some(owner);
            let names = path
                .split("node_modules/")
                .skip(1)
                .map(|part| part.trim_end_matches('/'));
            let mut names: Vec<PackageName> = names
                .filter_map(|name| PackageName::new(name).ok())
                .collect();
            let last = names.pop();
            for name in names {
                place = place.and_then(|place| self.tree.child(place, &name));
            }
            if let (Some(place), Some(name)) = (place, last) {
                let id = self.tree.insert(place, name, Arc::new(manifest), true);
                self.enqueue(id);
            }
        }
    }

    fn enqueue(&mut self, id: Id) {
        if let Some(node) = self.tree.node(id) {
            self.open.insert((node.depth, node.path.clone(), id));
        }
    }

    /// The version for an edge. For a peer it should also suit those that will share it.
    fn choose(&self, id: Id, edge: &Edge) -> Result<Arc<Manifest>, Unmet> {
        let spec = Spec::parse(&edge.spec).map_err(|error| Unmet::Spec(error.into()))?;
        let name = spec.alias.as_ref().unwrap_or(&edge.name);
        let chosen = self.source.pick(name, &spec.wanted)?;
        if spec.alias.is_some() {
            return Ok(chosen);
        }
        let others = self.others_wishes(id, edge);
        let others = others.iter().filter_map(|text| Spec::parse(text).ok());
        // As many of them as can be suited together, in their order.
        let mut wanted = vec![spec.wanted];
        let mut best = chosen;
        for other in others.filter(|spec| spec.alias.is_none()) {
            wanted.push(other.wanted);
            match self.source.pick_for_all(name, &wanted) {
                Some(manifest) => best = manifest,
                None => drop(wanted.pop()),
            }
        }
        Ok(best)
    }

    /// What those that will share the target of an edge want of it.
    fn others_wishes(&self, id: Id, edge: &Edge) -> BTreeSet<String> {
        match edge.need {
            Need::Peer | Need::OptionalPeer => {
                let by = self.asked_by.get(&id);
                let mut all = by
                    .map(|by| self.peer_wishes(*by, &edge.name))
                    .unwrap_or_default();
                all.extend(self.wishes_around(id, &edge.name));
                all
            }
            Need::Needed | Need::Optional => self.peer_wishes(id, &edge.name),
        }
    }

    /// What the packages that `id` asks for want of `name` as their peer: they will share it with `id`.
    fn peer_wishes(&self, id: Id, name: &PackageName) -> BTreeSet<String> {
        let wishes = self.shared.get(&id).and_then(|shared| shared.get(name));
        wishes.cloned().unwrap_or_default()
    }

    /// Collects the peers of everything that `id` asks for.
    fn collect_peers(&mut self, id: Id, own: &[Edge]) {
        let mut shared: BTreeMap<PackageName, BTreeSet<String>> = BTreeMap::new();
        let regular = own
            .iter()
            .filter(|edge| matches!(edge.need, Need::Needed | Need::Optional));
        for edge in regular {
            // Bundled with it: not the registry's to choose.
            if self.tree.child(id, &edge.name).is_some() {
                continue;
            }
            let Ok(spec) = Spec::parse(&edge.spec) else {
                continue;
            };
            let name = spec.alias.as_ref().unwrap_or(&edge.name);
            let Ok(manifest) = self.source.pick(name, &spec.wanted) else {
                continue;
            };
            if self
                .host
                .admits(&manifest.os, &manifest.cpu, &manifest.libc)
            {
                for (name, wish) in &manifest.peers {
                    shared.entry(name.clone()).or_default().insert(wish.clone());
                }
            }
        }
        self.shared.insert(id, shared);
    }

    /// What the packages beside and around `id` want of `name`.
    fn wishes_around(&self, id: Id, name: &PackageName) -> BTreeSet<String> {
        let outer = self.tree.parent(id).unwrap_or(ROOT);
        let near = self.tree.ids().filter(|other| {
            *other == outer
                || self.tree.parent(*other) == Some(outer)
                || self.tree.is_within(outer, *other)
        });
        let manifests = near
            .filter_map(|other| self.tree.node(other))
            .map(|node| node.manifest.clone());
        let wish = |manifest: Arc<Manifest>| {
            let all = [&manifest.dependencies, &manifest.optional, &manifest.peers];
            all.into_iter().find_map(|list| list.get(name).cloned())
        };
        manifests.filter_map(wish).collect()
    }

    /// What a package shares with its dependent is placed before it, when the dependent asks for it
    /// too: the dependent's own wish decides the version.
    fn siblings_first(&mut self, id: Id, manifest: &Manifest) {
        let Some(own) = self.tree.node(id).map(|node| node.manifest.clone()) else {
            return;
        };
        for edge in edges(&own) {
            if manifest.peers.contains_key(&edge.name) && edge.need != Need::OptionalPeer {
                self.edge(id, &edge);
            }
        }
    }

    /// The outermost place from `start` on where the package can be.
    fn outermost(&self, start: Id, name: &PackageName, manifest: &Manifest) -> Option<Id> {
        let mut best = None;
        for place in self.tree.outwards(start) {
            if !self.is_free(place, name, manifest) {
                break;
            }
            if self.peers_suit(place, manifest) {
                best = Some(place);
            } else if best.is_some() {
                break;
            }
        }
        // Where its peers suit nowhere, next to the one that asked is the least bad place, as in npm.
        best.or_else(|| self.is_free(start, name, manifest).then_some(start))
    }

    /// Whether the name is not taken at `place` and means the same as before to everything inside, or
    /// something that suits it as well.
    fn is_free(&self, place: Id, name: &PackageName, manifest: &Manifest) -> bool {
        if self.tree.child(place, name).is_some() {
            return false;
        }
        let Some(hidden) = self
            .tree
            .parent(place)
            .and_then(|outer| self.tree.lookup(outer, name))
        else {
            return true;
        };
        let inside = self.tree.ids().filter(|id| self.tree.is_within(*id, place));
        inside
            .filter_map(|id| Some((id, self.tree.node(id)?)))
            .all(|(id, node)| {
                edges(&node.manifest)
                    .iter()
                    .filter(|edge| edge.name == *name)
                    .all(|edge| {
                        let affected = self.tree.start(id, edge.need).is_some_and(|start| {
                            self.tree.is_within(start, place)
                                && self.tree.lookup(start, name) == Some(hidden)
                        });
                        !affected || !self.fits(hidden, edge) || self.suits(manifest, edge)
                    })
            })
    }

    /// Whether the peers that are visible from `place` are in versions that fit.
    fn peers_suit(&self, place: Id, manifest: &Manifest) -> bool {
        let own = edges(manifest);
        let mut peers = own
            .iter()
            .filter(|edge| matches!(edge.need, Need::Peer | Need::OptionalPeer));
        peers.all(|edge| {
            self.tree
                .lookup(place, &edge.name)
                .is_none_or(|found| self.fits(found, edge))
        })
    }

    fn fits(&self, id: Id, edge: &Edge) -> bool {
        self.tree
            .node(id)
            .is_some_and(|node| self.suits(&node.manifest, edge))
    }

    fn suits(&self, manifest: &Manifest, edge: &Edge) -> bool {
        let Ok(spec) = Spec::parse(&edge.spec) else {
            return false;
        };
        let name = spec.alias.as_ref().unwrap_or(&edge.name);
        let tagged =
            |tag: &str| self.source.tagged(name, tag).as_deref() == Some(manifest.version.as_str());
        manifest.name == *name && spec.wanted.admits(&manifest.version, tagged)
    }

    /// Sorts out what was left out, what it takes with it, and what is not used.
    fn finish(self) -> Result<Built, Failure> {
        let fatal = |failure: &&Failure| {
            matches!(failure.edge.need, Need::Optional) && !failure.why.may_be_skipped()
        };
        if let Some(failure) = self.failures.values().find(fatal) {
            return Err(failure.clone());
        }
        let mut dead: BTreeSet<Id> = BTreeSet::new();
        let mut cause: BTreeMap<Id, Failure> = BTreeMap::new();
        for failure in self
            .failures
            .values()
            .filter(|failure| failure.edge.need != Need::Optional)
        {
            dead.insert(failure.by);
            cause.entry(failure.by).or_insert_with(|| failure.clone());
        }
        while let Some((id, target)) = self.newly_dead(&dead) {
            dead.insert(id);
            if let Some(failure) = cause.get(&target).cloned() {
                cause.insert(id, failure);
            }
        }
        if let Some(failure) = dead
            .contains(&ROOT)
            .then(|| cause.get(&ROOT).cloned())
            .flatten()
        {
            return Err(failure);
        }
        let used = self.tree.reachable(&dead);
        let skippable = self.failures.into_values();
        let skipped =
            skippable.filter(|failure| used.contains(&failure.by) || dead.contains(&failure.by));
        let skipped = skipped.collect();
        let mut built = Built {
            tree: self.tree,
            used,
            skipped,
            misfits: Vec::new(),
        };
        built.misfits = misfits(&built, self.source);
        Ok(built)
    }

    /// A place that needs a dead one.
    fn newly_dead(&self, dead: &BTreeSet<Id>) -> Option<(Id, Id)> {
        let alive = self.tree.ids().filter(|id| !dead.contains(id));
        alive
            .filter_map(|id| Some((id, self.tree.node(id)?)))
            .find_map(|(id, node)| {
                let own = edges(&node.manifest);
                let needed = own
                    .iter()
                    .filter(|edge| matches!(edge.need, Need::Needed | Need::Peer));
                needed
                    .filter_map(|edge| self.tree.target(id, edge))
                    .find(|to| dead.contains(to))
                    .map(|to| (id, to))
            })
    }
}

/// Every used edge that leads to a version that does not fit: peers that could not be reconciled.
fn misfits(built: &Built, source: &dyn Source) -> Vec<(Id, Edge, Id)> {
    let mut found = Vec::new();
    for id in &built.used {
        let Some(node) = built.tree.node(*id) else {
            continue;
        };
        for edge in edges(&node.manifest) {
            let Some(target) = built.tree.target(*id, &edge) else {
                continue;
            };
            let Some(manifest) = built.tree.node(target).map(|node| &node.manifest) else {
                continue;
            };
            let fits = Spec::parse(&edge.spec).is_ok_and(|spec| {
                let name = spec.alias.as_ref().unwrap_or(&edge.name);
                let tagged = |tag: &str| {
                    source.tagged(name, tag).as_deref() == Some(manifest.version.as_str())
                };
                manifest.name == *name && spec.wanted.admits(&manifest.version, tagged)
            });
            if !fits {
                found.push((*id, edge, target));
            }
        }
    }
    found
}
