//! From a name to a locked tree in the store.

mod bytecode;
mod fetch;
mod kept;
mod own;
mod proposed;
mod release;
mod seen;
mod solve;
mod source;
mod start;
mod tools;
mod tree;
mod wheel;

pub use bytecode::Compiler;
pub use fetch::SourceError;
pub use kept::is_asked_for;
pub(crate) use kept::started;
pub(crate) use own::wish_for;
pub use release::NoWheel;
pub use seen::{Seen, seen};
pub use solve::{Unmet, Why};
pub(crate) use start::of_file as start_of_file;
pub use tree::claims;
pub(crate) use tree::{entry_in_tree, names_beside};
pub(crate) use wheel::PLACE;

use super::{BuildError, DangerBuilder, FromElsewhere, Index, Name, Python, Requirement, Version};
use crate::{
    digest::{Sha256, TreeDigest},
    git::Checkout,
    hold::Young,
    locked::{Ecosystem, LockedPackage, LockedTree, TreePath},
    progress::Progress,
    store::{InstallError, Layout, Store, StoreError, Stored},
};
use fetch::Fetcher;
use solve::Failure;
use std::sync::Arc;
use tree::{entry, exact, layout, locked, package_name, starts_as_locked};
use wheel::Wheel;

/// What is asked for.
#[derive(Debug, Clone)]
pub struct Wish {
    /// Packages and which versions of them. The first one gives the tree its name.
    pub requirements: Vec<Requirement>,
    /// The command to start, when it is not the first package's own.
    pub command: Option<String>,
}

/// A locked tree, and what a person should know about it.
#[derive(Debug, Clone)]
pub struct Locked {
    /// The tree; it is in the store.
    pub tree: LockedTree,
    /// What is in its packages.
    pub seen: Seen,
    /// Packages that were withdrawn by their authors.
    pub yanked: Vec<String>,
    /// Why there is no bytecode in the tree; each start then takes longer.
    pub uncompiled: Option<String>,
}

/// Why a tree could not be locked.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Nothing was asked for.
    #[error("no package was named")]
    Nothing,
    /// There is no tree that has all that is needed.
    #[error(transparent)]
    Unmet(#[from] Box<Unmet>),
    /// A description could not be had.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// A package could not be fetched, verified, unpacked or stored.
    #[error("`{name}` cannot be stored")]
    Install {
        /// Which package.
        name: Name,
        /// Why.
        source: Arc<InstallError>,
    },
    /// The wheel has other metadata in it than the index served.
    #[error("the index and the wheel of `{0}` contradict each other")]
    Contradiction(Name),
    /// What a source archive says of its wheel is not what that says.
    #[error("a source archive describes its wheel otherwise than it came out")]
    Misdescribed(#[source] Box<LockError>),
    /// A lock's tree is of something else than the repository at that commit.
    #[error("the locked tree is not of `{0}`")]
    OtherCommit(String),
    /// What a project of a repository needs is not of the index.
    #[error(transparent)]
    Elsewhere(#[from] FromElsewhere),
    /// A project of a repository could not be built.
    #[error("the project of the repository cannot be built")]
    Project(#[source] InstallError),
    /// A lock has a wheel that the user's index does not list for that package and version.
    #[error("the index lists no file of `{0}` with the locked digest")]
    Unlisted(String),
    /// A release is too young to be used, whoever names it.
    #[error("{0}")]
    Held(Young),
    /// A release was withdrawn, and nothing pins it.
    #[error("`{0}` was withdrawn by its authors")]
    Withdrawn(String),
    /// A lock lacks what is needed.
    #[error("the lock has no package that satisfies `{0}`")]
    Lacks(Box<Requirement>),
    /// A lock has what nothing needs.
    #[error("the lock has `{0}`, which nothing in it needs")]
    Unneeded(Name),
    /// A lock starts something else than the command that it names.
    #[error("`{file}` is locked as what `{command}` starts, but no package of it says so")]
    WrongEntry {
        /// The file.
        file: String,
        /// The command; escaped.
        command: String,
    },
    /// A lock is for another interpreter or system.
    #[error("it is locked for {locked}, and this is {found}")]
    OtherTarget {
        /// As locked.
        locked: String,
        /// The interpreter that is there.
        found: String,
    },
    /// A repository's project is called otherwise than the request has it.
    #[error("the repository's project is `{found}`, and `{asked}` was asked for")]
    OtherProject {
        /// As asked for.
        asked: Name,
        /// What was built.
        found: Name,
    },
    /// The packages do not make a tree.
    #[error("the tree cannot be put together")]
    Assemble(#[source] InstallError),
    /// There is nothing to start.
    #[error("{0}")]
    Entry(String),
    /// Off line, and no tree in the store fits.
    #[error("`{0}` is not in the store, and the network was ruled out by --offline")]
    NotStored(Box<Requirement>),
    /// The store cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl LockError {
    /// Whether something is there as sources only, and building was not allowed.
    #[must_use]
    pub fn could_be_built(&self) -> bool {
        match self {
            Self::Unmet(unmet) => {
                matches!(&unmet.why, Why::NoWheel(_, why) if why.could_be_built())
            }
            _ => matches!(self.build(), Some(BuildError::NotAllowed)),
        }
    }

    /// Why something was not built, when that is the reason.
    #[must_use]
    pub fn build(&self) -> Option<&BuildError> {
        match self {
            Self::Install { source, .. } | Self::Source(SourceError::Install { source, .. }) => {
                match &**source {
                    InstallError::Build(error) => Some(error),
                    _ => None,
                }
            }
            Self::Project(InstallError::Build(error)) => Some(error),
            _ => None,
        }
    }

    /// The release that has to wait, when that is the reason.
    #[must_use]
    pub fn young(&self) -> Option<&Young> {
        match self {
            Self::Unmet(unmet) => match &unmet.why {
                Why::Young(young) => Some(young),
                _ => None,
            },
            Self::Held(young) => Some(young),
            _ => match self.build() {
                Some(BuildError::Tools(inner)) => inner.young(),
                _ => None,
            },
        }
    }
}

/// Resolves, fetches, verifies and stores.
pub struct Locker<'a> {
    /// Where packages come from.
    pub index: &'a Index,
    /// Where they go.
    pub store: &'a Store,
    /// What they have to run on.
    pub python: &'a Python,
    /// Who is told about progress.
    pub progress: &'a dyn Progress,
    /// What makes bytecode; without it a tree has none.
    pub compiler: Option<&'a dyn Compiler>,
    /// What builds source archives; without it there are wheels only.
    pub danger_builder: Option<&'a dyn DangerBuilder>,
}

impl Locker<'_> {
    /// Resolves a wish and puts the whole tree into the store. Off line, the newest fitting tree that is in the store
    /// already.
    ///
    /// # Errors
    /// When something that is needed cannot be had, verified or stored.
    pub fn lock(&self, wish: &Wish) -> Result<Locked, LockError> {
        let first = wish.requirements.first().ok_or(LockError::Nothing)?;
        if self.index.is_offline() {
            return self.stored_before(wish, first);
        }
        let _adding = self.store.adding()?;
        let key = format!("pypi {}", first.name);
        let _fetching = self
            .store
            .fetching(&key, &|| self.progress.waiting_for_lock())?;
        self.fetcher().run(|fetcher| {
            let chosen = choose(fetcher, &wish.requirements)?;
            let (wheels, stored) = (&chosen.wheels, &chosen.stored);
            if wheels.iter().any(|wheel| wheel.source) {
                // What a source archive said of its wheel was believed so far.
                let closed =
                    proposed::closed(&wish.requirements, wheels, stored, fetcher.environment());
                closed.map_err(|error| LockError::Misdescribed(error.into()))?;
            }
            let (tree, uncompiled) = self.assemble(wish, first, wheels, stored, None)?;
            Ok(self.report(wish, tree, chosen.yanked, uncompiled))
        })
    }

    fn fetcher(&self) -> Fetcher<'_> {
        let fetcher = Fetcher::new(self.index, self.store, self.python, self.progress);
        fetcher.building(self.danger_builder)
    }

    /// Puts a tree that was locked before, maybe elsewhere and by somebody else, into the store: the same bytes or none.
    ///
    /// # Errors
    /// When a package cannot be had, anything is not as locked, or the lock calls something by another name than the index.
    pub fn install(&self, wish: &Wish, locked: &LockedTree) -> Result<(), LockError> {
        let _adding = self.store.adding()?;
        let key = format!("pypi {}", locked.name);
        let _fetching = self
            .store
            .fetching(&key, &|| self.progress.waiting_for_lock())?;
        // The record beside a stored tree was written by this program, from the packages themselves. For which request, it does not say.
        let before = self.store.lock_record(&locked.digest);
        if before.is_some_and(|before| before.is_of_same_bytes(locked))
            && self.store.tree_is_whole(&locked.digest)
        {
            is_asked_for(self.store, locked, wish)?;
            self.store.lease(&locked.digest)?;
            return Ok(());
        }
        self.is_for_this_interpreter(locked)?;
        let fetcher = self.fetcher();
        let listed = locked.packages.iter().map(|it| listed(&fetcher, it));
        let wheels = listed.collect::<Result<Vec<_>, _>>()?;
        fetcher.run(|fetcher| {
            let stored = fetch_all(fetcher, &wheels)?;
            self.finish(wish, locked, (&wheels, &stored), &Made::new())
        })
    }

    /// Puts a locked tree together from what it says that it is of: exactly that, or nothing.
    fn finish(
        &self,
        wish: &Wish,
        locked: &LockedTree,
        (wheels, stored): (&[Wheel], &[Stored]),
        made: &Made,
    ) -> Result<(), LockError> {
        let first = wish.requirements.first().ok_or(LockError::Nothing)?;
        let first = first.name.as_str();
        proposed::closed(
            &wish.requirements,
            wheels,
            stored,
            &self.python.environment(),
        )?;
        let mut layout = layout(first, wheels, stored, made.clone())?;
        if let Some(sources) = locked.sources {
            same(sources, layout.digest)?;
            layout = self.compiled(layout, first, (wheels, stored), made)?.0;
        }
        same(locked.digest, layout.digest)?;
        starts_as_locked(wish, locked, wheels, stored)?;
        self.progress.assembling(layout.count());
        self.store
            .add_tree(&layout, locked)
            .map_err(LockError::Assemble)
    }

    fn is_for_this_interpreter(&self, locked: &LockedTree) -> Result<(), LockError> {
        let found = self.python.to_string();
        match &locked.target {
            Some(target) if *target == found => Ok(()),
            other => Err(LockError::OtherTarget {
                locked: other
                    .as_deref()
                    .unwrap_or("no Python")
                    .escape_default()
                    .to_string(),
                found,
            }),
        }
    }

    fn assemble(
        &self,
        wish: &Wish,
        first: &Requirement,
        wheels: &[Wheel],
        stored: &[Stored],
        checkout: Option<&Checkout>,
    ) -> Result<(LockedTree, Option<String>), LockError> {
        let made = checkout.map(own::mark).transpose()?.unwrap_or_default();
        let plain = layout(first.name.as_str(), wheels, stored, made.clone())?;
        let sources = plain.digest;
        let from = checkout.map_or_else(|| first.name.to_string(), |it| it.wish().for_python());
        let entry = entry(wish, wheels, stored, &from)?;
        let name = first.name.as_str();
        let (layout, uncompiled) = self.compiled(plain, name, (wheels, stored), &made)?;
        let own = wheels
            .iter()
            .find(|wheel| wheel.name.name == first.name)
            .ok_or(LockError::Nothing)?;
        let mut packages = wheels.iter().map(locked).collect::<Result<Vec<_>, _>>()?;
        packages.sort_by(|a, b| (&a.path, &a.name).cmp(&(&b.path, &b.name)));
        let mut tree = LockedTree {
            format: 1,
            ecosystem: Ecosystem::Pypi,
            name: package_name(&own.name.name)?,
            version: exact(&own.name.version)?,
            entry,
            target: Some(self.python.to_string()),
            sources: (layout.digest != sources).then_some(sources),
            digest: layout.digest,
            files: layout.count(),
            bytes: layout.bytes(),
            packages,
        };
        if let Some(checkout) = checkout {
            own::names(checkout, &mut tree)?;
        }
        self.progress.assembling(layout.count());
        self.store
            .add_tree(&layout, &tree)
            .map_err(LockError::Assemble)?;
        Ok((tree, uncompiled))
    }

    /// The layout with bytecode of its sources; else the reason why it has none.
    fn compiled(
        &self,
        plain: Layout,
        first: &str,
        (wheels, stored): (&[Wheel], &[Stored]),
        made: &Made,
    ) -> Result<(Layout, Option<String>), LockError> {
        let Some(compiler) = self.compiler else {
            return Ok((plain, None));
        };
        let bytecode = self.store.staged(&plain, |root| compiler.compile(root));
        let bytecode = bytecode.map_err(LockError::Assemble)?;
        let is_there = |source: &str| plain.has(source);
        match bytecode.and_then(|made| bytecode::checked(made, self.python.minor, &is_there)) {
            Ok(mut all) => {
                all.extend(made.iter().cloned());
                Ok((layout(first, wheels, stored, all)?, None))
            }
            Err(why) => Ok((plain, Some(why))),
        }
    }

    fn stored_before(&self, wish: &Wish, first: &Requirement) -> Result<Locked, LockError> {
        let target = self.python.to_string();
        let has = |tree: &LockedTree, wanted: &Requirement| {
            tree.packages.iter().any(|package| {
                let version = package.version.as_str().parse::<Version>();
                package.name.as_str() == wanted.name.as_str()
                    && version.is_ok_and(|version| wanted.versions.admit(&version))
            })
        };
        let fits = |tree: &LockedTree| {
            // What was built from sources is agreed to each time.
            let allowed = self.danger_builder.is_some() || tree.built().next().is_none();
            tree.ecosystem == Ecosystem::Pypi
                && allowed
                && tree.name.as_str() == first.name.as_str()
                && tree.target.as_deref() == Some(&target)
                && wish.requirements.iter().all(|wanted| has(tree, wanted))
        };
        let trees = self
            .store
            .list()?
            .into_iter()
            .filter_map(|tree| tree.locked)
            .filter(fits);
        let trees = trees.filter_map(|tree| {
            let entry = started(self.store, &tree, wish).ok()?;
            Some(LockedTree { entry, ..tree })
        });
        let versions =
            trees.filter_map(|tree| Some((tree.version.as_str().parse::<Version>().ok()?, tree)));
        let best = versions.max_by(|(a, x), (b, y)| (a, x.digest).cmp(&(b, y.digest)));
        let none = || LockError::NotStored(Box::new(first.clone()));
        let (_, tree) = best.ok_or_else(none)?;
        if !self.store.lease_stored(&tree.digest)? {
            return Err(none());
        }
        Ok(self.report(wish, tree, Vec::new(), None))
    }

    /// A tree, which is in the store by now, and what is to be told of it.
    fn report(
        &self,
        wish: &Wish,
        tree: LockedTree,
        yanked: Vec<String>,
        uncompiled: Option<String>,
    ) -> Locked {
        let beside = wish.requirements.get(1..).unwrap_or_default();
        Locked {
            seen: seen(self.store, &tree, beside),
            tree,
            yanked,
            uncompiled,
        }
    }
}

fn same(expected: TreeDigest, found: TreeDigest) -> Result<(), LockError> {
    if found == expected {
        return Ok(());
    }
    Err(LockError::Assemble(InstallError::Tree { expected, found }))
}

/// The wheel of a locked package as the user's index lists it, or the archive that it was built from. Where the lock says it is, is
/// not believed.
fn listed(fetcher: &Fetcher<'_>, package: &LockedPackage) -> Result<Wheel, LockError> {
    let unlisted = || LockError::Unlisted(format!("{}@{}", package.name, package.version));
    let name = Name::new(package.name.as_str()).map_err(|_| unlisted())?;
    let found = fetcher.listed(&name, package.version.as_str(), &package.integrity)?;
    let wheel = found.filter(|wheel| wheel.source == package.built.is_some());
    Ok(Wheel {
        built: package.built.clone(),
        ..Wheel::from(&wheel.ok_or_else(unlisted)?)
    })
}

/// Files that Interlock makes for a tree.
type Made = Vec<(TreePath, Vec<u8>)>;

/// What was chosen, in the store.
struct Picked {
    wheels: Vec<Wheel>,
    stored: Vec<Stored>,
    /// Packages that were withdrawn.
    yanked: Vec<String>,
}

/// Chooses a version of everything that is needed, and puts it into the store.
fn choose(fetcher: &Fetcher<'_>, wanted: &[Requirement]) -> Result<Picked, LockError> {
    for requirement in wanted {
        fetcher.follow(requirement);
    }
    let chosen = solve::solve(fetcher, fetcher.environment(), wanted);
    let chosen = chosen.map_err(|failure| match failure {
        Failure::Source(error) => LockError::Source(error),
        Failure::Unmet(unmet) => LockError::Unmet(unmet),
    })?;
    let listed = chosen
        .into_values()
        .filter_map(|release| release.wheel.ok())
        .collect::<Vec<_>>();
    let wheels: Vec<Wheel> = listed.iter().map(Wheel::from).collect();
    fetcher.only_needed(&wheels.iter().map(|wheel| wheel.integrity.clone()).collect());
    let stored = fetch_all(fetcher, &wheels)?;
    for (listed, stored) in listed.iter().zip(&stored) {
        agrees(listed.metadata.as_ref(), &listed.name.name, stored)?;
    }
    let yanked = listed.iter().filter(|wheel| wheel.yanked);
    let yanked = yanked.map(|wheel| format!("{}@{}", wheel.name.name, wheel.name.version));
    let wheels = wheels.into_iter().map(|wheel| fetcher.finished(wheel));
    Ok(Picked {
        wheels: wheels.collect(),
        stored,
        yanked: yanked.collect(),
    })
}

fn fetch_all(fetcher: &Fetcher<'_>, wheels: &[Wheel]) -> Result<Vec<Stored>, LockError> {
    for wheel in wheels {
        fetcher.request(wheel);
    }
    let mut all = Vec::with_capacity(wheels.len());
    let mut consequence = None;
    for wheel in wheels {
        let failed = |source| LockError::Install {
            name: wheel.name.name.clone(),
            source,
        };
        match fetcher.stored(wheel).map_err(failed) {
            Ok(stored) => all.push(stored),
            // What it comes from is more worth telling.
            Err(error) if matches!(error.build(), Some(BuildError::After(_))) => {
                consequence.get_or_insert(error);
            }
            Err(error) => return Err(error),
        }
    }
    consequence.map_or(Ok(all), Err)
}

/// The metadata that the tree was chosen by has to be the one in the wheel.
fn agrees(
    listed: Option<&crate::digest::Integrity>,
    name: &Name,
    stored: &Stored,
) -> Result<(), LockError> {
    let own = Sha256::of(wheel::text(stored, "METADATA").as_bytes());
    let own = crate::digest::Integrity::from_sha256(*own.as_bytes());
    match listed {
        Some(listed) if *listed != own => Err(LockError::Contradiction(name.clone())),
        _ => Ok(()),
    }
}
