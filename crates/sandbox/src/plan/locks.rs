//! What the server locks itself into after the new root: Landlock rules, the system call filter, resource limits.

use std::collections::BTreeSet;
use std::ffi::CString;

use interlock_sys::landlock::{Handled, fs, net, scope};
use interlock_sys::seccomp::Instruction;
use rustix::process::{Resource, Rlimit, getrlimit};

use super::layout::Layout;
use super::{PlanError, text};
use crate::egress::EgressRules;
use crate::kernel::Kernel;
use crate::layer::Layer;
use crate::profile::{Access, Limits};

/// Rights over one path of the new root.
#[derive(Debug)]
pub(crate) struct FileRule {
    pub(crate) path: CString,
    pub(crate) allowed: u64,
}

/// Everything that is locked.
#[derive(Debug)]
pub(crate) struct Locks {
    /// `None`: Landlock is missing and was allowed to be.
    pub(crate) landlock: Option<Landlock>,
    /// `None`: filters are missing and were allowed to be.
    pub(crate) filter: Option<Vec<Instruction>>,
    pub(crate) limits: Vec<(Resource, Rlimit)>,
}

/// A Landlock rule set before it is made.
#[derive(Debug)]
pub(crate) struct Landlock {
    pub(crate) handled: Handled,
    pub(crate) files: Vec<FileRule>,
    pub(crate) connect: Vec<u16>,
}

impl Locks {
    pub(super) fn new(
        kernel: &Kernel,
        skip: &BTreeSet<Layer>,
        layout: &Layout,
        limits: &Limits,
        egress: Option<&EgressRules>,
        browser: bool,
    ) -> Result<Locks, PlanError> {
        let landlock = match skip.contains(&Layer::Landlock) {
            true => None,
            false => Some(landlock(kernel, skip, layout, egress)?),
        };
        let filter = match skip.contains(&Layer::Seccomp) {
            true => None,
            false => Some(crate::filter::for_server(egress.is_some(), browser)?),
        };
        Ok(Locks {
            landlock,
            filter,
            limits: resource_limits(limits),
        })
    }
}

const READ: u64 = fs::READ_FILE | fs::READ_DIR;
const CHANGE: u64 = fs::WRITE_FILE | fs::TRUNCATE | fs::CHANGE_TREE;
/// The rights that a rule on a file, not a directory, may name.
const OF_A_FILE: u64 = fs::EXECUTE | fs::WRITE_FILE | fs::READ_FILE | fs::TRUNCATE | fs::IOCTL_DEV;

fn landlock(
    kernel: &Kernel,
    skip: &BTreeSet<Layer>,
    layout: &Layout,
    egress: Option<&EgressRules>,
) -> Result<Landlock, PlanError> {
    let abi = kernel.landlock_abi();
    let handled_fs = fs::handled(abi);
    // The new root holds nothing that may not be read; Landlock checks it again for what is not beneath this root at all.
    let mut files = vec![FileRule {
        path: c"/".to_owned(),
        allowed: READ,
    }];
    // Device files: one rule for their directory.
    files.push(FileRule {
        path: c"/dev".to_owned(),
        allowed: READ | fs::WRITE_FILE,
    });
    let more = layout.mounts().filter(|(path, access, is_dir)| {
        *access != Access::Read && (*is_dir || !path.starts_with("/dev"))
    });
    for (path, access, is_dir) in more {
        let wanted = READ
            | if access.executes() { fs::EXECUTE } else { 0 }
            | if access.writes() { CHANGE } else { 0 };
        let allowed = wanted & handled_fs & if is_dir { u64::MAX } else { OF_A_FILE };
        files.push(FileRule {
            path: text::of_path(path)?,
            allowed,
        });
    }
    let scoped = match skip.contains(&Layer::LandlockScope) {
        true => 0,
        false => scope::ABSTRACT_UNIX_SOCKET | scope::SIGNAL,
    };
    let (net, connect) = match (abi, egress) {
        (0..4, _) => (0, Vec::new()),
        (_, None) => (net::BIND_TCP | net::CONNECT_TCP, Vec::new()),
        // A second lock on ports; the names are the supervisor's. DNS goes over TCP, too. A learning run shall show what it tries.
        (_, Some(rules)) if rules.is_learning() => (0, Vec::new()),
        (_, Some(rules)) => {
            let mut ports = rules.ports();
            ports.push(53);
            (net::CONNECT_TCP, ports)
        }
    };
    Ok(Landlock {
        handled: Handled {
            fs: handled_fs,
            net,
            scoped,
        },
        files,
        connect,
    })
}

fn resource_limits(limits: &Limits) -> Vec<(Resource, Rlimit)> {
    let mut wanted = vec![
        (Resource::Nproc, u64::from(limits.processes)),
        (Resource::Data, limits.memory_bytes),
        (Resource::Nofile, u64::from(limits.open_files)),
        (Resource::Fsize, limits.file_bytes),
        (Resource::Memlock, 8 << 20),
        (Resource::Msgqueue, 0),
        (Resource::Sigpending, 4096),
        // 1, not 0: with 0 the kernel still starts a dump handler of the host, with 1 it does nothing at all.
        (Resource::Core, 1),
    ];
    if let Some(seconds) = limits.cpu_seconds {
        wanted.push((Resource::Cpu, seconds));
    }
    wanted
        .into_iter()
        .map(|(resource, wanted)| {
            // An ordinary user cannot raise a limit that is lower already.
            let value = getrlimit(resource)
                .maximum
                .map_or(wanted, |hard| hard.min(wanted));
            (
                resource,
                Rlimit {
                    current: Some(value),
                    maximum: Some(value),
                },
            )
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_limit_is_raised() {
        for (resource, limit) in resource_limits(&Limits::default()) {
            let hard = getrlimit(resource).maximum.unwrap_or(u64::MAX);
            assert!(limit.maximum.unwrap() <= hard, "{resource:?}");
            assert_eq!(limit.current, limit.maximum);
        }
    }

    #[test]
    fn file_rules_name_no_right_of_a_directory() {
        assert_eq!(
            OF_A_FILE & (fs::READ_DIR | fs::CHANGE_TREE | fs::MAKE_DEVICES),
            0
        );
    }
}
