//! Tasks of both eras.

use interlock_wire::Revision;
use interlock_wire::types::{CallToolParams, ElicitAction, ElicitResult};
use serde_json::{Value, json};

use super::peer::{Peer, Shape, builder, everything, shaped};
use crate::client::{Builder, CallError, CallOptions, Client, Started};

fn task(status: &str, more: Value) -> Value {
    let mut task = json!({
        "taskId": "t-1", "status": status, "createdAt": "2026-01-01T00:00:00Z", "lastUpdatedAt": "2026-01-01T00:00:00Z",
        "ttlMs": 60_000, "pollIntervalMs": 500, "resultType": "complete",
    });
    for (key, value) in more.as_object().unwrap() {
        task[key] = value.clone();
    }
    task
}

fn asking() -> Builder {
    builder()
        .tasks()
        .elicitation(|_| async { Ok(ElicitResult::new(ElicitAction::Cancel)) })
}

async fn connected(builder: Builder) -> (Client, Peer) {
    shaped(
        builder,
        Revision::V2026_07_28,
        everything(),
        Shape::default(),
    )
    .await
}

fn call(client: &Client) -> tokio::task::JoinHandle<Result<String, CallError>> {
    let client = client.clone();
    tokio::spawn(async move {
        let result = client.call_tool("slow", &json!({})).await?;
        let text = result.content.first().and_then(|block| block.as_text());
        Ok(text.unwrap_or_default().to_owned())
    })
}

fn text(text: &str) -> Value {
    json!({"content": [{"type": "text", "text": text}]})
}

// SPEC: 2025-11-25/basic/utilities/tasks/audit-and-logging:5 2025-11-25/basic/utilities/tasks/getting-tasks:3
// SPEC: 2025-11-25/basic/utilities/tasks/task-notifications:1
// SPEC: 2025-11-25/basic/utilities/tasks/task-status-notification:1-2
#[tokio::test(start_paused = true)]
async fn a_task_is_seen_through() {
    let (client, mut peer) = connected(asking()).await;
    let calling = call(&client);
    let seen = peer.expect("tools/call").await;
    let capabilities = &seen.params()["_meta"]["io.modelcontextprotocol/clientCapabilities"];
    assert_eq!(
        capabilities["extensions"],
        json!({"io.modelcontextprotocol/tasks": {}})
    );
    peer.answer(&seen, task("working", json!({"resultType": "task"})));
    let seen = peer.expect("tasks/get").await;
    assert_eq!(seen.params()["taskId"], "t-1");
    assert_eq!(seen.headers().0, Some("t-1"));
    let schema = json!({"type": "object", "properties": {"name": {"type": "string"}}});
    let question = json!({"method": "elicitation/create", "params": {"message": "Who?", "requestedSchema": schema}});
    let waiting = task(
        "input_required",
        json!({"inputRequests": {"who": question}}),
    );
    peer.answer(&seen, waiting.clone());
    let seen = peer.expect("tasks/update").await;
    assert_eq!(
        seen.params()["inputResponses"],
        json!({"who": {"action": "cancel"}})
    );
    assert_eq!(seen.headers().0, Some("t-1"));
    peer.answer(&seen, json!({"resultType": "complete"}));
    // The same question again is not asked again.
    let seen = peer.expect("tasks/get").await;
    peer.answer(&seen, waiting);
    let seen = peer.expect("tasks/get").await;
    peer.answer(&seen, task("completed", json!({"result": text("done")})));
    assert_eq!(calling.await.unwrap().unwrap(), "done");
}

#[tokio::test(start_paused = true)]
async fn a_task_ends_otherwise() {
    for (end, expected) in [
        (
            task(
                "failed",
                json!({"error": {"code": -32603, "message": "no"}}),
            ),
            "the task failed",
        ),
        (task("cancelled", json!({})), "the task was cancelled"),
        (
            task("completed", json!({})),
            "the server's result is not valid: a task without its result",
        ),
        (
            task("completed", json!({"taskId": "t-2"})),
            "the server's result is not valid: another task than the one that was asked for",
        ),
    ] {
        let (client, mut peer) = connected(asking()).await;
        let calling = call(&client);
        let seen = peer.expect("tools/call").await;
        peer.answer(&seen, task("working", json!({"resultType": "task"})));
        let seen = peer.expect("tasks/get").await;
        peer.answer(&seen, end);
        assert_eq!(calling.await.unwrap().unwrap_err().to_string(), expected);
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_dropped_cancels_its_task() {
    let (client, mut peer) = connected(asking()).await;
    let calling = call(&client);
    let seen = peer.expect("tools/call").await;
    peer.answer(&seen, task("working", json!({"resultType": "task"})));
    let seen = peer.expect("tasks/get").await;
    peer.answer(&seen, task("working", json!({})));
    peer.nothing().await;
    calling.abort();
    let seen = peer.expect("tasks/cancel").await;
    assert_eq!(seen.params()["taskId"], "t-1");
    peer.answer(&seen, json!({"resultType": "complete"}));
}

#[tokio::test(start_paused = true)]
async fn a_task_can_be_taken_up_again() {
    let (client, mut peer) = connected(asking()).await;
    let starting = client.clone();
    let starting = tokio::spawn(async move { starting.start(CallToolParams::new("slow")).await });
    let seen = peer.expect("tools/call").await;
    peer.answer(&seen, task("working", json!({"resultType": "task"})));
    let Started::Task(handle) = starting.await.unwrap().unwrap() else {
        panic!("no task");
    };
    assert_eq!(handle.id(), "t-1");
    drop(handle);
    peer.nothing().await;
    let mut handle = client.task("t-1");
    let waiting = tokio::spawn(async move { handle.result().await });
    let seen = peer.expect("tasks/get").await;
    peer.answer(&seen, task("completed", json!({"result": text("done")})));
    assert_eq!(
        waiting.await.unwrap().unwrap().content[0].as_text(),
        Some("done")
    );
}

/// A client that did not say so is given no tasks.
#[tokio::test(start_paused = true)]
async fn a_task_that_nobody_wanted_is_an_error() {
    let (client, mut peer) = connected(builder()).await;
    let calling = call(&client);
    let seen = peer.expect("tools/call").await;
    peer.answer(&seen, task("working", json!({"resultType": "task"})));
    assert!(matches!(calling.await.unwrap(), Err(CallError::Rule(_))));
}

async fn legacy(support: Option<&str>) -> (Client, Peer) {
    let mut capabilities = everything();
    capabilities["tasks"] = json!({"list": {}, "cancel": {}, "requests": {"tools": {"call": {}}}});
    let (client, mut peer) = shaped(
        builder(),
        Revision::V2025_11_25,
        capabilities,
        Shape::default(),
    )
    .await;
    let mut tool = json!({"name": "slow", "inputSchema": {"type": "object"}});
    if let Some(support) = support {
        tool["execution"] = json!({"taskSupport": support});
    }
    let listing = client.clone();
    let listing = tokio::spawn(async move { listing.list_tools().await });
    let seen = peer.expect("tools/list").await;
    peer.answer(&seen, json!({"tools": [tool]}));
    listing.await.unwrap().unwrap();
    (client, peer)
}

// SPEC: 2025-11-25/basic/utilities/tasks/capability-negotiation:1
// SPEC: 2025-11-25/basic/utilities/tasks/tool-level-negotiation:2,4
#[tokio::test(start_paused = true)]
async fn the_first_tasks_are_asked_for() {
    for (support, wished, expected) in [
        (Some("required"), false, true),
        (Some("optional"), true, true),
        (Some("optional"), false, false),
        (Some("forbidden"), true, false),
        (None, true, false),
    ] {
        let (client, mut peer) = legacy(support).await;
        let client = match wished {
            true => client.with(CallOptions::new().as_task(Some(5_000))),
            false => client,
        };
        let calling = call(&client);
        let seen = peer.expect("tools/call").await;
        assert_eq!(
            !seen.params()["task"].is_null(),
            expected,
            "{support:?} {wished}"
        );
        calling.abort();
    }
}

#[tokio::test(start_paused = true)]
async fn the_first_tasks_are_seen_through() {
    let (client, mut peer) = legacy(Some("required")).await;
    let calling = call(&client);
    let seen = peer.expect("tools/call").await;
    let task = |status: &str| {
        json!({
            "taskId": "t-1", "status": status, "createdAt": "2026-01-01T00:00:00Z",
            "lastUpdatedAt": "2026-01-01T00:00:00Z", "ttl": null, "pollInterval": 500,
        })
    };
    peer.answer(&seen, json!({"task": task("working")}));
    let seen = peer.expect("tasks/get").await;
    peer.answer(&seen, task("working"));
    let seen = peer.expect("tasks/get").await;
    peer.answer(&seen, task("completed"));
    let seen = peer.expect("tasks/result").await;
    assert_eq!(seen.params(), &json!({"taskId": "t-1"}));
    peer.answer(&seen, text("done"));
    assert_eq!(calling.await.unwrap().unwrap(), "done");
}
