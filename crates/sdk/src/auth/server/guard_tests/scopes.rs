//! Scopes: which operation needs which, and which hold others.

use serde_json::json;

use super::super::super::Authenticate;
use super::super::Operation;
use super::{request, world};

// SPEC: 2026-07-28/basic/authorization/index/scope-selection-strategy:5
// SPEC: 2026-07-28/basic/authorization/index/runtime-insufficient-scope-errors:3
// SPEC: 2026-07-28/basic/authorization/index/runtime-insufficient-scope-errors:4
// SPEC: 2025-11-25/basic/authorization/protected-resource-metadata-discovery-requirements:7
// SPEC: 2025-11-25/basic/authorization/runtime-insufficient-scope-errors:3
#[tokio::test]
async fn scopes_are_asked_for_by_operation() {
    let world = world(|builder| {
        builder
            .require_scope("mcp:use")
            .scope_for_method("resources/read", "files:read")
            .scope_for_tool("delete_file", "files:delete")
    });
    let token = world.token(json!({"scope": "mcp:user mcp"}));
    let without = request("/mcp", &[("authorization", &format!("Bearer {token}"))]);
    let challenge = world.guard.authenticate(&without).await.unwrap_err();
    assert_eq!(challenge.status(), 403);
    let token = world.token(json!({"scope": "mcp:use files:list"}));
    let parts = request("/mcp", &[("authorization", &format!("Bearer {token}"))]);
    let principal = world.guard.authenticate(&parts).await.unwrap();
    for (method, name, missing) in [
        ("tools/call", Some("add"), None),
        ("tools/list", None, None),
        (
            "resources/read",
            Some("file:///x"),
            Some("files:read mcp:use"),
        ),
        (
            "tools/call",
            Some("delete_file"),
            Some("files:delete mcp:use"),
        ),
        ("prompts/get", Some("delete_file"), None),
        ("tools/call", Some("delete_file2"), None),
    ] {
        let told = world
            .guard
            .permit(&principal, Operation::new(method, name))
            .err()
            .map(|challenge| {
                assert_eq!(challenge.status(), 403);
                challenge
                    .headers()
                    .next()
                    .unwrap()
                    .1
                    .to_str()
                    .unwrap()
                    .to_owned()
            });
        let named = told
            .as_ref()
            .and_then(|text| text.split("scope=\"").nth(1)?.split('"').next());
        assert_eq!(named, missing, "{method} {name:?}");
    }
}

// SPEC: 2026-07-28/basic/authorization/index/step-up-authorization-flow:5
#[tokio::test]
async fn broader_scopes_hold_narrower_ones() {
    let world = world(|builder| {
        builder
            .require_scope("files:list")
            .scope_for_tool("delete_file", "files:delete")
            .scope_implies("files:read", "files:list")
            .scope_implies("files", "files:read")
            .scope_implies("files", "files:delete")
            .scope_implies("files:list", "files:list")
            .scope_implies("files:read", "files")
            .scope_implies("admin", "files")
    });
    for (scope, enters, deletes) in [
        ("files:list", true, false),
        ("files", true, true),
        ("admin", true, true),
        ("files:delete", false, false),
        ("file", false, false),
        ("", false, false),
    ] {
        let token = world.token(json!({"scope": scope}));
        let parts = request("/mcp", &[("authorization", &format!("Bearer {token}"))]);
        let entered = world.guard.authenticate(&parts).await;
        assert_eq!(entered.is_ok(), enters, "{scope}");
        let delete = Operation::new("tools/call", Some("delete_file"));
        let deleted = entered.is_ok_and(|principal| world.guard.permit(&principal, delete).is_ok());
        assert_eq!(deleted, deletes, "{scope}");
    }
}
