//! Servers of both eras, asked for their tools.

use super::*;

const ADD: &str = r#"{"name":"add","description":"adds"}"#;
const SUB: &str = r#"{"name":"sub","description":"subtracts"}"#;

/// Plays a server that answers each method as the table says; gives what was sent and how it ended.
type Found = Result<Option<(Vec<Tool>, Revision)>, AskError>;

fn play(answers: &[(&str, &str)]) -> (Vec<String>, Found) {
    let (mut asking, first) = Asking::new(Limits::default());
    let mut queue = vec![first];
    let mut sent = Vec::new();
    let mut answers = answers.iter();
    while let Some(bytes) = queue.pop() {
        for line in String::from_utf8(bytes).unwrap().lines() {
            let value: serde_json::Value = serde_json::from_str(line).unwrap();
            let Some(method) = value["method"].as_str() else {
                sent.push(line.to_owned());
                continue;
            };
            sent.push(method.to_owned());
            if value.get("id").is_none() {
                continue;
            }
            let Some((expected, answer)) = answers.next() else {
                break;
            };
            assert_eq!(*expected, method);
            let reply = format!(r#"{{"jsonrpc":"2.0","id":{},{answer}}}"#, value["id"]);
            match asking.line(reply.as_bytes()) {
                Ok(out) if out.is_empty() => {}
                Ok(out) => queue.push(out),
                Err(error) => return (sent, Err(error)),
            }
        }
    }
    (sent, Ok(asking.finished()))
}

fn names(found: Found) -> (Vec<String>, Revision) {
    let (tools, revision) = found.unwrap().unwrap();
    (tools.into_iter().map(|tool| tool.name).collect(), revision)
}

const WELCOME: &str = r#""result":{"protocolVersion":"2025-06-18","capabilities":{}}"#;
const NO: &str = r#""error":{"code":-32601,"message":"no such method"}"#;

#[test]
fn a_server_with_a_handshake_lists_all_pages() {
    let one = format!(r#""result":{{"tools":[{ADD}],"nextCursor":"p\"2"}}"#);
    let two = format!(r#""result":{{"tools":[{SUB}]}}"#);
    let (sent, found) = play(&[
        ("initialize", WELCOME),
        ("tools/list", &one),
        ("tools/list", &two),
    ]);
    assert_eq!(
        sent,
        [
            "initialize",
            "notifications/initialized",
            "tools/list",
            "tools/list"
        ]
    );
    assert_eq!(
        names(found),
        (
            vec!["add".to_owned(), "sub".to_owned()],
            Revision::V2025_06_18
        )
    );
}

#[test]
fn a_server_without_a_handshake_is_asked_in_its_own_words() {
    let page = format!(r#""result":{{"tools":[{ADD}],"resultType":"complete"}}"#);
    let discovered = r#""result":{"supportedVersions":["2026-07-28"]}"#;
    let (sent, found) = play(&[
        ("initialize", NO),
        ("server/discover", discovered),
        ("tools/list", &page),
    ]);
    assert_eq!(sent, ["initialize", "server/discover", "tools/list"]);
    assert_eq!(
        names(found),
        (vec!["add".to_owned()], Revision::V2026_07_28)
    );
}

#[test]
fn a_server_without_tools_has_none() {
    let (_, found) = play(&[("initialize", WELCOME), ("tools/list", NO)]);
    assert_eq!(names(found), (vec![], Revision::V2025_06_18));
}

#[test]
fn what_is_wrong_is_said() {
    let twice = format!(r#""result":{{"tools":[{ADD},{ADD}]}}"#);
    let bad = r#""error":{"code":-1,"message":"no\u001b[31m"}"#;
    for (answers, expected) in [
        (
            vec![("initialize", WELCOME), ("tools/list", &*twice)],
            AskError::Twice("add".to_owned()),
        ),
        (
            vec![("initialize", r#""result":{}"#)],
            AskError::Answer("initialize"),
        ),
        (
            vec![
                ("initialize", WELCOME),
                ("tools/list", r#""result":{"tools":{}}"#),
            ],
            AskError::Answer("tools/list"),
        ),
        (
            vec![("initialize", NO), ("server/discover", bad)],
            AskError::Refused {
                method: "server/discover",
                code: -1,
                message: "no<U+001B>[31m".to_owned(),
            },
        ),
    ] {
        assert_eq!(play(&answers).1, Err(expected));
    }
}

#[test]
fn a_list_without_end_is_left() {
    let (mut asking, _) = Asking::new(Limits::default());
    asking
        .line(format!(r#"{{"jsonrpc":"2.0","id":1,{WELCOME}}}"#).as_bytes())
        .unwrap();
    let mut last = Ok(Vec::new());
    for id in 2.. {
        let page =
            format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{{"tools":[],"nextCursor":"x"}}}}"#);
        last = asking.line(page.as_bytes());
        if last.is_err() {
            break;
        }
    }
    assert_eq!(last, Err(AskError::TooMany));
}

#[test]
fn what_the_server_asks_is_answered() {
    let (mut asking, _) = Asking::new(Limits::default());
    for (line, expected) in [
        (
            r#"{"jsonrpc":"2.0","id":"p","method":"ping"}"#,
            r#"{"jsonrpc":"2.0","id":"p","result":{}}"#,
        ),
        (
            r#"{"jsonrpc":"2.0","id":7,"method":"roots/list"}"#,
            r#"{"jsonrpc":"2.0","id":7,"error":{"code":-32601,"message":"this client answers no requests"}}"#,
        ),
    ] {
        assert_eq!(
            asking.line(line.as_bytes()).unwrap(),
            format!("{expected}\n").as_bytes()
        );
    }
    for line in [
        "banner",
        r#"{"jsonrpc":"2.0","method":"notifications/message","params":{}}"#,
        "",
    ] {
        assert!(asking.line(line.as_bytes()).unwrap().is_empty());
    }
}
