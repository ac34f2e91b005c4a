//! What may be reached: rules made of a host and a port.
//!
//! Does: read `HOST:PORT`, refuse what no rule can mean, and answer three questions: does this name exist, may this
//! name be reached on this port, may this address be reached on this port. Doesn't: resolve or connect.
//!
//! How private addresses are reached:
//! - a *name* is followed to global addresses only, whatever its owner publishes (rebinding stays outside);
//! - an *address* written as a number is itself the consent: loopback, RFC 1918, unique local and shared addresses
//!   are reached exactly as written, on that port, and nothing beside them;
//! - `localhost` is the two addresses 127.0.0.1 and ::1, as RFC 6761 says;
//! - a rule made with [`Rule::danger_parse`] follows a name to private addresses too, and may name link-local ones
//!   and metadata services.

use std::collections::BTreeSet;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::class::AddressClass;
use super::host::{HostError, HostName, HostPattern};

/// The most distinct ports; each is one listener, and all their descriptors travel in one message (253 at most).
pub const MAX_PORTS: usize = 128;
/// The most rules.
pub const MAX_RULES: usize = 1024;

/// Why a rule was not accepted.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum RuleError {
    /// There is no `:PORT`, or it is not a number from 1 to 65535.
    #[error(
        "`{0}` needs a port from 1 to 65535, as in `api.example.com:443` or `[2001:db8::1]:5432`"
    )]
    Port(String),
    /// The host is not one.
    #[error("`{text}` names no host")]
    Host {
        /// What was written.
        text: String,
        /// Which rule of host names it breaks.
        source: HostError,
    },
    /// The address belongs to a class that no grant reaches without a danger option.
    #[error(
        "`{0}` is a link-local, metadata, benchmark or documentation address; only a danger option grants it"
    )]
    Dangerous(String),
    /// The address stands for another one or for no host, or the range is used inside the sandbox.
    #[error("`{0}` cannot be granted; write the address of one host in its plain form")]
    Never(String),
    /// More rules, or more distinct ports, than one sandbox serves.
    #[error("at most 1024 hosts and 128 different ports can be granted to one server")]
    TooMany,
}

/// One granted host and port.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Rule {
    host: HostPattern,
    port: u16,
    danger_private: bool,
}

impl Rule {
    /// Reads `HOST:PORT`; an IPv6 address stands in brackets.
    ///
    /// # Errors
    /// [`RuleError`] says which part is wrong, and when only [`Rule::danger_parse`] accepts it.
    pub fn parse(text: &str) -> Result<Self, RuleError> {
        let rule = Self::danger_parse(text)?;
        match rule.host {
            HostPattern::Address(address) if !AddressClass::of(address).a_literal_may_reach() => {
                Err(RuleError::Dangerous(text.to_owned()))
            }
            _ => Ok(Self {
                danger_private: false,
                ..rule
            }),
        }
    }

    /// The same for a rule that reaches private addresses through a name, link-local ones and metadata services.
    ///
    /// # Errors
    /// [`RuleError`] as for [`Rule::parse`], [`RuleError::Dangerous`] excepted.
    pub fn danger_parse(text: &str) -> Result<Self, RuleError> {
        let port = || RuleError::Port(text.to_owned());
        let (host, number) = text.rsplit_once(':').ok_or_else(port)?;
        if number.is_empty() || !number.bytes().all(|b| b.is_ascii_digit()) {
            return Err(port());
        }
        let number = number
            .parse::<u16>()
            .ok()
            .filter(|n| *n != 0)
            .ok_or_else(port)?;
        // `::1:80` is an address without a port to one reader and with one to another.
        if host.contains(':') && !host.starts_with('[') {
            return Err(port());
        }
        let pattern = HostPattern::parse(host).map_err(|source| RuleError::Host {
            text: host.to_owned(),
            source,
        })?;
        if let HostPattern::Address(address) = pattern
            && (!AddressClass::of(address).danger_may_reach()
                || super::names::is_synthetic(address))
        {
            return Err(RuleError::Never(text.to_owned()));
        }
        Ok(Self {
            host: pattern,
            port: number,
            danger_private: true,
        })
    }

    /// The host.
    #[must_use]
    pub fn host(&self) -> &HostPattern {
        &self.host
    }

    /// The port, never 0.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Whether the rule was made with [`Rule::danger_parse`].
    #[must_use]
    pub fn is_danger_private(&self) -> bool {
        self.danger_private
    }

    /// Whether a name of this rule may be followed to `address`.
    #[must_use]
    pub fn may_follow_to(&self, address: IpAddr) -> bool {
        let class = AddressClass::of(address);
        class == AddressClass::Global || (self.danger_private && class.danger_may_reach())
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

/// Where a connection that was made by number goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Literal {
    /// Tried in this order.
    pub(super) addresses: Vec<IpAddr>,
}

/// All that one server may reach.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EgressRules {
    rules: Vec<Rule>,
    learn: bool,
}

impl EgressRules {
    /// Rules that are enforced.
    ///
    /// # Errors
    /// [`RuleError::TooMany`].
    pub fn new(rules: Vec<Rule>) -> Result<Self, RuleError> {
        let rules = Self {
            rules,
            learn: false,
        };
        if rules.rules.len() > MAX_RULES || rules.ports().len() > MAX_PORTS {
            return Err(RuleError::TooMany);
        }
        Ok(rules)
    }

    /// Learn mode: every name exists, no connection is made, and what was asked for is recorded.
    #[must_use]
    pub fn learn() -> Self {
        Self {
            rules: Vec::new(),
            learn: true,
        }
    }

    /// Whether this is learn mode.
    #[must_use]
    pub fn is_learning(&self) -> bool {
        self.learn
    }

    /// The rules, in the order given.
    #[must_use]
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// The distinct ports, ascending. Learn mode needs no listener and has none.
    #[must_use]
    pub fn ports(&self) -> Vec<u16> {
        self.rules
            .iter()
            .map(Rule::port)
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect()
    }

    /// Whether a name is answered at all.
    pub(super) fn knows(&self, name: &HostName) -> bool {
        self.learn || self.rules.iter().any(|rule| rule.host.matches(name))
    }

    /// The rule that lets a name be reached on a port: of several, the one that reaches most.
    pub(super) fn for_name(&self, name: &HostName, port: u16) -> Option<&Rule> {
        let matching = || {
            self.rules
                .iter()
                .filter(|r| r.port == port && r.host.matches(name))
        };
        matching()
            .find(|rule| rule.danger_private)
            .or_else(|| matching().next())
    }

    /// Where a connection to an address by number goes, if a rule lets it.
    pub(super) fn for_address(&self, address: IpAddr, port: u16) -> Option<Literal> {
        let granted = |host: &HostPattern| {
            self.rules
                .iter()
                .any(|rule| rule.port == port && rule.host == *host)
        };
        if granted(&HostPattern::Address(address)) {
            return Some(Literal {
                addresses: vec![address],
            });
        }
        let v4 = IpAddr::V4(Ipv4Addr::LOCALHOST);
        let v6 = IpAddr::V6(Ipv6Addr::LOCALHOST);
        // Inside, connecting always succeeds at once, so a program does not fall back from ::1 to 127.0.0.1 itself.
        let addresses = match address {
            a if a == v4 => vec![v4, v6],
            a if a == v6 => vec![v6, v4],
            _ => return None,
        };
        let localhost = HostName::parse("localhost").ok()?;
        granted(&HostPattern::Exact(localhost)).then_some(Literal { addresses })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Result<&str, RuleError>) {
        let parsed = Rule::parse(text).map(|rule| rule.to_string());
        assert_eq!(parsed, expected.map(str::to_owned), "{text:?}");
    }

    #[test]
    fn rules_read_a_host_and_a_port() {
        check("api.example.com:443", Ok("api.example.com:443"));
        check("*.example.com:65535", Ok("*.example.com:65535"));
        check("localhost:5432", Ok("localhost:5432"));
        check("127.0.0.1:5432", Ok("127.0.0.1:5432"));
        check("10.0.0.5:1", Ok("10.0.0.5:1"));
        check("[::1]:80", Ok("[::1]:80"));
        check("[fd00::5]:80", Ok("[fd00::5]:80"));
        check("[2606:4700::1111]:443", Ok("[2606:4700::1111]:443"));
    }

    #[test]
    fn rules_without_one_meaning_are_refused() {
        for text in [
            "a.example",
            "a.example:",
            "a.example:0",
            "a.example:65536",
            "a.example:+80",
            ":",
        ] {
            let expected = Err(RuleError::Port(text.to_owned()));
            check(text, expected);
        }
        check("::1:80", Err(RuleError::Port("::1:80".into())));
        check(
            "127.1:80",
            Err(RuleError::Host {
                text: "127.1".into(),
                source: HostError::Numeric,
            }),
        );
        check(
            ":80",
            Err(RuleError::Host {
                text: String::new(),
                source: HostError::Empty,
            }),
        );
        check(
            "*:80",
            Err(RuleError::Host {
                text: "*".into(),
                source: HostError::Wildcard,
            }),
        );
    }

    #[test]
    fn addresses_of_danger_need_the_danger_option() {
        for text in [
            "169.254.169.254:80",
            "[fe80::1]:80",
            "192.0.2.1:80",
            "[fd00:ec2::254]:80",
        ] {
            check(text, Err(RuleError::Dangerous(text.to_owned())));
            assert!(
                Rule::danger_parse(text).unwrap().is_danger_private(),
                "{text}"
            );
        }
        let never = [
            "0.0.0.0:80",
            "224.0.0.1:80",
            "[::ffff:10.0.0.1]:80",
            "11.18.3.4:80",
            "[2002::1]:80",
        ];
        for text in never {
            assert_eq!(
                Rule::danger_parse(text),
                Err(RuleError::Never(text.to_owned()))
            );
            check(text, Err(RuleError::Never(text.to_owned())));
        }
    }

    fn rules(texts: &[&str]) -> EgressRules {
        EgressRules::new(
            texts
                .iter()
                .map(|text| Rule::parse(text).unwrap())
                .collect(),
        )
        .unwrap()
    }

    #[test]
    fn a_name_is_granted_with_its_port() {
        let rules = rules(&["a.example:443", "*.b.example:80"]);
        let name = |text| HostName::parse(text).unwrap();
        assert!(rules.knows(&name("a.example")) && rules.knows(&name("x.b.example")));
        assert!(!rules.knows(&name("b.example")));
        assert!(rules.for_name(&name("a.example"), 443).is_some());
        assert!(rules.for_name(&name("a.example"), 80).is_none());
        assert!(rules.for_name(&name("x.b.example"), 443).is_none());
        assert_eq!(rules.ports(), [80, 443]);
    }

    #[test]
    fn an_address_is_granted_exactly() {
        let rules = rules(&["10.0.0.5:5432", "localhost:6379", "127.0.0.1:80"]);
        let to = |text: &str, port| {
            rules
                .for_address(text.parse().unwrap(), port)
                .map(|l| format!("{:?}", l.addresses))
        };
        assert_eq!(to("10.0.0.5", 5432).as_deref(), Some("[10.0.0.5]"));
        assert_eq!(to("10.0.0.6", 5432), None);
        assert_eq!(to("10.0.0.5", 80), None);
        assert_eq!(to("127.0.0.1", 6379).as_deref(), Some("[127.0.0.1, ::1]"));
        assert_eq!(to("::1", 6379).as_deref(), Some("[::1, 127.0.0.1]"));
        assert_eq!(to("127.0.0.2", 6379), None);
        assert_eq!(to("::1", 80), None);
        assert_eq!(to("127.0.0.1", 80).as_deref(), Some("[127.0.0.1]"));
    }

    #[test]
    fn a_name_is_followed_to_global_addresses_only() {
        let plain = Rule::parse("a.example:443").unwrap();
        let danger = Rule::danger_parse("a.example:443").unwrap();
        let table = [
            ("1.1.1.1", true, true),
            ("10.0.0.1", false, true),
            ("127.0.0.1", false, true),
            ("169.254.169.254", false, true),
            ("::1", false, true),
            ("::ffff:1.1.1.1", false, false),
            ("0.0.0.0", false, false),
            ("255.255.255.255", false, false),
        ];
        for (address, by_plain, by_danger) in table {
            let address = address.parse().unwrap();
            assert_eq!(plain.may_follow_to(address), by_plain, "{address}");
            assert_eq!(danger.may_follow_to(address), by_danger, "{address}");
        }
    }

    #[test]
    fn rules_and_ports_are_bounded() {
        let many = |n: u16| {
            (1..=n)
                .map(|p| Rule::parse(&format!("a.example:{p}")).unwrap())
                .collect()
        };
        assert!(EgressRules::new(many(128)).is_ok());
        assert_eq!(EgressRules::new(many(129)), Err(RuleError::TooMany));
    }
}
