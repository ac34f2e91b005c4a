//! Reading `/etc/hosts` and `/etc/resolv.conf`, anew for each look-up: networks change under a server that runs for days.

use std::fs::File;
use std::io::Read;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6};
use std::path::PathBuf;
use std::time::Duration;

use crate::egress::host::HostName;

/// Block lists in `/etc/hosts` reach some megabytes; more is not read.
const MAX_FILE: u64 = 16 << 20;
/// As many servers as the C library uses (MAXNS).
const MAX_SERVERS: usize = 3;
/// As many addresses of one name as are tried.
const MAX_ADDRESSES: usize = 16;

/// Where the two files are.
#[derive(Debug, Clone)]
pub(in crate::egress) struct Files {
    pub(in crate::egress) hosts: PathBuf,
    pub(in crate::egress) resolv_conf: PathBuf,
}

impl Files {
    /// The addresses that the hosts file gives a name.
    pub(super) fn hosts(&self, name: &HostName) -> Vec<IpAddr> {
        parse_hosts(&read(&self.hosts), name)
    }

    /// The servers to ask and how.
    pub(super) fn servers(&self) -> Servers {
        parse_resolv_conf(&read(&self.resolv_conf))
    }
}

fn read(path: &PathBuf) -> String {
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(MAX_FILE).read_to_end(&mut bytes));
    if read.is_err() {
        bytes.clear(); // a missing file is an empty one, as for the C library
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The name servers, and how long and how often each is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Servers {
    pub(super) addresses: Vec<SocketAddr>,
    pub(super) timeout: Duration,
    pub(super) attempts: usize,
}

fn parse_hosts(text: &str, name: &HostName) -> Vec<IpAddr> {
    let lines = text
        .lines()
        .map(|line| line.split('#').next().unwrap_or_default());
    let addresses = lines.filter_map(|line| {
        let mut words = line.split_ascii_whitespace();
        let address = words.next()?.parse::<IpAddr>().ok()?;
        let folded = |word: &str| {
            word.trim_end_matches('.')
                .eq_ignore_ascii_case(name.as_str())
        };
        words.any(folded).then_some(address)
    });
    addresses.take(MAX_ADDRESSES).collect()
}

fn parse_resolv_conf(text: &str) -> Servers {
    let mut servers = Servers {
        addresses: Vec::new(),
        timeout: Duration::from_secs(2),
        attempts: 2,
    };
    for line in text.lines() {
        let mut words = line.split_ascii_whitespace();
        match words.next() {
            Some("nameserver") => {
                let address = words.next().and_then(parse_server);
                servers
                    .addresses
                    .extend(address.filter(|_| servers.addresses.len() < MAX_SERVERS));
            }
            Some("options") => words.for_each(|word| apply_option(&mut servers, word)),
            _ => {}
        }
    }
    if servers.addresses.is_empty() {
        servers
            .addresses
            .push(SocketAddr::from((Ipv4Addr::LOCALHOST, 53)));
    }
    servers
}

fn apply_option(servers: &mut Servers, word: &str) {
    let number = |text: &str| text.parse::<u64>().ok();
    if let Some(seconds) = word.strip_prefix("timeout:").and_then(number) {
        servers.timeout = Duration::from_secs(seconds.clamp(1, 5));
    } else if let Some(attempts) = word.strip_prefix("attempts:").and_then(number) {
        servers.attempts = usize::try_from(attempts.clamp(1, 5)).unwrap_or(1);
    }
}

/// `ADDRESS`, `ADDRESS%INTERFACE`, or `[ADDRESS]:PORT` as OpenBSD writes it.
fn parse_server(word: &str) -> Option<SocketAddr> {
    if let Ok(address) = word.parse::<IpAddr>() {
        return Some(SocketAddr::from((address, 53)));
    }
    if let Some((address, port)) = word
        .strip_prefix('[')
        .and_then(|rest| rest.split_once("]:"))
    {
        return Some(SocketAddr::from((
            address.parse::<IpAddr>().ok()?,
            port.parse().ok()?,
        )));
    }
    let (address, scope) = word.split_once('%')?;
    let address = address.parse::<Ipv6Addr>().ok()?;
    Some(SocketAddrV6::new(address, 53, 0, interface_index(scope)?).into())
}

fn interface_index(name: &str) -> Option<u32> {
    if let Ok(index) = name.parse() {
        return Some(index);
    }
    // An interface name has no slash, so this stays in its directory.
    if name.contains('/') || name.starts_with('.') {
        return None;
    }
    std::fs::read_to_string(format!("/sys/class/net/{name}/ifindex"))
        .ok()?
        .trim()
        .parse()
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_hosts(text: &str, name: &str, expected: &[&str]) {
        let expected: Vec<IpAddr> = expected.iter().map(|a| a.parse().unwrap()).collect();
        assert_eq!(
            parse_hosts(text, &HostName::parse(name).unwrap()),
            expected,
            "{text:?}"
        );
    }

    #[test]
    fn hosts_files_are_read() {
        let text = "# comment\n127.0.0.1\tlocalhost\n::1 localhost ip6-localhost # x\n\n\
            10.1.2.3 DB.example. db\n10.1.2.4 db\nnonsense db\nfe80::1%lo db\n";
        check_hosts(text, "localhost", &["127.0.0.1", "::1"]);
        check_hosts(text, "db", &["10.1.2.3", "10.1.2.4"]);
        check_hosts(text, "db.example", &["10.1.2.3"]);
        check_hosts(text, "x", &[]);
        check_hosts("", "x", &[]);
        check_hosts(
            &"10.0.0.1 many\n".repeat(99),
            "many",
            &["10.0.0.1"; MAX_ADDRESSES],
        );
    }

    #[track_caller]
    fn check_servers(text: &str, servers: &[&str], timeout: u64, attempts: usize) {
        let addresses = servers.iter().map(|s| s.parse().unwrap()).collect();
        let timeout = Duration::from_secs(timeout);
        assert_eq!(
            parse_resolv_conf(text),
            Servers {
                addresses,
                timeout,
                attempts
            },
            "{text:?}"
        );
    }

    #[test]
    fn resolver_configurations_are_read() {
        check_servers("", &["127.0.0.1:53"], 2, 2);
        check_servers(
            "nameserver 10.0.0.1\nnameserver ::2\n",
            &["10.0.0.1:53", "[::2]:53"],
            2,
            2,
        );
        check_servers(
            "#nameserver 1.1.1.1\nsearch a b\nnameserver 10.0.0.1 # x",
            &["10.0.0.1:53"],
            2,
            2,
        );
        check_servers(
            &"nameserver 10.0.0.1\n".repeat(9),
            &["10.0.0.1:53"; 3],
            2,
            2,
        );
        check_servers(
            "options timeout:9 attempts:0 edns0 timeout:x",
            &["127.0.0.1:53"],
            5,
            1,
        );
        check_servers("nameserver [127.0.0.1]:5353", &["127.0.0.1:5353"], 2, 2);
        check_servers("nameserver fe80::1%7", &["[fe80::1%7]:53"], 2, 2);
        check_servers(
            "nameserver fe80::1%../x\nnameserver junk\nnameserver",
            &["127.0.0.1:53"],
            2,
            2,
        );
        check_servers("nameserver fe80::1%lo", &["[fe80::1%1]:53"], 2, 2);
    }

    #[test]
    fn missing_files_are_empty() {
        let nowhere = PathBuf::from("/nonexistent/file");
        let files = Files {
            hosts: nowhere.clone(),
            resolv_conf: nowhere,
        };
        assert!(
            files
                .hosts(&HostName::parse("localhost").unwrap())
                .is_empty()
        );
        assert_eq!(files.servers().addresses.len(), 1);
    }
}
