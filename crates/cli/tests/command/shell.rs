//! What is made from the definition of the flags, and how wrong calls end.

use std::fs;

use crate::world::{World, has};

#[test]
fn completions_and_manual_pages_are_written() {
    let world = World::without_key();
    for shell in ["bash", "zsh", "fish"] {
        has(
            &world.interlock(&["completions", shell]).expect(0).out,
            &["interlock", "approve", "passphrase-fd"],
        );
    }
    let pages = world.path("man");
    world.interlock(&["man", &pages]).expect(0);
    let page = fs::read_to_string(world.path("man/interlock-approve.1")).unwrap();
    has(&page, &["interlock\\-approve", "\\-\\-passphrase\\-fd"]);
}

#[test]
fn wrong_calls_end_with_the_code_of_wrong_calls() {
    let world = World::without_key();
    for words in [
        &["nonsense"][..],
        &["run"],
        &["run", "name", "--", "command"],
        &["approve"],
        &["check", "--stdin", "--", "npx"],
        &["run", "--handshake-timeout", "soon", "x"],
    ] {
        has(&world.interlock(words).expect(2).err, &["--help"]);
    }
    has(
        &world.interlock(&["--version"]).expect(0).out,
        &["interlock 0."],
    );
    has(
        &world.interlock(&["--help"]).expect(0).out,
        &["approve", "run", "audit"],
    );
}
