//! Which addresses may be asked: public ones, and those of hosts that the user named.
//!
//! A lock, a registry's document and a redirect name hosts as well, and may be anybody's. What they name is asked only where it leads
//! to the public Internet, so that nobody has this machine ask itself, its network or its cloud's metadata service. Does: judge the
//! addresses that a name led to. Doesn't: look names up; whoever does connects to what was judged here.

use interlock_wire::resource_uri::is_global;
use std::{collections::BTreeSet, net::IpAddr};
use url::{Host, Url};

/// Hosts that may be asked wherever their names lead.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reach {
    /// Host and port, in lower case; without a port every port.
    named: BTreeSet<(String, Option<u16>)>,
    everything: bool,
}

impl Reach {
    /// Everything, this machine and its networks included, whoever names it.
    #[must_use]
    pub fn danger_everything() -> Self {
        Self {
            everything: true,
            ..Self::default()
        }
    }

    /// The same, and the host and port of an http or https address, which may stand behind a prefix: `binary:https://HOST/FILE`.
    /// What is no such address names nothing.
    #[must_use]
    pub fn naming(mut self, text: &str) -> Self {
        let start = ["https://", "http://"].iter().find_map(|it| text.find(it));
        let address = start.and_then(|start| text.get(start..));
        if let Some(url) = address.and_then(|address| Url::parse(address).ok()) {
            let host = url.host_str().map(plain);
            self.named
                .extend(host.map(|host| (host, url.port_or_known_default())));
        }
        self
    }

    /// The same, and `HOST` or `HOST:PORT`, an IPv6 address in brackets. `None` where it is neither.
    #[must_use]
    pub fn naming_host(mut self, text: &str) -> Option<Self> {
        let url = Url::parse(&format!("http://{text}/")).ok()?;
        let host = url.host_str()?;
        let is_whole = url.username().is_empty() && url.password().is_none() && url.path() == "/";
        if plain(host).is_empty()
            || !is_whole
            || text.contains(['/', '?', '#', '@', '\\'])
            || text.trim() != text
        {
            return None;
        }
        // The scheme's own port is not kept by the parser, and means that very port here.
        let behind = text.rsplit(']').next().unwrap_or(text);
        let port = match behind.rsplit_once(':') {
            Some((_, port)) => Some(port.parse().ok()?),
            None => None,
        };
        self.named.insert((plain(host), port));
        Some(self)
    }

    /// The same, and what another one names.
    #[must_use]
    pub fn and(mut self, other: &Self) -> Self {
        self.named.extend(other.named.iter().cloned());
        self.everything |= other.everything;
        self
    }

    /// Whether a host may be asked wherever its name leads.
    pub(crate) fn names(&self, host: &str, port: Option<u16>) -> bool {
        let host = plain(host);
        self.everything
            || self.named.contains(&(host.clone(), port))
            || self.named.contains(&(host, None))
    }

    /// The addresses among `found` that may be connected to.
    pub(super) fn admitted(
        &self,
        host: &str,
        port: Option<u16>,
        found: impl Iterator<Item = IpAddr>,
    ) -> Vec<IpAddr> {
        let named = self.names(host, port);
        found.filter(|it| named || is_global(*it)).collect()
    }

    /// Judges an address that somebody else looks up, a proxy: what shows without looking it up.
    ///
    /// # Errors
    /// With the host, when it is one of this machine or of a network that is not public.
    pub(super) fn judge_unresolved(&self, url: &str) -> Result<(), String> {
        let Ok(url) = Url::parse(url) else {
            return Err(String::new());
        };
        let host = url.host_str().unwrap_or_default();
        if shows_public(&url) || self.names(host, url.port_or_known_default()) {
            Ok(())
        } else {
            Err(host.to_owned())
        }
    }
}

/// Whether an address leads to the public Internet, as far as that shows without looking its name up.
pub(crate) fn shows_public(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => is_global(address.into()),
        Some(Host::Ipv6(address)) => is_global(address.into()),
        Some(Host::Domain(name)) => {
            let name = plain(name);
            name != "localhost" && !name.ends_with(".localhost")
        }
        None => false,
    }
}

/// A host in one form: lower case, without the root's dot.
pub(super) fn plain(host: &str) -> String {
    host.trim_end_matches('.').to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named() -> Reach {
        let reach = Reach::default()
            .naming("https://npm.corp.example/npm/")
            .naming("binary:http://127.0.0.1:4873/x#sha256=00")
            .naming("http://[::1]:8000/")
            .naming("no address");
        reach
            .naming_host("git.corp.example")
            .and_then(|reach| reach.naming_host("10.0.0.7:8443"))
            .unwrap()
    }

    #[test]
    fn what_is_named_may_lead_anywhere_and_nothing_else_may() {
        let reach = named();
        for (host, port, address, expected) in [
            ("registry.example", 443, "1.1.1.1", true),
            ("registry.example", 443, "2606:4700::1111", true),
            ("registry.example", 443, "10.0.0.1", false),
            ("registry.example", 443, "127.0.0.1", false),
            ("registry.example", 443, "169.254.169.254", false),
            ("registry.example", 443, "100.64.0.1", false),
            ("registry.example", 443, "0.0.0.0", false),
            ("registry.example", 443, "::1", false),
            ("registry.example", 443, "::ffff:127.0.0.1", false),
            ("registry.example", 443, "64:ff9b::7f00:1", false),
            ("registry.example", 443, "fd00:ec2::254", false),
            ("registry.example", 443, "fe80::1", false),
            ("npm.corp.example", 443, "10.0.0.1", true),
            ("NPM.corp.example.", 443, "10.0.0.1", true),
            ("npm.corp.example", 80, "10.0.0.1", false),
            ("x.npm.corp.example", 443, "10.0.0.1", false),
            ("127.0.0.1", 4873, "127.0.0.1", true),
            ("127.0.0.1", 22, "127.0.0.1", false),
            ("localhost", 4873, "127.0.0.1", false),
            ("[::1]", 8000, "::1", true),
            ("git.corp.example", 9, "10.0.0.9", true),
            ("10.0.0.7", 8443, "10.0.0.7", true),
            ("10.0.0.7", 443, "10.0.0.7", false),
        ] {
            let address: IpAddr = address.parse().unwrap();
            let admitted = reach.admitted(host, Some(port), [address].into_iter());
            assert_eq!(admitted.len() == 1, expected, "{host}:{port} {address}");
        }
        let both = ["10.0.0.1", "1.1.1.1"].map(|it| it.parse().unwrap());
        let admitted = reach.admitted("two.example", Some(443), both.into_iter());
        assert_eq!(admitted, [both[1]]);
        let all = Reach::danger_everything();
        assert_eq!(all.admitted("two.example", None, both.into_iter()).len(), 2);
    }

    #[test]
    fn what_a_proxy_looks_up_is_judged_by_what_it_shows() {
        let reach = named();
        for (url, expected) in [
            ("https://registry.example/x", true),
            ("https://1.1.1.1/x", true),
            ("https://127.0.0.1/x", false),
            ("https://2130706433/x", false),
            ("https://0x7f.1/x", false),
            ("https://169.254.169.254/latest", false),
            ("https://[::ffff:10.0.0.1]/x", false),
            ("https://localhost/x", false),
            ("https://a.localhost./x", false),
            ("http://127.0.0.1:4873/x", true),
            ("https://10.0.0.7:8443/x", true),
            ("no address", false),
        ] {
            assert_eq!(reach.judge_unresolved(url).is_ok(), expected, "{url}");
        }
    }

    #[test]
    fn hosts_as_written() {
        for (text, expected) in [
            ("git.corp.example", true),
            ("git.corp.example:443", true),
            ("127.0.0.1:8000", true),
            ("[::1]:8000", true),
            ("[::1]", true),
            ("", false),
            ("https://git.corp.example", false),
            ("git.corp.example/x", false),
            ("me@git.corp.example", false),
            ("git.corp.example:", false),
            ("git.corp.example:http", false),
            ("git.corp.example:99999", false),
            (" git.corp.example", false),
            ("::1", false),
            (".", false),
            ("..", false),
        ] {
            let named = Reach::default().naming_host(text);
            assert_eq!(named.is_some(), expected, "{text}");
        }
        let one = Reach::default().naming_host("a.example:80").unwrap();
        assert!(one.names("a.example", Some(80)) && !one.names("a.example", Some(443)));
    }
}
