//! Checking who holds a token (RFC 9449).

use http::header::{HeaderName, HeaderValue};
use http::request::Parts;

use super::bearer::single;
use super::nonce::Nonces;
use super::replay::{Replays, Sighting};
use super::{Challenge, ProtectedResource};
use crate::auth::dpop::{self, Expected, ProofError};
use crate::auth::jwt::Algorithm;

/// Seconds that a proof may be old, and that clocks may differ.
const WINDOW: u64 = 120;

/// Checks proofs of possession.
pub(super) struct Proofs {
    /// Whether tokens that anyone may use are refused.
    pub(super) required: bool,
    nonces: Option<Nonces>,
    replays: Replays,
}

impl Proofs {
    pub(super) fn new(required: bool, nonces: Option<Nonces>) -> Self {
        Self {
            required,
            nonces,
            // From the first moment at which a proof is fresh to the last.
            replays: Replays::new(2 * WINDOW + 1),
        }
    }

    /// The algorithms that proofs may have, for challenges.
    pub(super) fn algorithms() -> String {
        Algorithm::ALL.map(Algorithm::name).join(" ")
    }

    /// Checks that whoever sends this request holds the key that `token` is bound to.
    pub(super) fn check(
        &self,
        parts: &Parts,
        resource: &ProtectedResource,
        token: &str,
        thumbprint: &str,
        now: u64,
    ) -> Result<(), Challenge> {
        let proof = single(&parts.headers, &HeaderName::from_static("dpop"))?;
        let proof =
            proof.ok_or_else(|| Challenge::invalid_proof("the request carries no proof"))?;
        let accepted = self.nonces.as_ref().map(|nonces| nonces.accepted(now));
        let accepted = accepted
            .as_ref()
            .map(|all| all.each_ref().map(String::as_str));
        let checked = |path: &str| {
            let url = resource.request_url(path);
            let expected = Expected::new(parts.method.as_str(), &url, now)
                .token(token)
                .bound_to(thumbprint);
            match &accepted {
                Some(nonces) => dpop::check(proof, &expected.nonces(nonces)),
                None => dpop::check(proof, &expected),
            }
        };
        // A router or proxy may have cut the path that the client wrote: then it wrote the resource's.
        let proof = match checked(parts.uri.path()) {
            Err(ProofError::Request) => checked(resource.path()),
            decided => decided,
        };
        let proof = proof.map_err(|error| self.refused(error, now))?;
        if now.abs_diff(proof.issued_at()) > WINDOW {
            return Err(Challenge::invalid_proof("the proof is not fresh"));
        }
        match self.replays.note(proof.thumbprint(), proof.id(), now) {
            Sighting::First => Ok(()),
            Sighting::Again => Err(Challenge::invalid_proof("the proof was used before")),
            Sighting::Full => Err(Challenge::unavailable()),
        }
    }

    /// The header that hands out the next nonce.
    pub(super) fn next_nonce(&self, now: u64) -> Option<HeaderValue> {
        let nonce = self.nonces.as_ref()?.current(now);
        HeaderValue::try_from(nonce).ok()
    }

    fn refused(&self, error: ProofError, now: u64) -> Challenge {
        Challenge::invalid_proof(match error {
            ProofError::Nonce => {
                if let Some(nonce) = self.next_nonce(now) {
                    return Challenge::use_nonce(nonce);
                }
                "the proof lacks a nonce"
            }
            ProofError::Token(_) => "the proof is not a valid token",
            ProofError::Kind => "the proof has another type",
            ProofError::NoKey => "the proof carries no public key",
            ProofError::Claim(_) => "the proof lacks a claim",
            ProofError::Request => "the proof is for another request",
            ProofError::Stale => "the proof is not fresh",
            ProofError::Binding => "the proof is for another token",
        })
    }
}
