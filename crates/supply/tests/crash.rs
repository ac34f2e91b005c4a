//! Processes that are killed while they work on the store, at whatever point they are: what is in the store is whole.

#![expect(clippy::unwrap_used, reason = "test helpers fail by panicking")]
#![allow(
    clippy::disallowed_methods,
    clippy::allow_attributes,
    reason = "tests start a process to kill it"
)]

mod support;

use interlock_supply::{
    Host, Store,
    npm::{Config, Locker, Registry},
};
use std::{
    collections::BTreeSet,
    env, fs,
    path::Path,
    process::{Child, Command, Stdio},
};
use support::{World, wish};

const PACKAGES: &str =
    "app@1.0.0 a=1 b=1\n a@1.0.0 c=1\n b@1.0.0 c=2\n c@1.0.0\n c@2.0.0\n other@1.0.0 c=1";
const STORE: &str = "INTERLOCK_TEST_CRASH_STORE";
const NPMRC: &str = "INTERLOCK_TEST_CRASH_NPMRC";

/// What the killed process does. Run as a test of its own it does the same in a store of its own.
#[test]
fn a_worker_locks_and_cleans_up() {
    let own = World::of(PACKAGES);
    let given = env::var(STORE).ok().zip(env::var(NPMRC).ok());
    let (store, npmrc) = given.unwrap_or_else(|| {
        let npmrc = own.directory.path().join("npmrc");
        fs::write(&npmrc, &own.npmrc).unwrap();
        (
            own.store.root().display().to_string(),
            npmrc.display().to_string(),
        )
    });
    let store = Store::open(Path::new(&store)).unwrap();
    for _ in 0..3 {
        for name in ["app", "other"] {
            work(&store, &npmrc, &own.host, name);
        }
        store.gc(&BTreeSet::new()).unwrap();
    }
}

fn work(store: &Store, npmrc: &str, host: &Host, name: &str) {
    let config = Config::from_files(&[npmrc.into()], &|_| None).unwrap();
    let locker = Locker {
        registry: &Registry::new(config, false),
        store,
        host,
        progress: &interlock_supply::Silent,
    };
    let tree = locker.lock(&wish(name)).unwrap().tree;
    store.locate(&tree).unwrap();
}

fn start(world: &World, npmrc: &Path) -> Child {
    let mut command = Command::new(env::current_exe().unwrap());
    command.args(["--exact", "a_worker_locks_and_cleans_up"]);
    command.env(STORE, world.store.root()).env(NPMRC, npmrc);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().unwrap()
}

#[test]
fn whatever_is_killed_leaves_a_store_that_is_whole() {
    let world = World::of(PACKAGES);
    let npmrc = world.directory.path().join("npmrc");
    fs::write(&npmrc, &world.npmrc).unwrap();
    let mut killed = 0;
    for round in 0..24_usize {
        world.server.forget();
        let mut child = start(&world, &npmrc);
        // At some request of the fetching, and then some turns of the scheduler later: another point each time.
        while world.server.asked().len() < round / 2 + 1 && child.try_wait().unwrap().is_none() {
            std::thread::yield_now();
        }
        for _ in 0..round * round * 37 {
            std::thread::yield_now();
        }
        killed += usize::from(child.try_wait().unwrap().is_none());
        child.kill().unwrap();
        child.wait().unwrap();
        let report = world.store.verify().unwrap();
        assert!(report.is_clean(), "round {round}: {report:?}");
        for tree in world.store.list().unwrap() {
            let locked = tree.locked.unwrap();
            world.store.locate(&locked).unwrap();
        }
    }
    assert!(killed > 0, "the worker was always faster");
    let tree = world.lock("app").unwrap().tree;
    world.store.gc(&BTreeSet::from([tree.digest])).unwrap();
    let left = fs::read_dir(world.store.root().join("tmp")).unwrap();
    assert_eq!(left.count(), 0);
    world.store.locate(&tree).unwrap();
}
