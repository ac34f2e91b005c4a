//! Processes that work on one store at a time, and are killed at whatever point they are: what is in the store is whole, what a living
//! process put there stays, and nothing is left but what a clean-up removes.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "test helpers fail by panicking"
)]
#![allow(
    clippy::disallowed_methods,
    clippy::allow_attributes,
    reason = "tests start a process to kill it"
)]

mod support;

use interlock_supply::{
    Host, LocateError, Store,
    npm::{Config, Locker, Registry},
};
use std::{
    collections::BTreeSet,
    env, fs,
    os::unix::process::ExitStatusExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};
use support::{World, cleaned, wish};

const PACKAGES: &str =
    "app@1.0.0 a=1 b=1\n a@1.0.0 c=1\n b@1.0.0 c=2\n c@1.0.0\n c@2.0.0\n other@1.0.0 c=1";
const STORE: &str = "INTERLOCK_TEST_CRASH_STORE";
const NPMRC: &str = "INTERLOCK_TEST_CRASH_NPMRC";

/// The store and the configuration that a worker was given; those of `own` when it runs as a test of its own.
fn given(own: &World) -> (Store, String) {
    let given = env::var(STORE).ok().zip(env::var(NPMRC).ok());
    let (store, npmrc) = given.unwrap_or_else(|| {
        let npmrc = written(own);
        (
            own.store.root().display().to_string(),
            npmrc.display().to_string(),
        )
    });
    (Store::open(Path::new(&store)).unwrap(), npmrc)
}

fn written(world: &World) -> PathBuf {
    let npmrc = world.directory.path().join("npmrc");
    fs::write(&npmrc, &world.npmrc).unwrap();
    npmrc
}

fn lock(store: &Store, npmrc: &str, host: &Host, name: &str) {
    let config = Config::from_files(&[npmrc.into()], &|_| None).unwrap();
    let locker = Locker {
        registry: &Registry::new(config, false),
        store,
        host,
        progress: &interlock_supply::Silent,
    };
    let tree = locker.lock(&wish(name)).unwrap().tree;
    // Whoever cleans up meanwhile: it is ours until we are gone.
    store.locate(&tree).unwrap();
    store.examine(&tree.digest, name).unwrap();
}

/// What the killed process does. Run as a test of its own it does the same in a store of its own.
#[test]
fn a_worker_locks_and_cleans_up() {
    let own = World::of(PACKAGES);
    let (store, npmrc) = given(&own);
    for _ in 0..3 {
        for name in ["app", "other"] {
            lock(&store, &npmrc, &own.host, name);
        }
        cleaned(&store, &BTreeSet::new(), None);
    }
}

/// Locks, and holds on to what it locked.
#[test]
fn a_worker_locks() {
    let own = World::of(PACKAGES);
    for name in ["app", "other", "app"] {
        let (store, npmrc) = given(&own);
        lock(&store, &npmrc, &own.host, name);
    }
}

/// Removes what nobody holds.
#[test]
fn a_worker_cleans_up() {
    let own = World::of(PACKAGES);
    let (store, _) = given(&own);
    for _ in 0..8 {
        cleaned(&store, &BTreeSet::new(), None);
    }
}

/// Looks at everything, as `store verify` and as a start does.
#[test]
fn a_worker_looks() {
    let own = World::of(PACKAGES);
    let (store, _) = given(&own);
    for _ in 0..8 {
        let report = store.verify().unwrap();
        assert!(report.is_clean(), "{report:?}");
        for tree in store.list().unwrap() {
            let Some(locked) = tree.locked else { continue };
            match store.locate(&locked) {
                Ok(_) | Err(LocateError::Missing(_)) => {}
                Err(damaged) => panic!("{damaged}"),
            }
        }
    }
}

/// One of the above on the store of `world`, after the words of `before`.
fn start(world: &World, npmrc: &Path, before: &[&str], worker: &str) -> Child {
    let program = env::current_exe().unwrap();
    let mut command = match before.split_first() {
        Some((first, rest)) => {
            let mut command = Command::new(first);
            command.args(rest).arg(program);
            command
        }
        None => Command::new(program),
    };
    command.args(["--exact", worker]);
    command.env(STORE, world.store.root()).env(NPMRC, npmrc);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let told = "no strace: install it (Debian: `strace`)";
    command.spawn().expect(told)
}

/// Nothing is half there, and what is there is what it says it is.
fn is_whole(world: &World, after: &str) {
    let report = world.store.verify().unwrap();
    assert!(report.is_clean(), "{after}: {report:?}");
    for tree in world.store.list().unwrap() {
        let locked = tree.locked.expect(after);
        world.store.locate(&locked).expect(after);
    }
}

/// A clean-up leaves empty directories.
fn is_empty_after_cleaning(world: &World) {
    cleaned(&world.store, &BTreeSet::new(), None);
    for part in ["tmp", "packages", "trees", "warm", "locks", "leases"] {
        let left: Vec<_> = fs::read_dir(world.store.root().join(part))
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        assert!(left.is_empty(), "{part}: {left:?}");
    }
}

#[test]
fn whatever_is_killed_leaves_a_store_that_is_whole() {
    let world = World::of(PACKAGES);
    let npmrc = written(&world);
    let mut killed = 0;
    for round in 0..24_usize {
        world.server.forget();
        let mut child = start(&world, &npmrc, &[], "a_worker_locks_and_cleans_up");
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
        is_whole(&world, &format!("round {round}"));
    }
    assert!(killed > 0, "the worker was always faster");
    let tree = world.lock("app").unwrap().tree;
    cleaned(&world.store, &BTreeSet::from([tree.digest]), None);
    world.store.locate(&tree).unwrap();
    is_empty_after_cleaning(&world);
}

/// Killed at the first, second, third, … call of each kind that changes something on disk.
#[test]
fn killed_at_counted_changes_to_the_disk() {
    let calls = [
        "mkdir", "rename", "linkat", "fchmod", "write", "unlinkat", "syncfs", "flock",
    ];
    let mut killed = BTreeSet::new();
    for call in calls {
        for count in [1, 2, 4, 9] {
            let world = World::of(PACKAGES);
            let npmrc = written(&world);
            let trace = format!("trace={call}");
            let inject = format!("inject={call}:signal=KILL:when={count}");
            let before = [
                "strace",
                "-f",
                "-qq",
                "-o",
                "/dev/null",
                "-e",
                &trace,
                "-e",
                &inject,
            ];
            let status = start(&world, &npmrc, &before, "a_worker_locks_and_cleans_up")
                .wait()
                .unwrap();
            is_whole(&world, &format!("{call} {count}"));
            is_empty_after_cleaning(&world);
            if status.success() {
                // So many calls of the kind there are not.
                break;
            }
            if status.signal() == Some(9) {
                killed.insert(call);
            }
        }
    }
    assert_eq!(killed, BTreeSet::from(calls), "some are never called");
}

#[test]
fn many_processes_at_once_of_which_some_are_killed() {
    let world = World::of(PACKAGES);
    let npmrc = written(&world);
    let workers = [
        "a_worker_locks",
        "a_worker_cleans_up",
        "a_worker_looks",
        "a_worker_locks",
    ];
    for round in 0..6_usize {
        world.server.forget();
        let begin = |worker: &&str| start(&world, &npmrc, &[], worker);
        let mut running: Vec<Child> = workers.iter().map(begin).collect();
        let doomed = round % workers.len();
        let victim = running.get_mut(doomed).unwrap();
        while world.server.asked().len() < round + 1 && victim.try_wait().unwrap().is_none() {
            std::thread::yield_now();
        }
        victim.kill().unwrap();
        for (at, child) in running.iter_mut().enumerate() {
            let status = child.wait().unwrap();
            let worker = workers.get(at).unwrap();
            assert!(
                status.success() || at == doomed,
                "round {round}: {worker}: {status}"
            );
        }
        is_whole(&world, &format!("round {round}"));
    }
    is_empty_after_cleaning(&world);
}
