//! `GET` and `DELETE`: what sessions of 2025-03-26 to 2025-11-25 have beside `POST`. The revisions after have neither.

use std::sync::Arc;

use http::header::HeaderMap;
use http::request::Parts;
use http::{Response, StatusCode};
use interlock_wire::header::{LAST_EVENT_ID, PROTOCOL_VERSION};
use interlock_wire::{Era, Revision};

use super::body::ResponseBody;
use super::journal::{Cursor, STANDALONE};
use super::legacy_events::{Listening, Resumed};
use super::media;
use super::post::{listening, no_session, place, session_id};
use super::refusal::{Refusal, bare};
use super::service::Core;
use super::sessions::InUse;
use crate::Principal;

/// Opens the stream of a session, or reads on in one.
pub(super) fn get(
    core: &Arc<Core>,
    parts: &Parts,
    principal: &Principal,
) -> Result<Response<ResponseBody>, Refusal> {
    let used = find(core, &parts.headers, principal)?;
    if !media::takes_events(&parts.headers) {
        let text = "`Accept` must list `text/event-stream`";
        return Err(Refusal::new(StatusCode::NOT_ACCEPTABLE, text));
    }
    let after = cursor(&parts.headers)?;
    let place = place(core)?;
    Ok(match after {
        Some(after) if after.stream != STANDALONE => {
            listening(core, Box::new(Resumed { used, after }), place, principal)
        }
        after => {
            let source = Listening::take_over(used, after);
            listening(core, Box::new(source), place, principal)
        }
    })
}

/// Ends a session.
pub(super) fn delete(
    core: &Arc<Core>,
    parts: &Parts,
    principal: &Principal,
) -> Result<Response<ResponseBody>, Refusal> {
    let used = find(core, &parts.headers, principal)?;
    core.sessions.remove(&used.id);
    Ok(bare(StatusCode::NO_CONTENT))
}

/// The session of the request. A request without one, or of a later revision, has come to the wrong place.
fn find(core: &Arc<Core>, headers: &HeaderMap, principal: &Principal) -> Result<InUse, Refusal> {
    let named = headers
        .get(PROTOCOL_VERSION)
        .map(|value| value.to_str().unwrap_or_default());
    match named.map(Revision::from_name) {
        Some(None) => {
            return Err(Refusal::new(
                StatusCode::BAD_REQUEST,
                "unsupported protocol version",
            ));
        }
        Some(Some(revision)) if revision.era() == Era::Modern => {
            return Err(Refusal::method("POST"));
        }
        _ => {}
    }
    let Some(id) = session_id(headers)? else {
        return Err(Refusal::method("POST"));
    };
    core.sessions
        .find(id, principal)
        .ok_or_else(|| no_session(None))
}

/// From where a client reads on.
fn cursor(headers: &HeaderMap) -> Result<Option<Cursor>, Refusal> {
    let mut values = headers.get_all(LAST_EVENT_ID).iter();
    let (Some(value), None) = (values.next(), values.next()) else {
        return match headers.contains_key(LAST_EVENT_ID) {
            true => Err(Refusal::new(StatusCode::BAD_REQUEST, "two `Last-Event-ID`")),
            false => Ok(None),
        };
    };
    let cursor = value.to_str().ok().and_then(Cursor::parse);
    match cursor {
        Some(cursor) => Ok(Some(cursor)),
        None => Err(Refusal::new(
            StatusCode::BAD_REQUEST,
            "`Last-Event-ID` is none of this server's",
        )),
    }
}
