//! Which packages come where: npm's rules for versions and for `node_modules`, one scenario each.

mod support;

use interlock_supply::LockedTree;
use interlock_supply::npm::{UnmetPeer, Wants};
use serde_json::json;
use support::{World, chain, layout, package::Package};

/// Locks `wish` from a registry with `packages`; compares the tree, or the error's text.
fn check(packages: &str, wish: &str, expected: &str) {
    let world = World::of(packages);
    let found = match world.lock(wish) {
        Ok(locked) => layout(&locked),
        Err(error) => format!("error: {}", chain(&error)),
    };
    let expected: Vec<&str> = expected
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    if let [only] = expected[..]
        && only.starts_with("error: ")
    {
        assert!(
            found.contains(only.trim_start_matches("error: ")),
            "{packages}\n{found}"
        );
        return;
    }
    assert_eq!(found, expected.join("\n"), "{packages}");
}

#[test]
fn versions_are_chosen_as_npm_does() {
    let app = |versions: &str| {
        versions
            .split(' ')
            .map(|version| format!("app@{version}\n"))
            .collect::<String>()
    };
    for (versions, wish, expected) in [
        ("1.0.0 1.2.0 2.0.0", "app", "app 2.0.0"),
        ("1.0.0 1.2.0 2.0.0", "app@^1", "app 1.2.0"),
        ("1.0.0 1.2.0 2.0.0", "app@1.0.0", "app 1.0.0"),
        ("1.0.0 1.2.0 2.0.0", "app@old", "app 1.0.0"),
        ("1.0.0 1.2.0 2.0.0", "app@latest", "app 2.0.0"),
        ("1.0.0 1.2.0 2.0.0", "app@<2||>3", "app 1.2.0"),
        // The `latest` one wins over a higher one.
        ("3.0.0 2.0.0", "app", "app 2.0.0"),
        ("3.0.0 2.0.0", "app@>=1", "app 2.0.0"),
        ("3.0.0 2.0.0", "app@>2", "app 3.0.0"),
        // Pre-releases only where they are asked for.
        ("1.0.0 1.1.0-rc.1", "app@^1", "app 1.0.0"),
        ("1.0.0 1.1.0-rc.1", "app@^1.1.0-rc.0", "app 1.1.0-rc.1"),
        ("1.0.0-a", "app", "app 1.0.0-a"),
        ("1.0.0", "app@^2", "error: no published version fits `^2`"),
        (
            "1.0.0",
            "app@2.0.0",
            "error: no published version fits `2.0.0`",
        ),
        ("1.0.0", "app@beta", "error: no tag `beta`"),
        ("1.0.0", "other", "error: not found"),
        (
            "1.0.0",
            "app@git+https://host/x",
            "error: git, URL and file dependencies are refused",
        ),
        ("1.0.0", "app@file:../x", "error: refused"),
    ] {
        check(&app(versions), wish, expected);
    }
}

#[test]
fn deprecated_versions_and_newer_nodes_are_passed_over() {
    for (packages, wish, expected) in [
        ("app@1.0.0\n app@1.1.0 @deprecated", "app@^1", "app 1.0.0"),
        (
            "app@1.0.0\n app@1.1.0 @deprecated",
            "app@1.1.0",
            "app 1.1.0",
        ),
        (
            "app@1.0.0 @deprecated\n app@1.1.0 @deprecated",
            "app@^1",
            "app 1.1.0",
        ),
        ("app@1.0.0\n app@1.1.0 @node=>=22", "app", "app 1.0.0"),
        (
            "app@1.0.0 @node=>=18\n app@1.1.0 @node=>=20",
            "app",
            "app 1.1.0",
        ),
        (
            "app@1.0.0 @node=>=22\n app@1.1.0 @node=>=24",
            "app",
            "app 1.1.0",
        ),
        // Running on this node counts for more than not being deprecated.
        (
            "app@1.0.0 @deprecated\n app@1.1.0 @node=>=22",
            "app",
            "app 1.0.0",
        ),
        ("app@1.0.0 @node=nonsense", "app", "app 1.0.0"),
    ] {
        check(packages, wish, expected);
    }
}

#[test]
fn packages_are_hoisted() {
    check(
        "app@1.0.0 a=^1 b=^1\n a@1.0.0 c=^1\n b@1.0.0 c=^1\n c@1.0.0\n c@1.1.0",
        "app",
        "a 1.0.0\n app 1.0.0\n b 1.0.0\n c 1.1.0",
    );
    // The second version of a name is nested where it is used.
    check(
        "app@1.0.0 a=^1 b=^1\n a@1.0.0 c=^1\n b@1.0.0 c=^2\n c@1.0.0\n c@2.0.0",
        "app",
        "a 1.0.0\n app 1.0.0\n b 1.0.0\n b/c 2.0.0\n c 1.0.0",
    );
    // A direct wish comes before what its dependencies want.
    check(
        "app@1.0.0 c=1.0.0 a=^1\n a@1.0.0 c=^1\n c@1.0.0\n c@1.1.0",
        "app",
        "a 1.0.0\n app 1.0.0\n c 1.0.0",
    );
    // Shared by two nested users: as far out as both can see it.
    check(
        "app@1.0.0 a=1 b=1 c=1\n a@1.0.0 c=2 d=1\n d@1.0.0 c=2\n b@1.0.0\n c@1.0.0\n c@2.0.0",
        "app",
        "a 1.0.0\n a/c 2.0.0\n app 1.0.0\n b 1.0.0\n c 1.0.0\n d 1.0.0\n d/c 2.0.0",
    );
    // Nothing is put where it would hide what something inside means.
    check(
        "app@1.0.0 a=1 x=1\n a@1.0.0 b=1\n b@1.0.0 x=1 y=1 \n y@1.0.0 x=2\n x@1.0.0\n x@2.0.0",
        "app",
        "a 1.0.0\n app 1.0.0\n b 1.0.0\n x 1.0.0\n y 1.0.0\n y/x 2.0.0",
    );
    check(
        "app@1.0.0 a=1\n a@1.0.0 b=1\n b@1.0.0 a=1",
        "app",
        "a 1.0.0\n app 1.0.0\n b 1.0.0",
    );
    // Cycles through different versions end.
    check(
        "app@1.0.0 a=1\n a@1.0.0 b=1\n b@1.0.0 a=2\n a@2.0.0 b=2\n b@2.0.0 a=2",
        "app",
        "a 1.0.0\n app 1.0.0\n b 1.0.0\n b/a 2.0.0\n b/b 2.0.0",
    );
}

#[test]
fn aliases() {
    check(
        "app@1.0.0 one=npm:real@^1 two=npm:real@^2\n real@1.5.0\n real@2.5.0",
        "app",
        "app 1.0.0\n one 1.5.0 is real\n two 2.5.0 is real",
    );
    check(
        "app@1.0.0 one=npm:@s/real@1\n @s/real@1.0.0",
        "app",
        "app 1.0.0\n one 1.0.0 is @s/real",
    );
    // An alias does not serve who asks for the real name of what it hides.
    check(
        "app@1.0.0 c=npm:other@1 a=1\n a@1.0.0 c=1\n c@1.0.0\n other@1.0.0",
        "app",
        "a 1.0.0\n a/c 1.0.0\n app 1.0.0\n c 1.0.0 is other",
    );
}

#[test]
fn optional_dependencies() {
    for (packages, expected) in [
        ("app@1.0.0 ?a=1\n a@1.0.0", "a 1.0.0\n app 1.0.0"),
        ("app@1.0.0 ?a=1\n a@1.0.0 @os=darwin", "app 1.0.0"),
        ("app@1.0.0 ?a=1\n a@1.0.0 @cpu=arm64", "app 1.0.0"),
        (
            "app@1.0.0 ?a=1 ?b=1\n a@1.0.0 @libc=musl\n b@1.0.0 @libc=glibc",
            "app 1.0.0\n b 1.0.0",
        ),
        ("app@1.0.0 ?a=1\n a@1.0.0 @os=!win32", "a 1.0.0\n app 1.0.0"),
        ("app@1.0.0 ?a=1", "app 1.0.0"),
        ("app@1.0.0 ?a=2\n a@1.0.0", "app 1.0.0"),
        ("app@1.0.0 ?a=git+https://host/x", "app 1.0.0"),
        // What an optional one needs takes it along, and what only it needs.
        ("app@1.0.0 ?a=1\n a@1.0.0 b=1 c=1\n b@1.0.0", "app 1.0.0"),
        (
            "app@1.0.0 ?a=1 b=1\n a@1.0.0 b=1 c=1\n b@1.0.0",
            "app 1.0.0\n b 1.0.0",
        ),
        (
            "app@1.0.0 ?a=1\n a@1.0.0 b=1\n b@1.0.0 @os=darwin",
            "app 1.0.0",
        ),
        // Optional wins over needed for one name.
        ("app@1.0.0 a=1 ?a=1", "app 1.0.0"),
        ("app@1.0.0 a=1", "error: `app` needs"),
        (
            "app@1.0.0 a=1\n a@1.0.0 @os=darwin",
            "error: not for this system",
        ),
        ("app@1.0.0 @os=win32", "error: not for this system"),
        (
            "app@1.0.0 a=1\n a@1.0.0 b=http://h/x.tgz",
            "error: git, URL and file dependencies are refused",
        ),
    ] {
        let expected = expected.replace("error: `app` needs", "error: needs `a`");
        check(packages, "app", &expected);
    }
}

#[test]
fn peers() {
    for (packages, expected) in [
        // Installed by themselves, beside the one that asks.
        (
            "app@1.0.0 a=1\n a@1.0.0 ^p=^1\n p@1.2.0",
            "a 1.0.0\n app 1.0.0\n p 1.2.0",
        ),
        (
            "app@1.0.0 a=1\n a@1.0.0 ^?p=^1\n p@1.2.0",
            "a 1.0.0\n app 1.0.0",
        ),
        (
            "app@1.0.0 a=1 p=1\n a@1.0.0 ^?p=^1\n p@1.2.0",
            "a 1.0.0\n app 1.0.0\n p 1.2.0",
        ),
        // The dependent's own wish decides the version, also when it is placed later.
        (
            "app@1.0.0 a=1 p=1.0.0\n a@1.0.0 ^p=^1\n p@1.0.0\n p@1.2.0",
            "a 1.0.0\n app 1.0.0\n p 1.0.0",
        ),
        // Two that share a peer get one that suits both.
        (
            "app@1.0.0 a=1 b=1\n a@1.0.0 ^p=>=1\n b@1.0.0 ^p=^1\n p@1.0.0\n p@2.0.0",
            "a 1.0.0\n app 1.0.0\n b 1.0.0\n p 1.0.0",
        ),
        // Nested together, when the outer place has another version.
        (
            "app@1.0.0 p=1 b=1\n b@1.0.0 a=1 p=2\n a@1.0.0 ^p=2\n p@1.0.0\n p@2.0.0",
            "app 1.0.0\n b 1.0.0\n b/a 1.0.0\n b/p 2.0.0\n p 1.0.0",
        ),
        // Peers of each other.
        (
            "app@1.0.0 a=1\n a@1.0.0 ^b=1\n b@1.0.0 ^a=1",
            "a 1.0.0\n app 1.0.0\n b 1.0.0",
        ),
        ("app@1.0.0 ^p=1\n p@1.0.0", "app 1.0.0\n p 1.0.0"),
        ("app@1.0.0 ^p=1", "error: cannot be had"),
    ] {
        check(packages, "app", expected);
    }
}

#[test]
fn peers_that_fit_are_placed_where_they_are_found() {
    let versions = "p@1.0.0\n p@2.0.0";
    for (packages, wish, expected) in [
        // Beside the one that asks for it.
        (
            "app@1.0.0 a=1\n a@1.0.0 ^p=1",
            "app p@2",
            "app 1.0.0\n app/a 1.0.0\n app/p 1.0.0\n p 2.0.0",
        ),
        // Outermost, where its dependent wants the other version itself.
        (
            "app@1.0.0 a=1 p=2\n a@1.0.0 ^p=1",
            "app",
            "a 1.0.0\n app 1.0.0\n app/p 2.0.0\n p 1.0.0",
        ),
        (
            "app@1.0.0 b=1 c=1\n a@1.0.0 ^p=1\n b@1.0.0 a=1 p=2\n c@1.0.0 d=1 p=2\n d@1.0.0 ^p=2",
            "app",
            "a 1.0.0\n app 1.0.0\n b 1.0.0\n b/p 2.0.0\n c 1.0.0\n c/d 1.0.0\n c/p 2.0.0\n p 1.0.0",
        ),
        // Nowhere: the first of two that do not agree.
        (
            "app@1.0.0 a=1 b=1 p=2\n a@1.0.0 ^p=1\n b@1.0.0 ^p=3",
            "app",
            "a 1.0.0\n app 1.0.0\n app/b 1.0.0\n app/p 2.0.0\n p 1.0.0",
        ),
        // What no version fits, or no registry has, stays as it is.
        (
            "app@1.0.0 a=1 p=2\n a@1.0.0 ^p=3",
            "app",
            "app 1.0.0\n app/a 1.0.0\n p 2.0.0",
        ),
        (
            "app@1.0.0 a=1 p=2\n a@1.0.0 ^p=git+https://host/x",
            "app",
            "app 1.0.0\n app/a 1.0.0\n p 2.0.0",
        ),
        // One that is not needed moves nothing.
        (
            "app@1.0.0 a=1 p=2\n a@1.0.0 ^?p=1",
            "app",
            "app 1.0.0\n app/a 1.0.0\n p 2.0.0",
        ),
    ] {
        check(&format!("{packages}\n {versions}"), wish, expected);
    }
}

#[test]
fn a_tree_whose_peers_were_moved_is_installed_elsewhere() {
    let packages = "app@1.0.0 a=1 c=1 p=2\n a@1.0.0 ^p=1\n c@1.0.0 p=2\n p@1.0.0\n p@2.0.0";
    let locked = World::of(packages).lock("app").unwrap();
    World::of(packages).install(&locked.tree).unwrap();
}

fn unmet(world: &World, tree: &LockedTree) -> Vec<String> {
    let unmet = Wants::of(&world.store, tree).unmet_peers();
    let line = |peer: &UnmetPeer| {
        let found = peer.found.as_ref().map(ToString::to_string);
        let found = found.unwrap_or_else(|| "none".into());
        format!(
            "{} needs {} {}, has {found}",
            peer.by, peer.name, peer.wanted
        )
    };
    unmet.iter().map(line).collect()
}

#[test]
fn peers_are_looked_for_as_node_does() {
    for (packages, wish, expected) in [
        ("app@1.0.0 ^p=1", "app", &[][..]),
        ("app@1.0.0 a=1 p=2\n a@1.0.0 ^p=1", "app", &[]),
        ("app@1.0.0 a=1 p=2\n a@1.0.0 ^p=1 p=2", "app", &[]),
        ("app@1.0.0 ^?p=1", "app p@2", &[]),
        ("app@1.0.0 ^?p=1", "app", &[]),
        (
            "app@1.0.0 ^p=1",
            "app p@2",
            &["app@1.0.0 needs p 1, has 2.0.0"],
        ),
        ("app@1.0.0 ^p=old", "app p@2", &[]),
        ("app@1.0.0 ^p=git+https://host/x", "app p@2", &[]),
        ("app@1.0.0 ^p=npm:q@1\n q@1.0.0", "app", &[]),
        (
            "app@1.0.0 a=1 p=2\n a@1.0.0 ^p=3",
            "app",
            &["a@1.0.0 needs p 3, has 2.0.0"],
        ),
    ] {
        let world = World::of(&format!("{packages}\n p@1.0.0\n p@2.0.0"));
        let locked = world.lock(wish).unwrap();
        assert_eq!(unmet(&world, &locked.tree), expected, "{packages}");
    }
}

#[test]
fn a_peer_is_absent_where_the_registry_kept_quiet_about_it() {
    let app = Package::new("app", "1.0.0")
        .field("peerDependencies", json!({ "p": "1", "q": "1" }))
        .file(
            "node_modules/q/package.json",
            r#"{ "name": "q", "version": "1.4.0" }"#,
        )
        .listed("peerDependencies", json!({}));
    let world = World::new(&[app]);
    let tree = world.lock("app").unwrap().tree;
    assert_eq!(unmet(&world, &tree), ["app@1.0.0 needs p 1, has none"]);
    // A tree that is not there says nothing.
    let empty = World::new(&[]);
    assert!(unmet(&empty, &tree).is_empty());
}

#[test]
fn lock_files_of_packages_are_noticed() {
    let parse = |text: &str| support::package::parse(text).remove(0);
    let with = |text: &str, path: &str| parse(text).file(path, "{}");
    let world = World::new(&[
        with("app@1.0.0 a=1 b=1 ?c=1", "npm-shrinkwrap.json"),
        // In a directory of it, of another name, or with nothing to pin.
        with("a@1.0.0 d=1", "lib/npm-shrinkwrap.json"),
        with("b@1.0.0 d=1", "package-lock.json"),
        with("c@1.0.0 ?d=1", "npm-shrinkwrap.json"),
        with("d@1.0.0", "npm-shrinkwrap.json"),
    ]);
    let tree = world.lock("app").unwrap().tree;
    let pins = Wants::of(&world.store, &tree).pins_of_their_own();
    assert_eq!(pins, ["app@1.0.0", "c@1.0.0"]);
}

#[test]
fn peers_that_do_not_agree_are_reported() {
    let world = World::of("app@1.0.0 a=1\n a@1.0.0 ^p=1\n p@1.0.0\n p@2.0.0");
    let locked = world.lock("app a p@2").unwrap();
    assert_eq!(layout(&locked), "a 1.0.0\napp 1.0.0\np 2.0.0");
    assert_eq!(
        unmet(&world, &locked.tree),
        ["a@1.0.0 needs p 1, has 2.0.0"]
    );
}

#[test]
fn what_was_left_out_and_why() {
    let world = World::of("app@1.0.0 ?a=1 ?b=1 c=1\n a@1.0.0 @os=darwin\n c@1.0.0 @deprecated");
    let locked = world.lock("app").unwrap();
    let skipped: Vec<String> = locked
        .skipped
        .iter()
        .map(|skipped| format!("{} for {}: {}", skipped.name, skipped.by, skipped.why))
        .collect();
    assert_eq!(
        skipped[0],
        "a for app: it is not for this system, processor or C library"
    );
    assert!(
        skipped[1].starts_with("b for app: `b` cannot be fetched"),
        "{}",
        skipped[1]
    );
    assert_eq!(
        locked.deprecated,
        [("c@1.0.0".to_owned(), "do not use".to_owned())]
    );
}

#[test]
fn several_packages_and_their_commands() {
    let packages = "app@1.0.0 a=1\n other@1.0.0 a=1\n a@1.0.0";
    let world = World::of(packages);
    let locked = world.lock("app other !other").unwrap();
    assert_eq!(layout(&locked), "a 1.0.0\napp 1.0.0\nother 1.0.0");
    assert_eq!(locked.tree.name.as_str(), "app");
    assert_eq!(
        locked.tree.entry.file.as_str(),
        "node_modules/other/index.js"
    );
    assert_eq!(
        world.lock("app").unwrap().tree.entry.file.as_str(),
        "node_modules/app/index.js"
    );
    // A dependency's command is none of the package's.
    let error = world.lock("app !a").unwrap_err();
    assert_eq!(chain(&error), "there is no command `a` in it; it has `app`");
}

#[test]
fn the_same_wish_gives_the_same_tree() {
    let packages = "app@1.0.0 a=1 b=1 ?c=1\n a@1.0.0 d=1 ^e=1\n b@1.0.0 d=2\n c@1.0.0\n d@1.0.0\n d@2.0.0\n e@1.0.0";
    let first = World::of(packages).lock("app").unwrap().tree;
    for _ in 0..5 {
        assert_eq!(
            World::of(packages).lock("app").unwrap().tree.digest,
            first.digest
        );
    }
}
