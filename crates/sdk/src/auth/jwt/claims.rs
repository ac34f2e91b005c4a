//! The claims of a token whose signature held.

use serde_json::{Map, Value};

use super::JwtError;
use crate::auth::json;

/// Claims that were signed. Checks of issuer and audience are the caller's, who knows what they have to be.
#[derive(Debug, Clone, PartialEq)]
pub struct Claims {
    members: Map<String, Value>,
}

impl Claims {
    pub(super) fn parse(payload: &[u8]) -> Result<Self, JwtError> {
        let members = json::read(payload).map_err(|_| JwtError::Malformed("payload"))?;
        Ok(Self { members })
    }

    /// Any claim.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.members.get(name)
    }

    /// A claim that is a string.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.members.get(name)?.as_str()
    }

    /// `iss`.
    #[must_use]
    pub fn issuer(&self) -> Option<&str> {
        self.text("iss")
    }

    /// `sub`.
    #[must_use]
    pub fn subject(&self) -> Option<&str> {
        self.text("sub")
    }

    /// `jti`.
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        self.text("jti")
    }

    /// `aud`, which is one string or an array of them. Anything else in it counts as no audience at all.
    #[must_use]
    pub fn audience(&self) -> Vec<&str> {
        match self.members.get("aud") {
            Some(Value::String(one)) => vec![one.as_str()],
            Some(Value::Array(all)) => all
                .iter()
                .map(Value::as_str)
                .collect::<Option<_>>()
                .unwrap_or_default(),
            _ => Vec::new(),
        }
    }

    /// A time in seconds since 1970; fractions are cut off.
    #[must_use]
    pub fn seconds(&self, name: &str) -> Option<u64> {
        let value = self.members.get(name)?;
        value.as_u64().or_else(|| whole_seconds(value.as_f64()?))
    }

    /// Checks `exp` (which has to be there), `nbf` and `iat` against `now`, all in seconds since 1970. Clocks may
    /// differ by `leeway` seconds.
    ///
    /// # Errors
    /// [`JwtError::Expired`], [`JwtError::NotYet`] or [`JwtError::Claim`].
    pub fn check_time(&self, now: u64, leeway: u64) -> Result<(), JwtError> {
        let expiry = self.seconds("exp").ok_or(JwtError::Claim("exp"))?;
        if now >= expiry.saturating_add(leeway) {
            return Err(JwtError::Expired);
        }
        for name in ["nbf", "iat"] {
            if !self.members.contains_key(name) {
                continue;
            }
            let start = self.seconds(name).ok_or(JwtError::Claim(name))?;
            if start > now.saturating_add(leeway) {
                return Err(JwtError::NotYet);
            }
        }
        Ok(())
    }
}

/// The whole seconds of a time that was written with a fraction.
fn whole_seconds(value: f64) -> Option<u64> {
    const LAST: f64 = 9_007_199_254_740_991.0;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the range was checked"
    )]
    (0.0..=LAST).contains(&value).then_some(value as u64)
}
