//! What is known of a token once whoever issued it has vouched for it.

use crate::BoxFuture;

/// Judges access tokens of one origin: one issuer's, or a list's.
///
/// It says whether a token is genuine and what it states. What all tokens have in common (audience, possession,
/// scopes) is for the [`Guard`](super::Guard) to check.
pub trait ValidateToken: Send + Sync + 'static {
    /// Judges a token at `now`, in seconds since 1970.
    ///
    /// # Errors
    /// [`TokenFault::NotMine`] lets others have a look; the rest is final.
    fn validate<'a>(
        &'a self,
        token: &'a str,
        now: u64,
    ) -> BoxFuture<'a, Result<TokenFacts, TokenFault>>;

    /// The authorization server that clients are sent to for such a token, if there is one.
    fn authorization_server(&self) -> Option<&str> {
        None
    }
}

/// Why a token does not count. It says which rule was broken and nothing of the token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TokenFault {
    /// Not of this validator's form or issuer.
    #[error("the token is of nobody known here")]
    NotMine,
    /// Not genuine, not current, or not complete.
    #[error("{0}")]
    Invalid(&'static str),
    /// Whoever would know cannot be asked.
    #[error("the token cannot be judged now")]
    Unavailable,
}

/// What a genuine token states.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenFacts {
    pub(super) issuer: String,
    pub(super) subject: String,
    pub(super) client: Option<String>,
    pub(super) scopes: Vec<String>,
    pub(super) audience: Audience,
    pub(super) expires: Option<u64>,
    pub(super) confirmation: Confirmation,
}

/// Whom a token is meant for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Audience {
    /// The servers with these names.
    Named(Vec<String>),
    /// This server, which issued it.
    Here,
}

/// Who may use a token.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Confirmation {
    /// Whoever holds it.
    #[default]
    Bearer,
    /// Whoever proves to hold the key of this thumbprint (`cnf.jkt`).
    Key(String),
    /// Whoever proves something that we do not know how to check. Never valid.
    Unknown,
}

impl TokenFacts {
    /// A token of `issuer` about `subject`, meant for `audience`.
    pub fn new(issuer: impl Into<String>, subject: impl Into<String>, audience: Audience) -> Self {
        Self {
            issuer: issuer.into(),
            subject: subject.into(),
            client: None,
            scopes: Vec::new(),
            audience,
            expires: None,
            confirmation: Confirmation::Bearer,
        }
    }

    /// With the client that it was issued to.
    #[must_use]
    pub fn with_client(mut self, client: Option<String>) -> Self {
        self.client = client;
        self
    }

    /// With the scopes that it carries.
    #[must_use]
    pub fn with_scopes<S: Into<String>>(mut self, scopes: impl IntoIterator<Item = S>) -> Self {
        self.scopes = scopes.into_iter().map(Into::into).collect();
        self
    }

    /// With the end of its validity, in seconds since 1970.
    #[must_use]
    pub fn with_expiry(mut self, expires: Option<u64>) -> Self {
        self.expires = expires;
        self
    }

    /// With who may use it.
    #[must_use]
    pub fn with_confirmation(mut self, confirmation: Confirmation) -> Self {
        self.confirmation = confirmation;
        self
    }
}
