//! An authorization server that checks what it is asked.

use std::collections::BTreeMap;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{any, get, post};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use interlock_sdk::auth::dpop::{self, Expected};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use url::{Url, form_urlencoded};

use super::{Code, Json, Site, Token, adjust};

type Fields = BTreeMap<String, String>;

pub(super) fn app(site: Site) -> Router {
    Router::new()
        .route("/authorize", get(authorize))
        .route("/token", post(token))
        .route("/register", post(register))
        .fallback(any(metadata))
        .with_state(site)
}

async fn metadata(State(site): State<Site>, uri: http::Uri) -> Response {
    site.knobs()
        .log
        .push(format!("{} {}", site.index, uri.path()));
    if uri.path() != site.knobs().metadata_path {
        return StatusCode::NOT_FOUND.into_response();
    }
    let mut document = json!({
        "issuer": site.issuer(),
        "authorization_endpoint": format!("{}/authorize", site.own),
        "token_endpoint": format!("{}/token", site.own),
        "registration_endpoint": format!("{}/register", site.own),
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": ["none"],
        "authorization_response_iss_parameter_supported": true,
    });
    adjust(&mut document, &site.knobs().metadata);
    Json(document).into_response()
}

async fn authorize(State(site): State<Site>, RawQuery(query): RawQuery) -> Response {
    let query: Fields = form_urlencoded::parse(query.unwrap().as_bytes())
        .into_owned()
        .collect();
    let scope = query.get("scope").cloned().unwrap_or_default();
    let issuer = site.issuer();
    let mut knobs = site.knobs();
    knobs.log.push(format!(
        "{} authorize {} [{scope}]",
        site.index, query["client_id"]
    ));
    assert_eq!(
        (
            query["response_type"].as_str(),
            query["code_challenge_method"].as_str()
        ),
        ("code", "S256")
    );
    knobs.serial += 1;
    let code = format!("code{}", knobs.serial);
    let mut back = Url::parse(&query["redirect_uri"]).unwrap();
    match knobs.denies {
        true => back.query_pairs_mut().append_pair("error", "access_denied"),
        false => back.query_pairs_mut().append_pair("code", &code),
    };
    back.query_pairs_mut().append_pair("state", &query["state"]);
    if let Some(iss) = knobs.iss {
        back.query_pairs_mut()
            .append_pair("iss", &iss.replace("ISSUER", &issuer));
    }
    knobs.codes.insert(
        code,
        Code {
            challenge: query["code_challenge"].clone(),
            scope,
            resource: query["resource"].clone(),
            redirect: query["redirect_uri"].clone(),
            client: query["client_id"].clone(),
        },
    );
    (StatusCode::FOUND, [(header::LOCATION, String::from(back))]).into_response()
}

async fn register(State(site): State<Site>, body: Bytes) -> Response {
    let asked: Value = serde_json::from_slice(&body).unwrap();
    let mut knobs = site.knobs();
    let method = &asked["token_endpoint_auth_method"];
    knobs.log.push(format!(
        "{} register {} {method}",
        site.index, asked["application_type"]
    ));
    if let Some(error) = knobs.registration_error {
        let answer = Json(json!({"error": error, "error_description": "not that one"}));
        return (StatusCode::BAD_REQUEST, answer).into_response();
    }
    assert_eq!(
        asked["grant_types"],
        json!(["authorization_code", "refresh_token"])
    );
    knobs.serial += 1;
    let mut answer = json!({"client_id": format!("dynamic{}", knobs.serial), "redirect_uris": asked["redirect_uris"]});
    for (name, value) in knobs.registers.as_object().unwrap() {
        answer[name] = value.clone();
    }
    (StatusCode::CREATED, Json(answer)).into_response()
}

async fn token(State(site): State<Site>, headers: HeaderMap, body: Bytes) -> Response {
    let fields: Fields = form_urlencoded::parse(&body).into_owned().collect();
    let grant = fields["grant_type"].rsplit(':').next().unwrap().to_owned();
    let client = client(&headers, &fields);
    site.knobs()
        .log
        .push(format!("{} token {grant} {client}", site.index));
    if let Some((status, error)) = site.knobs().token_error {
        let status = StatusCode::from_u16(status).unwrap();
        return (
            status,
            Json(json!({"error": error, "error_description": "no"})),
        )
            .into_response();
    }
    let thumbprint = match proof(&site, &headers) {
        Ok(thumbprint) => thumbprint,
        Err(answer) => return *answer,
    };
    match grant.as_str() {
        "authorization_code" => match redeem(&site, &fields) {
            Some(scope) => issue(&site, scope, thumbprint),
            None => (
                StatusCode::BAD_REQUEST,
                Json(json!({"error": "invalid_grant"})),
            )
                .into_response(),
        },
        "refresh_token" => {
            let known = site.knobs().refresh_tokens.remove(&fields["refresh_token"]);
            match known {
                Some(scope) => issue(&site, scope, thumbprint),
                None => (
                    StatusCode::BAD_REQUEST,
                    Json(json!({"error": "invalid_grant"})),
                )
                    .into_response(),
            }
        }
        "token-exchange" => exchange(&site, &fields),
        _ => {
            if let Some(assertion) = fields.get("assertion") {
                site.knobs().log.push(format!("assertion {assertion}"));
            }
            issue(
                &site,
                fields.get("scope").cloned().unwrap_or_default(),
                thumbprint,
            )
        }
    }
}

/// How the client showed who it is.
fn client(headers: &HeaderMap, fields: &Fields) -> String {
    if let Some(basic) = headers.get(header::AUTHORIZATION) {
        let text = basic.to_str().unwrap().strip_prefix("Basic ").unwrap();
        return format!(
            "basic {}",
            String::from_utf8(STANDARD.decode(text).unwrap()).unwrap()
        );
    }
    if let Some(assertion) = fields.get("client_assertion") {
        assert!(!fields.contains_key("client_id"));
        return format!("assertion {assertion}");
    }
    match fields.get("client_secret") {
        Some(secret) => format!("post {}:{secret}", fields["client_id"]),
        None => format!("none {}", fields["client_id"]),
    }
}

/// The key of the proof, if there is one and tokens are bound here.
fn proof(site: &Site, headers: &HeaderMap) -> Result<Option<String>, Box<Response>> {
    let Some(proof) = headers.get("dpop").filter(|_| site.knobs().binds) else {
        return Ok(None);
    };
    let url = Url::parse(&format!("{}/token", site.own)).unwrap();
    let expected = Expected::new("POST", &url, site.clock.unix_seconds());
    let checked = dpop::check(proof.to_str().unwrap(), &expected).expect("a proof that holds");
    let mut knobs = site.knobs();
    assert!(
        !knobs.proofs.contains(&checked.id().to_owned()),
        "a proof twice"
    );
    knobs.proofs.push(checked.id().to_owned());
    if let Some(nonce) = knobs.nonces[0]
        && dpop::check(proof.to_str().unwrap(), &expected.nonces(&[nonce])).is_err()
    {
        let answer = (
            StatusCode::BAD_REQUEST,
            [("dpop-nonce", nonce)],
            Json(json!({"error": "use_dpop_nonce"})),
        );
        return Err(Box::new(answer.into_response()));
    }
    Ok(Some(checked.thumbprint().to_owned()))
}

/// The scope of a code, if everything fits.
fn redeem(site: &Site, fields: &Fields) -> Option<String> {
    let code = site.knobs().codes.remove(&fields["code"])?;
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(&fields["code_verifier"]));
    assert_eq!(challenge, code.challenge, "the verifier");
    assert_eq!(fields["resource"], code.resource, "the resource");
    assert_eq!(fields["redirect_uri"], code.redirect, "the way back");
    if let Some(client) = fields.get("client_id") {
        assert_eq!(*client, code.client, "the client");
    }
    Some(code.scope)
}

fn exchange(site: &Site, fields: &Fields) -> Response {
    let seen = [
        "audience",
        "resource",
        "subject_token",
        "subject_token_type",
        "requested_token_type",
    ];
    let seen: Vec<_> = seen.iter().map(|name| fields[*name].as_str()).collect();
    site.knobs()
        .log
        .push(format!("exchange {}", seen.join(" ")));
    let kind = "urn:ietf:params:oauth:token-type:id-jag";
    Json(json!({"access_token": "the.id.jag", "issued_token_type": kind, "token_type": "N_A", "expires_in": 300})).into_response()
}

fn issue(site: &Site, scope: String, thumbprint: Option<String>) -> Response {
    let mut knobs = site.knobs();
    knobs.serial += 1;
    let (access, refresh) = (
        format!("access{}", knobs.serial),
        format!("refresh{}", knobs.serial),
    );
    let mut answer = json!({
        "access_token": access,
        "token_type": if thumbprint.is_some() { "DPoP" } else { "Bearer" },
        "scope": scope,
    });
    if let Some(lifetime) = knobs.lifetime {
        answer["expires_in"] = lifetime.into();
    }
    if knobs.refreshes {
        answer["refresh_token"] = refresh.clone().into();
        knobs.refresh_tokens.insert(refresh, scope.clone());
    }
    knobs.tokens.insert(access, Token { scope, thumbprint });
    Json(answer).into_response()
}
