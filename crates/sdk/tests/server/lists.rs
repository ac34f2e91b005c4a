//! Pages and their cursors.

use interlock_sdk::Principal;
use interlock_sdk::clock::Clock;
use interlock_sdk::server::{Builder, Context, Server, SessionKind, StateKeys};
use interlock_wire::types::{CacheScope, Prompt};
use serde_json::{Value, json};
use std::time::Duration;

use super::peer::{Peer, modern};

#[derive(serde::Deserialize, schemars::JsonSchema)]
struct Nothing {}

fn builder() -> Builder {
    let mut builder = Server::builder("s", "1").page_size(2);
    for name in ["a", "b", "c", "d", "e"] {
        builder = builder.tool(name, "A tool", async |_: Nothing, _cx: Context| Ok(()));
        builder = builder.prompt(Prompt::new(name), async |_, _cx: Context| Ok("x"));
    }
    builder
}

fn names(peer: &Peer, cursor: Option<Value>) -> (Vec<String>, Option<Value>, Value) {
    let params = cursor.map_or(json!({}), |cursor| json!({"cursor": cursor}));
    let answer = peer.ask_now(json!(1), "tools/list", modern(params, json!({})));
    let tools = answer["result"]["tools"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    let names = tools
        .iter()
        .map(|tool| tool["name"].as_str().unwrap().to_owned());
    (
        names.collect(),
        answer["result"].get("nextCursor").cloned(),
        answer["error"]["code"].clone(),
    )
}

// SPEC: 2026-07-28/server/tools/capabilities:2,4 both/server/utilities/pagination/implementation-guidelines:1
#[test]
fn pages_follow_each_other() {
    let peer = Peer::new(&builder().build(), SessionKind::HttpModern);
    let (first, cursor, _) = names(&peer, None);
    let (second, cursor, _) = names(&peer, cursor);
    let (third, end, _) = names(&peer, cursor);
    assert_eq!([first, second, third].concat(), ["a", "b", "c", "d", "e"]);
    assert_eq!(end, None);
}

// SPEC: both/server/utilities/pagination/error-handling:1
// SPEC: both/server/utilities/pagination/implementation-guidelines:2
#[test]
fn a_cursor_opens_only_where_it_belongs() {
    let (clock, hand) = Clock::fake(1_000_000);
    let server = builder().clock(clock).build();
    let alice = Principal::new("https://idp.example", "alice");
    let peer = Peer::with_principal(&server, SessionKind::HttpModern, alice.clone());
    let cursor = names(&peer, None).1.unwrap();
    let text = cursor.as_str().unwrap();
    for wrong in [
        json!(""),
        json!("2"),
        json!(2),
        json!(format!("{text}A")),
        json!(text.to_lowercase()),
    ] {
        assert_eq!(names(&peer, Some(wrong)).2, -32602);
    }
    let stranger = Peer::new(&server, SessionKind::HttpModern);
    assert_eq!(names(&stranger, Some(cursor.clone())).2, -32602);
    let other = modern(json!({"cursor": cursor}), json!({}));
    assert_eq!(
        peer.ask_now(json!(1), "prompts/list", other)["error"]["code"],
        -32602
    );
    let elsewhere = Peer::with_principal(&builder().build(), SessionKind::HttpModern, alice);
    assert_eq!(names(&elsewhere, Some(cursor.clone())).2, -32602);
    hand.advance(Duration::from_secs(25 * 3_600));
    assert_eq!(names(&peer, Some(cursor)).2, -32602);
}

#[test]
fn keys_can_be_shared_and_replaced() {
    let build = |keys| {
        Peer::new(
            &builder().request_state_keys(keys).build(),
            SessionKind::HttpModern,
        )
    };
    let old = build(StateKeys::new([1; 32]));
    let cursor = names(&old, None).1.unwrap();
    let same = build(StateKeys::new([1; 32]));
    assert_eq!(names(&same, Some(cursor.clone())).0, ["c", "d"]);
    let rotated = build(StateKeys::new([2; 32]).or_open_with([1; 32]));
    assert_eq!(names(&rotated, Some(cursor.clone())).0, ["c", "d"]);
    let gone = build(StateKeys::new([2; 32]));
    assert_eq!(names(&gone, Some(cursor)).2, -32602);
}

// SPEC: 2026-07-28/server/prompts/capabilities:2 2026-07-28/server/utilities/caching/cacheable-results:1
// SPEC: 2026-07-28/server/utilities/caching/interaction-with-pagination:4
// SPEC: 2026-07-28/server/utilities/caching/time-to-live-ttl-field:5
#[test]
fn caching_is_as_configured() {
    let server = builder()
        .cache(Duration::from_secs(60), CacheScope::Public)
        .build();
    let peer = Peer::new(&server, SessionKind::HttpModern);
    for method in ["tools/list", "prompts/list", "server/discover"] {
        let result = peer.ask_now(json!(1), method, modern(json!({}), json!({})))["result"].clone();
        assert_eq!(
            (&result["ttlMs"], &result["cacheScope"]),
            (&json!(60_000), &json!("public"))
        );
    }
}
