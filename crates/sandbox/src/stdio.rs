//! The three standard streams of a server.

use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};

use rustix::fs::{Mode, OFlags, open};
use rustix::io::{Errno, fcntl_dupfd_cloexec};
use rustix::pipe::{PipeFlags, pipe_with};

/// One standard stream.
#[derive(Debug, Default)]
pub enum Stdio {
    /// A pipe; the other end is in [`crate::Confined`].
    #[default]
    Piped,
    /// `/dev/null`.
    Null,
    /// This descriptor.
    Fd(OwnedFd),
}

/// The three of them.
#[derive(Debug, Default)]
pub struct Stdio3 {
    /// What the server reads.
    pub stdin: Stdio,
    /// What it answers on.
    pub stdout: Stdio,
    /// What it complains on.
    pub stderr: Stdio,
}

/// Both ends of a stream: the server's, and ours where there is one.
pub(crate) struct Ends {
    pub(crate) inner: OwnedFd,
    pub(crate) outer: Option<OwnedFd>,
}

impl Stdio {
    /// Opens it; `server_reads` says which end of a pipe is the server's.
    pub(crate) fn open(self, server_reads: bool) -> Result<Ends, Errno> {
        match self {
            Stdio::Piped => {
                let (reader, writer) = pipe_with(PipeFlags::CLOEXEC)?;
                let (inner, outer) = if server_reads {
                    (reader, writer)
                } else {
                    (writer, reader)
                };
                Ok(Ends {
                    inner: above_standard(inner.as_fd())?,
                    outer: Some(outer),
                })
            }
            Stdio::Null => {
                let null = open(c"/dev/null", OFlags::RDWR | OFlags::CLOEXEC, Mode::empty())?;
                Ok(Ends {
                    inner: above_standard(null.as_fd())?,
                    outer: None,
                })
            }
            Stdio::Fd(fd) => Ok(Ends {
                inner: above_standard(fd.as_fd())?,
                outer: None,
            }),
        }
    }
}

/// A copy above 2: descriptors 0 to 2 are replaced one after the other in the server.
fn above_standard(fd: BorrowedFd<'_>) -> Result<OwnedFd, Errno> {
    fcntl_dupfd_cloexec(fd, 3)
}
