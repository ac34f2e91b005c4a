//! Where a repository is: an address over HTTPS, in one form.

use std::{fmt, net::IpAddr};
use url::{Host, Url};

/// Why an address names no repository that could be fetched.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum AddressError {
    /// Not `https://HOST/PATH`.
    #[error("`{0}` is not the https address of a repository")]
    Shape(String),
    /// A login in the address ends up in lock files and logs.
    #[error("an address must not have a user or password in it")]
    Login,
}

/// The address of a repository.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Repository {
    url: Url,
}

impl Repository {
    /// Reads `https://HOST/PATH`. Plain `http` is for an address of this machine only, where no network is in between.
    ///
    /// # Errors
    /// When it is anything else.
    pub fn new(text: &str) -> Result<Self, AddressError> {
        let shape = || {
            let shown: String = text.chars().take(200).collect();
            AddressError::Shape(shown.escape_debug().to_string())
        };
        let url = Url::parse(text).map_err(|_| shape())?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(AddressError::Login);
        }
        let local = match url.host() {
            Some(Host::Ipv4(address)) => IpAddr::V4(address).is_loopback(),
            Some(Host::Ipv6(address)) => IpAddr::V6(address).is_loopback(),
            _ => false,
        };
        let fits = match url.scheme() {
            "https" => url.host().is_some(),
            "http" => local,
            _ => false,
        };
        let plain = url.query().is_none() && url.fragment().is_none();
        if !fits || !plain || url.path().trim_matches('/').is_empty() {
            return Err(shape());
        }
        Ok(Self { url })
    }

    /// The address, without a slash at its end.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.url.as_str().trim_end_matches('/')
    }

    /// The last part of the path, without `.git`: what people call it.
    #[must_use]
    pub fn name(&self) -> &str {
        let last = self.as_str().rsplit('/').next().unwrap_or_default();
        last.strip_suffix(".git").unwrap_or(last)
    }

    /// Plain http was admitted.
    pub(super) fn is_plain(&self) -> bool {
        self.url.scheme() == "http"
    }
}

impl fmt::Display for Repository {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        for (text, expected) in [
            (
                "https://github.com/a/b",
                Some(("https://github.com/a/b", "b")),
            ),
            (
                "https://GitHub.com/a/b.git/",
                Some(("https://github.com/a/b.git", "b")),
            ),
            ("https://host:8443/b", Some(("https://host:8443/b", "b"))),
            (
                "http://127.0.0.1:80/x/y",
                Some(("http://127.0.0.1/x/y", "y")),
            ),
            ("http://[::1]:9/y", Some(("http://[::1]:9/y", "y"))),
            ("http://localhost/y", None),
            ("http://host/a/b", None),
            ("https://host/", None),
            ("https://host", None),
            ("https://user@host/a", None),
            ("https://user:word@host/a", None),
            ("https://host/a?x=y", None),
            ("https://host/a#main", None),
            ("ssh://git@host/a", None),
            ("git://host/a", None),
            ("file:///a", None),
            ("ext::sh -c id", None),
            ("git@host:a/b", None),
            ("", None),
        ] {
            let found = Repository::new(text).ok();
            let found = found.as_ref().map(|it| (it.as_str(), it.name()));
            assert_eq!(found, expected, "{text}");
        }
    }
}
