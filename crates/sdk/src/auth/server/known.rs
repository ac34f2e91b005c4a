//! Fixed tokens, for a server without an authorization server.

use std::collections::HashMap;
use std::future::ready;

use sha2::{Digest as _, Sha256};

use super::bearer::is_token;
use super::{Audience, GuardError, TokenFacts, TokenFault, ValidateToken};
use crate::BoxFuture;

/// Characters that a fixed token has at least.
const MIN_LENGTH: usize = 32;

/// A list of fixed tokens, each good for one subject. Only digests are kept.
///
/// A list without tokens accepts none.
///
/// ```
/// use interlock_sdk::auth::server::{Guard, KnownTokens};
///
/// let tokens = KnownTokens::new().token("b1JtSzk0cXpXc3dYd2tHdEp2aDZ0VXc4", "ci")?;
/// let guard = Guard::builder("https://mcp.example/mcp").accept(tokens).build()?;
/// # Ok::<(), interlock_sdk::auth::server::GuardError>(())
/// ```
#[derive(Clone, Default)]
pub struct KnownTokens {
    facts: HashMap<[u8; 32], TokenFacts>,
}

impl KnownTokens {
    /// The issuer of principals that came with a fixed token.
    pub const ISSUER: &str = "urn:interlock:known-token";

    /// No tokens.
    pub fn new() -> Self {
        Self::default()
    }

    /// With a token that is good for `subject`, who holds no scopes.
    ///
    /// # Errors
    /// [`GuardError::WeakToken`] if it is shorter than 32 characters or no bearer token at all.
    pub fn token(self, token: &str, subject: &str) -> Result<Self, GuardError> {
        self.token_with_scopes(token, subject, [])
    }

    /// With a token that is good for `subject` with these scopes.
    ///
    /// # Errors
    /// As [`token`](Self::token).
    pub fn token_with_scopes<'a>(
        mut self,
        token: &str,
        subject: &str,
        scopes: impl IntoIterator<Item = &'a str>,
    ) -> Result<Self, GuardError> {
        if token.len() < MIN_LENGTH || !is_token(token) {
            return Err(GuardError::WeakToken);
        }
        let facts = TokenFacts::new(Self::ISSUER, subject, Audience::Here).with_scopes(scopes);
        self.facts.insert(digest(token), facts);
        Ok(self)
    }
}

impl ValidateToken for KnownTokens {
    fn validate<'a>(
        &'a self,
        token: &'a str,
        _now: u64,
    ) -> BoxFuture<'a, Result<TokenFacts, TokenFault>> {
        // How long a comparison of digests takes says nothing about the token.
        let facts = self.facts.get(&digest(token)).cloned();
        Box::pin(ready(facts.ok_or(TokenFault::NotMine)))
    }
}

fn digest(token: &str) -> [u8; 32] {
    Sha256::digest(token).into()
}
