//! `Host` and `Origin`: which names this server answers to. Compared as a whole, never by prefix or suffix.
//!
//! A page of any site can make a browser send requests to a loopback address, under a name that the site's own DNS gives
//! (DNS rebinding). The browser tells the truth in these two headers, so they are what is judged, always.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use thiserror::Error;

/// A host with its port, as `Host` and origins write it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Authority<'a> {
    pub(super) host: HostName<'a>,
    pub(super) port: Option<u16>,
}

/// Names are compared without case; addresses by value.
#[derive(Debug, Clone)]
pub(super) enum HostName<'a> {
    Name(&'a str),
    V6(Ipv6Addr),
}

impl PartialEq for HostName<'_> {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Name(one), Self::Name(other)) => one.eq_ignore_ascii_case(other),
            (Self::V6(one), Self::V6(other)) => one == other,
            _ => false,
        }
    }
}

impl Eq for HostName<'_> {}

impl HostName<'_> {
    /// `localhost`, `127.0.0.1` or `[::1]`, and nothing that merely resolves to them.
    pub(super) fn is_loopback(&self) -> bool {
        match self {
            Self::Name(name) => name.eq_ignore_ascii_case("localhost") || *name == "127.0.0.1",
            Self::V6(address) => *address == Ipv6Addr::LOCALHOST,
        }
    }
}

/// Reads `host`, `host:port`, `[v6]` or `[v6]:port`. Anything else is none: user info, paths, spaces, odd ports.
pub(super) fn authority(text: &str) -> Option<Authority<'_>> {
    if let Some(rest) = text.strip_prefix('[') {
        let (address, port) = rest.split_once(']')?;
        let port = match port {
            "" => None,
            port => Some(port_of(port.strip_prefix(':')?)?),
        };
        let host = HostName::V6(address.parse().ok()?);
        return Some(Authority { host, port });
    }
    let (name, port) = match text.split_once(':') {
        Some((name, port)) => (name, Some(port_of(port)?)),
        None => (text, None),
    };
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
    let valid = !name.is_empty() && name.len() <= 253 && name.bytes().all(fits);
    valid.then_some(Authority {
        host: HostName::Name(name),
        port,
    })
}

fn port_of(text: &str) -> Option<u16> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}

/// Why a name cannot be allowed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum AllowError {
    /// No `host` or `host:port`.
    #[error("`{0}` is no host name, with or without a port")]
    Host(String),
    /// No `scheme://host` or `scheme://host:port`.
    #[error("`{0}` is no origin such as `https://app.example`")]
    Origin(String),
}

/// The names that this server has, and the origins whose pages may call it.
#[derive(Debug, Clone, Default)]
pub(super) struct Names {
    /// Lower case; without a port any is meant.
    hosts: Vec<(String, Option<u16>)>,
    /// Lower case, exact.
    origins: Vec<String>,
}

impl Names {
    pub(super) fn allow_host(&mut self, host: &str) -> Result<(), AllowError> {
        let lower = host.to_ascii_lowercase();
        let parsed = authority(&lower).ok_or_else(|| AllowError::Host(host.to_owned()))?;
        let name = match &parsed.host {
            HostName::Name(name) => (*name).to_owned(),
            HostName::V6(address) => format!("[{address}]"),
        };
        self.hosts.push((name, parsed.port));
        Ok(())
    }

    pub(super) fn allow_origin(&mut self, origin: &str) -> Result<(), AllowError> {
        let lower = origin.to_ascii_lowercase();
        if origin_of(&lower).is_none() {
            return Err(AllowError::Origin(origin.to_owned()));
        }
        self.origins.push(lower);
        Ok(())
    }

    /// An address that was bound to is a name too: nobody's DNS can give it to another page.
    pub(super) fn allow_address(&mut self, address: IpAddr) {
        let name = match address {
            IpAddr::V4(Ipv4Addr::UNSPECIFIED) | IpAddr::V6(Ipv6Addr::UNSPECIFIED) => return,
            IpAddr::V4(address) => address.to_string(),
            IpAddr::V6(address) => format!("[{address}]"),
        };
        self.hosts.push((name, None));
    }

    pub(super) fn is_host(&self, host: &Authority<'_>) -> bool {
        host.host.is_loopback()
            || self.hosts.iter().any(|(name, port)| {
                let same = authority(name).is_some_and(|allowed| allowed.host == host.host);
                same && (port.is_none() || *port == host.port)
            })
    }

    /// Whether a page of `origin` may call a server that was reached as `host`: an allowed origin, or the server's own.
    pub(super) fn judge_origin(&self, origin: &str, host: &Authority<'_>) -> Page {
        let lower = origin.to_ascii_lowercase();
        if self.origins.contains(&lower) {
            return Page::Allowed;
        }
        match origin_of(&lower) {
            Some((Some(default_port), page)) if is_own(&page, default_port, host) => Page::Own,
            _ => Page::Foreign,
        }
    }
}

/// Whose page made a browser send the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Page {
    /// Of an origin that was allowed: it may read the answer.
    Allowed,
    /// Of this server itself.
    Own,
    /// Of anybody else.
    Foreign,
}

fn is_own(page: &Authority<'_>, default_port: u16, host: &Authority<'_>) -> bool {
    let same_name = page.host == host.host || (page.host.is_loopback() && host.host.is_loopback());
    let port = |authority: &Authority<'_>| authority.port.unwrap_or(default_port);
    same_name && port(page) == port(host)
}

/// The default port of an origin's scheme, if the scheme is HTTP's, and its host.
fn origin_of(text: &str) -> Option<(Option<u16>, Authority<'_>)> {
    let (scheme, rest) = text.split_once("://")?;
    let default_port = match scheme {
        "http" => Some(80),
        "https" => Some(443),
        // Desktop shells and extensions have schemes of their own; these never are this server's own pages.
        other
            if other
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') =>
        {
            None
        }
        _ => return None,
    };
    Some((default_port, authority(rest)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_compared_as_a_whole() {
        let mut names = Names::default();
        names.allow_host("mcp.example").expect("a host");
        names.allow_host("Other.example:8443").expect("a host");
        names.allow_host("[2001:DB8::1]").expect("a host");
        names.allow_address(Ipv4Addr::new(10, 0, 0, 5).into());
        names.allow_address(Ipv4Addr::UNSPECIFIED.into());
        let check = |host: &str, expected: bool| {
            let judged = authority(host).is_some_and(|host| names.is_host(&host));
            assert_eq!(judged, expected, "`{host}`");
        };
        for host in [
            "localhost",
            "LocalHost:8080",
            "127.0.0.1:1",
            "[::1]:80",
            "[0:0::1]",
            "mcp.example",
            "MCP.example:9",
        ] {
            check(host, true);
        }
        for host in [
            "other.example:8443",
            "[2001:db8:0::1]:5",
            "10.0.0.5",
            "10.0.0.5:8080",
        ] {
            check(host, true);
        }
        for host in [
            "",
            ":80",
            "localhost:",
            "localhost:x",
            "localhost:99999",
            "localhost:+80",
            "localhost.",
            "localhost:80:80",
        ] {
            check(host, false);
        }
        for host in [
            "localhost.evil.example",
            "evil.example",
            "127.0.0.1.evil.example:80",
            "evilmcp.example",
            "mcp.example.evil",
        ] {
            check(host, false);
        }
        for host in [
            "0.0.0.0:80",
            "[::]",
            "127.1",
            "127.0.0.2",
            "2130706433",
            "0x7f.1",
            "[::ffff:127.0.0.1]",
            "[::1",
            "::1",
        ] {
            check(host, false);
        }
        for host in [
            "other.example",
            "other.example:80",
            "a@localhost",
            "localhost/",
            "localhost#",
            "local host",
            "löcalhost",
        ] {
            check(host, false);
        }
    }

    #[test]
    fn origins_are_the_allowed_ones_or_our_own() {
        let mut names = Names::default();
        names
            .allow_origin("https://App.example")
            .expect("an origin");
        names
            .allow_origin("vscode-webview://abc")
            .expect("an origin");
        let check = |origin: &str, host: &str, expected: Page| {
            let host = authority(host).expect("a host");
            assert_eq!(names.judge_origin(origin, &host), expected, "`{origin}`");
        };
        let local = "127.0.0.1:8080";
        check("https://app.example", local, Page::Allowed);
        check("HTTPS://APP.EXAMPLE", local, Page::Allowed);
        check("vscode-webview://abc", local, Page::Allowed);
        check("http://127.0.0.1:8080", local, Page::Own);
        check("http://localhost:8080", local, Page::Own);
        check("http://[::1]:8080", "localhost:8080", Page::Own);
        check("https://mcp.example", "mcp.example", Page::Own);
        check("https://mcp.example", "mcp.example:443", Page::Own);
        for foreign in [
            "null",
            "",
            "http://evil.example",
            "http://localhost.evil.example",
            "http://127.0.0.1.evil.example:8080",
            "http://localhost:3000",
            "http://localhost",
            "http://app.example",
            "https://app.example.evil",
            "https://app.example:444",
            "https://app.example/",
            "http://evil@localhost:8080",
            "http://localhost:8080/x",
            "file://",
            "http:localhost:8080",
            "https://app.example, https://evil.example",
            "vscode-webview://abd",
            "chrome-extension://localhost:8080",
        ] {
            check(foreign, local, Page::Foreign);
        }
    }

    #[test]
    fn only_names_can_be_allowed() {
        for host in ["", "https://a", "a b", "a/", "*.example", "a:b"] {
            assert!(Names::default().allow_host(host).is_err(), "`{host}`");
        }
        for origin in [
            "",
            "null",
            "*",
            "app.example",
            "https://",
            "https://a/",
            "https://*.a",
        ] {
            assert!(Names::default().allow_origin(origin).is_err(), "`{origin}`");
        }
    }
}
