//! Lists in pages.

use interlock_wire::Revision;
use serde_json::json;

use super::peer::{builder, pair};
use crate::client::CallError;

fn named(name: &str) -> serde_json::Value {
    json!({"name": name, "inputSchema": {"type": "object"}})
}

// SPEC: both/server/prompts/implementation-considerations:2
// SPEC: both/server/utilities/pagination/implementation-guidelines:3-6
// SPEC: both/server/utilities/pagination/pagination-model:1
#[tokio::test(start_paused = true)]
async fn all_pages_are_read() {
    let (client, mut peer) = pair(builder(), Revision::V2025_11_25).await;
    let listing = tokio::spawn(async move { client.list_tools().await });
    let seen = peer.next().await;
    peer.answer(
        &seen,
        json!({"tools": [named("a"), named("b")], "nextCursor": "2"}),
    );
    let seen = peer.next().await;
    assert_eq!(seen.params(), &json!({"cursor": "2"}));
    peer.answer(&seen, json!({"tools": [named("c")]}));
    let names: Vec<_> = listing
        .await
        .unwrap()
        .unwrap()
        .into_iter()
        .map(|tool| tool.name)
        .collect();
    assert_eq!(names, ["a", "b", "c"]);
}

#[tokio::test(start_paused = true)]
async fn lists_end() {
    let (client, mut peer) = pair(builder().most_pages(3), Revision::V2025_11_25).await;
    let again = client.clone();
    let listing = tokio::spawn(async move { again.list_prompts().await });
    for n in 0..3 {
        let seen = peer.expect("prompts/list").await;
        peer.answer(&seen, json!({"prompts": [], "nextCursor": n.to_string()}));
    }
    assert!(matches!(
        listing.await.unwrap(),
        Err(CallError::TooManyPages(3))
    ));
    // A cursor that leads to itself.
    let listing = tokio::spawn(async move { client.list_resources().await });
    for _ in 0..2 {
        let seen = peer.expect("resources/list").await;
        peer.answer(&seen, json!({"resources": [], "nextCursor": "same"}));
    }
    assert_eq!(listing.await.unwrap().unwrap(), []);
}

// SPEC: 2026-07-28/server/utilities/caching/interaction-with-pagination:3
/// A cursor may outlive what it points into.
#[tokio::test(start_paused = true)]
async fn a_cursor_that_became_invalid_starts_the_list_again() {
    let (client, mut peer) = pair(builder(), Revision::V2026_07_28).await;
    let first = json!({
        "resultType": "complete", "tools": [named("a")], "nextCursor": "2", "ttlMs": 60_000, "cacheScope": "private",
    });
    let listing = tokio::spawn(async move { client.list_tools().await });
    let seen = peer.next().await;
    peer.answer(&seen, first);
    let seen = peer.next().await;
    peer.fail(&seen, -32602, json!(null));
    let seen = peer.next().await;
    assert_eq!(
        seen.params()["cursor"],
        json!(null),
        "what was kept is forgotten"
    );
    peer.answer(
        &seen,
        json!({"resultType": "complete", "tools": [named("b")]}),
    );
    assert_eq!(listing.await.unwrap().unwrap()[0].name, "b");
}
