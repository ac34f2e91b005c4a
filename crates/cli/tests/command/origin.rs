//! Where packages come from, from the registry to a second machine: shown, locked, required, verified again, and refused when it does not
//! hold. The registry, and everybody whom the trust root names, are made by the tests.

use std::fs;
use std::path::Path;

use interlock_supply::Integrity;
use interlock_supply::provenance::to_rfc3339;
use interlock_supply::pypi::Python;
use serde_json::{Value, json};

use crate::client::{INITIALIZE, LIST};
use crate::support::package;
use crate::support::server::Answer;
use crate::support::sigstore::{Build, Sigstore};
use crate::support::wheel::{self, Wheel};
use crate::vouched::{COMMIT, DAY, REPOSITORY, Registry, Release, approve, lock, now};
use crate::world::{World, has, said};

#[test]
fn what_was_approved_runs_whatever_is_published_later() {
    let first = || Release::new("app", "1.0.0", 30).built();
    let registry = Registry::new(&[first()]);
    let world = registry.user(World::new(), "");
    let words = ["--name", "app", "--", "npx", "-y", "app", "plain"];
    let shown = approve(&world, &words).expect(0);
    has(
        &shown.out,
        &[
            "published 30 days ago by alice, as the registry says",
            "signed by the registry (key ",
            "attested: built from https://github.com/alice/app at refs/tags/v1, commit 4f2c",
        ],
    );
    registry.publish(&[first(), Release::new("app", "1.1.0", 20)]);
    registry.change("app", |value| value["versions"]["1.0.0"] = Value::Null);
    let mut client = world.run(&["app"]);
    client.greet();
    has(&client.ask(LIST), &["adds two numbers"]);
    client.close().expect(0);
    // A new approval is of the new release, and says what is different about it.
    registry.publish(&[
        first(),
        Release {
            publisher: "mallory",
            ..Release::new("app", "1.1.0", 20)
        },
    ]);
    let again = approve(&world, &["app"]).expect(0);
    has(
        &again.out,
        &[
            "no attestation offered",
            "LOOK TWICE: the release before it, 1.0.0, was attested",
            "published by another account: alice",
            "ATTESTATION GONE",
        ],
    );
}

/// A lock with an attested server that needs one more package.
pub(crate) fn locked() -> (Registry, String) {
    let app = Release::new("app", "1.0.0", 30).built().needs("dep", "^1");
    let registry = Registry::new(&[app, Release::new("dep", "1.2.0", 30)]);
    let world = registry.user(World::without_key(), "");
    world
        .interlock(&["add", "npm:app", "--name", "app"])
        .expect(0);
    has(&world.interlock(&["verify"]).expect(0).out, &["intact app"]);
    let text = lock(&world);
    let issuer = "issuer = \"https://token.actions.githubusercontent.com\"";
    has(
        &text,
        &[
            "[server.app.content.origin]",
            "publisher = \"alice\"",
            "attested = \"npm-provenance\"",
            "repository = \"https://github.com/alice/app\"",
            "commit = \"4f2c",
            issuer,
        ],
    );
    world.interlock(&["lock"]).expect(0);
    assert_eq!(lock(&world), text, "nothing moves");
    (registry, text)
}

#[test]
fn a_second_machine_verifies_the_same_and_later_without_a_network() {
    let (registry, text) = locked();
    let world = registry.user(World::new(), "");
    fs::write(world.path("interlock.lock"), &text).unwrap();
    // Nothing is there yet, and nothing may be fetched.
    world.interlock(&["--offline", "verify"]).expect(1);
    let shown = approve(&world, &["--lock"]).expect(0);
    has(
        &shown.out,
        &[
            "attested: built from https://github.com/alice/app",
            "1 more package: no attestation",
        ],
    );
    world.interlock(&["verify"]).expect(0);
    world.interlock(&["--offline", "verify"]).expect(0);
    let mut client = world.run(&["app"]);
    client.ask(INITIALIZE);
    client.close();
    // What proves it is verified each time that it counts.
    let trees = fs::read_dir(world.path(".local/share/interlock/store/trees")).unwrap();
    let evidence = trees
        .flatten()
        .map(|it| it.path().join("evidence.json"))
        .next()
        .unwrap();
    let kept = fs::read_to_string(&evidence).unwrap();
    fs::write(&evidence, kept.replacen("alice", "mallory", 1)).unwrap();
    has(
        &world.interlock(&["--offline", "verify"]).expect(1).out,
        &["names `alice` as its publisher, and it is `mallory`"],
    );
    fs::remove_file(&evidence).unwrap();
    has(
        &world.interlock(&["--offline", "verify"]).expect(1).out,
        &["attestations are neither in the store nor could they be fetched"],
    );
    world.interlock(&["verify"]).expect(0);
    world.interlock(&["--offline", "verify"]).expect(0);
    // Without an origin, as older locks are, it is read as before, and gets one.
    let (before, origin) = text.split_once("[server.app.content.origin]").unwrap();
    let (_, tree) = origin.split_once("[server.app.content.tree]").unwrap();
    let without = format!("{before}[server.app.content.tree]{tree}");
    fs::write(world.path("interlock.lock"), without).unwrap();
    world.interlock(&["verify"]).expect(0);
    world.interlock(&["lock"]).expect(0);
    has(&lock(&world), &["attested = \"npm-provenance\""]);
}

/// One hostile change of the registry, and what a second machine says of the lock.
fn check(change: impl FnOnce(&Registry), edit: (&str, &str), expected: &[&str]) {
    let (registry, text) = locked();
    change(&registry);
    assert!(text.contains(edit.0), "{}", edit.0);
    let world = registry.elsewhere(&text.replace(edit.0, edit.1));
    let said = world.interlock(&["verify"]).expect(1);
    has(&said.out, &["differs app"]);
    has(&said.out, expected);
    let refused = approve(&world, &["--lock"]);
    assert_eq!(refused.code, 3, "{refused:#?}");
    has(&refused.err, expected);
    assert!(!world.ledger().exists(), "nothing was approved");
}

#[test]
fn a_lock_that_its_evidence_does_not_bear_out_is_refused() {
    let same = ("version = 1", "version = 1");
    check(
        |_| (),
        (REPOSITORY, "https://github.com/mallory/app"),
        &[
            "names `https://github.com/mallory/app` as its repository, and it is `https://github.com/alice/app`",
        ],
    );
    check(
        |_| (),
        ("publisher = \"alice\"", "publisher = \"bob\""),
        &["names `bob` as its publisher, and it is `alice`"],
    );
    check(
        |registry| {
            registry
                .server
                .put("/-/npm/v1/attestations/app@1.0.0", Answer::status(404))
        },
        same,
        &["attested", "no attestation of that is offered"],
    );
    let other = |registry: &Registry| {
        let build = Build::new(REPOSITORY, COMMIT, now() - 30 * DAY);
        let answer = registry
            .sigstore
            .npm("app", "1.0.0", &"ab".repeat(64), &build);
        registry.attest("app", "1.0.0", &answer);
    };
    check(
        other,
        same,
        &["does not hold", "another archive or package"],
    );
}

#[test]
fn attestations_of_others_and_of_other_times_are_refused() {
    let same = ("version = 1", "version = 1");
    let attest = |change: fn(&mut Build), by_others: bool| {
        move |registry: &Registry| {
            let app = Release::new("app", "1.0.0", 30).needs("dep", "^1");
            let integrity = package::integrity(&app.package.bytes());
            let sha512 = Integrity::parse(&integrity).unwrap().hex();
            let mut build = Build::new(REPOSITORY, COMMIT, now() - 30 * DAY);
            change(&mut build);
            let others = Sigstore::new(now());
            let by = if by_others {
                &others
            } else {
                &registry.sigstore
            };
            registry.attest("app", "1.0.0", &by.npm("app", "1.0.0", &sha512, &build));
        }
    };
    check(attest(|_| (), true), same, &["does not hold"]);
    // This machine's clock is behind, or the log's is ahead.
    let ahead = attest(|build| build.at = now() + 2 * DAY, false);
    check(ahead, same, &["does not hold", "it lies in the future"]);
    let elsewhere = attest(
        |build| build.repository = "https://github.com/mallory/app".into(),
        false,
    );
    check(
        elsewhere,
        same,
        &["its repository, and it is `https://github.com/mallory/app`"],
    );
}

#[test]
fn a_registry_that_says_otherwise_or_nothing_is_told_as_what_it_is() {
    let same = ("version = 1", "version = 1");
    check(
        |registry| {
            registry
                .server
                .change("/dep/-/dep-1.2.0.tgz", |answer| answer.body.push(0));
        },
        same,
        &["`dep` cannot be stored"],
    );
    let gone = |registry: &Registry| {
        registry.change("dep", |value| {
            value["versions"].as_object_mut().unwrap().clear();
        });
    };
    check(
        gone,
        same,
        &[
            "`dep@1.2.0` is locked with other bytes than the registry lists for it, or the registry lists no such version",
        ],
    );
    // The network is lost half way: the description came, the archive does not.
    let lost = |registry: &Registry| {
        registry
            .server
            .change("/dep/-/dep-1.2.0.tgz", |answer| answer.drops = 99);
    };
    check(
        lost,
        same,
        &["`dep` cannot be stored", "the server cannot be reached"],
    );
    let (registry, text) = locked();
    let world = registry.elsewhere(&text);
    // Nobody listens there.
    let npmrc = "registry=http://127.0.0.1:9/\n";
    fs::write(world.home.join(".npmrc"), npmrc).unwrap();
    has(
        &world.interlock(&["verify"]).expect(1).out,
        &["cannot be fetched from the registry", "cannot be reached"],
    );
}

#[test]
fn a_registrys_new_key_comes_from_a_file() {
    let (registry, text) = locked();
    let world = registry.elsewhere(&text);
    let keys = world.home.join(".config/keys.json");
    let current = fs::read_to_string(&keys).unwrap();
    fs::write(&keys, Sigstore::new(now()).registry_keys()).unwrap();
    has(
        &world.interlock(&["verify"]).expect(1).out,
        &["does not hold", "no key that is known"],
    );
    fs::write(&keys, current).unwrap();
    world.interlock(&["verify"]).expect(0);
    // So does a trust root of other authorities and logs.
    let root = world.home.join(".config/root.json");
    let ours = fs::read_to_string(&root).unwrap();
    fs::write(&root, Sigstore::new(now()).trusted_root()).unwrap();
    let said = world.interlock(&["verify"]).expect(1);
    has(&said.out, &["app@1.0.0 does not hold"]);
    fs::write(&root, ours).unwrap();
    world.interlock(&["verify"]).expect(0);
    fs::write(&keys, "{}").unwrap();
    has(
        &world.interlock(&["verify"]).expect(3).err,
        &["the trust root is refused: no key in it"],
    );
}

#[test]
fn a_lock_that_moves_says_who_vouches_no_more() {
    let first = || Release::new("app", "1.0.0", 30).built();
    let registry = Registry::new(&[first()]);
    let world = registry.user(World::without_key(), "");
    world.interlock(&["add", "npm:app"]).expect(0);
    fs::write(world.path("old.lock"), lock(&world)).unwrap();
    registry.publish(&[
        first(),
        Release {
            publisher: "mallory",
            ..Release::new("app", "1.1.0", 20)
        },
    ]);
    world.interlock(&["lock"]).expect(0);
    world.interlock(&["diff", "old.lock"]).expect(0);
    let moved = world.interlock(&["lock", "--update"]).expect(0);
    for said in [moved, world.interlock(&["diff", "old.lock"]).expect(1)] {
        has(
            &said.out,
            &[
                "- \"https://github.com/alice/app at commit 4f2c",
                "publisher",
                "+ mallory",
            ],
        );
        let loudest = said.out.lines().nth(1).unwrap();
        assert!(loudest.contains("ATTESTATION GONE"), "{}", said.out);
    }
}

/// What the index says of a wheel of `age` days, and of who published it.
fn index(registry: &Registry, age: i64, published: Option<(&str, &str)>) {
    let wheel = Wheel::new("app 1.0");
    let mut listed = json!({ "upload-time": to_rfc3339(now() - age * DAY) });
    if let Some((repository, sha256)) = published {
        listed["provenance"] = json!("/provenance");
        let build = Build::new(repository, COMMIT, now() - age * DAY);
        let answer = registry.sigstore.pypi(&wheel.file, sha256, &build);
        registry
            .server
            .put("/provenance", Answer::new(answer.to_string()));
    }
    wheel::publish(&registry.server, &[wheel.listed(listed)]);
}

/// A `PATH` on which `python3` is one that packages can be locked for.
pub(crate) fn path_of_python() -> String {
    let path = std::env::var("PATH").unwrap_or_default();
    let usable = |directory: &&str| {
        let program = Path::new(directory).join("python3").canonicalize();
        program.is_ok_and(|program| Python::inspect(&program).is_ok())
    };
    let directories = path.split(':').chain(["/usr/bin", "/usr/local/bin"]);
    match directories.into_iter().find(usable) {
        Some(directory) => format!("{directory}:{path}"),
        None => panic!("this test needs CPython 3: apt-get install python3"),
    }
}

#[test]
fn packages_of_python_are_held_to_the_same() {
    let path = path_of_python();
    let interlock =
        |world: &World, words: &[&str]| said(world.command(words).env("PATH", &path), b"");
    let sha256 = wheel::sha256(&Wheel::new("app 1.0").bytes());
    let registry = Registry::new(&[]);
    index(&registry, 30, Some((REPOSITORY, &sha256)));
    let world = registry.user(World::without_key(), "require-provenance = true");
    interlock(&world, &["add", "pypi:app"]).expect(0);
    let text = lock(&world);
    has(
        &text,
        &[
            "attested = \"pep-740\"",
            "repository = \"https://github.com/alice/app\"",
        ],
    );
    interlock(&world, &["--offline", "verify"]).expect(0);
    let other = registry.elsewhere(&text.replace("alice/app", "mallory/app"));
    has(
        &interlock(&other, &["verify"]).expect(1).out,
        &["as its repository, and it is"],
    );

    index(&registry, 30, Some((REPOSITORY, &"ab".repeat(32))));
    let fresh = registry.elsewhere(&text);
    has(
        &interlock(&fresh, &["verify"]).expect(1).out,
        &["does not hold", "another file"],
    );
    index(&registry, 30, None);
    let fresh = registry.elsewhere(&text);
    has(
        &interlock(&fresh, &["verify"]).expect(1).out,
        &["no attestation of that is offered"],
    );
    let refused = registry.user(World::without_key(), "require-provenance = true");
    has(
        &interlock(&refused, &["add", "pypi:app"]).expect(3).err,
        &["no attestation says"],
    );
    index(&registry, 1, None);
    let refused = registry.user(World::without_key(), "");
    has(
        &interlock(&refused, &["add", "pypi:app"]).expect(3).err,
        &[
            "`app@1.0` was published one day ago",
            "`min-age`",
            "add `app@1.0` to `exempt`",
        ],
    );
}
