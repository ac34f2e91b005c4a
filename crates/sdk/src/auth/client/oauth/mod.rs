//! The OAuth client of one MCP server: [`OAuth`].

mod builder;
mod credential;
mod obtain;
mod present;
mod record;
mod renewal;
mod target;

use std::sync::atomic::{AtomicU32, AtomicU64};
use std::sync::{Arc, PoisonError, RwLock};

use tokio::sync::Mutex;
use url::Url;

pub use builder::{Builder, ConfigError, Dpop};
use credential::Credential;
use renewal::Renewal;

use super::Scopes;
use super::grant::Flow;
use super::identity::{ClientIdUrl, Registered};
use super::registration::ClientMetadata;
use super::token::Nonce;
use crate::auth::store::Store;
use crate::clock::Clock;
use crate::net::Fetcher;

/// Authorizes the requests to one MCP server with OAuth 2.1, as the specification profiles it.
///
/// Nothing is asked of anybody before the server refuses a request. Then its metadata is found and checked, a client
/// identity is chosen, a token is obtained for exactly this server, and the request is sent again. Tokens are renewed before
/// they end, by one task while the others wait; a server that wants more scopes gets a token with those and the old
/// ones. Credentials belong to the authorization server that gave them: when the MCP server names another, it starts
/// from nothing.
///
/// ```
/// use interlock_sdk::auth::client::{ClientIdUrl, Loopback, OAuth};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let oauth = OAuth::builder("https://mcp.example/mcp", "My client")?
///     .client_id_url(ClientIdUrl::parse("https://app.example/client.json")?)
///     .user_agent(Loopback::new(|request| {
///         // Show request.url().host(), then open request.url().
///         Ok(())
///     }))
///     .build();
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct OAuth(Arc<Inner>);

struct Inner {
    settings: Settings,
    /// What requests are authorized with now.
    current: RwLock<Option<Arc<Credential>>>,
    /// Whoever holds it is the one that renews.
    renewal: Mutex<Renewal>,
    server_nonce: Nonce,
    issuer_nonce: Nonce,
    /// Tokens obtained since the last request that was answered.
    fruitless: AtomicU32,
    context: AtomicU64,
}

struct Settings {
    server: Url,
    /// The server's canonical URI.
    resource: String,
    fetcher: Fetcher,
    /// For the server's own metadata: the server may be in a private network, since a person chose it.
    server_fetcher: Fetcher,
    store: Arc<dyn Store>,
    clock: Clock,
    flow: Flow,
    registered: Vec<Registered>,
    client_url: Option<ClientIdUrl>,
    metadata: ClientMetadata,
    scopes: Scopes,
    dpop: Dpop,
    offline: bool,
    without_metadata: bool,
}

impl OAuth {
    /// Starts to configure a client for the MCP server at `server`. `name` is what consent screens show.
    ///
    /// # Errors
    /// [`ConfigError`] when the URL is none that tokens may go to.
    pub fn builder(server: &str, name: &str) -> Result<Builder, ConfigError> {
        Builder::new(server, name)
    }
}

impl Inner {
    fn current(&self) -> Option<Arc<Credential>> {
        self.current
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn set_current(&self, credential: Option<Arc<Credential>>) {
        use std::sync::atomic::Ordering::Relaxed;
        self.context
            .store(credential.as_ref().map_or(0, |own| own.context), Relaxed);
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = credential;
    }

    fn now(&self) -> u64 {
        self.settings.clock.unix_seconds()
    }
}
