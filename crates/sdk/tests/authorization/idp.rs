//! An authorization server on a loopback socket: discovery, registration, codes with PKCE, refresh, proofs, and keys.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use axum::body::{Body, to_bytes};
use axum::http::{Request, Response, StatusCode};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use interlock_sdk::auth::dpop::{self, Expected};
use interlock_sdk::auth::jwt::{Algorithm, SigningKey};
use interlock_sdk::clock::Clock;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tokio::net::TcpListener;
use url::Url;
use url::form_urlencoded;

type Fields = HashMap<String, String>;

/// An authorization server. It believes everybody to be Alice.
#[derive(Clone)]
pub(super) struct Idp(Arc<Inner>);

struct Inner {
    url: String,
    key: SigningKey,
    /// Members that replace those of the metadata.
    changes: Mutex<Value>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// What was authorized, by code; what a refresh token is good for, by token.
    codes: HashMap<String, Fields>,
    refreshes: HashMap<String, Fields>,
    /// Method, path and all parameters of each request.
    seen: Vec<String>,
}

impl Idp {
    pub(super) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let idp = Self(Arc::new(Inner {
            url: format!("http://{}", listener.local_addr().unwrap()),
            key: SigningKey::generate(Algorithm::Es256)
                .unwrap()
                .with_id("k1"),
            changes: Mutex::new(json!({})),
            state: Mutex::default(),
        }));
        let answering = idp.clone();
        let app = axum::Router::new().fallback(move |request: Request<Body>| {
            let idp = answering.clone();
            async move { idp.answer(request).await }
        });
        tokio::spawn(async move { axum::serve(listener, app).await });
        idp
    }

    pub(super) fn url(&self) -> &str {
        &self.0.url
    }

    pub(super) fn jwks_url(&self) -> String {
        format!("{}/jwks", self.0.url)
    }

    /// Replaces members of the metadata.
    pub(super) fn publish(&self, changes: Value) {
        *self.0.changes.lock().unwrap() = changes;
    }

    /// The requests that were seen, one line each.
    pub(super) fn seen(&self) -> Vec<String> {
        self.0.state.lock().unwrap().seen.clone()
    }

    async fn answer(&self, request: Request<Body>) -> Response<Body> {
        let (parts, body) = request.into_parts();
        let body = to_bytes(body, 1 << 20).await.unwrap();
        let query = parts.uri.query().unwrap_or_default();
        let mut fields: Fields = form_urlencoded::parse(query.as_bytes())
            .into_owned()
            .collect();
        fields.extend(form_urlencoded::parse(&body).into_owned());
        let header = |name: &str| {
            parts
                .headers
                .get(name)
                .and_then(|value| value.to_str().ok())
        };
        let line = format!(
            "{} {} {fields:?} {:?}",
            parts.method,
            parts.uri.path(),
            header("authorization")
        );
        self.0.state.lock().unwrap().seen.push(line);
        match (parts.method.as_str(), parts.uri.path()) {
            ("GET", "/.well-known/oauth-authorization-server") => document(self.metadata()),
            ("GET", "/jwks") => document(self.keys()),
            ("POST", "/register") => registered(&body),
            ("GET", "/authorize") => self.authorize(fields),
            ("POST", "/token") => self.token(fields, header("dpop")),
            _ => plain(StatusCode::NOT_FOUND),
        }
    }

    fn metadata(&self) -> Value {
        let at = |path: &str| format!("{}/{path}", self.0.url);
        let mut document = json!({
            "issuer": self.0.url,
            "authorization_endpoint": at("authorize"),
            "token_endpoint": at("token"),
            "registration_endpoint": at("register"),
            "jwks_uri": at("jwks"),
            "response_types_supported": ["code"],
            "grant_types_supported": ["authorization_code", "refresh_token", "client_credentials"],
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": ["none", "client_secret_basic"],
            "authorization_response_iss_parameter_supported": true,
        });
        for (name, value) in self.0.changes.lock().unwrap().as_object().unwrap() {
            document[name] = value.clone();
        }
        document
    }

    fn keys(&self) -> Value {
        let mut key: Value = serde_json::from_str(&self.0.key.public().to_json()).unwrap();
        key["kid"] = "k1".into();
        json!({"keys": [key]})
    }

    fn authorize(&self, fields: Fields) -> Response<Body> {
        if fields.get("code_challenge_method").map(String::as_str) != Some("S256") {
            return plain(StatusCode::BAD_REQUEST);
        }
        let mut state = self.0.state.lock().unwrap();
        let code = format!("code-{}", state.seen.len());
        let mut back = Url::parse(&fields["redirect_uri"]).unwrap();
        back.query_pairs_mut()
            .append_pair("code", &code)
            .append_pair("state", &fields["state"])
            .append_pair("iss", &self.0.url);
        state.codes.insert(code, fields);
        let answer = Response::builder()
            .status(StatusCode::FOUND)
            .header("location", back.as_str());
        answer.body(Body::empty()).unwrap()
    }

    fn token(&self, fields: Fields, proof: Option<&str>) -> Response<Body> {
        let mut state = self.0.state.lock().unwrap();
        let granted = match fields["grant_type"].as_str() {
            "authorization_code" => state.codes.remove(&fields["code"]).filter(|asked| {
                let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(&fields["code_verifier"]));
                asked["code_challenge"] == challenge
                    && asked["redirect_uri"] == fields["redirect_uri"]
            }),
            "refresh_token" => state.refreshes.remove(&fields["refresh_token"]),
            _ => None,
        };
        let Some(granted) = granted.filter(|granted| granted["resource"] == fields["resource"])
        else {
            return plain(StatusCode::BAD_REQUEST);
        };
        let refresh = format!("refresh-{}", state.seen.len());
        let holder = proof.map(|proof| self.holder(proof));
        let token = self.sign(&granted, holder.as_deref());
        let answer = json!({
            "access_token": token,
            "token_type": if holder.is_some() { "DPoP" } else { "Bearer" },
            "expires_in": 600,
            "scope": granted.get("scope"),
            "refresh_token": refresh,
        });
        state.refreshes.insert(refresh, granted);
        document(answer)
    }

    /// The thumbprint of the key that a proof for the token endpoint was made with.
    fn holder(&self, proof: &str) -> String {
        let url = Url::parse(&format!("{}/token", self.0.url)).unwrap();
        let expected = Expected::new("POST", &url, Clock::system().unix_seconds());
        dpop::check(proof, &expected)
            .unwrap()
            .thumbprint()
            .to_owned()
    }

    fn sign(&self, granted: &Fields, holder: Option<&str>) -> String {
        let now = Clock::system().unix_seconds();
        let mut claims = json!({
            "iss": self.0.url, "sub": "alice", "aud": granted["resource"], "client_id": granted["client_id"],
            "scope": granted.get("scope"), "iat": now, "exp": now + 600,
        });
        if let Some(holder) = holder {
            claims["cnf"] = json!({"jkt": holder});
        }
        self.0.key.sign_claims("at+jwt", &claims).unwrap()
    }
}

fn registered(body: &[u8]) -> Response<Body> {
    let mut client: Value = serde_json::from_slice(body).unwrap();
    client["client_id"] = "registered-client".into();
    let mut response = document(client);
    *response.status_mut() = StatusCode::CREATED;
    response
}

fn document(value: Value) -> Response<Body> {
    let response = Response::builder().header("content-type", "application/json");
    response.body(Body::from(value.to_string())).unwrap()
}

fn plain(status: StatusCode) -> Response<Body> {
    Response::builder()
        .status(status)
        .body(Body::from(r#"{"error":"invalid_grant"}"#))
        .unwrap()
}
