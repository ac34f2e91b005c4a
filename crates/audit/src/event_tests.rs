use std::time::{Duration, UNIX_EPOCH};

use serde_json::Value;

use super::*;
use crate::batch::Batch;

const DIGEST: Digest = [0xab; 32];

fn text(write: impl FnOnce(&mut Vec<u8>)) -> String {
    let mut out = Vec::new();
    write(&mut out);
    String::from_utf8(out).unwrap()
}

#[track_caller]
fn check(event: &Event<'_>, expected: &str) {
    let text = text(|out| event.write(out));
    let expected = expected.replace("DIGEST", &"ab".repeat(32));
    assert_eq!(text, expected);
    let json: Value = serde_json::from_str(&format!("{{{text}}}")).unwrap();
    assert_eq!(json["event"], event.name());
}

/// One of each event with all its fields, and how it is recorded.
fn samples() -> Vec<(Event<'static>, &'static str)> {
    use Event::*;
    let session = "s";
    let args: &'static [String] = Vec::leak(vec!["-y".into(), "pkg".into()]);
    let env: &'static [String] = Vec::leak(vec!["TOKEN".into()]);
    vec![
        (
            LaunchRequested {
                session,
                name: Some("files"),
                command: "npx",
                args,
                env,
                cwd: Some("/srv"),
                origin: Some("~/.mcp.json"),
            },
            r#""event":"launch-requested","session":"s","name":"files","command":"npx","args":["-y","pkg"],"env":["TOKEN"],"cwd":"/srv","origin":"~/.mcp.json""#,
        ),
        (
            LaunchDecision {
                session,
                decision: "approved",
                reasons: &["a", "b"],
                fingerprint: Some(DIGEST),
                approval: Some("user files"),
            },
            r#""event":"launch-decision","session":"s","decision":"approved","reasons":["a","b"],"fingerprint":"DIGEST","approval":"user files""#,
        ),
        (
            LaunchStarted {
                session,
                pid: 7,
                program: "/usr/bin/node",
                layers: &["landlock"],
            },
            r#""event":"launch-started","session":"s","pid":7,"program":"/usr/bin/node","layers":["landlock"]"#,
        ),
        (
            LaunchFailed {
                session,
                stage: "spawn",
                error: "no memory",
            },
            r#""event":"launch-failed","session":"s","stage":"spawn","error":"no memory""#,
        ),
        (
            Handshake {
                session,
                version: "2025-06-18",
                client: Some("c 1"),
                server: Some("s 2"),
                micros: 5,
            },
            r#""event":"handshake","session":"s","version":"2025-06-18","client":"c 1","server":"s 2","micros":5"#,
        ),
        (
            HandshakeFailed {
                session,
                reason: "timeout",
                micros: 30,
            },
            r#""event":"handshake-failed","session":"s","reason":"timeout","micros":30"#,
        ),
        (
            ToolCall {
                session,
                call: "\"x\"",
                tool: "t",
                args_sha256: DIGEST,
                args: Some("{\"a\":1}"),
            },
            r#""event":"tool-call","session":"s","call":"\"x\"","tool":"t","args_sha256":"DIGEST","args":"{\"a\":1}""#,
        ),
        (
            ToolOutcome {
                session,
                call: "1",
                ok: false,
                code: Some(-32602),
                micros: 9,
            },
            r#""event":"tool-outcome","session":"s","call":"1","ok":false,"code":-32602,"micros":9"#,
        ),
        (
            ToolRefused {
                session,
                call: "1",
                tool: "t",
                reason: "withheld",
            },
            r#""event":"tool-refused","session":"s","call":"1","tool":"t","reason":"withheld""#,
        ),
        (
            ToolWithheld {
                session,
                tool: "t",
                reason: "changed",
                pinned: Some(DIGEST),
                seen: DIGEST,
            },
            r#""event":"tool-withheld","session":"s","tool":"t","reason":"changed","pinned":"DIGEST","seen":"DIGEST""#,
        ),
        (
            Rejected {
                session,
                direction: "server-to-client",
                code: "duplicate-key",
                bytes: 12,
                detail: Some("`id`"),
            },
            r#""event":"rejected","session":"s","direction":"server-to-client","code":"duplicate-key","bytes":12,"detail":"`id`""#,
        ),
        (
            Egress {
                session,
                host: "api.example",
                port: 443,
                addr: Some("192.0.2.1"),
                verdict: "denied",
                reason: Some("private"),
            },
            r#""event":"egress","session":"s","host":"api.example","port":443,"addr":"192.0.2.1","verdict":"denied","reason":"private""#,
        ),
        (
            EgressClosed {
                session,
                host: "h",
                port: 443,
                sent: 1,
                received: 2,
                micros: 3,
            },
            r#""event":"egress-closed","session":"s","host":"h","port":443,"sent":1,"received":2,"micros":3"#,
        ),
        (
            DangerUsed {
                session: Some(session),
                option: "--danger-allow-missing",
                value: Some("cgroup"),
            },
            r#""event":"danger-used","session":"s","option":"--danger-allow-missing","value":"cgroup""#,
        ),
        (
            SecretGiven {
                session,
                secret: "TOKEN",
            },
            r#""event":"secret-given","session":"s","secret":"TOKEN""#,
        ),
        (
            Approved {
                name: "files",
                fingerprint: DIGEST,
                key: DIGEST,
                ledger: 3,
                grants: args,
            },
            r#""event":"approved","name":"files","fingerprint":"DIGEST","key":"DIGEST","ledger":3,"grants":["-y","pkg"]"#,
        ),
        (
            Revoked {
                name: "files",
                fingerprint: None,
                key: DIGEST,
                ledger: 4,
            },
            r#""event":"revoked","name":"files","key":"DIGEST","ledger":4"#,
        ),
        (
            ToolsPinned {
                name: "files",
                tools: env,
            },
            r#""event":"tools-pinned","name":"files","tools":["TOKEN"]"#,
        ),
        (
            LedgerWritten {
                ledger: 4,
                key: DIGEST,
            },
            r#""event":"ledger-written","ledger":4,"key":"DIGEST""#,
        ),
        (
            ApprovalFailed {
                name: "files",
                reason: "declined",
            },
            r#""event":"approval-failed","name":"files","reason":"declined""#,
        ),
        (
            KeyCreated {
                purpose: "approver",
                key: DIGEST,
            },
            r#""event":"key-created","purpose":"approver","key":"DIGEST""#,
        ),
        (
            PackageFetched {
                package: "p@1.0.0",
                integrity: "sha512-x",
                bytes: 10,
            },
            r#""event":"package-fetched","package":"p@1.0.0","integrity":"sha512-x","bytes":10"#,
        ),
        (
            StrayOutput {
                session,
                stream: "stdout",
                lines: 2,
                bytes: 20,
            },
            r#""event":"stray-output","session":"s","stream":"stdout","lines":2,"bytes":20"#,
        ),
        (
            Exit {
                session,
                code: None,
                signal: Some(9),
                reason: "killed",
                micros: 1,
            },
            r#""event":"exit","session":"s","signal":9,"reason":"killed","micros":1"#,
        ),
    ]
}

#[test]
fn every_event_is_recorded_with_all_its_fields() {
    let samples = samples();
    for (event, expected) in &samples {
        check(event, expected);
    }
    let names: Vec<_> = samples.iter().map(|(event, _)| event.name()).collect();
    assert_eq!(
        names,
        Event::NAMES,
        "one sample of each event, in their order"
    );
}

#[test]
fn what_the_log_says_about_itself_has_its_own_names() {
    assert_eq!(Own::NAMES, ["segment", "checkpoint", "recovered"]);
    assert!(Own::NAMES.iter().all(|name| !Event::NAMES.contains(name)));
    let own = text(|out| {
        Own::Checkpoint {
            key: DIGEST,
            sig: [0xcd; 64],
        }
        .write(out);
    });
    let (key, sig) = ("ab".repeat(32), "cd".repeat(64));
    assert_eq!(
        own,
        format!(r#""event":"checkpoint","key":"{key}","sig":"{sig}""#)
    );
}

/// A line that is not the last of its group must not look like one, whatever text it carries.
#[test]
fn text_cannot_pose_as_a_seal() {
    let seal = format!(",\"hash\":\"{}", "A".repeat(43));
    for (event, expected) in samples() {
        assert!(!expected.contains(r#""hash":"#), "{}", event.name());
    }
    let event = Event::LaunchFailed {
        session: "s",
        stage: "spawn",
        error: &seal,
    };
    let mut line = Vec::new();
    crate::line::begin(3, text(|out| event.write(out)).as_bytes(), &mut line);
    crate::line::end(&mut line);
    assert!(!crate::line::is_sealed(&line));
}

#[test]
fn an_event_cannot_pose_as_another() {
    let hostile = "\",\"event\":\"checkpoint\",\"x\":\"\n{\"seq\":1";
    let event = Event::ToolRefused {
        session: "s",
        call: "1",
        tool: hostile,
        reason: "r",
    };
    let mut batch = Batch::new();
    batch.push(UNIX_EPOCH + Duration::from_secs(1), &event);
    let mut line = Vec::new();
    crate::line::begin(3, batch.bodies().next().unwrap(), &mut line);
    crate::line::seal(&[0; 32], 0, &mut line);
    let parsed = crate::line::Line::parse(&line).unwrap();
    assert_eq!(parsed.event(), Some("tool-refused"));
    let json: Value = serde_json::from_slice(&line).unwrap();
    assert_eq!(json["tool"], hostile);
    assert_eq!(line.iter().filter(|b| **b == b'\n').count(), 1);
}
