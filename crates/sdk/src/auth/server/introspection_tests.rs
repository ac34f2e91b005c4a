//! What an issuer answers about a token, and what is made of it.

use std::sync::atomic::{AtomicU16, Ordering};

use serde_json::json;

use super::super::fixture::{ISSUER, NOW, RESOURCE, Socket, claims_with, key};
use super::*;
use crate::net::danger;

fn asking(socket: &Socket) -> Introspection {
    let fetcher = Fetcher::with_policy(danger::allow_loopback());
    let endpoint = format!("{}/introspect", socket.url);
    Introspection::with_fetcher(ISSUER, &endpoint, "us:1", "s3cret&", fetcher).unwrap()
}

/// What becomes of a token that the issuer says `answer` about.
async fn outcome(answer: &str) -> String {
    let answer = answer.to_owned();
    let socket = Socket::start(move |_| (200, answer.clone())).await;
    match asking(&socket).validate("opaque", NOW).await {
        Ok(facts) => format!("{} {:?} {:?}", facts.subject, facts.scopes, facts.audience),
        Err(fault) => fault.to_string(),
    }
}

fn good() -> Value {
    json!({"active": true, "sub": "alice", "aud": RESOURCE, "scope": "a b", "exp": NOW + 60, "iss": ISSUER, "token_type": "Bearer"})
}

#[tokio::test]
async fn answers_are_read_strictly() {
    let named = r#"alice ["a", "b"] Named(["https://mcp.example/tenant-a/mcp"])"#;
    for (changes, expected) in [
        (json!({}), named),
        (json!({"iss": null}), named),
        (json!({"exp": null}), named),
        (json!({"token_type": "DPoP"}), named),
        (json!({"aud": [RESOURCE]}), named),
        (json!({"aud": null}), r#"alice ["a", "b"] Named([])"#),
        (json!({"aud": 7}), r#"alice ["a", "b"] Named([])"#),
        (json!({"active": false}), "the token is not active"),
        (json!({"active": "true"}), "the token is not active"),
        (json!({"active": 1}), "the token is not active"),
        (json!({"active": null}), "the token is not active"),
        (
            json!({"iss": "https://evil.example"}),
            "the token is of another issuer",
        ),
        (json!({"iss": 7}), "the token is of another issuer"),
        (json!({"token_type": "N_A"}), "the token is of another kind"),
        (json!({"exp": NOW}), "the token has expired"),
        (
            json!({"exp": "tomorrow"}),
            "the token's times are malformed",
        ),
        (json!({"nbf": NOW + 61}), "the token is not valid yet"),
        (json!({"sub": null}), "the token is about nobody"),
        (json!({"sub": ""}), "the token is about nobody"),
    ] {
        let mut answer = good();
        for (name, value) in changes.as_object().unwrap() {
            answer[name] = value.clone();
        }
        answer
            .as_object_mut()
            .unwrap()
            .retain(|_, value| !value.is_null());
        assert_eq!(outcome(&answer.to_string()).await, expected, "{changes}");
    }
    let twice = r#"{"active":false,"active":true,"sub":"a"}"#;
    for answer in ["", "[]", "true", "null", twice, "{\"active\":true"] {
        assert_eq!(
            outcome(answer).await,
            "the token cannot be judged now",
            "{answer}"
        );
    }
}

#[tokio::test]
async fn the_issuer_is_asked_as_a_client_and_not_for_each_request() {
    let socket = Socket::start(|_| (200, good().to_string())).await;
    let asking = asking(&socket);
    for (now, asked) in [
        (NOW, 1),
        (NOW + REMEMBERED - 1, 1),
        (NOW + REMEMBERED, 2),
        (NOW - 9, 3),
    ] {
        assert!(asking.validate("opaque+token", now).await.is_ok());
        assert_eq!(socket.seen.lock().unwrap().len(), asked);
    }
    assert!(asking.validate("another", NOW).await.is_ok());
    let seen = socket.seen.lock().unwrap();
    let (head, body) = &seen[0];
    assert!(head.starts_with("POST /introspect HTTP/1.1"), "{head}");
    // `us%3A1:s3cret%26`
    assert!(
        head.contains("authorization: Basic dXMlM0ExOnMzY3JldCUyNg=="),
        "{head}"
    );
    assert_eq!(body, "token=opaque%2Btoken&token_type_hint=access_token");
}

#[tokio::test]
async fn an_issuer_that_cannot_be_asked_vouches_for_nobody() {
    let status = Arc::new(AtomicU16::new(500));
    let shared = Arc::clone(&status);
    let socket = Socket::start(move |_| (shared.load(Ordering::Relaxed), good().to_string())).await;
    let asking = asking(&socket);
    for code in [500, 401, 403, 404, 302, 204] {
        status.store(code, Ordering::Relaxed);
        let fault = asking.validate("opaque", NOW).await.unwrap_err();
        assert_eq!(fault, TokenFault::Unavailable, "{code}");
    }
    status.store(200, Ordering::Relaxed);
    assert!(asking.validate("opaque", NOW).await.is_ok());
}

#[tokio::test]
async fn tokens_of_others_are_not_shown_to_the_issuer() {
    let socket = Socket::start(|_| (200, good().to_string())).await;
    let asking = asking(&socket);
    let foreign = claims_with(json!({"iss": "https://other.example"}));
    let token = key("k").sign_claims("at+jwt", &foreign).unwrap();
    assert_eq!(asking.validate(&token, NOW).await, Err(TokenFault::NotMine));
    assert!(socket.seen.lock().unwrap().is_empty());
    let own = key("k")
        .sign_claims("at+jwt", &claims_with(json!({})))
        .unwrap();
    assert!(asking.validate(&own, NOW).await.is_ok());
}
