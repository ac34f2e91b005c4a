//! Where a server's package came from, as a lock keeps it: what was attested is told apart from what somebody merely said.
//!
//! It is a statement of whoever wrote the lock. What it says is proven by evidence, which `interlock verify` looks at again.

use crate::{
    locked::Ecosystem,
    oci::ImageDigest,
    provenance::{Identity, Origin, rfc3339, to_rfc3339},
};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Where a package came from.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct OriginLock {
    /// When it was published, as the registry said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub published: Option<Moment>,
    /// The account that published it, as the registry said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub publisher: Option<String>,
    /// What vouches for the following three; without it they are not there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attested: Option<Means>,
    /// The repository that it was built from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repository: Option<String>,
    /// The commit that it was built from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// Who identified the builder.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    /// The repository that the package itself names, where nobody vouches for one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub claimed_repository: Option<String>,
    /// The commit that the package itself names, where nobody vouches for one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub claimed_commit: Option<String>,
    /// Of an image: the index that it was chosen from, which may be what the attestation is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub index: Option<ImageDigest>,
}

/// What vouches for an origin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Means {
    /// A Sigstore bundle of the build that the npm registry serves.
    NpmProvenance,
    /// An attestation that the Python package index serves (PEP 740).
    #[serde(rename = "pep-740")]
    Pep740,
    /// A Sigstore bundle or signature that is attached to an image, or lies beside a file.
    Sigstore,
}

impl fmt::Display for Means {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NpmProvenance => "npm provenance",
            Self::Pep740 => "PEP 740",
            Self::Sigstore => "Sigstore",
        })
    }
}

/// How packages of a kind are attested.
fn means(ecosystem: Ecosystem) -> Means {
    match ecosystem {
        Ecosystem::Npm | Ecosystem::Git => Means::NpmProvenance,
        Ecosystem::Pypi => Means::Pep740,
        Ecosystem::Binary | Ecosystem::Mcpb => Means::Sigstore,
    }
}

/// A moment, written as `2026-11-21T12:00:00Z`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Moment(i64);

/// Text that is no moment.
#[derive(Debug, thiserror::Error)]
#[error("a time is written as `2026-11-21T12:00:00Z`")]
pub struct MomentError;

impl TryFrom<String> for Moment {
    type Error = MomentError;
    fn try_from(text: String) -> Result<Self, MomentError> {
        let time = rfc3339(&text).filter(|time| to_rfc3339(*time) == text);
        time.map(Self).ok_or(MomentError)
    }
}

impl From<Moment> for String {
    fn from(moment: Moment) -> Self {
        to_rfc3339(moment.0)
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&to_rfc3339(self.0))
    }
}

impl OriginLock {
    /// What is known, for a lock; none when that is nothing.
    #[must_use]
    pub fn of(ecosystem: Ecosystem, origin: &Origin) -> Option<Self> {
        Self::by(means(ecosystem), origin)
    }

    /// The same of an image; `index` is the one that it was chosen from.
    #[must_use]
    pub fn of_image(origin: &Origin, index: Option<ImageDigest>) -> Option<Self> {
        let lock = Self::by(Means::Sigstore, origin)?;
        Some(Self { index, ..lock })
    }

    fn by(means: Means, origin: &Origin) -> Option<Self> {
        // Years of four digits: what the canonical text has.
        let sound = |time: &i64| (0..253_402_300_800).contains(time);
        // What a reviewer could not see is not worth keeping, and the reader refuses it.
        let seen = |text: &Option<String>| {
            let text = text.as_deref().filter(|text| text.len() <= 1000);
            text.filter(|text| interlock_launch::hidden_char(text, false).is_none())
                .map(str::to_owned)
        };
        let builder = origin.builder();
        let claimed = |text: &Option<String>| seen(text).filter(|_| builder.is_none());
        let lock = Self {
            published: origin.published.filter(sound).map(Moment),
            publisher: seen(&origin.publisher),
            attested: builder.map(|_| means),
            repository: builder.and_then(|it| seen(&it.repository)),
            commit: builder.and_then(|it| seen(&it.commit)),
            issuer: builder.and_then(|it| seen(&Some(it.issuer.clone()))),
            claimed_repository: claimed(&origin.repository),
            claimed_commit: claimed(&origin.commit),
            index: None,
        };
        (lock != Self::default()).then_some(lock)
    }

    /// What the attestation says, on one line.
    #[must_use]
    pub fn attestation(&self) -> Option<String> {
        let means = self.attested?;
        let part = |text: &Option<String>| text.clone().unwrap_or_else(|| "?".into());
        Some(format!(
            "{} at commit {} ({means})",
            part(&self.repository),
            part(&self.commit)
        ))
    }

    /// Whether this is who a lock says to have built it.
    #[must_use]
    pub fn names(&self, builder: &Identity) -> bool {
        self.attested.is_some()
            && self.repository == builder.repository
            && self.commit == builder.commit
            && self.issuer.as_ref() == Some(&builder.issuer)
    }

    /// What this says otherwise than was `found`. What a registry does not tell contradicts nothing, unless it was attested: an
    /// attestation that was there does not go away.
    #[must_use]
    pub fn contradictions(&self, found: Option<&Self>) -> Vec<String> {
        let nothing = Self::default();
        let found = found.unwrap_or(&nothing);
        let mut lines = Vec::new();
        if let (Some(said), None) = (self.attestation(), found.attested) {
            lines.push(format!(
                "the lock says that it is attested, as built from {said}, and no attestation of that is offered"
            ));
            return lines;
        }
        let attested = [
            ("repository", &self.repository, &found.repository),
            ("commit", &self.commit, &found.commit),
            ("issuer", &self.issuer, &found.issuer),
        ];
        let differ = |what: &str, said: &Option<String>, is: &Option<String>| {
            let (said, is) = (
                said.as_deref().unwrap_or("none"),
                is.as_deref().unwrap_or("none"),
            );
            format!("the lock names `{said}` as its {what}, and it is `{is}`")
        };
        if self.attested.is_some() {
            let wrong = attested.iter().filter(|(_, said, is)| said != is);
            lines.extend(wrong.map(|(what, said, is)| differ(what, said, is)));
        }
        if let (Some(said), Some(is)) = (self.published, found.published)
            && said != is
        {
            let what = "time of publishing";
            lines.push(differ(what, &Some(said.into()), &Some(is.into())));
        }
        if found.publisher.is_some()
            && self.publisher.is_some()
            && self.publisher != found.publisher
        {
            lines.push(differ("publisher", &self.publisher, &found.publisher));
        }
        lines
    }

    /// Whether it fits together: nobody vouches for a claim, and something does for what is said to be attested. Only a registry of
    /// packages says anything else of an origin, and each kind attests by its own means.
    pub(super) fn consistent(&self, ecosystem: Ecosystem) -> Result<(), String> {
        let by_address = matches!(ecosystem, Ecosystem::Binary | Ecosystem::Mcpb);
        if ecosystem == Ecosystem::Git || (by_address && self.attested.is_none()) {
            return Err("it has an origin, but no registry published it".into());
        }
        if self.index.is_some() {
            return Err("its origin has an `index`, and it is no image".into());
        }
        self.fits(means(ecosystem), ecosystem.as_str())
    }

    /// The same of an image, of which nothing is known but what is attested.
    pub(super) fn consistent_image(&self) -> Result<(), String> {
        if self.attested.is_none() {
            return Err("it has an origin that nothing attests".into());
        }
        self.fits(Means::Sigstore, "a registry of images")
    }

    fn fits(&self, means: Means, kind: &str) -> Result<(), String> {
        if let Some(other) = self.attested.filter(|it| *it != means) {
            return Err(format!(
                "its origin is attested by {other}, and it is from {kind}"
            ));
        }
        let attested = [&self.repository, &self.commit, &self.issuer];
        let claimed = [&self.claimed_repository, &self.claimed_commit];
        let said = |all: &[&Option<String>]| all.iter().any(|one| one.is_some());
        match self.attested {
            None if said(&attested) => Err(
                "its origin has a `repository`, `commit` or `issuer` that nothing attests".into(),
            ),
            Some(_) if self.repository.is_none() || self.issuer.is_none() => {
                Err("its origin is attested without a `repository` and an `issuer`".into())
            }
            Some(_) if said(&claimed) => Err("its origin is attested and claimed at once".into()),
            _ => Ok(()),
        }
    }
}
