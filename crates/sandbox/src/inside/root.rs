//! The new root: a small file system in memory with exactly what was planned, and the old one gone.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use interlock_sys::mount::{MountFlags, restrict};
use rustix::ffi::CStr;
use rustix::fs::{
    AtFlags, CWD, FileType, Mode, OFlags, chownat, mkdirat, mknodat, openat, statat, symlinkat,
};
use rustix::io::Errno;
use rustix::mount::{
    FsMountFlags, FsOpenFlags, MountAttrFlags, MountPropagationFlags, MoveMountFlags,
    OpenTreeFlags, UnmountFlags, fsconfig_create, fsconfig_set_string, fsmount, fsopen,
    mount_change, move_mount, open_tree, unmount,
};
use rustix::process::{Gid, Uid, fchdir, pivot_root};

use super::{At as _, Prepared};
use crate::layer::Layer;
use crate::plan::{Bind, BindSource, Point, Step};
use crate::spawn::stage::{Failure, Stage};

/// Builds it and moves this process into it.
pub(super) fn build(prepared: &Prepared<'_>) -> Result<(), Failure> {
    let plan = prepared.plan;
    // Nothing that is mounted from here on may show up outside.
    mount_change(
        c"/",
        MountPropagationFlags::REC | MountPropagationFlags::PRIVATE,
    )
    .at(Stage::Root)?;
    let private = private_tree(prepared).at(Stage::Private)?;
    let root = memory_tree(&plan.root_options).at(Stage::Root)?;
    // Over the root directory itself, so that no path of the host is covered while its mounts are still opened by name.
    attach(root.as_fd(), CWD, c"/").at(Stage::Root)?;
    for (item, step) in plan.steps.iter().enumerate() {
        take(prepared, root.as_fd(), private.as_fd(), step, item)?;
    }
    fchdir(&root).at(Stage::Pivot)?;
    pivot_root(c".", c".").at(Stage::Pivot)?;
    unmount(c".", UnmountFlags::DETACH).at(Stage::Pivot)?;
    let flags = MountFlags {
        read_only: true,
        no_exec: true,
        no_dev: true,
    };
    restrict(root.as_fd(), flags, false, None).at(Stage::Root)?;
    rustix::process::chdir(c"/").at(Stage::Pivot)
}

/// HOME, TMPDIR and /dev/shm: directories of one file system, attached to the old root until their copies are taken.
fn private_tree(prepared: &Prepared<'_>) -> Result<OwnedFd, Errno> {
    let tree = memory_tree(&prepared.plan.private_options)?;
    let flags = MountFlags {
        read_only: false,
        no_exec: true,
        no_dev: true,
    };
    restrict(tree.as_fd(), flags, false, None)?;
    // Anywhere in the old tree that no grant can name. Not on its root: two mounts there would need two unmounts, and one that
    // was left would be a way out through `/..`.
    attach(tree.as_fd(), CWD, c"/proc")?;
    let shared = Mode::RWXU | Mode::RWXG | Mode::RWXO;
    for (name, mode) in [(c"home", Mode::RWXU), (c"tmp", shared), (c"shm", shared)] {
        mkdirat(&tree, name, mode)?;
        if prepared.plan.identity.privileged {
            let uid = Uid::from_raw(prepared.plan.identity.outer_uid);
            let gid = Gid::from_raw(prepared.plan.identity.outer_gid);
            chownat(&tree, name, Some(uid), Some(gid), AtFlags::SYMLINK_NOFOLLOW)?;
        }
    }
    Ok(tree)
}

fn memory_tree(options: &[(std::ffi::CString, std::ffi::CString)]) -> Result<OwnedFd, Errno> {
    let context = fsopen(c"tmpfs", FsOpenFlags::FSOPEN_CLOEXEC)?;
    for (name, value) in options {
        fsconfig_set_string(context.as_fd(), name.as_c_str(), value.as_c_str())?;
    }
    fsconfig_create(context.as_fd())?;
    fsmount(
        context.as_fd(),
        FsMountFlags::FSMOUNT_CLOEXEC,
        MountAttrFlags::MOUNT_ATTR_NOSUID | MountAttrFlags::MOUNT_ATTR_NODEV,
    )
}

fn attach(tree: BorrowedFd<'_>, directory: BorrowedFd<'_>, target: &CStr) -> Result<(), Errno> {
    move_mount(
        tree,
        c"",
        directory,
        target,
        MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH,
    )
}

fn take(
    prepared: &Prepared<'_>,
    root: BorrowedFd<'_>,
    private: BorrowedFd<'_>,
    step: &Step,
    item: usize,
) -> Result<(), Failure> {
    match step {
        Step::Directory(path) => directory(root, path),
        Step::File(path, content) => file(root, path, content),
        Step::Link(target, path) => symlinkat(target.as_c_str(), root, path.as_c_str()),
        Step::Mount(bind) => {
            let id_map = prepared
                .id_maps
                .get(item)
                .and_then(Option::as_ref)
                .map(AsFd::as_fd);
            return mount(prepared, root, private, bind, id_map, item);
        }
    }
    .at_item(Stage::Layout, item)
}

fn directory(root: BorrowedFd<'_>, path: &CStr) -> Result<(), Errno> {
    let mode = Mode::RWXU | Mode::RGRP | Mode::XGRP | Mode::ROTH | Mode::XOTH;
    match mkdirat(root, path, mode) {
        Err(Errno::EXIST) => Ok(()),
        other => other,
    }
}

fn file(root: BorrowedFd<'_>, path: &CStr, content: &[u8]) -> Result<(), Errno> {
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
    let file = openat(
        root,
        path,
        flags,
        Mode::RUSR | Mode::WUSR | Mode::RGRP | Mode::ROTH,
    )?;
    let written = rustix::io::write(&file, content)?;
    if written == content.len() {
        Ok(())
    } else {
        Err(Errno::NOSPC)
    }
}

fn mount(
    prepared: &Prepared<'_>,
    root: BorrowedFd<'_>,
    private: BorrowedFd<'_>,
    bind: &Bind,
    id_map: Option<BorrowedFd<'_>>,
    item: usize,
) -> Result<(), Failure> {
    match bind.point {
        None => Ok(()),
        Some(Point::Directory) => directory(root, &bind.target),
        Some(Point::File) => mknodat(root, &bind.target, FileType::RegularFile, Mode::RUSR, 0),
    }
    .at_item(Stage::Layout, item)?;
    let tree = match &bind.source {
        BindSource::Host {
            path,
            device,
            inode,
            ..
        } => {
            let tree = clone_tree(CWD, path, true).at_item(Stage::Mount, item)?;
            check_identity(tree.as_fd(), *device, *inode).at_item(Stage::Changed, item)?;
            restrict_host(tree.as_fd(), bind.flags, id_map).at_item(Stage::Mount, item)?;
            tree
        }
        BindSource::Private(name) => {
            clone_tree(private, name, false).at_item(Stage::Private, item)?
        }
        BindSource::Proc => match proc_tree() {
            Ok(tree) => tree,
            Err(_) if prepared.plan.skip.contains(&Layer::Proc) => return Ok(()),
            Err(error) => return Err(Failure::new(Stage::Proc, item, error)),
        },
    };
    attach(tree.as_fd(), root, &bind.target).at_item(Stage::Mount, item)
}

/// A detached copy of a mount, with everything mounted below it when `recursive`.
fn clone_tree(directory: BorrowedFd<'_>, path: &CStr, recursive: bool) -> Result<OwnedFd, Errno> {
    let mut flags = OpenTreeFlags::OPEN_TREE_CLONE
        | OpenTreeFlags::OPEN_TREE_CLOEXEC
        | OpenTreeFlags::AT_SYMLINK_NOFOLLOW;
    if recursive {
        flags |= OpenTreeFlags::AT_RECURSIVE;
    }
    open_tree(directory, path, flags)
}

/// The file must be the one that was planned: a path can be swapped in the meantime.
fn check_identity(tree: BorrowedFd<'_>, device: u64, inode: u64) -> Result<(), Errno> {
    let found = statat(tree, c"", AtFlags::EMPTY_PATH)?;
    if found.st_dev == device && found.st_ino == inode {
        Ok(())
    } else {
        Err(Errno::STALE)
    }
}

fn restrict_host(
    tree: BorrowedFd<'_>,
    flags: MountFlags,
    id_map: Option<BorrowedFd<'_>>,
) -> Result<(), Errno> {
    match restrict(tree, flags, true, id_map) {
        // File systems that cannot translate owners: their modes decide then.
        Err(Errno::INVAL) if id_map.is_some() => restrict(tree, flags, true, None),
        other => other,
    }
}

/// `/proc` of this PID namespace; processes of other users are invisible in it, and nothing in it can be written.
fn proc_tree() -> Result<OwnedFd, Errno> {
    let context = fsopen(c"proc", FsOpenFlags::FSOPEN_CLOEXEC)?;
    fsconfig_set_string(context.as_fd(), c"hidepid", c"invisible")?;
    fsconfig_create(context.as_fd())?;
    fsmount(
        context.as_fd(),
        FsMountFlags::FSMOUNT_CLOEXEC,
        MountAttrFlags::MOUNT_ATTR_RDONLY
            | MountAttrFlags::MOUNT_ATTR_NOSUID
            | MountAttrFlags::MOUNT_ATTR_NODEV
            | MountAttrFlags::MOUNT_ATTR_NOEXEC,
    )
}
