//! Socket calls that rustix does not have: packet filters and packet sockets.
//!
//! Does: the raw calls, with nothing allocated in those that run between clone and exec. Doesn't: decide what is heard.

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};

/// One instruction of a classic BPF program (linux/filter.h, `struct sock_filter`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FilterInstruction {
    /// The operation, addressing mode and width.
    pub code: u16,
    /// Instructions to skip when a jump's condition holds.
    pub jump_true: u8,
    /// Instructions to skip when it doesn't.
    pub jump_false: u8,
    /// The operand.
    pub operand: u32,
}

/// The longest program that [`attach_filter`] takes; the kernel's own limit is 4096 (BPF_MAXINSNS).
pub const MAX_FILTER: usize = 64;

/// Attaches a classic BPF program to a socket (SO_ATTACH_FILTER). The kernel verifies the program. Allocates nothing.
///
/// # Errors
/// The kernel's error; EINVAL for a program that is empty, longer than [`MAX_FILTER`], or not valid.
pub fn attach_filter(socket: BorrowedFd<'_>, program: &[FilterInstruction]) -> io::Result<()> {
    let none = libc::sock_filter {
        code: 0,
        jt: 0,
        jf: 0,
        k: 0,
    };
    let mut instructions = [none; MAX_FILTER];
    let length = u16::try_from(program.len()).unwrap_or(u16::MAX);
    if program.len() > instructions.len() {
        return Err(io::Error::from_raw_os_error(libc::EINVAL));
    }
    for (slot, given) in instructions.iter_mut().zip(program) {
        *slot = libc::sock_filter {
            code: given.code,
            jt: given.jump_true,
            jf: given.jump_false,
            k: given.operand,
        };
    }
    let program = libc::sock_fprog {
        len: length,
        filter: instructions.as_mut_ptr(),
    };
    // SAFETY: `program` points to `length` initialised instructions in `instructions`, which outlives the call; the
    // kernel copies them and checks the program before it is used.
    let result = unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            libc::SOL_SOCKET,
            libc::SO_ATTACH_FILTER,
            (&raw const program).cast(),
            size_of::<libc::sock_fprog>() as libc::socklen_t,
        )
    };
    done(result)
}

/// Binds a packet socket (AF_PACKET) to one protocol on every interface. `protocol` is an Ethernet type in network
/// byte order. Allocates nothing.
///
/// # Errors
/// The kernel's error.
pub fn bind_packet(socket: BorrowedFd<'_>, protocol: u16) -> io::Result<()> {
    let address = libc::sockaddr_ll {
        sll_family: libc::AF_PACKET as u16,
        sll_protocol: protocol,
        sll_ifindex: 0,
        sll_hatype: 0,
        sll_pkttype: 0,
        sll_halen: 0,
        sll_addr: [0; 8],
    };
    // SAFETY: `address` is an initialised sockaddr_ll of exactly the length given, and outlives the call.
    let result = unsafe {
        libc::bind(
            socket.as_raw_fd(),
            (&raw const address).cast(),
            size_of::<libc::sockaddr_ll>() as libc::socklen_t,
        )
    };
    done(result)
}

fn done(result: libc::c_int) -> io::Result<()> {
    if result == 0 {
        Ok(())
    } else {
        Err(io::Error::last_os_error())
    }
}

#[cfg(test)]
mod tests {
    use std::net::UdpSocket;
    use std::os::fd::AsFd;

    use super::*;

    /// `BPF_RET | BPF_K`: take this many octets of the packet.
    fn take(octets: u32) -> FilterInstruction {
        FilterInstruction {
            code: 6,
            jump_true: 0,
            jump_false: 0,
            operand: octets,
        }
    }

    fn pair() -> (UdpSocket, UdpSocket) {
        let receiver = UdpSocket::bind("127.0.0.1:0").unwrap();
        let sender = UdpSocket::bind("127.0.0.1:0").unwrap();
        sender.connect(receiver.local_addr().unwrap()).unwrap();
        receiver.set_nonblocking(true).unwrap();
        (receiver, sender)
    }

    #[test]
    fn a_filter_decides_what_is_heard() {
        for (octets, heard) in [(0, false), (64, true)] {
            let (receiver, sender) = pair();
            attach_filter(receiver.as_fd(), &[take(octets)]).unwrap();
            sender.send(b"x").unwrap();
            assert_eq!(receiver.recv(&mut [0; 8]).is_ok(), heard, "{octets}");
        }
    }

    #[test]
    fn filters_that_are_none_are_refused() {
        let (receiver, _sender) = pair();
        let endless = FilterInstruction {
            code: 0x15,
            jump_true: 9,
            jump_false: 9,
            operand: 0,
        };
        for program in [vec![], vec![endless], vec![take(1); MAX_FILTER + 1]] {
            let error = attach_filter(receiver.as_fd(), &program).unwrap_err();
            assert_eq!(
                error.raw_os_error(),
                Some(libc::EINVAL),
                "{} instructions",
                program.len()
            );
        }
    }

    #[test]
    fn only_packet_sockets_are_bound_as_packet_sockets() {
        let (receiver, _sender) = pair();
        assert!(bind_packet(receiver.as_fd(), 0x0008).is_err());
    }
}
