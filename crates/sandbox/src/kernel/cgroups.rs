//! Where a cgroup for a server can be made.

use std::fs;
use std::path::{Path, PathBuf};

/// Looks for a version 2 cgroup that hands memory and process limits down, and in which this process may make others.
pub(super) fn find() -> Option<PathBuf> {
    let own = fs::read_to_string("/proc/self/cgroup").ok()?;
    let mounts = fs::read_to_string("/proc/self/mounts").ok()?;
    let parent = parent(&own, &mounts)?;
    let controllers = fs::read_to_string(parent.join("cgroup.subtree_control")).ok()?;
    (hands_down(&controllers) && may_write(&parent)).then_some(parent)
}

/// The cgroup above ours, because one that holds processes cannot hand controllers down.
fn parent(own: &str, mounts: &str) -> Option<PathBuf> {
    let path = own.lines().find_map(|line| line.strip_prefix("0::"))?;
    let mount = mounts.lines().find_map(|line| {
        let mut fields = line.split(' ').skip(1);
        let (point, kind) = (fields.next()?, fields.next()?);
        (kind == "cgroup2").then(|| PathBuf::from(point))
    })?;
    let parent = mount
        .join(path.trim_start_matches('/'))
        .parent()?
        .to_path_buf();
    parent.starts_with(&mount).then_some(parent)
}

fn hands_down(controllers: &str) -> bool {
    let has = |name| {
        controllers
            .split_ascii_whitespace()
            .any(|controller| controller == name)
    };
    has("memory") && has("pids")
}

fn may_write(directory: &Path) -> bool {
    rustix::fs::access(directory, rustix::fs::Access::WRITE_OK).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parent_is_found_below_the_mount() {
        let mounts = "proc /proc proc rw 0 0\ncgroup2 /sys/fs/cgroup cgroup2 rw 0 0\n";
        let check = |own, expected: Option<&str>| {
            assert_eq!(parent(own, mounts), expected.map(PathBuf::from))
        };
        check(
            "0::/user.slice/a.scope\n",
            Some("/sys/fs/cgroup/user.slice"),
        );
        check("4:memory:/x\n0::/a\n", Some("/sys/fs/cgroup"));
        check("0::/\n", None);
        check("4:memory:/x\n", None);
        assert_eq!(parent("0::/a", "proc /proc proc rw 0 0\n"), None);
    }

    #[test]
    fn both_controllers_are_needed() {
        assert!(hands_down("cpu memory pids\n"));
        assert!(!hands_down("memory\n"));
        assert!(!hands_down(""));
    }
}
