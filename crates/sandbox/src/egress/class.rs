//! What an IP address is for, by the special-purpose registries (RFC 6890 and successors).
//!
//! Does: sort an address into one class; global is what remains, and for IPv6 only inside 2000::/3. Doesn't: decide;
//! [`super::rules`] says which classes a rule may reach.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The purpose of an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AddressClass {
    /// Reachable on the public Internet.
    Global,
    /// 127.0.0.0/8 and ::1.
    Loopback,
    /// 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 (RFC 1918).
    Private,
    /// fc00::/7 (RFC 4193).
    UniqueLocal,
    /// 100.64.0.0/10, behind a carrier's NAT (RFC 6598).
    Shared,
    /// 169.254.0.0/16, fe80::/10 and the deprecated fec0::/10.
    LinkLocal,
    /// Where clouds hand out credentials to whoever asks.
    Metadata,
    /// 198.18.0.0/15 and 2001:2::/48: benchmarks; ours are synthetic addresses.
    Benchmark,
    /// Addresses of examples.
    Documentation,
    /// 0.0.0.0/8 and ::; connecting there means this host.
    Unspecified,
    /// 224.0.0.0/4 and ff00::/8.
    Multicast,
    /// An IPv4 address inside an IPv6 one: mapped, compatible, translated, NAT64, 6to4, Teredo, ISATAP.
    Embedded,
    /// Everything that the registries keep for protocols or the future.
    Reserved,
}

impl AddressClass {
    /// Classifies an address.
    #[must_use]
    pub fn of(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(v4) => of_v4(v4),
            IpAddr::V6(v6) => of_v6(v6),
        }
    }

    /// Whether a grant of exactly this address, written as a number by a person, is enough to reach it.
    #[must_use]
    pub fn a_literal_may_reach(self) -> bool {
        matches!(
            self,
            Self::Global | Self::Loopback | Self::Private | Self::UniqueLocal | Self::Shared
        )
    }

    /// Whether a rule marked as dangerous may reach it. What remains names another address than it shows, or no host.
    #[must_use]
    pub fn danger_may_reach(self) -> bool {
        self.a_literal_may_reach()
            || matches!(
                self,
                Self::LinkLocal | Self::Metadata | Self::Benchmark | Self::Documentation
            )
    }
}

/// First bits, how many of them count, class. The first match wins.
const V4: &[([u8; 4], u32, AddressClass)] = &[
    ([169, 254, 169, 254], 32, AddressClass::Metadata), // AWS, Azure, Google, OpenStack and most others
    ([169, 254, 170, 2], 32, AddressClass::Metadata),   // AWS ECS
    ([169, 254, 170, 23], 32, AddressClass::Metadata),  // AWS EKS pod identity
    ([100, 100, 100, 200], 32, AddressClass::Metadata), // Alibaba
    ([168, 63, 129, 16], 32, AddressClass::Metadata),   // Azure's wire server, a public number
    ([192, 0, 0, 192], 32, AddressClass::Metadata),     // Oracle
    ([0, 0, 0, 0], 8, AddressClass::Unspecified),
    ([10, 0, 0, 0], 8, AddressClass::Private),
    ([100, 64, 0, 0], 10, AddressClass::Shared),
    ([127, 0, 0, 0], 8, AddressClass::Loopback),
    ([169, 254, 0, 0], 16, AddressClass::LinkLocal),
    ([172, 16, 0, 0], 12, AddressClass::Private),
    ([192, 0, 0, 0], 24, AddressClass::Reserved), // protocol assignments, RFC 6890
    ([192, 0, 2, 0], 24, AddressClass::Documentation),
    ([192, 31, 196, 0], 24, AddressClass::Reserved), // AS112, RFC 7535
    ([192, 52, 193, 0], 24, AddressClass::Reserved), // AMT, RFC 7450
    ([192, 88, 99, 0], 24, AddressClass::Reserved),  // 6to4 relays, RFC 7526
    ([192, 168, 0, 0], 16, AddressClass::Private),
    ([192, 175, 48, 0], 24, AddressClass::Reserved), // AS112, RFC 7534
    ([198, 18, 0, 0], 15, AddressClass::Benchmark),
    ([198, 51, 100, 0], 24, AddressClass::Documentation),
    ([203, 0, 113, 0], 24, AddressClass::Documentation),
    ([224, 0, 0, 0], 4, AddressClass::Multicast),
    ([240, 0, 0, 0], 4, AddressClass::Reserved), // limited broadcast included
];

/// The same for IPv6, over the first six groups; all other cases are code below.
const V6: &[([u16; 6], u32, AddressClass)] = &[
    ([0x64, 0xff9b, 0, 0, 0, 0], 96, AddressClass::Embedded), // NAT64, RFC 6052
    ([0x64, 0xff9b, 1, 0, 0, 0], 48, AddressClass::Embedded), // local NAT64, RFC 8215
    ([0, 0, 0, 0, 0, 0xffff], 96, AddressClass::Embedded),    // mapped
    ([0, 0, 0, 0, 0xffff, 0], 96, AddressClass::Embedded),    // translated, RFC 2765
    ([0, 0, 0, 0, 0, 0], 96, AddressClass::Embedded),         // compatible
    ([0x2001, 0, 0, 0, 0, 0], 32, AddressClass::Embedded),    // Teredo
    ([0x2002, 0, 0, 0, 0, 0], 16, AddressClass::Embedded),    // 6to4
    ([0x2001, 2, 0, 0, 0, 0], 48, AddressClass::Benchmark),
    ([0x2001, 0xdb8, 0, 0, 0, 0], 32, AddressClass::Documentation),
    ([0x3fff, 0, 0, 0, 0, 0], 20, AddressClass::Documentation), // RFC 9637
    ([0x2001, 0, 0, 0, 0, 0], 23, AddressClass::Reserved), // protocol assignments, ORCHID, AMT, DET
    ([0x2620, 0x4f, 0x8000, 0, 0, 0], 48, AddressClass::Reserved), // AS112, RFC 7534
    ([0xfc00, 0, 0, 0, 0, 0], 7, AddressClass::UniqueLocal),
    ([0xfe80, 0, 0, 0, 0, 0], 10, AddressClass::LinkLocal),
    ([0xfec0, 0, 0, 0, 0, 0], 10, AddressClass::LinkLocal), // site-local, RFC 3879
    ([0xff00, 0, 0, 0, 0, 0], 8, AddressClass::Multicast),
];

/// Metadata services with an IPv6 number: AWS (IMDS, EKS, ECS), Google.
const METADATA_V6: &[Ipv6Addr] = &[
    Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254),
    Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x23),
    Ipv6Addr::new(0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254),
];

fn of_v4(address: Ipv4Addr) -> AddressClass {
    let bits = address.to_bits();
    let matches = |prefix: [u8; 4], length: u32| {
        (bits ^ u32::from_be_bytes(prefix)).leading_zeros() >= length
    };
    V4.iter()
        .find(|(prefix, length, _)| matches(*prefix, *length))
        .map_or(AddressClass::Global, |(_, _, class)| *class)
}

fn of_v6(address: Ipv6Addr) -> AddressClass {
    if address == Ipv6Addr::LOCALHOST {
        return AddressClass::Loopback;
    }
    if address == Ipv6Addr::UNSPECIFIED {
        return AddressClass::Unspecified;
    }
    if METADATA_V6.contains(&address) {
        return AddressClass::Metadata;
    }
    let bits = address.to_bits();
    let matches = |[a, b, c, d, e, f]: [u16; 6], length: u32| {
        (bits ^ Ipv6Addr::new(a, b, c, d, e, f, 0, 0).to_bits()).leading_zeros() >= length
    };
    if let Some((_, _, class)) = V6
        .iter()
        .find(|(prefix, length, _)| matches(*prefix, *length))
    {
        return *class;
    }
    if isatap_of_special(address) {
        return AddressClass::Embedded;
    }
    // Only 2000::/3 has been given out (RFC 4291, section 2.4); the rest is not the Internet.
    if bits >> 125 == 1 {
        AddressClass::Global
    } else {
        AddressClass::Reserved
    }
}

/// ISATAP (RFC 5214) hides an IPv4 address behind `::0:5efe:` or `::200:5efe:` in the interface identifier.
fn isatap_of_special(address: Ipv6Addr) -> bool {
    let [.., a, b, _, _] = address.segments();
    b == 0x5efe && (a == 0 || a == 0x200)
}

#[cfg(test)]
mod tests {
    use super::AddressClass::{self, *};

    /// First and last address of every block, and its neighbours.
    const TABLE: &[(&str, AddressClass)] = &[
        ("0.0.0.0", Unspecified),
        ("0.255.255.255", Unspecified),
        ("1.0.0.0", Global),
        ("9.255.255.255", Global),
        ("10.0.0.0", Private),
        ("10.255.255.255", Private),
        ("11.0.0.0", Global),
        ("100.63.255.255", Global),
        ("100.64.0.0", Shared),
        ("100.127.255.255", Shared),
        ("100.128.0.0", Global),
        ("100.100.100.200", Metadata),
        ("126.255.255.255", Global),
        ("127.0.0.1", Loopback),
        ("127.255.255.255", Loopback),
        ("128.0.0.0", Global),
        ("168.63.129.16", Metadata),
        ("168.63.129.17", Global),
        ("169.253.255.255", Global),
        ("169.254.0.1", LinkLocal),
        ("169.254.169.254", Metadata),
        ("169.254.170.2", Metadata),
        ("169.254.255.255", LinkLocal),
        ("169.255.0.0", Global),
        ("172.15.255.255", Global),
        ("172.16.0.0", Private),
        ("172.31.255.255", Private),
        ("172.32.0.0", Global),
        ("192.0.0.1", Reserved),
        ("192.0.0.192", Metadata),
        ("192.0.1.0", Global),
        ("192.0.2.1", Documentation),
        ("192.31.196.1", Reserved),
        ("192.52.193.1", Reserved),
        ("192.88.99.1", Reserved),
        ("192.167.255.255", Global),
        ("192.168.0.0", Private),
        ("192.168.255.255", Private),
        ("192.169.0.0", Global),
        ("192.175.48.1", Reserved),
        ("198.17.255.255", Global),
        ("198.18.0.0", Benchmark),
        ("198.19.255.255", Benchmark),
        ("198.20.0.0", Global),
        ("198.51.100.7", Documentation),
        ("203.0.113.7", Documentation),
        ("203.0.114.0", Global),
        ("223.255.255.255", Global),
        ("224.0.0.1", Multicast),
        ("239.255.255.255", Multicast),
        ("240.0.0.0", Reserved),
        ("255.255.255.255", Reserved),
        ("8.8.8.8", Global),
        ("::", Unspecified),
        ("::1", Loopback),
        ("::2", Embedded),
        ("::127.0.0.1", Embedded),
        ("::ffff:127.0.0.1", Embedded),
        ("::ffff:8.8.8.8", Embedded),
        ("::ffff:0:127.0.0.1", Embedded),
        ("64:ff9b::7f00:1", Embedded),
        ("64:ff9b:1::7f00:1", Embedded),
        ("64:ff9b:2::1", Reserved),
        ("100::1", Reserved),
        ("100:0:0:1::1", Reserved),
        ("1fff:ffff::1", Reserved),
        ("2000::1", Global),
        ("2001::1", Embedded),
        ("2001:1::1", Reserved),
        ("2001:2::1", Benchmark),
        ("2001:2:1::1", Reserved),
        ("2001:3::1", Reserved),
        ("2001:4:112::1", Reserved),
        ("2001:10::1", Reserved),
        ("2001:20::1", Reserved),
        ("2001:30::1", Reserved),
        ("2001:1ff:ffff::1", Reserved),
        ("2001:200::1", Global),
        ("2001:db8::1", Documentation),
        ("2001:db9::1", Global),
        ("2001:4860:4860::8888", Global),
        ("2002:7f00:1::", Embedded),
        ("2003::1", Global),
        ("2606:4700::5efe:7f00:1", Embedded),
        ("2606:4700::200:5efe:7f00:1", Embedded),
        ("2620:4f:8000::1", Reserved),
        ("3ffe::1", Global),
        ("3fff::1", Documentation),
        ("3fff:fff:ffff::1", Documentation),
        ("3fff:1000::1", Global),
        ("4000::1", Reserved),
        ("5f00::1", Reserved),
        ("fbff::1", Reserved),
        ("fc00::1", UniqueLocal),
        ("fd00:ec2::254", Metadata),
        ("fd20:ce::254", Metadata),
        ("fdff::1", UniqueLocal),
        ("fe00::1", Reserved),
        ("fe80::1", LinkLocal),
        ("febf::1", LinkLocal),
        ("fec0::1", LinkLocal),
        ("ff02::1", Multicast),
    ];

    #[test]
    fn every_special_purpose_block_has_its_class() {
        for (text, expected) in TABLE {
            assert_eq!(AddressClass::of(text.parse().unwrap()), *expected, "{text}");
        }
    }

    #[test]
    fn no_option_reaches_what_hides_another_address_or_is_no_host() {
        for class in [Unspecified, Multicast, Embedded, Reserved] {
            assert!(!class.danger_may_reach(), "{class:?}");
        }
        for class in [LinkLocal, Metadata, Benchmark, Documentation] {
            assert!(
                !class.a_literal_may_reach() && class.danger_may_reach(),
                "{class:?}"
            );
        }
    }
}
