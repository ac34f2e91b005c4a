//! Layouts as lists of steps.

use super::*;

fn steps(mounts: &[Mount]) -> Vec<Step> {
    Layout::new(None, mounts, false).unwrap().into_steps()
}

fn mounts_of(steps: &[Step]) -> Vec<(String, MountFlags)> {
    let mounts = steps.iter().filter_map(|step| match step {
        Step::Mount(bind) => Some((bind.target.to_str().unwrap().to_owned(), bind.flags)),
        _ => None,
    });
    mounts.collect()
}

fn grant(path: &Path, access: Access) -> Mount {
    Mount::same(path, access)
}

fn directory() -> (tempfile::TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = fs::canonicalize(directory.path()).unwrap();
    (directory, path)
}

#[test]
fn parents_come_before_children() {
    let (_keep, path) = directory();
    fs::create_dir_all(path.join("a/b")).unwrap();
    let steps = steps(&[
        grant(&path.join("a/b"), Access::Write),
        grant(&path.join("a"), Access::Read),
    ]);
    let places: Vec<&str> = steps
        .iter()
        .map(|step| step.path().to_str().unwrap())
        .collect();
    for (index, place) in places.iter().enumerate() {
        if let Some((parent, _)) = place.rsplit_once('/') {
            assert!(places[..index].contains(&parent), "{parent} before {place}");
        }
    }
}

#[test]
fn each_access_has_its_flags() {
    let (_keep, path) = directory();
    let cases = [
        (
            Access::Read,
            MountFlags {
                read_only: true,
                no_exec: true,
                no_dev: true,
            },
        ),
        (
            Access::ReadExec,
            MountFlags {
                read_only: true,
                no_exec: false,
                no_dev: true,
            },
        ),
        (
            Access::Write,
            MountFlags {
                read_only: false,
                no_exec: true,
                no_dev: true,
            },
        ),
        (
            Access::WriteExec,
            MountFlags {
                read_only: false,
                no_exec: false,
                no_dev: true,
            },
        ),
    ];
    for (access, expected) in cases {
        let found = mounts_of(&steps(&[grant(&path, access)]));
        let target = path.strip_prefix("/").unwrap().to_str().unwrap();
        assert!(found.contains(&(target.to_owned(), expected)), "{access:?}");
    }
}

#[test]
fn nothing_writable_but_the_private_directories_by_default() {
    let found = mounts_of(&steps(&crate::runtime::system()));
    let writable: Vec<&str> = found
        .iter()
        .filter(|(_, f)| !f.read_only)
        .map(|(path, _)| path.as_str())
        .collect();
    // Proc carries its own flags.
    let writable: Vec<&str> = writable
        .into_iter()
        .filter(|path| *path != "proc")
        .collect();
    assert_eq!(writable, ["dev/shm", "home/mcp", "tmp"]);
    let executable: Vec<&str> = found
        .iter()
        .filter(|(_, f)| !f.no_exec)
        .map(|(path, _)| path.as_str())
        .collect();
    assert!(
        executable
            .iter()
            .all(|path| ["usr", "lib", "lib64", "bin", "sbin", "proc"].contains(path)),
        "{executable:?}"
    );
}

#[test]
fn what_is_seen_already_is_not_mounted_again() {
    let count = |mounts: &[Mount]| mounts_of(&steps(mounts)).len();
    let usr = Mount::same("/usr", Access::ReadExec);
    let alone = count(std::slice::from_ref(&usr));
    assert_eq!(
        count(&[usr.clone(), grant(Path::new("/usr/share"), Access::Read)]),
        alone
    );
    assert_eq!(
        count(&[usr.clone(), grant(Path::new("/bin/sh"), Access::ReadExec)]),
        alone
    );
    assert_eq!(
        count(&[usr, grant(Path::new("/usr/share"), Access::Write)]),
        alone + 1
    );
}

#[test]
fn reserved_places_are_refused() {
    let (_keep, path) = directory();
    for inside in [
        "/",
        "/proc",
        "/proc/sys",
        "/dev",
        "/dev/kvm",
        "/sys",
        "/etc",
        HOME,
        TMPDIR,
    ] {
        let mount = Mount {
            inside: inside.into(),
            ..grant(&path, Access::Read)
        };
        let error = Layout::new(None, &[mount], false).err().unwrap();
        assert!(
            matches!(error, PlanError::Layout(LayoutError::Reserved(_))),
            "{inside}: {error}"
        );
    }
}

#[test]
fn paths_must_be_plain_and_present() {
    let bad = |mount: Mount| {
        Layout::new(None, &[mount], false)
            .err()
            .unwrap()
            .to_string()
    };
    let relative = Mount {
        inside: "a".into(),
        ..grant(Path::new("/usr"), Access::Read)
    };
    assert_eq!(bad(relative), "`a` is not an absolute path without `..`");
    assert_eq!(
        bad(grant(Path::new("/nonexistent"), Access::Read)),
        "`/nonexistent` cannot be granted"
    );
    assert!(
        Layout::new(
            None,
            &[Mount::if_present("/nonexistent", Access::Read)],
            false
        )
        .is_ok()
    );
}

#[test]
fn a_mount_point_must_exist_where_the_host_is_mounted() {
    let (_keep, path) = directory();
    let below = Mount {
        inside: path.join("missing"),
        ..grant(Path::new("/usr/share"), Access::Read)
    };
    let error = Layout::new(None, &[grant(&path, Access::Read), below], false)
        .err()
        .unwrap();
    assert!(
        matches!(error, PlanError::Layout(LayoutError::NoMountPoint(_))),
        "{error}"
    );
}

#[test]
fn links_are_followed_when_planned() {
    let (_keep, path) = directory();
    fs::create_dir(path.join("real")).unwrap();
    std::os::unix::fs::symlink(path.join("real"), path.join("link")).unwrap();
    let steps = steps(&[grant(&path.join("link"), Access::Read)]);
    let source = steps.iter().find_map(|step| match step {
        Step::Mount(Bind {
            source: BindSource::Host { path: host, .. },
            target,
            ..
        }) if target.to_str().unwrap().ends_with("link") => Some(host.to_str().unwrap().to_owned()),
        _ => None,
    });
    assert_eq!(source.unwrap(), path.join("real").to_str().unwrap());
}
