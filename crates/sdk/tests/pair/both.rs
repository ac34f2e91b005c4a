//! Our client and our server, with a simulated stream between them, in every revision.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::future::join_all;
use interlock_sdk::client::{CallError, CallOptions, Client, ConnectError};
use interlock_sdk::duplex::{Pipe, ServeError, Unix};
use interlock_sdk::server::{Context, Server};
use interlock_wire::Revision;
use serde_json::json;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::raw::{builder, server};
use super::wire::Line;

type Served = JoinHandle<Result<(), ServeError>>;

/// A client that allows `revision` only, or all of them, and the server that it is connected to.
async fn pair(
    server: Server,
    revision: Option<Revision>,
    to_server: Line,
    to_client: Line,
) -> (Result<Client, ConnectError>, Served) {
    let (client_writes, server_reads) = to_server.open();
    let (server_writes, client_reads) = to_client.open();
    let served = tokio::spawn(async move { server.serve_on(server_reads, server_writes).await });
    let mut client = Client::builder("pair", "1.0.0");
    if let Some(revision) = revision {
        client = client.revision(revision);
    }
    let pipe = Pipe::new(client_reads, client_writes);
    (client.connect(pipe).await, served)
}

async fn echo(client: &Client, text: &str) -> Result<String, CallError> {
    let result = client.call_tool("echo", &json!({ "text": text })).await?;
    let text = result.content.first().and_then(|block| block.as_text());
    Ok(text.unwrap_or_default().to_owned())
}

#[tokio::test(start_paused = true)]
async fn every_revision_is_spoken_whatever_the_stream_is_like() {
    let wanted = Revision::ALL.into_iter().map(Some).chain([None]);
    for revision in wanted {
        for seed in [0, 13, 26, 47] {
            let lines = (Line::rough(seed), Line::rough(seed + 5));
            let (client, served) = pair(server(), revision, lines.0, lines.1).await;
            let client = client.unwrap();
            let agreed = client.server().revision();
            assert_eq!(agreed, revision.unwrap_or(Revision::V2026_07_28));
            let tools = client.list_tools().await.unwrap();
            assert_eq!(tools.len(), 2);
            let texts: Vec<_> = (0..5).map(|count| "é\n".repeat(count * 40)).collect();
            let calls = join_all(texts.iter().map(|text| echo(&client, text))).await;
            for (text, call) in texts.iter().zip(calls) {
                assert_eq!(call.unwrap(), *text, "{revision:?} {seed}");
            }
            client.close().await;
            served.await.unwrap().unwrap();
        }
    }
}

#[tokio::test(start_paused = true)]
async fn answers_find_their_calls_in_any_order() {
    for revision in [Revision::V2025_11_25, Revision::V2026_07_28] {
        let line = Line {
            latency: Duration::from_millis(20),
            jitter: Duration::from_millis(10),
            ..Line::default()
        };
        let (client, _served) = pair(server(), Some(revision), line.clone(), line).await;
        let client = client.unwrap();
        let begin = Instant::now();
        let calls = (0..50_u64).map(|call| {
            let client = client.clone();
            async move {
                let milliseconds = (call * 7_919) % 1_000;
                let arguments = json!({ "milliseconds": milliseconds });
                let wait = client.call_tool("wait", &arguments);
                let text = format!("call {call}");
                let (waited, echoed) = tokio::join!(wait, echo(&client, &text));
                waited.unwrap();
                assert_eq!(echoed.unwrap(), text);
            }
        });
        join_all(calls).await;
        // They waited at the same time.
        assert!(
            begin.elapsed() < Duration::from_secs(2),
            "{:?}",
            begin.elapsed()
        );
    }
}

/// A server whose tool `hang` never ends, and how many of its calls are running.
fn hanging() -> (Server, Arc<AtomicUsize>) {
    struct Running(Arc<AtomicUsize>);
    impl Drop for Running {
        fn drop(&mut self) {
            self.0.fetch_sub(1, Ordering::Relaxed);
        }
    }
    #[derive(serde::Deserialize, schemars::JsonSchema)]
    struct Nothing {}
    let running = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&running);
    let hang = move |_nothing: Nothing, _cx: Context| {
        count.fetch_add(1, Ordering::Relaxed);
        let guard = Running(Arc::clone(&count));
        async move {
            std::future::pending::<()>().await;
            drop(guard);
            Ok("never")
        }
    };
    let server = builder().tool("hang", "Never answers", hang).build();
    (server, running)
}

async fn until_running(running: &AtomicUsize, expected: usize) {
    let until = Instant::now() + Duration::from_secs(60);
    while running.load(Ordering::Relaxed) != expected {
        assert!(Instant::now() < until, "not {expected} calls");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

// SPEC: 2026-07-28/basic/transports/stdio/cancellation:1 2026-07-28/basic/transports/stdio/cancellation:2
// SPEC: 2026-07-28/basic/patterns/cancellation/top:1 2026-07-28/basic/patterns/cancellation/transport-specific-cancellation:2
// SPEC: 2026-07-28/basic/patterns/cancellation/timeouts:2 2026-07-28/basic/patterns/cancellation/timeouts:3
// SPEC: 2026-07-28/basic/patterns/cancellation/behavior-requirements:1
// SPEC: 2026-07-28/basic/patterns/cancellation/behavior-requirements:4
// SPEC: 2026-07-28/basic/patterns/cancellation/behavior-requirements:5 2025-11-25/basic/lifecycle/timeouts:2
// SPEC: 2025-11-25/basic/utilities/cancellation/behavior-requirements:1
// SPEC: 2025-11-25/basic/utilities/cancellation/behavior-requirements:5
// SPEC: 2025-11-25/basic/utilities/cancellation/behavior-requirements:6
// SPEC: 2026-07-28/basic/transports/index/messages:2
#[tokio::test(start_paused = true)]
async fn a_call_that_nobody_waits_for_stops_in_the_server() {
    for revision in [Revision::V2025_06_18, Revision::V2026_07_28] {
        let (server, running) = hanging();
        let lines = (Line::rough(8), Line::rough(9));
        let (client, served) = pair(server, Some(revision), lines.0, lines.1).await;
        let client = client.unwrap();
        let caller = client.clone();
        let call = tokio::spawn(async move { caller.call_tool("hang", &json!({})).await });
        until_running(&running, 1).await;
        // Dropped.
        call.abort();
        until_running(&running, 0).await;
        // Out of time.
        let hasty = client.with(CallOptions::new().timeout(Duration::from_secs(2)));
        let call = hasty.call_tool("hang", &json!({})).await;
        assert!(matches!(call, Err(CallError::Timeout(_))), "{call:?}");
        until_running(&running, 0).await;
        // The connection is as good as before.
        assert_eq!(echo(&client, "x").await.unwrap(), "x");
        // Disconnected.
        let caller = client.clone();
        let call = tokio::spawn(async move { caller.call_tool("hang", &json!({})).await });
        until_running(&running, 1).await;
        client.close().await;
        until_running(&running, 0).await;
        assert!(call.await.unwrap().is_err());
        served.await.unwrap().unwrap();
    }
}

/// Wherever a connection breaks, in either direction, both sides notice: nothing waits for ever.
#[tokio::test(start_paused = true)]
async fn a_connection_may_break_anywhere() {
    for revision in [Revision::V2025_11_25, Revision::V2026_07_28] {
        for cut in (1..1_500).step_by(97) {
            let broken = Line {
                cut: Some(cut),
                ..Line::rough(cut as u64)
            };
            for (to_server, to_client) in [
                (broken.clone(), Line::default()),
                (Line::default(), broken.clone()),
            ] {
                let begin = Instant::now();
                let (client, served) = pair(server(), Some(revision), to_server, to_client).await;
                if let Ok(client) = client {
                    while echo(&client, "again").await.is_ok() {}
                }
                let _either = served.await.unwrap();
                assert!(
                    begin.elapsed() < Duration::from_secs(300),
                    "{:?}",
                    begin.elapsed()
                );
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_that_is_gone_is_told_at_once() {
    let (server, running) = hanging();
    let (client, served) = pair(server, None, Line::default(), Line::default()).await;
    let client = client.unwrap();
    let caller = client.clone();
    let call = tokio::spawn(async move { caller.call_tool("hang", &json!({})).await });
    until_running(&running, 1).await;
    let begin = Instant::now();
    served.abort();
    let call = call.await.unwrap();
    assert!(matches!(call, Err(CallError::Transport(_))), "{call:?}");
    assert!(echo(&client, "x").await.is_err());
    assert!(begin.elapsed() < Duration::from_secs(1));
}

// SPEC: 2026-07-28/basic/transports/stdio/top:5 2026-07-28/basic/transports/index/custom-transports:3
#[tokio::test]
async fn a_client_reaches_a_unix_socket() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("socket");
    let at = path.clone();
    let served = tokio::spawn(async move { server().serve_unix(at).await });
    while !path.exists() {
        tokio::task::yield_now().await;
    }
    let clients = (0..3).map(|_| async {
        let client = Client::builder("pair", "1.0.0");
        let client = client.connect(Unix::new(&path)).await.unwrap();
        assert_eq!(
            echo(&client, "over a socket").await.unwrap(),
            "over a socket"
        );
        client.close().await;
    });
    join_all(clients).await;
    served.abort();
    let nobody = Client::builder("pair", "1.0.0").connect(Unix::new("/does/not/exist"));
    assert!(matches!(nobody.await, Err(ConnectError::Transport(_))));
}
