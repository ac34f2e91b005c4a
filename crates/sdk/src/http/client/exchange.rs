//! One message posted, and what comes back for it.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Method as Verb, Response, StatusCode};
use hyper::body::Incoming;
use interlock_wire::{Era, Id, Method};

use super::events::{End, Position, read};
use super::headers::{EVENT_STREAM, media_type, of_post, of_stream, session_of};
use super::shared::Shared;
use super::{body, sse_transport};
use crate::client::{Outgoing, OutgoingKind, Taken, TransportError, Via};

/// How long to wait before a broken stream is resumed, when the server does not say.
const DEFAULT_RETRY: Duration = Duration::from_secs(1);
/// A server that asks for no pause at all still gets one.
const LEAST_RETRY: Duration = Duration::from_millis(100);
/// How often in a row a stream is resumed without anything new in it.
const MOST_RESUMES: u32 = 5;

/// Posts `message` and sees its exchange through.
pub(super) async fn post(shared: &Arc<Shared>, message: Outgoing) -> Result<(), TransportError> {
    let old = shared.state().old.clone();
    if let Some(old) = old {
        return sse_transport::post(shared, &old, message).await;
    }
    let session = shared.state().session.clone();
    let headers = of_post(&message, session.as_ref())?;
    let Outgoing {
        bytes,
        kind,
        revision,
    } = message;
    let bytes = Bytes::from(bytes);
    let sent = shared.send(&shared.endpoint, &Verb::POST, &headers, &bytes);
    match kind {
        OutgoingKind::Request { id, method, .. } => {
            let exchange = Exchange {
                shared,
                id: &id,
                method,
                legacy: revision.is_none_or(|revision| revision.era() == Era::Legacy),
                session: session.filter(|_| headers.contains_key("mcp-session-id")),
            };
            exchange.answer(sent.await?, bytes).await
        }
        OutgoingKind::Notification { .. } | OutgoingKind::Response => {
            let response = tokio::time::timeout(shared.options.post, sent)
                .await
                .map_err(|_| TransportError::NoAnswer)??;
            accepted(&response, session.is_some())?;
            body::drain(response.into_body());
            Ok(())
        }
    }
}

/// Whether a message that has no answer was taken.
fn accepted(response: &Response<Incoming>, in_session: bool) -> Result<(), TransportError> {
    match response.status() {
        status if status.is_success() => Ok(()),
        StatusCode::UNAUTHORIZED => Err(TransportError::Unauthorized(None)),
        StatusCode::NOT_FOUND if in_session => Err(TransportError::SessionEnded),
        status => Err(TransportError::Status(status.as_u16())),
    }
}

struct Exchange<'a> {
    shared: &'a Arc<Shared>,
    id: &'a Id<'static>,
    method: Method,
    legacy: bool,
    /// What it was sent in.
    session: Option<HeaderValue>,
}

impl Exchange<'_> {
    async fn answer(
        &self,
        response: Response<Incoming>,
        sent: Bytes,
    ) -> Result<(), TransportError> {
        let status = response.status();
        if !status.is_success() {
            return self.refused(response, sent).await;
        }
        let mut session = self.session.clone();
        if self.method == Method::Initialize {
            session = session_of(response.headers())?;
            self.shared.state().session.clone_from(&session);
        }
        match media_type(response.headers()).as_str() {
            EVENT_STREAM => self.stream(response.into_body(), session).await,
            "application/json" => match self.whole(response).await? {
                Taken::Answer => Ok(()),
                Taken::Message | Taken::Nothing => Err(TransportError::NoAnswer),
            },
            _ if status == StatusCode::ACCEPTED => Err(TransportError::NoAnswer),
            _ => Err(TransportError::Protocol(
                "an answer that is neither json nor an event stream",
            )),
        }
    }

    async fn whole(&self, response: Response<Incoming>) -> Result<Taken, TransportError> {
        let most = self.shared.inbox.limits().max_message;
        self.shared.inbox.room().await;
        let text = body::whole(response.into_body(), most).await?;
        Ok(self.shared.inbox.message(&text, Via::Exchange(self.id)))
    }

    /// A status of failure: with a JSON-RPC error in the body, or without.
    async fn refused(
        &self,
        response: Response<Incoming>,
        sent: Bytes,
    ) -> Result<(), TransportError> {
        let status = response.status();
        match status {
            StatusCode::UNAUTHORIZED => return Err(TransportError::Unauthorized(None)),
            StatusCode::FORBIDDEN if self.shared.authorize.is_some() => {
                return Err(TransportError::Unauthorized(None));
            }
            StatusCode::NOT_FOUND if self.session.is_some() => {
                let mut state = self.shared.state();
                // Another one may have begun since.
                if state.session == self.session {
                    state.session = None;
                }
                return Err(TransportError::SessionEnded);
            }
            _ => {}
        }
        let json = media_type(response.headers()) == "application/json";
        let most = self.shared.inbox.limits().max_message;
        let text = body::whole(response.into_body(), most).await?;
        if self.may_be_old(status) && !(json && is_modern_error(&text)) {
            let opened = sse_transport::open(self.shared).await;
            if let Ok(endpoint) = opened {
                return sse_transport::repeat(self.shared, &endpoint, sent).await;
            }
        }
        let taken = match json {
            true => self.shared.inbox.message(&text, Via::Exchange(self.id)),
            false => Taken::Nothing,
        };
        match taken {
            Taken::Answer => Ok(()),
            Taken::Message | Taken::Nothing => Err(TransportError::Status(status.as_u16())),
        }
    }

    /// 2025-03-26: a server that refuses `initialize` so may be one of HTTP+SSE.
    fn may_be_old(&self, status: StatusCode) -> bool {
        let refuses = matches!(
            status,
            StatusCode::BAD_REQUEST | StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED
        );
        self.method == Method::Initialize && refuses && self.shared.options.old
    }

    /// The stream of this request; resumed where that exists, until the answer came.
    /// The server took the request, so it is never sent again, whatever becomes of the stream.
    async fn stream(
        &self,
        body: Incoming,
        session: Option<HeaderValue>,
    ) -> Result<(), TransportError> {
        let via = Via::Exchange(self.id);
        let mut position = Position::default();
        let mut idle = 0;
        let mut next = Ok(body);
        loop {
            let end = match next {
                Ok(body) => read(body, &self.shared.inbox, &via, &mut position, true).await?,
                Err(error) => End::Broken(error),
            };
            let lost = match end {
                End::Answered => return Ok(()),
                End::Closed => TransportError::NoAnswer,
                End::Broken(error) => error,
            };
            idle = if position.moved { 0 } else { idle + 1 };
            if !self.legacy || position.last_event.is_empty() || idle > MOST_RESUMES {
                return Err(lost);
            }
            position.moved = false;
            tokio::time::sleep(pause(position.retry, DEFAULT_RETRY)).await;
            // The place in the stream is one of this session. That it ended, the next request finds out.
            if self.shared.state().session != session {
                return Err(TransportError::NoAnswer);
            }
            next = resume(self.shared, &position).await;
            if let Err(TransportError::SessionEnded) = next {
                return Err(TransportError::NoAnswer);
            }
        }
    }
}

/// How long to wait before a stream is resumed: as long as the server asks for, but never not at all.
pub(super) fn pause(asked: Option<Duration>, usual: Duration) -> Duration {
    asked.unwrap_or(usual).max(LEAST_RETRY)
}

/// Opens a stream from where it stands.
pub(super) async fn resume(
    shared: &Arc<Shared>,
    position: &Position,
) -> Result<Incoming, TransportError> {
    let (revision, session) = {
        let state = shared.state();
        (state.revision, state.session.clone())
    };
    let headers = of_stream(revision, session.as_ref(), &position.last_event);
    let response = shared
        .send(&shared.endpoint, &Verb::GET, &headers, &Bytes::new())
        .await?;
    accepted(&response, session.is_some())?;
    match media_type(response.headers()).as_str() {
        EVENT_STREAM => Ok(response.into_body()),
        _ => Err(TransportError::Protocol("a stream that is no event stream")),
    }
}

/// An error that only servers of 2026-07-28 give: a code of the range that its specification reserves.
fn is_modern_error(text: &[u8]) -> bool {
    let parsed = interlock_wire::parse(text, &interlock_wire::Limits::default());
    let code = parsed.ok().and_then(|message| message.error_code());
    code.is_some_and(|code| (-32_099..=-32_020).contains(&code) && code != -32_042)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_is_never_resumed_at_once() {
        let second = Duration::from_secs(1);
        for (asked, expected) in [
            (None, second),
            (Some(Duration::ZERO), LEAST_RETRY),
            (Some(second * 30), second * 30),
        ] {
            assert_eq!(pause(asked, second), expected, "{asked:?}");
        }
    }
}
