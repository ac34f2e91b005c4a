//! Sessions of 2025-03-26 to 2025-11-25.

use std::time::Duration;

use interlock_sdk::http::server::{HttpLimits, HttpServer};
use interlock_sdk::{Context, Server};
use serde_json::{Value, json};

use super::world::{Ask, Connection, World};

#[derive(serde::Deserialize, schemars::JsonSchema)]
struct Nothing {}

fn server() -> Server {
    Server::builder("legacy", "1")
        .tool(
            "quick",
            "Answers at once",
            async |_: Nothing, _cx: Context| Ok("done"),
        )
        .tool("telling", "Tells first", async |_: Nothing, cx: Context| {
            cx.progress(1.0, None, None).await;
            Ok("done")
        })
        .build()
}

fn request(method: &str) -> Value {
    json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": {}})
}

// SPEC: 2025-11-25/basic/transports/session-management:1-2,6
#[tokio::test]
async fn sessions_begin_live_and_end() {
    let world = World::of(server()).await;
    for revision in ["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"] {
        let session = world.initialize(revision).await;
        assert_eq!(session.len(), 32);
        let call = Ask::legacy_call(revision, &session, 1, "quick");
        let answer = world.send(&call).await;
        assert_eq!(
            answer.json()["result"]["content"][0]["text"],
            "done",
            "{revision}"
        );
        let end = Ask::new("DELETE", "/mcp").header("Mcp-Session-Id", &session);
        assert_eq!(world.send(&end).await.status, 204);
        for ask in [call, end, Ask::listen(revision, &session)] {
            assert_eq!(world.send(&ask).await.status, 404, "{revision}: it is gone");
        }
    }
    assert_eq!(world.service.sessions(), 0);
    world.stop().await;
}

// SPEC: 2025-11-25/basic/transports/protocol-version-header:4 2025-11-25/basic/transports/session-management:5-6
// SPEC: 2025-11-25/basic/transports/sending-messages-to-the-server:6
#[tokio::test]
async fn what_no_session_asks_is_refused() {
    let world = World::of(server()).await;
    let session = world.initialize("2025-11-25").await;
    let check = async |ask: Ask, status: u16| {
        let answer = world.send(&ask).await;
        assert_eq!(answer.status, status, "{ask:?} {}", answer.text());
    };
    let list = Ask::legacy("2025-11-25", &session, request("tools/list"));
    check(list.clone(), 200).await;
    check(list.clone().without("Mcp-Session-Id"), 400).await;
    check(list.clone().with("Mcp-Session-Id", "alice-session"), 404).await;
    check(list.clone().with("Mcp-Session-Id", ""), 404).await;
    check(
        list.clone().with("Mcp-Session-Id", &session.to_lowercase()),
        404,
    )
    .await;
    check(list.clone().header("Mcp-Session-Id", &session), 400).await;
    check(list.with("MCP-Protocol-Version", "2025-06-18"), 200).await;
    check(
        Ask::initialize("2025-11-25").header("Mcp-Session-Id", "unknown"),
        404,
    )
    .await;
    // A failed handshake leaves no session behind.
    let broken = Ask::post(&request("initialize"));
    let answer = world.send(&broken).await;
    assert!(answer.code().is_some() && answer.header("mcp-session-id").is_none());
    assert_eq!(world.service.sessions(), 1);
    // Notifications that are not accepted have an error's status as well.
    let note = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
    let note = Ask::legacy("2025-11-25", &session, note);
    check(note.clone(), 202).await;
    check(note.clone().with("Mcp-Session-Id", "unknown"), 404).await;
    check(note.with("MCP-Protocol-Version", "1999-01-01"), 400).await;
    // Listening wants a stream.
    check(
        Ask::listen("2025-11-25", &session).with("Accept", "application/json"),
        406,
    )
    .await;
    check(
        Ask::listen("2025-11-25", &session).header("Last-Event-ID", "nonsense"),
        400,
    )
    .await;
    check(Ask::listen("1999-01-01", &session), 400).await;
    world.stop().await;
}

// SPEC: 2025-11-25/basic/transports/sending-messages-to-the-server:4
#[tokio::test]
async fn batches_are_refused_in_the_one_revision_that_had_them() {
    let world = World::of(server()).await;
    let session = world.initialize("2025-03-26").await;
    let batch = json!([request("tools/list"), request("ping")]);
    let answer = world
        .send(&Ask::legacy("2025-03-26", &session, batch))
        .await;
    assert_eq!(answer.status, 400);
    let message = answer.json()["error"]["message"]
        .as_str()
        .expect("a reason")
        .to_owned();
    assert!(message.contains("batch"), "{message}");
    world.stop().await;
}

// SPEC: 2025-11-25/basic/transports/sending-messages-to-the-server:5
#[tokio::test]
async fn notifications_and_responses_are_accepted_without_a_body() {
    let world = World::of(server()).await;
    let session = world.initialize("2025-06-18").await;
    for message in [
        json!({"jsonrpc": "2.0", "method": "notifications/roots/list_changed"}),
        json!({"jsonrpc": "2.0", "id": 99, "result": {}}),
        json!({"jsonrpc": "2.0", "id": 99, "error": {"code": -1, "message": "no"}}),
    ] {
        let answer = world
            .send(&Ask::legacy("2025-06-18", &session, message))
            .await;
        assert_eq!((answer.status, answer.body.len()), (202, 0));
    }
    world.stop().await;
}

// SPEC: 2025-11-25/basic/transports/resumability-and-redelivery:2
// SPEC: 2025-11-25/basic/transports/sending-messages-to-the-server:7,9,11,13
#[tokio::test]
async fn streams_have_ids_and_a_start_where_the_revision_has_them() {
    let world = World::of(server()).await;
    let check = async |revision: &str, primed: bool| {
        let session = world.initialize(revision).await;
        let answer = world
            .send(&Ask::legacy_call(revision, &session, 5, "telling"))
            .await;
        let events = answer.events();
        assert_eq!(
            events.len(),
            if primed { 3 } else { 2 },
            "{revision}: {}",
            answer.text()
        );
        assert_eq!(events[0].data.is_empty(), primed, "{revision}");
        let text = String::from_utf8(answer.body).expect("text");
        assert_eq!(
            text.starts_with("id: 1-0\nretry: 1000\ndata: \n\n"),
            primed,
            "{text}"
        );
        assert!(
            text.contains("id: 1-1\n") && text.contains("id: 1-2\n"),
            "{text}"
        );
    };
    check("2025-11-25", true).await;
    check("2025-06-18", false).await;
    check("2025-03-26", false).await;
    world.stop().await;
}

// SPEC: 2025-11-25/basic/transports/listening-for-messages-from-the-server:2-5
// SPEC: 2025-11-25/basic/transports/multiple-connections:1-2
#[tokio::test]
async fn the_standalone_stream_carries_what_belongs_to_no_request() {
    let server = server();
    let world = World::of(server.clone()).await;
    let session = world.initialize("2025-11-25").await;
    let listen = Ask::listen("2025-11-25", &session);
    let mut stream = Connection::open(world.address).await.stream(&listen).await;
    let start = stream.event().await.expect("a start");
    assert!(start.data.is_empty());
    // An answer goes to whoever asked, and never here.
    let call = Ask::legacy_call("2025-11-25", &session, 1, "quick");
    assert_eq!(world.send(&call).await.json()["id"], 1);
    server.change(|offers| offers.remove_tool("quick"));
    let told = stream.message().await.expect("the change");
    assert_eq!(told["method"], "notifications/tools/list_changed");
    // The newest listener takes over; the other stream ends.
    let mut newer = Connection::open(world.address).await.stream(&listen).await;
    assert!(stream.event().await.is_none());
    assert_eq!(stream.retry(), Some(Duration::from_secs(1)), "come back");
    server.change(|offers| offers.remove_tool("telling"));
    assert!(newer.message().await.is_some(), "said once, to the newest");
    // The session ends, and its stream with it.
    let end = Ask::new("DELETE", "/mcp").header("Mcp-Session-Id", &session);
    assert_eq!(world.send(&end).await.status, 204);
    assert!(newer.event().await.is_none());
    world
        .until("no stream is left", |service| service.streams() == 0)
        .await;
    world.stop().await;
}

#[tokio::test]
async fn sessions_are_bounded_in_number_and_idle_time() {
    let limits = HttpLimits {
        max_sessions: 2,
        ..HttpLimits::default()
    };
    let world = World::start(HttpServer::new(server()).limits(limits)).await;
    for _ in 0..2 {
        world.initialize("2025-11-25").await;
    }
    let refused = world.send(&Ask::initialize("2025-11-25")).await;
    assert_eq!(
        (refused.status, refused.header("mcp-session-id")),
        (503, None)
    );
    world.stop().await;
    let limits = HttpLimits {
        session_idle: Duration::ZERO,
        ..HttpLimits::default()
    };
    let world = World::start(HttpServer::new(server()).limits(limits)).await;
    let opened = world.send(&Ask::initialize("2025-11-25")).await;
    let session = opened
        .header("mcp-session-id")
        .expect("a session")
        .to_owned();
    let list = Ask::legacy("2025-11-25", &session, request("tools/list"));
    assert_eq!(world.send(&list).await.status, 404, "expired at once");
    world.stop().await;
}
