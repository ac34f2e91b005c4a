//! A lost connection is no cancellation up to 2025-11-25: the client reads on where it stopped.

use std::sync::Arc;

use interlock_sdk::http::server::{HttpLimits, HttpServer};
use interlock_sdk::{Context, Server};
use serde_json::json;
use tokio::sync::Semaphore;

use super::world::{Ask, Connection, Stream, World};

const REVISION: &str = "2025-11-25";

#[derive(serde::Deserialize, schemars::JsonSchema)]
struct Nothing {}

/// Tells, waits to be let on, tells again, answers.
fn server(gate: &Arc<Semaphore>) -> Server {
    let (gate, later) = (Arc::clone(gate), Arc::clone(gate));
    Server::builder("resumption", "1")
        .tool("slow", "Takes its time", move |_: Nothing, cx: Context| {
            let gate = Arc::clone(&gate);
            async move {
                cx.progress(1.0, None, "one").await;
                gate.acquire()
                    .await
                    .map(tokio::sync::SemaphorePermit::forget)
                    .ok();
                cx.progress(2.0, None, "two").await;
                Ok("done")
            }
        })
        .tool(
            "leaving",
            "Gives its connection up",
            move |_: Nothing, cx: Context| {
                let gate = Arc::clone(&later);
                async move {
                    cx.close_stream();
                    gate.acquire()
                        .await
                        .map(tokio::sync::SemaphorePermit::forget)
                        .ok();
                    cx.progress(1.0, None, "on").await;
                    Ok("done")
                }
            },
        )
        .tool(
            "other",
            "Something else",
            async |_: Nothing, _cx: Context| Ok("other"),
        )
        .build()
}

/// A call whose connection was lost after its first message, and where its client stopped.
async fn lost(world: &World, session: &str) -> String {
    let call = Ask::legacy_call(REVISION, session, 7, "slow");
    let mut stream = Connection::open(world.address).await.stream(&call).await;
    assert_eq!(
        stream.message().await.expect("progress")["params"]["message"],
        "one"
    );
    let stopped = stream.last_event_id().to_owned();
    drop(stream);
    world
        .until("the connection is gone", |service| service.streams() == 0)
        .await;
    stopped
}

async fn resume(world: &World, session: &str, from: &str) -> Stream {
    let ask = Ask::listen(REVISION, session).header("Last-Event-ID", from);
    Connection::open(world.address).await.stream(&ask).await
}

/// The rest of a call: its second message and its answer, then the end.
async fn read_rest(mut stream: Stream) {
    assert_eq!(
        stream.message().await.expect("progress")["params"]["message"],
        "two"
    );
    let answer = stream.message().await.expect("the answer");
    assert_eq!(
        (&answer["id"], &answer["result"]["content"][0]["text"]),
        (&json!(7), &json!("done"))
    );
    assert!(stream.event().await.is_none());
}

// SPEC: 2025-11-25/basic/transports/resumability-and-redelivery:1
// SPEC: 2025-11-25/basic/transports/sending-messages-to-the-server:14-16
#[tokio::test]
async fn a_call_goes_on_and_its_rest_is_read_later() {
    let gate = Arc::new(Semaphore::new(0));
    let world = World::of(server(&gate)).await;
    let session = world.initialize(REVISION).await;
    let stopped = lost(&world, &session).await;
    // While it waits: the stream is live.
    let live = resume(&world, &session, &stopped).await;
    gate.add_permits(1);
    read_rest(live).await;
    // Again, when all of it is over: from where it stopped, and from its start.
    read_rest(resume(&world, &session, &stopped).await).await;
    let mut whole = resume(&world, &session, "1-0").await;
    assert_eq!(
        whole.message().await.expect("progress")["params"]["message"],
        "one"
    );
    read_rest(whole).await;
    // Behind its end there is nothing, and neither is there in streams that never were.
    for from in ["1-3", "1-99", "9-0"] {
        assert!(
            resume(&world, &session, from).await.event().await.is_none(),
            "{from}"
        );
    }
    world.stop().await;
}

// SPEC: 2025-11-25/basic/transports/resumability-and-redelivery:4
#[tokio::test]
async fn a_stream_is_read_by_its_own_session_only() {
    let gate = Arc::new(Semaphore::new(1));
    let world = World::of(server(&gate)).await;
    let session = world.initialize(REVISION).await;
    let stopped = lost(&world, &session).await;
    let other = world.initialize(REVISION).await;
    assert!(
        resume(&world, &other, &stopped)
            .await
            .event()
            .await
            .is_none()
    );
    // Streams of one session do not mix either.
    let call = Ask::legacy_call(REVISION, &session, 8, "slow");
    gate.add_permits(1);
    let answer = world.send(&call).await;
    assert!(answer.events().len() >= 3);
    read_rest(resume(&world, &session, &stopped).await).await;
    world.stop().await;
}

#[tokio::test]
async fn what_is_kept_for_later_is_bounded() {
    let gate = Arc::new(Semaphore::new(1));
    let limits = HttpLimits {
        replay_events: 1,
        ..HttpLimits::default()
    };
    let world = World::start(HttpServer::new(server(&gate)).limits(limits)).await;
    let session = world.initialize(REVISION).await;
    let answer = world
        .send(&Ask::legacy_call(REVISION, &session, 7, "slow"))
        .await;
    assert_eq!(answer.events().len(), 4);
    assert!(
        resume(&world, &session, "1-0")
            .await
            .event()
            .await
            .is_none(),
        "a gap is an end"
    );
    let mut last = resume(&world, &session, "1-2").await;
    assert_eq!(last.message().await.expect("the answer")["id"], 7);
    world.stop().await;
}

#[tokio::test]
async fn what_nobody_listened_to_waits_for_the_next_listener() {
    let gate = Arc::new(Semaphore::new(0));
    let server = server(&gate);
    let world = World::of(server.clone()).await;
    let session = world.initialize(REVISION).await;
    let listen = Ask::listen(REVISION, &session);
    let mut stream = Connection::open(world.address).await.stream(&listen).await;
    assert!(
        stream
            .event()
            .await
            .is_some_and(|start| start.data.is_empty())
    );
    let start = stream.last_event_id().to_owned();
    drop(stream);
    world
        .until("nobody listens", |service| service.streams() == 0)
        .await;
    server.change(|offers| offers.remove_tool("other"));
    let mut again = resume(&world, &session, &start).await;
    let told = again.message().await.expect("the change");
    assert_eq!(told["method"], "notifications/tools/list_changed");
    // Lost on the way: the same event is given again.
    drop(again);
    world
        .until("nobody listens", |service| service.streams() == 0)
        .await;
    let mut again = resume(&world, &session, &start).await;
    assert_eq!(again.message().await.expect("the change"), told);
    world.stop().await;
}

#[tokio::test]
async fn a_session_that_ends_cancels_what_goes_on() {
    let gate = Arc::new(Semaphore::new(0));
    let world = World::of(server(&gate)).await;
    let session = world.initialize(REVISION).await;
    let stopped = lost(&world, &session).await;
    let end = Ask::new("DELETE", "/mcp").header("Mcp-Session-Id", &session);
    assert_eq!(world.send(&end).await.status, 204);
    let ask = Ask::listen(REVISION, &session).header("Last-Event-ID", &stopped);
    assert_eq!(world.send(&ask).await.status, 404);
    world.stop().await;
}

/// The server closes the connection, not the stream: the client comes back for the rest.
#[tokio::test]
async fn a_handler_may_give_its_connection_up() {
    let gate = Arc::new(Semaphore::new(0));
    let world = World::of(server(&gate)).await;
    let session = world.initialize(REVISION).await;
    let call = Ask::legacy_call(REVISION, &session, 7, "leaving");
    let answer = world.send(&call).await;
    let text = String::from_utf8(answer.body).expect("text");
    assert_eq!(text, "id: 1-0\nretry: 1000\ndata: \n\n");
    let mut rest = resume(&world, &session, "1-0").await;
    gate.add_permits(3);
    let told = rest.message().await.expect("progress");
    assert_eq!(told["params"]["message"], "on");
    assert_eq!(rest.message().await.expect("the answer")["id"], 7);
    assert!(rest.event().await.is_none());
    // Where there is nothing to come back to, the call is answered as ever.
    let older = world.initialize("2025-06-18").await;
    let call = Ask::legacy_call("2025-06-18", &older, 8, "leaving");
    assert_eq!(world.send(&call).await.events().len(), 2);
    let modern = world.send(&Ask::call("leaving", json!({}))).await;
    assert_eq!(modern.events().len(), 2);
    world.stop().await;
}
