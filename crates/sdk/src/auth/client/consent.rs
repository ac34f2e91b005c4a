//! Asking a person, through a browser that the caller opens (RFC 6749 section 4.1, RFC 7636, RFC 8707, RFC 9207).

use interlock_wire::Untrusted;
use url::{Url, form_urlencoded};

use super::error::{AuthError, ConsentError};
use super::metadata::IssuerMetadata;
use super::scope::{Remark, remarks};
use super::url::{AuthorizationUrl, RedirectUri};
use super::{Scopes, pkce};
use crate::BoxFuture;
use crate::auth::Secret;

/// Any error of a caller's own.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Leads a person to an authorization server and back. [`Loopback`](super::Loopback) is the one for programs on the
/// person's own machine; a web application implements its own.
pub trait UserAgent: Send + Sync + 'static {
    /// Gets ready for one authorization: listens where the browser is to come back to.
    fn prepare(&self) -> BoxFuture<'_, Result<Box<dyn Visit>, BoxError>>;
}

/// One authorization.
pub trait Visit: Send + 'static {
    /// Where the browser is to come back to.
    fn redirect_uri(&self) -> &str;

    /// Sends the person to [`ConsentRequest::url`], having shown them what is asked for, and waits. The result is the URL
    /// that the browser came back with, whole.
    fn run(
        self: Box<Self>,
        request: ConsentRequest,
    ) -> BoxFuture<'static, Result<String, BoxError>>;
}

/// What a person is about to be asked.
#[derive(Debug, Clone)]
pub struct ConsentRequest {
    pub(super) url: AuthorizationUrl,
    pub(super) issuer: String,
    pub(super) resource: String,
    pub(super) scopes: Scopes,
    pub(super) remarks: Vec<Remark>,
}

impl ConsentRequest {
    /// Where to send the browser. Show its host.
    #[must_use]
    pub fn url(&self) -> &AuthorizationUrl {
        &self.url
    }

    /// The authorization server, as it calls itself.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The MCP server that the token is for.
    #[must_use]
    pub fn resource(&self) -> &str {
        &self.resource
    }

    /// What is asked for; empty leaves it to the authorization server.
    #[must_use]
    pub fn scopes(&self) -> &Scopes {
        &self.scopes
    }

    /// What the person should know.
    #[must_use]
    pub fn remarks(&self) -> &[Remark] {
        &self.remarks
    }
}

/// An authorization request that is under way. It is good for one answer: [`accept`](Self::accept) consumes it.
pub struct Pending {
    state: Secret,
    verifier: Secret,
    issuer: String,
    sends_issuer: bool,
    redirect: RedirectUri,
}

/// A code, and what redeems it.
pub struct Code {
    pub(super) code: Secret,
    pub(super) verifier: Secret,
    pub(super) redirect: String,
}

/// What an authorization request is made of.
pub(super) struct Request<'a> {
    pub(super) issuer: &'a IssuerMetadata,
    pub(super) client_id: &'a str,
    pub(super) redirect: RedirectUri,
    pub(super) resource: &'a str,
    pub(super) scopes: &'a Scopes,
    /// The thumbprint of the key that the token is to be bound to.
    pub(super) thumbprint: Option<&'a str>,
}

impl Request<'_> {
    /// Makes the request: a fresh verifier and a fresh `state`, and the record that its answer is judged by.
    pub(super) fn begin(self) -> Result<(ConsentRequest, Pending), AuthError> {
        let endpoint = self.issuer.authorization()?;
        let (state, verifier) = (pkce::random()?, pkce::random()?);
        let (scope, challenge) = (self.scopes.to_string(), pkce::challenge(&verifier));
        let mut query = vec![
            ("response_type", "code"),
            ("client_id", self.client_id),
            ("redirect_uri", self.redirect.as_str()),
            ("state", state.expose()),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
            ("resource", self.resource),
        ];
        query.extend((!scope.is_empty()).then_some(("scope", scope.as_str())));
        query.extend(self.thumbprint.map(|thumbprint| ("dpop_jkt", thumbprint)));
        // OpenID Connect Core section 11: offline access is only given when consent is asked for.
        query.extend(
            self.scopes
                .contains("offline_access")
                .then_some(("prompt", "consent")),
        );
        let request = ConsentRequest {
            url: endpoint.with_query(query),
            issuer: self.issuer.issuer.clone(),
            resource: self.resource.to_owned(),
            remarks: remarks(self.scopes, &self.redirect, self.client_id),
            scopes: self.scopes.clone(),
        };
        let pending = Pending {
            state,
            verifier,
            issuer: self.issuer.issuer.clone(),
            sends_issuer: self.issuer.sends_issuer,
            redirect: self.redirect,
        };
        Ok((request, pending))
    }
}

impl Pending {
    /// Judges the URL that the browser came back with: whether it is ours, then whose it is, and only then what it says.
    ///
    /// # Errors
    /// [`ConsentError`]. What the server says of an error is only looked at when `state` and issuer are right.
    pub fn accept(self, callback: &str) -> Result<Code, ConsentError> {
        let url = Url::parse(callback).map_err(|_| ConsentError::Malformed)?;
        let mut bare = url.clone();
        bare.set_query(None);
        bare.set_fragment(None);
        let mut expected = self.redirect.as_url().clone();
        expected.set_query(None);
        if bare != expected {
            return Err(ConsentError::Malformed);
        }
        let response = Response::read(url.query().unwrap_or_default())?;
        if response.state.as_deref() != Some(self.state.expose()) {
            return Err(ConsentError::State);
        }
        match response.issuer.as_deref() {
            Some(issuer) if issuer != self.issuer => return Err(ConsentError::Issuer),
            None if self.sends_issuer => return Err(ConsentError::Issuer),
            _ => {}
        }
        if let Some(code) = response.error {
            return Err(ConsentError::Refused {
                code: Untrusted::new(code),
                description: response.description.map(Untrusted::new),
            });
        }
        let code = response
            .code
            .filter(|code| !code.is_empty())
            .ok_or(ConsentError::Malformed)?;
        Ok(Code {
            code: Secret::new(code),
            verifier: self.verifier,
            redirect: self.redirect.as_str().to_owned(),
        })
    }
}

#[derive(Default)]
struct Response {
    state: Option<String>,
    issuer: Option<String>,
    code: Option<String>,
    error: Option<String>,
    description: Option<String>,
}

impl Response {
    /// Reads the parameters. One that is there twice means something else to another reader.
    fn read(query: &str) -> Result<Self, ConsentError> {
        if query.len() > 16 << 10 {
            return Err(ConsentError::Malformed);
        }
        let mut response = Self::default();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let field = match &*name {
                "state" => &mut response.state,
                "iss" => &mut response.issuer,
                "code" => &mut response.code,
                "error" => &mut response.error,
                "error_description" => &mut response.description,
                _ => continue,
            };
            if field.replace(value.into_owned()).is_some() {
                return Err(ConsentError::Malformed);
            }
        }
        Ok(response)
    }
}

#[cfg(test)]
#[path = "consent_tests.rs"]
mod tests;
