//! What the client checks and adds when it calls a tool.

use interlock_wire::Revision;
use serde_json::{Value, json};

use super::peer::{Peer, Shape, builder, everything, shaped};
use crate::client::{CallError, Client};

async fn connected(http: bool) -> (Client, Peer) {
    let shape = Shape {
        http,
        ..Shape::default()
    };
    shaped(builder(), Revision::V2026_07_28, everything(), shape).await
}

async fn list(client: &Client, peer: &mut Peer, tools: Value) -> Vec<String> {
    let client = client.clone();
    let listing = tokio::spawn(async move { client.list_tools().await });
    let seen = peer.expect("tools/list").await;
    peer.answer(&seen, json!({"resultType": "complete", "tools": tools}));
    listing
        .await
        .unwrap()
        .unwrap()
        .into_iter()
        .map(|tool| tool.name)
        .collect()
}

fn tool(name: &str, properties: Value) -> Value {
    json!({"name": name, "inputSchema": {"type": "object", "properties": properties}})
}

// SPEC: both/server/tools/output-schema:2 both/server/tools/security-considerations:7
// SPEC: 2026-07-28/server/tools/security-considerations:8
#[tokio::test(start_paused = true)]
async fn structured_results_match_their_schema() {
    let schema =
        json!({"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]});
    for (schema, result, fine) in [
        (
            &schema,
            json!({"content": [], "structuredContent": {"n": 1}}),
            true,
        ),
        (
            &schema,
            json!({"content": [], "structuredContent": {"n": "1"}}),
            false,
        ),
        (
            &schema,
            json!({"content": [], "structuredContent": [1]}),
            false,
        ),
        (&schema, json!({"content": []}), false),
        (&schema, json!({"content": [], "isError": true}), true),
    ] {
        let (client, mut peer) = connected(false).await;
        let mut listed = tool("t", json!({}));
        listed["outputSchema"] = schema.clone();
        assert_eq!(list(&client, &mut peer, json!([listed])).await, ["t"]);
        let calling = tokio::spawn(async move { client.call_tool("t", &json!({})).await });
        let seen = peer.expect("tools/call").await;
        peer.answer(&seen, result.clone());
        match calling.await.unwrap() {
            Ok(_) => assert!(fine, "{schema} {result}"),
            Err(error) => assert!(
                !fine && matches!(error, CallError::OutputSchema),
                "{error:?}"
            ),
        }
    }
}

// SPEC: 2026-07-28/server/tools/security-considerations:8
/// A schema that is a bomb, or that somebody would have to fetch, costs its own tool and no other.
#[tokio::test(start_paused = true)]
async fn tools_with_schemas_that_are_bombs_are_left_out() {
    let doubling = |levels: usize| {
        let level = |level: usize| {
            let next = json!({"$ref": format!("#/$defs/{}", level + 1)});
            (level.to_string(), json!({"allOf": [next, next]}))
        };
        let mut levels: serde_json::Map<String, Value> = (0..levels).map(level).collect();
        levels.insert(levels.len().to_string(), json!({}));
        json!({"$defs": levels, "$ref": "#/$defs/0"})
    };
    let deep = (0..25).fold(json!({}), |inner, _| json!({"items": {"not": inner}}));
    for (schema, reason) in [
        (json!({"$ref": "https://evil.example/s.json"}), "elsewhere"),
        (json!({"$ref": "http://169.254.169.254/"}), "elsewhere"),
        (json!({"$ref": "#"}), "without end"),
        (doubling(30), "against more than"),
        (deep, "nested deeper"),
        (
            json!({"anyOf": vec![json!({}); 25_000]}),
            "more than 20000 values",
        ),
        (json!({"title": "x".repeat(300_000)}), "longer than"),
        (json!({"pattern": "^(a+)+$"}), "exponential time"),
        (json!({"$ref": "#/$defs/none"}), "does not have"),
    ] {
        for member in ["inputSchema", "outputSchema"] {
            let (client, mut peer) = connected(false).await;
            let mut bomb = tool("bomb", json!({}));
            let mut bad = schema.clone();
            bad["type"] = "object".into();
            bomb[member] = bad;
            let tools = json!([tool("before", json!({})), bomb, tool("behind", json!({}))]);
            let listed = list(&client, &mut peer, tools).await;
            assert_eq!(listed, ["before", "behind"], "{reason}");
            let refused = client.refused_tools();
            let source = std::error::Error::source(&refused[0].fault)
                .unwrap()
                .to_string();
            assert_eq!((refused.len(), refused[0].name.as_str()), (1, "bomb"));
            assert!(source.contains(reason), "{source}");
            let error = client.call_tool("bomb", &json!({})).await.unwrap_err();
            assert!(matches!(error, CallError::Tool(fault) if fault == refused[0].fault));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_tool_may_cost_can_be_raised() {
    let bounds = interlock_wire::schema::Bounds {
        refuse_slow_patterns: false,
        ..interlock_wire::schema::Bounds::default()
    };
    let lax = builder().danger_schema_bounds(bounds);
    let (client, mut peer) =
        shaped(lax, Revision::V2026_07_28, everything(), Shape::default()).await;
    let slow = tool(
        "slow",
        json!({"a": {"type": "string", "pattern": "^(a+)+$"}}),
    );
    assert_eq!(list(&client, &mut peer, json!([slow])).await, ["slow"]);
    assert!(client.refused_tools().is_empty());
}

#[tokio::test(start_paused = true)]
async fn typed_results_are_read() {
    #[derive(serde::Deserialize)]
    struct Sum {
        n: i64,
    }
    for (result, expected) in [
        (
            json!({"content": [], "structuredContent": {"n": 3}}),
            Some(3),
        ),
        (
            json!({"content": [{"type": "text", "text": "{\"n\":4}"}]}),
            Some(4),
        ),
        (json!({"content": [{"type": "text", "text": "four"}]}), None),
        (
            json!({"content": [], "structuredContent": {"n": 3}, "isError": true}),
            None,
        ),
        (json!({"content": []}), None),
    ] {
        let (client, mut peer) = connected(false).await;
        let calling =
            tokio::spawn(async move { client.call_tool_as::<Sum, _>("t", &json!({})).await });
        let seen = peer.expect("tools/call").await;
        peer.answer(&seen, result);
        assert_eq!(calling.await.unwrap().ok().map(|sum| sum.n), expected);
    }
}

// SPEC: 2026-07-28/basic/transports/streamable-http/client-behavior:5
// SPEC: 2026-07-28/basic/transports/streamable-http/custom-headers-from-tool-parameters:1-2
#[tokio::test(start_paused = true)]
async fn marked_arguments_go_into_headers() {
    let marked = json!({"region": {"type": "string", "x-mcp-header": "Region"}, "n": {"type": "integer", "x-mcp-header": "Count"}});
    for (http, expected) in [
        (
            true,
            vec![("mcp-param-region".to_owned(), "=?base64?w6k=?=".to_owned())],
        ),
        (false, vec![]),
    ] {
        let (client, mut peer) = connected(http).await;
        list(&client, &mut peer, json!([tool("t", marked.clone())])).await;
        let calling = tokio::spawn(async move {
            client
                .call_tool("t", &json!({"region": "é", "n": null}))
                .await
        });
        let seen = peer.expect("tools/call").await;
        assert_eq!(seen.headers(), (Some("t"), expected.as_slice()));
        peer.answer(&seen, json!({"content": []}));
        calling.await.unwrap().unwrap();
    }
}

// SPEC: 2026-07-28/basic/transports/streamable-http/schema-extension:9-10 2026-07-28/server/tools/x-mcp-header:8-9
#[tokio::test(start_paused = true)]
async fn tools_with_invalid_marks_are_left_out_where_marks_count() {
    let tools = json!([
        tool(
            "fine",
            json!({"a": {"type": "string", "x-mcp-header": "A"}})
        ),
        tool(
            "number",
            json!({"a": {"type": "number", "x-mcp-header": "A"}})
        ),
        tool(
            "twice",
            json!({"a": {"type": "string", "x-mcp-header": "A"}, "b": {"type": "string", "x-mcp-header": "a"}})
        ),
        tool(
            "space",
            json!({"a": {"type": "string", "x-mcp-header": "A B"}})
        ),
        tool(
            "empty",
            json!({"a": {"type": "string", "x-mcp-header": ""}})
        ),
        tool(
            "within",
            json!({"a": {"type": "array", "items": {"type": "string", "x-mcp-header": "A"}}})
        ),
    ]);
    let (client, mut peer) = connected(true).await;
    assert_eq!(list(&client, &mut peer, tools.clone()).await, ["fine"]);
    let (client, mut peer) = connected(false).await;
    assert_eq!(list(&client, &mut peer, tools).await.len(), 6);
}

// SPEC: 2026-07-28/basic/transports/streamable-http/client-behavior:6
/// The tool's marks changed since it was listed: it is listed again, and called once more.
#[tokio::test(start_paused = true)]
async fn a_mismatch_of_headers_is_mended() {
    let (client, mut peer) = connected(true).await;
    let calling =
        tokio::spawn(async move { client.call_tool("t", &json!({"region": "eu"})).await });
    let seen = peer.expect("tools/call").await;
    assert_eq!(seen.headers().1, []);
    peer.fail(&seen, -32020, json!(null));
    let seen = peer.expect("tools/list").await;
    let tools = json!([tool(
        "t",
        json!({"region": {"type": "string", "x-mcp-header": "Region"}})
    )]);
    peer.answer(&seen, json!({"resultType": "complete", "tools": tools}));
    let seen = peer.expect("tools/call").await;
    assert_eq!(
        seen.headers().1,
        [("mcp-param-region".to_owned(), "eu".to_owned())]
    );
    peer.fail(&seen, -32020, json!(null));
    assert!(
        matches!(calling.await.unwrap(), Err(CallError::Rpc(_))),
        "only once"
    );
}
