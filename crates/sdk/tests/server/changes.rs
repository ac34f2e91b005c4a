//! Telling clients what changed.

use interlock_sdk::server::{Context, OfferedTool, Server, SessionKind};
use interlock_wire::types::Resource;
use serde_json::{Value, json};

use super::peer::{Peer, landed, modern, nudge};

#[derive(serde::Deserialize, schemars::JsonSchema)]
struct Nothing {}

fn server() -> Server {
    Server::builder("s", "1")
        .tool("a", "A tool", async |_: Nothing, _cx: Context| Ok(()))
        .resource(Resource::new("x://1", "one"), async |_cx: Context| Ok("1"))
        .build()
}

fn listen(filter: Value) -> Value {
    modern(json!({"notifications": filter}), json!({}))
}

fn methods(sent: &[Value]) -> Vec<&str> {
    sent.iter()
        .map(|message| message["method"].as_str().unwrap())
        .collect()
}

const TOOLS: &str = "notifications/tools/list_changed";
const RESOURCES: &str = "notifications/resources/list_changed";
const UPDATED: &str = "notifications/resources/updated";
const SUBSCRIPTION: &str = "io.modelcontextprotocol/subscriptionId";

fn add_tool(server: &Server) {
    let tool = OfferedTool::new("b", "Another", async |_: Nothing, _cx: Context| Ok(()));
    server.change(|offers| offers.tool(tool));
}

// SPEC: 2025-11-25/server/tools/list-changed-notification:1
#[test]
fn a_legacy_client_is_told_and_subscribes_to_resources() {
    let server = server();
    let mut peer = Peer::legacy(&server, "2025-06-18", json!({}));
    add_tool(&server);
    server.change(|offers| offers.remove_resource("y://none"));
    server.resource_updated("x://1");
    assert_eq!(methods(&peer.sent()), [TOOLS]);
    peer.ask_now(json!(1), "resources/subscribe", json!({"uri": "x://1"}));
    server.resource_updated("x://1");
    server.resource_updated("x://2");
    assert_eq!(
        peer.sent(),
        [json!({"jsonrpc": "2.0", "method": UPDATED, "params": {"uri": "x://1"}})]
    );
    peer.ask_now(json!(2), "resources/unsubscribe", json!({"uri": "x://1"}));
    server.resource_updated("x://1");
    assert!(peer.sent().is_empty());
    let tools = peer.ask_now(json!(3), "tools/list", json!({}));
    assert_eq!(tools["result"]["tools"].as_array().unwrap().len(), 2);
}

// SPEC: 2026-07-28/basic/index/meta:16 2026-07-28/basic/patterns/subscriptions/acknowledgment:1-2
// SPEC: 2026-07-28/basic/patterns/subscriptions/opening-a-stream:1
// SPEC: 2026-07-28/server/tools/list-changed-notification:1
#[test]
fn a_stream_hears_what_it_asked_for_and_no_more() {
    let server = server();
    let mut peer = Peer::new(&server, SessionKind::Duplex);
    let filter = json!({"toolsListChanged": true, "promptsListChanged": true, "resourceSubscriptions": ["x://1"]});
    let mut pending = peer.begin(json!("s"), "subscriptions/listen", listen(filter));
    nudge(&mut pending);
    let sent = peer.sent();
    assert_eq!(methods(&sent), ["notifications/subscriptions/acknowledged"]);
    assert_eq!(sent[0]["params"]["_meta"][SUBSCRIPTION], "s");
    // There are no prompts, so nothing is promised of them.
    assert_eq!(
        sent[0]["params"]["notifications"],
        json!({"toolsListChanged": true, "resourceSubscriptions": ["x://1"]})
    );
    add_tool(&server);
    server.change(|offers| offers.remove_tool("a"));
    server.resource_updated("x://1");
    server.resource_updated("x://2");
    server.change(|offers| offers.remove_resource("x://1"));
    nudge(&mut pending);
    let sent = peer.sent();
    // Two changes of one list are one piece of news.
    assert_eq!(methods(&sent), [TOOLS, UPDATED]);
    assert!(
        sent.iter()
            .all(|message| message["params"]["_meta"][SUBSCRIPTION] == "s")
    );
    assert_eq!(sent[1]["params"]["uri"], "x://1");
}

// SPEC: 2026-07-28/basic/patterns/cancellation/behavior-requirements:3 2026-07-28/basic/patterns/cancellation/top:2
// SPEC: 2026-07-28/basic/patterns/subscriptions/cancellation:1
// SPEC: 2026-07-28/basic/patterns/subscriptions/graceful-closure:1
// SPEC: 2026-07-28/server/resources/list-changed-notification:1
#[tokio::test]
async fn a_stream_ends_in_good_order() {
    let server = server();
    let mut peer = Peer::new(&server, SessionKind::Duplex);
    let mut pending = peer.begin(
        json!(4),
        "subscriptions/listen",
        listen(json!({"resourcesListChanged": true})),
    );
    nudge(&mut pending);
    peer.sent();
    server.change(|offers| offers.remove_resource("x://1"));
    server.end_subscriptions();
    let answer = landed(pending).await.unwrap();
    assert_eq!(answer["result"]["resultType"], "complete");
    assert_eq!(answer["result"]["_meta"][SUBSCRIPTION], 4);
    let sent = peer.sent();
    assert_eq!(methods(&sent), [RESOURCES, "notifications/cancelled"]);
    assert_eq!(sent[1]["params"]["requestId"], 4);
    add_tool(&server);
    assert!(peer.sent().is_empty());
}

#[tokio::test]
async fn a_stream_ends_when_the_client_says_so_or_is_gone() {
    let server = server();
    let mut peer = Peer::new(&server, SessionKind::Duplex);
    let pending = peer.begin(
        json!(4),
        "subscriptions/listen",
        listen(json!({"toolsListChanged": true})),
    );
    peer.tell("notifications/cancelled", json!({"requestId": 4}));
    assert_eq!(landed(pending).await, None);
    add_tool(&server);
    assert!(peer.sent().iter().all(|message| message["method"] != TOOLS));
    let pending = peer.begin(
        json!(5),
        "subscriptions/listen",
        listen(json!({"toolsListChanged": true})),
    );
    peer.out.close();
    assert_eq!(landed(pending).await, None);
}

#[test]
fn a_slow_reader_costs_no_queue() {
    let server = server();
    let mut peer = Peer::new(&server, SessionKind::Duplex);
    let mut pending = peer.begin(
        json!(1),
        "subscriptions/listen",
        listen(json!({"toolsListChanged": true})),
    );
    nudge(&mut pending);
    for _ in 0..1_000 {
        add_tool(&server);
    }
    nudge(&mut pending);
    assert_eq!(methods(&peer.sent()).len(), 2);
}

// SPEC: 2026-07-28/basic/index/meta:11
#[test]
fn filters_are_bounded() {
    let peer = Peer::new(&server(), SessionKind::Duplex);
    let many: Vec<String> = (0..1_025).map(|n| format!("x://{n}")).collect();
    let answer = peer.ask_now(
        json!(1),
        "subscriptions/listen",
        listen(json!({"resourceSubscriptions": many})),
    );
    assert_eq!(answer["error"]["code"], -31000);
    let answer = peer.ask_now(
        json!(1),
        "subscriptions/listen",
        listen(json!({"taskIds": ["t"]})),
    );
    assert_eq!(answer["error"]["code"], -32021);
    let answer = peer.ask_now(json!(1), "subscriptions/listen", listen(json!(5)));
    assert_eq!(answer["error"]["code"], -32602);
}
