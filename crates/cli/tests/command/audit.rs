//! The trace: shown, verified, exported, and without it nothing happens.

use std::fs;

use crate::client::INITIALIZE;
use crate::world::{World, has, said};

/// A world whose server was approved, called once and closed.
fn used() -> World {
    let world = World::approved("plain", &[]);
    let mut client = world.run(&["test"]);
    client.greet();
    client.call();
    client.close().expect(0);
    world
}

#[test]
fn every_step_is_on_record_in_order() {
    let names = used().event_names();
    let steps = [
        "key-created",
        "approved",
        "tools-pinned",
        "launch-requested",
        "launch-decision",
        "launch-started",
        "handshake",
        "tool-call",
        "tool-outcome",
        "exit",
    ];
    let mut rest = names.iter();
    for step in steps {
        assert!(
            rest.any(|name| name == step),
            "no `{step}` where it belongs in {names:?}"
        );
    }
}

#[test]
fn records_are_shown_filtered_and_cut() {
    let world = used();
    let calls = world.interlock(&["audit", "show", "--event", "tool-call", "--format", "json"]);
    let calls = calls.expect(0).json();
    assert_eq!(calls.len(), 1);
    assert_eq!(calls[0]["tool"], "add");
    let session = calls[0]["session"].as_str().unwrap();
    let of_session = world.interlock(&["audit", "show", "--session", session, "--format", "json"]);
    let of_session = of_session.expect(0).json();
    assert!(of_session.len() > 4 && of_session.iter().all(|event| event["session"] == session));
    let tail = world.interlock(&["audit", "tail", "-n", "2"]).expect(0).out;
    assert_eq!(tail.lines().count(), 2);
    has(&tail, &["exit"]);
    let add = world
        .interlock(&["audit", "show", "--tool", "add"])
        .expect(0)
        .out;
    has(&add, &["tool-call", "tool=add"]);
}

#[test]
fn an_intact_log_verifies_and_an_edited_copy_does_not() {
    let world = used();
    has(
        &world.interlock(&["audit", "verify"]).expect(0).out,
        &["intact", "records"],
    );
    let copy = world.path("copy");
    let copied = || {
        let _gone = fs::remove_dir_all(&copy);
        let mut builder = fs::DirBuilder::new();
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700)
            .create(&copy)
            .unwrap();
        let mut records = None;
        for entry in fs::read_dir(world.audit()).unwrap().flatten() {
            let to = format!("{copy}/{}", entry.file_name().display());
            fs::copy(entry.path(), &to).unwrap();
            if to.ends_with(".jsonl") {
                records = Some(to);
            }
        }
        records.unwrap()
    };
    let verify = |code| world.interlock(&["audit", "verify", &copy]).expect(code);
    copied();
    verify(0);
    let edits: [fn(&mut Vec<&str>); 3] = [
        |lines| {
            lines.remove(2);
        },
        |lines| lines.swap(1, 2),
        |lines| lines.truncate(3),
    ];
    for edit in edits {
        let records = copied();
        let text = fs::read_to_string(&records).unwrap();
        let mut lines: Vec<&str> = text.lines().collect();
        edit(&mut lines);
        fs::write(&records, lines.join("\n") + "\n").unwrap();
        has(&verify(1).out, &["found"]);
    }
    let records = copied();
    let mut bytes = fs::read(&records).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&records, bytes).unwrap();
    has(&verify(1).out, &["not intact"]);
}

#[test]
fn the_log_is_exported_as_it_is_and_as_ocsf() {
    let world = used();
    let plain = world.interlock(&["audit", "export"]).expect(0).json();
    assert_eq!(plain.len(), world.events().len());
    let ocsf = world
        .interlock(&["audit", "export", "--format", "ocsf"])
        .expect(0)
        .json();
    assert_eq!(ocsf.len(), plain.len());
    assert!(
        ocsf.iter().all(|event| event["class_uid"] == 6003),
        "{ocsf:#?}"
    );
}

#[test]
fn what_cannot_be_recorded_does_not_happen() {
    let world = World::approved("plain", &[]);
    let before = world.events().len();
    // No file grows any more: a full disk, without filling one.
    let full = "trap '' XFSZ; ulimit -f 0; exec \"$INTERLOCK\" run test";
    let mut client = crate::client::Client::start(world.shell(full));
    has(
        &client.ask(INITIALIZE),
        &["\"error\"", "the audit log cannot be written"],
    );
    let said = client.close();
    assert_eq!(said.code, 70, "{said:#?}");
    has(&said.err, &["nothing was started", "interlock doctor"]);
    assert_eq!(world.events().len(), before);
    world.interlock(&["audit", "verify"]).expect(0);
    // With room again, all is well.
    let mut client = world.run(&["test"]);
    client.greet();
    client.close().expect(0);
    world.interlock(&["audit", "verify"]).expect(0);
}

#[test]
fn an_approval_that_cannot_be_recorded_is_none() {
    let world = World::new();
    let script = "trap '' XFSZ; ulimit -f 0; exec \"$INTERLOCK\" approve --name test --passphrase-fd 0 -- \"$SERVER\" plain";
    let mut command = world.shell(script);
    command.env("SERVER", world.server());
    let refused = said(&mut command, crate::world::PASSPHRASE.as_bytes());
    assert_ne!(refused.code, 0, "{refused:#?}");
    world.run(&["test"]).close().expect(3);
}

/// A log that was replaced as a whole is intact in itself; only what was kept elsewhere tells.
#[test]
fn a_kept_checkpoint_tells_a_replaced_log() {
    let world = used();
    let said = world.interlock(&["audit", "verify"]).expect(0).out;
    let line = said.lines().find(|line| line.starts_with("checkpoint"));
    let checkpoint = line.unwrap().rsplit(' ').next().unwrap();
    let expect = ["audit", "verify", "--expect", checkpoint];
    world.interlock(&expect).expect(0);
    fs::remove_dir_all(world.audit()).unwrap();
    world.interlock(&["doctor"]);
    world.interlock(&["secret", "list"]).expect(0);
    world.with_input(&["revoke", "none", "--passphrase-fd", "0"], b"x\n");
    world.interlock(&["audit", "verify"]).expect(0);
    world.interlock(&expect).expect(1);
    let wrong = ["audit", "verify", "--expect", "nonsense"];
    has(&world.interlock(&wrong).expect(2).err, &["--expect"]);
}
