//! What is told of a server is the same on every way to it: added, approved with or without a network, approved from a lock.

use serde_json::json;

use crate::support::wheel::{self, Wheel};
use crate::uvx::Place;
use crate::world::has;

#[test]
fn what_an_approval_warns_of_is_told_when_it_is_added() {
    let (place, _) = Place::new();
    let words = ["uvx", "--prerelease", "allow", "leaf"];
    let told = ["version-option: `--prerelease allow` is not followed"];
    let add = ["add", "--name", "test", "--"];
    let added = place.interlock(&[&add[..], &words].concat()).expect(0);
    has(&added.out, &told);
    has(
        &added.out,
        &["added test: `uvx --prerelease allow leaf` is leaf@1.5, 1 package"],
    );
    // That a version floats is no news where one is locked.
    assert!(!added.out.contains("floating-version"), "{}", added.out);
    let lock = ["approve", "--lock", "--passphrase-fd", "0"];
    has(&place.interlock(&lock).out, &told);
    has(&place.approve(&[], &words).out, &told);
}

#[test]
fn what_is_in_packages_of_python_is_told_on_every_way() {
    let (place, _) = Place::new();
    let app = Wheel::new("app 1.0: lender").file("app.pth", "import os");
    let lender = Wheel::new("lender 1.0").file("lender/fast.so", "\u{7f}ELF");
    let dated = |it: Wheel| it.listed(json!({ "upload-time": "2024-01-01T00:00:00Z" }));
    wheel::publish(&place.index, &[app, lender].map(dated));
    let told = [
        "machine code in lender@1.0\n",
        "the command lender is not of app: it is of lender@1.0, which that needs",
        "site/app.pth of app@1.0",
        "would run at every start of Python",
    ];
    let words = ["--", "uvx", "--from", "app", "lender"];
    let lock = ["approve", "--lock", "--passphrase-fd", "0"];
    let online = ["approve", "--name", "online", "--passphrase-fd", "0"];
    let offline = ["--offline", "approve", "--name", "off", "--passphrase-fd"];
    for all in [
        [&["add", "--name", "test"][..], &words].concat(),
        lock.to_vec(),
        [&online[..], &words].concat(),
        [&offline[..], &["0"], &words].concat(),
    ] {
        has(&place.interlock(&all).out, &told);
    }
}
