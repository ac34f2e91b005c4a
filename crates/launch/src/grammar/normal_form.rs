//! The one form of a repository's address, so that what is locked can be compared with what is asked for.
//!
//! Nothing is looked up. What several programs read in several ways has no form here.

use std::net::{Ipv4Addr, Ipv6Addr};

/// The address as everybody who reads it would write it again: a host in lower case, no usual port, no `.`, `..` or `/` that means
/// nothing. None where that is no one address: a query, no path, a number for a host.
pub(super) fn normal_form(address: &str) -> Option<String> {
    let (scheme, rest) = address.split_once("://")?;
    let (authority, path) = rest.split_once('/')?;
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (authority, None),
    };
    let usual = if scheme == "https" { 443 } else { 80 };
    let port = port.map(str::parse::<u16>).transpose().ok()?;
    let port = port.filter(|port| *port != usual);
    let port = port.map(|port| format!(":{port}")).unwrap_or_default();
    let (host, path) = (normal_host(host)?, normal_path(path)?);
    Some(format!("{scheme}://{host}{port}/{path}"))
}

fn normal_host(host: &str) -> Option<String> {
    let bracketed = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'));
    if let Some(host) = bracketed {
        // One that holds an older address is written in two ways.
        let normal = host.parse::<Ipv6Addr>().ok()?.to_string();
        return (!normal.contains('.')).then(|| format!("[{normal}]"));
    }
    let last = host.strip_suffix('.').unwrap_or(host).rsplit('.').next()?;
    if last.starts_with(|c: char| c.is_ascii_digit()) {
        return host.parse::<Ipv4Addr>().ok().map(|host| host.to_string());
    }
    Some(host.to_ascii_lowercase())
}

fn normal_path(path: &str) -> Option<String> {
    if path.contains('?') {
        return None;
    }
    let mut parts = Vec::new();
    for part in path.split('/') {
        match part.to_ascii_lowercase().replace("%2e", ".").as_str() {
            "." => {}
            ".." => drop(parts.pop()),
            _ => parts.push(part),
        }
    }
    let path = parts.join("/");
    let path = path.trim_end_matches('/');
    (!path.is_empty()).then(|| path.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_have_one_form() {
        for (address, expected) in [
            ("https://h.example/o/r", Some("https://h.example/o/r")),
            ("https://H.Example/O/r", Some("https://h.example/O/r")),
            ("https://h.example/r/", Some("https://h.example/r")),
            ("https://h.example/r//", Some("https://h.example/r")),
            ("https://h.example:443/r", Some("https://h.example/r")),
            ("https://h.example:80/r", Some("https://h.example:80/r")),
            (
                "https://h.example:08443/r",
                Some("https://h.example:8443/r"),
            ),
            ("https://h.example:x/r", None),
            ("http://127.0.0.1:80/r", Some("http://127.0.0.1/r")),
            ("https://0x7f.1/r", None),
            ("https://2130706433/r", None),
            ("https://127.0.0.01/r", None),
            ("https://[0:0::1]/r", Some("https://[::1]/r")),
            ("https://[::1]:9/r", Some("https://[::1]:9/r")),
            ("https://[::ffff:127.0.0.1]/r", None),
            ("https://[::ffff:7f00:1]/r", None),
            ("https://h.example/a/../r", Some("https://h.example/r")),
            ("https://h.example/a/%2E./r", Some("https://h.example/r")),
            ("https://h.example/../../r", Some("https://h.example/r")),
            ("https://h.example/./", None),
            ("https://h.example/", None),
            ("https://h.example", None),
            ("https://h.example/r?x=1", None),
            ("r", None),
        ] {
            let found = normal_form(address);
            assert_eq!(found.as_deref(), expected, "{address}");
            let again = found.as_deref().and_then(normal_form);
            assert_eq!(again, found, "{address}");
        }
    }
}
