//! Results of raw system calls.

use rustix::io::Errno;

/// The error of the last libc call of this thread.
pub(crate) fn last_error() -> Errno {
    Errno::from_io_error(&std::io::Error::last_os_error()).unwrap_or(Errno::IO)
}

/// A result of `libc::syscall`: -1 means that errno holds the reason.
pub(crate) fn check(result: libc::c_long) -> Result<libc::c_long, Errno> {
    if result == -1 {
        Err(last_error())
    } else {
        Ok(result)
    }
}

/// The same where the number means nothing.
pub(crate) fn check_unit(result: libc::c_long) -> Result<(), Errno> {
    check(result).map(drop)
}
