//! Presenting the token, and listening to refusals: the [`Authorize`] of [`OAuth`].

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use http::header::AUTHORIZATION;
use http::{StatusCode, request, response};
use url::Url;

use super::super::discovery::Demand;
use super::super::error::{AuthError, DiscoveryError};
use super::super::identity::{DPOP, sensitive};
use super::super::{Authorize, Retry};
use super::credential::Credential;
use super::{Inner, OAuth};
use crate::BoxFuture;
use crate::auth::challenge;

/// Refusals of one request after which it is given up: no token, nonce, expired token, scope.
const MAX_ATTEMPTS: u32 = 4;

impl Authorize for OAuth {
    fn authorize<'a>(
        &'a self,
        request: &'a mut request::Parts,
    ) -> BoxFuture<'a, Result<(), AuthError>> {
        Box::pin(async move {
            let url = self.0.own_url(request)?;
            let credential = self.0.ready().await?;
            self.0.present(request, &url, credential)
        })
    }

    fn challenged<'a>(
        &'a self,
        request: &'a request::Parts,
        response: &'a response::Parts,
        attempt: u32,
    ) -> BoxFuture<'a, Result<Retry, AuthError>> {
        Box::pin(self.0.challenged(request, response, attempt))
    }

    fn answered(&self, response: &response::Parts) {
        self.0.server_nonce.learn(&response.headers);
        self.0.fruitless.store(0, Relaxed);
    }

    fn context(&self) -> u64 {
        self.0.context.load(Relaxed)
    }
}

impl Inner {
    /// The URL of a request, if it goes to the server's origin.
    fn own_url(&self, request: &request::Parts) -> Result<Url, AuthError> {
        let text = request.uri.to_string();
        let url = self
            .settings
            .server
            .join(&text)
            .map_err(|_| AuthError::OtherOrigin)?;
        if url.origin() == self.settings.server.origin() {
            Ok(url)
        } else {
            Err(AuthError::OtherOrigin)
        }
    }

    fn present(
        &self,
        request: &mut request::Parts,
        url: &Url,
        credential: Option<Arc<Credential>>,
    ) -> Result<(), AuthError> {
        request.headers.remove(AUTHORIZATION);
        request.headers.remove(DPOP);
        let Some(credential) = credential else {
            return Ok(());
        };
        let malformed = || AuthError::Failed("token is not a header value".into());
        let token = credential.token.expose();
        let scheme = if credential.bound { "DPoP" } else { "Bearer" };
        let value = sensitive(&format!("{scheme} {token}")).ok_or_else(malformed)?;
        request.headers.insert(AUTHORIZATION, value);
        if let Some(binding) = credential.binding.as_ref().filter(|_| credential.bound) {
            let nonce = self.server_nonce.get();
            let method = request.method.as_str();
            let proof =
                binding
                    .proof
                    .proof(method, url, self.now(), Some(token), nonce.as_deref())?;
            request
                .headers
                .insert(DPOP, sensitive(&proof).ok_or_else(malformed)?);
        }
        Ok(())
    }

    async fn challenged(
        &self,
        request: &request::Parts,
        response: &response::Parts,
        attempt: u32,
    ) -> Result<Retry, AuthError> {
        let new_nonce = self.server_nonce.learn(&response.headers);
        if attempt > MAX_ATTEMPTS {
            return Ok(Retry::GiveUp);
        }
        let challenges =
            challenge::from_headers(&response.headers).map_err(DiscoveryError::Challenge)?;
        let demand = Demand::read(&challenges, &self.settings.server)?;
        let refused = presented(request);
        match (response.status, demand.error.as_deref()) {
            // The token is good; only the proof lacked something.
            (StatusCode::UNAUTHORIZED, Some("use_dpop_nonce")) if refused.is_some() => {
                Ok(if new_nonce {
                    Retry::Again
                } else {
                    Retry::GiveUp
                })
            }
            (StatusCode::UNAUTHORIZED, _) => self.unauthorized(refused, &demand, attempt).await,
            (StatusCode::FORBIDDEN, Some("insufficient_scope")) => {
                self.step_up(refused, &demand).await
            }
            _ => Ok(Retry::GiveUp),
        }
    }
}

/// The token that a request carried.
fn presented(request: &request::Parts) -> Option<&str> {
    let value = request.headers.get(AUTHORIZATION)?.to_str().ok()?;
    Some(value.split_once(' ')?.1)
}
