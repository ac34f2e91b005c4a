//! Requests against a guard: who passes, as whom, and what the others are told.

mod audience;
mod dpop;
mod keys;
mod metadata;
mod scopes;

use http::request::Parts;
use http::{HeaderValue, Request};
use serde_json::Value;

use super::super::JwtValidator;
use super::super::fixture::{ISSUER, NOW, RESOURCE, claims_with, key, set};
use super::*;
use crate::auth::jwt::SigningKey;
use crate::clock::Hand;

struct World {
    key: SigningKey,
    guard: Guard,
    hand: Hand,
}

fn world(set_up: impl FnOnce(GuardBuilder) -> GuardBuilder) -> World {
    let key = key("k1");
    let validator = JwtValidator::with_keys(ISSUER, set([&key])).unwrap();
    let (clock, hand) = Clock::fake(NOW);
    let builder = Guard::builder(RESOURCE).accept(validator).clock(clock);
    World {
        guard: set_up(builder).build().unwrap(),
        key,
        hand,
    }
}

fn request(uri: &str, headers: &[(&str, &str)]) -> Parts {
    let mut request = Request::post(uri);
    for (name, value) in headers {
        request = request.header(*name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
    }
    request.body(()).unwrap().into_parts().0
}

/// What becomes of a request: who it is, or status and reason.
async fn outcome(guard: &Guard, parts: &Parts) -> String {
    match guard.authenticate(parts).await {
        Ok(principal) => principal.subject().unwrap().to_owned(),
        Err(challenge) => format!(
            "{} {}",
            challenge.status().as_u16(),
            challenge.description().unwrap_or("-")
        ),
    }
}

impl World {
    fn token(&self, changes: Value) -> String {
        self.key
            .sign_claims("at+jwt", &claims_with(changes))
            .unwrap()
    }

    async fn bearer(&self, token: &str) -> String {
        let parts = request(
            "/tenant-a/mcp",
            &[("authorization", &format!("Bearer {token}"))],
        );
        outcome(&self.guard, &parts).await
    }
}
