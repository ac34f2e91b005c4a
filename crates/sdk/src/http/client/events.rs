//! Reading one stream of events, to its end or to the answer.

use std::sync::Arc;
use std::time::Duration;

use http_body_util::BodyExt;
use hyper::body::Incoming;
use interlock_wire::sse::{Event, Parser};

use super::body::drain;
use crate::client::{Inbox, Taken, TransportError, Via};

/// How a stream ended.
#[derive(Debug)]
pub(super) enum End {
    /// The answer was in it.
    Answered,
    /// The server closed it.
    Closed,
    /// It broke.
    Broken(TransportError),
}

/// Where a stream stands across reconnections.
#[derive(Debug, Default)]
pub(super) struct Position {
    /// The last event's id; empty when the server gives none.
    pub(super) last_event: String,
    /// How long the server wants us to wait before we come back.
    pub(super) retry: Option<Duration>,
    /// An event came since the stream was opened or resumed.
    pub(super) moved: bool,
}

/// Reads until the answer, the end, or a fault. A message goes into the inbox as soon as it is complete. `awaited`: answers come on
/// this stream, so what keeps it open says that the server is at work.
pub(super) async fn read(
    mut body: Incoming,
    inbox: &Inbox,
    via: &Via<'_>,
    position: &mut Position,
    awaited: bool,
) -> Result<End, TransportError> {
    let mut parser = Parser::new(inbox.limits().max_message);
    position.moved = false;
    loop {
        inbox.room().await;
        let frame = match body.frame().await {
            None => return Ok(End::Closed),
            Some(Err(error)) => {
                return Ok(End::Broken(TransportError::Unreachable(Arc::new(error))));
            }
            Some(Ok(frame)) => frame,
        };
        let Some(data) = frame.data_ref() else {
            continue;
        };
        if awaited {
            inbox.alive(via);
        }
        let mut input = data.as_ref();
        loop {
            let event = parser
                .next_event(&mut input)
                .map_err(|_| TransportError::Limit("an event over the size limit"))?;
            note(position, &parser, event.is_some());
            let Some(event) = event else { break };
            if deliver(&event, inbox, via) == Taken::Answer && matches!(via, Via::Exchange(_)) {
                drain(body);
                return Ok(End::Answered);
            }
        }
    }
}

fn note(position: &mut Position, parser: &Parser, event: bool) {
    position.moved |= event;
    if let Some(retry) = parser.retry() {
        position.retry = Some(retry);
    }
    let id = parser.last_event_id();
    if !id.is_empty() && id != position.last_event {
        id.clone_into(&mut position.last_event);
        position.moved = true;
    }
}

fn deliver(event: &Event, inbox: &Inbox, via: &Via<'_>) -> Taken {
    // Events without data prime the id to resume from; those with other names are not of MCP.
    if event.name != "message" || event.data.is_empty() {
        return Taken::Nothing;
    }
    inbox.message(&event.data, via.clone())
}
