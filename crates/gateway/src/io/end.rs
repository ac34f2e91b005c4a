//! One end of a pipe, socket, terminal or file, read and written without ever waiting.
//!
//! Pipes and sockets are made non-blocking while we hold them, and put back as they were: the description
//! behind an inherited descriptor may be shared with the shell that started us. What is neither (a terminal, a
//! file) is left as it is and written in pieces small enough for a poll's promise.

use std::io::IoSlice;
use std::os::fd::{AsFd, BorrowedFd};

use rustix::fs::{FileType, OFlags, fcntl_getfl, fcntl_setfl, fstat};
use rustix::io::Errno;

/// What a poll that says "writable" promises: a pipe takes this many bytes at once (POSIX `PIPE_BUF`).
const PIECE: usize = 4096;

/// What a read brought.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Read {
    /// So many bytes.
    Bytes(usize),
    /// Nothing yet.
    Later,
    /// The other end is closed, or broken.
    End,
}

/// What became of a write.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Wrote {
    /// So many bytes are out.
    Bytes(usize),
    /// None yet.
    Later,
    /// Nobody will read them.
    Broken,
}

/// An end that is read from.
#[derive(Debug)]
pub(crate) struct Reader<F: AsFd> {
    fd: F,
}

/// An end that is written to.
#[derive(Debug)]
pub(crate) struct Writer<F: AsFd> {
    fd: F,
    /// The flags to put back, where we changed them.
    before: Option<OFlags>,
    waits: bool,
}

/// Makes a description non-blocking that nobody shares.
///
/// # Errors
/// When the kernel refuses.
pub(crate) fn nonblocking(fd: impl AsFd) -> Result<(), Errno> {
    let flags = fcntl_getfl(&fd)?;
    fcntl_setfl(&fd, flags | OFlags::NONBLOCK)
}

/// Reads what is there. Call it after a poll: an inherited description is not made non-blocking for reading,
/// because a read that a poll announced does not wait.
pub(crate) fn read(fd: impl AsFd, space: &mut [u8]) -> Read {
    loop {
        return match rustix::io::read(&fd, &mut *space) {
            Ok(0) => Read::End,
            Ok(count) => Read::Bytes(count),
            Err(Errno::INTR) => continue,
            Err(Errno::AGAIN) => Read::Later,
            Err(_) => Read::End,
        };
    }
}

/// Writes both slices, in order, as far as they go.
pub(crate) fn write(fd: impl AsFd, bytes: [&[u8]; 2]) -> Wrote {
    let [first, second] = bytes;
    loop {
        let result = match (first.is_empty(), second.is_empty()) {
            (_, true) => rustix::io::write(&fd, first),
            (true, _) => rustix::io::write(&fd, second),
            _ => rustix::io::writev(&fd, &[IoSlice::new(first), IoSlice::new(second)]),
        };
        return match result {
            Ok(count) => Wrote::Bytes(count),
            Err(Errno::INTR) => continue,
            Err(Errno::AGAIN) => Wrote::Later,
            Err(_) => Wrote::Broken,
        };
    }
}

impl<F: AsFd> Reader<F> {
    pub(crate) fn new(fd: F) -> Self {
        Self { fd }
    }

    pub(crate) fn read(&self, space: &mut [u8]) -> Read {
        read(&self.fd, space)
    }
}

impl<F: AsFd> Writer<F> {
    /// Takes an end over; it is put back when dropped.
    pub(crate) fn new(fd: F) -> Self {
        let pipe = fstat(&fd).is_ok_and(|stat| {
            matches!(
                FileType::from_raw_mode(stat.st_mode),
                FileType::Fifo | FileType::Socket
            )
        });
        let flags = fcntl_getfl(&fd).ok().filter(|_| pipe);
        let before = flags.filter(|flags| {
            !flags.contains(OFlags::NONBLOCK) && fcntl_setfl(&fd, *flags | OFlags::NONBLOCK).is_ok()
        });
        let waits = match flags {
            Some(flags) => before.is_none() && !flags.contains(OFlags::NONBLOCK),
            None => true,
        };
        Self { fd, before, waits }
    }

    /// Whether it must be written after a poll only.
    pub(crate) fn waits(&self) -> bool {
        self.waits
    }

    pub(crate) fn write(&self, bytes: [&[u8]; 2]) -> Wrote {
        if !self.waits {
            return write(&self.fd, bytes);
        }
        let [first, second] = bytes;
        let piece = if first.is_empty() { second } else { first };
        write(&self.fd, [piece.get(..PIECE).unwrap_or(piece), &[]])
    }
}

impl<F: AsFd> AsFd for Reader<F> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

impl<F: AsFd> AsFd for Writer<F> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

impl<F: AsFd> Drop for Writer<F> {
    fn drop(&mut self) {
        if let Some(before) = self.before {
            // The other holders of the description want it back; when it is gone there is nothing to put back.
            let _gone = fcntl_setfl(&self.fd, before);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::fd::OwnedFd;

    use super::*;

    fn pipe() -> (OwnedFd, OwnedFd) {
        rustix::pipe::pipe().unwrap()
    }

    #[test]
    fn a_full_pipe_does_not_wait_and_is_put_back() {
        let (reader, writer) = pipe();
        let end = Writer::new(&writer);
        assert!(!end.waits());
        let chunk = [b'x'; 50_000];
        assert_eq!(end.write([&chunk, &[]]), Wrote::Bytes(50_000));
        let Wrote::Bytes(partial) = end.write([&chunk, b"tail"]) else {
            panic!("no room at all")
        };
        assert!(partial < 50_000);
        assert_eq!(end.write([&chunk, &[]]), Wrote::Later);
        drop(end);
        assert!(!fcntl_getfl(&writer).unwrap().contains(OFlags::NONBLOCK));

        let end = Reader::new(&reader);
        let mut space = vec![0; 1 << 20];
        assert_eq!(end.read(&mut space), Read::Bytes(50_000 + partial));
        drop(writer);
        assert_eq!(end.read(&mut space), Read::End);
    }

    #[test]
    fn both_slices_leave_in_order() {
        let (reader, writer) = pipe();
        let mut space = [0; 16];
        for (bytes, expected) in [
            ([b"ab".as_slice(), b"cd"], b"abcd".as_slice()),
            ([b"", b"cd"], b"cd"),
            ([b"ab", b""], b"ab"),
        ] {
            assert_eq!(write(&writer, bytes), Wrote::Bytes(expected.len()));
            assert_eq!(read(&reader, &mut space), Read::Bytes(expected.len()));
            assert_eq!(&space[..expected.len()], expected);
        }
    }

    #[test]
    fn a_file_is_written_in_pieces() {
        let file = tempfile::tempfile().unwrap();
        let end = Writer::new(&file);
        assert!(end.waits());
        assert_eq!(end.write([&[b'x'; 10_000], &[]]), Wrote::Bytes(PIECE));
    }

    #[test]
    fn a_reader_that_left_is_broken() {
        let (reader, writer) = pipe();
        drop(reader);
        assert_eq!(write(&writer, [b"x", b""]), Wrote::Broken);
    }

    #[test]
    fn an_empty_pipe_is_for_later() {
        let (reader, _writer) = pipe();
        nonblocking(&reader).unwrap();
        assert_eq!(read(&reader, &mut [0; 4]), Read::Later);
    }
}
