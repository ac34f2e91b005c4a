//! Credentials as they are stored.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::super::Scopes;
use super::super::identity::{ClientProof, Identity};
use super::super::registration::Registration;
use super::credential::{BindingKey, Credential, Known, Origin};
use crate::auth::store::StoreKey;
use crate::auth::{Secret, json as strict};

#[derive(Deserialize)]
pub(super) struct Record {
    version: u32,
    client_id: String,
    /// Absent for clients of the configuration.
    registration: Option<StoredRegistration>,
    tokens: Option<StoredTokens>,
    key: Option<Secret>,
}

#[derive(Deserialize)]
struct StoredRegistration {
    secret: Option<Secret>,
    method: Option<String>,
    redirect: String,
    expires: Option<u64>,
}

#[derive(Deserialize)]
struct StoredTokens {
    access: Secret,
    bound: bool,
    obtained: u64,
    expires: Option<u64>,
    refresh: Option<Secret>,
    requested: String,
    granted: String,
    context: u64,
}

impl Record {
    /// Reads a record. One that is of another version or damaged counts as none: what it held can be had again.
    pub(super) fn read(text: &[u8]) -> Option<Self> {
        strict::read::<Self>(text)
            .ok()
            .filter(|record| record.version == 1)
    }

    /// The client that was registered, if one was.
    pub(super) fn registration(&self) -> Option<Registration> {
        let stored = self.registration.as_ref()?;
        let proof = stored
            .secret
            .clone()
            .map_or(ClientProof::None, ClientProof::Secret);
        Some(Registration {
            identity: Identity {
                id: self.client_id.clone(),
                proof,
                method: stored.method.clone(),
            },
            redirect: stored.redirect.clone(),
            expires: stored.expires,
        })
    }

    /// The key that tokens were bound to.
    pub(super) fn binding(&self) -> Option<Arc<BindingKey>> {
        let der = STANDARD.decode(self.key.as_ref()?.expose()).ok()?;
        BindingKey::from_der(Zeroizing::new(der)).ok().map(Arc::new)
    }

    /// The credential, for a client that is known to the configuration (`configured`) or to the record itself.
    pub(super) fn credential(
        self,
        key: StoreKey,
        configured: Option<Identity>,
    ) -> Option<Credential> {
        let client = match self.registration() {
            Some(registration) => Known::Dynamic(registration),
            None => Known::Configured(configured.filter(|identity| identity.id == self.client_id)?),
        };
        let binding = self.binding();
        let tokens = self.tokens?;
        if tokens.bound && binding.is_none() {
            return None;
        }
        Some(Credential {
            key,
            client,
            token: tokens.access,
            bound: tokens.bound,
            binding,
            obtained: tokens.obtained,
            expires: tokens.expires,
            refresh: tokens.refresh,
            requested: Scopes::parse(&tokens.requested),
            granted: Scopes::parse(&tokens.granted),
            origin: Origin::Stored,
            context: tokens.context,
        })
    }
}

/// The record of a credential.
pub(super) fn write(credential: &Credential) -> Zeroizing<Vec<u8>> {
    let optional =
        |secret: &Option<Secret>| secret.as_ref().map(|secret| secret.expose().to_owned());
    let registration = match &credential.client {
        Known::Configured(_) => Value::Null,
        Known::Dynamic(registration) => json!({
            "secret": match &registration.identity.proof {
                ClientProof::Secret(secret) => Some(secret.expose()),
                ClientProof::None | ClientProof::Key(_) => None,
            },
            "method": registration.identity.method,
            "redirect": registration.redirect,
            "expires": registration.expires,
        }),
    };
    let record = json!({
        "version": 1,
        "client_id": credential.client.identity().id,
        "registration": registration,
        "tokens": {
            "access": credential.token.expose(),
            "bound": credential.bound,
            "obtained": credential.obtained,
            "expires": credential.expires,
            "refresh": optional(&credential.refresh),
            "requested": credential.requested.to_string(),
            "granted": credential.granted.to_string(),
            "context": credential.context,
        },
        "key": credential.binding.as_ref().map(|binding| STANDARD.encode(binding.der.as_slice())),
    });
    Zeroizing::new(record.to_string().into_bytes())
}

/// Which credentials a server used last.
#[derive(Deserialize)]
pub(super) struct Pointer {
    issuer: String,
    resource: String,
}

impl Pointer {
    /// Where the pointer of a server is kept.
    pub(super) fn place(server: &str) -> StoreKey {
        StoreKey::new("", server)
    }

    pub(super) fn read(text: &[u8]) -> Option<StoreKey> {
        let pointer: Self = strict::read(text).ok()?;
        Some(StoreKey::new(pointer.issuer, pointer.resource))
    }

    pub(super) fn write(key: &StoreKey) -> Vec<u8> {
        json!({"issuer": key.issuer(), "resource": key.resource()})
            .to_string()
            .into_bytes()
    }
}
