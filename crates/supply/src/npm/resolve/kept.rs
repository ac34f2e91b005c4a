//! Trees that are in the store already: whether one is what a request asks for, by the record of it and its own packages.
//!
//! Nobody is asked. What a tree has besides what was named was settled when it was stored.

use super::{LockError, Wish, closed::Asked, entry_in_tree};
use crate::{
    locked::LockedTree,
    npm::{PackageName, Spec, Version},
    store::Store,
};

/// Whether a lock's tree, which is in the store, is what a request asks for: every package that it names in a version that it admits, and
/// its command.
///
/// # Errors
/// When it is not.
pub fn is_asked_for(store: &Store, locked: &LockedTree, wish: &Wish) -> Result<(), LockError> {
    let (first, spec) = wish.packages.first().ok_or(LockError::Nothing)?;
    if *first != locked.name {
        return Err(not_asked(first, spec, &locked.name.to_string()));
    }
    is_there(locked, &wish.packages)?;
    starts(store, locked, &wish.packages, wish.command.as_deref())
}

/// The same of what was named beside the package that gives the tree its name.
pub(super) fn is_asked_beside(
    store: &Store,
    locked: &LockedTree,
    beside: &Asked,
) -> Result<(), LockError> {
    is_there(locked, beside)?;
    let own = [(locked.name.clone(), String::new())];
    let named = [&own, beside].concat();
    starts(store, locked, &named, Some(&locked.entry.command))
}

fn is_there(locked: &LockedTree, named: &Asked) -> Result<(), LockError> {
    for (name, text) in named {
        let place = format!("node_modules/{name}");
        let mut all = locked.packages.iter();
        let found = all.find(|package| package.path.as_str() == place);
        let found = found.ok_or_else(|| not_asked(name, text, "nothing in its place"))?;
        let shown = format!("{}@{}", found.name, found.version);
        let refused = || not_asked(name, text, &shown);
        let spec = Spec::parse(text).map_err(|_| refused())?;
        let version: Option<Version> = found.version.as_str().parse().ok();
        // What a tag points to is the registry's word of the moment.
        let admitted = version.is_some_and(|version| spec.wanted.admits(&version, |_| true));
        if !admitted || found.name != *spec.alias.as_ref().unwrap_or(name) {
            return Err(refused());
        }
    }
    Ok(())
}

fn starts(
    store: &Store,
    locked: &LockedTree,
    named: &Asked,
    command: Option<&str>,
) -> Result<(), LockError> {
    let names: Vec<PackageName> = named.iter().map(|(name, _)| name.clone()).collect();
    match entry_in_tree(store, locked, &names, command) {
        Some(found) if found == locked.entry => Ok(()),
        _ => Err(LockError::WrongEntry {
            file: locked.entry.file.to_string(),
            command: locked.entry.command.escape_debug().to_string(),
        }),
    }
}

fn not_asked(name: &PackageName, spec: &str, found: &str) -> LockError {
    LockError::NotAsked {
        name: name.clone(),
        spec: spec.escape_debug().to_string(),
        found: found.to_owned(),
    }
}
