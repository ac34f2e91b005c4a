//! URIs of a server's own schemes: what any of them may not carry.

use std::net::IpAddr;

use super::host::{self, Host};
use super::split::{Parts, is_scheme};
use super::{UriFault, name, scheme};

/// Judges a URI whose scheme a server made up. Its parts mean what the server says, so only what would reach past
/// the server is refused: paths that climb, parts that a command line takes for options or a shell for syntax.
pub(super) fn check(parts: &Parts<'_>) -> Result<(), UriFault> {
    if parts.authority.is_none() && wraps_another(parts.path) {
        return Err(UriFault::Nested);
    }
    if let Some(authority) = parts.authority {
        check_authority(authority)?;
    }
    for segment in parts.path.split('/') {
        let value = name::decode_value(segment)?;
        value.split('/').try_for_each(check_part)?;
    }
    for pair in parts.query.unwrap_or("").split('&') {
        let value = pair.split_once('=').map_or(pair, |(_, value)| value);
        check_value(&name::decode_once(value)?)?;
    }
    name::decode_once(parts.fragment.unwrap_or("")).map(drop)
}

/// `jar:file:///x`, `feed:javascript:…`; not `urn:isbn:…`.
fn wraps_another(path: &str) -> bool {
    path.split_once(':').is_some_and(|(inner, rest)| {
        let inner = inner.to_ascii_lowercase();
        is_scheme(&inner)
            && (rest.starts_with('/') || inner == "file" || scheme::is_forbidden(&inner))
    })
}

fn check_authority(authority: &str) -> Result<(), UriFault> {
    let decoded = name::decode_value(authority)?;
    decoded.split('/').try_for_each(check_part)?;
    let host = decoded.rsplit('@').next().unwrap_or("");
    if host.starts_with('-') {
        return Err(UriFault::OptionInjection);
    }
    // Databases run on this machine and in its network; nothing that a user means is at a link-local address.
    match host::parse(host) {
        Ok(Host::Address(address)) if is_link_local(address) => Err(UriFault::PrivateHost),
        _ => Ok(()),
    }
}

fn is_link_local(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => address.is_link_local(),
        IpAddr::V6(address) => {
            let inner = address
                .to_ipv4_mapped()
                .is_some_and(|inner| inner.is_link_local());
            // The metadata service of Amazon, and every form that carries an IPv4 address.
            let cloud = matches!(
                address.segments(),
                [0xfd00, 0xec2, ..] | [0x64, 0xff9b, ..] | [0x2002, ..]
            );
            inner || cloud || address.is_unicast_link_local()
        }
    }
}

fn check_part(part: &str) -> Result<(), UriFault> {
    let option = |word: &str| {
        let mut characters = word.chars();
        characters.next() == Some('-') && characters.next().is_some_and(|c| !c.is_ascii_digit())
    };
    if option(part) || part.split_whitespace().skip(1).any(option) {
        return Err(UriFault::OptionInjection);
    }
    check_shell(part)
}

/// In a query a single dash is how sorting is turned round, so only two of them are an option.
fn check_value(value: &str) -> Result<(), UriFault> {
    let option = |word: &str| word.starts_with("--") && word.len() > 2;
    if value.split_whitespace().any(option) {
        return Err(UriFault::OptionInjection);
    }
    if value.chars().any(|c| matches!(c, '\0' | '\n' | '\r')) {
        return Err(UriFault::ControlCharacter);
    }
    check_shell(value)
}

fn check_shell(text: &str) -> Result<(), UriFault> {
    let expands = ["$(", "${", "`", "&&", "||", "<(", ">("];
    if expands.iter().any(|syntax| text.contains(syntax)) {
        return Err(UriFault::ShellSyntax);
    }
    Ok(())
}
