//! The seam between the HTTP client and whatever holds its credentials.

use thiserror::Error;

use crate::BoxFuture;

/// Authorizes the requests to one server. Made for that server: its credentials go nowhere else.
pub trait Authorize: Send + Sync + 'static {
    /// Adds what the request needs (`Authorization`, `DPoP`), fetching or refreshing a token when it must. Called for every request
    /// that is sent, a retry too. `request` has the final method, URI and headers.
    ///
    /// # Errors
    /// [`AuthError`] when there is no way to authorize it; the request is not sent.
    fn authorize<'a>(
        &'a self,
        request: &'a mut http::request::Parts,
    ) -> BoxFuture<'a, Result<(), AuthError>>;

    /// The server answered 401 or 403. `attempt` counts the refusals of this request, from 1.
    ///
    /// # Errors
    /// [`AuthError`] when it cannot be authorized.
    fn challenged<'a>(
        &'a self,
        response: &'a http::response::Parts,
        attempt: u32,
    ) -> BoxFuture<'a, Result<Retry, AuthError>>;

    /// Whom the credentials stand for, as a number that changes with every other account or scope: what was cached for one is
    /// never given to another.
    fn context(&self) -> u64 {
        0
    }
}

/// What to do after a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    /// Authorize and send again.
    Again,
    /// The refusal stands.
    GiveUp,
}

/// Why a request cannot be authorized.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum AuthError {
    /// Anything that went wrong on the way to a token.
    #[error("authorization failed")]
    Failed(#[source] Box<dyn std::error::Error + Send + Sync>),
}
