//! URLs that a browser is sent to, and comes back to.

use std::fmt;

use url::{Host, Url};

use super::UrlError;
use crate::net::Policy;

/// A URL that is fit to be opened in a browser: `https`, with a host, without credentials, and without any character
/// that a shell would act upon. Opening it is the caller's; show [`host`](Self::host) first.
///
/// ```
/// use interlock_sdk::auth::client::AuthorizationUrl;
/// use interlock_sdk::net::Policy;
///
/// let policy = Policy::default();
/// assert!(AuthorizationUrl::parse("https://idp.example/authorize?x=1&y=%20", &policy).is_ok());
/// for bad in ["http://idp.example/a", "javascript:alert(1)", "https://idp.example/$(touch x)"] {
///     assert!(AuthorizationUrl::parse(bad, &policy).is_err());
/// }
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct AuthorizationUrl(Url);

impl AuthorizationUrl {
    /// Checks a URL. `http` passes only to this machine, and only where `policy` allows that.
    ///
    /// # Errors
    /// [`UrlError`].
    pub fn parse(text: &str, policy: &Policy) -> Result<Self, UrlError> {
        let url = Url::parse(text).map_err(|_| UrlError::Malformed)?;
        let host = url.host().ok_or(UrlError::Malformed)?;
        match url.scheme() {
            "https" => {}
            "http" if policy.allows_loopback() && is_local(&host) => {}
            _ => return Err(UrlError::Scheme),
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(UrlError::Credentials);
        }
        // The text as the server wrote it, and what the parser makes of it: the parser would hide a space or a line end.
        let clean = |text: &str| text.bytes().all(is_plain);
        if url.fragment().is_some() || !clean(text) || !clean(url.as_str()) {
            return Err(UrlError::Characters);
        }
        Ok(Self(url))
    }

    /// With more parameters in the query.
    pub(super) fn with_query<'a>(
        mut self,
        pairs: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Self {
        self.0.query_pairs_mut().extend_pairs(pairs);
        self
    }

    /// Where it leads: show this to whoever is about to type a password there.
    #[must_use]
    pub fn host(&self) -> &str {
        self.0.host_str().unwrap_or_default()
    }

    /// The URL.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The URL, parsed.
    #[must_use]
    pub fn as_url(&self) -> &Url {
        &self.0
    }
}

impl fmt::Debug for AuthorizationUrl {
    /// Without the query: it holds `state` and the code challenge.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "AuthorizationUrl({}{})",
            self.0.origin().ascii_serialization(),
            self.0.path()
        )
    }
}

/// Characters of a URL that no shell and no launcher takes for anything else, `&` apart, which every query needs.
fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~%/:?=&@+,[]".contains(&byte)
}

fn is_local<S: AsRef<str>>(host: &Host<S>) -> bool {
    match host {
        Host::Domain(name) => name.as_ref().eq_ignore_ascii_case("localhost"),
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    }
}

/// A redirect URI: `https`, or `http` to this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RedirectUri {
    text: String,
    url: Url,
}

impl RedirectUri {
    /// Checks a redirect URI.
    ///
    /// # Errors
    /// [`UrlError`].
    pub fn parse(text: &str) -> Result<Self, UrlError> {
        let url = Url::parse(text).map_err(|_| UrlError::Malformed)?;
        let host = url.host().ok_or(UrlError::Malformed)?;
        if url.scheme() != "https" && !(url.scheme() == "http" && is_local(&host)) {
            return Err(UrlError::Scheme);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(UrlError::Credentials);
        }
        if url.fragment().is_some() || !text.bytes().all(is_plain) {
            return Err(UrlError::Characters);
        }
        Ok(Self {
            text: text.to_owned(),
            url,
        })
    }

    /// The URI as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The URI, parsed.
    #[must_use]
    pub fn as_url(&self) -> &Url {
        &self.url
    }

    /// Whether it leads to this machine: another program here could pose as the client.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        self.url.host().as_ref().is_some_and(is_local)
    }

    /// Whether a request for `requested` is one for this registered URI: the same string, or, for a loopback address
    /// over `http`, the same but for the port (RFC 8252 section 7.3). Nothing is normalised.
    ///
    /// ```
    /// use interlock_sdk::auth::client::RedirectUri;
    /// let registered = RedirectUri::parse("http://127.0.0.1/cb").unwrap();
    /// assert!(registered.accepts("http://127.0.0.1:49152/cb"));
    /// assert!(!registered.accepts("http://127.0.0.1/cb/../evil"));
    /// ```
    #[must_use]
    pub fn accepts(&self, requested: &str) -> bool {
        if self.text == requested {
            return true;
        }
        let Ok(other) = Self::parse(requested) else {
            return false;
        };
        let loopback =
            self.url.scheme() == "http" && self.is_loopback() && other.url.scheme() == "http";
        loopback
            && self.url.host() == other.url.host()
            && after_authority(&self.text) == after_authority(requested)
    }
}

/// Path and query as written.
fn after_authority(uri: &str) -> Option<&str> {
    let rest = uri.split_once("://")?.1;
    rest.find(['/', '?']).map_or(Some(""), |at| rest.get(at..))
}

#[cfg(test)]
mod tests {
    use super::{AuthorizationUrl, RedirectUri, UrlError};
    use crate::net::{Policy, danger};

    #[test]
    fn a_browser_is_sent_to_https_only() {
        use UrlError::{Characters, Credentials, Malformed, Scheme};
        let strict = Policy::default();
        for (url, fault) in [
            ("http://login.example.com/authorize", Scheme),
            ("http://127.0.0.1:9000/authorize", Scheme),
            ("javascript:alert(document.cookie)", Malformed),
            ("ms-msdt:/id PCWDiagnostic", Malformed),
            ("file:///etc/passwd", Malformed),
            ("ftp://idp.example/x", Scheme),
            ("https://user:pw@idp.example/x", Credentials),
            ("https://idp.example@evil.example/x", Credentials),
            ("https://idp.example/$(touch canary)", Characters),
            ("https://idp.example/`id`", Characters),
            ("https://idp.example/a\"b", Characters),
            ("https://idp.example/a|calc", Characters),
            ("https://idp.example/a;b", Characters),
            ("https://idp.example/a'b", Characters),
            ("https://idp.example/ab\nc", Characters),
            ("https://idp.example/a b", Characters),
            ("https://idp.example/a#b", Characters),
            ("https://idp.ex\u{e4}mple/a", Characters),
            ("/authorize", Malformed),
            ("", Malformed),
        ] {
            assert_eq!(
                AuthorizationUrl::parse(url, &strict).err(),
                Some(fault),
                "{url}"
            );
        }
        let url = "https://login.microsoftonline.com/common/oauth2/v2.0/authorize?resource=https%3A%2F%2Fmcp.example%2F&x=1";
        assert_eq!(AuthorizationUrl::parse(url, &strict).unwrap().as_str(), url);
    }

    #[test]
    fn in_development_a_browser_may_stay_on_this_machine() {
        let policy = danger::allow_loopback();
        for url in [
            "http://127.0.0.1:9000/authorize",
            "http://localhost/a",
            "http://[::1]:1/a",
        ] {
            assert!(AuthorizationUrl::parse(url, &policy).is_ok(), "{url}");
        }
        for url in [
            "http://10.0.0.1/a",
            "http://localhost.evil.example/a",
            "javascript://localhost/a",
        ] {
            assert!(AuthorizationUrl::parse(url, &policy).is_err(), "{url}");
        }
    }

    #[test]
    fn the_query_never_reaches_a_log() {
        let url = AuthorizationUrl::parse("https://idp.example/a", &Policy::default())
            .unwrap()
            .with_query([("state", "topsecret")]);
        assert_eq!(
            format!("{url:?}"),
            "AuthorizationUrl(https://idp.example/a)"
        );
        assert!(url.as_str().ends_with("?state=topsecret"));
    }

    // SPEC: 2025-11-25/basic/authorization/communication-security:3
    // SPEC: 2026-07-28/basic/authorization/security-considerations/communication-security:3
    #[test]
    fn a_redirect_uri_is_matched_as_a_string() {
        let registered = RedirectUri::parse("https://app.example/cb").unwrap();
        assert!(registered.accepts("https://app.example/cb"));
        for requested in [
            "https://app.example/cb/",
            "https://app.example:443/cb",
            "https://APP.example/cb",
            "https://app.example/cb?x",
            "https://app.example:8443/cb",
            "http://app.example/cb",
        ] {
            assert!(!registered.accepts(requested), "{requested}");
        }
        let loopback = RedirectUri::parse("http://127.0.0.1/cb").unwrap();
        for (requested, expected) in [
            ("http://127.0.0.1:49152/cb", true),
            ("http://127.0.0.1/cb/../evil", false),
            ("http://127.0.0.1:1/x/../cb", false),
            ("http://localhost:49152/cb", false),
            ("http://127.0.0.2:49152/cb", false),
            ("https://127.0.0.1:49152/cb", false),
            ("http://127.0.0.1:49152/cb?x=1", false),
        ] {
            assert_eq!(loopback.accepts(requested), expected, "{requested}");
        }
        assert!(loopback.is_loopback() && !registered.is_loopback());
        for bad in [
            "http://app.example/cb",
            "app:/cb",
            "https://app.example/cb#f",
            "https://a:b@app.example/",
        ] {
            assert!(RedirectUri::parse(bad).is_err(), "{bad}");
        }
    }
}
