//! Everything that is known about where a package came from: verified where it can be, told as claimed where it cannot.

use serde_json::Value;

use super::bundle::{list, text};
use super::npm::signatures;
use super::verify::{Attested, Signer, Verifier};
use super::{Identity, VerifyError, npm_attestations, npm_signature, rfc3339};
use crate::digest::Integrity;
use crate::http::FetchError;
use crate::npm::{PackageName, Registry, Version};

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
    /// Who built it, when a build was attested and the attestation holds.
    #[must_use]
    pub fn builder(&self) -> Option<&Identity> {
        let Checked::Verified(attested) = &self.attestations else {
            return None;
        };
        attested.iter().find_map(|attested| match &attested.signer {
            Signer::Identity(identity) => Some(identity),
            Signer::Key(_) => None,
        })
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

fn checked<T>(result: Result<T, VerifyError>) -> Checked<T> {
    match result {
        Ok(value) => Checked::Verified(value),
        Err(error) => Checked::Failed(error),
    }
}
