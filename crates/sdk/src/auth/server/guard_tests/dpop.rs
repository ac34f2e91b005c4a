//! Tokens that are bound to a key: the proof, its request, its time, its nonce.

use http::{HeaderName, HeaderValue};
use serde_json::json;
use url::Url;

use super::super::super::Authenticate;
use super::super::super::fixture::{NOW, RESOURCE};
use super::{World, outcome, request, world};
use crate::auth::dpop::ProofKey;

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
}

#[tokio::test]
async fn a_proof_is_for_the_path_that_was_asked_wherever_the_service_is_mounted() {
    let world = world(|builder| builder);
    let holder = ProofKey::generate().unwrap();
    let token = bound(&world, &holder);
    let authorization = format!("DPoP {token}");
    let mounted = [
        ("/mcp", RESOURCE, "alice"),
        ("/mcp", "/mcp", "alice"),
        ("/mcp", "/x", "401 the proof is for another request"),
    ];
    for (path, claimed, expected) in mounted {
        let proof = holder
            .proof("POST", &at(claimed), NOW, Some(&token), None)
            .unwrap();
        let parts = request(path, &[("authorization", &authorization), ("dpop", &proof)]);
        assert_eq!(
            outcome(&world.guard, &parts).await,
            expected,
            "{path} {claimed}"
        );
    }
}

#[tokio::test]
async fn a_bound_token_comes_with_exactly_one_proof() {
    let world = world(|builder| builder);
    let holder = ProofKey::generate().unwrap();
    let token = bound(&world, &holder);
    let authorization = format!("DPoP {token}");
    let proof = || {
        let url = at(RESOURCE);
        holder.proof("POST", &url, NOW, Some(&token), None).unwrap()
    };
    let (one, two) = (proof(), proof());
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
