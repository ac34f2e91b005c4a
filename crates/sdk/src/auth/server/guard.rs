//! The guard: from a request to a principal or a challenge.

use http::header::{HeaderName, HeaderValue};
use http::request::Parts;

use super::bearer::{self, Scheme};
use super::proof::Proofs;
use super::scopes::ScopeRules;
use super::{
    Audience, Authenticate, Challenge, Confirmation, GuardBuilder, Operation, ProtectedResource,
    TokenFacts, TokenFault, ValidateToken,
};
use crate::clock::Clock;
use crate::{BoxFuture, Principal};

/// Lets requests through whose token was issued for this server, by somebody who is named here, to whoever sends it.
///
/// The module's head has an example.
pub struct Guard {
    pub(super) resource: ProtectedResource,
    pub(super) validators: Vec<Box<dyn ValidateToken>>,
    pub(super) scopes: ScopeRules,
    pub(super) proofs: Proofs,
    pub(super) clock: Clock,
    pub(super) metadata: Vec<u8>,
}

impl Guard {
    /// Begins a guard of the server that clients reach at `resource`.
    pub fn builder(resource: &str) -> GuardBuilder {
        GuardBuilder::new(resource)
    }

    /// The server as a protected resource.
    pub fn resource(&self) -> &ProtectedResource {
        &self.resource
    }

    /// Judges a request, the cheap questions first. Who issued the token is asked before what it says is looked at, and who
    /// holds it before what it is good for.
    async fn judge(&self, parts: &Parts) -> Result<Principal, Challenge> {
        let (scheme, token) = bearer::token(parts)?;
        let now = self.clock.unix_seconds();
        let facts = self.validate(token, now).await?;
        self.check_audience(&facts)?;
        self.check_holder(parts, scheme, token, &facts, now)?;
        let principal = principal(facts);
        self.scopes.permit(&principal, Operation::new("", None))?;
        Ok(principal)
    }

    async fn validate(&self, token: &str, now: u64) -> Result<TokenFacts, Challenge> {
        for validator in &self.validators {
            match validator.validate(token, now).await {
                Ok(facts) => return Ok(facts),
                Err(TokenFault::NotMine) => {}
                Err(TokenFault::Invalid(reason)) => return Err(Challenge::invalid_token(reason)),
                Err(TokenFault::Unavailable) => return Err(Challenge::unavailable()),
            }
        }
        Err(Challenge::invalid_token(
            "the token is of nobody known here",
        ))
    }

    fn check_audience(&self, facts: &TokenFacts) -> Result<(), Challenge> {
        let meant = match &facts.audience {
            Audience::Here => true,
            Audience::Named(names) => names.iter().any(|name| self.resource.is_meant_by(name)),
        };
        if meant {
            return Ok(());
        }
        Err(Challenge::invalid_token(
            "the token is meant for another server",
        ))
    }

    fn check_holder(
        &self,
        parts: &Parts,
        scheme: Scheme,
        token: &str,
        facts: &TokenFacts,
        now: u64,
    ) -> Result<(), Challenge> {
        match (&facts.confirmation, scheme) {
            (Confirmation::Key(thumbprint), Scheme::DPoP) => {
                self.proofs
                    .check(parts, &self.resource, token, thumbprint, now)
            }
            (Confirmation::Bearer, Scheme::Bearer) if !self.proofs.required => Ok(()),
            // Whoever stole a bound token would present it as one that anybody may use.
            (Confirmation::Key(_), Scheme::Bearer) => {
                Err(Challenge::invalid_token("the token is bound to a key"))
            }
            (Confirmation::Bearer, _) => {
                Err(Challenge::invalid_token("the token is bound to no key"))
            }
            (Confirmation::Unknown, _) => Err(Challenge::invalid_token(
                "the token is bound in a way that is not supported",
            )),
        }
    }

    /// Adds to a challenge what a client needs to do better.
    fn finish(&self, mut challenge: Challenge) -> Challenge {
        if !challenge.names_scope()
            && let Some(scope) = self.scopes.base()
        {
            challenge = challenge.with_scope(scope);
        }
        challenge
            .with_metadata(self.resource.metadata_url())
            .with_dpop(Proofs::algorithms(), self.proofs.required)
    }
}

fn principal(facts: TokenFacts) -> Principal {
    let mut principal = Principal::new(facts.issuer, facts.subject).with_scopes(facts.scopes);
    if let Some(client) = facts.client {
        principal = principal.with_client(client);
    }
    if let Some(expires) = facts.expires {
        principal = principal.with_expiry(expires);
    }
    principal
}

impl Authenticate for Guard {
    fn authenticate<'a>(&'a self, parts: &'a Parts) -> BoxFuture<'a, Result<Principal, Challenge>> {
        Box::pin(async {
            let judged = self.judge(parts).await;
            judged.map_err(|challenge| self.finish(challenge))
        })
    }

    fn permit(&self, principal: &Principal, operation: Operation<'_>) -> Result<(), Challenge> {
        let permitted = self.scopes.permit(principal, operation);
        permitted.map_err(|challenge| self.finish(challenge))
    }

    fn metadata(&self) -> Option<&[u8]> {
        Some(&self.metadata)
    }

    fn metadata_path(&self) -> Option<&str> {
        Some(self.resource.metadata_path())
    }

    fn answer_header(&self) -> Option<(HeaderName, HeaderValue)> {
        let nonce = self.proofs.next_nonce(self.clock.unix_seconds())?;
        Some((HeaderName::from_static("dpop-nonce"), nonce))
    }
}

impl std::fmt::Debug for Guard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Guard")
            .field("resource", &self.resource.identifier())
            .field("validators", &self.validators.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
#[path = "guard_tests/mod.rs"]
mod tests;
