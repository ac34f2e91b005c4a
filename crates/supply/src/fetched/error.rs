//! Why something could not be had by its address.

use crate::{
    http::FetchError,
    mcpb::BundleError,
    provenance::VerifyError,
    store::{InstallError, StoreError},
};
use std::io;

/// Why something could not be had by its address.
#[derive(Debug, thiserror::Error)]
pub enum SourceFetchError {
    /// A repository, or another source that is fetched otherwise.
    #[error("`{0}` is not fetched by its address alone")]
    Kind(String),
    /// The download.
    #[error("`{address}` cannot be fetched")]
    Fetch {
        /// From where.
        address: String,
        /// Why.
        source: FetchError,
    },
    /// The file on this machine.
    #[error("`{path}` cannot be read")]
    Read {
        /// Which one.
        path: String,
        /// Why.
        source: io::Error,
    },
    /// What arrived is not what was expected, is refused, or cannot be stored.
    #[error("what came from `{address}` is refused")]
    Install {
        /// From where.
        address: String,
        /// Why.
        source: InstallError,
    },
    /// Nothing in it can be started, or not as it is asked for.
    #[error("`{name}`: {problem}")]
    Program {
        /// What was fetched.
        name: String,
        /// Why; safe to show.
        problem: String,
    },
    /// The bundle cannot be started.
    #[error("the bundle `{name}` cannot be started")]
    Bundle {
        /// Which one.
        name: String,
        /// Why.
        source: BundleError,
    },
    /// It carries a signature that proves nothing.
    #[error("the signature of `{name}` does not hold")]
    Signature {
        /// Which bundle.
        name: String,
        /// Why.
        source: VerifyError,
    },
    /// What a lock says of it is not what it is.
    #[error("what is locked of `{name}` is not what its bytes make: {what}")]
    Locked {
        /// Which one.
        name: String,
        /// What differs.
        what: &'static str,
    },
    /// The network was ruled out, and the store has nothing that fits.
    #[error("`{0}` is not in the store; try again without --offline")]
    NotStored(String),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}
