//! What all exchanges with one server share: the connection pool, the credentials, and the state of the session.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use http::request::Parts;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::{Client, connect::HttpConnector};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use interlock_wire::Revision;
use tokio::task::AbortHandle;

use super::dial::Dial;
use super::endpoint::Endpoint;
use super::options::Options;
use crate::auth::client::{Authorize, Retry};
use crate::client::{Inbox, TransportError};
use crate::net::{Guarded, SystemResolver};

/// How often one request may be refused and authorized again.
const MOST_CHALLENGES: u32 = 4;
/// How far one request may be sent around within the origin.
const MOST_REDIRECTS: u32 = 3;

pub(super) type Http = Client<HttpsConnector<Dial>, Full<Bytes>>;

pub(super) struct Shared {
    http: Http,
    pub(super) endpoint: Endpoint,
    pub(super) authorize: Option<Arc<dyn Authorize>>,
    pub(super) options: Options,
    pub(super) inbox: Inbox,
    state: Mutex<State>,
}

/// What changes while messages are exchanged.
#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) revision: Option<Revision>,
    pub(super) session: Option<HeaderValue>,
    /// Where messages are posted to over HTTP+SSE.
    pub(super) old: Option<Endpoint>,
    /// The stream that belongs to no request.
    pub(super) standalone: Option<AbortHandle>,
}

pub(super) fn client(options: &Options) -> Http {
    let dial = match &options.policy {
        Some(policy) => Dial::Guarded(Guarded {
            policy: Arc::new(policy.clone()),
            resolver: Arc::new(SystemResolver),
        }),
        None => Dial::Any(any(options)),
    };
    Client::builder(TokioExecutor::new())
        .pool_timer(TokioTimer::new())
        .build(crate::net::tls::connector(dial))
}

fn any(options: &Options) -> HttpConnector {
    let mut connector = HttpConnector::new();
    connector.enforce_http(false);
    connector.set_nodelay(true);
    connector.set_connect_timeout(Some(options.connect));
    connector
}

impl Shared {
    pub(super) fn new(
        http: Http,
        endpoint: Endpoint,
        authorize: Option<Arc<dyn Authorize>>,
        options: Options,
        inbox: Inbox,
    ) -> Arc<Self> {
        Arc::new(Self {
            http,
            endpoint,
            authorize,
            options,
            inbox,
            state: Mutex::default(),
        })
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends a request, authorized, and again after a challenge that could be met. Follows redirects within the origin.
    ///
    /// # Errors
    /// When no response came, or authorization failed.
    pub(super) async fn send(
        &self,
        target: &Endpoint,
        method: &Method,
        headers: &http::HeaderMap,
        body: &Bytes,
    ) -> Result<Response<Incoming>, TransportError> {
        let (mut target, mut challenges, mut redirects) = (target.clone(), 0, 0);
        loop {
            let (request, response) = self.once(&target, method, headers, body).await?;
            let status = response.status();
            let refused = matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN);
            let (parts, body_of_it) = response.into_parts();
            if let Some(authorize) = self.authorize.as_ref().filter(|_| !refused) {
                authorize.answered(&parts);
            }
            let response = Response::from_parts(parts, body_of_it);
            if let Some(next) = redirect(&target, &response, method) {
                redirects += 1;
                target = match next {
                    Some(next) if redirects <= MOST_REDIRECTS => next,
                    _ => return Err(TransportError::Protocol("a redirect to another origin")),
                };
                continue;
            }
            let Some(authorize) = self.authorize.as_ref().filter(|_| refused) else {
                return Ok(response);
            };
            challenges += 1;
            let (parts, body) = response.into_parts();
            let retry = authorize.challenged(&request, &parts, challenges).await;
            match retry.map_err(|error| TransportError::Unauthorized(Some(Arc::new(error))))? {
                Retry::Again if challenges < MOST_CHALLENGES => {}
                _ => return Ok(Response::from_parts(parts, body)),
            }
        }
    }

    async fn once(
        &self,
        target: &Endpoint,
        method: &Method,
        headers: &http::HeaderMap,
        body: &Bytes,
    ) -> Result<(Parts, Response<Incoming>), TransportError> {
        let mut request = Request::new(());
        *request.method_mut() = method.clone();
        *request.uri_mut() = target.uri().clone();
        *request.headers_mut() = headers.clone();
        for (name, value) in &self.options.headers {
            // What the transport says itself is not for a caller to replace.
            request
                .headers_mut()
                .entry(name)
                .or_insert_with(|| value.clone());
        }
        let (mut parts, ()) = request.into_parts();
        self.authorized(&mut parts).await?;
        let request = Request::from_parts(parts.clone(), Full::new(body.clone()));
        let response = self.http.request(request).await.map_err(unreachable)?;
        Ok((parts, response))
    }

    async fn authorized(&self, parts: &mut Parts) -> Result<(), TransportError> {
        match &self.authorize {
            Some(authorize) => authorize
                .authorize(parts)
                .await
                .map_err(|error| TransportError::Unauthorized(Some(Arc::new(error)))),
            None => Ok(()),
        }
    }
}

impl Drop for State {
    fn drop(&mut self) {
        if let Some(standalone) = self.standalone.take() {
            standalone.abort();
        }
    }
}

/// Where a response sends us: `None` when nowhere, `Some(None)` when to where we do not go.
#[expect(
    clippy::option_option,
    reason = "three answers: no redirect, one that is followed, one that is not"
)]
fn redirect(
    from: &Endpoint,
    response: &Response<Incoming>,
    method: &Method,
) -> Option<Option<Endpoint>> {
    let kept = matches!(
        response.status(),
        StatusCode::TEMPORARY_REDIRECT | StatusCode::PERMANENT_REDIRECT
    );
    let changed = matches!(
        response.status(),
        StatusCode::MOVED_PERMANENTLY | StatusCode::FOUND | StatusCode::SEE_OTHER
    );
    // A POST that became a GET would not be the message any more.
    if !(kept || (changed && method == Method::GET)) {
        return None;
    }
    let location = response.headers().get(header::LOCATION)?;
    Some(location.to_str().ok().and_then(|to| from.join(to)))
}

fn unreachable(error: hyper_util::client::legacy::Error) -> TransportError {
    TransportError::Unreachable(Arc::new(error))
}
