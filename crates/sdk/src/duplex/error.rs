//! Why serving ended early.

use std::io;

use thiserror::Error;

/// Why a server on byte streams stopped. That a client went away is not among it.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ServeError {
    /// The streams or the socket could not be opened.
    #[error("cannot open the stream")]
    Open(#[source] io::Error),
    /// Reading or writing failed.
    #[error("the stream failed")]
    Stream(#[source] io::Error),
    /// No connection can be accepted any more.
    #[error("cannot accept connections")]
    Accept(#[source] io::Error),
}
