//! A tree whose own package is a repository at a commit; its dependencies come from the registry as any package's.
//!
//! Nothing of the repository is built and none of its scripts run, as `npm` would do with `prepare`: what starts has to be in the
//! commit.

use super::{
    LockError, Locked, Locker, Wish, build::Built, closed, fetch_all, layout, peers, proposed,
    root, unmet,
};
use crate::{
    git::{Checkout, GitTree},
    locked::{Entry, ExactVersion, Interpreter, LockedPackage, LockedTree},
    npm::{
        Manifest, PackageName, Version,
        entry::{Candidate, EntryError, entry, interpreter_of, own_manifest},
        packument::Dist,
    },
    store::{InstallError, Stored},
};
use serde_json::Value;
use std::sync::Arc;

use super::fetch::Fetcher;

/// The package of a repository.
pub(super) struct Own<'a> {
    checkout: &'a Checkout,
    manifest: Arc<Manifest>,
    value: Value,
}

impl Locker<'_> {
    /// Resolves the dependencies of a repository's package and puts the whole tree into the store.
    ///
    /// # Errors
    /// When something that is needed cannot be had, verified or stored, or what starts is not in the commit.
    pub fn lock_checkout(&self, checkout: &Checkout) -> Result<Locked, LockError> {
        let own = Own::new(checkout)?;
        // Before anything else is fetched.
        own.entry()?;
        let name = &own.manifest.name;
        let wish = Wish {
            packages: vec![(name.clone(), own.manifest.version.to_string())],
            command: None,
        };
        let fetcher = Fetcher::new(self.registry, self.store, self.host, self.progress);
        fetcher.with_own(own.manifest.clone()).run(|fetcher| {
            let needs = own.manifest.dependencies.iter();
            for (name, spec) in needs.chain(&own.manifest.optional) {
                fetcher.follow(name, spec);
            }
            let built: Result<Built, _> =
                peers::build(fetcher, self.host, Arc::new(root(&wish, name)));
            let built = built.map_err(unmet)?;
            self.assemble(fetcher, &wish, &built, Some(&own))
        })
    }

    /// Puts a tree of a repository that was locked before, maybe elsewhere and by somebody else, into the store: the same bytes
    /// or none.
    ///
    /// # Errors
    /// When the tree is not of this commit, a package cannot be had, or anything is not as locked.
    pub fn install_checkout(
        &self,
        locked: &LockedTree,
        checkout: &Checkout,
    ) -> Result<(), LockError> {
        let own = Own::new(checkout)?;
        let mut named = locked.clone();
        own.names(&mut named)?;
        let is_own = |package: &&LockedPackage| own.is(package);
        let (mine, others): (Vec<&LockedPackage>, Vec<&LockedPackage>) =
            locked.packages.iter().partition(is_own);
        if named != *locked || mine.len() != 1 || own.entry()? != locked.entry {
            return Err(LockError::OtherCommit(checkout.address()));
        }
        proposed::addresses(others.iter().copied(), self.registry)?;
        let fetcher = Fetcher::new(self.registry, self.store, self.host, self.progress);
        fetcher.run(|fetcher| {
            let mut said = proposed::listed(others.iter().copied(), fetcher)?.into_iter();
            let listed = locked.packages.iter().map(|package| match own.is(package) {
                true => Some((*own.manifest).clone()),
                false => said.next(),
            });
            let listed: Vec<Manifest> = listed.collect::<Option<_>>().unwrap_or_default();
            let archives = locked.packages.iter().map(|package| self.archive(package));
            let stored = fetch_all(fetcher, &archives.collect::<Vec<_>>())?;
            let all = locked.packages.iter().zip(&stored);
            proposed::labels(all.filter(|(package, _)| !own.is(package)))?;
            let layout = layout(locked.packages.iter().map(|package| &package.path), &stored)?;
            if layout.digest != locked.digest {
                let (expected, found) = (locked.digest, layout.digest);
                return Err(LockError::Assemble(InstallError::Tree { expected, found }));
            }
            let as_npm = LockedTree {
                name: own.manifest.name.clone(),
                version: (&own.manifest.version).into(),
                ..locked.clone()
            };
            closed::closed(&as_npm, &listed, &stored, &[])?;
            self.progress.assembling(layout.count());
            self.store
                .add_tree(&layout, locked)
                .map_err(LockError::Assemble)
        })
    }
}

impl<'a> Own<'a> {
    fn new(checkout: &'a Checkout) -> Result<Self, LockError> {
        let value = own_manifest(checkout.stored());
        let text = |key| value.get(key).and_then(Value::as_str);
        let name = text("name").and_then(|name| PackageName::new(name).ok());
        // A package that is never published needs neither.
        let name = name.unwrap_or_else(|| checkout.name().clone());
        let version: Option<Version> = text("version").and_then(|text| text.parse().ok());
        let dist = Dist {
            archive: checkout.address(),
            integrity: checkout.integrity().clone(),
            unpacked: None,
        };
        let manifest = Manifest::read(
            &value,
            name,
            version.unwrap_or_else(Version::zero),
            Some(dist),
        );
        Ok(Self {
            checkout,
            manifest: Arc::new(manifest),
            value,
        })
    }

    fn is(&self, package: &LockedPackage) -> bool {
        package.path.as_str() == format!("node_modules/{}", self.manifest.name)
            && package.name == self.manifest.name
            && package.integrity == *self.checkout.integrity()
            && package.archive.as_deref() == Some(self.checkout.address().as_str())
    }

    /// Makes a tree that of the repository.
    pub(super) fn names(&self, tree: &mut LockedTree) -> Result<(), LockError> {
        let GitTree {
            ecosystem,
            name,
            version,
        } = self.checkout.tree();
        tree.ecosystem = ecosystem;
        tree.name = name;
        tree.version = ExactVersion::new(version).map_err(|_| LockError::Nothing)?;
        Ok(())
    }

    /// The file that was named, else the package's own command.
    pub(super) fn entry(&self) -> Result<Entry, LockError> {
        let place = format!("node_modules/{}", self.manifest.name);
        let refused = |source| InstallError::Path {
            path: place.clone(),
            source,
        };
        let path = crate::TreePath::new(place.as_str());
        let path = path.map_err(|source| LockError::Assemble(refused(source)))?;
        let stored = self.checkout.stored();
        if let Some(file) = self.checkout.entry() {
            if !stored.has(file.as_str()) {
                return Err(self.unbuilt(file.as_str()));
            }
            let (interpreter, interpreter_args) = interpreter_of(stored, file);
            let whole = path.join(file.as_str());
            return Ok(Entry {
                command: file.to_string(),
                file: whole.map_err(|source| LockError::Assemble(refused(source)))?,
                interpreter,
                interpreter_args,
            });
        }
        let candidate = Candidate {
            name: &self.manifest.name,
            path: &path,
            stored,
            commands: self.manifest.bin.clone(),
        };
        match entry(&[candidate], self.checkout.command()) {
            Ok(Some(entry)) => Ok(entry),
            Ok(None) => Err(LockError::Nothing),
            Err(EntryError::NoFile(command)) => {
                let file = self.manifest.bin.get(&command);
                Err(self.unbuilt(file.map_or("", String::as_str)))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// What is missing, and which of the package's scripts would make it.
    fn unbuilt(&self, file: &str) -> LockError {
        let scripts = self.value.get("scripts");
        let script = ["prepare", "prepack", "build", "compile", "postinstall"]
            .into_iter()
            .find(|name| scripts.is_some_and(|scripts| scripts.get(name).is_some()));
        let made = match script {
            Some(script) => format!("its script `{script}` may make it"),
            None => "nothing in it says what makes it".to_owned(),
        };
        LockError::Unbuilt {
            file: file.escape_debug().to_string(),
            made,
        }
    }
}

/// Whether a repository's file is started by node, so that the packages beside it are wanted.
pub(crate) fn is_node(stored: &Stored, file: &crate::TreePath) -> bool {
    interpreter_of(stored, file).0 == Interpreter::Node
}
