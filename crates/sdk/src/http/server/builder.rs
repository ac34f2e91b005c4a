//! What an author says about an HTTP server before it is there.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use thiserror::Error;
use tokio::net::{TcpListener, ToSocketAddrs, lookup_host};

use super::authority::{AllowError, Names};
use super::events::Places;
use super::gate::Gate;
use super::limits::HttpLimits;
use super::listener::BoundServer;
use super::old_sse::OldPaths;
use super::service::{Core, HttpService};
use super::sessions::Sessions;
use crate::auth::server::Authenticate;
use crate::server::Server;

/// Puts the HTTP side of a server together.
///
/// Without another word it is for this machine alone: it binds to loopback addresses only, answers only to the names `localhost`,
/// `127.0.0.1` and `[::1]`, and only to pages of its own.
///
/// ```no_run
/// use interlock_sdk::Server;
/// use interlock_sdk::http::server::HttpServer;
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let server = Server::builder("calc", "1.0.0").build();
/// HttpServer::new(server).bind("127.0.0.1:8080").await?.serve().await;
/// # Ok(())
/// # }
/// ```
pub struct HttpServer {
    server: Server,
    path: String,
    names: Names,
    auth: Option<Arc<dyn Authenticate>>,
    limits: HttpLimits,
    old: Option<OldPaths>,
    exposed: bool,
    proxied: bool,
}

/// Why a server does not listen.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum BindError {
    /// Others could reach it, and nothing asks them who they are.
    #[error(
        "{0} is not a loopback address, and the server has no authentication: add `.auth(…)` or bind to 127.0.0.1"
    )]
    Exposed(SocketAddr),
    /// The address cannot be had.
    #[error("the address cannot be bound")]
    Io(#[from] io::Error),
}

impl HttpServer {
    /// An HTTP side for `server`, with its endpoint at `/mcp`.
    pub fn new(server: Server) -> Self {
        Self {
            server,
            path: "/mcp".to_owned(),
            names: Names::default(),
            auth: None,
            limits: HttpLimits::default(),
            old: None,
            exposed: false,
            proxied: false,
        }
    }

    /// The endpoint's path; `/mcp` unless this is called.
    #[must_use]
    pub fn path(mut self, path: impl Into<String>) -> Self {
        self.path = path.into();
        self
    }

    /// Answers to `host` too: `mcp.example`, or `mcp.example:8443` for that port only.
    ///
    /// # Errors
    /// [`AllowError`] when it is no host name. There are no patterns.
    pub fn allow_host(mut self, host: &str) -> Result<Self, AllowError> {
        self.names.allow_host(host)?;
        Ok(self)
    }

    /// Lets pages of `origin` call the server and read its answers: `https://app.example`.
    ///
    /// # Errors
    /// [`AllowError`] when it is no origin. There are no patterns.
    pub fn allow_origin(mut self, origin: &str) -> Result<Self, AllowError> {
        self.names.allow_origin(origin)?;
        Ok(self)
    }

    /// Asks everybody who they are. With this the server may listen on any address.
    #[must_use]
    pub fn auth(mut self, auth: Arc<dyn Authenticate>) -> Self {
        self.auth = Some(auth);
        self
    }

    /// Other bounds than the default ones.
    #[must_use]
    pub fn limits(mut self, limits: HttpLimits) -> Self {
        self.limits = limits;
        self
    }

    /// Serves the transport of 2024-11-05 beside the endpoint: events at the first path, messages at the second.
    ///
    /// It is deprecated since 2025-03-26; nothing but old clients needs it.
    #[must_use]
    pub fn with_old_sse(mut self, events: impl Into<String>, messages: impl Into<String>) -> Self {
        self.old = Some(OldPaths {
            events: events.into(),
            messages: messages.into(),
        });
        self
    }

    /// Listens on any address without asking anybody who they are. Whoever reaches the address can call every tool.
    #[must_use]
    pub fn danger_without_authentication(mut self) -> Self {
        self.exposed = true;
        self
    }

    /// Serves requests that a proxy passed on, though nobody is asked who they are. What such a request says of its sender is
    /// still not believed.
    #[must_use]
    pub fn danger_behind_proxy(mut self) -> Self {
        self.proxied = true;
        self
    }

    /// Listens on an address, such as `127.0.0.1:8080`.
    ///
    /// # Errors
    /// [`BindError::Exposed`] for an address that others can reach, unless the server asks them who they are.
    pub async fn bind(self, address: impl ToSocketAddrs) -> Result<BoundServer, BindError> {
        let addresses: Vec<_> = lookup_host(address).await?.collect();
        addresses
            .iter()
            .try_for_each(|address| self.judge(*address))?;
        let listener = TcpListener::bind(addresses.as_slice()).await?;
        self.listen_on(listener)
    }

    /// Serves a listener that was made elsewhere.
    ///
    /// # Errors
    /// As [`bind`](Self::bind).
    pub fn listen_on(mut self, listener: TcpListener) -> Result<BoundServer, BindError> {
        let address = listener.local_addr()?;
        self.judge(address)?;
        self.names.allow_address(address.ip());
        let path = std::mem::take(&mut self.path);
        let old = self.old.take();
        Ok(BoundServer::new(
            listener,
            address,
            path,
            old,
            self.into_service(),
        ))
    }

    fn judge(&self, address: SocketAddr) -> Result<(), BindError> {
        let safe = address.ip().to_canonical().is_loopback() || self.auth.is_some() || self.exposed;
        match safe {
            true => Ok(()),
            false => Err(BindError::Exposed(address)),
        }
    }

    /// The endpoint alone, for a router of another framework.
    pub fn into_service(self) -> HttpService {
        let mut wire = self.server.limits().clone();
        wire.max_message = self.limits.max_body;
        let gate = Gate {
            names: self.names,
            max_headers: self.limits.max_headers,
            proxied: self.auth.is_some() || self.proxied,
        };
        HttpService(Arc::new(Core {
            server: self.server,
            gate,
            auth: self.auth,
            sessions: Arc::new(Sessions::new(&self.limits)),
            limits: self.limits,
            wire,
            streams: Arc::new(Places::default()),
        }))
    }
}

impl std::fmt::Debug for HttpServer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HttpServer")
            .field("server", &self.server)
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}
