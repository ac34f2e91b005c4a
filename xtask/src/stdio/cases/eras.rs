//! What is spoken: the handshake of the old revisions, the self-contained requests of the new one, and both on one pipe.

use serde_json::{Value, json};

use super::super::era::Era;
use super::super::peer::{Peer, at, expect_error, expect_text};
use super::{BOTH, Case, LEGACY, MODERN, Rule};

pub const CASES: &[Case] = &[
    Case {
        name: "eras/every-legacy-revision",
        rule: Rule::Must,
        eras: LEGACY,
        run: revisions,
    },
    Case {
        name: "eras/unknown-revision",
        rule: Rule::Must,
        eras: LEGACY,
        run: unknown,
    },
    Case {
        name: "eras/call-before-initialize",
        rule: Rule::Should,
        eras: LEGACY,
        run: too_early,
    },
    Case {
        name: "eras/ping-before-initialize",
        rule: Rule::Should,
        eras: LEGACY,
        run: early_ping,
    },
    Case {
        name: "eras/probe-then-initialize",
        rule: Rule::Robust,
        eras: LEGACY,
        run: probe,
    },
    Case {
        name: "eras/discover",
        rule: Rule::Must,
        eras: MODERN,
        run: discover,
    },
    Case {
        name: "eras/call-without-handshake",
        rule: Rule::Must,
        eras: MODERN,
        run: call,
    },
    Case {
        name: "eras/unsupported-version",
        rule: Rule::Must,
        eras: MODERN,
        run: unsupported,
    },
    Case {
        name: "eras/meta-is-required",
        rule: Rule::Must,
        eras: MODERN,
        run: no_capabilities,
    },
    Case {
        name: "eras/ping-is-gone",
        rule: Rule::Must,
        eras: MODERN,
        run: no_ping,
    },
    Case {
        name: "eras/tools-are-listed",
        rule: Rule::Must,
        eras: BOTH,
        run: list,
    },
];

const LEGACY_REVISIONS: [&str; 4] = ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"];

fn revisions(command: &[String], era: Era) -> Result<(), String> {
    LEGACY_REVISIONS.iter().try_for_each(|revision| {
        let mut peer = Peer::start(command, era)?;
        peer.read();
        peer.send_line(&era.initialize("open", revision));
        let answer = peer.answer("\"open\"")?;
        let agreed = answer.pointer("/result/protocolVersion");
        match agreed.and_then(Value::as_str) {
            Some(agreed) if agreed == *revision => {}
            other => return Err(format!("{revision} was answered with {other:?}")),
        }
        peer.send_line(r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#);
        peer.still_echoes(1)
    })
}

fn unknown(command: &[String], era: Era) -> Result<(), String> {
    let mut peer = Peer::start(command, era)?;
    peer.read();
    peer.send_line(&era.initialize("open", "1999-01-01"));
    let answer = peer.answer("\"open\"")?;
    let agreed = answer.pointer("/result/protocolVersion");
    match agreed.and_then(Value::as_str) {
        Some(agreed) if LEGACY_REVISIONS.contains(&agreed) => Ok(()),
        _ => Err(format!("no supported revision was offered: {answer}")),
    }
}

fn too_early(command: &[String], era: Era) -> Result<(), String> {
    let mut peer = Peer::start(command, era)?;
    peer.read();
    peer.echo(1, "too early");
    // Silence until the handshake would be a refusal too.
    peer.send_line(&era.initialize("open", "2025-11-25"));
    peer.answer("\"open\"")?;
    let said = peer.said_within(std::time::Duration::from_millis(50))?;
    match said
        .iter()
        .find(|said| at(said, "/id") == 1 && said.get("error").is_none())
    {
        None => Ok(()),
        Some(said) => Err(format!("it was executed: {said}")),
    }
}

fn early_ping(command: &[String], era: Era) -> Result<(), String> {
    let mut peer = Peer::start(command, era)?;
    peer.read();
    peer.send_line(&era.request(1, "ping", json!({})));
    let answer = peer.answer("1")?;
    match answer.get("result") {
        Some(_) => peer.handshake(),
        None => Err(format!("it was answered with {answer}")),
    }
}

/// A client of both eras asks first, and falls back on the same pipe. After an answer of the new era the specification does not
/// promise that, but clients do it that share no revision with the server.
fn probe(command: &[String], era: Era) -> Result<(), String> {
    let mut peer = Peer::start(command, era)?;
    peer.read();
    peer.send_line(&Era::Modern.request(0, "server/discover", json!({})));
    peer.answer("0")?;
    peer.handshake()?;
    peer.still_echoes(1)
}

fn discover(command: &[String], era: Era) -> Result<(), String> {
    let mut peer = Peer::open(command, era)?;
    peer.send_line(&era.request(1, "server/discover", json!({})));
    let answer = peer.answer("1")?;
    let versions = answer.pointer("/result/supportedVersions");
    let supported = versions
        .and_then(Value::as_array)
        .is_some_and(|all| all.iter().any(|version| version == "2026-07-28"));
    let capable = answer.pointer("/result/capabilities/tools").is_some();
    match supported && capable && at(&answer, "/result/resultType") == "complete" {
        true => Ok(()),
        false => Err(format!("no discovery: {answer}")),
    }
}

fn call(command: &[String], era: Era) -> Result<(), String> {
    let mut peer = Peer::open(command, era)?;
    peer.echo(1, "at once");
    let answer = peer.answer("1")?;
    expect_text(&answer, "at once")?;
    match at(&answer, "/result/resultType") == "complete" {
        true => Ok(()),
        false => Err(format!("no `resultType`: {answer}")),
    }
}

fn with_meta(name: &str, value: Value) -> String {
    let meta = json!({ format!("io.modelcontextprotocol/{name}"): value });
    let params = json!({"name": "echo", "arguments": {"text": "x"}, "_meta": meta});
    Era::Modern.request(1, "tools/call", params)
}

fn unsupported(command: &[String], era: Era) -> Result<(), String> {
    let mut peer = Peer::open(command, era)?;
    peer.send_line(&with_meta("protocolVersion", json!("2099-01-01")));
    let answer = peer.answer("1")?;
    let listed = answer
        .pointer("/error/data/supported")
        .is_some_and(Value::is_array);
    match expect_error(&answer)? {
        -32022 if listed => peer.still_echoes(2),
        _ => Err(format!("not the error of an unsupported version: {answer}")),
    }
}

fn no_capabilities(command: &[String], era: Era) -> Result<(), String> {
    let mut peer = Peer::open(command, era)?;
    peer.send_line(&with_meta("clientCapabilities", Value::Null));
    match expect_error(&peer.answer("1")?)? {
        -32602 => peer.still_echoes(2),
        code => Err(format!("the code is {code} and not -32602")),
    }
}

fn no_ping(command: &[String], era: Era) -> Result<(), String> {
    let mut peer = Peer::open(command, era)?;
    peer.send_line(&era.request(1, "ping", json!({})));
    match expect_error(&peer.answer("1")?)? {
        -32601 => Ok(()),
        code => Err(format!("the code is {code} and not -32601")),
    }
}

fn list(command: &[String], era: Era) -> Result<(), String> {
    let mut peer = Peer::open(command, era)?;
    peer.send_line(&era.request(1, "tools/list", json!({})));
    let answer = peer.answer("1")?;
    let tools = answer.pointer("/result/tools").and_then(Value::as_array);
    let names = tools.into_iter().flatten().filter_map(|tool| {
        let typed = tool.pointer("/inputSchema/type") == Some(&json!("object"));
        at(tool, "/name").as_str().filter(|_| typed)
    });
    let mut names: Vec<&str> = names.collect();
    names.sort_unstable();
    match names[..] == ["echo", "progress", "wait"] {
        true => Ok(()),
        false => Err(format!("not the fixture's tools: {answer}")),
    }
}
