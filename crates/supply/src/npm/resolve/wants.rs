//! What the packages of a stored tree want besides their dependencies, and whether they find it: read from the packages themselves,
//! so that it can be told of any tree, whoever chose it.
//!
//! Nothing is refused for it. Packages in the archive of another are looked for as node does, and not asked what they want.

use super::{
    own_manifest,
    proposed::{outwards, place},
    tree::{Need, edges},
};
use crate::{
    locked::{LockedPackage, LockedTree},
    npm::{Manifest, PackageName, Spec, Version, pick::runs_on},
    store::{Store, Stored},
};
use std::collections::{BTreeMap, BTreeSet};

/// A peer that a package needs, and that node does not find in a version that suits it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnmetPeer {
    /// Who needs it: `name@version`.
    pub by: String,
    /// The peer.
    pub name: PackageName,
    /// Which versions of it. Untrusted text.
    pub wanted: String,
    /// The version that node finds, where it finds any.
    pub found: Option<Version>,
}

/// What the packages of a tree say of themselves.
pub struct Wants {
    /// Every package that node can find, by its directory, with those in archives of others.
    all: BTreeMap<String, Manifest>,
    /// Those that have an archive of their own.
    locked: Vec<LockedPackage>,
    /// The directory of the package whose file starts.
    first: String,
    /// Directories of packages that bring their own lock file.
    pinned: BTreeSet<String>,
}

impl Wants {
    /// Reads them. What cannot be read says nothing.
    #[must_use]
    pub fn of(store: &Store, tree: &LockedTree) -> Self {
        let files = store.records(&tree.digest).unwrap_or_default();
        let root = store.tree_path(&tree.digest).join("root");
        let directories = files
            .iter()
            .filter_map(|file| file.path.as_str().strip_suffix("/package.json"));
        let read = |directory: &str| {
            let seen_as = PackageName::of_directory(directory)?;
            let value = own_manifest(&Stored {
                directory: root.join(directory),
                files: Vec::new(),
            });
            let own = tree
                .packages
                .iter()
                .find(|it| it.path.as_str() == directory);
            let text = |key| value.get(key).and_then(serde_json::Value::as_str);
            let (name, version) = match own {
                Some(own) => (own.name.clone(), own.version.as_str()),
                None => {
                    let said = text("name").and_then(|text| PackageName::new(text).ok());
                    (said.unwrap_or(seen_as), text("version")?)
                }
            };
            let manifest = Manifest::read(&value, name, version.parse().ok()?, None);
            Some((directory.to_owned(), manifest))
        };
        let pinned = files
            .iter()
            .filter_map(|file| file.path.as_str().strip_suffix("/npm-shrinkwrap.json"));
        Self {
            first: entry_package(tree),
            pinned: pinned.map(ToOwned::to_owned).collect(),
            all: directories.filter_map(read).collect(),
            locked: tree.packages.clone(),
        }
    }

    /// Peers that are needed, and absent or in a version that does not suit.
    #[must_use]
    pub fn unmet_peers(&self) -> Vec<UnmetPeer> {
        let mut unmet = Vec::new();
        for (directory, manifest) in self.own() {
            let peers = edges(manifest).into_iter();
            for edge in peers.filter(|edge| edge.need == Need::Peer) {
                // What is no range of versions cannot be compared with one.
                let Ok(spec) = Spec::parse(&edge.spec) else {
                    continue;
                };
                let found = self.find(directory, &edge.name);
                let real = spec.alias.as_ref().unwrap_or(&edge.name);
                let suits =
                    |it: &Manifest| it.name == *real && spec.wanted.admits(&it.version, |_| true);
                let met = found.is_some_and(suits);
                let peer = UnmetPeer {
                    by: shown(manifest),
                    name: edge.name,
                    wanted: edge.spec,
                    found: found.map(|it| it.version.clone()),
                };
                // One package may be at several places.
                if !met && !unmet.contains(&peer) {
                    unmet.push(peer);
                }
            }
        }
        unmet
    }

    /// Packages (`name@version`) with dependencies that were published with their own lock file of them (`npm-shrinkwrap.json`), which
    /// npm would install as pinned there. Nothing here follows one.
    #[must_use]
    pub fn pins_of_their_own(&self) -> Vec<String> {
        let own = self.own().filter(|(directory, manifest)| {
            let needs = !manifest.dependencies.is_empty() || !manifest.optional.is_empty();
            needs && self.pinned.contains(*directory)
        });
        own.map(|(_, manifest)| shown(manifest)).collect()
    }

    /// Packages (`name@version`) that say which versions of node they are for, and which: those that this node is none of; where its
    /// version is not known, all of them, the one that starts first. Untrusted text.
    #[must_use]
    pub fn for_other_nodes(&self, node: Option<&Version>) -> Vec<(String, String)> {
        let others = self
            .own()
            .filter(|(_, manifest)| node.is_none() || !runs_on(manifest, node));
        let mut found: Vec<(usize, String, String)> = others
            .filter_map(|(directory, manifest)| {
                let rank = usize::from(directory != self.first);
                let range = manifest.node.as_ref().filter(|range| *range != "*")?;
                Some((rank, shown(manifest), range.clone()))
            })
            .collect();
        found.sort();
        found.dedup();
        let pairs = found.into_iter().map(|(_, by, range)| (by, range));
        pairs.collect()
    }

    /// The packages that have an archive of their own, with their directories.
    fn own(&self) -> impl Iterator<Item = (&str, &Manifest)> {
        let own = self.locked.iter().map(|package| package.path.as_str());
        own.filter_map(|path| Some((path, self.all.get(path)?)))
    }

    /// What node finds under a name from a package's directory.
    fn find(&self, directory: &str, name: &PackageName) -> Option<&Manifest> {
        outwards(directory).find_map(|outer| self.all.get(&place(outer, name)))
    }
}

/// The directory of the package whose file starts.
fn entry_package(tree: &LockedTree) -> String {
    let paths = tree.packages.iter().map(|package| package.path.as_str());
    let file = tree.entry.file.as_str();
    let around = paths.filter(|path| {
        let rest = file.strip_prefix(path);
        rest.is_some_and(|rest| rest.starts_with('/'))
    });
    around
        .max_by_key(|path| path.len())
        .unwrap_or_default()
        .to_owned()
}

fn shown(manifest: &Manifest) -> String {
    format!("{}@{}", manifest.name, manifest.version)
}
