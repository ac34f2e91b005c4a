//! Changes at the server, in both eras.

use std::time::Duration;

use interlock_wire::Revision;
use interlock_wire::types::SubscriptionFilter;
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use super::peer::{Peer, Seen, Shape, builder, everything, pair, shaped};
use crate::client::{CallError, Change, Client, Subscription, Taken};

fn filter() -> SubscriptionFilter {
    SubscriptionFilter::default()
        .tools_list_changed(true)
        .resource_subscriptions(["file:///a".to_owned()])
}

fn listen(client: &Client) -> JoinHandle<Result<Subscription, CallError>> {
    let client = client.clone();
    tokio::spawn(async move { client.listen(filter()).await })
}

fn said(seen: &Seen, method: &str, mut params: Value) -> Value {
    params["_meta"] = json!({"io.modelcontextprotocol/subscriptionId": seen.id()});
    json!({"jsonrpc": "2.0", "method": method, "params": params})
}

const ACKNOWLEDGED: &str = "notifications/subscriptions/acknowledged";
const TOOLS: &str = "notifications/tools/list_changed";
const UPDATED: &str = "notifications/resources/updated";

async fn open(client: &Client, peer: &mut Peer) -> (Subscription, Seen) {
    let listening = listen(client);
    let seen = peer.expect("subscriptions/listen").await;
    peer.say(said(
        &seen,
        ACKNOWLEDGED,
        json!({"notifications": {"toolsListChanged": true}}),
    ));
    (listening.await.unwrap().unwrap(), seen)
}

async fn waits(subscription: &mut Subscription) -> bool {
    let waited = tokio::time::timeout(Duration::from_millis(1), subscription.next()).await;
    waited.is_err()
}

// SPEC: 2026-07-28/basic/patterns/subscriptions/acknowledgment:3
#[tokio::test(start_paused = true)]
async fn changes_of_a_subscription_are_told() {
    let (client, mut peer) = pair(builder(), Revision::V2026_07_28).await;
    let listening = listen(&client);
    let seen = peer.expect("subscriptions/listen").await;
    let wanted = json!({"toolsListChanged": true, "resourceSubscriptions": ["file:///a"]});
    assert_eq!(seen.params()["notifications"], wanted);
    // Nothing counts before it is acknowledged.
    assert_eq!(peer.say(said(&seen, TOOLS, json!({}))), Taken::Nothing);
    peer.say(said(
        &seen,
        ACKNOWLEDGED,
        json!({"notifications": {"toolsListChanged": true}}),
    ));
    let mut subscription = listening.await.unwrap().unwrap();
    assert_eq!(
        subscription.agreed(),
        &SubscriptionFilter::default().tools_list_changed(true)
    );

    // The same change twice is told once.
    peer.say(said(&seen, TOOLS, json!({})));
    peer.say(said(&seen, UPDATED, json!({"uri": "file:///a/b"})));
    peer.say(said(&seen, TOOLS, json!({})));
    assert_eq!(
        subscription.next().await,
        Some(Change::Resource("file:///a/b".to_owned()))
    );
    assert_eq!(subscription.next().await, Some(Change::Tools));
    assert!(waits(&mut subscription).await);
    // Of another subscription, or of none.
    let mut other = said(&seen, TOOLS, json!({}));
    other["params"]["_meta"]["io.modelcontextprotocol/subscriptionId"] = json!(99);
    assert_eq!(peer.say(other), Taken::Nothing);
    peer.say(json!({"jsonrpc": "2.0", "method": TOOLS}));
    assert!(waits(&mut subscription).await);
}

// SPEC: 2026-07-28/basic/patterns/subscriptions/receiving-notifications:1
// SPEC: 2026-07-28/basic/transports/stdio/receiving-messages:1
#[tokio::test(start_paused = true)]
async fn two_subscriptions_are_told_apart() {
    let (client, mut peer) = pair(builder(), Revision::V2026_07_28).await;
    let (mut first, one) = open(&client, &mut peer).await;
    let (mut second, other) = open(&client, &mut peer).await;
    assert_ne!(one.id(), other.id());
    peer.say(said(&other, TOOLS, json!({})));
    assert_eq!(second.next().await, Some(Change::Tools));
    assert!(waits(&mut first).await);
}

// SPEC: 2026-07-28/basic/patterns/cancellation/transport-specific-cancellation:2
// SPEC: 2026-07-28/basic/transports/stdio/cancellation:1
#[tokio::test(start_paused = true)]
async fn a_subscription_ends() {
    // By the server, in order and otherwise.
    for end in ["result", "cancelled", "error"] {
        let (client, mut peer) = pair(builder(), Revision::V2026_07_28).await;
        let (mut subscription, seen) = open(&client, &mut peer).await;
        peer.say(said(&seen, TOOLS, json!({})));
        match end {
            "result" => peer.answer(&seen, json!({"resultType": "complete", "_meta": {}})),
            "error" => peer.fail(&seen, -32603, json!(null)),
            _ => drop(peer.say(said(
                &seen,
                "notifications/cancelled",
                json!({"requestId": seen.id()}),
            ))),
        }
        assert_eq!(subscription.next().await, Some(Change::Tools), "{end}");
        assert_eq!(subscription.next().await, None, "{end}");
    }
    // By us.
    for http in [true, false] {
        let shape = Shape {
            http,
            ..Shape::default()
        };
        let (client, mut peer) =
            shaped(builder(), Revision::V2026_07_28, everything(), shape).await;
        let (subscription, seen) = open(&client, &mut peer).await;
        drop(subscription);
        if !http {
            let cancelled = peer.expect("notifications/cancelled").await;
            assert_eq!(&cancelled.params()["requestId"], seen.id());
        }
        peer.nothing().await;
        assert_eq!(client.link().core.machine().in_flight(), (0, 0));
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_may_refuse_or_stay_silent() {
    let (client, mut peer) = pair(builder(), Revision::V2026_07_28).await;
    let listening = listen(&client);
    let seen = peer.expect("subscriptions/listen").await;
    peer.fail(&seen, -32601, json!(null));
    assert!(matches!(listening.await.unwrap(), Err(CallError::Rpc(_))));
    let listening = listen(&client);
    peer.expect("subscriptions/listen").await;
    assert!(matches!(
        listening.await.unwrap(),
        Err(CallError::Timeout(_))
    ));
    peer.expect("notifications/cancelled").await;
}

/// A server may cancel nothing but subscriptions.
#[tokio::test(start_paused = true)]
async fn other_requests_are_not_the_servers_to_cancel() {
    let (client, mut peer) = pair(builder(), Revision::V2026_07_28).await;
    let listing = tokio::spawn(async move { client.list_tools().await });
    let seen = peer.expect("tools/list").await;
    peer.say(json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": seen.id()}}));
    peer.answer(&seen, json!({"tools": []}));
    assert_eq!(listing.await.unwrap().unwrap(), []);
}

#[tokio::test(start_paused = true)]
async fn the_session_era_subscribes_one_by_one() {
    let (client, mut peer) = pair(builder(), Revision::V2025_11_25).await;
    let listening = listen(&client);
    let seen = peer.expect("resources/subscribe").await;
    assert_eq!(seen.params(), &json!({"uri": "file:///a"}));
    peer.answer(&seen, json!({}));
    let mut subscription = listening.await.unwrap().unwrap();
    assert_eq!(subscription.agreed(), &filter());
    let say =
        |method: &str, params: Value| json!({"jsonrpc": "2.0", "method": method, "params": params});
    peer.say(say(TOOLS, json!({})));
    peer.say(say("notifications/prompts/list_changed", json!({})));
    peer.say(say(UPDATED, json!({"uri": "file:///a"})));
    peer.say(say(UPDATED, json!({"uri": "file:///other"})));
    assert_eq!(subscription.next().await, Some(Change::Tools));
    assert_eq!(
        subscription.next().await,
        Some(Change::Resource("file:///a".to_owned()))
    );
    assert!(waits(&mut subscription).await);
    drop(subscription);
    let seen = peer.expect("resources/unsubscribe").await;
    assert_eq!(seen.params(), &json!({"uri": "file:///a"}));
}

#[tokio::test(start_paused = true)]
async fn a_slow_listener_costs_no_memory() {
    let (client, mut peer) = pair(builder(), Revision::V2026_07_28).await;
    let (mut subscription, seen) = open(&client, &mut peer).await;
    for n in 0..1_025 {
        peer.say(said(
            &seen,
            UPDATED,
            json!({"uri": format!("file:///a/{n}")}),
        ));
    }
    assert_eq!(subscription.next().await, Some(Change::Missed));
    assert!(waits(&mut subscription).await);
}

#[tokio::test(start_paused = true)]
async fn hooks_hear_what_is_nobodys_subscription() {
    let (sender, mut heard) = tokio::sync::mpsc::channel(8);
    let (logs, changes) = (sender.clone(), sender.clone());
    let hooks = builder()
        .on_log(move |log| {
            logs.try_send(format!("{:?} {:?}", log.level, log.data))
                .unwrap()
        })
        .on_change(move |change| changes.try_send(format!("{change:?}")).unwrap())
        .on_notification(move |name, params| {
            sender.try_send(format!("{name} {params:?}")).unwrap()
        });
    let (_client, peer) = pair(hooks, Revision::V2025_11_25).await;
    let say =
        |method: &str, params: Value| json!({"jsonrpc": "2.0", "method": method, "params": params});
    peer.say(say(
        "notifications/message",
        json!({"level": "info", "data": "hello"}),
    ));
    peer.say(say("notifications/prompts/list_changed", json!({})));
    peer.say(say("com.example/thing", json!({"a": 1})));
    // Not a server's to send.
    assert_eq!(
        peer.say(say("notifications/initialized", json!({}))),
        Taken::Nothing
    );
    assert_eq!(
        peer.say(say("notifications/roots/list_changed", json!({}))),
        Taken::Nothing
    );
    assert_eq!(heard.recv().await.unwrap(), "Info \"hello\"");
    assert_eq!(heard.recv().await.unwrap(), "Prompts");
    assert_eq!(heard.recv().await.unwrap(), "com.example/thing {\"a\":1}");
    assert!(heard.try_recv().is_err());
}
