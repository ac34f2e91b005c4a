//! Judging the program's first bytes against the name that was granted.

use std::os::fd::BorrowedFd;

use rustix::io::Errno;

use super::relay::peek;
use crate::egress::host::HostName;
use crate::egress::tls::{self, Hello};

/// What the first bytes say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Judgement {
    /// Nothing has come yet.
    Unknown,
    /// The beginning of a ClientHello has come.
    Begun,
    /// They may be sent.
    Passes,
    /// They are for another server, or nobody can tell for which.
    Refused,
}

/// Judges the bytes that wait in the program's socket, and leaves them there. `finished` says that no more will come.
///
/// # Errors
/// The socket's error.
pub(super) fn judge(
    client: BorrowedFd<'_>,
    finished: bool,
    granted: &HostName,
    scratch: &mut [u8],
) -> Result<Judgement, Errno> {
    let Some(length) = peek(client, scratch)? else {
        return Ok(Judgement::Unknown);
    };
    if length == 0 {
        return Ok(Judgement::Passes); // it ended without a byte: nothing to contradict
    }
    let may_grow = length < scratch.len() && !finished;
    let hello = tls::read(scratch.get(..length).unwrap_or_default());
    Ok(match hello {
        Hello::NotTls | Hello::NoName => Judgement::Passes,
        Hello::Name(name) if name == *granted => Judgement::Passes,
        Hello::Incomplete if may_grow => Judgement::Begun,
        Hello::Name(_) | Hello::Ambiguous | Hello::Incomplete => Judgement::Refused,
    })
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::net::{TcpListener, TcpStream};
    use std::os::fd::AsFd;

    use super::*;

    #[track_caller]
    fn check(bytes: &[u8], finished: bool, room: usize, expected: Judgement) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut near = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (far, _) = listener.accept().unwrap();
        near.write_all(bytes).unwrap();
        if finished {
            near.shutdown(std::net::Shutdown::Write).unwrap();
        }
        if finished || !bytes.is_empty() {
            far.peek(&mut [0]).unwrap(); // waits until the bytes have crossed loopback
        }
        let granted = HostName::parse("a.example").unwrap();
        let judged = judge(far.as_fd(), finished, &granted, &mut vec![0; room]);
        assert_eq!(judged, Ok(expected), "{bytes:?}");
    }

    #[test]
    fn first_bytes_are_judged() {
        let begun = [22, 3, 1, 0, 100, 1];
        check(b"", false, 100, Judgement::Unknown);
        check(b"", true, 100, Judgement::Passes);
        check(b"GET / HTTP/1.1\r\n", false, 100, Judgement::Passes);
        check(&begun, false, 100, Judgement::Begun);
        check(&begun, true, 100, Judgement::Refused);
        check(&begun, false, begun.len(), Judgement::Refused);
        check(&[21, 3, 1, 0, 2, 1, 0], false, 100, Judgement::Refused);
    }
}
