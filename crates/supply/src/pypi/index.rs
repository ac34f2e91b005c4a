//! The Python package index's protocol: listings, metadata and wheels.

use super::{
    config::Config,
    listing::{ListedWheel, Listing, ListingError},
    name::Name,
};
use crate::{
    digest::Integrity,
    hold::Hold,
    http::{Answer, Client, FetchError, Get, Trust},
    locked::Ecosystem,
};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};
use url::Url;

/// Why an index's answer about a package could not be had.
#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    /// No index has it.
    #[error("`{0}` is on no configured index")]
    Nowhere(Name),
    /// Could not be fetched.
    #[error("`{name}` cannot be fetched from the index")]
    Fetch {
        /// Which package.
        name: Name,
        /// Why.
        source: FetchError,
    },
    /// Was fetched but cannot be used.
    #[error("`{name}`: the index's answer is refused")]
    Listing {
        /// Which package.
        name: Name,
        /// Why.
        source: ListingError,
    },
    /// The metadata is not what the index says it is.
    #[error("`{name}`: the metadata that the index serves is not the one that it lists")]
    Metadata {
        /// Which package.
        name: Name,
    },
}

/// Largest listing; the largest ones published today have about 20 MB.
const MAX_LISTING: u64 = 96 << 20;
/// Largest metadata.
const MAX_METADATA: u64 = 8 << 20;
const ACCEPT: &str = "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1";

/// A connection to the user's indexes.
#[derive(Clone)]
pub struct Index {
    config: Config,
    client: Client,
    hold: Hold,
    /// Listings that were fetched: what is shown about a package is from the answer that it was chosen by.
    listed: Arc<Mutex<HashMap<Name, Arc<Listing>>>>,
}

impl Index {
    /// Prepares a client for the indexes in `config`; connects to nothing yet.
    #[must_use]
    pub fn new(config: Config, offline: bool) -> Self {
        let trust = Trust {
            certificate_files: config.certificate_files().to_vec(),
            proxy: config.proxy().map(String::from),
            no_proxy: config.no_proxy().to_owned(),
            offline,
            reach: config.reach(),
        };
        Self {
            client: Client::new(&trust),
            config,
            hold: Hold::default(),
            listed: Arc::default(),
        }
    }

    /// The same index without the releases that are held back.
    #[must_use]
    pub fn holding(mut self, hold: Hold) -> Self {
        self.hold = hold.of(Ecosystem::Pypi);
        self
    }

    /// What is held back.
    #[must_use]
    pub fn hold(&self) -> &Hold {
        &self.hold
    }

    /// Whether the network was ruled out.
    #[must_use]
    pub fn is_offline(&self) -> bool {
        self.client.is_offline()
    }

    /// Asks the indexes in their order, once; the first one that has the package answers for it.
    ///
    /// # Errors
    /// When none has it, or an answer cannot be had or used.
    pub fn listing(&self, name: &Name) -> Result<Arc<Listing>, IndexError> {
        let known = || self.listed.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(listing) = known().get(name) {
            return Ok(listing.clone());
        }
        let listing = Arc::new(self.asked(name)?);
        known().insert(name.clone(), listing.clone());
        Ok(listing)
    }

    fn asked(&self, name: &Name) -> Result<Listing, IndexError> {
        for base in self.config.indexes() {
            let url = format!("{base}{name}/");
            let failed = |source| IndexError::Fetch {
                name: name.clone(),
                source,
            };
            match self.text(&url, ACCEPT, MAX_LISTING) {
                Err(FetchError::NotFound) => {}
                Err(error) => return Err(failed(error)),
                Ok(text) => {
                    let base =
                        Url::parse(&url).map_err(|_| failed(FetchError::Address(url.clone())))?;
                    let refused = |source| IndexError::Listing {
                        name: name.clone(),
                        source,
                    };
                    return Listing::parse(&text, name, &base).map_err(refused);
                }
            }
        }
        Err(IndexError::Nowhere(name.clone()))
    }

    /// The attestations of a file, from where its listing says that they are.
    pub(crate) fn provenance(&self, url: &str) -> Result<String, FetchError> {
        self.text(url, "application/vnd.pypi.integrity.v1+json", MAX_METADATA)
    }

    /// The metadata of a wheel that the index serves by itself, verified; `None` when it does not.
    pub(crate) fn metadata(&self, wheel: &ListedWheel) -> Result<Option<String>, IndexError> {
        let Some(expected) = &wheel.metadata else {
            return Ok(None);
        };
        let name = || wheel.name.name.clone();
        let text = self
            .text(&format!("{}.metadata", wheel.url), "*/*", MAX_METADATA)
            .map_err(|source| IndexError::Fetch {
                name: name(),
                source,
            })?;
        let found = crate::digest::Sha256::of(text.as_bytes());
        if Integrity::from_sha256(*found.as_bytes()) == *expected {
            Ok(Some(text))
        } else {
            Err(IndexError::Metadata { name: name() })
        }
    }

    /// Starts fetching a wheel.
    pub(crate) fn wheel(&self, url: &str, limit: u64) -> Result<Answer, FetchError> {
        self.client.get(&self.request(url, "*/*", limit, false))
    }

    fn text(&self, url: &str, accept: &str, limit: u64) -> Result<String, FetchError> {
        self.client.text(&self.request(url, accept, limit, true))
    }

    fn request<'a>(
        &'a self,
        url: &'a str,
        accept: &'a str,
        limit: u64,
        compressed: bool,
    ) -> Get<'a> {
        // Plain http only when the user's own configuration uses it, and only for that same host.
        let origin = |url: &str| {
            Url::parse(url)
                .ok()
                .map(|url| url.origin().ascii_serialization())
        };
        let own = |index: &String| index.starts_with("http://") && origin(index) == origin(url);
        Get {
            url,
            accept,
            compressed,
            authorization: self.config.authorization(url),
            limit,
            plain: self.config.indexes().iter().any(own),
        }
    }
}
