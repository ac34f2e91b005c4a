//! Where a cgroup for a server can be made.

use std::fs;
use std::path::{Path, PathBuf};

/// The directories that a launch makes its cgroups in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum CgroupParents {
    /// None is ours.
    None,
    /// Version 1, for root.
    V1 { memory: PathBuf, pids: PathBuf },
    /// Version 2, delegated.
    V2(PathBuf),
}

/// Looks for one that this process may write.
pub(super) fn find() -> CgroupParents {
    let own = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    let mounts = fs::read_to_string("/proc/self/mounts").unwrap_or_default();
    v2(&own, &mounts)
        .or_else(|| v1(&own, &mounts))
        .unwrap_or(CgroupParents::None)
}

/// The cgroup above ours, because one that holds processes cannot hand controllers down.
fn v2(own: &str, mounts: &str) -> Option<CgroupParents> {
    let path = own.lines().find_map(|line| line.strip_prefix("0::"))?;
    let mount = mount_point(mounts, |kind, _| kind == "cgroup2")?;
    let parent = join(&mount, path).parent()?.to_path_buf();
    let controllers = fs::read_to_string(parent.join("cgroup.subtree_control")).ok()?;
    let has = |name| {
        controllers
            .split_ascii_whitespace()
            .any(|controller| controller == name)
    };
    (parent.starts_with(&mount) && has("memory") && has("pids") && may_write(&parent))
        .then_some(CgroupParents::V2(parent))
}

fn v1(own: &str, mounts: &str) -> Option<CgroupParents> {
    let find = |controller: &str| {
        let path = own.lines().find_map(|line| {
            let mut fields = line.splitn(3, ':').skip(1);
            let (names, path) = (fields.next()?, fields.next()?);
            names
                .split(',')
                .any(|name| name == controller)
                .then_some(path)
        })?;
        let mount = mount_point(mounts, |kind, options| {
            kind == "cgroup" && options.split(',').any(|option| option == controller)
        })?;
        let directory = join(&mount, path);
        may_write(&directory).then_some(directory)
    };
    Some(CgroupParents::V1 {
        memory: find("memory")?,
        pids: find("pids")?,
    })
}

fn mount_point(mounts: &str, wanted: impl Fn(&str, &str) -> bool) -> Option<PathBuf> {
    mounts.lines().find_map(|line| {
        let mut fields = line.split(' ').skip(1);
        let (point, kind, options) = (fields.next()?, fields.next()?, fields.next()?);
        wanted(kind, options).then(|| PathBuf::from(point))
    })
}

fn join(mount: &Path, path: &str) -> PathBuf {
    mount.join(path.trim_start_matches('/'))
}

fn may_write(directory: &Path) -> bool {
    rustix::fs::access(directory, rustix::fs::Access::WRITE_OK).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mount_points_are_found_by_kind_and_controller() {
        let mounts = "cgroup /sys/fs/cgroup/memory cgroup rw,relatime,memory 0 0\n\
                      cgroup2 /sys/fs/cgroup/unified cgroup2 rw 0 0\n";
        let found = mount_point(mounts, |kind, options| {
            kind == "cgroup" && options.contains("memory")
        });
        assert_eq!(found, Some("/sys/fs/cgroup/memory".into()));
        assert_eq!(
            mount_point(mounts, |kind, _| kind == "cgroup2"),
            Some("/sys/fs/cgroup/unified".into())
        );
        assert_eq!(mount_point("", |_, _| true), None);
    }

    #[test]
    fn the_root_cgroup_has_no_parent() {
        assert_eq!(v2("0::/\n", "none / cgroup2 rw 0 0\n"), None);
    }
}
