//! What is told of packages of Python: the same of a tree that was fetched just now, of the same one in the store, and of one that a lock
//! names; and no package hides what is in another.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "test helpers fail by panicking"
)]

mod support;

use interlock_supply::pypi::{Seen, seen};
use support::wheel::{Wheel, World, wish};

const ELF: &str = "\u{7f}ELF";

/// `native | startup | lender`, on all three ways.
fn check(wheels: &[Wheel], words: &str, expected: &str) {
    let world = World::new(wheels);
    let fetched = world.lock(words).unwrap();
    let stored = world.lock_with(words, true, None).unwrap();
    assert_eq!(fetched.tree, stored.tree, "{words}");
    let beside = &wish(words).requirements[1..];
    let named = seen(&world.store, &fetched.tree, beside);
    for found in [fetched.seen, stored.seen, named] {
        let Seen {
            native,
            startup,
            lender,
        } = found;
        let shown = format!(
            "{} | {} | {}",
            native.join(" "),
            startup.join(", "),
            lender.unwrap_or_default()
        );
        assert_eq!(shown, expected, "{words}");
    }
}

#[test]
fn the_same_is_seen_on_every_way() {
    let native = "cp311-cp311-manylinux_2_17_x86_64";
    check(&[Wheel::new("app 1.0")], "app", " |  | ");
    let app = Wheel::new("app 1.0: lib");
    let lib = Wheel::new("lib 1.0");
    for (wheels, words, expected) in [
        (
            [app.clone(), lib.clone().tagged(native)],
            "app",
            "lib@1.0 |  | ",
        ),
        // By its tags it is for every system.
        (
            [app.clone(), lib.clone().file("lib/fast.so", ELF)],
            "app",
            "lib@1.0 |  | ",
        ),
        (
            [
                app.clone().file("app.pth", "import os"),
                lib.clone()
                    .file("lib-1.0.data/purelib/sitecustomize.py", "")
                    .file("lib/inner.pth", ""),
            ],
            "app",
            " | site/app.pth of app@1.0, site/sitecustomize.py of lib@1.0 | ",
        ),
        ([app.clone(), lib.clone()], "app !lib", " |  | lib@1.0"),
        ([app.clone(), lib.clone()], "app lib !lib", " |  | "),
        (
            [
                app.clone().file("app-1.0.dist-info/entry_points.txt", ""),
                lib.clone().file(
                    "lib-1.0.dist-info/entry_points.txt",
                    "[console_scripts]\napp = lib:main\n",
                ),
            ],
            "app",
            " |  | lib@1.0",
        ),
    ] {
        check(&wheels, words, expected);
    }
}

#[test]
fn no_package_hides_what_is_in_another() {
    let app = Wheel::new("app 1.0: lib")
        .file("app-1.0.data/purelib/lib-0.1.dist-info/RECORD", "")
        .file(
            "app-1.0.data/purelib/lib-0.1.dist-info/WHEEL",
            "Tag: py3-none-any\n",
        );
    let lib = Wheel::new("lib 1.0")
        .file("lib/fast.so", ELF)
        .file("lib.pth", "");
    check(&[app, lib], "app", "lib@1.0 | site/lib.pth of lib@1.0 | ");
}
