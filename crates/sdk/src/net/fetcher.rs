//! The fetcher: one question, one bounded answer.

use std::error::Error as StdError;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::LOCATION;
use http::{HeaderMap, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper_rustls::HttpsConnector;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use url::Url;
use zeroize::Zeroizing;

use super::connect::Guarded;
use super::{Answer, FetchError, Policy, Question, Resolve, SystemResolver, tls};

/// Redirects of one question that are followed.
const MAX_REDIRECTS: usize = 3;

/// Fetches documents from URLs that a peer named. Cheap to clone; clones share connections.
#[derive(Clone)]
pub struct Fetcher {
    client: Client<HttpsConnector<Guarded>, Full<Bytes>>,
    policy: Arc<Policy>,
    resolver: Arc<dyn Resolve>,
    timeout: Duration,
    max_body: usize,
    redirects: usize,
}

impl Default for Fetcher {
    fn default() -> Self {
        Self::new()
    }
}

impl Fetcher {
    /// A fetcher that goes to public addresses by `https` only.
    #[must_use]
    pub fn new() -> Self {
        Self::with_policy(Policy::default())
    }

    /// A fetcher with another policy, which comes from [`danger`](super::danger).
    #[must_use]
    pub fn with_policy(policy: Policy) -> Self {
        Self::with_resolver(policy, SystemResolver)
    }

    /// A fetcher that finds addresses through `resolver`. They are judged like any others.
    #[must_use]
    pub fn with_resolver(policy: Policy, resolver: impl Resolve) -> Self {
        Self::made(policy, Arc::new(resolver))
    }

    fn made(policy: Policy, resolver: Arc<dyn Resolve>) -> Self {
        let policy = Arc::new(policy);
        let connector = tls::connector(Guarded {
            policy: Arc::clone(&policy),
            resolver: Arc::clone(&resolver),
        });
        let client = Client::builder(TokioExecutor::new())
            .pool_idle_timeout(Duration::from_secs(20))
            .pool_max_idle_per_host(2)
            .pool_timer(hyper_util::rt::TokioTimer::new())
            .build(connector);
        Self {
            client,
            policy,
            resolver,
            redirects: MAX_REDIRECTS,
            timeout: Duration::from_secs(15),
            max_body: 256 << 10,
        }
    }

    /// With another bound on the whole exchange, redirects included (15 s).
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// With another bound on the answer's body (256 KiB).
    #[must_use]
    pub fn max_body(mut self, bytes: usize) -> Self {
        self.max_body = bytes;
        self
    }

    /// Without following redirects: an answer that is one is handed to the caller.
    #[must_use]
    pub fn without_redirects(mut self) -> Self {
        self.redirects = 0;
        self
    }

    /// The same, but that `host` may have private addresses: for a server that a person chose.
    pub(crate) fn also_private(&self, host: &str) -> Self {
        let mut policy = Policy::clone(&self.policy);
        policy.private_hosts.push(host.to_owned());
        Self {
            timeout: self.timeout,
            max_body: self.max_body,
            redirects: self.redirects,
            ..Self::made(policy, Arc::clone(&self.resolver))
        }
    }

    /// Where this fetcher may go.
    #[must_use]
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// Asks for a JSON document.
    ///
    /// # Errors
    /// As [`Fetcher::ask`].
    pub async fn get(&self, url: &Url) -> Result<Answer, FetchError> {
        self.ask(Question::get(url.clone())).await
    }

    /// Asks and reads the whole answer, whatever its status.
    ///
    /// # Errors
    /// When the policy forbids it, when there is no answer in time, or when it is too long.
    pub async fn ask(&self, question: Question) -> Result<Answer, FetchError> {
        let host = question.url.host_str().unwrap_or_default().to_owned();
        match tokio::time::timeout(self.timeout, self.follow(question)).await {
            Ok(answer) => answer,
            Err(_elapsed) => Err(FetchError::Timeout { host }),
        }
    }

    async fn follow(&self, mut question: Question) -> Result<Answer, FetchError> {
        for _ in 0..=self.redirects {
            let (url, method) = (question.url.clone(), question.method.clone());
            let response = self.send(question.clone()).await?;
            let target = match self.redirects {
                0 => None,
                _ => redirect(&url, &method, response.status(), response.headers())?,
            };
            let Some(target) = target else {
                return self.read(&url, response).await;
            };
            question.url = target;
        }
        Err(refused(&question.url, "too many of them"))
    }

    async fn send(&self, question: Question) -> Result<Response<Incoming>, FetchError> {
        self.policy.check(&question.url)?;
        let mut url = question.url;
        url.set_fragment(None);
        let mut request = Request::new(Full::new(question.body));
        *request.method_mut() = question.method;
        *request.headers_mut() = question.headers;
        *request.uri_mut() = url
            .as_str()
            .parse()
            .map_err(|_| FetchError::Url("it is malformed"))?;
        self.client
            .request(request)
            .await
            .map_err(|error| unwrap_refusal(&url, error))
    }

    async fn read(&self, url: &Url, response: Response<Incoming>) -> Result<Answer, FetchError> {
        let (parts, mut incoming) = response.into_parts();
        let mut body = Zeroizing::new(Vec::new());
        while let Some(frame) = incoming.frame().await {
            let frame = frame.map_err(|error| failed(url, error))?;
            let Ok(data) = frame.into_data() else {
                continue;
            };
            if body.len().saturating_add(data.len()) > self.max_body {
                return Err(FetchError::TooLarge { host: host(url) });
            }
            body.extend_from_slice(&data);
        }
        Ok(Answer {
            status: parts.status,
            headers: parts.headers,
            body,
        })
    }
}

/// Where an answer sends us, if it does: within the origin, and only when nothing was posted.
fn redirect(
    url: &Url,
    method: &Method,
    status: StatusCode,
    headers: &HeaderMap,
) -> Result<Option<Url>, FetchError> {
    if !matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308) {
        return Ok(None);
    }
    if *method != Method::GET {
        return Err(refused(url, "the request was not a GET"));
    }
    let target = headers
        .get(LOCATION)
        .and_then(|value| url.join(value.to_str().ok()?).ok())
        .ok_or_else(|| refused(url, "it names no target"))?;
    if target.origin() != url.origin() {
        return Err(refused(url, "it leaves the origin"));
    }
    Ok(Some(target))
}

fn host(url: &Url) -> String {
    url.host_str().unwrap_or_default().to_owned()
}

fn refused(url: &Url, reason: &'static str) -> FetchError {
    FetchError::Redirect {
        host: host(url),
        reason,
    }
}

fn failed(url: &Url, error: impl StdError + Send + Sync + 'static) -> FetchError {
    FetchError::Request {
        host: host(url),
        source: Box::new(error),
    }
}

/// The refusal of the connector, which arrives wrapped, or the failure as it is.
fn unwrap_refusal(url: &Url, error: hyper_util::client::legacy::Error) -> FetchError {
    let mut cause = error.source();
    while let Some(inner) = cause {
        if let Some(FetchError::NotPublic { host }) = inner.downcast_ref() {
            return FetchError::NotPublic { host: host.clone() };
        }
        cause = inner.source();
    }
    failed(url, error)
}
