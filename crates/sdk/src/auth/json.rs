//! JSON that came over the network, read strictly: duplicate keys, trailing data and deep nesting are refused before
//! a document means anything.

use interlock_wire::Limits;
use interlock_wire::json::{JsonError, validate};
use serde::de::DeserializeOwned;
use thiserror::Error;

/// Why a document was not accepted.
#[derive(Debug, Error)]
pub(crate) enum DocumentError {
    /// Not JSON as we accept it.
    #[error("not acceptable JSON: {0}")]
    Json(JsonError),
    /// JSON, but not of the shape that was expected.
    #[error("unexpected document")]
    Shape(#[source] serde_json::Error),
}

/// Containers inside each other in a metadata document, a key set or a token.
const MAX_DEPTH: usize = 16;
/// Keys of a document.
const MAX_KEYS: usize = 4_096;

/// Reads `text` as a `T`.
pub(crate) fn read<T: DeserializeOwned>(text: &[u8]) -> Result<T, DocumentError> {
    let limits = Limits {
        max_message: 1 << 20,
        max_depth: MAX_DEPTH,
        max_keys: MAX_KEYS,
        ..Limits::default()
    };
    validate(text, &limits).map_err(DocumentError::Json)?;
    serde_json::from_slice(text).map_err(DocumentError::Shape)
}
