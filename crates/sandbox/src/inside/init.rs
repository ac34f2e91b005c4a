//! The first process of the new namespaces: sets everything up, starts the server, and stays as its reaper.

use std::ffi::CStr;
use std::os::fd::{AsFd, AsRawFd as _, BorrowedFd, OwnedFd};

use interlock_sys::process::{Stack, fork_to_exec};
use interlock_sys::{privilege, signals};
use rustix::fs::{Mode, OFlags, openat};
use rustix::io::Errno;
use rustix::thread::{CapabilitySet, CapabilitySets};

use super::{At as _, Prepared, network, reaper, root, server};
use crate::layer::Layer;
use crate::spawn::stage::{Failure, Stage};

/// Runs as process 1; returns its exit code.
pub(crate) fn run(prepared: &Prepared<'_>, stack: &mut Stack) -> i32 {
    match start(prepared, stack) {
        Ok(server) => reaper::reap(prepared, server),
        Err(failure) => {
            failure.report(prepared.status());
            reaper::SETUP_FAILED
        }
    }
}

/// In this order: first what protects the launcher, then what needs privileges, then giving them up, then the server.
fn start(prepared: &Prepared<'_>, stack: &mut Stack) -> Result<i32, Failure> {
    prepared.start_block.erase();
    signals::reset_all();
    signals::block_all(true).at(Stage::Signals)?;
    privilege::die_with_parent().at(Stage::Life)?;
    rustix::process::umask(Mode::WGRP | Mode::WOTH);
    let plan = prepared.plan;
    network::meanwhile(prepared, stack, || {
        if !plan.identity.privileged {
            write_maps(prepared)?;
        }
        root::build(prepared)
    })?;
    rustix::system::sethostname(b"mcp").at(Stage::HostName)?;
    if let Some(egress) = &prepared.egress {
        crate::egress::inside::set_up(egress)
            .map_err(|step| Failure::new(Stage::Egress, 0, Errno::from_raw_os_error(step.errno)))?;
    }
    if plan.identity.privileged {
        leave_root(prepared)?;
    }
    forbid_nested_namespaces(prepared)?;
    privilege::set_dumpable(false).at(Stage::Privileges)?;
    privilege::drop_bounding_set().at(Stage::Privileges)?;
    privilege::lock_secure_bits().at(Stage::Privileges)?;
    // Changing identity cleared it; and a supervisor that died before it was set is seen on the socket by the reaper.
    privilege::die_with_parent().at(Stage::Life)?;
    let server = fork_to_exec(stack, &mut || server::run(prepared)).at(Stage::Fork)?;
    // A process can hide its memory from others of its user; the watch must see it all the same.
    let kept = if prepared.watch_memory {
        CapabilitySet::SYS_PTRACE
    } else {
        CapabilitySet::empty()
    };
    let sets = CapabilitySets {
        effective: kept,
        permitted: kept,
        inheritable: CapabilitySet::empty(),
    };
    rustix::thread::set_capabilities(None, sets).at(Stage::Privileges)?;
    rustix::thread::set_no_new_privs(true).at(Stage::Privileges)?;
    Ok(server)
}

/// Gives this process its only user and group in the new user namespace. Supplementary groups stay out of reach.
fn write_maps(prepared: &Prepared<'_>) -> Result<(), Failure> {
    let identity = &prepared.plan.identity;
    let files: [(&CStr, &[u8]); 3] = [
        (c"self/setgroups", b"deny"),
        (c"self/uid_map", identity.uid_map.to_bytes()),
        (c"self/gid_map", identity.gid_map.to_bytes()),
    ];
    // The kernel lets only a dumpable process write its own maps.
    privilege::set_dumpable(true).at(Stage::Maps)?;
    for (name, content) in files {
        write_file(prepared.host_proc.as_fd(), name, content).at(Stage::Maps)?;
    }
    Ok(())
}

/// From root to a user that owns nothing, in a user namespace that was made by that user.
fn leave_root(prepared: &Prepared<'_>) -> Result<(), Failure> {
    use rustix::process::{Gid, Uid};
    let identity = &prepared.plan.identity;
    let (uid, gid) = (
        Uid::from_raw(identity.outer_uid),
        Gid::from_raw(identity.outer_gid),
    );
    rustix::thread::set_thread_groups(&[]).at(Stage::Identity)?;
    rustix::thread::set_thread_res_gid(gid, gid, gid).at(Stage::Identity)?;
    // Where users may not make user namespaces, the capability does; it goes with the new namespace.
    rustix::thread::set_keep_capabilities(true).at(Stage::Identity)?;
    rustix::thread::set_thread_res_uid(uid, uid, uid).at(Stage::Identity)?;
    let admin = CapabilitySet::SYS_ADMIN;
    let sets = CapabilitySets {
        effective: admin,
        permitted: admin,
        inheritable: CapabilitySet::empty(),
    };
    rustix::thread::set_capabilities(None, sets).at(Stage::Identity)?;
    rustix::thread::set_keep_capabilities(false).at(Stage::Identity)?;
    privilege::unshare_user().at(Stage::UserNamespace)?;
    write_maps(prepared)
}

/// No user namespace can be made below this one, by nobody.
fn forbid_nested_namespaces(prepared: &Prepared<'_>) -> Result<(), Failure> {
    if prepared.plan.skip.contains(&Layer::NestedNamespaces) {
        return Ok(());
    }
    write_file(
        prepared.host_proc.as_fd(),
        c"sys/user/max_user_namespaces",
        b"0",
    )
    .at(Stage::NestedNamespaces)
}

fn write_file(directory: BorrowedFd<'_>, name: &CStr, content: &[u8]) -> Result<(), Errno> {
    let file: OwnedFd = openat(
        directory,
        name,
        OFlags::WRONLY | OFlags::CLOEXEC,
        Mode::empty(),
    )?;
    let written = rustix::io::write(&file, content)?;
    if written == content.len() {
        Ok(())
    } else {
        Err(Errno::IO)
    }
}

/// Closes every descriptor but those in `keep`, which must be sorted.
pub(super) fn close_all_but(keep: &[BorrowedFd<'_>]) -> Result<(), Errno> {
    let mut first = 0;
    for fd in keep {
        let number = fd.as_raw_fd().unsigned_abs();
        if number > first {
            privilege::close_between(first, number - 1)?;
        }
        first = number + 1;
    }
    privilege::close_between(first, u32::MAX)
}
