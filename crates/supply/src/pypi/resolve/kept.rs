//! A tree that is in the store against what is asked for now. Its record says neither with which extras it was made nor for what beside
//! it, and what starts of it is each request's own: both are read from the packages themselves.

use super::{
    LockError, Wish,
    proposed::{Held, closed_over},
    tree::{entry_in_tree, of_package},
    wheel::{self, PLACE},
};
use crate::{
    locked::{Entry, LockedPackage, LockedTree},
    pypi::{Name, Python},
    store::{Store, Stored},
};

/// What a wish starts of a stored tree, which holds all that is wished for and nothing besides.
///
/// # Errors
/// When it holds something else, or nothing of it starts so.
pub(crate) fn started(store: &Store, tree: &LockedTree, wish: &Wish) -> Result<Entry, LockError> {
    let target = tree.target.as_deref().unwrap_or_default();
    let python = Python::of_target(target).ok_or_else(|| LockError::OtherTarget {
        locked: target.escape_default().to_string(),
        found: "no such interpreter".to_owned(),
    })?;
    let whole = store.package_in_tree(&tree.digest, PLACE);
    let whole = whole.ok_or(LockError::Nothing)?;
    let all = tree.packages.iter().map(|package| held(&whole, package));
    let all = all.collect::<Result<Vec<_>, _>>()?;
    closed_over(&wish.requirements, &all, &python.environment())?;
    let names = wish.requirements.iter().map(|it| it.name.as_str());
    let names: Vec<&str> = names.collect();
    let entry = entry_in_tree(store, tree, &names, wish.command.as_deref());
    entry.ok_or_else(|| LockError::WrongEntry {
        file: tree.entry.file.to_string(),
        command: tree.entry.command.escape_default().to_string(),
    })
}

fn held(whole: &Stored, package: &LockedPackage) -> Result<Held, LockError> {
    let unlisted = || LockError::Unlisted(format!("{}@{}", package.name, package.version));
    let name = Name::new(package.name.as_str()).map_err(|_| unlisted())?;
    let version = package.version.as_str().parse().map_err(|_| unlisted())?;
    Ok(Held {
        metadata: wheel::text(&of_package(whole, &name), "METADATA"),
        name,
        version,
    })
}

/// Whether a lock's tree, which is in the store, is what its request asks for.
///
/// # Errors
/// When it is not.
pub fn is_asked_for(store: &Store, locked: &LockedTree, wish: &Wish) -> Result<(), LockError> {
    if started(store, locked, wish)? == locked.entry {
        return Ok(());
    }
    Err(LockError::WrongEntry {
        file: locked.entry.file.to_string(),
        command: locked.entry.command.escape_default().to_string(),
    })
}
