//! One end of a pipe, socket, terminal or file as an asynchronous stream, registered with the runtime where that is possible.
//!
//! tokio's own standard streams hand every read and write to a thread pool. A pipe or socket does not need that: it is made non-blocking
//! and registered. What cannot be registered (regular files, `/dev/null`) never makes a reader wait, so it is read directly. A terminal is
//! shared with the shell and with standard error, so its mode is left alone and it is read only when it has something.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{FileType, OFlags, fcntl_getfl, fcntl_setfl, fstat};
use rustix::io::Errno;
use rustix::pipe::{fcntl_getpipe_size, fcntl_setpipe_size};
use tokio::io::unix::AsyncFd;
use tokio::io::{AsyncRead, AsyncWrite, Interest, ReadBuf};

/// What a pipe holds at first.
const NARROW: usize = 64 << 10;
/// What it holds once it was full: the most that Linux gives without privileges.
const WIDE: usize = 1 << 20;

/// An owned descriptor that is read or written.
#[derive(Debug)]
pub struct Descriptor {
    mode: Mode,
    kind: Kind,
    /// What the open file's flags were, put back in the end: others may hold the same open file.
    before: Option<OFlags>,
    widened: bool,
}

#[derive(Debug)]
enum Mode {
    Registered(AsyncFd<OwnedFd>),
    Direct(OwnedFd),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Pipe,
    Socket,
    /// Blocking, and has to stay so.
    Other,
}

impl Descriptor {
    /// Takes an end that is read. Needs a runtime with its IO driver.
    ///
    /// # Errors
    /// When the descriptor cannot be inspected or registered.
    pub fn reading(fd: OwnedFd) -> io::Result<Self> {
        Self::new(fd, Interest::READABLE)
    }

    /// Takes an end that is written. Needs a runtime with its IO driver.
    ///
    /// # Errors
    /// When the descriptor cannot be inspected or registered.
    pub fn writing(fd: OwnedFd) -> io::Result<Self> {
        Self::new(fd, Interest::WRITABLE)
    }

    fn new(fd: OwnedFd, interest: Interest) -> io::Result<Self> {
        let kind = match FileType::from_raw_mode(fstat(&fd)?.st_mode) {
            FileType::Fifo => Kind::Pipe,
            FileType::Socket => Kind::Socket,
            _ => Kind::Other,
        };
        if kind == Kind::Other && interest.is_writable() {
            // A terminal takes what it is given; waiting for it is waiting for the person who stopped it.
            return Ok(Self::direct(fd, kind));
        }
        let mut before = None;
        if kind != Kind::Other {
            let flags = fcntl_getfl(&fd)?;
            if !flags.contains(OFlags::NONBLOCK) {
                fcntl_setfl(&fd, flags | OFlags::NONBLOCK)?;
                before = Some(flags);
            }
        }
        match AsyncFd::try_with_interest(fd, interest) {
            Ok(registered) => Ok(Self {
                mode: Mode::Registered(registered),
                kind,
                before,
                widened: false,
            }),
            Err(refused) => {
                let (fd, error) = refused.into_parts();
                match error.kind() {
                    // EPERM: a file, which is always ready.
                    io::ErrorKind::PermissionDenied => Ok(Self::direct(fd, kind)),
                    _ => Err(error),
                }
            }
        }
    }

    fn direct(fd: OwnedFd, kind: Kind) -> Self {
        Self {
            mode: Mode::Direct(fd),
            kind,
            before: None,
            widened: false,
        }
    }

    /// Lets a pipe that was full hold a mebibyte: large messages would pass in pieces of 64 KiB, with a switch between the
    /// processes after each. The kernel may refuse; then nothing changes.
    fn widen(&mut self) {
        if self.kind == Kind::Pipe && !std::mem::replace(&mut self.widened, true) {
            let narrow = fcntl_getpipe_size(&*self).is_ok_and(|size| size < WIDE);
            if narrow {
                let _refused = fcntl_setpipe_size(&*self, WIDE);
            }
        }
    }
}

impl AsFd for Descriptor {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match &self.mode {
            Mode::Registered(registered) => registered.get_ref().as_fd(),
            Mode::Direct(fd) => fd.as_fd(),
        }
    }
}

impl Drop for Descriptor {
    fn drop(&mut self) {
        if let Some(flags) = self.before {
            let _gone = fcntl_setfl(self.as_fd(), flags);
        }
    }
}

impl AsyncRead for Descriptor {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let space = buffer.initialize_unfilled();
        let count = match &self.mode {
            Mode::Direct(fd) => read(fd.as_fd(), space)?,
            Mode::Registered(registered) => {
                ready!(read_registered(registered, self.kind, cx, space))?
            }
        };
        if count >= NARROW {
            self.widen();
        }
        buffer.advance(count);
        Poll::Ready(Ok(()))
    }
}

fn read_registered(
    registered: &AsyncFd<OwnedFd>,
    kind: Kind,
    cx: &mut Context<'_>,
    space: &mut [u8],
) -> Poll<io::Result<usize>> {
    loop {
        let mut guard = ready!(registered.poll_read_ready(cx))?;
        let tried = guard.try_io(|fd| match kind {
            Kind::Other if !has_something(fd.get_ref().as_fd()) => {
                Err(io::ErrorKind::WouldBlock.into())
            }
            _ => read(fd.get_ref().as_fd(), space),
        });
        match tried {
            Ok(done) => {
                // Less than there was room for: it is empty now, and the next arrival is told. That saves the read that would
                // only say so.
                let emptied = matches!(done, Ok(count) if count > 0 && count < space.len());
                if emptied && kind != Kind::Other {
                    guard.clear_ready();
                }
                return Poll::Ready(done);
            }
            Err(_would_block) => {}
        }
    }
}

fn read(fd: BorrowedFd<'_>, space: &mut [u8]) -> io::Result<usize> {
    Ok(rustix::io::retry_on_intr(|| {
        rustix::io::read(fd, &mut *space)
    })?)
}

fn has_something(fd: BorrowedFd<'_>) -> bool {
    let now = Timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    let mut fds = [PollFd::from_borrowed_fd(fd, PollFlags::IN)];
    poll(&mut fds, Some(&now)).is_ok_and(|count| count > 0)
}

impl AsyncWrite for Descriptor {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if bytes.len() > NARROW {
            self.widen();
        }
        let registered = match &self.mode {
            Mode::Direct(fd) => return Poll::Ready(write(fd.as_fd(), bytes)),
            Mode::Registered(registered) => registered,
        };
        loop {
            let mut guard = ready!(registered.poll_write_ready(cx))?;
            match guard.try_io(|fd| write(fd.get_ref().as_fd(), bytes)) {
                Ok(done) => {
                    // The kernel took a part: it is full, and says when it is not.
                    if matches!(done, Ok(count) if count > 0 && count < bytes.len()) {
                        guard.clear_ready();
                    }
                    return Poll::Ready(done);
                }
                Err(_would_block) => {}
            }
        }
    }

    fn poll_flush(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.kind == Kind::Socket {
            match rustix::net::shutdown(self.as_fd(), rustix::net::Shutdown::Write) {
                Ok(()) | Err(Errno::NOTCONN) => {}
                Err(error) => return Poll::Ready(Err(error.into())),
            }
        }
        // A pipe ends when its descriptor is closed: when this is dropped.
        Poll::Ready(Ok(()))
    }
}

fn write(fd: BorrowedFd<'_>, bytes: &[u8]) -> io::Result<usize> {
    Ok(rustix::io::retry_on_intr(|| rustix::io::write(fd, bytes))?)
}
