//! Multi-round-trip requests.

use interlock_wire::Revision;
use interlock_wire::types::{ElicitAction, ElicitResult, Root};
use serde_json::{Value, json};

use super::peer::{Peer, builder, pair};
use crate::RpcError;
use crate::client::{Builder, CallError, Client};

fn answering() -> Builder {
    builder()
        .roots([Root::new("file:///src")])
        .elicitation(|_| async { Ok(ElicitResult::new(ElicitAction::Cancel)) })
}

fn question(name: &str) -> Value {
    let schema = json!({"type": "object", "properties": {name: {"type": "string"}}});
    json!({"method": "elicitation/create", "params": {"message": "Well?", "requestedSchema": schema}})
}

fn call(client: Client) -> tokio::task::JoinHandle<Result<(), CallError>> {
    tokio::spawn(async move { client.call_tool("t", &json!({"x": 1})).await.map(drop) })
}

async fn connected() -> (Client, Peer) {
    pair(answering(), Revision::V2026_07_28).await
}

// SPEC: 2026-07-28/basic/patterns/mrtr/client-requirements-basic-workflow:1-5
// SPEC: 2026-07-28/basic/patterns/mrtr/inputrequiredresult:1 2026-07-28/server/tools/input-required-tool-results:1
#[tokio::test(start_paused = true)]
async fn answers_and_state_go_back() {
    let (client, mut peer) = connected().await;
    let calling = call(client);
    let first = peer.expect("tools/call").await;
    let questions = json!({"who": question("name"), "where": {"method": "roots/list"}, "pin": question("password")});
    let state = "opaque \u{1F600} \\ \"state\"";
    peer.answer(
        &first,
        json!({"resultType": "input_required", "inputRequests": questions, "requestState": state}),
    );
    let second = peer.expect("tools/call").await;
    assert_ne!(
        first.id(),
        second.id(),
        "each round is a request of its own"
    );
    assert_eq!(second.params()["name"], "t");
    assert_eq!(second.params()["arguments"], json!({"x": 1}));
    assert_eq!(second.params()["requestState"], state);
    let expected = json!({
        "who": {"action": "cancel"}, "where": {"roots": [{"uri": "file:///src"}]}, "pin": {"action": "decline"},
    });
    assert_eq!(second.params()["inputResponses"], expected);
    // Without state and questions of its own, nothing of the round before is in the next.
    peer.answer(
        &second,
        json!({"resultType": "input_required", "inputRequests": {}}),
    );
    let third = peer.expect("tools/call").await;
    assert_eq!(third.params()["requestState"], json!(null));
    assert_eq!(third.params()["inputResponses"], json!({}));
    peer.answer(&third, json!({"resultType": "complete", "content": []}));
    calling.await.unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn rounds_are_bounded() {
    let (client, mut peer) = pair(answering().most_rounds(3), Revision::V2026_07_28).await;
    let calling = call(client);
    for _ in 0..4 {
        let seen = peer.expect("tools/call").await;
        peer.answer(
            &seen,
            json!({"resultType": "input_required", "requestState": "s"}),
        );
    }
    let error = calling.await.unwrap().unwrap_err();
    assert!(matches!(error, CallError::TooManyRounds(3)), "{error:?}");
}

#[tokio::test(start_paused = true)]
async fn what_was_not_offered_ends_the_call() {
    let sampling =
        json!({"method": "sampling/createMessage", "params": {"messages": [], "maxTokens": 1}});
    let many: Value = (0..65)
        .map(|n| (n.to_string(), question("name")))
        .collect::<serde_json::Map<_, _>>()
        .into();
    for result in [
        json!({"resultType": "input_required"}),
        json!({"resultType": "input_required", "requestState": 7}),
        json!({"resultType": "input_required", "inputRequests": {"a": sampling}}),
        json!({"resultType": "input_required", "inputRequests": {"a": {"method": "tools/call"}}}),
        json!({"resultType": "input_required", "inputRequests": {"a": 1}}),
        json!({"resultType": "input_required", "inputRequests": many}),
    ] {
        let (client, mut peer) = connected().await;
        let calling = call(client);
        let seen = peer.expect("tools/call").await;
        peer.answer(&seen, result.clone());
        let error = calling.await.unwrap().unwrap_err();
        assert!(matches!(error, CallError::Rule(_)), "{result}: {error:?}");
        peer.nothing().await;
    }
}

// SPEC: 2026-07-28/basic/index/resulttype:2 2026-07-28/basic/patterns/mrtr/supported-requests:1
#[tokio::test(start_paused = true)]
async fn only_three_methods_may_ask() {
    let (client, mut peer) = connected().await;
    let listing = tokio::spawn(async move { client.list_tools().await });
    let seen = peer.expect("tools/list").await;
    peer.answer(
        &seen,
        json!({"resultType": "input_required", "requestState": "s"}),
    );
    assert!(matches!(listing.await.unwrap(), Err(CallError::Rule(_))));
}

#[tokio::test(start_paused = true)]
async fn a_handler_that_fails_ends_the_call() {
    let failing = builder().elicitation(|_| async { Err(RpcError::internal()) });
    let (client, mut peer) = pair(failing, Revision::V2026_07_28).await;
    let calling = call(client);
    let seen = peer.expect("tools/call").await;
    peer.answer(
        &seen,
        json!({"resultType": "input_required", "inputRequests": {"a": question("name")}}),
    );
    assert!(matches!(
        calling.await.unwrap(),
        Err(CallError::Question(_))
    ));
}

/// The session era does not know the member: a tool may give one of that name.
#[tokio::test(start_paused = true)]
async fn earlier_revisions_do_not_ask_so() {
    let (client, mut peer) = pair(answering(), Revision::V2025_11_25).await;
    let calling = call(client);
    let seen = peer.expect("tools/call").await;
    peer.answer(
        &seen,
        json!({"resultType": "input_required", "content": []}),
    );
    calling.await.unwrap().unwrap();
}
