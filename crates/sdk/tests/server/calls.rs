//! Tools, resources, prompts and completions.

use interlock_sdk::RpcError;
use interlock_sdk::server::{
    BuildError, CallError, Context, OfferedTool, Requested, Server, SessionKind, Structured,
};
use interlock_wire::Object;
use interlock_wire::types::{
    CacheScope, CallToolResult, CompleteParams, Map, Prompt, PromptArgument, Resource,
    ResourceTemplate, Tool, ToolAnnotations,
};
use serde_json::{Value, json};

use super::peer::{Peer, modern};

#[derive(serde::Deserialize, schemars::JsonSchema)]
struct City {
    /// Where.
    city: String,
}

#[derive(serde::Deserialize, schemars::JsonSchema)]
struct Nothing {}

#[derive(serde::Serialize, schemars::JsonSchema)]
struct Weather {
    celsius: f64,
}

fn object(value: Value) -> Object {
    Object::parse(value.to_string().as_bytes()).unwrap()
}

fn server() -> Server {
    let weather = OfferedTool::new(
        "weather",
        "Tells the weather",
        async |city: City, _cx: Context| match city.city.as_str() {
            "" => Err(CallError::rpc(RpcError::invalid_params("`city` is empty"))),
            "Atlantis" => Err(CallError::new("no such city")),
            "Erewhon" => Ok("x"
                .parse::<f64>()
                .map(|celsius| Structured(Weather { celsius }))?),
            _ => Ok(Structured(Weather { celsius: 21.5 })),
        },
    );
    let schema = json!({"type": "object", "properties": {"n": {"type": "integer", "maximum": 9}}, "required": ["n"]});
    let mut raw = Tool::with_schema("raw", object(schema));
    raw.output_schema = Some(object(
        json!({"type": "array", "items": {"type": "integer"}}),
    ));
    let template = ResourceTemplate::new("doc://{name}/page", "docs").mime_type("text/plain");
    let prompt = Prompt::new("greet").arguments(vec![PromptArgument::new("name").required(true)]);
    Server::builder("s", "1")
        .offer_tool(
            weather
                .title("Weather")
                .annotations(ToolAnnotations::default().read_only_hint(true)),
        )
        .raw_tool(raw, async |arguments: Object, _cx: Context| {
            let value = match arguments.get("n").and_then(|n| n.as_i64()) {
                Some(0) => json!(["not a number"]),
                n => json!([n]),
            };
            let value = interlock_wire::Json::parse(value.to_string().as_bytes())?;
            Ok(CallToolResult::structured(value))
        })
        .resource(
            Resource::new("text://motd", "motd"),
            async |_cx: Context| Ok("Nothing new."),
        )
        .resource(
            Resource::new("bin://x", "x").mime_type("image/png"),
            async |_cx: Context| Ok(vec![1_u8, 2]),
        )
        .resource(Resource::new("bad://x", "bad"), async |_cx: Context| {
            Ok(std::fs::read_to_string("/nonexistent/secret")?)
        })
        .resource_template(template, async |asked: Requested, _cx: Context| {
            Ok(format!(
                "page of {}",
                asked.variables.get("name").cloned().unwrap_or_default()
            ))
        })
        .prompt(prompt, async |arguments: Map<String>, _cx: Context| {
            Ok(format!(
                "Hello, {}!",
                arguments.get("name").cloned().unwrap_or_default()
            ))
        })
        .completion(async |asked: CompleteParams, _cx: Context| {
            let words = (0..150).map(|n| format!("{}{n}", asked.argument.value));
            Ok(words.collect::<Vec<_>>())
        })
        .build()
}

/// Asks both eras and compares a part of the answers.
fn check(method: &str, params: Value, pointer: &str, legacy: Value, new: Value) {
    let peer = Peer::legacy(&server(), "2025-06-18", json!({}));
    let answer = peer.ask_now(json!(1), method, params.clone());
    assert_eq!(
        answer.pointer(pointer),
        Some(&legacy),
        "legacy {method} {params}: {answer}"
    );
    let peer = Peer::new(&server(), SessionKind::HttpModern);
    let answer = peer.ask_now(json!(1), method, modern(params.clone(), json!({})));
    assert_eq!(
        answer.pointer(pointer),
        Some(&new),
        "modern {method} {params}: {answer}"
    );
}

fn same(method: &str, params: Value, pointer: &str, expected: Value) {
    check(method, params, pointer, expected.clone(), expected);
}

// SPEC: both/server/tools/security-considerations:1 both/server/tools/structured-content:1
#[test]
fn tools_answer_and_fail_as_the_specification_says() {
    let call = |name: &str, arguments: Value| json!({"name": name, "arguments": arguments});
    same(
        "tools/call",
        call("weather", json!({"city": "Rome"})),
        "/result/structuredContent",
        json!({"celsius": 21.5}),
    );
    same(
        "tools/call",
        call("weather", json!({"city": "Rome"})),
        "/result/content/0/text",
        json!("{\"celsius\":21.5}"),
    );
    same(
        "tools/call",
        call("weather", json!({"city": "Atlantis"})),
        "/result/isError",
        json!(true),
    );
    same(
        "tools/call",
        call("weather", json!({"city": "Erewhon"})),
        "/result/isError",
        json!(true),
    );
    same(
        "tools/call",
        call("weather", json!({"city": ""})),
        "/error/code",
        json!(-32602),
    );
    same(
        "tools/call",
        call("missing", json!({})),
        "/error/code",
        json!(-32602),
    );
    same(
        "tools/call",
        json!({"arguments": {}}),
        "/error/code",
        json!(-32602),
    );
    same(
        "tools/call",
        json!({"name": "weather", "arguments": []}),
        "/error/code",
        json!(-32602),
    );
    // Since 2025-11-25 the model is told of arguments that do not fit.
    let peer = Peer::legacy(&server(), "2025-06-18", json!({}));
    let answer = peer.ask_now(json!(1), "tools/call", call("weather", json!({"city": 1})));
    assert_eq!(answer["error"]["code"], -32602);
    let peer = Peer::legacy(&server(), "2025-11-25", json!({}));
    let answer = peer.ask_now(json!(1), "tools/call", call("weather", json!({"city": 1})));
    assert_eq!(answer["result"]["isError"], true);
}

// SPEC: both/basic/index/implementation-requirements:1-2 both/basic/index/schema-dialect:1
// SPEC: both/server/tools/output-schema:1 both/server/tools/security-considerations:1
#[test]
fn raw_tools_are_held_to_their_schemas() {
    let call = |n: Value| json!({"name": "raw", "arguments": {"n": n}});
    let peer = Peer::new(&server(), SessionKind::HttpModern);
    let ask = |params: Value| peer.ask_now(json!(1), "tools/call", modern(params, json!({})));
    assert_eq!(
        ask(call(json!(7)))["result"]["structuredContent"],
        json!([7])
    );
    assert_eq!(ask(call(json!(10)))["result"]["isError"], true);
    assert_eq!(ask(call(json!("7")))["result"]["isError"], true);
    assert_eq!(ask(json!({"name": "raw"}))["result"]["isError"], true);
    // A result that breaks the promise of the schema is our bug.
    assert_eq!(ask(call(json!(0)))["error"]["code"], -32603);
    // Earlier revisions have only objects as structured results.
    let peer = Peer::legacy(&server(), "2025-11-25", json!({}));
    let answer = peer.ask_now(json!(1), "tools/call", call(json!(7)));
    assert_eq!(answer["result"]["structuredContent"], Value::Null);
    assert_eq!(answer["result"]["content"][0]["text"], "[7]");
}

// SPEC: 2026-07-28/basic/index/error-codes:6 both/server/resources/error-handling:1-2
// SPEC: 2026-07-28/server/resources/error-handling:4 both/server/resources/security-considerations:1,3
#[test]
fn resources_are_read_by_uri_and_by_template() {
    let read = |uri: &str| json!({"uri": uri});
    same(
        "resources/read",
        read("text://motd"),
        "/result/contents/0/text",
        json!("Nothing new."),
    );
    same(
        "resources/read",
        read("bin://x"),
        "/result/contents/0",
        json!({"uri": "bin://x", "mimeType": "image/png", "blob": "AQI="}),
    );
    same(
        "resources/read",
        read("doc://a%20b/page"),
        "/result/contents/0/text",
        json!("page of a b"),
    );
    check(
        "resources/read",
        read("doc://../page"),
        "/error/code",
        json!(-32002),
        json!(-32602),
    );
    check(
        "resources/read",
        read("doc://%2e%2e/page"),
        "/error/code",
        json!(-32002),
        json!(-32602),
    );
    check(
        "resources/read",
        read("doc://a/b/page"),
        "/error/code",
        json!(-32002),
        json!(-32602),
    );
    check(
        "resources/read",
        read("text://other"),
        "/error/data/uri",
        json!("text://other"),
        json!("text://other"),
    );
    // What a caught error says stays with us.
    same(
        "resources/read",
        read("bad://x"),
        "/error/message",
        json!("internal error"),
    );
    let peer = Peer::new(&server(), SessionKind::HttpModern);
    let answer = peer.ask_now(
        json!(1),
        "resources/read",
        modern(read("text://motd"), json!({})),
    );
    assert_eq!(answer["result"]["ttlMs"], 0);
    assert_eq!(answer["result"]["cacheScope"], "private");
}

#[test]
fn what_a_resource_holds_is_private_whatever_lists_are() {
    let server = Server::builder("s", "1")
        .cache(std::time::Duration::from_secs(60), CacheScope::Public)
        .resource(Resource::new("text://me", "me"), async |_cx: Context| {
            Ok("mine")
        })
        .build();
    let peer = Peer::new(&server, SessionKind::HttpModern);
    let params = modern(json!({"uri": "text://me"}), json!({}));
    let result = &peer.ask_now(json!(1), "resources/read", params)["result"];
    assert_eq!(
        (&result["ttlMs"], &result["cacheScope"]),
        (&json!(0), &json!("private"))
    );
}

// SPEC: both/server/prompts/error-handling:1-2 both/server/prompts/implementation-considerations:1
#[test]
fn prompts_want_their_arguments() {
    let get = |arguments: Value| json!({"name": "greet", "arguments": arguments});
    same(
        "prompts/get",
        get(json!({"name": "Ada"})),
        "/result/messages/0/content/text",
        json!("Hello, Ada!"),
    );
    same("prompts/get", get(json!({})), "/error/code", json!(-32602));
    same(
        "prompts/get",
        get(json!({"name": 1})),
        "/error/code",
        json!(-32602),
    );
    same(
        "prompts/get",
        json!({"name": "other"}),
        "/error/code",
        json!(-32602),
    );
}

// SPEC: both/server/utilities/completion/error-handling:2-3
// SPEC: both/server/utilities/completion/implementation-considerations:4 both/server/utilities/completion/security:1
#[test]
fn completions_are_of_what_is_offered_and_bounded() {
    let complete =
        |reference: Value| json!({"ref": reference, "argument": {"name": "name", "value": "a"}});
    let prompt = complete(json!({"type": "ref/prompt", "name": "greet"}));
    same(
        "completion/complete",
        prompt.clone(),
        "/result/completion/values/99",
        json!("a99"),
    );
    same(
        "completion/complete",
        prompt.clone(),
        "/result/completion/total",
        json!(150),
    );
    same(
        "completion/complete",
        prompt,
        "/result/completion/hasMore",
        json!(true),
    );
    let template = complete(json!({"type": "ref/resource", "uri": "doc://{name}/page"}));
    same(
        "completion/complete",
        template,
        "/result/completion/values/0",
        json!("a0"),
    );
    let unknown = complete(json!({"type": "ref/prompt", "name": "other"}));
    same("completion/complete", unknown, "/error/code", json!(-32602));
    same(
        "completion/complete",
        json!({}),
        "/error/code",
        json!(-32602),
    );
}

#[test]
fn definitions_are_written_for_their_revision() {
    let peer = Peer::legacy(&server(), "2024-11-05", json!({}));
    let tool = &peer.ask_now(json!(1), "tools/list", json!({}))["result"]["tools"][0];
    assert_eq!(
        (&tool["title"], &tool["annotations"], &tool["outputSchema"]),
        (&Value::Null, &Value::Null, &Value::Null)
    );
    let peer = Peer::legacy(&server(), "2025-11-25", json!({}));
    let tools = &peer.ask_now(json!(1), "tools/list", json!({}))["result"]["tools"];
    assert_eq!(tools[0]["title"], "Weather");
    assert_eq!(
        tools[0]["inputSchema"]["properties"]["city"]["description"],
        "Where."
    );
    assert_eq!(tools[0]["outputSchema"]["type"], "object");
    assert_eq!(tools[1]["outputSchema"], Value::Null);
    let peer = Peer::new(&server(), SessionKind::HttpModern);
    let tools =
        &peer.ask_now(json!(1), "tools/list", modern(json!({}), json!({})))["result"]["tools"];
    assert_eq!(tools[1]["outputSchema"]["type"], "array");
}

// SPEC: 2026-07-28/basic/index/ref-resolution:1,4 both/basic/index/schema-validation:1
// SPEC: 2026-07-28/basic/versioning/extension-negotiation:1 both/server/tools/tool:1 both/server/tools/tool-names:3-4
#[test]
fn faults_of_what_is_offered_are_found() {
    let tool = |name: &str, schema: Value| {
        let tool = Tool::with_schema(name, object(schema));
        OfferedTool::raw(tool, async |_: Object, _cx: Context| Ok(()))
    };
    let build = |tool: OfferedTool| Server::builder("s", "1").offer_tool(tool).try_build();
    assert!(build(tool("fine", json!({"type": "object"}))).is_ok());
    assert_eq!(
        build(tool("two words", json!({"type": "object"}))).unwrap_err(),
        BuildError::ToolName("two words".into())
    );
    for schema in [
        json!({"type": "object", "properties": {"a": {"$ref": "https://evil.example/a.json"}}}),
        json!({"type": "object", "properties": {"a": {"$ref": "file:///etc/passwd"}}}),
        json!({"type": "strange"}),
        json!({"type": "object", "properties": {"a": {"type": "number", "x-mcp-header": "A"}}}),
        json!({"type": "object", "properties": {"a": {"type": "string", "x-mcp-header": "A B"}}}),
    ] {
        let built = build(tool("t", schema.clone()));
        assert!(matches!(built, Err(BuildError::Schema { .. })), "{schema}");
    }
    let template = ResourceTemplate::new("doc://{", "broken");
    let built = Server::builder("s", "1")
        .resource_template(template, async |_: Requested, _cx: Context| Ok(""));
    assert!(matches!(built.try_build(), Err(BuildError::Template(_))));
    let built = Server::builder("s", "1")
        .extension("bare", Object::default())
        .try_build();
    assert!(matches!(built, Err(BuildError::Extension(_))));
}

#[test]
fn header_parameters_are_known_to_transports() {
    let schema = json!({"type": "object", "properties": {"region": {"type": "string", "x-mcp-header": "Region"}}});
    let tool = Tool::with_schema("sql", object(schema));
    let server = Server::builder("s", "1")
        .raw_tool(tool, async |_: Object, _cx: Context| Ok(()))
        .build();
    let headers = server.param_headers("sql").unwrap();
    let values = headers.values(br#"{"region":"us-west1"}"#);
    assert_eq!(values.len(), 1);
    assert_eq!(values[0].1, "us-west1");
    assert!(server.param_headers("other").is_none());
}

#[test]
fn no_arguments_are_an_empty_object() {
    let server = Server::builder("s", "1")
        .tool("now", "Tells the time", async |_: Nothing, _cx: Context| {
            Ok("12:00")
        })
        .build();
    let peer = Peer::new(&server, SessionKind::HttpModern);
    let answer = peer.ask_now(
        json!(1),
        "tools/call",
        modern(json!({"name": "now"}), json!({})),
    );
    assert_eq!(answer["result"]["content"][0]["text"], "12:00");
}

#[test]
fn a_handler_knows_its_call() {
    let server = Server::builder("s", "1")
        .tool("who", "Tells", async |_: Nothing, cx: Context| {
            let client = cx.client_info().map(|info| info.name.clone());
            let trace = cx.meta().traceparent.unwrap_or_default();
            let name = cx.revision().name();
            let roots = cx.client_capabilities().roots.is_some();
            Ok(format!(
                "{} {name} {trace} {roots}",
                client.unwrap_or_default()
            ))
        })
        .build();
    let params = json!({"name": "who", "_meta": {"traceparent": "00-1"}});
    let text = |answer: Value| answer["result"]["content"][0]["text"].clone();
    let peer = Peer::legacy(&server, "2025-06-18", json!({"roots": {}}));
    let told = text(peer.ask_now(json!(1), "tools/call", params.clone()));
    assert_eq!(told, "peer 2025-06-18 00-1 true");
    let peer = Peer::new(&server, SessionKind::HttpModern);
    let told = text(peer.ask_now(json!(1), "tools/call", modern(params, json!({}))));
    assert_eq!(told, "peer 2026-07-28 00-1 false");
}

#[test]
fn a_client_is_told_that_its_user_has_answered() {
    for (revision, told) in [("2025-06-18", 0), ("2025-11-25", 1)] {
        let mut peer = Peer::legacy(&server(), revision, json!({}));
        peer.session.elicitation_complete("e1");
        let sent = peer.sent();
        assert_eq!(sent.len(), told);
        assert!(
            sent.iter()
                .all(|message| message["params"]["elicitationId"] == "e1")
        );
    }
}
