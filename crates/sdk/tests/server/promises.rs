//! Smaller promises of the specification: what is declared, what codes mean, what is not looked at.

use interlock_sdk::server::{
    BuildError, CallError, Context, OfferedTool, Server, SessionKind, TaskSettings,
};
use interlock_sdk::{Principal, RpcError};
use interlock_wire::types::{CacheScope, CompleteParams, Prompt, Resource, TaskSupport, Tool};
use interlock_wire::{Object, Revision};
use serde_json::{Value, json};

use super::peer::{Peer, landed, modern};

#[derive(serde::Deserialize, schemars::JsonSchema)]
struct Nothing {}

fn object(value: &Value) -> Object {
    Object::parse(value.to_string().as_bytes()).unwrap()
}

fn broken<T>() -> Result<T, CallError> {
    Err(std::io::Error::other("the disk of db-7 is full"))?
}

/// Offers one of everything; what is named `broken` fails inside.
fn server() -> Server {
    let work = OfferedTool::new("work", "Works", async |_: Nothing, _cx: Context| Ok("done"));
    Server::builder("s", "1")
        .offer_tool(work.task_support(TaskSupport::Optional))
        .tool("broken", "Fails", async |_: Nothing, _cx: Context| {
            Err::<(), _>(CallError::rpc(RpcError::internal()))
        })
        .resource(Resource::new("x://1", "one"), async |_cx: Context| Ok("1"))
        .prompt(Prompt::new("greet"), async |_, _cx: Context| Ok("hello"))
        .prompt(Prompt::new("broken"), async |_, _cx: Context| {
            broken::<String>()
        })
        .completion(async |asked: CompleteParams, _cx: Context| {
            match asked.argument.value.as_str() {
                "broken" => broken(),
                _ => Ok(vec!["a".to_owned()]),
            }
        })
        .tasks(TaskSettings::default())
        .build()
}

fn legacy() -> Peer {
    Peer::legacy(&server(), "2025-11-25", json!({}))
}

fn new() -> Peer {
    Peer::new(&server(), SessionKind::HttpModern)
}

fn ask(peer: &Peer, method: &str, params: Value) -> Value {
    peer.ask_now(json!(1), method, modern(params, json!({})))
}

fn initialize(server: &Server) -> Value {
    let params = json!({"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "p", "version": "1"}});
    let peer = Peer::new(server, SessionKind::Duplex);
    peer.ask_now(json!(1), "initialize", params)["result"]["capabilities"].clone()
}

// SPEC: both/server/prompts/capabilities:1 both/server/resources/capabilities:1
// SPEC: both/server/utilities/completion/capabilities:1 both/server/utilities/logging/capabilities:1
// SPEC: 2025-11-25/basic/utilities/tasks/capabilities:1 2026-07-28/server/resources/capabilities:2
// SPEC: 2025-11-25/server/utilities/completion/error-handling:1
#[test]
fn what_is_offered_is_declared() {
    let discovered = ask(&new(), "server/discover", json!({}))["result"]["capabilities"].clone();
    for capabilities in [initialize(&server()), discovered] {
        for name in ["tools", "prompts", "resources"] {
            assert_eq!(capabilities[name]["listChanged"], true, "{capabilities}");
        }
        assert_eq!(capabilities["completions"], json!({}));
        assert_eq!(capabilities["logging"], json!({}));
    }
    let tasks = json!({"list": {}, "cancel": {}, "requests": {"tools": {"call": {}}}});
    assert_eq!(initialize(&server())["tasks"], tasks);
    let listed = ask(&new(), "resources/list", json!({}));
    assert_eq!(listed["result"]["resources"][0]["uri"], "x://1");

    let bare = Server::builder("bare", "1").build();
    assert_eq!(initialize(&bare), json!({"logging": {}}));
    let bare = Peer::legacy(&bare, "2025-11-25", json!({}));
    let reference =
        json!({"ref": {"type": "ref/prompt", "name": "x"}, "argument": {"name": "a", "value": ""}});
    let answer = bare.ask_now(json!(2), "completion/complete", reference);
    assert_eq!(answer["error"]["code"], -32601);
}

// SPEC: 2026-07-28/server/tools/capabilities:3 2026-07-28/server/prompts/capabilities:3
// SPEC: 2026-07-28/server/resources/capabilities:3
#[test]
fn lists_are_the_same_for_everybody_and_at_any_time() {
    let server = server();
    for (method, before) in [
        ("tools/list", "tools/call"),
        ("prompts/list", "prompts/get"),
        ("resources/list", "resources/read"),
    ] {
        let first = Peer::new(&server, SessionKind::HttpModern);
        let expected = ask(&first, method, json!({}))["result"].clone();
        assert!(expected.is_object(), "{method}");
        ask(&first, before, json!({"name": "work", "uri": "x://1"}));
        let alice = Principal::new("https://idp.example", "alice");
        let other = Peer::with_principal(&server, SessionKind::Duplex, alice);
        for peer in [first, other] {
            assert_eq!(ask(&peer, method, json!({}))["result"], expected);
        }
    }
}

// SPEC: 2025-11-25/server/prompts/list-changed-notification:1
// SPEC: 2025-11-25/server/resources/list-changed-notification:1
// SPEC: 2026-07-28/server/prompts/list-changed-notification:1
#[test]
fn changes_of_prompts_and_resources_are_told() {
    let server = server();
    let mut old = Peer::legacy(&server, "2025-11-25", json!({}));
    let mut new = Peer::new(&server, SessionKind::Duplex);
    let filter =
        json!({"notifications": {"promptsListChanged": true, "resourcesListChanged": true}});
    let mut listening = new.begin(json!(1), "subscriptions/listen", modern(filter, json!({})));
    super::peer::nudge(&mut listening);
    new.sent();
    server.change(|offers| offers.remove_prompt("greet"));
    server.change(|offers| offers.remove_resource("x://1"));
    super::peer::nudge(&mut listening);
    for peer in [&mut old, &mut new] {
        let told: Vec<_> = peer
            .sent()
            .iter()
            .map(|told| told["method"].clone())
            .collect();
        for method in ["prompts", "resources"] {
            let method = json!(format!("notifications/{method}/list_changed"));
            assert!(told.contains(&method), "{told:?}");
        }
    }
}

// SPEC: both/server/prompts/error-handling:3 both/server/utilities/completion/error-handling:4
#[test]
fn failures_inside_are_internal_errors() {
    let reference = json!({"ref": {"type": "ref/prompt", "name": "greet"}, "argument": {"name": "a", "value": "broken"}});
    for (method, params) in [
        ("prompts/get", json!({"name": "broken"})),
        ("completion/complete", reference),
    ] {
        let old = legacy().ask_now(json!(1), method, params.clone());
        for answer in [old, ask(&new(), method, params)] {
            assert_eq!(answer["error"]["code"], -32603, "{answer}");
            assert!(!answer.to_string().contains("db-7"), "it stays with us");
        }
    }
}

// SPEC: both/basic/index/notifications:1
#[test]
fn notifications_are_never_answered() {
    for peer in [legacy(), Peer::new(&server(), SessionKind::Duplex)] {
        for method in [
            "notifications/initialized",
            "notifications/cancelled",
            "notifications/progress",
            "notifications/unknown",
            "tools/call",
            "initialize",
            "nobody/knows",
        ] {
            for params in [
                json!({}),
                json!({"name": 7, "requestId": []}),
                modern(json!({}), json!({})),
            ] {
                // Anything but silence is an error of this helper.
                peer.tell(method, params);
            }
        }
    }
}

// SPEC: 2026-07-28/basic/index/error-codes:2,4-5,8
#[test]
fn errors_have_codes_of_their_meaning() {
    let ours = Revision::V2026_07_28;
    for (error, code) in [
        (RpcError::invalid_request("x"), -32600),
        (RpcError::method_not_found("x"), -32601),
        (RpcError::invalid_params("x"), -32602),
        (RpcError::internal(), -32603),
        (RpcError::resource_not_found("x:", ours), -32602),
        (RpcError::header_mismatch("x"), -32020),
        (RpcError::missing_capability(b"{}"), -32021),
        (RpcError::unsupported_version("x", &[ours]), -32022),
        // Our own lie outside of what JSON-RPC reserves.
        (RpcError::refused("x"), -31000),
    ] {
        assert_eq!(error.code(), code);
        assert!(!(-32019..=-32000).contains(&code));
    }
}

// SPEC: 2026-07-28/basic/index/meta:14-15
#[test]
fn what_clients_call_themselves_changes_nothing() {
    let server = server();
    let answers = ["peer", "admin", "Interlock\u{202e}", ""].map(|name| {
        let peer = Peer::new(&server, SessionKind::HttpModern);
        let mut params = modern(json!({"name": "broken"}), json!({}));
        params["_meta"]["io.modelcontextprotocol/clientInfo"] =
            json!({"name": name, "version": name});
        ["tools/list", "tools/call", "server/discover"]
            .map(|method| peer.ask_now(json!(1), method, params.clone()))
    });
    assert!(answers.iter().all(|answer| *answer == answers[0]));
}

/// As the specification has it: labels with dots, a slash, a name.
fn is_key(key: &str) -> bool {
    let (prefix, name) = key
        .rsplit_once('/')
        .map_or((None, key), |(prefix, name)| (Some(prefix), name));
    let ends = |text: &str, first: fn(&char) -> bool| {
        text.chars().next().is_some_and(|c| first(&c))
            && text
                .chars()
                .last()
                .is_some_and(|c| c.is_ascii_alphanumeric())
    };
    let label = |label: &str| {
        ends(label, char::is_ascii_alphabetic)
            && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
    };
    let inner = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    prefix.is_none_or(|prefix| prefix.split('.').all(label))
        && (name.is_empty() || (ends(name, char::is_ascii_alphanumeric) && name.chars().all(inner)))
}

fn keys_are_valid(value: &Value, seen: &mut usize) {
    for (key, value) in value.as_object().into_iter().flatten() {
        if key == "_meta" {
            for key in value.as_object().unwrap().keys() {
                assert!(is_key(key), "{key}");
                *seen += 1;
            }
        }
        keys_are_valid(value, seen);
    }
}

// SPEC: both/basic/index/meta:2-3,5
#[tokio::test]
async fn keys_of_meta_are_well_formed() {
    for (key, valid) in [
        ("a.b-c/d", true),
        ("a", true),
        ("a.b/", true),
        ("a..b/c", false),
        ("-a/b", false),
        ("a-/b", false),
        ("1a/b", false),
        ("a/-b", false),
        ("a/b_", false),
    ] {
        assert_eq!(is_key(key), valid, "{key}");
    }
    let mut seen = 0;
    for method in [
        "tools/list",
        "tools/call",
        "server/discover",
        "resources/list",
    ] {
        keys_are_valid(&ask(&new(), method, json!({"name": "work"})), &mut seen);
    }
    assert!(seen >= 4);
    let peer = legacy();
    let created = peer.ask_now(
        json!(1),
        "tools/call",
        json!({"name": "work", "arguments": {}, "task": {}}),
    );
    let id = created["result"]["task"]["taskId"].clone();
    for _ in 0..16 {
        tokio::task::yield_now().await;
    }
    let result = peer.ask_now(json!(2), "tasks/result", json!({"taskId": id}));
    keys_are_valid(&result, &mut seen);
    assert!(seen >= 5, "the related task");
}

// SPEC: both/server/tools/tool-names:1-2,5
#[test]
fn names_of_tools_are_unique_and_not_too_long() {
    let tool =
        |name: &str| OfferedTool::new(name, "A tool", async |_: Nothing, _cx: Context| Ok(()));
    let (fits, long) = ("x".repeat(128), "x".repeat(129));
    for (name, fine) in [("", false), ("a", true), (&fits, true), (&long, false)] {
        let built = Server::builder("s", "1").offer_tool(tool(name)).try_build();
        assert_eq!(built.is_ok(), fine, "{name}");
    }
    let twice = || {
        Server::builder("s", "1")
            .offer_tool(tool("a"))
            .offer_tool(tool("a"))
    };
    assert_eq!(
        twice().try_build().unwrap_err(),
        BuildError::ToolTwice("a".into())
    );
    let names = |server: &Server| {
        let tools = ask(
            &Peer::new(server, SessionKind::HttpModern),
            "tools/list",
            json!({}),
        );
        let tools = tools["result"]["tools"].as_array().unwrap().clone();
        tools
            .iter()
            .map(|tool| tool["name"].clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(names(&twice().build()), ["a"]);
    let differing = Server::builder("s", "1")
        .offer_tool(tool("a"))
        .offer_tool(tool("A"));
    assert_eq!(names(&differing.try_build().unwrap()), ["a", "A"]);
}

// SPEC: both/basic/index/implementation-requirements:3 both/basic/index/schema-dialect:3
// SPEC: 2026-07-28/basic/index/composition-keyword-resource-use:1
#[test]
fn schemas_are_of_a_known_dialect_and_bounded() {
    let build = |schema: Value| {
        let tool = Tool::with_schema("t", object(&schema));
        let server =
            Server::builder("s", "1").raw_tool(tool, async |_: Object, _cx: Context| Ok(()));
        server
            .try_build()
            .map(drop)
            .map_err(|error| error.to_string())
    };
    for dialect in [
        "https://json-schema.org/draft/2020-12/schema",
        "http://json-schema.org/draft-07/schema#",
    ] {
        assert_eq!(build(json!({"$schema": dialect, "type": "object"})), Ok(()));
    }
    let error =
        build(json!({"$schema": "https://example.com/dialect", "type": "object"})).unwrap_err();
    assert!(
        error.contains("dialect `https://example.com/dialect` is not supported"),
        "{error}"
    );
    let many = vec![json!({"type": "object"}); 20_001];
    let error = build(json!({"type": "object", "anyOf": many})).unwrap_err();
    assert!(error.contains("keywords"), "{error}");
    // Our own are of the default dialect.
    let listed = ask(&new(), "tools/list", json!({}))["result"]["tools"][0]["inputSchema"].clone();
    assert_eq!(listed["$schema"], Value::Null);
    assert!(jsonschema::draft202012::meta::is_valid(&listed));
}

// SPEC: 2026-07-28/server/utilities/caching/interaction-with-pagination:5
#[test]
fn when_one_page_is_private_all_are() {
    for scope in [CacheScope::Private, CacheScope::Public] {
        let mut builder = Server::builder("s", "1").page_size(1);
        builder = builder.cache(std::time::Duration::from_secs(60), scope.clone());
        for name in ["a", "b", "c"] {
            builder = builder.tool(name, "A tool", async |_: Nothing, _cx: Context| Ok(()));
        }
        let peer = Peer::new(&builder.build(), SessionKind::HttpModern);
        let mut params = json!({});
        for _ in 0..3 {
            let page = ask(&peer, "tools/list", params)["result"].clone();
            assert_eq!(page["cacheScope"], scope.as_str());
            params = json!({"cursor": page["nextCursor"]});
        }
    }
}

// SPEC: 2026-07-28/basic/index/statelessness:2
#[tokio::test]
async fn requests_of_several_conversations_do_not_mix() {
    let server = Server::builder("s", "1")
        .tool("who", "Tells who asks", async |_: Nothing, cx: Context| {
            tokio::task::yield_now().await;
            let roots = cx.client_capabilities().roots.is_some();
            Ok(format!(
                "{} {roots}",
                cx.meta().traceparent.unwrap_or_default()
            ))
        })
        .build();
    let peer = Peer::new(&server, SessionKind::Duplex);
    let begin = |id: i64, capabilities: Value| {
        let params = json!({"name": "who", "_meta": {"traceparent": id.to_string()}});
        peer.begin(json!(id), "tools/call", modern(params, capabilities))
    };
    let (one, two) = (begin(1, json!({"roots": {}})), begin(2, json!({})));
    for (pending, id, text) in [(two, 2, "2 false"), (one, 1, "1 true")] {
        let answer = landed(pending).await.unwrap();
        assert_eq!(
            (&answer["id"], &answer["result"]["content"][0]["text"]),
            (&json!(id), &json!(text))
        );
    }
}

// SPEC: 2026-07-28/basic/patterns/progress/progress-flow:1
#[test]
fn a_progress_token_is_a_text_or_an_integer() {
    let server = Server::builder("s", "1")
        .tool("work", "Works", async |_: Nothing, cx: Context| {
            cx.progress(1.0, None, None).await;
            Ok(())
        })
        .build();
    for (token, told) in [
        (json!("a"), 1),
        (json!(7), 1),
        (json!(1.5), 0),
        (json!(true), 0),
        (json!([]), 0),
        (json!({}), 0),
        (json!(null), 0),
    ] {
        let mut peer = Peer::new(&server, SessionKind::HttpModern);
        ask(
            &peer,
            "tools/call",
            json!({"name": "work", "_meta": {"progressToken": token}}),
        );
        let sent = peer.sent();
        assert_eq!(sent.len(), told, "{token}");
        assert!(
            sent.iter()
                .all(|told| told["params"]["progressToken"] == token)
        );
    }
}
