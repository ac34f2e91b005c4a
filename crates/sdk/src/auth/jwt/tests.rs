//! Tokens and keys: published vectors, every algorithm both ways, and what has to be refused.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::{Algorithm, Claims, Jwk, JwkSet, Jws, JwtError, KeyError, SigningKey};

const NOW: u64 = 1_800_000_000;

macro_rules! key_file {
    ($name:literal) => {
        include_str!(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/tests/data/keys/",
            $name
        ))
    };
}

/// One key for each algorithm, from files that another tool wrote.
fn keys() -> Vec<SigningKey> {
    let rsa = [
        Algorithm::Rs256,
        Algorithm::Rs384,
        Algorithm::Rs512,
        Algorithm::Ps256,
        Algorithm::Ps384,
        Algorithm::Ps512,
    ];
    let mut keys: Vec<_> = rsa
        .iter()
        .map(|algorithm| SigningKey::from_pem(key_file!("rsa.pem"), *algorithm).unwrap())
        .collect();
    keys.push(SigningKey::from_pem(key_file!("p256.pem"), Algorithm::Es256).unwrap());
    keys.push(SigningKey::from_pem(key_file!("p384.pem"), Algorithm::Es384).unwrap());
    keys.push(SigningKey::from_pem(key_file!("ed25519.pem"), Algorithm::EdDsa).unwrap());
    keys
}

fn claims() -> Value {
    json!({"iss": "https://issuer.example", "exp": NOW + 60})
}

/// A token of parts that need not fit.
fn token(header: &Value, payload: &str, signature: &[u8]) -> String {
    let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    format!(
        "{}.{}.{}",
        encode(header.to_string().as_bytes()),
        encode(payload.as_bytes()),
        encode(signature)
    )
}

#[test]
fn every_algorithm_signs_and_verifies_and_takes_no_other_key() {
    let keys = keys();
    assert_eq!(keys.len(), Algorithm::ALL.len());
    for key in &keys {
        let token = key.sign_claims("at+jwt", &claims()).unwrap();
        let jws = Jws::parse(&token).unwrap();
        assert_eq!(jws.header().algorithm(), key.algorithm());
        assert_eq!(
            jws.verify_with(key.public(), &Algorithm::ALL)
                .unwrap()
                .issuer(),
            Some("https://issuer.example")
        );
        for other in &keys {
            let fits = other.algorithm() == key.algorithm();
            let verified = jws.verify_with(other.public(), &Algorithm::ALL);
            assert_eq!(
                verified.is_ok(),
                fits,
                "{} {}",
                key.algorithm(),
                other.algorithm()
            );
            assert_eq!(
                jws.verify_with(key.public(), &[other.algorithm()]).is_ok(),
                fits
            );
        }
    }
}

#[test]
fn a_changed_byte_breaks_the_signature() {
    for key in keys() {
        let token = key.sign_claims("at+jwt", &claims()).unwrap();
        let dot = token.rfind('.').unwrap();
        for at in [dot - 3, dot + 1, dot + 20] {
            let mut bytes = token.clone().into_bytes();
            bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(bytes).unwrap();
            let verified =
                Jws::parse(&changed).and_then(|jws| jws.verify_with(key.public(), &Algorithm::ALL));
            assert!(verified.is_err(), "{} {at}", key.algorithm());
        }
    }
}

/// RFC 8037 appendix A: an Ed25519 key, its thumbprint and a signature with it.
#[test]
fn the_examples_of_rfc_8037() {
    let key = Jwk::parse(
        br#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#,
    )
    .unwrap();
    assert_eq!(
        key.thumbprint(),
        "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
    );
    let signature =
        "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
    let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
    let text = b"eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc";
    assert_eq!(key.verify(Algorithm::EdDsa, text, &signature), Ok(()));
    assert_eq!(
        key.verify(Algorithm::EdDsa, b"other", &signature),
        Err(JwtError::Signature)
    );
}

/// RFC 7638 section 3.1.
#[test]
fn the_thumbprint_of_rfc_7638() {
    let n = "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknj\
             hMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5\
             hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw";
    let text =
        json!({"kty": "RSA", "n": n, "e": "AQAB", "alg": "RS256", "kid": "2011-04-29"}).to_string();
    let key = Jwk::parse(text.as_bytes()).unwrap();
    assert_eq!(
        key.thumbprint(),
        "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"
    );
    assert_eq!(key.id(), Some("2011-04-29"));
    assert!(
        key.takes(Algorithm::Rs256) && !key.takes(Algorithm::Ps256),
        "its owner names the algorithm"
    );
}

#[test]
fn a_key_survives_being_written() {
    for key in keys() {
        let again = Jwk::parse(key.public().to_json().as_bytes()).unwrap();
        assert_eq!(again.thumbprint(), key.public().thumbprint());
    }
}

#[test]
fn tokens_that_are_none() {
    let header = json!({"alg": "ES256"});
    for (text, expected) in [
        (String::new(), JwtError::Malformed("three parts")),
        ("a.b".to_owned(), JwtError::Malformed("three parts")),
        ("a.b.c.d".to_owned(), JwtError::Malformed("base64url")),
        ("!.b.c".to_owned(), JwtError::Malformed("base64url")),
        (
            format!("{}=.e30.", URL_SAFE_NO_PAD.encode(header.to_string())),
            JwtError::Malformed("base64url"),
        ),
        (
            token(&json!({"alg": "none"}), "{}", b""),
            JwtError::Algorithm,
        ),
        (
            token(&json!({"alg": "None"}), "{}", b""),
            JwtError::Algorithm,
        ),
        (
            token(&json!({"alg": "HS256"}), "{}", b"x"),
            JwtError::Algorithm,
        ),
        (
            token(&json!({"alg": "ES512"}), "{}", b"x"),
            JwtError::Algorithm,
        ),
        (
            token(&json!({"typ": "JWT"}), "{}", b"x"),
            JwtError::Malformed("header"),
        ),
        (token(&json!([]), "{}", b"x"), JwtError::Malformed("header")),
        (
            token(&json!({"alg": "ES256", "crit": ["exp"]}), "{}", b"x"),
            JwtError::Malformed("critical header"),
        ),
        (
            token(&json!({"alg": "ES256", "b64": false}), "{}", b"x"),
            JwtError::Malformed("critical header"),
        ),
        (
            token(
                &json!({"alg": "ES256", "jwk": {"kty": "oct", "k": "AA"}}),
                "{}",
                b"x",
            ),
            JwtError::Malformed("jwk"),
        ),
        ("a".repeat(17_000), JwtError::TooLong),
    ] {
        assert_eq!(Jws::parse(&text).err(), Some(expected), "{text}");
    }
    let twice = format!(
        "{}.e30.",
        URL_SAFE_NO_PAD.encode(r#"{"alg":"ES256","alg":"none"}"#)
    );
    assert_eq!(
        Jws::parse(&twice).err(),
        Some(JwtError::Malformed("header"))
    );
}

#[test]
fn claims_are_strict_json_too() {
    let key = SigningKey::generate(Algorithm::Es256).unwrap();
    for payload in ["[]", "", "{\"a\":1,\"a\":2}", "{} x", "\"text\""] {
        let token = key.sign(r#"{"alg":"ES256"}"#, payload).unwrap();
        let verified = Jws::parse(&token)
            .unwrap()
            .verify_with(key.public(), &Algorithm::ALL);
        assert_eq!(
            verified.err(),
            Some(JwtError::Malformed("payload")),
            "{payload}"
        );
    }
}

/// A public key must not be taken for the secret of an HMAC, nor a token's own key for the issuer's.
#[test]
fn confusion_of_keys() {
    let (key, other) = (
        SigningKey::generate(Algorithm::Es256).unwrap(),
        SigningKey::generate(Algorithm::Es256).unwrap(),
    );
    let own: Value = serde_json::from_str(&other.public().to_json()).unwrap();
    let header = json!({"alg": "ES256", "jwk": own}).to_string();
    let token = other.sign(&header, &claims().to_string()).unwrap();
    let set = JwkSet::new([key.public().clone()]);
    assert_eq!(
        Jws::parse(&token)
            .unwrap()
            .verify(&set, &Algorithm::ALL)
            .err(),
        Some(JwtError::Signature)
    );
}

#[test]
fn the_key_of_a_set_is_chosen_by_name_and_algorithm() {
    let (a, b) = (
        SigningKey::generate(Algorithm::Es256).unwrap(),
        SigningKey::generate(Algorithm::Es256).unwrap(),
    );
    let (a, b) = (a.with_id("a"), b.with_id("b"));
    let both = JwkSet::new([a.public().clone(), b.public().clone()]);
    let unnamed = JwkSet::new([
        Jwk::parse(a.public().to_json().as_bytes()).unwrap(),
        b.public().clone(),
    ]);
    let verify = |token: &str, set: &JwkSet| {
        Jws::parse(token)
            .unwrap()
            .verify(set, &Algorithm::ALL)
            .map(drop)
    };
    let named = b.sign_claims("JWT", &claims()).unwrap();
    assert_eq!(verify(&named, &both), Ok(()));
    assert_eq!(
        verify(&named, &JwkSet::new([a.public().clone()])),
        Err(JwtError::NoKey)
    );
    let nameless = b.sign(r#"{"alg":"ES256"}"#, &claims().to_string()).unwrap();
    assert_eq!(verify(&nameless, &both), Ok(()));
    assert_eq!(verify(&nameless, &unnamed), Ok(()));
    let of_a = a.sign_claims("JWT", &claims()).unwrap();
    assert_eq!(verify(&of_a, &unnamed), Err(JwtError::NoKey));
    let forged = b
        .sign(r#"{"alg":"ES256","kid":"a"}"#, &claims().to_string())
        .unwrap();
    assert_eq!(verify(&forged, &both), Err(JwtError::Signature));
    assert_eq!(verify(&nameless, &JwkSet::default()), Err(JwtError::NoKey));
}

#[test]
fn keys_that_are_not_taken() {
    let good = SigningKey::generate(Algorithm::Es256)
        .unwrap()
        .public()
        .to_json();
    let with = |more: &str| good.replacen('{', &format!("{{{more},"), 1);
    for (text, expected) in [
        (with(r#""d":"AAAA""#), KeyError::Private),
        (r#"{"kty":"oct","k":"AAAA"}"#.to_owned(), KeyError::Private),
        (with(r#""use":"enc""#), KeyError::Algorithm),
        (with(r#""key_ops":["encrypt"]"#), KeyError::Algorithm),
        (with(r#""alg":"ES384""#), KeyError::Algorithm),
        (with(r#""alg":"HS256""#), KeyError::Unsupported),
        (
            r#"{"kty":"EC","crv":"secp256k1","x":"AA","y":"AA"}"#.to_owned(),
            KeyError::Unsupported,
        ),
        (
            r#"{"kty":"EC","crv":"P-256","x":"AA","y":"AA"}"#.to_owned(),
            KeyError::Malformed("coordinate length"),
        ),
        (
            r#"{"kty":"EC","crv":"P-256","x":"AA"}"#.to_owned(),
            KeyError::Malformed("y"),
        ),
        (
            r#"{"kty":"OKP","crv":"Ed25519","x":"AA"}"#.to_owned(),
            KeyError::Malformed("x"),
        ),
        (
            r#"{"kty":"RSA","n":"AQAB","e":"AQAB"}"#.to_owned(),
            KeyError::Malformed("RSA modulus or exponent"),
        ),
        ("[]".to_owned(), KeyError::Malformed("not a JWK")),
    ] {
        assert_eq!(Jwk::parse(text.as_bytes()).err(), Some(expected), "{text}");
    }
}

#[test]
fn a_set_leaves_out_what_it_cannot_use_and_refuses_secrets() {
    let good = SigningKey::generate(Algorithm::Es256)
        .unwrap()
        .public()
        .to_json();
    let set = |keys: &str| JwkSet::parse(format!("{{\"keys\":[{keys}]}}").as_bytes());
    let odd = r#"{"kty":"EC","crv":"P-521","x":"AA","y":"AA"}"#;
    assert_eq!(set(&format!("{odd},{good}")).unwrap().keys().len(), 1);
    assert_eq!(set("").unwrap().keys().len(), 0);
    assert_eq!(
        set(&format!(r#"{good},{{"kty":"oct","k":"AA"}}"#)),
        Err(KeyError::Private)
    );
    assert_eq!(
        set(&vec![odd; 257].join(",")),
        Err(KeyError::Malformed("too many keys"))
    );
    assert!(JwkSet::parse(b"{}").is_err() && JwkSet::parse(b"{\"keys\":{}}").is_err());
}

#[test]
fn private_keys_in_files() {
    assert!(SigningKey::from_pem(key_file!("rsa.pkcs1.pem"), Algorithm::Rs256).is_ok());
    let pem = key_file!("p256.pem");
    for (text, algorithm, expected) in [
        (key_file!("p256.sec1.pem"), Algorithm::Es256, KeyError::Pem),
        (
            key_file!("rsa.pkcs1.pem"),
            Algorithm::Es256,
            KeyError::Algorithm,
        ),
        (pem, Algorithm::Es384, KeyError::Algorithm),
        (pem, Algorithm::Rs256, KeyError::Algorithm),
        (pem, Algorithm::EdDsa, KeyError::Algorithm),
        ("", Algorithm::Es256, KeyError::Pem),
        (
            "-----BEGIN PRIVATE KEY-----\n",
            Algorithm::Es256,
            KeyError::Pem,
        ),
        (
            &pem.replace("END PRIVATE", "END PUBLIC"),
            Algorithm::Es256,
            KeyError::Pem,
        ),
        (
            &pem.replace("\n-----END", "!\n-----END"),
            Algorithm::Es256,
            KeyError::Pem,
        ),
        (&format!("{pem}{pem}"), Algorithm::Es256, KeyError::Pem),
    ] {
        assert_eq!(
            SigningKey::from_pem(text, algorithm).err(),
            Some(expected),
            "{text}"
        );
    }
    assert_eq!(
        SigningKey::generate(Algorithm::Rs256).err(),
        Some(KeyError::Unsupported)
    );
}

#[test]
fn times_and_audiences() {
    let of = |claims: Value| Claims::parse(claims.to_string().as_bytes()).unwrap();
    for (claims, expected) in [
        (json!({"exp": NOW + 1}), Ok(())),
        (json!({"exp": NOW - 59}), Ok(())),
        (json!({"exp": NOW - 60}), Err(JwtError::Expired)),
        (json!({"exp": 0}), Err(JwtError::Expired)),
        (json!({}), Err(JwtError::Claim("exp"))),
        (json!({"exp": "tomorrow"}), Err(JwtError::Claim("exp"))),
        (json!({"exp": -1}), Err(JwtError::Claim("exp"))),
        (json!({"exp": 1e300}), Err(JwtError::Claim("exp"))),
        (json!({"exp": 1_800_000_030.5}), Ok(())),
        (json!({"exp": NOW + 1, "nbf": NOW + 60}), Ok(())),
        (
            json!({"exp": NOW + 1, "nbf": NOW + 61}),
            Err(JwtError::NotYet),
        ),
        (
            json!({"exp": NOW + 1, "iat": NOW + 61}),
            Err(JwtError::NotYet),
        ),
        (
            json!({"exp": NOW + 1, "nbf": "x"}),
            Err(JwtError::Claim("nbf")),
        ),
    ] {
        assert_eq!(of(claims.clone()).check_time(NOW, 60), expected, "{claims}");
    }
    for (claims, expected) in [
        (json!({"aud": "a"}), vec!["a"]),
        (json!({"aud": ["a", "b"]}), vec!["a", "b"]),
        (json!({"aud": ["a", 1]}), vec![]),
        (json!({"aud": {"a": 1}}), vec![]),
        (json!({}), vec![]),
    ] {
        assert_eq!(of(claims).audience(), expected);
    }
    assert_eq!(of(json!({"sub": 7})).subject(), None);
}

#[test]
fn the_type_is_compared_as_a_media_type() {
    let key = SigningKey::generate(Algorithm::EdDsa).unwrap();
    for (kind, expected) in [
        ("at+jwt", true),
        ("application/at+jwt", true),
        ("AT+JWT", true),
        ("JWT", false),
        ("", false),
    ] {
        let token = key.sign_claims(kind, &claims()).unwrap();
        assert_eq!(
            Jws::parse(&token).unwrap().header().is_kind("at+jwt"),
            expected,
            "{kind}"
        );
    }
}

proptest::proptest! {
    #[test]
    fn no_text_makes_the_reader_panic(text in "[A-Za-z0-9_.{}\":-]{0,300}") {
        let _ = Jws::parse(&text);
        let _ = Jwk::parse(text.as_bytes());
        let _ = JwkSet::parse(text.as_bytes());
    }
}
