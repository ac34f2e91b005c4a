//! Nanoseconds a message, for the parts of a relay's path. `cargo bench -p interlock-wire`.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "its inputs are fixed"
)]

mod measure;

use std::hint::black_box;

use interlock_wire::{Frame, Limits, LineBuffer, Session, Verdict, json, parse};
use measure::bench;

const CALL: &str = r#"{"jsonrpc":"2.0","id":12345,"method":"tools/call","params":{"name":"echo","arguments":{"text":"0123456789abcdef"}}}"#;
const ANSWER: &str = r#"{"jsonrpc":"2.0","id":12345,"result":{"content":[{"type":"text","text":"0123456789abcdef"}],"isError":false}}"#;

fn main() {
    let limits = Limits::default();
    let read = |text: &str| drop(black_box(parse(black_box(text.as_bytes()), &limits)));
    bench("parse call, 117 B", CALL.len(), || read(CALL));
    bench("  (serde_json only checks it)", CALL.len(), || {
        let _ = black_box(serde_json::from_str::<serde::de::IgnoredAny>(black_box(
            CALL,
        )));
    });
    bench("  (serde_json builds a tree)", CALL.len(), || {
        let _ = black_box(serde_json::from_str::<serde_json::Value>(black_box(CALL)));
    });
    bench("parse answer", ANSWER.len(), || read(ANSWER));
    let modern = CALL.replace(
        r#""name""#,
        r#""_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{},"io.modelcontextprotocol/clientInfo":{"name":"c","version":"1"}},"name""#,
    );
    bench("parse modern call", modern.len(), || read(&modern));
    for (name, unit, count) in [
        ("64 KiB text", "0123456789abcdef", 4 << 10),
        ("1 MiB text", "0123456789abcdef", 64 << 10),
        (
            "1 MiB lines (\\n every 64)",
            "0123456789abcde 0123456789abcde 0123456789abcde 0123456789abcd\\n",
            16 << 10,
        ),
        (
            "1 MiB code (escapes dense)",
            "let \\\"a\\\" = b;\\n",
            64 << 10,
        ),
        ("1 MiB accented", "déjà vu à côté ", 52_000),
        ("1 MiB Chinese", "互锁是一种安全机制", 38_000),
    ] {
        let text = ANSWER.replace("0123456789abcdef", &unit.repeat(count));
        bench(&format!("parse {name}"), text.len(), || read(&text));
    }
    let numbers = format!("[{}]", vec!["123.5,-7,true"; 40_000].join(","));
    bench("validate numbers", numbers.len(), || {
        let _ = black_box(json::validate(black_box(numbers.as_bytes()), &limits));
    });
    let tool = r#"{"name":"read_file","description":"Reads a file.","inputSchema":{"type":"object","properties":{"path":{"type":"string"}},"required":["path"]}}"#;
    let tools = format!(
        r#"{{"jsonrpc":"2.0","id":1,"result":{{"tools":[{}]}}}}"#,
        vec![tool; 50].join(",")
    );
    bench("parse list of 50 tools", tools.len(), || read(&tools));
    bench("digest one tool", tool.len(), || {
        let _ = black_box(interlock_wire::tools::digest(tool.as_bytes()));
    });
    round_trips(&limits);
    frames(&limits);
}

/// Parse and judge one call and its answer, with 64 in flight.
fn round_trips(limits: &Limits) {
    let calls: Vec<_> = (0..64)
        .map(|id| CALL.replace("12345", &id.to_string()))
        .collect();
    let answers: Vec<_> = (0..64)
        .map(|id| ANSWER.replace("12345", &id.to_string()))
        .collect();
    let mut session = Session::established(limits.clone(), interlock_wire::Revision::V2025_11_25);
    bench(
        "64 round trips, judged",
        64 * (CALL.len() + ANSWER.len()),
        || {
            for call in &calls {
                let message = parse(call.as_bytes(), limits).expect("valid");
                assert!(matches!(session.from_client(&message), Verdict::Forward(_)));
            }
            for answer in &answers {
                let message = parse(answer.as_bytes(), limits).expect("valid");
                assert!(matches!(session.from_server(&message), Verdict::Forward(_)));
            }
        },
    );
}

fn frames(limits: &Limits) {
    let mut lines = LineBuffer::new(limits);
    let small = format!("{CALL}\n").repeat(64);
    let large = format!(
        "{}\n",
        CALL.replace("0123456789abcdef", &"x".repeat(1 << 20))
    );
    for (name, text) in [
        ("frame 64 calls", &small),
        ("frame 1 MiB in 64 KiB reads", &large),
    ] {
        bench(name, text.len(), || {
            for block in text.as_bytes().chunks(64 << 10) {
                let mut block = block;
                while !block.is_empty() {
                    let space = lines.spare();
                    let (now, later) = block.split_at(block.len().min(space.len()));
                    space[..now.len()].copy_from_slice(now);
                    lines.filled(now.len());
                    block = later;
                    while let Some(Frame::Line(line)) = lines.next_frame() {
                        black_box(line);
                    }
                }
            }
        });
    }
}
