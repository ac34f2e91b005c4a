//! A tree whose own package is a project of Python in a repository at a commit. It is built as a source archive is; what it needs comes
//! from the index as any package's dependencies.

use super::{
    LockError, Locked, Locker, Made, Wish, choose,
    fetch::Fetcher,
    listed, proposed,
    tree::package_name,
    wheel::{self, Wheel},
};
use crate::{
    built::Built,
    git::{self, Checkout, GitTree},
    locked::{ExactVersion, LockedTree, TreePath},
    pypi::{BuildError, Environment, Metadata, Name, Requirement, Specifiers, sdist::Elsewhere},
    store::{InstallError, Stored},
};
use std::collections::BTreeSet;

/// Beside the files that start commands, whose names end in `.py`.
const MARK: &str = "start/repository";

/// What was built of a repository.
struct Own {
    elsewhere: Elsewhere,
    wheel: Wheel,
    stored: Stored,
}

impl Locker<'_> {
    /// Builds a repository's project, resolves what it needs and puts the whole tree into the store.
    ///
    /// # Errors
    /// When it may not or cannot be built, or something that it needs cannot be had, verified or stored.
    pub fn lock_checkout(&self, checkout: &Checkout) -> Result<Locked, LockError> {
        self.fetcher().run(|fetcher| {
            let own = Own::build(fetcher, checkout, None)?;
            let wish = own.wish(checkout);
            let first = wish.requirements.first().ok_or(LockError::Nothing)?;
            let beside = wish.requirements.iter().skip(1);
            let mut needed = own.needs(first, fetcher.environment())?;
            needed.extend(beside.cloned());
            let mut chosen = choose(fetcher, &needed)?;
            if chosen.wheels.iter().any(|it| it.name.name == first.name) {
                let what = format!("`{}` needs itself from the index as well", first.name);
                return Err(LockError::Entry(what));
            }
            chosen.wheels.insert(0, own.wheel);
            chosen.stored.insert(0, own.stored);
            let (wheels, stored) = (&chosen.wheels, &chosen.stored);
            let closed =
                proposed::closed(&wish.requirements, wheels, stored, fetcher.environment());
            closed.map_err(|error| LockError::Misdescribed(error.into()))?;
            let (tree, uncompiled) = self.assemble(&wish, first, wheels, stored, Some(checkout))?;
            Ok(self.report(&wish, tree, chosen.yanked, uncompiled))
        })
    }

    /// The same for a tree that was locked before, maybe elsewhere and by somebody else: the same bytes or none.
    ///
    /// # Errors
    /// When the tree is not of this commit, it may not or cannot be built again, or anything is not as locked.
    pub fn install_checkout(
        &self,
        locked: &LockedTree,
        checkout: &Checkout,
    ) -> Result<(), LockError> {
        self.is_for_this_interpreter(locked)?;
        let other = || LockError::OtherCommit(checkout.address());
        let mut named = locked.clone();
        names(checkout, &mut named)?;
        let address = checkout.address();
        let mine = locked.own().filter(|_| named == *locked);
        let mine = mine.filter(|mine| mine.archive.as_deref() == Some(address.as_str()));
        let mine = mine.ok_or_else(other)?;
        let built = mine.built.as_ref().ok_or_else(other)?;
        self.fetcher().run(|fetcher| {
            let own = Own::build(fetcher, checkout, Some(built))?;
            let name = &own.wheel.name;
            let same = name.name.as_str() == mine.name.as_str()
                && name.version.as_str() == mine.version.as_str();
            if !same || mine.integrity != *checkout.integrity() {
                return Err(other());
            }
            let wish = own.wish(checkout);
            let first = wish.requirements.first().ok_or(LockError::Nothing)?;
            own.needs(first, fetcher.environment())?;
            let others = locked.packages.iter().filter(|package| *package != mine);
            let rest = others.map(|package| listed(fetcher, package));
            let mut wheels = rest.collect::<Result<Vec<_>, _>>()?;
            let mut stored = super::fetch_all(fetcher, &wheels)?;
            wheels.insert(0, own.wheel);
            stored.insert(0, own.stored);
            let made = mark(checkout)?;
            self.finish(&wish, locked, (&wheels, &stored), &made)
        })
    }
}

impl Own {
    fn build(
        fetcher: &Fetcher<'_>,
        checkout: &Checkout,
        locked: Option<&Built>,
    ) -> Result<Self, LockError> {
        let own = wheel::read(checkout.stored(), "pyproject.toml");
        let elsewhere = Elsewhere::of(&own, checkout.above());
        let elsewhere = elsewhere.map_err(unbuilt)?;
        let made = fetcher.project(locked, checkout, &elsewhere);
        let (name, built, stored) = made.map_err(LockError::Project)?;
        // A name that cannot be written into a lock is refused before anything else is fetched.
        package_name(&name.name)?;
        let asked = checkout.wish().python().and_then(|it| it.name.as_ref());
        if let Some(asked) = asked.filter(|asked| **asked != name.name) {
            return Err(LockError::OtherProject {
                asked: asked.clone(),
                found: name.name,
            });
        }
        let wheel = Wheel {
            name,
            integrity: checkout.integrity().clone(),
            url: checkout.address(),
            size: None,
            source: true,
            built: Some(built),
        };
        Ok(Self {
            elsewhere,
            wheel,
            stored,
        })
    }

    /// The package itself, in whatever version it is, and what a runner puts beside it.
    fn wish(&self, checkout: &Checkout) -> Wish {
        wish_for(self.wheel.name.name.clone(), checkout.wish())
    }

    /// What the package needs with these of its extras; one extra may stand for others. Nothing of it is from elsewhere than the index.
    fn needs(
        &self,
        wanted: &Requirement,
        environment: &Environment,
    ) -> Result<Vec<Requirement>, LockError> {
        let name = &self.wheel.name;
        let raw = wheel::text(&self.stored, "METADATA");
        let own = Metadata::parse(raw.as_bytes(), &name.name, &name.version);
        let own = own.map_err(|_| LockError::Contradiction(name.name.clone()))?;
        let mut extras: BTreeSet<Name> = wanted.extras.iter().cloned().collect();
        loop {
            let holds = |need: &&Requirement| {
                need.marker.as_ref().is_none_or(|marker| {
                    let with = |extra| marker.holds(environment, Some(extra));
                    marker.holds(environment, None) || extras.iter().any(with)
                })
            };
            let itself = |need: &&Requirement| {
                let same = need.name == name.name && need.versions.admit(&name.version);
                same && !need.extras.is_empty()
            };
            let needed = own.requires.iter().filter(holds);
            let (same, others): (Vec<_>, Vec<_>) = needed.partition(itself);
            let more: BTreeSet<Name> = same.iter().flat_map(|it| it.extras.clone()).collect();
            if more.is_subset(&extras) {
                let settled = others.into_iter().map(|need| Requirement {
                    marker: None,
                    ..need.clone()
                });
                let settled: Vec<Requirement> = settled.collect();
                self.elsewhere.refuse(settled.iter())?;
                return Ok(settled);
            }
            extras.extend(more);
        }
    }
}

fn unbuilt(error: impl Into<BuildError>) -> LockError {
    LockError::Project(Box::new(error.into()).into())
}

/// What is asked of the index's packages and of a repository's project, which is called `name`.
pub(crate) fn wish_for(name: Name, asked: &git::Wish) -> Wish {
    let python = asked.python().cloned().unwrap_or_default();
    let mut requirements = vec![Requirement {
        name,
        extras: python.extras,
        versions: Specifiers::default(),
        marker: None,
    }];
    requirements.extend(python.beside);
    Wish {
        requirements,
        command: asked.command.clone(),
    }
}

/// The file that says which commit a tree is of. Two commits may build the same, and what the store records of a tree is of one.
pub(super) fn mark(checkout: &Checkout) -> Result<Made, LockError> {
    let text = format!("{}\n", checkout.address());
    let path = TreePath::new(MARK).map_err(|source| {
        LockError::Assemble(InstallError::Path {
            path: MARK.into(),
            source,
        })
    })?;
    Ok(vec![(path, text.into_bytes())])
}

/// Makes a tree that of the repository: what a package in it calls itself is a stranger's word.
pub(super) fn names(checkout: &Checkout, tree: &mut LockedTree) -> Result<(), LockError> {
    let GitTree {
        ecosystem,
        name,
        version,
    } = checkout.tree();
    tree.ecosystem = ecosystem;
    tree.name = name;
    tree.version = ExactVersion::new(version).map_err(|_| LockError::Nothing)?;
    Ok(())
}
