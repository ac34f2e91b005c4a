//! What an HTTP server may do wrong, and what a client may not do then.

use std::time::Duration;

use interlock_sdk::client::{CallError, Client, ConnectError, TransportError};
use interlock_sdk::http::client::StreamableHttp;
use interlock_wire::{Limits, Revision};
use serde_json::json;

use super::scripted::{Request, Scripted, event, events, json_body, legacy, modern, response};

async fn connect(scripted: &Scripted) -> Result<Client, ConnectError> {
    let limits = Limits {
        max_message: 64 << 10,
        ..Limits::default()
    };
    let transport = StreamableHttp::new(&scripted.url()).unwrap();
    Client::builder("test", "1")
        .limits(limits)
        .connect(transport)
        .await
}

/// What a call ends with when the server answers it so.
async fn call(
    answer: impl Fn(&Request) -> String + Send + Sync + 'static,
) -> Result<(), CallError> {
    let scripted =
        Scripted::start(move |request| modern(request).unwrap_or_else(|| answer(request))).await;
    let client = connect(&scripted).await.unwrap();
    assert_eq!(client.server().revision(), Revision::V2026_07_28);
    client.call_tool("t", &json!({})).await.map(drop)
}

fn fine(request: &Request) -> String {
    request.result(json!({"resultType": "complete", "content": []}))
}

// SPEC: 2025-11-25/basic/transports/sending-messages-to-the-server:8
// SPEC: 2026-07-28/basic/transports/streamable-http/sending-messages:10
#[tokio::test]
async fn answers_are_judged() {
    call(|request| json_body(&fine(request))).await.unwrap();
    call(|request| events(&event("", &fine(request))))
        .await
        .unwrap();
    // An error of HTTP may carry one of the protocol.
    let error = |request: &Request| {
        let error = json!({"jsonrpc": "2.0", "id": request.json["id"], "error": {"code": -32602, "message": "no"}});
        response(
            "400 Bad Request",
            &[("content-type", "application/json")],
            &error.to_string(),
        )
    };
    assert!(matches!(call(error).await, Err(CallError::Rpc(error)) if error.code() == -32602));
    let nameless = |_: &Request| {
        let error =
            json!({"jsonrpc": "2.0", "id": null, "error": {"code": -32600, "message": "no"}});
        response(
            "400 Bad Request",
            &[("content-type", "application/json")],
            &error.to_string(),
        )
    };
    assert!(matches!(call(nameless).await, Err(CallError::Rpc(_))));
}

#[tokio::test]
async fn faults_are_told_apart() {
    let huge = "x".repeat(65 << 10);
    let (longer, streamed) = (huge.clone(), huge.clone());
    let status = |text: &'static str| move |_: &Request| response(text, &[], "");
    let shown = async |outcome: Result<(), CallError>| match outcome {
        Err(CallError::Transport(error)) => error.to_string(),
        other => format!("{other:?}"),
    };
    assert_eq!(
        shown(call(status("500 Oops")).await).await,
        "the server answered with status 500"
    );
    assert_eq!(
        shown(call(status("404 Not Found")).await).await,
        "the server answered with status 404"
    );
    assert_eq!(
        shown(call(status("401 Who")).await).await,
        "the server refused authorization"
    );
    assert_eq!(
        shown(call(status("202 Accepted")).await).await,
        "the exchange ended without an answer"
    );
    let strange =
        |request: &Request| response("200 OK", &[("content-type", "text/html")], &fine(request));
    assert!(
        shown(call(strange).await)
            .await
            .contains("neither json nor an event stream")
    );
    let long = move |_: &Request| json_body(&longer);
    assert_eq!(
        shown(call(long).await).await,
        "over a limit: an answer over the size limit"
    );
    let long = move |_: &Request| events(&format!("data: {streamed}"));
    assert_eq!(
        shown(call(long).await).await,
        "over a limit: an event over the size limit"
    );
    // Another request's answer is none.
    let foreign = |_: &Request| json_body(r#"{"jsonrpc":"2.0","id":1,"result":{"content":[]}}"#);
    assert_eq!(
        shown(call(foreign).await).await,
        "the exchange ended without an answer"
    );
    let batch = |request: &Request| json_body(&format!("[{}]", fine(request)));
    assert_eq!(
        shown(call(batch).await).await,
        "the exchange ended without an answer"
    );
    let short = |_: &Request| events(": nothing\n\n");
    assert_eq!(
        shown(call(short).await).await,
        "the exchange ended without an answer"
    );
    let broken = |_: &Request| {
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 99\r\n\r\n{"
            .to_owned()
    };
    assert_eq!(
        shown(call(broken).await).await,
        "the server cannot be reached"
    );
}

#[tokio::test]
async fn redirects_stay_on_the_origin() {
    let elsewhere = Scripted::start(|request| json_body(&fine(request))).await;
    let away = format!("http://{}/mcp", elsewhere.address);
    for (target, fits) in [
        ("/other", true),
        (away.as_str(), false),
        ("//127.0.0.2/mcp", false),
    ] {
        let to = target.to_owned();
        let scripted =
            Scripted::start(
                move |request| match (modern(request), request.path.as_str()) {
                    (Some(text), _) => text,
                    (None, "/mcp") => response("307 Temporary Redirect", &[("location", &to)], ""),
                    (None, _) => json_body(&fine(request)),
                },
            )
            .await;
        let client = connect(&scripted).await.unwrap();
        let outcome = client.call_tool("t", &json!({})).await;
        assert_eq!(outcome.is_ok(), fits, "{target}: {outcome:?}");
    }
    assert!(
        elsewhere.seen().is_empty(),
        "nothing goes to another origin"
    );
    // A redirect that would turn the message into a GET is not followed.
    let scripted = Scripted::start(|request| {
        modern(request).unwrap_or_else(|| response("302 Found", &[("location", "/other")], ""))
    })
    .await;
    let client = connect(&scripted).await.unwrap();
    assert!(client.call_tool("t", &json!({})).await.is_err());
    assert!(scripted.seen().iter().all(|request| request.verb == "POST"));
    // Nor one that leads round and round.
    let round = Scripted::start(|request| {
        modern(request)
            .unwrap_or_else(|| response("308 Permanent Redirect", &[("location", "/mcp")], ""))
    })
    .await;
    let client = connect(&round).await.unwrap();
    assert!(client.call_tool("t", &json!({})).await.is_err());
    assert_eq!(round.calls("tools/call").len(), 4);
}

// SPEC: 2025-11-25/basic/transports/sending-messages-to-the-server:3
// SPEC: 2026-07-28/basic/transports/streamable-http/client-behavior:1-2
// SPEC: 2026-07-28/basic/transports/streamable-http/protocol-version-header:1
// SPEC: 2026-07-28/basic/transports/streamable-http/sending-messages:1-4
// SPEC: 2026-07-28/basic/transports/streamable-http/standard-request-headers:1-2
#[tokio::test]
async fn modern_requests_carry_their_headers() {
    let scripted =
        Scripted::start(|request| modern(request).unwrap_or_else(|| json_body(&fine(request))))
            .await;
    let client = connect(&scripted).await.unwrap();
    client.call_tool("wörk", &json!({})).await.unwrap();
    let seen = scripted.seen();
    let [probe, call] = seen.as_slice() else {
        panic!("{seen:?}");
    };
    for (request, method, name) in [
        (probe, "server/discover", None),
        (call, "tools/call", Some("=?base64?d8O2cms=?=")),
    ] {
        assert_eq!(request.header("mcp-protocol-version"), Some("2026-07-28"));
        assert_eq!(request.header("mcp-method"), Some(method));
        assert_eq!(request.header("mcp-name"), name);
        assert_eq!(
            request.header("accept"),
            Some("application/json, text/event-stream")
        );
        assert_eq!(request.header("content-type"), Some("application/json"));
        assert_eq!(request.header("mcp-session-id"), None);
    }
    client.close().await;
    assert_eq!(scripted.seen().len(), 2, "no session, nothing to end");
}

// SPEC: 2025-11-25/basic/lifecycle/version-negotiation:7 2025-11-25/basic/transports/protocol-version-header:1-2
// SPEC: 2025-11-25/basic/transports/sending-messages-to-the-server:1-2
// SPEC: 2025-11-25/basic/transports/session-management:4,8
#[tokio::test]
async fn sessions_are_kept_and_ended() {
    for (revision, header) in [
        (Revision::V2025_03_26, None),
        (Revision::V2025_06_18, Some("2025-06-18")),
        (Revision::V2025_11_25, Some("2025-11-25")),
    ] {
        let scripted = Scripted::start(|request| {
            let fallback = || match request.verb.as_str() {
                "GET" => response("405 Method Not Allowed", &[], ""),
                _ => json_body(&fine(request)),
            };
            legacy(request, Some("session-1")).unwrap_or_else(fallback)
        })
        .await;
        let transport = StreamableHttp::new(&scripted.url()).unwrap();
        let builder = Client::builder("test", "1").revision(revision);
        let client = builder.connect(transport).await.unwrap();
        client.call_tool("t", &json!({})).await.unwrap();
        client.close().await;
        let seen = scripted.seen();
        let (first, rest) = seen.split_first().unwrap();
        assert_eq!(first.method(), "initialize");
        assert_eq!(
            (
                first.header("mcp-session-id"),
                first.header("mcp-protocol-version")
            ),
            (None, None)
        );
        for request in rest {
            assert_eq!(request.header("mcp-session-id"), Some("session-1"));
            assert_eq!(request.header("mcp-protocol-version"), header);
            assert_eq!(
                request.header("mcp-method"),
                None,
                "a header of later revisions"
            );
        }
        assert_eq!(rest.last().unwrap().verb, "DELETE");
    }
}

// SPEC: 2025-11-25/basic/transports/session-management:7
// SPEC: 2026-07-28/basic/versioning/backward-compatibility-with-initialization-based-versions:1
#[tokio::test]
async fn a_session_that_ended_is_begun_again() {
    let scripted = Scripted::start(|request| {
        let session = |request: &Request| request.header("mcp-session-id").map(str::to_owned);
        if request.method() == "tools/call" && session(request).as_deref() == Some("session-1") {
            return response("404 Not Found", &[("content-type", "application/json")],
                r#"{"jsonrpc":"2.0","id":null,"error":{"code":-32001,"message":"Session not found"}}"#);
        }
        let next = match request.json["id"].as_i64() {
            Some(..=2) => "session-1",
            _ => "session-2",
        };
        let fallback = || match request.verb.as_str() {
            "GET" => response("405 Method Not Allowed", &[], ""),
            _ => json_body(&fine(request)),
        };
        legacy(request, Some(next)).unwrap_or_else(fallback)
    })
    .await;
    let client = connect(&scripted).await.unwrap();
    client.call_tool("t", &json!({})).await.unwrap();
    assert_eq!(scripted.calls("initialize").len(), 2);
    assert_eq!(scripted.calls("server/discover").len(), 1, "remembered");
    let calls = scripted.calls("tools/call");
    let sessions: Vec<_> = calls
        .iter()
        .map(|call| call.header("mcp-session-id"))
        .collect();
    assert_eq!(sessions, [Some("session-1"), Some("session-2")]);
    assert_ne!(calls[0].json["id"], calls[1].json["id"]);
}

// SPEC: 2025-11-25/basic/transports/session-management:3
#[tokio::test]
async fn a_session_id_is_for_its_own_server_only() {
    let elsewhere = Scripted::start(|request| json_body(&fine(request))).await;
    let away = format!("http://{}/mcp", elsewhere.address);
    let scripted = Scripted::start(move |request| {
        let fallback = || match request.verb.as_str() {
            "GET" => response("405 Method Not Allowed", &[], ""),
            _ => response("307 Temporary Redirect", &[("location", &away)], ""),
        };
        legacy(request, Some("session-of-mine")).unwrap_or_else(fallback)
    })
    .await;
    let client = connect(&scripted).await.unwrap();
    let error = client.call_tool("t", &json!({})).await.unwrap_err();
    assert!(elsewhere.seen().is_empty());
    assert!(!format!("{client:?} {error:?} {error}").contains("session-of-mine"));
}

#[tokio::test]
async fn strange_session_ids_are_refused() {
    for strange in ["two words", "", "caf\u{e9}"] {
        let scripted = Scripted::start(move |request| {
            legacy(request, Some(strange)).unwrap_or_else(|| json_body(&fine(request)))
        })
        .await;
        let outcome = connect(&scripted).await;
        let refused = matches!(
            outcome,
            Err(ConnectError::Transport(TransportError::Protocol(_)))
        );
        assert!(refused, "{strange:?}: {outcome:?}");
    }
}

// SPEC: 2026-07-28/basic/transports/stdio/backward-compatibility:2
// SPEC: 2026-07-28/basic/transports/streamable-http/backward-compatibility:1
/// The era is the server's, found by what it says and not by one status.
#[tokio::test]
async fn servers_of_the_session_era_are_found() {
    let session_error = r#"{"jsonrpc":"2.0","id":"server-error","error":{"code":-32600,"message":"Bad Request: Missing session ID"}}"#;
    for (status, body) in [
        ("400 Bad Request", ""),
        ("400 Bad Request", session_error),
        (
            "400 Bad Request",
            r#"{"jsonrpc":"2.0","id":null,"error":{"code":-32000,"message":"Server not initialized"}}"#,
        ),
        ("404 Not Found", "<html>"),
        ("405 Method Not Allowed", ""),
        ("406 Not Acceptable", ""),
        ("422 Unprocessable", "{}"),
        ("500 Oops", ""),
        (
            "200 OK",
            r#"{"jsonrpc":"2.0","id":1,"error":{"code":-32601,"message":"Method not found"}}"#,
        ),
    ] {
        let scripted = Scripted::start(move |request| match request.method() {
            "server/discover" => response(status, &[("content-type", "application/json")], body),
            _ => legacy(request, None).unwrap_or_else(|| response("405 No", &[], "")),
        })
        .await;
        let client = connect(&scripted).await.unwrap();
        assert_eq!(
            client.server().revision(),
            Revision::V2025_11_25,
            "{status} {body}"
        );
    }
    // Refused for want of authorization says nothing about the era.
    let scripted = Scripted::start(|_| response("401 Unauthorized", &[], "")).await;
    let refused = connect(&scripted).await;
    assert!(matches!(
        refused,
        Err(ConnectError::Transport(TransportError::Unauthorized(None)))
    ));
    assert_eq!(scripted.seen().len(), 1);
}

#[tokio::test]
async fn nobody_listens() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/mcp", listener.local_addr().unwrap());
    drop(listener);
    let transport = StreamableHttp::new(&url)
        .unwrap()
        .connect_timeout(Duration::from_secs(30));
    let outcome = Client::builder("test", "1").connect(transport).await;
    let unreachable = matches!(
        outcome,
        Err(ConnectError::Transport(TransportError::Unreachable(_)))
    );
    assert!(unreachable, "{outcome:?}");
}
