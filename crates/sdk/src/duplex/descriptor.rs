//! One end of a pipe, socket, terminal or file as an asynchronous stream, registered with the runtime where that is possible.
//!
//! tokio's own standard streams hand every read and write to a thread pool. A pipe or socket does not need that: it is made
//! non-blocking and registered. A regular file or `/dev/null` cannot be registered and never makes a reader wait, so it is used directly.
//! A terminal is shared with the shell and with standard error, so its mode is left alone: a thread reads it.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream as StdStream;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use rustix::fs::{FileType, OFlags, fcntl_getfl, fcntl_setfl, fstat};
use rustix::pipe::{PipeFlags, fcntl_getpipe_size, fcntl_setpipe_size, pipe_with};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::UnixStream;
use tokio::net::unix::pipe;

/// What a pipe holds at first.
const NARROW: usize = 64 << 10;
/// What it holds once it was full: the most that Linux gives without privileges.
const WIDE: usize = 1 << 20;

/// An owned descriptor that is read or written.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// use std::os::fd::OwnedFd;
/// use interlock_sdk::duplex::Descriptor;
/// use tokio::io::{AsyncReadExt, AsyncWriteExt};
///
/// let (reader, writer) = std::io::pipe()?;
/// let mut reader = Descriptor::reading(OwnedFd::from(reader))?;
/// let mut writer = Descriptor::writing(OwnedFd::from(writer))?;
/// writer.write_all(b"{}\n").await?;
/// drop(writer);
/// let mut line = String::new();
/// reader.read_to_string(&mut line).await?;
/// assert_eq!(line, "{}\n");
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct Descriptor {
    end: End,
    /// What the open file's flags were, put back in the end: others may hold the same open file.
    before: Option<OFlags>,
    widened: bool,
}

#[derive(Debug)]
enum End {
    Receiver(pipe::Receiver),
    Sender(pipe::Sender),
    Socket(UnixStream),
    /// Always ready, or a terminal that takes what it is given.
    File(OwnedFd),
}

impl Descriptor {
    /// Takes an end that is read. Needs a tokio runtime with its IO driver.
    ///
    /// # Errors
    /// When the descriptor cannot be inspected or registered.
    pub fn reading(fd: OwnedFd) -> io::Result<Self> {
        let (fd, before) = unblocked(fd)?;
        let end = match kind(&fd)? {
            FileType::Fifo => End::Receiver(pipe::Receiver::from_owned_fd(fd)?),
            FileType::Socket => End::Socket(UnixStream::from_std(StdStream::from(fd))?),
            FileType::CharacterDevice if rustix::termios::isatty(&fd) => {
                End::Receiver(pipe::Receiver::from_owned_fd(read_by_thread(fd)?)?)
            }
            _ => End::File(fd),
        };
        Ok(Self::new(end, before))
    }

    /// Takes an end that is written. Needs a tokio runtime with its IO driver.
    ///
    /// # Errors
    /// When the descriptor cannot be inspected or registered.
    pub fn writing(fd: OwnedFd) -> io::Result<Self> {
        let (fd, before) = unblocked(fd)?;
        let end = match kind(&fd)? {
            FileType::Fifo => End::Sender(pipe::Sender::from_owned_fd(fd)?),
            FileType::Socket => End::Socket(UnixStream::from_std(StdStream::from(fd))?),
            _ => End::File(fd),
        };
        Ok(Self::new(end, before))
    }

    fn new(end: End, before: Option<OFlags>) -> Self {
        Self {
            end,
            before,
            widened: false,
        }
    }

    /// Lets a pipe that was full hold a mebibyte: large messages would pass in pieces of 64 KiB, with a switch between the
    /// processes after each. The kernel may refuse; then nothing changes.
    fn widen(&mut self) {
        let is_pipe = matches!(self.end, End::Receiver(_) | End::Sender(_));
        if !is_pipe || std::mem::replace(&mut self.widened, true) {
            return;
        }
        if fcntl_getpipe_size(&*self).is_ok_and(|size| size < WIDE) {
            let _refused = fcntl_setpipe_size(&*self, WIDE);
        }
    }
}

fn kind(fd: &OwnedFd) -> io::Result<FileType> {
    Ok(FileType::from_raw_mode(fstat(fd)?.st_mode))
}

/// Pipes and sockets are made non-blocking; the flags that were changed are given back too.
fn unblocked(fd: OwnedFd) -> io::Result<(OwnedFd, Option<OFlags>)> {
    if !matches!(kind(&fd)?, FileType::Fifo | FileType::Socket) {
        return Ok((fd, None));
    }
    let flags = fcntl_getfl(&fd)?;
    if flags.contains(OFlags::NONBLOCK) {
        return Ok((fd, None));
    }
    fcntl_setfl(&fd, flags | OFlags::NONBLOCK)?;
    Ok((fd, Some(flags)))
}

/// A pipe that a thread fills from a blocking descriptor. The thread ends with the descriptor, or with the next line after the pipe.
fn read_by_thread(fd: OwnedFd) -> io::Result<OwnedFd> {
    let (reader, writer) = pipe_with(PipeFlags::CLOEXEC)?;
    std::thread::Builder::new()
        .name("stdin".to_owned())
        .spawn(move || {
            let _either_ended = io::copy(&mut File::from(fd), &mut File::from(writer));
        })?;
    Ok(reader)
}

impl AsFd for Descriptor {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match &self.end {
            End::Receiver(end) => end.as_fd(),
            End::Sender(end) => end.as_fd(),
            End::Socket(end) => end.as_fd(),
            End::File(end) => end.as_fd(),
        }
    }
}

impl Drop for Descriptor {
    fn drop(&mut self) {
        if let Some(flags) = self.before {
            let _gone = fcntl_setfl(&*self, flags);
        }
    }
}

impl AsyncRead for Descriptor {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        match &mut self.end {
            End::Receiver(end) => ready!(Pin::new(end).poll_read(cx, buffer))?,
            End::Socket(end) => ready!(Pin::new(end).poll_read(cx, buffer))?,
            End::File(end) => {
                let space = buffer.initialize_unfilled();
                let count = rustix::io::retry_on_intr(|| rustix::io::read(&*end, &mut *space))?;
                buffer.advance(count);
            }
            End::Sender(_) => return Poll::Ready(Err(io::ErrorKind::Unsupported.into())),
        }
        if buffer.filled().len() - before >= NARROW {
            self.widen();
        }
        Poll::Ready(Ok(()))
    }
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
        match &mut self.end {
            End::Sender(end) => Pin::new(end).poll_write(cx, bytes),
            End::Socket(end) => Pin::new(end).poll_write(cx, bytes),
            End::File(end) => Poll::Ready(Ok(rustix::io::retry_on_intr(|| {
                rustix::io::write(&*end, bytes)
            })?)),
            End::Receiver(_) => Poll::Ready(Err(io::ErrorKind::Unsupported.into())),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    /// A pipe ends when it is closed: when this is dropped.
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.end {
            End::Socket(end) => Pin::new(end).poll_shutdown(cx),
            _ => Poll::Ready(Ok(())),
        }
    }
}
