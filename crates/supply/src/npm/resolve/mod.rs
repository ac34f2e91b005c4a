//! From a name to a locked tree in the store.

mod build;
mod closed;
mod error;
mod fetch;
mod kept;
mod own;
mod peers;
mod proposed;
mod tree;
mod wants;

pub use build::Unmet;
pub use error::LockError;
pub use kept::is_asked_for;
pub(crate) use own::is_node;
pub use wants::{UnmetPeer, Wants};

use super::{
    Manifest, PackageName, Registry, Version,
    entry::{Candidate, entry, own_manifest},
    spec::Spec,
};
use crate::{
    host::Host,
    locked::{Ecosystem, Entry, LockedPackage, LockedTree, TreePath},
    progress::Progress,
    store::{InstallError, Layout, Placed, Store, Stored},
};
use build::{Built, Failure};
use fetch::{Archive, Fetcher};
use own::Own;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// What is asked for.
#[derive(Debug, Clone)]
pub struct Wish {
    /// Packages and which versions of them (a range, a tag, a version, or nothing for the newest). The
    /// first one gives the tree its name.
    pub packages: Vec<(PackageName, String)>,
    /// The command to start, when it is not the first package's own.
    pub command: Option<String>,
}

/// A locked tree, and what a person should know about it.
#[derive(Debug, Clone)]
pub struct Locked {
    /// The tree; it is in the store.
    pub tree: LockedTree,
    /// Optional dependencies that were left out, and why.
    pub skipped: Vec<Skipped>,
    /// Deprecated packages (`name@version`) and what their authors say about it. Untrusted text.
    pub deprecated: Vec<(String, String)>,
    /// Packages (`name@version`) whose archive says something else about them than the registry does.
    pub contradictions: Vec<String>,
}

/// An optional dependency that was left out.
#[derive(Debug, Clone)]
pub struct Skipped {
    /// Its name.
    pub name: PackageName,
    /// The package that could use it.
    pub by: PackageName,
    /// Why.
    pub why: Unmet,
}

/// Resolves, fetches, verifies and stores.
pub struct Locker<'a> {
    /// Where packages come from.
    pub registry: &'a Registry,
    /// Where they go.
    pub store: &'a Store,
    /// What they have to run on.
    pub host: &'a Host,
    /// Who is told about progress.
    pub progress: &'a dyn Progress,
}

impl Locker<'_> {
    /// Resolves a wish and puts the whole tree into the store. Off line, the newest fitting tree that is
    /// in the store already.
    ///
    /// # Errors
    /// When something that is needed cannot be had, verified or stored.
    pub fn lock(&self, wish: &Wish) -> Result<Locked, LockError> {
        let (name, spec) = wish.packages.first().ok_or(LockError::Nothing)?;
        if self.registry.is_offline() {
            return self.stored_before(wish);
        }
        let _adding = self.store.adding()?;
        let key = format!("npm {name} {}", short(spec));
        let _fetching = self
            .store
            .fetching(&key, &|| self.progress.waiting_for_lock())?;
        let fetcher = Fetcher::new(self.registry, self.store, self.host, self.progress);
        fetcher.run(|fetcher| {
            for (name, spec) in &wish.packages {
                fetcher.follow(name, spec);
            }
            let root = Arc::new(root(wish, name));
            let built = peers::build(fetcher, self.host, root);
            let built = built.map_err(unmet)?;
            self.assemble(fetcher, wish, &built, None)
        })
    }

    /// Puts a tree that was locked before, maybe elsewhere and by somebody else, into the store: the same bytes or none.
    ///
    /// # Errors
    /// When a package cannot be had or is not what the registry lists under its name, anything is not as locked, or the lock
    /// starts anything but a command of the package that gives the tree its name.
    pub fn install(&self, locked: &LockedTree) -> Result<(), LockError> {
        self.install_for(locked, &[])
    }

    /// The same for a request that names packages `beside` the first one, with which versions of them: they belong to the tree, and
    /// a command of theirs may start as well.
    ///
    /// # Errors
    /// As for [`Self::install`].
    pub fn install_for(
        &self,
        locked: &LockedTree,
        beside: &[(PackageName, String)],
    ) -> Result<(), LockError> {
        let _adding = self.store.adding()?;
        let key = format!("npm {} {}", locked.name, locked.version);
        let _fetching = self
            .store
            .fetching(&key, &|| self.progress.waiting_for_lock())?;
        // The record beside a stored tree was written by this program, from the packages themselves.
        if self.store.lock_record(&locked.digest).as_ref() == Some(locked)
            && self.store.tree_is_whole(&locked.digest)
        {
            kept::is_asked_beside(self.store, locked, beside)?;
            self.store.lease(&locked.digest)?;
            return Ok(());
        }
        proposed::addresses(locked.packages.iter(), self.registry)?;
        let fetcher = Fetcher::new(self.registry, self.store, self.host, self.progress);
        fetcher.run(|fetcher| {
            let listed = proposed::listed(locked.packages.iter(), fetcher)?;
            let archives = locked.packages.iter().map(|package| self.archive(package));
            let stored = fetch_all(fetcher, &archives.collect::<Vec<_>>())?;
            proposed::labels(locked.packages.iter().zip(&stored))?;
            proposed::starts(locked, &stored, beside)?;
            let layout = layout(locked.packages.iter().map(|package| &package.path), &stored)?;
            if layout.digest != locked.digest {
                let (expected, found) = (locked.digest, layout.digest);
                return Err(LockError::Assemble(InstallError::Tree { expected, found }));
            }
            closed::closed(locked, &listed, &stored, beside)?;
            self.progress.assembling(layout.count());
            self.store
                .add_tree(&layout, locked)
                .map_err(LockError::Assemble)
        })
    }

    /// Where the archive of a locked package is.
    fn archive(&self, package: &LockedPackage) -> Archive {
        let usual = || {
            self.registry
                .usual_address(&package.name, package.version.as_str())
        };
        Archive {
            name: package.name.clone(),
            integrity: package.integrity.clone(),
            url: package.archive.clone().unwrap_or_else(usual),
            bytes: None,
        }
    }

    /// Fetches what is missing, lays the tree out, and stores it.
    fn assemble(
        &self,
        fetcher: &Fetcher<'_>,
        wish: &Wish,
        built: &Built,
        own: Option<&Own<'_>>,
    ) -> Result<Locked, LockError> {
        let placed = placed(fetcher, built)?;
        let archives: Vec<Archive> = placed.iter().map(|place| place.archive.clone()).collect();
        fetcher.only_needed(
            &archives
                .iter()
                .map(|archive| archive.integrity.clone())
                .collect(),
        );
        let stored = fetch_all(fetcher, &archives)?;
        let layout = layout(placed.iter().map(|place| &place.path), &stored)?;
        let mut tree = self.locked(wish, &placed, &stored, &layout, own)?;
        if let Some(own) = own {
            own.names(&mut tree)?;
        }
        self.progress.assembling(layout.count());
        self.store
            .add_tree(&layout, &tree)
            .map_err(LockError::Assemble)?;
        Ok(report(tree, built, &placed, &stored))
    }

    fn locked(
        &self,
        wish: &Wish,
        placed: &[Place],
        stored: &[Stored],
        layout: &Layout,
        own: Option<&Own<'_>>,
    ) -> Result<LockedTree, LockError> {
        let entry = match own {
            Some(own) => own.entry()?,
            None => start(wish, placed, stored)?,
        };
        let own = wish.packages.first().ok_or(LockError::Nothing)?;
        let own = placed
            .iter()
            .find(|place| place.path.as_str() == format!("node_modules/{}", own.0));
        let own = &own.ok_or(LockError::Nothing)?.manifest;
        let package = |(place, stored): (&Place, &Stored)| LockedPackage {
            path: place.path.clone(),
            name: place.manifest.name.clone(),
            version: (&place.manifest.version).into(),
            integrity: place.archive.integrity.clone(),
            archive: Some(place.archive.url.clone()).filter(|url| {
                *url != self
                    .registry
                    .usual_address(&place.manifest.name, place.manifest.version.as_str())
            }),
            install_script: place.manifest.install_script || wants_script(stored),
            built: None,
        };
        Ok(LockedTree {
            format: 1,
            ecosystem: Ecosystem::Npm,
            name: own.name.clone(),
            version: (&own.version).into(),
            entry,
            target: None,
            sources: None,
            digest: layout.digest,
            files: layout.count(),
            bytes: layout.bytes(),
            packages: placed.iter().zip(stored).map(package).collect(),
        })
    }

    fn stored_before(&self, wish: &Wish) -> Result<Locked, LockError> {
        let (name, text) = wish.packages.first().ok_or(LockError::Nothing)?;
        let none = || LockError::NotStored {
            name: name.clone(),
            spec: text.clone(),
        };
        let spec = Spec::parse(text).map_err(|_| none())?;
        let real = spec.alias.as_ref().unwrap_or(name);
        let fits = |tree: &LockedTree| {
            // What a tag pointed to is not known: any version will do for it.
            let version: Option<Version> = tree.version.as_str().parse().ok();
            let version = version.is_some_and(|version| spec.wanted.admits(&version, |_| true));
            let rest = wish.packages.iter().skip(1).all(|(other, _)| {
                tree.packages
                    .iter()
                    .any(|package| package.path.as_str() == format!("node_modules/{other}"))
            });
            let command = wish
                .command
                .as_ref()
                .is_none_or(|command| *command == tree.entry.command);
            tree.ecosystem == Ecosystem::Npm && tree.name == *real && version && rest && command
        };
        let trees = self
            .store
            .list()?
            .into_iter()
            .filter_map(|tree| tree.locked)
            .filter(fits);
        let best = trees
            .filter_map(|tree| Some((tree.version.as_str().parse::<Version>().ok()?, tree)))
            .max_by(|(a, _), (b, _)| a.semver().cmp(b.semver()))
            .map(|(_, tree)| tree)
            .ok_or_else(none)?;
        if !self.store.lease_stored(&best.digest)? {
            return Err(none());
        }
        Ok(Locked {
            tree: best,
            skipped: Vec::new(),
            deprecated: Vec::new(),
            contradictions: Vec::new(),
        })
    }
}

/// A package of the finished tree.
struct Place {
    path: TreePath,
    manifest: Arc<Manifest>,
    archive: Archive,
}

/// The used packages that have an archive of their own, sorted by path.
fn placed(fetcher: &Fetcher<'_>, built: &Built) -> Result<Vec<Place>, LockError> {
    let mut places = Vec::new();
    for id in &built.used {
        let Some(node) = built
            .tree
            .node(*id)
            .filter(|node| node.parent.is_some() && !node.bundled)
        else {
            continue;
        };
        let Some(archive) = fetcher.archive_of(&node.manifest) else {
            continue;
        };
        let path = TreePath::new(&node.path).map_err(|source| {
            LockError::Assemble(InstallError::Path {
                path: node.path.clone(),
                source,
            })
        })?;
        places.push(Place {
            path,
            manifest: node.manifest.clone(),
            archive,
        });
    }
    places.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(places)
}

fn fetch_all(fetcher: &Fetcher<'_>, archives: &[Archive]) -> Result<Vec<Stored>, LockError> {
    for archive in archives {
        fetcher.request_archive(archive);
    }
    let fetch = |archive: &Archive| {
        let failed = |source| LockError::Install {
            name: archive.name.clone(),
            source,
        };
        fetcher.stored(archive).map_err(failed)
    };
    archives.iter().map(fetch).collect()
}

fn layout<'a>(
    paths: impl Iterator<Item = &'a TreePath>,
    stored: &'a [Stored],
) -> Result<Layout, LockError> {
    let placed: Vec<Placed<'_>> = paths
        .zip(stored)
        .map(|(path, package)| Placed { path, package })
        .collect();
    Layout::of(&placed).map_err(LockError::Assemble)
}

/// The file to start, from what the archives themselves say.
fn start(wish: &Wish, placed: &[Place], stored: &[Stored]) -> Result<Entry, LockError> {
    let mut candidates = Vec::new();
    for (name, _) in &wish.packages {
        let found = placed
            .iter()
            .zip(stored)
            .find(|(place, _)| place.path.as_str() == format!("node_modules/{name}"));
        let Some((place, stored)) = found else {
            continue;
        };
        let own = Manifest::read(
            &own_manifest(stored),
            place.manifest.name.clone(),
            place.manifest.version.clone(),
            None,
        );
        candidates.push(Candidate {
            name: &place.manifest.name,
            path: &place.path,
            stored,
            commands: own.bin,
        });
    }
    entry(&candidates, wish.command.as_deref())?.ok_or(LockError::Nothing)
}

/// The entry of a command in a tree that is in the store: of the first of the named packages that has it. Without a command,
/// the first package's own.
pub(crate) fn entry_in_tree(
    store: &Store,
    tree: &LockedTree,
    names: &[PackageName],
    command: Option<&str>,
) -> Option<Entry> {
    let found: Vec<(&LockedPackage, Stored)> = names
        .iter()
        .filter_map(|name| {
            tree.packages
                .iter()
                .find(|p| p.path.as_str() == format!("node_modules/{name}"))
        })
        .filter_map(|package| {
            Some((
                package,
                store.package_in_tree(&tree.digest, package.path.as_str())?,
            ))
        })
        .collect();
    let candidates: Vec<Candidate<'_>> = found
        .iter()
        .map(|(package, stored)| Candidate {
            name: &package.name,
            path: &package.path,
            stored,
            commands: own_commands(stored, &package.name),
        })
        .collect();
    entry(&candidates, command).ok().flatten()
}

fn own_commands(stored: &Stored, name: &PackageName) -> BTreeMap<String, String> {
    // The version is not looked at.
    Manifest::read(&own_manifest(stored), name.clone(), Version::zero(), None).bin
}

/// npm runs `node-gyp` for a package with `binding.gyp`, even without a script that says so.
fn wants_script(stored: &Stored) -> bool {
    let value = own_manifest(stored);
    let scripts = |name: &str| {
        value
            .get("scripts")
            .is_some_and(|scripts| scripts.get(name).is_some())
    };
    let gyp =
        stored.has("binding.gyp") && value.get("gypfile") != Some(&serde_json::Value::Bool(false));
    gyp || ["preinstall", "install", "postinstall"]
        .into_iter()
        .any(scripts)
}

fn report(tree: LockedTree, built: &Built, placed: &[Place], stored: &[Stored]) -> Locked {
    let name_of = |id| built.tree.node(id).map(|node| node.manifest.name.clone());
    let skipped = built.skipped.iter().filter_map(|failure| {
        Some(Skipped {
            name: failure.edge.name.clone(),
            by: name_of(failure.by)?,
            why: failure.why.clone(),
        })
    });
    let mut deprecated = BTreeMap::new();
    let mut contradictions = BTreeSet::new();
    for (place, stored) in placed.iter().zip(stored) {
        let shown = format!("{}@{}", place.manifest.name, place.manifest.version);
        if let Some(why) = &place.manifest.deprecated {
            deprecated.insert(shown.clone(), why.clone());
        }
        if contradicts(&place.manifest, stored) {
            contradictions.insert(shown);
        }
    }
    Locked {
        skipped: skipped.collect(),
        deprecated: deprecated.into_iter().collect(),
        contradictions: contradictions.into_iter().collect(),
        tree,
    }
}

/// Whether the archive's own `package.json` differs from what the registry said, in what was acted on.
fn contradicts(listed: &Manifest, stored: &Stored) -> bool {
    let value = own_manifest(stored);
    let text = |key| value.get(key).and_then(serde_json::Value::as_str);
    let version: Option<Version> = text("version").and_then(|version| version.parse().ok());
    let own = Manifest::read(&value, listed.name.clone(), listed.version.clone(), None);
    text("name") != Some(listed.name.as_str())
        || version.as_ref() != Some(&listed.version)
        || own.dependencies != listed.dependencies
        || own.bin.keys().ne(listed.bin.keys())
}

fn unmet(failure: Failure) -> LockError {
    let (name, spec) = (failure.edge.name, failure.edge.spec.escape_debug());
    let what = match spec.to_string().as_str() {
        "" => format!("`{name}`"),
        spec => format!("`{name}` (`{spec}`)"),
    };
    LockError::Unmet {
        // What was asked for is nobody's dependency.
        what: match failure.by {
            tree::ROOT => format!("{what} cannot be had"),
            _ => format!("`{}` needs {what}, which cannot be had", failure.asker),
        },
        source: failure.why,
    }
}

/// The pretended package that depends on what is wished for.
fn root(wish: &Wish, name: &PackageName) -> Manifest {
    let dependencies: serde_json::Map<String, serde_json::Value> = wish
        .packages
        .iter()
        .map(|(name, spec)| (name.to_string(), spec.clone().into()))
        .collect();
    let value = serde_json::json!({ "dependencies": dependencies });
    // Its name and version are never looked at.
    Manifest::read(&value, name.clone(), Version::zero(), None)
}

/// A specification as part of a file name.
fn short(spec: &str) -> String {
    spec.chars()
        .filter(|c| c.is_ascii_alphanumeric() || *c == '.')
        .take(40)
        .collect()
}
