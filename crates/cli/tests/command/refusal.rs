//! What a client hears when nothing starts: in either era, on stdout and stderr, with the exit code.

use crate::client::{INITIALIZE, LIST, stateless};
use crate::world::{World, has};

#[track_caller]
fn check(world: &World, question: &str, id: &serde_json::Value) {
    let server = world.server();
    let mark = world.path("data/started");
    let mut client = world.run(&["--", &server, "trace", &mark]);
    let answer = client.ask(question);
    let reply: serde_json::Value = serde_json::from_str(&answer).unwrap();
    assert_eq!(reply["id"], *id, "{answer}");
    assert_eq!(reply["jsonrpc"], "2.0");
    let command = format!("interlock approve -- {server} trace {mark}");
    has(
        reply["error"]["message"].as_str().unwrap(),
        &["has not been approved", &command],
    );
    let said = client.close().expect(3);
    has(&said.err, &["nothing was started", &command]);
    assert_eq!(said.out.lines().count(), 1, "{}", said.out);
    assert!(
        !std::path::Path::new(&mark).exists(),
        "the server was started"
    );
}

#[test]
fn the_first_request_is_answered_in_either_era() {
    let world = World::new();
    check(&world, INITIALIZE, &0.into());
    check(&world, LIST, &1.into());
    for method in ["server/discover", "tools/list"] {
        check(&world, &stateless(method), &"x1".into());
    }
    let names = world.event_names();
    assert!(!names.contains(&"launch-started".to_owned()), "{names:?}");
    assert_eq!(world.event("launch-decision")["decision"], "needs-approval");
}

#[test]
fn the_mark_of_a_started_server_would_be_seen() {
    let world = World::new();
    let mark = world.path("data/started");
    let mut plain = std::process::Command::new(world.server());
    plain
        .args(["trace", &mark])
        .stdin(std::process::Stdio::null());
    assert!(plain.status().unwrap().success());
    assert!(std::path::Path::new(&mark).exists());
}

#[test]
fn a_user_without_a_key_is_told_too() {
    let world = World::without_key();
    let server = world.server();
    let mut client = world.run(&["--", &server, "plain"]);
    has(&client.ask(INITIALIZE), &["interlock approve -- "]);
    client.close().expect(3);
    has(
        &world.approve(&[], &["plain"]).expect(3).err,
        &["no approver's key yet", "interlock init"],
    );
}

#[test]
fn a_name_that_nothing_has_is_told() {
    let world = World::new();
    let mut client = world.run(&["nope"]);
    let text = "nothing is approved under the name `nope`: run `interlock list`";
    has(&client.ask(INITIALIZE), &[text]);
    has(
        &client.close().expect(3).err,
        &["nothing was started", text],
    );
}

#[test]
fn what_nobody_can_approve_says_why() {
    let world = World::new();
    for (words, parts) in [
        (
            &["sh", "-c", "true"][..],
            &["--danger-allow-inline-code"][..],
        ),
        (&["node", "-e", "1"], &["--danger-allow-inline-code"]),
        (
            &["sudo", "/usr/bin/true"],
            &["changes who the program runs as"],
        ),
    ] {
        let mut all = vec!["--"];
        all.extend(words);
        let mut client = world.run(&all);
        has(&client.ask(INITIALIZE), parts);
        client.close().expect(3);
        let mut all = vec!["approve", "--passphrase-fd", "0", "--"];
        all.extend(words);
        has(
            &world.with_passphrase(&all).expect(3).err,
            &["cannot be approved"],
        );
    }
}

#[test]
fn a_client_that_says_nothing_hears_nothing() {
    let world = World::new();
    let said = world.run(&["nothing"]).close().expect(3);
    assert_eq!(said.out, "");
    has(&said.err, &["nothing was started"]);
}
