//! From a name to a locked tree in the store.

mod bytecode;
mod fetch;
mod release;
mod solve;
mod start;
mod wheel;

pub use bytecode::Compiler;
pub use fetch::SourceError;
pub use release::NoWheel;
pub use solve::{Unmet, Why};

use super::{Index, Name, Python, Requirement, Version};
use crate::{
    digest::{Sha256, TreeDigest},
    locked::{Ecosystem, Entry, ExactVersion, LockedPackage, LockedTree, TreePath},
    npm::PackageName,
    progress::Progress,
    store::{InstallError, Layout, Placed, Store, StoreError, Stored},
    unpack::SITE,
};
use fetch::Fetcher;
use solve::Failure;
use std::{collections::BTreeSet, sync::Arc};
use wheel::{Command, PLACE, Wheel};

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
    /// Packages (`name@version`) with machine code in them.
    pub native: Vec<String>,
    /// Packages that were withdrawn by their authors.
    pub yanked: Vec<String>,
    /// Files that an installer would run at every start of Python, and Interlock never does.
    pub startup: Vec<String>,
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
    Unmet(#[from] Unmet),
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
    /// A locked package says not where its wheel is.
    #[error("the record of `{0}` names no wheel of it: lock it again")]
    NoAddress(PackageName),
    /// The packages do not make a tree.
    #[error("the tree cannot be put together")]
    Assemble(#[source] InstallError),
    /// There is nothing to start.
    #[error("{0}")]
    Entry(String),
    /// Off line, and no tree in the store fits.
    #[error("`{0}` is not in the store, and the network was ruled out by --offline")]
    NotStored(Requirement),
    /// The store cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
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
        let fetcher = Fetcher::new(self.index, self.store, self.python, self.progress);
        fetcher.run(|fetcher| {
            for requirement in &wish.requirements {
                fetcher.follow(requirement);
            }
            let chosen = solve::solve(fetcher, &self.python.environment(), &wish.requirements);
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
            let (tree, uncompiled) = self.assemble(wish, first, &wheels, &stored)?;
            let yanked = listed.iter().filter(|wheel| wheel.yanked);
            let shown = |wheel: &super::listing::ListedWheel| {
                format!("{}@{}", wheel.name.name, wheel.name.version)
            };
            let yanked = yanked.map(shown).collect();
            Ok(Locked {
                uncompiled,
                ..report(tree, &wheels, &stored, yanked)
            })
        })
    }

    /// Puts a tree that was locked before, maybe elsewhere, into the store: the same bytes or none.
    ///
    /// # Errors
    /// When a package cannot be had, or anything is not as locked.
    pub fn install(&self, locked: &LockedTree) -> Result<(), LockError> {
        let _adding = self.store.adding()?;
        let key = format!("pypi {}", locked.name);
        let _fetching = self
            .store
            .fetching(&key, &|| self.progress.waiting_for_lock())?;
        if self.store.tree_is_whole(&locked.digest) {
            return Ok(());
        }
        let wheel = |package: &LockedPackage| {
            Wheel::of(package).ok_or_else(|| LockError::NoAddress(package.name.clone()))
        };
        let wheels = locked
            .packages
            .iter()
            .map(wheel)
            .collect::<Result<Vec<_>, _>>()?;
        let fetcher = Fetcher::new(self.index, self.store, self.python, self.progress);
        fetcher.run(|fetcher| {
            let stored = fetch_all(fetcher, &wheels)?;
            let mut layout = layout(locked.name.as_str(), &wheels, &stored, Vec::new())?;
            if let Some(sources) = locked.sources {
                same(sources, layout.digest)?;
                layout = self
                    .compiled(layout, locked.name.as_str(), &wheels, &stored)?
                    .0;
            }
            same(locked.digest, layout.digest)?;
            self.progress.assembling(layout.count());
            self.store
                .add_tree(&layout, locked)
                .map_err(LockError::Assemble)
        })
    }

    fn assemble(
        &self,
        wish: &Wish,
        first: &Requirement,
        wheels: &[Wheel],
        stored: &[Stored],
    ) -> Result<(LockedTree, Option<String>), LockError> {
        let plain = layout(first.name.as_str(), wheels, stored, Vec::new())?;
        let sources = plain.digest;
        let entry = entry(wish, wheels, stored)?;
        if let Some(before) = self.compiled_before(sources)? {
            let tree = LockedTree { entry, ..before };
            return Ok((tree, None));
        }
        let (layout, uncompiled) = self.compiled(plain, first.name.as_str(), wheels, stored)?;
        let own = wheels
            .iter()
            .find(|wheel| wheel.name.name == first.name)
            .ok_or(LockError::Nothing)?;
        let mut packages = wheels.iter().map(locked).collect::<Result<Vec<_>, _>>()?;
        packages.sort_by(|a, b| (&a.path, &a.name).cmp(&(&b.path, &b.name)));
        let tree = LockedTree {
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
        self.progress.assembling(layout.count());
        self.store
            .add_tree(&layout, &tree)
            .map_err(LockError::Assemble)?;
        Ok((tree, uncompiled))
    }

    /// A whole tree in the store of the same packages for the same interpreter, with bytecode.
    fn compiled_before(&self, sources: TreeDigest) -> Result<Option<LockedTree>, LockError> {
        let target = self.python.to_string();
        let trees = self
            .store
            .list()?
            .into_iter()
            .filter_map(|tree| tree.locked);
        let mut same = trees.filter(|tree| {
            tree.sources == Some(sources)
                && tree.target.as_deref() == Some(&target)
                && self.store.tree_is_whole(&tree.digest)
        });
        Ok(self.compiler.and_then(|_| same.next()))
    }

    /// The layout with bytecode of its sources; else the reason why it has none.
    fn compiled(
        &self,
        plain: Layout,
        first: &str,
        wheels: &[Wheel],
        stored: &[Stored],
    ) -> Result<(Layout, Option<String>), LockError> {
        let Some(compiler) = self.compiler else {
            return Ok((plain, None));
        };
        let made = self.store.staged(&plain, |root| compiler.compile(root));
        let made = made.map_err(LockError::Assemble)?;
        let is_there = |source: &str| plain.has(source);
        match made.and_then(|made| bytecode::checked(made, self.python.minor, &is_there)) {
            Ok(made) => Ok((layout(first, wheels, stored, made)?, None)),
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
            let command = wish
                .command
                .as_ref()
                .is_none_or(|command| *command == tree.entry.command);
            tree.ecosystem == Ecosystem::Pypi
                && tree.name.as_str() == first.name.as_str()
                && tree.target.as_deref() == Some(&target)
                && command
                && wish.requirements.iter().all(|wanted| has(tree, wanted))
        };
        let trees = self
            .store
            .list()?
            .into_iter()
            .filter_map(|tree| tree.locked)
            .filter(fits);
        let versions =
            trees.filter_map(|tree| Some((tree.version.as_str().parse::<Version>().ok()?, tree)));
        let best = versions.max_by(|(a, x), (b, y)| (a, x.digest).cmp(&(b, y.digest)));
        let (_, tree) = best.ok_or_else(|| LockError::NotStored(first.clone()))?;
        Ok(Locked {
            tree,
            native: Vec::new(),
            yanked: Vec::new(),
            startup: Vec::new(),
            uncompiled: None,
        })
    }
}

fn same(expected: TreeDigest, found: TreeDigest) -> Result<(), LockError> {
    if found == expected {
        return Ok(());
    }
    Err(LockError::Assemble(InstallError::Tree { expected, found }))
}

fn fetch_all(fetcher: &Fetcher<'_>, wheels: &[Wheel]) -> Result<Vec<Stored>, LockError> {
    for wheel in wheels {
        fetcher.request(wheel);
    }
    let fetch = |wheel: &Wheel| {
        let failed = |source| LockError::Install {
            name: wheel.name.name.clone(),
            source,
        };
        fetcher.stored(wheel).map_err(failed)
    };
    wheels.iter().map(fetch).collect()
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

fn locked(wheel: &Wheel) -> Result<LockedPackage, LockError> {
    Ok(LockedPackage {
        path: place()?,
        name: package_name(&wheel.name.name)?,
        version: exact(&wheel.name.version)?,
        integrity: wheel.integrity.clone(),
        archive: Some(wheel.url.clone()),
        install_script: false,
    })
}

fn place() -> Result<TreePath, LockError> {
    TreePath::new(PLACE).map_err(|source| {
        LockError::Assemble(InstallError::Path {
            path: PLACE.into(),
            source,
        })
    })
}

fn package_name(name: &Name) -> Result<PackageName, LockError> {
    PackageName::new(name.as_str()).map_err(|_| LockError::Nothing)
}

fn exact(version: &Version) -> Result<ExactVersion, LockError> {
    ExactVersion::new(version.as_str()).map_err(|_| LockError::Nothing)
}

/// All packages in one directory, and a file to start each of their commands. The same wheels make the same tree.
fn layout(
    first: &str,
    wheels: &[Wheel],
    stored: &[Stored],
    bytecode: Vec<(TreePath, Vec<u8>)>,
) -> Result<Layout, LockError> {
    let path = place()?;
    let placed: Vec<Placed<'_>> = stored
        .iter()
        .map(|package| Placed {
            path: &path,
            package,
        })
        .collect();
    let mut order: Vec<(&Wheel, &Stored)> = wheels.iter().zip(stored).collect();
    // Of two commands of one name that of the package that was asked for counts.
    order.sort_by_key(|(wheel, _)| (wheel.name.name.as_str() != first, wheel.name.name.clone()));
    let mut made = bytecode;
    let mut taken = BTreeSet::new();
    for command in order.iter().flat_map(|(_, stored)| Command::of(stored)) {
        if taken.insert(command.name().to_ascii_lowercase()) {
            let start = start::file(&command);
            made.extend(start.map(|(path, text)| (path, text.into_bytes())));
        }
    }
    Layout::with(&placed, made).map_err(LockError::Assemble)
}

/// What to start: the wanted command of any of the packages that were asked for, else the first one's own.
fn entry(wish: &Wish, wheels: &[Wheel], stored: &[Stored]) -> Result<Entry, LockError> {
    let of = |name: &Name| {
        let found = wheels
            .iter()
            .zip(stored)
            .find(|(wheel, _)| wheel.name.name == *name);
        found
            .map(|(_, stored)| Command::of(stored))
            .unwrap_or_default()
    };
    let names: Vec<&Name> = wish
        .requirements
        .iter()
        .map(|requirement| &requirement.name)
        .collect();
    let all: Vec<Command> = names.iter().flat_map(|name| of(name)).collect();
    let first = names.first().copied().ok_or(LockError::Nothing)?;
    let own = of(first);
    let named = own
        .iter()
        .find(|command| wheel::same_name(command.name(), first));
    let found = match (&wish.command, own.as_slice()) {
        (Some(wanted), _) => all.iter().find(|command| command.name() == wanted),
        (None, [only]) => Some(only),
        (None, _) => named,
    };
    let shown = |commands: &[Command]| {
        let names: Vec<String> = commands
            .iter()
            .map(|command| format!("`{}`", command.name()))
            .collect();
        if names.is_empty() {
            "none".to_owned()
        } else {
            names.join(", ")
        }
    };
    found.and_then(start::entry).ok_or_else(|| {
        LockError::Entry(match &wish.command {
            Some(wanted) => format!(
                "there is no command `{}` in it; it has {}",
                wanted.escape_default(),
                shown(&all)
            ),
            None if own.is_empty() => format!("`{first}` has no command to start: it is a library"),
            None => format!(
                "`{first}` has several commands: {}; name one with `--from {first} COMMAND`",
                shown(&own)
            ),
        })
    })
}

/// The entry of a command in a tree that is in the store: of the first of the named packages that has it.
pub(crate) fn entry_in_tree(
    store: &Store,
    tree: &LockedTree,
    names: &[&str],
    command: &str,
) -> Option<Entry> {
    let whole = store.package_in_tree(&tree.digest, PLACE)?;
    names.iter().find_map(|name| {
        let own = of_package(&whole, &Name::new(name).ok()?);
        let found = Command::of(&own)
            .into_iter()
            .find(|found| found.name() == command)?;
        start::entry(&found)
    })
}

/// Of all packages in one directory the files that say what one of them starts.
fn of_package(whole: &Stored, name: &Name) -> Stored {
    let own = |path: &str| {
        let info = path
            .strip_prefix(SITE)
            .and_then(|rest| rest.strip_prefix('/'))
            .and_then(|rest| rest.split_once('/'));
        let stem = info.and_then(|(top, _)| top.strip_suffix(".dist-info")?.rsplit_once('-'));
        stem.is_some_and(|(stem, _)| Name::new(stem).is_ok_and(|stem| stem == *name))
    };
    Stored {
        directory: whole.directory.clone(),
        files: whole
            .files
            .iter()
            .filter(|file| own(file.path.as_str()))
            .cloned()
            .collect(),
    }
}

fn report(tree: LockedTree, wheels: &[Wheel], stored: &[Stored], yanked: Vec<String>) -> Locked {
    let shown = |wheel: &Wheel| format!("{}@{}", wheel.name.name, wheel.name.version);
    let native = wheels
        .iter()
        .filter(|wheel| wheel.name.is_native())
        .map(shown);
    let is_startup = |path: &str| {
        let top = path
            .strip_prefix(SITE)
            .and_then(|rest| rest.strip_prefix('/'));
        top.is_some_and(|top| {
            !top.contains('/')
                && (top.ends_with(".pth") || matches!(top, "sitecustomize.py" | "usercustomize.py"))
        })
    };
    let startup = wheels.iter().zip(stored).flat_map(|(wheel, stored)| {
        let files = stored
            .files
            .iter()
            .filter(|file| is_startup(file.path.as_str()));
        files
            .map(|file| format!("{} of {}", file.path, shown(wheel)))
            .collect::<Vec<_>>()
    });
    Locked {
        native: native.collect(),
        yanked,
        startup: startup.collect(),
        uncompiled: None,
        tree,
    }
}
