//! What is attached to an image in its registry: Sigstore bundles, and the signatures and attestations of cosign before its version 3.
//!
//! Both are about a digest: that of the image's manifest, or of the index that the manifest was chosen from. The index is kept word for
//! word, so that it proves again that it leads to this manifest. Whoever may write to a repository may attach what they like, and
//! not everything is signed by somebody whom the trust root knows; so what does not hold is told and counts for nothing, and does not
//! take away what does hold.

use serde::{Deserialize, Serialize};

use super::bundle::Bundle;
use super::cosign::{Enveloped, Simple};
use super::origin::SIGNED;
use super::{Attested, Checked, Origin, Verifier, VerifyError};
use crate::oci::{ImageDigest, LockedImage, leads_to};

/// What was found beside an image in its registry, as it came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ImageEvidence {
    /// Version of this format; 1.
    format: u32,
    manifest: ImageDigest,
    platform: String,
    /// The index that the manifest was chosen from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    index: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    found: Vec<Beside>,
    /// What was listed and could not be taken.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    faults: Vec<Fault>,
    /// Whether something could not be asked.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    unreachable: bool,
}

/// One thing that speaks for an image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) enum Beside {
    /// A Sigstore bundle.
    Bundle(String),
    /// A signature of cosign.
    Signature(Simple),
    /// An attestation of cosign.
    Envelope(Enveloped),
}

/// Why something that is listed as attached was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Fault {
    /// Its bytes are not those of its digest.
    Digest,
    /// It is not what its list, or its media type, says.
    Format,
    /// It says itself that it is about another image.
    Subject,
    /// It is too large, or there are too many.
    Excess,
    /// The registry lists it and does not have it.
    Missing,
    /// The index does not lead to this image.
    Index,
    /// The list goes on at another registry or in a circle.
    Astray,
}

impl From<Fault> for VerifyError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Digest => Self::Subject("its bytes are not those that its digest names"),
            Fault::Format => Self::Malformed("it is not what the registry lists it as"),
            Fault::Subject => Self::Subject("it is attached to another image"),
            Fault::Excess => Self::Malformed("there is more of it than any image needs"),
            Fault::Missing => Self::Malformed("the registry lists it and does not have it"),
            Fault::Index => Self::Subject("the index does not lead to this image"),
            Fault::Astray => {
                Self::Malformed("the registry's list of it goes on elsewhere, or in a circle")
            }
        }
    }
}

impl ImageEvidence {
    /// Nothing is attached, as far as is known.
    #[must_use]
    pub fn none(image: &LockedImage) -> Self {
        Self {
            format: 1,
            manifest: image.manifest,
            platform: image.platform.clone(),
            index: None,
            found: Vec::new(),
            faults: Vec::new(),
            unreachable: false,
        }
    }

    /// Whether it is about this image.
    #[must_use]
    pub fn is_of(&self, image: &LockedImage) -> bool {
        self.format == 1 && self.manifest == image.manifest && self.platform == image.platform
    }

    /// Whether everything could be asked.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        !self.unreachable
    }

    /// Whether it has something that a later answer lacks. What was signed once stays signed, whatever a registry serves later.
    #[must_use]
    pub fn outlasts(&self, later: &Self) -> bool {
        self.found.iter().any(|it| !later.found.contains(it))
    }

    /// The digest of the index that the image was chosen from, where that is known.
    #[must_use]
    pub fn index(&self) -> Option<ImageDigest> {
        let index = self.index.as_ref()?.as_bytes();
        leads_to(index, &self.platform, self.manifest).then(|| ImageDigest::of(index))
    }

    pub(crate) fn set_index(&mut self, index: Vec<u8>) {
        match String::from_utf8(index) {
            Ok(text) if leads_to(text.as_bytes(), &self.platform, self.manifest) => {
                self.index = Some(text);
            }
            _ => self.faults.push(Fault::Index),
        }
    }

    pub(crate) fn add(&mut self, beside: Beside) {
        if !self.found.contains(&beside) {
            self.found.push(beside);
        }
    }

    pub(crate) fn refuse(&mut self, fault: Fault) {
        self.faults.push(fault);
    }

    pub(crate) fn was_not_reached(&mut self) {
        self.unreachable = true;
    }

    /// What of it holds, and why the rest does not. Whose word counts is the configuration's to say (`Policy::prefer`).
    #[must_use]
    pub fn origin(&self, verifier: Verifier<'_>) -> (Origin, Vec<VerifyError>) {
        let mut subjects = vec![self.manifest.sha256().to_string()];
        subjects.extend(self.index().map(|index| index.sha256().to_string()));
        let (mut attested, mut failures) = (Vec::new(), Vec::new());
        for beside in &self.found {
            match beside.verified(&subjects, verifier) {
                Ok(one) => attested.push(one),
                Err(error) => failures.push(error),
            }
        }
        failures.extend(self.faults.iter().copied().map(VerifyError::from));
        // Who built it comes before who merely signed it, and who was first before who came later.
        attested.sort_by_key(|it: &Attested| (it.predicate_type == SIGNED, it.time));
        let origin = Origin {
            offered: !(self.found.is_empty() && self.faults.is_empty()),
            attestations: match (attested.is_empty(), failures.first()) {
                (false, _) => Checked::Verified(attested),
                (true, Some(error)) => Checked::Failed(*error),
                (true, None) if self.unreachable => Checked::Unreachable,
                (true, None) => Checked::Absent,
            },
            ..Origin::unknown()
        };
        (origin, failures)
    }
}

impl Beside {
    fn verified(
        &self,
        subjects: &[String],
        verifier: Verifier<'_>,
    ) -> Result<Attested, VerifyError> {
        match self {
            Self::Bundle(bundle) => about(verifier, &Bundle::parse(bundle)?, subjects),
            Self::Signature(simple) => simple.verified(subjects, verifier),
            Self::Envelope(enveloped) => about(verifier, &enveloped.bundle()?, subjects),
        }
    }
}

/// Verifies a statement about one of these SHA-256, in hexadecimal.
pub(super) fn about(
    verifier: Verifier<'_>,
    bundle: &Bundle,
    subjects: &[String],
) -> Result<Attested, VerifyError> {
    let (statement, verified) = verifier.statement(bundle)?;
    let meant = |subject: &super::Subject| {
        let digest = subject.sha256.as_ref();
        digest.is_some_and(|digest| subjects.contains(digest))
    };
    if !statement.subjects.iter().any(meant) {
        return Err(VerifyError::Subject("other bytes"));
    }
    Ok(Attested {
        predicate_type: statement.predicate_type,
        signer: verified.signer,
        time: verified.time,
    })
}
