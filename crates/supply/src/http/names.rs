//! Host names to addresses, asked for once.
//!
//! Sixteen threads that each ask for each request lose answers at small resolvers, and every lost one
//! costs a five-second time-out.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{Mutex, PoisonError},
};
use ureq::{
    config::Config,
    http::Uri,
    unversioned::{
        resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver},
        transport::NextTimeout,
    },
};

/// The system's resolver with a memory. One question is asked at a time.
#[derive(Debug, Default)]
pub(super) struct Names {
    system: DefaultResolver,
    known: Mutex<HashMap<String, Vec<SocketAddr>>>,
}

impl Resolver for Names {
    fn resolve(
        &self,
        uri: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let key = format!(
            "{:?}{:?}",
            uri.scheme_str(),
            uri.authority().map(ureq::http::uri::Authority::as_str)
        );
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(addresses) = known.get(&key) {
            let mut answer = self.empty();
            for address in addresses {
                answer.push(*address);
            }
            return Ok(answer);
        }
        let answer = self.system.resolve(uri, config, timeout)?;
        known.insert(key, answer.iter().copied().collect());
        Ok(answer)
    }
}
