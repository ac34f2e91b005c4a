//! One message a line, whatever is in it and however it arrives.

use std::time::Duration;

use serde_json::json;

use super::super::era::Era;
use super::super::peer::{PATIENCE, Peer, at, expect_error, expect_text};
use super::{BOTH, Case, LEGACY, Rule};

pub const CASES: &[Case] = &[
    Case {
        name: "framing/split-anywhere",
        rule: Rule::Must,
        eras: BOTH,
        run: split,
    },
    Case {
        name: "framing/many-in-one-write",
        rule: Rule::Must,
        eras: BOTH,
        run: many,
    },
    Case {
        name: "framing/line-ends-in-text",
        rule: Rule::Must,
        eras: BOTH,
        run: text,
    },
    Case {
        name: "framing/one-mebibyte",
        rule: Rule::Must,
        eras: BOTH,
        run: large,
    },
    Case {
        name: "framing/ids-keep-their-type",
        rule: Rule::Must,
        eras: BOTH,
        run: ids,
    },
    Case {
        name: "framing/unknown-method",
        rule: Rule::Must,
        eras: BOTH,
        run: unknown_method,
    },
    Case {
        name: "framing/unknown-notification",
        rule: Rule::Must,
        eras: BOTH,
        run: notification,
    },
    Case {
        name: "framing/malformed-line",
        rule: Rule::Robust,
        eras: BOTH,
        run: malformed,
    },
    Case {
        name: "framing/invalid-utf8",
        rule: Rule::Robust,
        eras: BOTH,
        run: utf8,
    },
    Case {
        name: "framing/not-an-object",
        rule: Rule::Robust,
        eras: BOTH,
        run: not_an_object,
    },
    Case {
        name: "framing/deep-nesting",
        rule: Rule::Robust,
        eras: LEGACY,
        run: deep,
    },
    Case {
        name: "framing/carriage-returns",
        rule: Rule::Robust,
        eras: LEGACY,
        run: returns,
    },
    Case {
        name: "framing/empty-lines",
        rule: Rule::Robust,
        eras: LEGACY,
        run: empty,
    },
    Case {
        name: "framing/duplicate-keys",
        rule: Rule::Robust,
        eras: BOTH,
        run: duplicate,
    },
];

fn split(command: &[String], era: Era) -> Result<(), String> {
    let mut peer = Peer::open(command, era)?;
    let line = era.call(1, "echo", json!({"text": "in pieces, ü"})) + "\n";
    for piece in line.as_bytes().chunks(19) {
        peer.send(piece);
        std::thread::sleep(Duration::from_millis(1));
    }
    expect_text(&peer.answer("1")?, "in pieces, ü")
}

fn many(command: &[String], era: Era) -> Result<(), String> {
    let mut peer = Peer::open(command, era)?;
    let lines: String = (0..100_u64)
        .map(|id| era.call(id, "echo", json!({"text": format!("{id}")})) + "\n")
        .collect();
    peer.send(lines);
    (0..100_u64).try_for_each(|id| {
        let answer = peer.answer(&id.to_string())?;
        expect_text(&answer, &id.to_string())
    })
}

fn text(command: &[String], era: Era) -> Result<(), String> {
    let mut peer = Peer::open(command, era)?;
    for (id, text) in [
        "a\nb\r\nc\rd",
        "\u{2028}\u{2029}\u{85}",
        "\"\\\u{8}\u{c}\t\u{1}\u{7f}",
        "é 漢 😀",
        "",
    ]
    .into_iter()
    .enumerate()
    {
        let id = id as u64;
        peer.echo(id, text);
        expect_text(&peer.answer(&id.to_string())?, text)?;
    }
    // The same character as an escape.
    let line = era.call(9, "echo", json!({"text": "@"}));
    peer.send_line(&line.replace('@', r"\ud83d\ude00\u000a"));
    expect_text(&peer.answer("9")?, "😀\n")
}

fn large(command: &[String], era: Era) -> Result<(), String> {
    let mut peer = Peer::open(command, era)?;
    let text = "0123456789abcde\n".repeat(1 << 16);
    peer.echo(1, &text);
    expect_text(&peer.answer("1")?, &text)
}

fn ids(command: &[String], era: Era) -> Result<(), String> {
    let mut peer = Peer::open(command, era)?;
    for id in [
        json!(0),
        json!(7),
        json!("7"),
        json!("an id"),
        json!(9_007_199_254_740_991_i64),
    ] {
        let text = id.to_string();
        peer.send_line(&era.call(id, "echo", json!({ "text": text })));
        expect_text(&peer.answer(&text)?, &text)?;
    }
    Ok(())
}

fn unknown_method(command: &[String], era: Era) -> Result<(), String> {
    let mut peer = Peer::open(command, era)?;
    peer.send_line(&era.request(1, "does/not-exist", json!({})));
    match expect_error(&peer.answer("1")?)? {
        -32601 => peer.still_echoes(2),
        code => Err(format!("the code is {code} and not -32601")),
    }
}

fn notification(command: &[String], era: Era) -> Result<(), String> {
    let mut peer = Peer::open(command, era)?;
    peer.still_echoes(1)?;
    peer.send_line(r#"{"jsonrpc":"2.0","method":"notifications/does-not-exist"}"#);
    peer.still_echoes(2)?;
    match peer.said_within(Duration::from_millis(50))?.first() {
        None => Ok(()),
        Some(said) => Err(format!("a notification was answered: {said}")),
    }
}

/// What cannot be read may be answered with an error, and with nothing else; the next line is served.
fn survives(command: &[String], era: Era, lines: &[&[u8]]) -> Result<(), String> {
    let mut peer = Peer::open(command, era)?;
    for (index, line) in lines.iter().enumerate() {
        peer.send([line, &b"\n"[..]].concat());
        peer.still_echoes(1_000 + index as u64)?;
    }
    let said = peer.said_within(Duration::from_millis(50))?;
    let is_log = |message: &serde_json::Value| at(message, "/method") == "notifications/message";
    match said
        .iter()
        .find(|said| said.get("error").is_none() && !is_log(said))
    {
        None => Ok(()),
        Some(said) => Err(format!("nonsense was answered with {said}")),
    }
}

fn malformed(command: &[String], era: Era) -> Result<(), String> {
    let cut = br#"{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"#;
    survives(command, era, &[b"hello", cut, b"}{", b"\x00"])
}

fn utf8(command: &[String], era: Era) -> Result<(), String> {
    let line = era.call(1, "echo", json!({"text": "@"})).into_bytes();
    let broken: Vec<u8> = line
        .into_iter()
        .map(|b| if b == b'@' { 0xff } else { b })
        .collect();
    let mut peer = Peer::open(command, era)?;
    peer.send([&broken[..], b"\n"].concat());
    // Some answer with replacement characters. That is lenient, and not what is asked here.
    peer.still_echoes(2)
}

fn not_an_object(command: &[String], era: Era) -> Result<(), String> {
    survives(command, era, &[b"42", b"\"text\"", b"null", b"[]", b"{}"])
}

fn deep(command: &[String], era: Era) -> Result<(), String> {
    let arrays = "[".repeat(200_000);
    let objects = format!(
        r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":"echo","arguments":{{"text":{}"#,
        r#"{"a":"#.repeat(100_000)
    );
    survives(command, era, &[arrays.as_bytes(), objects.as_bytes()])
}

fn returns(command: &[String], era: Era) -> Result<(), String> {
    let mut peer = Peer::open(command, era)?;
    peer.send(era.call(1, "echo", json!({"text": "x"})) + "\r\n");
    expect_text(&peer.answer("1")?, "x")
}

fn empty(command: &[String], era: Era) -> Result<(), String> {
    let mut peer = Peer::open(command, era)?;
    peer.send("\n\n");
    peer.still_echoes(1)?;
    match peer.said_within(Duration::from_millis(50))?.first() {
        None => Ok(()),
        Some(said) => Err(format!("an empty line was answered: {said}")),
    }
}

/// Two readers may take one such message for two different ones, so nobody may act on it.
fn duplicate(command: &[String], era: Era) -> Result<(), String> {
    let mut peer = Peer::open(command, era)?;
    let line = era.call(1, "echo", json!({"text": "x"}));
    peer.send_line(&line.replace(r#""text":"x""#, r#""text":"x","text":"y""#));
    match peer.next(PATIENCE)? {
        Some(answer) if answer.get("error").is_some() => peer.still_echoes(2),
        other => Err(format!("it was acted on: {other:?}")),
    }
}
