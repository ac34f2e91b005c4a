//! The life of an approval: asked for, given, used, outdated, renewed, taken back.

use std::fs;
use std::io::{Read as _, Write as _};
use std::process::Stdio;

use crate::client::{INITIALIZE, LIST};
use crate::world::{PASSPHRASE, World, approving, has};

fn decision(world: &World) -> serde_json::Value {
    let server = world.server();
    let said = world.interlock(&["check", "--format", "json", "--", &server, "plain"]);
    said.expect(0).json().remove(0)
}

#[test]
fn a_launch_is_approved_once_and_runs_until_its_content_changes() {
    let world = World::new();
    let before = decision(&world);
    assert_eq!(before["decision"], "needs-approval");
    assert_eq!(before["identity"]["resolved"], false);

    let shown = world.approve(&[], &["plain"]).expect(0);
    let server = world.server();
    has(
        &shown.out,
        &["Launch test", &server, "sha256 ", "no files, no network"],
    );
    has(
        &shown.out,
        &["new add: \"adds two numbers\"", "interlock run test"],
    );

    let after = decision(&world);
    assert_eq!(after["decision"], "approved");
    assert_eq!(after["fingerprint"].as_str().map(str::len), Some(64));
    world.interlock(&["diff", "test"]).expect(0);
    for words in [&["test"][..], &["--", &server, "plain"]] {
        let mut client = world.run(words);
        client.greet();
        has(&client.ask(LIST), &["adds two numbers"]);
        assert_eq!(client.call(), "3");
        client.close().expect(0);
    }

    let text = fs::read_to_string(world.program("server")).unwrap();
    world.write_program("server", &format!("{text}# one more line\n"));
    assert_eq!(decision(&world)["decision"], "needs-approval");
    let mut client = world.run(&["test"]);
    has(
        &client.ask(INITIALIZE),
        &["not what was approved", "interlock diff test"],
    );
    let refused = client.close().expect(3);
    has(
        &refused.err,
        &["nothing was started", "interlock diff test"],
    );
    let difference = world.interlock(&["diff", "test"]).expect(1);
    has(&difference.out, &[&server, "  - ", "  + "]);

    world
        .with_passphrase(&["approve", "test", "--passphrase-fd", "0"])
        .expect(0);
    world.run(&["test"]).close().expect(0);
}

#[test]
fn what_was_revoked_does_not_start_by_name_or_by_request() {
    let world = World::approved("plain", &[]);
    let revoked = world
        .with_passphrase(&["revoke", "test", "--passphrase-fd", "0"])
        .expect(0);
    has(&revoked.out, &["revoked test"]);
    for words in [&["test"][..], &["--", &world.server(), "plain"]] {
        let mut client = world.run(words);
        has(
            &client.ask(INITIALIZE),
            &["was revoked", "interlock approve"],
        );
        client.close().expect(3);
    }
    assert_eq!(decision(&world)["decision"], "needs-approval");
    assert!(!world.event_names().contains(&"handshake".to_owned()));
    // The command that the refusal names works.
    world
        .with_passphrase(&["approve", "test", "--passphrase-fd", "0"])
        .expect(0);
    world.run(&["test"]).close().expect(0);
}

#[test]
fn an_approval_is_for_one_request_only() {
    let world = World::approved("plain", &[]);
    let server = world.server();
    for words in [
        &[server.as_str()][..],
        &[&server, "plain", "more"],
        &[&server, "crash"],
    ] {
        let mut all = vec!["--"];
        all.extend(words);
        let mut client = world.run(&all);
        has(&client.ask(INITIALIZE), &["has not been approved"]);
        client.close().expect(3);
    }
}

#[test]
fn the_list_tells_what_is_approved_and_what_it_may_touch() {
    let world = World::new();
    let nothing = world.interlock(&["list"]).expect(0);
    has(
        &nothing.err,
        &["nothing is approved yet", "interlock approve"],
    );
    let data = world.path("data");
    world
        .approve(
            &["--read", &data, "--net", "api.example.com:443"],
            &["plain"],
        )
        .expect(0);
    let list = world.interlock(&["list"]).expect(0).out;
    has(
        &list,
        &[
            "test",
            &world.server(),
            &format!("--read {data}"),
            "--net api.example.com:443",
            "1 pinned",
        ],
    );
    let json = world
        .interlock(&["list", "--format", "json"])
        .expect(0)
        .json()
        .remove(0);
    assert_eq!(json["name"], "test");
    assert_eq!(json["tools"], serde_json::json!(["add"]));
    assert_eq!(json["grants"][0], format!("--read {data}"));
}

#[test]
fn renewing_keeps_grants_and_shows_what_is_added() {
    let world = World::approved("plain", &["--net", "api.example.com:443"]);
    let data = world.path("data");
    let renewed = world
        .with_passphrase(&["approve", "test", "--read", &data, "--passphrase-fd", "0"])
        .expect(0);
    has(
        &renewed.out,
        &[
            "Differs from the earlier approval",
            &format!("+ --read {data}"),
        ],
    );
    let list = world.interlock(&["list"]).expect(0).out;
    has(
        &list,
        &["--net api.example.com:443", &format!("--read {data}")],
    );
}

#[test]
fn a_granted_path_that_leads_elsewhere_is_refused() {
    let data = "data/shared";
    let world = World::new();
    fs::create_dir_all(world.path(data)).unwrap();
    world
        .approve(&["--read", &world.path(data)], &["plain"])
        .expect(0);
    fs::remove_dir(world.path(data)).unwrap();
    std::os::unix::fs::symlink(world.path(".config"), world.path(data)).unwrap();
    let mut client = world.run(&["test"]);
    has(
        &client.ask(INITIALIZE),
        &["now leads to", "interlock approve test"],
    );
    client.close().expect(3);
}

#[test]
fn names_that_nobody_approved_say_what_to_do() {
    let world = World::new();
    let mut client = world.run(&["nothing"]);
    has(&client.ask(INITIALIZE), &["nothing", "interlock"]);
    client.close().expect(3);
    for words in [
        &["diff", "nothing"][..],
        &["revoke", "nothing", "--passphrase-fd", "0"],
    ] {
        has(
            &world.with_passphrase(words).expect(2).err,
            &["nothing is approved under nothing", "interlock list"],
        );
    }
}

/// Reads what is shown until the first part of the approval is complete.
pub(crate) fn shown_until(child: &mut std::process::Child, mark: &str) -> String {
    let mut output = child.stdout.take().unwrap();
    let (mut text, mut buffer) = (String::new(), [0; 4096]);
    while !text.contains(mark) {
        let count = output.read(&mut buffer).unwrap();
        assert_ne!(count, 0, "`{mark}` was not shown:\n{text}");
        text.push_str(&String::from_utf8_lossy(&buffer[..count]));
    }
    child.stdout = Some(output);
    text
}

#[test]
fn what_changes_while_a_person_looks_is_not_approved() {
    let world = World::new();
    let server = world.server();
    let words = approving(&[&server, "plain"]);
    let mut command = world.command(words);
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
    shown_until(&mut child, "May touch");
    let text = fs::read_to_string(world.program("server")).unwrap();
    world.write_program("server", &format!("{text}# swapped\n"));
    let mut input = child.stdin.take().unwrap();
    input.write_all(PASSPHRASE.as_bytes()).unwrap();
    drop(input);
    let output = child.wait_with_output().unwrap();
    let complaint = String::from_utf8_lossy(&output.stderr);
    has(&complaint, &["changed while you looked at it"]);
    assert_eq!(output.status.code(), Some(3));
    world.run(&["test"]).close().expect(3);
}

#[test]
fn a_person_at_a_terminal_is_asked_and_answers() {
    let world = World::new();
    for (answer, code) in [("no", 3), ("y", 3), ("yes", 0)] {
        let script =
            "exec script -qec '\"$INTERLOCK\" approve --name test -- \"$SERVER\" plain' /dev/null";
        let mut command = world.shell(script);
        command.env("SERVER", world.server());
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut input = child.stdin.take().unwrap();
        let mut text = shown_until(&mut child, "[yes/no]");
        input.write_all(format!("{answer}\n").as_bytes()).unwrap();
        if answer == "yes" {
            text += &shown_until(&mut child, "approver's passphrase:");
            input.write_all(PASSPHRASE.as_bytes()).unwrap();
        }
        let output = child.wait_with_output().unwrap();
        text += &String::from_utf8_lossy(&output.stdout);
        assert_eq!(output.status.code(), Some(code), "{answer}: {text}");
        assert!(!text.contains(PASSPHRASE.trim()), "echoed: {text}");
        drop(input);
    }
    let mut client = world.run(&["test"]);
    client.greet();
    client.close().expect(0);
}
