//! From an approval to a connection that may be made: the address, who may be behind it, and the headers with their values.

use std::os::unix::ffi::OsStrExt as _;
use std::time::Duration;

use interlock_launch::{Address, Approved, Danger, HeaderValue, Secret};
use interlock_sdk::http::client::StreamableHttp;
use interlock_sdk::net::{Policy, danger};
use interlock_wire::Limits;

use crate::contain::{ContainError, Surroundings};

/// How long a request may go without a word of the server, unless it is one that waits for events.
const PATIENCE: Duration = Duration::from_secs(600);

/// Everything that a bridge needs. Nothing is connected yet.
pub(crate) struct Connection {
    pub(super) http: StreamableHttp,
    pub(super) address: Address,
    pub(super) name: String,
    /// Whether an address in a private network was accepted.
    pub(super) private: bool,
    pub(super) limits: Limits,
    pub(super) patience: Duration,
}

impl Connection {
    /// Of an approval of an address; none where the approval is of a program.
    pub(crate) fn of(
        approved: &Approved,
        around: &Surroundings<'_>,
    ) -> Result<Option<Self>, ContainError> {
        let Some(address) = approved.launch().remote() else {
            return Ok(None);
        };
        let http = StreamableHttp::new(&address.url).map_err(ContainError::Address)?;
        let mut http = http.guarded(policy(address, approved));
        for header in &address.headers {
            let value = value(&header.value, around)?;
            let unfit = |_| ContainError::Header(header.name.clone());
            http = http.header(&header.name, value.reveal()).map_err(unfit)?;
        }
        Ok(Some(Self {
            http,
            address: address.clone(),
            name: approved.name().to_owned(),
            private: approved.profile().accepts(Danger::PrivateNetwork),
            limits: Limits::default(),
            patience: PATIENCE,
        }))
    }
}

/// Public addresses; this machine where the address itself says so; a private network where that was accepted.
fn policy(address: &Address, approved: &Approved) -> Policy {
    if address.is_loopback() {
        return danger::allow_loopback();
    }
    match approved.profile().accepts(Danger::PrivateNetwork) {
        true => danger::allow_private_hosts([address.host()]),
        false => Policy::default(),
    }
}

fn value(filled: &HeaderValue, around: &Surroundings<'_>) -> Result<Secret, ContainError> {
    match filled {
        HeaderValue::Text(text) => Ok(Secret::new(text.as_bytes().to_vec())),
        HeaderValue::Secret { scheme, name } => {
            let secret = around.secrets.get(name)?;
            if secret.reveal().trim_ascii().is_empty() {
                return Err(ContainError::Empty(name.as_str().to_owned()));
            }
            Ok(after(scheme.as_deref(), secret.reveal()))
        }
        HeaderValue::Variable { scheme, name } => {
            let missing = || ContainError::Variable(name.as_str().to_owned());
            let value = (around.variable)(name.as_str());
            let value = value.filter(|value| !value.as_bytes().trim_ascii().is_empty());
            let value = value.ok_or_else(missing)?;
            Ok(after(scheme.as_deref(), value.as_bytes()))
        }
    }
}

/// A line end behind a secret is no part of it: files and terminals leave one.
fn after(scheme: Option<&str>, value: &[u8]) -> Secret {
    let value = value.trim_ascii();
    let mut whole = Vec::with_capacity(scheme.map_or(0, |scheme| scheme.len() + 1) + value.len());
    if let Some(scheme) = scheme {
        whole.extend_from_slice(scheme.as_bytes());
        whole.push(b' ');
    }
    whole.extend_from_slice(value);
    Secret::new(whole)
}
