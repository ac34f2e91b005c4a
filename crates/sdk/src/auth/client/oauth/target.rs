//! Which authorization server, for which resource, with which scopes.

use super::super::discovery::{self, Demand};
use super::super::error::{AuthError, DiscoveryError};
use super::super::grant;
use super::super::metadata::{IssuerMetadata, ResourceMetadata};
use super::super::{Scopes, resource};
use super::builder::Dpop;
use super::{Flow, Inner};
use crate::auth::store::StoreKey;

/// What discovery settled.
pub(super) struct Target {
    pub(super) key: StoreKey,
    pub(super) issuer: IssuerMetadata,
    /// The scopes of the resource's metadata.
    scopes: Option<Scopes>,
    /// Whether the MCP server takes proofs.
    dpop: bool,
}

impl Inner {
    /// Finds the authorization server of the MCP server. Always anew: it may be another one than yesterday.
    pub(super) async fn discover(&self, demand: &Demand) -> Result<Target, AuthError> {
        let settings = &self.settings;
        let announced = demand.metadata.as_ref();
        let found =
            discovery::resource(&settings.server_fetcher, &settings.server, announced).await?;
        let target = match found {
            Some(metadata) => self.of_resource(&metadata, demand).await?,
            None => self.of_origin(demand).await?,
        };
        grant::require(&settings.flow, &target.issuer)?;
        Ok(target)
    }

    async fn of_resource(
        &self,
        metadata: &ResourceMetadata,
        demand: &Demand,
    ) -> Result<Target, AuthError> {
        let settings = &self.settings;
        let registered = |issuer: &str| settings.registered.iter().any(|own| own.is_for(issuer));
        let current = self.current();
        let known = |issuer: &str| {
            registered(issuer)
                || current
                    .as_ref()
                    .is_some_and(|own| own.key.issuer() == issuer)
        };
        // Who was registered beforehand and has no identity that any server takes stays with the servers that know them.
        let only_known = !settings.registered.is_empty() && settings.client_url.is_none();
        let issuer = metadata.choose(known, only_known)?;
        Ok(Target {
            key: StoreKey::new(issuer, metadata.resource()),
            issuer: discovery::issuer(&settings.fetcher, issuer).await?,
            scopes: metadata.scopes().cloned(),
            dpop: metadata.takes_dpop() || demand.dpop,
        })
    }

    /// Revision 2025-03-26: without metadata of the resource, its origin is its own authorization server.
    async fn of_origin(&self, demand: &Demand) -> Result<Target, AuthError> {
        let settings = &self.settings;
        let origin = settings.server.origin().ascii_serialization();
        let issuer = match discovery::issuer(&settings.server_fetcher, &origin).await {
            Err(DiscoveryError::Missing(status)) if settings.without_metadata && status < 500 => {
                self.by_convention(&origin)?
            }
            found => found?,
        };
        Ok(Target {
            key: StoreKey::new(origin, settings.resource.clone()),
            issuer,
            scopes: None,
            dpop: demand.dpop,
        })
    }

    /// The endpoints that revision 2025-03-26 gives a server without any metadata.
    fn by_convention(&self, origin: &str) -> Result<IssuerMetadata, DiscoveryError> {
        let base = &self.settings.server;
        let place = |path: &str| resource::at(base, path).map(String::from);
        let document = serde_json::json!({
            "issuer": origin,
            "authorization_endpoint": place("/authorize"),
            "token_endpoint": place("/token"),
            "registration_endpoint": place("/register"),
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": ["none", "client_secret_basic", "client_secret_post"],
        });
        IssuerMetadata::parse(
            document.to_string().as_bytes(),
            origin,
            self.settings.fetcher.policy(),
        )
    }

    /// Which scopes to ask for: those of the challenge, else those of the metadata; with them what was asked for before
    /// and what the configuration adds.
    pub(super) fn scopes(&self, target: &Target, demand: &Demand, before: &Scopes) -> Scopes {
        let wanted = demand.scopes.as_ref().or(target.scopes.as_ref());
        let scopes = wanted.cloned().unwrap_or_default();
        let scopes = scopes.union(before).union(&self.settings.scopes);
        let interactive = matches!(self.settings.flow, Flow::Code(_));
        if interactive && self.settings.offline && target.issuer.scopes.contains("offline_access") {
            return scopes.with("offline_access");
        }
        scopes
    }

    /// Whether the token is to be bound to a key.
    pub(super) fn binds(&self, target: &Target) -> bool {
        match self.settings.dpop {
            Dpop::Required => true,
            Dpop::WhenOffered => target.issuer.dpop && target.dpop,
            Dpop::Off => false,
        }
    }
}
