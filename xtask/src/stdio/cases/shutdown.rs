//! The end: a server goes when its input ends, and what it was asked before is answered.

use std::time::Duration;

use serde_json::json;

use super::super::era::Era;
use super::super::peer::{PATIENCE, Peer, at};
use super::{BOTH, Case, LEGACY, Rule};

/// "Promptly", on a machine that has other things to do.
const PROMPTLY: Duration = Duration::from_secs(5);

pub const CASES: &[Case] = &[
    Case {
        name: "shutdown/end-of-input",
        rule: Rule::Should,
        eras: BOTH,
        run: idle,
    },
    Case {
        name: "shutdown/nothing-was-said",
        rule: Rule::Should,
        eras: LEGACY,
        run: nothing_said,
    },
    Case {
        name: "shutdown/answers-come-first",
        rule: Rule::Robust,
        eras: BOTH,
        run: answers_first,
    },
    Case {
        name: "shutdown/calls-in-flight",
        rule: Rule::Should,
        eras: BOTH,
        run: in_flight,
    },
    Case {
        name: "shutdown/half-a-line",
        rule: Rule::Should,
        eras: LEGACY,
        run: half_a_line,
    },
    Case {
        name: "shutdown/output-closed",
        rule: Rule::Robust,
        eras: LEGACY,
        run: output_closed,
    },
    Case {
        name: "backpressure/slow-reader",
        rule: Rule::Robust,
        eras: BOTH,
        run: slow_reader,
    },
];

fn gone(peer: &mut Peer) -> Result<(), String> {
    let status = peer.exit(PROMPTLY)?;
    match status.success() {
        true => Ok(()),
        false => Err(format!("it ended with {status}")),
    }
}

fn idle(command: &[String], era: Era) -> Result<(), String> {
    let mut peer = Peer::open(command, era)?;
    peer.still_echoes(1)?;
    peer.end_input();
    gone(&mut peer)
}

fn nothing_said(command: &[String], era: Era) -> Result<(), String> {
    let mut peer = Peer::start(command, era)?;
    peer.read();
    peer.end_input();
    // Starting counts, so it gets longer.
    peer.exit(PATIENCE).map(drop)
}

/// What `printf … | server` does.
fn answers_first(command: &[String], era: Era) -> Result<(), String> {
    let mut peer = Peer::open(command, era)?;
    for id in 0..20 {
        peer.echo(id, "x");
    }
    peer.end_input();
    let said = peer.rest()?;
    let answered = |id: u64| {
        said.iter()
            .any(|said| at(said, "/id") == id && said.get("result").is_some())
    };
    match (0..20).find(|id| !answered(*id)) {
        None => gone(&mut peer),
        Some(id) => Err(format!("call {id} was not answered")),
    }
}

fn in_flight(command: &[String], era: Era) -> Result<(), String> {
    let mut peer = Peer::open(command, era)?;
    peer.call(1, "wait", json!({"milliseconds": 60_000}));
    peer.still_echoes(2)?;
    peer.end_input();
    peer.exit(PROMPTLY).map(drop)
}

fn half_a_line(command: &[String], era: Era) -> Result<(), String> {
    let mut peer = Peer::open(command, era)?;
    peer.send(r#"{"jsonrpc":"2.0","id":1,"#);
    peer.end_input();
    peer.exit(PROMPTLY).map(drop)
}

fn output_closed(command: &[String], era: Era) -> Result<(), String> {
    let mut peer = Peer::start(command, era)?;
    peer.stop_reading();
    peer.send_line(&era.initialize("open", "2025-11-25"));
    for id in 0..5 {
        peer.echo(id, "to nobody");
        std::thread::sleep(Duration::from_millis(100));
    }
    peer.exit(PATIENCE).map(drop)
}

fn slow_reader(command: &[String], era: Era) -> Result<(), String> {
    let mut peer = Peer::start(command, era)?;
    if era == Era::Legacy {
        peer.send_line(&era.initialize("open", "2025-11-25"));
        peer.send_line(r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#);
    }
    let text = "x".repeat(4_000);
    for id in 0..1_000 {
        peer.echo(id, &text);
    }
    std::thread::sleep(Duration::from_millis(500));
    peer.read();
    (0..1_000_u64).try_for_each(|id| peer.answer(&id.to_string()).map(drop))
}
