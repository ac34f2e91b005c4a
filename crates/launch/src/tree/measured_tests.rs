//! Trees that a kernel keeps from changing. The kernel of these tests measures the first five bytes of a file, so that whatever reads
//! a file sees more than it does.

use std::fs;
use std::os::fd::{AsRawFd as _, BorrowedFd};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime};

use rustix::fs::{CWD, FileType, Mode, mknodat};

use super::*;

fn first_bytes(file: BorrowedFd<'_>) -> Option<Digest> {
    let mut bytes = [0; 5];
    let count = rustix::io::pread(file, &mut bytes, 0).ok()?;
    Some(Digest::of(&bytes[..count]))
}

fn kernel(measure: fn(BorrowedFd<'_>) -> Option<Digest>) -> Verity {
    Verity {
        seal: |_| Ok(()),
        measure,
    }
}

fn cache(verity: Verity) -> DigestCache {
    let later = SystemTime::UNIX_EPOCH + Duration::from_secs(1 << 40);
    DigestCache::in_memory(later).with_verity(verity)
}

fn world() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir_all(dir.path().join("tree/sub")).unwrap();
    fs::write(dir.path().join("tree/a"), "first file").unwrap();
    fs::write(dir.path().join("tree/empty"), "").unwrap();
    fs::write(dir.path().join("tree/sub/b"), "second file").unwrap();
    std::os::unix::fs::symlink("sub/b", dir.path().join("tree/link")).unwrap();
    dir
}

fn at(dir: &Path, cache: &DigestCache) -> Result<TreeDigest, TreeError> {
    digest(&dir.join("tree"), &Omit::default(), cache)
}

/// Other inodes and other times of what measures the same.
fn renew(dir: &Path) {
    let (tree, old) = (dir.join("tree"), dir.join("old"));
    fs::rename(&tree, &old).unwrap();
    fs::create_dir_all(tree.join("sub")).unwrap();
    for name in ["a", "empty", "sub/b"] {
        fs::copy(old.join(name), tree.join(name)).unwrap();
    }
    std::os::unix::fs::symlink("sub/b", tree.join("link")).unwrap();
}

fn write(name: &'static str, text: &'static str) -> impl Fn(&Path) {
    move |dir| fs::write(dir.join("tree").join(name), text).unwrap()
}

fn rename(from: &'static str, to: &'static str) -> impl Fn(&Path) {
    move |dir| fs::rename(dir.join("tree").join(from), dir.join("tree").join(to)).unwrap()
}

/// Whether a tree that was approved on a kernel that seals is read again after `change` by one that measures as `measure` does.
fn is_read(change: impl Fn(&Path), measure: fn(BorrowedFd<'_>) -> Option<Digest>) -> bool {
    let dir = world();
    let sealing = kernel(first_bytes);
    let before = at(dir.path(), &cache(sealing)).unwrap();
    assert_eq!(before.manifest.unwrap().digest(), before.digest);
    let mut knows = cache(kernel(measure));
    knows.trust(before.seal.into_iter().chain(before.held));
    change(dir.path());
    let after = at(dir.path(), &knows).unwrap();
    let truth = manifest_of(&dir.path().join("tree")).unwrap().digest();
    let read = after.manifest.is_some();
    assert_eq!(read.then_some(after.digest), read.then_some(truth));
    assert!(read || after.digest == before.digest);
    read
}

#[test]
fn what_measures_the_same_is_not_read_and_all_else_is() {
    let link = |dir: &Path| fs::hard_link(dir.join("tree/sub/b"), dir.join("more")).unwrap();
    let mode = |dir: &Path| {
        let mode = fs::Permissions::from_mode(0o755);
        fs::set_permissions(dir.join("tree/a"), mode).unwrap();
    };
    let target = |dir: &Path| {
        fs::remove_file(dir.join("tree/link")).unwrap();
        std::os::unix::fs::symlink("a", dir.join("tree/link")).unwrap();
    };
    let directory_mode = |dir: &Path| {
        let mode = fs::Permissions::from_mode(0o700);
        fs::set_permissions(dir.join("tree/sub"), mode).unwrap();
    };
    let swap = |dir: &Path| {
        let names = ["tree/a", "aside", "tree/sub/b", "tree/a"].map(|name| dir.join(name));
        fs::rename(&names[0], &names[1]).unwrap();
        fs::rename(&names[2], &names[3]).unwrap();
        fs::rename(&names[1], &names[2]).unwrap();
    };
    let remove = |dir: &Path| fs::remove_file(dir.join("tree/empty")).unwrap();
    assert!(!is_read(|_| {}, first_bytes));
    assert!(!is_read(link, first_bytes));
    assert!(!is_read(renew, first_bytes));
    assert!(
        !is_read(write("sub/b", "seconD filE"), first_bytes),
        "only measured"
    );
    assert!(is_read(write("sub/b", "Second file"), first_bytes));
    assert!(is_read(write("empty", "x"), first_bytes));
    assert!(is_read(write("more", ""), first_bytes));
    assert!(is_read(mode, first_bytes));
    assert!(is_read(target, first_bytes));
    assert!(is_read(rename("a", "c"), first_bytes));
    assert!(is_read(rename("sub/b", "sub/a"), first_bytes));
    assert!(is_read(rename("sub", "sup"), first_bytes));
    assert!(is_read(rename("empty", "empty2"), first_bytes));
    assert!(is_read(swap, first_bytes));
    assert!(is_read(directory_mode, first_bytes));
    assert!(is_read(remove, first_bytes));
    // Nothing that `stat` tells has changed, but the seals are gone, or some, or those of other bytes.
    assert!(is_read(|_| {}, |_| None));
    assert!(is_read(|_| {}, |_| Some(Digest::of(b"other"))));
    assert!(is_read(
        |_| {},
        |file| {
            let measured = first_bytes(file);
            measured.filter(|digest| *digest == Digest::of(b"first"))
        }
    ));
}

/// While the first file is measured, what lies beside the tree comes to the place of the last one.
fn exchanging(file: BorrowedFd<'_>) -> Option<Digest> {
    let path = fs::read_link(format!("/proc/self/fd/{}", file.as_raw_fd())).unwrap();
    if let Some(dir) = path.parent().filter(|_| path.ends_with("tree/a")) {
        // The first file is measured more than once.
        let _ = fs::rename(dir.with_file_name("next"), dir.join("sub/b"));
    }
    first_bytes(file)
}

#[test]
fn what_comes_in_between_is_not_believed() {
    type Case = (&'static str, fn(&Path));
    let cases: [Case; 5] = [
        // Were it measured without a look at which file it is, this tree would be taken for the approved one.
        ("the approved file for another", |dir| {
            fs::rename(dir.join("tree/sub/b"), dir.join("next")).unwrap();
            fs::write(dir.join("tree/sub/b"), "Second file").unwrap();
        }),
        ("another file", |dir| {
            fs::write(dir.join("next"), "Second file").unwrap();
        }),
        ("a file that measures the same", |dir| {
            fs::write(dir.join("next"), "seconD file").unwrap();
        }),
        ("a link", |dir| {
            std::os::unix::fs::symlink("../a", dir.join("next")).unwrap();
        }),
        // It would be waited for without end.
        ("a pipe", |dir| {
            mknodat(CWD, dir.join("next"), FileType::Fifo, Mode::RWXU, 0).unwrap();
        }),
    ];
    for (what, prepare) in cases {
        let dir = world();
        let approved = at(dir.path(), &cache(kernel(first_bytes))).unwrap();
        let mut knows = cache(kernel(exchanging));
        knows.trust(approved.seal.into_iter().chain(approved.held));
        assert!(at(dir.path(), &knows).unwrap().manifest.is_none(), "{what}");
        prepare(dir.path());
        let refused = at(dir.path(), &knows);
        assert!(matches!(refused, Err(TreeError::File(_))), "{what}");
        assert!(
            fs::symlink_metadata(dir.path().join("next")).is_err(),
            "{what}"
        );
    }
}

/// A digest that reads like the entry of an empty file: its name, its permissions, no target.
fn like_an_entry() -> Digest {
    let parts: [&[u8]; 4] = [
        &12_u64.to_be_bytes(),
        b"second-empty",
        &0o100_644_u32.to_be_bytes(),
        &0_u64.to_be_bytes(),
    ];
    Digest::from_bytes(parts.concat().try_into().unwrap())
}

#[test]
fn a_digest_is_not_taken_for_an_empty_file() {
    let held = |files: &[(&str, &str)]| {
        let dir = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = dir.path().join(name);
            fs::write(&path, text).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        }
        let (_, found) = look(dir.path(), &Omit::default()).unwrap();
        let measured = Measured::of(dir.path(), &found, kernel(|_| Some(like_an_entry())));
        measured.unwrap().held(&found).unwrap()
    };
    let one = held(&[("a", "x"), ("b", "x")]);
    assert_eq!(one, held(&[("a", "x"), ("b", "other")]));
    assert_ne!(one, held(&[("a", "x"), ("b", ""), ("second-empty", "")]));
}

#[test]
fn without_seals_a_tree_has_one_key() {
    let dir = world();
    let plain = at(dir.path(), &cache(kernel(|_| None))).unwrap();
    assert!(plain.held.is_none());
    let stat = stat_list(
        &look(&dir.path().join("tree"), &Omit::default()).unwrap().1,
        false,
    );
    assert_eq!(plain.seal.unwrap().key, Digest::of(&stat));
    // A file that is sealed after others: not every byte is held.
    let mixed = kernel(|file| first_bytes(file).filter(|digest| *digest == Digest::of(b"first")));
    let mixed = at(dir.path(), &cache(mixed)).unwrap();
    assert!(mixed.held.is_none());
    assert_ne!(mixed.seal.unwrap().key, plain.seal.unwrap().key);
}

#[test]
fn a_file_that_measures_otherwise_when_it_was_read_is_changing() {
    static ASKED: AtomicU32 = AtomicU32::new(0);
    let dir = world();
    let moving = kernel(|_| {
        Some(Digest::of(
            &ASKED.fetch_add(1, Ordering::Relaxed).to_be_bytes(),
        ))
    });
    let refused = at(dir.path(), &cache(moving));
    let changing = matches!(refused, Err(TreeError::File(DigestError::Changing { .. })));
    assert!(changing);
}
