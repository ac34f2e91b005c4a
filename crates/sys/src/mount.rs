//! Attributes of mounts (`mount_setattr`, Linux 5.12), which rustix does not cover.

use std::ffi::CStr;
use std::os::fd::{AsRawFd, BorrowedFd};

use rustix::io::Errno;

use crate::raw::check_unit;

/// Restrictions of a mount.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MountFlags {
    /// Nothing can be written.
    pub read_only: bool,
    /// Nothing can be executed or mapped executable.
    pub no_exec: bool,
    /// Device files do not work.
    pub no_dev: bool,
}

const READ_ONLY: u64 = 0x1;
const NO_SUID: u64 = 0x2;
const NO_DEV: u64 = 0x4;
const NO_EXEC: u64 = 0x8;
const ID_MAP: u64 = 0x0010_0000;

#[repr(C)]
struct MountAttr {
    set: u64,
    clear: u64,
    propagation: u64,
    user_namespace: u64,
}

/// Adds restrictions to the mount that `mount` is (a descriptor of its root), and to all below it when `recursive`.
///
/// Set-user-id bits never work on it. `id_map`: a user namespace through which owners are translated.
pub fn restrict(
    mount: BorrowedFd<'_>,
    flags: MountFlags,
    recursive: bool,
    id_map: Option<BorrowedFd<'_>>,
) -> Result<(), Errno> {
    let bit = |on: bool, bit: u64| if on { bit } else { 0 };
    let attr = MountAttr {
        set: NO_SUID
            | bit(flags.read_only, READ_ONLY)
            | bit(flags.no_exec, NO_EXEC)
            | bit(flags.no_dev, NO_DEV)
            | bit(id_map.is_some(), ID_MAP),
        clear: 0,
        propagation: 0,
        user_namespace: id_map.map_or(0, |fd| fd.as_raw_fd() as u64),
    };
    let empty: &CStr = c"";
    let how = libc::AT_EMPTY_PATH | if recursive { libc::AT_RECURSIVE } else { 0 };
    // SAFETY: a live descriptor, an empty NUL-terminated path, and a complete `struct mount_attr` of the size passed.
    let result = unsafe {
        libc::syscall(
            libc::SYS_mount_setattr,
            mount.as_raw_fd(),
            empty.as_ptr(),
            how,
            &raw const attr,
            size_of::<MountAttr>(),
        )
    };
    check_unit(result)
}
