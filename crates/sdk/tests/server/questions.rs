//! What questions to the client have to have, and which ones are not put.

use interlock_sdk::RpcError;
use interlock_sdk::server::{CallError, Context, Server, SessionKind};
use interlock_wire::types::{
    ContentBlock, CreateMessageParams, ElicitParams, ElicitUrlParams, IncludeContext, Role,
    SamplingMessage, Tool, ToolResultContent, ToolUseContent,
};
use serde_json::json;

use super::peer::{Peer, landed, modern};

#[derive(serde::Deserialize, schemars::JsonSchema)]
struct Nothing {}

fn at_url(url: &str) -> ElicitUrlParams {
    ElicitUrlParams {
        message: "Pay".into(),
        url: url.into(),
        ..ElicitUrlParams::default()
    }
}

fn visiting() -> Server {
    Server::builder("s", "1")
        .tool("asks", "Asks at a URL", async |_: Nothing, cx: Context| {
            cx.elicit(ElicitParams::Url(at_url("https://pay.example/1")))
                .await?;
            Ok("paid")
        })
        .tool(
            "needs",
            "Needs a visit",
            async |_: Nothing, _cx: Context| {
                let asked = vec![
                    at_url("https://pay.example/1"),
                    at_url("https://pay.example/2"),
                ];
                Err::<(), _>(CallError::rpc(RpcError::url_elicitation_required(asked)))
            },
        )
        .build()
}

// SPEC: 2025-11-25/client/elicitation/url-mode-elicitation-requests:1
// SPEC: 2025-11-25/client/elicitation/completion-notifications-for-url-mode-elicitation:1-2
// SPEC: 2025-11-25/client/elicitation/url-elicitation-required-error:1-3
// SPEC: 2025-11-25/client/elicitation/error-handling:1
#[tokio::test]
async fn questions_at_urls_have_all_their_parts() {
    let server = visiting();
    let url = json!({"elicitation": {"url": {}}});
    let mut peer = Peer::legacy(&server, "2025-11-25", url.clone());
    let mut other = Peer::legacy(&server, "2025-11-25", url);
    let pending = tokio::spawn(landed(peer.begin(
        json!(1),
        "tools/call",
        json!({"name": "asks"}),
    )));
    let question = peer.next().await;
    let params = question["params"].clone();
    assert_eq!(
        (&params["mode"], &params["message"], &params["url"]),
        (
            &json!("url"),
            &json!("Pay"),
            &json!("https://pay.example/1")
        )
    );
    let id = params["elicitationId"].as_str().unwrap();
    assert_eq!(id.len(), 32);
    peer.answer(&question, json!({"action": "accept"}));
    assert_eq!(
        pending.await.unwrap().unwrap()["result"]["content"][0]["text"],
        "paid"
    );
    peer.session.elicitation_complete(id);
    assert_eq!(peer.sent()[0]["params"], json!({"elicitationId": id}));
    assert!(other.sent().is_empty(), "it was not asked");

    let error = peer.ask_now(json!(2), "tools/call", json!({"name": "needs"}))["error"].clone();
    assert_eq!(error["code"], -32042);
    let asked = error["data"]["elicitations"].as_array().unwrap();
    assert_eq!(asked.len(), 2);
    for question in asked {
        assert_eq!(
            (&question["mode"], &question["message"]),
            (&json!("url"), &json!("Pay"))
        );
        assert_eq!(question["elicitationId"].as_str().unwrap().len(), 32);
    }
}

fn sampling(what: &'static str) -> Server {
    let tool_use = || {
        ContentBlock::ToolUse(Box::new(ToolUseContent {
            id: "u".into(),
            name: "t".into(),
            ..ToolUseContent::default()
        }))
    };
    let result = || {
        ContentBlock::ToolResult(Box::new(ToolResultContent {
            tool_use_id: "u".into(),
            ..ToolResultContent::default()
        }))
    };
    let said = |role: Role, content: Vec<ContentBlock>| SamplingMessage {
        content: content.into(),
        ..SamplingMessage::new(role, "")
    };
    Server::builder("s", "1")
        .tool(
            "sample",
            "Asks the model",
            move |_: Nothing, cx: Context| async move {
                let mut asked = CreateMessageParams {
                    messages: vec![SamplingMessage::user("hi")],
                    max_tokens: 9,
                    ..Default::default()
                };
                match what {
                    "tools" => asked.tools = Some(vec![Tool::new("t")]),
                    "context" => asked.include_context = Some(IncludeContext::ThisServer),
                    "none" => asked.include_context = Some(IncludeContext::None),
                    "mixed" => {
                        asked.messages = vec![
                            said(Role::Assistant, vec![tool_use()]),
                            said(Role::User, vec![result(), ContentBlock::text("and")]),
                        ]
                    }
                    "open" => {
                        asked.messages = vec![
                            said(Role::Assistant, vec![tool_use()]),
                            SamplingMessage::user("hi"),
                        ]
                    }
                    _ => {}
                }
                cx.sample(asked).await?;
                Ok("said")
            },
        )
        .build()
}

// SPEC: both/client/sampling/tools-in-sampling:2 both/client/sampling/capabilities:3
// SPEC: both/client/sampling/tool-result-messages:1 both/client/sampling/security-considerations:6
#[test]
fn the_model_is_asked_for_what_it_is_lent_and_in_order() {
    let call = || json!({"name": "sample"});
    for (what, capability, expected) in [
        ("plain", json!({}), json!("input_required")),
        ("none", json!({}), json!("input_required")),
        ("tools", json!({}), json!(-32021)),
        ("tools", json!({"tools": {}}), json!("input_required")),
        ("context", json!({"tools": {}}), json!(-32021)),
        ("context", json!({"context": {}}), json!("input_required")),
        ("mixed", json!({"tools": {}}), json!(true)),
        ("open", json!({"tools": {}}), json!(true)),
    ] {
        let mut peer = Peer::new(&sampling(what), SessionKind::HttpModern);
        let declared = json!({"sampling": capability});
        let answer = peer.ask_now(json!(1), "tools/call", modern(call(), declared.clone()));
        let parts = ["/error/code", "/result/isError", "/result/resultType"];
        let part = parts.iter().find_map(|part| answer.pointer(part));
        assert_eq!(part, Some(&expected), "{what}: {answer}");
        assert!(peer.sent().is_empty());
        if expected != "input_required" {
            let mut old = Peer::legacy(&sampling(what), "2025-11-25", declared);
            old.ask_now(json!(1), "tools/call", call());
            assert!(old.sent().is_empty(), "{what} is not asked");
        }
    }
}
