//! Headers must say what the body says, before anything is dispatched.

use interlock_sdk::{Context, Server};
use serde_json::{Value, json};

use super::world::{Ask, World};

#[derive(serde::Deserialize, schemars::JsonSchema)]
struct Nothing {}

#[derive(serde::Deserialize, schemars::JsonSchema)]
struct Query {
    #[schemars(extend("x-mcp-header" = "Region"))]
    region: Option<String>,
    #[schemars(extend("x-mcp-header" = "Count"))]
    count: Option<i64>,
}

async fn world() -> World {
    let server = Server::builder("agreement", "1")
        .tool("grüße", "Greets", async |_: Nothing, _cx: Context| {
            Ok("hallo")
        })
        .tool("query", "Asks", async |query: Query, _cx: Context| {
            Ok(format!("{:?} {:?}", query.region, query.count))
        })
        .build();
    World::of(server).await
}

const MISMATCH: Option<i64> = Some(-32020);

// SPEC: 2026-07-28/basic/transports/streamable-http/protocol-version-header:1-4
// SPEC: 2026-07-28/basic/transports/streamable-http/server-validation:3-4
#[tokio::test]
async fn the_revision_must_be_the_one_of_the_body() {
    let world = world().await;
    let list = Ask::modern("tools/list", json!({}));
    let check = async |ask: Ask, status: u16, code: Option<i64>| {
        let answer = world.send(&ask).await;
        assert_eq!(
            (answer.status, answer.code()),
            (status, code),
            "{}",
            answer.text()
        );
    };
    check(list.clone(), 200, None).await;
    check(list.clone().without("MCP-Protocol-Version"), 400, MISMATCH).await;
    check(
        list.clone().with("MCP-Protocol-Version", "2025-11-25"),
        400,
        MISMATCH,
    )
    .await;
    check(
        list.clone().with("MCP-Protocol-Version", "1999-01-01"),
        400,
        MISMATCH,
    )
    .await;
    check(list.clone().with("MCP-Protocol-Version", ""), 400, MISMATCH).await;
    check(
        list.clone().header("MCP-Protocol-Version", "2026-07-28"),
        400,
        MISMATCH,
    )
    .await;
    // The same in both, and nobody speaks it.
    let body = String::from_utf8(list.body.clone())
        .expect("text")
        .replace("2026-07-28", "v999.0.0");
    let unknown = list.with("MCP-Protocol-Version", "v999.0.0").body(&body);
    let answer = world.send(&unknown).await;
    assert_eq!((answer.status, answer.code()), (400, Some(-32022)));
    let data = &answer.json()["error"]["data"];
    assert_eq!(data["requested"], "v999.0.0");
    assert_eq!(data["supported"][0], "2026-07-28");
    assert_eq!(answer.json()["id"], 1);
    world.stop().await;
}

// SPEC: 2026-07-28/basic/transports/streamable-http/case-sensitivity:1
// SPEC: 2026-07-28/basic/transports/streamable-http/server-validation:1,5
// SPEC: 2026-07-28/basic/transports/streamable-http/standard-request-headers:1
// SPEC: 2026-07-28/basic/transports/streamable-http/value-encoding:5
#[tokio::test]
async fn method_and_name_must_be_those_of_the_body() {
    let world = world().await;
    let check = async |ask: Ask, code: Option<i64>| {
        let answer = world.send(&ask).await;
        let status = if code.is_some() { 400 } else { 200 };
        assert_eq!(
            (answer.status, answer.code()),
            (status, code),
            "{ask:?} {}",
            answer.text()
        );
    };
    let list = Ask::modern("tools/list", json!({}));
    check(list.clone().without("Mcp-Method"), MISMATCH).await;
    check(list.clone().header("Mcp-Method", "tools/list"), MISMATCH).await;
    for method in [
        "tools/call",
        "TOOLS/LIST",
        "tools/list,tools/call",
        "",
        "tools%2Flist",
    ] {
        check(list.clone().with("Mcp-Method", method), MISMATCH).await;
    }
    check(list.clone().with("Mcp-Method", "  tools/list  "), None).await;
    check(list.clone().header("Mcp-Name", "query"), MISMATCH).await;
    let call = Ask::modern("tools/call", json!({"name": "query", "arguments": {}}));
    check(call.clone(), None).await;
    check(call.clone().with("mcp-name", "query"), None).await;
    check(call.clone().with("MCP-NAME", "=?base64?cXVlcnk=?="), None).await;
    check(call.clone().without("Mcp-Name"), MISMATCH).await;
    check(call.clone().header("Mcp-Name", "query"), MISMATCH).await;
    for name in [
        "other",
        "Query",
        "",
        "=?base64?b3RoZXI=?=",
        "=?base64?cXVlcnk?=",
        "=?base64?!?=",
        "=?base64?/w==?=",
        "query\tx",
    ] {
        check(call.clone().with("Mcp-Name", name), MISMATCH).await;
    }
    let greet = Ask::modern("tools/call", json!({"name": "grüße", "arguments": {}}));
    check(
        greet.clone().with("Mcp-Name", "=?base64?Z3LDvMOfZQ==?="),
        None,
    )
    .await;
    check(greet.with("Mcp-Name", "grüße"), MISMATCH).await;
    world.stop().await;
}

// SPEC: 2026-07-28/basic/transports/streamable-http/server-behavior-for-custom-headers:2-4,6,8,10-11
// SPEC: 2026-07-28/basic/transports/streamable-http/server-validation:2,4
#[tokio::test]
async fn arguments_must_be_those_of_their_headers() {
    let world = world().await;
    let check = async |arguments: Value, headers: &[(&str, &str)], code: Option<i64>| {
        let mut ask = Ask::modern(
            "tools/call",
            json!({"name": "query", "arguments": arguments}),
        );
        for (name, value) in headers {
            ask = ask.header(name, value);
        }
        let answer = world.send(&ask).await;
        let status = if code.is_some() { 400 } else { 200 };
        assert_eq!(
            (answer.status, answer.code()),
            (status, code),
            "{ask:?} {}",
            answer.text()
        );
    };
    check(json!({}), &[], None).await;
    check(json!({"region": null}), &[], None).await;
    check(
        json!({"region": "west"}),
        &[("Mcp-Param-Region", "west")],
        None,
    )
    .await;
    check(
        json!({"region": "west"}),
        &[("mcp-param-region", "=?base64?d2VzdA==?=")],
        None,
    )
    .await;
    check(
        json!({"region": "west", "count": 3}),
        &[("Mcp-Param-Region", "west"), ("Mcp-Param-Count", "3.0")],
        None,
    )
    .await;
    check(json!({}), &[("Mcp-Param-Unknown", "x")], None).await;
    check(json!({"region": "west"}), &[], MISMATCH).await;
    check(
        json!({"region": "west"}),
        &[("Mcp-Param-Region", "east")],
        MISMATCH,
    )
    .await;
    check(
        json!({"region": "west"}),
        &[("Mcp-Param-Region", "=?base64?d2VzdA?=")],
        MISMATCH,
    )
    .await;
    check(
        json!({"region": "west"}),
        &[("Mcp-Param-Region", "west"), ("Mcp-Param-Region", "west")],
        MISMATCH,
    )
    .await;
    check(json!({}), &[("Mcp-Param-Region", "west")], MISMATCH).await;
    check(json!({"count": 3}), &[("Mcp-Param-Count", "4")], MISMATCH).await;
    world.stop().await;
}

// SPEC: 2026-07-28/basic/index/meta:7-8 2026-07-28/server/discover/top:1
#[tokio::test]
async fn a_probe_is_answered_to_the_letter() {
    let world = world().await;
    let probe = Ask::modern("server/discover", json!({}));
    let answer = world.send(&probe).await;
    assert_eq!(answer.status, 200);
    assert_eq!(
        answer.json()["result"]["supportedVersions"][0],
        "2026-07-28"
    );
    let version = "io.modelcontextprotocol/protocolVersion";
    for meta in [
        json!({}),
        json!({"_meta": {}}),
        json!({"_meta": {version: "2026-07-28"}}),
    ] {
        let body = json!({"jsonrpc": "2.0", "id": 7, "method": "server/discover", "params": meta});
        let answer = world.send(&probe.clone().body(&body.to_string())).await;
        assert_eq!(
            (answer.status, answer.code(), answer.json()["id"].as_i64()),
            (400, Some(-32602), Some(7))
        );
    }
    world.stop().await;
}

// SPEC: 2025-11-25/basic/transports/protocol-version-header:4
#[tokio::test]
async fn legacy_requests_may_leave_headers_out_but_not_lie_in_them() {
    let world = world().await;
    let session = world.initialize("2025-11-25").await;
    let list = Ask::legacy(
        "2025-11-25",
        &session,
        json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"}),
    );
    assert_eq!(world.send(&list).await.status, 200);
    assert_eq!(
        world
            .send(&list.clone().header("Mcp-Method", "tools/list"))
            .await
            .status,
        200
    );
    assert_eq!(
        world
            .send(&list.clone().header("Mcp-Method", "tools/call"))
            .await
            .code(),
        MISMATCH
    );
    assert_eq!(
        world
            .send(&list.clone().header("Mcp-Name", "query"))
            .await
            .code(),
        MISMATCH
    );
    // Gemini CLI says nothing about the revision after its handshake.
    assert_eq!(
        world
            .send(&list.clone().without("MCP-Protocol-Version"))
            .await
            .status,
        200
    );
    assert_eq!(
        world
            .send(&list.with("MCP-Protocol-Version", "1999-01-01"))
            .await
            .status,
        400
    );
    world.stop().await;
}
