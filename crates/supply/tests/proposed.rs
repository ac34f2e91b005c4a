//! Locks that somebody else wrote: the bytes are settled by digests, and what a lock says about them is compared with them.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "test helpers fail by panicking"
)]

mod support;

use interlock_supply::{
    LockedTree, TreePath,
    lockfile::{Content, Lockfile, ProposedGrants, Server},
    npm::PackageName,
};
use support::{World, chain};

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
