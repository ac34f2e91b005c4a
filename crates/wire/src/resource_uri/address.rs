//! Which addresses are on the public Internet.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Whether an address is one of the public Internet, so that connecting to it reaches nothing of this machine or its
/// networks. Addresses that carry another one (IPv4-mapped, NAT64, 6to4, Teredo) are never.
///
/// ```
/// use interlock_wire::resource_uri::is_global;
///
/// assert!(is_global("93.184.216.34".parse()?));
/// assert!(!is_global("169.254.169.254".parse()?));
/// assert!(!is_global("::ffff:169.254.169.254".parse()?));
/// assert!(!is_global("64:ff9b::a9fe:a9fe".parse()?));
/// # Ok::<(), std::net::AddrParseError>(())
/// ```
pub fn is_global(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_global_v4(address),
        IpAddr::V6(address) => is_global_v6(address),
    }
}

/// IANA's registry of special-purpose IPv4 addresses, and multicast.
fn is_global_v4(address: Ipv4Addr) -> bool {
    let special = match address.octets() {
        [0 | 10 | 127 | 224..=255, ..] => true,
        [100, second, ..] => (64..128).contains(&second),
        [169, 254, ..] | [192, 168, ..] => true,
        [172, second, ..] => (16..32).contains(&second),
        [192, 0, 0 | 2, _] | [192, 88, 99, _] => true,
        [198, 18 | 19, ..] | [198, 51, 100, _] | [203, 0, 113, _] => true,
        // Addresses of clouds' own machinery that lie in public ranges: Azure's and Oracle's.
        [168, 63, 129, 16] | [192, 0, 192, 192] => true,
        _ => false,
    };
    !special
}

/// Only 2000::/3 is given out, and parts of it are special (IANA's registry).
fn is_global_v6(address: Ipv6Addr) -> bool {
    match address.segments() {
        // 2001::/23 holds Teredo, benchmarking and ORCHID; 2001:db8::/32 and 3fff::/20 are for documentation; 2002::/16 is
        // 6to4.
        [0x2001, second, ..] => second >= 0x200 && second != 0xdb8,
        [0x2002, ..] => false,
        [0x3fff, second, ..] => second >= 0x1000,
        [first, ..] => (0x2000..0x4000).contains(&first),
    }
}
