//! Handshakes, discovery, and which requests are heard when.

use interlock_sdk::server::{Context, Server, SessionKind};
use serde_json::{Value, json};

use super::peer::{Peer, modern};

#[derive(serde::Deserialize, schemars::JsonSchema)]
struct Add {
    a: i64,
    b: i64,
}

fn calculator() -> Server {
    Server::builder("calc", "1.0.0")
        .instructions("Count on it.")
        .tool("add", "Adds", async |add: Add, _cx: Context| {
            Ok(add.a + add.b)
        })
        .build()
}

fn call() -> Value {
    json!({"name": "add", "arguments": {"a": 1, "b": 2}})
}

// SPEC: 2025-11-25/basic/index/result-responses:1 2025-11-25/basic/index/top:1
#[test]
fn a_legacy_client_shakes_hands_and_calls() {
    for revision in ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"] {
        let peer = Peer::legacy(&calculator(), revision, json!({}));
        let answer = peer.ask_now(json!(7), "tools/call", call());
        let result = json!({"content": [{"type": "text", "text": "3"}]});
        assert_eq!(answer, json!({"jsonrpc": "2.0", "id": 7, "result": result}));
    }
}

// SPEC: 2025-11-25/basic/lifecycle/error-handling:1 2025-11-25/basic/lifecycle/initialization:3
// SPEC: 2025-11-25/basic/lifecycle/operation:1 2025-11-25/basic/lifecycle/version-negotiation:3-5
// SPEC: 2025-11-25/server/tools/capabilities:1
#[test]
fn initialize_agrees_on_what_both_speak() {
    for (asked, agreed) in [
        ("2024-10-07", "2024-10-07"),
        ("2024-11-05", "2024-11-05"),
        ("2025-11-25", "2025-11-25"),
        ("2026-07-28", "2025-11-25"),
        ("1999-01-01", "2025-11-25"),
    ] {
        let peer = Peer::new(&calculator(), SessionKind::Duplex);
        let params = json!({"protocolVersion": asked, "capabilities": {}, "clientInfo": {"name": "p", "version": "1"}});
        let answer = peer.ask_now(json!(1), "initialize", params.clone());
        assert_eq!(answer["result"]["protocolVersion"], agreed);
        assert_eq!(answer["result"]["serverInfo"]["name"], "calc");
        assert_eq!(answer["result"]["instructions"], "Count on it.");
        assert_eq!(
            answer["result"]["capabilities"]["tools"]["listChanged"],
            true
        );
        let again = peer.ask_now(json!(2), "initialize", params);
        assert_eq!(again["error"]["code"], -32600);
    }
}

#[test]
fn a_session_keeps_no_long_handshake() {
    let peer = Peer::new(&calculator(), SessionKind::HttpLegacy);
    let params = |words: usize| {
        json!({"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "p", "version": "1"},
            "_meta": {"x": "y".repeat(words)}})
    };
    let refused = peer.ask_now(json!(1), "initialize", params(64 << 10));
    assert_eq!(refused["error"]["code"], -32602);
    let agreed = peer.ask_now(json!(2), "initialize", params(60 << 10));
    assert_eq!(agreed["result"]["protocolVersion"], "2025-11-25");
}

// SPEC: 2026-07-28/basic/index/meta:13 2026-07-28/basic/index/result-responses:1,3
// SPEC: 2026-07-28/basic/index/statelessness:1 2026-07-28/basic/index/top:1
#[test]
fn a_modern_client_just_calls() {
    for kind in [SessionKind::HttpModern, SessionKind::Duplex] {
        let peer = Peer::new(&calculator(), kind);
        let answer = peer.ask_now(json!("x"), "tools/call", modern(call(), json!({})));
        assert_eq!(answer["result"]["resultType"], "complete");
        assert_eq!(answer["result"]["content"][0]["text"], "3");
        let info = &answer["result"]["_meta"]["io.modelcontextprotocol/serverInfo"];
        assert_eq!(info["name"], "calc");
    }
}

// SPEC: 2026-07-28/basic/index/statelessness:1
#[test]
fn both_eras_share_one_pipe() {
    let peer = Peer::legacy(&calculator(), "2025-06-18", json!({}));
    let answer = peer.ask_now(json!(1), "tools/call", modern(call(), json!({})));
    assert_eq!(answer["result"]["resultType"], "complete");
    let answer = peer.ask_now(json!(1), "tools/call", call());
    assert_eq!(answer["result"]["resultType"], Value::Null);
}

// SPEC: 2026-07-28/basic/versioning/protocol-version-negotiation:3 2026-07-28/server/discover/discoverresult:1
// SPEC: 2026-07-28/server/discover/top:1 2026-07-28/server/tools/capabilities:1
// SPEC: 2026-07-28/server/utilities/caching/cacheable-results:1
#[test]
fn discovery_tells_everything() {
    let peer = Peer::new(&calculator(), SessionKind::HttpModern);
    let answer = peer.ask_now(json!(1), "server/discover", modern(json!({}), json!({})));
    let result = &answer["result"];
    assert_eq!(result["supportedVersions"][0], "2026-07-28");
    assert_eq!(result["capabilities"]["tools"]["listChanged"], true);
    assert_eq!(result["capabilities"]["prompts"], Value::Null);
    assert_eq!(
        (&result["ttlMs"], &result["cacheScope"]),
        (&json!(0), &json!("private"))
    );
    assert_eq!(result["instructions"], "Count on it.");
}

// SPEC: 2026-07-28/basic/index/meta:6-7 2026-07-28/basic/index/statelessness:1
// SPEC: 2025-11-25/basic/lifecycle/initialization:1 2026-07-28/server/utilities/completion/error-handling:1
#[test]
fn what_has_no_place_is_refused() {
    let meta =
        |version: Value| json!({"_meta": {"io.modelcontextprotocol/protocolVersion": version}});
    for (method, params, code) in [
        ("tools/list", json!({}), -32600),
        ("tools/call", call(), -32600),
        ("server/discover", json!({}), -32602),
        ("subscriptions/listen", json!({}), -32602),
        ("tools/list", meta(json!("2026-07-28")), -32602),
        ("tools/list", meta(json!("2027-01-01")), -32022),
        ("tools/list", meta(json!("2025-11-25")), -32022),
        ("tools/list", meta(json!(7)), -32602),
        ("initialize", json!({}), -32602),
        ("initialize", modern(json!({}), json!({})), -32601),
        ("ping", modern(json!({}), json!({})), -32601),
        (
            "logging/setLevel",
            modern(json!({"level": "info"}), json!({})),
            -32601,
        ),
        ("prompts/list", modern(json!({}), json!({})), -32601),
        ("tasks/list", modern(json!({}), json!({})), -32601),
        ("no/such", modern(json!({}), json!({})), -32601),
    ] {
        let peer = Peer::new(&calculator(), SessionKind::Duplex);
        let answer = peer.ask_now(json!(1), method, params);
        assert_eq!(answer["error"]["code"], code, "{method}: {answer}");
    }
}

// SPEC: 2026-07-28/basic/versioning/protocol-version-negotiation:1
// SPEC: 2026-07-28/server/utilities/logging/error-handling:1
#[test]
fn an_unsupported_version_names_the_supported_ones() {
    let peer = Peer::new(&calculator(), SessionKind::HttpModern);
    let params = json!({"_meta": {"io.modelcontextprotocol/protocolVersion": "1900-01-01"}});
    let data = &peer.ask_now(json!(1), "tools/list", params)["error"]["data"];
    assert_eq!(data["requested"], "1900-01-01");
    assert_eq!(data["supported"][0], "2026-07-28");
    let mut params = modern(json!({}), json!({}));
    params["_meta"]["io.modelcontextprotocol/logLevel"] = json!("loud");
    assert_eq!(
        peer.ask_now(json!(1), "tools/list", params)["error"]["code"],
        -32602
    );
}

// SPEC: 2025-11-25/basic/utilities/ping/behavior-requirements:1
#[test]
fn ping_is_answered_before_the_handshake() {
    let peer = Peer::new(&calculator(), SessionKind::Duplex);
    let answer = peer.ask_now(json!(1), "ping", json!({}));
    assert_eq!(answer, json!({"jsonrpc": "2.0", "id": 1, "result": {}}));
}
