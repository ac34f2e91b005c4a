//! Calls at the same time: none waits for another, each can be cancelled, progress belongs to its call.

use std::time::Duration;

use serde_json::{Value, json};

use super::super::era::Era;
use super::super::peer::{PATIENCE, Peer, at};
use super::{BOTH, Case, Rule};

pub const CASES: &[Case] = &[
    Case {
        name: "cancellation/slow-holds-up-nobody",
        rule: Rule::Should,
        eras: BOTH,
        run: slow,
    },
    Case {
        name: "cancellation/cancelled-is-not-answered",
        rule: Rule::Must,
        eras: BOTH,
        run: cancelled,
    },
    Case {
        name: "cancellation/of-nothing",
        rule: Rule::Must,
        eras: BOTH,
        run: of_nothing,
    },
    Case {
        name: "cancellation/too-late",
        rule: Rule::Must,
        eras: BOTH,
        run: too_late,
    },
    Case {
        name: "cancellation/of-one-among-many",
        rule: Rule::Must,
        eras: BOTH,
        run: among_many,
    },
    Case {
        name: "progress/before-the-answer",
        rule: Rule::Must,
        eras: BOTH,
        run: progress,
    },
    Case {
        name: "progress/only-when-asked-for",
        rule: Rule::Must,
        eras: BOTH,
        run: no_token,
    },
];

fn cancel(id: Value) -> String {
    let params = json!({"requestId": id, "reason": "not wanted any more"});
    json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": params}).to_string()
}

fn slow(command: &[String], era: Era) -> Result<(), String> {
    let mut peer = Peer::open(command, era)?;
    peer.call(1, "wait", json!({"milliseconds": 2_000}));
    peer.echo(2, "quick");
    match peer.next(PATIENCE)? {
        Some(first) if at(&first, "/id") == 2 => peer.answer("1").map(drop),
        other => Err(format!("the slow call came first: {other:?}")),
    }
}

fn cancelled(command: &[String], era: Era) -> Result<(), String> {
    let mut peer = Peer::open(command, era)?;
    peer.call(1, "wait", json!({"milliseconds": 400}));
    peer.still_echoes(2)?;
    peer.send_line(&cancel(json!(1)));
    silent_about(&mut peer, 1, Duration::from_millis(900))?;
    peer.still_echoes(3)
}

fn silent_about(peer: &mut Peer, id: u64, time: Duration) -> Result<(), String> {
    match peer
        .said_within(time)?
        .iter()
        .find(|said| at(said, "/id") == id)
    {
        None => Ok(()),
        Some(said) => Err(format!("a cancelled call was answered: {said}")),
    }
}

fn of_nothing(command: &[String], era: Era) -> Result<(), String> {
    let mut peer = Peer::open(command, era)?;
    peer.still_echoes(2)?;
    for id in [json!(99), json!("no such id")] {
        peer.send_line(&cancel(id));
    }
    peer.send_line(r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{}}"#);
    peer.still_echoes(1)
}

fn too_late(command: &[String], era: Era) -> Result<(), String> {
    let mut peer = Peer::open(command, era)?;
    peer.still_echoes(1)?;
    peer.send_line(&cancel(json!(1)));
    peer.still_echoes(2)?;
    // The id of a call that is over does not stay cancelled.
    peer.still_echoes(1)
}

fn among_many(command: &[String], era: Era) -> Result<(), String> {
    let mut peer = Peer::open(command, era)?;
    for id in 1..=10 {
        peer.call(id, "wait", json!({"milliseconds": 500}));
    }
    peer.send_line(&cancel(json!(4)));
    for id in (1..=10_u64).filter(|id| *id != 4) {
        peer.answer(&id.to_string())?;
    }
    silent_about(&mut peer, 4, Duration::from_millis(200))
}

fn progress(command: &[String], era: Era) -> Result<(), String> {
    let mut peer = Peer::open(command, era)?;
    let params = json!({"name": "progress", "arguments": {"steps": 5}, "_meta": {"progressToken": "a token"}});
    peer.send_line(&era.request(1, "tools/call", params));
    let mut last = 0.0;
    let mut count = 0;
    loop {
        let said = peer.next(PATIENCE)?.ok_or("the output ended")?;
        if at(&said, "/id") == 1 {
            break;
        }
        let now = said.pointer("/params/progress").and_then(Value::as_f64);
        let fits = at(&said, "/method") == "notifications/progress"
            && said.pointer("/params/progressToken") == Some(&json!("a token"));
        match now.filter(|now| fits && *now > last) {
            Some(now) => (last, count) = (now, count + 1),
            None => return Err(format!("not the progress of the call: {said}")),
        }
    }
    if count != 5 {
        return Err(format!("{count} reports of 5 came before the answer"));
    }
    match peer.said_within(Duration::from_millis(100))?.first() {
        None => Ok(()),
        Some(said) => Err(format!("after the answer: {said}")),
    }
}

fn no_token(command: &[String], era: Era) -> Result<(), String> {
    let mut peer = Peer::open(command, era)?;
    peer.call(1, "progress", json!({"steps": 3}));
    match peer.next(PATIENCE)? {
        Some(said) if at(&said, "/id") == 1 => Ok(()),
        other => Err(format!("nobody asked for that: {other:?}")),
    }
}
