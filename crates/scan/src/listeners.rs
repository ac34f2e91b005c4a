//! Programs of this machine that listen for connections, as the kernel lists them, and what an answer of one says about it. Reads text that
//! it is given; whoever calls it looks at `/proc` and connects.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use interlock_launch::text::excerpt;

use crate::finding::{Finding, Location, Severity};
use crate::rules::rule_of;

/// Something that listens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Listener {
    /// The address it listens on.
    pub address: SocketAddr,
    /// The user it belongs to.
    pub uid: u32,
}

impl Listener {
    /// Where on this machine itself it can be reached; none where it listens on another address only.
    #[must_use]
    pub fn loopback(&self) -> Option<SocketAddr> {
        let ip = self.address.ip().to_canonical();
        let reached = match ip {
            _ if ip.is_loopback() => self.address.ip(),
            IpAddr::V4(any) if any.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
            // A socket for all addresses of version 6 mostly takes those of version 4 too, and always its own.
            IpAddr::V6(any) if any.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
            _ => return None,
        };
        Some(SocketAddr::new(reached, self.address.port()))
    }
}

/// The listeners in the kernel's table of TCP sockets: the text of `/proc/net/tcp` or `/proc/net/tcp6`.
#[must_use]
pub fn listeners(table: &str) -> Vec<Listener> {
    table.lines().skip(1).filter_map(listener).collect()
}

/// `sl local_address rem_address st tx:rx tr:tm retrnsmt uid …`, addresses in hexadecimal, words of them in the machine's order.
fn listener(line: &str) -> Option<Listener> {
    const LISTEN: &str = "0A";
    let mut fields = line.split_ascii_whitespace().skip(1);
    let (address, port) = fields.next()?.split_once(':')?;
    let state = fields.nth(1)?;
    let uid = fields.nth(3)?.parse().ok()?;
    (state == LISTEN).then_some(())?;
    let ip = ip(address)?;
    let port = u16::from_str_radix(port, 16).ok()?;
    Some(Listener {
        address: SocketAddr::new(ip, port),
        uid,
    })
}

fn ip(hex: &str) -> Option<IpAddr> {
    let word = |at: usize| {
        let word = u32::from_str_radix(hex.get(at * 8..at * 8 + 8)?, 16).ok()?;
        Some(word.to_ne_bytes())
    };
    match hex.len() {
        8 => Some(IpAddr::V4(Ipv4Addr::from(word(0)?))),
        32 => {
            let words = [word(0)?, word(1)?, word(2)?, word(3)?];
            let bytes: [u8; 16] = words.concat().try_into().ok()?;
            Some(IpAddr::V6(Ipv6Addr::from(bytes)))
        }
        _ => None,
    }
}

/// The body of the request whose answer tells an MCP server from anything else. It starts a session and asks for nothing.
pub const HELLO: &str = r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"interlock-scan","version":"1"}}}"#;

/// What an answer to [`HELLO`], sent without credentials, says. None unless it is that of an MCP server that took the stranger in.
#[must_use]
pub fn judge_listener(listener: &Listener, path: &str, answer: &str) -> Option<Finding> {
    let (head, body) = answer.split_once("\r\n\r\n")?;
    let status = head.split_ascii_whitespace().nth(1)?;
    let is_mcp = body.contains("\"protocolVersion\"") && body.contains("\"serverInfo\"");
    if status != "200" || !is_mcp {
        return None;
    }
    let rule = rule_of("listener-without-authentication")?;
    let everywhere = !listener.address.ip().to_canonical().is_loopback();
    let reached = if everywhere {
        "other machines can use it too"
    } else {
        "every program of this machine can use it"
    };
    Some(Finding {
        rule,
        severity: if everywhere {
            Severity::High
        } else {
            Severity::Medium
        },
        confidence: rule.confidence,
        location: Location {
            path: format!("http://{}{path}", listener.address).into(),
            region: None,
        },
        client: None,
        server: name(body),
        message: format!(
            "an MCP server on {} (user {}) asks for no credentials; {reached}",
            listener.address, listener.uid
        ),
        subject: String::new(),
        fix: None,
    })
}

/// The name that the server gives itself.
fn name(body: &str) -> Option<String> {
    let info = body.split_once("\"serverInfo\"")?.1;
    let after = info.split_once("\"name\"")?.1.split_once('"')?.1;
    Some(excerpt(after.split_once('"')?.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The kernel writes words of addresses in the machine's order; the example is of a little-endian one.
    #[cfg(target_endian = "little")]
    #[test]
    fn the_kernels_table_is_read() {
        let four = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n\
            0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 1 1 0 100 0 0 10 0\n\
            1: 00000000:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 2 1 0 100 0 0 10 0\n\
            2: 0100007F:1F90 0100007F:C001 01 00000000:00000000 00:00000000 00000000  1000        0 3 1 0 100 0 0 10 0\n\
            nonsense\n";
        let found: Vec<String> = listeners(four)
            .iter()
            .map(|one| format!("{} {}", one.address, one.uid))
            .collect();
        assert_eq!(found, ["127.0.0.1:8080 1000", "0.0.0.0:80 0"]);
        let six = "head\n 0: 00000000000000000000000001000000:1F90 00000000000000000000000000000000:0000 0A 0:0 0:0 0 5 0 1\n";
        let found = listeners(six);
        assert_eq!(found[0].address.to_string(), "[::1]:8080");
        assert_eq!(found[0].uid, 5);
    }

    #[test]
    fn only_loopback_is_connected_to() {
        for (address, reached) in [
            ("127.0.0.1:80", Some("127.0.0.1:80")),
            ("0.0.0.0:80", Some("127.0.0.1:80")),
            ("[::]:80", Some("[::1]:80")),
            ("[::1]:80", Some("[::1]:80")),
            ("192.168.1.5:80", None),
            ("[2001:db8::1]:80", None),
        ] {
            let listener = Listener {
                address: address.parse().unwrap(),
                uid: 0,
            };
            assert_eq!(
                listener.loopback().map(|one| one.to_string()).as_deref(),
                reached
            );
        }
    }

    #[test]
    fn only_a_server_that_takes_a_stranger_in_is_a_finding() {
        let listener = |address: &str| Listener {
            address: address.parse().unwrap(),
            uid: 1000,
        };
        let body = r#"{"jsonrpc":"2.0","id":1,"result":{"protocolVersion":"2025-11-25","capabilities":{},"serverInfo":{"name":"files","version":"1"}}}"#;
        for (address, answer, severity) in [
            (
                "127.0.0.1:80",
                format!("HTTP/1.1 200 OK\r\nx: y\r\n\r\n{body}"),
                Some(Severity::Medium),
            ),
            (
                "0.0.0.0:80",
                format!("HTTP/1.1 200 OK\r\n\r\nevent: message\ndata: {body}\n\n"),
                Some(Severity::High),
            ),
            (
                "127.0.0.1:80",
                format!("HTTP/1.1 401 Unauthorized\r\n\r\n{body}"),
                None,
            ),
            (
                "127.0.0.1:80",
                "HTTP/1.1 200 OK\r\n\r\nhello".to_owned(),
                None,
            ),
            ("127.0.0.1:80", "SSH-2.0-x".to_owned(), None),
        ] {
            let found = judge_listener(&listener(address), "/mcp", &answer);
            assert_eq!(found.as_ref().map(|one| one.severity), severity, "{answer}");
            assert_eq!(
                found.and_then(|one| one.server),
                severity.map(|_| "files".to_owned())
            );
        }
    }
}
