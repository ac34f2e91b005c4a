//! The two documents of discovery: of the protected resource (RFC 9728) and of the authorization server (RFC 8414, OpenID
//! Connect Discovery).

use serde::Deserialize;
use url::Url;

use super::error::DiscoveryError;
use super::{AuthorizationUrl, Scopes, resource};
use crate::auth::json;
use crate::auth::jwt::Algorithm;
use crate::net::Policy;

/// Authorization servers that one resource may name.
const MAX_ISSUERS: usize = 16;

/// What a server says of itself as a protected resource, checked against the server's URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResourceMetadata {
    resource: String,
    issuers: Vec<String>,
    scopes: Option<Scopes>,
    dpop: bool,
}

#[derive(Deserialize)]
struct RawResource {
    resource: String,
    authorization_servers: Option<Vec<String>>,
    scopes_supported: Option<Vec<String>>,
    dpop_signing_alg_values_supported: Option<Vec<String>>,
    dpop_bound_access_tokens_required: Option<bool>,
}

impl ResourceMetadata {
    /// Reads the document of the resource that covers `server`.
    ///
    /// # Errors
    /// [`DiscoveryError`] when it is malformed, of another resource, or names no authorization server.
    pub fn parse(document: &[u8], server: &Url) -> Result<Self, DiscoveryError> {
        let raw: RawResource =
            json::read(document).map_err(|_| DiscoveryError::Malformed("protected resource"))?;
        let resource = resource::covering(&raw.resource, server)?;
        let issuers = raw.authorization_servers.unwrap_or_default();
        if issuers.is_empty() || issuers.len() > MAX_ISSUERS {
            return Err(DiscoveryError::NoIssuer);
        }
        Ok(Self {
            resource,
            issuers,
            scopes: raw.scopes_supported.map(Scopes::of),
            dpop: raw.dpop_bound_access_tokens_required == Some(true)
                || raw
                    .dpop_signing_alg_values_supported
                    .is_some_and(|all| knows_es256(&all)),
        })
    }

    /// The resource identifier: what tokens are asked for.
    #[must_use]
    pub fn resource(&self) -> &str {
        &self.resource
    }

    /// The authorization servers, in the order of the document.
    #[must_use]
    pub fn issuers(&self) -> &[String] {
        &self.issuers
    }

    /// The scopes that basic use needs.
    #[must_use]
    pub fn scopes(&self) -> Option<&Scopes> {
        self.scopes.as_ref()
    }

    /// Whether the server takes proofs of possession that we can make.
    #[must_use]
    pub fn takes_dpop(&self) -> bool {
        self.dpop
    }

    /// The one issuer to use: the first that we hold credentials for, else the first.
    ///
    /// # Errors
    /// [`DiscoveryError::NoIssuer`] when only known ones may be used and none is.
    pub fn choose(
        &self,
        known: impl Fn(&str) -> bool,
        only_known: bool,
    ) -> Result<&str, DiscoveryError> {
        let favourite = self.issuers.iter().find(|issuer| known(issuer));
        let fallback = self.issuers.first().filter(|_| !only_known);
        favourite
            .or(fallback)
            .map(String::as_str)
            .ok_or(DiscoveryError::NoIssuer)
    }
}

fn knows_es256(names: &[String]) -> bool {
    names
        .iter()
        .any(|name| Algorithm::named(name) == Some(Algorithm::Es256))
}

/// What an authorization server says of itself. The issuer was compared and every endpoint checked.
#[derive(Debug, Clone)]
pub struct IssuerMetadata {
    pub(super) issuer: String,
    pub(super) authorization: Option<AuthorizationUrl>,
    pub(super) token: Url,
    pub(super) registration: Option<Url>,
    pub(super) scopes: Scopes,
    pub(super) methods: Option<Vec<String>>,
    pub(super) method_algorithms: Option<Vec<String>>,
    pub(super) grants: Option<Vec<String>>,
    pub(super) pkce: bool,
    pub(super) sends_issuer: bool,
    pub(super) takes_client_urls: bool,
    pub(super) dpop: bool,
}

#[derive(Deserialize)]
struct RawIssuer {
    issuer: String,
    authorization_endpoint: Option<String>,
    token_endpoint: Option<String>,
    registration_endpoint: Option<String>,
    scopes_supported: Option<Vec<String>>,
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
    token_endpoint_auth_signing_alg_values_supported: Option<Vec<String>>,
    grant_types_supported: Option<Vec<String>>,
    code_challenge_methods_supported: Option<Vec<String>>,
    authorization_response_iss_parameter_supported: Option<bool>,
    client_id_metadata_document_supported: Option<bool>,
    dpop_signing_alg_values_supported: Option<Vec<String>>,
}

impl IssuerMetadata {
    /// Reads the document of `issuer`. Its `issuer` has to be the very same string, and its endpoints URLs that `policy`
    /// takes.
    ///
    /// # Errors
    /// [`DiscoveryError`].
    pub fn parse(document: &[u8], issuer: &str, policy: &Policy) -> Result<Self, DiscoveryError> {
        let raw: RawIssuer =
            json::read(document).map_err(|_| DiscoveryError::Malformed("authorization server"))?;
        if raw.issuer != issuer {
            return Err(DiscoveryError::Issuer {
                expected: issuer.to_owned(),
            });
        }
        let token = raw.token_endpoint.as_deref();
        let token = token.ok_or(DiscoveryError::Malformed("no token endpoint"))?;
        let authorization = raw.authorization_endpoint.as_deref();
        let registration = raw.registration_endpoint.as_deref();
        let has =
            |list: &Option<Vec<String>>, name: &str| list.iter().flatten().any(|own| own == name);
        Ok(Self {
            authorization: authorization
                .map(|text| AuthorizationUrl::parse(text, policy))
                .transpose()?,
            token: endpoint(token, "token_endpoint", policy)?,
            registration: registration
                .map(|text| endpoint(text, "registration_endpoint", policy))
                .transpose()?,
            scopes: Scopes::of(raw.scopes_supported.unwrap_or_default()),
            pkce: has(&raw.code_challenge_methods_supported, "S256"),
            methods: raw.token_endpoint_auth_methods_supported,
            method_algorithms: raw.token_endpoint_auth_signing_alg_values_supported,
            grants: raw.grant_types_supported,
            sends_issuer: raw.authorization_response_iss_parameter_supported == Some(true),
            takes_client_urls: raw.client_id_metadata_document_supported == Some(true),
            dpop: raw
                .dpop_signing_alg_values_supported
                .is_some_and(|all| knows_es256(&all)),
            issuer: raw.issuer,
        })
    }

    /// An issuer of which nothing is known but its token endpoint, which was checked.
    pub(super) fn of_endpoint(issuer: &str, token: Url) -> Self {
        Self {
            issuer: issuer.to_owned(),
            authorization: None,
            token,
            registration: None,
            scopes: Scopes::default(),
            methods: None,
            method_algorithms: None,
            grants: None,
            pkce: false,
            sends_issuer: false,
            takes_client_urls: false,
            dpop: false,
        }
    }

    /// The issuer identifier.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The authorization endpoint, if the server says that it supports PKCE with S256.
    pub(super) fn authorization(&self) -> Result<AuthorizationUrl, DiscoveryError> {
        if !self.pkce {
            return Err(DiscoveryError::NoPkce);
        }
        let endpoint = self.authorization.clone();
        endpoint.ok_or(DiscoveryError::Malformed("no authorization endpoint"))
    }

    /// Whether a way to authenticate at the token endpoint is supported; without a list that is `client_secret_basic`.
    pub(super) fn takes_method(&self, name: &str) -> bool {
        match &self.methods {
            Some(list) => list.iter().any(|own| own == name),
            None => name == "client_secret_basic",
        }
    }

    /// Refuses a grant type that the server's list lacks. Without a list RFC 8414 says what is meant; servers that leave
    /// it out do not mean that, so they are asked.
    pub(super) fn require_grant(
        &self,
        name: &str,
        what: &'static str,
    ) -> Result<(), DiscoveryError> {
        match &self.grants {
            Some(list) if !list.iter().any(|own| own == name) => {
                Err(DiscoveryError::Unsupported(what))
            }
            _ => Ok(()),
        }
    }
}

fn endpoint(text: &str, name: &'static str, policy: &Policy) -> Result<Url, DiscoveryError> {
    let url = Url::parse(text).map_err(|_| DiscoveryError::Malformed(name))?;
    policy
        .check(&url)
        .map_err(|error| DiscoveryError::Endpoint(name, error))?;
    if url.fragment().is_some() {
        return Err(DiscoveryError::Malformed(name));
    }
    Ok(url)
}

#[cfg(test)]
#[path = "metadata_tests.rs"]
mod tests;
