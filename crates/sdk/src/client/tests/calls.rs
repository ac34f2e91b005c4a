//! One call: its answer, its time, its end.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use interlock_wire::Revision;
use serde_json::json;

use super::peer::{Shape, builder, everything, pair, shaped};
use crate::client::{CallError, CallOptions, Client, TransportError};

const BOTH: [Revision; 2] = [Revision::V2025_11_25, Revision::V2026_07_28];

fn call(client: &Client) -> tokio::task::JoinHandle<Result<String, CallError>> {
    let client = client.clone();
    tokio::spawn(async move {
        let result = client.call_tool("echo", &json!({"x": 1})).await?;
        let text = result.content.first().and_then(|block| block.as_text());
        Ok(text.unwrap_or_default().to_owned())
    })
}

// SPEC: both/basic/index/result-responses:1
#[tokio::test(start_paused = true)]
async fn answers_find_their_calls() {
    for revision in BOTH {
        let (client, mut peer) = pair(builder(), revision).await;
        let (first, second) = (call(&client), call(&client));
        let (one, other) = (
            peer.expect("tools/call").await,
            peer.expect("tools/call").await,
        );
        assert_ne!(one.id(), other.id());
        assert_eq!(one.params()["arguments"], json!({"x": 1}));
        assert_eq!(one.headers().0, Some("echo"));
        let result = |text: &str| json!({"resultType": "complete", "content": [{"type": "text", "text": text}]});
        peer.answer(&other, result("other"));
        // What arrives in another exchange, doubled or made up has no effect.
        let other_id = other.id().as_i64().unwrap();
        let foreign = json!({"jsonrpc": "2.0", "id": one.id(), "result": result("foreign")});
        assert_eq!(
            peer.say_on(other_id, foreign),
            crate::client::Taken::Nothing
        );
        peer.answer(&other, result("again"));
        peer.say(json!({"jsonrpc": "2.0", "id": 999, "result": {}}));
        peer.say(json!({"jsonrpc": "2.0", "id": one.id().to_string(), "result": {}}));
        peer.answer(&one, result("one"));
        let mut texts = [
            first.await.unwrap().unwrap(),
            second.await.unwrap().unwrap(),
        ];
        texts.sort();
        assert_eq!(texts, ["one", "other"]);
    }
}

#[tokio::test(start_paused = true)]
async fn errors_are_handed_on() {
    let (client, mut peer) = pair(builder(), Revision::V2025_11_25).await;
    let calling = call(&client);
    let seen = peer.next().await;
    peer.fail(&seen, -32602, json!({"why": 1}));
    let error = calling.await.unwrap().unwrap_err();
    let rpc = error.rpc().unwrap();
    assert_eq!(
        (rpc.code(), rpc.message(), rpc.data()),
        (-32602, "no", Some(&br#"{"why":1}"#[..]))
    );
}

// SPEC: 2026-07-28/basic/index/resulttype:2
#[tokio::test(start_paused = true)]
async fn malformed_answers_fail_at_once() {
    for (revision, answer) in [
        (
            Revision::V2025_11_25,
            r#""result":{"content":[],"content":[]}"#,
        ),
        (Revision::V2025_11_25, r#""result":[]"#),
        (Revision::V2025_11_25, r#""result":{"content":7}"#),
        (
            Revision::V2026_07_28,
            r#""result":{"resultType":"surprise","content":[]}"#,
        ),
        (
            Revision::V2026_07_28,
            r#""result":{"resultType":"task","taskId":"t"}"#,
        ),
        (
            Revision::V2026_07_28,
            r#""result":{"resultType":7,"content":[]}"#,
        ),
    ] {
        let (client, mut peer) = pair(builder(), revision).await;
        let calling = call(&client);
        let seen = peer.next().await;
        let text = format!(r#"{{"jsonrpc":"2.0","id":{},{answer}}}"#, seen.id());
        peer.inbox
            .message(text.as_bytes(), crate::client::Via::Shared);
        let error = calling.await.unwrap().unwrap_err();
        let refused = matches!(
            error,
            CallError::Malformed(_) | CallError::Result(_) | CallError::Rule(_)
        );
        assert!(refused, "{answer}: {error:?}");
    }
}

// SPEC: 2026-07-28/basic/patterns/cancellation/behavior-requirements:1-2,7
// SPEC: 2026-07-28/basic/patterns/cancellation/top:1
// SPEC: 2026-07-28/basic/patterns/cancellation/transport-specific-cancellation:2
// SPEC: 2025-11-25/basic/transports/sending-messages-to-the-server:17
// SPEC: 2026-07-28/basic/transports/stdio/cancellation:1
// SPEC: 2025-11-25/basic/utilities/cancellation/behavior-requirements:1-2,8
#[tokio::test(start_paused = true)]
async fn a_call_that_is_dropped_is_cancelled() {
    for (revision, http) in [(BOTH[0], false), (BOTH[1], false), (BOTH[1], true)] {
        let shape = Shape {
            http,
            ..Shape::default()
        };
        let (client, mut peer) = shaped(builder(), revision, everything(), shape).await;
        let calling = call(&client);
        let seen = peer.expect("tools/call").await;
        calling.abort();
        if http {
            // The end of the exchange said so.
            peer.nothing().await;
        } else {
            let cancelled = peer.expect("notifications/cancelled").await;
            assert_eq!(&cancelled.params()["requestId"], seen.id());
        }
        // A late answer has no effect.
        peer.answer(&seen, json!({"content": []}));
        assert_eq!(client.link().core.machine().in_flight(), (0, 0));
    }
}

// SPEC: 2025-11-25/basic/lifecycle/error-handling:3 2025-11-25/basic/lifecycle/timeouts:1-3
// SPEC: 2026-07-28/basic/patterns/cancellation/timeouts:1-3 2025-11-25/server/tools/security-considerations:8
// SPEC: 2026-07-28/server/tools/security-considerations:9
#[tokio::test(start_paused = true)]
async fn time_runs_out() {
    let (client, mut peer) = pair(builder(), Revision::V2025_11_25).await;
    let impatient = client.with(CallOptions::new().timeout(Duration::from_secs(3)));
    let calling = call(&impatient);
    let seen = peer.expect("tools/call").await;
    let cancelled = peer.expect("notifications/cancelled").await;
    assert_eq!(&cancelled.params()["requestId"], seen.id());
    let error = calling.await.unwrap().unwrap_err();
    assert!(matches!(error, CallError::Timeout(after) if after == Duration::from_secs(3)));
}

// SPEC: 2025-11-25/basic/lifecycle/timeouts:4 2026-07-28/basic/patterns/cancellation/timeouts:4
// SPEC: 2026-07-28/basic/patterns/progress/implementation-notes:1
#[tokio::test(start_paused = true)]
async fn progress_is_told_and_keeps_a_call_alive() {
    let (client, mut peer) = pair(builder(), Revision::V2026_07_28).await;
    let told = Arc::new(Mutex::new(Vec::new()));
    let hook = Arc::clone(&told);
    let options = CallOptions::new()
        .timeout(Duration::from_secs(3))
        .longest(Duration::from_secs(11))
        .on_progress(move |progress| hook.lock().unwrap().push(progress.progress));
    let calling = call(&client.with(options));
    let seen = peer.expect("tools/call").await;
    let token = seen.params()["_meta"]["progressToken"].clone();
    let progress = |token: &serde_json::Value, progress: f64| {
        let params = json!({"progressToken": token, "progress": progress});
        json!({"jsonrpc": "2.0", "method": "notifications/progress", "params": params})
    };
    for step in 1..=8 {
        tokio::time::sleep(Duration::from_secs(2)).await;
        if step == 2 {
            // What does not grow, or is nobody's, is not told.
            peer.say(progress(&token, 1.0));
            peer.say(progress(&token, 0.5));
            peer.say(progress(&json!("other"), 9.0));
        }
        peer.say(progress(&token, f64::from(step)));
        if calling.is_finished() {
            break;
        }
    }
    // Sixteen seconds of signs of life, but eleven at most.
    let error = calling.await.unwrap().unwrap_err();
    assert!(matches!(error, CallError::Timeout(_)), "{error:?}");
    assert_eq!(*told.lock().unwrap(), [1.0, 2.0, 3.0, 4.0, 5.0]);
}

#[tokio::test(start_paused = true)]
async fn the_end_of_the_connection_ends_all() {
    let (client, mut peer) = pair(builder(), Revision::V2025_11_25).await;
    let calling = call(&client);
    peer.next().await;
    peer.inbox.closed(TransportError::Closed);
    let closed = |error: &CallError| matches!(error, CallError::Transport(TransportError::Closed));
    assert!(closed(&calling.await.unwrap().unwrap_err()));
    assert!(closed(&call(&client).await.unwrap().unwrap_err()));
    client.close().await;
}

// SPEC: 2025-11-25/basic/lifecycle/operation:2 both/server/prompts/implementation-considerations:3
#[tokio::test(start_paused = true)]
async fn what_is_not_offered_is_not_asked_for() {
    let bare = json!({});
    let (client, mut peer) = shaped(builder(), BOTH[0], bare, Shape::default()).await;
    let refused =
        |error: CallError| assert!(matches!(error, CallError::NotOffered(_)), "{error:?}");
    refused(client.list_tools().await.unwrap_err());
    refused(client.list_prompts().await.unwrap_err());
    refused(client.list_resources().await.unwrap_err());
    refused(client.read_resource("file:///a").await.unwrap_err());
    refused(client.list_tasks().await.unwrap_err());
    refused(
        client
            .set_log_level(interlock_wire::types::LogLevel::Info)
            .await
            .unwrap_err(),
    );
    peer.nothing().await;
}

#[tokio::test(start_paused = true)]
async fn no_more_than_the_limit_is_in_flight() {
    let limits = interlock_wire::Limits {
        max_in_flight: 2,
        ..Default::default()
    };
    let (client, mut peer) = pair(builder().limits(limits), BOTH[0]).await;
    let (one, other) = (call(&client), call(&client));
    peer.next().await;
    peer.next().await;
    let error = call(&client).await.unwrap().unwrap_err();
    assert!(matches!(error, CallError::TooManyInFlight));
    one.abort();
    other.abort();
}

#[tokio::test(start_paused = true)]
async fn levels_of_logs_are_asked_for_in_the_way_of_the_era() {
    use interlock_wire::types::LogLevel;
    let (client, mut peer) = pair(builder(), Revision::V2026_07_28).await;
    client.set_log_level(LogLevel::Warning).await.unwrap();
    let calling = call(&client);
    let seen = peer.next().await;
    assert_eq!(
        seen.params()["_meta"]["io.modelcontextprotocol/logLevel"],
        "warning"
    );
    calling.abort();

    let (client, mut peer) = pair(builder(), Revision::V2025_11_25).await;
    let setting = tokio::spawn(async move { client.set_log_level(LogLevel::Warning).await });
    let seen = peer.expect("logging/setLevel").await;
    assert_eq!(seen.params(), &json!({"level": "warning"}));
    peer.answer(&seen, json!({}));
    setting.await.unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn pings_are_made_in_the_way_of_the_era() {
    for (revision, method, result) in [
        (Revision::V2025_06_18, "ping", json!({})),
        (
            Revision::V2026_07_28,
            "server/discover",
            json!({"resultType": "complete"}),
        ),
    ] {
        let (client, mut peer) = pair(builder(), revision).await;
        let pinging = tokio::spawn(async move { client.ping().await });
        let seen = peer.expect(method).await;
        peer.answer(&seen, result);
        pinging.await.unwrap().unwrap();
    }
}
