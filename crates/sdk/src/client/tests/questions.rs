//! What the server asks in the session era.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use interlock_wire::Revision;
use interlock_wire::types::{ContentBlock, CreateMessageResult, ElicitAction, ElicitResult, Root};
use serde_json::{Value, json};

use super::peer::{Peer, builder, pair};
use crate::client::{Builder, CallError, CallOptions, form_defaults};

fn answering() -> Builder {
    builder()
        .roots([Root::new("file:///src")])
        .sampling(|asked| async move {
            let said = format!("{} messages", asked.messages.len());
            Ok(CreateMessageResult::new("model", ContentBlock::text(said)))
        })
        .elicitation(|asked| async move {
            Ok(ElicitResult::accept(form_defaults(&asked.requested_schema)))
        })
        .url_elicitation(|_| async { Ok(ElicitResult::new(ElicitAction::Accept)) })
}

async fn ask(peer: &mut Peer, method: &str, params: Value) -> Value {
    peer.say(json!({"jsonrpc": "2.0", "id": "q", "method": method, "params": params}));
    let seen = peer.next().await;
    assert_eq!(seen.id(), "q");
    seen.json
}

fn form(name: &str) -> Value {
    let schema =
        json!({"type": "object", "properties": {name: {"type": "string", "default": "a"}}});
    json!({"message": "Well?", "requestedSchema": schema})
}

// SPEC: 2025-11-25/basic/utilities/ping/behavior-requirements:1 both/client/elicitation/form-mode-security:1
// SPEC: both/client/elicitation/url-mode-elicitation-requests:2
#[tokio::test(start_paused = true)]
async fn handlers_answer() {
    let (_client, mut peer) = pair(answering(), Revision::V2025_11_25).await;
    let text = |text: &str| json!({"role": "user", "content": {"type": "text", "text": text}});
    for (method, params, expected) in [
        ("ping", json!({}), json!({})),
        (
            "roots/list",
            json!({}),
            json!({"roots": [{"uri": "file:///src"}]}),
        ),
        (
            "sampling/createMessage",
            json!({"messages": [text("a"), text("b")], "maxTokens": 5}),
            json!({"role": "assistant", "content": {"type": "text", "text": "2 messages"}, "model": "model"}),
        ),
        (
            "elicitation/create",
            form("name"),
            json!({"action": "accept", "content": {"name": "a"}}),
        ),
        // Secrets are declined before anybody sees the form.
        (
            "elicitation/create",
            form("password"),
            json!({"action": "decline"}),
        ),
        (
            "elicitation/create",
            form("apiKey"),
            json!({"action": "decline"}),
        ),
        (
            "elicitation/create",
            json!({"mode": "url", "message": "Pay", "url": "https://mcp.example/pay", "elicitationId": "e"}),
            json!({"action": "accept"}),
        ),
        (
            "elicitation/create",
            json!({"mode": "url", "message": "Pay", "url": "javascript:alert(1)", "elicitationId": "e"}),
            json!({"action": "decline"}),
        ),
    ] {
        assert_eq!(
            ask(&mut peer, method, params).await["result"],
            expected,
            "{method}"
        );
    }
}

// SPEC: 2025-11-25/basic/lifecycle/error-handling:2 2025-11-25/client/roots/error-handling:1
// SPEC: 2025-11-25/client/sampling/error-handling:2 both/client/sampling/security-considerations:2
// SPEC: both/client/sampling/tool-use-and-result-balance:1
#[tokio::test(start_paused = true)]
async fn what_is_not_offered_is_refused() {
    let (_client, mut peer) = pair(answering(), Revision::V2025_11_25).await;
    let uses = json!({"role": "assistant", "content": {"type": "tool_use", "id": "u", "name": "t", "input": {}}});
    for (method, params, code) in [
        ("tools/call", json!({}), -32601),
        ("initialize", json!({}), -32601),
        ("unknown/method", json!({}), -32601),
        ("tasks/list", json!({}), -32601),
        ("notifications/progress", json!({}), -32600),
        ("sampling/createMessage", json!({"messages": []}), -32602),
        (
            "sampling/createMessage",
            json!({"messages": [], "maxTokens": 1, "tools": []}),
            -32602,
        ),
        (
            "sampling/createMessage",
            json!({"messages": [uses, uses], "maxTokens": 1}),
            -32602,
        ),
        ("elicitation/create", json!({"message": "m"}), -32602),
    ] {
        let reply = ask(&mut peer, method, params).await;
        assert_eq!(reply["error"]["code"], code, "{method}: {reply}");
    }
    let (_client, mut peer) = pair(builder(), Revision::V2025_11_25).await;
    for method in ["roots/list", "sampling/createMessage", "elicitation/create"] {
        assert_eq!(
            ask(&mut peer, method, json!({})).await["error"]["code"],
            -32601,
            "{method}"
        );
    }
    let (_client, mut peer) = pair(answering(), Revision::V2025_03_26).await;
    let reply = ask(&mut peer, "elicitation/create", form("name")).await;
    assert_eq!(
        reply["error"]["code"], -32601,
        "2025-03-26 had no elicitation"
    );
}

// SPEC: 2026-07-28/basic/patterns/index/top:1 2026-07-28/basic/transports/stdio/sending-messages:1
#[tokio::test(start_paused = true)]
async fn in_the_modern_era_nothing_is_answered() {
    let (_client, mut peer) = pair(answering(), Revision::V2026_07_28).await;
    for method in ["ping", "roots/list", "tools/call", "nobodys"] {
        peer.say(json!({"jsonrpc": "2.0", "id": 1, "method": method}));
    }
    peer.nothing().await;
}

/// Counts handlers that began and those that were dropped.
#[derive(Clone, Default)]
struct Counter(Arc<AtomicUsize>, Arc<AtomicUsize>);

struct Running(Arc<AtomicUsize>);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

fn waiting_for_ever(counter: &Counter) -> Builder {
    let counter = counter.clone();
    builder().elicitation(move |_| {
        counter.0.fetch_add(1, Ordering::Relaxed);
        let running = Running(Arc::clone(&counter.1));
        async move {
            std::future::pending::<()>().await;
            drop(running);
            Ok(ElicitResult::new(ElicitAction::Cancel))
        }
    })
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_question_is_dropped_and_not_answered() {
    let counter = Counter::default();
    let (client, mut peer) = pair(waiting_for_ever(&counter), Revision::V2025_11_25).await;
    let question = |id: Value| json!({"jsonrpc": "2.0", "id": id, "method": "elicitation/create", "params": form("name")});
    let cancel = |id: Value| json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": id}});
    peer.say(question(json!(7)));
    peer.say(cancel(json!("7")));
    peer.nothing().await;
    assert_eq!(
        client.link().core.machine().in_flight(),
        (0, 1),
        "`7` is another id than 7"
    );
    // The same id again while it is worked on.
    peer.say(question(json!(7)));
    assert_eq!(peer.next().await.json["error"]["code"], -32600);
    peer.say(cancel(json!(7)));
    peer.nothing().await;
    assert_eq!(
        counter.0.load(Ordering::Relaxed),
        counter.1.load(Ordering::Relaxed)
    );
    assert_eq!(client.link().core.machine().in_flight(), (0, 0));
}

// SPEC: 2025-11-25/client/elicitation/security-considerations:5
#[tokio::test(start_paused = true)]
async fn questions_at_the_same_time_are_bounded() {
    let counter = Counter::default();
    let (client, mut peer) = pair(waiting_for_ever(&counter), Revision::V2025_11_25).await;
    for id in 0..40 {
        peer.say(json!({"jsonrpc": "2.0", "id": id, "method": "elicitation/create", "params": form("name")}));
    }
    for _ in 32..40 {
        assert_eq!(peer.next().await.json["error"]["code"], -31000);
    }
    peer.nothing().await;
    // The end of the client ends them all.
    drop(client);
    tokio::time::sleep(Duration::from_millis(1)).await;
    assert_eq!(counter.1.load(Ordering::Relaxed), 32);
}

#[tokio::test(start_paused = true)]
async fn a_call_waits_while_a_person_thinks() {
    let slow = builder().elicitation(|_| async {
        tokio::time::sleep(Duration::from_secs(300)).await;
        Ok(ElicitResult::new(ElicitAction::Decline))
    });
    let (client, mut peer) = pair(slow, Revision::V2025_11_25).await;
    let client = client.with(CallOptions::new().timeout(Duration::from_secs(10)));
    let calling = tokio::spawn(async move { client.call_tool("t", &json!({})).await });
    let call = peer.expect("tools/call").await;
    let declined = ask(&mut peer, "elicitation/create", form("name")).await;
    assert_eq!(declined["result"], json!({"action": "decline"}));
    peer.answer(&call, json!({"content": []}));
    calling.await.unwrap().unwrap();
}

// SPEC: 2025-11-25/client/roots/root-list-changes:1
#[tokio::test(start_paused = true)]
async fn roots_change() {
    let (client, mut peer) = pair(answering(), Revision::V2025_11_25).await;
    client
        .set_roots([Root::new("file:///other")])
        .await
        .unwrap();
    peer.expect("notifications/roots/list_changed").await;
    let reply = ask(&mut peer, "roots/list", json!({})).await;
    assert_eq!(reply["result"]["roots"], json!([{"uri": "file:///other"}]));
    let strange = client.set_roots([Root::new("file:///a/../b")]).await;
    assert!(matches!(strange, Err(CallError::Arguments)));
}

/// 2025-11-25: a call that needs a person at a URL first is made again when they were there.
#[tokio::test(start_paused = true)]
async fn a_call_is_made_again_after_a_visit() {
    let pay = |url: &str| json!({"elicitations": [{"mode": "url", "message": "Pay", "url": url, "elicitationId": "e"}]});
    let complete = json!({
        "jsonrpc": "2.0", "method": "notifications/elicitation/complete", "params": {"elicitationId": "e"},
    });
    for (url, told) in [
        ("https://mcp.example/pay", true),
        ("https://mcp.example/pay", false),
        ("http://mcp.example/pay", false),
    ] {
        let (client, mut peer) = pair(answering(), Revision::V2025_11_25).await;
        let calling = tokio::spawn(async move { client.call_tool("t", &json!({})).await });
        let seen = peer.expect("tools/call").await;
        peer.fail(&seen, -32042, pay(url));
        if url.starts_with("https") {
            if told {
                peer.nothing().await;
                peer.say(complete.clone());
            }
            let again = peer.expect("tools/call").await;
            assert_ne!(seen.id(), again.id());
            peer.answer(&again, json!({"content": []}));
            calling.await.unwrap().unwrap();
        } else {
            let refused = calling.await.unwrap().unwrap_err();
            assert_eq!(refused.rpc().map(crate::RpcError::code), Some(-32042));
        }
    }
}
