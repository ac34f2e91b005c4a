//! Where an image came from, by what is attached to it in its registry, as an approval shows it and as the configuration requires it.
//!
//! What is attached is kept beside the image in the store, so that it can be verified again without a network.

use interlock_supply::Store;
use interlock_supply::lockfile::OriginLock;
use interlock_supply::oci::{ImageDigest, LockedImage, Reference, Registry};
use interlock_supply::provenance::{ImageEvidence, Origin, VerifyError};

use super::origin::{Told, refuse};
use super::rules::Rules;
use super::told;
use crate::context::Context;
use crate::exit::{Exit, Failure};

/// Who is asked about an image, and what is known of it already.
pub struct Asked<'a> {
    /// The registry; none where the image came from an archive.
    pub registry: Option<&'a Registry>,
    /// What was asked for.
    pub image: &'a Reference,
    /// The index that it was chosen from.
    pub index: Option<ImageDigest>,
}

/// What is attached to an image now, or, where nobody can be asked, what was when it was fetched.
///
/// # Errors
/// When it cannot be kept.
pub fn evidence(
    context: &Context,
    packages: &Store,
    asked: &Asked<'_>,
    locked: &LockedImage,
) -> Result<ImageEvidence, Failure> {
    let kept = packages.image_evidence(locked);
    let whole = || kept.clone().filter(ImageEvidence::is_whole);
    if context.global.offline
        && let Some(whole) = whole()
    {
        return Ok(whole);
    }
    let Some(registry) = asked.registry else {
        return Ok(kept.unwrap_or_else(|| ImageEvidence::none(locked)));
    };
    let known = kept.as_ref().and_then(ImageEvidence::index);
    let found = registry.attached(asked.image, locked, asked.index.or(known));
    if !found.is_whole() {
        return Ok(whole().unwrap_or(found));
    }
    // What vouched for an image once is not given up for an answer that has less.
    if !kept.as_ref().is_some_and(|kept| kept.outlasts(&found)) {
        // What is approved for it and not kept could not be verified again without the network.
        let kept = packages.keep_image_evidence(&locked.digest, &found);
        kept.map_err(|error| {
            let what = "what is attached to the image cannot be kept";
            Failure::new(Exit::Refused, what).because(&error)
        })?;
    }
    Ok(found)
}

/// Who vouches for an image, those first whom the configuration allows, and what does not hold.
pub fn origin(rules: &Rules, evidence: &ImageEvidence) -> (Origin, Vec<VerifyError>) {
    let (origin, failures) = evidence.origin(rules.verifier());
    (rules.policy.prefer(origin), failures)
}

/// What a lock keeps of it: the one that the lock names already, where several vouch for it.
pub fn lock(
    origin: Origin,
    evidence: &ImageEvidence,
    said: Option<&OriginLock>,
) -> Option<OriginLock> {
    let origin = origin.preferring(|builder| said.is_some_and(|said| said.names(builder)));
    OriginLock::of_image(&origin, evidence.index())
}

/// Tells where an image came from. `claims`: the repository and the commit that it names itself. `said`: what a lock says of it.
///
/// # Errors
/// When a requirement is not met.
pub fn judge(
    rules: &Rules,
    evidence: &ImageEvidence,
    locked: &LockedImage,
    claims: &(Option<String>, Option<String>),
    said: Option<&OriginLock>,
) -> Result<Told, Failure> {
    let (origin, failures) = origin(rules, evidence);
    let (name, version) = (&locked.name, &locked.version);
    refuse(
        name,
        version,
        rules
            .policy
            .judge_image(name, version, &origin, &rules.hold),
    )?;
    Ok(Told {
        lines: told::attached(&origin, &failures, claims),
        origin: lock(origin, evidence, said),
        whole: evidence.is_whole(),
    })
}

/// Where an image in the store came from, as a lock keeps it.
pub fn kept(rules: &Rules, packages: &Store, image: &LockedImage) -> Option<OriginLock> {
    let evidence = packages.image_evidence(image)?;
    let (origin, _) = origin(rules, &evidence);
    lock(origin, &evidence, None)
}
