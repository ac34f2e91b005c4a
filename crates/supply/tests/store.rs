//! The store: what is in it can be proved, whatever crashed, raced or tampered before.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "test helpers fail by panicking"
)]

mod support;

use interlock_supply::{Damage, LocateError, LockedTree, Store, TreeDigest};
use std::{
    collections::BTreeSet,
    fs,
    os::unix::fs::{MetadataExt, PermissionsExt, symlink},
    path::{Path, PathBuf},
    time::Duration,
};
use support::{Counting, World, chain, cleaned, files, layout, package::Package};

const PACKAGES: &str =
    "app@1.0.0 a=1 b=1\n a@1.0.0 c=1\n b@1.0.0 c=2\n c@1.0.0\n c@2.0.0\n other@1.0.0 c=1";

fn unlocked(path: &Path, change: impl FnOnce(&Path)) {
    let parent = path.parent().unwrap();
    fs::set_permissions(parent, fs::Permissions::from_mode(0o755)).unwrap();
    change(path);
    fs::set_permissions(parent, fs::Permissions::from_mode(0o555)).unwrap();
}

/// Overwrites one byte in place; the file keeps its name, size and mode.
fn flip(path: &Path, at: usize) {
    let mode = fs::metadata(path).unwrap().permissions();
    fs::set_permissions(path, fs::Permissions::from_mode(0o644)).unwrap();
    let mut bytes = fs::read(path).unwrap();
    bytes[at] ^= 0x20;
    fs::write(path, bytes).unwrap();
    fs::set_permissions(path, mode).unwrap();
}

/// Waits until stamps taken now will be believed.
fn settle(world: &World, tree: &LockedTree) {
    let young = |path: &PathBuf| {
        let meta = fs::metadata(path).unwrap();
        let changed = Duration::new(
            meta.ctime().unsigned_abs(),
            u32::try_from(meta.ctime_nsec()).unwrap(),
        );
        let now = rustix::time::clock_gettime(rustix::time::ClockId::Realtime);
        let now = Duration::new(
            now.tv_sec.unsigned_abs(),
            u32::try_from(now.tv_nsec).unwrap(),
        );
        now.saturating_sub(changed) < Duration::from_millis(120)
    };
    let root = world
        .store
        .root()
        .join(format!("trees/{}/root", tree.digest));
    while files(&root).iter().any(young) {
        std::thread::yield_now();
    }
    world.store.locate(tree).unwrap();
}

#[test]
fn a_tree_is_found_and_is_what_was_locked() {
    let world = World::of(PACKAGES);
    let locked = world.lock("app").unwrap();
    for _ in 0..3 {
        let located = world.store.locate(&locked.tree).unwrap();
        assert_eq!(
            located.entry,
            located.root.join("node_modules/app/index.js")
        );
        assert_eq!(
            fs::read_to_string(&located.entry).unwrap(),
            "#!/usr/bin/env node\n// app 1.0.0\n"
        );
        assert!(
            located
                .root
                .join("node_modules/b/node_modules/c/package.json")
                .exists()
        );
    }
    assert_eq!(locked.tree.files, 10);
    let listed = world.store.list().unwrap();
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0].locked.as_ref(), Some(&locked.tree));
    assert!(world.store.verify().unwrap().is_clean());
    assert!(world.store.size().unwrap() >= locked.tree.bytes);
}

#[test]
fn every_tampered_byte_is_found_before_use() {
    let world = World::of(PACKAGES);
    let tree = world.lock("app").unwrap().tree;
    settle(&world, &tree);
    let root = world
        .store
        .root()
        .join(format!("trees/{}/root", tree.digest));
    for path in files(&root) {
        for at in 0..fs::metadata(&path).unwrap().len().min(24) {
            let at = usize::try_from(at).unwrap();
            flip(&path, at);
            let name = path
                .strip_prefix(&root)
                .unwrap()
                .to_str()
                .unwrap()
                .to_owned();
            match world.store.locate(&tree) {
                Err(LocateError::Damaged { damages, .. }) => {
                    assert_eq!(damages, [Damage::Changed(name)])
                }
                other => panic!("{name} byte {at}: {other:?}"),
            }
            flip(&path, at);
        }
    }
    world.store.locate(&tree).unwrap();
}

#[test]
fn restored_times_do_not_hide_a_change() {
    let world = World::of(PACKAGES);
    let tree = world.lock("app").unwrap().tree;
    settle(&world, &tree);
    let path = world.store.locate(&tree).unwrap().entry;
    let before = fs::metadata(&path).unwrap();
    flip(&path, 3);
    let times = fs::FileTimes::new()
        .set_modified(before.modified().unwrap())
        .set_accessed(before.accessed().unwrap());
    fs::File::open(&path).unwrap().set_times(times).unwrap();
    assert_eq!(
        fs::metadata(&path).unwrap().modified().unwrap(),
        before.modified().unwrap()
    );
    assert!(matches!(
        world.store.locate(&tree),
        Err(LocateError::Damaged { .. })
    ));
}

#[test]
fn every_kind_of_change_to_a_tree_is_found() {
    type Case = (&'static str, fn(&Path), fn(String) -> Damage);
    let changes: [Case; 9] = [
        (
            "node_modules/new.js",
            |p| fs::write(p, "x").unwrap(),
            Damage::Added,
        ),
        (
            "node_modules/app/node_modules",
            |p| fs::create_dir(p).unwrap(),
            Damage::Added,
        ),
        (
            "node_modules/app/link",
            |p| symlink("/etc", p).unwrap(),
            Damage::Added,
        ),
        (
            "node_modules/a/index.js",
            |p| fs::remove_file(p).unwrap(),
            Damage::Missing,
        ),
        (
            "node_modules/a/package.json",
            |p| {
                fs::rename(p, p.with_file_name("moved")).unwrap();
                symlink("moved", p).unwrap();
            },
            Damage::Changed,
        ),
        (
            "node_modules/a/index.js",
            |p| {
                fs::set_permissions(p, fs::Permissions::from_mode(0o755)).unwrap();
            },
            Damage::Changed,
        ),
        (
            "node_modules/app/index.js",
            |p| fs::set_permissions(p, fs::Permissions::from_mode(0o4555)).unwrap(),
            Damage::Changed,
        ),
        (
            "node_modules/c",
            |p| {
                fs::rename(p, p.with_file_name("d")).unwrap();
                symlink("d", p).unwrap();
            },
            Damage::Missing,
        ),
        (
            "node_modules/a/index.js",
            |p| {
                let bytes = fs::read(p).unwrap();
                fs::remove_file(p).unwrap();
                fs::write(p, [&bytes[..], b"\n"].concat()).unwrap();
            },
            Damage::Changed,
        ),
    ];
    for (path, change, damage) in changes {
        let world = World::of(PACKAGES);
        let tree = world.lock("app").unwrap().tree;
        settle(&world, &tree);
        let root = world.store.locate(&tree).unwrap().root;
        unlocked(&root.join(path), change);
        let Err(LocateError::Damaged { damages, .. }) = world.store.locate(&tree) else {
            panic!("{path}")
        };
        assert!(
            damages.contains(&damage(path.into())),
            "{path}: {damages:?}"
        );
        let report = world.store.verify().unwrap();
        assert!(report.damaged_trees.contains_key(&tree.digest), "{path}");
        // Locking again repairs it.
        world.lock("app").unwrap();
        world.store.locate(&tree).unwrap();
        assert!(world.store.verify().unwrap().is_clean(), "{path}");
    }
}

#[test]
fn records_cannot_be_swapped() {
    let world = World::of(PACKAGES);
    let app = world.lock("app").unwrap().tree;
    let other = world.lock("other").unwrap().tree;
    let place = |tree: &LockedTree| world.store.root().join(format!("trees/{}", tree.digest));
    fs::copy(place(&other).join("manifest"), place(&app).join("manifest")).unwrap();
    let error = world.store.locate(&app).unwrap_err();
    assert!(
        error.to_string().contains("manifest was changed"),
        "{error}"
    );
    // A whole tree under another's name.
    let world = World::of(PACKAGES);
    let (app, other) = (
        world.lock("app").unwrap().tree,
        world.lock("other").unwrap().tree,
    );
    let place = |tree: &LockedTree| world.store.root().join(format!("trees/{}", tree.digest));
    fs::rename(place(&app), world.store.root().join("aside")).unwrap();
    fs::rename(place(&other), place(&app)).unwrap();
    assert!(matches!(
        world.store.locate(&app),
        Err(LocateError::Damaged { .. })
    ));
    assert!(matches!(
        world.store.locate(&other),
        Err(LocateError::Missing(_))
    ));
}

#[test]
fn a_damaged_record_of_stamps_only_costs_time() {
    let world = World::of(PACKAGES);
    let tree = world.lock("app").unwrap().tree;
    settle(&world, &tree);
    let warm = world.store.root().join(format!("warm/{}", tree.digest));
    let good = fs::read(&warm).unwrap();
    for cut in (0..good.len()).step_by(7) {
        fs::write(&warm, &good[..cut]).unwrap();
        world.store.locate(&tree).unwrap();
    }
    for at in (0..good.len()).step_by(11) {
        let mut bad = good.clone();
        bad[at] ^= 0xff;
        fs::write(&warm, &bad).unwrap();
        world.store.locate(&tree).unwrap();
    }
}

#[test]
fn only_what_is_missing_is_fetched() {
    let world = World::of(PACKAGES);
    let first = Counting::default();
    world.lock_with("app", false, &first).unwrap();
    assert_eq!(first.archives.lock().unwrap().len(), 5);
    assert_eq!(world.server.asked_for(".tgz"), 5);
    assert!(*first.bytes.lock().unwrap() > 0);
    world.server.forget();
    let second = Counting::default();
    let other = world.lock_with("other", false, &second).unwrap();
    assert_eq!(layout(&other), "c 1.0.0\nother 1.0.0");
    assert_eq!(world.server.asked_for(".tgz"), 1);
    let mut done = second.archives.lock().unwrap().clone();
    done.sort();
    assert_eq!(done, [("c".to_owned(), true), ("other".to_owned(), false)]);
    // Shared files are one file on disk.
    let nodes: BTreeSet<u64> = world
        .store
        .list()
        .unwrap()
        .iter()
        .map(|tree| {
            world.store.root().join(format!(
                "trees/{}/root/node_modules/c/index.js",
                tree.digest
            ))
        })
        .map(|path| fs::metadata(path).unwrap().ino())
        .collect();
    assert_eq!(nodes.len(), 1);
}

#[test]
fn a_fetch_that_broke_off_goes_on_where_it_was() {
    let world = World::of(PACKAGES);
    let archive = "/b/-/b-1.0.0.tgz";
    world.server.change(archive, |answer| answer.status = 404);
    assert!(chain(&world.lock("app").unwrap_err()).contains("`b` cannot be stored"));
    assert!(world.store.list().unwrap().is_empty());
    let kept = files(&world.store.root().join("packages"));
    let kept = kept
        .iter()
        .filter(|path| path.ends_with("manifest"))
        .count();
    world.server.change(archive, |answer| answer.status = 200);
    world.server.forget();
    world.lock("app").unwrap();
    assert_eq!(world.server.asked_for(".tgz"), 5 - kept);
}

#[test]
fn what_a_crash_leaves_is_harmless() {
    let world = World::of(PACKAGES);
    let store = world.store.root().to_path_buf();
    // Half an unpacked package and half a tree, as a killed process leaves them.
    fs::create_dir_all(store.join("tmp/1-0/package/files/lib")).unwrap();
    fs::write(store.join("tmp/1-0/package/files/lib/x"), "half").unwrap();
    let tree = world.lock("app").unwrap().tree;
    world.store.locate(&tree).unwrap();
    let report = cleaned(&world.store, &BTreeSet::from([tree.digest]), None);
    assert_eq!((report.leftovers, report.trees, report.packages), (1, 0, 0));
    // A package that reached its place, but whose bytes did not reach the disk before the power went.
    let package = files(&store.join("packages"))
        .into_iter()
        .find(|path| path.ends_with("index.js"))
        .unwrap();
    fs::set_permissions(&package, fs::Permissions::from_mode(0o644)).unwrap();
    fs::File::options()
        .write(true)
        .open(&package)
        .unwrap()
        .set_len(0)
        .unwrap();
    assert!(!world.store.verify().unwrap().is_clean());
    world.lock("app").unwrap();
    world.lock("other").unwrap();
    assert!(world.store.verify().unwrap().is_clean());
}

/// One byte of each file anywhere in the store, one after the other: found at the next use, or of no consequence.
#[test]
fn a_tampered_byte_in_any_kind_of_stored_file_is_found_before_use() {
    let world = World::of(PACKAGES);
    let tree = world.lock("app").unwrap().tree;
    let store = world.store.root().to_path_buf();
    let good = world.store.locate(&tree).unwrap();
    let mut kinds = BTreeSet::new();
    for path in files(&store) {
        let inside = path.strip_prefix(&store).unwrap().to_str().unwrap();
        settle(&world, &tree);
        let size = usize::try_from(fs::metadata(&path).unwrap().len()).unwrap();
        if size == 0 {
            continue;
        }
        let last = inside.rsplit('/').next().unwrap();
        let kind = match inside.split('/').next().unwrap() {
            "warm" => "warm",
            _ if last == "manifest" || last == "lock.json" => last,
            "trees" => "file of a tree",
            _ => "file of a package",
        };
        kinds.insert(format!("{} {kind}", inside.split('/').next().unwrap()));
        flip(&path, size / 2);
        let examined = world.store.examine(&tree.digest, "app");
        let located = world.store.locate(&tree);
        let whole = world.store.verify().unwrap().is_clean();
        match kind {
            // A wrong stamp is never believed, a wrong record never matches the lock.
            "warm" => assert_eq!(located.unwrap(), good),
            "lock.json" => {
                assert_ne!(world.store.recorded(&tree.digest).as_ref(), Some(&tree));
                assert_eq!(
                    located.unwrap(),
                    good,
                    "what is started comes from the lock"
                );
            }
            // Packages are checked before they enter a tree; see `what_a_crash_leaves_is_harmless`.
            "manifest" if inside.starts_with("packages") => assert!(!whole, "{inside}"),
            _ => {
                assert!(examined.is_err() && located.is_err() && !whole, "{inside}");
            }
        }
        flip(&path, size / 2);
    }
    assert_eq!(kinds.len(), 6, "{kinds:?}");
    assert!(world.store.verify().unwrap().is_clean());
}

#[test]
fn many_at_once() {
    let world = World::of(PACKAGES);
    std::thread::scope(|scope| {
        let running: Vec<_> = (0..8)
            .map(|number| {
                let wish = if number % 2 == 0 { "app" } else { "other" };
                let world = &world;
                scope.spawn(move || world.lock(wish).unwrap().tree)
            })
            .collect();
        for thread in running {
            world.store.locate(&thread.join().unwrap()).unwrap();
        }
    });
    assert_eq!(world.store.list().unwrap().len(), 2);
    assert!(world.store.verify().unwrap().is_clean());
    assert_eq!(
        fs::read_dir(world.store.root().join("tmp"))
            .unwrap()
            .count(),
        0
    );
}

#[test]
fn off_line() {
    let world = World::of(PACKAGES);
    let silent = &interlock_supply::Silent;
    for wish in ["app", "app@^1", "app@latest"] {
        let error = world.lock_with(wish, true, silent).unwrap_err();
        let told = format!("`{wish}` is not in the store; try again without --offline");
        assert_eq!(chain(&error), told);
    }
    let tree = world.lock("app").unwrap().tree;
    world.server.forget();
    for (wish, found) in [
        ("app", true),
        ("app@^1", true),
        ("app@1.0.0", true),
        ("app@latest", true),
        ("app@2", false),
        ("other", false),
        ("app !app", true),
        ("app !x", false),
        ("app other", false),
    ] {
        let locked = world
            .lock_with(wish, true, silent)
            .ok()
            .map(|locked| locked.tree);
        assert_eq!(locked, found.then(|| tree.clone()), "{wish}");
    }
    assert_eq!(world.server.asked().len(), 0);
}

#[test]
fn a_locked_tree_installs_elsewhere_to_the_same_bytes() {
    let world = World::of(PACKAGES);
    let tree = world.lock("app").unwrap().tree;
    let text = serde_json::to_string(&tree).unwrap();
    let read: LockedTree = serde_json::from_str(&text).unwrap();
    assert_eq!(read, tree);
    let elsewhere = World::of(PACKAGES);
    elsewhere.install(&read).unwrap();
    assert_eq!(elsewhere.server.asked_for(".tgz"), 5);
    assert_eq!(elsewhere.server.asked().len(), 9, "one description a name");
    elsewhere.store.locate(&read).unwrap();
    elsewhere.install(&read).unwrap();
    assert_eq!(elsewhere.server.asked().len(), 9);
    // The registry serves other bytes there: nothing is installed.
    let changed = World::new(&[Package::new("app", "1.0.0").file("evil.js", "x")]);
    let error = changed.install(&read).unwrap_err();
    assert!(changed.store.list().unwrap().is_empty(), "{error}");
    // A digest that is not that of the packages.
    let mut forged = read.clone();
    forged.digest = TreeDigest::from_bytes([1; 32]);
    assert!(chain(&elsewhere.install(&forged).unwrap_err()).contains("not the locked one"));
    // A place that is not its own.
    let mut forged = read;
    forged.packages[2].path = forged.packages[0].path.clone();
    let beside = elsewhere.install(&forged).unwrap_err();
    assert!(
        chain(&beside).contains("two packages"),
        "that the bytes are there already makes a lock no truer"
    );
    forged.digest = TreeDigest::from_bytes([2; 32]);
    assert!(chain(&elsewhere.install(&forged).unwrap_err()).contains("two packages"));
}

#[test]
fn forged_lock_records_do_not_parse() {
    let world = World::of(PACKAGES);
    let text = serde_json::to_string(&world.lock("app").unwrap().tree).unwrap();
    for (from, to) in [
        ("node_modules/a\"", "../a\""),
        ("node_modules/a\"", "/a\""),
        ("\"1.0.0\"", "\"latest\""),
        ("sha512-", "sha1-"),
        ("\"name\":\"a\"", "\"name\":\"../a\""),
        ("\"ecosystem\":\"npm\"", "\"ecosystem\":\"other\""),
        ("\"format\":1,", "\"format\":1,\"more\":1,"),
        ("index.js", "../../index.js"),
    ] {
        assert!(text.contains(from), "{from}");
        let forged = text.replacen(from, to, 1);
        assert!(
            serde_json::from_str::<LockedTree>(&forged).is_err(),
            "{from} {to}"
        );
    }
}

#[test]
fn a_store_is_private_and_can_be_opened_twice() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("deep/store");
    let first = Store::open(&path).unwrap();
    assert_eq!(
        fs::metadata(first.root()).unwrap().permissions().mode() & 0o777,
        0o700
    );
    assert_eq!(Store::open(&path).unwrap().root(), first.root());
    fs::write(directory.path().join("file"), "").unwrap();
    assert!(Store::open(&directory.path().join("file")).is_err());
}

#[test]
fn bundled_packages_stay_where_they_are() {
    let inner = r#"{"name":"in","version":"3.0.0","dependencies":{"deep":"^1","out":"1"}}"#;
    let deep = r#"{"name":"deep","version":"1.4.0"}"#;
    let world = World::new(&[
        Package::new("app", "1.0.0")
            .field(
                "dependencies",
                serde_json::json!({ "in": "^3", "other": "1" }),
            )
            .field("bundleDependencies", serde_json::json!(["in"]))
            .file("node_modules/in/package.json", inner)
            .file("node_modules/deep/package.json", deep),
        Package::new("other", "1.0.0"),
        Package::new("out", "1.0.0"),
    ]);
    let locked = world.lock("app").map_err(|error| chain(&error)).unwrap();
    assert_eq!(layout(&locked), "app 1.0.0\nother 1.0.0\nout 1.0.0");
    assert_eq!(world.server.asked_for("/in"), 0);
    let root = world.store.locate(&locked.tree).unwrap().root;
    assert!(
        root.join("node_modules/app/node_modules/in/package.json")
            .exists()
    );
}
