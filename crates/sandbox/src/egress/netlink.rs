//! The few rtnetlink requests that a new network namespace needs, as bytes.
//!
//! Does: build them before the fork (they allocate), and read the kernel's answer (which doesn't). Doesn't: send.
//! Layouts: linux/netlink.h, linux/rtnetlink.h, linux/if_addr.h.

use std::net::IpAddr;

/// `lo` is the first interface of every network namespace (LOOPBACK_IFINDEX).
const LO: u32 = 1;

const NLM_F_REQUEST: u16 = 1;
const NLM_F_ACK: u16 = 4;
const NLM_F_EXCL: u16 = 0x200;
const NLM_F_CREATE: u16 = 0x400;
const NLMSG_ERROR: u16 = 2;

const RTM_NEWLINK: u16 = 16;
const RTM_NEWADDR: u16 = 20;
const RTM_NEWROUTE: u16 = 24;

const AF_INET: u8 = 2;
const AF_INET6: u8 = 10;
const IFF_UP: u32 = 1;
const IFA_ADDRESS: u16 = 1;
const IFA_LOCAL: u16 = 2;
const IFA_F_NODAD: u8 = 2;
const RTA_OIF: u16 = 4;
const RT_TABLE_LOCAL: u8 = 255;
const RTPROT_STATIC: u8 = 4;
const RT_SCOPE_HOST: u8 = 254;
const RTN_LOCAL: u8 = 2;

/// Brings `lo` up.
pub(super) fn loopback_up() -> Vec<u8> {
    let mut body = vec![0, 0, 0, 0]; // family, padding, type
    body.extend(LO.to_ne_bytes());
    body.extend(IFF_UP.to_ne_bytes()); // flags
    body.extend(IFF_UP.to_ne_bytes()); // which of them to change
    message(RTM_NEWLINK, 0, &body)
}

/// Gives `lo` one address.
pub(super) fn own_address(address: IpAddr) -> Vec<u8> {
    let (family, octets) = family_and_octets(address);
    let length = u8::try_from(octets.len() * 8).unwrap_or(u8::MAX);
    let mut body = vec![family, length, IFA_F_NODAD, 0]; // global scope, so that it is chosen as source
    body.extend(LO.to_ne_bytes());
    attribute(&mut body, IFA_LOCAL, &octets);
    attribute(&mut body, IFA_ADDRESS, &octets);
    message(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, &body)
}

/// Makes every address of a family local: whatever the program connects to ends in this namespace.
pub(super) fn everything_is_local(v6: bool) -> Vec<u8> {
    let family = if v6 { AF_INET6 } else { AF_INET };
    let mut body = vec![
        family,
        0,
        0,
        0,
        RT_TABLE_LOCAL,
        RTPROT_STATIC,
        RT_SCOPE_HOST,
        RTN_LOCAL,
    ];
    body.extend([0; 4]); // flags
    attribute(&mut body, RTA_OIF, &LO.to_ne_bytes());
    message(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, &body)
}

/// The error in an acknowledgement: `Ok` for success, `Err(None)` for bytes that are none, else the positive errno.
pub(super) fn acknowledgement(answer: &[u8]) -> Result<(), Option<i32>> {
    let kind = answer
        .get(4..6)
        .and_then(|b| b.try_into().ok())
        .map(u16::from_ne_bytes);
    let error = answer
        .get(16..20)
        .and_then(|b| b.try_into().ok())
        .map(i32::from_ne_bytes);
    match (kind, error) {
        (Some(NLMSG_ERROR), Some(0)) => Ok(()),
        (Some(NLMSG_ERROR), Some(error)) => Err(Some(error.saturating_neg())),
        _ => Err(None),
    }
}

fn family_and_octets(address: IpAddr) -> (u8, Vec<u8>) {
    match address {
        IpAddr::V4(v4) => (AF_INET, v4.octets().to_vec()),
        IpAddr::V6(v6) => (AF_INET6, v6.octets().to_vec()),
    }
}

/// All our attributes are multiples of four octets long, so none needs padding.
fn attribute(body: &mut Vec<u8>, kind: u16, value: &[u8]) {
    let length = u16::try_from(4 + value.len()).unwrap_or(u16::MAX);
    body.extend(length.to_ne_bytes());
    body.extend(kind.to_ne_bytes());
    body.extend(value);
}

fn message(kind: u16, flags: u16, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(16 + body.len()).unwrap_or(u32::MAX);
    let mut message = Vec::with_capacity(16 + body.len());
    message.extend(length.to_ne_bytes());
    message.extend(kind.to_ne_bytes());
    message.extend((NLM_F_REQUEST | NLM_F_ACK | flags).to_ne_bytes());
    message.extend([0; 8]); // sequence, port
    message.extend(body);
    message
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_say_their_length() {
        let all = [
            (loopback_up(), 32),
            (own_address("11.18.0.1".parse().unwrap()), 40),
            (own_address("2d00:2::1".parse().unwrap()), 64),
            (everything_is_local(false), 36),
            (everything_is_local(true), 36),
        ];
        for (message, expected) in all {
            assert_eq!(message.len(), expected);
            let said = u32::from_ne_bytes(message[..4].try_into().unwrap());
            assert_eq!(usize::try_from(said).unwrap(), expected);
        }
    }

    #[test]
    fn acknowledgements_are_read() {
        let answer = |kind: u16, error: i32| {
            let mut bytes = vec![36, 0, 0, 0];
            bytes.extend(kind.to_ne_bytes());
            bytes.extend([0; 10]);
            bytes.extend(error.to_ne_bytes());
            bytes
        };
        assert_eq!(acknowledgement(&answer(NLMSG_ERROR, 0)), Ok(()));
        assert_eq!(acknowledgement(&answer(NLMSG_ERROR, -1)), Err(Some(1)));
        assert_eq!(
            acknowledgement(&answer(NLMSG_ERROR, i32::MIN)),
            Err(Some(i32::MAX))
        );
        assert_eq!(acknowledgement(&answer(3, 0)), Err(None));
        assert_eq!(acknowledgement(&[]), Err(None));
        assert_eq!(acknowledgement(&answer(NLMSG_ERROR, 0)[..19]), Err(None));
    }
}
