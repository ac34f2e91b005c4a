//! What names stood for some changes ago, as their logs say; whatever Git itself says is right.

use super::support::git::attempt;
use super::{FILE, Local, LocalError, Sample, at};
use std::fs;
use std::path::Path;

/// The file of a revision, as Git has it.
pub(super) fn shown(directory: &Path, revision: &str) -> Option<String> {
    let text = attempt(directory, &["show", &format!("{revision}:{FILE}")]).ok()?;
    Some(text.lines().last().unwrap().to_owned())
}

/// Branches that moved in every way, with a log of more than ten changes.
pub(super) fn moved(sample: &Sample) {
    for words in [
        &["reset", "-q", "--hard", "HEAD~1"][..],
        &["checkout", "-q", "side/branch"],
        &["checkout", "-q", "--detach", "v1"],
        &["checkout", "-q", "main"],
        &["branch", "-q", "copy", "HEAD~1"],
        &["branch", "-q", "-m", "copy", "renamed"],
        &["branch", "-q", "-f", "renamed", "side/branch"],
        &["symbolic-ref", "refs/heads/link", "refs/heads/main"],
        &["merge", "-q", "--ff-only", "main@{1}"],
        &["commit", "-q", "--amend", "-m", "amended"],
    ] {
        sample.git(words);
    }
}

/// Every name, each of its changes, one more, and steps from there. Gives how many of them were found. What Git says with a warning, or
/// of a name that did not stand for anything then, is an error here.
pub(super) fn compare(directory: &Path, what: &str) -> usize {
    let names = "HEAD @ main heads/main refs/heads/main side/branch renamed copy link v1 light";
    let mut count = 0;
    for name in names.split(' ').chain([""]) {
        for number in 0..12 {
            let steps = ["", "~1", "^2"].into_iter();
            for steps in steps.take(if number % 4 == 1 { 3 } else { 1 }) {
                let revision = format!("{name}@{{{number}}}{steps}");
                let expected = shown(directory, &revision);
                match at(directory, &revision) {
                    Err(LocalError::Gap(_) | LocalError::NoEntry { .. }) => {}
                    Err(error) => assert_eq!(expected, None, "{what} {revision}: {error}"),
                    Ok(found) => {
                        assert_eq!(Some(found), expected, "{what} {revision}");
                        count += 1;
                    }
                }
            }
        }
    }
    count
}

#[test]
fn numbers_count_changes_as_git_does() {
    let sample = Sample::new("sha1");
    moved(&sample);
    assert!(compare(sample.path(), "main") > 25);
    let place = tempfile::tempdir().unwrap();
    let other = place.path().join("tree");
    sample.git(&[
        "worktree",
        "add",
        "-q",
        other.to_str().unwrap(),
        "side/branch",
    ]);
    assert!(compare(&other, "a further work tree") > 25);
    // Cut at its beginning, as old changes are.
    let log = sample.path().join(".git/logs/refs/heads/main");
    let text = fs::read_to_string(&log).unwrap();
    let rest: Vec<&str> = text.split_inclusive('\n').skip(2).collect();
    fs::write(&log, rest.concat()).unwrap();
    assert!(compare(sample.path(), "cut") > 25);
    fs::write(&log, "").unwrap();
    assert_eq!(
        sample.at("main@{0}").unwrap(),
        shown(sample.path(), "main").unwrap()
    );
    assert!(matches!(
        sample.at("main@{1}"),
        Err(LocalError::NoEntry { count: 0, .. })
    ));
}

#[test]
fn dates_and_upstreams_are_refused() {
    let sample = Sample::new("sha1");
    for word in [
        "main@{yesterday}",
        "HEAD@{2026-01-01}",
        "main@{5 minutes ago}",
        "main@{upstream}",
        "main@{u}",
        "@{-1}",
        "@{+1}",
        "main@{}",
        "main@{1",
        "main@{1}x",
        "main@{1}@{1}",
        "main@{123456789}",
        "main@{1}}",
    ] {
        let found = sample.at(word);
        assert!(
            matches!(found, Err(LocalError::NoNumber)),
            "{word}: {found:?}"
        );
    }
    for word in ["gone@{1}", "../HEAD@{0}", "v1@{0}", "a b@{1}"] {
        let found = sample.at(word);
        assert!(
            matches!(found, Err(LocalError::NoRevision(_))),
            "{word}: {found:?}"
        );
    }
}

/// Whatever of a log is changed or lost: the right commit, or none.
#[test]
fn damaged_logs_give_nothing_else() {
    let sample = Sample::new("sha1");
    let root = sample.path().canonicalize().unwrap();
    // A small file, as it is read often.
    fs::write(root.join("small"), "0").unwrap();
    sample.git(&["add", "."]);
    for number in 1..5 {
        fs::write(root.join("small"), number.to_string()).unwrap();
        sample.git(&["add", "."]);
        sample.git(&["commit", "-q", "-m", "m"]);
    }
    let found = |number: usize| {
        let local = Local::around(&root).unwrap();
        local.file_at(&format!("main@{{{number}}}"), &root.join("small"))
    };
    let path = root.join(".git/logs/refs/heads/main");
    let bytes = fs::read(&path).unwrap();
    // How many of the four there is an answer to.
    let check = |bytes: &[u8], at: usize| {
        fs::write(&path, bytes).unwrap();
        let right = |number: &usize| {
            found(*number).is_ok_and(|text| {
                assert_eq!(text, (4 - number).to_string().as_bytes(), "{number} {at}");
                true
            })
        };
        (0..4).filter(right).count()
    };
    assert_eq!(check(&bytes, 0), 4);
    let mut whole = 0;
    for at in 0..bytes.len() {
        let mut other = bytes.clone();
        other[at] ^= 0x5a;
        whole += usize::from(check(&other, at) == 4);
        check(&bytes[..at], at);
    }
    // Who, when and why are not looked at.
    assert!(whole > 0);
}
