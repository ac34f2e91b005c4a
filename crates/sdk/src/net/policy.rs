//! Where a fetcher may go.

use std::net::IpAddr;

use url::{Host, Url};

use super::address::is_private;
use super::error::FetchError;
use super::is_global;

/// Which URLs and addresses are taken. The default is `https` to public addresses; there is no other way to get one but
/// [`danger`](super::danger).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Policy {
    pub(super) loopback: bool,
    pub(super) private_hosts: Vec<String>,
}

impl Policy {
    /// Whether a URL may be fetched at all. Addresses behind a name are judged when they are known.
    ///
    /// # Errors
    /// [`FetchError::Url`] or [`FetchError::NotPublic`].
    pub fn check(&self, url: &Url) -> Result<(), FetchError> {
        let host = url.host().ok_or(FetchError::Url("it has no host"))?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(FetchError::Url("it carries credentials"));
        }
        match url.scheme() {
            "https" => {}
            "http" if self.loopback && is_local(&host) => {}
            "http" => return Err(FetchError::Url("it is not https")),
            _ => return Err(FetchError::Url("its scheme is not https")),
        }
        let literal = match host {
            Host::Domain(_) => return Ok(()),
            Host::Ipv4(address) => IpAddr::V4(address),
            Host::Ipv6(address) => IpAddr::V6(address),
        };
        self.check_address(url.host_str().unwrap_or_default(), literal)
    }

    /// Whether `http` to this machine passes: only with [`danger::allow_loopback`](super::danger::allow_loopback).
    #[must_use]
    pub fn allows_loopback(&self) -> bool {
        self.loopback
    }

    /// Whether a connection for `host` (as in a URL, IPv6 in brackets) may go to this address.
    ///
    /// # Errors
    /// [`FetchError::NotPublic`].
    pub fn check_address(&self, host: &str, address: IpAddr) -> Result<(), FetchError> {
        let local = self.loopback
            && address.is_loopback()
            && Host::parse(host).is_ok_and(|host| is_local(&host));
        let private = is_private(address)
            && self
                .private_hosts
                .iter()
                .any(|own| own.eq_ignore_ascii_case(host));
        if is_global(address) || local || private {
            return Ok(());
        }
        Err(FetchError::NotPublic {
            host: host.to_owned(),
        })
    }
}

/// Whether a host can only mean this machine.
fn is_local<S: AsRef<str>>(host: &Host<S>) -> bool {
    match host {
        Host::Domain(name) => name.as_ref().eq_ignore_ascii_case("localhost"),
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    }
}
