//! Why a tree could not be locked or installed.

use super::build::Unmet;
use crate::{
    hold::Young,
    npm::{PackageName, PickError, RegistryError, entry::EntryError},
    store::{InstallError, StoreError},
};
use std::sync::Arc;

/// Why a tree could not be locked.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Nothing was asked for.
    #[error("no package was named")]
    Nothing,
    /// A package that is needed cannot be had.
    #[error("{what}")]
    Unmet {
        /// What is missing, and who needs it; safe to show.
        what: String,
        /// Why.
        source: Unmet,
    },
    /// A package could not be fetched, verified, unpacked or stored.
    #[error("`{name}` cannot be stored")]
    Install {
        /// Which package.
        name: PackageName,
        /// Why.
        source: Arc<InstallError>,
    },
    /// The packages do not make a tree.
    #[error("the tree cannot be put together")]
    Assemble(#[source] InstallError),
    /// A lock takes an archive from elsewhere than the configured registry.
    #[error("`{name}` is locked at `{url}`, which is not the registry that is configured for it")]
    Foreign {
        /// Which package.
        name: PackageName,
        /// Where it is said to be; escaped.
        url: String,
    },
    /// A lock calls an archive by another name or version than the archive itself, or hides its install script.
    #[error(
        "what is locked as `{said}` says of itself that it is `{is}`, or has an install script that the lock hides"
    )]
    Mislabelled {
        /// As locked.
        said: String,
        /// As the archive says; escaped.
        is: String,
    },
    /// The registry cannot be asked what it lists for a package of a lock.
    #[error("whether `{name}` is what the registry lists under that name cannot be found out")]
    Unconfirmed {
        /// Which package.
        name: PackageName,
        /// Why.
        source: Arc<RegistryError>,
    },
    /// A lock takes other bytes for a package than the registry lists under its name and version.
    #[error(
        "`{name}@{version}` is locked with other bytes than the registry lists for it, or the registry lists no such version"
    )]
    Unlisted {
        /// Which package.
        name: PackageName,
        /// Its version, as locked.
        version: String,
    },
    /// A lock has more packages than any tree that is resolved here.
    #[error("{count} packages are locked, which is more than any tree has")]
    TooMany {
        /// How many.
        count: usize,
    },
    /// A lock puts a package where another is looked for.
    #[error("what is locked at `{path}` is not the package that the tree asks for there")]
    Misplaced {
        /// The place; escaped.
        path: String,
    },
    /// A lock has another version than the package that needs it asks for.
    #[error("`{by}` asks for `{name}` (`{spec}`), and the lock puts {found} in its place")]
    Unfit {
        /// The package that needs it.
        by: PackageName,
        /// What it needs.
        name: PackageName,
        /// Which versions would do; escaped.
        spec: String,
        /// What is locked.
        found: String,
    },
    /// A lock lacks what a package of it needs.
    #[error("`{by}` needs `{name}` (`{spec}`), which the lock does not have")]
    Lacks {
        /// The package that needs it.
        by: PackageName,
        /// What it needs.
        name: PackageName,
        /// Which versions would do; escaped.
        spec: String,
    },
    /// A lock has what nothing asks for.
    #[error("the lock has `{said}`, which nothing in it asks for")]
    Unneeded {
        /// Its name and version.
        said: String,
    },
    /// A lock has another version of what a request names than the request admits, or no such package.
    #[error("`{}` is asked for, and the lock has {found}", typed(.name, .spec))]
    NotAsked {
        /// What is asked for.
        name: PackageName,
        /// Which versions would do; escaped.
        spec: String,
        /// What is locked.
        found: String,
    },
    /// A lock starts another file than the package's own command.
    #[error("`{file}` is locked as the file of `{command}`, but no package of it says so")]
    WrongEntry {
        /// The file.
        file: String,
        /// The command; escaped.
        command: String,
    },
    /// There is nothing to start in it.
    #[error(transparent)]
    Entry(#[from] EntryError),
    /// A repository has sources only, and what would be built from them is not in it.
    #[error(
        "`{file}`, which is what starts, is not in the repository: {made}; nothing of a repository is built here, so use a \
         released package, or a commit that has it"
    )]
    Unbuilt {
        /// The file that is missing; escaped.
        file: String,
        /// What would make it.
        made: String,
    },
    /// A lock has a tree that is not of the commit that is asked for.
    #[error("the lock's tree is not of `{0}`")]
    OtherCommit(String),
    /// The network was ruled out, and the store has nothing that fits.
    #[error("`{}` is not in the store; try again without --offline", typed(.name, .spec))]
    NotStored {
        /// What was asked for.
        name: PackageName,
        /// Which versions.
        spec: String,
    },
    /// The store cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A wish as somebody types it: without a version where none is asked for.
fn typed(name: &PackageName, spec: &str) -> String {
    match spec {
        "" => name.to_string(),
        spec => format!("{name}@{spec}"),
    }
}

impl LockError {
    /// The release that has to wait, when that is the reason.
    #[must_use]
    pub fn young(&self) -> Option<&Young> {
        match self {
            Self::Unmet {
                source: Unmet::Pick(error),
                ..
            } => match &**error {
                PickError::Young(young) => Some(young),
                _ => None,
            },
            _ => None,
        }
    }
}
