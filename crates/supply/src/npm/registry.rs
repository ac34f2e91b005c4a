//! The npm registry's protocol: descriptions and archives.

use super::{
    config::Config,
    name::{PackageName, Version},
    packument::{Manifest, Packument, PackumentError},
};
use crate::{
    hold::Hold,
    http::{Answer, Client, FetchError, Get, Trust},
    locked::Ecosystem,
};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

/// Why the registry's answer about a package could not be had.
#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    /// Could not be fetched.
    #[error("`{name}` cannot be fetched from the registry")]
    Fetch {
        /// Which package.
        name: PackageName,
        /// Why.
        source: FetchError,
    },
    /// Was fetched but cannot be used.
    #[error("`{name}`: the registry's answer is refused")]
    Packument {
        /// Which package.
        name: PackageName,
        /// Why.
        source: PackumentError,
    },
}

/// Largest description; the largest ones published today have about 20 MB.
const MAX_DESCRIPTION: u64 = 64 << 20;

/// The address that public packages' archives are listed under wherever the description comes from.
const PUBLIC_HOST: &str = "https://registry.npmjs.org/";

/// A connection to the user's registries.
#[derive(Clone)]
pub struct Registry {
    config: Config,
    client: Client,
    hold: Hold,
    /// Descriptions that were fetched: what is shown about a package is from the answer that it was chosen by.
    described: Arc<Mutex<HashMap<PackageName, Arc<Packument>>>>,
}

impl Registry {
    /// Prepares a client for the registries in `config`; connects to nothing yet.
    #[must_use]
    pub fn new(config: Config, offline: bool) -> Self {
        let trust = Trust {
            certificate_files: config.certificate_files().to_vec(),
            proxy: config.proxy().map(String::from),
            no_proxy: config.no_proxy().to_owned(),
            offline,
            reach: config.reach(),
        };
        let client = Client::new(&trust);
        Self {
            config,
            client,
            hold: Hold::default(),
            described: Arc::default(),
        }
    }

    /// The same registry without the releases that are held back.
    #[must_use]
    pub fn holding(mut self, hold: Hold) -> Self {
        self.hold = hold.of(Ecosystem::Npm);
        self.described = Arc::default();
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

    /// A package's description in its abbreviated form, fetched once. When that does not rule out that a version is too young, the
    /// whole description is asked when each was published.
    ///
    /// # Errors
    /// When it cannot be fetched or is malformed.
    pub fn packument(&self, name: &PackageName) -> Result<Arc<Packument>, RegistryError> {
        let known = || {
            self.described
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
        };
        if let Some(packument) = known().get(name) {
            return Ok(packument.clone());
        }
        let mut packument = self.abbreviated(name)?;
        if packument.lacks_times(&self.hold) {
            let whole = self.whole_description(name);
            let whole = whole.map_err(|source| RegistryError::Fetch {
                name: name.clone(),
                source,
            })?;
            packument.take_times(self.parsed(name, &whole)?);
        }
        packument.hold(&self.hold);
        let packument = Arc::new(packument);
        known().insert(name.clone(), packument.clone());
        Ok(packument)
    }

    fn parsed(&self, name: &PackageName, text: &str) -> Result<Packument, RegistryError> {
        Packument::parse(name, text).map_err(|source| RegistryError::Packument {
            name: name.clone(),
            source,
        })
    }

    fn abbreviated(&self, name: &PackageName) -> Result<Packument, RegistryError> {
        let base = self.config.registry_of(name);
        let url = format!("{base}{}", name.as_str().replace('/', "%2f"));
        let text = self.client.text(&Get {
            url: &url,
            accept: "application/vnd.npm.install-v1+json; q=1.0, application/json; q=0.8, */*",
            compressed: true,
            authorization: self.config.authorization(&url),
            limit: MAX_DESCRIPTION,
            plain: base.starts_with("http://"),
        });
        let text = text.map_err(|source| RegistryError::Fetch {
            name: name.clone(),
            source,
        })?;
        self.parsed(name, &text)
    }

    /// Fetches a package's whole description, with times and publishers.
    pub(crate) fn whole_description(&self, name: &PackageName) -> Result<String, FetchError> {
        let base = self.config.registry_of(name);
        self.document(
            &format!("{base}{}", name.as_str().replace('/', "%2f")),
            base,
        )
    }

    /// Fetches the attestations of a version; not found where the registry serves none.
    pub(crate) fn attestations(
        &self,
        name: &PackageName,
        version: &Version,
    ) -> Result<String, FetchError> {
        let base = self.config.registry_of(name);
        let package = name.as_str().replace('/', "%2f");
        self.document(
            &format!("{base}-/npm/v1/attestations/{package}@{}", version.as_str()),
            base,
        )
    }

    fn document(&self, url: &str, base: &str) -> Result<String, FetchError> {
        self.client.text(&Get {
            url,
            accept: "application/json",
            compressed: true,
            authorization: self.config.authorization(url),
            limit: MAX_DESCRIPTION,
            plain: base.starts_with("http://"),
        })
    }

    /// Where a version's archive is fetched from: as the registry lists it, except that addresses at
    /// the public registry are taken to the configured one, as npm does.
    #[must_use]
    pub fn archive_address(&self, manifest: &Manifest) -> String {
        let listed = manifest
            .dist
            .as_ref()
            .map(|dist| dist.archive.as_str())
            .unwrap_or_default();
        let base = self.config.registry_of(&manifest.name);
        let public = listed
            .strip_prefix(PUBLIC_HOST)
            .or_else(|| listed.strip_prefix("http://registry.npmjs.org/"));
        match public {
            Some(rest) => format!("{base}{rest}"),
            None if listed.is_empty() => {
                self.usual_address(&manifest.name, manifest.version.as_str())
            }
            None => listed.to_owned(),
        }
    }

    /// Where archives are unless the registry says otherwise.
    #[must_use]
    pub fn usual_address(&self, name: &PackageName, version: &str) -> String {
        let base = self.config.registry_of(name);
        format!("{base}{name}/-/{}-{version}.tgz", name.last())
    }

    /// Whether an address is at the registry that is configured for the package.
    #[must_use]
    pub fn serves(&self, name: &PackageName, url: &str) -> bool {
        same_host(self.config.registry_of(name), url)
    }

    /// Starts fetching an archive of `name` from `url`.
    pub(crate) fn archive(
        &self,
        name: &PackageName,
        url: &str,
        limit: u64,
    ) -> Result<Answer, FetchError> {
        let base = self.config.registry_of(name);
        // Plain http only when the user's own configuration uses it, and only for that same host.
        let plain = base.starts_with("http://") && same_host(base, url);
        self.client.get(&Get {
            url,
            accept: "*/*",
            compressed: false,
            authorization: self.config.authorization(url),
            limit,
            plain,
        })
    }
}

fn same_host(a: &str, b: &str) -> bool {
    let host = |url: &str| url.split('/').take(3).collect::<Vec<_>>().join("/");
    host(a) == host(b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts() {
        for (a, b, same) in [
            ("http://h:1/", "http://h:1/x", true),
            ("http://h:1/", "http://h:2/x", false),
            ("http://h/", "https://h/x", false),
            ("http://h/", "http://h@evil/x", false),
        ] {
            assert_eq!(same_host(a, b), same, "{a} {b}");
        }
    }
}
