//! What a guard says of itself, and what it takes to build one.

use serde_json::{Value, json};

use super::super::super::Authenticate;
use super::super::super::fixture::{ISSUER, RESOURCE};
use super::super::super::{GuardError, KnownTokens};
use super::super::{Guard, ProtectedResource};
use super::{request, world};

#[tokio::test]
async fn challenges_say_where_to_get_a_token() {
    let world = world(|builder| builder.require_scope("mcp:use"));
    let challenge = world
        .guard
        .authenticate(&request("/mcp", &[]))
        .await
        .unwrap_err();
    let texts: Vec<String> = challenge
        .headers()
        .map(|(_, value)| value.to_str().unwrap().to_owned())
        .collect();
    let rest = "scope=\"mcp:use\", \
        resource_metadata=\"https://mcp.example/.well-known/oauth-protected-resource/tenant-a/mcp\"";
    assert_eq!(
        texts,
        [
            format!("Bearer {rest}"),
            format!("DPoP {rest}, algs=\"ES256 EdDSA ES384 PS256 PS384 PS512 RS256 RS384 RS512\""),
        ]
    );
    // Our own client reads them.
    let read = crate::auth::challenge::parse(&texts[0]);
    assert!(format!("{read:?}").contains("mcp:use"), "{read:?}");
}

// SPEC: 2026-07-28/basic/authorization/authorization-server-discovery/authorization-server-location:2
// SPEC: 2025-11-25/basic/authorization/authorization-server-location:2
#[test]
fn metadata_says_who_we_are_and_whom_to_ask() {
    let world = world(|builder| {
        builder
            .require_scope("mcp:use")
            .scope_for_tool("x", "a")
            .name("Ours")
            .require_dpop()
    });
    let document: Value = serde_json::from_slice(world.guard.metadata().unwrap()).unwrap();
    assert_eq!(
        document,
        json!({
            "resource": RESOURCE,
            "authorization_servers": [ISSUER],
            "bearer_methods_supported": ["header"],
            "scopes_supported": ["mcp:use"],
            "resource_name": "Ours",
            "dpop_signing_alg_values_supported": ["ES256", "EdDSA", "ES384", "PS256", "PS384", "PS512", "RS256", "RS384", "RS512"],
            "dpop_bound_access_tokens_required": true,
        })
    );
    assert_eq!(
        world.guard.metadata_path(),
        Some("/.well-known/oauth-protected-resource/tenant-a/mcp")
    );
}

#[test]
fn guards_that_would_guard_nothing_are_not_built() {
    assert_eq!(
        Guard::builder(RESOURCE).build().err(),
        Some(GuardError::NoValidator)
    );
    for resource in [
        "http://mcp.example/mcp",
        "https://mcp.example/mcp#x",
        "https://mcp.example/mcp?x",
        "https://user@mcp.example/mcp",
        "https://mcp.example/m cp",
        "mcp.example",
        "",
    ] {
        let built = Guard::builder(resource).accept(KnownTokens::new()).build();
        assert!(matches!(built, Err(GuardError::Url { .. })), "{resource}");
    }
    for (resource, metadata) in [
        (
            "https://mcp.example",
            "https://mcp.example/.well-known/oauth-protected-resource",
        ),
        (
            "https://mcp.example/",
            "https://mcp.example/.well-known/oauth-protected-resource",
        ),
        (
            "http://127.0.0.1:8080/mcp",
            "http://127.0.0.1:8080/.well-known/oauth-protected-resource/mcp",
        ),
        (
            "http://[::1]:8080/mcp",
            "http://[::1]:8080/.well-known/oauth-protected-resource/mcp",
        ),
    ] {
        assert_eq!(
            ProtectedResource::new(resource).unwrap().metadata_url(),
            metadata
        );
    }
    for scope in ["", "a b", "a\"", "\u{e9}"] {
        let built = Guard::builder(RESOURCE)
            .accept(KnownTokens::new())
            .require_scope(scope)
            .build();
        assert!(matches!(built, Err(GuardError::Scope { .. })), "{scope}");
    }
}
