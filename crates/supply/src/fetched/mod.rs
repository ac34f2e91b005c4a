//! Bytes by their address: a single program or a release archive (`binary:`), an MCPB bundle (`mcpb:`).
//!
//! What arrives is compared with its SHA-256 before anything else is done with it, unpacked without being trusted, and becomes a
//! tree of the store like any package's. What starts is worked out from the stored bytes alone, when they are locked and again at
//! every launch, so that no record has to be believed. Nothing is run here.

mod beside;
mod bundle;
mod error;
mod fetch;
mod program;
mod stored;

pub use beside::Beside;
pub use error::SourceFetchError;
pub use fetch::{Fetched, Fetcher};

pub(crate) use stored::{locate, place};
