//! Documents as servers publish them, and as attackers do.

use serde_json::{Value, json};
use url::Url;

use super::super::error::DiscoveryError;
use super::{IssuerMetadata, ResourceMetadata};
use crate::net::{Policy, danger};

fn server() -> Url {
    Url::parse("https://mcp.example/mcp").unwrap()
}

#[test]
fn a_resource_names_its_issuers() {
    let document = json!({
        "resource": "https://mcp.example/mcp",
        "authorization_servers": ["https://idp.example", "https://idp2.example"],
        "scopes_supported": ["a", "b"],
        "bearer_methods_supported": ["header"],
    });
    let read = ResourceMetadata::parse(document.to_string().as_bytes(), &server()).unwrap();
    assert_eq!(
        read.choose(|_| false, false).unwrap(),
        "https://idp.example"
    );
    assert_eq!(
        read.choose(|issuer| issuer == "https://idp2.example", false)
            .unwrap(),
        "https://idp2.example"
    );
    assert_eq!(
        read.choose(|issuer| issuer == "https://idp2.example", true)
            .unwrap(),
        "https://idp2.example"
    );
    assert!(matches!(
        read.choose(|issuer| issuer == "https://idp3.example", true),
        Err(DiscoveryError::NoIssuer)
    ));
    assert_eq!(read.scopes().unwrap().to_string(), "a b");
    assert!(!read.takes_dpop());
}

#[test]
fn a_document_is_strict_json_of_the_right_shape() {
    for text in [
        "",
        "[]",
        "{}",
        r#"{"resource":1}"#,
        r#"{"resource":"https://mcp.example","authorization_servers":"https://idp.example"}"#,
        r#"{"resource":"https://mcp.example","authorization_servers":["https://a.example"],"authorization_servers":["https://b.example"]}"#,
        r#"{"resource":"https://mcp.example","authorization_servers":["https://a.example"]} trailing"#,
        "<html>",
    ] {
        assert!(
            ResourceMetadata::parse(text.as_bytes(), &server()).is_err(),
            "{text}"
        );
        assert!(
            IssuerMetadata::parse(text.as_bytes(), "https://idp.example", &Policy::default())
                .is_err(),
            "{text}"
        );
    }
    let many = json!({"resource": "https://mcp.example", "authorization_servers": vec!["https://a.example"; 17]});
    assert!(ResourceMetadata::parse(many.to_string().as_bytes(), &server()).is_err());
    let deep = format!(
        r#"{{"resource":"https://mcp.example","authorization_servers":["https://a.example"],"x":{}{}}}"#,
        "[".repeat(60),
        "]".repeat(60)
    );
    assert!(ResourceMetadata::parse(deep.as_bytes(), &server()).is_err());
}

fn issuer(change: &[(&str, Value)], policy: &Policy) -> Result<IssuerMetadata, DiscoveryError> {
    let mut document = json!({
        "issuer": "https://idp.example/t",
        "authorization_endpoint": "https://login.example/authorize",
        "token_endpoint": "https://tokens.example/token",
        "code_challenge_methods_supported": ["S256"],
    });
    for (name, value) in change {
        document[*name] = value.clone();
    }
    IssuerMetadata::parse(
        document.to_string().as_bytes(),
        "https://idp.example/t",
        policy,
    )
}

#[test]
fn the_issuer_is_the_very_same_string() {
    assert!(issuer(&[], &Policy::default()).is_ok());
    for other in [
        "https://idp.example/t/",
        "https://IDP.example/t",
        "https://idp.example:443/t",
        "https://idp.example",
        "https://evil.example",
    ] {
        let read = issuer(&[("issuer", json!(other))], &Policy::default());
        assert!(
            matches!(read, Err(DiscoveryError::Issuer { .. })),
            "{other}"
        );
    }
}

/// Which endpoints are taken, strictly and in development.
#[test]
fn endpoints_are_places_that_we_go_to() {
    for (url, strictly, in_development) in [
        ("https://tokens.example/token", true, true),
        ("http://tokens.example/token", false, false),
        ("http://127.0.0.1:9000/token", false, true),
        ("http://localhost:9000/token", false, true),
        ("https://10.0.0.1/token", false, false),
        ("https://[::ffff:10.0.0.1]/token", false, false),
        ("https://[64:ff9b::a9fe:a9fe]/token", false, false),
        ("http://2852039166/", false, false),
        ("https://0x7f.1/", false, true),
        ("https://user:pw@tokens.example/", false, false),
        ("https://tokens.example/token#x", false, false),
        ("javascript:alert(1)", false, false),
        ("data:text/html,x", false, false),
        ("/token", false, false),
    ] {
        for name in ["token_endpoint", "registration_endpoint"] {
            let change = [(name, json!(url))];
            assert_eq!(
                issuer(&change, &Policy::default()).is_ok(),
                strictly,
                "{name} {url}"
            );
            assert_eq!(
                issuer(&change, &danger::allow_loopback()).is_ok(),
                in_development,
                "{name} {url}"
            );
        }
    }
}

#[test]
fn without_s256_there_is_no_authorization() {
    for methods in [json!(null), json!([]), json!(["plain"]), json!(["s256"])] {
        let read = issuer(
            &[("code_challenge_methods_supported", methods.clone())],
            &Policy::default(),
        )
        .unwrap();
        assert!(
            matches!(read.authorization(), Err(DiscoveryError::NoPkce)),
            "{methods}"
        );
    }
    assert!(
        issuer(&[], &Policy::default())
            .unwrap()
            .authorization()
            .is_ok()
    );
}

proptest::proptest! {
    #[test]
    fn no_document_makes_the_reader_panic(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..200)) {
        let _ = ResourceMetadata::parse(&bytes, &server());
        let _ = IssuerMetadata::parse(&bytes, "https://idp.example", &Policy::default());
    }

    /// Whatever a document says, what is read of it is at the server's origin and has checked endpoints.
    #[test]
    fn what_is_read_was_checked(resource in "(https?://)?[a-z.@:/#?%0-9]{0,30}", token in "(https?://)?[a-z.@:/#?%0-9\\[\\]]{0,30}") {
        let document = json!({"resource": resource, "authorization_servers": ["https://a.example"]}).to_string();
        if let Ok(read) = ResourceMetadata::parse(document.as_bytes(), &server()) {
            proptest::prop_assert_eq!(Url::parse(read.resource()).unwrap().origin(), server().origin());
        }
        if let Ok(read) = issuer(&[("token_endpoint", json!(token))], &Policy::default()) {
            proptest::prop_assert_eq!(read.token.scheme(), "https");
        }
    }
}
