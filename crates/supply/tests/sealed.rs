//! Files that a kernel keeps from changing, as the store uses them: what is sealed and when, what need not be read then, and what is not
//! believed. The kernel of these tests is a list of the files that were sealed; it has a file for the same until its time of
//! modification changes. `cargo xtask verity` has a real one.

#![expect(clippy::unwrap_used, reason = "test helpers fail by panicking")]

mod support;

use interlock_launch::{Digest, Verity};
use interlock_supply::{LockedTree, Store};
use rustix::io::Errno;
use std::{
    collections::BTreeMap,
    fs::{self, File},
    io,
    os::{
        fd::{AsFd, AsRawFd, BorrowedFd},
        unix::fs::{FileExt, MetadataExt, PermissionsExt},
    },
    path::{Path, PathBuf},
    sync::{
        Mutex,
        atomic::{AtomicI32, AtomicUsize, Ordering},
    },
};
use support::{World, package::Package};

/// Device, inode, and time of modification.
type Key = (u64, u64, i64, i64);

static SEALED: Mutex<BTreeMap<Key, Digest>> = Mutex::new(BTreeMap::new());

const LISTING: Verity = Verity {
    seal: |file| {
        // The kernel seals for whoever may write only.
        let place = fs::read_link(format!("/proc/self/fd/{}", file.as_raw_fd()))?;
        let meta = fs::metadata(&place)?;
        assert!(place.to_string_lossy().contains("/store/tmp/"), "{place:?}");
        assert_eq!(meta.mode() & 0o222, 0o200);
        let digest = Digest::of(&fs::read(&place)?);
        SEALED.lock().unwrap().insert(key(&meta), digest);
        Ok(())
    },
    measure: |file| SEALED.lock().unwrap().get(&key_of(file)).copied(),
};

fn key(meta: &fs::Metadata) -> Key {
    (meta.dev(), meta.ino(), meta.mtime(), meta.mtime_nsec())
}

fn key_of(file: BorrowedFd<'_>) -> Key {
    let file = File::from(file.try_clone_to_owned().unwrap());
    key(&file.metadata().unwrap())
}

fn world(verity: Verity) -> World {
    let mut world = World::new(&[
        Package::new("app", "1.0.0")
            .field("dependencies", serde_json::json!({ "lib": "1" }))
            .file("lib/code.js", "module.exports = 1;\n")
            .file("empty.js", ""),
        Package::new("lib", "1.0.0"),
        Package::new("other", "1.0.0").field("dependencies", serde_json::json!({ "lib": "1" })),
    ]);
    let store = Store::open(world.store.root()).unwrap();
    world.store = store.with_verity(verity);
    world
}

fn locked(verity: Verity) -> (World, LockedTree) {
    let world = world(verity);
    let tree = world.lock("app").unwrap().tree;
    world.store.locate(&tree).unwrap();
    (world, tree)
}

fn code(world: &World, tree: &LockedTree) -> PathBuf {
    let tree = format!("trees/{}/root", tree.digest);
    let root = world.store.root().join(tree);
    root.join("node_modules/app/lib/code.js")
}

/// Every file of the packages and trees.
fn stored(store: &Store) -> Vec<PathBuf> {
    fn below(path: &Path, all: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(path).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => below(&path, all),
                false => all.push(path),
            }
        }
    }
    let mut all = Vec::new();
    for part in ["packages", "trees"] {
        below(&store.root().join(part), &mut all);
    }
    let is_content = |path: &PathBuf| {
        let text = path.to_string_lossy();
        text.contains("/files/") || text.contains("/root/")
    };
    all.retain(is_content);
    all
}

/// Changes a byte as this kernel cannot see: all that it knows a file by stays.
fn tamper(path: &Path) {
    let meta = fs::metadata(path).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o644)).unwrap();
    let file = File::options().write(true).open(path).unwrap();
    file.write_all_at(b"X", 3).unwrap();
    let times = fs::FileTimes::new().set_modified(meta.modified().unwrap());
    file.set_times(times).unwrap();
    fs::set_permissions(path, meta.permissions()).unwrap();
}

fn unseal(path: &Path) {
    let file = File::open(path).unwrap();
    SEALED
        .lock()
        .unwrap()
        .remove(&key_of(file.as_fd()))
        .unwrap();
}

fn reseal(path: &Path) {
    let key = key_of(File::open(path).unwrap().as_fd());
    let other = Digest::of(b"other");
    SEALED.lock().unwrap().insert(key, other).unwrap();
}

#[test]
fn whatever_has_bytes_is_sealed_before_it_has_its_place() {
    let (world, tree) = locked(LISTING);
    let files = stored(&world.store);
    assert!(files.len() >= 7, "{files:?}");
    for path in files {
        let file = File::open(&path).unwrap();
        let meta = file.metadata().unwrap();
        let sealed = (LISTING.measure)(file.as_fd()).is_some();
        assert_eq!(sealed, meta.len() > 0, "{path:?}");
        assert_eq!(meta.mode() & 0o222, 0, "{path:?}");
    }
    assert!(world.store.verify().unwrap().is_clean());
    world.store.locate(&tree).unwrap();
}

#[test]
fn what_measures_as_it_did_is_not_read_and_all_else_is() {
    type Change = (&'static str, fn(&Path), bool);
    let changes: [Change; 6] = [
        ("nothing", |_| {}, true),
        // As far as this kernel can tell, and stamps are doubtful: it was not read.
        ("a byte that cannot be changed", tamper, true),
        ("no seal, and the same bytes", unseal, true),
        ("another seal, and the same bytes", reseal, true),
        (
            "a byte and no seal",
            |path| {
                tamper(path);
                unseal(path);
            },
            false,
        ),
        (
            "a byte and another seal",
            |path| {
                tamper(path);
                reseal(path);
            },
            false,
        ),
    ];
    for (what, change, good) in changes {
        let (world, tree) = locked(LISTING);
        let path = code(&world, &tree);
        let bytes = fs::read(&path).unwrap();
        change(&path);
        assert_eq!(world.store.locate(&tree).is_ok(), good, "{what}");
        // Another tree makes one more name for what they share; that changes stamps and no bytes.
        world.lock("other").unwrap();
        assert_eq!(world.store.locate(&tree).is_ok(), good, "{what}");
        // Who looks at everything reads everything.
        let is_whole = fs::read(&path).unwrap() == bytes;
        assert_eq!(world.store.verify().unwrap().is_clean(), is_whole, "{what}");
        assert_eq!(world.store.examine(&tree.digest, "app").is_ok(), is_whole);
        assert_eq!(world.store.locate(&tree).is_ok(), is_whole, "{what}");
        // A repair puts other files in the place of those that cannot be written to.
        world.lock("app").unwrap();
        assert!(world.store.verify().unwrap().is_clean(), "{what}");
        assert_eq!(fs::read(&path).unwrap(), bytes);
        let file = File::open(&path).unwrap();
        let sealed = (LISTING.measure)(file.as_fd());
        assert_eq!(sealed.is_some(), !is_whole || !what.starts_with("no seal"));
    }
}

#[test]
fn a_record_of_an_older_version_says_nothing() {
    for (from, to) in [("warm 2", "warm 1"), ("warm 2", "warm 3")] {
        let (world, tree) = locked(LISTING);
        let record = world.store.root().join(format!("warm/{}", tree.digest));
        let mut bytes = fs::read(&record).unwrap();
        let at = bytes
            .windows(from.len())
            .position(|it| it == from.as_bytes());
        let at = at.unwrap();
        bytes.splice(at..at + from.len(), to.bytes());
        fs::write(&record, bytes).unwrap();
        tamper(&code(&world, &tree));
        world.store.locate(&tree).unwrap_err();
    }
}

static ERROR: AtomicI32 = AtomicI32::new(0);
static ASKED: AtomicUsize = AtomicUsize::new(0);

/// A file system that says no.
const REFUSING: Verity = Verity {
    seal: |_| {
        ASKED.fetch_add(1, Ordering::Relaxed);
        Err(io::Error::from_raw_os_error(ERROR.load(Ordering::Relaxed)))
    },
    measure: |_| None,
};

#[test]
fn what_cannot_be_sealed_is_stored_as_it_is() {
    // Said of one file, or of all of them: then it is asked once a package, as they are fetched side by side.
    for (error, of_all) in [
        (Errno::NOTTY, true),
        (Errno::OPNOTSUPP, true),
        (Errno::NOSYS, true),
        (Errno::PERM, true),
        (Errno::INVAL, true),
        (Errno::KEYREJECTED, true),
        (Errno::TXTBSY, false),
        (Errno::EXIST, false),
        (Errno::ACCESS, false),
        (Errno::NOSPC, false),
        (Errno::IO, false),
    ] {
        ERROR.store(error.raw_os_error(), Ordering::Relaxed);
        ASKED.store(0, Ordering::Relaxed);
        let (world, tree) = locked(REFUSING);
        let files = stored(&world.store);
        let asked = ASKED.load(Ordering::Relaxed);
        let fits = if of_all { asked <= 2 } else { asked >= 5 };
        assert!(fits, "{error}: asked {asked} times");
        for path in &files {
            assert_eq!(fs::metadata(path).unwrap().mode() & 0o222, 0, "{path:?}");
        }
        assert!(world.store.verify().unwrap().is_clean());
        tamper(&code(&world, &tree));
        world.store.locate(&tree).unwrap_err();
    }
}
