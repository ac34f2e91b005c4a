//! Whether registries still list what was locked. That is asked now, whatever evidence is kept: a release can be taken away at any time,
//! and what vouched for it before holds as well as ever.

use super::each::of_each;
use super::evidence::{Unasked, describe, has};
use crate::locked::LockedPackage;
use crate::npm::{Registry, Version};
use crate::pypi::{Index, IndexError, Name};

/// What a registry says now of some packages.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listed {
    /// Those that it does not list any more, or lists with other bytes.
    pub gone: Vec<LockedPackage>,
    /// Those about which it could not be asked.
    pub unasked: Vec<LockedPackage>,
}

impl Listed {
    /// Asks an npm registry.
    #[must_use]
    pub fn of_npm(registry: &Registry, packages: &[LockedPackage]) -> Self {
        Self::of(packages, &|package| at_registry(registry, package))
    }

    /// Asks an index of Python packages. Of what was built here, the archive of sources is what is listed.
    #[must_use]
    pub fn of_pypi(index: &Index, packages: &[LockedPackage]) -> Self {
        Self::of(packages, &|package| at_index(index, package))
    }

    fn of(
        packages: &[LockedPackage],
        ask: &(dyn Fn(&LockedPackage) -> Result<bool, Unasked> + Sync),
    ) -> Self {
        let mut listed = Self::default();
        for (package, answer) in packages.iter().zip(of_each(packages, ask)) {
            match answer {
                Ok(true) => {}
                Ok(false) => listed.gone.push(package.clone()),
                Err(Unasked) => listed.unasked.push(package.clone()),
            }
        }
        listed
    }

    /// The same with what another registry says of other packages.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.gone.extend(other.gone);
        self.unasked.extend(other.unasked);
        self
    }
}

fn at_registry(registry: &Registry, package: &LockedPackage) -> Result<bool, Unasked> {
    let version = Version::try_from(package.version.to_string()).map_err(|_| Unasked)?;
    let packument = describe(registry, &package.name, false)?;
    let manifest = packument.and_then(|it| it.manifest(&version).ok().flatten());
    Ok(manifest.is_some_and(|it| has(&it, &package.integrity)))
}

fn at_index(index: &Index, package: &LockedPackage) -> Result<bool, Unasked> {
    let name = Name::new(package.name.as_str()).map_err(|_| Unasked)?;
    match index.listing(&name) {
        Ok(listing) => Ok(listing.file(&package.integrity).is_some()),
        Err(IndexError::Nowhere(_)) => Ok(false),
        Err(_) => Err(Unasked),
    }
}
