//! `POST`: one message in, one answer out.

use std::sync::Arc;
use std::time::Duration;

use bytes::Buf;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::request::Parts;
use http::{Extensions, HeaderMap, HeaderName, HeaderValue, Response, StatusCode};
use http_body::Body;
use interlock_wire::header::SESSION_ID;
use interlock_wire::{Era, Kind, Message, Method, error_reply, parse};

use super::body::{self, ResponseBody};
use super::call::{Call, CallEvents, Step};
use super::events::{Events, Place, Source};
use super::legacy_events::{LegacyCall, LegacyCallEvents};
use super::refusal::{Refusal, bare, json, status_of};
use super::service::Core;
use super::sessions::InUse;
use super::{agree, media};
use crate::server::{Arrival, Handled, Outbound, Outcome, Reply, SessionKind};
use crate::{Principal, RpcError};

/// After this long without a word an answer becomes a stream, so that nobody between takes the connection for dead.
const PATIENCE: Duration = Duration::from_secs(10);

type Answer = Result<Response<ResponseBody>, Refusal>;

/// What a message led to without waiting.
enum Begun {
    Answered(Response<ResponseBody>),
    Modern(Call),
    Legacy(Call, InUse),
}

/// Answers a message.
pub(super) async fn post<B>(core: &Arc<Core>, parts: Parts, body: B, principal: Principal) -> Answer
where
    B: Body<Data: Buf>,
{
    if !media::is_json(&parts.headers) || !media::is_plain(&parts.headers) {
        let text = "the body must be `application/json`, not encoded";
        return Err(Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, text));
    }
    if !media::takes_both(&parts.headers) {
        let text = "`Accept` must list `application/json` and `text/event-stream`";
        return Err(Refusal::new(StatusCode::NOT_ACCEPTABLE, text));
    }
    let read = body::read(body, core.limits.max_body, core.limits.body_time).await;
    let bytes = read.map_err(Refusal::body)?;
    match begin(core, parts, &bytes, principal)? {
        Begun::Answered(response) => Ok(response),
        Begun::Modern(call) => wait_modern(core, call).await,
        Begun::Legacy(call, used) => wait_legacy(core, call, used).await,
    }
}

/// Judges a message and gives it to its session.
fn begin(
    core: &Arc<Core>,
    parts: Parts,
    bytes: &[u8],
    principal: Principal,
) -> Result<Begun, Refusal> {
    let message = parse(bytes, &core.wire).map_err(|reject| {
        let error = RpcError::new(error_reply::code_of(&reject), reject.detail.clone());
        Refusal::rpc(StatusCode::BAD_REQUEST, reject.id.as_ref(), &error)
    })?;
    let era = agree::era_of(&parts.headers, &message)?;
    agree::standard(&parts.headers, &message, era)?;
    core.permit(&message, &principal)?;
    match era {
        Era::Modern => modern(core, &parts.headers, &message, principal, parts.extensions),
        Era::Legacy => legacy(core, &parts.headers, &message, principal, parts.extensions),
    }
}

fn modern(
    core: &Core,
    headers: &HeaderMap,
    message: &Message<'_>,
    principal: Principal,
    extensions: Extensions,
) -> Result<Begun, Refusal> {
    agree::meta(message)?;
    if matches!(message.kind, Kind::Response { .. } | Kind::Error { .. }) {
        let text = "this revision has no requests that a client could respond to";
        return Err(Refusal::new(StatusCode::BAD_REQUEST, text));
    }
    if message.method() == Method::ToolsCall
        && let Some(name) = message.name()
        && let Some(expected) = core.server.param_headers(&name)
    {
        agree::params(headers, message, &expected)?;
    }
    let session = core.server.session(SessionKind::HttpModern, principal);
    let out = Outbound::new(core.limits.max_queued);
    let mut reply = Vec::with_capacity(256);
    let handled = session.handle(message, Arrival { extensions }, &out, &mut reply);
    let Some(mut sent) = out.receiver() else {
        return Ok(Begun::Answered(bare(StatusCode::INTERNAL_SERVER_ERROR)));
    };
    Ok(match handled {
        Handled::Silent => Begun::Answered(bare(StatusCode::ACCEPTED)),
        Handled::Later(pending) => Begun::Modern(Call::at_work(pending, sent)),
        Handled::Replied(outcome) => match sent.try_recv() {
            None => Begun::Answered(json(status_of(outcome, Era::Modern), reply)),
            first => {
                let bytes = reply;
                let call = Call::answered(Reply { bytes, outcome }, sent);
                let source = CallEvents { first, call };
                Begun::Answered(events(core, Box::new(source), place(core)?))
            }
        },
    })
}

/// A result at once is a document; whatever is sent before it makes a stream.
async fn wait_modern(core: &Core, mut call: Call) -> Answer {
    let step = std::future::poll_fn(|cx| call.poll_step(cx));
    let first = match tokio::time::timeout(PATIENCE, step).await {
        Ok(Step::Reply(reply)) => {
            return Ok(json(status_of(reply.outcome, Era::Modern), reply.bytes));
        }
        Ok(Step::End) => return Ok(bare(StatusCode::ACCEPTED)),
        Ok(Step::Message(message)) => Some(message),
        // Only handlers of the session eras cut.
        Ok(Step::Cut) | Err(_) => None,
    };
    let place = place(core)?;
    Ok(events(core, Box::new(CallEvents { first, call }), place))
}

fn legacy(
    core: &Arc<Core>,
    headers: &HeaderMap,
    message: &Message<'_>,
    principal: Principal,
    extensions: Extensions,
) -> Result<Begun, Refusal> {
    let Some(id) = session_id(headers)? else {
        return match message.method() {
            Method::Initialize => open(core, message, principal, extensions),
            _ => {
                let text = "`Mcp-Session-Id` is missing: `initialize` comes first";
                Err(Refusal::rpc(
                    StatusCode::BAD_REQUEST,
                    message.id(),
                    &RpcError::invalid_request(text),
                ))
            }
        };
    };
    let used = core.sessions.find(id, &principal);
    let used = used.ok_or_else(|| no_session(message.id()))?;
    let out = Outbound::new(core.limits.max_queued);
    let mut reply = Vec::with_capacity(256);
    let handled = used
        .session
        .handle(message, Arrival { extensions }, &out, &mut reply);
    let Some(mut sent) = out.receiver() else {
        return Ok(Begun::Answered(bare(StatusCode::INTERNAL_SERVER_ERROR)));
    };
    Ok(match handled {
        Handled::Silent => Begun::Answered(bare(StatusCode::ACCEPTED)),
        Handled::Later(pending) => Begun::Legacy(Call::at_work(pending, sent), used),
        Handled::Replied(outcome) => match sent.try_recv() {
            None => Begun::Answered(json(status_of(outcome, Era::Legacy), reply)),
            first => {
                let bytes = reply;
                let call = Call::answered(Reply { bytes, outcome }, sent);
                let call = LegacyCall::new(Arc::clone(used.session()), call);
                let place = place(core)?;
                let source = LegacyCallEvents::new(call, first.map(Step::Message), used);
                Begun::Answered(events(core, Box::new(source), place))
            }
        },
    })
}

async fn wait_legacy(core: &Core, call: Call, used: InUse) -> Answer {
    let mut call = LegacyCall::new(Arc::clone(used.session()), call);
    let step = std::future::poll_fn(|cx| call.poll_step(cx));
    let first = match tokio::time::timeout(PATIENCE, step).await {
        Ok(Step::Reply(reply)) => {
            return Ok(json(status_of(reply.outcome, Era::Legacy), reply.bytes));
        }
        Ok(Step::End) => return Ok(bare(StatusCode::ACCEPTED)),
        Ok(step @ (Step::Message(_) | Step::Cut)) => Some(step),
        Err(_) => None,
    };
    let place = place(core)?;
    let source = LegacyCallEvents::new(call, first, used);
    Ok(events(core, Box::new(source), place))
}

/// `initialize`: a session begins, unless the answer is an error.
fn open(
    core: &Arc<Core>,
    message: &Message<'_>,
    principal: Principal,
    extensions: Extensions,
) -> Result<Begun, Refusal> {
    let session = core.server.session(SessionKind::HttpLegacy, principal);
    let standalone = Outbound::new(core.limits.max_queued);
    session.attach(standalone.clone());
    let mut reply = Vec::with_capacity(512);
    let handled = session.handle(message, Arrival { extensions }, &standalone, &mut reply);
    let Handled::Replied(outcome) = handled else {
        return Ok(Begun::Answered(bare(StatusCode::ACCEPTED)));
    };
    let mut response = json(status_of(outcome, Era::Legacy), reply);
    if outcome == Outcome::Result {
        let opened = core.sessions.insert(session, standalone);
        let opened = opened.map_err(|_| Refusal::busy("too many sessions"))?;
        if let Ok(id) = opened.id.text().parse() {
            response
                .headers_mut()
                .insert(HeaderName::from_static(SESSION_ID), id);
        }
    }
    Ok(Begun::Answered(response))
}

/// The session that a request names; none twice.
pub(super) fn session_id(headers: &HeaderMap) -> Result<Option<&[u8]>, Refusal> {
    let mut ids = headers.get_all(SESSION_ID).iter();
    let first = ids.next().map(HeaderValue::as_bytes);
    match ids.next() {
        None => Ok(first),
        Some(_) => Err(Refusal::new(
            StatusCode::BAD_REQUEST,
            "two `Mcp-Session-Id`",
        )),
    }
}

/// No such session, or not yours: the client begins a new one.
pub(super) fn no_session(id: Option<&interlock_wire::Id<'_>>) -> Refusal {
    let error = RpcError::invalid_request("no such session");
    Refusal::rpc(StatusCode::NOT_FOUND, id, &error)
}

pub(super) fn place(core: &Core) -> Result<Place, Refusal> {
    let place = core.streams.take(core.limits.max_streams);
    place.ok_or_else(|| Refusal::busy("too many open streams"))
}

/// The answer that is a stream.
pub(super) fn events(core: &Core, source: Box<dyn Source>, place: Place) -> Response<ResponseBody> {
    stream(Events::new(source, core.limits.keep_alive, place))
}

/// The same for what would go on for ever: it ends when the caller has to show again who they are.
pub(super) fn listening(
    core: &Core,
    source: Box<dyn Source>,
    place: Place,
    principal: &Principal,
) -> Response<ResponseBody> {
    let events = Events::new(source, core.limits.keep_alive, place);
    stream(events.ending(core.server.time_left(principal)))
}

fn stream(events: Events) -> Response<ResponseBody> {
    let mut response = Response::new(ResponseBody::events(events));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // Tells reverse proxies to pass events on at once.
    headers.insert(
        HeaderName::from_static("x-accel-buffering"),
        HeaderValue::from_static("no"),
    );
    response
}
