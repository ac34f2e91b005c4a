//! A changed byte, name, kind or mode anywhere in the store is found before it is executed: every file and directory of a store with a
//! small npm tree or a small Python tree, each changed in every way there is, looked at as `store verify`, as the library and as a
//! start do.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "test helpers fail by panicking"
)]

mod support;

use interlock_launch::{
    DigestCache, LaunchRecord, LockedPackage, Places, Prior, Request, Resolver, judge,
};
use interlock_supply::{LockedTree, Store};
use std::{
    any::Any,
    collections::BTreeMap,
    fs,
    os::unix::{
        fs::{MetadataExt, PermissionsExt, symlink},
        net::UnixListener,
    },
    path::{Path, PathBuf},
    time::SystemTime,
};
use support::{package::Package, wheel};

/// A store with a tree that can be started, and one of no interest.
struct Case {
    store: Store,
    tree: LockedTree,
    request: Request,
    directory: tempfile::TempDir,
    _world: Box<dyn Any>,
}

fn npm() -> Case {
    let world = support::World::new(&[
        Package::new("app", "1.0.0")
            .field("dependencies", serde_json::json!({ "lib": "1" }))
            .file("lib/deep/a.js", "module.exports = 1;\n")
            .file("empty.js", ""),
        Package::new("lib", "1.0.0"),
        Package::new("other", "1.0.0"),
    ]);
    let tree = world.lock("app").unwrap().tree;
    world.lock("other").unwrap();
    let request = Request::new("npx", ["-y", "app@1.0.0"]);
    Case::new(world.store.clone(), tree, request, Box::new(world))
}

fn python() -> Case {
    let world = wheel::World::of("app 1.0: lib\nlib 1.0:\nother 1.0:");
    let tree = world.lock("app").unwrap().tree;
    world.lock("other").unwrap();
    let request = Request::new("uvx", ["app==1.0"]);
    Case::new(world.store.clone(), tree, request, Box::new(world))
}

impl Case {
    fn new(store: Store, tree: LockedTree, request: Request, world: Box<dyn Any>) -> Self {
        let directory = tempfile::tempdir().unwrap();
        fs::create_dir(directory.path().join("bin")).unwrap();
        for name in ["node", "python3"] {
            // Some program: nothing is started.
            fs::copy("/bin/true", directory.path().join("bin").join(name)).unwrap();
        }
        Self {
            store,
            tree,
            request,
            directory,
            _world: world,
        }
    }

    fn root(&self) -> PathBuf {
        let tree = format!("trees/{}/root", self.tree.digest);
        self.store.root().join(tree)
    }

    /// What would be started, as far as an approval is about it; every byte is read.
    fn resolved(&self) -> Result<LaunchRecord, String> {
        let at = |name: &str| self.directory.path().join(name);
        let uid = rustix::process::geteuid().as_raw();
        let places = Places::new(&at(""), &at("c"), self.store.root(), &at("s"), uid);
        let mut resolver = Resolver {
            search: &[at("bin")],
            store: &self.store,
            places: &places,
            cache: &mut DigestCache::in_memory(SystemTime::UNIX_EPOCH),
        };
        let package = LockedPackage::from(&self.tree);
        let prior = Prior {
            package: Some(&package),
            ..Prior::default()
        };
        let launch = resolver.resolve(&self.request, &judge(&self.request), prior);
        launch
            .map(|launch| launch.record().clone())
            .map_err(|error| error.to_string())
    }
}

/// Everything below a directory: what it is, its permissions and what is in it. Times and inodes are not.
fn seen(root: &Path) -> BTreeMap<String, (String, u32, Vec<u8>)> {
    let mut all = BTreeMap::new();
    for path in below(root) {
        let meta = fs::symlink_metadata(&path).unwrap();
        let kind = meta.file_type();
        let content = match () {
            () if kind.is_file() => fs::read(&path).unwrap(),
            () if kind.is_symlink() => fs::read_link(&path)
                .unwrap()
                .into_os_string()
                .into_encoded_bytes(),
            () => Vec::new(),
        };
        let name = path.strip_prefix(root).unwrap().display().to_string();
        all.insert(name, (format!("{kind:?}"), meta.mode(), content));
    }
    all
}

/// The paths below and including a directory, sorted; links are not followed.
fn below(root: &Path) -> Vec<PathBuf> {
    let mut all = vec![root.to_path_buf()];
    if fs::symlink_metadata(root).is_ok_and(|meta| meta.is_dir()) {
        for entry in fs::read_dir(root).unwrap() {
            all.extend(below(&entry.unwrap().path()));
        }
    }
    all.sort();
    all
}

/// A copy with the same permissions and times.
fn copy(from: &Path, to: &Path) {
    let meta = fs::symlink_metadata(from).unwrap();
    if meta.is_dir() {
        fs::create_dir(to).unwrap();
        for entry in fs::read_dir(from).unwrap() {
            let entry = entry.unwrap();
            copy(&entry.path(), &to.join(entry.file_name()));
        }
    } else {
        fs::copy(from, to).unwrap();
    }
    let times = fs::FileTimes::new().set_modified(meta.modified().unwrap());
    fs::File::open(to).unwrap().set_times(times).unwrap();
    fs::set_permissions(to, meta.permissions()).unwrap();
}

fn mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

fn writable<T>(path: &Path, change: impl FnOnce(&Path) -> T) -> T {
    let before = fs::symlink_metadata(path).unwrap().mode();
    mode(path, before | 0o700);
    let result = change(path);
    if fs::symlink_metadata(path).is_ok_and(|meta| !meta.is_symlink()) {
        mode(path, before);
    }
    result
}

/// Moves a file, or a directory, which has to be writable for that.
fn carry(from: &Path, to: &Path) {
    let before = fs::symlink_metadata(from).unwrap();
    if before.is_dir() {
        mode(from, 0o700);
    }
    fs::rename(from, to).unwrap();
    if before.is_dir() {
        mode(to, before.mode());
    }
}

/// Replaces the content; permissions and modification time are as before.
fn rewrite(path: &Path, change: impl FnOnce(&mut Vec<u8>)) {
    let time = fs::metadata(path).unwrap().modified().unwrap();
    let mut bytes = fs::read(path).unwrap();
    change(&mut bytes);
    writable(path, |path| fs::write(path, bytes).unwrap());
    let times = fs::FileTimes::new().set_modified(time);
    fs::File::open(path).unwrap().set_times(times).unwrap();
}

fn flip(path: &Path, at: fn(usize) -> usize) {
    rewrite(path, |bytes| match bytes.len() {
        0 => bytes.push(b'x'),
        length => bytes[at(length)] ^= 0x20,
    });
}

/// Removes whatever is at a path.
fn remove(path: &Path) {
    for path in below(path)
        .iter()
        .filter(|path| !path.is_symlink() && path.is_dir())
    {
        mode(path, 0o700);
    }
    let _ = fs::remove_file(path);
    let _ = fs::remove_dir_all(path);
}

type Change = (&'static str, fn(&Path));

/// What can be done to a file. Its directory is writable meanwhile.
const TO_FILES: [Change; 20] = [
    ("first byte", |path| flip(path, |_| 0)),
    ("middle byte", |path| flip(path, |length| length / 2)),
    ("last byte", |path| flip(path, |length| length - 1)),
    ("appended", |path| rewrite(path, |bytes| bytes.push(b'\n'))),
    ("cut", |path| {
        rewrite(path, |bytes| bytes.truncate(bytes.len().saturating_sub(1)))
    }),
    ("emptied", |path| rewrite(path, Vec::clear)),
    ("made long", |path| {
        rewrite(path, |bytes| bytes.resize(1 << 20, b' '))
    }),
    ("gone", remove),
    ("renamed", |path| {
        fs::rename(path, path.with_extension("moved")).unwrap()
    }),
    ("a second name", |path| {
        fs::hard_link(path, path.with_extension("more")).unwrap()
    }),
    ("writable", |path| mode(path, 0o644)),
    ("executable", |path| mode(path, 0o755)),
    ("not executable", |path| mode(path, 0o444)),
    ("setuid", |path| mode(path, 0o4555)),
    ("retimed", |path| {
        let times = fs::FileTimes::new().set_modified(SystemTime::UNIX_EPOCH);
        fs::File::open(path).unwrap().set_times(times).unwrap();
    }),
    ("another file of the same bytes", |path| {
        let other = path.with_extension("other");
        copy(path, &other);
        fs::rename(&other, path).unwrap();
    }),
    ("a link to the same bytes", |path| {
        let other = path.with_extension("other");
        fs::rename(path, &other).unwrap();
        symlink(other.file_name().unwrap(), path).unwrap();
    }),
    ("a link to nowhere", |path| {
        remove(path);
        symlink("/nowhere", path).unwrap();
    }),
    ("a directory", |path| {
        remove(path);
        fs::create_dir(path).unwrap();
    }),
    ("a socket", |path| {
        remove(path);
        // Its path may be longer than an address.
        let short = tempfile::tempdir().unwrap();
        UnixListener::bind(short.path().join("s")).unwrap();
        fs::rename(short.path().join("s"), path).unwrap();
    }),
];

/// What can be done to a directory. The one above it is writable meanwhile.
const TO_DIRECTORIES: [Change; 11] = [
    ("a file more", |path| {
        writable(path, |path| fs::write(path.join("more.js"), "x").unwrap())
    }),
    ("a hidden file more", |path| {
        writable(path, |path| fs::write(path.join(".x"), "").unwrap())
    }),
    ("a directory more", |path| {
        writable(path, |path| fs::create_dir(path.join("more")).unwrap())
    }),
    ("a link more", |path| {
        writable(path, |path| symlink("/etc", path.join("more")).unwrap())
    }),
    ("gone", remove),
    ("renamed", |path| carry(path, &path.with_extension("moved"))),
    ("writable", |path| mode(path, 0o755)),
    ("for all to write", |path| mode(path, 0o777)),
    ("retimed", |path| {
        let times = fs::FileTimes::new().set_modified(SystemTime::UNIX_EPOCH);
        fs::File::open(path).unwrap().set_times(times).unwrap();
    }),
    ("a link to the same", |path| {
        let other = path.with_extension("other");
        carry(path, &other);
        symlink(other.file_name().unwrap(), path).unwrap();
    }),
    ("a file", |path| {
        remove(path);
        fs::write(path, "x").unwrap();
    }),
];

/// What may change without a word, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Matters {
    /// It is executed or read by what is executed.
    Yes,
    /// Only the list of the tree's files: a start that reads every byte is refused for want of it or needs none, and `verify`
    /// reports it.
    Proof,
    /// The record of the tree. What it says is compared with what was approved; a wrong one can refuse and not mislead.
    Record,
    /// Never read by a start: packages are hashed before they enter a tree, stamps are compared with what is there, and the rest
    /// is empty.
    No,
}

fn matters(case: &Case, path: &Path) -> Matters {
    let tree = case.root().parent().unwrap().to_path_buf();
    if path.starts_with(case.root()) || case.root().starts_with(path) {
        Matters::Yes
    } else if path == tree.join("manifest") {
        Matters::Proof
    } else if path == tree.join("lock.json") {
        Matters::Record
    } else {
        Matters::No
    }
}

/// Changes one thing, looks, and takes the change back.
fn check(case: &Case, path: &Path, (what, change): Change, approved: &LaunchRecord) {
    let (root, store) = (case.root(), case.store.root());
    case.store.locate(&case.tree).unwrap();
    let before = seen(&root);
    let aside = case.directory.path().join("aside");
    let parent = path.parent().unwrap();
    let inside = path.strip_prefix(store).unwrap().display();
    let beside = below(parent);
    writable(parent, |_| {
        carry(path, &aside);
        copy(&aside, path);
        change(path);
    });
    let now = if root.is_dir() {
        seen(&root)
    } else {
        BTreeMap::new()
    };
    let same_tree = before == now;
    let shown = format!("{inside}: {what}");
    let resolved = case.resolved();
    let located = case.store.locate(&case.tree);
    let examined = case.store.examine(&case.tree.digest, "app");
    match matters(case, path) {
        Matters::Yes if !same_tree => {
            assert!(located.is_err() && examined.is_err(), "{shown}");
            // Permissions to write are no part of what runs; the checks above refuse them.
            let only_modes = before.len() == now.len()
                && before
                    .iter()
                    .zip(&now)
                    .all(|((a, (kind, mode, bytes)), (b, other))| {
                        (a, kind, bytes, mode & 0o100) == (b, &other.0, &other.2, other.1 & 0o100)
                    });
            let as_approved = resolved.as_ref() == Ok(approved);
            assert!(!as_approved || only_modes, "{shown}: {before:?} {now:?}");
        }
        Matters::Proof if what != "retimed" => {
            assert!(
                resolved.is_err() || resolved.as_ref() == Ok(approved),
                "{shown}"
            );
            let bytes = fs::read(path).ok();
            let good = bytes == fs::read(&aside).ok();
            assert_eq!(examined.is_ok(), good, "{shown}");
        }
        // Nothing else may start than was approved, with whatever record.
        Matters::Record => {
            assert!(located.is_ok() && examined.is_ok(), "{shown}");
            if let Ok(record) = &resolved {
                assert_eq!(record.trees, approved.trees, "{shown}");
            }
        }
        _ => {
            assert!(located.is_ok() && examined.is_ok(), "{shown}");
            // The same tree at another real path is no longer what was approved.
            let elsewhere = what == "a link to the same" && root.starts_with(path);
            assert_eq!(resolved.as_ref() == Ok(approved), !elsewhere, "{shown}");
        }
    }
    writable(parent, |parent| {
        for path in below(parent).iter().filter(|path| !beside.contains(path)) {
            remove(path);
        }
        remove(path);
        carry(&aside, path);
    });
}

fn every_change(case: &Case) {
    let approved = case.resolved().unwrap();
    case.store.locate(&case.tree).unwrap();
    let mut done = 0;
    for path in below(case.store.root()).into_iter().skip(1) {
        let directory = path.is_dir();
        let changes: &[Change] = if directory {
            &TO_DIRECTORIES
        } else {
            &TO_FILES
        };
        // The lock between processes, held by nobody here, and leases are no content.
        if ["lock", "leases", "locks"]
            .iter()
            .any(|part| path.starts_with(case.store.root().join(part)))
        {
            continue;
        }
        // Where nothing depends on it, some of the changes will do.
        let step = if matters(case, &path) == Matters::No {
            4
        } else {
            1
        };
        for change in changes.iter().step_by(step) {
            check(case, &path, *change, &approved);
            done += 1;
        }
    }
    assert!(done > 300, "{done}");
    assert_eq!(case.resolved().unwrap(), approved);
    assert!(case.store.verify().unwrap().is_clean());
}

#[test]
fn every_change_to_a_store_with_an_npm_tree() {
    every_change(&npm());
}

#[test]
fn every_change_to_a_store_with_a_python_tree() {
    every_change(&python());
}

/// While nothing but stamps is looked at: size, permissions and modification time are as before.
#[test]
fn a_change_is_found_where_only_stamps_are_compared() {
    for case in [npm(), python()] {
        for path in below(&case.root()).iter().filter(|path| path.is_file()) {
            if fs::metadata(path).unwrap().len() == 0 {
                continue;
            }
            settle(&case);
            flip(path, |length| length / 2);
            assert!(case.store.locate(&case.tree).is_err(), "{path:?}");
            flip(path, |length| length / 2);
        }
        case.store.locate(&case.tree).unwrap();
    }
}

/// Locates until every stamp is old enough to be believed.
fn settle(case: &Case) {
    let youngest = below(&case.root())
        .iter()
        .map(|path| fs::symlink_metadata(path).unwrap())
        .map(|meta| (meta.ctime(), meta.ctime_nsec()))
        .max()
        .unwrap();
    let until = youngest.0 * 1000 + youngest.1 / 1_000_000 + 120;
    loop {
        let now = rustix::time::clock_gettime(rustix::time::ClockId::Realtime);
        if now.tv_sec * 1000 + now.tv_nsec / 1_000_000 > until {
            break;
        }
        std::thread::yield_now();
    }
    case.store.locate(&case.tree).unwrap();
}
