//! The cases of the corpus, judged by the server that a user gets by default, over real sockets.

use interlock_sdk::http::server::{BindError, HttpServer};
use interlock_sdk::{Context, Server};
use interlock_wire::{Limits, parse, sse};
use serde_json::Value;

use super::auth::ByName;
use super::world::{Answer, Ask, Connection, World};

#[derive(serde::Deserialize, schemars::JsonSchema)]
struct Nothing {}

fn server() -> Server {
    Server::builder("corpus", "1")
        .tool("grüße", "Greets", async |_: Nothing, _cx: Context| {
            Ok("hallo")
        })
        .tool("read_file", "Reads", async |_: Nothing, _cx: Context| {
            Ok("read")
        })
        .tool("delete_all", "Deletes", async |_: Nothing, _cx: Context| {
            Ok("gone")
        })
        .build()
}

fn cases() -> Vec<Value> {
    let lines = include_str!("../data/http.jsonl").lines();
    lines
        .map(|line| serde_json::from_str(line).expect("a case"))
        .collect()
}

/// Text, or a description of one that is too long to write down.
fn text(value: &Value) -> String {
    match &value["repeat"] {
        Value::Null => value.as_str().unwrap_or_default().to_owned(),
        repeat => {
            let count = repeat["count"].as_u64().unwrap_or_default().min(1 << 20);
            repeat["unit"]
                .as_str()
                .unwrap_or_default()
                .repeat(usize::try_from(count).expect("a count"))
        }
    }
}

/// The request of a case. The port is the one that the server has.
fn ask(case: &Value, port: u16) -> Ask {
    let input = &case["input"];
    let mut ask = Ask::new(&text(&input["method"]), &text(&input["path"]));
    for (name, value) in input["headers"].as_object().expect("headers") {
        let value = text(value);
        match name.split_once('#') {
            Some(("", "path")) => ask.path = value,
            Some((name, _)) => ask = ask.header(name, &value),
            None => ask = ask.header(name, &value.replace(":8080", &format!(":{port}"))),
        }
    }
    ask.body = text(&input["body"]).into_bytes();
    ask
}

fn is_served(answer: &Answer) -> bool {
    (200..300).contains(&answer.status) && answer.code().is_none()
}

#[tokio::test]
async fn the_default_server_judges_every_request_as_expected() {
    let world = World::of(server()).await;
    let mut judged = 0;
    for case in cases()
        .iter()
        .filter(|case| case["input"]["method"] != "RESPONSE")
    {
        judged += 1;
        if let Some(address) = case["context"]["bind"].as_str() {
            // Nobody can send it: there is no such server.
            let refused = HttpServer::new(server()).bind((address, 0)).await;
            assert!(
                matches!(refused, Err(BindError::Exposed(_))),
                "{}",
                case["id"]
            );
            continue;
        }
        let answer = world.send(&ask(case, world.address.port())).await;
        let expected = case["expected"] == "allow";
        assert_eq!(
            is_served(&answer),
            expected,
            "{} {}: {}",
            case["id"],
            case["why"],
            answer.text()
        );
    }
    assert!(judged >= 21, "only {judged} cases");
    world.stop().await;
}

/// The cases that speak of callers, with callers: the session is there, and somebody else's.
// SPEC: 2025-11-25/client/elicitation/security-considerations:1 2025-11-25/client/elicitation/statefulness:1-2
#[tokio::test]
async fn sessions_of_others_are_refused_with_authentication_too() {
    let world = World::start(HttpServer::new(server()).auth(ByName::shared())).await;
    let open = Ask::initialize("2025-11-25").header("Authorization", "Bearer alice");
    let opened = world.send(&open).await;
    let session = opened.header("mcp-session-id").expect("a session");
    let stolen = cases();
    let stolen: Vec<_> = stolen
        .iter()
        .filter(|case| case["context"]["session_owner"] == "alice")
        .collect();
    assert_eq!(stolen.len(), 2);
    for case in stolen {
        let ask = ask(case, world.address.port()).with("Mcp-Session-Id", session);
        let ask = match ask.method.as_str() {
            "GET" => ask.with("Last-Event-ID", "0-1"),
            // What else is wrong with it must not be what refuses it.
            _ => ask.body(r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#),
        };
        assert_eq!(world.send(&ask).await.status, 404, "{}", case["id"]);
        let own = ask.with("Authorization", "Bearer alice");
        let status = match own.method.as_str() {
            "GET" => {
                Connection::open(world.address)
                    .await
                    .stream(&own)
                    .await
                    .head
                    .status
            }
            _ => world.send(&own).await.status,
        };
        assert_eq!(status, 200, "{} of alice herself", case["id"]);
    }
    world.stop().await;
}

// SPEC: 2025-11-25/basic/transports/security-warning:3-4
// SPEC: 2026-07-28/basic/transports/streamable-http/security-endpoint:3-4
#[tokio::test]
async fn nobody_is_served_beyond_loopback_without_authentication() {
    for address in ["0.0.0.0:0", "[::]:0", "[::ffff:0.0.0.0]:0"] {
        let refused = HttpServer::new(server()).bind(address).await;
        assert!(matches!(refused, Err(BindError::Exposed(_))), "{address}");
    }
    for address in ["127.0.0.1:0", "localhost:0", "127.0.0.53:0"] {
        assert!(
            HttpServer::new(server()).bind(address).await.is_ok(),
            "{address}"
        );
    }
    let known = HttpServer::new(server()).auth(ByName::shared());
    assert!(known.bind("0.0.0.0:0").await.is_ok());
}

/// What a client receives, as far as the parser of streams judges it.
#[test]
fn event_bombs_are_bounded() {
    let cases = cases();
    let bomb = cases
        .iter()
        .find(|case| case["family"] == "sse")
        .expect("the case");
    let stream = text(&bomb["input"]["body"]);
    let mut parser = sse::Parser::new(1 << 16);
    let refused = stream
        .as_bytes()
        .chunks(4_096)
        .any(|mut chunk| parser.next_event(&mut chunk).is_err());
    assert!(refused && parser.held() <= 1 << 17);
}

/// The bodies of the refused cases are no messages by accident: what refuses them is the transport.
#[test]
fn most_bodies_are_valid_messages() {
    let valid =
        |case: &&Value| parse(text(&case["input"]["body"]).as_bytes(), &Limits::default()).is_ok();
    assert!(cases().iter().filter(valid).count() >= 15);
}
