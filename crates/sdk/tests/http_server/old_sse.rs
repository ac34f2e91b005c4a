//! HTTP+SSE of 2024-11-05, only where it was asked for.

use interlock_sdk::http::server::HttpServer;
use interlock_sdk::{Context, Server};
use serde_json::json;

use super::world::{Ask, Connection, Stream, World};

#[derive(serde::Deserialize, schemars::JsonSchema)]
struct Nothing {}

fn server() -> Server {
    Server::builder("old", "1")
        .tool(
            "quick",
            "Answers at once",
            async |_: Nothing, _cx: Context| Ok("done"),
        )
        .tool(
            "later",
            "Answers later",
            async |_: Nothing, _cx: Context| {
                tokio::task::yield_now().await;
                Ok("later")
            },
        )
        .build()
}

async fn open(world: &World) -> (Stream, String) {
    let ask = Ask::new("GET", "/sse").header("Accept", "text/event-stream");
    let mut stream = Connection::open(world.address).await.stream(&ask).await;
    let endpoint = stream.event().await.expect("an endpoint");
    assert_eq!(endpoint.name, "endpoint");
    (stream, String::from_utf8(endpoint.data).expect("a path"))
}

fn post(path: &str, message: serde_json::Value) -> Ask {
    Ask::post(&message).path(path)
}

#[tokio::test]
async fn all_answers_come_on_the_one_stream() {
    let world = World::start(HttpServer::new(server()).with_old_sse("/sse", "/messages")).await;
    let (mut stream, path) = open(&world).await;
    assert!(path.starts_with("/messages?sessionId="));
    let hello = json!({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": {
        "protocolVersion": "2024-11-05", "capabilities": {}, "clientInfo": {"name": "old", "version": "1"}}});
    assert_eq!(world.send(&post(&path, hello)).await.status, 202);
    assert_eq!(
        stream.message().await.expect("an answer")["result"]["protocolVersion"],
        "2024-11-05"
    );
    let ready = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
    assert_eq!(world.send(&post(&path, ready)).await.status, 202);
    for (id, tool, text) in [(1, "quick", "done"), (2, "later", "later")] {
        let call = json!({"jsonrpc": "2.0", "id": id, "method": "tools/call", "params": {"name": tool, "arguments": {}}});
        assert_eq!(world.send(&post(&path, call)).await.status, 202);
        let answer = stream.message().await.expect("an answer");
        assert_eq!(
            (&answer["id"], &answer["result"]["content"][0]["text"]),
            (&json!(id), &json!(text))
        );
    }
    // The session is the stream.
    drop(stream);
    world
        .until("the session is gone", |service| service.sessions() == 0)
        .await;
    let late = json!({"jsonrpc": "2.0", "id": 3, "method": "ping"});
    assert_eq!(world.send(&post(&path, late)).await.status, 404);
    world.stop().await;
}

#[tokio::test]
async fn the_same_gate_stands_before_it() {
    let world = World::start(HttpServer::new(server()).with_old_sse("/sse", "/messages")).await;
    let (_stream, path) = open(&world).await;
    let ping = post(&path, json!({"jsonrpc": "2.0", "id": 3, "method": "ping"}));
    let check = async |ask: Ask, status: u16| {
        let answer = world.send(&ask).await;
        assert_eq!(answer.status, status, "{ask:?} {}", answer.text());
    };
    check(ping.clone().header("Host", "evil.example"), 403).await;
    check(ping.clone().header("Origin", "http://evil.example"), 403).await;
    check(ping.clone().with("Content-Type", "text/plain"), 415).await;
    check(ping.clone().path("/messages?sessionId=unknown"), 404).await;
    check(ping.clone().path("/messages"), 404).await;
    check(ping.clone().body("[]"), 400).await;
    check(Ask::new("GET", "/messages"), 405).await;
    check(Ask::new("POST", "/sse"), 405).await;
    check(Ask::new("GET", "/sse").header("Accept", "text/html"), 406).await;
    check(
        Ask::new("GET", "/sse").header("Origin", "http://evil.example"),
        403,
    )
    .await;
    check(ping, 202).await;
    world.stop().await;
}

#[tokio::test]
async fn nobody_has_it_by_default() {
    let world = World::of(server()).await;
    for ask in [
        Ask::new("GET", "/sse"),
        Ask::new("POST", "/messages?sessionId=x"),
    ] {
        assert_eq!(world.send(&ask).await.status, 404);
    }
    world.stop().await;
}
