//! The network namespace. The kernel takes as long for it as for all the mounts, so a helper makes it meanwhile.

use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::sync::Mutex;

use interlock_sys::privilege;
use interlock_sys::process::{Namespaces, Stack, beside};
use rustix::fs::{Mode, OFlags, openat};
use rustix::io::Errno;
use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

use super::{At as _, Prepared};
use crate::spawn::stage::{Failure, Stage};

/// Does `work` while the namespace is made, then enters it.
pub(super) fn meanwhile(
    prepared: &Prepared<'_>,
    stack: &mut Stack,
    work: impl FnOnce() -> Result<(), Failure>,
) -> Result<(), Failure> {
    // Locked by the helper alone, and opened when it has ended: nobody ever waits for it.
    let made: Mutex<Result<OwnedFd, Errno>> = Mutex::new(Err(Errno::CANCELED));
    let helper = || {
        let found = make(prepared.host_proc.as_fd());
        let code = i32::from(found.is_err());
        if let Ok(mut slot) = made.try_lock() {
            *slot = found;
        }
        code
    };
    let (_, worked) = beside(stack, Namespaces::NONE, &helper, |_| work()).at(Stage::Network)?;
    worked?;
    let namespace = made
        .into_inner()
        .unwrap_or(Err(Errno::CANCELED))
        .at(Stage::Network)?;
    let network = Some(LinkNameSpaceType::Network);
    move_into_link_name_space(namespace.as_fd(), network).at(Stage::Network)
}

fn make(host_proc: BorrowedFd<'_>) -> Result<OwnedFd, Errno> {
    privilege::unshare_network()?;
    // Descriptors are shared, so it is open here when the helper has ended.
    openat(
        host_proc,
        c"self/ns/net",
        OFlags::RDONLY | OFlags::CLOEXEC,
        Mode::empty(),
    )
}
