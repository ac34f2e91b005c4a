//! The grants: each a few fields for the token endpoint, and what has to happen before.

use std::sync::Arc;

use url::Url;

use super::Scopes;
use super::assertion::{AssertionSource, IdentityProvider};
use super::consent::{Code, UserAgent};
use super::discovery;
use super::error::{AuthError, DiscoveryError, TokenError};
use super::metadata::IssuerMetadata;
use super::token::{Granted, Nonce, TokenEndpoint};
use crate::clock::Clock;
use crate::net::Fetcher;

const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
const TOKEN_EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const ID_JAG: &str = "urn:ietf:params:oauth:token-type:id-jag";

/// How a client comes by tokens.
pub(super) enum Flow {
    /// A person is asked.
    Code(Arc<dyn UserAgent>),
    /// The client acts for itself.
    ClientCredentials,
    /// A platform vouches for the workload.
    Workload(Arc<dyn AssertionSource>),
    /// An organisation's identity provider vouches for the person.
    Enterprise(IdentityProvider, Arc<dyn AssertionSource>),
    /// There is no way to a token but one that is stored.
    None,
}

/// What every grant asks for.
pub(super) struct Wanted<'a> {
    pub(super) resource: &'a str,
    pub(super) scopes: &'a Scopes,
}

impl Wanted<'_> {
    async fn ask(
        &self,
        endpoint: &TokenEndpoint<'_>,
        fields: &[(&str, &str)],
    ) -> Result<Granted, TokenError> {
        let scope = self.scopes.to_string();
        let mut all = fields.to_vec();
        all.push(("resource", self.resource));
        all.extend((!scope.is_empty()).then_some(("scope", scope.as_str())));
        endpoint.ask(&all).await
    }
}

/// Redeems a code. The scope was settled with the code.
pub(super) async fn redeem(
    endpoint: &TokenEndpoint<'_>,
    wanted: &Wanted<'_>,
    code: &Code,
) -> Result<Granted, TokenError> {
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", code.code.expose()),
        ("redirect_uri", &code.redirect),
        ("code_verifier", code.verifier.expose()),
        ("resource", wanted.resource),
    ];
    endpoint.ask(&fields).await
}

/// Renews a token. The scope stays what it is.
pub(super) async fn refresh(
    endpoint: &TokenEndpoint<'_>,
    resource: &str,
    token: &str,
) -> Result<Granted, TokenError> {
    let fields = [
        ("grant_type", "refresh_token"),
        ("refresh_token", token),
        ("resource", resource),
    ];
    endpoint.ask(&fields).await
}

/// The client's own token.
pub(super) async fn client_credentials(
    endpoint: &TokenEndpoint<'_>,
    wanted: &Wanted<'_>,
) -> Result<Granted, TokenError> {
    wanted
        .ask(endpoint, &[("grant_type", "client_credentials")])
        .await
}

/// A token for whom an assertion speaks (RFC 7523 section 2.1).
pub(super) async fn workload(
    endpoint: &TokenEndpoint<'_>,
    wanted: &Wanted<'_>,
    source: &dyn AssertionSource,
) -> Result<Granted, TokenError> {
    let assertion = source
        .assertion(&endpoint.issuer.issuer)
        .await
        .map_err(TokenError::Assertion)?;
    let fields = [
        ("grant_type", JWT_BEARER),
        ("assertion", assertion.expose()),
    ];
    wanted.ask(endpoint, &fields).await
}

/// A token through the organisation's identity provider: sign-on to grant there, grant to token at the authorization
/// server.
pub(super) async fn enterprise(
    endpoint: &TokenEndpoint<'_>,
    wanted: &Wanted<'_>,
    provider: &IdentityProvider,
    source: &dyn AssertionSource,
) -> Result<Granted, AuthError> {
    let grant = exchange(
        endpoint.fetcher,
        endpoint.clock,
        wanted,
        provider,
        source,
        &endpoint.issuer.issuer,
    )
    .await?;
    let fields = [
        ("grant_type", JWT_BEARER),
        ("assertion", grant.access.expose()),
    ];
    wanted
        .ask(endpoint, &fields)
        .await
        .map_err(|source| AuthError::Token {
            issuer: endpoint.issuer.issuer.clone(),
            source: Arc::new(source),
        })
}

/// Exchanges the sign-on for a grant that only `audience` takes (RFC 8693).
async fn exchange(
    fetcher: &Fetcher,
    clock: &Clock,
    wanted: &Wanted<'_>,
    provider: &IdentityProvider,
    source: &dyn AssertionSource,
    audience: &str,
) -> Result<Granted, AuthError> {
    let failed = |source| AuthError::Token {
        issuer: provider.issuer.clone(),
        source: Arc::new(source),
    };
    let metadata = match &provider.token_endpoint {
        Some(url) => at_known_endpoint(fetcher, &provider.issuer, url)?,
        None => discovery::issuer(fetcher, &provider.issuer).await?,
    };
    let subject = source.assertion(&provider.issuer).await;
    let subject = subject.map_err(TokenError::Assertion).map_err(failed)?;
    let endpoint = TokenEndpoint {
        fetcher,
        issuer: &metadata,
        identity: &provider.identity,
        key: None,
        nonce: &Nonce::default(),
        clock,
    };
    let fields = [
        ("grant_type", TOKEN_EXCHANGE),
        ("requested_token_type", ID_JAG),
        ("audience", audience),
        ("subject_token", subject.expose()),
        ("subject_token_type", provider.subject_type),
    ];
    let grant = wanted.ask(&endpoint, &fields).await.map_err(failed)?;
    if grant.issued_type.as_deref() != Some(ID_JAG) {
        return Err(failed(TokenError::Malformed("issued_token_type")));
    }
    Ok(grant)
}

/// What we know of a provider whose token endpoint was configured.
fn at_known_endpoint(
    fetcher: &Fetcher,
    issuer: &str,
    url: &Url,
) -> Result<IssuerMetadata, DiscoveryError> {
    let checked = fetcher.policy().check(url);
    checked.map_err(|error| DiscoveryError::Endpoint("token_endpoint", error))?;
    Ok(IssuerMetadata::of_endpoint(issuer, url.clone()))
}

/// What the server has to support for a flow.
pub(super) fn require(flow: &Flow, issuer: &IssuerMetadata) -> Result<(), DiscoveryError> {
    match flow {
        Flow::Code(_) => issuer.authorization().map(drop),
        Flow::ClientCredentials => issuer.require_grant("client_credentials", "client credentials"),
        Flow::Workload(_) | Flow::Enterprise(..) => {
            issuer.require_grant(JWT_BEARER, "assertion grants")
        }
        Flow::None => Ok(()),
    }
}
