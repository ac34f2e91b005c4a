//! Tokens end; requests go on.

use std::time::Duration;

use interlock_sdk::auth::client::{AuthError, Authorize as _, OAuth};

use super::world::{World, parts};

#[tokio::test]
async fn a_token_is_renewed_before_it_ends() {
    let world = World::new().await;
    let oauth = world.builder().build();
    assert_eq!(world.call(&oauth).await.unwrap(), 200);
    let context = oauth.context();
    world.log();
    world.hand.advance(Duration::from_secs(3_500));
    assert_eq!(world.call(&oauth).await.unwrap(), 200);
    assert!(world.log().is_empty(), "it is good for a while yet");
    world.hand.advance(Duration::from_secs(80));
    assert_eq!(world.call(&oauth).await.unwrap(), 200);
    assert_eq!(world.asked(), ["0 token refresh_token none dynamic1"]);
    assert_eq!(oauth.context(), context, "it is the same grant");
}

/// Refresh tokens are good for one use here: a second refresh with the same one would end the grant.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_requests_renew_a_token_once() {
    let world = World::new().await;
    let oauth = world.builder().build();
    assert_eq!(world.call(&oauth).await.unwrap(), 200);
    for _ in 0..3 {
        world.log();
        world.hand.advance(Duration::from_secs(3_600));
        let calls = (0..12).map(|_| world.call(&oauth));
        for result in futures_util::future::join_all(calls).await {
            assert_eq!(result.unwrap(), 200);
        }
        assert_eq!(world.asked(), ["0 token refresh_token none dynamic1"]);
    }
}

/// The same when it is the server that refuses the token.
#[tokio::test]
async fn many_refusals_renew_a_token_once() {
    let world = World::new().await;
    let oauth = world.builder().build();
    assert_eq!(world.call(&oauth).await.unwrap(), 200);
    world.log();
    world.knobs().tokens.clear();
    let calls = (0..12).map(|_| world.call(&oauth));
    for result in futures_util::future::join_all(calls).await {
        assert_eq!(result.unwrap(), 200);
    }
    assert_eq!(world.asked(), ["0 token refresh_token none dynamic1"]);
}

#[tokio::test]
async fn many_first_requests_ask_a_person_once() {
    let world = World::new().await;
    let oauth = world.builder().build();
    let calls = (0..8).map(|_| world.call(&oauth));
    for result in futures_util::future::join_all(calls).await {
        assert_eq!(result.unwrap(), 200);
    }
    assert_eq!(world.asked().len(), 3);
}

// SPEC: 2026-07-28/basic/authorization/index/refresh-tokens:3
#[tokio::test]
async fn when_the_grant_has_ended_the_person_is_asked_again() {
    let world = World::new().await;
    let oauth = world.builder().build();
    assert_eq!(world.call(&oauth).await.unwrap(), 200);
    world.log();
    world.knobs().refresh_tokens.clear();
    world.knobs().tokens.clear();
    world.hand.advance(Duration::from_secs(3_600));
    assert_eq!(world.call(&oauth).await.unwrap(), 200);
    let asked = world.asked();
    assert_eq!(asked[0], "0 token refresh_token none dynamic1");
    assert!(
        asked.iter().any(|line| line.contains("authorize")),
        "{asked:?}"
    );
}

// SPEC: 2026-07-28/basic/authorization/index/refresh-tokens:3
#[tokio::test]
async fn without_a_refresh_token_the_grant_is_asked_for_again() {
    let world = World::new().await;
    world.knobs().refreshes = false;
    let oauth = world.builder().build();
    assert_eq!(world.call(&oauth).await.unwrap(), 200);
    world.log();
    world.hand.advance(Duration::from_secs(3_600));
    assert_eq!(world.call(&oauth).await.unwrap(), 200);
    assert!(
        world
            .asked()
            .iter()
            .any(|line| line.contains("authorization_code"))
    );
}

/// Near its end a token is still good, should there be no new one.
#[tokio::test]
async fn a_token_is_used_to_its_end_when_there_is_no_new_one() {
    let world = World::new().await;
    let oauth = world.builder().build();
    assert_eq!(world.call(&oauth).await.unwrap(), 200);
    world.knobs().token_error = Some((503, "temporarily_unavailable"));
    world.hand.advance(Duration::from_secs(3_590));
    assert_eq!(world.call(&oauth).await.unwrap(), 200);
    world.hand.advance(Duration::from_secs(20));
    assert!(matches!(
        world.call(&oauth).await,
        Err(AuthError::Token { .. })
    ));
}

#[tokio::test]
async fn a_token_endpoint_that_is_down_does_not_end_the_grant() {
    let world = World::new().await;
    let oauth = world.builder().build();
    assert_eq!(world.call(&oauth).await.unwrap(), 200);
    world.hand.advance(Duration::from_secs(3_600));
    world.knobs().token_error = Some((503, "temporarily_unavailable"));
    assert!(matches!(
        world.call(&oauth).await,
        Err(AuthError::Token { .. })
    ));
    world.knobs().token_error = None;
    world.log();
    assert_eq!(world.call(&oauth).await.unwrap(), 200);
    assert_eq!(world.asked(), ["0 token refresh_token none dynamic1"]);
}

/// A server that takes no token of ours is not given one after another.
#[tokio::test]
async fn a_server_that_is_never_content_is_given_up() {
    let world = World::new().await;
    world.knobs().refreshes = false;
    let oauth = world.builder().build();
    for _ in 0..6 {
        world.knobs().tokens.clear();
        // No token counts, because the server forgets each before it is used.
        let stop = world.knobs.clone();
        let forget = tokio::spawn(async move {
            loop {
                stop.lock().unwrap().tokens.clear();
                tokio::task::yield_now().await;
            }
        });
        let _ = world.call(&oauth).await;
        forget.abort();
    }
    let asked = world
        .asked()
        .iter()
        .filter(|line| line.contains("authorize"))
        .count();
    assert!(asked <= 3, "asked {asked} times");
}

// SPEC: 2026-07-28/basic/authorization/index/token-handling:5
// SPEC: 2026-07-28/basic/authorization/index/token-requirements:2,4 2025-11-25/basic/authorization/token-handling:5
// SPEC: 2025-11-25/basic/authorization/token-requirements:2,4
#[tokio::test]
async fn credentials_go_to_the_server_only() {
    let world = World::new().await;
    let oauth = world.builder().build();
    assert_eq!(world.call(&oauth).await.unwrap(), 200);
    for url in [
        "https://evil.example/mcp",
        "http://127.0.0.1:1/mcp",
        "http://localhost/mcp",
    ] {
        let mut request = parts(url);
        assert!(
            matches!(
                oauth.authorize(&mut request).await,
                Err(AuthError::OtherOrigin)
            ),
            "{url}"
        );
        assert!(request.headers.is_empty());
    }
    let mut request = parts("/mcp?session=1");
    oauth.authorize(&mut request).await.unwrap();
    let value = &request.headers["authorization"];
    assert!(value.is_sensitive() && value.to_str().unwrap().starts_with("Bearer access"));
}

// SPEC: 2025-11-25/basic/authorization/communication-security:1
// SPEC: 2026-07-28/basic/authorization/security-considerations/communication-security:1
#[test]
fn tokens_are_not_sent_in_the_clear() {
    for bad in [
        "http://mcp.example/mcp",
        "ftp://mcp.example",
        "https://user:pw@mcp.example",
        "mcp.example",
        "http://10.0.0.1/",
    ] {
        assert!(OAuth::builder(bad, "x").is_err(), "{bad}");
    }
    for good in [
        "https://mcp.example/mcp",
        "http://localhost:3000/mcp",
        "http://127.0.0.1/",
        "https://10.0.0.1/",
    ] {
        assert!(OAuth::builder(good, "x").is_ok(), "{good}");
    }
}
