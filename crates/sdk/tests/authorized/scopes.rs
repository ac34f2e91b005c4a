//! Which scopes are asked for.

use interlock_sdk::auth::client::Scopes;
use serde_json::{Value, json};

use super::world::World;

fn authorized(world: &World) -> Vec<String> {
    world
        .asked()
        .into_iter()
        .filter_map(|line| Some(line.split_once('[')?.1.trim_end_matches(']').to_owned()))
        .collect()
}

// SPEC: 2026-07-28/basic/authorization/index/refresh-tokens:3
// SPEC: 2026-07-28/basic/authorization/index/scope-selection-strategy:2-3,6-7
// SPEC: 2025-11-25/basic/authorization/protected-resource-metadata-discovery-requirements:5-6,9
// SPEC: 2025-11-25/basic/authorization/scope-selection-strategy:1-2
#[tokio::test]
async fn the_challenge_says_which_then_the_metadata_then_nobody() {
    let plain = r#"Bearer resource_metadata="META""#;
    let scoped = r#"Bearer scope="mcp:basic", resource_metadata="META""#;
    for (challenge, resource, issuer, expected) in [
        (
            scoped,
            json!(["mcp:read", "mcp:write"]),
            json!(["x"]),
            "mcp:basic",
        ),
        (
            plain,
            json!(["mcp:read", "mcp:write"]),
            json!(["x"]),
            "mcp:read mcp:write",
        ),
        (plain, Value::Null, json!(["x"]), ""),
        (
            plain,
            json!(["mcp:read"]),
            json!(["mcp:read", "offline_access"]),
            "mcp:read offline_access",
        ),
    ] {
        let world = World::new().await;
        {
            let mut knobs = world.knobs();
            knobs.challenge = challenge;
            knobs.resource = vec![("scopes_supported", resource)];
            knobs.metadata = vec![("scopes_supported", issuer)];
        }
        assert_eq!(world.call(&world.builder().build()).await.unwrap(), 200);
        assert_eq!(authorized(&world), [expected]);
    }
}

#[tokio::test]
async fn the_configuration_can_ask_for_more_and_for_less() {
    let world = World::new().await;
    world.knobs().metadata = vec![("scopes_supported", json!(["offline_access"]))];
    let builder = world.builder().scopes(Scopes::parse("extra")).online_only();
    assert_eq!(world.call(&builder.build()).await.unwrap(), 200);
    assert_eq!(authorized(&world), ["extra"]);
}

// SPEC: 2026-07-28/basic/authorization/index/scope-selection-strategy:4
// SPEC: 2026-07-28/basic/authorization/index/step-up-authorization-flow:1-2
// SPEC: 2025-11-25/basic/authorization/step-up-authorization-flow:1-2
#[tokio::test]
async fn a_step_up_keeps_what_was_granted_before() {
    let world = World::new().await;
    world.knobs().challenge = r#"Bearer scope="mcp:basic", resource_metadata="META""#;
    world.knobs().resource = vec![("scopes_supported", json!(["mcp:profile"]))];
    let oauth = world.builder().build();
    assert_eq!(world.call(&oauth).await.unwrap(), 200);
    world.knobs().challenge = r#"Bearer resource_metadata="META""#;
    world.knobs().needs = "mcp:write";
    assert_eq!(world.call(&oauth).await.unwrap(), 200);
    assert_eq!(authorized(&world), ["mcp:basic", "mcp:basic mcp:write"]);
}

// SPEC: 2026-07-28/basic/authorization/index/step-up-authorization-flow:3-4
// SPEC: 2025-11-25/basic/authorization/step-up-authorization-flow:3-4
#[tokio::test]
async fn a_scope_that_was_asked_for_in_vain_is_not_asked_for_again() {
    let world = World::new().await;
    world.knobs().challenge = r#"Bearer resource_metadata="META""#;
    let oauth = world.builder().build();
    assert_eq!(world.call(&oauth).await.unwrap(), 200);
    world.knobs().needs = "mcp:admin";
    // The authorization server grants what it likes: here, nothing of it.
    let forget = |world: &World| {
        world
            .knobs()
            .tokens
            .values_mut()
            .for_each(|token| token.scope.clear())
    };
    assert_eq!(world.call(&oauth).await.unwrap(), 200);
    forget(&world);
    for _ in 0..3 {
        assert_eq!(world.call(&oauth).await.unwrap(), 403);
    }
    assert_eq!(authorized(&world), ["", "mcp:admin"]);
}

#[tokio::test]
async fn a_refusal_that_names_no_scope_stands() {
    let world = World::new().await;
    let oauth = world.builder().build();
    assert_eq!(world.call(&oauth).await.unwrap(), 200);
    world.log();
    // The challenge becomes one without the error code.
    world.knobs().challenge = r#"Bearer error="access_denied""#;
    world.knobs().needs = "x";
    let refused = world.call(&oauth).await;
    assert!(world.asked().is_empty(), "{refused:?}");
}
