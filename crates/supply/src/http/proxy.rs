//! Whether a request goes out through the proxy: not to this machine itself, and not to what `NO_PROXY` names.
//!
//! A proxy's own loopback is another one than ours; what is meant for this machine, logins included, would only be shown to it.

use super::reach::plain;
use std::net::IpAddr;
use url::{Host, Url};

/// What is asked directly although there is a proxy.
#[derive(Debug, Clone, Default)]
pub(super) struct Direct {
    /// Hosts and suffixes in lower case, with the port that they are meant with.
    names: Vec<(String, Option<u16>)>,
    ranges: Vec<Range>,
    everything: bool,
}

/// Addresses that begin with the same bits, as `10.0.0.0/8` or `fd00::/8`.
#[derive(Debug, Clone, Copy)]
struct Range {
    start: IpAddr,
    bits: u32,
}

impl Range {
    /// The rest of the address after these bits says nothing, whatever it is.
    fn parse(word: &str) -> Option<Self> {
        let (address, bits) = word.split_once('/')?;
        let start: IpAddr = bare(address).parse().ok()?;
        let plain = bits.bytes().all(|byte| byte.is_ascii_digit());
        let bits: u32 = bits.parse().ok().filter(|_| plain)?;
        let most = if start.is_ipv4() { 32 } else { 128 };
        (bits <= most).then_some(Self { start, bits })
    }

    fn has(&self, address: IpAddr) -> bool {
        let common = match (self.start, address) {
            (IpAddr::V4(a), IpAddr::V4(b)) => (u32::from(a) ^ u32::from(b)).leading_zeros(),
            (IpAddr::V6(a), IpAddr::V6(b)) => (u128::from(a) ^ u128::from(b)).leading_zeros(),
            _ => return false,
        };
        common >= self.bits
    }
}

/// An IPv6 address without the brackets that it has beside a port.
fn bare(address: &str) -> &str {
    let inner = address.strip_prefix('[');
    inner
        .and_then(|inner| inner.strip_suffix(']'))
        .unwrap_or(address)
}

impl Direct {
    /// Reads `NO_PROXY`: names separated by commas or blanks, each for itself and all below it, maybe with a port; ranges of addresses,
    /// for what is named by its address, because no name is looked up for this; `*` is everything. Anything else names nothing.
    pub(super) fn parse(text: &str) -> Self {
        let words = text.split([',', ' ', '\t']).filter(|word| !word.is_empty());
        let mut direct = Self::default();
        for word in words {
            if word == "*" {
                direct.everything = true;
            }
            direct.ranges.extend(Range::parse(word));
            let bare = word.trim_start_matches('*').trim_start_matches('.');
            // An IPv6 address has colons of its own; with a port it stands in brackets.
            let url = match bare.parse::<std::net::Ipv6Addr>() {
                Ok(address) => format!("none://[{address}]/"),
                Err(_) => format!("none://{bare}/"),
            };
            if let Ok(url) = Url::parse(&url)
                && let Some(host) = url.host_str().filter(|host| !host.is_empty())
                && matches!(url.path(), "/")
            {
                direct.names.push((plain(host), url.port()));
            }
        }
        direct
    }

    /// Whether an address is asked directly.
    pub(super) fn is(&self, url: &str) -> bool {
        let Ok(url) = Url::parse(url) else {
            return false;
        };
        let Some(host) = url.host_str().map(plain) else {
            return false;
        };
        let port = url.port_or_known_default();
        let named = |(name, only): &(String, Option<u16>)| {
            let below = host.strip_suffix(name.as_str());
            let fits = below.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
            fits && only.is_none_or(|only| Some(only) == port)
        };
        self.everything
            || is_loopback(&url)
            || self.names.iter().any(named)
            || literal(&url).is_some_and(|address| self.covers(address))
    }

    /// Whether a range has an address. One of IPv4 written as one of IPv6 is both.
    fn covers(&self, address: IpAddr) -> bool {
        let both = [address, address.to_canonical()];
        let mut ranges = self.ranges.iter();
        ranges.any(|range| both.into_iter().any(|address| range.has(address)))
    }
}

/// The address that an URL has in the place of a name.
fn literal(url: &Url) -> Option<IpAddr> {
    match url.host()? {
        Host::Ipv4(address) => Some(address.into()),
        Host::Ipv6(address) => Some(address.into()),
        Host::Domain(_) => None,
    }
}

fn is_loopback(url: &Url) -> bool {
    match (url.host(), literal(url)) {
        (_, Some(address)) => address.to_canonical().is_loopback(),
        (Some(Host::Domain(name)), None) => {
            let name = plain(name);
            name == "localhost" || name.ends_with(".localhost")
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_without_the_proxy() {
        let check = |names: &str, url: &str, expected: bool| {
            assert_eq!(Direct::parse(names).is(url), expected, "{names} {url}");
        };
        for url in [
            "http://127.0.0.1:5000/v2/",
            "http://127.9.9.9/",
            "http://[::1]:5000/",
            "http://[::ffff:127.0.0.1]/",
            "http://localhost:5000/v2/",
            "https://a.localhost./",
        ] {
            check("", url, true);
        }
        for (names, url, expected) in [
            ("", "https://hub.example/", false),
            ("", "https://127.0.0.1.example/", false),
            ("", "https://10.0.0.1/", false),
            ("*", "https://hub.example/", true),
            ("corp.example", "https://corp.example/", true),
            ("corp.example", "https://hub.CORP.example./", true),
            ("corp.example", "https://notcorp.example/", false),
            ("corp.example", "https://corp.example.evil/", false),
            (".corp.example", "https://hub.corp.example/", true),
            ("*.corp.example", "https://hub.corp.example/", true),
            ("a, CORP.example", "https://hub.corp.example/", true),
            ("hub.example:8443", "https://hub.example:8443/", true),
            ("hub.example:443", "https://hub.example/", true),
            ("hub.example:8443", "https://hub.example/", false),
            ("10.0.0.7", "https://10.0.0.7/", true),
            ("fd00::7", "https://[fd00::7]/", true),
            ("[fd00::7]:81", "http://[fd00::7]:81/", true),
            (",,:1,.", "https://hub.example/", false),
            ("hub.example", "no address", false),
        ] {
            check(names, url, expected);
        }
    }

    #[test]
    fn ranges_of_addresses() {
        for (names, host, expected) in [
            ("10.0.0.0/8", "10.0.0.7", true),
            ("10.0.0.0/8", "10.255.255.255", true),
            ("10.0.0.0/8", "11.0.0.0", false),
            ("a.example,10.0.0.0/8", "10.0.0.7:8443", true),
            // The rest of the address counts for nothing, and a host's own number says the same as the net's.
            ("10.1.2.3/8", "10.9.9.9", true),
            ("192.168.16.0/20", "192.168.31.255", true),
            ("192.168.16.0/20", "192.168.32.0", false),
            ("172.16.0.1/32", "172.16.0.1", true),
            ("172.16.0.1/32", "172.16.0.2", false),
            ("0.0.0.0/0", "203.0.113.9", true),
            ("0.0.0.0/0", "[2001:db8::1]", false),
            ("fd00::/8", "[fdab::1]", true),
            ("[fd00::]/8", "[fdab::1]", true),
            ("fd00::/8", "[fe80::1]", false),
            ("2001:db8:0:8000::/49", "[2001:db8:0:ffff::1]", true),
            ("2001:db8:0:8000::/49", "[2001:db8::1]", false),
            ("2001:db8::1/128", "[2001:db8::1]", true),
            ("2001:db8::1/128", "[2001:db8::2]", false),
            ("::/0", "10.0.0.7", false),
            ("10.0.0.0/8", "[::ffff:10.0.0.7]", true),
            ("::ffff:0:0/96", "[::ffff:10.0.0.7]", true),
            // A name may lead there; nobody looks it up to find out.
            ("10.0.0.0/8", "ten.example", false),
            ("10.0.0.0/8", "10.0.0.7.example", false),
            // None of these is a range.
            ("10.0.0.0/33", "10.0.0.0", false),
            ("fd00::/129", "[fd00::]", false),
            ("10.0.0.0/", "10.0.0.0", false),
            ("10.0.0.0/+8", "10.0.0.0", false),
            ("10.0.0.0/8/8", "10.0.0.0", false),
            ("10.0.0.0/255.0.0.0", "10.0.0.0", false),
            ("10.0.0/8", "10.0.0.0", false),
            ("10.0.0.0/8:8443", "10.0.0.0:8443", false),
            ("[10.0.0.0/8", "10.0.0.0", false),
            ("/8", "10.0.0.0", false),
            ("example/8", "example", false),
        ] {
            let url = format!("https://{host}/");
            assert_eq!(Direct::parse(names).is(&url), expected, "{names} {host}");
        }
    }
}
