//! A running server and its tree.

use std::fmt;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use interlock_sys::process::{Ended, Process};
use rustix::io::Errno;
use rustix::net::{RecvFlags, SendFlags, recv, send};
use rustix::process::Signal;

use crate::cgroup::Cgroup;
use crate::egress::PreparedOutside;
use crate::inside::{Report, encode_signal};
use crate::layer::Enforced;

/// How a server ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Exit {
    /// It exited with this code.
    Code(i32),
    /// This signal ended it.
    Signal(i32),
    /// Its tree used more memory than granted and was killed.
    OutOfMemory,
    /// Its tree was killed from here, or by somebody outside.
    Killed,
}

impl fmt::Display for Exit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Exit::Code(code) => write!(f, "exit code {code}"),
            Exit::Signal(signal) => write!(f, "signal {signal}"),
            Exit::OutOfMemory => f.write_str("killed above its memory limit"),
            Exit::Killed => f.write_str("killed"),
        }
    }
}

/// The state of the tree could not be asked or changed.
#[derive(Debug, thiserror::Error)]
#[error("the confined process cannot be {0}")]
pub struct ProcessError(&'static str, #[source] Errno);

/// A running server with everything it started. Dropping it kills all of that.
pub struct Confined {
    /// The writing end of its standard input, when that is a pipe.
    pub stdin: Option<OwnedFd>,
    /// The reading end of its standard output, when that is a pipe.
    pub stdout: Option<OwnedFd>,
    /// The reading end of its standard error, when that is a pipe.
    pub stderr: Option<OwnedFd>,
    /// The supervisor's half of its network; start it with [`crate::egress::start`] before the server needs it.
    pub egress: Option<PreparedOutside>,
    process: Process,
    life: OwnedFd,
    enforced: Enforced,
    exit: Option<Exit>,
    // Last: removed when nothing is left in it.
    cgroup: Option<Cgroup>,
}

pub(crate) struct Parts {
    pub(crate) process: Process,
    pub(crate) life: OwnedFd,
    pub(crate) stdin: Option<OwnedFd>,
    pub(crate) stdout: Option<OwnedFd>,
    pub(crate) stderr: Option<OwnedFd>,
    pub(crate) egress: Option<PreparedOutside>,
    pub(crate) enforced: Enforced,
    pub(crate) cgroup: Option<Cgroup>,
}

impl Confined {
    pub(crate) fn new(parts: Parts) -> Confined {
        Confined {
            stdin: parts.stdin,
            stdout: parts.stdout,
            stderr: parts.stderr,
            egress: parts.egress,
            process: parts.process,
            life: parts.life,
            enforced: parts.enforced,
            exit: None,
            cgroup: parts.cgroup,
        }
    }

    /// What was really applied.
    pub fn enforced(&self) -> &Enforced {
        &self.enforced
    }

    /// The process number of the tree's first process, outside.
    pub fn pid(&self) -> i32 {
        self.process.pid()
    }

    /// Asks the server, not its children, to end (SIGTERM).
    pub fn terminate(&self) -> Result<(), ProcessError> {
        match send(
            &self.life,
            &encode_signal(Signal::TERM),
            SendFlags::NOSIGNAL | SendFlags::DONTWAIT,
        ) {
            // Gone already.
            Ok(_) | Err(Errno::PIPE | Errno::CONNRESET) => Ok(()),
            Err(error) => Err(ProcessError("signalled", error)),
        }
    }

    /// Kills the whole tree at once. When [`Confined::wait`] returns, none of it is left.
    pub fn kill(&self) -> Result<(), ProcessError> {
        self.process
            .kill()
            .map_err(|error| ProcessError("killed", error))
    }

    /// Waits until the server has ended and nothing of its tree is left.
    pub fn wait(&mut self) -> Result<Exit, ProcessError> {
        // Without `block` it may be `None`; with it the kernel waits.
        Ok(self.take_status(true)?.unwrap_or(Exit::Killed))
    }

    /// The same without waiting: `None` while it runs.
    pub fn try_wait(&mut self) -> Result<Option<Exit>, ProcessError> {
        self.take_status(false)
    }

    fn take_status(&mut self, block: bool) -> Result<Option<Exit>, ProcessError> {
        if self.exit.is_none() {
            let ended = self
                .process
                .wait(block)
                .map_err(|error| ProcessError("awaited", error))?;
            if ended.is_some() {
                self.exit = Some(self.read_report());
                self.cgroup = None;
            }
        }
        Ok(self.exit)
    }

    /// What the reaper said last; nothing when it was killed itself.
    fn read_report(&self) -> Exit {
        if self.cgroup.as_ref().is_some_and(Cgroup::ran_out_of_memory) {
            return Exit::OutOfMemory;
        }
        let mut message = [0u8; 16];
        let read = recv(&self.life, &mut message, RecvFlags::DONTWAIT);
        let report = read
            .ok()
            .and_then(|(count, _)| message.get(..count))
            .and_then(Report::decode);
        match report {
            Some(Report::Ended(Ended::Exited(code))) => Exit::Code(code),
            Some(Report::Ended(Ended::Signaled(signal))) => Exit::Signal(signal),
            Some(Report::OutOfMemory) => Exit::OutOfMemory,
            None => Exit::Killed,
        }
    }
}

/// Becomes readable when the tree has ended: for poll.
impl AsFd for Confined {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.process.as_fd()
    }
}

impl Drop for Confined {
    fn drop(&mut self) {
        if self.exit.is_none() {
            // Best effort: there is nobody to tell. The descriptor cannot mean another process.
            let _ = self.process.kill();
            let _ = self.process.wait(true);
        }
    }
}

impl fmt::Debug for Confined {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Confined")
            .field("pid", &self.pid())
            .field("enforced", &self.enforced)
            .finish_non_exhaustive()
    }
}
