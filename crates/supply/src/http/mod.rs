//! HTTP for everything that is fetched: TLS with the system's and the user's authorities, connection reuse, bounds.
//!
//! Knows nothing of registries. Every answer is bounded in size and time; a credential goes to the address
//! it was given for and to no redirect target. Where a name leads is judged, and then connected to.

mod names;
mod proxy;
mod reach;
mod redirects;

use names::{Inside, Names};
use proxy::Direct;
pub use reach::Reach;
pub(crate) use reach::shows_public;
use redirects::{Followed, REDIRECTS, follow, is_redirect, location};
use std::{
    io::{self, Read},
    path::PathBuf,
    time::Duration,
};
use ureq::{
    Agent,
    tls::{PemItem, RootCerts, TlsConfig, parse_pem},
    unversioned::transport::DefaultConnector,
};

/// Why something could not be fetched.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// The client was told not to use the network.
    #[error("the network was ruled out by --offline")]
    Offline,
    /// The registry does not have it.
    #[error("not found (404)")]
    NotFound,
    /// The registry wants a login, or refuses this one.
    #[error("the server refused access ({0}); check the login that is configured for it")]
    Denied(u16),
    /// The registry wants a login, and a program has it that nobody starts here.
    #[error(
        "the server refused access, and the login for `{registry}` is kept by the program `{program}`, which is not started: keep \
         one in a file, with `podman login --authfile FILE {registry}`, and set REGISTRY_AUTH_FILE=FILE"
    )]
    Helper {
        /// Which registry.
        registry: String,
        /// Which program; safe to show.
        program: String,
    },
    /// The registry refuses access, and nobody has a login for it.
    #[error(
        "the server refused access ({code}), and there is no login for `{registry}`: if it wants one, run `podman login {registry}`"
    )]
    NoLogin {
        /// What it answered.
        code: u16,
        /// Which registry.
        registry: String,
    },
    /// Another status than success.
    #[error("the server answered with status {0}")]
    Status(u16),
    /// More bytes than is allowed.
    #[error("the answer is larger than {0} bytes")]
    TooLarge(u64),
    /// An address that may not be fetched from.
    #[error("`{0}` is not an https address")]
    Address(String),
    /// An address that is not public, named by somebody else than the user.
    #[error(
        "`{host}` is no public address{led}, and nothing that you configured names it; if it is yours, name it in `danger-local-addresses` under `[supply]` in config.toml"
    )]
    Inside {
        /// The host, and its port where one was written.
        host: String,
        /// Where its name led, as a clause.
        led: String,
    },
    /// It leads on and on.
    #[error("the server redirects more than {REDIRECTS} times")]
    Redirects,
    /// Connection, TLS or protocol trouble.
    #[error("the server cannot be reached")]
    Transport(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl FetchError {
    /// Whether the same request may well succeed in a moment.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Transport(_) => true,
            Self::Status(code) => matches!(code, 408 | 429 | 500..),
            _ => false,
        }
    }
}

/// Whom to trust and how to get out, besides the system's defaults.
#[derive(Debug, Clone, Default)]
pub struct Trust {
    /// PEM files with further certificate authorities; one that cannot be read is passed over.
    pub certificate_files: Vec<PathBuf>,
    /// Proxy, for example `http://proxy.example:3128`.
    pub proxy: Option<String>,
    /// What is asked without it, as `NO_PROXY` has it. This machine itself always is.
    pub no_proxy: String,
    /// Refuse every request.
    pub offline: bool,
    /// Hosts that may be asked wherever their names lead.
    pub reach: Reach,
}

impl Trust {
    /// As the user's environment says: `HTTPS_PROXY`, `NO_PROXY`, `SSL_CERT_FILE` and `NODE_EXTRA_CA_CERTS`.
    #[must_use]
    pub fn for_user(env: &dyn Fn(&str) -> Option<String>, offline: bool) -> Self {
        let set = |name: &str| env(name).filter(|value| !value.is_empty());
        Self {
            certificate_files: ["NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE"]
                .into_iter()
                .filter_map(|name| set(name).map(PathBuf::from))
                .collect(),
            proxy: set("HTTPS_PROXY").or_else(|| set("https_proxy")),
            no_proxy: no_proxy(env),
            offline,
            reach: Reach::default(),
        }
    }

    /// The same, and the hosts that `reach` names.
    #[must_use]
    pub fn reaching(mut self, reach: &Reach) -> Self {
        self.reach = self.reach.and(reach);
        self
    }
}

/// What the user's environment names in `NO_PROXY`.
pub(crate) fn no_proxy(env: &dyn Fn(&str) -> Option<String>) -> String {
    let set = |name: &str| env(name).filter(|value| !value.is_empty());
    set("NO_PROXY")
        .or_else(|| set("no_proxy"))
        .unwrap_or_default()
}

/// What to get, and how much of it at most.
pub(crate) struct Get<'a> {
    pub(crate) url: &'a str,
    pub(crate) accept: &'a str,
    /// Let the server compress; not for archives, whose very bytes are hashed.
    pub(crate) compressed: bool,
    pub(crate) authorization: Option<&'a str>,
    pub(crate) limit: u64,
    /// Plain http is admitted: the user's configuration says so for this registry.
    pub(crate) plain: bool,
}

/// What to ask of a host that speaks a protocol of its own.
pub(crate) struct Post<'a> {
    pub(crate) url: &'a str,
    /// What to send; without it the request is a GET.
    pub(crate) body: Option<&'a [u8]>,
    pub(crate) headers: &'a [(&'a str, &'a str)],
    pub(crate) limit: u64,
    /// Plain http is admitted: the address is this machine's own.
    pub(crate) plain: bool,
}

/// What came of a [`Post`].
pub(crate) enum Sent {
    /// The answer.
    Answer(Answer),
    /// The host sent the client to another address, which was not asked.
    Elsewhere(String),
}

/// An HTTP client that keeps connections open; shared between threads.
#[derive(Clone)]
pub struct Client {
    /// Without a proxy.
    agent: Agent,
    proxied: Option<Proxied>,
    offline: bool,
}

/// The way out through a proxy.
#[derive(Clone)]
struct Proxied {
    agent: Agent,
    /// What it is not asked for.
    direct: Direct,
    /// As it looks names up, they can only be judged as they are written.
    unresolved: Reach,
}

/// Where distributions keep their bundle of certificate authorities.
const SYSTEM_BUNDLES: [&str; 5] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
];

/// Connections kept open to one host; as many as fetch at once.
pub(crate) const CONNECTIONS: usize = 16;

impl Client {
    /// Reads the certificate authorities and prepares the connection pool; connects to nothing yet.
    #[must_use]
    pub fn new(trust: &Trust) -> Self {
        let proxy = trust
            .proxy
            .as_deref()
            .and_then(|address| ureq::Proxy::new(address).ok());
        let roots = roots(trust);
        let proxied = proxy.map(|proxy| {
            // The way out is the user's own choice, and the only name that is looked up here.
            let reach = trust.reach.clone();
            let way_out = format!("{}:{}", proxy.host(), proxy.port());
            let reach = reach.clone().naming_host(&way_out).unwrap_or(reach);
            Proxied {
                agent: agent(roots.clone(), Some(proxy), reach.clone()),
                direct: Direct::parse(&trust.no_proxy),
                unresolved: reach,
            }
        });
        Self {
            agent: agent(roots, None, trust.reach.clone()),
            proxied,
            offline: trust.offline,
        }
    }

    pub(crate) fn is_offline(&self) -> bool {
        self.offline
    }

    /// What an address that a person or a lock names leads to: redirects stay on https. Plain http is for this machine only, which
    /// leads nowhere else.
    pub(crate) fn download(&self, url: &str, limit: u64) -> Result<Answer, FetchError> {
        let get = Get {
            url,
            accept: "*/*",
            compressed: false,
            authorization: None,
            limit,
            plain: is_own(url),
        };
        answered(
            self.send(&get, if get.plain { 0 } else { REDIRECTS })?,
            limit,
        )
    }

    /// Sends the request; the answer's body is read by the caller, up to `limit`.
    pub(crate) fn get(&self, get: &Get<'_>) -> Result<Answer, FetchError> {
        answered(self.send(get, REDIRECTS)?, get.limit)
    }

    /// The same where a server may first want to see a token: then gives back where one is to be had.
    pub(crate) fn ask(&self, get: &Get<'_>) -> Result<Reply, FetchError> {
        // What speaks without TLS leads nowhere else.
        self.ask_through(get, if get.plain { 0 } else { REDIRECTS })
    }

    /// The same without following redirects: one is a status like others.
    pub(crate) fn ask_there(&self, get: &Get<'_>) -> Result<Reply, FetchError> {
        self.ask_through(get, 0)
    }

    fn ask_through(&self, get: &Get<'_>, redirects: u32) -> Result<Reply, FetchError> {
        let followed = self.followed(get, redirects)?;
        match followed.challenge() {
            Some(wanted) => Ok(Reply::Challenge(wanted.to_owned())),
            None => answered(followed.response, get.limit).map(Reply::Answer),
        }
    }

    /// Sends the request and follows redirects, each of which is judged as the first address was.
    fn send(
        &self,
        get: &Get<'_>,
        redirects: u32,
    ) -> Result<ureq::http::Response<ureq::Body>, FetchError> {
        Ok(self.followed(get, redirects)?.response)
    }

    fn followed(&self, get: &Get<'_>, redirects: u32) -> Result<Followed<ureq::Body>, FetchError> {
        follow(get.url, get.authorization, redirects, |url, login| {
            self.sent(get, url, login)
        })
    }

    /// The way to an address: through the proxy, where there is one and the address is not to be asked directly.
    fn proxied(&self, url: &str) -> Option<&Proxied> {
        self.proxied.as_ref().filter(|it| !it.direct.is(url))
    }

    fn way(&self, url: &str) -> &Agent {
        self.proxied(url).map_or(&self.agent, |it| &it.agent)
    }

    fn sent(
        &self,
        get: &Get<'_>,
        url: &str,
        authorization: Option<&str>,
    ) -> Result<ureq::http::Response<ureq::Body>, FetchError> {
        self.admitted(url, get.plain)?;
        let request = self
            .way(url)
            .get(url)
            .config()
            .https_only(!get.plain)
            .build();
        let mut request = request.header("accept", get.accept);
        if !get.compressed {
            request = request.header("accept-encoding", "identity");
        }
        if let Some(value) = authorization {
            request = request.header("authorization", value);
        }
        request.call().map_err(transport)
    }

    /// Whether an address may be asked, as far as it shows before its name is looked up.
    fn admitted(&self, url: &str, plain: bool) -> Result<(), FetchError> {
        if self.offline {
            return Err(FetchError::Offline);
        }
        if !plain && !url.starts_with("https://") {
            return Err(FetchError::Address(url.into()));
        }
        let judge = |proxied: &Proxied| proxied.unresolved.judge_unresolved(url);
        let judged = self.proxied(url).map_or(Ok(()), judge);
        judged.map_err(|host| FetchError::Inside {
            host,
            led: String::new(),
        })
    }

    /// Asks without following redirects.
    pub(crate) fn asked(&self, post: &Post<'_>) -> Result<Sent, FetchError> {
        self.admitted(post.url, post.plain)?;
        let response = match post.body {
            Some(body) => self.unredirected("POST", body, post),
            None => self.unredirected("GET", (), post),
        }?;
        if is_redirect(&response) {
            return Ok(Sent::Elsewhere(location(&response).unwrap_or_default()));
        }
        answered(response, post.limit).map(Sent::Answer)
    }

    fn unredirected(
        &self,
        method: &str,
        body: impl ureq::AsSendBody,
        post: &Post<'_>,
    ) -> Result<ureq::http::Response<ureq::Body>, FetchError> {
        let mut request = ureq::http::Request::builder().method(method).uri(post.url);
        for (name, value) in post.headers {
            request = request.header(*name, *value);
        }
        let request = request.body(body);
        let request = request.map_err(|error| FetchError::Transport(error.into()))?;
        let agent = self.way(post.url);
        let request = agent.configure_request(request);
        let request = request.https_only(!post.plain).build();
        agent.run(request).map_err(transport)
    }

    /// Sends the request and reads the whole answer, trying again when the trouble may pass.
    pub(crate) fn text(&self, get: &Get<'_>) -> Result<String, FetchError> {
        self.text_through(get, REDIRECTS)
    }

    /// The same without following redirects.
    pub(crate) fn text_there(&self, get: &Get<'_>) -> Result<String, FetchError> {
        self.text_through(get, 0)
    }

    fn text_through(&self, get: &Get<'_>, redirects: u32) -> Result<String, FetchError> {
        retried(|| {
            let mut raw = Vec::new();
            let answer = answered(self.send(get, redirects)?, get.limit)?;
            let mut reader = answer.reader.take(get.limit.saturating_add(1));
            reader
                .read_to_end(&mut raw)
                .map_err(|error| interrupted(error, get.limit))?;
            if raw.len() as u64 > get.limit {
                return Err(FetchError::TooLarge(get.limit));
            }
            String::from_utf8(raw).map_err(|error| FetchError::Transport(error.into()))
        })
    }
}

/// One way out, with its own connections.
fn agent(roots: RootCerts, proxy: Option<ureq::Proxy>, reach: Reach) -> Agent {
    let config = Agent::config_builder()
        .tls_config(TlsConfig::builder().root_certs(roots).build())
        .proxy(proxy)
        .user_agent(concat!("interlock/", env!("CARGO_PKG_VERSION")))
        .max_idle_connections(2 * CONNECTIONS)
        .max_idle_connections_per_host(CONNECTIONS)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .timeout_connect(Some(Duration::from_secs(20)))
        .timeout_recv_response(Some(Duration::from_secs(60)))
        .timeout_per_read(Some(Duration::from_secs(60)))
        .http_status_as_error(false)
        .build();
    Agent::with_parts(config, DefaultConnector::default(), Names::new(reach))
}

/// The body of a success, bounded.
fn answered(response: ureq::http::Response<ureq::Body>, limit: u64) -> Result<Answer, FetchError> {
    match response.status().as_u16() {
        200 => {}
        404 | 410 => return Err(FetchError::NotFound),
        code @ (401 | 403) => return Err(FetchError::Denied(code)),
        code => return Err(FetchError::Status(code)),
    }
    let links = response.headers().get_all("link").iter();
    let links = links.filter_map(|link| link.to_str().ok().map(str::to_owned));
    let links = links.collect();
    let body = response.into_body();
    if body.content_length().is_some_and(|length| length > limit) {
        return Err(FetchError::TooLarge(limit));
    }
    // One more than allowed, so that an answer at the limit and one above it differ.
    let reader = body
        .into_with_config()
        .limit(limit.saturating_add(1))
        .reader();
    Ok(Answer {
        reader: Box::new(reader),
        links,
    })
}

/// What a server says to a request.
pub(crate) enum Reply {
    /// The answer.
    Answer(Answer),
    /// What it wants first (`WWW-Authenticate`).
    Challenge(String),
}

/// A successful answer.
pub(crate) struct Answer {
    pub(crate) reader: Box<dyn Read + Send>,
    /// Its `Link` headers: addresses that the server names. Nothing is followed here.
    pub(crate) links: Vec<String>,
}

/// Runs `attempt` up to three times while it fails in ways that may pass.
pub(crate) fn retried<T>(
    mut attempt: impl FnMut() -> Result<T, FetchError>,
) -> Result<T, FetchError> {
    for pause in [200, 1000] {
        match attempt() {
            Err(error) if error.is_transient() => {
                std::thread::sleep(Duration::from_millis(pause));
            }
            result => return result,
        }
    }
    attempt()
}

/// A read that failed midway: too long an answer, or the connection.
pub(crate) fn interrupted(error: io::Error, limit: u64) -> FetchError {
    let inner = error
        .get_ref()
        .and_then(|inner| inner.downcast_ref::<ureq::Error>());
    match inner {
        Some(ureq::Error::BodyExceedsLimit(_)) => FetchError::TooLarge(limit),
        _ => FetchError::Transport(error.into()),
    }
}

fn transport(error: ureq::Error) -> FetchError {
    match error {
        ureq::Error::RequireHttpsOnly(url) => FetchError::Address(url),
        ureq::Error::Other(error) => match error.downcast::<Inside>() {
            Ok(inside) => FetchError::Inside {
                led: match inside.host.contains(&inside.address.to_string()) {
                    true => String::new(),
                    false => format!(" (it leads to {})", inside.address),
                },
                host: inside.host,
            },
            Err(error) => FetchError::Transport(error),
        },
        other => FetchError::Transport(other.into()),
    }
}

/// Plain http to this machine, by its number: no name that could lead elsewhere.
fn is_own(url: &str) -> bool {
    let rest = url.strip_prefix("http://").unwrap_or_default();
    let host = rest.split('/').next().unwrap_or_default();
    ["127.0.0.1", "[::1]"].iter().any(|own| {
        host.strip_prefix(own)
            .is_some_and(|port| port.is_empty() || port.starts_with(':'))
    })
}

fn roots(trust: &Trust) -> RootCerts {
    let system = SYSTEM_BUNDLES
        .iter()
        .map(PathBuf::from)
        .find(|path| path.exists());
    let found: Vec<_> = (system.iter().chain(&trust.certificate_files))
        .collect::<std::collections::BTreeSet<_>>()
        .into_iter()
        .filter_map(|path| std::fs::read(path).ok())
        .flat_map(|pem| {
            let certificate = |item| match item {
                Ok(PemItem::Certificate(certificate)) => Some(certificate),
                _ => None,
            };
            parse_pem(&pem).filter_map(certificate).collect::<Vec<_>>()
        })
        .collect();
    // Without any bundle, the authorities that are built in.
    if found.is_empty() {
        RootCerts::WebPki
    } else {
        RootCerts::new_with_certs(&found)
    }
}
