//! What is kept, for whom, and until when.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use interlock_wire::Revision;
use interlock_wire::types::SubscriptionFilter;
use serde_json::{Value, json};

use super::peer::{Peer, Shape, builder, everything, pair, shaped};
use crate::client::{CallOptions, Client};

fn list(ttl: Value, scope: Value) -> Value {
    json!({"resultType": "complete", "tools": [], "ttlMs": ttl, "cacheScope": scope})
}

/// Lists the tools, and says whether the server was asked.
async fn asked(client: &Client, peer: &mut Peer, result: &Value) -> bool {
    let client = client.clone();
    let listing = tokio::spawn(async move { client.list_tools().await });
    let waited = tokio::time::timeout(Duration::from_millis(1), peer.next()).await;
    if let Ok(seen) = &waited {
        peer.answer(seen, result.clone());
    }
    listing.await.unwrap().unwrap();
    waited.is_ok()
}

// SPEC: 2026-07-28/server/utilities/caching/freshness-calculation:1-2
// SPEC: 2026-07-28/server/utilities/caching/time-to-live-ttl-field:1-4
#[tokio::test(start_paused = true)]
async fn results_are_kept_as_long_as_they_say() {
    for (result, kept) in [
        (list(json!(60_000), json!("private")), true),
        (list(json!(60_000), json!("public")), true),
        (list(json!(0), json!("public")), false),
        (list(json!(-1), json!("public")), false),
        (list(json!(60_000), json!("everybody")), false),
        (list(json!(60_000), json!(null)), false),
        (json!({"resultType": "complete", "tools": []}), false),
    ] {
        let (client, mut peer) = pair(builder(), Revision::V2026_07_28).await;
        assert!(asked(&client, &mut peer, &result).await);
        assert_eq!(asked(&client, &mut peer, &result).await, !kept, "{result}");
        tokio::time::advance(Duration::from_secs(61)).await;
        assert!(asked(&client, &mut peer, &result).await, "stale: {result}");
    }
}

// SPEC: 2026-07-28/server/utilities/caching/cache-scope-field:1
#[tokio::test(start_paused = true)]
async fn nothing_crosses_to_another_account() {
    for scope in ["private", "public"] {
        let account = Arc::new(AtomicU64::new(1));
        let shape = Shape {
            account: Arc::clone(&account),
            ..Shape::default()
        };
        let (client, mut peer) =
            shaped(builder(), Revision::V2026_07_28, everything(), shape).await;
        let result = list(json!(60_000), json!(scope));
        assert!(asked(&client, &mut peer, &result).await);
        assert!(!asked(&client, &mut peer, &result).await);
        account.store(2, Ordering::Relaxed);
        assert!(asked(&client, &mut peer, &result).await, "{scope}");
        account.store(1, Ordering::Relaxed);
        assert!(
            asked(&client, &mut peer, &result).await,
            "{scope}: what was kept before is gone"
        );
    }
}

// SPEC: 2026-07-28/server/utilities/caching/cache-scope-field:1
/// The account changes between a request and its answer.
#[tokio::test(start_paused = true)]
async fn an_answer_to_another_account_is_not_kept() {
    let account = Arc::new(AtomicU64::new(1));
    let shape = Shape {
        account: Arc::clone(&account),
        ..Shape::default()
    };
    let (client, mut peer) = shaped(builder(), Revision::V2026_07_28, everything(), shape).await;
    let result = list(json!(60_000), json!("private"));
    let again = client.clone();
    let listing = tokio::spawn(async move { again.list_tools().await });
    let seen = peer.next().await;
    account.store(2, Ordering::Relaxed);
    peer.answer(&seen, result.clone());
    listing.await.unwrap().unwrap();
    assert!(asked(&client, &mut peer, &result).await);
}

#[tokio::test(start_paused = true)]
async fn a_change_makes_results_stale() {
    let (client, mut peer) = pair(builder(), Revision::V2026_07_28).await;
    let result = list(json!(60_000), json!("private"));
    let listening = client.clone();
    let filter = SubscriptionFilter::default().tools_list_changed(true);
    let listening = tokio::spawn(async move { listening.listen(filter).await });
    let listen = peer.expect("subscriptions/listen").await;
    let meta = json!({"io.modelcontextprotocol/subscriptionId": listen.id()});
    let say =
        |method: &str, params: Value| json!({"jsonrpc": "2.0", "method": method, "params": params});
    let changed = say("notifications/tools/list_changed", json!({"_meta": meta}));
    peer.say(say(
        "notifications/subscriptions/acknowledged",
        json!({"_meta": meta, "notifications": {}}),
    ));
    let _subscription = listening.await.unwrap().unwrap();

    assert!(asked(&client, &mut peer, &result).await);
    assert!(!asked(&client, &mut peer, &result).await);
    peer.say(changed.clone());
    assert!(asked(&client, &mut peer, &result).await);
    // A change while the answer is under way: the answer may be from before.
    let again = client.with(CallOptions::new().fresh());
    let relisting = tokio::spawn(async move { again.list_tools().await });
    let seen = peer.next().await;
    peer.say(changed);
    peer.answer(&seen, result.clone());
    relisting.await.unwrap().unwrap();
    assert!(asked(&client, &mut peer, &result).await);
    // Nobody but the subscription can say so.
    peer.say(say("notifications/tools/list_changed", json!({})));
    assert!(!asked(&client, &mut peer, &result).await);
}

// SPEC: 2026-07-28/server/utilities/caching/cache-key:1
#[tokio::test(start_paused = true)]
async fn other_parameters_are_another_result() {
    let (client, mut peer) = pair(builder(), Revision::V2026_07_28).await;
    let mut read = async |uri: &'static str| {
        let client = client.clone();
        let reading = tokio::spawn(async move { client.read_resource(uri).await });
        let waited = tokio::time::timeout(Duration::from_millis(1), peer.next()).await;
        if let Ok(seen) = &waited {
            let contents = json!([{"uri": uri, "text": uri}]);
            peer.answer(seen, json!({"resultType": "complete", "contents": contents, "ttlMs": 60_000, "cacheScope": "private"}));
        }
        assert_eq!(reading.await.unwrap().unwrap().contents[0].uri(), uri);
        waited.is_ok()
    };
    assert!(read("file:///a").await);
    assert!(read("file:///b").await);
    assert!(!read("file:///a").await);
    assert!(!read("file:///b").await);
}

// SPEC: 2026-07-28/server/utilities/caching/cache-key:2
/// A result that depends on what a person answered belongs to that one request.
#[tokio::test(start_paused = true)]
async fn results_of_several_rounds_are_not_kept() {
    let (client, mut peer) = pair(builder(), Revision::V2026_07_28).await;
    for _ in 0..2 {
        let again = client.clone();
        let reading = tokio::spawn(async move { again.read_resource("file:///a").await });
        let seen = peer.expect("resources/read").await;
        peer.answer(
            &seen,
            json!({"resultType": "input_required", "requestState": "s"}),
        );
        let seen = peer.expect("resources/read").await;
        peer.answer(&seen, json!({"resultType": "complete", "contents": [], "ttlMs": 60_000, "cacheScope": "public"}));
        reading.await.unwrap().unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn the_cache_can_be_left_out() {
    let (client, mut peer) = pair(builder().without_cache(), Revision::V2026_07_28).await;
    let result = list(json!(60_000), json!("public"));
    assert!(asked(&client, &mut peer, &result).await);
    assert!(asked(&client, &mut peer, &result).await);
    let (client, mut peer) = pair(builder(), Revision::V2025_11_25).await;
    assert!(asked(&client, &mut peer, &result).await);
    assert!(
        asked(&client, &mut peer, &result).await,
        "the session era has no such hints"
    );
}
