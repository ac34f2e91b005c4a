//! Process 1 after the start: reaps, passes signals on, and ends with the server or the supervisor, whichever is first.
//! The kernel kills all that is left when it ends.

use std::os::fd::{AsFd as _, AsRawFd as _, BorrowedFd};

use interlock_sys::forget::forget_heaps;
use interlock_sys::process::{Ended, reap_any};
use interlock_sys::{privilege, signals};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{Mode, OFlags, openat};
use rustix::io::Errno;
use rustix::net::{RecvFlags, SendFlags, recv, send};
use rustix::process::{Pid, Signal, kill_process};

use super::{Prepared, init, memory};

/// The exit code of a process that could not set up what it should.
pub(crate) const SETUP_FAILED: i32 = 125;

/// What the reaper tells the supervisor at the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Report {
    /// How the server ended.
    Ended(Ended),
    /// The tree was killed for its memory.
    OutOfMemory,
}

impl Report {
    fn encode(self) -> [u8; 5] {
        let (kind, value) = match self {
            Report::Ended(Ended::Exited(code)) => (0, code),
            Report::Ended(Ended::Signaled(signal)) => (1, signal),
            Report::OutOfMemory => (2, 0),
        };
        let [a, b, c, d] = value.to_ne_bytes();
        [kind, a, b, c, d]
    }

    /// Reads what [`reap`] wrote.
    pub(crate) fn decode(bytes: &[u8]) -> Option<Report> {
        let [kind, value @ ..] = bytes else {
            return None;
        };
        let value = i32::from_ne_bytes(value.try_into().ok()?);
        match kind {
            0 => Some(Report::Ended(Ended::Exited(value))),
            1 => Some(Report::Ended(Ended::Signaled(value))),
            2 => Some(Report::OutOfMemory),
            _ => None,
        }
    }
}

/// The message that makes the reaper signal the server.
pub(crate) fn encode_signal(signal: Signal) -> [u8; 1] {
    [u8::try_from(signal.as_raw()).unwrap_or(0)]
}

/// Returns the exit code of process 1 when the server has ended or the supervisor is gone.
pub(super) fn reap(prepared: &Prepared<'_>, server: i32) -> i32 {
    let life = prepared.life.as_fd();
    let Ok(maps) = openat(
        &prepared.host_proc,
        c"self/maps",
        OFlags::RDONLY | OFlags::CLOEXEC,
        Mode::empty(),
    ) else {
        return SETUP_FAILED;
    };
    let Ok(events) = signals::child_events() else {
        return SETUP_FAILED;
    };
    let limit = prepared.plan.limits.memory_bytes;
    let watch = if prepared.watch_memory {
        memory::Watch::open(limit)
    } else {
        None
    };
    let watched = watch
        .as_ref()
        .map_or(life, |watch| watch.descriptor().as_fd());
    let mut keep = [life, events.as_fd(), watched];
    keep.sort_unstable_by_key(|fd| fd.as_raw_fd());
    // The plan with the server's environment lies on the heap: from here on, only what is on this stack is used.
    let forgotten = forget_heaps(maps.as_fd());
    drop(maps);
    let closed = init::close_all_but(&keep);
    if forgotten.is_err() || closed.is_err() || privilege::set_dumpable(false).is_err() {
        return SETUP_FAILED;
    }
    loop {
        if let Some(ended) = reap_ended(server) {
            let _ = send(life, &Report::Ended(ended).encode(), SendFlags::NOSIGNAL);
            return match ended {
                Ended::Exited(code) => code,
                Ended::Signaled(signal) => 128 + signal,
            };
        }
        let mut wanted = [
            PollFd::from_borrowed_fd(life, PollFlags::IN),
            PollFd::from_borrowed_fd(events.as_fd(), PollFlags::IN),
        ];
        let interval = Timespec {
            tv_sec: 0,
            tv_nsec: memory::INTERVAL * 1_000_000,
        };
        match poll(&mut wanted, watch.as_ref().map(|_| &interval)) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(_) => return SETUP_FAILED,
        }
        if watch.as_ref().is_some_and(memory::Watch::is_above) {
            let _ = send(life, &Report::OutOfMemory.encode(), SendFlags::NOSIGNAL);
            return SETUP_FAILED;
        }
        let [life_event, child_event] = &wanted;
        if !child_event.revents().is_empty() {
            let mut drained = [0u8; 128];
            let _ = rustix::io::read(&events, &mut drained);
        }
        if !life_event.revents().is_empty() && !obey(life, server) {
            return SETUP_FAILED;
        }
    }
}

/// Reaps all that have ended; the server's status when it was among them.
fn reap_ended(server: i32) -> Option<Ended> {
    while let Ok(Some((pid, ended))) = reap_any() {
        if pid == server {
            return Some(ended);
        }
    }
    None
}

/// Does what the supervisor says; `false` when it is gone.
fn obey(life: BorrowedFd<'_>, server: i32) -> bool {
    let mut message = [0u8; 1];
    match recv(life, &mut message, RecvFlags::DONTWAIT) {
        Ok((0, _)) => false,
        Ok(_) => {
            let [number] = message;
            if let (Some(pid), Some(signal)) = (
                Pid::from_raw(server),
                Signal::from_named_raw(i32::from(number)),
            ) {
                let _ = kill_process(pid, signal);
            }
            true
        }
        Err(Errno::AGAIN | Errno::INTR) => true,
        Err(_) => false,
    }
}
