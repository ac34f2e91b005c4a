//! Which URLs a client talks to.

use std::net::IpAddr;

use thiserror::Error;
use url::{Host, Origin, Url};

/// Why a URL is no server's address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum UrlError {
    /// It cannot be read.
    #[error("not a url")]
    Syntax,
    /// Neither `https` nor `http`.
    #[error("the scheme is not https")]
    Scheme,
    /// `http` to something that is not this machine.
    #[error("http without tls is for loopback addresses only: use https")]
    Plaintext,
    /// A user name or password in the URL: they would end up in logs.
    #[error("credentials do not belong in a url")]
    Credentials,
}

/// A URL that may be talked to, as requests need it.
#[derive(Debug, Clone)]
pub(super) struct Endpoint {
    url: Url,
    uri: http::Uri,
}

impl Endpoint {
    /// Judges the URL. `plaintext` allows `http` to other machines.
    pub(super) fn new(url: &str, plaintext: bool) -> Result<Self, UrlError> {
        let mut url = Url::parse(url).map_err(|_| UrlError::Syntax)?;
        match url.scheme() {
            "https" => {}
            "http" if plaintext || is_loopback(&url) => {}
            "http" => return Err(UrlError::Plaintext),
            _ => return Err(UrlError::Scheme),
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(UrlError::Credentials);
        }
        url.set_fragment(None);
        let uri = url.as_str().parse().map_err(|_| UrlError::Syntax)?;
        Ok(Self { url, uri })
    }

    pub(super) fn uri(&self) -> &http::Uri {
        &self.uri
    }

    /// What of the URL may be logged: its query may hold a secret.
    pub(super) fn origin(&self) -> String {
        self.url.origin().ascii_serialization()
    }

    /// Another address that the server names; only on the same origin, where credentials may go.
    pub(super) fn join(&self, reference: &str) -> Option<Self> {
        let url = self.url.join(reference).ok()?;
        let same = url.origin() == self.url.origin() && matches!(url.origin(), Origin::Tuple(..));
        // Judged before, and the origin did not change.
        same.then(|| Self::new(url.as_str(), true).ok())?
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => IpAddr::V4(address).is_loopback(),
        Some(Host::Ipv6(address)) => IpAddr::V6(address).is_loopback(),
        // RFC 6761: always this machine.
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_judged() {
        for (url, expected) in [
            ("https://mcp.example/mcp", Ok(())),
            ("http://127.0.0.1:8080/mcp", Ok(())),
            ("http://localhost/mcp", Ok(())),
            ("http://[::1]:1/", Ok(())),
            ("http://mcp.example/mcp", Err(UrlError::Plaintext)),
            ("http://localhost.evil.example/", Err(UrlError::Plaintext)),
            ("http://0.0.0.0/", Err(UrlError::Plaintext)),
            ("ftp://mcp.example/", Err(UrlError::Scheme)),
            ("file:///etc/passwd", Err(UrlError::Scheme)),
            ("https://user:pass@mcp.example/", Err(UrlError::Credentials)),
            ("mcp.example/mcp", Err(UrlError::Syntax)),
            ("", Err(UrlError::Syntax)),
        ] {
            assert_eq!(Endpoint::new(url, false).map(drop), expected, "{url}");
        }
        assert!(Endpoint::new("http://mcp.example/mcp", true).is_ok());
    }

    #[test]
    fn references_stay_on_the_origin() {
        let base = Endpoint::new("https://mcp.example/sse", false).unwrap();
        for (reference, expected) in [
            ("/messages?id=1", Some("https://mcp.example/messages?id=1")),
            ("messages", Some("https://mcp.example/messages")),
            ("https://mcp.example:443/m", Some("https://mcp.example/m")),
            ("https://evil.example/m", None),
            ("http://mcp.example/m", None),
            ("https://mcp.example:8443/m", None),
            ("//evil.example/m", None),
            ("\\\\evil.example\\m", None),
            ("https://user@mcp.example/m", None),
            ("javascript:alert(1)", None),
        ] {
            let joined = base.join(reference);
            assert_eq!(
                joined.as_ref().map(|to| to.url.as_str()),
                expected,
                "{reference}"
            );
        }
    }
}
