//! The token endpoint (RFC 6749 section 5, RFC 9449 section 5): one request, one token.

use std::sync::{Arc, Mutex, PoisonError};

use http::{HeaderMap, StatusCode};
use interlock_wire::Untrusted;
use serde::Deserialize;

use super::error::TokenError;
use super::identity::{DPOP, DPOP_NONCE, sensitive};
use super::metadata::IssuerMetadata;
use super::{Identity, Scopes};
use crate::auth::dpop::ProofKey;
use crate::auth::{Secret, json};
use crate::clock::Clock;
use crate::net::{Answer, Fetcher};

/// The longest token that is taken.
const MAX_TOKEN: usize = 16 << 10;
/// The longest nonce that is kept.
const MAX_NONCE: usize = 512;

/// What the token endpoint granted.
pub(super) struct Granted {
    pub(super) access: Secret,
    /// Bound to our key, to be presented with a proof.
    pub(super) bound: bool,
    /// Seconds since 1970.
    pub(super) expires: Option<u64>,
    pub(super) refresh: Option<Secret>,
    /// What was granted, where the server says it.
    pub(super) scopes: Option<Scopes>,
    pub(super) issued_type: Option<String>,
}

#[derive(Deserialize)]
struct Raw {
    access_token: Secret,
    token_type: String,
    expires_in: Option<f64>,
    refresh_token: Option<Secret>,
    scope: Option<String>,
    issued_token_type: Option<String>,
}

#[derive(Deserialize)]
struct RawError {
    error: Option<String>,
    error_description: Option<String>,
}

/// The nonce that the other side wants in the next proof.
#[derive(Default)]
pub(super) struct Nonce(Mutex<Option<Arc<str>>>);

impl Nonce {
    pub(super) fn get(&self) -> Option<Arc<str>> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Keeps the nonce of an answer; says whether it is another one than before.
    pub(super) fn learn(&self, headers: &HeaderMap) -> bool {
        let value = headers
            .get(DPOP_NONCE)
            .and_then(|value| value.to_str().ok());
        let Some(value) = value.filter(|value| !value.is_empty() && value.len() <= MAX_NONCE)
        else {
            return false;
        };
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let new = held.as_deref() != Some(value);
        *held = Some(value.into());
        new
    }
}

/// Asks one token endpoint.
pub(super) struct TokenEndpoint<'a> {
    pub(super) fetcher: &'a Fetcher,
    pub(super) issuer: &'a IssuerMetadata,
    pub(super) identity: &'a Identity,
    /// The key to bind the token to.
    pub(super) key: Option<&'a ProofKey>,
    pub(super) nonce: &'a Nonce,
    pub(super) clock: &'a Clock,
}

impl TokenEndpoint<'_> {
    /// Sends a token request. A nonce that the endpoint asks for is given to it, once.
    pub(super) async fn ask(&self, fields: &[(&str, &str)]) -> Result<Granted, TokenError> {
        let mut answer = self.send(fields).await?;
        let wants_nonce = self.nonce.learn(&answer.headers);
        if wants_nonce && error_code(&answer).as_deref() == Some("use_dpop_nonce") {
            answer = self.send(fields).await?;
            self.nonce.learn(&answer.headers);
        }
        if answer.status != StatusCode::OK {
            return Err(refusal(&answer));
        }
        let granted = read(&answer, self.clock.unix_seconds())?;
        if granted.bound && self.key.is_none() {
            return Err(TokenError::Malformed("token_type"));
        }
        Ok(granted)
    }

    async fn send(&self, fields: &[(&str, &str)]) -> Result<Answer, TokenError> {
        let now = self.clock.unix_seconds();
        let mut question = self.identity.question(self.issuer, fields, now)?;
        if let Some(key) = self.key {
            let nonce = self.nonce.get();
            let proof = key.proof("POST", &self.issuer.token, now, None, nonce.as_deref())?;
            let value = sensitive(&proof).ok_or(TokenError::Malformed("proof"))?;
            question = question.header(DPOP, value);
        }
        Ok(self.fetcher.ask(question).await?)
    }
}

fn read(answer: &Answer, now: u64) -> Result<Granted, TokenError> {
    let raw: Raw =
        json::read(&answer.body).map_err(|_| TokenError::Malformed("not a token response"))?;
    let is_token = |token: &Secret| {
        let text = token.expose();
        !text.is_empty()
            && text.len() <= MAX_TOKEN
            && text.bytes().all(|byte| byte.is_ascii_graphic())
    };
    if !is_token(&raw.access_token) || !raw.refresh_token.as_ref().is_none_or(is_token) {
        return Err(TokenError::Malformed("token"));
    }
    let bound = match raw.token_type.to_ascii_lowercase().as_str() {
        "bearer" => false,
        "dpop" => true,
        // Of a token exchange: not an access token at all (RFC 8693 section 2.2.1).
        "n_a" => false,
        _ => return Err(TokenError::Malformed("token_type")),
    };
    Ok(Granted {
        access: raw.access_token,
        bound,
        expires: raw
            .expires_in
            .map(|seconds| now.saturating_add(lifetime(seconds))),
        refresh: raw.refresh_token,
        scopes: raw.scope.as_deref().map(Scopes::parse),
        issued_type: raw.issued_token_type,
    })
}

/// Whole seconds of a lifetime, at most a century; nothing for what makes no sense.
fn lifetime(seconds: f64) -> u64 {
    const LONGEST: f64 = 3.2e9;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the range was made sure"
    )]
    let whole = if seconds.is_finite() {
        seconds.clamp(0.0, LONGEST) as u64
    } else {
        0
    };
    whole
}

fn error_code(answer: &Answer) -> Option<String> {
    json::read::<RawError>(&answer.body).ok()?.error
}

/// A refusal of the token endpoint.
fn refusal(answer: &Answer) -> TokenError {
    let (code, description) = refusal_text(answer);
    TokenError::Refused {
        status: answer.status.as_u16(),
        code,
        description,
    }
}

/// What an endpoint says of its refusal, each of it shortened.
pub(super) fn refusal_text(
    answer: &Answer,
) -> (Option<Untrusted<String>>, Option<Untrusted<String>>) {
    let short = |text: String| Untrusted::new(text.chars().take(500).collect::<String>());
    match json::read::<RawError>(&answer.body) {
        Ok(raw) => (raw.error.map(short), raw.error_description.map(short)),
        Err(_) => (None, None),
    }
}
