//! Grounds that a store may stand on: full disks, read-only ones, file systems of their own, directories of others.
//!
//! The mounts are made in a user and mount namespace by a second run of this program.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "test helpers fail by panicking"
)]
#![allow(
    clippy::disallowed_methods,
    clippy::allow_attributes,
    reason = "tests start `unshare` and `mount`"
)]

mod support;

use interlock_supply::Store;
use std::{
    collections::BTreeSet,
    env, fs,
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Command, Stdio},
};
use support::{World, chain, cleaned, package::Package};

const INSIDE: &str = "INTERLOCK_TEST_GROUND";

/// Runs the test `name` again where it may mount; whether this is that run.
fn may_mount(name: &str) -> bool {
    if env::var_os(INSIDE).is_some() {
        return true;
    }
    let mut command = Command::new("unshare");
    command.args(["--user", "--map-root-user", "--mount"]);
    command.arg(env::current_exe().unwrap());
    command
        .args(["--exact", name, "--nocapture"])
        .env(INSIDE, "1");
    let output = command
        .stdin(Stdio::null())
        .output()
        .expect("no unshare: install it (Debian: `util-linux`)");
    let said = [output.stdout, output.stderr].concat();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&said)
    );
    false
}

fn mount(options: &str, at: &Path) {
    let mut command = Command::new("mount");
    command.args(["-t", "tmpfs", "-o", options, "none"]).arg(at);
    assert!(command.status().unwrap().success(), "mount {options}");
}

fn packages() -> Vec<Package> {
    let text = "x".repeat(20_000);
    let app = Package::new("app", "1.0.0").file("lib/big.js", &text);
    let app = app.field("dependencies", serde_json::json!({ "a": "1" }));
    vec![app, Package::new("a", "1.0.0").file("small.js", "//")]
}

/// Disks that are full after so many pages: at the archive, in the middle of a package, of a tree, of a record.
#[test]
fn a_full_disk_is_told_and_leaves_nothing_half() {
    if !may_mount("a_full_disk_is_told_and_leaves_nothing_half") {
        return;
    }
    let mut full = 0;
    for pages in 1..26 {
        let mut world = World::new(&packages());
        let root = world.store.root().to_path_buf();
        // Another file system than the one for temporary files, too.
        mount(&format!("mode=700,size={}", pages * 4096), &root);
        world.store = Store::open(&root).unwrap();
        if let Err(error) = world.lock("app") {
            full += 1;
            let told = chain(&error);
            assert!(told.contains("No space left"), "{pages}: {told}");
        }
        let report = world.store.verify().unwrap();
        assert!(report.is_clean(), "{pages}: {report:?}");
        mount("remount,mode=700,size=4m", &root);
        let tree = world.lock("app").unwrap().tree;
        world.store.locate(&tree).unwrap();
        cleaned(&world.store, &BTreeSet::from([tree.digest]), None);
        assert_eq!(fs::read_dir(root.join("tmp")).unwrap().count(), 0);
        assert!(world.store.verify().unwrap().is_clean(), "{pages}");
    }
    assert!(full > 5, "{full}");
}

#[test]
fn a_store_on_read_only_ground_can_be_used_and_not_added_to() {
    if !may_mount("a_store_on_read_only_ground_can_be_used_and_not_added_to") {
        return;
    }
    let mut world = World::new(&packages());
    let root = world.store.root().to_path_buf();
    mount("mode=755,size=4m", &root);
    world.store = Store::open(&root).unwrap();
    let tree = world.lock("app").unwrap().tree;
    // As an earlier version left it.
    world.store = Store::open(&root).unwrap();
    fs::remove_dir(root.join("leases")).unwrap();
    mount("remount,ro", &root);
    world.store = Store::open(&root).unwrap();
    world.store.locate(&tree).unwrap();
    world.store.examine(&tree.digest, "app").unwrap();
    assert!(world.store.verify().unwrap().is_clean());
    let silent = &interlock_supply::Silent;
    let found = world.lock_with("app", true, silent).unwrap().tree;
    assert_eq!(found, tree);
    let told = chain(&world.lock("a").unwrap_err());
    assert!(told.contains("Read-only file system"), "{told}");
    let empty = world.directory.path().join("empty");
    fs::create_dir(&empty).unwrap();
    mount("mode=755,ro", &empty);
    let nothing = Store::open(&empty).unwrap();
    assert!(nothing.list().is_err() && nothing.locate(&tree).is_err());
}

#[test]
fn directories_that_others_may_write_to_are_refused() {
    for (part, mode, expected) in [
        ("", 0o700, ""),
        ("", 0o755, ""),
        ("", 0o775, "others may write"),
        ("", 0o777, "others may write"),
        ("", 0o1777, "others may write"),
        ("trees", 0o702, "others may write"),
        ("packages", 0o720, "others may write"),
        ("warm", 0o777, "others may write"),
        ("tmp", 0o1777, "others may write"),
        ("locks", 0o777, "others may write"),
        ("leases", 0o777, "others may write"),
    ] {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path().join("store");
        Store::open(&root).unwrap();
        let path = root.join(part);
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        let found = Store::open(&root).map_or_else(|error| chain(&error), |_| String::new());
        let good = found.contains(expected) && found.is_empty() == expected.is_empty();
        assert!(good, "{part} {mode:o}: {found}");
    }
}

#[test]
fn a_part_that_is_no_directory_is_refused() {
    type Put = fn(&Path);
    let puts: [(&str, Put); 2] = [
        ("a file", |path| fs::write(path, "x").unwrap()),
        ("a link", |path| {
            std::os::unix::fs::symlink("/tmp", path).unwrap();
        }),
    ];
    for part in ["tmp", "packages", "trees", "warm", "locks", "leases"] {
        for (what, put) in &puts {
            let directory = tempfile::tempdir().unwrap();
            let root = directory.path().join("store");
            Store::open(&root).unwrap();
            fs::remove_dir(root.join(part)).unwrap();
            put(&root.join(part));
            assert!(Store::open(&root).is_err(), "{part} is {what}");
        }
    }
}
