//! Registries of images (OCI distribution specification): manifests and blobs over HTTPS, with the token that public images need.
//!
//! Whatever comes is checked by the caller against a digest; a tag's manifest is the one thing that is taken at its word, once. A token
//! goes to the registry that asked for it, and the user's login to that registry and to where it has its tokens made; a
//! redirect gets neither. As engines do, a registry on this machine's own loopback is spoken to without TLS.

use super::{
    document::ACCEPT,
    lock::{Source, SourceError},
    login::{Login, Logins},
    reference::{ImageDigest, Reference},
};
use crate::http::{self, Answer, Client, FetchError, Get, Post, Reply, Sent, Trust, shows_public};
use serde::Deserialize;
use std::{
    collections::{BTreeMap, HashMap},
    io::Read,
    sync::Mutex,
};
use zeroize::Zeroizing;

/// Bytes of an answer with a token.
const TOKEN: u64 = 64 << 10;

/// Where images are fetched from.
pub struct Registry {
    client: Client,
    trust: Trust,
    mirrors: BTreeMap<String, String>,
    logins: Logins,
    /// What gets in, by registry and repository.
    headers: Mutex<HashMap<String, Zeroizing<String>>>,
}

#[derive(Deserialize)]
struct Token {
    token: Option<String>,
    access_token: Option<String>,
}

impl Registry {
    /// Connects to nothing yet. `mirrors` names another address (`https://…`) for a registry's host, which may be anywhere.
    #[must_use]
    pub fn new(mirrors: BTreeMap<String, String>, trust: &Trust) -> Self {
        let mut own = trust.clone();
        for mirror in mirrors.values() {
            own.reach = own.reach.clone().naming(mirror);
        }
        Self {
            client: Client::new(&own),
            trust: own,
            mirrors,
            logins: Logins::default(),
            headers: Mutex::default(),
        }
    }

    /// With the user's own logins, each of which goes to its own registry alone. A registry that the user logged in to may be anywhere.
    #[must_use]
    pub fn with_logins(mut self, logins: Logins) -> Self {
        for host in logins.hosts() {
            self.trust.reach = self.trust.reach.clone().naming(&format!("https://{host}/"));
            if is_loopback(host) {
                self.trust.reach = self.trust.reach.clone().naming(&format!("http://{host}/"));
            }
        }
        self.client = Client::new(&self.trust);
        self.logins = logins;
        self
    }

    /// Who asks for tokens. Where the user named the registry, the place that it has its tokens made at may be anywhere as well.
    fn client_for(&self, realm: &url::Url, image: &Reference) -> Client {
        let (base, _) = self.base(image.host());
        let named = url::Url::parse(&base).is_ok_and(|base| {
            let host = base.host_str().unwrap_or_default();
            self.trust.reach.names(host, base.port_or_known_default())
        });
        let reach = self.trust.reach.clone().naming(realm.as_str());
        if !named || reach == self.trust.reach {
            return self.client.clone();
        }
        Client::new(&Trust {
            reach,
            ..self.trust.clone()
        })
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

    /// The address of a part of a repository.
    pub(super) fn address(&self, image: &Reference, part: &str) -> String {
        let (base, _) = self.base(image.host());
        format!("{base}/v2/{}/{part}", image.path())
    }

    fn fetch(&self, image: &Reference, wanted: &Wanted<'_>) -> Result<Answer, FetchError> {
        let fetched = self.fetch_at(image, wanted);
        fetched.map_err(|error| match error {
            FetchError::Denied(code) if self.login(image).is_none() => {
                let registry = self.asked_host(image);
                match self.logins.helper(&registry) {
                    Some(program) => FetchError::Helper { registry, program },
                    None => FetchError::NoLogin { code, registry },
                }
            }
            other => other,
        })
    }

    fn fetch_at(&self, image: &Reference, wanted: &Wanted<'_>) -> Result<Answer, FetchError> {
        let (_, plain) = self.base(image.host());
        let key = image.name();
        let known = self.header(&key);
        let ask = |authorization: Option<&str>| {
            let get = Get {
                url: wanted.url,
                accept: wanted.accept,
                compressed: false,
                authorization,
                limit: wanted.limit,
                plain,
            };
            match wanted.leads_on {
                true => self.client.ask(&get),
                false => self.client.ask_there(&get),
            }
        };
        let challenge = match ask(known.as_ref().map(|header| header.as_str()))? {
            Reply::Answer(answer) => return Ok(answer),
            Reply::Challenge(challenge) => challenge,
        };
        let header = self.new_header(&challenge, image, plain)?;
        let reply = ask(Some(&header))?;
        if let Ok(mut headers) = self.headers.lock() {
            headers.insert(key, header);
        }
        match reply {
            Reply::Answer(answer) => Ok(answer),
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
        let accept = match part.starts_with("manifests/") {
            true => ACCEPT,
            false => "*/*",
        };
        let url = self.address(image, part);
        let whole = self.whole(image, &Wanted::part(&url, accept, limit));
        whole.map(|(bytes, _)| bytes)
    }

    /// A small document at an address of a repository, whole, and what its `Link` headers say.
    pub(super) fn whole(
        &self,
        image: &Reference,
        wanted: &Wanted<'_>,
    ) -> Result<(Vec<u8>, Vec<String>), FetchError> {
        let limit = wanted.limit;
        http::retried(|| {
            let mut bytes = Vec::new();
            let answer = self.fetch(image, wanted)?;
            let mut reader = answer.reader.take(limit.saturating_add(1));
            let read = reader.read_to_end(&mut bytes);
            read.map_err(|error| http::interrupted(error, limit))?;
            match bytes.len() as u64 > limit {
                true => Err(FetchError::TooLarge(limit)),
                false => Ok((bytes, answer.links)),
            }
        })
    }

    fn header(&self, key: &str) -> Option<Zeroizing<String>> {
        self.headers.lock().ok()?.get(key).cloned()
    }

    /// The registry that is asked: the mirror, where there is one.
    fn asked_host(&self, image: &Reference) -> String {
        let own = || image.host().to_owned();
        let Some(mirror) = self.mirrors.get(image.host()) else {
            return own();
        };
        let url = url::Url::parse(mirror).ok();
        let host = url
            .as_ref()
            .and_then(|url| Some((url.host_str()?, url.port())));
        match host {
            Some((host, Some(port))) => format!("{host}:{port}"),
            Some((host, None)) => host.to_owned(),
            None => own(),
        }
    }

    fn login(&self, image: &Reference) -> Option<&Login> {
        self.logins.of(&self.asked_host(image), image.path())
    }

    /// What a registry wants to see: the login itself, or a token.
    fn new_header(
        &self,
        challenge: &str,
        image: &Reference,
        plain: bool,
    ) -> Result<Zeroizing<String>, FetchError> {
        let scheme = challenge.split(' ').next().unwrap_or_default();
        if !scheme.eq_ignore_ascii_case("basic") {
            let token = self.new_token(challenge, image, plain)?;
            return Ok(Zeroizing::new(format!("Bearer {}", *token)));
        }
        match self.login(image) {
            Some(login) => basic(login).ok_or(FetchError::Denied(401)),
            None => Err(FetchError::Denied(401)),
        }
    }

    /// A token for reading this one repository, whatever the challenge would have it for.
    fn new_token(
        &self,
        challenge: &str,
        image: &Reference,
        plain: bool,
    ) -> Result<Zeroizing<String>, FetchError> {
        let denied = || FetchError::Denied(401);
        let fields = parameters(challenge).ok_or_else(denied)?;
        let url = self.realm(fields.get("realm").ok_or_else(denied)?, image)?;
        let asked = Asked {
            service: fields.get("service").map(String::as_str),
            scope: format!("repository:{}:pull", image.path()),
            plain: plain && url.host_str().is_some_and(is_loopback),
            client: self.client_for(&url, image),
            url,
        };
        let text = match self.login(image) {
            Some(Login::Identity(identity)) => self.with_identity(&asked, identity)?,
            login => self.with_login(&asked, login)?,
        };
        let token: Token = serde_json::from_str(&text).map_err(|_| denied())?;
        let [token, other] = [token.token, token.access_token].map(|it| it.map(Zeroizing::new));
        let token = token.or(other).ok_or_else(denied)?;
        let plain = token.bytes().all(|byte| byte.is_ascii_graphic());
        plain.then_some(token).ok_or_else(denied)
    }

    /// Where tokens are made, as a challenge says: on the internet, or where the registry is.
    fn realm(&self, realm: &str, image: &Reference) -> Result<url::Url, FetchError> {
        let address = || FetchError::Address(realm.to_owned());
        let url = url::Url::parse(realm).map_err(|_| address())?;
        let (base, _) = self.base(image.host());
        let registry = url::Url::parse(&base).map_err(|_| address())?;
        let has_user = !url.username().is_empty() || url.password().is_some();
        if has_user || (!shows_public(&url) && shows_public(&registry)) {
            return Err(address());
        }
        Ok(url)
    }

    /// A token for a login, or for everybody.
    fn with_login(
        &self,
        asked: &Asked<'_>,
        login: Option<&Login>,
    ) -> Result<Zeroizing<String>, FetchError> {
        let mut url = asked.url.clone();
        if let Some(service) = asked.service {
            url.query_pairs_mut().append_pair("service", service);
        }
        url.query_pairs_mut().append_pair("scope", &asked.scope);
        let header = login.and_then(basic);
        let text = asked.client.text_there(&Get {
            url: url.as_str(),
            accept: "application/json",
            compressed: false,
            authorization: header.as_ref().map(|header| header.as_str()),
            limit: TOKEN,
            plain: asked.plain,
        });
        text.map(Zeroizing::new)
    }

    /// A token for what a registry gave instead of a password (OAuth 2, as registries have it).
    fn with_identity(
        &self,
        asked: &Asked<'_>,
        identity: &str,
    ) -> Result<Zeroizing<String>, FetchError> {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.append_pair("grant_type", "refresh_token")
            .append_pair("service", asked.service.unwrap_or_default())
            .append_pair("client_id", "interlock")
            .append_pair("scope", &asked.scope)
            .append_pair("refresh_token", identity);
        let form = Zeroizing::new(form.finish());
        let sent = asked.client.asked(&Post {
            url: asked.url.as_str(),
            body: Some(form.as_bytes()),
            headers: &[
                ("accept", "application/json"),
                ("content-type", "application/x-www-form-urlencoded"),
            ],
            limit: TOKEN,
            plain: asked.plain,
        })?;
        // A login is not taken to another address than the registry named.
        let Sent::Answer(answer) = sent else {
            return Err(FetchError::Denied(401));
        };
        let mut text = Zeroizing::new(String::new());
        let read = answer.reader.take(TOKEN).read_to_string(&mut text);
        read.map_err(|error| http::interrupted(error, TOKEN))?;
        Ok(text)
    }
}

/// What is wanted of a repository.
pub(super) struct Wanted<'a> {
    url: &'a str,
    accept: &'a str,
    limit: u64,
    /// Whether a redirect is followed.
    leads_on: bool,
}

impl<'a> Wanted<'a> {
    /// What is checked against a digest, or taken at its word by its tag. Registries keep such things elsewhere, and lead there.
    const fn part(url: &'a str, accept: &'a str, limit: u64) -> Self {
        Self {
            url,
            accept,
            limit,
            leads_on: true,
        }
    }

    /// A page of a list of referrers, whatever its address looks like. A registry without such a list may lead to a page for people.
    pub(super) const fn page(url: &'a str, limit: u64) -> Self {
        Self {
            url,
            accept: "*/*",
            limit,
            leads_on: false,
        }
    }
}

/// A token that is wanted.
struct Asked<'a> {
    client: Client,
    url: url::Url,
    service: Option<&'a str>,
    scope: String,
    /// Without TLS: everything is on this machine.
    plain: bool,
}

/// User and password as a header.
fn basic(login: &Login) -> Option<Zeroizing<String>> {
    match login {
        Login::Basic(pair) => Some(Zeroizing::new(format!("Basic {}", **pair))),
        Login::Identity(_) => None,
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
        let url = self.address(image, &format!("blobs/{digest}"));
        let answer = http::retried(|| self.fetch(image, &Wanted::part(&url, "*/*", limit)));
        Ok(answer?.reader)
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

    /// What an address looks like does not matter: those of later pages are the registry's words.
    #[test]
    fn pages_lead_nowhere() {
        for url in [
            "https://hub.example/v2/team/x/referrers/sha256:ab",
            "https://hub.example:443/v2/team/x/referrers/sha256:ab?n=2",
            "https://HUB.example/v2/team/x/referrers/sha256:ab?n=2",
        ] {
            assert!(!Wanted::page(url, 9).leads_on, "{url}");
            assert!(Wanted::part(url, "*/*", 9).leads_on, "{url}");
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
