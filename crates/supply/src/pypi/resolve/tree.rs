//! What the wheels of a tree make together: its files and its commands.

use super::{
    LockError, Wish, start,
    wheel::{self, Command, PLACE, Wheel},
};
use crate::{
    locked::{Entry, ExactVersion, LockedPackage, LockedTree, TreePath},
    npm::PackageName,
    pypi::{Claims, Name, Version},
    store::{InstallError, Layout, Placed, Store, Stored},
    unpack::SITE,
};
use interlock_launch::PackageRef;
use std::collections::BTreeSet;

/// A wheel as a lock keeps it.
pub(super) fn locked(wheel: &Wheel) -> Result<LockedPackage, LockError> {
    Ok(LockedPackage {
        path: place()?,
        name: package_name(&wheel.name.name)?,
        version: exact(&wheel.name.version)?,
        integrity: wheel.integrity.clone(),
        archive: Some(wheel.url.clone()),
        install_script: false,
        built: wheel.built.clone(),
    })
}

pub(super) fn place() -> Result<TreePath, LockError> {
    TreePath::new(PLACE).map_err(|source| {
        LockError::Assemble(InstallError::Path {
            path: PLACE.into(),
            source,
        })
    })
}

pub(super) fn package_name(name: &Name) -> Result<PackageName, LockError> {
    PackageName::new(name.as_str()).map_err(|_| LockError::Nothing)
}

pub(super) fn exact(version: &Version) -> Result<ExactVersion, LockError> {
    ExactVersion::new(version.as_str()).map_err(|_| LockError::Nothing)
}

/// All packages in one directory, and a file to start each of their commands. The same wheels make the same tree.
pub(super) fn layout(
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

/// What to start: the wanted command of any of the packages that were asked for, else the first one's own, as by its name; where none of
/// them has it, that of a package that they need, as uv does. `from` is how the first of them is named to a runner.
pub(super) fn entry(
    wish: &Wish,
    wheels: &[Wheel],
    stored: &[Stored],
    from: &str,
) -> Result<Entry, LockError> {
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
    let needed = needed(&names, wheels, stored);
    let mut needed = needed.iter();
    let found = match &wish.command {
        Some(wanted) => all
            .iter()
            .chain(needed)
            .find(|command| command.name() == wanted),
        None => own_command(&own, first)
            .or_else(|| needed.find(|command| wheel::same_name(command.name(), first))),
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
                "`{first}` has several commands: {}; name one with `uvx --from {from} COMMAND`",
                shown(&own)
            ),
        })
    })
}

/// The commands of packages that nobody asked for by name, in the order of those packages.
fn needed(asked: &[&Name], wheels: &[Wheel], stored: &[Stored]) -> Vec<Command> {
    let both = wheels.iter().zip(stored);
    let mut others: Vec<_> = both
        .map(|(wheel, stored)| (&wheel.name.name, stored))
        .filter(|(name, _)| !asked.contains(name))
        .collect();
    others.sort_by_key(|(name, _)| *name);
    let commands = others.into_iter();
    commands
        .flat_map(|(_, stored)| Command::of(stored))
        .collect()
}

/// The command that a package starts when none is named: its only one, else the one of its own name.
fn own_command<'a>(commands: &'a [Command], name: &Name) -> Option<&'a Command> {
    match commands {
        [only] => Some(only),
        several => several
            .iter()
            .find(|command| wheel::same_name(command.name(), name)),
    }
}

/// What a lock starts is what the request starts: a command that it names, or its package's own.
pub(super) fn starts_as_locked(
    wish: &Wish,
    locked: &LockedTree,
    wheels: &[Wheel],
    stored: &[Stored],
) -> Result<(), LockError> {
    let found = entry(wish, wheels, stored, "");
    if found.is_ok_and(|found| found == locked.entry) {
        return Ok(());
    }
    Err(LockError::WrongEntry {
        file: locked.entry.file.to_string(),
        command: locked.entry.command.escape_default().to_string(),
    })
}

/// What the package that a stored tree was made for claims about its own origin.
#[must_use]
pub fn claims(store: &Store, tree: &LockedTree) -> Claims {
    let own = Name::new(tree.name.as_str()).ok().and_then(|name| {
        let whole = store.package_in_tree(&tree.digest, PLACE)?;
        Some(wheel::text(&of_package(&whole, &name), "METADATA"))
    });
    Claims::of(&own.unwrap_or_default())
}

/// The entry of a command in a tree that is in the store: of the first of the named packages that has it, else of the first of the others.
/// Without a command what the first package starts of its own, or what has its name in the others.
pub(crate) fn entry_in_tree(
    store: &Store,
    tree: &LockedTree,
    names: &[&str],
    command: Option<&str>,
) -> Option<Entry> {
    let whole = store.package_in_tree(&tree.digest, PLACE)?;
    let of = |name: &str, is_it: &dyn Fn(&Command) -> bool| {
        let own = of_package(&whole, &Name::new(name).ok()?);
        Command::of(&own).into_iter().find(is_it)
    };
    let others = tree.packages.iter().map(|package| package.name.as_str());
    let Some(command) = command else {
        let name = Name::new(names.first()?).ok()?;
        let commands = Command::of(&of_package(&whole, &name));
        let own = own_command(&commands, &name).cloned();
        let same = |command: &Command| wheel::same_name(command.name(), &name);
        let found = own.or_else(|| others.into_iter().find_map(|other| of(other, &same)))?;
        return start::entry(&found);
    };
    let mut all = names.iter().copied().chain(others);
    let found = all.find_map(|name| of(name, &|found| found.name() == command))?;
    start::entry(&found)
}

/// The names of the packages that a request puts beside the one that runs.
pub(crate) fn names_beside(package: &PackageRef) -> impl Iterator<Item = &str> {
    let ends = ['[', '=', '<', '>', '!', '~', '@', ' ', ';'];
    let beside = package.with.iter();
    beside.filter_map(move |text| text.split(ends).next())
}

/// Of all packages in one directory the files that say what one of them starts.
pub(super) fn of_package(whole: &Stored, name: &Name) -> Stored {
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
