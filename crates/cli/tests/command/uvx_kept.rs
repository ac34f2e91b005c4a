//! What a lock or the store keeps of a repository that a Python runner names: whoever wrote it, it is taken for what it is.

use std::fs;

use interlock_supply::provenance::to_rfc3339;
use serde_json::json;

use crate::support::wheel::{self, Wheel};
use crate::uvx::{OPTION, Place, REPOSITORY, project, user};
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
