//! Requests against a guard: who passes, as whom, and what the others are told.

use http::request::Parts;
use http::{HeaderValue, Request};
use serde_json::{Value, json};
use url::Url;

use super::super::fixture::{ISSUER, NOW, RESOURCE, Socket, claims, claims_with, key, set};
use super::super::{GuardError, Introspection, JwtValidator, KnownTokens};
use super::*;
use crate::auth::dpop::ProofKey;
use crate::auth::jwt::SigningKey;
use crate::clock::Hand;
use crate::net::{Fetcher, danger};

struct World {
    key: SigningKey,
    guard: Guard,
    hand: Hand,
}

fn world(set_up: impl FnOnce(GuardBuilder) -> GuardBuilder) -> World {
    let key = key("k1");
    let validator = JwtValidator::with_keys(ISSUER, set([&key])).unwrap();
    let (clock, hand) = Clock::fake(NOW);
    let builder = Guard::builder(RESOURCE).accept(validator).clock(clock);
    World {
        guard: set_up(builder).build().unwrap(),
        key,
        hand,
    }
}

fn request(uri: &str, headers: &[(&str, &str)]) -> Parts {
    let mut request = Request::post(uri);
    for (name, value) in headers {
        request = request.header(*name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
    }
    request.body(()).unwrap().into_parts().0
}

/// What becomes of a request: who it is, or status and reason.
async fn outcome(guard: &Guard, parts: &Parts) -> String {
    match guard.authenticate(parts).await {
        Ok(principal) => principal.subject().unwrap().to_owned(),
        Err(challenge) => format!(
            "{} {}",
            challenge.status().as_u16(),
            challenge.description().unwrap_or("-")
        ),
    }
}

impl World {
    fn token(&self, changes: Value) -> String {
        self.key
            .sign_claims("at+jwt", &claims_with(changes))
            .unwrap()
    }

    async fn bearer(&self, token: &str) -> String {
        let parts = request(
            "/tenant-a/mcp",
            &[("authorization", &format!("Bearer {token}"))],
        );
        outcome(&self.guard, &parts).await
    }
}

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

#[tokio::test]
async fn lists_of_known_tokens_know_only_those() {
    const SECRET: &str = "0123456789abcdef0123456789abcdef";
    let build = |tokens| Guard::builder(RESOURCE).accept(tokens).build().unwrap();
    // Case OA-032 of the corpus: an empty store does not mean that anything is valid.
    let empty = build(KnownTokens::new());
    let one = build(
        KnownTokens::new()
            .token_with_scopes(SECRET, "ci", ["a"])
            .unwrap(),
    );
    let unknown = "401 the token is of nobody known here";
    for (guard, token, expected) in [
        (&empty, SECRET, unknown),
        (&empty, "anything", unknown),
        (&one, SECRET, "ci"),
        (&one, "0123456789abcdef0123456789abcdeF", unknown),
        (&one, "0123456789abcdef0123456789abcde", unknown),
        (&one, "undefined", unknown),
    ] {
        let parts = request("/mcp", &[("authorization", &format!("Bearer {token}"))]);
        assert_eq!(outcome(guard, &parts).await, expected, "{token}");
    }
    for weak in [
        "",
        "secret",
        "0123456789abcdef0123456789 bcdef",
        "0123456789abcdef0123456789abcd\u{e9}",
    ] {
        assert_eq!(
            KnownTokens::new().token(weak, "x").err(),
            Some(GuardError::WeakToken)
        );
    }
}

#[tokio::test]
async fn several_validators_share_the_work_by_issuer() {
    let socket = Socket::start(|_| {
        (
            200,
            json!({"active": true, "sub": "bob", "aud": RESOURCE}).to_string(),
        )
    })
    .await;
    let fetcher = Fetcher::with_policy(danger::allow_loopback());
    let opaque =
        Introspection::with_fetcher("https://old.example", &socket.url, "us", "secret", fetcher)
            .unwrap();
    let world = world(|builder| builder.accept(opaque));
    assert_eq!(world.bearer(&world.token(json!({}))).await, "alice");
    assert_eq!(world.bearer("opaque").await, "bob");
    // Known and refused is refused: no other validator is asked.
    let expired = world.token(json!({"exp": 1}));
    assert_eq!(world.bearer(&expired).await, "401 the token has expired");
    assert_eq!(socket.seen.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn keys_are_fetched_followed_when_they_rotate_and_never_from_private_addresses() {
    let keys = std::sync::Arc::new(std::sync::Mutex::new(key("k1")));
    let published = std::sync::Arc::clone(&keys);
    let socket = Socket::start(move |_| {
        let key = published.lock().unwrap();
        let mut jwk: Value = serde_json::from_str(&key.public().to_json()).unwrap();
        jwk["kid"] = key.public().id().into();
        (200, json!({"keys": [jwk, {"kty": "unknown"}]}).to_string())
    })
    .await;
    let url = format!("{}/jwks", socket.url);
    let fetcher = Fetcher::with_policy(danger::allow_loopback());
    let validator = JwtValidator::with_fetcher(ISSUER, &url, fetcher).unwrap();
    let (clock, hand) = Clock::fake(NOW);
    let guard = Guard::builder(RESOURCE)
        .accept(validator)
        .clock(clock)
        .build()
        .unwrap();
    let ask = async |token: String| {
        let parts = request("/mcp", &[("authorization", &format!("Bearer {token}"))]);
        outcome(&guard, &parts).await
    };
    let sign = || {
        keys.lock()
            .unwrap()
            .sign_claims("at+jwt", &claims())
            .unwrap()
    };
    let old = sign();
    assert_eq!(ask(old.clone()).await, "alice");
    *keys.lock().unwrap() = key("k2");
    hand.advance(std::time::Duration::from_secs(60));
    assert_eq!(ask(sign()).await, "alice");
    // A key that is not published any more signs for nobody.
    assert_eq!(ask(old).await, "401 the token is signed by an unknown key");
    assert_eq!(socket.seen.lock().unwrap().len(), 2);
    // The default fetcher would not go there at all.
    assert!(JwtValidator::new(ISSUER, &url).is_err());
}

#[tokio::test]
async fn without_keys_nobody_passes() {
    let socket = Socket::start(|_| (503, String::new())).await;
    let fetcher = Fetcher::with_policy(danger::allow_loopback());
    let validator = JwtValidator::with_fetcher(ISSUER, &socket.url, fetcher).unwrap();
    let guard = Guard::builder(RESOURCE).accept(validator).build().unwrap();
    let token = key("k1").sign_claims("at+jwt", &claims()).unwrap();
    let parts = request("/mcp", &[("authorization", &format!("Bearer {token}"))]);
    let challenge = guard.authenticate(&parts).await.unwrap_err();
    let headers: Vec<_> = challenge.headers().map(|(name, _)| name).collect();
    assert_eq!(
        (challenge.status().as_u16(), headers),
        (503, vec![http::header::RETRY_AFTER])
    );
}

/// A token that is bound to `holder`, and the proof for one request with it.
fn bound(world: &World, holder: &ProofKey) -> String {
    world.token(json!({"cnf": {"jkt": holder.thumbprint()}}))
}

fn at(path: &str) -> Url {
    Url::parse("https://mcp.example")
        .unwrap()
        .join(path)
        .unwrap()
}

#[tokio::test]
async fn bound_tokens_need_the_proof_of_their_key() {
    let world = world(|builder| builder);
    let (holder, thief) = (ProofKey::generate().unwrap(), ProofKey::generate().unwrap());
    let token = bound(&world, &holder);
    let other = bound(&world, &thief);
    let here = at(RESOURCE);
    let proof = |method: &str, url: &Url, now, token: &str| {
        holder.proof(method, url, now, Some(token), None).unwrap()
    };
    let twice = proof("POST", &here, NOW, &token);
    for (scheme, proof, expected) in [
        ("DPoP", twice.clone(), "alice"),
        ("DPoP", twice, "401 the proof was used before"),
        ("dpop", proof("POST", &here, NOW - 119, &token), "alice"),
        (
            "DPoP",
            proof("POST", &at("/tenant-a/mcp?q#f"), NOW, &token),
            "alice",
        ),
        ("DPoP", String::new(), "401 the proof is not a valid token"),
        (
            "DPoP",
            proof("GET", &here, NOW, &token),
            "401 the proof is for another request",
        ),
        (
            "DPoP",
            proof("post", &here, NOW, &token),
            "401 the proof is for another request",
        ),
        (
            "DPoP",
            proof("POST", &at("/tenant-b/mcp"), NOW, &token),
            "401 the proof is for another request",
        ),
        (
            "DPoP",
            proof(
                "POST",
                &at("https://evil.example/tenant-a/mcp"),
                NOW,
                &token,
            ),
            "401 the proof is for another request",
        ),
        (
            "DPoP",
            proof("POST", &at("http://mcp.example/tenant-a/mcp"), NOW, &token),
            "401 the proof is for another request",
        ),
        (
            "DPoP",
            proof("POST", &here, NOW - 121, &token),
            "401 the proof is not fresh",
        ),
        (
            "DPoP",
            proof("POST", &here, NOW + 121, &token),
            "401 the proof is not fresh",
        ),
        (
            "DPoP",
            proof("POST", &here, NOW - 301, &token),
            "401 the proof is not fresh",
        ),
        (
            "DPoP",
            proof("POST", &here, NOW, &other),
            "401 the proof is for another token",
        ),
        (
            "DPoP",
            thief.proof("POST", &here, NOW, Some(&token), None).unwrap(),
            "401 the proof is for another token",
        ),
        (
            "DPoP",
            holder.proof("POST", &here, NOW, None, None).unwrap(),
            "401 the proof is for another token",
        ),
        ("DPoP", token.clone(), "401 the proof has another type"),
        (
            "Bearer",
            proof("POST", &here, NOW, &token),
            "401 the token is bound to a key",
        ),
    ] {
        let authorization = format!("{scheme} {token}");
        let headers = [
            ("authorization", authorization.as_str()),
            ("dpop", &proof),
            ("host", "evil.example"),
        ];
        let parts = request("/tenant-a/mcp", &headers);
        assert_eq!(
            outcome(&world.guard, &parts).await,
            expected,
            "{scheme} {proof}"
        );
    }
    let authorization = format!("DPoP {token}");
    let mounted = [
        ("/mcp", RESOURCE, "alice"),
        ("/mcp", "/mcp", "alice"),
        ("/mcp", "/x", "401 the proof is for another request"),
    ];
    for (path, claimed, expected) in mounted {
        let proof = proof("POST", &at(claimed), NOW, &token);
        let parts = request(path, &[("authorization", &authorization), ("dpop", &proof)]);
        assert_eq!(
            outcome(&world.guard, &parts).await,
            expected,
            "{path} {claimed}"
        );
    }
    let (one, two) = (
        proof("POST", &here, NOW, &token),
        proof("POST", &here, NOW, &token),
    );
    let parts = request(
        "/tenant-a/mcp",
        &[
            ("authorization", &authorization),
            ("dpop", &one),
            ("dpop", &two),
        ],
    );
    assert_eq!(
        outcome(&world.guard, &parts).await,
        "400 a header was given twice"
    );
    let parts = request("/tenant-a/mcp", &[("authorization", &authorization)]);
    assert_eq!(
        outcome(&world.guard, &parts).await,
        "401 the request carries no proof"
    );
}

#[tokio::test]
async fn tokens_and_schemes_have_to_fit_each_other() {
    let lax = world(|builder| builder);
    let strict = world(|builder| builder.require_dpop());
    let holder = ProofKey::generate().unwrap();
    for (world, changes, scheme, expected) in [
        (&lax, json!({}), "Bearer", "alice"),
        (&lax, json!({}), "DPoP", "401 the token is bound to no key"),
        (
            &lax,
            json!({"cnf": {"x5t#S256": "a"}}),
            "Bearer",
            "401 the token is bound in a way that is not supported",
        ),
        (
            &lax,
            json!({"cnf": {}}),
            "Bearer",
            "401 the token is bound in a way that is not supported",
        ),
        (
            &strict,
            json!({}),
            "Bearer",
            "401 the token is bound to no key",
        ),
        (
            &strict,
            json!({"cnf": {"jkt": holder.thumbprint()}}),
            "Bearer",
            "401 the token is bound to a key",
        ),
        (
            &strict,
            json!({"cnf": {"jkt": holder.thumbprint()}}),
            "DPoP",
            "alice",
        ),
    ] {
        let token = world.token(changes.clone());
        let proof = holder
            .proof("POST", &at(RESOURCE), NOW, Some(&token), None)
            .unwrap();
        let parts = request(
            "/tenant-a/mcp",
            &[
                ("authorization", &format!("{scheme} {token}")),
                ("dpop", &proof),
            ],
        );
        assert_eq!(
            outcome(&world.guard, &parts).await,
            expected,
            "{changes} {scheme}"
        );
    }
}

#[tokio::test]
async fn nonces_are_handed_out_and_asked_for() {
    let world = world(|builder| builder.dpop_nonces());
    let holder = ProofKey::generate().unwrap();
    let token = bound(&world, &holder);
    let ask = async |now: u64, nonce: Option<&str>| {
        let proof = holder
            .proof("POST", &at(RESOURCE), now, Some(&token), nonce)
            .unwrap();
        let parts = request(
            "/tenant-a/mcp",
            &[
                ("authorization", &format!("DPoP {token}")),
                ("dpop", &proof),
            ],
        );
        world.guard.authenticate(&parts).await
    };
    let challenge = ask(NOW, None).await.unwrap_err();
    let headers: Vec<(HeaderName, HeaderValue)> = challenge.headers().collect();
    assert_eq!(headers.len(), 2);
    assert!(
        headers[0]
            .1
            .to_str()
            .unwrap()
            .starts_with(r#"DPoP error="use_dpop_nonce", resource_metadata="#)
    );
    let nonce = headers[1].1.to_str().unwrap();
    assert_eq!(world.guard.answer_header().unwrap().1, nonce);
    assert!(ask(NOW, Some(nonce)).await.is_ok());
    assert!(ask(NOW, Some("made-up")).await.is_err());
    world.hand.advance(std::time::Duration::from_secs(240));
    let late = ask(NOW + 240, Some(nonce)).await.unwrap_err();
    assert_eq!(late.reason().code(), Some("use_dpop_nonce"));
}

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
