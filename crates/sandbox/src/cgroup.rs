//! A limit over the whole tree, where a cgroup of version 2 is delegated to us.
//!
//! The first process is made inside it (`CLONE_INTO_CGROUP`). Version 1 is not used: entering one of its groups later waits
//! for every processor, for milliseconds. Doesn't fail a launch: without a cgroup the reaper watches memory, and the process limit
//! is RLIMIT_NPROC.

use std::fs;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use crate::kernel::Kernel;
use crate::profile::Limits;

/// The cgroup of one launch; removed when dropped.
#[derive(Debug)]
pub(crate) struct Cgroup {
    path: PathBuf,
    directory: OwnedFd,
}

/// Tells launches of one process apart.
static NEXT: AtomicU32 = AtomicU32::new(0);

impl Cgroup {
    /// Makes one with these limits. `None` where none can be made.
    pub(crate) fn create(kernel: &Kernel, limits: &Limits) -> Option<Cgroup> {
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("interlock-{}-{number}", std::process::id());
        Cgroup::create_in(kernel.cgroup_parent()?, &name, limits).ok()
    }

    fn create_in(parent: &Path, name: &str, limits: &Limits) -> io::Result<Cgroup> {
        let path = parent.join(name);
        fs::create_dir(&path)?;
        let directory = fs::File::open(&path).map(OwnedFd::from);
        // From here on it is removed again when something fails.
        let made = Cgroup {
            directory: directory?,
            path,
        };
        made.set("memory.max", &limits.memory_bytes.to_string())?;
        // The reaper counts, too.
        made.set("pids.max", &(u64::from(limits.processes) + 1).to_string())?;
        // Not every kernel has swap, or groups that end together.
        let _ = made.set("memory.swap.max", "0");
        let _ = made.set("memory.oom.group", "1");
        Ok(made)
    }

    fn set(&self, name: &str, value: &str) -> io::Result<()> {
        // Never made: a directory that is no cgroup has no such file.
        fs::OpenOptions::new()
            .write(true)
            .open(self.path.join(name))
            .and_then(|mut file| {
                use std::io::Write as _;
                file.write_all(value.as_bytes())
            })
    }

    /// Whether the kernel killed something in it for memory.
    pub(crate) fn ran_out_of_memory(&self) -> bool {
        let text = fs::read_to_string(self.path.join("memory.events")).unwrap_or_default();
        counts_a_kill(&text)
    }
}

fn counts_a_kill(events: &str) -> bool {
    events.lines().any(|line| {
        line.strip_prefix("oom_kill ")
            .is_some_and(|n| n.trim() != "0")
    })
}

impl AsFd for Cgroup {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.directory.as_fd()
    }
}

impl Drop for Cgroup {
    fn drop(&mut self) {
        // Best effort: an empty cgroup that stays costs a few kilobytes.
        let _ = fs::remove_dir(&self.path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kills_are_counted() {
        assert!(counts_a_kill("low 0\noom 1\noom_kill 1\n"));
        assert!(!counts_a_kill("low 0\noom 1\noom_kill 0\n"));
        assert!(!counts_a_kill(""));
    }

    #[test]
    fn a_directory_that_is_no_cgroup_is_left_alone() {
        let directory = tempfile::tempdir().unwrap();
        let made = Cgroup::create_in(directory.path(), "x", &Limits::default());
        assert!(made.is_err());
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
    }
}
