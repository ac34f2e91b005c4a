//! Signal dispositions and masks of a new process.

use std::os::fd::{FromRawFd, OwnedFd};

use rustix::io::Errno;

use crate::raw::last_error;

/// Gives every signal its default disposition. What a parent ignores stays ignored over fork and exec otherwise.
pub fn reset_all() {
    let default = KernelAction::default();
    for signal in 1..=64i32 {
        // The raw call, because libc's wrapper refuses the numbers it keeps for itself. SIGKILL and SIGSTOP fail, which is as it should be.
        // SAFETY: a complete kernel `struct sigaction` without a handler; the old one is not asked for.
        unsafe {
            libc::syscall(
                libc::SYS_rt_sigaction,
                signal,
                &raw const default,
                std::ptr::null_mut::<KernelAction>(),
                SET_SIZE,
            )
        };
    }
}

const SET_SIZE: usize = 8;

/// The kernel's `struct sigaction`; all zeroes is the default disposition.
#[repr(C)]
#[derive(Default)]
struct KernelAction {
    handler: usize,
    flags: usize,
    restorer: usize,
    mask: u64,
}

/// Blocks every signal, or none.
pub fn block_all(block: bool) -> Result<(), Errno> {
    let set: u64 = if block { u64::MAX } else { 0 };
    // SAFETY: reads `SET_SIZE` bytes behind the pointer; the old set is not asked for.
    let result = unsafe {
        libc::syscall(
            libc::SYS_rt_sigprocmask,
            libc::SIG_SETMASK,
            &raw const set,
            std::ptr::null_mut::<u64>(),
            SET_SIZE,
        )
    };
    crate::raw::check_unit(result)
}

/// A descriptor that becomes readable when a child has ended (SIGCHLD must be blocked).
pub fn child_events() -> Result<OwnedFd, Errno> {
    let set: u64 = 1 << (libc::SIGCHLD - 1);
    // SAFETY: reads `SET_SIZE` bytes behind the pointer and returns a new descriptor.
    let result = unsafe {
        libc::syscall(
            libc::SYS_signalfd4,
            -1,
            &raw const set,
            SET_SIZE,
            libc::SFD_CLOEXEC | libc::SFD_NONBLOCK,
        )
    };
    match i32::try_from(crate::raw::check(result)?) {
        // SAFETY: the descriptor is new and nothing else owns it.
        Ok(fd) => Ok(unsafe { OwnedFd::from_raw_fd(fd) }),
        Err(_) => Err(last_error()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::{Ended, Namespaces, clone_process};

    #[test]
    fn ignored_signals_kill_again() {
        // Rust ignores SIGPIPE; after the reset it kills.
        let child = clone_process(Namespaces::NONE, None, &mut || {
            reset_all();
            if block_all(false).is_err() {
                return 1;
            }
            let me = rustix::process::getpid();
            let _ = rustix::process::kill_process(me, rustix::process::Signal::PIPE);
            2
        })
        .unwrap();
        assert_eq!(child.wait(true), Ok(Some(Ended::Signaled(libc::SIGPIPE))));
    }
}
