//! The endpoint as a service: one function from a request to its answer, and the order of what is judged.

use std::convert::Infallible;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Buf;
use http::header::ORIGIN;
use http::request::Parts;
use http::{Method, Request, Response, StatusCode};
use http_body::Body;
use interlock_wire::{Kind, Limits, Message};

use super::authority::Page;
use super::body::ResponseBody;
use super::events::Places;
use super::gate::Gate;
use super::limits::HttpLimits;
use super::refusal::{Refusal, json};
use super::sessions::Sessions;
use super::{cors, get, post};
use crate::auth::server::{Authenticate, Operation};
use crate::server::Server;
use crate::{BoxFuture, Principal};

/// Where RFC 9728 puts the metadata of protected resources.
pub(super) const METADATA: &str = "/.well-known/oauth-protected-resource";

/// The MCP endpoint as a [`tower_service::Service`]: for a router of another framework. Cloning it is cheap, and all clones share
/// their sessions.
///
/// It serves the endpoint at whatever path it is mounted, and the protected-resource metadata where its path begins with
/// `/.well-known/oauth-protected-resource`. All checks of [`HttpServer`](super::HttpServer) are in it, `Host` and `Origin` first; only
/// the limits of connections are the business of whoever accepts them.
///
/// ```
/// use interlock_sdk::Server;
/// use interlock_sdk::http::server::HttpServer;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let server = Server::builder("calc", "1.0.0").build();
/// let endpoint = HttpServer::new(server).allow_host("mcp.example")?.into_service();
/// let app: axum::Router = axum::Router::new().route_service("/mcp", endpoint);
/// # drop(app);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct HttpService(pub(super) Arc<Core>);

/// What all requests share.
pub(super) struct Core {
    pub(super) server: Server,
    pub(super) gate: Gate,
    pub(super) auth: Option<Arc<dyn Authenticate>>,
    pub(super) limits: HttpLimits,
    /// For one message.
    pub(super) wire: Limits,
    pub(super) sessions: Arc<Sessions>,
    pub(super) streams: Arc<Places>,
}

impl HttpService {
    /// Answers one request.
    pub async fn answer<B>(&self, request: Request<B>) -> Response<ResponseBody>
    where
        B: Body<Data: Buf>,
    {
        let (parts, body) = request.into_parts();
        let origin = parts.headers.get(ORIGIN).cloned();
        match self.0.gate.admit(&parts) {
            Err(refusal) => refusal.into(),
            Ok(page) => {
                let mut response = self.0.serve(parts, body).await;
                if let (Some(Page::Allowed), Some(origin)) = (page, origin) {
                    cors::expose(origin, &mut response);
                }
                response
            }
        }
    }

    /// How many legacy sessions there are.
    pub fn sessions(&self) -> usize {
        self.0.sessions.count()
    }

    /// How many event streams are open.
    pub fn streams(&self) -> usize {
        self.0.streams.taken()
    }
}

impl Core {
    async fn serve<B>(self: &Arc<Self>, parts: Parts, body: B) -> Response<ResponseBody>
    where
        B: Body<Data: Buf>,
    {
        if parts.method == Method::OPTIONS && parts.headers.contains_key(ORIGIN) {
            return cors::preflight(&parts.headers);
        }
        if let Some(metadata) = self.metadata(&parts) {
            return metadata;
        }
        // Who asks comes before what is asked: not a byte of the body is read for strangers.
        let principal = match self.authenticate(&parts).await {
            Ok(principal) => principal,
            Err(refusal) => return refusal.into(),
        };
        let answered = match parts.method {
            Method::POST => post::post(self, parts, body, principal).await,
            Method::GET => get::get(self, &parts, &principal),
            Method::DELETE => get::delete(self, &parts, &principal),
            _ => Err(Refusal::method("POST, GET, DELETE")),
        };
        let mut response = answered.unwrap_or_else(Response::from);
        if let Some((name, value)) = self.auth.as_ref().and_then(|auth| auth.answer_header()) {
            response.headers_mut().insert(name, value);
        }
        response
    }

    /// Whether the caller may do what the message says.
    pub(super) fn permit(
        &self,
        message: &Message<'_>,
        principal: &Principal,
    ) -> Result<(), Refusal> {
        let (Some(auth), Kind::Request { method, .. } | Kind::Notification { method, .. }) =
            (&self.auth, &message.kind)
        else {
            return Ok(());
        };
        let object = message.about();
        let permitted = auth.permit(principal, Operation::new(method, object.as_deref()));
        permitted.map_err(|challenge| Refusal::challenge(&challenge, message.id()))
    }

    pub(super) async fn authenticate(&self, parts: &Parts) -> Result<Principal, Refusal> {
        let Some(auth) = &self.auth else {
            return Ok(Principal::anonymous());
        };
        let judged = auth.authenticate(parts).await;
        judged.map_err(|challenge| Refusal::challenge(&challenge, None))
    }

    /// The protected-resource metadata, which clients need before they have a token.
    fn metadata(&self, parts: &Parts) -> Option<Response<ResponseBody>> {
        let path = parts.uri.path();
        if !path.starts_with(METADATA) {
            return None;
        }
        let known = self
            .auth
            .as_ref()
            .filter(|auth| path == METADATA || auth.metadata_path() == Some(path));
        let document = known.and_then(|auth| auth.metadata());
        Some(match (document, &parts.method) {
            (Some(document), &Method::GET) => json(StatusCode::OK, document.to_vec()),
            (Some(_), _) => Refusal::method("GET").into(),
            (None, _) => Refusal::new(StatusCode::NOT_FOUND, "there is nothing here").into(),
        })
    }
}

impl<B> tower_service::Service<Request<B>> for HttpService
where
    B: Body<Data: Send> + Send + 'static,
{
    type Response = Response<ResponseBody>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let this = self.clone();
        Box::pin(async move { Ok(this.answer(request).await) })
    }
}

impl std::fmt::Debug for HttpService {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HttpService")
            .field("server", &self.0.server)
            .field("sessions", &self.sessions())
            .finish_non_exhaustive()
    }
}
