//! Locks that somebody else wrote: the bytes are settled by digests, and what a lock says about them is compared with them.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "test helpers fail by panicking"
)]

mod support;

use interlock_launch::{Class, LockedPackage, PackageStore, Request, judge};
use interlock_supply::{
    Integrity, LockedTree, TreePath,
    lockfile::{Content, Lockfile, ProposedGrants, Server},
    npm::{PackageName, is_asked_for},
};
use serde_json::json;
use support::{
    World, chain, layout,
    package::{self, Package, integrity},
};

const PACKAGES: &str = "app@1.0.0 a=1\n a@1.0.0 b=1\n b@1.0.0\n b@1.5.0";

/// A lock made on one machine, changed, and installed on another: why it is refused, or nothing.
fn check(change: impl FnOnce(&mut LockedTree), expected: Option<&str>) {
    let (here, there) = (World::of(PACKAGES), World::of(PACKAGES));
    let mut tree = here.lock("app").unwrap().tree;
    change(&mut tree);
    // The same with the bytes in the store already: a false label is none the truer.
    for world in [&there, &here] {
        match (world.install(&tree), expected) {
            (Ok(()), None) => assert_eq!(world.store.recorded(&tree.digest), Some(tree.clone())),
            (Err(error), Some(part)) => {
                assert!(chain(&error).contains(part), "{}", chain(&error));
                assert_ne!(world.store.recorded(&tree.digest), Some(tree.clone()));
            }
            (found, expected) => panic!("{found:?}, expected {expected:?}"),
        }
    }
}

fn name(text: &str) -> PackageName {
    PackageName::new(text).unwrap()
}

#[test]
fn a_lock_calls_nothing_by_another_name() {
    check(|_| (), None);
    check(|tree| tree.packages[0].name = name("zod"), Some("`zod"));
}

#[test]
fn a_changed_entry_of_a_package_beside_the_first_is_looked_at() {
    let other = |text: &str| integrity(&package::parse(text)[0].bytes());
    for at in 0..3 {
        check(
            |tree| tree.packages[at].integrity = Integrity::parse(&other("x@1.0.0")).unwrap(),
            Some("is locked with other bytes than the registry lists"),
        );
        check(
            |tree| drop(tree.packages.remove(at)),
            Some(if at == 1 {
                "`node_modules/app`"
            } else {
                "the tree cannot be"
            }),
        );
    }
    check(
        |tree| {
            let mut more = tree.packages[2].clone();
            more.path = TreePath::new("node_modules/a/node_modules/b").unwrap();
            tree.packages.insert(1, more);
        },
        Some("the tree cannot be put together"),
    );
}

#[test]
fn a_lock_that_names_versions_or_files_wrongly_is_refused() {
    check(
        |tree| tree.packages[2].version = "1.0.0".to_owned().try_into().unwrap(),
        Some("`b"),
    );
    check(
        |tree| tree.entry.file = TreePath::new("node_modules/a/index.js").unwrap(),
        Some("no package of it says so"),
    );
    check(
        |tree| tree.entry.command = "other".into(),
        Some("no package of it says so"),
    );
    check(
        |tree| tree.packages[1].archive = Some("https://evil.example/b.tgz".into()),
        Some("not the registry that is configured"),
    );
    check(
        |tree| tree.packages[1].archive = Some("file:///etc/passwd".into()),
        Some("not the registry that is configured"),
    );
}

#[test]
fn an_install_script_cannot_be_hidden() {
    let packages = "app@1.0.0 a=1\n a@1.0.0";
    let world = World::new(
        &support::package::parse(packages)
            .into_iter()
            .map(|package| match package.name.as_str() {
                "a" => package.field("scripts", serde_json::json!({ "install": "x" })),
                _ => package,
            })
            .collect::<Vec<_>>(),
    );
    let mut tree = world.lock("app").unwrap().tree;
    assert!(tree.packages[0].install_script);
    tree.packages[0].install_script = false;
    let error = chain(&world.install(&tree).unwrap_err());
    assert!(
        error.contains("an install script that the lock hides"),
        "{error}"
    );
}

#[test]
fn a_tree_goes_through_the_text_of_a_lock_unchanged() {
    let world = World::of(PACKAGES);
    let tree = world.lock("app@^1").unwrap().tree;
    let lock = lock_of(&tree);
    let text = lock.to_string();
    assert_eq!(text.parse(), Ok(lock));
    assert_eq!(
        text.matches("integrity = ").count(),
        tree.packages.len(),
        "one line a package"
    );
    let elsewhere = World::of(PACKAGES);
    elsewhere.install(&tree).unwrap();
    assert_eq!(
        elsewhere.store.examine(&tree.digest, "app").unwrap(),
        tree.files
    );
}

/// A lock with one server, `npm:app@^1`.
fn lock_of(tree: &LockedTree) -> Lockfile {
    let mut server = Server::declared(
        "npm:app@^1".parse().unwrap(),
        Vec::new(),
        ProposedGrants::default(),
    );
    server.content = Content {
        interpreter: Some("node".into()),
        platform: Some("linux-x64-glibc".into()),
        tree: Some(tree.clone()),
        ..Content::default()
    };
    let mut lock = Lockfile::default();
    lock.server.insert("app".parse().unwrap(), server);
    lock
}

fn path(text: &str) -> TreePath {
    TreePath::new(text).unwrap()
}

/// The text of a lock whose tree was changed: why it is not read, or nothing.
fn check_text(change: impl FnOnce(&mut LockedTree), expected: Option<&str>) {
    let mut tree = World::of(PACKAGES).lock("app@^1").unwrap().tree;
    change(&mut tree);
    let found = lock_of(&tree).to_string().parse::<Lockfile>();
    match (found, expected) {
        (Ok(_), None) => {}
        (Err(error), Some(part)) => assert!(chain(&error).contains(part), "{}", chain(&error)),
        (found, expected) => panic!("{found:?}, expected {expected:?}"),
    }
}

#[test]
fn the_package_that_is_shown_is_the_one_that_starts() {
    check_text(|_| (), None);
    check_text(
        |tree| tree.packages[0].path = path("a/x"),
        Some("no place of a package"),
    );
    // The genuine package is put aside, and another one where its name leads.
    let put_aside = |tree: &mut LockedTree| {
        tree.packages[0].name = name("app");
        tree.packages[1].name = name("a");
    };
    check_text(put_aside, Some("not where its name leads"));
    check_text(
        |tree| tree.entry.file = path("node_modules/a/index.js"),
        Some("nothing that its source names"),
    );
    // A dependency's own command is a true one, and still not that of the package.
    check(
        |tree| {
            tree.entry.command = "a".into();
            tree.entry.file = path("node_modules/a/index.js");
        },
        Some("no package of it says so"),
    );
    check(
        |tree| tree.packages[1].path = path("a/x"),
        Some("not the package that the tree asks for there"),
    );
}

#[test]
fn what_starts_is_what_the_request_names_whatever_the_record_says() {
    let world = World::of(PACKAGES);
    let tree = world.lock("app a !a").unwrap().tree;
    assert_eq!(tree.entry.file, path("node_modules/a/index.js"));
    for (words, expected) in [
        (&["-y", "app"][..], "node_modules/app/index.js"),
        (
            &["-y", "-p", "app", "-p", "a", "a"][..],
            "node_modules/a/index.js",
        ),
    ] {
        let judgement = judge(&Request::new("npx", words.iter().copied()));
        let Class::Package(package) = &judgement.class else {
            panic!("{judgement:?}");
        };
        let located = PackageStore::locate(
            &world.store,
            package,
            &LockedPackage::from(&tree),
            std::path::Path::new("/"),
        );
        let entry = located.unwrap().entry;
        assert!(entry.ends_with(expected), "{}", entry.display());
    }
}

#[test]
fn an_archive_that_calls_itself_by_a_trusted_name_is_not_that_package() {
    let false_zod = Package::new("zod", "3.23.8").file("evil.js", "x").bytes();
    let packages = [
        Package::new("app", "1.0.0").field("dependencies", json!({ "zod": "^3" })),
        Package::new("zod", "3.23.8"),
        Package::new("evil", "1.0.0").archive(false_zod.clone()),
    ];
    let world = World::new(&packages);
    let mut tree = world.lock("app").unwrap().tree;
    let zod = &mut tree.packages[1];
    assert_eq!(zod.name, name("zod"));
    zod.integrity = Integrity::parse(&integrity(&false_zod)).unwrap();
    zod.archive = Some(format!("{}evil/-/evil-1.0.0.tgz", world.server.url()));
    let error = chain(&world.install(&tree).unwrap_err());
    assert!(
        error.contains("`zod@3.23.8` is locked with other bytes than the registry lists"),
        "{error}"
    );
    assert_eq!(
        world.server.asked_for("evil"),
        0,
        "nothing of it is fetched"
    );
}

/// A lock made where `app` is listed with these dependencies, installed where it is listed with `zod` alone. The archive is
/// the same.
fn check_places(listed: serde_json::Value, expected: Option<&str>) {
    let app = Package::new("app", "1.0.0").field("dependencies", json!({ "zod": "^3" }));
    let world = |app: Package| {
        let others = [Package::new("zod", "3.0.0"), Package::new("evil", "1.0.0")];
        let packages: Vec<Package> = others.into_iter().chain([app]).collect();
        World::new(&packages)
    };
    let locked = world(app.clone().listed("dependencies", listed))
        .lock("app")
        .unwrap();
    match (world(app).install(&locked.tree), expected) {
        (Ok(()), None) => {}
        (Err(error), Some(place)) => {
            let expected = format!("locked at `{place}` is not the package that the tree asks for");
            assert!(chain(&error).contains(&expected), "{}", chain(&error));
        }
        (found, expected) => panic!("{found:?} {}, {expected:?}", layout(&locked)),
    }
}

#[test]
fn a_package_is_where_its_name_is_looked_for() {
    check_places(json!({ "zod": "^3" }), None);
    check_places(json!({ "zod": "npm:evil@1" }), Some("node_modules/zod"));
    check_places(
        json!({ "zod": "^3", "other": "npm:evil@1" }),
        Some("node_modules/other"),
    );
}

#[test]
fn an_alias_that_a_package_declares_is_installed() {
    let packages = "app@1.0.0 one=npm:real@^1 two=npm:@s/real@2 a=1\n a@1.0.0 one=1\n one@1.0.0\n \
                    real@1.5.0\n @s/real@2.0.0";
    let tree = World::of(packages).lock("app").unwrap().tree;
    let elsewhere = World::of(packages);
    elsewhere.install(&tree).unwrap();
    assert_eq!(elsewhere.store.recorded(&tree.digest), Some(tree));
}

/// What a lock has, made where the registry lists these packages, and installed where it lists those: why it is refused, or nothing.
fn check_edges(locked_of: &str, listed: &str, expected: Option<&str>) {
    let tree = World::of(locked_of).lock("app").unwrap().tree;
    let mut worlds = support::package::parse(listed);
    // Archives stay the same: what differs is what the registry lists that each of them asks for.
    let bytes = support::package::parse(locked_of);
    for package in &mut worlds {
        let same = bytes
            .iter()
            .find(|it| (&it.name, &it.version) == (&package.name, &package.version));
        if let Some(same) = same {
            package.archive = Some(same.bytes());
        }
    }
    match (World::new(&worlds).install(&tree), expected) {
        (Ok(()), None) => {}
        (Err(error), Some(part)) => assert!(chain(&error).contains(part), "{}", chain(&error)),
        (found, expected) => panic!("{found:?}, expected {expected:?}"),
    }
}

#[test]
fn every_dependency_is_in_a_version_that_was_asked_for() {
    let listed = "app@1.0.0 a=^1.5\n a@1.0.0\n a@1.5.0\n a@2.0.0\n b@1.0.0";
    let check = |asks: &str, expected| {
        let locked_of = listed.replace("a=^1.5", asks);
        check_edges(&locked_of, listed, expected);
    };
    check("a=^1.5", None);
    // The wrong version of the right package, from above and from below.
    for other in ["a=1.0.0", "a=2"] {
        check(
            other,
            Some("`app` asks for `a` (`^1.5`), and the lock puts"),
        );
    }
    check(
        "",
        Some("`app` needs `a` (`^1.5`), which the lock does not have"),
    );
    check(
        "a=^1.5 b=1",
        Some("the lock has `b@1.0.0`, which nothing in it asks for"),
    );
    check("a=npm:a@^1.5", None);
}

#[test]
fn optional_packages_and_peers_are_held_to_what_asks_for_them() {
    for (asks, listed, expected) in [
        ("?a=1", "?a=1", None),
        ("", "?a=1", None),
        ("?a=2", "?a=1", Some("`a@2.0.0`, which nothing")),
        ("a=1 b=1", "a=1 b=1", None),
        ("b=1", "b=1", None),
        // The peer of `b` in a version that nobody asks for.
        ("a=2 b=1", "b=1", Some("`a@2.0.0`, which nothing")),
        // Asked for by `app` itself, so that it stands where `b` looks.
        ("a=2 b=1", "a=2 b=1", None),
    ] {
        let rest = "\n a@1.0.0\n a@2.0.0\n b@1.0.0 ^a=1";
        let of = |asks: &str| format!("app@1.0.0 {asks}{rest}");
        check_edges(&of(asks), &of(listed), expected);
    }
}

#[test]
fn packages_that_were_asked_for_beside_the_first_belong_to_the_tree() {
    let packages = "app@1.0.0\n tool@1.0.0\n tool@2.0.0";
    let tree = World::of(packages).lock("app tool@1 !tool").unwrap().tree;
    World::of(packages).install_for(&tree, "tool@^1").unwrap();
    for (beside, part) in [
        ("tool@^2", "`app` asks for `tool` (`^2`)"),
        ("", "no package of it says so"),
    ] {
        let refused = World::of(packages).install_for(&tree, beside).unwrap_err();
        assert!(chain(&refused).contains(part), "{}", chain(&refused));
    }
}

#[test]
fn a_tree_in_the_store_is_taken_for_what_was_asked_for_only() {
    let packages = "app@1.0.0 a=1\n a@1.0.0\n tool@1.0.0\n tool@2.0.0\n other@1.0.0";
    let world = World::of(packages);
    let tree = world.lock("app tool@1 !tool").unwrap().tree;
    for (beside, expected) in [
        ("tool@^1", None),
        ("tool", None),
        ("tool@latest", None),
        (
            "tool@^2",
            Some("`tool@^2` is asked for, and the lock has tool@1.0.0"),
        ),
        (
            "tool@npm:other@1",
            Some("is asked for, and the lock has tool@1.0.0"),
        ),
        (
            "tool@1 other",
            Some("`other` is asked for, and the lock has nothing"),
        ),
        ("", Some("no package of it says so")),
    ] {
        let found = world
            .install_for(&tree, beside)
            .map_err(|error| chain(&error));
        match (found, expected) {
            (Ok(()), None) => {}
            (Err(error), Some(part)) => assert!(error.contains(part), "{error}"),
            (found, _) => panic!("{beside}: {found:?}"),
        }
    }
    for (text, fits) in [
        ("app tool@1 !tool", true),
        ("app@^1 tool@1 !tool", true),
        ("app@2 tool@1 !tool", false),
        ("app tool@1", false),
        ("app tool@2 !tool", false),
        ("tool@1", false),
        ("other tool@1 !tool", false),
        ("app !tool", false),
    ] {
        let found = is_asked_for(&world.store, &tree, &support::wish(text));
        assert_eq!(found.is_ok(), fits, "{text}: {found:?}");
    }
}
