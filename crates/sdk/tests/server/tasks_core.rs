//! Tasks of 2025-11-25: the client asks for them.

use std::time::Duration;

use interlock_sdk::clock::{Clock, Hand};
use interlock_sdk::server::{CallError, Context, OfferedTool, Server, SessionKind, TaskSettings};
use interlock_sdk::{Principal, RpcError};
use interlock_wire::types::{ElicitParams, Field, FormSchema, TaskSupport};
use serde_json::{Value, json};

use super::peer::{Peer, landed};

#[derive(serde::Deserialize, schemars::JsonSchema)]
struct Work {
    what: String,
}

fn server() -> (Server, Hand) {
    let (clock, hand) = Clock::fake(1_785_240_000);
    let offered = |name: &str, support: TaskSupport| {
        OfferedTool::new(name, "Works", async |work: Work, cx: Context| {
            match work.what.as_str() {
                "wait" => std::future::pending().await,
                "fail" => Err(CallError::new("broken")),
                "break" => Err(CallError::rpc(RpcError::internal())),
                "tell" => {
                    cx.progress(1.0, None, None).await;
                    let late = cx.clone();
                    tokio::spawn(async move {
                        settle().await;
                        late.progress(2.0, None, None).await;
                    });
                    Ok(String::new())
                }
                "ask" => {
                    let form = FormSchema::new([("ok", Field::boolean())]);
                    let answer = cx.elicit(ElicitParams::form("Sure?", form)).await?;
                    Ok(answer.action.as_str().to_owned())
                }
                other => Ok(other.to_owned()),
            }
        })
        .task_support(support)
    };
    let server = Server::builder("s", "1")
        .clock(clock)
        .page_size(2)
        .tasks(TaskSettings::default().at_most(100, 3))
        .offer_tool(offered("may", TaskSupport::Optional))
        .offer_tool(offered("must", TaskSupport::Required))
        .offer_tool(offered("never", TaskSupport::Forbidden))
        .build();
    (server, hand)
}

fn peer(server: &Server) -> Peer {
    Peer::legacy(server, "2025-11-25", json!({"elicitation": {}}))
}

fn call(name: &str, what: &str) -> Value {
    json!({"name": name, "arguments": {"what": what}, "task": {"ttl": 60_000}})
}

fn create(peer: &Peer, what: &str) -> String {
    let answer = peer.ask_now(json!("c"), "tools/call", call("may", what));
    let task = &answer["result"]["task"];
    assert_eq!(task["status"], "working", "{answer}");
    task["taskId"].as_str().unwrap().to_owned()
}

async fn settle() {
    for _ in 0..16 {
        tokio::task::yield_now().await;
    }
}

fn get(peer: &Peer, id: &str) -> Value {
    peer.ask_now(json!("g"), "tasks/get", json!({"taskId": id}))
}

// SPEC: 2025-11-25/basic/utilities/tasks/associating-task-related-messages:3
// SPEC: 2025-11-25/basic/utilities/tasks/related-task-metadata:3
// SPEC: 2025-11-25/basic/utilities/tasks/result-retrieval:1-3,5
// SPEC: 2025-11-25/basic/utilities/tasks/task-id-requirements:1-2
// SPEC: 2025-11-25/basic/utilities/tasks/task-isolation-and-access-control:3
// SPEC: 2025-11-25/basic/utilities/tasks/task-notifications:2
// SPEC: 2025-11-25/basic/utilities/tasks/task-status-lifecycle:1
// SPEC: 2025-11-25/basic/utilities/tasks/ttl-and-resource-management:1-3
#[tokio::test]
async fn a_task_works_and_gives_its_result() {
    let (server, _) = server();
    let mut peer = peer(&server);
    let answer = peer.ask_now(json!(1), "tools/call", call("may", "hello"));
    let task = &answer["result"]["task"];
    assert_eq!(
        (&task["ttl"], &task["pollInterval"]),
        (&json!(60_000), &json!(1_000))
    );
    assert_eq!(task["createdAt"], "2026-07-28T12:00:00.000Z");
    let id = task["taskId"].as_str().unwrap();
    assert_eq!(id.len(), 32);
    settle().await;
    assert_eq!(get(&peer, id)["result"]["status"], "completed");
    let result = peer.ask_now(json!(2), "tasks/result", json!({"taskId": id}));
    assert_eq!(result["result"]["content"][0]["text"], "hello");
    assert_eq!(
        result["result"]["_meta"]["io.modelcontextprotocol/related-task"]["taskId"],
        id
    );
    let told = peer.sent();
    assert_eq!(told[0]["method"], "notifications/tasks/status");
    assert_eq!(told[0]["params"]["status"], "completed");
}

// SPEC: 2025-11-25/basic/utilities/tasks/task-execution-errors:1,3
#[tokio::test]
async fn a_tool_that_fails_is_a_task_that_failed() {
    let (server, _) = server();
    let peer = peer(&server);
    let id = create(&peer, "fail");
    settle().await;
    assert_eq!(get(&peer, &id)["result"]["status"], "failed");
    assert_eq!(get(&peer, &id)["result"]["statusMessage"], "broken");
    let result = peer.ask_now(json!(2), "tasks/result", json!({"taskId": id}));
    assert_eq!(result["result"]["isError"], true);
}

// SPEC: 2025-11-25/basic/utilities/tasks/protocol-errors:4-5
// SPEC: 2025-11-25/basic/utilities/tasks/task-execution-errors:1-2
#[tokio::test]
async fn an_error_inside_is_the_result_of_its_task() {
    let (server, _) = server();
    let peer = peer(&server);
    let id = create(&peer, "break");
    settle().await;
    let task = get(&peer, &id)["result"].clone();
    assert_eq!(
        (&task["status"], &task["statusMessage"]),
        (&json!("failed"), &json!("internal error"))
    );
    let result = peer.ask_now(json!(2), "tasks/result", json!({"taskId": id}));
    assert_eq!(result["error"]["code"], -32603);
    for (method, params) in [
        ("tasks/get", json!({"taskId": "x"})),
        ("tasks/get", json!({})),
        ("tasks/cancel", json!({"taskId": id})),
    ] {
        let error = peer.ask_now(json!(3), method, params)["error"].clone();
        assert!(
            error["message"].as_str().unwrap().contains("task"),
            "{error}"
        );
    }
}

// SPEC: 2025-11-25/basic/utilities/progress/behavior-requirements:5
// SPEC: 2025-11-25/basic/utilities/tasks/related-task-metadata:1
#[tokio::test]
async fn progress_of_a_task_stops_with_it() {
    let (server, _) = server();
    let mut peer = peer(&server);
    let mut params = call("may", "tell");
    params["_meta"] = json!({"progressToken": "p"});
    let created = peer.ask_now(json!(1), "tools/call", params);
    let id = created["result"]["task"]["taskId"].clone();
    for _ in 0..4 {
        settle().await;
    }
    let sent = peer.sent();
    let methods: Vec<_> = sent
        .iter()
        .map(|told| told["method"].as_str().unwrap())
        .collect();
    assert_eq!(
        methods,
        ["notifications/progress", "notifications/tasks/status"]
    );
    let meta = &sent[0]["params"]["_meta"];
    assert_eq!(meta["io.modelcontextprotocol/related-task"]["taskId"], id);
}

// SPEC: 2025-11-25/basic/utilities/tasks/associating-task-related-messages:5
// SPEC: 2025-11-25/basic/utilities/tasks/input-required-status:2
// SPEC: 2025-11-25/basic/utilities/tasks/related-task-metadata:2
#[tokio::test]
async fn a_related_task_of_a_question_about_tasks_is_ignored() {
    let (server, _) = server();
    let mut peer = peer(&server);
    let (one, other) = (create(&peer, "wait"), create(&peer, "ask"));
    settle().await;
    let meta = json!({"io.modelcontextprotocol/related-task": {"taskId": other}});
    for method in ["tasks/get", "tasks/cancel"] {
        let params = json!({"taskId": one, "_meta": meta});
        let result = peer.ask_now(json!(2), method, params)["result"].clone();
        assert_eq!(
            (&result["taskId"], &result["_meta"]),
            (&json!(one), &Value::Null)
        );
    }
    peer.sent();
    // Nothing comes before the answer, though the task has a question.
    let asked = get(&peer, &other)["result"].clone();
    assert_eq!(
        (&asked["status"], &asked["_meta"]),
        (&json!("input_required"), &Value::Null)
    );
    let list = peer.ask_now(json!(3), "tasks/list", json!({"_meta": meta}))["result"].clone();
    assert_eq!(list["_meta"], Value::Null);
    assert!(peer.sent().is_empty());
}

// SPEC: 2025-11-25/basic/utilities/tasks/associating-task-related-messages:1-2
// SPEC: 2025-11-25/basic/utilities/tasks/input-required-status:4-5,7
// SPEC: 2025-11-25/basic/utilities/tasks/result-retrieval:4
// SPEC: 2025-11-25/basic/utilities/tasks/task-status-lifecycle:2-3
#[tokio::test]
async fn who_waits_for_the_result_is_asked_the_questions() {
    let (server, _) = server();
    let mut peer = peer(&server);
    let id = create(&peer, "ask");
    settle().await;
    assert_eq!(get(&peer, &id)["result"]["status"], "input_required");
    let waiting = peer.begin(json!(3), "tasks/result", json!({"taskId": id}));
    let question = loop {
        let message = peer.next().await;
        if message["method"] == "elicitation/create" {
            break message;
        }
    };
    assert_eq!(
        question["params"]["_meta"]["io.modelcontextprotocol/related-task"]["taskId"],
        id.as_str()
    );
    peer.answer(&question, json!({"action": "decline"}));
    let result = landed(waiting).await.unwrap();
    assert_eq!(result["result"]["content"][0]["text"], "decline");
}

// SPEC: 2025-11-25/basic/utilities/cancellation/behavior-requirements:4
// SPEC: 2025-11-25/basic/utilities/tasks/protocol-errors:3 2025-11-25/basic/utilities/tasks/task-cancellation:1-4
// SPEC: 2025-11-25/basic/utilities/tasks/task-status-lifecycle:4
#[tokio::test]
async fn a_task_can_be_cancelled_once() {
    let (server, _) = server();
    let peer = peer(&server);
    let id = create(&peer, "wait");
    let answer = peer.ask_now(json!(2), "tasks/cancel", json!({"taskId": id}));
    assert_eq!(answer["result"]["status"], "cancelled");
    let answer = peer.ask_now(json!(3), "tasks/cancel", json!({"taskId": id}));
    assert_eq!(answer["error"]["code"], -32602);
    settle().await;
    assert_eq!(get(&peer, &id)["result"]["status"], "cancelled");
}

// SPEC: 2025-11-25/basic/utilities/tasks/task-support-and-handling:1
// SPEC: 2025-11-25/basic/utilities/tasks/tool-level-negotiation:3,5
#[tokio::test]
async fn tools_say_whether_they_may_be_tasks() {
    let (server, _) = server();
    let peer = peer(&server);
    let mut plain = call("must", "x");
    plain.as_object_mut().unwrap().remove("task");
    assert_eq!(
        peer.ask_now(json!(1), "tools/call", plain.clone())["error"]["code"],
        -32601
    );
    assert_eq!(
        peer.ask_now(json!(2), "tools/call", call("never", "x"))["error"]["code"],
        -32601
    );
    plain["name"] = json!("may");
    assert_eq!(
        peer.ask_now(json!(3), "tools/call", plain)["result"]["content"][0]["text"],
        "x"
    );
    let tools = peer.ask_now(json!(4), "tools/list", json!({}));
    assert_eq!(
        tools["result"]["tools"][0]["execution"]["taskSupport"],
        "optional"
    );
    // Earlier revisions have no tasks, so the wish for one is nothing.
    let older = Peer::legacy(&server, "2025-06-18", json!({}));
    assert_eq!(
        older.ask_now(json!(1), "tools/call", call("may", "x"))["result"]["content"][0]["text"],
        "x"
    );
    assert_eq!(get(&older, "x")["error"]["code"], -32601);
}

// SPEC: 2025-11-25/basic/utilities/tasks/protocol-errors:1 2025-11-25/basic/utilities/tasks/task-id-requirements:3
// SPEC: 2025-11-25/basic/utilities/tasks/task-isolation-and-access-control:1,4-5
#[tokio::test]
async fn a_task_belongs_to_its_caller() {
    let (server, _) = server();
    let mine = peer(&server);
    let id = create(&mine, "wait");
    let other = peer(&server);
    assert_eq!(get(&other, &id)["error"]["code"], -32602);
    assert_eq!(
        other.ask_now(json!(1), "tasks/list", json!({}))["result"]["tasks"],
        json!([])
    );
    let alice = Principal::new("https://idp.example", "alice");
    let with = |principal: &Principal| {
        let peer = Peer::with_principal(&server, SessionKind::HttpLegacy, principal.clone());
        let params = json!({"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "p", "version": "1"}});
        peer.ask_now(json!(0), "initialize", params);
        peer
    };
    let id = create(&with(&alice), "wait");
    // Of another session of the same caller: yes. Of another caller: no.
    assert_eq!(get(&with(&alice), &id)["result"]["status"], "working");
    let bob = with(&Principal::new("https://idp.example", "bob"));
    for method in ["tasks/get", "tasks/result", "tasks/cancel"] {
        assert_eq!(
            bob.ask_now(json!(1), method, json!({"taskId": id}))["error"]["code"],
            -32602
        );
    }
}

// SPEC: 2025-11-25/basic/utilities/tasks/protocol-errors:2 2025-11-25/basic/utilities/tasks/resource-management:1-3
// SPEC: 2025-11-25/basic/utilities/tasks/task-listing:1-4
#[tokio::test]
async fn tasks_are_bounded_in_number_and_time() {
    let (server, hand) = server();
    let peer = peer(&server);
    for _ in 0..3 {
        create(&peer, "wait");
    }
    let full = peer.ask_now(json!(1), "tools/call", call("may", "wait"));
    assert_eq!(full["error"]["code"], -31000);
    let first = peer.ask_now(json!(2), "tasks/list", json!({}));
    assert_eq!(first["result"]["tasks"].as_array().unwrap().len(), 2);
    let next = json!({"cursor": first["result"]["nextCursor"]});
    let second = peer.ask_now(json!(3), "tasks/list", next);
    assert_eq!(second["result"]["tasks"].as_array().unwrap().len(), 1);
    assert_eq!(second["result"]["nextCursor"], Value::Null);
    let bad = peer.ask_now(json!(4), "tasks/list", json!({"cursor": "x"}));
    assert_eq!(bad["error"]["code"], -32602);
    hand.advance(Duration::from_secs(61));
    assert_eq!(
        peer.ask_now(json!(5), "tasks/list", json!({}))["result"]["tasks"],
        json!([])
    );
    create(&peer, "wait");
}
