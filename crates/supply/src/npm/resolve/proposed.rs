//! A tree that somebody else locked: what the lock says about its packages is compared with the packages.
//!
//! The bytes are settled by their digests. But a lock could call them by another, better-known name, start another file of
//! them than their own command, or have them fetched from anywhere.

use super::{LockError, own_commands, wants_script};
use crate::{
    locked::{LockedPackage, LockedTree},
    npm::{
        Registry,
        entry::{Candidate, entry, own_manifest},
    },
    store::Stored,
};
use serde_json::Value;

/// Archives come from the registry that the user configured for the name, wherever the lock says they are.
pub(super) fn addresses(locked: &LockedTree, registry: &Registry) -> Result<(), LockError> {
    let foreign = locked.packages.iter().find_map(|package| {
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

/// Every archive says of itself what the lock says of it.
pub(super) fn labels(locked: &LockedTree, stored: &[Stored]) -> Result<(), LockError> {
    for (package, stored) in locked.packages.iter().zip(stored) {
        let own = own_manifest(stored);
        let text = |key| own.get(key).and_then(Value::as_str).unwrap_or_default();
        let parsed = |text: &str| text.parse::<crate::npm::Version>().ok();
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
    let starts = |(package, stored): (&LockedPackage, &Stored)| {
        let candidate = Candidate {
            name: &package.name,
            path: &package.path,
            stored,
            commands: own_commands(stored, &package.name),
        };
        let found = entry(&[candidate], Some(&locked.entry.command));
        found
            .ok()
            .flatten()
            .is_some_and(|found| found == locked.entry)
    };
    let outermost = locked.packages.iter().zip(stored);
    if outermost
        .filter(|(package, _)| !package.path.is_nested())
        .any(starts)
    {
        return Ok(());
    }
    Err(LockError::WrongEntry {
        file: locked.entry.file.to_string(),
        command: locked.entry.command.escape_debug().to_string(),
    })
}
