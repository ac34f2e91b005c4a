//! Which revision comes of which server.

use std::time::Duration;

use interlock_wire::Revision;
use serde_json::{Value, json};

use super::peer::{Peer, builder, everything, handshake, pair};
use crate::client::{Builder, ConnectError, TransportError};

/// What a server does with the probe.
enum Probe {
    Result(Value),
    Error(i64, Value),
    Silence,
    Nonsense,
    Closes,
}

/// A server that treats the probe so, and knows `initialize` in `legacy`.
async fn serve(mut peer: Peer, probe: Probe, legacy: Option<&str>) -> Peer {
    let Some(mut seen) = peer.try_next().await else {
        return peer;
    };
    if seen.method() == "server/discover" {
        match probe {
            Probe::Result(result) => peer.answer(&seen, result),
            Probe::Error(code, data) => peer.fail(&seen, code, data),
            Probe::Silence => {}
            Probe::Nonsense => {
                let text = format!(r#"{{"jsonrpc":"2.0","id":{},"result":[1]}}"#, seen.id());
                peer.inbox
                    .message(text.as_bytes(), crate::client::Via::Shared);
            }
            Probe::Closes => peer.inbox.closed(TransportError::Closed),
        }
        let Some(next) = peer.try_next().await else {
            return peer;
        };
        seen = next;
    }
    assert_eq!(seen.method(), "initialize");
    match legacy {
        Some(version) => {
            let info = json!({"name": "fake", "version": "1"});
            let result =
                json!({"protocolVersion": version, "capabilities": {}, "serverInfo": info});
            peer.answer(&seen, result);
        }
        None => peer.fail(&seen, -32601, json!(null)),
    }
    peer.try_next().await;
    peer
}

fn discovered(versions: &[&str]) -> Probe {
    Probe::Result(json!({
        "resultType": "complete", "supportedVersions": versions, "capabilities": {}, "ttlMs": 0, "cacheScope": "private",
    }))
}

fn refused(versions: &[&str]) -> Probe {
    Probe::Error(
        -32022,
        json!({"supported": versions, "requested": "2026-07-28"}),
    )
}

async fn check(builder: Builder, probe: Probe, legacy: Option<&str>, expected: &str) {
    let outcome = handshake(builder, |peer| serve(peer, probe, legacy)).await;
    let shown = match &outcome {
        Ok(client) => client.server().revision().name().to_owned(),
        Err(ConnectError::NoCommonRevision { theirs }) => format!("none of {}", theirs.join(" ")),
        Err(ConnectError::Refused(error)) => format!("refused {}", error.code()),
        Err(error) => error.to_string(),
    };
    assert_eq!(shown, expected);
}

// SPEC: 2025-11-25/basic/lifecycle/version-negotiation:6 2026-07-28/basic/transports/stdio/backward-compatibility:1-2
// SPEC: 2026-07-28/basic/versioning/compatibility-matrix:1 2026-07-28/basic/versioning/protocol-version-negotiation:2
// SPEC: 2026-07-28/server/discover/when-to-call:1
#[tokio::test(start_paused = true)]
async fn a_probe_finds_the_era() {
    for (probe, legacy, expected) in [
        (discovered(&["2026-07-28"]), None, "2026-07-28"),
        (
            discovered(&["2025-11-25", "2026-07-28"]),
            None,
            "2026-07-28",
        ),
        (
            discovered(&["2027-01-01", "2026-07-28"]),
            None,
            "2026-07-28",
        ),
        (
            discovered(&["2025-11-25", "2025-06-18"]),
            Some("2025-11-25"),
            "2025-11-25",
        ),
        (discovered(&["2027-01-01"]), None, "none of 2027-01-01"),
        (discovered(&[]), None, "none of "),
        (refused(&["2025-11-25"]), Some("2025-11-25"), "2025-11-25"),
        (
            refused(&["2027-01-01"]),
            Some("2025-11-25"),
            "none of 2027-01-01",
        ),
        (
            Probe::Error(-32022, json!(null)),
            Some("2025-11-25"),
            "none of ",
        ),
        // Modern errors are no reason to fall back.
        (
            Probe::Error(-32020, json!(null)),
            Some("2025-11-25"),
            "refused -32020",
        ),
        (
            Probe::Error(-32021, json!(null)),
            Some("2025-11-25"),
            "refused -32021",
        ),
        // Anything else is.
        (
            Probe::Error(-32601, json!(null)),
            Some("2025-11-25"),
            "2025-11-25",
        ),
        (
            Probe::Error(-32602, json!(null)),
            Some("2025-06-18"),
            "2025-06-18",
        ),
        (
            Probe::Error(-32600, json!(null)),
            Some("2025-03-26"),
            "2025-03-26",
        ),
        (
            Probe::Error(-32000, json!(null)),
            Some("2024-11-05"),
            "2024-11-05",
        ),
        (
            Probe::Error(0, json!(null)),
            Some("2025-11-25"),
            "2025-11-25",
        ),
        (Probe::Silence, Some("2025-11-25"), "2025-11-25"),
        (Probe::Nonsense, Some("2025-11-25"), "2025-11-25"),
        (Probe::Result(json!({})), Some("2025-11-25"), "2025-11-25"),
        (
            Probe::Result(json!({"tools": []})),
            Some("2025-11-25"),
            "2025-11-25",
        ),
        (Probe::Closes, None, "no connection to the server"),
        (Probe::Error(-32601, json!(null)), None, "refused -32601"),
        // An unknown revision, or one of the other era, is not spoken.
        (
            Probe::Error(-32601, json!(null)),
            Some("1.0"),
            "none of 1.0",
        ),
        (
            Probe::Error(-32601, json!(null)),
            Some("2026-07-28"),
            "none of 2026-07-28",
        ),
    ] {
        check(builder(), probe, legacy, expected).await;
    }
}

// SPEC: 2025-11-25/basic/lifecycle/version-negotiation:6 2026-07-28/basic/transports/stdio/backward-compatibility:3
#[tokio::test(start_paused = true)]
async fn only_allowed_revisions_are_spoken() {
    let legacy = || builder().revision(Revision::V2025_06_18);
    check(legacy(), Probe::Closes, Some("2025-06-18"), "2025-06-18").await;
    check(
        legacy(),
        Probe::Closes,
        Some("2025-11-25"),
        "none of 2025-11-25",
    )
    .await;
    let modern = || builder().revision(Revision::V2026_07_28);
    check(modern(), discovered(&["2026-07-28"]), None, "2026-07-28").await;
    check(
        modern(),
        Probe::Error(-32601, json!(null)),
        None,
        "refused -32601",
    )
    .await;
    check(
        modern(),
        refused(&["2025-11-25"]),
        None,
        "none of 2025-11-25",
    )
    .await;
    let none = builder().revisions([]);
    check(
        none,
        Probe::Closes,
        None,
        "no protocol revision is allowed: allow at least one",
    )
    .await;
}

// SPEC: 2025-11-25/basic/lifecycle/error-handling:1 2025-11-25/basic/lifecycle/version-negotiation:1-2
#[tokio::test(start_paused = true)]
async fn a_server_that_refuses_a_revision_is_asked_for_another() {
    let serve = |mut peer: Peer| async move {
        let seen = peer.expect("initialize").await;
        assert_eq!(seen.params()["protocolVersion"], "2025-11-25");
        peer.fail(
            &seen,
            -32602,
            json!({"supported": ["2024-11-05"], "requested": "2025-11-25"}),
        );
        peer.agree(Revision::V2024_11_05, json!({})).await;
        peer
    };
    let legacy = builder().revisions([Revision::V2024_11_05, Revision::V2025_11_25]);
    let client = handshake(legacy, serve).await.unwrap();
    assert_eq!(client.server().revision(), Revision::V2024_11_05);
}

// SPEC: 2025-11-25/basic/lifecycle/timeouts:1 2025-11-25/basic/utilities/cancellation/behavior-requirements:3
#[tokio::test(start_paused = true)]
async fn silence_to_everything_ends() {
    let serve = |mut peer: Peer| async move {
        peer.expect("server/discover").await;
        peer.expect("initialize").await;
        // Neither is cancelled, and nothing follows.
        assert!(peer.try_next().await.is_none());
        peer
    };
    let impatient = builder().handshake_timeout(Duration::from_secs(5));
    let outcome = handshake(impatient, serve).await;
    assert!(
        matches!(outcome, Err(ConnectError::Timeout(_))),
        "{outcome:?}"
    );
}

/// A package that is still being unpacked reads its input late.
#[tokio::test(start_paused = true)]
async fn a_modern_server_that_starts_slowly_is_met() {
    let serve = |mut peer: Peer| async move {
        let late = peer.expect("server/discover").await;
        let initialize = peer.expect("initialize").await;
        peer.answer(&late, json!({"resultType": "complete", "supportedVersions": ["2026-07-28"], "capabilities": {}}));
        peer.fail(&initialize, -32601, json!(null));
        peer.agree(Revision::V2026_07_28, json!({})).await;
        peer
    };
    let client = handshake(builder(), serve).await.unwrap();
    assert_eq!(client.server().revision(), Revision::V2026_07_28);
}

// SPEC: 2026-07-28/basic/index/meta:6,9 2026-07-28/basic/patterns/mrtr/top:2 2026-07-28/server/prompts/top:1
// SPEC: 2026-07-28/server/resources/top:1 2026-07-28/server/tools/top:1 2026-07-28/server/utilities/completion/top:1
// SPEC: 2026-07-28/server/utilities/pagination/top:1
#[tokio::test(start_paused = true)]
async fn what_is_sent_says_who_asks() {
    let (client, mut peer) = pair(builder(), Revision::V2026_07_28).await;
    let asking = tokio::spawn(async move { client.list_tools().await });
    let seen = peer.expect("tools/list").await;
    let meta = &seen.params()["_meta"];
    assert_eq!(
        meta["io.modelcontextprotocol/protocolVersion"],
        "2026-07-28"
    );
    assert_eq!(
        meta["io.modelcontextprotocol/clientInfo"],
        json!({"name": "test", "version": "1"})
    );
    assert_eq!(
        meta["io.modelcontextprotocol/clientCapabilities"],
        json!({})
    );
    peer.answer(&seen, json!({"resultType": "complete", "tools": []}));
    assert_eq!(asking.await.unwrap().unwrap(), []);

    let (client, mut peer) = pair(builder(), Revision::V2025_11_25).await;
    let asking = tokio::spawn(async move { client.list_tools().await });
    let seen = peer.expect("tools/list").await;
    assert_eq!(
        seen.json,
        json!({"jsonrpc": "2.0", "id": seen.id(), "method": "tools/list"})
    );
    peer.answer(&seen, json!({"tools": []}));
    assert_eq!(asking.await.unwrap().unwrap(), []);
}

/// A request may be right behind the answer to `initialize`, before the client's code runs again.
#[tokio::test(start_paused = true)]
async fn a_hurried_server_is_answered() {
    let serve = |mut peer: Peer| async move {
        let seen = peer.expect("initialize").await;
        let info = json!({"name": "fake", "version": "1"});
        let result =
            json!({"protocolVersion": "2025-11-25", "capabilities": {}, "serverInfo": info});
        peer.answer(&seen, result);
        peer.say(json!({"jsonrpc": "2.0", "id": "r", "method": "roots/list"}));
        let mut results = 0;
        for _ in 0..2 {
            let seen = peer.next().await;
            results += usize::from(seen.json["result"] == json!({"roots": []}));
        }
        assert_eq!(results, 1);
        peer
    };
    let with_roots = builder().roots([]).revision(Revision::V2025_11_25);
    handshake(with_roots, serve).await.unwrap();
}

// SPEC: 2025-11-25/client/elicitation/capabilities:1-2 2025-11-25/client/roots/capabilities:1
// SPEC: 2025-11-25/client/sampling/capabilities:1 both/client/sampling/tools-in-sampling:1
#[tokio::test(start_paused = true)]
async fn capabilities_follow_from_the_handlers() {
    use crate::RpcError;
    let full = builder()
        .roots([])
        .sampling(|_| async { Err(RpcError::internal()) })
        .sampling_tools()
        .elicitation(|_| async { Err(RpcError::internal()) })
        .url_elicitation(|_| async { Err(RpcError::internal()) })
        .tasks();
    let check = |revision: Revision, expected: Value, builder: Builder| async move {
        let serve = |mut peer: Peer| async move {
            let seen = peer.expect("initialize").await;
            assert_eq!(seen.params()["capabilities"], expected);
            peer.fail(&seen, -32603, json!(null));
            peer
        };
        handshake(builder.revision(revision), serve)
            .await
            .unwrap_err();
    };
    let extension = json!({"io.modelcontextprotocol/tasks": {}});
    let expected = json!({
        "roots": {"listChanged": true}, "sampling": {"tools": {}}, "elicitation": {"form": {}, "url": {}},
        "extensions": extension,
    });
    check(Revision::V2025_11_25, expected, full).await;
    check(Revision::V2025_11_25, json!({}), builder()).await;
    drop(everything());
}
