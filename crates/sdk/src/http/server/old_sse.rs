//! HTTP+SSE, the transport of 2024-11-05: all that the server says is on one stream, each message of the client is a `POST`.
//!
//! Only where an author asks for it. The session lives as long as its stream; the id in the URL finds it, and authenticates nobody.

use std::task::{Context, Poll};

use bytes::Buf;
use http::request::Parts;
use http::{Method, Request, Response, StatusCode};
use http_body::Body;
use interlock_wire::{Era, error_reply, parse, sse};

use super::body::{self, ResponseBody};
use super::events::Source;
use super::post::{listening, no_session, place};
use super::refusal::{Refusal, bare};
use super::service::{Core, HttpService};
use super::sessions::InUse;
use super::{agree, media};
use crate::Principal;
use crate::RpcError;
use crate::server::{Arrival, Handled, Outbound, OutboundReceiver, SessionKind};

use std::sync::Arc;

/// Where it is served.
#[derive(Debug, Clone)]
pub(super) struct OldPaths {
    pub(super) events: String,
    pub(super) messages: String,
}

impl HttpService {
    /// Answers a request at one of the old paths. The same gate comes first.
    pub(super) async fn answer_old<B>(
        &self,
        paths: &OldPaths,
        request: Request<B>,
    ) -> Response<ResponseBody>
    where
        B: Body<Data: Buf>,
    {
        let (parts, body) = request.into_parts();
        let answered = match self.0.gate.admit(&parts) {
            Ok(_) => serve(&self.0, paths, parts, body).await,
            Err(refusal) => Err(refusal),
        };
        answered.unwrap_or_else(Response::from)
    }
}

async fn serve<B>(
    core: &Arc<Core>,
    paths: &OldPaths,
    parts: Parts,
    body: B,
) -> Result<Response<ResponseBody>, Refusal>
where
    B: Body<Data: Buf>,
{
    let principal = core.authenticate(&parts).await?;
    match (parts.uri.path() == paths.events, &parts.method) {
        (true, &Method::GET) => open(core, paths, &parts, principal),
        (true, _) => Err(Refusal::method("GET")),
        (false, &Method::POST) => message(core, parts, body, principal).await,
        (false, _) => Err(Refusal::method("POST")),
    }
}

fn open(
    core: &Arc<Core>,
    paths: &OldPaths,
    parts: &Parts,
    principal: Principal,
) -> Result<Response<ResponseBody>, Refusal> {
    if !media::takes_events(&parts.headers) {
        let text = "`Accept` must list `text/event-stream`";
        return Err(Refusal::new(StatusCode::NOT_ACCEPTABLE, text));
    }
    let place = place(core)?;
    let session = core
        .server
        .session(SessionKind::HttpLegacy, principal.clone());
    let out = Outbound::new(core.limits.max_queued);
    session.attach(out.clone());
    let receiver = out.receiver();
    let used = core
        .sessions
        .insert(session, out)
        .map_err(|_| Refusal::busy("too many sessions"))?;
    let source = OldEvents {
        endpoint: Some(format!("{}?sessionId={}", paths.messages, used.id.text())),
        receiver,
        core: Arc::clone(core),
        used,
    };
    Ok(listening(core, Box::new(source), place, &principal))
}

/// The one stream of an old session.
struct OldEvents {
    endpoint: Option<String>,
    receiver: Option<OutboundReceiver>,
    core: Arc<Core>,
    used: InUse,
}

impl Source for OldEvents {
    fn poll_event(&mut self, cx: &mut Context<'_>, out: &mut Vec<u8>) -> Poll<bool> {
        if let Some(endpoint) = self.endpoint.take() {
            let line = sse::Line {
                name: Some("endpoint"),
                data: Some(endpoint.as_bytes()),
                ..sse::Line::default()
            };
            sse::write_event(&line, out);
            return Poll::Ready(true);
        }
        let Some(receiver) = &mut self.receiver else {
            return Poll::Ready(false);
        };
        receiver.poll_recv(cx).map(|message| {
            let line = message.as_deref().map(|message| sse::Line {
                name: Some("message"),
                data: Some(message),
                ..sse::Line::default()
            });
            line.inspect(|line| sse::write_event(line, out)).is_some()
        })
    }
}

impl Drop for OldEvents {
    fn drop(&mut self) {
        self.core.sessions.remove(&self.used.id);
    }
}

async fn message<B>(
    core: &Arc<Core>,
    parts: Parts,
    body: B,
    principal: Principal,
) -> Result<Response<ResponseBody>, Refusal>
where
    B: Body<Data: Buf>,
{
    if !media::is_json(&parts.headers) || !media::is_plain(&parts.headers) {
        let text = "the body must be `application/json`, not encoded";
        return Err(Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, text));
    }
    let id = parts
        .uri
        .query()
        .and_then(|query| query.strip_prefix("sessionId="));
    let found = id.and_then(|id| core.sessions.find(id.as_bytes(), &principal));
    let used = found.ok_or_else(|| no_session(None))?;
    let read = body::read(body, core.limits.max_body, core.limits.body_time).await;
    let bytes = read.map_err(Refusal::body)?;
    if let Some(reply) = handle(core, &parts, &bytes, &principal, &used)? {
        // Waits while the client does not read: that is what slows it down.
        let _ = used.standalone.send(reply).await;
    }
    Ok(bare(StatusCode::ACCEPTED))
}

/// Gives a message to its session; an answer that comes later finds its own way to the stream.
fn handle(
    core: &Core,
    parts: &Parts,
    bytes: &[u8],
    principal: &Principal,
    used: &InUse,
) -> Result<Option<Vec<u8>>, Refusal> {
    let message = parse(bytes, &core.wire).map_err(|reject| {
        let error = RpcError::new(error_reply::code_of(&reject), reject.detail.clone());
        Refusal::rpc(StatusCode::BAD_REQUEST, reject.id.as_ref(), &error)
    })?;
    if agree::era_of(&parts.headers, &message)? == Era::Modern {
        let text = "this transport ends with 2024-11-05";
        return Err(Refusal::new(StatusCode::BAD_REQUEST, text));
    }
    agree::standard(&parts.headers, &message, Era::Legacy)?;
    core.permit(&message, principal)?;
    let arrival = Arrival {
        extensions: parts.extensions.clone(),
    };
    let mut reply = Vec::with_capacity(256);
    match used
        .session
        .handle(&message, arrival, &used.standalone, &mut reply)
    {
        Handled::Silent => Ok(None),
        Handled::Replied(_) => Ok(Some(reply)),
        Handled::Later(pending) => {
            let out = used.standalone.clone();
            // Bounded by the session's requests in flight, and ended with it.
            tokio::spawn(async move {
                if let Some(reply) = pending.await {
                    let _ = out.send(reply.bytes).await;
                }
            });
            Ok(None)
        }
    }
}
