//! Taking the sockets that the inside half sends.

use std::io::IoSliceMut;
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::net::{RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, ReturnFlags, recvmsg};

use crate::egress::inside::{Header, MAX_FDS};

/// The sockets were sent before the program was started, so they are normally there already.
const PATIENCE: Timespec = Timespec {
    tv_sec: 5,
    tv_nsec: 0,
};

/// Why serving did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A system call failed.
    #[error("egress could not be started")]
    System(#[source] Errno),
    /// The inside half ended or said nothing.
    #[error("the sandbox sent no sockets to serve")]
    NothingSent,
    /// What it sent is not what was prepared.
    #[error("the sandbox sent other sockets than were prepared")]
    Mismatch,
    /// The thread could not be made.
    #[error("the thread that serves egress could not be started")]
    Thread(#[source] std::io::Error),
}

impl From<Errno> for StartError {
    fn from(error: Errno) -> Self {
        Self::System(error)
    }
}

/// The sockets of one network namespace.
#[derive(Debug)]
pub(super) struct Received {
    pub(super) has_v6: bool,
    /// The stub's UDP socket.
    pub(super) dns: OwnedFd,
    /// The stub's TCP listener, where port 53 is not granted.
    pub(super) dns_tcp: Option<OwnedFd>,
    pub(super) listeners: Vec<OwnedFd>,
    pub(super) watches: Vec<OwnedFd>,
}

pub(super) fn receive(socket: &OwnedFd) -> Result<Received, StartError> {
    let ready = poll(&mut [PollFd::new(socket, PollFlags::IN)], Some(&PATIENCE))?;
    if ready == 0 {
        return Err(StartError::NothingSent);
    }
    let mut bytes = [0_u8; 4];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MAX_FDS))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let flags = RecvFlags::CMSG_CLOEXEC | RecvFlags::DONTWAIT;
    let message = recvmsg(
        socket,
        &mut [IoSliceMut::new(&mut bytes)],
        &mut control,
        flags,
    )?;
    let fds = control.drain().filter_map(|message| match message {
        RecvAncillaryMessage::ScmRights(fds) => Some(fds),
        _ => None,
    });
    let fds: Vec<OwnedFd> = fds.flatten().collect();
    if message.bytes == 0 {
        return Err(StartError::NothingSent);
    }
    let lost = message
        .flags
        .intersects(ReturnFlags::TRUNC | ReturnFlags::CTRUNC);
    if lost || message.bytes != bytes.len() {
        return Err(StartError::Mismatch);
    }
    sort(Header::from_bytes(bytes), fds).ok_or(StartError::Mismatch)
}

fn sort(header: Header, fds: Vec<OwnedFd>) -> Option<Received> {
    let expected = [header.dns, header.listeners, header.watches].map(usize::from);
    if fds.len() != expected.iter().sum::<usize>() {
        return None;
    }
    let mut fds = fds.into_iter();
    let dns = fds.next()?;
    let dns_tcp = if header.dns == 2 {
        Some(fds.next()?)
    } else {
        None
    };
    let listeners = fds.by_ref().take(usize::from(header.listeners)).collect();
    Some(Received {
        has_v6: header.has_v6,
        dns,
        dns_tcp,
        listeners,
        watches: fds.collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::egress::{EgressRules, prepare};

    fn fds(count: usize) -> Vec<OwnedFd> {
        (0..count)
            .map(|_| std::fs::File::open("/dev/null").unwrap().into())
            .collect()
    }

    #[test]
    fn sockets_are_sorted_by_the_header() {
        let header = Header {
            has_v6: true,
            dns: 2,
            listeners: 3,
            watches: 2,
        };
        let received = sort(header, fds(7)).unwrap();
        assert!(received.has_v6 && received.dns_tcp.is_some());
        assert_eq!((received.listeners.len(), received.watches.len()), (3, 2));
        for count in [0, 1, 6, 8] {
            assert!(sort(header, fds(count)).is_none(), "{count}");
        }
        assert!(sort(Header::default(), Vec::new()).is_none());
    }

    #[test]
    fn a_half_that_ended_is_noticed() {
        let (inside, outside) = prepare(EgressRules::learn()).unwrap();
        drop(inside);
        assert!(matches!(
            receive(&outside.socket),
            Err(StartError::NothingSent)
        ));
    }
}
