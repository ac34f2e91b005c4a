//! Access tokens that only their issuer can read (RFC 7662).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use http::StatusCode;
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};
use tokio::sync::Semaphore;
use url::Url;
use zeroize::Zeroizing;

use super::jwt::{confirmation, fetchable, scopes, unverified_issuer};
use super::resource::service_url;
use super::{Audience, GuardError, TokenFacts, TokenFault, ValidateToken};
use crate::BoxFuture;
use crate::auth::json;
use crate::net::{Fetcher, Question};

/// Questions to the issuer at a time. Anyone can make up tokens to ask about.
const MAX_QUESTIONS: usize = 64;
/// Answers that are remembered.
const MAX_REMEMBERED: usize = 4_096;
/// Seconds for which an answer is remembered, unless told otherwise: a withdrawn token lives no longer than that.
const REMEMBERED: u64 = 15;

/// Asks an issuer about each token.
///
/// A token counts when the issuer calls it active and says whom it is meant for; what the answer says of issuer
/// and times has to agree. A token that names another issuer is not sent.
#[derive(Clone)]
pub struct Introspection(Arc<Inner>);

struct Inner {
    issuer: String,
    endpoint: Url,
    client: String,
    secret: Zeroizing<String>,
    fetcher: Fetcher,
    questions: Semaphore,
    remembered: Mutex<HashMap<[u8; 32], Remembered>>,
}

struct Remembered {
    facts: TokenFacts,
    until: u64,
}

impl Introspection {
    /// Tokens of `issuer`, who is asked at `endpoint` as `client` with `secret`.
    ///
    /// # Errors
    /// When either is no `https` URL, or the latter none that is fetched.
    pub fn new(
        issuer: &str,
        endpoint: &str,
        client: &str,
        secret: impl Into<String>,
    ) -> Result<Self, GuardError> {
        Self::with_fetcher(issuer, endpoint, client, secret, Fetcher::new())
    }

    /// The same with a fetcher of the caller's: for an issuer in one's own network.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn with_fetcher(
        issuer: &str,
        endpoint: &str,
        client: &str,
        secret: impl Into<String>,
        fetcher: Fetcher,
    ) -> Result<Self, GuardError> {
        service_url(issuer, "token issuer")?;
        let inner = Inner {
            issuer: issuer.to_owned(),
            endpoint: fetchable(endpoint, &fetcher)?,
            client: client.to_owned(),
            secret: Zeroizing::new(secret.into()),
            fetcher,
            questions: Semaphore::new(MAX_QUESTIONS),
            remembered: Mutex::default(),
        };
        Ok(Self(Arc::new(inner)))
    }
}

impl Inner {
    async fn judge(&self, token: &str, now: u64) -> Result<TokenFacts, TokenFault> {
        if unverified_issuer(token).is_some_and(|issuer| issuer != self.issuer) {
            return Err(TokenFault::NotMine);
        }
        let key: [u8; 32] = Sha256::digest(token).into();
        if let Some(facts) = self.recall(&key, now) {
            return Ok(facts);
        }
        let facts = self.ask(token, now).await?;
        self.remember(key, &facts, now);
        Ok(facts)
    }

    async fn ask(&self, token: &str, now: u64) -> Result<TokenFacts, TokenFault> {
        let _question = self
            .questions
            .try_acquire()
            .map_err(|_| TokenFault::Unavailable)?;
        let fields = [("token", token), ("token_type_hint", "access_token")];
        let question =
            Question::form(self.endpoint.clone(), fields).basic(&self.client, &self.secret);
        let answer = self.fetcher.ask(question).await;
        let answer = answer.map_err(|_| TokenFault::Unavailable)?;
        if answer.status != StatusCode::OK {
            return Err(TokenFault::Unavailable);
        }
        let answer = json::read(&answer.body).map_err(|_| TokenFault::Unavailable)?;
        self.facts(&answer, now)
    }

    fn facts(&self, answer: &Map<String, Value>, now: u64) -> Result<TokenFacts, TokenFault> {
        let text = |name: &str| {
            answer
                .get(name)
                .and_then(Value::as_str)
                .filter(|text| !text.is_empty())
        };
        let invalid = |reason| Err(TokenFault::Invalid(reason));
        if answer.get("active") != Some(&Value::Bool(true)) {
            return invalid("the token is not active");
        }
        if answer.contains_key("iss") && text("iss") != Some(&self.issuer) {
            return invalid("the token is of another issuer");
        }
        let kind = text("token_type").unwrap_or("bearer");
        if !kind.eq_ignore_ascii_case("bearer") && !kind.eq_ignore_ascii_case("dpop") {
            return invalid("the token is of another kind");
        }
        let expires = seconds(answer, "exp")?;
        if expires.is_some_and(|end| now >= end) {
            return invalid("the token has expired");
        }
        if seconds(answer, "nbf")?.is_some_and(|start| start > now.saturating_add(60)) {
            return invalid("the token is not valid yet");
        }
        let client = text("client_id").map(str::to_owned);
        let Some(subject) = text("sub").or(client.as_deref()) else {
            return invalid("the token is about nobody");
        };
        Ok(TokenFacts::new(&self.issuer, subject, audience(answer))
            .with_scopes(scopes(|name| answer.get(name)))
            .with_expiry(expires)
            .with_confirmation(confirmation(answer.get("cnf")))
            .with_client(client.clone()))
    }

    fn recall(&self, key: &[u8; 32], now: u64) -> Option<TokenFacts> {
        let remembered = self
            .remembered
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let found = remembered.get(key)?;
        // A clock that was set back must not make an answer last.
        let current = now < found.until && found.until.saturating_sub(now) <= REMEMBERED;
        current.then(|| found.facts.clone())
    }

    fn remember(&self, key: [u8; 32], facts: &TokenFacts, now: u64) {
        let until = now.saturating_add(REMEMBERED);
        let until = facts.expires.map_or(until, |end| end.min(until));
        let mut remembered = self
            .remembered
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if remembered.len() >= MAX_REMEMBERED {
            remembered.retain(|_, other| now < other.until);
        }
        // What does not fit is asked again.
        if remembered.len() < MAX_REMEMBERED {
            let facts = facts.clone();
            remembered.insert(key, Remembered { facts, until });
        }
    }
}

/// Whom the answer says that the token is for; nobody, if it does not say.
fn audience(answer: &Map<String, Value>) -> Audience {
    let named = match answer.get("aud") {
        Some(Value::String(one)) => vec![one.clone()],
        Some(Value::Array(all)) => all
            .iter()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect(),
        _ => Vec::new(),
    };
    Audience::Named(named)
}

fn seconds(answer: &Map<String, Value>, name: &str) -> Result<Option<u64>, TokenFault> {
    match answer.get(name) {
        None => Ok(None),
        Some(value) => value
            .as_u64()
            .map(Some)
            .ok_or(TokenFault::Invalid("the token's times are malformed")),
    }
}

impl ValidateToken for Introspection {
    fn validate<'a>(
        &'a self,
        token: &'a str,
        now: u64,
    ) -> BoxFuture<'a, Result<TokenFacts, TokenFault>> {
        Box::pin(self.0.judge(token, now))
    }

    fn authorization_server(&self) -> Option<&str> {
        Some(&self.0.issuer)
    }
}

#[cfg(test)]
#[path = "introspection_tests.rs"]
mod tests;
