//! A clean-up and those who are still at it: what was fetched and not yet signed stays.

#![expect(clippy::unwrap_used, reason = "test helpers fail by panicking")]

mod support;

use interlock_supply::{Collection, GcReport, LocateError, LockedTree, Store, TreeDigest};
use std::{
    collections::BTreeSet,
    fs,
    sync::mpsc,
    time::{Duration, UNIX_EPOCH},
};
use support::{World, cleaned, files};

const PACKAGES: &str = "app@1.0.0 a=1\n a@1.0.0\n other@1.0.0 a=1";
/// Two trees that share a package and more of which each has its own.
const MANY: &str =
    "app@1.0.0 a=1 b=1\n a@1.0.0 c=1\n b@1.0.0 c=2\n c@1.0.0\n c@2.0.0\n other@1.0.0 c=1";

fn other_handle(world: &World) -> Store {
    Store::open(world.store.root()).unwrap()
}

/// A world whose handle has just been dropped, as that of a process that ended.
fn ended(mut world: World) -> World {
    world.store = other_handle(&world);
    world
}

/// What a clean-up by another process spares and removes.
fn clean(world: &World, keep: &[&LockedTree]) -> (u64, u64, u64) {
    let keep: BTreeSet<TreeDigest> = keep.iter().map(|tree| tree.digest).collect();
    let report = cleaned(&other_handle(world), &keep, None);
    (report.spared, report.trees, report.packages)
}

#[test]
fn what_was_fetched_and_not_yet_signed_stays() {
    type Fetch = fn(&World, &LockedTree);
    let fetches: [(&str, Fetch); 4] = [
        ("resolved", |world, _| {
            world.lock("app").unwrap();
        }),
        ("found off line", |world, _| {
            let silent = &interlock_supply::Silent;
            world.lock_with("app", true, silent).unwrap();
        }),
        ("proposed by a lock, there already", |world, tree| {
            world.install(tree).unwrap();
        }),
        ("proposed by a lock, with another record", |world, tree| {
            let mut proposed = tree.clone();
            proposed.entry.command = "index.js".into();
            let _ = world.install(&proposed);
            world.install(tree).unwrap();
        }),
    ];
    for (what, fetch) in fetches {
        let world = World::of(PACKAGES);
        let tree = world.lock("app").unwrap().tree;
        world.lock("other").unwrap();
        let world = ended(world);
        fetch(&world, &tree);
        // `other` is nobody's any more, and its package goes with it.
        assert_eq!(clean(&world, &[]), (1, 1, 1), "{what}");
        world.store.examine(&tree.digest, "app").unwrap();
        let world = ended(world);
        assert_eq!(clean(&world, &[&tree]), (0, 0, 0), "{what}: named");
        assert_eq!(clean(&world, &[]), (0, 1, 2), "{what}: not named");
    }
}

#[test]
fn a_handle_cleans_up_after_itself() {
    let world = World::of(PACKAGES);
    world.lock("app").unwrap();
    let report = cleaned(&world.store, &BTreeSet::new(), None);
    assert_eq!((report.spared, report.trees, report.packages), (0, 1, 2));
}

/// What is signed after the clean-up began, and before it asks what to keep, is named in the answer.
#[test]
fn what_to_keep_is_asked_for_when_nobody_adds_any_more() {
    let world = World::of(PACKAGES);
    let tree = world.lock("app").unwrap().tree;
    let store = other_handle(&world);
    let collection: Collection<'_> = store.collecting(&|| ()).unwrap();
    let signed = BTreeSet::from([tree.digest]);
    let world = ended(world);
    let report = collection.remove_all_but(&signed, None).unwrap();
    assert_eq!(report.trees, 0);
    world.store.locate(&tree).unwrap();
}

#[test]
fn nothing_is_added_while_something_is_removed() {
    let world = World::of(PACKAGES);
    let (told, waits) = mpsc::sync_channel(1);
    std::thread::scope(|scope| {
        let store = other_handle(&world);
        let collection = store.collecting(&|| ()).unwrap();
        let adding = scope.spawn(|| {
            told.send(()).unwrap();
            world.lock("app").unwrap().tree
        });
        waits.recv().unwrap();
        // Whether it waits by now or not: it finds the store as it is afterwards.
        let report = collection.remove_all_but(&BTreeSet::new(), None).unwrap();
        assert_eq!((report.trees, report.packages), (0, 0));
        let tree = adding.join().unwrap();
        world.store.locate(&tree).unwrap();
    });
    assert!(world.store.verify().unwrap().is_clean());
}

#[test]
fn a_clean_up_says_that_it_waits() {
    let world = World::of(PACKAGES);
    let silent = World::of(PACKAGES);
    let quiet = silent.store.collecting(&|| panic!("for whom?")).unwrap();
    drop(quiet);
    let (said, waits) = mpsc::sync_channel(1);
    std::thread::scope(|scope| {
        let first = world.store.collecting(&|| ()).unwrap();
        let second = scope.spawn(|| {
            let store = other_handle(&world);
            let collection = store.collecting(&|| said.send(()).unwrap()).unwrap();
            collection.remove_all_but(&BTreeSet::new(), None).unwrap()
        });
        waits.recv().unwrap();
        drop(first);
        assert_eq!(second.join().unwrap(), GcReport::default());
    });
}

#[test]
fn records_of_trees_that_are_gone_go_as_well() {
    let world = World::of(PACKAGES);
    let tree = world.lock("app").unwrap().tree;
    world.store.locate(&tree).unwrap();
    let root = world.store.root();
    // As a clean-up that was killed leaves it.
    let stale = root.join(format!("warm/{}", TreeDigest::from_bytes([9; 32])));
    fs::copy(root.join(format!("warm/{}", tree.digest)), &stale).unwrap();
    fs::write(root.join("warm/no-tree"), "x").unwrap();
    fs::create_dir(root.join("packages/zz")).unwrap();
    cleaned(&world.store, &BTreeSet::from([tree.digest]), None);
    let left: Vec<_> = fs::read_dir(root.join("warm")).unwrap().collect();
    assert_eq!(left.len(), 1);
    assert!(!root.join("packages/zz").exists());
    world.store.locate(&tree).unwrap();
}

#[test]
fn gc_keeps_what_is_named_and_removes_the_rest() {
    let world = World::of(MANY);
    let app = world.lock("app").unwrap().tree;
    let other = world.lock("other").unwrap().tree;
    let report = cleaned(&world.store, &BTreeSet::from([other.digest]), None);
    assert_eq!((report.trees, report.packages), (1, 4));
    assert!(report.bytes > 0);
    assert!(matches!(
        world.store.locate(&app),
        Err(LocateError::Missing(_))
    ));
    world.store.locate(&other).unwrap();
    assert!(world.store.verify().unwrap().is_clean());
    let report = cleaned(&world.store, &BTreeSet::new(), None);
    assert_eq!((report.trees, report.packages), (1, 2));
    assert!(files(&world.store.root().join("packages")).is_empty());
    assert_eq!(
        cleaned(&world.store, &BTreeSet::new(), None),
        GcReport::default()
    );
}

#[test]
fn gc_to_a_size_removes_no_more_than_it_must() {
    let world = World::of(MANY);
    let app = world.lock("app").unwrap().tree;
    let other = world.lock("other").unwrap().tree;
    let (all, keep) = (world.store.size().unwrap(), BTreeSet::from([other.digest]));
    let report = cleaned(&world.store, &keep, Some(all));
    assert_eq!(report, GcReport::default());
    let report = cleaned(&world.store, &keep, Some(all - 1));
    assert_eq!((report.trees, report.packages), (1, 4));
    assert!(world.store.size().unwrap() < all);
    assert!(matches!(
        world.store.locate(&app),
        Err(LocateError::Missing(_))
    ));
    // What is kept stays, however small the limit.
    let report = cleaned(&world.store, &keep, Some(0));
    assert_eq!((report.trees, report.packages), (0, 0));
    world.store.locate(&other).unwrap();
}

#[test]
fn gc_to_a_size_takes_the_oldest_first() {
    let world = World::of(MANY);
    let app = world.lock("app").unwrap().tree;
    let other = world.lock("other").unwrap().tree;
    let place = |tree: &LockedTree| world.store.root().join(format!("trees/{}", tree.digest));
    for (tree, seconds) in [(&app, 2_000_000), (&other, 1_000_000)] {
        let time = UNIX_EPOCH + Duration::from_secs(seconds);
        let directory = fs::File::open(place(tree)).unwrap();
        directory.set_modified(time).unwrap();
    }
    let limit = world.store.size().unwrap() - 1;
    cleaned(&world.store, &BTreeSet::new(), Some(limit));
    assert!(matches!(
        world.store.locate(&other),
        Err(LocateError::Missing(_))
    ));
    world.store.locate(&app).unwrap();
}
