//! What a caller says about an HTTP connection before it is made.

use std::sync::Arc;
use std::time::Duration;

use super::endpoint::{Endpoint, UrlError};
use super::shared::{self, Shared};
use super::transport::HttpTransport;
use crate::BoxFuture;
use crate::auth::client::Authorize;
use crate::client::{Connect, Inbox, TransportError};

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
