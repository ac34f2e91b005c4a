//! Coming back from the browser to a program on the same machine (RFC 8252 section 7.3).
//!
//! A listener on 127.0.0.1 that takes one authorization response and nothing else: GET, the right path, a `Host` that is its
//! own, and the `state` of the request that is under way. Opening the browser is the caller's: the SDK starts no program.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HOST, HeaderValue, REFERRER_POLICY,
};
use http::{Method, Request, Response, StatusCode};
use http_body_util::Full;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use thiserror::Error;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use url::Url;

use super::consent::{BoxError, ConsentRequest, UserAgent, Visit};
use crate::BoxFuture;

/// Connections that are served at a time; browsers open a few ahead.
const MAX_CONNECTIONS: usize = 16;

type Opener = dyn Fn(&ConsentRequest) -> Result<(), BoxError> + Send + Sync;

/// A user agent on this machine.
///
/// ```
/// use interlock_sdk::auth::client::Loopback;
///
/// let agent = Loopback::new(|request| {
///     // Show request.url().host() and the scopes, then open request.url(), without a shell.
///     Ok(())
/// });
/// ```
pub struct Loopback {
    opener: Arc<Opener>,
    port: u16,
    timeout: Duration,
}

/// Why nobody came back.
#[derive(Debug, Error)]
#[error("no authorization response within {} seconds", .0.as_secs())]
pub struct NobodyCame(Duration);

impl Loopback {
    /// An agent that calls `opener` to open the browser. It must not wait for the browser to end.
    pub fn new(
        opener: impl Fn(&ConsentRequest) -> Result<(), BoxError> + Send + Sync + 'static,
    ) -> Self {
        Self {
            opener: Arc::new(opener),
            port: 0,
            timeout: Duration::from_secs(300),
        }
    }

    /// With a fixed port, for authorization servers that compare it. Any free one unless said.
    #[must_use]
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// With another time to wait for the person (5 minutes).
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }
}

impl UserAgent for Loopback {
    fn prepare(&self) -> BoxFuture<'_, Result<Box<dyn Visit>, BoxError>> {
        Box::pin(async move {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, self.port)).await?;
            let address = listener.local_addr()?;
            Ok(Box::new(Listening {
                redirect: format!("http://{address}/callback"),
                address,
                listener,
                opener: Arc::clone(&self.opener),
                timeout: self.timeout,
            }) as Box<dyn Visit>)
        })
    }
}

struct Listening {
    listener: TcpListener,
    address: SocketAddr,
    redirect: String,
    opener: Arc<Opener>,
    timeout: Duration,
}

impl Visit for Listening {
    fn redirect_uri(&self) -> &str {
        &self.redirect
    }

    fn run(
        self: Box<Self>,
        request: ConsentRequest,
    ) -> BoxFuture<'static, Result<String, BoxError>> {
        Box::pin(async move {
            let state = parameter(request.url().as_url(), "state").unwrap_or_default();
            (self.opener)(&request)?;
            let expected = Arc::new(Expected {
                host: self.address.to_string(),
                state,
            });
            match tokio::time::timeout(self.timeout, wait(&self.listener, &expected)).await {
                Ok(target) => Ok(format!("http://{}{}", self.address, target?)),
                Err(_elapsed) => Err(NobodyCame(self.timeout).into()),
            }
        })
    }
}

/// What a request has to have to be the response.
struct Expected {
    host: String,
    state: String,
}

/// Serves connections until one of them brings the response. The others are closed with it.
async fn wait(listener: &TcpListener, expected: &Arc<Expected>) -> Result<String, BoxError> {
    let (sender, mut received) = mpsc::channel(1);
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            Some(target) = received.recv() => {
                // The page that says so is still on its way.
                let _ = tokio::time::timeout(Duration::from_secs(1), connections.join_next()).await;
                return Ok(target);
            }
            accepted = listener.accept(), if connections.len() < MAX_CONNECTIONS => {
                let (stream, _) = accepted?;
                connections.spawn(serve(stream, Arc::clone(expected), sender.clone()));
            }
            Some(_) = connections.join_next(), if !connections.is_empty() => {}
        }
    }
}

async fn serve(stream: TcpStream, expected: Arc<Expected>, sender: mpsc::Sender<String>) {
    let service = service_fn(|request: Request<hyper::body::Incoming>| {
        let answer = match judge(&request, &expected) {
            Ok(target) => {
                let _ = sender.try_send(target);
                page(
                    StatusCode::OK,
                    "You can close this window and go back to the application.",
                )
            }
            Err(status) => page(
                status,
                "This address only takes the answer to an authorization request.",
            ),
        };
        async move { Ok::<_, std::convert::Infallible>(answer) }
    });
    let mut server = http1::Builder::new();
    server
        .timer(TokioTimer::new())
        .header_read_timeout(Duration::from_secs(10))
        .keep_alive(false)
        .max_buf_size(32 << 10);
    // A broken connection is the browser's business.
    let _ = server.serve_connection(TokioIo::new(stream), service).await;
}

/// Path and query of the request, if it is the response that we wait for.
fn judge<B>(request: &Request<B>, expected: &Expected) -> Result<String, StatusCode> {
    let host = request
        .headers()
        .get(HOST)
        .and_then(|host| host.to_str().ok());
    // Another name means that a page elsewhere had its name pointed at us.
    if host != Some(expected.host.as_str()) {
        return Err(StatusCode::FORBIDDEN);
    }
    if request.uri().path() != "/callback" {
        return Err(StatusCode::NOT_FOUND);
    }
    if request.method() != Method::GET {
        return Err(StatusCode::METHOD_NOT_ALLOWED);
    }
    let target = request
        .uri()
        .path_and_query()
        .map(ToString::to_string)
        .unwrap_or_default();
    let url = Url::parse(&format!("http://{}{target}", expected.host))
        .map_err(|_| StatusCode::BAD_REQUEST)?;
    // A stray or forged visit must not end the wait.
    if parameter(&url, "state").as_deref() != Some(&expected.state) {
        return Err(StatusCode::BAD_REQUEST);
    }
    Ok(target)
}

fn parameter(url: &Url, name: &str) -> Option<String> {
    let found = url.query_pairs().find(|(own, _)| own == name)?;
    Some(found.1.into_owned())
}

fn page(status: StatusCode, text: &str) -> Response<Full<Bytes>> {
    let html =
        format!("<!doctype html><meta charset=utf-8><title>Authorization</title><p>{text}</p>");
    let mut response = Response::new(Full::new(Bytes::from(html)));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(
        CONTENT_TYPE,
        HeaderValue::from_static("text/html; charset=utf-8"),
    );
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(
        CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"),
    );
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}

#[cfg(test)]
#[path = "loopback_tests.rs"]
mod tests;
