//! Seeing what was refused: attempts that no listener hears.
//!
//! Every address is local inside the sandbox, so the kernel itself refuses a connection to a port that is not granted:
//! it answers the SYN with a reset whose sequence number is 0. A packet socket with a filter hears those resets, and
//! UDP datagrams to other than loopback addresses.
//!
//! Does: the filters, and reading what passes them. Doesn't: see connections that are accepted; nothing of the traffic
//! that is relayed passes the filters.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use interlock_sys::net::FilterInstruction;

use super::event::Transport;

/// Octets of a packet that the filter hands on: any IP header, and the ports.
const SNAP: u32 = 128;
/// The size of a buffer that holds what the filter hands on.
pub(super) const PACKET: usize = SNAP as usize;

const TCP: u32 = 6;
const UDP: u32 = 17;
/// FIN, SYN, RST and ACK in the octet of TCP flags, and those of a reset that answers a SYN.
const FLAGS: u32 = 0x17;
const RESET: u32 = 0x14;

// Classic BPF operations (linux/bpf_common.h).
const LOAD_WORD: u16 = 0x20;
const LOAD_HALF: u16 = 0x28;
const LOAD_OCTET: u16 = 0x30;
const LOAD_WORD_AT_X: u16 = 0x40;
const LOAD_OCTET_AT_X: u16 = 0x50;
const X_IS_HEADER_LENGTH: u16 = 0xb1;
const X_IS: u16 = 0x01;
const AND: u16 = 0x54;
const JUMP_EQUAL: u16 = 0x15;
const JUMP_SET: u16 = 0x45;
const RETURN: u16 = 0x06;

fn op(code: u16, operand: u32) -> FilterInstruction {
    FilterInstruction {
        code,
        jump_true: 0,
        jump_false: 0,
        operand,
    }
}

fn jump(code: u16, operand: u32, jump_true: u8, jump_false: u8) -> FilterInstruction {
    FilterInstruction {
        code,
        jump_true,
        jump_false,
        operand,
    }
}

/// The filter of a packet socket that hears IPv4 (the packet starts at the IP header).
pub(super) fn filter_v4() -> Vec<FilterInstruction> {
    vec![
        op(LOAD_HALF, 6),              // 0 fragment offset: only first fragments have ports
        jump(JUMP_SET, 0x1fff, 12, 0), // 1 → drop
        op(X_IS_HEADER_LENGTH, 0),     // 2
        op(LOAD_OCTET, 9),             // 3 protocol
        jump(JUMP_EQUAL, TCP, 3, 0),   // 4 → 8
        jump(JUMP_EQUAL, UDP, 0, 8),   // 5 else drop
        op(LOAD_OCTET, 16),            // 6 first octet of the destination
        jump(JUMP_EQUAL, 127, 6, 5),   // 7 loopback → drop, else take
        op(LOAD_OCTET_AT_X, 13),       // 8 TCP flags
        op(AND, FLAGS),                // 9
        jump(JUMP_EQUAL, RESET, 0, 3), // 10 else drop
        op(LOAD_WORD_AT_X, 4),         // 11 sequence number
        jump(JUMP_EQUAL, 0, 0, 1),     // 12 else drop
        op(RETURN, SNAP),              // 13 take
        op(RETURN, 0),                 // 14 drop
    ]
}

/// The same for IPv6. Extension headers are not followed: an ordinary socket sends none unless asked to.
pub(super) fn filter_v6() -> Vec<FilterInstruction> {
    vec![
        op(X_IS, 40),                  // 0 the length of the IP header
        op(LOAD_OCTET, 6),             // 1 next header
        jump(JUMP_EQUAL, TCP, 3, 0),   // 2 → 6
        jump(JUMP_EQUAL, UDP, 0, 9),   // 3 else drop
        op(LOAD_WORD, 24),             // 4 first word of the destination, 0 for ::1
        jump(JUMP_EQUAL, 0, 7, 6),     // 5 loopback → drop, else take
        op(LOAD_OCTET_AT_X, 13),       // 6 TCP flags
        op(AND, FLAGS),                // 7
        jump(JUMP_EQUAL, RESET, 0, 4), // 8 else drop
        op(LOAD_WORD_AT_X, 4),         // 9 sequence number
        jump(JUMP_EQUAL, 0, 1, 2),     // 10 → take, else drop
        op(RETURN, 0),                 // 11
        op(RETURN, SNAP),              // 12 take
        op(RETURN, 0),                 // 13 drop
    ]
}

/// What the program tried to reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Attempt {
    pub(super) transport: Transport,
    pub(super) addr: IpAddr,
    pub(super) port: u16,
}

/// Reads a packet that passed a filter. A reset comes from what was tried, a datagram goes there.
pub(super) fn attempt(packet: &[u8]) -> Option<Attempt> {
    let first = *packet.first()?;
    let (protocol, source, destination, header) = match first >> 4 {
        4 => {
            let header = usize::from(first & 0xf) * 4;
            (
                *packet.get(9)?,
                v4_at(packet, 12)?,
                v4_at(packet, 16)?,
                header,
            )
        }
        6 => (*packet.get(6)?, v6_at(packet, 8)?, v6_at(packet, 24)?, 40),
        _ => return None,
    };
    match u32::from(protocol) {
        TCP => Some(Attempt {
            transport: Transport::Tcp,
            addr: source,
            port: u16_at(packet, header)?,
        }),
        UDP => Some(Attempt {
            transport: Transport::Udp,
            addr: destination,
            port: u16_at(packet, header + 2)?,
        }),
        _ => None,
    }
}

fn u16_at(packet: &[u8], at: usize) -> Option<u16> {
    packet
        .get(at..at + 2)?
        .try_into()
        .ok()
        .map(u16::from_be_bytes)
}

fn v4_at(packet: &[u8], at: usize) -> Option<IpAddr> {
    let octets: [u8; 4] = packet.get(at..at + 4)?.try_into().ok()?;
    Some(Ipv4Addr::from(octets).into())
}

fn v6_at(packet: &[u8], at: usize) -> Option<IpAddr> {
    let octets: [u8; 16] = packet.get(at..at + 16)?.try_into().ok()?;
    Some(Ipv6Addr::from(octets).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs a filter as the kernel would, over the operations used here.
    fn takes(program: &[FilterInstruction], packet: &[u8]) -> bool {
        let octet = |at: u32| packet.get(at as usize).copied().map(u32::from);
        let load = |at: u32, width: u32| {
            (0..width).try_fold(0_u32, |sum, i| Some(sum << 8 | octet(at + i)?))
        };
        let (mut a, mut x, mut pc) = (0, 0, 0);
        loop {
            let FilterInstruction {
                code,
                jump_true,
                jump_false,
                operand: k,
            } = program[pc];
            pc += 1;
            let mut jump =
                |condition| pc += usize::from(if condition { jump_true } else { jump_false });
            let loaded = match code {
                LOAD_WORD => load(k, 4),
                LOAD_HALF => load(k, 2),
                LOAD_OCTET => load(k, 1),
                LOAD_WORD_AT_X => load(x + k, 4),
                LOAD_OCTET_AT_X => load(x + k, 1),
                AND => Some(a & k),
                _ => Some(a),
            };
            let Some(loaded) = loaded else { return false };
            a = loaded;
            match code {
                X_IS => x = k,
                X_IS_HEADER_LENGTH => x = (octet(k).unwrap() & 0xf) * 4,
                JUMP_EQUAL => jump(a == k),
                JUMP_SET => jump(a & k != 0),
                RETURN => return k != 0,
                _ => {}
            }
        }
    }

    fn v4(
        protocol: u32,
        source: [u8; 4],
        destination: [u8; 4],
        options: usize,
        rest: &[u8],
    ) -> Vec<u8> {
        let mut packet = vec![
            0x45 + u8::try_from(options).unwrap(),
            0,
            0,
            0,
            0,
            0,
            0x40,
            0,
            64,
        ];
        packet.extend([u8::try_from(protocol).unwrap(), 0, 0]);
        packet.extend(source);
        packet.extend(destination);
        packet.extend(vec![0; options * 4]);
        packet.extend(rest);
        packet
    }

    fn v6(protocol: u32, source: &str, destination: &str, rest: &[u8]) -> Vec<u8> {
        let mut packet = vec![0x60, 0, 0, 0, 0, 0, u8::try_from(protocol).unwrap(), 64];
        packet.extend(source.parse::<Ipv6Addr>().unwrap().octets());
        packet.extend(destination.parse::<Ipv6Addr>().unwrap().octets());
        packet.extend(rest);
        packet
    }

    fn tcp(source: u16, flags: u8, sequence: u32) -> Vec<u8> {
        let mut segment = source.to_be_bytes().to_vec();
        segment.extend([0x99, 0x99]);
        segment.extend(sequence.to_be_bytes());
        segment.extend([0, 0, 0, 1, 0x50, flags, 0, 0, 0, 0, 0, 0]);
        segment
    }

    const A: [u8; 4] = [8, 8, 8, 8];
    const B: [u8; 4] = [11, 18, 0, 1];

    #[test]
    fn resets_of_refused_connections_are_heard() {
        let table = [
            (0x14, 0, true),  // RST+ACK with sequence 0: the kernel's answer to a SYN
            (0x14, 7, false), // the same in the middle of a connection
            (0x04, 0, false), // RST alone
            (0x02, 0, false), // SYN
            (0x12, 0, false), // SYN+ACK
            (0x10, 0, false), // ACK: data
        ];
        for (flags, sequence, expected) in table {
            for options in [0, 3, 10] {
                let packet = v4(TCP, A, B, options, &tcp(443, flags, sequence));
                assert_eq!(
                    takes(&filter_v4(), &packet),
                    expected,
                    "{flags:x} {sequence}"
                );
            }
            let packet = v6(TCP, "2d00:2::105", "2d00:2::1", &tcp(443, flags, sequence));
            assert_eq!(
                takes(&filter_v6(), &packet),
                expected,
                "{flags:x} {sequence}"
            );
        }
    }

    #[test]
    fn datagrams_to_loopback_are_not_heard() {
        let datagram = [0x99, 0x99, 1, 0xbb, 0, 8, 0, 0];
        for (destination, expected) in [(A, true), (B, true), ([127, 0, 0, 53], false)] {
            assert_eq!(
                takes(&filter_v4(), &v4(UDP, B, destination, 0, &datagram)),
                expected
            );
        }
        for (destination, expected) in [("2d00:2::1", true), ("fe80::1", true), ("::1", false)] {
            assert_eq!(
                takes(&filter_v6(), &v6(UDP, "::1", destination, &datagram)),
                expected
            );
        }
        let mut fragment = v4(UDP, B, A, 0, &datagram);
        fragment[7] = 1;
        assert!(!takes(&filter_v4(), &fragment));
        assert!(!takes(&filter_v4(), &v4(1, B, A, 0, &datagram)));
        assert!(!takes(&filter_v6(), &v6(58, "::1", "2d00:2::1", &datagram)));
    }

    #[test]
    fn attempts_are_read() {
        let expect = |transport, addr: &str, port| {
            Some(Attempt {
                transport,
                addr: addr.parse().unwrap(),
                port,
            })
        };
        let reset = tcp(443, 0x14, 0);
        assert_eq!(
            attempt(&v4(TCP, A, B, 2, &reset)),
            expect(Transport::Tcp, "8.8.8.8", 443)
        );
        let packet = v6(TCP, "2d00:2::105", "2d00:2::1", &reset);
        assert_eq!(attempt(&packet), expect(Transport::Tcp, "2d00:2::105", 443));
        let datagram = [0x99, 0x99, 0, 123, 0, 8, 0, 0];
        assert_eq!(
            attempt(&v4(UDP, B, A, 0, &datagram)),
            expect(Transport::Udp, "8.8.8.8", 123)
        );
        for length in 0..packet.len().min(42) {
            assert_eq!(attempt(&packet[..length]), None);
        }
    }

    proptest::proptest! {
        #[test]
        fn reading_never_panics(packet in proptest::collection::vec(proptest::num::u8::ANY, 0..PACKET)) {
            let _ = attempt(&packet);
        }
    }
}
