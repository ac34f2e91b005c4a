//! The headers of a request, by revision.

use http::header::{ACCEPT, CONTENT_TYPE, HeaderName, USER_AGENT};
use http::{HeaderMap, HeaderValue};
use interlock_wire::header::{self, encode};
use interlock_wire::{Method, Revision};

use crate::client::{Outgoing, OutgoingKind, TransportError};

pub(super) const EVENT_STREAM: &str = "text/event-stream";
const BOTH: HeaderValue = HeaderValue::from_static("application/json, text/event-stream");
const JSON: HeaderValue = HeaderValue::from_static("application/json");
const EVENTS: HeaderValue = HeaderValue::from_static(EVENT_STREAM);
const AGENT: HeaderValue =
    HeaderValue::from_static(concat!("interlock-sdk/", env!("CARGO_PKG_VERSION")));
/// A session id of a well-meaning server is a UUID or a token.
const LONGEST_SESSION: usize = 4 << 10;

/// Of a POST that carries `message`.
pub(super) fn of_post(
    message: &Outgoing,
    session: Option<&HeaderValue>,
) -> Result<HeaderMap, TransportError> {
    let mut headers = HeaderMap::with_capacity(8);
    headers.insert(CONTENT_TYPE, JSON);
    headers.insert(ACCEPT, BOTH);
    headers.insert(USER_AGENT, AGENT);
    let opens = matches!(
        message.kind,
        OutgoingKind::Request {
            method: Method::Initialize,
            ..
        }
    );
    common(&mut headers, message.revision, session.filter(|_| !opens));
    if message.revision == Some(Revision::V2026_07_28) {
        mirrored(&mut headers, &message.kind)?;
    }
    Ok(headers)
}

/// Of a GET that opens or resumes a stream.
pub(super) fn of_stream(
    revision: Option<Revision>,
    session: Option<&HeaderValue>,
    last_event: &str,
) -> HeaderMap {
    let mut headers = HeaderMap::with_capacity(6);
    headers.insert(ACCEPT, EVENTS);
    headers.insert(USER_AGENT, AGENT);
    common(&mut headers, revision, session);
    if let Ok(id) = HeaderValue::from_bytes(last_event.as_bytes())
        && !last_event.is_empty()
    {
        headers.insert(HeaderName::from_static(header::LAST_EVENT_ID), id);
    }
    headers
}

/// Of a DELETE that ends a session.
pub(super) fn of_end(revision: Option<Revision>, session: &HeaderValue) -> HeaderMap {
    let mut headers = HeaderMap::with_capacity(4);
    headers.insert(USER_AGENT, AGENT);
    common(&mut headers, revision, Some(session));
    headers
}

fn common(headers: &mut HeaderMap, revision: Option<Revision>, session: Option<&HeaderValue>) {
    // 2025-06-18 brought the header; servers before it do not know it.
    if let Some(revision) = revision.filter(|revision| *revision >= Revision::V2025_06_18) {
        let value = HeaderValue::from_static(revision.name());
        headers.insert(HeaderName::from_static(header::PROTOCOL_VERSION), value);
    }
    if let Some(session) = session.filter(|_| revision != Some(Revision::V2026_07_28)) {
        let name = HeaderName::from_static(header::SESSION_ID);
        headers.insert(name, session.clone());
    }
}

/// What 2026-07-28 repeats of the body.
fn mirrored(headers: &mut HeaderMap, kind: &OutgoingKind) -> Result<(), TransportError> {
    let unfit = |_| TransportError::Refused("a name that fits in no header");
    let (method, name, params) = match kind {
        OutgoingKind::Request {
            method_name,
            name,
            params,
            ..
        } => (method_name, name.as_deref(), params.as_slice()),
        OutgoingKind::Notification { method_name, .. } => (method_name, None, &[][..]),
        OutgoingKind::Response => return Ok(()),
    };
    let method = HeaderValue::from_str(method).map_err(unfit)?;
    headers.insert(HeaderName::from_static(header::METHOD), method);
    if let Some(name) = name {
        let value = HeaderValue::from_str(&encode(name)).map_err(unfit)?;
        headers.insert(HeaderName::from_static(header::NAME), value);
    }
    for (name, value) in params {
        let name = HeaderName::from_bytes(name.as_bytes())
            .map_err(|_| TransportError::Refused("an argument's header has no valid name"))?;
        headers.insert(name, HeaderValue::from_str(value).map_err(unfit)?);
    }
    Ok(())
}

/// A session id that may be sent back: visible ASCII.
pub(super) fn session_of(headers: &HeaderMap) -> Result<Option<HeaderValue>, TransportError> {
    let Some(id) = headers.get(header::SESSION_ID) else {
        return Ok(None);
    };
    let visible = id.as_bytes().iter().all(|byte| matches!(byte, 0x21..=0x7E));
    if !visible || id.is_empty() || id.len() > LONGEST_SESSION {
        return Err(TransportError::Protocol(
            "a session id that is no visible ASCII",
        ));
    }
    let mut id = id.clone();
    id.set_sensitive(true);
    Ok(Some(id))
}

/// The media type of a body, without parameters, in lower case.
pub(super) fn media_type(headers: &HeaderMap) -> String {
    let value = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let essence = value
        .unwrap_or_default()
        .split(';')
        .next()
        .unwrap_or_default();
    essence.trim().to_ascii_lowercase()
}
