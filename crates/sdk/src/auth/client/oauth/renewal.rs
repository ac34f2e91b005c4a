//! Renewing, one task at a time: the others wait and take what it got.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use super::super::discovery::{self, Demand};
use super::super::error::{AuthError, ConsentError, TokenError};
use super::super::grant;
use super::super::metadata::IssuerMetadata;
use super::super::{Retry, Scopes};
use super::credential::{Credential, Origin};
use super::record::{self, Pointer, Record};
use super::target::Target;
use super::{Flow, Inner};
use crate::auth::store::StoreKey;

/// Seconds that a refusal of the authorization server, or of the person, counts.
const REFUSAL_SECONDS: u64 = 30;
/// Tokens that are obtained without one request being answered.
const MAX_FRUITLESS: u32 = 3;

/// What only the one that renews may touch.
#[derive(Default)]
pub(super) struct Renewal {
    /// The store was looked at.
    loaded: bool,
    /// Everything that was asked for so far, by the server's wish.
    requested: Scopes,
    refused: Option<Refusal>,
    /// The issuer of the current credential, once its metadata was read.
    issuer: Option<IssuerMetadata>,
}

/// A refusal that asking again at once would only repeat.
struct Refusal {
    until: u64,
    error: RefusalError,
}

enum RefusalError {
    Token(String, Arc<TokenError>),
    Consent(String, Arc<ConsentError>),
}

impl Refusal {
    fn of(error: &AuthError, now: u64) -> Option<Self> {
        let error = match error {
            AuthError::Token { issuer, source }
                if matches!(**source, TokenError::Refused { .. }) =>
            {
                RefusalError::Token(issuer.clone(), Arc::clone(source))
            }
            AuthError::Consent { issuer, source } => {
                RefusalError::Consent(issuer.clone(), Arc::clone(source))
            }
            _ => return None,
        };
        Some(Self {
            until: now.saturating_add(REFUSAL_SECONDS),
            error,
        })
    }

    fn again(&self) -> AuthError {
        match &self.error {
            RefusalError::Token(issuer, source) => AuthError::Token {
                issuer: issuer.clone(),
                source: Arc::clone(source),
            },
            RefusalError::Consent(issuer, source) => AuthError::Consent {
                issuer: issuer.clone(),
                source: Arc::clone(source),
            },
        }
    }
}

impl Inner {
    /// The credential for the next request, renewed if it is about to end. None means to try without.
    pub(super) async fn ready(&self) -> Result<Option<Arc<Credential>>, AuthError> {
        let fresh = |own: &Arc<Credential>| !own.is_ending(self.now());
        if let Some(credential) = self.current().filter(fresh) {
            return Ok(Some(credential));
        }
        let mut renewal = self.renewal.lock().await;
        if !renewal.loaded {
            self.restore(&mut renewal).await?;
        }
        match self.current() {
            Some(credential) if credential.is_ending(self.now()) => {
                match self.refresh(&mut renewal, &credential).await {
                    // It has not ended yet; the next request tries again.
                    Err(_) if !credential.has_ended(self.now()) => Ok(Some(credential)),
                    renewed => renewed,
                }
            }
            current => Ok(current),
        }
    }

    /// Takes up what the store has from an earlier run.
    async fn restore(&self, renewal: &mut Renewal) -> Result<(), AuthError> {
        let store = &self.settings.store;
        let pointer = store.load(&Pointer::place(&self.settings.resource)).await?;
        renewal.loaded = true;
        let Some(key) = pointer.as_deref().and_then(|text| Pointer::read(text)) else {
            return Ok(());
        };
        if let Some(credential) = self.stored(&key).await? {
            renewal.requested = credential.requested.clone();
            self.set_current(Some(Arc::new(credential)));
        }
        Ok(())
    }

    /// The credential that the store has under a key.
    async fn stored(&self, key: &StoreKey) -> Result<Option<Credential>, AuthError> {
        let Some(record) = self
            .settings
            .store
            .load(key)
            .await?
            .as_deref()
            .and_then(|text| Record::read(text))
        else {
            return Ok(None);
        };
        let registered = self
            .settings
            .registered
            .iter()
            .find(|own| own.is_for(key.issuer()));
        let url = self.settings.client_url.as_ref();
        let by_url = || url.map(|url| super::super::Identity::public(url.as_str()));
        let configured = registered.map(|own| own.identity.clone()).or_else(by_url);
        Ok(record.credential(key.clone(), configured))
    }

    /// Renews a token that ends. None when the grant has come to its end too.
    async fn refresh(
        &self,
        renewal: &mut Renewal,
        old: &Arc<Credential>,
    ) -> Result<Option<Arc<Credential>>, AuthError> {
        let _others = self.settings.store.lock(&old.key).await?;
        // Another process may have been here; its token is as good, and ours may be used up.
        if let Some(stored) = self.stored(&old.key).await?
            && stored.token != old.token
            && !stored.is_ending(self.now())
        {
            let credential = Arc::new(stored);
            self.set_current(Some(Arc::clone(&credential)));
            return Ok(Some(credential));
        }
        let Some(token) = &old.refresh else {
            self.set_current(None);
            return Ok(None);
        };
        let issuer = self.issuer_of(renewal, old).await?;
        let endpoint = self.endpoint(&issuer, old.client.identity(), old.binding.as_deref());
        match grant::refresh(&endpoint, old.key.resource(), token.expose()).await {
            Ok(granted) => {
                let credential = Arc::new(old.renewed(granted, self.now()));
                self.keep(&credential).await?;
                Ok(Some(credential))
            }
            Err(TokenError::Refused { status, .. }) if status < 500 => {
                self.settings.store.remove(&old.key).await?;
                self.set_current(None);
                Ok(None)
            }
            Err(error) => Err(super::obtain::token_failed(&issuer, error)),
        }
    }

    /// The metadata of the issuer that a credential is of. The credential says which; no server is asked for that.
    async fn issuer_of(
        &self,
        renewal: &mut Renewal,
        credential: &Credential,
    ) -> Result<IssuerMetadata, AuthError> {
        let wanted = credential.key.issuer();
        if let Some(issuer) = renewal
            .issuer
            .as_ref()
            .filter(|issuer| issuer.issuer == wanted)
        {
            return Ok(issuer.clone());
        }
        let issuer = discovery::issuer(&self.settings.fetcher, wanted).await?;
        renewal.issuer = Some(issuer.clone());
        Ok(issuer)
    }

    /// Makes a credential the current one and stores it.
    async fn keep(&self, credential: &Arc<Credential>) -> Result<(), AuthError> {
        let store = &self.settings.store;
        self.set_current(Some(Arc::clone(credential)));
        store
            .save(&credential.key, &record::write(credential))
            .await?;
        let pointer = Pointer::write(&credential.key);
        store
            .save(&Pointer::place(&self.settings.resource), &pointer)
            .await?;
        Ok(())
    }

    /// The server refused a request that carried `refused`, or nothing.
    pub(super) async fn unauthorized(
        &self,
        refused: Option<&str>,
        demand: &Demand,
        attempt: u32,
    ) -> Result<Retry, AuthError> {
        let mut renewal = self.renewal.lock().await;
        let current = self.current();
        let held = current.as_ref().map(|own| own.token.expose());
        if held.is_some() && held != refused {
            return Ok(Retry::Again);
        }
        // A token that was obtained for this very request and does not help: another one would not either.
        if attempt > 1
            && current
                .as_ref()
                .is_some_and(|own| own.origin == Origin::Granted)
        {
            return Ok(Retry::GiveUp);
        }
        if matches!(self.settings.flow, Flow::None) && current.is_none() {
            return Ok(Retry::GiveUp);
        }
        self.check_patience(&renewal)?;
        let target = self.discover(demand).await?;
        if let Some(old) =
            current.filter(|own| own.key == target.key && own.origin != Origin::Refreshed)
        {
            renewal.issuer = Some(target.issuer.clone());
            if old.refresh.is_some() && self.refresh(&mut renewal, &old).await?.is_some() {
                return Ok(Retry::Again);
            }
        }
        let before = renewal.requested.clone();
        let scopes = self.scopes(&target, demand, &before);
        self.obtain(&mut renewal, target, scopes).await?;
        Ok(Retry::Again)
    }

    /// The token does not suffice: asks for one with the scopes of the challenge and all that were asked for before.
    pub(super) async fn step_up(
        &self,
        refused: Option<&str>,
        demand: &Demand,
    ) -> Result<Retry, AuthError> {
        let Some(needed) = &demand.scopes else {
            return Ok(Retry::GiveUp);
        };
        let mut renewal = self.renewal.lock().await;
        let Some(current) = self.current() else {
            return Ok(Retry::GiveUp);
        };
        if Some(current.token.expose()) != refused {
            return Ok(Retry::Again);
        }
        if renewal.requested.covers(needed) || current.requested.covers(needed) {
            return Ok(Retry::GiveUp);
        }
        self.check_patience(&renewal)?;
        let target = self.discover(demand).await?;
        let before = renewal.requested.union(&current.requested);
        let scopes = self.scopes(&target, demand, &before);
        self.obtain(&mut renewal, target, scopes).await?;
        Ok(Retry::Again)
    }

    /// Obtains a token by a new grant and keeps it.
    async fn obtain(
        &self,
        renewal: &mut Renewal,
        target: Target,
        scopes: Scopes,
    ) -> Result<(), AuthError> {
        let _others = self.settings.store.lock(&target.key).await?;
        let record = self.settings.store.load(&target.key).await?;
        let record = record.as_deref().and_then(|text| Record::read(text));
        renewal.requested = scopes.clone();
        if let Some(stored) = self.stored(&target.key).await?
            && self.is_news(&stored, &scopes)
        {
            // Another process asked while we waited for it.
            self.set_current(Some(Arc::new(stored)));
            return Ok(());
        }
        self.fruitless.fetch_add(1, Relaxed);
        match self.grant(&target, scopes, record.as_ref()).await {
            Ok(credential) => {
                renewal.refused = None;
                renewal.issuer = Some(target.issuer);
                self.keep(&Arc::new(credential)).await
            }
            Err(error) => {
                renewal.refused = Refusal::of(&error, self.now());
                Err(error)
            }
        }
    }

    /// Whether a stored token is another one than ours, good for a while, and for these scopes.
    fn is_news(&self, stored: &Credential, scopes: &Scopes) -> bool {
        let ours = self.current().is_some_and(|own| own.token == stored.token);
        !ours && !stored.is_ending(self.now()) && stored.requested.covers(scopes)
    }

    /// Whether it makes sense to ask for another token now.
    fn check_patience(&self, renewal: &Renewal) -> Result<(), AuthError> {
        match &renewal.refused {
            Some(refusal) if self.now() < refusal.until => Err(refusal.again()),
            _ if self.fruitless.load(Relaxed) >= MAX_FRUITLESS => Err(AuthError::StillRefused),
            _ => Ok(()),
        }
    }
}
