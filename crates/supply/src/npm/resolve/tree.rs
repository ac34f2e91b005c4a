//! The shape of a `node_modules` tree: which package is where, and what a name means at each place.
//!
//! A name is looked up in the `node_modules` of the package that asks, then in that of each package
//! around it. Peers are looked up from the package around the one that asks.

use crate::npm::{Manifest, PackageName};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// A place in the tree.
pub(super) type Id = usize;

/// The place that is not a package: the directory that holds the outermost `node_modules`.
pub(super) const ROOT: Id = 0;

/// One package at one place.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) manifest: Arc<Manifest>,
    /// `None` for the root alone.
    pub(super) parent: Option<Id>,
    pub(super) depth: usize,
    /// Directory, relative to the root.
    pub(super) path: String,
    /// It is in the archive of a package around it.
    pub(super) bundled: bool,
    children: BTreeMap<PackageName, Id>,
}

/// How badly something is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Need {
    Needed,
    Optional,
    Peer,
    /// A peer that is used when it is there.
    OptionalPeer,
}

/// One thing that a package asks for.
#[derive(Debug, Clone)]
pub(super) struct Edge {
    pub(super) name: PackageName,
    pub(super) spec: String,
    pub(super) need: Need,
}

/// Everything that a package asks for, sorted by name. What is both needed and a peer is needed.
pub(super) fn edges(manifest: &Manifest) -> Vec<Edge> {
    let mut all: BTreeMap<&PackageName, (&String, Need)> = BTreeMap::new();
    for (name, spec) in &manifest.peers {
        let optional = manifest.optional_peers.contains(name);
        all.insert(
            name,
            (
                spec,
                if optional {
                    Need::OptionalPeer
                } else {
                    Need::Peer
                },
            ),
        );
    }
    all.extend(
        manifest
            .dependencies
            .iter()
            .map(|(name, spec)| (name, (spec, Need::Needed))),
    );
    all.extend(
        manifest
            .optional
            .iter()
            .map(|(name, spec)| (name, (spec, Need::Optional))),
    );
    let edge = |(name, (spec, need)): (&PackageName, (&String, Need))| Edge {
        name: name.clone(),
        spec: spec.clone(),
        need,
    };
    all.into_iter().map(edge).collect()
}

/// The tree.
#[derive(Debug)]
pub(super) struct Tree {
    nodes: Vec<Node>,
}

impl Tree {
    /// An empty tree whose root asks for what `manifest` says.
    pub(super) fn new(manifest: Arc<Manifest>) -> Self {
        let root = Node {
            manifest,
            parent: None,
            depth: 0,
            path: String::new(),
            bundled: false,
            children: BTreeMap::new(),
        };
        Self { nodes: vec![root] }
    }

    pub(super) fn node(&self, id: Id) -> Option<&Node> {
        self.nodes.get(id)
    }

    pub(super) fn ids(&self) -> std::ops::Range<Id> {
        0..self.nodes.len()
    }

    pub(super) fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Puts a package into the `node_modules` of `parent`.
    pub(super) fn insert(
        &mut self,
        parent: Id,
        name: PackageName,
        manifest: Arc<Manifest>,
        bundled: bool,
    ) -> Id {
        let id = self.nodes.len();
        let (path, depth) = match self.nodes.get_mut(parent) {
            Some(node) => {
                node.children.insert(name.clone(), id);
                let slash = if node.path.is_empty() { "" } else { "/" };
                (
                    format!("{}{slash}node_modules/{name}", node.path),
                    node.depth + 1,
                )
            }
            None => (String::new(), 0),
        };
        let children = BTreeMap::new();
        self.nodes.push(Node {
            manifest,
            parent: Some(parent),
            depth,
            path,
            bundled,
            children,
        });
        id
    }

    pub(super) fn child(&self, id: Id, name: &PackageName) -> Option<Id> {
        self.node(id)?.children.get(name).copied()
    }

    pub(super) fn parent(&self, id: Id) -> Option<Id> {
        self.node(id)?.parent
    }

    /// `id` and every place around it, inside out.
    pub(super) fn outwards(&self, id: Id) -> impl Iterator<Item = Id> {
        std::iter::successors(Some(id), |id| self.parent(*id))
    }

    /// What `name` means at `start`.
    pub(super) fn lookup(&self, start: Id, name: &PackageName) -> Option<Id> {
        self.outwards(start).find_map(|id| self.child(id, name))
    }

    /// Where the lookup of an edge begins.
    pub(super) fn start(&self, id: Id, need: Need) -> Option<Id> {
        match need {
            Need::Needed | Need::Optional => Some(id),
            Need::Peer | Need::OptionalPeer => self.parent(id),
        }
    }

    /// What an edge of `id` leads to.
    pub(super) fn target(&self, id: Id, edge: &Edge) -> Option<Id> {
        self.lookup(self.start(id, edge.need)?, &edge.name)
    }

    pub(super) fn is_within(&self, id: Id, outer: Id) -> bool {
        self.outwards(id).any(|around| around == outer)
    }

    /// The places that something reachable asks for, the root first; `dead` ones are passed by.
    pub(super) fn reachable(&self, dead: &BTreeSet<Id>) -> BTreeSet<Id> {
        let mut seen = BTreeSet::from([ROOT]);
        let mut open = vec![ROOT];
        while let Some(id) = open.pop() {
            let Some(node) = self.node(id) else { continue };
            for edge in edges(&node.manifest) {
                let target = self
                    .target(id, &edge)
                    .filter(|target| !dead.contains(target));
                if let Some(target) = target.filter(|target| seen.insert(*target)) {
                    open.push(target);
                }
            }
            // What came in the archive stays in it, used or not.
            let inside = node
                .children
                .values()
                .filter(|child| self.node(**child).is_some_and(|n| n.bundled));
            open.extend(inside.filter(|child| seen.insert(**child)));
        }
        seen
    }
}
