//! Every case of the wire corpus, judged by the code that a relay uses.

use interlock_wire::session::{Note, Verdict};
use interlock_wire::{Blame, Frame, Limits, LineBuffer, Remarks, Revision, Session, json, parse};
use serde_json::Value;

/// Enough of a repeated unit to cross every limit that it is about.
const ENOUGH: usize = 20_000_000;

/// Cases that are about more than messages, and who judges them.
const ELSEWHERE: &[(&str, &str)] = &[("WR-032", "arguments against a tool's schema: inspect")];

#[derive(Debug, Default)]
struct Seen {
    forwarded: usize,
    refused: usize,
    noise: usize,
    remarks: Vec<Remarks>,
    downgrade: bool,
}

#[test]
fn every_case_is_judged_as_expected() {
    let mut judged = 0;
    for line in include_str!("data/wire.jsonl").lines() {
        let case: Value = serde_json::from_str(line).expect("a case is JSON");
        let id = case["id"].as_str().expect("a case has an id");
        if ELSEWHERE.iter().any(|(other, _)| *other == id) {
            continue;
        }
        let seen = judge(&case);
        let notable = seen.downgrade || seen.noise > 0 || seen.remarks.iter().any(notable);
        match case["expected"].as_str().expect("a case expects something") {
            "reject" => assert!(seen.refused > 0, "{id} passed: {seen:?}"),
            "detect" => assert!(notable || seen.refused > 0, "{id} unnoticed: {seen:?}"),
            "allow" => assert!(
                seen.refused == 0 && seen.forwarded > 0 && !notable,
                "{id}: {seen:?}"
            ),
            other => panic!("{id}: unknown expectation {other}"),
        }
        judged += 1;
    }
    assert_eq!(judged, 30, "the corpus lost cases");
}

fn notable(remarks: &Remarks) -> bool {
    remarks.prototype_key || remarks.escaped_control || remarks.unsafe_id
}

fn judge(case: &Value) -> Seen {
    let input = &case["input"];
    let version = input["protocolVersion"].as_str().expect("a version");
    let limits = Limits::default();
    let mut session =
        Session::established(limits.clone(), Revision::from_name(version).expect("known"));
    let from_server = input["direction"] == "server->client";
    let data = text(&input["data"]);
    if from_server {
        ask(&mut session, case, &data);
    }
    let (mut seen, mut lines) = (Seen::default(), LineBuffer::new(&limits));
    let mut rest = data.as_slice();
    while !rest.is_empty() {
        let space = lines.spare();
        let (now, later) = rest.split_at(rest.len().min(space.len()));
        space[..now.len()].copy_from_slice(now);
        lines.filled(now.len());
        rest = later;
        while let Some(frame) = lines.next_frame() {
            see(frame, &limits, &mut session, from_server, &mut seen);
        }
    }
    seen
}

fn see(
    frame: Frame<'_>,
    limits: &Limits,
    session: &mut Session,
    from_server: bool,
    seen: &mut Seen,
) {
    let Frame::Line(line) = frame else {
        seen.refused += 1;
        return;
    };
    let message = match parse(line, limits) {
        Ok(message) => message,
        Err(reject) if reject.blame == Blame::Noise => {
            seen.noise += 1;
            return;
        }
        Err(_) => {
            seen.refused += 1;
            return;
        }
    };
    seen.remarks.push(message.remarks);
    let verdict = if from_server {
        session.from_server(&message)
    } else {
        session.from_client(&message)
    };
    match verdict {
        Verdict::Forward(note) => {
            seen.forwarded += 1;
            seen.downgrade |= matches!(note, Note::Answer(answer) if answer.downgrade);
        }
        Verdict::Answer { .. } | Verdict::Replace { .. } | Verdict::Drop(_) => seen.refused += 1,
    }
}

/// Answers need requests: those that the case names, else the ones that its answers have.
fn ask(session: &mut Session, case: &Value, data: &[u8]) {
    let request = |id: &str, method: &str| {
        format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"{method}","params":{{"name":"x"}}}}"#)
    };
    let method = match case["context"]["previous_era"].is_string() {
        true => "server/discover",
        false => "tools/call",
    };
    let ids: Vec<String> = match &case["context"]["pending_ids"] {
        Value::Array(ids) => ids.iter().map(Value::to_string).collect(),
        _ => {
            let lines = data.split(|byte| *byte == b'\n').take(4);
            lines.filter_map(answered_id).collect()
        }
    };
    for id in ids {
        let line = request(&id, method);
        let message = parse(line.as_bytes(), &Limits::default()).expect("a request");
        let _ = session.from_client(&message);
    }
}

fn answered_id(line: &[u8]) -> Option<String> {
    let value: Value = serde_json::from_slice(line.trim_ascii()).ok()?;
    let answer = value.get("result").or(value.get("error"))?;
    answer.is_object().then(|| value["id"].to_string())
}

/// The bytes of a case's `data`, each message with its newline.
fn text(data: &Value) -> Vec<u8> {
    let mut out = Vec::new();
    match data {
        Value::Array(lines) => lines.iter().for_each(|line| out.extend(text(line))),
        _ => {
            expand(data, &mut out);
            out.push(b'\n');
        }
    }
    out
}

fn expand(data: &Value, out: &mut Vec<u8>) {
    match data {
        Value::String(text) => out.extend_from_slice(text.as_bytes()),
        Value::Object(map) if map.contains_key("repeat") => {
            let unit = map["repeat"]["unit"].as_str().expect("a unit");
            let count = map["repeat"]["count"].as_u64().expect("a count") as usize;
            // A flood of whole messages shows itself after some thousands.
            let most = if unit.ends_with('\n') { 20_000 } else { ENOUGH };
            out.extend(unit.repeat(count.min(most)).into_bytes());
        }
        Value::Object(map) => {
            map["concat"]
                .as_array()
                .expect("parts")
                .iter()
                .for_each(|part| expand(part, out));
        }
        other => panic!("unknown data: {other}"),
    }
}

/// The escaped form of a key and the plain one are judged alike.
#[test]
fn an_escaped_key_is_the_same_key() {
    let plain = r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"delete_all"}}"#;
    let escaped = plain
        .replace("method", "\\u006dethod")
        .replace("delete", "\\u0064elete");
    for line in [plain, escaped.as_str()] {
        let mut session = Session::established(Limits::default(), Revision::V2026_07_28);
        let message = parse(line.as_bytes(), &Limits::default()).expect("valid");
        match session.from_client(&message) {
            Verdict::Forward(Note::ToolsCall { name, .. }) => assert_eq!(name, "delete_all"),
            other => panic!("{other:?}"),
        }
    }
    assert!(json::validate(plain.as_bytes(), &Limits::default()).is_ok());
}
