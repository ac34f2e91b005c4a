//! Where an image came from, by what is attached to it in its registry, as an approval shows it and as the configuration requires it.
//!
//! What is attached is kept beside the image in the store, so that it can be verified again without a network.

use interlock_supply::Store;
use interlock_supply::lockfile::OriginLock;
use interlock_supply::oci::{ImageDigest, LockedImage, Reference, Registry};
use interlock_supply::provenance::ImageEvidence;

use super::origin::{Told, refuse};
use super::rules::Rules;
use super::told;
use crate::context::Context;
use crate::exit::Failure;

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
pub fn evidence(
    context: &Context,
    packages: &Store,
    asked: &Asked<'_>,
    locked: &LockedImage,
) -> ImageEvidence {
    let kept = packages.image_evidence(locked);
    let whole = || kept.clone().filter(ImageEvidence::is_whole);
    if context.global.offline
        && let Some(whole) = whole()
    {
        return whole;
    }
    let Some(registry) = asked.registry else {
        return kept.unwrap_or_else(|| ImageEvidence::none(locked));
    };
    let known = kept.as_ref().and_then(ImageEvidence::index);
    let found = registry.attached(asked.image, locked, asked.index.or(known));
    if !found.is_whole() {
        return whole().unwrap_or(found);
    }
    // What vouched for an image once is not given up for an answer that has less.
    if !kept.as_ref().is_some_and(|kept| kept.outlasts(&found)) {
        // Without it the next verification needs the network, nothing else.
        let _ = packages.keep_image_evidence(&locked.digest, &found);
    }
    found
}

/// Tells where an image came from. `claims`: the repository and the commit that it names itself.
///
/// # Errors
/// When a requirement is not met.
pub fn judge(
    rules: &Rules,
    evidence: &ImageEvidence,
    locked: &LockedImage,
    claims: &(Option<String>, Option<String>),
) -> Result<Told, Failure> {
    let (origin, failures) = evidence.origin(rules.verifier());
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
        origin: OriginLock::of_image(&origin, evidence.index()),
        whole: evidence.is_whole(),
    })
}

/// Where an image in the store came from, as a lock keeps it.
pub fn kept(rules: &Rules, packages: &Store, image: &LockedImage) -> Option<OriginLock> {
    let evidence = packages.image_evidence(image)?;
    let (origin, _) = evidence.origin(rules.verifier());
    OriginLock::of_image(&origin, evidence.index())
}
