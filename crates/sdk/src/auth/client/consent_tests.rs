//! The way to the authorization server, and what may come back.

use serde_json::json;

use super::super::error::ConsentError;
use super::super::metadata::IssuerMetadata;
use super::super::{RedirectUri, Scopes};
use super::{ConsentRequest, Pending, Request};
use crate::net::Policy;

const BACK: &str = "https://app.example/cb";

fn begin(sends_issuer: bool) -> (ConsentRequest, Pending) {
    let document = json!({
        "issuer": "https://idp.example",
        "authorization_endpoint": "https://idp.example/authorize?tenant=7",
        "token_endpoint": "https://idp.example/token",
        "code_challenge_methods_supported": ["plain", "S256"],
        "authorization_response_iss_parameter_supported": sends_issuer,
    });
    let issuer = IssuerMetadata::parse(
        document.to_string().as_bytes(),
        "https://idp.example",
        &Policy::default(),
    )
    .unwrap();
    let request = Request {
        issuer: &issuer,
        client_id: "https://known.example/client.json",
        redirect: RedirectUri::parse(BACK).unwrap(),
        resource: "https://mcp.example/mcp",
        scopes: &Scopes::parse("files:read offline_access"),
        thumbprint: Some("thumb"),
    };
    request.begin().unwrap()
}

fn state(request: &ConsentRequest) -> String {
    let pair = request
        .url()
        .as_url()
        .query_pairs()
        .find(|(name, _)| name == "state")
        .unwrap();
    pair.1.into_owned()
}

// SPEC: 2025-11-25/basic/authorization/resource-parameter-implementation:2
// SPEC: 2026-07-28/basic/authorization/index/resource-parameter-implementation:2
// SPEC: 2025-11-25/basic/authorization/authorization-code-protection:3
// SPEC: 2026-07-28/basic/authorization/security-considerations/authorization-code-protection:3
#[test]
fn a_request_has_everything_once() {
    let (request, _) = begin(true);
    let mut names: Vec<_> = request
        .url()
        .as_url()
        .query_pairs()
        .map(|(name, _)| name.into_owned())
        .collect();
    names.sort_unstable();
    assert_eq!(
        names,
        [
            "client_id",
            "code_challenge",
            "code_challenge_method",
            "dpop_jkt",
            "prompt",
            "redirect_uri",
            "resource",
            "response_type",
            "scope",
            "state",
            "tenant",
        ]
    );
    assert_eq!(
        (request.url().host(), request.issuer(), request.resource()),
        (
            "idp.example",
            "https://idp.example",
            "https://mcp.example/mcp"
        )
    );
    assert!(request.scopes().contains("files:read") && request.remarks().is_empty());
    assert_ne!(state(&request), state(&begin(true).0), "no state twice");
}

#[track_caller]
fn check(sends_issuer: bool, callback: &str, expected: Result<&str, &str>) {
    let (request, pending) = begin(sends_issuer);
    let callback = callback.replace("STATE", &state(&request));
    let found = match pending.accept(&callback) {
        Ok(code) => Ok(code.code.expose().to_owned()),
        Err(error) => Err(format!("{error:?}")),
    };
    match (&found, expected) {
        (Ok(code), Ok(expected)) => assert_eq!(code, expected),
        (Err(error), Err(expected)) => assert!(error.starts_with(expected), "{callback}: {error}"),
        _ => panic!("{callback}: {found:?}"),
    }
}

// SPEC: 2025-11-25/basic/authorization/open-redirection:3
// SPEC: 2026-07-28/basic/authorization/security-considerations/open-redirection:3
// SPEC: 2026-07-28/basic/authorization/index/authorization-response-validation:4-6
// SPEC: 2026-07-28/basic/authorization/security-considerations/top:1-2
// SPEC: 2025-11-25/basic/authorization/security-considerations:1
// SPEC: 2026-07-28/basic/authorization/index/security-considerations:1
#[test]
fn what_may_come_back() {
    let iss = "iss=https%3A%2F%2Fidp.example";
    check(true, &format!("{BACK}?code=c&state=STATE&{iss}"), Ok("c"));
    check(false, &format!("{BACK}?code=c&state=STATE"), Ok("c"));
    check(
        false,
        &format!("{BACK}?code=c%20d&state=STATE&{iss}&session_state=x"),
        Ok("c d"),
    );
    check(true, &format!("{BACK}?code=c&state=STATE"), Err("Issuer"));
    check(
        true,
        &format!("{BACK}?code=c&state=STATE&iss=https%3A%2F%2Fidp.example%2F"),
        Err("Issuer"),
    );
    check(
        true,
        &format!("{BACK}?code=c&state=STATE&iss=https%3A%2F%2FIDP.example"),
        Err("Issuer"),
    );
    check(
        true,
        &format!("{BACK}?code=c&state=STATE&iss=https%3A%2F%2Fidp.example%3A443"),
        Err("Issuer"),
    );
    check(
        false,
        &format!("{BACK}?code=c&state=STATE&iss=https%3A%2F%2Fevil.example"),
        Err("Issuer"),
    );
    check(true, &format!("{BACK}?code=c&{iss}"), Err("State"));
    check(
        true,
        &format!("{BACK}?code=c&state=used-before&{iss}"),
        Err("State"),
    );
    check(
        true,
        &format!("{BACK}?code=c&state=STATE&state=STATE&{iss}"),
        Err("Malformed"),
    );
    check(
        true,
        &format!("{BACK}?code=c&code=d&state=STATE&{iss}"),
        Err("Malformed"),
    );
    check(
        true,
        &format!("{BACK}?code=&state=STATE&{iss}"),
        Err("Malformed"),
    );
    check(true, &format!("{BACK}?state=STATE&{iss}"), Err("Malformed"));
    check(
        true,
        &format!("{BACK}?error=access_denied&state=STATE&{iss}"),
        Err("Refused"),
    );
    check(
        true,
        &format!("{BACK}?error=access_denied&state=STATE&iss=https%3A%2F%2Fevil.example"),
        Err("Issuer"),
    );
    check(
        true,
        &format!("{BACK}?error=access_denied&{iss}"),
        Err("State"),
    );
}

#[test]
fn where_it_has_to_come_back_to() {
    for callback in [
        "https://app.example/other",
        "https://app.example/cb/",
        "https://app.example:8443/cb",
        "http://app.example/cb",
        "https://evil.example/cb",
        "https://user@app.example/cb",
        "/cb",
        "",
    ] {
        let callback = format!("{callback}?code=c&state=STATE&iss=https%3A%2F%2Fidp.example");
        check(true, &callback, Err("Malformed"));
    }
}

/// The `state` of one request is no use for another; a request is consumed by its answer, so none is answered twice.
#[test]
fn a_state_is_good_for_one_answer() {
    let ((first, one), (_, other)) = (begin(false), begin(false));
    let callback = format!("{BACK}?code=c&state={}", state(&first));
    assert!(one.accept(&callback).is_ok());
    assert!(matches!(other.accept(&callback), Err(ConsentError::State)));
}
