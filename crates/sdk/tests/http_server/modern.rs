//! 2026-07-28: each request by itself.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use interlock_sdk::http::server::{HttpLimits, HttpServer};
use interlock_sdk::{Context, Server};
use serde_json::json;
use tokio::sync::Semaphore;

use super::world::{Ask, Connection, World, within};

#[derive(serde::Deserialize, schemars::JsonSchema)]
struct Nothing {}

/// Says how many calls are at work, also when they end early.
struct AtWork(Arc<AtomicUsize>);

impl AtWork {
    fn begin(count: &Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, Ordering::SeqCst);
        Self(Arc::clone(count))
    }
}

impl Drop for AtWork {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

struct Tools {
    server: Server,
    at_work: Arc<AtomicUsize>,
    /// One permit lets one waiting call go on.
    gate: Arc<Semaphore>,
}

fn tools() -> Tools {
    let at_work = Arc::new(AtomicUsize::new(0));
    let gate = Arc::new(Semaphore::new(0));
    let (count, first, second) = (Arc::clone(&at_work), Arc::clone(&gate), Arc::clone(&gate));
    let counted = Arc::clone(&at_work);
    let server = Server::builder("modern", "1")
        .tool(
            "quick",
            "Answers at once",
            async |_: Nothing, _cx: Context| Ok("done"),
        )
        .tool(
            "telling",
            "Tells, then answers at once",
            async |_: Nothing, cx: Context| {
                cx.progress(1.0, 2.0, "half").await;
                Ok("done")
            },
        )
        .tool(
            "waiting",
            "Waits, then answers",
            move |_: Nothing, _cx: Context| {
                let (gate, at_work) = (Arc::clone(&first), AtWork::begin(&count));
                async move {
                    gate.acquire()
                        .await
                        .map(tokio::sync::SemaphorePermit::forget)
                        .ok();
                    drop(at_work);
                    Ok("done")
                }
            },
        )
        .tool(
            "slow",
            "Tells, waits, tells, answers",
            move |_: Nothing, cx: Context| {
                let (gate, at_work) = (Arc::clone(&second), AtWork::begin(&counted));
                async move {
                    cx.progress(1.0, 3.0, "one").await;
                    gate.acquire()
                        .await
                        .map(tokio::sync::SemaphorePermit::forget)
                        .ok();
                    cx.progress(2.0, 3.0, "two").await;
                    drop(at_work);
                    Ok("done")
                }
            },
        )
        .build();
    Tools {
        server,
        at_work,
        gate,
    }
}

// SPEC: 2026-07-28/basic/transports/streamable-http/receiving-messages:4
// SPEC: 2026-07-28/basic/transports/streamable-http/sending-messages:9
#[tokio::test]
async fn answers_are_documents_unless_something_comes_before_them() {
    let tools = tools();
    let world = World::of(tools.server).await;
    tools.gate.add_permits(1);
    for tool in ["quick", "waiting"] {
        let answer = world.send(&Ask::call(tool, json!({}))).await;
        assert_eq!(
            (answer.status, answer.header("content-type")),
            (200, Some("application/json"))
        );
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        assert_eq!(
            answer.json()["result"]["content"][0]["text"],
            "done",
            "{}",
            answer.text()
        );
        assert_eq!(answer.header("mcp-session-id"), None);
    }
    let answer = world.send(&Ask::call("telling", json!({}))).await;
    assert_eq!(answer.header("x-accel-buffering"), Some("no"));
    let events = answer.events();
    assert_eq!(events.len(), 2, "{}", answer.text());
    let read =
        |at: usize| serde_json::from_slice::<serde_json::Value>(&events[at].data).expect("JSON");
    assert_eq!(read(0)["method"], "notifications/progress");
    assert_eq!(read(1)["result"]["content"][0]["text"], "done");
    assert!(
        !answer.text().contains("id: "),
        "streams of this revision are not resumable"
    );
    world.stop().await;
}

// SPEC: 2026-07-28/basic/transports/streamable-http/receiving-messages:1,3
#[tokio::test]
async fn what_is_sent_arrives_before_the_answer_is_known() {
    let tools = tools();
    let world = World::of(tools.server).await;
    let mut stream = Connection::open(world.address)
        .await
        .stream(&Ask::call("slow", json!({})))
        .await;
    assert_eq!(
        stream.message().await.expect("progress")["params"]["message"],
        "one"
    );
    tools.gate.add_permits(1);
    assert_eq!(
        stream.message().await.expect("progress")["params"]["message"],
        "two"
    );
    assert_eq!(stream.message().await.expect("the answer")["id"], 1);
    assert!(stream.event().await.is_none(), "the answer ends the stream");
    world
        .until("the stream is gone", |service| service.streams() == 0)
        .await;
    world.stop().await;
}

// SPEC: 2026-07-28/basic/patterns/cancellation/transport-specific-cancellation:1
// SPEC: 2026-07-28/basic/transports/streamable-http/cancellation:1-3
#[tokio::test]
async fn a_closed_connection_cancels() {
    let tools = tools();
    let world = World::of(tools.server).await;
    // Before and after the stream has begun.
    let ask = Ask::call("waiting", json!({}));
    let mut waiting = Connection::open(world.address).await;
    let answer =
        tokio::time::timeout(std::time::Duration::from_millis(50), waiting.send(&ask)).await;
    assert!(answer.is_err(), "it waits");
    let mut stream = Connection::open(world.address)
        .await
        .stream(&Ask::call("slow", json!({})))
        .await;
    assert!(stream.message().await.is_some());
    let at_work = Arc::clone(&tools.at_work);
    world
        .until("both are at work", |_| at_work.load(Ordering::SeqCst) == 2)
        .await;
    drop((waiting, stream));
    world
        .until("both are cancelled", |_| {
            at_work.load(Ordering::SeqCst) == 0
        })
        .await;
    world
        .until("no stream is left", |service| service.streams() == 0)
        .await;
    world.stop().await;
}

// SPEC: 2026-07-28/basic/transports/streamable-http/protocol-version-header:5
// SPEC: 2026-07-28/basic/transports/streamable-http/sending-messages:6-8 2026-07-28/basic/index/meta:12
#[tokio::test]
async fn errors_have_the_statuses_of_the_revision() {
    let tools = tools();
    let world = World::of(tools.server).await;
    let check = async |ask: Ask, status: u16, code: i64| {
        let answer = world.send(&ask).await;
        assert_eq!(
            (answer.status, answer.code()),
            (status, Some(code)),
            "{}",
            answer.text()
        );
        assert_eq!(answer.json()["id"], 1);
    };
    for method in [
        "unknown/method",
        "initialize",
        "ping",
        "logging/setLevel",
        "resources/subscribe",
    ] {
        check(Ask::modern(method, json!({})), 404, -32601).await;
    }
    check(Ask::call("nobody", json!({})), 200, -32602).await;
    let tasks = json!({"notifications": {"taskIds": ["t"]}});
    check(Ask::modern("subscriptions/listen", tasks), 400, -32021).await;
    // Nothing is expected of a client in this revision but requests and notifications.
    let response = Ask::modern("x", json!({}))
        .without("Mcp-Method")
        .body(r#"{"jsonrpc":"2.0","id":1,"result":{}}"#);
    assert_eq!(world.send(&response).await.status, 400);
    let note =
        json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 1}});
    let note = Ask::post(&note).header("MCP-Protocol-Version", "2026-07-28");
    let answer = world.send(&note).await;
    assert_eq!((answer.status, answer.body.len()), (202, 0));
    // One that is not accepted has an error's status.
    for (header, value, status) in [
        ("MCP-Protocol-Version", "1900-01-01", 400),
        ("Content-Type", "text/plain", 415),
        ("Origin", "https://evil.example", 403),
    ] {
        let refused = world.send(&note.clone().with(header, value)).await;
        assert_eq!(refused.status, status, "{header}");
    }
    world.stop().await;
}

// SPEC: 2026-07-28/basic/transports/streamable-http/earlier-streamable-http-revisions:2-3
#[tokio::test]
async fn sessions_mean_nothing_here() {
    let tools = tools();
    let world = World::of(tools.server).await;
    let ask = Ask::call("quick", json!({}))
        .header("Mcp-Session-Id", "any")
        .header("Last-Event-ID", "1-1");
    let answer = world.send(&ask).await;
    assert_eq!(
        (answer.status, answer.header("mcp-session-id")),
        (200, None)
    );
    assert_eq!(world.service.sessions(), 0);
    world.stop().await;
}

#[tokio::test]
async fn open_streams_are_bounded() {
    let tools = tools();
    let limits = HttpLimits {
        max_streams: 2,
        ..HttpLimits::default()
    };
    let world = World::start(HttpServer::new(tools.server).limits(limits)).await;
    let slow = Ask::call("slow", json!({}));
    let mut open = Vec::new();
    for _ in 0..2 {
        open.push(Connection::open(world.address).await.stream(&slow).await);
    }
    let refused = world.send(&slow).await;
    assert_eq!(
        (refused.status, refused.header("retry-after")),
        (503, Some("5"))
    );
    assert_eq!(
        world.send(&Ask::call("quick", json!({}))).await.status,
        200,
        "documents are no streams"
    );
    open.pop();
    world
        .until("one is gone", |service| service.streams() == 1)
        .await;
    assert_eq!(
        Connection::open(world.address)
            .await
            .stream(&slow)
            .await
            .head
            .status,
        200
    );
    drop(open);
    world.stop().await;
}

// SPEC: 2026-07-28/basic/index/meta:16 2026-07-28/basic/patterns/subscriptions/acknowledgment:1
#[tokio::test]
async fn listening_is_a_stream_that_stays() {
    let tools = tools();
    let world = World::of(tools.server.clone()).await;
    let listen = Ask::modern(
        "subscriptions/listen",
        json!({"notifications": {"toolsListChanged": true}}),
    );
    let mut stream = Connection::open(world.address).await.stream(&listen).await;
    let first = stream.message().await.expect("the acknowledgement");
    assert_eq!(first["method"], "notifications/subscriptions/acknowledged");
    assert_eq!(
        first["params"]["_meta"]["io.modelcontextprotocol/subscriptionId"],
        1
    );
    tools.server.change(|offers| offers.remove_tool("quick"));
    let told = stream.message().await.expect("the change");
    assert_eq!(told["method"], "notifications/tools/list_changed");
    drop(stream);
    world
        .until("the stream is gone", |service| service.streams() == 0)
        .await;
    world.stop().await;
}

#[tokio::test]
async fn one_connection_carries_many_requests() {
    let tools = tools();
    let world = World::of(tools.server).await;
    let mut connection = Connection::open(world.address).await;
    for _ in 0..3 {
        assert_eq!(
            within(connection.send(&Ask::call("quick", json!({}))))
                .await
                .status,
            200
        );
        assert_eq!(
            within(connection.send(&Ask::call("telling", json!({}))))
                .await
                .events()
                .len(),
            2
        );
    }
    world.stop().await;
}
