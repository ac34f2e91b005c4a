//! Where trust comes from: lists, introspection, sets of keys that change and fail.

use serde_json::{Value, json};

use super::super::super::Authenticate;
use super::super::super::fixture::{ISSUER, NOW, RESOURCE, Socket, claims, key};
use super::super::super::{GuardError, Introspection, JwtValidator, KnownTokens};
use super::super::Guard;
use super::{outcome, request, world};
use crate::clock::Clock;
use crate::net::{Fetcher, danger};

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
