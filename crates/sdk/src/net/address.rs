//! Addresses of private networks; which ones are public is judged in `wire`, for URIs and connections alike.

use std::net::{IpAddr, Ipv6Addr};

/// Whether an address is of a private network that an organisation runs: RFC 1918, RFC 4193.
pub(super) fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => v4.is_private(),
        IpAddr::V6(v6) => v6.is_unique_local() && !METADATA_V6.contains(&v6),
    }
}

/// Metadata services inside the unique local block: AWS (IMDS, EKS, ECS) and Google.
const METADATA_V6: &[Ipv6Addr] = &[
    Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254),
    Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x23),
    Ipv6Addr::new(0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254),
];
