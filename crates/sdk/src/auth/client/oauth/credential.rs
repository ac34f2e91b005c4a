//! A token and everything that belongs to it.

use std::sync::Arc;

use zeroize::Zeroizing;

use super::super::Scopes;
use super::super::identity::Identity;
use super::super::registration::Registration;
use super::super::token::Granted;
use crate::auth::Secret;
use crate::auth::dpop::ProofKey;
use crate::auth::jwt::KeyError;
use crate::auth::store::StoreKey;

/// Seconds before its end when a token counts as ended; a quarter of its life for tokens that live shorter.
const SKEW: u64 = 30;

/// A key of ours, and the form in which it is stored.
pub(super) struct BindingKey {
    pub(super) proof: ProofKey,
    pub(super) der: Zeroizing<Vec<u8>>,
}

impl BindingKey {
    pub(super) fn generate() -> Result<Self, KeyError> {
        Self::from_der(ProofKey::generate_pkcs8()?)
    }

    pub(super) fn from_der(der: Zeroizing<Vec<u8>>) -> Result<Self, KeyError> {
        let proof = ProofKey::from_pkcs8(&der)?;
        Ok(Self { proof, der })
    }
}

/// Who the client is, and where it knows that from.
#[derive(Clone)]
pub(super) enum Known {
    /// From the configuration, or from a metadata document: nothing to store but the id.
    Configured(Identity),
    /// From dynamic registration.
    Dynamic(Registration),
}

impl Known {
    pub(super) fn identity(&self) -> &Identity {
        match self {
            Self::Configured(identity) => identity,
            Self::Dynamic(registration) => &registration.identity,
        }
    }
}

/// How a token was come by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    Stored,
    Refreshed,
    Granted,
}

pub(super) struct Credential {
    /// Whose it is and what it is for.
    pub(super) key: StoreKey,
    pub(super) client: Known,
    pub(super) token: Secret,
    pub(super) bound: bool,
    pub(super) binding: Option<Arc<BindingKey>>,
    pub(super) obtained: u64,
    pub(super) expires: Option<u64>,
    pub(super) refresh: Option<Secret>,
    /// What was asked for.
    pub(super) requested: Scopes,
    /// What was granted.
    pub(super) granted: Scopes,
    pub(super) origin: Origin,
    /// A number for this grant, which renewals keep.
    pub(super) context: u64,
}

impl Credential {
    /// Whether the token has ended, or will before a request is there.
    pub(super) fn is_ending(&self, now: u64) -> bool {
        self.expires.is_some_and(|expires| {
            let life = expires.saturating_sub(self.obtained);
            now.saturating_add(SKEW.min(life / 4)) >= expires
        })
    }

    /// Whether the token has ended.
    pub(super) fn has_ended(&self, now: u64) -> bool {
        self.expires.is_some_and(|expires| now >= expires)
    }

    /// What a renewal makes of it.
    pub(super) fn renewed(&self, granted: Granted, now: u64) -> Self {
        Self {
            key: self.key.clone(),
            client: self.client.clone(),
            token: granted.access,
            bound: granted.bound,
            binding: self.binding.clone(),
            obtained: now,
            expires: granted.expires,
            // Without a new one the old one stays (RFC 6749 section 6).
            refresh: granted.refresh.or_else(|| self.refresh.clone()),
            requested: self.requested.clone(),
            granted: granted.scopes.unwrap_or_else(|| self.granted.clone()),
            origin: Origin::Refreshed,
            context: self.context,
        }
    }
}
