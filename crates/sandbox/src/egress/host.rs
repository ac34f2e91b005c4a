//! Host names and patterns, checked once, at construction.
//!
//! Does: ASCII names (IDNA's `xn--` form included), case folded, one trailing dot dropped; `*.suffix` wildcards;
//! IP literals. Doesn't: convert from Unicode (two spellings of one name must never be judged differently), or
//! accept anything that some resolver might read as a number.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// The longest name in text form (RFC 1035, section 2.3.4: 255 octets on the wire).
const MAX_NAME: usize = 253;
/// The longest label (RFC 1035, section 2.3.4).
const MAX_LABEL: usize = 63;

/// Why a host was not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HostError {
    /// Nothing, or only a dot.
    #[error("the host is empty")]
    Empty,
    /// More than 253 octets, or a label of more than 63.
    #[error("a host name has at most 253 characters, and 63 between two dots")]
    TooLong,
    /// A character that no host name has.
    #[error(
        "`{0}` cannot be part of a host name; write an international name in its `xn--` form, without a scheme or path"
    )]
    Character(char),
    /// Two dots in a row, a leading dot, or a label that starts or ends with a hyphen.
    #[error("a part of the host name is empty or starts or ends with a hyphen")]
    Label,
    /// A name that some resolvers read as an IPv4 address (`127.1`, `0x7f000001`).
    #[error("the host looks like a number; write an IPv4 address as four decimal parts")]
    Numeric,
    /// A `*` anywhere but as the whole first label, or before fewer than two labels.
    #[error("a wildcard is written `*.example.com`, with at least two parts after the star")]
    Wildcard,
}

/// A DNS name: lower case ASCII letters, digits, hyphens and underscores, no trailing dot.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct HostName(Box<str>);

impl HostName {
    /// Checks and folds a name.
    ///
    /// # Errors
    /// [`HostError`] says which rule of host names it breaks.
    pub fn parse(text: &str) -> Result<Self, HostError> {
        let name = text.strip_suffix('.').unwrap_or(text);
        if name.is_empty() {
            return Err(HostError::Empty);
        }
        if name.len() > MAX_NAME {
            return Err(HostError::TooLong);
        }
        let mut last = "";
        for label in name.split('.') {
            check_label(label)?;
            last = label;
        }
        if looks_numeric(last) {
            return Err(HostError::Numeric);
        }
        Ok(Self(name.to_ascii_lowercase().into_boxed_str()))
    }

    /// The name, folded, without a trailing dot.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this is `localhost`, which means loopback whatever a resolver says (RFC 6761, section 6.3).
    #[must_use]
    pub fn is_localhost(&self) -> bool {
        &*self.0 == "localhost"
    }

    /// Whether this name lies under `suffix`, by at least one label.
    fn is_under(&self, suffix: &Self) -> bool {
        self.0
            .strip_suffix(&*suffix.0)
            .is_some_and(|head| head.len() > 1 && head.ends_with('.'))
    }
}

impl fmt::Display for HostName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for HostName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl FromStr for HostName {
    type Err = HostError;

    fn from_str(text: &str) -> Result<Self, HostError> {
        Self::parse(text)
    }
}

fn check_label(label: &str) -> Result<(), HostError> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if let Some(wrong) = label.chars().find(|c| !allowed(*c)) {
        return Err(if wrong == '*' {
            HostError::Wildcard
        } else {
            HostError::Character(wrong)
        });
    }
    if label.len() > MAX_LABEL {
        return Err(HostError::TooLong);
    }
    if label.is_empty() || label.starts_with('-') || label.ends_with('-') {
        return Err(HostError::Label);
    }
    Ok(())
}

/// A name whose last label is a number is an IPv4 address to `inet_aton` and to browsers (WHATWG URL,
/// "ends in a number"): `127.1`, `2130706433`, `0x7f.1`.
fn looks_numeric(last: &str) -> bool {
    let hex = last.strip_prefix("0x").or_else(|| last.strip_prefix("0X"));
    last.bytes().all(|b| b.is_ascii_digit())
        || hex.is_some_and(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()))
}

/// Which hosts a rule means.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum HostPattern {
    /// Exactly this name.
    Exact(HostName),
    /// Every name below this one, not the name itself (`*.example.com`).
    Under(HostName),
    /// Exactly this address, connected to by number.
    Address(IpAddr),
}

impl HostPattern {
    /// Reads `api.example.com`, `*.example.com`, `192.0.2.1`, `2001:db8::1` or `[2001:db8::1]`.
    ///
    /// # Errors
    /// [`HostError`] says what is wrong with the text.
    pub fn parse(text: &str) -> Result<Self, HostError> {
        if let Ok(address) = text.parse::<Ipv4Addr>() {
            return Ok(Self::Address(IpAddr::V4(address)));
        }
        let bare = text
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'))
            .unwrap_or(text);
        if let Ok(address) = bare.parse::<Ipv6Addr>() {
            return Ok(Self::Address(IpAddr::V6(address)));
        }
        let Some(suffix) = text.strip_prefix("*.") else {
            return HostName::parse(text).map(Self::Exact);
        };
        let suffix = HostName::parse(suffix)?;
        // `*.com` would grant a registry's worth of names that anybody can buy.
        if !suffix.as_str().contains('.') {
            return Err(HostError::Wildcard);
        }
        Ok(Self::Under(suffix))
    }

    /// Whether this pattern means `name`. An address never means a name.
    #[must_use]
    pub fn matches(&self, name: &HostName) -> bool {
        match self {
            Self::Exact(granted) => granted == name,
            Self::Under(suffix) => name.is_under(suffix),
            Self::Address(_) => false,
        }
    }
}

impl fmt::Display for HostPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exact(name) => write!(f, "{name}"),
            Self::Under(suffix) => write!(f, "*.{suffix}"),
            Self::Address(IpAddr::V4(address)) => write!(f, "{address}"),
            Self::Address(IpAddr::V6(address)) => write!(f, "[{address}]"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Result<&str, HostError>) {
        let parsed = HostPattern::parse(text).map(|pattern| pattern.to_string());
        assert_eq!(parsed, expected.map(str::to_owned), "{text:?}");
    }

    #[test]
    fn patterns_are_checked_and_folded() {
        check("api.example.com", Ok("api.example.com"));
        check("API.Example.COM.", Ok("api.example.com"));
        check("localhost", Ok("localhost"));
        check("_http._tcp.example.com", Ok("_http._tcp.example.com"));
        check("xn--bcher-kva.example", Ok("xn--bcher-kva.example"));
        check("*.Example.com", Ok("*.example.com"));
        check("10.0.0.5", Ok("10.0.0.5"));
        check("::1", Ok("[::1]"));
        check("[2001:DB8::1]", Ok("[2001:db8::1]"));
        check("1password.com", Ok("1password.com"));
        check("0xdead.example", Ok("0xdead.example"));
    }

    #[test]
    fn ambiguous_hosts_are_refused() {
        check("", Err(HostError::Empty));
        check(".", Err(HostError::Empty));
        check("a..b", Err(HostError::Label));
        check(".a", Err(HostError::Label));
        check("a..", Err(HostError::Label));
        check("-a.b", Err(HostError::Label));
        check("a-.b", Err(HostError::Label));
        check("bücher.example", Err(HostError::Character('ü')));
        check("a b", Err(HostError::Character(' ')));
        check("https://a", Err(HostError::Character(':')));
        check("a\0b", Err(HostError::Character('\0')));
        check("а.example", Err(HostError::Character('а')));
        check("[::1", Err(HostError::Character('[')));
        check("fe80::1%eth0", Err(HostError::Character(':')));
        check(&"a".repeat(64), Err(HostError::TooLong));
        check(&["a"; 128].join("."), Err(HostError::TooLong));
    }

    #[test]
    fn numbers_that_resolvers_read_as_addresses_are_refused() {
        for text in [
            "127.1",
            "2130706433",
            "0x7f000001",
            "0x7f.1",
            "0177.0.0.1",
            "1.2.3.4.5",
            "a.0x",
        ] {
            check(text, Err(HostError::Numeric));
        }
    }

    #[test]
    fn wildcards_stand_first_and_over_two_labels() {
        for text in [
            "*",
            "*.com",
            "a.*.com",
            "*a.example.com",
            "*.*.com",
            "**.example.com",
        ] {
            check(text, Err(HostError::Wildcard));
        }
    }

    #[test]
    fn wildcards_mean_what_is_below() {
        let table = [
            ("*.example.com", "a.example.com", true),
            ("*.example.com", "a.b.example.com", true),
            ("*.example.com", "example.com", false),
            ("*.example.com", "badexample.com", false),
            ("*.example.com", "example.com.evil.net", false),
            ("example.com", "example.com", true),
            ("example.com", "a.example.com", false),
        ];
        for (pattern, name, expected) in table {
            let pattern = HostPattern::parse(pattern).unwrap();
            let name = HostName::parse(name).unwrap();
            assert_eq!(pattern.matches(&name), expected, "{pattern} {name}");
        }
    }

    proptest::proptest! {
        #[test]
        fn parsing_never_panics_and_is_stable(text in "\\PC{0,80}") {
            if let Ok(pattern) = HostPattern::parse(&text) {
                proptest::prop_assert_eq!(HostPattern::parse(&pattern.to_string()), Ok(pattern));
            }
        }
    }
}
