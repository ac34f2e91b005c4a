//! Beginning and ending: shutdown in order, and connections within bounds.

use std::sync::Arc;
use std::time::Duration;

use interlock_sdk::http::server::{HttpLimits, HttpServer};
use interlock_sdk::{Context, Server};
use serde_json::json;
use tokio::net::TcpStream;
use tokio::sync::Semaphore;

use super::world::{Ask, Connection, World, within};

#[derive(serde::Deserialize, schemars::JsonSchema)]
struct Nothing {}

fn server(gate: &Arc<Semaphore>) -> Server {
    let gate = Arc::clone(gate);
    Server::builder("lifecycle", "1")
        .tool("waiting", "Waits", move |_: Nothing, cx: Context| {
            let gate = Arc::clone(&gate);
            async move {
                cx.progress(1.0, None, None).await;
                gate.acquire()
                    .await
                    .map(tokio::sync::SemaphorePermit::forget)
                    .ok();
                Ok("done")
            }
        })
        .build()
}

#[tokio::test]
async fn what_is_being_answered_may_finish() {
    let gate = Arc::new(Semaphore::new(0));
    let world = World::of(server(&gate)).await;
    let address = world.address;
    let mut idle = Connection::open(address).await;
    assert_eq!(
        idle.send(&Ask::modern("tools/list", json!({})))
            .await
            .status,
        200
    );
    let mut stream = Connection::open(address)
        .await
        .stream(&Ask::call("waiting", json!({})))
        .await;
    assert!(stream.message().await.is_some());
    let stopping = tokio::spawn(world.stop());
    // Nothing new is accepted any more: that is how to see that the shutdown has begun.
    within(async {
        while TcpStream::connect(address).await.is_ok() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    })
    .await;
    assert_eq!(idle.answer().await.status, 0, "idle connections are closed");
    gate.add_permits(1);
    assert_eq!(
        stream.message().await.expect("the answer")["result"]["content"][0]["text"],
        "done"
    );
    within(stopping).await.expect("an orderly end");
}

#[tokio::test]
async fn sessions_and_their_streams_end_with_the_server() {
    let gate = Arc::new(Semaphore::new(0));
    let world = World::of(server(&gate)).await;
    let session = world.initialize("2025-11-25").await;
    let mut stream = Connection::open(world.address)
        .await
        .stream(&Ask::listen("2025-11-25", &session))
        .await;
    assert!(stream.event().await.is_some());
    let listen = Ask::modern(
        "subscriptions/listen",
        json!({"notifications": {"toolsListChanged": true}}),
    );
    let mut modern = Connection::open(world.address).await.stream(&listen).await;
    assert!(modern.message().await.is_some());
    let service = world.service.clone();
    world.stop().await;
    assert!(stream.event().await.is_none());
    // A subscription that ends in order is answered.
    let mut last = None;
    while let Some(message) = modern.message().await {
        last = Some(message);
    }
    assert_eq!(
        last.expect("an answer")["result"]["_meta"]["io.modelcontextprotocol/subscriptionId"],
        1
    );
    assert_eq!((service.sessions(), service.streams()), (0, 0));
}

#[tokio::test]
async fn connections_beyond_the_bound_wait() {
    let gate = Arc::new(Semaphore::new(0));
    let limits = HttpLimits {
        max_connections: 1,
        ..HttpLimits::default()
    };
    let world = World::start(HttpServer::new(server(&gate)).limits(limits)).await;
    let list = Ask::modern("tools/list", json!({}));
    let mut first = Connection::open(world.address).await;
    assert_eq!(first.send(&list).await.status, 200);
    let mut second = Connection::open(world.address).await;
    let waited = tokio::time::timeout(Duration::from_millis(50), second.send(&list)).await;
    assert!(waited.is_err(), "there is no room yet");
    drop(first);
    assert_eq!(second.answer().await.status, 200, "now there is");
    world.stop().await;
}

/// A peer that reads nothing does not hold its stream for ever.
#[tokio::test]
async fn a_peer_that_does_not_read_is_left() {
    let server = Server::builder("talkative", "1")
        .tool("talk", "Tells for ever", async |_: Nothing, cx: Context| {
            let text = "x".repeat(64 << 10);
            for step in 0_u32.. {
                if cx.is_cancelled() {
                    break;
                }
                cx.progress(f64::from(step), None, text.as_str()).await;
            }
            Ok("never")
        })
        .build();
    let limits = HttpLimits {
        stall_time: Duration::from_millis(100),
        ..HttpLimits::default()
    };
    let world = World::start(HttpServer::new(server).limits(limits)).await;
    let stream = Connection::open(world.address)
        .await
        .stream(&Ask::call("talk", json!({})))
        .await;
    world
        .until("the stream is given up", |service| service.streams() == 0)
        .await;
    drop(stream);
    world.stop().await;
}
