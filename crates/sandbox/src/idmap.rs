//! Owners of granted files, for a privileged launcher.
//!
//! Its server is a user that owns nothing, so a directory of root's that root grants would be closed to it. Mounts of granted paths
//! translate their owner to the server's user and back: what it makes there belongs to the directory's owner.

use std::fs;
use std::os::fd::{AsFd as _, OwnedFd};

use interlock_sys::process::{Namespaces, Stack, beside};
use rustix::fs::{Mode, OFlags, open};
use rustix::io::Errno;
use rustix::pipe::{PipeFlags, pipe_with};

use crate::plan::{BindSource, Plan, Step};

/// A user namespace for each step that mounts a granted path of somebody else's; empty for an ordinary user.
pub(crate) fn for_steps(plan: &Plan) -> Result<Vec<Option<OwnedFd>>, Errno> {
    if !plan.identity.privileged {
        return Ok(Vec::new());
    }
    let mut known: Vec<((u32, u32), OwnedFd)> = Vec::new();
    let mut maps = Vec::with_capacity(plan.steps.len());
    for step in &plan.steps {
        let Some(owner) = granted_owner(step) else {
            maps.push(None);
            continue;
        };
        let found = known.iter().find(|(of, _)| *of == owner);
        let namespace = match found {
            Some((_, namespace)) => namespace.as_fd().try_clone_to_owned(),
            None => {
                let made = namespace(owner, (plan.identity.outer_uid, plan.identity.outer_gid))?;
                let copy = made.try_clone();
                known.push((owner, made));
                copy
            }
        };
        maps.push(Some(namespace.map_err(|error| {
            Errno::from_io_error(&error).unwrap_or(Errno::IO)
        })?));
    }
    Ok(maps)
}

fn granted_owner(step: &Step) -> Option<(u32, u32)> {
    match step {
        Step::Mount(bind) => match &bind.source {
            BindSource::Host { owner, .. } => *owner,
            _ => None,
        },
        _ => None,
    }
}

/// A user namespace in which `owner` is `outer`: it lives as long as its descriptor.
fn namespace(owner: (u32, u32), outer: (u32, u32)) -> Result<OwnedFd, Errno> {
    let (reader, writer) = pipe_with(PipeFlags::CLOEXEC)?;
    let holder = || {
        // Descriptors are shared: it ends when the writer is closed here.
        let mut byte = [0u8; 1];
        let _ = rustix::io::read(&reader, &mut byte);
        0
    };
    let (_, made) = beside(&mut Stack::new(), Namespaces::USER, &holder, |pid| {
        let made = write_maps(pid, owner, outer);
        drop(writer);
        made
    })?;
    made
}

fn write_maps(pid: i32, owner: (u32, u32), outer: (u32, u32)) -> Result<OwnedFd, Errno> {
    let write = |name: &str, from: u32, to: u32| {
        fs::write(format!("/proc/{pid}/{name}"), format!("{from} {to} 1"))
            .map_err(|error| Errno::from_io_error(&error).unwrap_or(Errno::IO))
    };
    write("uid_map", owner.0, outer.0)?;
    write("gid_map", owner.1, outer.1)?;
    open(
        format!("/proc/{pid}/ns/user"),
        OFlags::RDONLY | OFlags::CLOEXEC,
        Mode::empty(),
    )
}
