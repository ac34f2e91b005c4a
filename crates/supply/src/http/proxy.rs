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
    everything: bool,
}

impl Direct {
    /// Reads `NO_PROXY`: names separated by commas or blanks, each for itself and all below it, maybe with a port; `*` is everything.
    /// What is no such name, a range of addresses for example, names nothing.
    pub(super) fn parse(text: &str) -> Self {
        let words = text.split([',', ' ', '\t']).filter(|word| !word.is_empty());
        let mut direct = Self::default();
        for word in words {
            if word == "*" {
                direct.everything = true;
            }
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
        self.everything || is_loopback(&url) || self.names.iter().any(named)
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => IpAddr::V6(address).to_canonical().is_loopback(),
        Some(Host::Domain(name)) => {
            let name = plain(name);
            name == "localhost" || name.ends_with(".localhost")
        }
        None => false,
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
            ("10.0.0.0/8", "https://10.0.0.7/", false),
            ("fd00::7", "https://[fd00::7]/", true),
            ("[fd00::7]:81", "http://[fd00::7]:81/", true),
            (",,:1,.", "https://hub.example/", false),
            ("hub.example", "no address", false),
        ] {
            check(names, url, expected);
        }
    }
}
