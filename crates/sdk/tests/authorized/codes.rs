//! The grant that a person gives.

use interlock_sdk::auth::client::{AuthError, ConsentError};
use serde_json::{Value, json};

use super::world::World;

// SPEC: 2025-11-25/basic/authorization/access-token-privilege-restriction:6
// SPEC: 2025-11-25/basic/authorization/authorization-code-protection:1,3
// SPEC: 2026-07-28/basic/authorization/authorization-server-discovery/protected-resource-metadata-discovery-requirements:4
// SPEC: 2025-11-25/basic/authorization/canonical-server-uri:1,4
// SPEC: 2026-07-28/basic/authorization/index/canonical-server-uri:1,4
// SPEC: 2026-07-28/basic/authorization/index/client-registration:1 2026-07-28/basic/authorization/index/overview:4
// SPEC: 2026-07-28/basic/authorization/index/protocol-requirements:1
// SPEC: 2026-07-28/basic/authorization/index/resource-parameter-implementation:1-3
// SPEC: 2026-07-28/basic/authorization/index/token-requirements:1-3 2025-11-25/basic/authorization/open-redirection:1
// SPEC: 2025-11-25/basic/authorization/overview:4
// SPEC: 2025-11-25/basic/authorization/protected-resource-metadata-discovery-requirements:8
// SPEC: 2025-11-25/basic/authorization/protocol-requirements:1
// SPEC: 2025-11-25/basic/authorization/resource-parameter-implementation:1-3
// SPEC: 2026-07-28/basic/authorization/security-considerations/access-token-privilege-restriction:6
// SPEC: 2026-07-28/basic/authorization/security-considerations/authorization-code-protection:1,3
// SPEC: 2026-07-28/basic/authorization/security-considerations/open-redirection:1
// SPEC: 2026-07-28/basic/authorization/security-considerations/token-audience-binding-and-validation:1
// SPEC: 2025-11-25/basic/authorization/token-audience-binding-and-validation:1
// SPEC: 2025-11-25/basic/authorization/token-requirements:1-3 both/basic/index/auth:1
#[tokio::test]
async fn a_refused_request_is_authorized_and_sent_again() {
    let world = World::new().await;
    let oauth = world.builder().build();
    assert_eq!(world.call(&oauth).await.unwrap(), 200);
    assert_eq!(
        world.log(),
        [
            "server /.well-known/oauth-protected-resource/mcp",
            "0 /.well-known/oauth-authorization-server",
            r#"0 register "native" "none""#,
            "0 authorize dynamic1 []",
            "0 token authorization_code none dynamic1",
        ]
    );
    assert_eq!(world.call(&oauth).await.unwrap(), 200);
    assert!(world.log().is_empty(), "the token is used again");
}

// SPEC: 2026-07-28/basic/authorization/index/authorization-response-validation:1,4-5
/// What RFC 9207 makes of `iss`: what the server says of itself, what it sends, whether the code may be redeemed.
#[tokio::test]
async fn the_issuer_of_the_response_is_compared_as_a_string() {
    for (supported, sent, good) in [
        (json!(true), Some("ISSUER"), true),
        (json!(true), None, false),
        (json!(true), Some("ISSUER/"), false),
        (json!(true), Some("https://evil.example"), false),
        (Value::Null, Some("ISSUER"), true),
        (Value::Null, None, true),
        (Value::Null, Some("ISSUER/"), false),
        (json!(false), Some("https://evil.example"), false),
    ] {
        let world = World::new().await;
        world.knobs().metadata = vec![(
            "authorization_response_iss_parameter_supported",
            supported.clone(),
        )];
        world.knobs().iss = sent;
        let result = world.call(&world.builder().build()).await;
        let redeemed = world.asked().iter().any(|line| line.contains("token"));
        assert_eq!(
            (result.is_ok(), redeemed),
            (good, good),
            "{supported} {sent:?}"
        );
        if let Err(error) = result {
            let AuthError::Consent { source, .. } = error else {
                panic!("{error:?}")
            };
            assert!(matches!(*source, ConsentError::Issuer));
        }
    }
}

// SPEC: 2026-07-28/basic/authorization/index/authorization-response-validation:6
#[tokio::test]
async fn an_error_of_another_issuer_is_not_shown() {
    let world = World::new().await;
    world.knobs().denies = true;
    world.knobs().iss = Some("https://evil.example");
    let error = world.call(&world.builder().build()).await.unwrap_err();
    let AuthError::Consent { source, .. } = error else {
        panic!("{error:?}")
    };
    assert!(matches!(*source, ConsentError::Issuer), "{source:?}");
}

#[tokio::test]
async fn a_person_who_said_no_is_left_alone_for_a_while() {
    let world = World::new().await;
    world.knobs().denies = true;
    let oauth = world.builder().build();
    for _ in 0..3 {
        let error = world.call(&oauth).await.unwrap_err();
        let AuthError::Consent { source, .. } = error else {
            panic!("{error:?}")
        };
        assert!(
            matches!(&*source, ConsentError::Refused { code, .. } if code.as_str() == "access_denied")
        );
    }
    assert_eq!(
        world
            .asked()
            .iter()
            .filter(|line| line.contains("authorize"))
            .count(),
        1
    );
    world.knobs().denies = false;
    world.hand.advance(std::time::Duration::from_secs(31));
    assert_eq!(world.call(&oauth).await.unwrap(), 200);
}

#[tokio::test]
async fn without_a_user_agent_the_refusal_stands() {
    let world = World::new().await;
    let bare = interlock_sdk::auth::client::OAuth::builder(&world.server, "x")
        .unwrap()
        .build();
    assert_eq!(world.call(&bare).await.unwrap(), 401);
    assert!(world.log().is_empty());
}

#[tokio::test]
async fn what_the_token_endpoint_must_not_answer() {
    for answer in [
        (400, "invalid_grant"),
        (401, "invalid_client"),
        (500, "server_error"),
    ] {
        let world = World::new().await;
        world.knobs().token_error = Some(answer);
        let error = world.call(&world.builder().build()).await.unwrap_err();
        let AuthError::Token { source, issuer } = error else {
            panic!("{error:?}")
        };
        assert_eq!(
            (source.code(), issuer.as_str()),
            (Some(answer.1), world.issuers[0].as_str())
        );
    }
}
