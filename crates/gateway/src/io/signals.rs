//! SIGTERM, SIGINT and SIGHUP as bytes on a socket, so that one poll waits for them too.

use std::io::{self, Read};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::low_level::pipe;

/// The signals that ask us to stop. Installed once for the process, before anything is started.
#[derive(Debug)]
pub struct Signals {
    arrived: UnixStream,
    /// Kept open where nothing else keeps it: an end would count as a signal.
    _sender: Option<UnixStream>,
}

impl Signals {
    /// Takes over SIGTERM, SIGINT and SIGHUP.
    ///
    /// # Errors
    /// When the process has no descriptor left, or the kernel refuses a handler.
    pub fn install() -> io::Result<Self> {
        let (arrived, sender) = UnixStream::pair()?;
        arrived.set_nonblocking(true)?;
        for signal in [SIGTERM, SIGINT, SIGHUP] {
            pipe::register(signal, sender.try_clone()?)?;
        }
        Ok(Self {
            arrived,
            _sender: None,
        })
    }

    /// Signals that never come: a library leaves those of its process to the program.
    pub(crate) fn none() -> io::Result<Self> {
        let (arrived, sender) = UnixStream::pair()?;
        arrived.set_nonblocking(true)?;
        Ok(Self {
            arrived,
            _sender: Some(sender),
        })
    }

    /// Signals that a test sends, and none of this process.
    #[cfg(test)]
    pub(crate) fn played() -> (Self, UnixStream) {
        let (arrived, sender) = UnixStream::pair().unwrap();
        arrived.set_nonblocking(true).unwrap();
        let signals = Self {
            arrived,
            _sender: None,
        };
        (signals, sender)
    }

    /// How many have come since the last call.
    pub(crate) fn take(&self) -> usize {
        let mut bytes = [0; 16];
        (&self.arrived).read(&mut bytes).unwrap_or(0)
    }
}

impl AsFd for Signals {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.arrived.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signal_is_counted_once() {
        let signals = Signals::install().unwrap();
        assert_eq!(signals.take(), 0);
        signal_hook::low_level::raise(SIGHUP).unwrap();
        signal_hook::low_level::raise(SIGTERM).unwrap();
        assert_eq!(signals.take(), 2);
        assert_eq!(signals.take(), 0);
    }
}
