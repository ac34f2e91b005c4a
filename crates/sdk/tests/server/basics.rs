//! Handshakes, discovery and plain tool calls.

use interlock_sdk::server::{Context, Server, SessionKind};
use serde_json::json;

use super::peer::{Peer, modern};

#[derive(serde::Deserialize, schemars::JsonSchema)]
struct Add {
    a: i64,
    b: i64,
}

fn calculator() -> Server {
    Server::builder("calc", "1.0.0")
        .tool("add", "Adds", async |add: Add, _cx: Context| {
            Ok(add.a + add.b)
        })
        .build()
}

#[test]
fn a_legacy_client_shakes_hands_and_calls() {
    let peer = Peer::legacy(&calculator(), "2025-06-18", json!({}));
    let params = json!({"name": "add", "arguments": {"a": 1, "b": 2}});
    let answer = peer.ask_now(json!(7), "tools/call", params);
    let expected =
        json!({"jsonrpc": "2.0", "id": 7, "result": {"content": [{"type": "text", "text": "3"}]}});
    assert_eq!(answer, expected);
}

#[test]
fn a_modern_client_just_calls() {
    let peer = Peer::new(&calculator(), SessionKind::HttpModern);
    let params = modern(
        json!({"name": "add", "arguments": {"a": 1, "b": 2}}),
        json!({}),
    );
    let answer = peer.ask_now(json!("x"), "tools/call", params);
    assert_eq!(answer["result"]["resultType"], "complete");
    assert_eq!(answer["result"]["content"][0]["text"], "3");
    let info = &answer["result"]["_meta"]["io.modelcontextprotocol/serverInfo"];
    assert_eq!(info["name"], "calc");
}

#[test]
fn what_comes_before_the_handshake_is_refused() {
    let peer = Peer::new(&calculator(), SessionKind::Duplex);
    let answer = peer.ask_now(json!(1), "tools/list", json!({}));
    assert_eq!(answer["error"]["code"], -32600);
}
