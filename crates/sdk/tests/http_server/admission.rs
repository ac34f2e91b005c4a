//! What is refused before a message is looked at, and with which status.

use std::time::Duration;

use interlock_sdk::http::server::{HttpLimits, HttpServer};
use interlock_sdk::{Context, Server};
use serde_json::json;

use super::world::{Ask, Connection, World};

#[derive(serde::Deserialize, schemars::JsonSchema)]
struct Nothing {}

fn server() -> Server {
    Server::builder("admission", "1")
        .tool(
            "quick",
            "Answers at once",
            async |_: Nothing, _cx: Context| Ok("done"),
        )
        .build()
}

fn list() -> Ask {
    Ask::modern("tools/list", json!({}))
}

// SPEC: 2026-07-28/basic/authorization/index/token-requirements:4 2025-11-25/basic/authorization/token-requirements:4
// SPEC: 2025-11-25/basic/transports/security-warning:1-2 2025-11-25/basic/transports/streamable-http:1
// SPEC: 2026-07-28/basic/transports/streamable-http/security-endpoint:1-2
// SPEC: 2026-07-28/basic/transports/streamable-http/top:1
#[tokio::test]
async fn statuses_say_what_is_wrong() {
    let world = World::of(server()).await;
    let check = async |ask: Ask, expected: u16| {
        let answer = world.send(&ask).await;
        assert_eq!(answer.status, expected, "{ask:?} {}", answer.text());
    };
    check(list(), 200).await;
    for host in [
        "evil.example",
        "127.0.0.1.evil.example",
        "0.0.0.0",
        "localhost.",
        "[::ffff:127.0.0.1]",
    ] {
        check(list().header("Host", host), 403).await;
    }
    check(
        list()
            .header("Host", "localhost")
            .header("Host", "evil.example"),
        400,
    )
    .await;
    for origin in [
        "http://evil.example",
        "null",
        "http://localhost.evil.example",
        "http://localhost:1",
        "file://",
    ] {
        check(list().header("Origin", origin), 403).await;
    }
    check(
        list().header("Origin", &format!("http://{}", world.address)),
        200,
    )
    .await;
    for kind in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "",
    ] {
        check(list().with("Content-Type", kind), 415).await;
    }
    check(list().without("Content-Type"), 415).await;
    check(list().header("Content-Encoding", "gzip"), 415).await;
    for accept in [
        "application/json",
        "text/event-stream",
        "text/html",
        "application/json, text/event-stream;q=0",
    ] {
        check(list().with("Accept", accept), 406).await;
    }
    for accept in [
        "*/*",
        "application/json,text/event-stream",
        "application/*, text/*",
    ] {
        check(list().with("Accept", accept), 200).await;
    }
    check(list().header("X-Large", &"a".repeat(20_000)), 431).await;
    check(list().header("X-Larger", &"a".repeat(200_000)), 431).await;
    check(list().path("/mcp?access_token=x"), 400).await;
    check(list().path("/mcp?Token=x"), 400).await;
    check(list().header("X-Forwarded-For", "127.0.0.1"), 403).await;
    check(list().path("/other"), 404).await;
    check(list().path("/mcp/"), 404).await;
    world.stop().await;
}

// SPEC: 2025-11-25/basic/transports/listening-for-messages-from-the-server:2
// SPEC: 2026-07-28/basic/transports/streamable-http/earlier-streamable-http-revisions:1
#[tokio::test]
async fn other_methods_are_not_served() {
    let world = World::of(server()).await;
    for method in ["PUT", "PATCH", "OPTIONS", "TRACE", "CONNECT", "PROPFIND"] {
        let mut ask = Ask::new(method, "/mcp");
        if method == "CONNECT" {
            ask.path = world.address.to_string();
        }
        let status = world.send(&ask).await.status;
        assert!([400, 404, 405].contains(&status), "{method}: {status}");
    }
    // What 2026-07-28 has no longer, for clients that speak it and for those that say nothing.
    for method in ["GET", "DELETE"] {
        let ask = Ask::new(method, "/mcp").header("Accept", "text/event-stream");
        for ask in [
            ask.clone(),
            ask.header("MCP-Protocol-Version", "2026-07-28"),
        ] {
            let answer = world.send(&ask).await;
            assert_eq!(
                (answer.status, answer.header("allow")),
                (405, Some("POST")),
                "{method}"
            );
        }
    }
    let upgrade = Ask::new("GET", "/mcp")
        .header("Upgrade", "websocket")
        .header("Connection", "Upgrade")
        .header("Sec-WebSocket-Key", "eA==");
    assert_eq!(world.send(&upgrade).await.status, 405);
    assert_eq!(
        world
            .send(&upgrade.header("Origin", "http://evil.example"))
            .await
            .status,
        403
    );
    world.stop().await;
}

// SPEC: both/basic/index/requests:2 2025-11-25/basic/transports/sending-messages-to-the-server:4
// SPEC: 2026-07-28/basic/transports/streamable-http/sending-messages:5
#[tokio::test]
async fn bodies_are_no_messages() {
    let world = World::of(server()).await;
    let check = async |body: &str, code: i64| {
        let answer = world.send(&list().body(body)).await;
        assert_eq!((answer.status, answer.code()), (400, Some(code)), "{body}");
    };
    check("", -32700).await;
    check("{", -32700).await;
    check("\u{feff}{}", -32700).await;
    check(
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"} x"#,
        -32700,
    )
    .await;
    check(
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/list","method":"tools/call"}"#,
        -32600,
    )
    .await;
    check(r#"{"jsonrpc":"2.0","id":1,"Method":"tools/list"}"#, -32600).await;
    check(r#"{"jsonrpc":"1.0","id":1,"method":"tools/list"}"#, -32600).await;
    check(
        r#"{"jsonrpc":"2.0","id":null,"method":"tools/list"}"#,
        -32600,
    )
    .await;
    check(
        r#"[{"jsonrpc":"2.0","id":1,"method":"tools/list"}]"#,
        -31000,
    )
    .await;
    let deep = format!("{}{}", "[".repeat(100), "]".repeat(100));
    check(
        &format!(r#"{{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{{"a":{deep}}}}}"#),
        -31000,
    )
    .await;
    world.stop().await;
}

#[tokio::test]
async fn bodies_are_bounded_before_they_are_read() {
    let limits = HttpLimits {
        max_body: 1_000,
        ..HttpLimits::default()
    };
    let world = World::start(HttpServer::new(server()).limits(limits)).await;
    let padded = |length: usize| {
        let mut ask = list();
        ask.body.resize(length, b' ');
        ask
    };
    assert_eq!(world.send(&padded(1_000)).await.status, 200);
    assert_eq!(world.send(&padded(1_001)).await.status, 413);
    // Announced only: the answer does not wait for it.
    let announced = list().header("Content-Length", "9000000000");
    assert_eq!(
        Connection::open(world.address)
            .await
            .send(&announced)
            .await
            .status,
        413
    );
    // Not announced at all.
    let chunk = format!("3e8\r\n{}\r\n", " ".repeat(1_000));
    let chunked = list().header("Transfer-Encoding", "chunked");
    assert_eq!(
        world
            .send(&chunked.clone().body(&format!("{chunk}{chunk}0\r\n\r\n")))
            .await
            .status,
        413
    );
    let message = String::from_utf8(list().body).expect("text");
    let (half, rest) = message.split_at(20);
    let pieces = format!(
        "{:x}\r\n{half}\r\n{:x}\r\n{rest}\r\n0\r\n\r\n",
        half.len(),
        rest.len()
    );
    assert_eq!(world.send(&chunked.body(&pieces)).await.status, 200);
    world.stop().await;
}

#[tokio::test]
async fn two_lengths_are_one_too_many() {
    let world = World::of(server()).await;
    for ask in [
        list()
            .header("Content-Length", "3")
            .header("Content-Length", "5"),
        list()
            .header("Content-Length", "3")
            .header("Transfer-Encoding", "chunked")
            .body("0\r\n\r\n"),
        list()
            .header("Transfer-Encoding", "gzip, identity")
            .body("x"),
        list().header("Content-Length", "+3"),
        list().header("Bad Name", "x"),
        list().header("X-Nul", "a\0b"),
    ] {
        let status = world.send(&ask).await.status;
        assert!(
            status == 0 || (400..500).contains(&status),
            "{ask:?}: {status}"
        );
    }
    world.stop().await;
}

/// Head and body must come in time. The times are short here so that the test is; nothing depends on how short.
#[tokio::test]
async fn slow_senders_are_left() {
    let limits = HttpLimits {
        header_time: Duration::from_millis(50),
        body_time: Duration::from_millis(50),
        ..HttpLimits::default()
    };
    let world = World::start(HttpServer::new(server()).limits(limits)).await;
    let mut slow = Connection::open(world.address).await;
    slow.write(b"POST /mcp HTTP/1.1\r\nHost: localhost\r\n")
        .await;
    let status = slow.answer().await.status;
    assert!([0, 408].contains(&status), "{status}");
    let slow = list().header("Content-Length", "10").body("{");
    assert_eq!(world.send(&slow).await.status, 408);
    world.stop().await;
}

#[tokio::test]
async fn allowed_origins_may_read_and_others_learn_nothing() {
    let http = HttpServer::new(server())
        .allow_origin("https://app.example")
        .expect("an origin");
    let http = http.allow_host("mcp.example").expect("a host");
    let world = World::start(http).await;
    let ask = list().header("Origin", "https://app.example");
    for ask in [ask.clone(), ask.clone().header("Host", "mcp.example")] {
        let answer = world.send(&ask).await;
        assert_eq!(
            (answer.status, answer.header("access-control-allow-origin")),
            (200, Some("https://app.example"))
        );
        assert!(
            answer
                .header("access-control-expose-headers")
                .is_some_and(|names| names.contains("mcp-session-id"))
        );
    }
    let asking = Ask::new("OPTIONS", "/mcp")
        .header("Access-Control-Request-Method", "POST")
        .header(
            "Access-Control-Request-Headers",
            "content-type, mcp-param-region, x-other",
        );
    let granted = world
        .send(&asking.clone().header("Origin", "https://app.example"))
        .await;
    assert_eq!(granted.status, 204);
    assert_eq!(
        granted.header("access-control-allow-headers"),
        Some("content-type, mcp-param-region")
    );
    for origin in ["https://evil.example", "null", "https://app.example.evil"] {
        for ask in [&list(), &asking] {
            let answer = world.send(&ask.clone().header("Origin", origin)).await;
            assert_eq!(
                (answer.status, answer.header("access-control-allow-origin")),
                (403, None),
                "{origin}"
            );
        }
    }
    // Its own pages need no permission to read.
    let own = world
        .send(&list().header("Origin", &format!("http://{}", world.address)))
        .await;
    assert_eq!(
        (own.status, own.header("access-control-allow-origin")),
        (200, None)
    );
    world.stop().await;
}
