//! The whole matrix: phase × direction × method × shape → verdict, as one golden file.
//!
//! To accept a change: `INTERLOCK_BLESS=1 cargo test -p interlock-wire matrix`, and read the difference.

use std::fmt::Write;

use interlock_wire::{Limits, Method, Revision, Session};

use crate::support::{legacy, message, play, word};

type Begin = fn() -> Session;

fn fresh() -> Session {
    Session::new(Limits::default())
}

fn asked() -> Session {
    let mut session = fresh();
    play(
        &mut session,
        r#"> {"jsonrpc":"2.0","id":"i","method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{}}} => forward"#,
    );
    session
}

fn bare() -> Session {
    let mut session = asked();
    play(
        &mut session,
        r#"
        < {"jsonrpc":"2.0","id":"i","result":{"protocolVersion":"2025-11-25"}} => forward
        > {"jsonrpc":"2.0","method":"notifications/initialized"} => forward"#,
    );
    session
}

fn declared() -> Session {
    legacy("2025-11-25")
}

fn modern() -> Session {
    Session::established(Limits::default(), Revision::V2026_07_28)
}

const PHASES: &[(&str, Begin)] = &[
    ("fresh", fresh),
    ("initializing", asked),
    ("legacy, nothing declared", bare),
    ("legacy, all declared", declared),
    ("modern", modern),
];

/// Parameters that satisfy every method, so that only direction, phase and shape decide.
const PARAMS: &str = r#"{"name":"a","uri":"a:b","protocolVersion":"2025-11-25","capabilities":{},"requestId":"none","progressToken":"none"}"#;

fn verdict(begin: Begin, client: bool, line: &str) -> String {
    let mut session = begin();
    let message = message(line);
    match client {
        true => word(&session.from_client(&message)),
        false => word(&session.from_server(&message)),
    }
}

fn matrix() -> String {
    let mut out = String::new();
    let names = Method::ALL
        .iter()
        .filter_map(|method| method.name())
        .chain(["com.example/own"]);
    for (phase, begin) in PHASES {
        for name in names.clone() {
            let request =
                format!(r#"{{"jsonrpc":"2.0","id":1,"method":"{name}","params":{PARAMS}}}"#);
            let notification = request.replace(r#""id":1,"#, "");
            for (side, client) in [("client", true), ("server", false)] {
                let asked = verdict(*begin, client, &request);
                let told = verdict(*begin, client, &notification);
                writeln!(out, "{phase} | {side} | {name} | {asked} | {told}").expect("a string");
            }
        }
    }
    out
}

#[test]
fn the_matrix_is_the_golden_one() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/matrix.txt");
    let now = matrix();
    if std::env::var_os("INTERLOCK_BLESS").is_some() {
        std::fs::write(path, &now).expect("the golden file can be written");
    }
    let golden = std::fs::read_to_string(path).expect("the golden file exists");
    for (number, (expected, found)) in golden.lines().zip(now.lines()).enumerate() {
        assert_eq!(found, expected, "line {}", number + 1);
    }
    assert_eq!(
        now.lines().count(),
        golden.lines().count(),
        "no cell is missing"
    );
}

/// What must hold in every cell, whatever the golden file says.
#[test]
fn no_cell_lets_the_wrong_side_speak() {
    for line in matrix().lines() {
        let cells: Vec<_> = line.split(" | ").collect();
        let [phase, side, name, request, notification] = cells[..] else {
            panic!("{line}");
        };
        let method = Method::of(name);
        let foreign = match side {
            "client" => method.sender() == interlock_wire::Sender::Server,
            _ => method.sender() == interlock_wire::Sender::Client,
        };
        let forwarded = [request, notification].contains(&"forward");
        assert!(!(foreign && forwarded), "{line}");
        let asks = side == "server" && request == "forward";
        assert!(!(asks && ["fresh", "modern"].contains(&phase)), "{line}");
        match method.is_notification() {
            Some(true) => assert_ne!(request, "forward", "{line}"),
            Some(false) => assert_ne!(notification, "forward", "{line}"),
            None => {}
        }
    }
}
