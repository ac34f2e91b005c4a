//! Landlock: rule sets that a process puts on itself for ever.
//!
//! Knows the kernel's numbers; which rights to grant is the caller's business. Nothing here allocates.

use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};

use rustix::io::Errno;

use crate::raw::{check, check_unit};

/// Rights over files (`LANDLOCK_ACCESS_FS_*`).
pub mod fs {
    /// Execute a file.
    pub const EXECUTE: u64 = 1 << 0;
    /// Open a file for writing.
    pub const WRITE_FILE: u64 = 1 << 1;
    /// Open a file for reading.
    pub const READ_FILE: u64 = 1 << 2;
    /// List a directory.
    pub const READ_DIR: u64 = 1 << 3;
    /// Cut a file short (ABI 3).
    pub const TRUNCATE: u64 = 1 << 14;
    /// Use ioctl on a device (ABI 5).
    pub const IOCTL_DEV: u64 = 1 << 15;
    /// Remove, make and link files of every kind but devices, between directories too (ABI 2).
    pub const CHANGE_TREE: u64 =
        (1 << 4) | (1 << 5) | (1 << 7) | (1 << 8) | (1 << 9) | (1 << 10) | (1 << 12) | (1 << 13);
    /// Make character and block devices.
    pub const MAKE_DEVICES: u64 = (1 << 6) | (1 << 11);

    /// Every right that a kernel of this ABI can control.
    pub const fn handled(abi: u32) -> u64 {
        let bits = match abi {
            0 => 0,
            1 => 13,
            2 => 14,
            3 | 4 => 15,
            _ => 16,
        };
        (1 << bits) - 1
    }
}

/// Rights over TCP ports (`LANDLOCK_ACCESS_NET_*`, ABI 4).
pub mod net {
    /// Bind a TCP socket.
    pub const BIND_TCP: u64 = 1;
    /// Connect a TCP socket.
    pub const CONNECT_TCP: u64 = 2;
}

/// Scopes (`LANDLOCK_SCOPE_*`, ABI 6).
pub mod scope {
    /// Abstract Unix sockets made outside cannot be reached.
    pub const ABSTRACT_UNIX_SOCKET: u64 = 1;
    /// Processes outside cannot be signalled.
    pub const SIGNAL: u64 = 2;
}

/// What a rule set controls: everything named here is refused unless a rule grants it.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Handled {
    /// Bits of [`fs`].
    pub fs: u64,
    /// Bits of [`net`].
    pub net: u64,
    /// Bits of [`scope`].
    pub scoped: u64,
}

/// The Landlock ABI of this kernel.
///
/// # Errors
/// `NOSYS` where it is not built in, `OPNOTSUPP` where it is not switched on.
pub fn abi() -> Result<u32, Errno> {
    const VERSION: u32 = 1;
    // SAFETY: the version query takes no structure: a null pointer and size 0 are what it demands.
    let result = unsafe {
        libc::syscall(
            libc::SYS_landlock_create_ruleset,
            std::ptr::null::<Handled>(),
            0usize,
            VERSION,
        )
    };
    check(result).and_then(|abi| u32::try_from(abi).map_err(|_| Errno::RANGE))
}

/// A rule set under construction.
#[derive(Debug)]
pub struct Ruleset(OwnedFd);

#[repr(C, packed)]
struct PathBeneath {
    allowed: u64,
    parent: i32,
}

#[repr(C)]
struct NetPort {
    allowed: u64,
    port: u64,
}

impl Ruleset {
    /// An empty rule set: refuses all that is handled.
    pub fn new(handled: &Handled) -> Result<Ruleset, Errno> {
        // SAFETY: a complete `struct landlock_ruleset_attr` of the size passed; fields the kernel does not know must be 0 or it fails.
        let result = unsafe {
            libc::syscall(
                libc::SYS_landlock_create_ruleset,
                std::ptr::from_ref(handled),
                size_of::<Handled>(),
                0u32,
            )
        };
        let fd = i32::try_from(check(result)?).map_err(|_| Errno::RANGE)?;
        // SAFETY: the kernel returned a new descriptor (close-on-exec) that nothing else owns.
        Ok(Ruleset(unsafe { OwnedFd::from_raw_fd(fd) }))
    }

    /// Grants rights over a file, or over everything beneath a directory.
    pub fn allow_path(&self, path: BorrowedFd<'_>, allowed: u64) -> Result<(), Errno> {
        const PATH_BENEATH: u32 = 1;
        let rule = PathBeneath {
            allowed,
            parent: path.as_raw_fd(),
        };
        // SAFETY: live descriptors and a complete `struct landlock_path_beneath_attr`.
        let result = unsafe {
            libc::syscall(
                libc::SYS_landlock_add_rule,
                self.0.as_raw_fd(),
                PATH_BENEATH,
                &raw const rule,
                0u32,
            )
        };
        check_unit(result)
    }

    /// Grants rights over a TCP port.
    pub fn allow_port(&self, port: u16, allowed: u64) -> Result<(), Errno> {
        const NET_PORT: u32 = 2;
        let rule = NetPort {
            allowed,
            port: u64::from(port),
        };
        // SAFETY: a live descriptor and a complete `struct landlock_net_port_attr`.
        let result = unsafe {
            libc::syscall(
                libc::SYS_landlock_add_rule,
                self.0.as_raw_fd(),
                NET_PORT,
                &raw const rule,
                0u32,
            )
        };
        check_unit(result)
    }

    /// Puts the rules on this thread and all it starts. `no_new_privs` must be set.
    pub fn restrict_self(self) -> Result<(), Errno> {
        // SAFETY: a live descriptor and no flags.
        let result =
            unsafe { libc::syscall(libc::SYS_landlock_restrict_self, self.0.as_raw_fd(), 0u32) };
        check_unit(result)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn handled_rights_grow_with_the_abi() {
        let all = fs::EXECUTE
            | fs::WRITE_FILE
            | fs::READ_FILE
            | fs::READ_DIR
            | fs::CHANGE_TREE
            | fs::MAKE_DEVICES;
        assert_eq!(fs::handled(0), 0);
        assert_eq!(fs::handled(2), all);
        assert_eq!(fs::handled(3), all | fs::TRUNCATE);
        assert_eq!(fs::handled(7), all | fs::TRUNCATE | fs::IOCTL_DEV);
    }

    #[test]
    fn rules_hold() {
        let abi = abi().expect("this test needs a kernel with Landlock (5.13 or later, `landlock` in the `lsm=` boot parameter)");
        let handled = Handled {
            fs: fs::handled(abi),
            ..Handled::default()
        };
        let child =
            crate::process::clone_process(crate::process::Namespaces::NONE, None, &mut || {
                let Ok(rules) = Ruleset::new(&handled) else {
                    return 1;
                };
                let Ok(usr) =
                    rustix::fs::open(c"/usr", rustix::fs::OFlags::PATH, rustix::fs::Mode::empty())
                else {
                    return 2;
                };
                use std::os::fd::AsFd as _;
                if rules.allow_path(usr.as_fd(), fs::READ_DIR).is_err() {
                    return 3;
                }
                if rustix::thread::set_no_new_privs(true).is_err() || rules.restrict_self().is_err()
                {
                    return 4;
                }
                let open = |path: &std::ffi::CStr| {
                    rustix::fs::open(path, rustix::fs::OFlags::RDONLY, rustix::fs::Mode::empty())
                };
                if open(c"/usr/bin").is_err() {
                    return 5;
                }
                if open(c"/etc").is_ok() { 6 } else { 0 }
            })
            .unwrap();
        assert_eq!(child.wait(true), Ok(Some(crate::process::Ended::Exited(0))));
    }
}
