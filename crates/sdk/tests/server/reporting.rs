//! Progress and log messages.

use interlock_sdk::server::{Context, Server, SessionKind};
use interlock_wire::types::LogLevel;
use serde_json::{Value, json};

use super::peer::{Peer, modern};

#[derive(serde::Deserialize, schemars::JsonSchema)]
struct Nothing {}

fn server() -> Server {
    Server::builder("s", "1")
        .tool("work", "Works", async |_: Nothing, cx: Context| {
            cx.progress(1.0, 3.0, "one").await;
            cx.progress(1.0, None, None).await;
            cx.progress(0.5, None, None).await;
            cx.progress(2.5, 3.0, None).await;
            cx.log(LogLevel::Debug, "fine").await;
            cx.log_as("db", LogLevel::Error, "broken").await;
            let late = cx.clone();
            tokio::spawn(async move {
                tokio::task::yield_now().await;
                late.progress(3.0, 3.0, None).await;
                late.log(LogLevel::Error, "late").await;
            });
            Ok(())
        })
        .build()
}

fn call(meta: Value) -> Value {
    json!({"name": "work", "_meta": meta})
}

fn methods(sent: &[Value]) -> Vec<&str> {
    sent.iter()
        .map(|message| message["method"].as_str().unwrap())
        .collect()
}

const PROGRESS: &str = "notifications/progress";
const LOG: &str = "notifications/message";

// SPEC: 2025-11-25/basic/utilities/progress/progress-flow:3 2025-11-25/server/utilities/logging/error-handling:1
#[tokio::test]
async fn a_legacy_client_hears_what_its_level_lets_through() {
    let mut peer = Peer::legacy(&server(), "2025-06-18", json!({}));
    peer.ask_now(json!(1), "tools/call", call(json!({"progressToken": "p"})));
    let sent = peer.sent();
    assert_eq!(methods(&sent), [PROGRESS, PROGRESS, LOG]);
    assert_eq!(
        sent[0]["params"],
        json!({"progressToken": "p", "progress": 1, "total": 3, "message": "one"})
    );
    assert_eq!(sent[1]["params"]["progress"], 2.5);
    assert_eq!(
        sent[2]["params"],
        json!({"level": "error", "logger": "db", "data": "broken"})
    );
    peer.ask_now(json!(2), "logging/setLevel", json!({"level": "debug"}));
    peer.ask_now(json!(3), "tools/call", call(json!({})));
    assert_eq!(methods(&peer.sent()), [LOG, LOG]);
    peer.ask_now(json!(4), "logging/setLevel", json!({"level": "emergency"}));
    peer.ask_now(json!(5), "tools/call", call(json!({})));
    assert!(peer.sent().is_empty());
    let answer = peer.ask_now(json!(6), "logging/setLevel", json!({"level": "loud"}));
    assert_eq!(answer["error"]["code"], -32602);
}

// SPEC: 2026-07-28/basic/patterns/progress/behavior-requirements:1 2026-07-28/basic/patterns/progress/progress-flow:3
// SPEC: 2026-07-28/server/utilities/logging/per-request-log-level:1-2
#[tokio::test]
async fn a_modern_client_hears_what_it_asked_for() {
    let mut peer = Peer::new(&server(), SessionKind::HttpModern);
    peer.ask_now(json!(1), "tools/call", modern(call(json!({})), json!({})));
    assert!(peer.sent().is_empty());
    let meta = json!({"progressToken": 7, "io.modelcontextprotocol/logLevel": "warning"});
    peer.ask_now(json!(2), "tools/call", modern(call(meta), json!({})));
    assert_eq!(methods(&peer.sent()), [PROGRESS, PROGRESS, LOG]);
}

// SPEC: 2026-07-28/basic/patterns/progress/behavior-requirements:2
// SPEC: 2026-07-28/basic/patterns/progress/implementation-notes:3
// SPEC: 2025-11-25/basic/utilities/progress/implementation-notes:3
#[tokio::test]
async fn nothing_follows_the_answer() {
    let mut peer = Peer::legacy(&server(), "2025-06-18", json!({}));
    peer.ask_now(json!(1), "tools/call", call(json!({"progressToken": "p"})));
    peer.sent();
    for _ in 0..8 {
        tokio::task::yield_now().await;
    }
    assert!(peer.sent().is_empty());
}
