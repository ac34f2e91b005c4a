//! Tokens that are good, and forgeries of every kind.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::json;

use super::super::fixture::{ISSUER, NOW, claims, claims_with, key, set};
use super::*;
use crate::auth::jwt::SigningKey;

struct World {
    key: SigningKey,
    validator: JwtValidator,
}

fn world() -> World {
    let key = key("k1");
    let validator = JwtValidator::with_keys(ISSUER, set([&key])).unwrap();
    World { key, validator }
}

impl World {
    /// What becomes of a token, in words.
    async fn outcome(&self, token: &str) -> String {
        match self.validator.validate(token, NOW).await {
            Ok(facts) => format!("{} {}", facts.subject, facts.scopes.join("+")),
            Err(TokenFault::NotMine) => "not mine".to_owned(),
            Err(TokenFault::Invalid(reason)) => reason.to_owned(),
            Err(other) => other.to_string(),
        }
    }

    async fn check_claims(&self, cases: Vec<(Value, &str)>) {
        for (changes, expected) in cases {
            let token = self
                .key
                .sign_claims("at+jwt", &claims_with(changes.clone()))
                .unwrap();
            assert_eq!(self.outcome(&token).await, expected, "{changes}");
        }
    }

    /// Tokens with the good claims under these headers, correctly signed by `signer`.
    async fn check_headers(&self, signer: &SigningKey, cases: Vec<(Value, &str)>) {
        for (header, expected) in cases {
            let token = signer
                .sign(&header.to_string(), &claims().to_string())
                .unwrap();
            assert_eq!(self.outcome(&token).await, expected, "{header}");
        }
    }
}

// SPEC: 2025-11-25/basic/authorization/access-token-privilege-restriction:2
// SPEC: 2026-07-28/basic/authorization/index/token-handling:1
// SPEC: 2026-07-28/basic/authorization/security-considerations/access-token-privilege-restriction:2
// SPEC: 2025-11-25/basic/authorization/token-handling:1
#[tokio::test]
async fn claims_are_checked() {
    let good = "alice mcp:use+files:read";
    world()
        .check_claims(vec![
            (json!({}), good),
            (json!({"nbf": null, "iat": null}), good),
            (json!({"exp": NOW - 59}), good),
            (json!({"exp": NOW as f64 + 0.5}), good),
            (json!({"exp": NOW - 60}), "the token has expired"),
            (json!({"exp": 0}), "the token has expired"),
            (json!({"exp": null}), "the token lacks a claim"),
            (json!({"exp": "1900000000"}), "the token lacks a claim"),
            (json!({"exp": -1}), "the token lacks a claim"),
            (json!({"nbf": NOW + 60}), good),
            (json!({"nbf": NOW + 61}), "the token is not valid yet"),
            (json!({"iat": NOW + 61}), "the token is not valid yet"),
            (json!({"nbf": "soon"}), "the token lacks a claim"),
            (json!({"iss": "https://idp.example/"}), "not mine"),
            (
                json!({"iss": "https://idp.example.evil.example"}),
                "not mine",
            ),
            (json!({"iss": "https://IDP.example"}), "not mine"),
            (json!({"iss": "https://idp.example/tenant"}), "not mine"),
            (json!({"iss": null}), "not mine"),
            (json!({"iss": [ISSUER]}), "not mine"),
            (json!({"sub": null}), "app mcp:use+files:read"),
            (
                json!({"sub": null, "client_id": null}),
                "the token is about nobody",
            ),
            (
                json!({"sub": "", "client_id": null}),
                "the token is about nobody",
            ),
            (
                json!({"sub": 7, "client_id": null}),
                "the token is about nobody",
            ),
            (json!({"scope": null, "scp": "a b"}), "alice a+b"),
            (
                json!({"scope": null, "scp": ["a", "b c", 1]}),
                "alice a+b+c",
            ),
            (json!({"scope": {"a": 1}}), "alice "),
            (json!({"scope": null}), "alice "),
        ])
        .await;
}

#[tokio::test]
async fn kinds_of_tokens_are_told_apart() {
    let world = world();
    let good = "alice mcp:use+files:read";
    let kind = |kind: &str| json!({"alg": "ES256", "kid": "k1", "typ": kind});
    let cases = vec![
        (kind("at+jwt"), good),
        (kind("AT+JWT"), good),
        (kind("application/at+jwt"), good),
        (kind("JWT"), good),
        (json!({"alg": "ES256", "kid": "k1"}), good),
        (kind("dpop+jwt"), "the token is of another kind"),
        (kind("logout+jwt"), "the token is of another kind"),
        (kind("oauth-id-jag+jwt"), "the token is of another kind"),
        (kind(""), "the token is of another kind"),
    ];
    world.check_headers(&world.key, cases).await;
    let strict = World {
        validator: world.validator.clone().only_access_tokens(),
        key: world.key,
    };
    let cases = vec![
        (kind("at+jwt"), good),
        (kind("JWT"), "the token is of another kind"),
        (
            json!({"alg": "ES256", "kid": "k1"}),
            "the token is of another kind",
        ),
    ];
    strict.check_headers(&strict.key, cases).await;
}

#[tokio::test]
async fn headers_cannot_choose_key_or_algorithm() {
    let world = world();
    let algorithm = |name: &str| json!({"alg": name, "kid": "k1"});
    let id = |id: &str| json!({"alg": "ES256", "kid": id});
    let unknown = "the token is signed by an unknown key";
    let refused = "the token's algorithm is not accepted";
    let cases = vec![
        (algorithm("none"), refused),
        (algorithm("nOnE"), refused),
        (algorithm(""), refused),
        (algorithm("HS256"), refused),
        (algorithm("ES256K"), refused),
        (algorithm("RS256"), unknown),
        (algorithm("ES384"), unknown),
        (json!({"kid": "k1"}), "the token is malformed"),
        (
            json!({"alg": ["ES256"], "kid": "k1"}),
            "the token is malformed",
        ),
        (json!({"alg": "ES256", "kid": 1}), "the token is malformed"),
        (
            json!({"alg": "ES256", "kid": "k1", "crit": ["exp"]}),
            "the token is malformed",
        ),
        (
            json!({"alg": "ES256", "kid": "k1", "b64": false}),
            "the token is malformed",
        ),
        (id(""), unknown),
        (id("K1"), unknown),
        (id("../../../dev/null"), unknown),
        (id("k1' UNION SELECT 'x"), unknown),
        (id("https://evil.example/jwks.json"), unknown),
    ];
    world.check_headers(&world.key, cases).await;
    let only = JwtValidator::with_keys(ISSUER, set([&world.key])).unwrap();
    let world = World {
        validator: only.algorithms(&[Algorithm::EdDsa]),
        key: world.key,
    };
    world
        .check_headers(&world.key, vec![(algorithm("ES256"), refused)])
        .await;
}

#[tokio::test]
async fn keys_that_a_token_brings_along_are_not_used() {
    let world = world();
    let thief = key("k1");
    let jwk: Value = serde_json::from_str(&thief.public().to_json()).unwrap();
    let broken = "the token's signature does not hold";
    let cases = vec![
        (json!({"alg": "ES256", "kid": "k1"}), broken),
        (json!({"alg": "ES256"}), broken),
        (
            json!({"alg": "ES256", "kid": "k1", "jwk": jwk}),
            "the token brings its own key",
        ),
        (
            json!({"alg": "ES256", "jwk": jwk, "typ": "at+jwt"}),
            "the token brings its own key",
        ),
        (
            json!({"alg": "ES256", "kid": "k1", "jku": "https://evil.example/jwks"}),
            broken,
        ),
        (
            json!({"alg": "ES256", "kid": "k1", "x5u": "https://evil.example/x"}),
            broken,
        ),
        (
            json!({"alg": "ES256", "kid": "k1", "x5c": ["MIIB"]}),
            broken,
        ),
    ];
    world.check_headers(&thief, cases).await;
}

#[tokio::test]
async fn a_public_key_is_no_secret_to_sign_with() {
    let world = world();
    let header = URL_SAFE_NO_PAD.encode(json!({"alg": "HS256", "kid": "k1"}).to_string());
    let signed = format!("{header}.{}", URL_SAFE_NO_PAD.encode(claims().to_string()));
    for secret in [
        world.key.public().to_json(),
        world.key.public().thumbprint(),
        String::new(),
    ] {
        let mac = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, secret.as_bytes());
        let tag = ring::hmac::sign(&mac, signed.as_bytes());
        let token = format!("{signed}.{}", URL_SAFE_NO_PAD.encode(tag));
        assert_eq!(
            world.outcome(&token).await,
            "the token's algorithm is not accepted"
        );
    }
}

#[tokio::test]
async fn what_was_changed_is_refused() {
    let world = world();
    let token = world.key.sign_claims("at+jwt", &claims()).unwrap();
    let parts: Vec<&str> = token.split('.').collect();
    let payload = URL_SAFE_NO_PAD.encode(claims_with(json!({"sub": "root"})).to_string());
    let padded = STANDARD.encode(claims().to_string());
    let twice = claims().to_string().replacen('{', r#"{"sub":"root","#, 1);
    let deep = format!(
        r#"{{"iss":"{ISSUER}","x":{}1{}}}"#,
        "[".repeat(500),
        "]".repeat(500)
    );
    let broken = "the token's signature does not hold";
    for (token, expected) in [
        (format!("{}.{payload}.{}", parts[0], parts[2]), broken),
        (format!("{}.{}.", parts[0], parts[1]), broken),
        (format!("{}.{}.AAAA", parts[0], parts[1]), broken),
        (
            format!(
                "{}.{}.{}",
                parts[0],
                parts[1],
                URL_SAFE_NO_PAD.encode([0; 64])
            ),
            broken,
        ),
        (format!("{}.{}", parts[0], parts[1]), "not mine"),
        (format!("{token}.{}", parts[2]), "not mine"),
        (format!("{}.{padded}=.{}", parts[0], parts[2]), "not mine"),
        (
            world.key.sign(r#"{"alg":"ES256"}"#, &twice).unwrap(),
            "not mine",
        ),
        (
            world.key.sign(r#"{"alg":"ES256"}"#, &deep).unwrap(),
            "not mine",
        ),
        (
            world
                .key
                .sign(r#"{"alg":"ES256","alg":"none"}"#, &claims().to_string())
                .unwrap(),
            "the token is malformed",
        ),
        ("opaque".to_owned(), "not mine"),
        ("..".to_owned(), "not mine"),
        (String::new(), "not mine"),
    ] {
        assert_eq!(world.outcome(&token).await, expected, "{token}");
    }
    let long = world
        .key
        .sign_claims("at+jwt", &claims_with(json!({"x": "y".repeat(20_000)})))
        .unwrap();
    assert_eq!(world.outcome(&long).await, "the token is too long");
}

#[tokio::test]
async fn every_algorithm_that_we_sign_with_is_verified() {
    for algorithm in [Algorithm::Es256, Algorithm::Es384, Algorithm::EdDsa] {
        let key = SigningKey::generate(algorithm).unwrap().with_id("k");
        let validator = JwtValidator::with_keys(ISSUER, set([&key])).unwrap();
        let world = World { key, validator };
        world
            .check_claims(vec![(json!({}), "alice mcp:use+files:read")])
            .await;
    }
}

#[tokio::test]
async fn who_may_use_a_token_is_read_strictly() {
    for (claim, expected) in [
        (Value::Null, Confirmation::Unknown),
        (json!({}), Confirmation::Unknown),
        (json!({"jkt": 1}), Confirmation::Unknown),
        (json!({"x5t#S256": "abc"}), Confirmation::Unknown),
        (
            json!({"jkt": "abc", "x5t#S256": "abc"}),
            Confirmation::Unknown,
        ),
        (json!("jkt"), Confirmation::Unknown),
        (json!({"jkt": "abc"}), Confirmation::Key("abc".to_owned())),
    ] {
        assert_eq!(confirmation(Some(&claim)), expected, "{claim}");
    }
    assert_eq!(confirmation(None), Confirmation::Bearer);
}

#[test]
fn issuers_and_key_sets_have_public_https_urls() {
    for url in [
        "http://idp.example/jwks",
        "https://169.254.169.254/jwks",
        "https://[::ffff:10.0.0.1]/jwks",
        "https://127.0.0.1/jwks",
        "https://user:pass@idp.example/jwks",
        "file:///etc/passwd",
        "jwks.json",
    ] {
        let made = JwtValidator::new(ISSUER, url).err();
        assert_eq!(
            made,
            Some(GuardError::Unfetchable {
                url: url.to_owned()
            })
        );
    }
    for issuer in [
        "http://idp.example",
        "https://idp.example?x",
        "https://u@idp.example",
        "idp",
        "",
    ] {
        assert!(
            JwtValidator::with_keys(issuer, JwkSet::default()).is_err(),
            "{issuer}"
        );
    }
}

/// Every character of a good token, replaced by another.
#[tokio::test]
async fn no_character_of_a_token_can_be_changed() {
    let world = world();
    let token = world.key.sign_claims("at+jwt", &claims()).unwrap();
    for at in 0..token.len() {
        for other in ["A", "B", "_", ".", "="] {
            let mut changed = token.clone();
            changed.replace_range(at..=at, other);
            if changed != token {
                let judged = world.validator.validate(&changed, NOW).await;
                assert!(judged.is_err(), "{changed}");
            }
        }
    }
}
