//! The seam between the HTTP client and whatever holds its credentials.

use http::{request, response};

use super::AuthError;
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
        request: &'a mut request::Parts,
    ) -> BoxFuture<'a, Result<(), AuthError>>;

    /// The server answered `request`, as [`authorize`](Self::authorize) left it, with 401 or 403. `attempt` counts the refusals of
    /// this request, from 1. The request tells which token was refused: another task may have renewed it meanwhile.
    ///
    /// # Errors
    /// [`AuthError`] when it cannot be authorized.
    fn challenged<'a>(
        &'a self,
        request: &'a request::Parts,
        response: &'a response::Parts,
        attempt: u32,
    ) -> BoxFuture<'a, Result<Retry, AuthError>>;

    /// Looks at the head of every other answer: servers hand out the next `DPoP-Nonce` there.
    fn answered(&self, _response: &response::Parts) {}

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
