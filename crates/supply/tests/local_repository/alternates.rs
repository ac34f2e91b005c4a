//! Repositories that use the objects of others.

use super::support::git::git;
use super::{FILE, LocalError, Sample, at};
use std::fs;
use std::path::{Path, PathBuf};

/// A clone of a repository that has none of its objects.
fn shared(of: &Path, to: &Path) {
    let words = [
        "clone",
        "-q",
        "--shared",
        of.to_str().unwrap(),
        to.to_str().unwrap(),
    ];
    git(of, &words);
}

fn list(repository: &Path) -> PathBuf {
    repository.join(".git/objects/info/alternates")
}

fn write(repository: &Path, text: &str) {
    fs::create_dir_all(repository.join(".git/objects/info")).unwrap();
    fs::write(list(repository), text).unwrap();
}

fn commit(repository: &Path, word: &str) {
    fs::write(repository.join(FILE), format!("line 0 0\n{word}\n")).unwrap();
    git(repository, &["commit", "-q", "-a", "-m", word]);
}

#[test]
fn borrowed_objects_are_found() {
    for format in ["sha1", "sha256"] {
        let sample = Sample::new(format);
        let place = tempfile::tempdir().unwrap();
        let [one, two] = ["one", "two"].map(|name| place.path().join(name));
        shared(sample.path(), &one);
        commit(&one, "of one");
        // Nested: the second has the list of the first, and further objects in packs.
        shared(&one, &two);
        commit(&two, "of two");
        git(&two, &["repack", "-q", "-a", "-d", "-l"]);
        let check = || {
            for (revision, expected) in [
                ("HEAD", "of two"),
                ("HEAD~1", "of one"),
                ("HEAD~2", "three"),
                ("v1", "one"),
                ("origin/main", "of one"),
            ] {
                assert_eq!(at(&two, revision).unwrap(), expected, "{format} {revision}");
            }
            let whole = git(&two, &["rev-parse", "HEAD~2"]);
            assert_eq!(at(&two, &whole[..9]).unwrap(), "three");
        };
        check();
        // By a relative path, with what Git passes over, named twice, and in circles.
        write(
            &two,
            "# borrowed\n\n../../../one/.git/objects\n./../../../one/.git/objects/\n.\n",
        );
        let whole = fs::read_to_string(list(&one)).unwrap();
        write(&one, &format!("{whole}../../../two/.git/objects\n"));
        check();
    }
}

#[test]
fn what_is_not_where_a_list_says_is_told() {
    let sample = Sample::new("sha1");
    let file = sample.path().join(FILE);
    for (text, expected) in [
        (
            "/no/such/place\n",
            "`/no/such/place`, and they are not there",
        ),
        ("../nowhere\n", "and they are not there"),
        (file.to_str().unwrap(), "and they are not there"),
        ("\"/tmp\"\n", "in quotation marks"),
        ("a\0b\n", "and they are not there"),
    ] {
        write(sample.path(), text);
        let error = sample.at("HEAD").unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
    // Too many bytes; too many lines, though all are one directory.
    for text in ["#\n".repeat(1 << 20), ".\n".repeat(101)] {
        write(sample.path(), &text);
        assert!(matches!(sample.at("HEAD"), Err(LocalError::Unsupported(_))));
    }
    write(sample.path(), &".\n".repeat(100));
    assert_eq!(sample.at("HEAD").unwrap(), "three");
}

/// What stands in a file that somebody else named is shown in no message.
#[test]
fn a_list_that_is_a_link_is_not_read() {
    let sample = Sample::new("sha1");
    let secret = sample.path().join("secret");
    fs::write(&secret, "machine hub.example password 1234\n").unwrap();
    write(sample.path(), "");
    fs::remove_file(list(sample.path())).unwrap();
    std::os::unix::fs::symlink(&secret, list(sample.path())).unwrap();
    let error = sample.at("HEAD").unwrap_err();
    assert!(matches!(error, LocalError::Unreadable { .. }), "{error}");
    assert!(!format!("{error} {error:?}").contains("1234"));
}

#[test]
fn lists_lead_to_further_lists_and_not_for_ever() {
    let sample = Sample::new("sha1");
    let place = tempfile::tempdir().unwrap();
    let directory = |number: usize| place.path().join(number.to_string());
    for number in 0..9 {
        fs::create_dir_all(directory(number).join("info")).unwrap();
        let next = directory(number).join("info/alternates");
        fs::write(next, format!("../{}\n", number + 1)).unwrap();
    }
    fs::create_dir(directory(9)).unwrap();
    for (first, good) in [(9, true), (5, true), (4, true), (3, false), (0, false)] {
        write(sample.path(), directory(first).to_str().unwrap());
        let found = sample.at("HEAD");
        assert_eq!(found.is_ok(), good, "{first}: {found:?}");
    }
    let many: Vec<String> = (10..150)
        .map(|number| {
            fs::create_dir(directory(number)).unwrap();
            directory(number).to_str().unwrap().to_owned()
        })
        .collect();
    write(sample.path(), &many.join("\n"));
    assert!(matches!(sample.at("HEAD"), Err(LocalError::Unsupported(_))));
}

/// What lies elsewhere under an object's name counts when it has that object's hash, and only then.
#[test]
fn borrowed_objects_have_the_hash_of_their_name() {
    let sample = Sample::new("sha1");
    let place = tempfile::tempdir().unwrap();
    let other = place.path().join("other");
    shared(sample.path(), &other);
    let [ours, theirs] = ["HEAD", "HEAD~1"].map(|word| {
        let name = sample.git(&["rev-parse", word]);
        let (first, rest) = name.split_at(2);
        sample.path().join(".git/objects").join(first).join(rest)
    });
    assert_eq!(at(&other, "HEAD").unwrap(), "three");
    fs::rename(&ours, place.path().join("aside")).unwrap();
    assert!(matches!(at(&other, "HEAD"), Err(LocalError::Missing(_))));
    fs::copy(&theirs, &ours).unwrap();
    assert!(matches!(at(&other, "HEAD"), Err(LocalError::Object(_))));
    // Of a repository with another hash, nothing fits.
    let longer = Sample::new("sha256");
    longer.git(&["repack", "-q", "-a", "-d"]);
    write(&other, longer.path().join(".git/objects").to_str().unwrap());
    assert!(at(&other, "HEAD").is_err());
}
