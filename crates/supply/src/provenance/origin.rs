//! Everything that is known about where a package came from: verified where it can be, told as claimed where it cannot.

use super::verify::{Attested, Signer};
use super::{Earlier, Identity, VerifyError};

/// Whether something was served, and whether it held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Checked<T> {
    /// The registry serves none.
    Absent,
    /// It held.
    Verified(T),
    /// It did not hold.
    Failed(VerifyError),
    /// It could not be fetched.
    Unreachable,
}

/// The statement of a signature over an image or a file: who signed it, nothing else.
pub const SIGNED: &str = "https://sigstore.dev/cosign/sign/v1";

/// Statements that say from what something was built: SLSA's, the index's of who published a file (PEP 740), and a workflow's
/// signature over an image, whose certificate names the workflow's repository and commit.
const BUILDS: [&str; 4] = [
    SIGNED,
    "https://slsa.dev/provenance/v1",
    "https://slsa.dev/provenance/v0.2",
    "https://docs.pypi.org/attestations/publish/v1",
];

/// Where a package came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// When this version was published, in seconds since 1970, as the registry says.
    pub published: Option<i64>,
    /// Where that is not said: when anything about the package changed last, as the registry says. It is no younger.
    pub settled: Option<i64>,
    /// Whether that is not said, and is said of other releases: then it counts as published when the package changed last.
    pub untimed: bool,
    /// Whether the registry lists this release no more, or with other bytes.
    pub unlisted: bool,
    /// That its authors would rather not have it used, and why: deprecated (npm) or yanked (PyPI). Untrusted text, maybe empty.
    pub withdrawn: Option<String>,
    /// The account that published it, as the registry says. Untrusted text.
    pub publisher: Option<String>,
    /// The repository that the package names. A claim of the package's. Untrusted text.
    pub repository: Option<String>,
    /// The commit that the package names. A claim of the package's. Untrusted text.
    pub commit: Option<String>,
    /// The entry of the MCP Registry that the package says it belongs to (`mcpName`). Untrusted text.
    pub mcp_name: Option<String>,
    /// The release before this one.
    pub earlier: Option<Earlier>,
    /// Whether the registry says that there are attestations, even where it does not serve them.
    pub offered: bool,
    /// The registry's signature: the key's name.
    pub signature: Checked<String>,
    /// Attestations of the build and of the publishing.
    pub attestations: Checked<Vec<Attested>>,
}

/// Whether a statement of this kind says from what something was built, or who signed it.
pub(crate) fn is_origin(predicate_type: &str) -> bool {
    BUILDS.contains(&predicate_type)
}

impl Attested {
    /// Whether it says from what something was built, or who signed it, and not something else about it (a bill of materials, a
    /// scan).
    #[must_use]
    pub fn is_origin(&self) -> bool {
        is_origin(&self.predicate_type)
    }

    /// Who built it from which repository, where it says that.
    #[must_use]
    pub fn builder(&self) -> Option<&Identity> {
        let identity = match &self.signer {
            Signer::Identity(identity) => identity,
            Signer::Key(_) => return None,
        };
        let says = self.is_origin() && identity.repository.is_some();
        says.then_some(identity)
    }
}

impl Origin {
    /// Who built it and from which repository, when a build was attested and the attestation holds.
    #[must_use]
    pub fn builder(&self) -> Option<&Identity> {
        self.builders().next()
    }

    /// Everybody of whom that is so: an image may be attested by who built it and by who took it over.
    pub fn builders(&self) -> impl Iterator<Item = &Identity> {
        let attested = match &self.attestations {
            Checked::Verified(attested) => attested.as_slice(),
            _ => &[],
        };
        attested.iter().filter_map(Attested::builder)
    }

    /// The same with some of those who vouch for it before the others.
    #[must_use]
    pub fn preferring(mut self, is_preferred: impl Fn(&Identity) -> bool) -> Self {
        if let Checked::Verified(attested) = &mut self.attestations {
            attested.sort_by_key(|one| !one.builder().is_some_and(&is_preferred));
        }
        self
    }

    /// When the first of these signed, in seconds since 1970: it was there by then.
    #[must_use]
    pub fn first_signed(&self, counts: impl Fn(&Identity) -> bool) -> Option<i64> {
        let attested = match &self.attestations {
            Checked::Verified(attested) => attested.as_slice(),
            _ => &[],
        };
        let counted = attested
            .iter()
            .filter(|one| one.builder().is_some_and(&counts));
        counted.map(|one| one.time).min()
    }

    /// Whether something was served that does not hold: worse than nothing.
    #[must_use]
    pub fn failure(&self) -> Option<VerifyError> {
        match (&self.signature, &self.attestations) {
            (Checked::Failed(error), _) | (_, Checked::Failed(error)) => Some(*error),
            _ => None,
        }
    }

    /// Whole days since it was published.
    #[must_use]
    pub fn age_days(&self, now: i64) -> Option<i64> {
        self.published
            .map(|published| (now - published).max(0) / 86_400)
    }

    /// The moment by which it was there: that of its publication, else that of the package's last change, where that is so long ago
    /// that it decides, or where the registry tells times of other releases and keeps this one's to itself.
    #[must_use]
    pub fn there_since(&self, decides: impl Fn(i64) -> bool) -> Option<i64> {
        let settled = self.settled.filter(|at| self.untimed || decides(*at));
        self.published.or(settled)
    }

    /// Nothing is known and nothing was offered.
    #[must_use]
    pub fn unknown() -> Self {
        Self {
            published: None,
            settled: None,
            untimed: false,
            unlisted: false,
            withdrawn: None,
            publisher: None,
            repository: None,
            commit: None,
            mcp_name: None,
            earlier: None,
            offered: false,
            signature: Checked::Absent,
            attestations: Checked::Absent,
        }
    }

    /// Whether the release before it was attested, and this one is not.
    #[must_use]
    pub fn lost_attestation(&self) -> bool {
        let before = self.earlier.as_ref().is_some_and(|before| before.attested);
        before && !self.offered && self.attestations == Checked::Absent
    }

    /// The account that published the release before, where it is another one.
    #[must_use]
    pub fn other_publisher(&self) -> Option<&str> {
        let before = self.earlier.as_ref()?.publisher.as_deref()?;
        (self.publisher.as_deref()? != before).then_some(before)
    }
}
