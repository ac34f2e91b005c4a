//! What registries said about where the packages of a tree came from, word for word: kept beside the tree, so that it is verified
//! again whenever it counts, without a network.
//!
//! An attestation speaks for itself; where it is kept does not matter. The rest is the registry's word of one moment.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::bundle::text;
use super::each::of_each;
use super::file::file_attestation;
use super::npm::signatures;
use super::{Checked, NpmSignature, Origin, Verifier};
use super::{VerifyError, npm_attestations, npm_signature, pypi_attestations};
use crate::digest::{Integrity, Sha256};
use crate::fetched::Beside;
use crate::http::{Client, FetchError};
use crate::locked::{Ecosystem, LockedPackage, LockedTree};
use crate::npm::{Manifest, PackageName, Packument, Registry, RegistryError, Version};
use crate::pypi::{Claims, Index, IndexError, Name};

/// What was said about every package of a tree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TreeEvidence {
    /// Version of this format; 1.
    pub format: u32,
    /// In the order of the tree's packages, then of what those were built with.
    pub packages: Vec<Evidence>,
}

/// What was said about one package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Evidence {
    /// Its name.
    pub name: String,
    /// Its exact version.
    pub version: String,
    /// Digest of its archive.
    pub integrity: Integrity,
    /// The file's name, where attestations name files (PEP 740).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    file: Option<String>,
    /// When it was published, in seconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    published: Option<i64>,
    /// Where nobody says that: when anything about the package changed last, so that it is no younger.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    settled: Option<i64>,
    /// Whether nobody says that of this release, and the same answer says it of others.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    untimed: bool,
    /// Whether the registry answered and does not list this release with these bytes.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    unlisted: bool,
    /// That its authors would rather not have it used, and why: deprecated (npm), yanked (PyPI).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    withdrawn: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    publisher: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    repository: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    commit: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    mcp_name: Option<String>,
    /// The release before it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    earlier: Option<Earlier>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    signatures: Vec<NpmSignature>,
    /// Whether the description says that there are attestations.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    offered: bool,
    /// The registry's answer, as it came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    attestations: Option<String>,
    /// What could not be asked: the description, the attestations.
    #[serde(default)]
    unreachable: (bool, bool),
}

/// The release before another one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Earlier {
    /// Its version.
    pub version: String,
    /// The account that published it. Untrusted text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub publisher: Option<String>,
    /// Whether the registry offered attestations of it.
    pub attested: bool,
}

impl TreeEvidence {
    /// Asks an npm registry about every package of a tree: about the one that gives the tree its name in full, about the others
    /// what the descriptions that they were chosen by say, and their attestations where those say that there are some.
    #[must_use]
    pub fn of_npm(registry: &Registry, tree: &LockedTree) -> Self {
        Self::gather(tree, &|package, own| {
            Evidence::of_npm(registry, package, own)
        })
    }

    /// The same of an index of Python packages. What the package claims about itself is in its wheel, not at the index.
    #[must_use]
    pub fn of_pypi(index: &Index, tree: &LockedTree, claims: &Claims) -> Self {
        Self::gather(tree, &|package, own| {
            let mut evidence = Evidence::of_pypi(index, package);
            if own {
                evidence.repository.clone_from(&claims.repository);
                evidence.mcp_name.clone_from(&claims.mcp_name);
            }
            evidence
        })
    }

    /// What lies beside the file that a tree came from. `beside`: what was found there already.
    #[must_use]
    pub fn of_address(client: &Client, tree: &LockedTree, beside: Option<&Beside>) -> Self {
        Self::gather(tree, &|package, _| {
            let mut evidence = Evidence::of(package);
            let asked = package.archive.as_deref();
            let asked = asked.map(|address| {
                let asked = || Beside::of(client, address);
                beside.cloned().unwrap_or_else(asked)
            });
            if let Some(found) = asked {
                evidence.offered = found.bundle.is_some();
                evidence.unreachable.1 = found.unreachable && found.bundle.is_none();
                evidence.attestations = found.bundle;
            }
            evidence
        })
    }

    /// Asks an index of Python packages about what no tree has yet.
    #[must_use]
    pub fn of_index(index: &Index, packages: &[LockedPackage]) -> Self {
        let of = |package| Evidence::of_pypi(index, package);
        Self {
            format: 1,
            packages: packages.iter().map(of).collect(),
        }
    }

    fn gather(tree: &LockedTree, ask: &(dyn Fn(&LockedPackage, bool) -> Evidence + Sync)) -> Self {
        let tree = &tree.with_tools();
        Self {
            format: 1,
            packages: of_each(&tree.packages, &|package| {
                ask(package, is_own(tree, package))
            }),
        }
    }

    /// Whether it is about exactly the packages of a tree.
    #[must_use]
    pub fn is_of(&self, tree: &LockedTree) -> bool {
        let tree = &tree.with_tools();
        let same = |(own, package): (&Evidence, &LockedPackage)| {
            own.name == package.name.as_str()
                && own.version == package.version.as_str()
                && own.integrity == package.integrity
        };
        self.format == 1
            && self.packages.len() == tree.packages.len()
            && self.packages.iter().zip(&tree.packages).all(same)
    }

    /// Whether everything could be asked.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        let reached = |own: &Evidence| own.unreachable == (false, false);
        self.packages.iter().all(reached)
    }

    /// Whether it has, of a package, what a later answer lacks: attestations, or the release itself. A registry can take both away.
    #[must_use]
    pub fn outlasts(&self, later: &Self) -> bool {
        let mut pairs = self.packages.iter().zip(&later.packages);
        pairs.any(|(own, later)| {
            own.attestations.is_some() && later.attestations.is_none()
                || later.unlisted && !own.unlisted
        })
    }

    /// What of it holds, in the order of the tree's packages with what they were built with ([`LockedTree::with_tools`]).
    #[must_use]
    pub fn origins(&self, tree: &LockedTree, verifier: Verifier<'_>) -> Vec<Origin> {
        let all = self.packages.iter();
        all.map(|evidence| evidence.origin(tree.ecosystem, verifier))
            .collect()
    }
}

/// Whether a package of a tree is the one that gives it its name.
#[must_use]
pub fn is_own(tree: &LockedTree, package: &LockedPackage) -> bool {
    match tree.ecosystem {
        Ecosystem::Git => tree.own() == Some(package),
        _ => {
            package.name == tree.name
                && package.version == tree.version
                && !package.path.is_nested()
        }
    }
}

impl Evidence {
    fn of(package: &LockedPackage) -> Self {
        Self {
            name: package.name.to_string(),
            version: package.version.to_string(),
            integrity: package.integrity.clone(),
            file: None,
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
            signatures: Vec::new(),
            offered: false,
            attestations: None,
            unreachable: (false, false),
        }
    }

    fn of_npm(registry: &Registry, package: &LockedPackage, own: bool) -> Self {
        let mut evidence = Self::of(package);
        let Ok(version) = Version::try_from(evidence.version.clone()) else {
            return evidence;
        };
        match describe(registry, &package.name, own) {
            Ok(Some(packument)) => evidence.described(&packument, &version, own),
            // What is known to be malicious is taken away as a whole.
            Ok(None) => evidence.unlisted = true,
            Err(Unasked) => evidence.unreachable.0 = true,
        }
        if evidence.offered || own {
            evidence.take(registry.attestations(&package.name, &version));
        }
        evidence
    }

    fn of_pypi(index: &Index, package: &LockedPackage) -> Self {
        let mut evidence = Self::of(package);
        let listing = Name::new(package.name.as_str())
            .ok()
            .map(|name| index.listing(&name));
        let listing = match listing {
            Some(Ok(listing)) => listing,
            Some(Err(IndexError::Nowhere(_))) => {
                evidence.unlisted = true;
                return evidence;
            }
            _ => {
                evidence.unreachable = (true, true);
                return evidence;
            }
        };
        // Of what was built here, the archive of sources is what somebody published.
        let Some(wheel) = listing.file(&package.integrity) else {
            evidence.unlisted = true;
            return evidence;
        };
        let mut all = listing.files();
        evidence.published = wheel.published;
        evidence.untimed = wheel.published.is_none() && all.any(|it| it.published.is_some());
        evidence.withdrawn = wheel.yanked.then(String::new);
        evidence.offered = wheel.provenance.is_some();
        evidence.file = Some(wheel.name.file.clone());
        let mut lower = listing.versions().rev();
        let before = lower.find(|version| **version < wheel.name.version);
        evidence.earlier = before.map(|version| Earlier {
            version: version.to_string(),
            publisher: None,
            attested: listing.files_of(version).any(|it| it.provenance.is_some()),
        });
        if let Some(address) = &wheel.provenance {
            evidence.take(index.provenance(address));
        }
        evidence
    }

    fn take(&mut self, answer: Result<String, FetchError>) {
        match answer {
            Ok(answer) => self.attestations = Some(answer),
            Err(FetchError::NotFound) => {}
            Err(_) => self.unreachable.1 = true,
        }
    }

    /// Takes over what a description says about a version.
    fn described(&mut self, packument: &Packument, version: &Version, own: bool) {
        self.published = packument.published(version.as_str());
        self.settled = packument.modified().filter(|_| self.published.is_none());
        self.untimed = self.published.is_none() && packument.tells_times();
        let manifest = packument.manifest(version).ok().flatten();
        self.unlisted = !manifest.as_ref().is_some_and(|it| has(it, &self.integrity));
        self.withdrawn = manifest.and_then(|manifest| manifest.deprecated);
        self.earlier = earlier(packument, version);
        let value = one(packument, version.as_str());
        let field = |holder: &Value, key: &str| text(holder, key).ok().map(str::to_owned);
        self.publisher = account(&value);
        self.repository = match value.get("repository") {
            Some(Value::String(address)) => Some(address.clone()),
            Some(repository) => field(repository, "url"),
            None => None,
        };
        self.commit = field(&value, "gitHead");
        self.mcp_name = field(&value, "mcpName").filter(|_| own);
        let dist = value.get("dist").unwrap_or(&Value::Null);
        if own {
            self.signatures = signatures(dist);
        }
        self.offered = offers(dist);
    }

    /// What of it holds.
    #[must_use]
    pub fn origin(&self, ecosystem: Ecosystem, verifier: Verifier<'_>) -> Origin {
        let attestations = match &self.attestations {
            Some(answer) => self.attested(ecosystem, answer, verifier),
            None if self.unreachable.1 => Checked::Unreachable,
            None => Checked::Absent,
        };
        // What was signed was there: it is no younger than its signature.
        let signed = match &attestations {
            Checked::Verified(all) if is_file(ecosystem) => all.iter().map(|it| it.time).min(),
            _ => None,
        };
        let at = self.published.unwrap_or_else(|| verifier.now());
        let signature = match self.signatures.as_slice() {
            [] if self.unreachable.0 => Checked::Unreachable,
            [] => Checked::Absent,
            signatures => checked(npm_signature(
                verifier.root(),
                &self.name,
                &self.version,
                &self.integrity,
                signatures,
                at,
            )),
        };
        Origin {
            published: self.published,
            settled: self.settled.or(signed),
            untimed: self.untimed,
            unlisted: self.unlisted,
            withdrawn: self.withdrawn.clone(),
            publisher: self.publisher.clone(),
            repository: self.repository.clone(),
            commit: self.commit.clone(),
            mcp_name: self.mcp_name.clone(),
            earlier: self.earlier.clone(),
            offered: self.offered,
            signature,
            attestations,
        }
    }

    fn attested(
        &self,
        ecosystem: Ecosystem,
        answer: &str,
        verifier: Verifier<'_>,
    ) -> Checked<Vec<super::Attested>> {
        let (name, version) = (&self.name, &self.version);
        if is_file(ecosystem) {
            let Ok(digest) = Sha256::parse(&self.integrity.hex()) else {
                return Checked::Failed(VerifyError::Subject("a file that is not known"));
            };
            return match file_attestation(verifier, answer, &digest) {
                // Whoever made the key may have made the file as well: it says as much as nothing.
                Err(VerifyError::UnknownKey) => Checked::Absent,
                result => checked(result.map(|attested| vec![attested])),
            };
        }
        let result = if ecosystem == Ecosystem::Npm {
            npm_attestations(verifier, answer, name, version, &self.integrity)
        } else {
            match (&self.file, Sha256::parse(&self.integrity.hex())) {
                (Some(file), Ok(digest)) => pypi_attestations(verifier, answer, file, &digest),
                _ => Err(VerifyError::Subject("a file that is not known")),
            }
        };
        match result {
            Ok(attested) if attested.is_empty() => Checked::Absent,
            result => checked(result),
        }
    }
}

/// Whether it is one file from an address.
fn is_file(ecosystem: Ecosystem) -> bool {
    matches!(ecosystem, Ecosystem::Binary | Ecosystem::Mcpb)
}

/// Whether a registry lists a version with these bytes.
pub(super) fn has(manifest: &Manifest, integrity: &Integrity) -> bool {
    let dist = manifest.dist.as_ref();
    dist.is_some_and(|dist| dist.integrity == *integrity)
}

/// That a description could not be had, or not be read.
pub(super) struct Unasked;

/// The description: the whole one of the tree's own package, the one that it was chosen by of the others. None where the registry
/// has no such package.
pub(super) fn describe(
    registry: &Registry,
    name: &PackageName,
    own: bool,
) -> Result<Option<Arc<Packument>>, Unasked> {
    if own {
        return match registry.whole_description(name) {
            Ok(whole) => match Packument::parse(name, &whole) {
                Ok(packument) => Ok(Some(packument.into())),
                Err(_) => Err(Unasked),
            },
            Err(FetchError::NotFound) => Ok(None),
            Err(_) => Err(Unasked),
        };
    }
    match registry.packument(name) {
        Ok(packument) => Ok(Some(packument)),
        Err(RegistryError::Fetch {
            source: FetchError::NotFound,
            ..
        }) => Ok(None),
        Err(_) => Err(Unasked),
    }
}

fn one(packument: &Packument, version: &str) -> Value {
    let raw = packument.text(version).unwrap_or("null");
    serde_json::from_str(raw).unwrap_or_default()
}

/// The account that published, as the registry says.
fn account(value: &Value) -> Option<String> {
    let user = value.get("_npmUser")?;
    text(user, "name").ok().map(str::to_owned)
}

fn offers(dist: &Value) -> bool {
    dist.get("attestations").is_some_and(Value::is_object)
}

/// The release before: the highest lower version, of the same kind.
fn earlier(packument: &Packument, version: &Version) -> Option<Earlier> {
    let early = version.semver().is_prerelease();
    let lower = packument.versions().filter(|other| {
        other.semver() < version.semver() && (early || !other.semver().is_prerelease())
    });
    let before = lower.max_by(|a, b| a.semver().cmp(b.semver()))?;
    let value = one(packument, before.as_str());
    Some(Earlier {
        version: before.to_string(),
        publisher: account(&value),
        attested: value.get("dist").is_some_and(offers),
    })
}

fn checked<T>(result: Result<T, VerifyError>) -> Checked<T> {
    match result {
        Ok(value) => Checked::Verified(value),
        Err(error) => Checked::Failed(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provenance::TrustRoot;

    const NOW: i64 = 1_795_000_000;

    fn packument(versions: &str) -> Packument {
        let text = format!(
            r#"{{"time": {{"1.0.0": "2026-01-01T00:00:00.000Z", "0.9.0": "2025-01-01T00:00:00Z"}}, "versions": {{{versions}}}}}"#
        );
        Packument::parse(&PackageName::new("x").unwrap(), &text).unwrap()
    }

    fn evidence() -> Evidence {
        let package: LockedPackage = serde_json::from_value(serde_json::json!({
            "path": "node_modules/x", "name": "x", "version": "1.0.0",
            "integrity": Integrity::from_bytes([7; 64]).to_string(),
        }))
        .unwrap();
        Evidence::of(&package)
    }

    fn described(dist: &str) -> Origin {
        let root = TrustRoot::bundled().unwrap();
        let packument = packument(&format!(
            r#""0.9.0": {{"_npmUser": {{"name": "bob"}}, "dist": {{"attestations": {{}}}}}},
            "1.0.0": {{"_npmUser": {{"name": "alice"}}, "repository": {{"url": "https://github.com/a/x"}},
            "gitHead": "abc", "mcpName": "io.github.a/x", "dist": {dist}}}"#
        ));
        let mut evidence = evidence();
        let version = Version::try_from("1.0.0".to_owned()).unwrap();
        evidence.described(&packument, &version, true);
        let text = serde_json::to_string(&evidence).unwrap();
        assert_eq!(serde_json::from_str::<Evidence>(&text).unwrap(), evidence);
        evidence.origin(Ecosystem::Npm, Verifier::new(&root, NOW))
    }

    #[test]
    fn a_description_without_signatures_is_no_failure_and_a_false_one_is() {
        let plain = described("{}");
        assert_eq!(plain.publisher.as_deref(), Some("alice"));
        assert_eq!(
            (plain.published, plain.commit.as_deref()),
            (Some(1_767_225_600), Some("abc"))
        );
        assert_eq!(
            (&plain.signature, plain.failure()),
            (&Checked::Absent, None)
        );
        let earlier = plain.earlier.unwrap();
        assert_eq!(earlier.publisher.as_deref(), Some("bob"));
        assert!(earlier.attested);
        let signed = described(
            r#"{"signatures": [{"keyid": "SHA256:DhQ8wR5APBvFHLF/+Tc+AYvPOdTpcIDqOhxsBHRwC7U", "sig": "AAAA"}]}"#,
        );
        assert_eq!(signed.failure(), Some(VerifyError::Signature));
        assert!(described(r#"{"signatures": [{}]}"#).failure().is_some());
    }

    #[test]
    fn what_could_not_be_asked_is_told_apart_from_what_is_not_offered() {
        let root = TrustRoot::bundled().unwrap();
        let verifier = Verifier::new(&root, NOW);
        let mut evidence = evidence();
        let of = |evidence: &Evidence| evidence.origin(Ecosystem::Npm, verifier);
        assert_eq!(of(&evidence).attestations, Checked::Absent);
        evidence.take(Err(FetchError::NotFound));
        assert_eq!(of(&evidence).attestations, Checked::Absent);
        evidence.take(Err(FetchError::Offline));
        assert_eq!(of(&evidence).attestations, Checked::Unreachable);
        evidence.take(Ok(r#"{"attestations": []}"#.into()));
        assert_eq!(of(&evidence).attestations, Checked::Absent);
        evidence.take(Ok("nonsense".into()));
        assert!(of(&evidence).failure().is_some());
        // Of a file that nobody named, an attestation proves nothing.
        assert!(
            evidence
                .origin(Ecosystem::Pypi, verifier)
                .failure()
                .is_some()
        );
    }
}
