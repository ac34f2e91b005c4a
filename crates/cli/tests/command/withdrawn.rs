//! What a registry took away, deprecated or does not date, and what a lock says of it that does not hold any more.

use std::fs;

use interlock_supply::provenance::to_rfc3339;
use serde_json::{Value, json};

use crate::origin::{locked, path_of_python};
use crate::support::server::Answer;
use crate::support::wheel::{self, Wheel};
use crate::vouched::{DAY, Registry, Release, approve, lock, now};
use crate::world::{Said, World, has, said};

/// A user of this registry with a lock from elsewhere.
fn reader(registry: &Registry, text: &str, config: &str) -> World {
    let world = registry.user(World::new(), config);
    fs::write(world.path("interlock.lock"), text).unwrap();
    world
}

#[test]
fn a_release_that_the_registry_took_away_is_refused() {
    let (registry, text) = locked();
    let world = registry.elsewhere(&text);
    world.interlock(&["verify"]).expect(0);
    let gone: [fn(&mut Value); 2] = [
        |value| {
            value["versions"].as_object_mut().unwrap().clear();
        },
        // Other bytes under the same version.
        |value| {
            let other = interlock_supply::Integrity::from_bytes([9; 64]).to_string();
            value["versions"]["1.0.0"]["dist"]["integrity"] = json!(other);
        },
    ];
    for change in gone {
        let (registry, text) = locked();
        let world = registry.elsewhere(&text);
        world.interlock(&["verify"]).expect(0);
        registry.change("app", change);
        let told = world.interlock(&["verify"]).expect(1);
        has(
            &told.out,
            &[
                "differs app",
                "app@1.0.0: the registry does not list this release",
                "add `app@1.0.0` to `danger-unlisted`",
            ],
        );
        let refused = approve(&world, &["--lock"]).expect(3);
        has(
            &refused.err,
            &[
                "is refused by `unlisted`",
                "add `app@1.0.0` to `danger-unlisted`",
            ],
        );
        // What vouched for it is kept.
        let offline = world.interlock(&["--offline", "verify"]).expect(0);
        has(
            &offline.out,
            &["intact app", "not asked app: whether it is still listed"],
        );
        let accepted = registry.user(world, "danger-unlisted = [\"app@1.0.0\"]");
        let verified = accepted.interlock(&["verify"]).expect(0);
        assert!(!verified.out.contains("not asked"), "{}", verified.out);
        let shown = approve(&accepted, &["--lock"]).expect(0);
        has(&shown.out, &["LOOK TWICE: the registry does not list this"]);
    }
    // A package that is gone as a whole, as malicious ones are.
    registry.server.put("/dep", Answer::status(404));
    let told = world.interlock(&["verify"]).expect(1);
    has(&told.out, &["dep@1.2.0: the registry does not list"]);
    let refused = approve(&world, &["--lock"]).expect(3);
    has(
        &refused.err,
        &["dep@1.2.0: the registry does not list", "`dep@1.2.0` to"],
    );
}

#[test]
fn words_that_ask_for_something_else_than_the_tree_are_refused_where_it_is_stored() {
    let release = |name: &str| Release::new(name, "1.0.0", 30);
    let registry = Registry::new(&[release("app"), release("leaf"), release("other")]);
    let world = registry.user(World::new(), "");
    let words = [
        "--",
        "npx",
        "-y",
        "--package=app@^1",
        "--package=leaf@^1",
        "app",
    ];
    let add = [&["add", "--name", "app"][..], &words].concat();
    world.interlock(&add).expect(0);
    world.interlock(&["verify"]).expect(0);
    let text = lock(&world);
    for (was, now, expected) in [
        (
            "leaf@^1",
            "leaf@^2",
            "`leaf@^2` is asked for, and the lock has leaf@1.0.0",
        ),
        (
            "leaf@^1",
            "other@^1",
            "`other@^1` is asked for, and the lock has nothing",
        ),
        (
            "app@^1",
            "app@^2",
            "`app@^2` is asked for, and the lock has app@1.0.0",
        ),
    ] {
        let edited = text.replacen(was, now, 1);
        assert_ne!(edited, text);
        fs::write(world.path("interlock.lock"), &edited).unwrap();
        let told = world.interlock(&["--offline", "verify"]).expect(1);
        has(
            &told.out,
            &[
                "the lock's source asks for something else than its app@1.0.0",
                expected,
            ],
        );
        has(&world.interlock(&["lock"]).expect(3).err, &[expected]);
        has(&approve(&world, &["--lock"]).expect(3).err, &[expected]);
    }
    fs::write(world.path("interlock.lock"), &text).unwrap();
    world.interlock(&["lock"]).expect(0);
    assert_eq!(lock(&world), text);
}

/// `ok` and `listing` of the one server that `verify` tells about.
fn verdict(said: &Said) -> (Value, Value) {
    let [line] = said.json().try_into().unwrap();
    (line["ok"].clone(), line["listing"].clone())
}

#[test]
fn verify_says_whether_a_registry_could_be_asked() {
    let json = ["verify", "--format", "json"];
    let (registry, text) = locked();
    let world = registry.elsewhere(&text);
    let said = world.interlock(&json).expect(0);
    assert_eq!(verdict(&said), (json!(true), json!("asked")));
    registry.server.forget();
    world.interlock(&["verify"]).expect(0);
    // A list is enough: what is kept holds, and nothing else is asked for.
    assert_eq!(registry.server.asked_for("attestations"), 0);
    assert_eq!(registry.server.asked_for(".tgz"), 0);
    assert_eq!(registry.server.asked().len(), 2);
    registry.server.forget();
    let offline = [&["--offline"][..], &json].concat();
    let said = world.interlock(&offline).expect(0);
    assert_eq!(verdict(&said), (json!(true), json!("not-asked")));
    assert_eq!(registry.server.asked().len(), 0);
    // A registry that does not answer, or not sensibly, took nothing away, and that is no secret.
    for answer in [Answer::status(403), Answer::new("nonsense")] {
        registry.server.put("/dep", answer);
        let said = world.interlock(&json).expect(0);
        assert_eq!(verdict(&said), (json!(true), json!("not-asked")));
        let said = world.interlock(&["--quiet", "verify"]).expect(0);
        has(
            &said.out,
            &["not asked app", "no answer about 1 of 2 packages"],
        );
    }
    let said = world.interlock(&["--quiet", "--offline", "verify"]);
    assert_eq!(said.expect(0).out, "");
    // A file comes from no registry.
    let world = World::without_key();
    world.interlock(&["add", "./servers/bin/server"]).expect(0);
    let said = world.interlock(&json).expect(0);
    assert_eq!(verdict(&said), (json!(true), Value::Null));
}

#[test]
fn verify_finds_what_an_index_of_python_took_away() {
    let path = path_of_python();
    let interlock =
        |world: &World, words: &[&str]| said(world.command(words).env("PATH", &path), b"");
    let registry = Registry::new(&[]);
    let app = || Wheel::new("app 1.0: dep");
    let dep = |text: &str| Wheel::new("dep 2.0").file("dep/text.py", text);
    wheel::publish(&registry.server, &[app(), dep("a")]);
    let world = registry.user(World::new(), "");
    interlock(&world, &["add", "pypi:app"]).expect(0);
    interlock(&world, &["verify"]).expect(0);
    // Other bytes under the same name; no release of it; no such package.
    let empty = json!({ "name": "dep", "files": [] }).to_string();
    let gone: [&dyn Fn(); 3] = [
        &|| wheel::publish(&registry.server, &[dep("b")]),
        &|| {
            let page = Answer::new(empty.clone());
            registry.server.put("/simple/dep/", page);
        },
        &|| registry.server.put("/simple/dep/", Answer::status(404)),
    ];
    for take in gone {
        take();
        let told = interlock(&world, &["verify"]).expect(1);
        has(
            &told.out,
            &["differs app", "dep@2.0: the registry does not list"],
        );
        assert!(!told.out.contains("app@1.0: "), "{}", told.out);
        interlock(&world, &["--offline", "verify"]).expect(0);
    }
    let world = registry.user(world, "danger-unlisted = [\"dep@2.0\"]");
    interlock(&world, &["verify"]).expect(0);
}

#[test]
fn what_its_authors_deprecated_is_told_of_a_proposal_as_well() {
    let (registry, text) = locked();
    for (name, version, why) in [
        ("app", "1.0.0", "use another"),
        ("dep", "1.2.0", "it leaks"),
    ] {
        registry.change(name, |value| {
            value["versions"][version]["deprecated"] = json!(why);
        });
    }
    let parts = [
        "app@1.0.0 is deprecated: \"use another\"",
        "dep@1.2.0 is deprecated: \"it leaks\"",
    ];
    let shown = approve(&registry.elsewhere(&text), &["--lock"]).expect(0);
    has(&shown.out, &parts);
    let own = registry.user(World::new(), "");
    let shown = approve(&own, &["--", "npx", "-y", "app@1.0.0", "plain"]).expect(0);
    has(&shown.out, &parts);
    assert_eq!(shown.out.matches("is deprecated").count(), 2);
}

#[test]
fn a_proposal_without_a_time_is_as_young_as_it_can_be() {
    let (registry, text) = locked();
    // Other releases are dated, and something changed yesterday.
    registry.change("app", |value| {
        let yesterday = json!(to_rfc3339(now() - DAY));
        value["time"] = json!({ "0.9.0": to_rfc3339(now() - 90 * DAY), "modified": yesterday });
        value["versions"]["0.9.0"] = value["versions"]["1.0.0"].clone();
        value["versions"]["0.9.0"]["version"] = json!("0.9.0");
    });
    let refused = approve(&registry.elsewhere(&text), &["--lock"]).expect(3);
    has(
        &refused.err,
        &[
            "is refused by `min-age`",
            "`app@1.0.0` was published one day",
        ],
    );
    // A registry that dates nothing is believed, and that is told.
    for name in ["app", "dep"] {
        registry.change(name, |value| {
            value.as_object_mut().unwrap().remove("time");
        });
    }
    let shown = approve(&registry.elsewhere(&text), &["--lock"]).expect(0);
    let told = "`min-age` could not be applied, as this registry does not say when they were published: app@1.0.0, dep@1.2.0";
    has(&shown.out, &[told]);
    let strict = reader(&registry, &text, "min-age = \"3d\"");
    let refused = approve(&strict, &["--lock"]).expect(3);
    has(
        &refused.err,
        &["when `app@1.0.0` was published is not known"],
    );
}

#[test]
fn lock_asks_where_what_stays_came_from_and_says_when_it_fails() {
    let bare = |text: &str| {
        let (head, rest) = text.split_once("[server.app.content.origin]").unwrap();
        let (_, rest) = rest.split_once("\n[server").unwrap();
        format!("{head}[server{rest}")
    };
    let require = "require-provenance = true";
    // A lock without an origin gets the one that is verified.
    let (registry, text) = locked();
    let world = reader(&registry, &bare(&text), require);
    world.interlock(&["lock"]).expect(0);
    assert_eq!(lock(&world), text);

    let nothing = |registry: &Registry| {
        registry.change("app", |value| {
            value["versions"]["1.0.0"]["dist"]["attestations"] = Value::Null;
        });
        let place = "/-/npm/v1/attestations/app@1.0.0";
        registry.server.put(place, Answer::status(404));
    };
    nothing(&registry);
    for (text, config, code, parts) in [
        (bare(&text), require, 3, "no attestation says"),
        (bare(&text), "", 0, "app"),
        (text.clone(), "", 3, "did not come from where the lock says"),
    ] {
        let world = reader(&registry, &text, config);
        let said = world.interlock(&["lock"]).expect(code);
        has(&(said.out + &said.err), &[parts]);
        let unchanged = lock(&world) == text;
        assert_eq!(unchanged, code == 3);
    }
    // What was kept from before is enough, and an attestation that is false is worse than none.
    let (registry, text) = locked();
    let world = reader(&registry, &text, require);
    world.interlock(&["lock"]).expect(0);
    nothing(&registry);
    registry.server.forget();
    world.interlock(&["lock"]).expect(0);
    assert_eq!(registry.server.asked_for("app"), 0);
    let (registry, text) = locked();
    let place = "/-/npm/v1/attestations/app@1.0.0";
    registry.server.put(place, Answer::new("nonsense"));
    let world = reader(&registry, &bare(&text), "");
    has(
        &world.interlock(&["lock"]).expect(3).err,
        &["does not hold"],
    );
    // What cannot be asked is told, and does not meet a requirement.
    registry.server.put(place, Answer::status(403));
    let world = reader(&registry, &bare(&text), "");
    has(
        &world.interlock(&["lock"]).expect(0).out,
        &["app: where it came from could not be asked"],
    );
    let world = reader(&registry, &bare(&text), require);
    has(
        &world.interlock(&["lock"]).expect(3).err,
        &["whether it is attested could not be asked"],
    );
}
