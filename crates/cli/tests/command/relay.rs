//! What passes between a client and an approved server, and what does not.

use std::fs;

use crate::client::{CALL, INITIALIZE, LIST};
use crate::world::{World, has};

/// A server that was approved while it behaved, and then does something else.
fn turned(mode: &str) -> World {
    let world = World::new();
    let data = world.path("data");
    world
        .approve(&["--read", &data], &["switch", &data])
        .expect(0);
    fs::write(world.path("data/mode"), mode).unwrap();
    world
}

/// A server that does not speak MCP is ended; the client, the person and the log are told.
#[track_caller]
fn gated(mode: &str, answer: &str) {
    let world = turned(mode);
    let mut client = world.run(&["test", "--handshake-timeout", "1"]);
    has(&client.ask(INITIALIZE), &["\"error\"", answer]);
    has(&client.close().expect(5).err, &["did not speak MCP"]);
    world.nothing_is_left();
    assert_eq!(world.event("exit")["reason"], "not-mcp");
    world.event("handshake-failed");
}

#[test]
fn a_server_that_says_nothing_is_ended_in_time() {
    gated("silent", "within 1 s");
}

#[test]
fn a_server_that_echoes_is_ended() {
    gated("noise", "not MCP");
}

#[test]
fn a_server_that_crashes_is_told_with_its_code() {
    let world = turned("crash");
    let mut client = world.run(&["test"]);
    has(&client.ask(INITIALIZE), &["exit code 3"]);
    let said = client.close().expect(5);
    has(&said.err, &["no database", "exit code 3"]);
    assert_eq!(world.event("exit")["code"], 3);
}

#[test]
fn stray_lines_stay_off_standard_output_and_control_sequences_harmless() {
    let world = turned("banner");
    let mut client = world.run(&["test"]);
    client.greet();
    assert_eq!(client.call(), "3");
    let said = client.close().expect(0);
    for line in said.out.lines() {
        serde_json::from_str::<serde_json::Value>(line).unwrap();
    }
    assert!(!said.out.contains("starting up"), "{}", said.out);
    has(&said.err, &["\\u{1b}]0;title\\u{7} line"]);
    assert!(!said.err.contains('\u{1b}'));
    assert_eq!(world.event("stray-output")["lines"], 2);
}

#[test]
fn what_is_no_message_never_reaches_the_server() {
    let world = World::approved("plain", &[]);
    let mut client = world.run(&["test"]);
    client.greet();
    let twice = r#"{"jsonrpc":"2.0","id":7,"method":"tools/call","method":"tools/list"}"#;
    has(&client.ask(twice), &["\"error\""]);
    has(
        &client.ask(r#"[{"jsonrpc":"2.0","id":8,"method":"ping"}]"#),
        &["\"error\""],
    );
    assert_eq!(client.call(), "3");
    client.close().expect(0);
    world.event("rejected");
}

#[test]
fn a_tool_that_changed_is_withheld_until_a_person_has_seen_the_difference() {
    let world = turned("rug");
    let mut client = world.run(&["test"]);
    client.greet();
    has(&client.ask(LIST), &["\"tools\":[]"]);
    has(&client.ask(CALL), &["\"error\"", "interlock approve test"]);
    client.close().expect(0);
    assert_eq!(world.event("tool-withheld")["tool"], "add");
    assert_eq!(world.event("tool-refused")["tool"], "add");

    let shown = world
        .with_passphrase(&["approve", "test", "--passphrase-fd", "0"])
        .expect(0);
    has(&shown.out, &["changed add", "{+", "~/.ssh", "\\u200b"]);
    assert!(!shown.out.contains('\u{200b}'));
    let mut client = world.run(&["test"]);
    client.greet();
    has(&client.ask(LIST), &["~/.ssh"]);
    assert_eq!(client.call(), "3");
    client.close().expect(0);
}

#[test]
fn arguments_are_recorded_only_when_asked_for() {
    let world = World::approved("plain", &[]);
    for (words, kept) in [
        (&["test"][..], false),
        (&["test", "--record-arguments"], true),
    ] {
        let mut client = world.run(words);
        client.greet();
        client.call();
        client.close().expect(0);
        let call = world.event("tool-call");
        assert_eq!(
            call["args_sha256"].as_str().map(str::len),
            Some(64),
            "{call}"
        );
        assert_eq!(
            call.get("args").is_some_and(|args| !args.is_null()),
            kept,
            "{call}"
        );
    }
}
