//! Repositories that Git itself made: loose and packed, with both hashes, with branches, tags and further work trees.

#![expect(
    clippy::unwrap_used,
    clippy::string_slice,
    reason = "test helpers fail by panicking"
)]

#[path = "local_repository/alternates.rs"]
mod alternates;
#[path = "local_repository/logs.rs"]
mod logs;
mod support;
#[path = "local_repository/tables.rs"]
mod tables;

use interlock_supply::git::{Local, LocalError};
use std::fs;
use std::path::{Path, PathBuf};
use support::git::git;

const FILE: &str = "app/interlock.lock";

struct Sample {
    directory: tempfile::TempDir,
}

impl Sample {
    /// Three commits on a branch, and one that merges another branch; the first has a tag.
    fn new(format: &str) -> Self {
        Self::keeping(format, "files")
    }

    /// The same with another way to keep names.
    fn keeping(format: &str, names: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let sample = Self { directory };
        let format = format!("--object-format={format}");
        let names = format!("--ref-format={names}");
        sample.git(&["init", "-q", "-b", "main", &format, &names, "."]);
        sample.commit("one");
        sample.git(&["tag", "-a", "v1", "-m", "first"]);
        sample.git(&["tag", "light"]);
        sample.git(&["checkout", "-q", "-b", "side/branch"]);
        sample.commit("side");
        sample.git(&["checkout", "-q", "main"]);
        sample.commit("two");
        sample.git(&["merge", "-q", "-s", "ours", "-m", "merged", "side/branch"]);
        sample.commit("three");
        sample
    }

    fn path(&self) -> &Path {
        self.directory.path()
    }

    fn git(&self, words: &[&str]) -> String {
        git(self.path(), words)
    }

    /// A long file, of which each commit changes a line: packs keep such files as changes.
    fn commit(&self, word: &str) {
        let lines: Vec<String> = (0..2000)
            .map(|line| format!("line {line} {}", line * line))
            .collect();
        fs::create_dir_all(self.path().join("app")).unwrap();
        fs::write(
            self.path().join(FILE),
            format!("{}\n{word}\n", lines.join("\n")),
        )
        .unwrap();
        self.git(&["add", "."]);
        self.git(&["commit", "-q", "-m", word]);
    }

    fn at(&self, revision: &str) -> Result<String, LocalError> {
        at(self.path(), revision)
    }
}

/// The last line of the file in a revision.
fn at(directory: &Path, revision: &str) -> Result<String, LocalError> {
    let local = Local::around(&directory.join("app"))?;
    let bytes = local.file_at(revision, &directory.canonicalize().unwrap().join(FILE))?;
    let text = String::from_utf8(bytes).unwrap();
    assert!(text.starts_with("line 0 0\n"));
    Ok(text.lines().last().unwrap().to_owned())
}

const REVISIONS: &[(&str, Option<&str>)] = &[
    ("HEAD", Some("three")),
    ("@", Some("three")),
    ("main", Some("three")),
    ("heads/main", Some("three")),
    ("refs/heads/main", Some("three")),
    ("HEAD~1", Some("two")),
    ("HEAD^", Some("two")),
    ("HEAD~^2", Some("side")),
    ("HEAD~1^1", Some("two")),
    ("HEAD~3", Some("one")),
    ("HEAD^0", Some("three")),
    ("HEAD~0", Some("three")),
    ("v1", Some("one")),
    ("v1^0", Some("one")),
    ("light", Some("one")),
    ("tags/v1", Some("one")),
    ("side/branch", Some("side")),
    ("HEAD~4", None),
    ("HEAD^3", None),
    ("HEAD~99999999999", None),
    ("HEAD~x", None),
    ("v1~1", None),
    ("gone", None),
    ("config", None),
    ("../main", None),
    ("main@{yesterday}", None),
    ("", None),
    ("deadbeef", None),
    ("dea", None),
];

fn check(sample: &Sample, what: &str) {
    for (revision, expected) in REVISIONS {
        let found = sample.at(revision);
        assert_eq!(
            found.as_deref().ok(),
            *expected,
            "{what} {revision}: {found:?}"
        );
    }
    let whole = sample.git(&["rev-parse", "HEAD~2"]);
    let expected = sample.at("HEAD~2").unwrap();
    for length in [7, 12, whole.len()] {
        assert_eq!(
            sample.at(&whole[..length]).unwrap(),
            expected,
            "{what} {length}"
        );
    }
    let absent = whole.replace(|c: char| c.is_ascii_digit(), "e");
    assert!(
        matches!(sample.at(&absent), Err(LocalError::NoRevision(_))),
        "{what}"
    );
    // What is no commit has no file.
    let blob = sample.git(&["rev-parse", &format!("HEAD:{FILE}")]);
    assert!(sample.at(&blob).is_err(), "{what}");
}

#[test]
fn revisions() {
    for format in ["sha1", "sha256"] {
        let sample = Sample::new(format);
        check(&sample, &format!("{format}, loose"));
        sample.git(&["repack", "-q", "-a", "-d", "--depth=50", "--window=50"]);
        sample.git(&["pack-refs", "--all"]);
        let packs = sample.path().join(".git/objects/pack");
        assert!(fs::read_dir(packs).unwrap().count() > 0);
        check(&sample, &format!("{format}, packed"));
        sample.git(&["checkout", "-q", "--detach", "v1"]);
        assert_eq!(sample.at("HEAD").unwrap(), "one");
        assert_eq!(sample.at("main").unwrap(), "three");
    }
}

#[test]
fn further_work_trees_share_all_but_their_head() {
    let sample = Sample::new("sha1");
    let other = tempfile::tempdir().unwrap();
    let other = other.path().join("tree");
    sample.git(&[
        "worktree",
        "add",
        "-q",
        other.to_str().unwrap(),
        "side/branch",
    ]);
    assert_eq!(at(&other, "HEAD").unwrap(), "side");
    assert_eq!(at(&other, "main").unwrap(), "three");
}

/// A word means the first of several names that is there, also where that one is damaged.
#[test]
fn damaged_names_are_not_passed_over() {
    let sample = Sample::new("sha1");
    let own = sample.path().join(".git");
    sample.git(&["branch", "-q", "light", "main"]);
    assert_eq!(sample.at("light").unwrap(), "one");
    let tag = own.join("refs/tags/light");
    for text in ["", "\n", "ref: ../x\n", "ref:", "1234\n", "no hash\n"] {
        fs::write(&tag, text).unwrap();
        let found = sample.at("light");
        assert!(
            matches!(&found, Err(LocalError::Damaged(path)) if path.ends_with("light")),
            "{text}: {found:?}"
        );
        assert_eq!(sample.at("heads/light").unwrap(), "three");
    }
    fs::remove_file(&tag).unwrap();
    fs::write(own.join("packed-refs"), "1234 refs/tags/light\n").unwrap();
    assert!(matches!(sample.at("light"), Err(LocalError::Damaged(_))));
    assert_eq!(sample.at("main").unwrap(), "three");
}

#[test]
fn odd_names_are_those_of_git() {
    let sample = Sample::new("sha1");
    // A line for each of many branches.
    let commit = sample.git(&["rev-parse", "v1^0"]);
    let line = format!("{commit}\tnot-for-merge\tbranch 'x' of .\n");
    fs::write(sample.path().join(".git/FETCH_HEAD"), line.repeat(99)).unwrap();
    assert_eq!(sample.at("FETCH_HEAD").unwrap(), "one");
    sample.git(&["branch", "-q", "odd./name", "v1"]);
    assert_eq!(sample.at("odd./name").unwrap(), "one");
    sample.git(&["branch", "-q", "worktrees/x", "v1"]);
    for word in ["worktrees/x", "main-worktree/HEAD"] {
        assert!(matches!(sample.at(word), Err(LocalError::Unsupported(_))));
    }
    assert_eq!(sample.at("heads/worktrees/x").unwrap(), "one");
}

#[test]
fn what_is_not_there_is_said() {
    let sample = Sample::new("sha1");
    let root = sample.path().canonicalize().unwrap();
    let local = Local::around(&root).unwrap();
    for path in ["gone", "app", "app/interlock.lock/x", "../x"] {
        let found = local.file_at("HEAD", &root.join(path));
        assert!(
            matches!(found, Err(LocalError::NoFile { .. })),
            "{path}: {found:?}"
        );
    }
    let bare = tempfile::tempdir().unwrap();
    assert!(matches!(
        Local::around(bare.path()),
        Err(LocalError::NoRepository(_))
    ));
    let config = "[core]\n[extensions]\n\trefStorage = other\n";
    fs::write(root.join(".git/config"), config).unwrap();
    assert!(matches!(Local::around(&root), Err(LocalError::Storage)));
}

fn objects(sample: &Sample, end: &str) -> Vec<PathBuf> {
    let mut waiting = vec![sample.path().join(".git/objects")];
    let mut found = Vec::new();
    while let Some(directory) = waiting.pop() {
        for entry in fs::read_dir(directory).unwrap().flatten() {
            if entry.file_type().unwrap().is_dir() {
                waiting.push(entry.path());
            } else if entry.path().to_str().unwrap().ends_with(end) {
                found.push(entry.path());
            }
        }
    }
    found
}

/// Whatever bytes are changed: the file as it was, or an error, and never other bytes.
#[test]
fn damage_is_found() {
    let sample = Sample::new("sha1");
    let whole = fs::read(sample.path().join(FILE)).unwrap();
    let root = sample.path().canonicalize().unwrap();
    let damaged = |path: &Path| {
        let bytes = fs::read(path).unwrap();
        let mut permissions = fs::metadata(path).unwrap().permissions();
        #[expect(clippy::permissions_set_readonly_false, reason = "a file of a test")]
        permissions.set_readonly(false);
        fs::set_permissions(path, permissions).unwrap();
        for at in (0..bytes.len()).step_by(1 + bytes.len() / 40) {
            let mut other = bytes.clone();
            other[at] ^= 0x5a;
            fs::write(path, &other).unwrap();
            let found =
                Local::around(&root).and_then(|local| local.file_at("HEAD", &root.join(FILE)));
            assert!(found.is_err() || found.unwrap() == whole, "{path:?} {at}");
            fs::write(path, &bytes[..at]).unwrap();
            let found =
                Local::around(&root).and_then(|local| local.file_at("HEAD", &root.join(FILE)));
            assert!(
                found.is_err() || found.unwrap() == whole,
                "{path:?} cut at {at}"
            );
        }
        fs::write(path, &bytes).unwrap();
    };
    for path in objects(&sample, "") {
        damaged(&path);
    }
    sample.git(&["repack", "-q", "-a", "-d"]);
    for end in [".idx", ".pack"] {
        let found = objects(&sample, end);
        assert_eq!(found.len(), 1);
        damaged(&found[0]);
    }
    assert_eq!(sample.at("HEAD").unwrap(), "three");
}
