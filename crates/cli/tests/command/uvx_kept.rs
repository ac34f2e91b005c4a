//! What a lock or the store keeps of a repository that a Python runner names: whoever wrote it, it is taken for what it is.

use std::fs;
use std::path::PathBuf;

use interlock_supply::provenance::to_rfc3339;
use serde_json::json;

use crate::support::wheel::{self, Wheel};
use crate::uvx::{LOUD, OPTION, Place, REPOSITORY, project, user};
use crate::vouched::now;
use crate::world::{World, has};

fn configure(world: &World, policy: &str) {
    let config = world.home.join(".config/interlock");
    fs::create_dir_all(&config).unwrap();
    fs::write(config.join("config.toml"), format!("[supply]\n{policy}\n")).unwrap();
}

/// A project that needs what is given.
fn needing(needs: &str) -> Vec<(String, String)> {
    let about = format!("NAME, VERSION = 'test_server', '1.0'\nNEEDS = '''{needs}\n'''\n");
    let mut files = project("");
    files.retain(|(path, _)| path != "about.py");
    files.push(("about.py".to_owned(), about));
    files
}

#[test]
fn no_dependency_is_taken_for_the_repository_itself() {
    let (place, _) = Place::new();
    let fresh = Wheel::new("young 1.5").listed(json!({ "upload-time": to_rfc3339(now() - 60) }));
    wheel::publish(&place.index, &[fresh]);
    let commit = place.commit("Owner/Tools", &needing("Requires-Dist: young>=1"));
    configure(&place.world, "min-age = \"0\"");
    let add = ["add", OPTION, "--name", "test", "--", "uvx", "--from"];
    let words = [REPOSITORY, "serve"];
    place.interlock(&[&add[..], &words].concat()).expect(0);
    let honest = place.lock();
    let lock = |text: &str| {
        let world = user(&place.index);
        let exempt = format!("min-age = \"3d\"\nexempt = [\"Tools@0.0.0+git.{commit}\"]");
        configure(&world, &exempt);
        fs::write(world.path("interlock.lock"), text).unwrap();
        let said = place.by(&world, &["lock", OPTION]);
        assert_ne!(said.code, 0, "{}", said.out);
        said.err
    };
    has(&lock(&honest), &["young", "min-age"]);
    let (_, file) = honest.split_once("name = \"young\"").unwrap();
    let (_, file) = file.split_once("archive = \"").unwrap();
    let (archive, _) = file.split_once('"').unwrap();
    let own = format!("{REPOSITORY}#{commit}");
    let other = "not exactly one of its packages is the repository";
    for claimed in ["git+https://x.example/young", &own] {
        has(&lock(&honest.replacen(archive, claimed, 1)), &[other]);
    }
    // Nor does it take the repository's place.
    let without = honest.replacen(&format!("\"{own}\""), "\"https://x.example/x\"", 1);
    has(&lock(&without), &[other]);
    let swapped = without.replacen(archive, &own, 1);
    has(&lock(&swapped), &["is not of"]);
}

/// What the store has recorded of its trees.
fn records(place: &Place) -> Vec<(PathBuf, String)> {
    let trees = place.world.home.join(".local/share/interlock/store/trees");
    let all = fs::read_dir(trees).unwrap();
    let paths = all.map(|entry| entry.unwrap().path().join("lock.json"));
    let text = |path: &PathBuf| fs::read_to_string(path).unwrap();
    let mut all: Vec<_> = paths.map(|path| (path.clone(), text(&path))).collect();
    all.sort();
    all
}

#[test]
fn off_line_a_tree_is_taken_that_was_made_for_these_words() {
    let (place, commit) = Place::new();
    let from = format!("{REPOSITORY}@{commit}");
    let some = format!("Test_Server[cli] @ {from}");
    let large = ["uvx", "--with", "beside", "--from", &some, "serve"];
    place.approve(&[OPTION], &large).expect(0);
    let offline = |words: &[&str]| {
        let approve = ["--offline", "approve", "--name", "x", "--passphrase-fd"];
        place.interlock(&[&approve[..], &["0", OPTION, "--"], words].concat())
    };
    // What is larger or smaller was made for others.
    for words in [
        &["uvx", "--from", &from, "serve"][..],
        &["uvx", "--from", &some, "serve"],
        &["uvx", "--with", "beside", "--from", &from, "serve"],
        &["uvx", "--with", "beside>2", "--from", &some, "serve"],
    ] {
        offline(words).expect(3);
    }
    // All of it is told again, and nothing is written.
    let before = records(&place);
    let other = ["uvx", "--with", "beside", "--from", &some, "other"];
    let said = offline(&other).expect(0);
    let told = [LOUD, "3 packages", "has leaf@1.5 in python"];
    has(&said.out, &told);
    assert_eq!(records(&place), before);
    // Nor is one taken that was made for another interpreter.
    let (path, text) = before.first().unwrap();
    let elsewhere = text.replacen("-linux-", "9-linux-", 1);
    assert_ne!(&elsewhere, text);
    fs::write(path, elsewhere).unwrap();
    offline(&other).expect(3);
}

#[test]
fn words_that_were_edited_in_a_lock_are_held_to_its_tree() {
    let (place, _) = Place::new();
    let named = format!("Test_Server[cli] @ {REPOSITORY}");
    let add = ["add", OPTION, "--name", "test", "--"];
    let words = ["uvx", "--with", "beside", "--from", &named, "serve"];
    place.interlock(&[&add[..], &words].concat()).expect(0);
    let lock = place.lock();
    let before = records(&place);
    for (was, now, expected) in [
        ("[cli]", "", "which nothing in it needs"),
        ("\"beside\"", "\"leaf\"", "which nothing in it needs"),
        ("\"beside\"", "\"beside>2\"", "no package that satisfies"),
        (
            "    \"serve\",",
            "    \"other\",",
            "not the command that its source names",
        ),
    ] {
        assert!(lock.contains(was), "{was}");
        let edited = lock.replacen(was, now, 1);
        fs::write(place.world.path("interlock.lock"), edited).unwrap();
        let verified = place.interlock(&["verify"]);
        assert_ne!(verified.code, 0, "{was}: {}", verified.out);
        let refused = place.interlock(&["lock", OPTION]);
        assert_ne!(refused.code, 0, "{was}: {}", refused.out);
        has(&refused.err, &[expected]);
    }
    fs::write(place.world.path("interlock.lock"), &lock).unwrap();
    place.interlock(&["verify"]).expect(0);
    assert_eq!(records(&place), before);
}

#[test]
fn words_for_the_index_are_held_to_the_tree_as_well() {
    let (place, _) = Place::new();
    let add = [
        "add", "--name", "test", "--", "uvx", "--with", "beside", "leaf",
    ];
    place.interlock(&add).expect(0);
    place.interlock(&["verify"]).expect(0);
    let lock = place.lock().replacen("\"beside\"", "\"leaf\"", 1);
    fs::write(place.world.path("interlock.lock"), lock).unwrap();
    let told = ["the lock has `beside`, which nothing in it needs"];
    has(&place.interlock(&["verify"]).expect(1).out, &told);
    has(&place.interlock(&["lock"]).expect(3).err, &told);
}
