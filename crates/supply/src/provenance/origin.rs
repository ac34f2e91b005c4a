//! Everything that is known about where a package came from: verified where it can be, told as claimed where it cannot.

use serde_json::Value;

use super::bundle::{list, text};
use super::npm::signatures;
use super::verify::{Attested, Signer, Verifier};
use super::{Identity, VerifyError, npm_attestations, npm_signature, pypi_attestations, rfc3339};
use crate::digest::{Integrity, Sha256};
use crate::http::FetchError;
use crate::npm::{PackageName, Registry, Version};
use crate::pypi::{Index, Name};

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

/// Statements that say from what something was built: SLSA's, and the index's of who published a file (PEP 740).
const BUILDS: [&str; 3] = [
    "https://slsa.dev/provenance/v1",
    "https://slsa.dev/provenance/v0.2",
    "https://docs.pypi.org/attestations/publish/v1",
];

/// Where a package came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// When this version was published, in seconds since 1970, as the registry says.
    pub published: Option<i64>,
    /// The account that published it, as the registry says. Untrusted text.
    pub publisher: Option<String>,
    /// The repository that the package names. A claim of the package's. Untrusted text.
    pub repository: Option<String>,
    /// The commit that the package names. A claim of the package's. Untrusted text.
    pub commit: Option<String>,
    /// The entry of the MCP Registry that the package says it belongs to (`mcpName`). Untrusted text.
    pub mcp_name: Option<String>,
    /// The registry's signature: the key's name.
    pub signature: Checked<String>,
    /// Attestations of the build and of the publishing.
    pub attestations: Checked<Vec<Attested>>,
}

impl Origin {
    /// Who built it and from which repository, when a build was attested and the attestation holds.
    #[must_use]
    pub fn builder(&self) -> Option<&Identity> {
        let Checked::Verified(attested) = &self.attestations else {
            return None;
        };
        let builds = attested
            .iter()
            .filter(|attested| BUILDS.contains(&attested.predicate_type.as_str()));
        builds
            .filter_map(|attested| match &attested.signer {
                Signer::Identity(identity) => Some(identity),
                Signer::Key(_) => None,
            })
            .find(|identity| identity.repository.is_some())
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

    /// Fetches and verifies what an npm registry tells about a version. What cannot be fetched is told as such; nothing of it is an
    /// error here, because only a policy says what is needed.
    #[must_use]
    pub fn of_npm(
        registry: &Registry,
        name: &PackageName,
        version: &Version,
        integrity: &Integrity,
        verifier: Verifier<'_>,
    ) -> Self {
        let description = registry.whole_description(name);
        let mut origin = match &description {
            Ok(text) => Self::described(text, name, version, integrity, verifier),
            Err(_) => Self::unknown(),
        };
        if description.is_err() {
            origin.signature = Checked::Unreachable;
        }
        origin.attestations = match registry.attestations(name, version) {
            Ok(answer) => checked(npm_attestations(
                verifier,
                &answer,
                name.as_str(),
                version.as_str(),
                integrity,
            )),
            Err(FetchError::NotFound) => Checked::Absent,
            Err(_) => Checked::Unreachable,
        };
        if matches!(&origin.attestations, Checked::Verified(attested) if attested.is_empty()) {
            origin.attestations = Checked::Absent;
        }
        origin
    }

    /// Fetches and verifies what an index of Python packages tells about a wheel, which is named by its SHA-256.
    #[must_use]
    pub fn of_pypi(
        index: &Index,
        name: &Name,
        integrity: &Integrity,
        verifier: Verifier<'_>,
    ) -> Self {
        let mut origin = Self::unknown();
        let page = match index.page(name) {
            Ok(page) => page,
            Err(_) => {
                origin.attestations = Checked::Unreachable;
                return origin;
            }
        };
        let Some(file) = listed(&page, integrity) else {
            return origin;
        };
        origin.published = file.published;
        let (Some(url), Ok(digest)) = (file.provenance, Sha256::parse(&integrity.hex())) else {
            return origin;
        };
        origin.attestations = match index.provenance(&url) {
            Ok(answer) => checked(pypi_attestations(verifier, &answer, &file.name, &digest)),
            Err(FetchError::NotFound) => Checked::Absent,
            Err(_) => Checked::Unreachable,
        };
        origin
    }

    fn unknown() -> Self {
        Self {
            published: None,
            publisher: None,
            repository: None,
            commit: None,
            mcp_name: None,
            signature: Checked::Absent,
            attestations: Checked::Absent,
        }
    }

    /// What a package's whole description says about one version.
    fn described(
        description: &str,
        name: &PackageName,
        version: &Version,
        integrity: &Integrity,
        verifier: Verifier<'_>,
    ) -> Self {
        let mut origin = Self::unknown();
        let Ok(value) = serde_json::from_str::<Value>(description) else {
            return origin;
        };
        let times = value.get("time");
        origin.published = times
            .and_then(|times| text(times, version.as_str()).ok())
            .and_then(rfc3339);
        let Some(own) = value
            .get("versions")
            .and_then(|versions| versions.get(version.as_str()))
        else {
            return origin;
        };
        let field = |holder: &Value, key: &str| text(holder, key).ok().map(str::to_owned);
        origin.publisher = own.get("_npmUser").and_then(|user| field(user, "name"));
        origin.repository = match own.get("repository") {
            Some(Value::String(address)) => Some(address.clone()),
            Some(repository) => field(repository, "url"),
            None => None,
        };
        origin.commit = field(own, "gitHead");
        origin.mcp_name = field(own, "mcpName");
        let Some(dist) = own.get("dist") else {
            return origin;
        };
        let found = signatures(dist);
        if !list(dist, "signatures").is_empty() {
            let at = origin.published.unwrap_or_else(|| verifier.now());
            let verified = npm_signature(
                verifier.root(),
                name.as_str(),
                version.as_str(),
                integrity,
                &found,
                at,
            );
            origin.signature = checked(verified);
        }
        origin
    }
}

/// What a listing in JSON (PEP 691, 700, 740) says about a file beyond its digest.
struct Listed {
    name: String,
    published: Option<i64>,
    provenance: Option<String>,
}

fn listed(page: &str, integrity: &Integrity) -> Option<Listed> {
    let page: Value = serde_json::from_str(page).ok()?;
    let wanted = integrity.hex();
    let same = |file: &&Value| {
        let digest = file
            .get("hashes")
            .and_then(|hashes| text(hashes, "sha256").ok());
        digest.is_some_and(|digest| digest.eq_ignore_ascii_case(&wanted))
    };
    let file = list(&page, "files").into_iter().find(same)?;
    Some(Listed {
        name: text(file, "filename").ok()?.to_owned(),
        published: text(file, "upload-time").ok().and_then(rfc3339),
        provenance: text(file, "provenance").ok().map(str::to_owned),
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

    #[test]
    fn a_listing_tells_of_the_file_that_is_meant() {
        let integrity = Integrity::from_sha256([0xab; 32]);
        let hex = integrity.hex();
        let page = format!(
            r#"{{"files": [{{"filename": "y.whl", "hashes": {{"sha256": "00"}}}}, {{"filename": "x.whl", "hashes": {{"sha256": "{hex}"}},
                "upload-time": "1970-01-02T00:00:00.5Z", "provenance": "https://index.example/p"}}]}}"#
        );
        let found = listed(&page, &integrity).unwrap();
        assert_eq!(
            (found.name.as_str(), found.published),
            ("x.whl", Some(86_400))
        );
        assert_eq!(found.provenance.as_deref(), Some("https://index.example/p"));
        assert!(listed(&page, &Integrity::from_sha256([1; 32])).is_none());
        assert!(listed("<html>", &integrity).is_none());
    }

    #[test]
    fn a_description_without_signatures_is_no_failure_and_a_false_one_is() {
        let root = TrustRoot::bundled().unwrap();
        let verifier = Verifier::new(&root, 1_795_000_000);
        let name = PackageName::new("x").unwrap();
        let version = Version::try_from("1.0.0".to_owned()).unwrap();
        let integrity = Integrity::from_bytes([7; 64]);
        let of = |dist: &str| {
            let text = format!(
                r#"{{"time": {{"1.0.0": "2026-01-01T00:00:00.000Z"}}, "versions": {{"1.0.0": {{"_npmUser": {{"name": "alice"}}, "repository": {{"url": "https://github.com/a/x"}},
                    "gitHead": "abc", "mcpName": "io.github.a/x", "dist": {dist}}}}}}}"#
            );
            Origin::described(&text, &name, &version, &integrity, verifier)
        };
        let plain = of("{}");
        assert_eq!(plain.publisher.as_deref(), Some("alice"));
        assert_eq!(
            (plain.published, plain.commit.as_deref()),
            (Some(1_767_225_600), Some("abc"))
        );
        assert_eq!(
            (plain.signature.clone(), plain.failure()),
            (Checked::Absent, None)
        );
        let signed = of(
            r#"{"signatures": [{"keyid": "SHA256:DhQ8wR5APBvFHLF/+Tc+AYvPOdTpcIDqOhxsBHRwC7U", "sig": "AAAA"}]}"#,
        );
        assert_eq!(signed.failure(), Some(VerifyError::Signature));
        assert!(of(r#"{"signatures": [{}]}"#).failure().is_some());
    }
}
