//! Short ways to say what a test is about.

use interlock_wire::session::{Note, Reason, Verdict};
use interlock_wire::{Limits, Message, Reject, Session, parse};

pub(crate) fn message(line: &str) -> Message<'_> {
    parse(line.as_bytes(), &Limits::default()).unwrap_or_else(|reject| panic!("{line}: {reject}"))
}

pub(crate) fn reject(line: impl AsRef<[u8]>) -> Reject {
    let line = line.as_ref();
    match parse(line, &Limits::default()) {
        Ok(_) => panic!("accepted: {}", String::from_utf8_lossy(line)),
        Err(reject) => reject,
    }
}

/// A verdict in one word, for tables: `forward`, `answer CODE reason`, `replace CODE reason`, `drop reason`.
pub(crate) fn word(verdict: &Verdict<'_>) -> String {
    let code = |reply: &[u8]| {
        let reply: serde_json::Value = serde_json::from_slice(reply).expect("a reply is JSON");
        reply["error"]["code"]
            .as_i64()
            .expect("a reply is an error")
    };
    match verdict {
        Verdict::Forward(Note::Answer(answer)) if answer.downgrade => "forward downgrade".into(),
        Verdict::Forward(_) => "forward".into(),
        Verdict::Answer { reply, reason } => format!("answer {} {}", code(reply), reason.as_str()),
        Verdict::Replace { instead, reason } => {
            format!("replace {} {}", code(instead), reason.as_str())
        }
        Verdict::Drop(reason) => format!("drop {}", reason.as_str()),
    }
}

/// Plays a script: lines start with `>` (client) or `<` (server), and end with `=> verdict`.
pub(crate) fn play(session: &mut Session, script: &str) {
    for (number, line) in script.lines().map(str::trim).enumerate() {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (text, expected) = line.rsplit_once("=>").expect("a line has an expectation");
        let (side, text) = text.split_at(1);
        let message = message(text.trim());
        let verdict = match side {
            ">" => session.from_client(&message),
            "<" => session.from_server(&message),
            other => panic!("line {number} starts with {other}"),
        };
        assert_eq!(word(&verdict), expected.trim(), "line {number}: {line}");
    }
}

pub(crate) fn dropped(verdict: &Verdict<'_>) -> Option<Reason> {
    match verdict {
        Verdict::Drop(reason) => Some(*reason),
        _ => None,
    }
}

/// What follows the handshake of a legacy session in which the client declared everything.
pub(crate) fn legacy(version: &str) -> Session {
    let mut session = Session::new(Limits::default());
    let script = r#"
        > {"jsonrpc":"2.0","id":"i","method":"initialize","params":{"protocolVersion":"VERSION","capabilities":{"roots":{},"sampling":{},"elicitation":{}},"clientInfo":{"name":"c","version":"1"}}} => forward
        < {"jsonrpc":"2.0","id":"i","result":{"protocolVersion":"VERSION","capabilities":{},"serverInfo":{"name":"s","version":"1"}}} => forward
        > {"jsonrpc":"2.0","method":"notifications/initialized"} => forward
    "#;
    play(&mut session, &script.replace("VERSION", version));
    session
}
