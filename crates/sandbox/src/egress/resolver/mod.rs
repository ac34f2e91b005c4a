//! Resolving names outside the sandbox: `/etc/hosts`, then the servers of `/etc/resolv.conf`.
//!
//! Does: what getaddrinfo does for a full name, without blocking and without loading modules into the supervisor.
//! Doesn't: append search domains (a granted name is a full name), or use mDNS, NIS or other sources.

mod cache;
mod config;
mod exchange;
mod lookup;

pub(super) use cache::Cache;
pub(super) use config::Files;
pub(super) use lookup::{Lookup, Progress};
