//! A guarded server on a real socket: who gets in, what the others are told, and that a session is no key.

pub(crate) mod http;
mod world;

use serde_json::json;

use http::Answer;
use world::{NOW, RESOURCE, World};

/// What a refusal comes to: its status and the `error` of its challenge.
fn refusal(answer: &Answer) -> String {
    let challenge = answer.header("www-authenticate").unwrap_or_default();
    let error = challenge
        .split("error=\"")
        .nth(1)
        .and_then(|rest| rest.split('"').next());
    format!("{} {}", answer.status, error.unwrap_or("-"))
}

// SPEC: 2026-07-28/basic/authorization/authorization-server-discovery/protected-resource-metadata-discovery-requirements:1
// SPEC: 2025-11-25/basic/authorization/error-handling:1 2026-07-28/basic/authorization/index/error-handling:1
// SPEC: 2026-07-28/basic/authorization/index/scope-selection-strategy:1
// SPEC: 2025-11-25/basic/authorization/protected-resource-metadata-discovery-requirements:1,4
#[tokio::test]
async fn strangers_are_told_where_to_get_a_token_and_nothing_else() {
    let world = World::start().await;
    for method in ["POST", "GET", "DELETE"] {
        let answer = world.send(method, "/mcp", &[], "").await;
        assert_eq!(answer.status, 401, "{method}");
        let challenge = answer.header("www-authenticate").unwrap();
        assert!(
            challenge.contains(r#"resource_metadata="https://mcp.example/.well-known/oauth-protected-resource/mcp""#),
            "{challenge}"
        );
        assert!(challenge.contains(r#"scope="mcp:use""#), "{challenge}");
    }
    // Not a byte of the body is waited for.
    let unread = world
        .send("POST", "/mcp", &[("content-length", "1000000")], "")
        .await;
    assert_eq!(unread.status, 401);
}

// SPEC: 2026-07-28/basic/authorization/authorization-server-discovery/authorization-server-location:1-2
// SPEC: 2025-11-25/basic/authorization/authorization-server-location:1-2
// SPEC: 2026-07-28/basic/authorization/index/overview:3 2025-11-25/basic/authorization/overview:3
#[tokio::test]
async fn metadata_is_for_everyone() {
    let world = World::start().await;
    for path in [
        "/.well-known/oauth-protected-resource",
        "/.well-known/oauth-protected-resource/mcp",
    ] {
        let answer = world.send("GET", path, &[], "").await;
        assert_eq!(answer.status, 200, "{path}");
        let document = answer.json();
        assert_eq!(document["resource"], RESOURCE);
        assert_eq!(
            document["authorization_servers"],
            json!(["https://idp.example"])
        );
        assert_eq!(document["scopes_supported"], json!(["mcp:use"]));
    }
    let elsewhere = "/.well-known/oauth-protected-resource/other";
    assert_eq!(world.send("GET", elsewhere, &[], "").await.status, 404);
}

// SPEC: 2025-11-25/basic/authorization/access-token-privilege-restriction:5
// SPEC: 2026-07-28/basic/authorization/index/protocol-requirements:1
// SPEC: 2026-07-28/basic/authorization/index/token-handling:7 2025-11-25/basic/authorization/protocol-requirements:1
// SPEC: 2026-07-28/basic/authorization/security-considerations/access-token-privilege-restriction:5
// SPEC: 2025-11-25/basic/authorization/token-handling:7 both/client/elicitation/identifying-the-user:1
// SPEC: both/server/resources/security-considerations:2 both/server/tools/security-considerations:2
#[tokio::test]
async fn handlers_learn_who_calls_and_never_with_what() {
    let world = World::start().await;
    let token = world.token(json!({}));
    let session = world.initialize(&token).await;
    let legacy = world.call(&token, &session, "whoami").await;
    let modern = world.call_modern(&token, "whoami", "whoami").await;
    for answer in [legacy, modern] {
        assert_eq!(answer.status, 200, "{}", answer.body);
        assert!(
            answer.body.contains("https://idp.example|alice|app"),
            "{}",
            answer.body
        );
        assert!(!answer.body.contains(&token));
    }
    // What the handler could find of the request: nothing that proves who made it.
    assert_eq!(world.call(&token, &session, "extensions").await.text(), "0");
}

#[tokio::test]
async fn a_session_is_no_key() {
    let world = World::start().await;
    let alice = world.token(json!({}));
    let session = world.initialize(&alice).await;
    let nobody = world.call("", &session, "whoami").await;
    assert_eq!(nobody.status, 401);
    for other in [json!({"sub": "bob"}), json!({"client_id": "stranger"})] {
        let answer = world
            .call(&world.token(other.clone()), &session, "whoami")
            .await;
        assert_eq!(answer.status, 404, "{other}");
    }
    // A fresh token of the same caller continues the session.
    let fresh = world.token(json!({"exp": NOW + 3_000, "scope": "mcp:use more"}));
    assert_eq!(world.call(&fresh, &session, "whoami").await.status, 200);
}

// SPEC: 2025-11-25/basic/authorization/access-token-privilege-restriction:1
// SPEC: 2026-07-28/basic/authorization/index/token-handling:4
// SPEC: 2026-07-28/basic/authorization/index/token-requirements:3
// SPEC: 2026-07-28/basic/authorization/security-considerations/access-token-privilege-restriction:1
// SPEC: 2025-11-25/basic/authorization/token-handling:4 2025-11-25/basic/authorization/token-requirements:3
#[tokio::test]
async fn every_request_of_a_session_is_judged_anew() {
    let world = World::start().await;
    let token = world.token(json!({}));
    let session = world.initialize(&token).await;
    world.hand.advance(std::time::Duration::from_secs(10_000));
    let answer = world.call(&token, &session, "whoami").await;
    assert_eq!(refusal(&answer), "401 invalid_token");
}

// SPEC: 2026-07-28/basic/authorization/index/runtime-insufficient-scope-errors:1-2
// SPEC: 2026-07-28/basic/authorization/index/scope-selection-strategy:3
// SPEC: 2025-11-25/basic/authorization/protected-resource-metadata-discovery-requirements:6
// SPEC: 2025-11-25/basic/authorization/runtime-insufficient-scope-errors:1-2
// SPEC: both/server/resources/security-considerations:4 both/server/tools/security-considerations:2
// SPEC: 2026-07-28/server/utilities/caching/security-considerations:2-3
#[tokio::test]
async fn scopes_are_judged_by_what_the_body_says() {
    let world = World::start().await;
    let token = world.token(json!({}));
    let stepped_up = world.token(json!({"scope": "mcp:use files:delete"}));
    let session = world.initialize(&token).await;
    let refused = world.call(&token, &session, "delete_file").await;
    assert_eq!(refusal(&refused), "403 insufficient_scope");
    let challenge = refused.header("www-authenticate").unwrap();
    assert!(
        challenge.contains(r#"scope="files:delete mcp:use""#),
        "{challenge}"
    );
    assert_eq!(
        world
            .call(&stepped_up, &session, "delete_file")
            .await
            .text(),
        "deleted"
    );
    assert_eq!(
        refusal(
            &world
                .call_modern(&token, "delete_file", "delete_file")
                .await
        ),
        "403 insufficient_scope"
    );
    // Headers that name another tool than the body does not get past the rule.
    let forged = world.call_modern(&token, "whoami", "delete_file").await;
    assert_eq!(forged.status, 400, "{}", forged.body);
    assert_eq!(
        world
            .call_modern(&stepped_up, "delete_file", "delete_file")
            .await
            .text(),
        "deleted"
    );
}

// SPEC: 2025-11-25/basic/authorization/access-token-privilege-restriction:1
// SPEC: 2026-07-28/basic/authorization/index/token-handling:1,3-4,6
// SPEC: 2026-07-28/basic/authorization/index/token-requirements:4
// SPEC: 2026-07-28/basic/authorization/security-considerations/access-token-privilege-restriction:1
// SPEC: 2025-11-25/basic/authorization/token-handling:1,3-4,6 2025-11-25/basic/authorization/token-requirements:4
#[tokio::test]
async fn forged_and_misplaced_tokens_are_refused() {
    let world = World::start().await;
    let token = world.token(json!({}));
    for (changes, expected) in [
        (json!({"aud": "https://mcp.example"}), "401 invalid_token"),
        (
            json!({"aud": "https://mcp.example/mcp/other"}),
            "401 invalid_token",
        ),
        (json!({"aud": null}), "401 invalid_token"),
        (json!({"iss": "https://evil.example"}), "401 invalid_token"),
        (json!({"exp": NOW - 1_000}), "401 invalid_token"),
        (json!({"scope": "other"}), "403 insufficient_scope"),
    ] {
        let answer = world
            .call_modern(&world.token(changes.clone()), "whoami", "whoami")
            .await;
        assert_eq!(refusal(&answer), expected, "{changes}");
    }
    let bearer = format!("Bearer {token}");
    for (path, headers, expected) in [
        (format!("/mcp?access_token={token}"), vec![], 400),
        (
            "/mcp".to_owned(),
            vec![
                ("authorization", bearer.as_str()),
                ("authorization", bearer.as_str()),
            ],
            400,
        ),
        ("/mcp".to_owned(), vec![("cookie", bearer.as_str())], 401),
        (
            "/mcp".to_owned(),
            vec![("authorization", token.as_str())],
            401,
        ),
    ] {
        let answer = world.send("POST", &path, &headers, "{}").await;
        assert_eq!(answer.status, expected, "{path} {headers:?}");
        assert!(!answer.body.contains(&token));
    }
}
