//! Where a server may connect: a host, or every name under a domain, and one port.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use thiserror::Error;

use super::Danger;

/// Why a text is not `HOST:PORT`.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum HostPortError {
    /// There is no `:PORT` at the end, or it is not a number from 1 to 65535.
    #[error("`{0}` needs a port from 1 to 65535: write it as `HOST:PORT`")]
    Port(String),
    /// The host is neither a name, nor `*.` and a name, nor an address.
    #[error("`{0}` is not a host name: write `example.com`, `*.example.com` or an address")]
    Host(String),
}

/// One place to connect to: `example.com:443`, `*.example.com:443`, `192.0.2.1:5432`, `[2001:db8::1]:443`
/// or, as a danger, `*:443`. Names are lower case, in ASCII (RFC 5890 A-labels), without the last dot.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HostPort {
    host: Host,
    port: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Host {
    Any,
    Under(String),
    Name(String),
    Address(IpAddr),
}

impl HostPort {
    /// The port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The host as it is written: `*`, `*.example.com`, `example.com`, `192.0.2.1`, `2001:db8::1`.
    #[must_use]
    pub fn host(&self) -> String {
        match &self.host {
            Host::Any => "*".to_owned(),
            Host::Under(domain) => format!("*.{domain}"),
            Host::Name(name) => name.clone(),
            Host::Address(address) => address.to_string(),
        }
    }

    /// The address, where the host is one.
    #[must_use]
    pub fn address(&self) -> Option<IpAddr> {
        match self.host {
            Host::Address(address) => Some(address),
            _ => None,
        }
    }

    /// Whether a server that holds this grant may ask for `name` (lower case, no last dot).
    #[must_use]
    pub fn matches_name(&self, name: &str) -> bool {
        match &self.host {
            Host::Any => true,
            Host::Under(domain) => name
                .strip_suffix(domain.as_str())
                .and_then(|rest| rest.strip_suffix('.'))
                .is_some_and(|rest| !rest.is_empty()),
            Host::Name(granted) => granted == name,
            Host::Address(_) => false,
        }
    }

    /// What has to be accepted before this can be granted.
    #[must_use]
    pub fn danger(&self) -> Option<Danger> {
        match &self.host {
            Host::Any => Some(Danger::AnyHost),
            // `*.com` is every host in all but name.
            Host::Under(domain) if !domain.contains('.') => Some(Danger::AnyHost),
            Host::Under(name) | Host::Name(name) => {
                names_the_local_network(name).then_some(Danger::PrivateNetwork)
            }
            Host::Address(address) => {
                is_private(canonical(*address)).then_some(Danger::PrivateNetwork)
            }
        }
    }
}

/// Names that mean this machine or its network whoever resolves them (RFC 6761, RFC 8375, cloud metadata).
fn names_the_local_network(name: &str) -> bool {
    const LAST: [&str; 7] = [
        "localhost",
        "local",
        "internal",
        "localdomain",
        "lan",
        "home",
        "intranet",
    ];
    let last = name.rsplit('.').next().unwrap_or(name);
    LAST.contains(&last) || name.ends_with("home.arpa") || !name.contains('.')
}

/// An IPv4 address that hides in an IPv6 one is judged as what it is.
fn canonical(address: IpAddr) -> IpAddr {
    address.to_canonical()
}

fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => {
            let [a, b, ..] = v4.octets();
            v4.is_private()
                || v4.is_loopback()
                || v4.is_link_local()
                || v4.is_unspecified()
                || v4.is_broadcast()
                || v4.is_multicast()
                || a == 0
                || a >= 240
                || (a == 100 && (64..128).contains(&b))
                || (a == 198 && (18..20).contains(&b))
        }
        IpAddr::V6(v6) => is_private_v6(v6),
    }
}

fn is_private_v6(address: Ipv6Addr) -> bool {
    let [first, second, ..] = address.segments();
    // Only 2000::/3 is global unicast; in it, 6to4 (2002::/16) and Teredo (2001:0::/32) carry an IPv4 address.
    first & 0xe000 != 0x2000 || first == 0x2002 || (first == 0x2001 && second == 0)
}

impl FromStr for HostPort {
    type Err = HostPortError;

    fn from_str(text: &str) -> Result<Self, HostPortError> {
        let shown = || text.escape_debug().to_string();
        let (host, port) = text
            .rsplit_once(':')
            .ok_or_else(|| HostPortError::Port(shown()))?;
        let digits = (1..=5).contains(&port.len()) && port.bytes().all(|c| c.is_ascii_digit());
        let port = port.parse().ok().filter(|port| digits && *port != 0);
        let port = port.ok_or_else(|| HostPortError::Port(shown()))?;
        let host = parse_host(host).ok_or_else(|| HostPortError::Host(shown()))?;
        Ok(Self { host, port })
    }
}

fn parse_host(text: &str) -> Option<Host> {
    if text == "*" {
        return Some(Host::Any);
    }
    if let Some(inner) = text.strip_prefix('[') {
        let address: Ipv6Addr = inner.strip_suffix(']')?.parse().ok()?;
        return Some(Host::Address(IpAddr::V6(address)));
    }
    if let Some(domain) = text.strip_prefix("*.") {
        return parse_name(domain).map(Host::Under);
    }
    if let Ok(address) = text.parse() {
        return Some(Host::Address(IpAddr::V4(address)));
    }
    parse_name(text).map(Host::Name)
}

fn parse_name(text: &str) -> Option<String> {
    let name = text.strip_suffix('.').unwrap_or(text).to_ascii_lowercase();
    let label = |label: &str| {
        let edge = |c: Option<u8>| c.is_some_and(|c| c.is_ascii_alphanumeric() || c == b'_');
        let inside = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'-' | b'_');
        label.len() <= 63
            && edge(label.bytes().next())
            && edge(label.bytes().last())
            && label.bytes().all(inside)
    };
    let last = name.rsplit('.').next().unwrap_or_default();
    // A name whose last label is a number is an address in disguise to many resolvers (`127.1`, `0x7f.1`).
    let numeric = last.bytes().all(|c| c.is_ascii_digit()) || last.starts_with("0x");
    (name.len() <= 253 && !numeric && name.split('.').all(label)).then_some(name)
}

impl fmt::Display for HostPort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.host {
            Host::Address(IpAddr::V6(v6)) => write!(f, "[{v6}]:{}", self.port),
            _ => write!(f, "{}:{}", self.host(), self.port),
        }
    }
}

impl Serialize for HostPort {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for HostPort {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str, danger: Option<Danger>) {
        let parsed: HostPort = text.parse().unwrap_or_else(|e| panic!("{text}: {e}"));
        assert_eq!(parsed.to_string(), expected);
        assert_eq!(parsed.danger(), danger, "{text}");
        assert_eq!(
            expected.parse::<HostPort>(),
            Ok(parsed),
            "{text} round trips"
        );
    }

    #[test]
    fn hosts_that_may_be_granted() {
        check("api.github.com:443", "api.github.com:443", None);
        check("API.GitHub.com.:443", "api.github.com:443", None);
        check("*.example.com:8443", "*.example.com:8443", None);
        check("192.0.2.1:5432", "192.0.2.1:5432", None);
        check("[2606:4700::1111]:443", "[2606:4700::1111]:443", None);
    }

    #[test]
    fn hosts_that_need_a_danger() {
        let private = Some(Danger::PrivateNetwork);
        for text in [
            "localhost:80",
            "db:5432",
            "router.lan:80",
            "x.home.arpa:80",
            "metadata.google.internal:80",
            "127.0.0.1:80",
            "10.1.2.3:80",
            "169.254.169.254:80",
            "100.64.0.1:80",
            "198.18.0.1:80",
            "0.0.0.0:80",
            "224.0.0.1:80",
            "[::1]:80",
            "[fe80::1]:80",
            "[fd00::1]:80",
            "[::ffff:10.0.0.1]:80",
            "[64:ff9b::7f00:1]:80",
            "[2002:7f00:1::]:80",
            "*.localhost:80",
        ] {
            let danger = text.parse::<HostPort>().unwrap().danger();
            let wanted = if text == "*.localhost:80" {
                Some(Danger::AnyHost)
            } else {
                private
            };
            assert_eq!(danger, wanted, "{text}");
        }
        check("*:443", "*:443", Some(Danger::AnyHost));
        check("*.com:443", "*.com:443", Some(Danger::AnyHost));
    }

    #[test]
    fn texts_that_are_no_grant() {
        for text in [
            "",
            "example.com",
            "example.com:",
            "example.com:0",
            "example.com:65536",
            "example.com:+80",
            "example.com:080000",
            ":80",
            "-a.com:80",
            "a-.com:80",
            "a..com:80",
            "a b.com:80",
            "ex*mple.com:80",
            "*.*.com:80",
            "*example.com:80",
            "http://example.com:80",
            "user@example.com:80",
            "127.1:80",
            "0x7f.0x1:80",
            "1.2.3.4.5:80",
            "::1:80",
            "[::1:80",
            "bücher.example:80",
            "example.com\n:80",
        ] {
            assert!(text.parse::<HostPort>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_wildcard_matches_names_under_the_domain_only() {
        let check = |grant: &str, name: &str, expected: bool| {
            let grant: HostPort = grant.parse().unwrap();
            assert_eq!(grant.matches_name(name), expected, "{grant} {name}");
        };
        check("*.example.com:1", "a.example.com", true);
        check("*.example.com:1", "a.b.example.com", true);
        check("*.example.com:1", "example.com", false);
        check("*.example.com:1", ".example.com", false);
        check("*.example.com:1", "badexample.com", false);
        check("example.com:1", "example.com", true);
        check("example.com:1", "a.example.com", false);
        check("*:1", "anything.test", true);
        check("192.0.2.1:1", "192.0.2.1", false);
    }
}
