//! Host names to addresses, asked for once, and only those that may be connected to.
//!
//! Sixteen threads that each ask for each request lose answers at small resolvers, and every lost one
//! costs a five-second time-out. What is given back here is what is connected to: nothing is looked up
//! again after it was judged.

use super::reach::Reach;
use std::{
    collections::HashMap,
    net::{IpAddr, SocketAddr},
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

/// That a name leads to no public address, and that nobody whose word counts named it.
#[derive(Debug, thiserror::Error)]
#[error("`{host}` leads to {address}")]
pub(super) struct Inside {
    pub(super) host: String,
    pub(super) address: IpAddr,
}

/// The system's resolver with a memory, and with a judge behind it. One question is asked at a time.
#[derive(Debug, Default)]
pub(super) struct Names {
    system: DefaultResolver,
    reach: Reach,
    known: Mutex<HashMap<String, Vec<SocketAddr>>>,
}

impl Names {
    pub(super) fn new(reach: Reach) -> Self {
        Self {
            reach,
            ..Self::default()
        }
    }

    /// What may be connected to of what a name led to.
    fn judged(&self, uri: &Uri, found: &[SocketAddr]) -> Result<Vec<SocketAddr>, ureq::Error> {
        let host = uri.host().unwrap_or_default();
        let port = found.first().map(SocketAddr::port);
        let admitted = self
            .reach
            .admitted(host, port, found.iter().map(SocketAddr::ip));
        if let ([], Some(first)) = (admitted.as_slice(), found.first()) {
            return Err(ureq::Error::Other(Box::new(Inside {
                host: uri.authority().map_or(host, |it| it.as_str()).to_owned(),
                address: first.ip(),
            })));
        }
        let may = |address: &&SocketAddr| admitted.contains(&address.ip());
        Ok(found.iter().filter(may).copied().collect())
    }
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
        let addresses = match known.get(&key) {
            Some(addresses) => addresses.clone(),
            None => {
                let answer = self.system.resolve(uri, config, timeout)?;
                let found: Vec<SocketAddr> = answer.iter().copied().collect();
                let judged = self.judged(uri, &found)?;
                known.insert(key, judged.clone());
                judged
            }
        };
        let mut answer = self.empty();
        for address in addresses {
            answer.push(address);
        }
        Ok(answer)
    }
}
