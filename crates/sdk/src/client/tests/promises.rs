//! Smaller promises of the specification: what the client declares, keeps to itself, and does not rely on.

use std::time::Duration;

use interlock_wire::Revision;
use interlock_wire::types::{
    CallToolParams, CompletionReference, ContentBlock, CreateMessageResult, ElicitAction,
    ElicitResult, PromptReference, Root,
};
use serde_json::{Value, json};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::peer::{Peer, Shape, builder, everything, handshake, pair, shaped};
use crate::RpcError;
use crate::client::{Builder, CallError, CallOptions, Client, Started};

const LEGACY: Revision = Revision::V2025_11_25;
const MODERN: Revision = Revision::V2026_07_28;

fn answering() -> Builder {
    builder()
        .roots([Root::new("file:///src")])
        .sampling(|_| async { Ok(CreateMessageResult::new("m", ContentBlock::text("hi"))) })
        .sampling_tools()
        .elicitation(|_| async { Ok(ElicitResult::accept([("name", "Ada")])) })
}

fn call(client: &Client) -> JoinHandle<Result<(), CallError>> {
    let client = client.clone();
    tokio::spawn(async move { client.call_tool("t", &json!({})).await.map(drop) })
}

fn done() -> Value {
    json!({"resultType": "complete", "content": []})
}

async fn ask(peer: &mut Peer, method: &str, params: Value) -> Value {
    peer.say(json!({"jsonrpc": "2.0", "id": "q", "method": method, "params": params}));
    peer.next().await.json
}

// SPEC: 2026-07-28/client/elicitation/capabilities:1-2 2026-07-28/client/roots/capabilities:1
// SPEC: 2026-07-28/client/sampling/capabilities:1
#[tokio::test(start_paused = true)]
async fn capabilities_are_declared_on_each_request() {
    let url = builder().url_elicitation(|_| async { Ok(ElicitResult::new(ElicitAction::Cancel)) });
    let full = json!({"roots": {}, "sampling": {"tools": {}}, "elicitation": {"form": {}}});
    let only_url = json!({"elicitation": {"url": {}}});
    for (builder, expected) in [(answering(), full), (url, only_url)] {
        let (client, mut peer) = pair(builder, MODERN).await;
        for _ in 0..2 {
            let calling = call(&client);
            let seen = peer.expect("tools/call").await;
            let meta = &seen.params()["_meta"];
            assert_eq!(meta["io.modelcontextprotocol/clientCapabilities"], expected);
            peer.answer(&seen, done());
            calling.await.unwrap().unwrap();
        }
    }
}

// SPEC: both/basic/index/notifications:1
#[tokio::test(start_paused = true)]
async fn notifications_are_never_answered() {
    for revision in [LEGACY, MODERN] {
        let (_client, mut peer) = pair(answering(), revision).await;
        for method in [
            "ping",
            "roots/list",
            "notifications/cancelled",
            "notifications/unknown",
            "x",
        ] {
            peer.say(json!({"jsonrpc": "2.0", "method": method, "params": {"requestId": []}}));
        }
        peer.nothing().await;
    }
}

// SPEC: 2025-11-25/basic/lifecycle/initialization:4
#[tokio::test(start_paused = true)]
async fn a_client_says_when_it_is_ready() {
    let serve = |mut peer: Peer| async move {
        let seen = peer.expect("initialize").await;
        peer.nothing().await;
        let info = json!({"name": "fake", "version": "1"});
        let result =
            json!({"protocolVersion": "2025-11-25", "capabilities": {}, "serverInfo": info});
        peer.answer(&seen, result);
        let ready = peer.expect("notifications/initialized").await;
        assert_eq!(ready.json["id"], json!(null));
        peer
    };
    handshake(builder().revision(LEGACY), serve).await.unwrap();
}

// SPEC: 2025-11-25/basic/utilities/progress/progress-flow:2
// SPEC: 2026-07-28/basic/patterns/progress/progress-flow:1-2
#[tokio::test(start_paused = true)]
async fn progress_tokens_are_unique() {
    for revision in [LEGACY, MODERN] {
        let (client, mut peer) = pair(builder(), revision).await;
        let client = client.with(CallOptions::new().on_progress(|_| {}));
        let mut tokens = Vec::new();
        let calls: Vec<_> = (0..20).map(|_| call(&client)).collect();
        for _ in &calls {
            let token = peer.expect("tools/call").await.params()["_meta"]["progressToken"].clone();
            assert!(token.is_i64() || token.is_string(), "{token}");
            assert!(!tokens.contains(&token));
            tokens.push(token);
        }
        calls.iter().for_each(JoinHandle::abort);
    }
}

// SPEC: 2026-07-28/basic/index/error-codes:3,7 2026-07-28/server/resources/error-handling:3
#[tokio::test(start_paused = true)]
async fn both_codes_mean_that_there_is_no_such_resource() {
    let named = json!({"uri": "file:///a"});
    for (code, data, expected) in [
        (-32002, json!(null), true),
        (-32002, json!([]), true),
        (-32602, named.clone(), true),
        (-32602, json!(null), false),
        (-32602, json!(["uri"]), false),
        // No other code of the old range means anything.
        (-32000, named.clone(), false),
        (-32001, named.clone(), false),
        (-32019, named, false),
    ] {
        let (client, mut peer) = pair(builder(), MODERN).await;
        let reading = tokio::spawn(async move { client.read_resource("file:///a").await });
        let seen = peer.expect("resources/read").await;
        peer.fail(&seen, code, data);
        let error = reading.await.unwrap().unwrap_err();
        assert_eq!(
            error.rpc().map(RpcError::is_resource_not_found),
            Some(expected),
            "{code}"
        );
        peer.nothing().await;
    }
}

// SPEC: 2026-07-28/server/discover/discoverresult:2-3
#[tokio::test(start_paused = true)]
async fn what_servers_call_themselves_changes_nothing() {
    let mut sent = Vec::new();
    for name in ["fake", "official-trusted-server", "", "\u{202e}"] {
        let serve = move |mut peer: Peer| async move {
            let seen = peer.expect("server/discover").await;
            let info = json!({"name": name, "version": name});
            peer.answer(&seen, json!({
                "resultType": "complete", "supportedVersions": ["2026-07-28"], "capabilities": {"tools": {}},
                "ttlMs": 0, "cacheScope": "private", "_meta": {"io.modelcontextprotocol/serverInfo": info},
            }));
            peer
        };
        let (fake, peer) = super::peer::fake(Shape::default());
        let serving = async { serve(peer.await).await };
        let (client, mut peer) = tokio::join!(answering().connect(fake), serving);
        let client = client.unwrap();
        let calling = call(&client);
        sent.push(peer.expect("tools/call").await.json);
        calling.abort();
    }
    assert!(sent.iter().all(|message| *message == sent[0]));
}

// SPEC: both/client/elicitation/form-mode-security:2
#[tokio::test(start_paused = true)]
async fn answers_that_do_not_fit_their_form_are_not_sent() {
    let fields = json!({"name": {"type": "string"}, "age": {"type": "integer"}});
    for (properties, required, fine) in [
        (fields.clone(), json!(["name"]), true),
        (fields, json!(["age"]), false),
        (
            json!({"name": {"type": "string", "maxLength": 2}}),
            json!([]),
            false,
        ),
        (
            json!({"name": {"type": "string", "enum": ["Bob"]}}),
            json!([]),
            false,
        ),
    ] {
        let schema = json!({"type": "object", "properties": properties, "required": required});
        let params = json!({"message": "Who?", "requestedSchema": schema});
        let (_client, mut peer) = pair(answering(), LEGACY).await;
        let reply = ask(&mut peer, "elicitation/create", params.clone()).await;
        match fine {
            true => assert_eq!(reply["result"]["content"], json!({"name": "Ada"})),
            false => assert_eq!(reply["error"]["code"], -32603, "{reply}"),
        }
        let (client, mut peer) = pair(answering(), MODERN).await;
        let calling = call(&client);
        let seen = peer.expect("tools/call").await;
        let question = json!({"who": {"method": "elicitation/create", "params": params}});
        peer.answer(
            &seen,
            json!({"resultType": "input_required", "inputRequests": question}),
        );
        if fine {
            peer.expect("tools/call").await;
        } else {
            assert!(matches!(
                calling.await.unwrap(),
                Err(CallError::Question(_))
            ));
        }
    }
}

// SPEC: 2025-11-25/client/elicitation/error-handling:2 2025-11-25/client/sampling/error-handling:3
// SPEC: both/client/sampling/tool-result-messages:1
#[tokio::test(start_paused = true)]
async fn questions_of_another_kind_than_declared_are_refused() {
    let uses = json!({"role": "assistant", "content": {"type": "tool_use", "id": "u", "name": "t", "input": {}}});
    let result = json!({"type": "tool_result", "toolUseId": "u", "content": []});
    let messages = |second: Value| json!({"messages": [uses, {"role": "user", "content": second}], "maxTokens": 1});
    for (method, params, code) in [
        (
            "elicitation/create",
            json!({"mode": "url", "message": "Pay", "url": "https://a.example/", "elicitationId": "e"}),
            json!(-32602),
        ),
        (
            "sampling/createMessage",
            messages(result.clone()),
            json!(null),
        ),
        (
            "sampling/createMessage",
            messages(json!([result, {"type": "text", "text": "and"}])),
            json!(-32602),
        ),
    ] {
        let (_client, mut peer) = pair(answering(), LEGACY).await;
        let reply = ask(&mut peer, method, params).await;
        assert_eq!(reply["error"]["code"], code, "{reply}");
    }
}

// SPEC: 2026-07-28/basic/patterns/mrtr/client-requirements-basic-workflow:6
#[tokio::test(start_paused = true)]
async fn answers_and_state_are_for_one_request() {
    let (client, mut peer) = pair(answering(), MODERN).await;
    let (one, other) = (call(&client), call(&client));
    let first = peer.expect("tools/call").await;
    let second = peer.expect("tools/call").await;
    let question = json!({"where": {"method": "roots/list"}});
    peer.answer(
        &first,
        json!({"resultType": "input_required", "requestState": "s", "inputRequests": question}),
    );
    let again = peer.expect("tools/call").await;
    assert_eq!(again.params()["requestState"], "s");
    peer.answer(&second, done());
    peer.answer(&again, done());
    one.await.unwrap().unwrap();
    other.await.unwrap().unwrap();
    call(&client);
    let next = peer.expect("tools/call").await;
    for seen in [second, next] {
        assert_eq!(seen.params()["requestState"], json!(null));
        assert_eq!(seen.params()["inputResponses"], json!(null));
    }
}

// SPEC: both/server/utilities/completion/implementation-considerations:7
#[tokio::test(start_paused = true)]
async fn completions_may_be_partial_or_none() {
    for (completion, values) in [
        (json!({"values": []}), 0),
        (json!({"values": ["a"], "hasMore": true}), 1),
        (
            json!({"values": ["a", "b"], "total": 900, "hasMore": true}),
            2,
        ),
    ] {
        let (client, mut peer) = pair(builder(), LEGACY).await;
        let reference = CompletionReference::from(PromptReference {
            name: "p".into(),
            ..PromptReference::default()
        });
        let asking = tokio::spawn(async move { client.complete(reference, "a", "x").await });
        let seen = peer.expect("completion/complete").await;
        peer.answer(&seen, json!({"completion": completion}));
        assert_eq!(asking.await.unwrap().unwrap().values.len(), values);
    }
}

// SPEC: 2026-07-28/server/utilities/pagination/implementation-guidelines:7
// SPEC: 2025-11-25/server/utilities/pagination/implementation-guidelines:7
#[tokio::test(start_paused = true)]
async fn an_empty_cursor_is_one_and_none_outlives_its_list() {
    for revision in [LEGACY, MODERN] {
        let (client, mut peer) = pair(builder(), revision).await;
        let listing = tokio::spawn(async move { client.list_prompts().await });
        let seen = peer.expect("prompts/list").await;
        peer.answer(&seen, json!({"prompts": [], "nextCursor": ""}));
        let seen = peer.expect("prompts/list").await;
        assert_eq!(seen.params()["cursor"], "");
        peer.answer(&seen, json!({"prompts": [], "nextCursor": "2"}));
        peer.expect("prompts/list").await;
        listing.abort();
        // A session of its own, and a list from its beginning.
        let (client, mut peer) = pair(builder(), revision).await;
        let listing = tokio::spawn(async move { client.list_prompts().await });
        assert_eq!(
            peer.expect("prompts/list").await.params()["cursor"],
            json!(null)
        );
        listing.abort();
    }
}

// SPEC: 2026-07-28/server/utilities/caching/interaction-with-pagination:1-2
#[tokio::test(start_paused = true)]
async fn stale_pages_are_fetched_by_their_cursors_from_the_beginning_on() {
    let (client, mut peer) = pair(builder(), MODERN).await;
    let page = |ttl: u64, next: Option<&str>| json!({"resultType": "complete", "prompts": [], "ttlMs": ttl, "cacheScope": "private", "nextCursor": next});
    let list = || {
        let client = client.clone();
        tokio::spawn(async move { client.list_prompts().await })
    };
    let listing = list();
    for (ttl, next) in [(60_000, Some("2")), (1_000, None)] {
        let seen = peer.expect("prompts/list").await;
        let mut answer = page(ttl, next);
        if next.is_none() {
            answer.as_object_mut().unwrap().remove("nextCursor");
        }
        peer.answer(&seen, answer);
    }
    listing.await.unwrap().unwrap();
    // The first page is fresh, the second is not.
    tokio::time::advance(Duration::from_secs(2)).await;
    let listing = list();
    let seen = peer.expect("prompts/list").await;
    assert_eq!(seen.params()["cursor"], "2");
    peer.answer(&seen, json!({"resultType": "complete", "prompts": []}));
    listing.await.unwrap().unwrap();
    // Who wants one consistent list begins at its beginning.
    let fresh = client.with(CallOptions::new().fresh());
    let listing = tokio::spawn(async move { fresh.list_prompts().await });
    assert_eq!(
        peer.expect("prompts/list").await.params()["cursor"],
        json!(null)
    );
    listing.abort();
}

// SPEC: 2025-11-25/basic/utilities/tasks/capability-negotiation:2
// SPEC: 2025-11-25/basic/utilities/tasks/tool-level-negotiation:1
#[tokio::test(start_paused = true)]
async fn without_the_capability_no_task_is_asked_for() {
    let (client, mut peer) = pair(builder(), LEGACY).await;
    let listing = client.clone();
    let listing = tokio::spawn(async move { listing.list_tools().await });
    let seen = peer.expect("tools/list").await;
    let tool = json!({"name": "t", "inputSchema": {"type": "object"}, "execution": {"taskSupport": "optional"}});
    peer.answer(&seen, json!({"tools": [tool]}));
    listing.await.unwrap().unwrap();
    let calling = call(&client.with(CallOptions::new().as_task(Some(1))));
    assert_eq!(
        peer.expect("tools/call").await.params()["task"],
        json!(null)
    );
    calling.abort();
}

fn task(status: &str, interval: u64) -> Value {
    json!({
        "taskId": "t-1", "status": status, "createdAt": "2026-01-01T00:00:00Z", "lastUpdatedAt": "2026-01-01T00:00:00Z",
        "ttl": null, "pollInterval": interval,
    })
}

/// A call that became a task.
async fn started(builder: Builder) -> (Client, Peer) {
    let mut capabilities = everything();
    capabilities["tasks"] = json!({"list": {}, "cancel": {}, "requests": {"tools": {"call": {}}}});
    let (client, mut peer) = shaped(builder, LEGACY, capabilities, Shape::default()).await;
    let listing = client.clone();
    let listing = tokio::spawn(async move { listing.list_tools().await });
    let seen = peer.expect("tools/list").await;
    let tool = json!({"name": "t", "inputSchema": {"type": "object"}, "execution": {"taskSupport": "required"}});
    peer.answer(&seen, json!({"tools": [tool]}));
    listing.await.unwrap().unwrap();
    (client, peer)
}

// SPEC: 2025-11-25/basic/utilities/tasks/getting-tasks:2
// SPEC: 2025-11-25/basic/utilities/tasks/ttl-and-resource-management:4
// SPEC: 2025-11-25/basic/utilities/tasks/associating-task-related-messages:4
// SPEC: 2025-11-25/basic/utilities/tasks/related-task-metadata:2
// SPEC: 2025-11-25/basic/utilities/tasks/input-required-status:1,6
#[tokio::test(start_paused = true)]
async fn tasks_are_polled_as_they_wish_and_asked_for_their_questions() {
    let (client, mut peer) = started(answering()).await;
    let calling = call(&client);
    let seen = peer.expect("tools/call").await;
    peer.answer(&seen, json!({"task": task("working", 7_000)}));
    let mut before = Instant::now();
    for status in ["working", "working", "input_required"] {
        let seen = peer.expect("tasks/get").await;
        assert_eq!(seen.params(), &json!({"taskId": "t-1"}));
        assert!(
            before.elapsed() >= Duration::from_secs(7),
            "{:?}",
            before.elapsed()
        );
        before = Instant::now();
        peer.answer(&seen, task(status, 7_000));
    }
    let result = peer.expect("tasks/result").await;
    assert!(before.elapsed() < Duration::from_secs(1), "right away");
    // A question may come on any stream.
    let meta = json!({"io.modelcontextprotocol/related-task": {"taskId": "t-1"}});
    let question =
        json!({"jsonrpc": "2.0", "id": "q", "method": "roots/list", "params": {"_meta": meta}});
    peer.say_on(seen.id().as_i64().unwrap(), question);
    assert_eq!(
        peer.next().await.json["result"]["roots"][0]["uri"],
        "file:///src"
    );
    peer.answer(&result, json!({"content": []}));
    calling.await.unwrap().unwrap();
}

// SPEC: 2025-11-25/basic/utilities/tasks/task-cancellation:5
#[tokio::test(start_paused = true)]
async fn nothing_is_asked_about_a_cancelled_task() {
    let (client, mut peer) = started(answering()).await;
    let starting = client.clone();
    let starting = tokio::spawn(async move { starting.start(CallToolParams::new("t")).await });
    let seen = peer.expect("tools/call").await;
    peer.answer(&seen, json!({"task": task("working", 500)}));
    let Started::Task(mut handle) = starting.await.unwrap().unwrap() else {
        panic!("no task");
    };
    let cancelling = tokio::spawn(async move { handle.cancel().await });
    let seen = peer.expect("tasks/cancel").await;
    peer.answer(&seen, task("cancelled", 500));
    cancelling.await.unwrap().unwrap();
    tokio::time::advance(Duration::from_secs(60)).await;
    peer.nothing().await;
}

// SPEC: 2025-11-25/client/elicitation/completion-notifications-for-url-mode-elicitation:3
#[tokio::test(start_paused = true)]
async fn news_of_unknown_questions_are_ignored() {
    let (client, mut peer) = pair(answering(), LEGACY).await;
    for id in [json!("unknown"), json!("unknown"), json!(7), json!(null)] {
        let params = json!({"elicitationId": id});
        peer.say(json!({"jsonrpc": "2.0", "method": "notifications/elicitation/complete", "params": params}));
    }
    peer.nothing().await;
    let calling = call(&client);
    let seen = peer.expect("tools/call").await;
    peer.answer(&seen, done());
    calling.await.unwrap().unwrap();
}
