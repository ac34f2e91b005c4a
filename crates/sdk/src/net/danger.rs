//! Exceptions for development and for networks of one's own. Each lets a peer point us at what only we can reach.

use super::Policy;

/// Also takes `http` and `https` to this machine, when the URL says so: `localhost`, `127.0.0.0/8`, `[::1]`. A name that
/// merely resolves to a loopback address stays refused. For development and tests.
///
/// ```
/// use interlock_sdk::net::{Fetcher, danger};
/// let fetcher = Fetcher::with_policy(danger::allow_loopback());
/// ```
#[must_use]
pub fn allow_loopback() -> Policy {
    Policy {
        loopback: true,
        ..Policy::default()
    }
}

/// Also takes `https` to these hosts when they have private addresses (RFC 1918, RFC 4193): an authorization server in
/// the organisation's own network. Loopback, link-local and metadata addresses stay refused.
#[must_use]
pub fn allow_private_hosts<S: Into<String>>(hosts: impl IntoIterator<Item = S>) -> Policy {
    Policy {
        private_hosts: hosts.into_iter().map(Into::into).collect(),
        ..Policy::default()
    }
}
