//! Reading bodies: never more than the limit.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::Incoming;

use crate::client::TransportError;

/// What is read of a body that nobody needs, so that its connection can be used again.
const MOST_DRAINED: usize = 64 << 10;
const LONGEST_DRAIN: Duration = Duration::from_secs(2);

/// The whole body.
pub(super) async fn whole(body: Incoming, most: usize) -> Result<Bytes, TransportError> {
    match Limited::new(body, most).collect().await {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => {
            Err(TransportError::Limit("an answer over the size limit"))
        }
        Err(error) => Err(TransportError::Unreachable(Arc::from(error))),
    }
}

/// Reads on to the end, for a moment, apart from whoever had the answer: a connection with an unread body cannot be used again.
pub(super) fn drain(body: Incoming) {
    if hyper::body::Body::is_end_stream(&body) {
        return;
    }
    if let Ok(runtime) = tokio::runtime::Handle::try_current() {
        runtime.spawn(tokio::time::timeout(
            LONGEST_DRAIN,
            Limited::new(body, MOST_DRAINED).collect(),
        ));
    }
}
