//! Obtaining a token at the authorization server that was found.

use std::sync::Arc;

use super::super::consent::{BoxError, Code, Request, UserAgent};
use super::super::error::{AuthError, ConsentError, RegistrationError, TokenError, UrlError};
use super::super::grant::{self, Flow, Wanted};
use super::super::identity::Identity;
use super::super::metadata::IssuerMetadata;
use super::super::registration;
use super::super::token::{Granted, TokenEndpoint};
use super::super::url::RedirectUri;
use super::super::{Scopes, pkce};
use super::Inner;
use super::builder::Dpop;
use super::credential::{BindingKey, Credential, Known, Origin};
use super::record::Record;
use super::target::Target;

/// What a grant is asked for with.
struct Asking<'a> {
    target: &'a Target,
    scopes: &'a Scopes,
    binding: Option<Arc<BindingKey>>,
    /// What the store holds for this server and issuer.
    record: Option<&'a Record>,
}

impl Inner {
    /// A token by the configured grant.
    pub(super) async fn grant(
        &self,
        target: &Target,
        scopes: Scopes,
        record: Option<&Record>,
    ) -> Result<Credential, AuthError> {
        let binding = match self.binds(target) {
            true => Some(
                record
                    .and_then(Record::binding)
                    .map_or_else(|| BindingKey::generate().map(Arc::new), Ok)?,
            ),
            false => None,
        };
        let asking = Asking {
            target,
            scopes: &scopes,
            binding: binding.clone(),
            record,
        };
        let (client, granted) = match &self.settings.flow {
            Flow::Code(agent) => self.ask_person(agent.as_ref(), &asking).await?,
            _ => self.ask_endpoint(&asking).await?,
        };
        if self.settings.dpop == Dpop::Required && !granted.bound {
            return Err(token_failed(&target.issuer, TokenError::NotBound));
        }
        Ok(Credential {
            key: target.key.clone(),
            client,
            token: granted.access,
            bound: granted.bound,
            binding,
            obtained: self.now(),
            expires: granted.expires,
            refresh: granted.refresh,
            granted: granted.scopes.unwrap_or_else(|| scopes.clone()),
            requested: scopes,
            origin: Origin::Granted,
            context: context()?,
        })
    }

    /// The grants that need nobody. Each uses an identity from the configuration.
    async fn ask_endpoint(&self, asking: &Asking<'_>) -> Result<(Known, Granted), AuthError> {
        let issuer = &asking.target.issuer;
        let identity = self
            .configured(issuer)
            .ok_or_else(|| no_registration(self, issuer))?;
        let endpoint = self.endpoint(issuer, &identity, asking.binding.as_deref());
        let wanted = asking.wanted();
        let failed = |error| token_failed(issuer, error);
        let granted = match &self.settings.flow {
            Flow::ClientCredentials => grant::client_credentials(&endpoint, &wanted)
                .await
                .map_err(failed)?,
            Flow::Workload(source) => grant::workload(&endpoint, &wanted, source.as_ref())
                .await
                .map_err(failed)?,
            Flow::Enterprise(provider, source) => {
                grant::enterprise(&endpoint, &wanted, provider, source.as_ref()).await?
            }
            Flow::Code(_) | Flow::None => return Err(consent_failed(issuer, ConsentError::Nobody)),
        };
        Ok((Known::Configured(identity), granted))
    }

    /// The grant that a person gives. The way back is opened first, because its address is part of the request.
    async fn ask_person(
        &self,
        agent: &dyn UserAgent,
        asking: &Asking<'_>,
    ) -> Result<(Known, Granted), AuthError> {
        let issuer = &asking.target.issuer;
        let lost = |source| consent_failed(issuer, ConsentError::UserAgent(source));
        let visit = agent.prepare().await.map_err(lost)?;
        let redirect = RedirectUri::parse(visit.redirect_uri())
            .map_err(|error: UrlError| lost(Box::new(error) as BoxError))?;
        let client = self.identify(asking, &redirect).await?;
        let thumbprint = asking
            .binding
            .as_ref()
            .map(|binding| binding.proof.thumbprint());
        let request = Request {
            issuer,
            client_id: &client.identity().id,
            redirect,
            resource: asking.target.key.resource(),
            scopes: asking.scopes,
            thumbprint,
        };
        let (question, pending) = request.begin()?;
        let callback = visit.run(question).await.map_err(lost)?;
        let code = pending
            .accept(&callback)
            .map_err(|error| consent_failed(issuer, error))?;
        let granted = self.redeem(asking, client.identity(), &code).await?;
        Ok((client, granted))
    }

    async fn redeem(
        &self,
        asking: &Asking<'_>,
        identity: &Identity,
        code: &Code,
    ) -> Result<Granted, AuthError> {
        let issuer = &asking.target.issuer;
        let endpoint = self.endpoint(issuer, identity, asking.binding.as_deref());
        let granted = grant::redeem(&endpoint, &asking.wanted(), code).await;
        granted.map_err(|error| token_failed(issuer, error))
    }

    /// Who we are at an authorization server: registered beforehand, by a metadata document, registered earlier, or
    /// registered now.
    async fn identify(
        &self,
        asking: &Asking<'_>,
        redirect: &RedirectUri,
    ) -> Result<Known, AuthError> {
        let issuer = &asking.target.issuer;
        if let Some(identity) = self.configured(issuer) {
            return Ok(Known::Configured(identity));
        }
        let earlier = asking.record.and_then(Record::registration);
        let usable = earlier.filter(|known| {
            known.redirect == redirect.as_str()
                && known.expires.is_none_or(|expires| expires > self.now())
        });
        if let Some(registration) = usable {
            return Ok(Known::Dynamic(registration));
        }
        if issuer.registration.is_none() {
            return Err(no_registration(self, issuer));
        }
        let settings = &self.settings;
        let bound = asking.binding.is_some();
        let made = registration::register(
            &settings.fetcher,
            issuer,
            &settings.metadata,
            redirect,
            bound,
        )
        .await;
        made.map(Known::Dynamic)
            .map_err(|source| AuthError::Registration {
                issuer: issuer.issuer.clone(),
                source,
            })
    }

    /// The identity that the configuration has for an authorization server.
    pub(super) fn configured(&self, issuer: &IssuerMetadata) -> Option<Identity> {
        let settings = &self.settings;
        let registered = settings
            .registered
            .iter()
            .find(|own| own.is_for(&issuer.issuer));
        if let Some(registered) = registered {
            return Some(registered.identity.clone());
        }
        let url = settings
            .client_url
            .as_ref()
            .filter(|_| issuer.takes_client_urls)?;
        Some(Identity::public(url.as_str()))
    }

    pub(super) fn endpoint<'a>(
        &'a self,
        issuer: &'a IssuerMetadata,
        identity: &'a Identity,
        binding: Option<&'a BindingKey>,
    ) -> TokenEndpoint<'a> {
        TokenEndpoint {
            fetcher: &self.settings.fetcher,
            issuer,
            identity,
            key: binding.map(|binding| &binding.proof),
            nonce: &self.issuer_nonce,
            clock: &self.settings.clock,
        }
    }
}

impl Asking<'_> {
    fn wanted(&self) -> Wanted<'_> {
        Wanted {
            resource: self.target.key.resource(),
            scopes: self.scopes,
        }
    }
}

pub(super) fn token_failed(issuer: &IssuerMetadata, error: TokenError) -> AuthError {
    AuthError::Token {
        issuer: issuer.issuer.clone(),
        source: Arc::new(error),
    }
}

fn consent_failed(issuer: &IssuerMetadata, error: ConsentError) -> AuthError {
    AuthError::Consent {
        issuer: issuer.issuer.clone(),
        source: Arc::new(error),
    }
}

fn no_registration(inner: &Inner, issuer: &IssuerMetadata) -> AuthError {
    let elsewhere = !inner.settings.registered.is_empty();
    AuthError::Registration {
        issuer: issuer.issuer.clone(),
        source: if elsewhere {
            RegistrationError::OtherIssuer
        } else {
            RegistrationError::NoWay
        },
    }
}

/// A number that no other grant has, and that is not 0.
fn context() -> Result<u64, AuthError> {
    let secret = pkce::random()?;
    let mut number = 0_u64;
    for byte in secret.expose().bytes().take(12) {
        number = number.rotate_left(5) ^ u64::from(byte);
    }
    Ok(number | 1)
}
