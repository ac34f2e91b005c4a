//! Why something could not be fetched.

use std::io;

use thiserror::Error;

/// Why something could not be fetched.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum FetchError {
    /// The URL is one that we do not go to.
    #[error("url refused: {0}")]
    Url(&'static str),
    /// The host is, or resolves to, an address that is not public.
    #[error("refused to connect to `{host}`: not a public address")]
    NotPublic {
        /// The host as in the URL.
        host: String,
    },
    /// The name has no address.
    #[error("cannot resolve `{host}`")]
    Resolve {
        /// The host as in the URL.
        host: String,
        /// What the resolver said.
        source: io::Error,
    },
    /// No connection, no TLS, or no HTTP.
    #[error("request to `{host}` failed")]
    Request {
        /// The host as in the URL.
        host: String,
        /// What went wrong.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A redirect that is not followed: to another origin, too many, or of a request that is not a GET.
    #[error("redirect from `{host}` refused: {reason}")]
    Redirect {
        /// The host as in the URL.
        host: String,
        /// Which rule it breaks.
        reason: &'static str,
    },
    /// The answer is longer than the limit.
    #[error("answer of `{host}` over the size limit")]
    TooLarge {
        /// The host as in the URL.
        host: String,
    },
    /// All of it took too long.
    #[error("`{host}` did not answer in time")]
    Timeout {
        /// The host as in the URL.
        host: String,
    },
}
