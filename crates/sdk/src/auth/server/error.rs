//! What can be wrong with how a guard is set up.

use thiserror::Error;

/// What is wrong with how a guard is set up.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum GuardError {
    /// Not `https`, or with credentials, a query or a fragment. (`http` is taken for this machine only.)
    #[error("`{url}` is not the https URL of a {what}")]
    Url {
        /// The URL as given.
        url: String,
        /// What it was to be.
        what: &'static str,
    },
    /// A URL that is not fetched: a private address, or not `https`.
    #[error("`{url}` is not fetched; see `interlock_sdk::net::danger` for servers of one's own")]
    Unfetchable {
        /// The URL as given.
        url: String,
    },
    /// Nobody was named whose tokens count.
    #[error("no validator accepts tokens; name one with `accept`")]
    NoValidator,
    /// A scope with characters that scopes do not have.
    #[error("`{scope}` is not a scope")]
    Scope {
        /// The scope as given.
        scope: String,
    },
    /// A fixed token that could be guessed.
    #[error("a fixed token has at least 32 characters of the alphabet of bearer tokens")]
    WeakToken,
    /// The kernel gave no randomness.
    #[error("no randomness")]
    Randomness,
}
