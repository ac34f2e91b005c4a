//! Moving bytes from one socket to another without holding any.
//!
//! Bytes are peeked, sent, and only as many as were taken are then discarded. A slow reader therefore costs no memory
//! here: what it does not take stays in the sender's socket, and TCP slows the sender down.

use std::os::fd::BorrowedFd;

use rustix::io::Errno;
use rustix::net::{RecvFlags, SendFlags, Shutdown, recv, send, shutdown};

/// How much is moved at once.
pub(super) const CHUNK: usize = 128 << 10;
/// How many chunks one connection may move before others have their turn.
const ROUNDS: usize = 8;

/// One direction of a connection.
#[derive(Debug, Default)]
pub(super) struct Flow {
    /// Bytes moved.
    pub(super) bytes: u64,
    /// The receiving side takes no more at the moment.
    pub(super) blocked: bool,
    /// The sending side has finished, and the receiving side was told.
    pub(super) done: bool,
}

/// Moves what there is and fits.
///
/// # Errors
/// The error of either socket; the connection is over then.
pub(super) fn pump(
    from: BorrowedFd<'_>,
    to: BorrowedFd<'_>,
    scratch: &mut [u8],
    flow: &mut Flow,
) -> Result<(), Errno> {
    for _ in 0..ROUNDS {
        if flow.done {
            return Ok(());
        }
        flow.blocked = false;
        let Some(available) = peek(from, scratch)? else {
            return Ok(());
        };
        if available == 0 {
            flow.done = true;
            return shutdown(to, Shutdown::Write).or_else(unless(Errno::NOTCONN));
        }
        let bytes = scratch.get(..available).unwrap_or_default();
        let sent = match send(to, bytes, SendFlags::DONTWAIT | SendFlags::NOSIGNAL) {
            Ok(sent) => sent,
            Err(Errno::AGAIN) => 0,
            Err(error) => return Err(error),
        };
        discard(from, scratch, sent)?;
        flow.bytes = flow.bytes.saturating_add(sent as u64);
        flow.blocked = sent < available;
        if flow.blocked || available < scratch.len() {
            return Ok(());
        }
    }
    Ok(())
}

/// How many bytes wait, 0 at the end, none when there are none yet. They are in `scratch` and stay in the socket.
pub(super) fn peek(from: BorrowedFd<'_>, scratch: &mut [u8]) -> Result<Option<usize>, Errno> {
    match recv(from, scratch, RecvFlags::PEEK | RecvFlags::DONTWAIT) {
        Ok((length, _)) => Ok(Some(length)),
        Err(Errno::AGAIN) => Ok(None),
        Err(error) => Err(error),
    }
}

/// MSG_TRUNC on a TCP socket drops bytes without copying them (tcp(7)).
fn discard(from: BorrowedFd<'_>, scratch: &mut [u8], mut count: usize) -> Result<(), Errno> {
    while count > 0 {
        let part = scratch.get_mut(..count).unwrap_or_default();
        let (_, dropped) = recv(from, part, RecvFlags::TRUNC | RecvFlags::DONTWAIT)?;
        if dropped == 0 {
            return Err(Errno::CONNRESET);
        }
        count = count.saturating_sub(dropped);
    }
    Ok(())
}

fn unless(harmless: Errno) -> impl Fn(Errno) -> Result<(), Errno> {
    move |error| {
        if error == harmless {
            Ok(())
        } else {
            Err(error)
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{ErrorKind, Read, Write};
    use std::net::{TcpListener, TcpStream};
    use std::os::fd::AsFd;

    use super::*;

    fn pair() -> (TcpStream, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let near = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        (near, listener.accept().unwrap().0)
    }

    #[test]
    fn bytes_arrive_in_order_and_the_end_is_passed_on() {
        let ((mut source, from), (to, mut sink)) = (pair(), pair());
        let sent: Vec<u8> = (0..100_000_u32)
            .map(|i| u8::try_from(i % 251).unwrap())
            .collect();
        source.write_all(&sent[..50_000]).unwrap();
        let (mut scratch, mut flow) = (vec![0; 1000], Flow::default());
        while flow.bytes < 50_000 {
            pump(from.as_fd(), to.as_fd(), &mut scratch, &mut flow).unwrap();
        }
        source.write_all(&sent[50_000..]).unwrap();
        source.shutdown(std::net::Shutdown::Write).unwrap();
        while !flow.done {
            pump(from.as_fd(), to.as_fd(), &mut scratch, &mut flow).unwrap();
        }
        let mut received = Vec::new();
        sink.read_to_end(&mut received).unwrap();
        assert!(received == sent && flow.bytes == 100_000);
    }

    #[test]
    fn a_receiver_that_does_not_read_blocks_the_sender() {
        let ((mut source, from), (to, mut sink)) = (pair(), pair());
        let (mut scratch, mut flow) = (vec![0; CHUNK], Flow::default());
        source.set_nonblocking(true).unwrap();
        let mut written = 0;
        loop {
            match source.write(&[7; 65_536]) {
                Ok(count) => written += count,
                Err(error) if error.kind() == ErrorKind::WouldBlock && flow.blocked => break,
                Err(error) => assert_eq!(error.kind(), ErrorKind::WouldBlock),
            }
            pump(from.as_fd(), to.as_fd(), &mut scratch, &mut flow).unwrap();
        }
        source.shutdown(std::net::Shutdown::Write).unwrap();
        let mut buffer = vec![0; 1 << 20];
        let mut received = 0;
        while received < written {
            received += sink.read(&mut buffer).unwrap();
            pump(from.as_fd(), to.as_fd(), &mut scratch, &mut flow).unwrap();
        }
        assert_eq!(flow.bytes, written as u64);
    }

    #[test]
    fn nothing_moves_when_there_is_nothing() {
        let ((_source, from), (to, _sink)) = (pair(), pair());
        let mut flow = Flow::default();
        pump(from.as_fd(), to.as_fd(), &mut [0; 64], &mut flow).unwrap();
        assert!(flow.bytes == 0 && !flow.blocked && !flow.done);
    }
}
