//! HTTP+SSE of 2024-11-05: one stream for everything that the server says, and an address that it names for what we say.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, Method as Verb};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use interlock_wire::sse::Parser;

use super::body;
use super::endpoint::Endpoint;
use super::events::{End, Position, read};
use super::exchange::resume;
use super::headers::of_post;
use super::shared::Shared;
use crate::client::{Outgoing, OutgoingKind, TransportError, Via};

/// The first event is an address.
const LONGEST_OPENING: usize = 16 << 10;

/// Opens the stream and learns where to post to.
///
/// # Errors
/// When the server has no such stream either, or names an address elsewhere.
pub(super) async fn open(shared: &Arc<Shared>) -> Result<Endpoint, TransportError> {
    let opening = async {
        let body = resume(shared, &Position::default()).await?;
        first(shared, body).await
    };
    let (endpoint, body) = tokio::time::timeout(shared.options.post, opening)
        .await
        .map_err(|_| TransportError::NoAnswer)??;
    let mut state = shared.state();
    state.old = Some(endpoint.clone());
    let inbox = shared.inbox.clone();
    let task = tokio::spawn(async move {
        let position = &mut Position::default();
        let end = read(body, &inbox, &Via::Shared, position, true).await;
        inbox.closed(match end {
            Ok(End::Broken(error)) | Err(error) => error,
            Ok(End::Answered | End::Closed) => TransportError::Closed,
        });
    });
    state.standalone = Some(task.abort_handle());
    Ok(endpoint)
}

/// The `endpoint` event, which comes first; the rest of the stream follows in the body.
async fn first(
    shared: &Shared,
    mut body: Incoming,
) -> Result<(Endpoint, Incoming), TransportError> {
    const STRANGE: TransportError = TransportError::Protocol("a stream without an address");
    let mut parser = Parser::new(LONGEST_OPENING);
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| TransportError::Unreachable(Arc::new(error)))?;
        let Some(data) = frame.data_ref() else {
            continue;
        };
        let mut input = data.as_ref();
        let event = parser.next_event(&mut input).map_err(|_| STRANGE)?;
        let Some(event) = event else { continue };
        let address = std::str::from_utf8(&event.data).map_err(|_| STRANGE)?;
        // Nothing may follow before we posted anything, and another reader takes the body on.
        if event.name != "endpoint" || !input.is_empty() {
            return Err(STRANGE);
        }
        let endpoint = shared.endpoint.join(address.trim());
        let elsewhere = TransportError::Protocol("an address of another origin");
        return endpoint.map(|endpoint| (endpoint, body)).ok_or(elsewhere);
    }
    Err(STRANGE)
}

/// Posts a message; its answer comes on the stream.
pub(super) async fn post(
    shared: &Arc<Shared>,
    endpoint: &Endpoint,
    message: Outgoing,
) -> Result<(), TransportError> {
    // The transport of 2024-11-05 has no headers of its own.
    let plain = Outgoing::new(Vec::new(), OutgoingKind::Response, None);
    let headers = of_post(&plain, None)?;
    deliver(shared, endpoint, &headers, Bytes::from(message.bytes)).await
}

/// Posts the message again that the newer transport's address refused.
pub(super) async fn repeat(
    shared: &Arc<Shared>,
    endpoint: &Endpoint,
    bytes: Bytes,
) -> Result<(), TransportError> {
    let message = Outgoing::new(bytes.to_vec(), OutgoingKind::Response, None);
    post(shared, endpoint, message).await
}

async fn deliver(
    shared: &Arc<Shared>,
    endpoint: &Endpoint,
    headers: &HeaderMap,
    bytes: Bytes,
) -> Result<(), TransportError> {
    let sent = shared.send(endpoint, &Verb::POST, headers, &bytes);
    let response = tokio::time::timeout(shared.options.post, sent)
        .await
        .map_err(|_| TransportError::NoAnswer)??;
    let status = response.status();
    if !status.is_success() {
        return Err(match status.as_u16() {
            401 => TransportError::Unauthorized(None),
            status => TransportError::Status(status),
        });
    }
    body::drain(response.into_body());
    Ok(())
}
