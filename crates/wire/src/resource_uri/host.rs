//! Hosts of URIs that are fetched: only public names and addresses.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::{UriFault, is_global};

/// Names that never leave a machine or its network.
const LOCAL_SUFFIXES: &[&str] = &[
    "localhost",
    "local",
    "localdomain",
    "internal",
    "intranet",
    "corp",
    "home",
    "lan",
    "private",
    "arpa",
    "onion",
    "alt",
];

/// A host as written.
pub(super) enum Host<'a> {
    Address(IpAddr),
    Name(&'a str),
}

/// Judges the authority of an `http` or `https` URI.
pub(super) fn check_public(authority: &str) -> Result<(), UriFault> {
    match parse(authority)? {
        Host::Address(address) if is_global(address) => Ok(()),
        Host::Address(_) => Err(UriFault::PrivateHost),
        Host::Name(name) => check_name(name),
    }
}

/// Takes an authority apart: no credentials, a well-formed port.
pub(super) fn parse(authority: &str) -> Result<Host<'_>, UriFault> {
    if authority.contains('@') {
        return Err(UriFault::UserInfo);
    }
    let (host, port) = match authority.strip_prefix('[') {
        Some(rest) => {
            let (inner, port) = rest.split_once(']').ok_or(UriFault::MalformedHost)?;
            let address: Ipv6Addr = inner.parse().map_err(|_| UriFault::MalformedHost)?;
            (Host::Address(IpAddr::V6(address)), port)
        }
        None => {
            let end = authority.find(':').unwrap_or(authority.len());
            let (host, port) = authority.split_at_checked(end).unwrap_or((authority, ""));
            (parse_name(host)?, port)
        }
    };
    let digits = port.strip_prefix(':').unwrap_or(port);
    let is_port = port.is_empty() || digits.is_empty() || digits.parse::<u16>().is_ok();
    let sound = is_port && (port.is_empty() || port.starts_with(':')) && !digits.starts_with('+');
    sound.then_some(host).ok_or(UriFault::MalformedHost)
}

fn parse_name(host: &str) -> Result<Host<'_>, UriFault> {
    let ordinary = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
    if host.is_empty() || host.len() > 253 || !host.bytes().all(ordinary) {
        return Err(UriFault::MalformedHost);
    }
    let last = host.trim_end_matches('.').rsplit('.').next().unwrap_or("");
    let hexadecimal = last
        .strip_prefix(['0'])
        .and_then(|rest| rest.strip_prefix(['x', 'X']));
    let digits = last.bytes().all(|byte| byte.is_ascii_digit());
    // A host that ends in a number is an address or nothing, as browsers have it.
    if digits || hexadecimal.is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_hexdigit())) {
        let address = numeric(host.trim_end_matches('.')).ok_or(UriFault::MalformedHost)?;
        return Ok(Host::Address(IpAddr::V4(address)));
    }
    Ok(Host::Name(host))
}

fn check_name(name: &str) -> Result<(), UriFault> {
    let name = name.strip_suffix('.').unwrap_or(name);
    let label = |label: &str| {
        !label.is_empty() && label.len() <= 63 && !label.starts_with('-') && !label.ends_with('-')
    };
    if !name.split('.').all(label) {
        return Err(UriFault::MalformedHost);
    }
    let lower = name.to_ascii_lowercase();
    let local = lower
        .rsplit('.')
        .next()
        .is_some_and(|last| LOCAL_SUFFIXES.contains(&last));
    // A name of one label is completed with the machine's own domain.
    if local || !lower.contains('.') {
        return Err(UriFault::PrivateHost);
    }
    Ok(())
}

/// An IPv4 address in any form that `inet_aton` takes: one to four numbers, each decimal, octal or hexadecimal.
fn numeric(host: &str) -> Option<Ipv4Addr> {
    let mut address: u64 = 0;
    let parts: Vec<&str> = host.split('.').collect();
    let count = u32::try_from(parts.len())
        .ok()
        .filter(|count| *count <= 4)?;
    for (index, part) in (0_u32..).zip(parts) {
        let value = number(part)?;
        let width = if index + 1 == count {
            8 * (5 - count)
        } else {
            8
        };
        if value >= 1 << width {
            return None;
        }
        address = (address << width) | value;
    }
    u32::try_from(address).ok().map(Ipv4Addr::from_bits)
}

fn number(text: &str) -> Option<u64> {
    let lower = text.to_ascii_lowercase();
    if let Some(digits) = lower.strip_prefix("0x") {
        if digits.is_empty() {
            return Some(0);
        }
        return u64::from_str_radix(digits, 16).ok();
    }
    if !lower.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let octal = lower.len() > 1 && lower.starts_with('0');
    u64::from_str_radix(&lower, if octal { 8 } else { 10 }).ok()
}
