//! A limit over the whole tree, where a cgroup is ours to give: version 2 when delegated, version 1 for root.
//!
//! Doesn't fail a launch: without a cgroup the reaper watches memory, and the process limit is RLIMIT_NPROC.

use std::fs;
use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use crate::kernel::{CgroupParents, Kernel};
use crate::profile::Limits;

/// The cgroups of one launch; removed when dropped.
#[derive(Debug)]
pub(crate) struct Cgroup {
    version: u8,
    directories: Vec<PathBuf>,
}

/// Tells launches of one process apart.
static NEXT: AtomicU32 = AtomicU32::new(0);

impl Cgroup {
    /// Makes one with these limits. `None` where none can be made.
    pub(crate) fn create(kernel: &Kernel, limits: &Limits) -> Option<Cgroup> {
        let name = format!(
            "interlock-{}-{}",
            std::process::id(),
            NEXT.fetch_add(1, Ordering::Relaxed)
        );
        match kernel.cgroup_parents() {
            CgroupParents::None => None,
            CgroupParents::V1 { memory, pids } => {
                Cgroup::create_v1(memory, pids, &name, limits).ok()
            }
            CgroupParents::V2(parent) => Cgroup::create_v2(parent, &name, limits).ok(),
        }
    }

    fn create_v1(memory: &Path, pids: &Path, name: &str, limits: &Limits) -> io::Result<Cgroup> {
        let mut made = Cgroup {
            version: 1,
            directories: Vec::new(),
        };
        let memory = made.make(memory, name)?;
        fs::write(
            memory.join("memory.limit_in_bytes"),
            limits.memory_bytes.to_string(),
        )?;
        // Swap is counted where the kernel can.
        let _ = fs::write(
            memory.join("memory.memsw.limit_in_bytes"),
            limits.memory_bytes.to_string(),
        );
        let pids = made.make(pids, name)?;
        fs::write(pids.join("pids.max"), with_reaper(limits))?;
        Ok(made)
    }

    fn create_v2(parent: &Path, name: &str, limits: &Limits) -> io::Result<Cgroup> {
        let mut made = Cgroup {
            version: 2,
            directories: Vec::new(),
        };
        let directory = made.make(parent, name)?;
        fs::write(
            directory.join("memory.max"),
            limits.memory_bytes.to_string(),
        )?;
        let _ = fs::write(directory.join("memory.swap.max"), "0");
        let _ = fs::write(directory.join("memory.oom.group"), "1");
        fs::write(directory.join("pids.max"), with_reaper(limits))?;
        Ok(made)
    }

    fn make(&mut self, parent: &Path, name: &str) -> io::Result<PathBuf> {
        let directory = parent.join(name);
        fs::create_dir(&directory)?;
        self.directories.push(directory.clone());
        Ok(directory)
    }

    pub(crate) fn version(&self) -> u8 {
        self.version
    }

    /// The files through which the first process enters.
    pub(crate) fn join_files(&self) -> io::Result<Vec<OwnedFd>> {
        let open = |directory: &PathBuf| {
            fs::OpenOptions::new()
                .write(true)
                .open(directory.join("cgroup.procs"))
                .map(OwnedFd::from)
        };
        self.directories.iter().map(open).collect()
    }

    /// Whether the kernel killed something in it for memory.
    pub(crate) fn ran_out_of_memory(&self) -> bool {
        let Some(directory) = self.directories.first() else {
            return false;
        };
        let file = if self.version == 2 {
            "memory.events"
        } else {
            "memory.oom_control"
        };
        let text = fs::read_to_string(directory.join(file)).unwrap_or_default();
        text.lines().any(|line| {
            line.strip_prefix("oom_kill ")
                .is_some_and(|count| count.trim() != "0")
        })
    }
}

/// The reaper counts, too.
fn with_reaper(limits: &Limits) -> String {
    (u64::from(limits.processes) + 1).to_string()
}

impl Drop for Cgroup {
    fn drop(&mut self) {
        for directory in &self.directories {
            // Best effort: an empty cgroup that stays costs a few kilobytes.
            let _ = fs::remove_dir(directory);
        }
    }
}
