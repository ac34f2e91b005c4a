//! Synthetic addresses: one number for each granted name that was looked up.
//!
//! Does: give a name the same IPv4 and IPv6 address for as long as the sandbox lives, and find the name again. An
//! address is never given to a second name, because programs keep addresses longer than any time to live says.
//! Doesn't: know which names are granted.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::host::HostName;

/// Synthetic IPv4 addresses, from a range that nobody announces. They have to look public: programs with a guard of
/// their own against requests to internal services refuse the ranges that are reserved for tests (198.18.0.0/15).
pub(super) const V4_BASE: Ipv4Addr = Ipv4Addr::new(11, 18, 0, 0);
const V4_PREFIX: u32 = 15;
/// Synthetic IPv6 addresses, from an unallocated part of 2000::/3: global to programs, and sorted before IPv4 where a
/// unique local one would be sorted behind it (RFC 6724).
pub(super) const V6_BASE: Ipv6Addr = Ipv6Addr::new(0x2d00, 2, 0, 0, 0, 0, 0, 0);
const V6_PREFIX: u32 = 48;

/// The sandbox's own addresses. Without an address beside loopback, `AI_ADDRCONFIG` makes getaddrinfo find nothing.
pub(super) const OWN_V4: Ipv4Addr = Ipv4Addr::new(11, 18, 0, 1);
pub(super) const OWN_V6: Ipv6Addr = Ipv6Addr::new(0x2d00, 2, 0, 0, 0, 0, 0, 1);

/// The first number that stands for a name; those below are the sandbox's own.
const FIRST: u32 = 256;
/// The most names of one sandbox: about 2 MiB of memory.
pub(super) const MAX_NAMES: usize = 16_384;

/// Whether an address lies in a range that is used inside the sandbox.
#[must_use]
pub(super) fn is_synthetic(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => (v4.to_bits() ^ V4_BASE.to_bits()).leading_zeros() >= V4_PREFIX,
        IpAddr::V6(v6) => (v6.to_bits() ^ V6_BASE.to_bits()).leading_zeros() >= V6_PREFIX,
    }
}

/// The two addresses that stand for one name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Synthetic {
    pub(super) v4: Ipv4Addr,
    pub(super) v6: Ipv6Addr,
}

/// Names and their numbers.
#[derive(Debug, Default)]
pub(super) struct NameTable {
    numbers: HashMap<HostName, u32>,
    names: Vec<HostName>,
}

impl NameTable {
    /// The addresses of a name, new ones at the first time; none when the table is full.
    pub(super) fn addresses(&mut self, name: &HostName) -> Option<Synthetic> {
        if let Some(number) = self.numbers.get(name) {
            return Some(synthetic(*number));
        }
        if self.names.len() >= MAX_NAMES {
            return None;
        }
        let number = FIRST + u32::try_from(self.names.len()).ok()?;
        self.names.push(name.clone());
        self.numbers.insert(name.clone(), number);
        Some(synthetic(number))
    }

    /// The name that an address stands for.
    pub(super) fn name(&self, address: IpAddr) -> Option<&HostName> {
        if !is_synthetic(address) {
            return None;
        }
        let number = match address {
            IpAddr::V4(v4) => u128::from(v4.to_bits() ^ V4_BASE.to_bits()),
            IpAddr::V6(v6) => v6.to_bits() ^ V6_BASE.to_bits(),
        };
        let index = number.checked_sub(u128::from(FIRST))?;
        self.names.get(usize::try_from(index).ok()?)
    }
}

fn synthetic(number: u32) -> Synthetic {
    Synthetic {
        v4: Ipv4Addr::from_bits(V4_BASE.to_bits() | number),
        v6: Ipv6Addr::from_bits(V6_BASE.to_bits() | u128::from(number)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> HostName {
        HostName::parse(text).unwrap()
    }

    #[test]
    fn a_name_keeps_its_addresses() {
        let mut table = NameTable::default();
        let a = table.addresses(&name("a.example")).unwrap();
        let b = table.addresses(&name("b.example")).unwrap();
        assert_eq!(a.v4, Ipv4Addr::new(11, 18, 1, 0));
        assert_eq!(b.v6, "2d00:2::101".parse::<Ipv6Addr>().unwrap());
        assert_eq!(table.addresses(&name("A.example.")), Some(a));
        for (synthetic, expected) in [(a, "a.example"), (b, "b.example")] {
            assert_eq!(table.name(synthetic.v4.into()), Some(&name(expected)));
            assert_eq!(table.name(synthetic.v6.into()), Some(&name(expected)));
        }
    }

    #[test]
    fn other_addresses_have_no_name() {
        let mut table = NameTable::default();
        table.addresses(&name("a.example")).unwrap();
        let others = [
            "11.18.0.0",
            "11.18.0.1",
            "11.18.0.255",
            "11.18.1.1",
            "11.19.255.255",
            "11.20.1.0",
            "8.8.8.8",
            "0.0.1.0",
            "127.0.0.1",
            "2d00:2::1",
            "2d00:2::101",
            "2d00:2:0:1::100",
            "2d00:2:1::100",
            "::100",
            "::ffff:11.18.1.0",
        ];
        for text in others {
            assert_eq!(table.name(text.parse().unwrap()), None, "{text}");
        }
    }

    #[test]
    fn the_table_is_bounded_and_never_reuses() {
        let mut table = NameTable::default();
        let mut last = None;
        for i in 0..MAX_NAMES {
            last = table.addresses(&name(&format!("n{i}.example")));
            assert!(last.is_some_and(|s| is_synthetic(s.v4.into()) && is_synthetic(s.v6.into())));
        }
        assert_eq!(table.addresses(&name("more.example")), None);
        assert_eq!(
            table.addresses(&name(&format!("n{}.example", MAX_NAMES - 1))),
            last
        );
    }

    #[test]
    fn the_ranges_end_where_they_should() {
        let table = [
            ("11.17.255.255", false),
            ("11.18.0.0", true),
            ("11.19.255.255", true),
            ("11.20.0.0", false),
            ("2d00:2::", true),
            ("2d00:2:0:ffff::", true),
            ("2d00:2:1::", false),
        ];
        for (text, expected) in table {
            assert_eq!(is_synthetic(text.parse().unwrap()), expected, "{text}");
        }
    }
}
