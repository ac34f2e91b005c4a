//! Configuring an OAuth client.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64};

use thiserror::Error;
use tokio::sync::Mutex;
use url::{Host, Url};

use super::super::assertion::{AssertionSource, IdentityProvider};
use super::super::consent::UserAgent;
use super::super::grant::Flow;
use super::super::identity::{ClientIdUrl, Registered};
use super::super::registration::ClientMetadata;
use super::super::token::Nonce;
use super::super::{Scopes, resource};
use super::renewal::Renewal;
use super::{Inner, OAuth, Settings};
use crate::auth::store::{MemoryStore, Store};
use crate::clock::Clock;
use crate::net::Fetcher;

/// Why a client cannot be configured like that.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The URL of the MCP server is none.
    #[error("not a url of a server")]
    Malformed,
    /// Tokens are only sent over TLS, or to this machine.
    #[error("tokens are not sent over plain http")]
    PlainHttp,
    /// User name or password in the URL.
    #[error("url carries credentials")]
    Credentials,
}

/// Whether tokens are bound to a key of ours (RFC 9449), so that a stolen one is worth nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Dpop {
    /// When both the authorization server and the MCP server say that they can.
    #[default]
    WhenOffered,
    /// Always; a token that is not bound is refused.
    Required,
    /// Never.
    Off,
}

/// Configures an [`OAuth`].
pub struct Builder {
    server: Url,
    fetcher: Fetcher,
    store: Option<Arc<dyn Store>>,
    clock: Clock,
    flow: Flow,
    registered: Vec<Registered>,
    client_url: Option<ClientIdUrl>,
    metadata: ClientMetadata,
    scopes: Scopes,
    dpop: Dpop,
    offline: bool,
    pub(in super::super) without_metadata: bool,
}

impl Builder {
    pub(super) fn new(server: &str, name: &str) -> Result<Self, ConfigError> {
        let server = Url::parse(server).map_err(|_| ConfigError::Malformed)?;
        let local = match server.host().ok_or(ConfigError::Malformed)? {
            Host::Domain(name) => name == "localhost",
            Host::Ipv4(address) => address.is_loopback(),
            Host::Ipv6(address) => address.is_loopback(),
        };
        match server.scheme() {
            "https" => {}
            "http" if local => {}
            "http" => return Err(ConfigError::PlainHttp),
            _ => return Err(ConfigError::Malformed),
        }
        if !server.username().is_empty() || server.password().is_some() {
            return Err(ConfigError::Credentials);
        }
        Ok(Self {
            server,
            fetcher: Fetcher::new(),
            store: None,
            clock: Clock::system(),
            flow: Flow::None,
            registered: Vec::new(),
            client_url: None,
            metadata: ClientMetadata::new(name),
            scopes: Scopes::default(),
            dpop: Dpop::default(),
            offline: true,
            without_metadata: false,
        })
    }

    /// A person grants access, in a browser: the authorization code grant, with PKCE always.
    #[must_use]
    pub fn user_agent(mut self, agent: impl UserAgent) -> Self {
        self.flow = Flow::Code(Arc::new(agent));
        self
    }

    /// The client acts for itself: the client credentials grant, with a [`registered`](Self::registered) identity.
    #[must_use]
    pub fn client_credentials(mut self) -> Self {
        self.flow = Flow::ClientCredentials;
        self
    }

    /// The platform that we run on vouches for us: workload identity federation (RFC 7523 section 2.1).
    #[must_use]
    pub fn workload(mut self, source: impl AssertionSource) -> Self {
        self.flow = Flow::Workload(Arc::new(source));
        self
    }

    /// The organisation's identity provider vouches for the person, who is not asked. `sign_on` gives the identity token of
    /// their sign-on.
    #[must_use]
    pub fn enterprise(mut self, provider: IdentityProvider, sign_on: impl AssertionSource) -> Self {
        self.flow = Flow::Enterprise(provider, Arc::new(sign_on));
        self
    }

    /// An identity that an authorization server gave us beforehand. Once there is one, no unknown authorization server is
    /// used unless there is a [`client_id_url`](Self::client_id_url) too.
    #[must_use]
    pub fn registered(mut self, registered: Registered) -> Self {
        self.registered.push(registered);
        self
    }

    /// The client ID metadata document that says who we are, to any authorization server that reads such.
    #[must_use]
    pub fn client_id_url(mut self, url: ClientIdUrl) -> Self {
        self.client_url = Some(url);
        self
    }

    /// What dynamic registration tells of us besides the name.
    #[must_use]
    pub fn metadata(mut self, metadata: ClientMetadata) -> Self {
        self.metadata = metadata;
        self
    }

    /// Scopes to ask for in addition to those that the server wants.
    #[must_use]
    pub fn scopes(mut self, scopes: Scopes) -> Self {
        self.scopes = scopes;
        self
    }

    /// Whether tokens are bound to a key.
    #[must_use]
    pub fn dpop(mut self, dpop: Dpop) -> Self {
        self.dpop = dpop;
        self
    }

    /// Without asking for `offline_access` where an authorization server knows it: no refresh token that outlives the
    /// person's session.
    #[must_use]
    pub fn online_only(mut self) -> Self {
        self.offline = false;
        self
    }

    /// Where credentials stay between runs; in memory unless said.
    #[must_use]
    pub fn store(mut self, store: impl Store) -> Self {
        self.store = Some(Arc::new(store));
        self
    }

    /// How documents and tokens are fetched; from public `https` addresses unless said.
    #[must_use]
    pub fn fetcher(mut self, fetcher: Fetcher) -> Self {
        self.fetcher = fetcher;
        self
    }

    /// The clock that expiry is judged by.
    #[must_use]
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// The client.
    #[must_use]
    pub fn build(self) -> OAuth {
        let host = self.server.host_str().unwrap_or_default();
        let settings = Settings {
            resource: resource::canonical(&self.server),
            server_fetcher: self.fetcher.also_private(host),
            server: self.server,
            fetcher: self.fetcher,
            store: self
                .store
                .unwrap_or_else(|| Arc::new(MemoryStore::default())),
            clock: self.clock,
            flow: self.flow,
            registered: self.registered,
            client_url: self.client_url,
            metadata: self.metadata,
            scopes: self.scopes,
            dpop: self.dpop,
            offline: self.offline,
            without_metadata: self.without_metadata,
        };
        OAuth(Arc::new(Inner {
            settings,
            current: None.into(),
            renewal: Mutex::new(Renewal::default()),
            server_nonce: Nonce::default(),
            issuer_nonce: Nonce::default(),
            fruitless: AtomicU32::new(0),
            context: AtomicU64::new(0),
        }))
    }
}
