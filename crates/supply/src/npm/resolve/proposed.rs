//! A tree that somebody else locked: what the lock says about its packages is compared with the packages.
//!
//! The bytes are settled by their digests. But a lock could call them by another, better-known name (an archive says whatever
//! its author wrote into it), put them where another package is looked for, start another file of them than their own command,
//! or have them fetched from anywhere.

use super::{LockError, closed::Asked, fetch::Fetcher, own_commands, wants_script};
use crate::{
    locked::{LockedPackage, LockedTree},
    npm::{
        Manifest, PackageName, Registry, RegistryError, Version,
        entry::{Candidate, entry, own_manifest},
    },
    store::Stored,
};
use serde_json::Value;
use std::sync::Arc;

/// Archives come from the registry that the user configured for the name, wherever the lock says they are.
pub(super) fn addresses<'a>(
    mut packages: impl Iterator<Item = &'a LockedPackage>,
    registry: &Registry,
) -> Result<(), LockError> {
    let foreign = packages.find_map(|package| {
        let url = package.archive.as_ref()?;
        (!registry.serves(&package.name, url)).then_some((package, url))
    });
    match foreign {
        Some((package, url)) => Err(LockError::Foreign {
            name: package.name.clone(),
            url: url.escape_debug().to_string(),
        }),
        None => Ok(()),
    }
}

/// What the registry lists under each locked name and version. Its digest has to be the locked one, as when the tree is
/// resolved here.
pub(super) fn listed<'a>(
    packages: impl Iterator<Item = &'a LockedPackage> + Clone,
    fetcher: &Fetcher<'_>,
) -> Result<Vec<Manifest>, LockError> {
    fetcher.describe_all(packages.clone().map(|package| &package.name));
    let listed = |package: &LockedPackage| -> Result<Manifest, LockError> {
        let unconfirmed = |source: Arc<RegistryError>| LockError::Unconfirmed {
            name: package.name.clone(),
            source,
        };
        let packument = fetcher.packument(&package.name).map_err(unconfirmed)?;
        let version: Option<Version> = package.version.as_str().parse().ok();
        let manifest = match version {
            Some(version) => packument.manifest(&version).map_err(|source| {
                let name = package.name.clone();
                unconfirmed(Arc::new(RegistryError::Packument { name, source }))
            })?,
            None => None,
        };
        let same = |manifest: &Manifest| {
            let dist = manifest.dist.as_ref();
            dist.is_some_and(|dist| dist.integrity == package.integrity)
        };
        manifest.filter(same).ok_or_else(|| LockError::Unlisted {
            name: package.name.clone(),
            version: package.version.to_string(),
        })
    };
    packages.map(listed).collect()
}

/// Every archive says of itself what the lock says of it.
pub(super) fn labels<'a>(
    packages: impl Iterator<Item = (&'a LockedPackage, &'a Stored)>,
) -> Result<(), LockError> {
    for (package, stored) in packages {
        let own = own_manifest(stored);
        let text = |key| own.get(key).and_then(Value::as_str).unwrap_or_default();
        let parsed = |text: &str| text.parse::<Version>().ok();
        let version = parsed(text("version"));
        let same_version = version.is_some() && version == parsed(package.version.as_str());
        let quiet = wants_script(stored) && !package.install_script;
        if text("name") != package.name.as_str() || !same_version || quiet {
            return Err(LockError::Mislabelled {
                said: format!("{}@{}", package.name, package.version),
                is: format!("{}@{}", text("name"), text("version"))
                    .escape_debug()
                    .to_string(),
            });
        }
    }
    Ok(())
}

/// What starts is a command of the tree's own package, or of one that was asked for `beside` it.
pub(super) fn starts(
    locked: &LockedTree,
    stored: &[Stored],
    beside: &Asked,
) -> Result<(), LockError> {
    let at = |name: &PackageName| {
        let place = place("", name);
        let mut all = locked.packages.iter().zip(stored);
        all.find(|(package, _)| package.path.as_str() == place && package.name == *name)
    };
    let own = at(&locked.name).filter(|(package, _)| package.version == locked.version);
    let own = own.ok_or_else(|| misplaced(&place("", &locked.name)))?;
    let named = std::iter::once(own).chain(beside.iter().filter_map(|(name, _)| at(name)));
    let candidates: Vec<Candidate<'_>> = named
        .map(|(package, stored)| Candidate {
            name: &package.name,
            path: &package.path,
            stored,
            commands: own_commands(stored, &package.name),
        })
        .collect();
    let found = entry(&candidates, Some(&locked.entry.command));
    match found {
        Ok(Some(found)) if found == locked.entry => Ok(()),
        _ => Err(LockError::WrongEntry {
            file: locked.entry.file.to_string(),
            command: locked.entry.command.escape_debug().to_string(),
        }),
    }
}

/// Where `name` is looked for in the package directory `outer`; empty for the root.
pub(super) fn place(outer: &str, name: &PackageName) -> String {
    let slash = if outer.is_empty() { "" } else { "/" };
    format!("{outer}{slash}node_modules/{name}")
}

/// A package's directory and those of the packages around it, inside out, and at last the root.
pub(super) fn outwards(directory: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(directory), |inner| {
        let outer = inner.rfind("/node_modules/").unwrap_or(0);
        inner.get(..outer).filter(|_| !inner.is_empty())
    })
}

pub(super) fn misplaced(path: &str) -> LockError {
    LockError::Misplaced {
        path: path.escape_debug().to_string(),
    }
}
