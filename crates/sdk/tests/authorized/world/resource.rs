//! The MCP server, as far as authorization goes.

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{any, post};
use interlock_sdk::auth::dpop::{self, Expected};
use serde_json::json;
use url::Url;

use super::{Json, Site, Token, adjust};

pub(super) fn app(site: Site) -> Router {
    Router::new()
        .route("/mcp", post(mcp))
        .fallback(any(metadata))
        .with_state(site)
}

/// The metadata, where it is, and nothing elsewhere.
async fn metadata(State(site): State<Site>, uri: http::Uri) -> Response {
    site.knobs().log.push(format!("server {}", uri.path()));
    if uri.path() != site.knobs().resource_path {
        return StatusCode::NOT_FOUND.into_response();
    }
    let index = site.knobs().issuer;
    let issuer = format!("{}{}", site.issuers[index], site.knobs().issuer_path);
    let mut document =
        json!({"resource": format!("{}/mcp", site.own), "authorization_servers": [issuer]});
    adjust(&mut document, &site.knobs().resource);
    Json(document).into_response()
}

async fn mcp(State(site): State<Site>, headers: HeaderMap) -> Response {
    let authorization = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok());
    let Some((scheme, token)) = authorization.and_then(|value| value.split_once(' ')) else {
        return refuse(&site, StatusCode::UNAUTHORIZED, "");
    };
    let Some(known) = site.knobs().tokens.get(token).cloned() else {
        return refuse(
            &site,
            StatusCode::UNAUTHORIZED,
            r#", error="invalid_token""#,
        );
    };
    let expected = if known.thumbprint.is_some() {
        "DPoP"
    } else {
        "Bearer"
    };
    assert_eq!(scheme, expected, "the scheme of the token");
    if let Err(answer) = possession(&site, &headers, token, &known) {
        return *answer;
    }
    let needs = site.knobs().needs;
    let granted: Vec<_> = known.scope.split(' ').collect();
    if !needs
        .split(' ')
        .all(|scope| scope.is_empty() || granted.contains(&scope))
    {
        let more = format!(r#", error="insufficient_scope", scope="{needs}""#);
        return refuse(&site, StatusCode::FORBIDDEN, &more);
    }
    StatusCode::OK.into_response()
}

/// Checks the proof of a bound token.
fn possession(
    site: &Site,
    headers: &HeaderMap,
    token: &str,
    known: &Token,
) -> Result<(), Box<Response>> {
    let Some(thumbprint) = &known.thumbprint else {
        assert!(!headers.contains_key("dpop"), "a proof for a bearer token");
        return Ok(());
    };
    let proof = headers.get("dpop").expect("a proof").to_str().unwrap();
    let url = Url::parse(&format!("{}/mcp", site.own)).unwrap();
    let expected = Expected::new("POST", &url, site.clock.unix_seconds())
        .token(token)
        .bound_to(thumbprint);
    let checked = dpop::check(proof, &expected).expect("a proof that holds");
    let mut knobs = site.knobs();
    assert!(
        !knobs.proofs.contains(&checked.id().to_owned()),
        "a proof twice"
    );
    knobs.proofs.push(checked.id().to_owned());
    let Some(nonce) = knobs.nonces[1] else {
        return Ok(());
    };
    drop(knobs);
    if dpop::check(proof, &expected.nonces(&[nonce])).is_ok() {
        return Ok(());
    }
    let mut answer = refuse(site, StatusCode::UNAUTHORIZED, "");
    let challenge = r#"DPoP error="use_dpop_nonce""#.parse().unwrap();
    answer
        .headers_mut()
        .insert(header::WWW_AUTHENTICATE, challenge);
    answer
        .headers_mut()
        .insert("dpop-nonce", nonce.parse().unwrap());
    Err(Box::new(answer))
}

fn refuse(site: &Site, status: StatusCode, more: &str) -> Response {
    let url = format!("{}{}", site.own, site.knobs().resource_path);
    let challenge = format!("{}{more}", site.knobs().challenge.replace("META", &url));
    (status, [(header::WWW_AUTHENTICATE, challenge)]).into_response()
}
