//! Repositories that keep their names in tables (`reftable`); whatever Git itself says is right.

use super::logs::{compare, moved, shown};
use super::support::git::{attempt, git};
use super::{Local, LocalError, REVISIONS, Sample, at, check};
use std::fs;
use std::path::{Path, PathBuf};

fn sample(format: &str) -> Sample {
    Sample::keeping(format, "reftable")
}

/// The tables of a repository, the oldest first.
fn tables(repository: &Path) -> Vec<PathBuf> {
    let place = repository.join(".git/reftable");
    let list = fs::read_to_string(place.join("tables.list")).unwrap();
    list.lines().map(|name| place.join(name)).collect()
}

/// Changes many names at once.
fn update(sample: &Sample, option: &str, lines: Vec<String>) {
    let place = sample.path().join("updates");
    fs::write(&place, lines.concat()).unwrap();
    let words = format!("update-ref {option} --stdin < {}", place.display());
    sample.git(&["-c", &format!("alias.run=!git {words}"), "run"]);
    fs::remove_file(place).unwrap();
}

/// Makes branches by the hundred, each on one of the commits, and takes every third away again.
fn many(sample: &Sample, count: usize) {
    let commits =
        ["main", "main~1", "side/branch", "v1^{commit}"].map(|it| sample.git(&["rev-parse", it]));
    update(
        sample,
        "",
        (0..count)
            .zip(commits.iter().cycle())
            .map(|(n, commit)| format!("create refs/heads/many/{n:05} {commit}\n"))
            .collect(),
    );
    update(
        sample,
        "",
        (0..count)
            .step_by(3)
            .map(|n| format!("delete refs/heads/many/{n:05}\n"))
            .collect(),
    );
}

#[test]
fn revisions_are_those_of_git() {
    for format in ["sha1", "sha256"] {
        let sample = sample(format);
        check(&sample, &format!("{format}, as made"));
        // One that is so large that nothing is merged with it.
        many(&sample, 300);
        sample.git(&["pack-refs", "--all"]);
        check(&sample, &format!("{format}, one table"));
        sample.git(&["tag", "-a", "-m", "t", "above"]);
        assert!(tables(sample.path()).len() > 1);
        check(&sample, &format!("{format}, several tables"));
        sample.git(&["checkout", "-q", "--detach", "v1"]);
        assert_eq!(sample.at("HEAD").unwrap(), "one");
        assert_eq!(sample.at("main").unwrap(), "three");
        sample.git(&["checkout", "-q", "main"]);
        moved(&sample);
        assert!(tables(sample.path()).len() > 1);
        assert!(compare(sample.path(), format) > 25);
        sample.git(&["pack-refs", "--all"]);
        assert!(compare(sample.path(), &format!("{format}, merged")) > 25);
    }
}

#[test]
fn of_many_names_each_is_found() {
    for format in ["sha1", "sha256"] {
        let sample = sample(format);
        many(&sample, 3000);
        for merged in [false, true] {
            if merged {
                sample.git(&["pack-refs", "--all"]);
            }
            // An index over blocks of names, and one over objects, is there by now.
            assert!(fs::metadata(&tables(sample.path())[0]).unwrap().len() > 20_000);
            for number in [
                0, 1, 2, 3, 4, 5, 500, 1499, 1500, 1501, 2995, 2996, 2997, 2998, 2999, 3000,
            ] {
                let word = format!("many/{number:05}");
                let expected = shown(sample.path(), &word);
                assert_eq!(sample.at(&word).ok(), expected, "{format} {merged} {word}");
                assert_eq!(expected.is_some(), number % 3 != 0, "{word}");
            }
            assert_eq!(sample.at("main").unwrap(), "three");
        }
    }
}

/// Logs of so many names that the index over them takes more than one block. It begins wherever they end.
#[test]
fn of_many_names_with_logs_each_is_found() {
    for format in ["sha1", "sha256"] {
        let sample = sample(format);
        let ids = ["main", "side/branch"].map(|it| sample.git(&["rev-parse", it]));
        let name = |n: usize| format!("refs/remotes/origin/feature/JIRA-{n}-some-words");
        let lines = (0..9000).zip(ids.iter().cycle());
        let lines = lines.map(|(n, id)| format!("create {} {id}\n", name(n)));
        update(&sample, "--create-reflog", lines.collect());
        sample.git(&["pack-refs", "--all"]);
        for number in [0, 1, 4444, 8999] {
            let expected = ["three", "side"][number % 2];
            assert_eq!(sample.at(&name(number)).unwrap(), expected, "{format}");
        }
        assert_eq!(sample.at("HEAD@{1}").unwrap(), "two");
        assert!(matches!(
            sample.at(&name(9000)),
            Err(LocalError::NoRevision(_))
        ));
    }
}

#[test]
fn further_work_trees_have_tables_of_their_own() {
    let sample = sample("sha1");
    let place = tempfile::tempdir().unwrap();
    let other = place.path().join("tree");
    sample.git(&[
        "worktree",
        "add",
        "-q",
        other.to_str().unwrap(),
        "side/branch",
    ]);
    for (revision, expected) in [
        ("HEAD", "side"),
        ("main", "three"),
        ("v1", "one"),
        ("@{0}", "side"),
    ] {
        assert_eq!(at(&other, revision).unwrap(), expected, "{revision}");
    }
    assert_eq!(sample.at("HEAD").unwrap(), "three");
    git(&other, &["bisect", "start", "-q"]);
    git(&other, &["bisect", "bad"]);
    assert_eq!(at(&other, "refs/bisect/bad").unwrap(), "side");
    assert!(sample.at("refs/bisect/bad").is_err());
    // What a fetch leaves is a file, here too.
    git(&other, &["fetch", "-q", ".", "main"]);
    assert_eq!(at(&other, "FETCH_HEAD").unwrap(), "three");
}

/// One that leads to what is no text here, or no name, is in nobody's way.
#[test]
fn names_that_lead_astray_are_refused_alone() {
    let sample = sample("sha1");
    let link = r#"alias.run=!git symbolic-ref refs/heads/odd "$(printf 'refs/heads/caf\351')""#;
    sample.git(&["-c", link, "run"]);
    assert_eq!(sample.at("main").unwrap(), "three");
    assert!(matches!(sample.at("odd"), Err(LocalError::Astray(_))));
}

#[test]
fn names_move_between_files_and_tables() {
    let sample = Sample::new("sha1");
    // Git 2.46 and 2.47 move no logs.
    sample.git(&["config", "core.logAllRefUpdates", "false"]);
    fs::remove_dir_all(sample.path().join(".git/logs")).unwrap();
    for way in ["reftable", "files"] {
        sample.git(&["refs", "migrate", &format!("--ref-format={way}")]);
        for (revision, expected) in REVISIONS {
            assert_eq!(
                sample.at(revision).ok().as_deref(),
                *expected,
                "{way} {revision}"
            );
        }
    }
}

#[test]
fn what_lists_tables_that_are_none_is_refused() {
    let sample = sample("sha1");
    let place = sample.path().join(".git/reftable");
    let list = place.join("tables.list");
    let whole = fs::read_to_string(&list).unwrap();
    let first = whole.lines().next().unwrap();
    fs::write(place.join("empty.ref"), "").unwrap();
    fs::copy(place.join(first), sample.path().join("outside")).unwrap();
    for text in [
        format!("../../outside\n{whole}"),
        format!("{whole}empty.ref\n"),
        format!("{whole}gone.ref\n"),
        format!("{whole}{first}\n"),
        format!("{whole}\n"),
        whole.trim_end().to_owned(),
        format!("{whole}/etc/passwd\n"),
        "x\n".repeat(2000),
    ] {
        fs::write(&list, text).unwrap();
        let found = sample.at("main");
        assert!(matches!(found, Err(LocalError::Damaged(_))), "{found:?}");
    }
    fs::remove_file(&list).unwrap();
    assert!(matches!(sample.at("main"), Err(LocalError::Damaged(_))));
    fs::write(&list, "").unwrap();
    assert!(matches!(sample.at("main"), Err(LocalError::NoRevision(_))));
    fs::write(&list, whole).unwrap();
    assert_eq!(sample.at("main").unwrap(), "three");
}

/// Whatever byte is changed, in whatever table: the commit as it was, or an error. Every byte of the newest table of one repository,
/// and every fifth one of the others, which are larger or alike.
#[test]
fn damaged_tables_give_nothing_else() {
    for (format, step) in [("sha1", 1), ("sha256", 5)] {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path().canonicalize().unwrap();
        let format = format!("--object-format={format}");
        git(
            &root,
            &[
                "init",
                "-q",
                "-b",
                "main",
                "--ref-format=reftable",
                &format,
                ".",
            ],
        );
        for number in 0..4 {
            fs::write(root.join("small"), number.to_string()).unwrap();
            git(&root, &["add", "small"]);
            git(&root, &["commit", "-q", "-m", "m"]);
            if number == 1 {
                // What is older is what a lost name would fall back to. It is large enough not to be merged with what comes.
                (0..30).for_each(|tag| drop(git(&root, &["tag", &format!("older/{tag}")])));
                git(&root, &["tag", "-a", "-m", "t", "old"]);
                git(&root, &["pack-refs", "--all"]);
            }
        }
        let wanted = [
            ("main", "3"),
            ("HEAD", "3"),
            ("main@{1}", "2"),
            ("old", "1"),
        ];
        let all = tables(&root);
        assert!(all.len() > 1);
        for (rank, path) in all.iter().enumerate() {
            let bytes = fs::read(path).unwrap();
            // How many of them there is an answer to.
            let check = |bytes: &[u8], at: usize| {
                fs::write(path, bytes).unwrap();
                let right = |&(revision, expected): &(&str, &str)| {
                    let local = Local::around(&root).unwrap();
                    let found = local.file_at(revision, &root.join("small"));
                    let place = format!("{format} {rank} {at} {revision}");
                    found.is_ok_and(|found| {
                        assert_eq!(found, expected.as_bytes(), "{place}");
                        true
                    })
                };
                wanted.iter().filter(|it| right(it)).count()
            };
            assert_eq!(check(&bytes, 0), wanted.len(), "{format} {rank}");
            let mut answers = 0;
            let step = if rank == 0 { 5 } else { step };
            for at in (0..bytes.len()).step_by(step) {
                let mut other = bytes.clone();
                other[at] ^= if at % 2 == 0 { 0x5a } else { 0x01 };
                answers += check(&other, at);
                if at % 7 == 0 {
                    assert_eq!(check(&bytes[..at], at), 0, "what is cut is refused");
                }
            }
            // Not everything is refused: a hash that is not asked for may be any.
            assert!(answers > 0, "{format} {rank}");
            fs::write(path, &bytes).unwrap();
        }
        assert!(attempt(&root, &["rev-parse", "main"]).is_ok());
    }
}

/// The same where an index stands over many names, at some hundred places.
#[test]
fn damaged_tables_of_many_names_give_nothing_else() {
    let sample = sample("sha1");
    many(&sample, 900);
    sample.git(&["pack-refs", "--all"]);
    let path = tables(sample.path()).remove(0);
    let bytes = fs::read(&path).unwrap();
    let word = "many/00400";
    let expected = shown(sample.path(), word).unwrap();
    assert_eq!(sample.at(word).unwrap(), expected);
    let mut answers = 0;
    for at in (0..bytes.len()).step_by(bytes.len() / 150) {
        let mut other = bytes.clone();
        other[at] ^= 0x5a;
        fs::write(&path, other).unwrap();
        if let Ok(found) = sample.at(word) {
            assert_eq!(found, expected, "{at}");
            answers += 1;
        }
    }
    assert!(answers > 20, "not everything is refused: {answers}");
}

/// What is not seen: the log of a name that leads to another one is the other one's as well, so that none of its changes shows that the
/// name itself was lost. Git takes what an older table has, too.
#[test]
fn a_head_that_was_lost_is_the_branch_that_it_was() {
    let sample = sample("sha1");
    many(&sample, 300);
    sample.git(&["pack-refs", "--all"]);
    sample.git(&["checkout", "-q", "--detach", "v1"]);
    assert_eq!(sample.at("HEAD").unwrap(), "one");
    let path = tables(sample.path()).pop().unwrap();
    let mut bytes = fs::read(&path).unwrap();
    let place = bytes.windows(4).position(|it| it == b"HEAD").unwrap();
    bytes[place + 3] = b'E';
    fs::write(&path, bytes).unwrap();
    assert_eq!(sample.at("HEAD").unwrap(), "three");
    assert_eq!(shown(sample.path(), "HEAD").unwrap(), "three");
}
