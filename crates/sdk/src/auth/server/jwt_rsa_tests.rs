//! RSA: published signatures, tokens of both paddings under a published set of keys, and keys that prove nothing.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::super::fixture::{ISSUER, NOW, claims};
use super::*;
use crate::auth::jwt::{Jwk, JwkSet, JwtError, SigningKey};

/// RFC 7515 appendix A.2.
const KEY: &str = include_str!(concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/tests/data/rfc7515/a2.jwk"
));
const TOKEN: &str = include_str!(concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/tests/data/rfc7515/a2.jws"
));
const PEM: &str = include_str!(concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/tests/data/keys/rsa.pem"
));

fn signer(algorithm: Algorithm) -> SigningKey {
    SigningKey::from_pem(PEM, algorithm).unwrap().with_id("r1")
}

fn jwk(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// The public half of our key, as a set publishes it.
fn published() -> Value {
    let mut key = jwk(&signer(Algorithm::Rs256).public().to_json());
    key["kid"] = "r1".into();
    key
}

/// What becomes of a token at a validator whose issuer publishes these keys.
async fn outcome(keys: &[Value], token: &str) -> String {
    let set = JwkSet::parse(json!({"keys": keys}).to_string().as_bytes()).unwrap();
    let validator = JwtValidator::with_keys(ISSUER, set).unwrap();
    match validator.validate(token, NOW).await {
        Ok(facts) => facts.subject,
        Err(TokenFault::Invalid(reason)) => reason.to_owned(),
        Err(other) => other.to_string(),
    }
}

#[test]
fn the_signature_of_rfc_7515() {
    let key = Jwk::parse(KEY.as_bytes()).unwrap();
    let (signed, signature) = TOKEN.trim().rsplit_once('.').unwrap();
    let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
    let verify =
        |algorithm, text: &str, signature: &[u8]| key.verify(algorithm, text.as_bytes(), signature);
    assert_eq!(verify(Algorithm::Rs256, signed, &signature), Ok(()));
    for algorithm in [Algorithm::Rs384, Algorithm::Rs512, Algorithm::Ps256] {
        assert_eq!(
            verify(algorithm, signed, &signature),
            Err(JwtError::Signature),
            "{algorithm}"
        );
    }
    assert_eq!(
        verify(Algorithm::Rs256, signed.split_at(1).1, &signature),
        Err(JwtError::Signature)
    );
    assert_eq!(
        verify(Algorithm::Rs256, signed, &signature[1..]),
        Err(JwtError::Signature)
    );
    assert_eq!(
        verify(Algorithm::Rs256, signed, &[]),
        Err(JwtError::Signature)
    );
    for other in [Algorithm::Es256, Algorithm::EdDsa] {
        assert_eq!(
            verify(other, signed, &signature),
            Err(JwtError::Algorithm),
            "{other}"
        );
    }
}

#[tokio::test]
async fn tokens_of_a_published_rsa_key_pass() {
    for algorithm in [
        Algorithm::Rs256,
        Algorithm::Ps256,
        Algorithm::Rs512,
        Algorithm::Ps384,
    ] {
        let token = signer(algorithm).sign_claims("at+jwt", &claims()).unwrap();
        assert_eq!(
            outcome(&[published()], &token).await,
            "alice",
            "{algorithm}"
        );
        // Beside others, of which some are of no use.
        let beside = [jwk(KEY), json!({"kty": "unknown"}), published()];
        assert_eq!(outcome(&beside, &token).await, "alice", "{algorithm}");
        // A key that is published for one algorithm takes no other.
        let mut bound = published();
        bound["alg"] = "RS384".into();
        assert_eq!(
            outcome(&[bound], &token).await,
            "the token is signed by an unknown key",
            "{algorithm}"
        );
    }
}

#[tokio::test]
async fn the_token_of_rfc_7515_is_of_another_issuer() {
    let outcome = outcome(&[jwk(KEY)], TOKEN.trim()).await;
    assert_eq!(outcome, TokenFault::NotMine.to_string());
}

#[tokio::test]
async fn another_modulus_verifies_nothing() {
    let token = signer(Algorithm::Rs256)
        .sign_claims("at+jwt", &claims())
        .unwrap();
    let mut other = jwk(KEY);
    other["kid"] = "r1".into();
    assert_eq!(
        outcome(&[other], &token).await,
        "the token's signature does not hold"
    );
    // One digit is enough.
    let mut near = published();
    let modulus = near["n"].as_str().unwrap();
    let (head, tail) = modulus.split_at(100);
    let (digit, tail) = tail.split_at(1);
    let other = if digit == "A" { "B" } else { "A" };
    near["n"] = [head, other, tail].concat().into();
    assert_eq!(
        outcome(&[near], &token).await,
        "the token's signature does not hold"
    );
}

#[tokio::test]
async fn keys_below_2048_bits_are_no_keys() {
    let token = signer(Algorithm::Rs256)
        .sign_claims("at+jwt", &claims())
        .unwrap();
    let bits = |bytes: usize, first: u8| {
        let mut modulus = vec![0xA5; bytes];
        modulus[0] = first;
        URL_SAFE_NO_PAD.encode(modulus)
    };
    for (modulus, taken) in [
        (bits(64, 0xFF), false),
        (bits(128, 0xFF), false),
        (bits(255, 0xFF), false),
        // 2047 bits: the first of 256 bytes is below 128.
        (bits(256, 0x7F), false),
        (bits(257, 0x00), false),
        (bits(256, 0x80), true),
        (bits(1024, 0x80), true),
        (bits(1025, 0x80), false),
    ] {
        let mut key = published();
        key["n"] = modulus.into();
        assert_eq!(
            Jwk::parse(key.to_string().as_bytes()).is_ok(),
            taken,
            "{key}"
        );
        let expected = if taken {
            "the token's signature does not hold"
        } else {
            "the token is signed by an unknown key"
        };
        assert_eq!(outcome(&[key], &token).await, expected);
    }
}

/// With an exponent of one, a signature is the padded digest itself: anybody can write it.
#[tokio::test]
async fn exponents_that_anybody_can_invert_are_refused() {
    let payload = claims().to_string();
    let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"RS256","kid":"r1","typ":"at+jwt"}"#);
    let signed = format!("{header}.{}", URL_SAFE_NO_PAD.encode(payload));
    let info = [
        0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01,
        0x05, 0x00, 0x04, 0x20,
    ];
    let digest = Sha256::digest(signed.as_bytes());
    let padding = vec![0xFF; 256 - 3 - info.len() - digest.len()];
    let padded = [&[0, 1][..], &padding, &[0], &info, &digest].concat();
    let token = format!("{signed}.{}", URL_SAFE_NO_PAD.encode(padded));
    for exponent in ["AQ", "AA", "Ag", "AAAAAAE"] {
        let mut key = published();
        key["e"] = exponent.into();
        assert_ne!(outcome(&[key], &token).await, "alice", "{exponent}");
    }
}

#[tokio::test]
async fn a_public_rsa_key_is_no_secret_to_sign_with() {
    let key = published();
    let modulus = URL_SAFE_NO_PAD.decode(key["n"].as_str().unwrap()).unwrap();
    for name in ["HS256", "HS384", "HS512", "none"] {
        let header = URL_SAFE_NO_PAD.encode(json!({"alg": name, "kid": "r1"}).to_string());
        let signed = format!("{header}.{}", URL_SAFE_NO_PAD.encode(claims().to_string()));
        for secret in [
            key.to_string().as_bytes(),
            &modulus,
            PEM.as_bytes(),
            key["n"].as_str().unwrap().as_bytes(),
            b"",
        ] {
            let mac = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, secret);
            let token = format!(
                "{signed}.{}",
                URL_SAFE_NO_PAD.encode(ring::hmac::sign(&mac, signed.as_bytes()))
            );
            assert_eq!(
                outcome(std::slice::from_ref(&key), &token).await,
                "the token's algorithm is not accepted",
                "{name}"
            );
        }
    }
    // Nor does a set take a secret for a key.
    let shared = json!({"keys": [{"kty": "oct", "k": "c2VjcmV0", "alg": "HS256"}]});
    assert!(JwkSet::parse(shared.to_string().as_bytes()).is_err());
}
