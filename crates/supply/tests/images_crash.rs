//! Processes that are killed while they fetch an image, at whatever point they are: the store has it whole or not at all.

#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]
#![allow(
    clippy::disallowed_methods,
    clippy::allow_attributes,
    reason = "tests start a process to kill it"
)]

mod support;

use interlock_supply::{
    Silent, Store,
    oci::{ImageError, ImageLimits, LockedImage, Locker, Platform, Registry},
};
use std::{
    collections::BTreeSet,
    env,
    path::Path,
    process::{Child, Command, Stdio},
};
use support::{
    cleaned,
    image::{Image, layer},
    server::Server,
};

const STORE: &str = "INTERLOCK_TEST_IMAGE_STORE";
const REGISTRY: &str = "INTERLOCK_TEST_IMAGE_REGISTRY";
const PATH: &str = "team/server";

fn image() -> Image {
    let many: Vec<(String, String)> = (0..200)
        .map(|n| (format!("lib/{}/{n}", n % 7), "x".repeat(n)))
        .collect();
    let many: Vec<(&str, &str)> = many
        .iter()
        .map(|(name, text)| (name.as_str(), text.as_str()))
        .collect();
    Image::new(&[layer(&many), layer(&[("bin/server", "#!/bin/sh\n")])])
}

fn lock(store: &Store, registry: &str) -> Result<LockedImage, ImageError> {
    let mirrors = [("hub.example".to_owned(), registry.to_owned())];
    let locker = Locker {
        source: &Registry::new(mirrors.into(), &support::server::near()),
        store,
        platform: &Platform::here(),
        limits: ImageLimits::default(),
        progress: &Silent,
    };
    let image = format!("hub.example/{PATH}:1").parse().unwrap();
    locker.lock(&image).map(|(locked, _)| locked)
}

/// What the killed process does. Run as a test of its own it does the same in a store of its own.
#[test]
fn a_worker_locks_and_cleans_up() {
    let (own, server) = (tempfile::tempdir().unwrap(), Server::start());
    image().publish(&server, PATH, "1");
    let given = env::var(STORE).ok().zip(env::var(REGISTRY).ok());
    let (store, registry) =
        given.unwrap_or_else(|| (own.path().display().to_string(), server.url()));
    for _ in 0..3 {
        let store = Store::open(Path::new(&store)).unwrap();
        lock(&store, &registry).unwrap();
        cleaned(&store, &BTreeSet::new(), None);
    }
}

fn start(store: &Store, registry: &str) -> Child {
    let mut command = Command::new(env::current_exe().unwrap());
    command.args(["--exact", "a_worker_locks_and_cleans_up"]);
    command.env(STORE, store.root()).env(REGISTRY, registry);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().unwrap()
}

#[test]
fn whoever_is_killed_leaves_no_half_of_an_image() {
    let (directory, server) = (tempfile::tempdir().unwrap(), Server::start());
    image().publish(&server, PATH, "1");
    let store = Store::open(&directory.path().join("store")).unwrap();
    let (mut killed, mut ended) = (0, 0);
    for round in 0..12_usize {
        server.forget();
        let mut child = start(&store, &server.url());
        // At some request of the fetching, and then some turns of the scheduler later: another point each time.
        while server.asked().len() <= round % 7 && child.try_wait().unwrap().is_none() {
            std::thread::yield_now();
        }
        for _ in 0..(round * 197) % 2000 {
            std::thread::yield_now();
        }
        match child.try_wait().unwrap() {
            Some(_) => ended += 1,
            None => killed += 1,
        }
        let _gone = child.kill();
        child.wait().unwrap();
        let report = store.verify().unwrap();
        assert!(report.is_clean(), "round {round}: {report:?}");
        for (digest, image) in store.images().unwrap() {
            assert_eq!(
                image.map(|image| image.digest),
                Some(digest),
                "round {round}"
            );
        }
    }
    assert!(killed > 0, "{ended} rounds ended before they were killed");
    let locked = lock(&store, &server.url()).unwrap();
    assert_eq!(locked.files, 201);
    let report = cleaned(&store, &BTreeSet::from([locked.digest]), None);
    assert_eq!(report.images, 0);
    assert!(store.verify().unwrap().is_clean());
}
