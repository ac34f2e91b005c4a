//! Other users, and kernels that give less.

use std::fs;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;

use crate::client::{Client, INITIALIZE};
use crate::world::{PASSPHRASE, World, approving, has, said};

/// Nobody's id on any machine that these tests run on.
const STRANGER: u32 = 54_321;

#[test]
fn an_ordinary_user_approves_and_runs() {
    let world = World::without_key();
    // The build directory may be closed to others; and only root can become somebody else.
    let binary = world.path("interlock");
    fs::copy(env!("CARGO_BIN_EXE_interlock"), &binary).unwrap();
    let ordinary = |words: &[&str]| {
        let mut command = Command::new(&binary);
        command.args(words).env_clear().env("HOME", &world.home);
        command.env("PATH", "/usr/bin:/bin").current_dir("/");
        if rustix::process::getuid().is_root() {
            command.uid(STRANGER).gid(STRANGER);
        }
        command
    };
    if rustix::process::getuid().is_root() {
        for place in [".", "data", "servers", "servers/bin", "servers/bin/server"] {
            std::os::unix::fs::chown(world.path(place), Some(STRANGER), Some(STRANGER)).unwrap();
        }
    }
    let passphrase = PASSPHRASE.as_bytes();
    said(&mut ordinary(&["init", "--passphrase-fd", "0"]), passphrase).expect(0);
    let server = world.server();
    let words = approving(&[&server, "daemon"]);
    said(&mut ordinary(&words), passphrase).expect(0);
    let mut client = Client::start(ordinary(&["run", "test"]));
    client.greet();
    assert_eq!(client.call(), "3");
    client.close().expect(0);
    world.nothing_is_left();
    said(&mut ordinary(&["doctor"]), b"").expect(0);
}

/// A kernel that gives no more user namespaces, as some distributions are set up.
const DENIED: &str = "exec unshare --user --map-root-user sh -c \
    'echo 0 >/proc/sys/user/max_user_namespaces && exec \"$INTERLOCK\" \"$@\"' sh ";

#[test]
fn without_user_namespaces_nothing_starts_and_the_reason_is_told() {
    let world = World::approved("plain", &[]);
    let mut client = Client::start(world.shell(&format!("{DENIED} run test")));
    has(
        &client.ask(INITIALIZE),
        &["\"error\"", "refused new namespaces", "interlock doctor"],
    );
    let said_by_run = client.close().expect(4);
    has(
        &said_by_run.err,
        &["nothing was started", "interlock doctor"],
    );
    assert_eq!(world.event("launch-failed")["event"], "launch-failed");
    let doctor = said(&mut world.shell(&format!("{DENIED} doctor")), b"").expect(4);
    has(
        &doctor.out,
        &["NO  namespaces", "next: ", "user.max_user_namespaces"],
    );
}

#[test]
fn this_machine_has_what_is_required() {
    let world = World::new();
    let rows = world
        .interlock(&["doctor", "--format", "json"])
        .expect(0)
        .json();
    assert!(
        rows.iter()
            .any(|row| row["name"] == "landlock" && row["present"] == true),
        "{rows:#?}"
    );
    assert!(
        rows.iter()
            .any(|row| row["name"] == "approver" && row["present"] == true)
    );
}

#[test]
fn a_danger_option_is_shown_kept_and_recorded_at_each_use() {
    let world = World::new();
    let layer = "--danger-allow-missing=landlock";
    has(&world.approve(&[layer], &["plain"]).expect(0).out, &[layer]);
    has(&world.interlock(&["list"]).expect(0).out, &[layer]);
    world.run(&["test"]).close().expect(0);
    let used = world.event("danger-used");
    has(&used.to_string(), &["landlock"]);
    has(
        &world
            .approve(&["--danger-allow-missing=magic"], &["plain"])
            .expect(2)
            .err,
        &["no layer of the sandbox", "choose from", "landlock"],
    );
}

#[test]
fn a_home_that_is_not_there_is_told() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_interlock"));
    command.arg("list").env_clear();
    has(
        &said(&mut command, b"").expect(2).err,
        &["`HOME` is not set"],
    );
    assert!(
        Path::new("/proc/self/ns/user").exists(),
        "these tests need namespaces"
    );
}
