//! The half that runs inside the new network namespace, between clone and exec.
//!
//! Does: bring `lo` up, make every address local, open the stub resolver's sockets, one listener for each granted
//! port and the watch for refused attempts, and send them all to the supervisor. Doesn't: allocate, serve, or decide;
//! everything that needs memory was made by [`super::prepare`]. Needs CAP_NET_ADMIN, CAP_NET_RAW and
//! CAP_NET_BIND_SERVICE in the user namespace that owns the network namespace, so it runs before they are dropped.

use std::io::IoSlice;
use std::mem::MaybeUninit;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddrV4, SocketAddrV6};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use interlock_sys::net::{FilterInstruction, attach_filter};
use rustix::io::Errno;
use rustix::net::{
    AddressFamily, RecvFlags, SendAncillaryBuffer, SendAncillaryMessage, SendFlags, SocketFlags,
    SocketType, bind, listen, recv, send, sendmsg, socket_with, sockopt,
};

use super::netlink::acknowledgement;
use super::rules::MAX_PORTS;

/// Where the stub resolver listens, as `resolv.conf` names it.
pub const STUB: SocketAddrV4 = SocketAddrV4::new(Ipv4Addr::new(127, 0, 0, 53), 53);

/// The `/etc/resolv.conf` that belongs to the stub. It answers at once, so one more try after a second is enough.
pub const RESOLV_CONF: &str = "nameserver 127.0.0.53\noptions timeout:1 attempts:2\n";

/// The `/etc/hosts` that belongs to it.
pub const HOSTS: &str = "127.0.0.1 localhost\n::1 localhost\n";

/// Connections that wait to be accepted, for each port.
const BACKLOG: i32 = 128;
/// DNS twice, and one watch for each IP version.
const OTHERS: usize = 4;
/// The most descriptors that are sent; the kernel takes 253 (SCM_MAX_FD).
pub(super) const MAX_FDS: usize = MAX_PORTS + OTHERS;

/// What [`set_up`] was doing when it failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum What {
    /// Opening an rtnetlink socket.
    #[error("open a netlink socket")]
    Netlink,
    /// Bringing `lo` up and giving it addresses and routes.
    #[error("configure the loopback interface")]
    Loopback,
    /// Binding the stub resolver.
    #[error("bind the stub resolver to 127.0.0.53")]
    Resolver,
    /// Binding the listener of this port.
    #[error("listen on port {0}")]
    Listener(u16),
    /// Opening the packet sockets that see refused attempts.
    #[error("watch refused connections (CONFIG_PACKET)")]
    Watch,
    /// Sending the sockets out.
    #[error("send the sockets to the supervisor")]
    Send,
}

/// The step that failed, and the kernel's reason. Plain numbers, so that it can be written to a pipe.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the network namespace could not be set up: {what} failed with error {errno}")]
pub struct Step {
    /// What failed.
    pub what: What,
    /// The error number.
    pub errno: i32,
}

impl What {
    fn failed(self) -> impl Fn(Errno) -> Step {
        move |error| Step {
            what: self,
            errno: error.raw_os_error(),
        }
    }
}

/// Everything that [`set_up`] needs, made before the fork.
#[derive(Debug)]
pub struct PreparedInside {
    /// Requests without which nothing works.
    pub(super) required: Vec<Vec<u8>>,
    /// Requests that fail where the kernel has no IPv6; the sandbox then has none either.
    pub(super) v6: Vec<Vec<u8>>,
    pub(super) ports: Vec<u16>,
    /// The watch is all that learn mode sees, so there it is required.
    pub(super) watch_required: bool,
    pub(super) filter_v4: Vec<FilterInstruction>,
    pub(super) filter_v6: Vec<FilterInstruction>,
    pub(super) socket: OwnedFd,
}

/// What the first bytes of the message say about the descriptors that follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Header {
    pub(super) has_v6: bool,
    pub(super) dns: u8,
    pub(super) listeners: u8,
    pub(super) watches: u8,
}

impl Header {
    pub(super) fn to_bytes(self) -> [u8; 4] {
        [
            u8::from(self.has_v6),
            self.dns,
            self.listeners,
            self.watches,
        ]
    }

    pub(super) fn from_bytes([has_v6, dns, listeners, watches]: [u8; 4]) -> Self {
        Self {
            has_v6: has_v6 == 1,
            dns,
            listeners,
            watches,
        }
    }
}

/// Descriptors in an array, because a vector allocates.
struct Sockets {
    fds: [Option<OwnedFd>; MAX_FDS],
    len: usize,
}

impl Sockets {
    fn push(&mut self, fd: OwnedFd) -> Result<(), Errno> {
        let slot = self.fds.get_mut(self.len).ok_or(Errno::MFILE)?;
        *slot = Some(fd);
        self.len += 1;
        Ok(())
    }
}

/// Sets the network namespace of the calling process up and hands its sockets out.
///
/// # Errors
/// [`Step`] says what failed; the process must not go on then.
pub fn set_up(prepared: &PreparedInside) -> Result<(), Step> {
    let has_v6 = configure(prepared)?;
    let mut sockets = Sockets {
        fds: [const { None }; MAX_FDS],
        len: 0,
    };
    let mut header = Header {
        has_v6,
        ..Header::default()
    };
    header.dns = open_resolver(&mut sockets, &prepared.ports)?;
    for port in &prepared.ports {
        let listener = open_listener(*port, has_v6).map_err(What::Listener(*port).failed())?;
        sockets
            .push(listener)
            .map_err(What::Listener(*port).failed())?;
        header.listeners = header.listeners.saturating_add(1);
    }
    header.watches = open_watches(&mut sockets, prepared, has_v6)?;
    hand_out(prepared.socket.as_fd(), &sockets, header).map_err(What::Send.failed())
}

/// Loopback, addresses and routes; tells whether there is IPv6.
fn configure(prepared: &PreparedInside) -> Result<bool, Step> {
    let socket = socket_with(
        AddressFamily::NETLINK,
        SocketType::RAW,
        SocketFlags::CLOEXEC,
        None, // NETLINK_ROUTE is 0
    )
    .map_err(What::Netlink.failed())?;
    for request in &prepared.required {
        ask(socket.as_fd(), request).map_err(What::Loopback.failed())?;
    }
    Ok(prepared
        .v6
        .iter()
        .all(|request| ask(socket.as_fd(), request).is_ok()))
}

fn ask(socket: BorrowedFd<'_>, request: &[u8]) -> Result<(), Errno> {
    send(socket, request, SendFlags::empty())?;
    let mut answer = [0_u8; 512];
    let (length, _) = recv(socket, &mut answer, RecvFlags::empty())?;
    let answer = answer.get(..length).unwrap_or_default();
    acknowledgement(answer).map_err(|error| error.map_or(Errno::PROTO, Errno::from_raw_os_error))
}

/// UDP and TCP on port 53. Where port 53 is granted, its listener hears what is sent to the stub as well.
fn open_resolver(sockets: &mut Sockets, ports: &[u16]) -> Result<u8, Step> {
    let failed = What::Resolver.failed();
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let udp = socket_with(AddressFamily::INET, SocketType::DGRAM, flags, None).map_err(&failed)?;
    bind(&udp, &STUB).map_err(&failed)?;
    sockets.push(udp).map_err(&failed)?;
    if ports.contains(&STUB.port()) {
        return Ok(1);
    }
    let tcp = socket_with(AddressFamily::INET, SocketType::STREAM, flags, None).map_err(&failed)?;
    bind(&tcp, &STUB).map_err(&failed)?;
    listen(&tcp, BACKLOG).map_err(&failed)?;
    sockets.push(tcp).map_err(&failed)?;
    Ok(2)
}

/// One listener hears both IP versions where there are two.
fn open_listener(port: u16, has_v6: bool) -> Result<OwnedFd, Errno> {
    let family = if has_v6 {
        AddressFamily::INET6
    } else {
        AddressFamily::INET
    };
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let socket = socket_with(family, SocketType::STREAM, flags, None)?;
    if has_v6 {
        sockopt::set_ipv6_v6only(&socket, false)?;
        bind(
            &socket,
            &SocketAddrV6::new(Ipv6Addr::UNSPECIFIED, port, 0, 0),
        )?;
    } else {
        bind(&socket, &SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, port))?;
    }
    listen(&socket, BACKLOG)?;
    Ok(socket)
}

fn open_watches(
    sockets: &mut Sockets,
    prepared: &PreparedInside,
    has_v6: bool,
) -> Result<u8, Step> {
    const ETH_P_IP: u16 = 0x0800;
    const ETH_P_IPV6: u16 = 0x86dd;
    let wanted = [
        (true, ETH_P_IP, &prepared.filter_v4),
        (has_v6, ETH_P_IPV6, &prepared.filter_v6),
    ];
    let mut opened = 0;
    for (_, protocol, filter) in wanted.into_iter().filter(|(wanted, ..)| *wanted) {
        match open_watch(protocol, filter) {
            Ok(socket) => {
                sockets.push(socket).map_err(What::Watch.failed())?;
                opened += 1;
            }
            // A kernel without packet sockets refuses just as well, it only cannot tell what it refused.
            Err(_) if !prepared.watch_required => {}
            Err(error) => return Err(What::Watch.failed()(error)),
        }
    }
    Ok(opened)
}

/// A packet socket of one protocol sees arriving packets only, each once, without a copy of those it filters out.
fn open_watch(ethertype: u16, filter: &[FilterInstruction]) -> Result<OwnedFd, Errno> {
    let protocol = std::num::NonZeroU32::new(u32::from(ethertype.to_be()));
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let family = AddressFamily::PACKET;
    // Created deaf, given its filter, and only then told what to hear: nothing unfiltered is ever queued.
    let socket = socket_with(family, SocketType::DGRAM, flags, None)?;
    attach_filter(socket.as_fd(), filter).map_err(errno_of)?;
    let protocol = protocol.map_or(0, std::num::NonZeroU32::get);
    interlock_sys::net::bind_packet(socket.as_fd(), u16::try_from(protocol).unwrap_or(0))
        .map_err(errno_of)?;
    Ok(socket)
}

#[expect(clippy::needless_pass_by_value, reason = "used with map_err")]
fn errno_of(error: std::io::Error) -> Errno {
    Errno::from_io_error(&error).unwrap_or(Errno::IO)
}

fn hand_out(to: BorrowedFd<'_>, sockets: &Sockets, header: Header) -> Result<(), Errno> {
    let mut borrowed = [to; MAX_FDS];
    let opened = sockets.fds.iter().flatten();
    for (slot, socket) in borrowed.iter_mut().zip(opened) {
        *slot = socket.as_fd();
    }
    let borrowed = borrowed.get(..sockets.len).ok_or(Errno::MFILE)?;
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MAX_FDS))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    if !control.push(SendAncillaryMessage::ScmRights(borrowed)) {
        return Err(Errno::MSGSIZE);
    }
    let bytes = header.to_bytes();
    let sent = sendmsg(
        to,
        &[IoSlice::new(&bytes)],
        &mut control,
        SendFlags::NOSIGNAL,
    )?;
    if sent == bytes.len() {
        Ok(())
    } else {
        Err(Errno::MSGSIZE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_survive_the_trip() {
        let header = Header {
            has_v6: true,
            dns: 2,
            listeners: 128,
            watches: 2,
        };
        assert_eq!(Header::from_bytes(header.to_bytes()), header);
        assert_eq!(Header::from_bytes([0; 4]), Header::default());
    }

    #[test]
    fn steps_say_what_failed() {
        let step = What::Listener(443).failed()(Errno::ADDRINUSE);
        let expected =
            "the network namespace could not be set up: listen on port 443 failed with error 98";
        assert_eq!(step.to_string(), expected);
    }

    #[test]
    fn the_configuration_files_name_the_stub() {
        assert!(RESOLV_CONF.contains(&STUB.ip().to_string()));
        assert!(HOSTS.lines().all(|line| line.ends_with(" localhost")));
    }
}
