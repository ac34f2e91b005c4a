//! `interlock check`: one verdict a line, as JSON, and an exit code that sums them up.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::world::{World, has};

fn judged(world: &World, input: &[u8], code: i32) -> Vec<Value> {
    let words = ["check", "--stdin", "--format", "json"];
    world.with_input(&words, input).expect(code).json()
}

/// The decisions of some lines, each with its id.
#[track_caller]
fn check(lines: &[&str], expected: &[(&str, &str)], code: i32) {
    let world = World::without_key();
    let verdicts = judged(&world, lines.join("\n").as_bytes(), code);
    let found: Vec<(&str, &str)> = verdicts
        .iter()
        .map(|verdict| {
            assert_eq!(verdict["v"], 1);
            (
                verdict["id"].as_str().unwrap_or("-"),
                verdict["decision"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(found, expected);
}

#[test]
fn the_worst_decision_gives_the_exit_code() {
    let good = r#"{"id":"a","command":"npx","args":["-y","@modelcontextprotocol/server-everything@2025.9.25"]}"#;
    let inline = r#"{"id":"b","command":"sh","args":["-c","id"]}"#;
    let malformed = r#"{"id":"c","command":"npx","command":"sh"}"#;
    check(&[good], &[("a", "needs-approval")], 0);
    check(&[inline], &[("b", "refused")], 3);
    check(
        &[malformed, good],
        &[("-", "invalid"), ("a", "needs-approval")],
        2,
    );
    check(
        &[malformed, inline],
        &[("-", "invalid"), ("b", "refused")],
        3,
    );
    check(&[], &[], 0);
}

#[test]
fn what_is_malformed_is_invalid_and_keeps_its_id() {
    check(
        &[
            r#"{"id":"type","command":["sh","-c","id"]}"#,
            r#"{"id":"args","command":"npx","args":"-y"}"#,
            r#"{"id":"env","command":"npx","env":{"A":1}}"#,
            r#"{"id":"case","command":"npx","Args":[]}"#,
            r#"{"id":"both","command":"npx","config":"{}"}"#,
            r#"{"id":"none"}"#,
            "not json",
            "[1]",
            r#"{"id":"nul","command":"a\u0000b"}"#,
        ],
        &[
            ("type", "invalid"),
            ("args", "invalid"),
            ("env", "invalid"),
            ("case", "invalid"),
            ("both", "invalid"),
            ("none", "invalid"),
            ("-", "invalid"),
            ("-", "invalid"),
            ("nul", "invalid"),
        ],
        2,
    );
}

#[test]
fn a_config_has_one_verdict_with_one_for_each_server() {
    let world = World::without_key();
    let config = r#"{"mcpServers":{"good":{"command":"npx","args":["-y","a@1.0.0"]},"bad":{"command":"sh","args":["-c","id"]}}}"#;
    let both = r#"{"mcpServers":{"x":{"command":"npx","url":"http://x"}}}"#;
    let lines = [
        json!({"id": "c", "config": config}),
        json!({"id": "d", "config": both}),
    ];
    let input = lines.map(|line| line.to_string()).join("\n");
    let verdicts = judged(&world, input.as_bytes(), 3);
    assert_eq!(verdicts.len(), 2);
    assert_eq!(
        (&verdicts[0]["id"], &verdicts[0]["decision"]),
        (&json!("c"), &json!("refused"))
    );
    let servers = verdicts[0]["servers"].as_array().unwrap();
    let named: Vec<_> = servers
        .iter()
        .map(|server| (&server["name"], &server["decision"]))
        .collect();
    assert!(
        named.contains(&(&json!("good"), &json!("needs-approval"))),
        "{named:?}"
    );
    assert!(
        named.contains(&(&json!("bad"), &json!("refused"))),
        "{named:?}"
    );
    assert_eq!(verdicts[1]["decision"], "invalid");
}

#[test]
fn each_reason_says_what_it_weighs() {
    let world = World::without_key();
    for (words, code, severity, exit) in [
        (&["npx", "-y", "a"][..], "floating-version", "info", 0),
        (
            &["npx", "-y", "mcp-server-fetc@1.0.0", "\u{200b}"],
            "hidden-character",
            "refusal",
            3,
        ),
        (&["sh", "-c", "id"], "inline-code", "danger", 3),
        (&[" npx"], "padded-command", "invalid", 2),
    ] {
        let (command, args) = words.split_first().unwrap();
        let line = json!({"command": command, "args": args}).to_string();
        let verdicts = judged(&world, line.as_bytes(), exit);
        let reasons = verdicts[0]["reasons"].as_array().unwrap();
        let found = reasons.iter().find(|reason| reason["code"] == code);
        let found = found.unwrap_or_else(|| panic!("{words:?}: {reasons:?}"));
        assert_eq!(found["severity"], severity, "{words:?}");
        let known = ["info", "warning", "danger", "refusal", "invalid"];
        let word = |reason: &Value| known.iter().any(|word| reason["severity"] == *word);
        assert!(reasons.iter().all(word), "{reasons:?}");
    }
}

#[test]
fn a_huge_line_is_one_invalid_verdict_and_the_next_is_judged() {
    let world = World::without_key();
    let mut input = Vec::with_capacity(20 << 20);
    input.extend(br#"{"id":"huge","command":"npx","args":[""#);
    input.resize(18 << 20, b'x');
    input.extend(b"\"]}\n{\"id\":\"next\",\"command\":\"npx\",\"args\":[\"a@1.0.0\"]}\n");
    let verdicts = judged(&world, &input, 2);
    assert_eq!(verdicts.len(), 2, "{verdicts:?}");
    assert_eq!(verdicts[0]["decision"], "invalid");
    assert_eq!(verdicts[0]["reasons"][0]["code"], "too-long");
    assert_eq!(verdicts[1]["id"], "next");
}

#[test]
fn a_thousand_lines_are_a_thousand_verdicts_at_once() {
    let world = World::approved("plain", &[]);
    let server = world.server();
    let lines: Vec<String> = (0..1000)
        .map(|number| match number % 2 {
            0 => json!({"id": number.to_string(), "command": "npx", "args": ["-y", format!("some-server-{number}@1.0.0")]}),
            _ => json!({"id": number.to_string(), "command": server, "args": ["plain"]}),
        })
        .map(|line| line.to_string())
        .collect();
    let began = Instant::now();
    let verdicts = judged(&world, lines.join("\n").as_bytes(), 0);
    let took = began.elapsed();
    assert_eq!(verdicts.len(), 1000);
    for (number, verdict) in verdicts.iter().enumerate() {
        let decision = ["needs-approval", "approved"][number % 2];
        assert_eq!(
            (&verdict["id"], &verdict["decision"]),
            (&json!(number.to_string()), &json!(decision))
        );
    }
    // An unoptimised build on a busy machine; built for release it takes milliseconds.
    assert!(took < Duration::from_secs(10), "{took:?}");
}

#[test]
fn checking_leaves_no_trace_and_starts_nothing() {
    let world = World::without_key();
    let server = world.server();
    let mark = world.path("data/started");
    let before = world.every_file().len();
    world
        .interlock(&["check", "--", &server, "trace", &mark])
        .expect(0);
    assert_eq!(world.every_file().len(), before);
}

#[test]
fn people_read_the_reasons() {
    let world = World::without_key();
    let said = world
        .interlock(&["check", "--", "sh", "-c", "id"])
        .expect(3);
    has(&said.out, &["refused (inline-code)", "inline"]);
    let said = world.interlock(&["check", "--env", "LD_PRELOAD=/x.so", "--", "npx", "a@1.0.0"]);
    has(&said.expect(3).out, &["LD_PRELOAD"]);
    has(
        &world
            .interlock(&["check", "--env", "X", "--", "npx", "a"])
            .expect(2)
            .err,
        &["--env NAME=VALUE"],
    );
    world.interlock(&["check"]).expect(2);
    let container = world.interlock(&[
        "check",
        "--format",
        "json",
        "--",
        "docker",
        "run",
        "--rm",
        "-i",
        "mcp/time:1.0",
    ]);
    assert_eq!(container.expect(0).json()[0]["class"], "container");
}

#[test]
fn packages_are_judged_by_what_they_say() {
    check(
        &[
            r#"{"id":"fine","package":{"registryType":"pypi","identifier":"mcp-server-git","version":"2026.7.10"}}"#,
            r#"{"id":"known","package":{"registryType":"npm","identifier":"postmark-mcp","version":"1.0.16"}}"#,
            r#"{"id":"nothing","package":{}}"#,
            r#"{"id":"both","command":"npx","package":{}}"#,
        ],
        &[
            ("fine", "needs-approval"),
            ("known", "refused"),
            ("nothing", "invalid"),
            ("both", "invalid"),
        ],
        3,
    );
}
