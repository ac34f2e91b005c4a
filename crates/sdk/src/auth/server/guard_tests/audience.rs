//! Bearer tokens: whom they are meant for, where they stand, who they make of a request.

use serde_json::{Value, json};

use super::super::super::Authenticate;
use super::super::super::fixture::{ISSUER, NOW, RESOURCE};
use super::{outcome, request, world};

// SPEC: 2025-11-25/basic/authorization/access-token-privilege-restriction:3-4
// SPEC: 2025-11-25/basic/authorization/canonical-server-uri:2
// SPEC: 2026-07-28/basic/authorization/index/canonical-server-uri:2
// SPEC: 2026-07-28/basic/authorization/index/token-handling:2,6-7
// SPEC: 2026-07-28/basic/authorization/security-considerations/access-token-privilege-restriction:3-4
// SPEC: 2026-07-28/basic/authorization/security-considerations/token-audience-binding-and-validation:2
// SPEC: 2025-11-25/basic/authorization/token-audience-binding-and-validation:2
// SPEC: 2025-11-25/basic/authorization/token-handling:2,6-7
#[tokio::test]
async fn a_token_is_meant_for_this_server_or_for_none() {
    let world = world(|builder| builder.audience("api://mcp-a"));
    let other = "401 the token is meant for another server";
    for (audience, expected) in [
        (json!(RESOURCE), "alice"),
        (json!([RESOURCE]), "alice"),
        (json!(["https://idp.example/userinfo", RESOURCE]), "alice"),
        (json!("api://mcp-a"), "alice"),
        (json!("https://mcp.example"), other),
        (json!("https://mcp.example/"), other),
        (json!("https://mcp.example/tenant-a"), other),
        (json!("https://mcp.example/tenant-a/mcp/"), other),
        (json!("https://mcp.example/tenant-a/mcp/x"), other),
        (json!("https://mcp.example/tenant-b/mcp"), other),
        (json!("https://mcp.example/tenant-a/mcp?x"), other),
        (json!("https://mcp.example:443/tenant-a/mcp"), other),
        (json!("HTTPS://MCP.example/tenant-a/mcp"), "alice"),
        (json!("https://mcp.example/Tenant-a/mcp"), other),
        (
            json!("https://mcp.example@evil.example/tenant-a/mcp"),
            other,
        ),
        (json!("https:/mcp.example/tenant-a/mcp"), other),
        (json!("http://mcp.example/tenant-a/mcp"), other),
        (json!("api://mcp"), other),
        (json!("*"), other),
        (json!(""), other),
        (json!([]), other),
        (json!([[RESOURCE]]), other),
        (json!([RESOURCE, 7]), other),
        (json!({"a": RESOURCE}), other),
        (Value::Null, other),
    ] {
        let token = world.token(json!({"aud": audience}));
        assert_eq!(world.bearer(&token).await, expected, "{audience}");
    }
}

// SPEC: 2026-07-28/basic/authorization/index/token-requirements:2 2025-11-25/basic/authorization/token-requirements:2
#[tokio::test]
async fn tokens_are_taken_from_one_header_only() {
    let world = world(|builder| builder);
    let token = world.token(json!({}));
    let header = |text: String| ("authorization", text);
    for (uri, headers, expected) in [
        ("/mcp", vec![header(format!("Bearer {token}"))], "alice"),
        ("/mcp", vec![header(format!("bEaReR  {token}"))], "alice"),
        ("/mcp?x=1", vec![header(format!("Bearer {token}"))], "alice"),
        ("/mcp", vec![], "401 -"),
        ("/mcp", vec![header("Basic YTpi".to_owned())], "401 -"),
        ("/mcp", vec![header(String::new())], "401 -"),
        ("/mcp", vec![header(token.clone())], "401 -"),
        (
            "/mcp",
            vec![("cookie", format!("access_token={token}"))],
            "401 -",
        ),
        ("/mcp", vec![("x-access-token", token.clone())], "401 -"),
        (
            "/mcp",
            vec![header("Bearer".to_owned())],
            "400 the token is malformed",
        ),
        (
            "/mcp",
            vec![header(format!("Bearer {token} {token}"))],
            "400 the token is malformed",
        ),
        (
            "/mcp",
            vec![header(format!("Bearer {token}, Bearer x"))],
            "400 the token is malformed",
        ),
        (
            "/mcp",
            vec![header("Bearer é".to_owned())],
            "400 a header holds other than ASCII",
        ),
        (
            "/mcp",
            vec![
                header(format!("Bearer {token}")),
                header(format!("Bearer {token}")),
            ],
            "400 a header was given twice",
        ),
        (
            "/mcp?access_token=x",
            vec![header(format!("Bearer {token}"))],
            "400 a token belongs into the authorization header, not into the URL",
        ),
        (
            "/mcp?a=b&%61ccess_Token=x",
            vec![],
            "400 a token belongs into the authorization header, not into the URL",
        ),
        (
            "/mcp",
            vec![header(format!("Bearer {}", "a".repeat(20_000)))],
            "401 the token is too long",
        ),
        (
            "/mcp",
            vec![header("Bearer opaque".to_owned())],
            "401 the token is of nobody known here",
        ),
    ] {
        let headers: Vec<(&str, &str)> = headers
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        assert_eq!(
            outcome(&world.guard, &request(uri, &headers)).await,
            expected,
            "{uri} {headers:?}"
        );
    }
}

#[tokio::test]
async fn whoever_passes_is_who_the_token_says_and_holds_no_token() {
    let world = world(|builder| builder);
    let token = world.token(json!({}));
    let parts = request("/mcp", &[("authorization", &format!("Bearer {token}"))]);
    let principal = world.guard.authenticate(&parts).await.unwrap();
    assert_eq!(
        (
            principal.issuer(),
            principal.subject(),
            principal.client(),
            principal.expires()
        ),
        (Some(ISSUER), Some("alice"), Some("app"), Some(NOW + 600))
    );
    assert_eq!(principal.scopes(), ["files:read", "mcp:use"]);
    assert!(!format!("{principal:?}").contains(&token));
    world.hand.advance(std::time::Duration::from_secs(700));
    assert_eq!(world.bearer(&token).await, "401 the token has expired");
}
