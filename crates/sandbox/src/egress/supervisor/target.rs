//! From the local address of an accepted connection to what it was meant for.

use std::net::{IpAddr, SocketAddr};

use crate::egress::event::{EgressEvent, Transport, Verdict};
use crate::egress::host::HostName;
use crate::egress::inside::STUB;
use crate::egress::names::NameTable;
use crate::egress::rules::{EgressRules, Rule};

/// Where a granted connection goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Target {
    /// To the stub resolver, over TCP.
    Stub,
    /// To a name, under this rule.
    Name(HostName, Rule),
    /// To one of these addresses.
    Addresses(Vec<IpAddr>),
}

/// The address that the program used. A listener for both IP versions shows IPv4 ones mapped into IPv6.
pub(super) fn plain(local: SocketAddr) -> (IpAddr, u16) {
    (local.ip().to_canonical(), local.port())
}

/// Decides about a connection to `addr` and `port`.
pub(super) fn decide(
    (addr, port): (IpAddr, u16),
    rules: &EgressRules,
    names: &NameTable,
) -> Result<Target, EgressEvent> {
    if (addr, port) == (IpAddr::V4(*STUB.ip()), STUB.port()) {
        return Ok(Target::Stub);
    }
    if let Some(name) = names.name(addr)
        && let Some(rule) = rules.for_name(name, port)
    {
        return Ok(Target::Name(name.clone(), rule.clone()));
    }
    match rules.for_address(addr, port) {
        Some(literal) => Ok(Target::Addresses(literal.addresses)),
        None => Err(refusal(Transport::Tcp, (addr, port), rules, names)),
    }
}

/// The event of an attempt that no rule grants.
pub(super) fn refusal(
    transport: Transport,
    (addr, port): (IpAddr, u16),
    rules: &EgressRules,
    names: &NameTable,
) -> EgressEvent {
    let name = names.name(addr);
    let verdict = match name {
        _ if rules.is_learning() => Verdict::LearnedConnection,
        Some(_) => Verdict::PortNotGranted,
        None => Verdict::AddressNotGranted,
    };
    let event = EgressEvent::new(transport, verdict).addr(addr).port(port);
    match name {
        Some(name) => event.name(name.as_str()),
        None => event,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn world() -> (EgressRules, NameTable) {
        let rules = [
            "a.example:443",
            "b.example:80",
            "10.0.0.5:5432",
            "localhost:6379",
        ];
        let rules = rules
            .iter()
            .map(|text| Rule::parse(text).unwrap())
            .collect();
        let mut names = NameTable::default();
        for name in ["a.example", "b.example"] {
            names.addresses(&HostName::parse(name).unwrap());
        }
        (EgressRules::new(rules).unwrap(), names)
    }

    #[track_caller]
    fn check(local: &str, expected: &str) {
        let (rules, names) = world();
        let decided = match decide(plain(local.parse().unwrap()), &rules, &names) {
            Ok(Target::Stub) => "stub".to_owned(),
            Ok(Target::Name(name, rule)) => format!("{name} by {rule}"),
            Ok(Target::Addresses(addresses)) => format!("{addresses:?}"),
            Err(event) => format!("{} {:?}", event.verdict.as_str(), event.name.as_deref()),
        };
        assert_eq!(decided, expected, "{local}");
    }

    #[test]
    fn the_local_address_says_what_was_meant() {
        check("127.0.0.53:53", "stub");
        check("[::ffff:127.0.0.53]:53", "stub");
        check("11.18.1.0:443", "a.example by a.example:443");
        check("[::ffff:11.18.1.0]:443", "a.example by a.example:443");
        check("[2d00:2::101]:80", "b.example by b.example:80");
        check("10.0.0.5:5432", "[10.0.0.5]");
        check("[::1]:6379", "[::1, 127.0.0.1]");
    }

    #[test]
    fn what_is_not_granted_is_refused_by_what_it_was() {
        check("11.18.1.0:80", "port-not-granted Some(\"a.example\")");
        check("[2d00:2::101]:443", "port-not-granted Some(\"b.example\")");
        check("11.18.1.2:443", "address-not-granted None");
        check("11.18.0.1:443", "address-not-granted None");
        check("8.8.8.8:443", "address-not-granted None");
        check("169.254.169.254:80", "address-not-granted None");
        check("127.0.0.1:443", "address-not-granted None");
        check("10.0.0.5:443", "address-not-granted None");
        check("[::ffff:127.0.0.53]:443", "address-not-granted None");
    }
}
