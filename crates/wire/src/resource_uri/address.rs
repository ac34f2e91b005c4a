//! Which addresses are public ones, by the special-purpose registries (RFC 6890 and successors).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// First bits of an IPv4 block that is not public, and how many of them count.
const V4: &[([u8; 4], u32)] = &[
    ([0, 0, 0, 0], 8),
    ([10, 0, 0, 0], 8),
    ([100, 64, 0, 0], 10),
    ([127, 0, 0, 0], 8),
    ([168, 63, 129, 16], 32), // Azure's wire server, a public number
    ([169, 254, 0, 0], 16),
    ([172, 16, 0, 0], 12),
    ([192, 0, 0, 0], 24),
    ([192, 0, 2, 0], 24),
    ([192, 0, 192, 192], 32), // Oracle's metadata service, a public number
    ([192, 31, 196, 0], 24),
    ([192, 52, 193, 0], 24),
    ([192, 88, 99, 0], 24),
    ([192, 168, 0, 0], 16),
    ([192, 175, 48, 0], 24),
    ([198, 18, 0, 0], 15),
    ([198, 51, 100, 0], 24),
    ([203, 0, 113, 0], 24),
    ([224, 0, 0, 0], 3), // multicast, reserved, broadcast
];

/// The same for IPv6, inside 2000::/3; nothing outside it is public.
const V6: &[([u16; 3], u32)] = &[
    ([0x2001, 0, 0], 23),     // protocol assignments, Teredo and ORCHID among them
    ([0x2001, 0xdb8, 0], 32), // documentation
    ([0x2002, 0, 0], 16),     // 6to4: an IPv4 address inside
    ([0x2620, 0x4f, 0x8000], 48),
    ([0x3fff, 0, 0], 20), // documentation
];

/// Whether an address belongs to a host on the public Internet, and to no other host than it shows.
///
/// Loopback, private, shared, link-local, metadata, documentation, benchmark and multicast addresses do not, nor do IPv6
/// addresses with an IPv4 one inside: mapped, compatible, translated, NAT64, 6to4, Teredo, ISATAP.
///
/// ```
/// use interlock_wire::resource_uri::is_global;
/// assert!(is_global("8.8.8.8".parse().unwrap()));
/// assert!(!is_global("::ffff:8.8.8.8".parse().unwrap()));
/// assert!(!is_global("169.254.169.254".parse().unwrap()));
/// ```
#[must_use]
pub fn is_global(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => is_global_v4(v4),
        IpAddr::V6(v6) => is_global_v6(v6),
    }
}

fn is_global_v4(address: Ipv4Addr) -> bool {
    let inside = |(prefix, length): &([u8; 4], u32)| {
        (address.to_bits() ^ u32::from_be_bytes(*prefix)).leading_zeros() >= *length
    };
    !V4.iter().any(inside)
}

fn is_global_v6(address: Ipv6Addr) -> bool {
    let bits = address.to_bits();
    let inside = |(prefix, length): &([u16; 3], u32)| {
        let [a, b, c] = *prefix;
        (bits ^ Ipv6Addr::new(a, b, c, 0, 0, 0, 0, 0).to_bits()).leading_zeros() >= *length
    };
    let [.., marker_high, marker, _, _] = address.segments();
    let isatap = marker == 0x5efe && matches!(marker_high, 0 | 0x200);
    bits >> 125 == 1 && !isatap && !V6.iter().any(inside)
}
