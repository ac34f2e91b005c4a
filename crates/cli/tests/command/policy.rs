//! What a configuration requires of packages is required of them, of what they need, and of locks from elsewhere.

use std::fs;

use interlock_supply::provenance::to_rfc3339;
use serde_json::json;

use crate::support::git::Hosted;
use crate::vouched::{DAY, Registry, Release, approve, lock, now};
use crate::world::{Said, World, has};

/// What `add npm:app` says under a configuration, with these releases in the registry.
fn added(config: &str, releases: &[Release]) -> (World, Said) {
    let registry = Registry::new(releases);
    let world = registry.user(World::without_key(), config);
    let said = world.interlock(&["add", "npm:app"]);
    (world, said)
}

#[test]
fn young_releases_are_passed_over_in_the_whole_tree() {
    let app = || Release::new("app", "1.0.0", 30).needs("dep", "^1");
    let (world, said) = added(
        "",
        &[
            app(),
            Release::new("app", "1.1.0", 1).needs("dep", "^1"),
            Release::new("dep", "1.0.0", 30),
            Release::new("dep", "1.0.1", 1),
        ],
    );
    let passed = "a newer release is passed over: `app@1.1.0` was published one day ago";
    has(&said.expect(0).out, &["npm:app is app@1.0.0", passed]);
    has(&lock(&world), &["name = \"dep\", version = \"1.0.0\""]);
    let refused = added("", &[app(), Release::new("dep", "1.0.1", 1)])
        .1
        .expect(3);
    has(
        &refused.err,
        &[
            "`app@1.0.0` needs `dep` (`^1`), which cannot be had",
            "next: wait, name an older version, or, when this one mends a hole, add `dep@1.0.1` to `exempt`",
            "`dep@1.0.1` was published one day ago, and releases are left to others for 3 days (`min-age`)",
        ],
    );
    let exempt = "exempt = [\"dep@1.0.1\"]";
    added(exempt, &[app(), Release::new("dep", "1.0.1", 1)])
        .1
        .expect(0);
    // A lock from elsewhere, where nobody waits, is judged by the rules of this machine.
    let registry = Registry::new(&[app(), Release::new("dep", "1.0.1", 1)]);
    let careless = registry.user(World::without_key(), "min-age = \"0\"");
    careless.interlock(&["add", "npm:app"]).expect(0);
    let refused = approve(&registry.elsewhere(&lock(&careless)), &["--lock"]).expect(3);
    has(
        &refused.err,
        &[
            "is refused by `min-age`",
            "`dep@1.0.1` was published one day ago",
            "exempt",
        ],
    );
}

#[test]
fn what_a_repository_needs_is_judged_as_any_package() {
    let hosted = Hosted::start();
    let manifest = r#"{"name": "tools", "version": "1.0.0", "bin": "index.js", "dependencies": {"dep": "^1"}}"#;
    let server = include_str!("../data/server.sh");
    let files = [("package.json", manifest), ("index.js", server)];
    let commit = hosted.commit("tools.git", &files, "sha1");
    let word = format!("git:{}#{commit}", hosted.url("tools.git"));
    let registry = Registry::new(&[Release::new("dep", "1.0.1", 1)]);
    let careless = registry.user(World::without_key(), "min-age = \"0\"");
    let said = careless.interlock(&["add", &word]).expect(0);
    has(&said.out, &["1 more package", "dep@1.0.1, one day old"]);
    let reader = registry.user(World::new(), "danger-local-addresses = true");
    fs::write(reader.path("interlock.lock"), lock(&careless)).unwrap();
    let refused = approve(&reader, &["--lock"]).expect(3);
    has(
        &refused.err,
        &[
            "is refused by `min-age`",
            "`dep@1.0.1` was published one day ago",
        ],
    );
}

#[test]
fn a_description_without_times_is_old_enough_when_nothing_changed_lately() {
    let app = Release::new("app", "1.0.0", 30).needs("dep", "^1");
    let registry = Registry::new(&[app, Release::new("dep", "1.0.0", 30)]);
    // As the public registry's abbreviated descriptions are.
    registry.change("dep", |value| {
        value["modified"] = json!(to_rfc3339(now() - 30 * DAY));
        value.as_object_mut().unwrap().remove("time");
    });
    let world = registry.user(World::without_key(), "min-age = \"3d\"");
    world.interlock(&["add", "npm:app"]).expect(0);
}

#[test]
fn what_the_configuration_requires_is_required() {
    let plain = || Release::new("app", "1.0.0", 30).needs("dep", "^1");
    let dep = || Release::new("dep", "1.0.0", 30);
    for (config, app, dep, refused) in [
        (
            "require-provenance = true",
            plain(),
            dep(),
            Some("no attestation says"),
        ),
        ("require-provenance = true", plain().built(), dep(), None),
        (
            "require-provenance = \"all\"",
            plain().built(),
            dep(),
            Some("dep@1.0.0: no attestation says"),
        ),
        (
            "require-provenance = \"all\"",
            plain().built(),
            dep().built(),
            None,
        ),
        ("allow-publishers = [\"npm:alice\"]", plain(), dep(), None),
        (
            "allow-publishers = [\"npm:bob\"]",
            plain(),
            dep(),
            Some("it is from npm:alice, which is not among the allowed publishers"),
        ),
        (
            "allow-publishers = [\"github:alice\"]",
            plain().built(),
            dep(),
            None,
        ),
        (
            "require_provenance = true",
            plain(),
            dep(),
            Some("unknown field `require_provenance`"),
        ),
    ] {
        let said = added(config, &[app, dep]).1;
        match refused {
            None => drop(said.expect(0)),
            Some(part) => has(&said.expect(3).err, &[part]),
        }
    }
}
