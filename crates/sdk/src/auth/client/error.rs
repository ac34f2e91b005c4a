//! Why a request cannot be authorized.

use thiserror::Error;

/// Why a request cannot be authorized.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum AuthError {
    /// Anything that went wrong on the way to a token.
    #[error("authorization failed")]
    Failed(#[source] Box<dyn std::error::Error + Send + Sync>),
}
