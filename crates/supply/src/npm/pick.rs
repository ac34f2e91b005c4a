//! Choosing the version: npm's rules (npm-pick-manifest), so that a name means here what it means there.

use super::{
    name::Version,
    packument::{Manifest, Packument, PackumentError},
    spec::Wanted,
};
use crate::hold::Young;

/// Why no version was chosen.
#[derive(Debug, thiserror::Error)]
pub enum PickError {
    /// The package has no such tag.
    #[error("it has no tag `{0}`")]
    NoTag(String),
    /// No published version fits.
    #[error("no published version fits `{0}`")]
    NoVersion(String),
    /// Every version that fits has to wait; this is the one that would have been chosen.
    #[error("{0}")]
    Young(Young),
    /// The chosen version's description is unusable.
    #[error(transparent)]
    Packument(#[from] PackumentError),
}

/// Chooses among a package's versions: an exact version or a tag's target as it is; within a range the
/// `latest` one if it fits, else the highest. Deprecated versions, and those for a newer `node`, only
/// when nothing else fits. Versions that have to wait (`min-age`) never.
///
/// # Errors
/// When nothing fits or the chosen manifest is malformed.
pub fn pick(
    packument: &Packument,
    wanted: &Wanted,
    node: Option<&Version>,
) -> Result<Manifest, PickError> {
    let exact = |text: &str| -> Result<Manifest, PickError> {
        let none = || PickError::NoVersion(text.into());
        let version: Version = text.parse().map_err(|_| none())?;
        match packument.manifest(&version)?.ok_or_else(none)? {
            _ if packument.young(&version).is_some() => Err(waits(packument, &version)),
            manifest => Ok(manifest),
        }
    };
    match wanted {
        Wanted::Exact(version) => exact(version.as_str()),
        Wanted::Tag(tag) => exact(
            packument
                .tag(tag)
                .ok_or_else(|| PickError::NoTag(tag.clone()))?,
        ),
        Wanted::Range { text, .. } => in_range(packument, wanted, node)?.ok_or_else(|| {
            let held = packument
                .versions()
                .filter(|version| wanted.admits(version, |_| false))
                .max_by(|a, b| a.semver().cmp(b.semver()));
            held.map_or_else(
                || PickError::NoVersion(text.clone()),
                |version| waits(packument, &version),
            )
        }),
    }
}

/// The reason why a version that fits is not taken.
fn waits(packument: &Packument, version: &Version) -> PickError {
    let none = || PickError::NoVersion(version.to_string());
    packument
        .young(version)
        .map_or_else(none, |young| PickError::Young(young.clone()))
}

fn in_range(
    packument: &Packument,
    wanted: &Wanted,
    node: Option<&Version>,
) -> Result<Option<Manifest>, PackumentError> {
    let latest = packument
        .tag("latest")
        .and_then(|text| text.parse::<Version>().ok());
    let admitted =
        |version: &Version| wanted.admits(version, |_| false) && packument.young(version).is_none();
    if let Some(latest) = latest.filter(admitted)
        && let Some(manifest) = packument.manifest(&latest)?
        && manifest.deprecated.is_none()
        && runs_on(&manifest, node)
    {
        return Ok(Some(manifest));
    }
    let mut fitting: Vec<Version> = packument.versions().filter(admitted).collect();
    fitting.sort_by(|a, b| b.semver().cmp(a.semver()));
    let mut best: Option<(u8, Manifest)> = None;
    for version in fitting {
        // A malformed manifest is as if it was not published, so that one bad old version harms nobody.
        let Ok(Some(manifest)) = packument.manifest(&version) else {
            continue;
        };
        let rank = rank(&manifest, node);
        if rank == 3 {
            return Ok(Some(manifest));
        }
        if best.as_ref().is_none_or(|(found, _)| rank > *found) {
            best = Some((rank, manifest));
        }
    }
    Ok(best.map(|(_, manifest)| manifest))
}

/// npm's order of preference: fit node and not deprecated, then fit node, then not deprecated.
fn rank(manifest: &Manifest, node: Option<&Version>) -> u8 {
    u8::from(runs_on(manifest, node)) * 2 + u8::from(manifest.deprecated.is_none())
}

/// Whether the version's `engines.node` admits the node at hand; unknown counts as yes.
pub(crate) fn runs_on(manifest: &Manifest, node: Option<&Version>) -> bool {
    let (Some(node), Some(range)) = (node, &manifest.node) else {
        return true;
    };
    match nodejs_semver::Range::parse(range) {
        Ok(range) => range.satisfies_with_prerelease(node.semver(), true),
        Err(_) => true,
    }
}
