//! Registries of images (OCI distribution specification): manifests and blobs over HTTPS, with the token that public images need.
//!
//! Whatever comes is checked by the caller against a digest; a tag's manifest is the one thing that is taken at its word, once. Tokens
//! are anonymous and go to the registry that asked for them; a redirect gets none. As engines do, a registry on this
//! machine's own loopback is spoken to without TLS.

use super::{
    document::ACCEPT,
    lock::{Source, SourceError},
    reference::{ImageDigest, Reference},
};
use crate::http::{self, Client, FetchError, Get, Reply, Trust};
use serde::Deserialize;
use std::{
    collections::{BTreeMap, HashMap},
    io::Read,
    sync::Mutex,
};

/// Bytes of an answer with a token.
const TOKEN: u64 = 64 << 10;

/// Where images are fetched from.
pub struct Registry {
    client: Client,
    mirrors: BTreeMap<String, String>,
    /// Tokens by registry and repository: short-lived, and of use for reading what everybody may read.
    tokens: Mutex<HashMap<String, String>>,
}

#[derive(Deserialize)]
struct Token {
    token: Option<String>,
    access_token: Option<String>,
}

impl Registry {
    /// Connects to nothing yet. `mirrors` names another address (`https://…`) for a registry's host.
    #[must_use]
    pub fn new(mirrors: BTreeMap<String, String>, trust: &Trust) -> Self {
        Self {
            client: Client::new(trust),
            mirrors,
            tokens: Mutex::default(),
        }
    }

    /// The address of a registry, and whether it is spoken to without TLS.
    fn base(&self, host: &str) -> (String, bool) {
        if let Some(mirror) = self.mirrors.get(host) {
            let mirror = mirror.trim_end_matches('/').to_owned();
            let plain = mirror
                .strip_prefix("http://")
                .is_some_and(|rest| is_loopback(rest.split('/').next().unwrap_or_default()));
            return (mirror, plain);
        }
        match host {
            "docker.io" => ("https://registry-1.docker.io".to_owned(), false),
            host if is_loopback(host) => (format!("http://{host}"), true),
            host => (format!("https://{host}"), false),
        }
    }

    fn fetch(
        &self,
        image: &Reference,
        part: &str,
        accept: &str,
        limit: u64,
    ) -> Result<Box<dyn Read + Send>, FetchError> {
        let (base, plain) = self.base(image.host());
        let url = format!("{base}/v2/{}/{part}", image.path());
        let key = image.name();
        let known = self.token(&key);
        let ask = |token: Option<&str>| {
            let authorization = token.map(|token| format!("Bearer {token}"));
            self.client.ask(&Get {
                url: &url,
                accept,
                compressed: false,
                authorization: authorization.as_deref(),
                limit,
                plain,
            })
        };
        let challenge = match ask(known.as_deref())? {
            Reply::Answer(answer) => return Ok(answer.reader),
            Reply::Challenge(challenge) => challenge,
        };
        let token = self.new_token(&challenge, image, plain)?;
        let reply = ask(Some(&token))?;
        if let Ok(mut tokens) = self.tokens.lock() {
            tokens.insert(key, token);
        }
        match reply {
            Reply::Answer(answer) => Ok(answer.reader),
            Reply::Challenge(_) => Err(FetchError::Denied(401)),
        }
    }

    /// A small document of a repository, whole.
    pub(super) fn document(
        &self,
        image: &Reference,
        part: &str,
        limit: u64,
    ) -> Result<Vec<u8>, FetchError> {
        http::retried(|| {
            let mut bytes = Vec::new();
            let accept = match part.starts_with("manifests/") {
                true => ACCEPT,
                false => "*/*",
            };
            let reader = self.fetch(image, part, accept, limit)?;
            let read = reader.take(limit.saturating_add(1)).read_to_end(&mut bytes);
            read.map_err(|error| http::interrupted(error, limit))?;
            match bytes.len() as u64 > limit {
                true => Err(FetchError::TooLarge(limit)),
                false => Ok(bytes),
            }
        })
    }

    fn token(&self, key: &str) -> Option<String> {
        self.tokens.lock().ok()?.get(key).cloned()
    }

    /// A token for reading this one repository, whatever the challenge would have it for.
    fn new_token(
        &self,
        challenge: &str,
        image: &Reference,
        plain: bool,
    ) -> Result<String, FetchError> {
        let denied = || FetchError::Denied(401);
        let fields = parameters(challenge).ok_or_else(denied)?;
        let realm = fields.get("realm").ok_or_else(denied)?;
        let address = || FetchError::Address(realm.clone());
        let mut url = url::Url::parse(realm).map_err(|_| address())?;
        let (base, _) = self.base(image.host());
        let registry = url::Url::parse(&base).map_err(|_| address())?;
        let has_user = !url.username().is_empty() || url.password().is_some();
        if has_user || (is_inside(&url) && !is_inside(&registry)) {
            return Err(address());
        }
        let scope = format!("repository:{}:pull", image.path());
        if let Some(service) = fields.get("service") {
            url.query_pairs_mut().append_pair("service", service);
        }
        url.query_pairs_mut().append_pair("scope", &scope);
        let loopback = url.host_str().is_some_and(is_loopback);
        let text = self.client.text_there(&Get {
            url: url.as_str(),
            accept: "application/json",
            compressed: false,
            authorization: None,
            limit: TOKEN,
            plain: plain && loopback,
        })?;
        let token: Token = serde_json::from_str(&text).map_err(|_| denied())?;
        let token = token.token.or(token.access_token).ok_or_else(denied)?;
        let plain = token.bytes().all(|byte| byte.is_ascii_graphic());
        plain.then_some(token).ok_or_else(denied)
    }
}

impl Source for Registry {
    fn manifest(
        &self,
        image: &Reference,
        digest: Option<ImageDigest>,
        limit: u64,
    ) -> Result<Vec<u8>, SourceError> {
        let version = digest.map_or_else(|| image.version(), |digest| digest.to_string());
        let part = format!("manifests/{version}");
        Ok(self.document(image, &part, limit)?)
    }

    fn blob(
        &self,
        image: &Reference,
        digest: ImageDigest,
        limit: u64,
    ) -> Result<Box<dyn Read + Send>, SourceError> {
        let part = format!("blobs/{digest}");
        let reader = http::retried(|| self.fetch(image, &part, "*/*", limit));
        Ok(reader?)
    }
}

/// `127.0.0.0/8`, `::1` and `localhost`, with or without a port: what never leaves this machine.
fn is_loopback(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    let address = name.parse::<std::net::IpAddr>();
    name == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

/// Whether an address is one of this machine or of its own network: not for a registry of the internet to have asked.
fn is_inside(url: &url::Url) -> bool {
    match url.host() {
        Some(url::Host::Ipv4(v4)) => is_inside_v4(v4),
        Some(url::Host::Ipv6(v6)) => {
            v6.is_loopback()
                || v6.is_unspecified()
                || v6.is_unique_local()
                || v6.is_unicast_link_local()
                || v6.to_ipv4_mapped().is_some_and(is_inside_v4)
        }
        Some(url::Host::Domain(name)) => {
            let name = name.trim_end_matches('.');
            name == "localhost" || name.ends_with(".localhost")
        }
        None => true,
    }
}

fn is_inside_v4(address: std::net::Ipv4Addr) -> bool {
    address.is_loopback()
        || address.is_private()
        || address.is_link_local()
        || address.is_unspecified()
}

/// The parameters of a `Bearer` challenge (RFC 9110, section 11.2). `None` for another scheme.
fn parameters(challenge: &str) -> Option<BTreeMap<String, String>> {
    let (scheme, rest) = challenge.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("bearer") || rest.len() > 4096 {
        return None;
    }
    let mut fields = BTreeMap::new();
    let mut rest = rest.trim_start();
    while let Some((name, value)) = rest.split_once('=') {
        let (value, after) = match value.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"')?,
            None => value.split_once(',').unwrap_or((value, "")),
        };
        fields.insert(name.trim().to_ascii_lowercase(), value.to_owned());
        rest = after.trim_start_matches([',', ' ']);
    }
    Some(fields)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn challenges() {
        let check = |text: &str, expected: &[(&str, &str)]| {
            let found = parameters(text).unwrap_or_default();
            let found: Vec<(&str, &str)> = found
                .iter()
                .map(|(name, value)| (name.as_str(), value.as_str()))
                .collect();
            assert_eq!(found, expected, "{text}");
        };
        check(
            r#"Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:a/b:pull,push""#,
            &[
                ("realm", "https://auth.docker.io/token"),
                ("scope", "repository:a/b:pull,push"),
                ("service", "registry.docker.io"),
            ],
        );
        check(
            "bearer realm=x, service=y",
            &[("realm", "x"), ("service", "y")],
        );
        check("Basic realm=\"x\"", &[]);
        check("Bearer", &[]);
        check("Bearer realm=\"x", &[]);
    }

    #[test]
    fn tokens_are_had_from_the_internet_or_where_the_registry_is() {
        let challenge = |host: &str, realm: &str| {
            let image = interlock_launch::ContainerRef {
                engine: "oci".into(),
                image: format!("{host}/team/x"),
                tag: None,
                digest: None,
                entrypoint: None,
                workdir: None,
                platform: None,
                env_files: Vec::new(),
                mounts: Vec::new(),
                env: Vec::new(),
                options: Vec::new(),
                args: Vec::new(),
            };
            let image = Reference::of(&image).unwrap();
            // Nothing is asked: where it would be, that it is offline is what is said.
            let trust = Trust {
                offline: true,
                ..Trust::default()
            };
            let registry = Registry::new(BTreeMap::new(), &trust);
            let text = format!("Bearer realm=\"{realm}\"");
            let asked = registry.new_token(&text, &image, registry.base(host).1);
            matches!(asked, Err(FetchError::Offline))
        };
        for (host, realm, expected) in [
            ("ghcr.io", "https://auth.example/token", true),
            ("ghcr.io", "https://me@auth.example/token", false),
            ("ghcr.io", "https://:x@auth.example/token", false),
            ("ghcr.io", "https://127.0.0.1/token", false),
            ("ghcr.io", "https://2130706433/token", false),
            ("ghcr.io", "https://localhost:9/token", false),
            ("ghcr.io", "https://10.0.0.1/token", false),
            ("ghcr.io", "https://169.254.169.254/token", false),
            ("ghcr.io", "https://[::ffff:10.0.0.1]/token", false),
            ("ghcr.io", "https://[fe80::1]/token", false),
            ("ghcr.io", "data:x", false),
            ("127.0.0.1:5000", "http://127.0.0.1:5001/token", true),
        ] {
            assert_eq!(challenge(host, realm), expected, "{host} {realm}");
        }
    }

    #[test]
    fn only_this_machine_is_spoken_to_without_tls() {
        let mirrors = [
            ("a.example", "http://127.0.0.1:5000/"),
            ("b.example", "http://mirror.example"),
            ("c.example", "https://mirror.example/x/"),
        ];
        let mirrors = mirrors.map(|(host, url)| (host.to_owned(), url.to_owned()));
        let registry = Registry::new(mirrors.into(), &Trust::default());
        for (host, base, plain) in [
            ("docker.io", "https://registry-1.docker.io", false),
            ("ghcr.io", "https://ghcr.io", false),
            ("localhost:5000", "http://localhost:5000", true),
            ("127.0.0.1:5000", "http://127.0.0.1:5000", true),
            ("127.0.0.1.example", "https://127.0.0.1.example", false),
            ("a.example", "http://127.0.0.1:5000", true),
            ("b.example", "http://mirror.example", false),
            ("c.example", "https://mirror.example/x", false),
        ] {
            assert_eq!(registry.base(host), (base.to_owned(), plain), "{host}");
        }
    }
}
