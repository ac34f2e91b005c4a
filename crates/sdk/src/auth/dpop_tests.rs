//! Proofs: what holds, and one defect at a time.

use serde_json::{Value, json};
use url::Url;

use super::{Expected, ProofError, ProofKey, check, token_hash};
use crate::auth::jwt::{Algorithm, JwtError, SigningKey};

const NOW: u64 = 1_800_000_000;
const MCP: &str = "https://mcp.example/mcp";

fn url(text: &str) -> Url {
    Url::parse(text).unwrap()
}

/// The proof of RFC 9449 section 4.2 (figure 2), made in 2019 for a token endpoint.
#[test]
fn the_example_of_rfc_9449() {
    let proof = "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRj\
                 QyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19.eyJqdGkiOiItQn\
                 dDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVyLmV4YW1wbGUuY29tL3Rva2VuIiwiaWF0IjoxNTYyMjYyNjE2fQ.2-Gx\
                 A6T8lP4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg4PtFLbdLXiOSsX0x7NVY-FNyJK70nfbV37xRZT3Lg";
    let endpoint = url("https://server.example.com/token");
    let proof = check(proof, &Expected::new("POST", &endpoint, 1_562_262_616)).unwrap();
    assert_eq!(proof.id(), "-BwC3ESc6acc2lTc");
    assert_eq!(
        proof.thumbprint(),
        "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"
    );
    assert_eq!(proof.issued_at(), 1_562_262_616);
}

#[test]
fn what_is_made_is_taken_and_no_two_are_alike() {
    let key = ProofKey::from_pkcs8(&ProofKey::generate_pkcs8().unwrap()).unwrap();
    let target = url("https://MCP.example:443/mcp?session=1#x");
    let made = || {
        key.proof("POST", &target, NOW, Some("token"), Some("nonce"))
            .unwrap()
    };
    let expected = url(MCP);
    let expected = Expected::new("POST", &expected, NOW + 5);
    let expected = expected
        .token("token")
        .bound_to(key.thumbprint())
        .nonces(&["older", "nonce"]);
    let (one, other) = (
        check(&made(), &expected).unwrap(),
        check(&made(), &expected).unwrap(),
    );
    assert_ne!(one.id(), other.id());
    assert_eq!(one.thumbprint(), key.thumbprint());
}

/// Changes of header or claims, and what is said of the proof.
#[test]
fn one_defect_at_a_time() {
    let key = SigningKey::generate(Algorithm::Es256).unwrap();
    let public: Value = serde_json::from_str(&key.public().to_json()).unwrap();
    let claim = ProofError::Claim;
    let cases: Vec<(&str, Value, ProofError)> = vec![
        ("typ", json!("JWT"), ProofError::Kind),
        ("typ", json!("DPOP+JWT"), ProofError::Kind),
        ("typ", Value::Null, ProofError::Kind),
        ("jwk", Value::Null, ProofError::NoKey),
        ("alg", json!("none"), ProofError::Token(JwtError::Algorithm)),
        ("htm", json!("GET"), ProofError::Request),
        ("htm", json!("post"), ProofError::Request),
        ("htm", Value::Null, ProofError::Request),
        (
            "htu",
            json!("https://mcp.example/other"),
            ProofError::Request,
        ),
        (
            "htu",
            json!("https://mcp.example/mcp/"),
            ProofError::Request,
        ),
        ("htu", json!("http://mcp.example/mcp"), ProofError::Request),
        (
            "htu",
            json!("https://evil.example/mcp"),
            ProofError::Request,
        ),
        ("htu", json!("https://mcp.example/mcp?x"), claim("htu")),
        ("htu", json!("https://mcp.example/mcp#x"), claim("htu")),
        ("htu", json!("/mcp"), claim("htu")),
        ("htu", Value::Null, claim("htu")),
        ("iat", json!(NOW - 301), ProofError::Stale),
        ("iat", json!(NOW + 301), ProofError::Stale),
        ("iat", json!("now"), claim("iat")),
        ("iat", Value::Null, claim("iat")),
        ("ath", json!(token_hash("another")), ProofError::Binding),
        ("ath", Value::Null, ProofError::Binding),
        ("jti", json!(""), claim("jti")),
        ("jti", json!("x".repeat(257)), claim("jti")),
        ("jti", json!(1), claim("jti")),
        ("jti", Value::Null, claim("jti")),
        ("nonce", json!("old"), ProofError::Nonce),
        ("nonce", Value::Null, ProofError::Nonce),
    ];
    for (name, value, expected) in cases {
        let mut header = json!({"typ": "dpop+jwt", "alg": "ES256", "jwk": public});
        let ath = token_hash("token");
        let mut claims = json!({"jti": "id", "htm": "POST", "htu": MCP, "iat": NOW, "ath": ath, "nonce": "nonce"});
        let part = if header.get(name).is_some() {
            &mut header
        } else {
            &mut claims
        };
        match &value {
            Value::Null => drop(part.as_object_mut().unwrap().shift_remove(name)),
            value => part[name] = value.clone(),
        }
        let proof = key.sign(&header.to_string(), &claims.to_string()).unwrap();
        let target = url(MCP);
        let wanted = Expected::new("POST", &target, NOW)
            .token("token")
            .nonces(&["nonce"]);
        assert_eq!(check(&proof, &wanted), Err(expected), "{name} {value}");
    }
}

#[test]
fn a_proof_of_another_key_is_worth_nothing() {
    let (own, other) = (ProofKey::generate().unwrap(), ProofKey::generate().unwrap());
    let target = url(MCP);
    let proof = other
        .proof("POST", &target, NOW, Some("token"), None)
        .unwrap();
    let expected = Expected::new("POST", &target, NOW).token("token");
    assert_eq!(
        check(&proof, &expected.clone().bound_to(own.thumbprint())),
        Err(ProofError::Binding)
    );
    assert!(check(&proof, &expected.clone().bound_to(other.thumbprint())).is_ok());
    let algorithms = [Algorithm::EdDsa];
    assert_eq!(
        check(&proof, &expected.algorithms(&algorithms)),
        Err(ProofError::Token(JwtError::Algorithm))
    );
}

/// The key in the header is a public one, and the one that signed.
#[test]
fn the_embedded_key_is_public_and_the_signers() {
    let (key, other) = (
        SigningKey::generate(Algorithm::Es256).unwrap(),
        SigningKey::generate(Algorithm::Es256).unwrap(),
    );
    let mut foreign: Value = serde_json::from_str(&other.public().to_json()).unwrap();
    let claims = json!({"jti": "id", "htm": "POST", "htu": MCP, "iat": NOW}).to_string();
    let target = url(MCP);
    let made = |jwk: &Value| {
        key.sign(
            &json!({"typ": "dpop+jwt", "alg": "ES256", "jwk": jwk}).to_string(),
            &claims,
        )
        .unwrap()
    };
    let checked = |proof: &str| check(proof, &Expected::new("POST", &target, NOW)).map(drop);
    assert_eq!(
        checked(&made(&foreign)),
        Err(ProofError::Token(JwtError::Signature))
    );
    foreign["d"] = json!("AAAA");
    assert_eq!(
        checked(&made(&foreign)),
        Err(ProofError::Token(JwtError::Malformed("jwk")))
    );
    assert_eq!(
        checked("not a proof"),
        Err(ProofError::Token(JwtError::Malformed("three parts")))
    );
}
