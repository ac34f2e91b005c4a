//! Setting up a guard.

use serde_json::{Map, Value, json};
use zeroize::Zeroizing;

use super::nonce::Nonces;
use super::proof::Proofs;
use super::resource::service_url;
use super::scopes::ScopeRules;
use super::{Guard, GuardError, ProtectedResource, ValidateToken};
use crate::auth::jwt::Algorithm;
use crate::clock::Clock;

/// Sets up a [`Guard`]. What is wrong is told by [`build`](Self::build).
pub struct GuardBuilder {
    resource: String,
    audiences: Vec<String>,
    validators: Vec<Box<dyn ValidateToken>>,
    servers: Vec<String>,
    scopes: ScopeRules,
    proofs_required: bool,
    nonces: NonceKey,
    clock: Clock,
    extra: Map<String, Value>,
}

enum NonceKey {
    None,
    Random,
    Shared(Zeroizing<[u8; 32]>),
}

impl GuardBuilder {
    pub(super) fn new(resource: &str) -> Self {
        Self {
            resource: resource.to_owned(),
            audiences: Vec::new(),
            validators: Vec::new(),
            servers: Vec::new(),
            scopes: ScopeRules::default(),
            proofs_required: false,
            nonces: NonceKey::None,
            clock: Clock::system(),
            extra: Map::new(),
        }
    }

    /// Accepts the tokens that `validator` vouches for. May be called for several.
    #[must_use]
    pub fn accept(mut self, validator: impl ValidateToken) -> Self {
        self.servers
            .extend(validator.authorization_server().map(str::to_owned));
        self.validators.push(Box::new(validator));
        self
    }

    /// Also takes tokens whose audience is this name, which an authorization server has for this very server (`api://…`).
    #[must_use]
    pub fn audience(mut self, name: &str) -> Self {
        self.audiences.push(name.to_owned());
        self
    }

    /// Every request needs this scope.
    #[must_use]
    pub fn require_scope(mut self, scope: &str) -> Self {
        self.scopes.for_all(scope.to_owned());
        self
    }

    /// Calling `method` needs this scope, too.
    #[must_use]
    pub fn scope_for_method(mut self, method: &str, scope: &str) -> Self {
        self.scopes.for_method(method.to_owned(), scope.to_owned());
        self
    }

    /// Calling the tool `name` needs this scope, too.
    #[must_use]
    pub fn scope_for_tool(mut self, name: &str, scope: &str) -> Self {
        self.scopes
            .for_object("tools/call", name.to_owned(), scope.to_owned());
        self
    }

    /// Whoever has the `broader` scope has the `narrower` one: `files` implies `files:read`. Implications chain.
    #[must_use]
    pub fn scope_implies(mut self, broader: &str, narrower: &str) -> Self {
        self.scopes.implies(broader.to_owned(), narrower.to_owned());
        self
    }

    /// Refuses tokens that are not bound to a key: every request carries a proof of possession (RFC 9449).
    #[must_use]
    pub fn require_dpop(mut self) -> Self {
        self.proofs_required = true;
        self
    }

    /// Proofs have to carry a nonce of this server, so that none can be made for later.
    #[must_use]
    pub fn dpop_nonces(mut self) -> Self {
        self.nonces = NonceKey::Random;
        self
    }

    /// The same with a key that replicas of this server share, so that they know each other's nonces.
    #[must_use]
    pub fn dpop_nonces_by(mut self, key: [u8; 32]) -> Self {
        self.nonces = NonceKey::Shared(Zeroizing::new(key));
        self
    }

    /// Names the server for people, in the metadata.
    #[must_use]
    pub fn name(mut self, name: &str) -> Self {
        self.extra.insert("resource_name".to_owned(), name.into());
        self
    }

    /// Goes by another clock: for tests.
    #[must_use]
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// The guard.
    ///
    /// # Errors
    /// When the resource is no `https` URL, when nobody's tokens would count, and for malformed scopes.
    pub fn build(self) -> Result<Guard, GuardError> {
        let mut resource = ProtectedResource::new(&self.resource)?;
        if self.validators.is_empty() {
            return Err(GuardError::NoValidator);
        }
        self.scopes.check()?;
        for server in &self.servers {
            service_url(server, "authorization server")?;
        }
        for audience in self.audiences {
            resource.add_audience(audience);
        }
        let nonces = match self.nonces {
            NonceKey::None => None,
            NonceKey::Shared(key) => Some(Nonces::new(&key)),
            NonceKey::Random => {
                let mut key = Zeroizing::new([0; 32]);
                getrandom::fill(key.as_mut()).map_err(|_| GuardError::Randomness)?;
                Some(Nonces::new(&key))
            }
        };
        let mut extra = self.extra;
        let algorithms = Algorithm::ALL.map(Algorithm::name);
        extra.insert(
            "dpop_signing_alg_values_supported".to_owned(),
            json!(algorithms),
        );
        if self.proofs_required {
            extra.insert("dpop_bound_access_tokens_required".to_owned(), true.into());
        }
        let metadata = resource.metadata(&self.servers, &self.scopes.basic(), Value::Object(extra));
        Ok(Guard {
            resource,
            validators: self.validators,
            scopes: self.scopes,
            proofs: Proofs::new(self.proofs_required, nonces),
            clock: self.clock,
            metadata,
        })
    }
}
