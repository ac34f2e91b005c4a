//! Making, executing, signalling and awaiting processes, by process descriptor.
//!
//! Does not build arguments and does not decide what runs: the caller prepares everything before.

use std::ffi::{CStr, CString};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};

use rustix::io::Errno;

use crate::raw::{check, check_unit};

/// Namespaces that a new process gets for itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Namespaces(u64);

impl Namespaces {
    /// None: a plain fork.
    pub const NONE: Namespaces = Namespaces(0);
    /// Mounts, process ids, network, IPC, host name and cgroup root.
    pub const ALL_BUT_USER: Namespaces = Namespaces(
        (libc::CLONE_NEWNS
            | libc::CLONE_NEWPID
            | libc::CLONE_NEWNET
            | libc::CLONE_NEWIPC
            | libc::CLONE_NEWUTS
            | libc::CLONE_NEWCGROUP) as u64,
    );
    /// The network alone.
    pub const NETWORK: Namespaces = Namespaces(libc::CLONE_NEWNET as u64);
    /// Users alone.
    pub const USER: Namespaces = Namespaces(libc::CLONE_NEWUSER as u64);

    /// Both sets.
    pub const fn and(self, other: Namespaces) -> Namespaces {
        Namespaces(self.0 | other.0)
    }

    /// Those of this set that are not in the other.
    pub const fn without(self, other: Namespaces) -> Namespaces {
        Namespaces(self.0 & !other.0)
    }
}

/// A process that this one made. Its descriptor means this process for ever, whatever its number is used for later.
#[derive(Debug)]
pub struct Process {
    pid: i32,
    pidfd: OwnedFd,
}

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// It returned or called exit.
    Exited(i32),
    /// A signal ended it.
    Signaled(i32),
}

/// Starts a copy of this process that runs `child` and exits with what it returns.
///
/// The copy has one thread. A lock that another thread held at this moment stays locked in it for ever,
/// the allocator's included: `child` must neither allocate nor free, and must not wait for locks.
/// The copy sends no signal when it ends (`exit_signal` 0), so an ignored SIGCHLD cannot reap it.
pub fn clone_process(
    namespaces: Namespaces,
    cgroup: Option<BorrowedFd<'_>>,
    child: &mut dyn FnMut() -> i32,
) -> Result<Process, Errno> {
    let mut pidfd: libc::c_int = -1;
    let args = CloneArgs {
        flags: namespaces.0
            | libc::CLONE_PIDFD as u64
            | if cgroup.is_some() {
                CLONE_INTO_CGROUP
            } else {
                0
            },
        pidfd: (&raw mut pidfd) as u64,
        cgroup: cgroup.map_or(0, |fd| fd.as_raw_fd() as u64),
        ..CloneArgs::default()
    };
    // SAFETY: `args` is a complete `struct clone_args` of the size passed; no stack is given and memory is not shared, so
    // this acts as fork: both processes return here, each with its own copy of the stack.
    let result =
        unsafe { libc::syscall(libc::SYS_clone3, &raw const args, size_of::<CloneArgs>()) };
    let pid = check(result)?;
    if pid == 0 {
        let code = child();
        exit_now(code);
    }
    // SAFETY: the call succeeded with CLONE_PIDFD, so the kernel stored a new descriptor that nothing else owns.
    let pidfd = unsafe { OwnedFd::from_raw_fd(pidfd) };
    Ok(Process {
        pid: i32::try_from(pid).map_err(|_| Errno::RANGE)?,
        pidfd,
    })
}

/// libc has it with too narrow a type.
const CLONE_INTO_CGROUP: u64 = 0x2_0000_0000;

/// `struct clone_args` of the kernel (Linux 5.7, with `cgroup`).
#[repr(C)]
#[derive(Default)]
struct CloneArgs {
    flags: u64,
    pidfd: u64,
    child_tid: u64,
    parent_tid: u64,
    exit_signal: u64,
    stack: u64,
    stack_size: u64,
    tls: u64,
    set_tid: u64,
    set_tid_size: u64,
    cgroup: u64,
}

/// Memory for the stack of a process started with [`fork_to_exec`] or [`beside`].
pub struct Stack(Box<[std::mem::MaybeUninit<u8>]>);

impl Stack {
    /// As much as preparing an exec needs. Not cleared: the kernel gives it page by page as it is used.
    pub fn new() -> Stack {
        Stack(Box::new_uninit_slice(256 << 10))
    }
}

impl Default for Stack {
    fn default() -> Stack {
        Stack::new()
    }
}

/// Starts a process that shares this one's memory until it executes a program or exits; this one waits for that.
/// Returns the child's number. Nothing is copied, so it is cheaper than a fork.
///
/// What [`clone_process`] says about `child` holds here too. What `child` writes to memory stays written.
pub fn fork_to_exec(stack: &mut Stack, mut child: &mut dyn FnMut() -> i32) -> Result<i32, Errno> {
    extern "C" fn enter(child: *mut libc::c_void) -> libc::c_int {
        // SAFETY: the pointer is that of the reference below, whose owner waits in the kernel while this runs.
        let child = unsafe { &mut *child.cast::<&mut dyn FnMut() -> i32>() };
        child()
    }
    let top = stack.0.as_mut_ptr_range().end;
    let aligned = top.wrapping_sub(top as usize % 16);
    let flags = libc::CLONE_VM | libc::CLONE_VFORK | libc::SIGCHLD;
    // SAFETY: the stack is this process's own, large enough, aligned, and used by nobody else; with CLONE_VFORK this process
    // continues only when the child has left the shared memory, so the references in `child` are used by one at a time.
    let pid = unsafe { libc::clone(enter, aligned.cast(), flags, (&raw mut child).cast()) };
    if pid == -1 {
        Err(crate::raw::last_error())
    } else {
        Ok(pid)
    }
}

/// Does `work` while a process that shares this one's memory and descriptors runs `helper`, in namespaces of its own.
/// `work` gets the helper's number. Returns how the helper ended, and what `work` returned; the helper has ended then.
///
/// What [`clone_process`] says about `child` holds for `helper`, and more: it shares this thread's own storage, too, so it must
/// make system calls by rustix alone, which keeps no error number there. It dies with the thread that made it.
pub fn beside<R>(
    stack: &mut Stack,
    namespaces: Namespaces,
    helper: &(dyn Fn() -> i32 + Sync),
    work: impl FnOnce(i32) -> R,
) -> Result<(Ended, R), Errno> {
    extern "C" fn enter(helper: *mut libc::c_void) -> libc::c_int {
        let signal = Some(rustix::process::Signal::KILL);
        if rustix::process::set_parent_process_death_signal(signal).is_err() {
            return 1;
        }
        // SAFETY: the pointer is that of the reference below, whose owner returns only when this process has ended.
        let helper = unsafe { &*helper.cast::<&(dyn Fn() -> i32 + Sync)>() };
        helper()
    }
    let top = stack.0.as_mut_ptr_range().end;
    let aligned = top.wrapping_sub(top as usize % 16);
    // No exit signal, as for `clone_process`.
    let flags = libc::CLONE_VM | libc::CLONE_FILES | namespaces.0 as libc::c_int;
    let argument: *const &(dyn Fn() -> i32 + Sync) = &raw const helper;
    // SAFETY: the stack is borrowed for this call alone, large enough and aligned; `helper` may be shared between threads of one
    // memory, which is what these processes are, and outlives the helper because `Helper` awaits it even when `work` unwinds.
    let pid = unsafe { libc::clone(enter, aligned.cast(), flags, argument.cast_mut().cast()) };
    if pid == -1 {
        return Err(crate::raw::last_error());
    }
    let mut guard = Helper {
        pid,
        ended: Ok(None),
    };
    let done = work(pid);
    guard.wait();
    match guard.ended {
        Ok(Some((_, ended))) => Ok((ended, done)),
        Ok(None) => Err(Errno::CHILD),
        Err(error) => Err(error),
    }
}

/// A process in this one's memory. Awaited when dropped.
struct Helper {
    pid: i32,
    ended: Result<Option<(i32, Ended)>, Errno>,
}

impl Helper {
    fn wait(&mut self) {
        if !matches!(self.ended, Ok(None)) {
            return;
        }
        loop {
            self.ended = waitid(
                libc::P_PID,
                self.pid.unsigned_abs(),
                libc::WEXITED | libc::__WALL,
            );
            if self.ended != Err(Errno::INTR) {
                return;
            }
        }
    }
}

impl Drop for Helper {
    fn drop(&mut self) {
        self.wait();
    }
}

/// Ends this process at once: no destructors, no handlers, no flushing.
pub fn exit_now(code: i32) -> ! {
    // SAFETY: `_exit` takes any number and does not return.
    unsafe { libc::_exit(code) }
}

impl Process {
    /// Its number in this process's PID namespace.
    pub fn pid(&self) -> i32 {
        self.pid
    }

    /// Sends SIGKILL. A process that has ended already is no error.
    pub fn kill(&self) -> Result<(), Errno> {
        self.signal(libc::SIGKILL)
    }

    /// Sends a signal. A process that has ended already is no error.
    pub fn signal(&self, signal: i32) -> Result<(), Errno> {
        // SAFETY: a live descriptor, a null siginfo (allowed) and no flags: nothing is dereferenced.
        let result = unsafe {
            libc::syscall(
                libc::SYS_pidfd_send_signal,
                self.pidfd.as_raw_fd(),
                signal,
                std::ptr::null::<libc::siginfo_t>(),
                0,
            )
        };
        match check_unit(result) {
            Err(Errno::SRCH) => Ok(()),
            other => other,
        }
    }

    /// Waits until it has ended and takes its status. `None`: it runs (only when `block` is false).
    pub fn wait(&self, block: bool) -> Result<Option<Ended>, Errno> {
        // `__WALL`: a process without an exit signal is awaited only when all kinds are asked for.
        let options = libc::WEXITED | libc::__WALL | if block { 0 } else { libc::WNOHANG };
        loop {
            match waitid(libc::P_PIDFD, self.pidfd.as_raw_fd() as libc::id_t, options) {
                Err(Errno::INTR) => {}
                other => return other.map(|found| found.map(|(_, ended)| ended)),
            }
        }
    }
}

impl AsFd for Process {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.pidfd.as_fd()
    }
}

/// Takes the status of any ended child; `None` when none has ended yet.
///
/// # Errors
/// `CHILD` when there are no children.
pub fn reap_any() -> Result<Option<(i32, Ended)>, Errno> {
    waitid(libc::P_ALL, 0, libc::WEXITED | libc::__WALL | libc::WNOHANG)
}

fn waitid(
    kind: libc::idtype_t,
    id: libc::id_t,
    options: i32,
) -> Result<Option<(i32, Ended)>, Errno> {
    let mut info = std::mem::MaybeUninit::<libc::siginfo_t>::zeroed();
    // SAFETY: `info` is writable memory of the right size for the whole call.
    let result = unsafe { libc::waitid(kind, id, info.as_mut_ptr(), options) };
    if result != 0 {
        return Err(crate::raw::last_error());
    }
    // SAFETY: the structure was zeroed, and all zeroes is a valid `siginfo_t`.
    let info = unsafe { info.assume_init() };
    // SAFETY: after waitid these fields are the ones of a child's status, or the zeroes from before.
    let pid = unsafe { info.si_pid() };
    if pid == 0 {
        return Ok(None);
    }
    // SAFETY: as above.
    let status = unsafe { info.si_status() };
    let ended = if info.si_code == libc::CLD_EXITED {
        Ended::Exited(status)
    } else {
        Ended::Signaled(status)
    };
    Ok(Some((pid, ended)))
}

/// A program with its arguments and environment in the kernel's form, made before fork and used after.
pub struct Exec {
    path: CString,
    args: Pointers,
    env: Pointers,
}

impl Exec {
    /// Takes the path, the whole argument vector and the whole environment (`NAME=value`).
    pub fn new(path: CString, args: Vec<CString>, env: Vec<CString>) -> Exec {
        Exec {
            path,
            args: Pointers::new(args),
            env: Pointers::new(env),
        }
    }

    /// The file that will be executed.
    pub fn path(&self) -> &CStr {
        &self.path
    }

    /// Replaces this process. Returns only when that failed. Does not allocate.
    pub fn run(&self) -> Errno {
        // SAFETY: the path ends in NUL; both arrays end in a null pointer and point to strings that `self` keeps alive.
        unsafe {
            libc::execve(
                self.path.as_ptr(),
                self.args.array.as_ptr(),
                self.env.array.as_ptr(),
            )
        };
        crate::raw::last_error()
    }
}

/// A null-terminated array of pointers, with the strings it points to.
struct Pointers {
    // INVARIANT: each pointer but the last points into the heap buffer of a string in `_strings`, which never changes.
    array: Vec<*const libc::c_char>,
    _strings: Vec<CString>,
}

impl Pointers {
    fn new(strings: Vec<CString>) -> Pointers {
        let mut array: Vec<_> = strings.iter().map(|s| s.as_ptr()).collect();
        array.push(std::ptr::null());
        Pointers {
            array,
            _strings: strings,
        }
    }
}

// SAFETY: the pointers go into heap memory that the same value owns and that nobody writes.
unsafe impl Send for Pointers {}
// SAFETY: as above: shared access only ever reads.
unsafe impl Sync for Pointers {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_child_returns_its_code() {
        let child = clone_process(Namespaces::NONE, None, &mut || 7).unwrap();
        assert_eq!(child.wait(true), Ok(Some(Ended::Exited(7))));
        assert_eq!(child.wait(true), Err(Errno::CHILD));
        assert_eq!(child.kill(), Ok(()), "a reaped child is no error");
    }

    #[test]
    fn a_killed_child_says_so() {
        let child = clone_process(Namespaces::NONE, None, &mut || loop {
            std::hint::spin_loop();
        })
        .unwrap();
        assert_eq!(child.wait(false), Ok(None));
        child.kill().unwrap();
        assert_eq!(child.wait(true), Ok(Some(Ended::Signaled(9))));
    }

    #[test]
    fn exec_passes_the_exact_arguments() {
        let exec = Exec::new(
            c"/bin/sh".to_owned(),
            vec![
                c"sh".to_owned(),
                c"-c".to_owned(),
                c"test \"$A\" = b && exit 3".to_owned(),
            ],
            vec![c"A=b".to_owned()],
        );
        let child = clone_process(Namespaces::NONE, None, &mut || {
            exec.run();
            99
        })
        .unwrap();
        assert_eq!(child.wait(true), Ok(Some(Ended::Exited(3))));
    }

    #[test]
    fn a_child_in_shared_memory_leaves_its_marks() {
        let mut mark = 0;
        let mut stack = Stack::new();
        let pid = fork_to_exec(&mut stack, &mut || {
            mark = 1;
            5
        });
        let pid = pid.unwrap();
        assert_eq!(mark, 1, "the child ran to its end before");
        let mut status = 0;
        // SAFETY: writes one number.
        let found = unsafe { libc::waitpid(pid, &raw mut status, 0) };
        assert_eq!((found, libc::WEXITSTATUS(status)), (pid, 5));
    }

    #[test]
    fn a_helper_works_beside() {
        use std::sync::atomic::{AtomicI32, Ordering};
        let (ours, theirs) = (AtomicI32::new(0), AtomicI32::new(0));
        let helper = || {
            // Both run at the same time: each waits for the other's mark.
            while ours.load(Ordering::Acquire) == 0 {
                std::hint::spin_loop();
            }
            theirs.store(7, Ordering::Release);
            3
        };
        let work = |_| {
            ours.store(1, Ordering::Release);
            while theirs.load(Ordering::Acquire) == 0 {
                std::hint::spin_loop();
            }
            "done"
        };
        let found = beside(&mut Stack::new(), Namespaces::NONE, &helper, work);
        assert_eq!(found, Ok((Ended::Exited(3), "done")));
    }

    #[test]
    fn sets_of_namespaces_are_cut() {
        let all = Namespaces::ALL_BUT_USER;
        assert_eq!(
            all.without(Namespaces::NETWORK).and(Namespaces::NETWORK),
            all
        );
        assert_eq!(all.without(all), Namespaces::NONE);
    }

    #[test]
    fn exec_of_nothing_returns_the_error() {
        let exec = Exec::new(c"/nonexistent".to_owned(), vec![], vec![]);
        assert_eq!(exec.run(), Errno::NOENT);
        assert_eq!(exec.path(), c"/nonexistent");
    }
}
