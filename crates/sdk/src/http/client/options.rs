//! What a caller says about an HTTP connection before it is made.

use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue};

use super::endpoint::{Endpoint, UrlError};
use super::shared::{self, Shared};
use super::transport::HttpTransport;
use crate::BoxFuture;
use crate::auth::client::Authorize;
use crate::client::{Connect, Inbox, TransportError};
use crate::net::Policy;

/// A server at a URL. What [`Builder::connect`](crate::client::Builder::connect) takes.
///
/// ```
/// use interlock_sdk::http::client::{StreamableHttp, UrlError};
///
/// let local = StreamableHttp::new("http://127.0.0.1:8080/mcp")?;
/// assert_eq!(StreamableHttp::new("http://mcp.example/mcp").err(), Some(UrlError::Plaintext));
/// # drop(local);
/// # Ok::<(), UrlError>(())
/// ```
pub struct StreamableHttp {
    endpoint: Endpoint,
    authorize: Option<Arc<dyn Authorize>>,
    options: Options,
}

/// Bounds in time; sizes are those of the inbox.
#[derive(Debug, Clone)]
pub(super) struct Options {
    /// To make a connection.
    pub(super) connect: Duration,
    /// For what has no request that times out itself: notifications, responses, the end of a session.
    pub(super) post: Duration,
    /// Whether HTTP+SSE is tried on a server that refuses the newer transports.
    pub(super) old: bool,
    /// Which addresses are connected to; none for any.
    pub(super) policy: Option<Policy>,
    /// What every request carries.
    pub(super) headers: HeaderMap,
}

impl StreamableHttp {
    /// A server at `https://…`, or at `http://…` on this machine.
    ///
    /// # Errors
    /// [`UrlError`] when the URL is none of those.
    pub fn new(url: &str) -> Result<Self, UrlError> {
        Self::at(url, false)
    }

    pub(super) fn at(url: &str, plaintext: bool) -> Result<Self, UrlError> {
        Ok(Self {
            endpoint: Endpoint::new(url, plaintext)?,
            authorize: None,
            options: Options {
                connect: Duration::from_secs(10),
                post: Duration::from_secs(30),
                old: true,
                policy: None,
                headers: HeaderMap::new(),
            },
        })
    }

    /// With credentials, which go to this server only.
    #[must_use]
    pub fn authorize(mut self, authorize: impl Authorize) -> Self {
        self.authorize = Some(Arc::new(authorize));
        self
    }

    /// How long making a connection may take; 10 seconds unless said otherwise.
    #[must_use]
    pub fn connect_timeout(mut self, longest: Duration) -> Self {
        self.options.connect = longest;
        self
    }

    /// Only to addresses that `policy` allows, whatever the server's name leads to: each is judged after it was looked up, and what
    /// was judged is connected to. Without it, a caller's own address is believed.
    #[must_use]
    pub fn guarded(mut self, policy: Policy) -> Self {
        self.options.policy = Some(policy);
        self
    }

    /// With a header that every request to this server carries, a fixed token for instance. It is sent to the server's own origin and
    /// to no other, and not shown in debugging output. What the transport says itself stays as it is.
    ///
    /// # Errors
    /// When no header can have that name or value.
    pub fn header(mut self, name: &str, value: &[u8]) -> Result<Self, http::Error> {
        let name = HeaderName::from_bytes(name.as_bytes())?;
        let mut value = HeaderValue::from_bytes(value)?;
        value.set_sensitive(true);
        self.options.headers.insert(name, value);
        Ok(self)
    }

    /// Without trying HTTP+SSE of 2024-11-05.
    #[must_use]
    pub fn without_http_sse(mut self) -> Self {
        self.options.old = false;
        self
    }
}

impl std::fmt::Debug for StreamableHttp {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut shown = formatter.debug_struct("StreamableHttp");
        shown.field("origin", &self.endpoint.origin());
        shown.finish_non_exhaustive()
    }
}

impl Connect for StreamableHttp {
    type Transport = HttpTransport;

    /// Connects nothing yet: the first message does.
    fn connect(self, inbox: Inbox) -> BoxFuture<'static, Result<HttpTransport, TransportError>> {
        let http = shared::client(&self.options);
        let shared = Shared::new(http, self.endpoint, self.authorize, self.options, inbox);
        Box::pin(async move { Ok(HttpTransport::new(shared)) })
    }
}
