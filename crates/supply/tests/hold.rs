//! Releases that have to wait: an older one inside the ranges is taken, anywhere in a tree, or it is said which one is too young.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "test helpers fail by panicking"
)]

mod support;

use interlock_supply::{
    Hold, LockedTree, npm,
    provenance::{TreeEvidence, to_rfc3339},
    pypi,
};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use support::{World, chain, layout, package, server::Answer, wheel};

const NOW: i64 = 1_795_000_000;
const DAY: i64 = 86_400;

fn hold(strict: bool, exempt: &[&str]) -> Hold {
    let exempt: BTreeSet<String> = exempt.iter().map(|it| (*it).to_owned()).collect();
    Hold::new(NOW, 3, strict, exempt)
}

fn ago(days: i64) -> String {
    to_rfc3339(NOW - days * DAY)
}

/// A registry like the public one: the abbreviated description tells when it changed last, the whole one when each version was
/// published. `young` are the releases of yesterday; everything else is old.
fn registry(packages: &str, young: &[&str]) -> World {
    let world = World::of(packages);
    for package in package::parse(packages) {
        let is_young =
            |version: &str| young.contains(&format!("{}@{version}", package.name).as_str());
        let path = format!("/{}", package.name.replace('/', "%2f"));
        world.server.change(&path, |answer: &mut Answer| {
            let mut value: Value = serde_json::from_slice(&answer.body).unwrap();
            let versions: Vec<String> = value["versions"]
                .as_object()
                .unwrap()
                .keys()
                .cloned()
                .collect();
            let age = |version: &String| if is_young(version) { 1 } else { 30 };
            let last = versions.iter().map(age).min().unwrap();
            value["modified"] = json!(ago(last));
            value["time"] = versions
                .iter()
                .map(|it| (it.clone(), json!(ago(age(it)))))
                .collect();
            answer.body = value.to_string().into_bytes();
        });
    }
    world
}

fn lock(world: &World, wish: &str, hold: Hold) -> Result<npm::Locked, npm::LockError> {
    let registry = world.registry(false).holding(hold);
    let locker = npm::Locker {
        registry: &registry,
        store: &world.store,
        host: &world.host,
        progress: &interlock_supply::Silent,
    };
    locker.lock(&support::wish(wish))
}

fn check(
    packages: &str,
    young: &[&str],
    wish: &str,
    exempt: &[&str],
    expected: Result<&str, &str>,
) {
    let world = registry(packages, young);
    match (lock(&world, wish, hold(false, exempt)), expected) {
        (Ok(locked), Ok(expected)) => assert_eq!(layout(&locked).replace('\n', ", "), expected),
        (Err(error), Err(part)) => assert!(chain(&error).contains(part), "{}", chain(&error)),
        (Ok(locked), Err(part)) => panic!("{}, expected {part}", layout(&locked)),
        (Err(error), Ok(part)) => panic!("{}, expected {part}", chain(&error)),
    }
}

const TREE: &str = "app@1.0.0 a=^1\n app@1.1.0 a=^1\n a@1.0.0\n a@1.1.0\n a@1.2.0-rc.1\n b@1.0.0";

#[test]
fn an_older_version_is_taken_where_the_ranges_allow_it() {
    check(TREE, &[], "app", &[], Ok("a 1.1.0, app 1.1.0"));
    check(TREE, &["a@1.1.0"], "app", &[], Ok("a 1.0.0, app 1.1.0"));
    check(TREE, &["app@1.1.0"], "app", &[], Ok("a 1.1.0, app 1.0.0"));
    check(
        TREE,
        &["app@1.1.0"],
        "app@latest",
        &[],
        Ok("a 1.1.0, app 1.0.0"),
    );
    check(
        TREE,
        &["app@1.1.0"],
        "app@1.x",
        &[],
        Ok("a 1.1.0, app 1.0.0"),
    );
    check(
        TREE,
        &["a@1.1.0"],
        "app",
        &["a@1.1.0"],
        Ok("a 1.1.0, app 1.1.0"),
    );
    check(TREE, &["b@1.0.0"], "app", &[], Ok("a 1.1.0, app 1.1.0"));
}

#[test]
fn where_nothing_else_fits_the_release_and_its_age_are_named() {
    let named = "`a@1.1.0` was published one day ago, and releases are left to others for 3 days (`min-age`)";
    check(TREE, &["a@1.0.0", "a@1.1.0"], "app", &[], Err(named));
    check(
        TREE,
        &["app@1.1.0"],
        "app@1.1.0",
        &[],
        Err("`app@1.1.0` was published one day ago"),
    );
    check(
        TREE,
        &["app@1.0.0", "app@1.1.0"],
        "app",
        &[],
        Err("`app@1.1.0` was published"),
    );
    check(
        TREE,
        &["app@1.0.0", "app@1.1.0"],
        "app@latest",
        &[],
        Err("`app@1.1.0` was published"),
    );
    check(
        TREE,
        &["app@1.0.0"],
        "app@old",
        &[],
        Err("`app@1.0.0` was published"),
    );
    // An optional dependency is not left out for it: the tree must not depend on the day.
    let optional = "app@1.0.0 ?a=1\n a@1.0.0";
    check(
        optional,
        &["a@1.0.0"],
        "app",
        &[],
        Err("`a@1.0.0` was published"),
    );
    // A peer that its dependents share, too.
    let peers = "app@1.0.0 a=1 b=1\n a@1.0.0\n a@1.1.0\n b@1.0.0 ^a=1";
    check(
        peers,
        &["a@1.1.0"],
        "app",
        &[],
        Ok("a 1.0.0, app 1.0.0, b 1.0.0"),
    );
}

/// What is chosen of `app` after one change of the registry's description of it.
fn chosen(young: &[&str], change: impl FnOnce(&mut Value)) -> String {
    let world = registry("app@1.0.0\n app@1.1.0\n app@1.2.0", young);
    world.server.change("/app", |answer| {
        let mut value: Value = serde_json::from_slice(&answer.body).unwrap();
        change(&mut value);
        answer.body = value.to_string().into_bytes();
    });
    layout(&lock(&world, "app", hold(false, &[])).unwrap())
}

#[test]
fn a_release_without_a_time_among_others_is_as_young_as_it_can_be() {
    let forget = |value: &mut Value| {
        value["time"].as_object_mut().unwrap().remove("1.2.0");
    };
    assert_eq!(chosen(&["app@1.2.0"], forget), "app 1.1.0");
    assert_eq!(chosen(&[], forget), "app 1.2.0");
}

#[test]
fn an_older_release_that_is_not_deprecated_is_taken_first() {
    let young = ["app@1.2.0"];
    let deprecate = |value: &mut Value| value["versions"]["1.1.0"]["deprecated"] = json!("broken");
    assert_eq!(chosen(&young, deprecate), "app 1.0.0");
    let both = |value: &mut Value| {
        deprecate(value);
        value["versions"]["1.0.0"]["deprecated"] = json!("old");
    };
    assert_eq!(chosen(&young, both), "app 1.1.0");
}

#[test]
fn times_are_asked_only_when_they_can_matter() {
    let world = registry(TREE, &[]);
    // As the public registry does: the abbreviated form has no times.
    for path in ["/app", "/a"] {
        world.server.change(path, |answer| {
            let mut value: Value = serde_json::from_slice(&answer.body).unwrap();
            value.as_object_mut().unwrap().remove("time");
            answer.body = value.to_string().into_bytes();
        });
    }
    lock(&world, "app", hold(true, &[])).unwrap();
    assert_eq!(
        world.server.asked_for("app"),
        2,
        "one description, one archive"
    );
    // Nobody tells an age: that matters to whoever asked for one.
    for path in ["/app", "/a"] {
        world.server.change(path, |answer| {
            let mut value: Value = serde_json::from_slice(&answer.body).unwrap();
            value.as_object_mut().unwrap().remove("modified");
            answer.body = value.to_string().into_bytes();
        });
    }
    lock(&world, "app", hold(false, &[])).unwrap();
    let error = chain(&lock(&world, "app", hold(true, &[])).unwrap_err());
    assert!(
        error.contains("when `app@1.1.0` was published is not known"),
        "{error}"
    );
    let error = chain(
        &lock(&world, "app", Hold::new(NOW, 0, true, BTreeSet::new()))
            .map_or_else(|it| it, |_| npm::LockError::Nothing),
    );
    assert_eq!(
        error, "no package was named",
        "switched off, it asks nothing"
    );
}

fn index(wheels: &str, young: &[&str]) -> wheel::World {
    let lines = wheels
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty());
    let wheels = lines.map(|line| {
        let wheel = wheel::Wheel::new(line);
        let is_young = young.iter().any(|it| wheel.file.starts_with(it));
        let uploaded = ago(if is_young { 1 } else { 30 });
        wheel.listed(json!({ "upload-time": uploaded }))
    });
    wheel::World::new(&wheels.collect::<Vec<_>>())
}

fn check_python(wheels: &str, young: &[&str], wish: &str, expected: Result<&str, &str>) {
    let world = index(wheels, young);
    let index = world.index(false).holding(hold(false, &["app@9.0"]));
    let found = world.locker(&index, None).lock(&wheel::wish(wish));
    match (found, expected) {
        (Ok(locked), Ok(expected)) => assert_eq!(wheel::packages(&locked), expected),
        (Err(error), Err(part)) => assert!(chain(&error).contains(part), "{}", chain(&error)),
        (found, expected) => panic!("{found:?}, expected {expected:?}"),
    }
}

#[test]
fn python_takes_older_releases_too() {
    let wheels = "app 1.0: a\n app 1.1: a\n a 1.0\n a 1.1";
    check_python(wheels, &[], "app", Ok("a 1.1, app 1.1"));
    check_python(wheels, &["a-1.1"], "app", Ok("a 1.0, app 1.1"));
    check_python(wheels, &["app-1.1"], "app", Ok("a 1.1, app 1.0"));
    check_python(
        wheels,
        &["a-1.0", "a-1.1"],
        "app",
        Err("`a@1.1` was published one day ago"),
    );
    check_python(
        wheels,
        &["app-1.1"],
        "app==1.1",
        Err("`app@1.1` was published one day ago"),
    );
    // Backtracking finds a release of the package that does with an old dependency.
    let narrow = "app 1.0: a==1.0\n app 1.1: a==1.1\n a 1.0\n a 1.1";
    check_python(narrow, &["a-1.1"], "app", Ok("a 1.0, app 1.0"));
    check_python("app 9.0", &["app-9.0"], "app", Ok("app 9.0"));
}

#[test]
fn what_was_said_of_a_tree_is_kept_beside_it() {
    let world = registry("app@1.0.0 a=1\n app@0.9.0\n a@1.0.0", &["a@1.0.0"]);
    let registry = world.registry(false).holding(Hold::default());
    let tree = world.lock("app").unwrap().tree;
    let evidence = TreeEvidence::of_npm(&registry, &tree);
    assert!(evidence.is_of(&tree) && evidence.is_whole());
    assert_eq!(world.store.evidence(&tree), None);
    world.store.keep_evidence(&tree.digest, &evidence).unwrap();
    assert_eq!(world.store.evidence(&tree), Some(evidence.clone()));
    // Evidence of other packages is none.
    let other = LockedTree {
        packages: tree.packages.iter().skip(1).cloned().collect(),
        ..tree.clone()
    };
    assert_eq!(world.store.evidence(&other), None);
    let path = world
        .store
        .root()
        .join(format!("trees/{}/evidence.json", tree.digest));
    for damaged in ["", "{}", "nonsense"] {
        std::fs::write(&path, damaged).unwrap();
        assert_eq!(world.store.evidence(&tree), None, "{damaged}");
    }
    // It goes with the tree.
    world.store.keep_evidence(&tree.digest, &evidence).unwrap();
    assert!(world.store.verify().unwrap().is_clean());
    let offline = TreeEvidence::of_npm(&world.registry(true), &tree);
    assert!(offline.is_of(&tree) && !offline.is_whole());
    let index = wheel::World::of("app 1.0");
    let locked = index.lock("app").unwrap();
    let claims = pypi::claims(&index.store, &locked.tree);
    assert_eq!(claims, pypi::Claims::default());
    let evidence = TreeEvidence::of_pypi(&index.index(false), &locked.tree, &claims);
    assert!(evidence.is_of(&locked.tree) && evidence.is_whole());
}
