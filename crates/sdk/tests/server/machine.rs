//! Whatever a peer sends in whatever order: a session never panics, answers each request at most once, and stays bounded.

use interlock_sdk::Principal;
use interlock_sdk::server::{
    Arrival, CallError, Context, Handled, OfferedTool, Outbound, Server, SessionKind,
};
use interlock_wire::types::{ElicitParams, FormSchema, TaskSupport};
use interlock_wire::{Limits, parse};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::peer::modern;

#[derive(serde::Deserialize, schemars::JsonSchema)]
struct Nothing {}

fn server() -> Server {
    let asks = async |_: Nothing, cx: Context| -> Result<(), CallError> {
        cx.elicit(ElicitParams::form("?", FormSchema::default()))
            .await?;
        Ok(())
    };
    Server::builder("s", "1")
        .tool("quick", "Q", async |_: Nothing, _cx: Context| Ok(()))
        .tool("asks", "A", asks)
        .offer_tool(OfferedTool::new("task", "T", asks).task_support(TaskSupport::Optional))
        .build()
}

fn message() -> impl Strategy<Value = Value> {
    let id = prop_oneof![
        (0..4_i64).prop_map(|id| json!(id)),
        "[ab]".prop_map(|id| json!(id))
    ];
    let method = prop::sample::select(vec![
        "initialize",
        "ping",
        "tools/list",
        "tools/call",
        "server/discover",
        "subscriptions/listen",
        "tasks/get",
        "tasks/list",
        "tasks/cancel",
        "tasks/result",
        "tasks/update",
        "logging/setLevel",
        "resources/subscribe",
        "notifications/initialized",
        "notifications/cancelled",
        "x/y",
    ]);
    let params = prop::sample::select(vec![
        json!({}),
        json!({"name": "quick"}),
        json!({"name": "asks"}),
        json!({"name": "task", "task": {"ttl": 5}}),
        json!({"protocolVersion": "2025-11-25", "capabilities": {"elicitation": {}}, "clientInfo": {"name": "n", "version": "1"}}),
        json!({"requestId": 1}),
        json!({"level": "info"}),
        json!({"uri": "x://1"}),
        json!({"taskId": "t"}),
        json!({"notifications": {"toolsListChanged": true}}),
        json!({"cursor": "c"}),
        json!({"name": "asks", "inputResponses": {"question-1": {"action": "accept"}}, "requestState": "x"}),
    ]);
    (id, method, params, 0..6_u8).prop_map(|(id, method, params, shape)| match shape {
        0 => json!({"jsonrpc": "2.0", "id": id, "result": {"action": "accept"}}),
        1 => json!({"jsonrpc": "2.0", "id": id, "error": {"code": 1, "message": "m"}}),
        2 => json!({"jsonrpc": "2.0", "method": method, "params": params}),
        3 => {
            let can =
                json!({"elicitation": {}, "extensions": {"io.modelcontextprotocol/tasks": {}}});
            json!({"jsonrpc": "2.0", "id": id, "method": method, "params": modern(params, can)})
        }
        _ => json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}),
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    #[test]
    fn any_order_of_messages_is_survived(messages in prop::collection::vec(message(), 0..40), kind in 0..3_u8) {
        let kind = [SessionKind::Duplex, SessionKind::HttpLegacy, SessionKind::HttpModern][usize::from(kind)];
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let session = server().session(kind, Principal::anonymous());
            let out = Outbound::new(16);
            let mut sent = out.receiver().unwrap();
            session.attach(out.clone());
            let mut later = Vec::new();
            for value in &messages {
                let text = value.to_string();
                let message = parse(text.as_bytes(), &Limits::default()).unwrap();
                let mut reply = Vec::new();
                match session.handle(&message, Arrival::default(), &out, &mut reply) {
                    Handled::Replied(_) => {
                        let answer: Value = serde_json::from_slice(&reply).unwrap();
                        assert_eq!(answer["id"], value["id"]);
                        assert!(answer.get("result").is_some() != answer.get("error").is_some());
                    }
                    Handled::Silent => assert!(reply.is_empty()),
                    Handled::Later(mut pending) => {
                        assert!(reply.is_empty());
                        let mut task = std::task::Context::from_waker(std::task::Waker::noop());
                        if std::pin::Pin::new(&mut pending).poll(&mut task).is_pending() {
                            later.push(pending);
                        }
                    }
                }
                while let Some(text) = sent.try_recv() {
                    parse(&text, &Limits::default()).unwrap();
                }
            }
            session.close();
            for pending in later {
                // Cancelled, or answered before: never stuck.
                let ended = tokio::time::timeout(std::time::Duration::from_secs(3_600), pending).await;
                assert!(ended.is_ok());
            }
        });
    }
}
