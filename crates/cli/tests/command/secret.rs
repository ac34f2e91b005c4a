//! A secret reaches the one server that it was granted to, and nothing else.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use crate::client::{Client, INITIALIZE};
use crate::world::{World, has};

const VALUE: &str = "s3cr3t-value-of-the-test";

fn with_secret() -> World {
    let world = World::new();
    let kept = world
        .with_input(&["secret", "set", "TOKEN"], VALUE.as_bytes())
        .expect(0);
    has(&kept.out, &["kept `TOKEN`"]);
    assert!(!kept.out.contains(VALUE));
    world
}

#[test]
fn a_granted_secret_reaches_its_server_only() {
    let world = with_secret();
    let shown = world.approve(&["--secret", "TOKEN"], &["secret"]).expect(0);
    has(&shown.out, &["--secret TOKEN"]);
    let mut client = world.run(&["test"]);
    client.greet();
    assert_eq!(client.call(), VALUE);
    let listed: Vec<Vec<u8>> = fs::read_dir("/proc")
        .unwrap()
        .flatten()
        .filter_map(|entry| fs::read(entry.path().join("cmdline")).ok())
        .collect();
    assert!(
        !listed.iter().any(|line| contains(line)),
        "in the list of processes"
    );
    let said = client.close().expect(0);
    assert!(!said.err.contains(VALUE));
    assert_eq!(world.event("secret-given")["secret"], "TOKEN");
    for words in [
        &["list", "--format", "json"][..],
        &["list"],
        &["secret", "list"],
        &["audit", "show", "--format", "json"],
        &["audit", "export", "--format", "ocsf"],
    ] {
        let said = world.interlock(words).expect(0);
        assert!(
            !said.out.contains(VALUE) && !said.err.contains(VALUE),
            "{words:?}"
        );
    }
    assert!(!shown.out.contains(VALUE));
}

fn contains(bytes: &[u8]) -> bool {
    bytes
        .windows(VALUE.len())
        .any(|part| part == VALUE.as_bytes())
}

#[test]
fn a_secret_lies_in_one_file_that_only_its_owner_reads() {
    let world = with_secret();
    world.approve(&["--secret", "TOKEN"], &["secret"]).expect(0);
    let mut client = world.run(&["test", "--record-arguments"]);
    client.greet();
    client.call();
    client.close().expect(0);
    let files = world.every_file();
    let holders: Vec<_> = files.iter().filter(|(_, bytes)| contains(bytes)).collect();
    assert_eq!(
        holders.len(),
        1,
        "{:?}",
        holders.iter().map(|(path, _)| path).collect::<Vec<_>>()
    );
    let mode = fs::metadata(&holders[0].0).unwrap().permissions().mode();
    assert_eq!(mode & 0o077, 0, "{mode:o}");
    world.interlock(&["secret", "remove", "TOKEN"]).expect(0);
    assert!(!world.every_file().iter().any(|(_, bytes)| contains(bytes)));
}

#[test]
fn what_was_not_granted_does_not_arrive() {
    let world = with_secret();
    world.approve(&[], &["secret"]).expect(0);
    let mut command = world.command(["run", "test"]);
    command.env("TOKEN", VALUE);
    let mut client = Client::start(command);
    client.greet();
    assert_eq!(client.call(), "");
    client.close().expect(0);
}

#[test]
fn a_granted_variable_arrives_and_a_variable_that_loads_code_is_not_granted() {
    let world = World::new();
    world.approve(&["--env", "TOKEN"], &["secret"]).expect(0);
    let mut command = world.command(["run", "test"]);
    command.env("TOKEN", "from outside");
    let mut client = Client::start(command);
    client.greet();
    assert_eq!(client.call(), "from outside");
    client.close().expect(0);
    has(
        &world
            .approve(&["--env", "LD_PRELOAD"], &["plain"])
            .expect(2)
            .err,
        &["LD_PRELOAD", "danger"],
    );
}

#[test]
fn a_secret_that_is_gone_stops_the_launch() {
    let world = with_secret();
    world.approve(&["--secret", "TOKEN"], &["secret"]).expect(0);
    world.interlock(&["secret", "remove", "TOKEN"]).expect(0);
    let mut client = world.run(&["test"]);
    has(&client.ask(INITIALIZE), &["interlock secret set TOKEN"]);
    client.close().expect(4);
}

#[test]
fn secrets_have_names_and_values() {
    let world = World::new();
    world.with_input(&["secret", "set", "a/b"], b"x").expect(2);
    world
        .with_input(&["secret", "set", "EMPTY"], b"\n")
        .expect(2);
    assert_eq!(world.interlock(&["secret", "list"]).expect(0).out, "");
}
