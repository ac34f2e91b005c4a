//! The tasks extension of 2026-07-28: the server decides.

use interlock_sdk::RpcError;
use interlock_sdk::server::{CallError, Context, OfferedTool, Server, SessionKind, TaskSettings};
use interlock_wire::types::{ElicitParams, ElicitResult, Field, FormSchema, TaskSupport};
use serde_json::{Value, json};

use super::peer::{Peer, landed, modern, nudge};

#[derive(serde::Deserialize, schemars::JsonSchema)]
struct Work {
    what: String,
}

fn form() -> ElicitParams {
    ElicitParams::form("Who?", FormSchema::new([("name", Field::text())]))
}

fn name(answer: &ElicitResult) -> String {
    let name = answer
        .content
        .as_ref()
        .and_then(|content| content.get("name"));
    name.and_then(|name| name.as_str())
        .unwrap_or_default()
        .into_owned()
}

async fn work(work: Work, cx: Context) -> Result<String, CallError> {
    match work.what.as_str() {
        "wait" => std::future::pending().await,
        "slow" => tokio::task::yield_now().await,
        "fail" => {
            tokio::task::yield_now().await;
            return Err(CallError::new("broken"));
        }
        "break" => {
            tokio::task::yield_now().await;
            return Err(CallError::rpc(RpcError::new(-31_005, "out of paper")));
        }
        "ask" => {
            let (one, two) = tokio::join!(cx.elicit(form()), cx.elicit_as("who", form()));
            return Ok(format!("{}{}", name(&one?), name(&two?)));
        }
        "let go" => assert_eq!(
            cx.detach().await,
            cx.client_capabilities().extensions.is_some()
        ),
        "first" => {
            let who = cx.elicit(form()).await?;
            assert!(cx.detach().await);
            let then = cx.elicit(form()).await?;
            return Ok(format!("{} then {}", name(&who), name(&then)));
        }
        _ => {}
    }
    Ok(work.what)
}

fn server() -> Server {
    Server::builder("s", "1")
        .tasks(TaskSettings::default())
        .offer_tool(OfferedTool::new("may", "Works", work).task_support(TaskSupport::Optional))
        .offer_tool(OfferedTool::new("must", "Works", work).task_support(TaskSupport::Required))
        .tool("plain", "Works", work)
        .build()
}

fn declared() -> Value {
    json!({"elicitation": {}, "extensions": {"io.modelcontextprotocol/tasks": {}}})
}

fn ask(peer: &Peer, method: &str, params: Value) -> Value {
    peer.ask_now(json!("a"), method, modern(params, declared()))
}

fn call(peer: &Peer, tool: &str, what: &str) -> Value {
    ask(
        peer,
        "tools/call",
        json!({"name": tool, "arguments": {"what": what}}),
    )
}

fn get(peer: &Peer, id: &Value) -> Value {
    ask(peer, "tasks/get", json!({"taskId": id}))["result"].clone()
}

async fn settle() {
    for _ in 0..16 {
        tokio::task::yield_now().await;
    }
}

// SPEC: 2026-07-28/basic/index/statelessness:5
#[tokio::test]
async fn a_slow_call_becomes_a_task_and_a_quick_one_does_not() {
    let peer = Peer::new(&server(), SessionKind::HttpModern);
    let quick = call(&peer, "may", "quick");
    assert_eq!(quick["result"]["content"][0]["text"], "quick");
    let task = call(&peer, "may", "slow")["result"].clone();
    assert_eq!(
        (&task["resultType"], &task["status"]),
        (&json!("task"), &json!("working"))
    );
    assert_eq!(
        (&task["ttlMs"], &task["pollIntervalMs"]),
        (&json!(3_600_000), &json!(1_000))
    );
    for absent in [
        "task",
        "ttl",
        "pollInterval",
        "result",
        "requestState",
        "inputRequests",
    ] {
        assert_eq!(task[absent], Value::Null, "{absent}");
    }
    settle().await;
    let done = get(&peer, &task["taskId"]);
    assert_eq!(
        (&done["resultType"], &done["status"]),
        (&json!("complete"), &json!("completed"))
    );
    assert_eq!(done["result"]["content"][0]["text"], "slow");
    assert_eq!(
        done["result"]["_meta"]["io.modelcontextprotocol/related-task"],
        Value::Null
    );
}

#[tokio::test]
async fn a_call_that_lets_go_becomes_a_task_however_quick_it_is() {
    let peer = Peer::new(&server(), SessionKind::HttpModern);
    for tool in ["may", "must", "plain"] {
        let task = call(&peer, tool, "let go")["result"].clone();
        assert_eq!(task["resultType"], "task", "{tool}");
        settle().await;
        let done = get(&peer, &task["taskId"]);
        assert_eq!(done["result"]["content"][0]["text"], "let go", "{tool}");
    }
}

#[tokio::test]
async fn a_failing_tool_completes_and_a_protocol_error_fails() {
    let peer = Peer::new(&server(), SessionKind::HttpModern);
    let fail = call(&peer, "may", "fail")["result"]["taskId"].clone();
    let broken = call(&peer, "may", "break")["result"]["taskId"].clone();
    settle().await;
    let fail = get(&peer, &fail);
    assert_eq!(
        (&fail["status"], &fail["result"]["isError"]),
        (&json!("completed"), &json!(true))
    );
    let broken = get(&peer, &broken);
    assert_eq!(
        (&broken["status"], &broken["result"]),
        (&json!("failed"), &Value::Null)
    );
    assert_eq!(
        broken["error"],
        json!({"code": -31_005, "message": "out of paper"})
    );
    assert_eq!(broken["statusMessage"], "out of paper");
}

#[tokio::test]
async fn questions_of_a_task_are_answered_one_by_one() {
    let peer = Peer::new(&server(), SessionKind::HttpModern);
    let id = call(&peer, "may", "ask")["result"]["taskId"].clone();
    settle().await;
    let waiting = get(&peer, &id);
    assert_eq!(waiting["status"], "input_required");
    let keys: Vec<String> = waiting["inputRequests"]
        .as_object()
        .unwrap()
        .keys()
        .cloned()
        .collect();
    assert_eq!(keys.len(), 2);
    let update = |key: &str, name: &str| {
        let answers = json!({key: {"action": "accept", "content": {"name": name}}, "nobody": {"action": "cancel"}});
        ask(
            &peer,
            "tasks/update",
            json!({"taskId": id, "inputResponses": answers}),
        )
    };
    let ack = update(&keys[0], "A");
    assert_eq!(ack["result"]["resultType"], "complete");
    assert_eq!(ack["result"]["taskId"], Value::Null);
    let half = get(&peer, &id);
    assert_eq!(half["status"], "input_required");
    assert_eq!(
        half["inputRequests"]
            .as_object()
            .unwrap()
            .keys()
            .collect::<Vec<_>>(),
        [&keys[1]]
    );
    update(&keys[1], "B");
    settle().await;
    assert_eq!(get(&peer, &id)["result"]["content"][0]["text"], "AB");
    let bad = ask(
        &peer,
        "tasks/update",
        json!({"taskId": id, "inputResponses": {"x": 5}}),
    );
    assert_eq!(bad["error"]["code"], -32602);
}

#[tokio::test]
async fn rounds_come_before_the_task() {
    let peer = Peer::new(&server(), SessionKind::HttpModern);
    let first = call(&peer, "plain", "first");
    assert_eq!(first["result"]["resultType"], "input_required");
    assert_eq!(first["result"]["taskId"], Value::Null);
    let params = json!({"name": "plain", "arguments": {"what": "first"},
        "requestState": first["result"]["requestState"],
        "inputResponses": {"question-1": {"action": "accept", "content": {"name": "Alice"}}}});
    let task = ask(&peer, "tools/call", params)["result"].clone();
    assert_eq!(task["resultType"], "task", "{task}");
    assert_eq!(task["requestState"], Value::Null);
    let id = task["taskId"].clone();
    settle().await;
    let open = get(&peer, &id);
    let key = open["inputRequests"]
        .as_object()
        .unwrap()
        .keys()
        .next()
        .unwrap()
        .clone();
    let answers = json!({key: {"action": "accept", "content": {"name": "Bob"}}});
    ask(
        &peer,
        "tasks/update",
        json!({"taskId": id, "inputResponses": answers}),
    );
    settle().await;
    assert_eq!(
        get(&peer, &id)["result"]["content"][0]["text"],
        "Alice then Bob"
    );
}

// SPEC: 2026-07-28/basic/versioning/extension-negotiation:2
#[tokio::test]
async fn without_the_extension_there_are_no_tasks() {
    let peer = Peer::new(&server(), SessionKind::HttpModern);
    let plain = |params: Value| modern(params, json!({}));
    let params = plain(json!({"name": "must", "arguments": {"what": "x"}}));
    let answer = peer.ask_now(json!(1), "tools/call", params);
    assert_eq!(answer["error"]["code"], -32021);
    let required = json!({"extensions": {"io.modelcontextprotocol/tasks": {}}});
    assert_eq!(answer["error"]["data"]["requiredCapabilities"], required);
    let params = plain(json!({"name": "may", "arguments": {"what": "slow"}, "task": {"ttl": 1}}));
    let pending = peer.begin(json!(2), "tools/call", params);
    assert_eq!(
        landed(pending).await.unwrap()["result"]["content"][0]["text"],
        "slow"
    );
    for method in ["tasks/get", "tasks/cancel", "tasks/update"] {
        let answer = peer.ask_now(json!(3), method, plain(json!({"taskId": "x"})));
        assert_eq!(answer["error"]["code"], -32021, "{method}");
    }
    for (method, code) in [
        ("tasks/get", -32602),
        ("tasks/cancel", -32602),
        ("tasks/list", -32601),
        ("tasks/result", -32601),
    ] {
        assert_eq!(
            ask(&peer, method, json!({"taskId": "x"}))["error"]["code"],
            code,
            "{method}"
        );
    }
}

#[tokio::test]
async fn cancelling_is_acknowledged_however_often() {
    let peer = Peer::new(&server(), SessionKind::HttpModern);
    let id = call(&peer, "may", "wait")["result"]["taskId"].clone();
    for _ in 0..2 {
        let ack = ask(&peer, "tasks/cancel", json!({"taskId": id}))["result"].clone();
        assert_eq!(ack["resultType"], "complete");
        assert_eq!(ack["status"], Value::Null);
    }
    assert_eq!(get(&peer, &id)["status"], "cancelled");
}

#[tokio::test]
async fn a_stream_tells_how_a_task_goes() {
    let server = server();
    let mut peer = Peer::new(&server, SessionKind::Duplex);
    let id = call(&peer, "may", "slow")["result"]["taskId"].clone();
    let filter = json!({"notifications": {"taskIds": [id, "somebody's"]}});
    let mut pending = peer.begin(json!(9), "subscriptions/listen", modern(filter, declared()));
    nudge(&mut pending);
    assert_eq!(
        peer.sent()[0]["params"]["notifications"],
        json!({"taskIds": [id]})
    );
    settle().await;
    nudge(&mut pending);
    let told = peer.sent();
    assert_eq!(told[0]["method"], "notifications/tasks");
    assert_eq!(told[0]["params"]["status"], "completed");
    assert_eq!(told[0]["params"]["result"]["content"][0]["text"], "slow");
    assert_eq!(
        told[0]["params"]["_meta"]["io.modelcontextprotocol/subscriptionId"],
        9
    );
}
