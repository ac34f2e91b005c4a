//! Streams of the session era: resumed, replayed, and the one that belongs to no request.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use interlock_sdk::client::{CallError, Client, ConnectError, TransportError};
use interlock_sdk::http::client::StreamableHttp;
use interlock_wire::Revision;
use interlock_wire::types::{ContentBlock, CreateMessageResult};
use serde_json::json;
use tokio::sync::mpsc;

use super::scripted::{Request, Scripted, event, events, legacy, modern, response};

async fn connect(scripted: &Scripted) -> Client {
    let transport = StreamableHttp::new(&scripted.url()).unwrap();
    Client::builder("test", "1")
        .connect(transport)
        .await
        .unwrap()
}

fn refused() -> String {
    response("405 Method Not Allowed", &[], "")
}

/// The answer to the call that is in `calls`, as a resumed stream gives it.
fn answer_to(id: usize) -> String {
    json!({"jsonrpc": "2.0", "id": id, "result": {"content": [{"type": "text", "text": "late"}]}})
        .to_string()
}

// SPEC: 2025-11-25/basic/transports/listening-for-messages-from-the-server:1
// SPEC: 2025-11-25/basic/transports/resumability-and-redelivery:3
// SPEC: 2025-11-25/basic/transports/sending-messages-to-the-server:10,12
#[tokio::test]
async fn a_stream_that_breaks_is_resumed() {
    let call = Arc::new(AtomicUsize::new(0));
    let id = Arc::clone(&call);
    let scripted = Scripted::start(move |request| {
        if let Some(text) = legacy(request, Some("s")) {
            return text;
        }
        let last = request.header("last-event-id");
        match (request.verb.as_str(), last) {
            ("POST", _) => {
                let number = request.json["id"].as_u64().unwrap_or_default();
                id.store(usize::try_from(number).unwrap(), Ordering::Relaxed);
                // The id to come back with, and when; then the connection closes.
                events("id: e-1\nretry: 1\ndata:\n\n")
            }
            ("GET", Some("e-1")) => events(&event("e-2", r#"{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":1}}"#)),
            ("GET", Some("e-2")) => events(&event("e-3", &answer_to(id.load(Ordering::Relaxed)))),
            _ => refused(),
        }
    })
    .await;
    let client = connect(&scripted).await;
    let result = client.call_tool("t", &json!({})).await.unwrap();
    assert_eq!(result.content[0].as_text(), Some("late"));
    assert_eq!(
        scripted.calls("tools/call").len(),
        1,
        "resumed, not sent again"
    );
    let resumed: Vec<_> = scripted
        .seen()
        .into_iter()
        .filter(|request| request.header("last-event-id").is_some())
        .collect();
    assert_eq!(resumed.len(), 2);
    assert!(
        resumed
            .iter()
            .all(|request| request.header("mcp-session-id") == Some("s"))
    );
    assert!(
        resumed
            .iter()
            .all(|request| request.header("accept") == Some("text/event-stream"))
    );
}

/// Without an id there is nothing to resume from, and a stream that never moves is given up.
#[tokio::test]
async fn a_stream_is_not_resumed_for_ever() {
    for (first, most) in [
        ("retry: 1\n: nothing\n\n", 0),
        ("id: e\nretry: 1\ndata:\n\n", 6),
    ] {
        let scripted = Scripted::start(move |request| {
            legacy(request, None).unwrap_or_else(|| {
                match (request.verb.as_str(), request.header("last-event-id")) {
                    ("POST", _) => events(first),
                    ("GET", Some(_)) => events(": nothing\n\n"),
                    _ => refused(),
                }
            })
        })
        .await;
        let client = connect(&scripted).await;
        let outcome = client.call_tool("t", &json!({})).await;
        assert!(
            matches!(outcome, Err(CallError::Transport(_))),
            "{outcome:?}"
        );
        let resumed = scripted
            .seen()
            .iter()
            .filter(|request| request.header("last-event-id").is_some())
            .count();
        assert!(resumed <= most, "{resumed}");
    }
}

/// The server took the call: when its stream cannot be resumed, nobody knows what became of it, so it is not made again.
#[tokio::test]
async fn a_call_whose_stream_is_gone_is_not_made_again() {
    let scripted = Scripted::start(|request| {
        legacy(request, Some("s")).unwrap_or_else(|| {
            match (request.verb.as_str(), request.header("last-event-id")) {
                ("POST", _) => events("id: e-1\nretry: 0\ndata:\n\n"),
                ("GET", Some(_)) => response("404 Not Found", &[], ""),
                _ => refused(),
            }
        })
    })
    .await;
    let client = connect(&scripted).await;
    let outcome = client.call_tool("t", &json!({})).await;
    assert!(
        matches!(outcome, Err(CallError::Transport(TransportError::NoAnswer))),
        "{outcome:?}"
    );
    assert_eq!(scripted.calls("tools/call").len(), 1);
}

/// 2026-07-28: "Resumable SSE streams via `Last-Event-ID` are not supported."
#[tokio::test]
async fn modern_streams_are_not_resumed() {
    let scripted = Scripted::start(|request| {
        modern(request).unwrap_or_else(|| events("id: e-1\nretry: 1\ndata:\n\n"))
    })
    .await;
    let client = connect(&scripted).await;
    assert!(client.call_tool("t", &json!({})).await.is_err());
    assert!(scripted.seen().iter().all(|request| request.verb == "POST"));
}

#[tokio::test]
async fn the_servers_own_stream_is_heard() {
    let question = r#"{"jsonrpc":"2.0","id":"q","method":"sampling/createMessage","params":{"messages":[],"maxTokens":1}}"#;
    let told = r#"{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"info","data":"hello"}}"#;
    let scripted = Scripted::start(move |request| {
        legacy(request, Some("s")).unwrap_or_else(|| {
            match (request.verb.as_str(), request.header("last-event-id")) {
                ("GET", None) => events(&format!(
                    "retry: 1\n{}{}",
                    event("", question),
                    event("e-1", told)
                )),
                ("GET", Some(_)) => refused(),
                _ => response("202 Accepted", &[], ""),
            }
        })
    })
    .await;
    let (sender, mut heard) = mpsc::channel(4);
    let transport = StreamableHttp::new(&scripted.url()).unwrap();
    let client = Client::builder("test", "1")
        .revision(Revision::V2025_06_18)
        .sampling(|_| async { Ok(CreateMessageResult::new("m", ContentBlock::text("a"))) })
        .on_log(move |log| drop(sender.try_send(log.data)))
        .connect(transport)
        .await
        .unwrap();
    assert_eq!(
        heard.recv().await.unwrap().as_str().as_deref(),
        Some("hello")
    );
    let reply = loop {
        let posted = scripted
            .seen()
            .into_iter()
            .find(|request| request.json["id"] == "q");
        match posted {
            Some(reply) => break reply,
            None => tokio::task::yield_now().await,
        }
    };
    assert_eq!(reply.json["result"]["model"], "m");
    assert_eq!(reply.header("mcp-session-id"), Some("s"));
    drop(client);
}

fn old(request: &Request, address: &str) -> String {
    match request.verb.as_str() {
        "GET" => events(&format!("event: endpoint\ndata: {address}\n\n")),
        _ if request.path == "/mcp" => refused(),
        _ => response("202 Accepted", &[], ""),
    }
}

/// Messages, and the credentials with them, are only posted to the origin that was asked for.
#[tokio::test]
async fn an_address_elsewhere_is_refused() {
    let elsewhere = Scripted::start(|_| response("202 Accepted", &[], "")).await;
    for address in [
        format!("http://{}/steal", elsewhere.address),
        "//127.0.0.2/steal".to_owned(),
        "javascript:alert(1)".to_owned(),
        "http://user@127.0.0.1/steal".to_owned(),
    ] {
        let scripted = Scripted::start(move |request| old(request, &address)).await;
        let transport = StreamableHttp::new(&scripted.url()).unwrap();
        let outcome = Client::builder("test", "1").connect(transport).await;
        assert!(
            matches!(outcome, Err(ConnectError::Transport(_))),
            "{outcome:?}"
        );
        assert!(scripted.seen().iter().all(|request| request.path == "/mcp"));
    }
    assert!(elsewhere.seen().is_empty());
}
