//! Questions to the client: one handler, asked over the wire in one era and in rounds in the other.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use interlock_sdk::Principal;
use interlock_sdk::clock::Clock;
use interlock_sdk::server::{Context, Server, SessionKind};
use interlock_wire::Json;
use interlock_wire::types::{
    CreateMessageParams, ElicitParams, Field, FormSchema, SamplingMessage,
};
use serde_json::{Value, json};

use super::peer::{Peer, landed, modern};

#[derive(serde::Deserialize, schemars::JsonSchema)]
struct Topic {
    topic: String,
}

#[derive(serde::Deserialize, schemars::JsonSchema)]
struct Nothing {}

fn form(field: &str) -> ElicitParams {
    let schema = FormSchema::new([(field, Field::text())]).required([field.to_owned()]);
    ElicitParams::form("Tell me", schema)
}

fn text(answer: &interlock_wire::types::ElicitResult, field: &str) -> String {
    let value = answer
        .content
        .as_ref()
        .and_then(|content| content.get(field));
    value
        .and_then(|value| value.as_str())
        .unwrap_or_default()
        .into_owned()
}

struct World {
    server: Server,
    hand: interlock_sdk::clock::Hand,
    runs: Arc<AtomicUsize>,
}

fn world() -> World {
    let (clock, hand) = Clock::fake(1_000_000);
    let runs = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&runs);
    let server = Server::builder("s", "1")
        .clock(clock)
        .answer_within(Duration::from_secs(60))
        .tool("poem", "Writes", async |topic: Topic, cx: Context| {
            let who = cx.elicit_as("who", form("name")).await?;
            let name = text(&who, "name");
            let messages = vec![SamplingMessage::user(format!("{} for {name}", topic.topic))];
            let asked = CreateMessageParams {
                messages,
                max_tokens: 10,
                ..Default::default()
            };
            let said = cx.sample_as("poem", asked).await?;
            let poem = said.content.as_slice()[0]
                .as_text()
                .unwrap_or_default()
                .to_owned();
            let roots = cx.roots().await?;
            Ok(format!("{name}: {poem} in {}", roots.len()))
        })
        .tool(
            "both",
            "Asks two at once",
            async |_: Nothing, cx: Context| {
                let (one, two) = tokio::join!(
                    cx.elicit_as("one", form("a")),
                    cx.elicit_as("two", form("b"))
                );
                Ok(format!("{}{}", text(&one?, "a"), text(&two?, "b")))
            },
        )
        .tool(
            "secret",
            "Asks for a password",
            async |_: Nothing, cx: Context| {
                cx.elicit(form("userPassword")).await?;
                Ok(())
            },
        )
        .tool("once", "Counts", move |_: Nothing, cx: Context| {
            let runs = Arc::clone(&counted);
            async move {
                let count = async || Json::from(runs.fetch_add(1, Ordering::SeqCst) as i64);
                let value = cx.once("count", count).await;
                let answer = cx.elicit(form("x")).await?;
                Ok(format!("{} {}", value.text(), text(&answer, "x")))
            }
        })
        .build();
    World { server, hand, runs }
}

fn everything() -> Value {
    json!({"elicitation": {}, "sampling": {}, "roots": {}})
}

fn call(name: &str) -> Value {
    json!({"name": name, "arguments": {"topic": "Rain"}})
}

fn said(text: &str) -> Value {
    json!({"role": "assistant", "content": {"type": "text", "text": text}, "model": "m"})
}

fn retry(name: &str, before: &Value, answers: Value) -> Value {
    let mut params = modern(call(name), everything());
    params["requestState"] = before["result"]["requestState"].clone();
    params["inputResponses"] = answers;
    params
}

#[tokio::test(start_paused = true)]
async fn a_legacy_client_is_asked_over_the_wire() {
    let world = world();
    let mut peer = Peer::legacy(&world.server, "2025-06-18", everything());
    let pending = tokio::spawn(landed(peer.begin(json!(9), "tools/call", call("poem"))));
    let question = peer.next().await;
    assert_eq!(question["method"], "elicitation/create");
    assert_eq!(
        question["params"]["requestedSchema"]["required"],
        json!(["name"])
    );
    peer.answer(
        &question,
        json!({"action": "accept", "content": {"name": "Ada"}}),
    );
    let question = peer.next().await;
    assert_eq!(question["method"], "sampling/createMessage");
    assert_eq!(
        question["params"]["messages"][0]["content"]["text"],
        "Rain for Ada"
    );
    peer.answer(&question, said("Drops"));
    let question = peer.next().await;
    assert_eq!(question["method"], "roots/list");
    peer.answer(&question, json!({"roots": [{"uri": "file:///x"}]}));
    let answer = pending.await.unwrap().unwrap();
    assert_eq!(answer["result"]["content"][0]["text"], "Ada: Drops in 1");
}

// SPEC: 2026-07-28/basic/index/statelessness:3
// SPEC: 2026-07-28/basic/patterns/mrtr/server-requirements-basic-workflow:1-2,10 2026-07-28/basic/patterns/mrtr/top:1
// SPEC: 2026-07-28/basic/transports/streamable-http/receiving-messages:2
#[test]
fn a_modern_client_is_asked_in_rounds() {
    let world = world();
    let peer = Peer::new(&world.server, SessionKind::HttpModern);
    let first = peer.ask_now(json!(1), "tools/call", modern(call("poem"), everything()));
    assert_eq!(first["result"]["resultType"], "input_required");
    assert_eq!(
        first["result"]["inputRequests"]["who"]["method"],
        "elicitation/create"
    );
    let answers = json!({"who": {"action": "accept", "content": {"name": "Ada"}}});
    // Another session, as another replica behind the same address would be.
    let peer = Peer::new(&world.server, SessionKind::HttpModern);
    let second = peer.ask_now(json!(2), "tools/call", retry("poem", &first, answers));
    let asked = &second["result"]["inputRequests"]["poem"];
    assert_eq!(
        asked["params"]["messages"][0]["content"]["text"],
        "Rain for Ada"
    );
    let third = peer.ask_now(
        json!(3),
        "tools/call",
        retry("poem", &second, json!({"poem": said("Drops")})),
    );
    assert_eq!(
        third["result"]["inputRequests"]["question-1"]["method"],
        "roots/list"
    );
    let answers = json!({"question-1": {"roots": []}});
    let last = peer.ask_now(json!(4), "tools/call", retry("poem", &third, answers));
    assert_eq!(last["result"]["content"][0]["text"], "Ada: Drops in 0");
    assert_eq!(last["result"]["resultType"], "complete");
}

// SPEC: 2026-07-28/basic/patterns/mrtr/error-handling:3-4
// SPEC: 2026-07-28/basic/patterns/mrtr/server-requirements-basic-workflow:12
#[test]
fn questions_put_together_are_asked_together() {
    let world = world();
    let peer = Peer::new(&world.server, SessionKind::HttpModern);
    let first = peer.ask_now(json!(1), "tools/call", modern(call("both"), everything()));
    assert_eq!(
        first["result"]["inputRequests"].as_object().unwrap().len(),
        2
    );
    let one = json!({"one": {"action": "accept", "content": {"a": "x"}}});
    // One answer is not enough: the other question is asked again, and the first is not.
    let second = peer.ask_now(json!(2), "tools/call", retry("both", &first, one));
    assert_eq!(
        second["result"]["inputRequests"]
            .as_object()
            .unwrap()
            .keys()
            .collect::<Vec<_>>(),
        ["two"]
    );
    let two =
        json!({"two": {"action": "accept", "content": {"b": "y"}}, "more": {"action": "cancel"}});
    let last = peer.ask_now(json!(3), "tools/call", retry("both", &second, two));
    assert_eq!(last["result"]["content"][0]["text"], "xy");
}

// SPEC: 2026-07-28/basic/patterns/mrtr/error-handling:1-2 2026-07-28/basic/patterns/mrtr/security-considerations:1
// SPEC: 2026-07-28/basic/patterns/mrtr/server-requirements-basic-workflow:3-8
// SPEC: 2026-07-28/client/elicitation/security-considerations:1 2026-07-28/client/elicitation/statefulness:1
#[test]
fn a_state_is_good_for_its_caller_its_request_and_its_time() {
    let world = world();
    let alice = Principal::new("https://idp.example", "alice");
    let peer = Peer::with_principal(&world.server, SessionKind::HttpModern, alice);
    let first = peer.ask_now(json!(1), "tools/call", modern(call("poem"), everything()));
    let answers = json!({"who": {"action": "accept", "content": {"name": "Ada"}}});
    let good = retry("poem", &first, answers.clone());
    let refused = |peer: &Peer, params: Value| {
        let answer = peer.ask_now(json!(2), "tools/call", params);
        assert_eq!(answer["error"]["code"], -32602, "{answer}");
    };
    let mut tampered = good.clone();
    tampered["requestState"] = json!(format!(
        "{}-TAMPERED",
        good["requestState"].as_str().unwrap()
    ));
    refused(&peer, tampered);
    let mut flipped = good.clone();
    let mut bytes = good["requestState"].as_str().unwrap().as_bytes().to_vec();
    bytes[40] = if bytes[40] == b'A' { b'B' } else { b'A' };
    flipped["requestState"] = json!(String::from_utf8(bytes).unwrap());
    refused(&peer, flipped);
    let mut other = good.clone();
    other["arguments"]["topic"] = json!("Snow");
    refused(&peer, other);
    refused(&peer, retry("both", &first, answers));
    let bob = Principal::new("https://idp.example", "bob");
    refused(
        &Peer::with_principal(&world.server, SessionKind::HttpModern, bob),
        good.clone(),
    );
    let mut odd = good.clone();
    odd["inputResponses"] = json!({"who": 12345});
    refused(&peer, odd);
    let mut odd = good.clone();
    odd["requestState"] = json!(5);
    refused(&peer, odd);
    // It is the same request however its members are ordered.
    assert_eq!(
        peer.ask_now(json!(2), "tools/call", good.clone())["error"],
        Value::Null
    );
    world.hand.advance(Duration::from_secs(61));
    refused(&peer, good);
}

// SPEC: 2026-07-28/basic/patterns/mrtr/error-handling:3
#[test]
fn answers_without_a_state_are_taken_by_their_names() {
    let world = world();
    let peer = Peer::new(&world.server, SessionKind::HttpModern);
    let mut params = modern(call("both"), everything());
    params["inputResponses"] =
        json!({"one": {"action": "accept", "content": {"a": "x"}}, "wrong": {"action": "cancel"}});
    let answer = peer.ask_now(json!(1), "tools/call", params);
    assert_eq!(
        answer["result"]["inputRequests"]
            .as_object()
            .unwrap()
            .keys()
            .collect::<Vec<_>>(),
        ["two"]
    );
}

// SPEC: 2026-07-28/basic/patterns/mrtr/server-requirements-basic-workflow:9
#[test]
fn what_was_done_once_is_not_done_again() {
    let world = world();
    let peer = Peer::new(&world.server, SessionKind::HttpModern);
    let first = peer.ask_now(json!(1), "tools/call", modern(call("once"), everything()));
    let answers = json!({"question-1": {"action": "accept", "content": {"x": "y"}}});
    let last = peer.ask_now(json!(2), "tools/call", retry("once", &first, answers));
    assert_eq!(last["result"]["content"][0]["text"], "0 y");
    assert_eq!(world.runs.load(Ordering::SeqCst), 1);
}

// SPEC: 2026-07-28/basic/index/meta:10-11 2026-07-28/basic/patterns/mrtr/server-requirements-basic-workflow:11
// SPEC: both/client/elicitation/capabilities:3 both/client/roots/implementation-guidelines:5
#[test]
fn what_a_client_cannot_do_is_not_asked() {
    let world = world();
    let peer = Peer::new(&world.server, SessionKind::HttpModern);
    let answer = peer.ask_now(
        json!(1),
        "tools/call",
        modern(call("poem"), json!({"roots": {}})),
    );
    assert_eq!(answer["error"]["code"], -32021);
    assert_eq!(
        answer["error"]["data"]["requiredCapabilities"],
        json!({"elicitation": {"form": {}}})
    );
    let legacy = Peer::legacy(&world.server, "2025-06-18", json!({"roots": {}}));
    let answer = legacy.ask_now(json!(1), "tools/call", call("poem"));
    assert_eq!(answer["error"]["code"], -32600);
    let only_url = json!({"elicitation": {"url": {}}});
    let answer = peer.ask_now(json!(1), "tools/call", modern(call("both"), only_url));
    assert_eq!(answer["error"]["code"], -32021);
}

// SPEC: both/client/elicitation/form-mode-security:1 both/client/elicitation/user-interaction-model:1
#[test]
fn a_form_never_asks_for_a_secret() {
    let world = world();
    let peer = Peer::new(&world.server, SessionKind::HttpModern);
    let answer = peer.ask_now(json!(1), "tools/call", modern(call("secret"), everything()));
    assert_eq!(answer["result"]["isError"], true);
    let text = answer["result"]["content"][0]["text"].as_str().unwrap();
    assert!(text.contains("`userPassword` asks for a secret"), "{text}");
}

// SPEC: 2025-11-25/basic/lifecycle/timeouts:1 2026-07-28/client/elicitation/error-handling:1-2
// SPEC: both/client/elicitation/form-mode-security:3
#[tokio::test(start_paused = true)]
async fn an_answer_has_to_fit_and_to_come_in_time() {
    for (reply, expected) in [
        (
            Some(json!({"action": "accept", "content": {"a": 5}})),
            "does not fit",
        ),
        (Some(json!({"action": "accept"})), "does not fit"),
        (Some(json!({"action": "perhaps"})), "does not fit"),
        (None, "did not answer"),
    ] {
        let world = world();
        let mut peer = Peer::legacy(&world.server, "2025-11-25", everything());
        let pending = tokio::spawn(landed(peer.begin(json!(1), "tools/call", call("both"))));
        let (one, two) = (peer.next().await, peer.next().await);
        peer.answer(&two, json!({"action": "accept", "content": {"b": "y"}}));
        if let Some(reply) = reply {
            peer.answer(&one, reply);
        }
        let answer = pending.await.unwrap().unwrap();
        let text = answer["result"]["content"][0]["text"]
            .as_str()
            .unwrap()
            .to_owned();
        assert!(
            answer["result"]["isError"] == true && text.contains(expected),
            "{text}"
        );
    }
}

// SPEC: 2026-07-28/client/elicitation/error-handling:2
#[tokio::test(start_paused = true)]
async fn a_refusal_of_the_client_is_told() {
    let world = world();
    let mut peer = Peer::legacy(&world.server, "2025-11-25", everything());
    let pending = tokio::spawn(landed(peer.begin(json!(1), "tools/call", call("poem"))));
    let question = peer.next().await;
    peer.give(
        &json!({"jsonrpc": "2.0", "id": question["id"], "error": {"code": -1, "message": "no"}}),
    );
    let answer = pending.await.unwrap().unwrap();
    let text = answer["result"]["content"][0]["text"].as_str().unwrap();
    assert!(text.contains("refused"), "{text}");
    // Nobody waits for these.
    peer.give(&json!({"jsonrpc": "2.0", "id": question["id"], "result": {}}));
    peer.give(&json!({"jsonrpc": "2.0", "id": "x", "result": {}}));
}
