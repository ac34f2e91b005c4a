//! A program of the same user, without the passphrase: it can neither approve, nor forge, nor bring back.

use std::fs;

use crate::client::INITIALIZE;
use crate::world::{World, approving, has, said};

/// What refuses `test` now, in whatever words have all of `parts`.
#[track_caller]
fn refused(world: &World, parts: &[&str]) {
    let mut client = world.run(&["test"]);
    has(&client.ask(INITIALIZE), parts);
    client.close().expect(3);
    assert!(!world.event_names().contains(&"handshake".to_owned()));
}

#[test]
fn a_wrong_passphrase_approves_nothing() {
    let world = World::new();
    let server = world.server();
    let words = approving(&[&server, "plain"]);
    let said = world.with_input(&words, b"wrong horse\n").expect(3);
    has(&said.err, &["the approver's key stays locked"]);
    assert_eq!(world.event("approval-failed")["reason"], "locked");
    world.with_input(&words, b"\n").expect(2);
    refused(&world, &["nothing is approved"]);
}

#[test]
fn a_yes_on_standard_input_approves_nothing() {
    let world = World::new();
    let server = world.server();
    // Without a controlling terminal there is nobody to ask, whatever is piped in.
    let mut command =
        world.shell("exec setsid -w \"$INTERLOCK\" approve --name test -- \"$SERVER\" plain");
    command.env("SERVER", &server);
    let said = said(&mut command, b"yes\ncorrect horse battery\n").expect(3);
    has(
        &said.err,
        &["there is no terminal to ask at", "--passphrase-fd"],
    );
    assert_eq!(world.event("approval-failed")["reason"], "not-a-terminal");
    refused(&world, &["nothing is approved"]);
}

#[test]
fn a_passphrase_in_the_environment_or_an_argument_is_none() {
    let world = World::new();
    let server = world.server();
    let mut command = world.shell("exec setsid -w \"$INTERLOCK\" revoke test");
    command.env("INTERLOCK_PASSPHRASE", "correct horse battery");
    world.approve(&[], &["plain"]).expect(0);
    has(
        &said(&mut command, b"correct horse battery\n").expect(3).err,
        &["no terminal"],
    );
    let words = [
        "approve",
        "--passphrase",
        "correct horse battery",
        "--",
        &server,
    ];
    world.interlock(&words).expect(2);
    world.run(&["test"]).close().expect(0);
}

/// After `forge`, nothing of the user's own approvals starts, and `list` says that they are not believed.
#[track_caller]
fn forged(forge: impl FnOnce(&World), parts: &[&str]) {
    let world = World::approved("plain", &[]);
    forge(&world);
    let mut client = world.run(&["test"]);
    let answer = client.ask(INITIALIZE);
    has(&answer, parts);
    client.close().expect(3);
    world.interlock(&["list"]).expect(3);
}

fn edit(world: &World, from: &str, to: &str) {
    let text = fs::read_to_string(world.ledger()).unwrap();
    assert!(text.contains(from), "{text}");
    fs::write(world.ledger(), text.replace(from, to)).unwrap();
}

#[test]
fn an_edited_file_of_approvals_is_not_believed() {
    forged(
        |world| edit(world, "plain", "crash"),
        &["cannot be trusted"],
    );
    forged(
        |world| edit(world, "\"reads\":[]", "\"reads\":[\"/etc\"]"),
        &["cannot be trusted"],
    );
    forged(
        |world| fs::write(world.ledger(), "{}").unwrap(),
        &["cannot be trusted"],
    );
}

/// The approvals of somebody else's key, made in the same home.
fn sign_with_another_key(world: &World) {
    let (config, state) = (world.path(".config"), world.path(".local/state"));
    for place in [&config, &state] {
        fs::rename(place, format!("{place}.own")).unwrap();
    }
    world
        .with_input(&["init", "--passphrase-fd", "0"], b"another passphrase\n")
        .expect(0);
    let server = world.server();
    let words = approving(&[&server, "plain"]);
    world.with_input(&words, b"another passphrase\n").expect(0);
    for place in [&config, &state] {
        fs::rename(place, format!("{place}.other")).unwrap();
        fs::rename(format!("{place}.own"), place).unwrap();
    }
}

fn take_over(world: &World, inside: &str) {
    let path = |place: &str| world.path(&format!("{place}/interlock/{inside}"));
    let (own, other) = match inside {
        "approvals" => (path(".local/state"), path(".local/state.other")),
        _ => (path(".config"), path(".config.other")),
    };
    if fs::remove_dir_all(&own).is_err() {
        fs::remove_file(&own).unwrap();
    }
    fs::rename(other, own).unwrap();
}

#[test]
fn approvals_of_another_key_are_not_believed() {
    let take = |inside: &'static [&str]| {
        move |world: &World| {
            sign_with_another_key(world);
            inside.iter().for_each(|name| take_over(world, name));
        }
    };
    forged(take(&["approvals"]), &["cannot be trusted"]);
    forged(take(&["approver.pub"]), &["cannot be trusted"]);
    forged(take(&["approvals", "approver.pub"]), &["cannot be trusted"]);
    forged(
        take(&["approvals", "approver.pub", "approver.key"]),
        &["cannot be trusted"],
    );
}

#[test]
fn an_older_file_does_not_bring_back_what_was_revoked() {
    forged(
        |world| {
            let before = fs::read(world.ledger()).unwrap();
            world
                .with_passphrase(&["revoke", "test", "--passphrase-fd", "0"])
                .expect(0);
            fs::write(world.ledger(), before).unwrap();
        },
        &["cannot be trusted", "sequence 2, but 3 was seen"],
    );
}

#[test]
fn a_key_made_in_place_of_the_users_is_not_believed() {
    forged(
        |world| {
            fs::remove_dir_all(world.path(".config/interlock")).unwrap();
            world.with_input(&["init", "--passphrase-fd", "0"], b"another passphrase\n");
        },
        &["cannot be trusted"],
    );
}

/// What a contained server can do with a path: the mode of the test server says what it tries.
#[track_caller]
fn reaches(world: &World, mode: &str, path: &str, expected: &str) {
    world
        .approve(&["--read", &world.path("data")], &[mode, path])
        .expect(0);
    let mut client = world.run(&["test"]);
    client.greet();
    assert_eq!(client.call(), expected, "{mode} {path}");
    client.close().expect(0);
}

#[test]
fn a_contained_server_reaches_neither_key_nor_approvals_nor_log() {
    let world = World::approved("plain", &[]);
    fs::write(world.path("data/words"), "granted").unwrap();
    reaches(&world, "probe", &world.path("data/words"), "reached");
    reaches(&world, "forge", &world.path("data/words"), "out-of-reach");
    let ledger = world.ledger();
    let own = [
        world.path(".config/interlock/approver.key"),
        world.path(".config/interlock/approver.pub"),
        ledger.to_str().unwrap().to_owned(),
        format!("{}/head", world.audit().display()),
    ];
    for path in &own {
        reaches(&world, "probe", path, "out-of-reach");
        reaches(&world, "forge", path, "out-of-reach");
    }
    assert_eq!(
        fs::read_to_string(world.path("data/words")).unwrap(),
        "granted"
    );
}

#[test]
fn interlocks_own_files_cannot_be_granted() {
    let world = World::new();
    for place in [".config/interlock", ".config", ".local/state/interlock"] {
        let path = world.path(place);
        has(
            &world.approve(&["--read", &path], &["plain"]).expect(2).err,
            &["cannot be given"],
        );
    }
}

/// With the passphrase, and only with it, there is a way on; what was approved before stays dead.
#[test]
fn lost_approvals_can_be_begun_anew() {
    let world = World::approved("plain", &[]);
    let old = fs::read(world.ledger()).unwrap();
    fs::remove_file(world.ledger()).unwrap();
    has(
        &world.interlock(&["list"]).expect(3).err,
        &["--danger-start-over"],
    );
    let words = ["init", "--danger-start-over", "--passphrase-fd", "0"];
    world.with_input(&words, b"wrong horse\n").expect(3);
    world.interlock(&["list"]).expect(3);
    world.with_passphrase(&words).expect(0);
    assert_eq!(world.event("danger-used")["option"], "--danger-start-over");
    world.interlock(&["list"]).expect(0);
    refused(&world, &["nothing is approved"]);
    fs::write(world.ledger(), old).unwrap();
    world.interlock(&["list"]).expect(3);
}
