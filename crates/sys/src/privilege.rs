//! Giving up privileges: identities, dumpability, parent death, descriptors, namespaces.

use rustix::io::Errno;

use crate::raw::check_unit;

/// Sets the signal that this process gets when the thread that made it ends.
pub fn die_with_parent() -> Result<(), Errno> {
    prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL as libc::c_ulong)
}

/// Whether other processes of the same user may trace this one and read its memory and environment.
pub fn set_dumpable(dumpable: bool) -> Result<(), Errno> {
    prctl(libc::PR_SET_DUMPABLE, libc::c_ulong::from(dumpable))
}

fn prctl(option: i32, value: libc::c_ulong) -> Result<(), Errno> {
    let zero: libc::c_ulong = 0;
    // SAFETY: the options used in this module take one number and no pointer.
    let result = unsafe { libc::syscall(libc::SYS_prctl, option, value, zero, zero, zero) };
    check_unit(result)
}

/// Drops every capability from the bounding set, as far as this process may.
pub fn drop_bounding_set() -> Result<(), Errno> {
    for capability in 0..64 {
        match prctl(libc::PR_CAPBSET_DROP, capability) {
            Ok(()) => {}
            // The first number that the kernel does not know.
            Err(Errno::INVAL) => return Ok(()),
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Fixes the secure bits: root is nobody special and nothing is kept or raised, for ever.
pub fn lock_secure_bits() -> Result<(), Errno> {
    // NOROOT, NO_SETUID_FIXUP, NO_CAP_AMBIENT_RAISE with their locks; KEEP_CAPS off, locked.
    prctl(libc::PR_SET_SECUREBITS, 0b1110_1111)
}

/// Marks every descriptor from `first` on as closed by exec.
pub fn close_on_exec_from(first: u32) -> Result<(), Errno> {
    close_range(first, u32::MAX, libc::CLOSE_RANGE_CLOEXEC)
}

/// Closes the descriptors from `first` to `last`, both included.
pub fn close_between(first: u32, last: u32) -> Result<(), Errno> {
    close_range(first, last, 0)
}

fn close_range(first: u32, last: u32, flags: u32) -> Result<(), Errno> {
    // SAFETY: callers are processes between fork and exec, whose descriptors nobody uses after; no memory is touched.
    let result = unsafe { libc::syscall(libc::SYS_close_range, first, last, flags) };
    check_unit(result)
}

/// Moves this process into a user namespace of its own.
pub fn unshare_user() -> Result<(), Errno> {
    // SAFETY: takes flags only.
    let result = unsafe { libc::syscall(libc::SYS_unshare, libc::CLONE_NEWUSER) };
    check_unit(result)
}

/// Moves this process into a network namespace of its own. Keeps no error number, so a helper in shared memory may.
pub fn unshare_network() -> Result<(), Errno> {
    // SAFETY: of all that can be unshared only descriptors make others' owned values wrong, and they are not among this.
    unsafe { rustix::thread::unshare_unsafe(rustix::thread::UnshareFlags::NEWNET) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::{Ended, Namespaces, clone_process};

    #[test]
    fn descriptors_are_closed() {
        let child = clone_process(Namespaces::NONE, None, &mut || {
            if close_between(3, u32::MAX).is_err() || close_on_exec_from(3).is_err() {
                return 1;
            }
            // SAFETY: asks about a number; nothing is dereferenced.
            let result = unsafe { libc::fcntl(3, libc::F_GETFD) };
            i32::from(result != -1)
        })
        .unwrap();
        assert_eq!(child.wait(true), Ok(Some(Ended::Exited(0))));
    }

    #[test]
    fn dumpable_is_set() {
        let child = clone_process(Namespaces::NONE, None, &mut || {
            if set_dumpable(false).is_err() || die_with_parent().is_err() {
                return 9;
            }
            // SAFETY: the query takes no pointer.
            unsafe { libc::prctl(libc::PR_GET_DUMPABLE) }
        })
        .unwrap();
        assert_eq!(child.wait(true), Ok(Some(Ended::Exited(0))));
    }
}
