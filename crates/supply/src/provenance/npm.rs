//! npm: the registry's signature over name, version and integrity; the attestations that it serves.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::Value;

use super::bundle::{Bundle, list, strict, text};
use super::key::Hash;
use super::verify::{Attested, Signer, Verifier};
use super::{TrustRoot, VerifyError};
use crate::digest::Integrity;

/// A signature of the registry, as `dist.signatures` has it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NpmSignature {
    /// The name of the key.
    pub key: String,
    /// The signature in base64.
    pub signature: String,
}

/// Who may vouch for a build that npm serves an attestation of.
const ISSUERS: &[&str] = &[
    "https://token.actions.githubusercontent.com",
    "https://gitlab.com",
    "https://oidc.circleci.com",
];

/// The attestation that the registry itself makes when something is published.
const PUBLISH: &str = "https://github.com/npm/attestation/tree/main/specs/publish/v0.1";

/// Verifies the registry's signatures over a package; gives the name of the key. `at` is when it was published, or now when that is
/// not known: a key signs nothing after it has expired.
///
/// # Errors
/// When no signature is by a known key that held at that time, or one by a known key does not fit.
pub fn npm_signature(
    root: &TrustRoot,
    name: &str,
    version: &str,
    integrity: &Integrity,
    signatures: &[NpmSignature],
    at: i64,
) -> Result<String, VerifyError> {
    let message = format!("{name}@{version}:{integrity}");
    let mut problem = VerifyError::Signer("no key that is known");
    for signature in signatures {
        let mut keys = root.registry_keys.iter();
        let same = |key: &&super::root::RegistryKey| {
            key.id == signature.key && key.usage == "npm:signatures"
        };
        let Some(key) = keys.find(|key| same(key) && key.period.contains(at)) else {
            if root.registry_keys.iter().any(|key| same(&key)) {
                problem = VerifyError::Signer("a key that had expired");
            }
            continue;
        };
        let raw = STANDARD
            .decode(&signature.signature)
            .map_err(|_| VerifyError::Malformed("not base64"))?;
        if !key.key.verifies(Hash::Sha256, message.as_bytes(), &raw) {
            return Err(VerifyError::Signature);
        }
        return Ok(key.id.clone());
    }
    Err(problem)
}

/// Verifies every attestation in an answer of `/-/npm/v1/attestations/NAME@VERSION`.
///
/// # Errors
/// When one does not hold, or is not about this archive of this package.
pub fn npm_attestations(
    verifier: Verifier<'_>,
    answer: &str,
    name: &str,
    version: &str,
    integrity: &Integrity,
) -> Result<Vec<Attested>, VerifyError> {
    let answer = strict(answer)?;
    let mut attested = Vec::new();
    for attestation in list(&answer, "attestations") {
        let bundle = attestation
            .get("bundle")
            .ok_or(VerifyError::Malformed("no bundle"))?;
        let (statement, verified) = verifier.statement(&Bundle::from_value(bundle)?)?;
        if text(attestation, "predicateType") != Ok(&statement.predicate_type) {
            return Err(VerifyError::Subject(
                "another kind of statement than the registry says",
            ));
        }
        let wanted = package_url(name, version);
        let digest = integrity.hex();
        let about = |subject: &super::Subject| {
            subject.name == wanted && subject.sha512.as_deref() == Some(&digest)
        };
        if !statement.subjects.iter().any(about) {
            return Err(VerifyError::Subject("another archive or package"));
        }
        judge_signer(&verified.signer, &statement.predicate_type)?;
        attested.push(Attested {
            predicate_type: statement.predicate_type,
            signer: verified.signer,
            time: verified.time,
        });
    }
    Ok(attested)
}

/// The registry's own statements are signed with its key, those of builds by a builder.
fn judge_signer(signer: &Signer, predicate: &str) -> Result<(), VerifyError> {
    match signer {
        Signer::Key(_) if predicate == PUBLISH => Ok(()),
        Signer::Identity(identity) if predicate != PUBLISH => {
            let of = |issuer: &&str| {
                let rest = identity.issuer.strip_prefix(*issuer);
                rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            };
            if ISSUERS.iter().any(of) {
                Ok(())
            } else {
                Err(VerifyError::Signer("nobody who builds for others"))
            }
        }
        _ => Err(VerifyError::Signer("not who makes such statements")),
    }
}

/// The package URL that npm names a package with.
fn package_url(name: &str, version: &str) -> String {
    format!("pkg:npm/{}@{version}", name.replace('@', "%40"))
}

/// The signatures in a version's description. One that cannot be read is one by nobody, and does not hold.
pub(super) fn signatures(dist: &Value) -> Vec<NpmSignature> {
    let field = |value: &Value, key: &str| text(value, key).unwrap_or_default().to_owned();
    let one = |value: &Value| NpmSignature {
        key: field(value, "keyid"),
        signature: field(value, "sig"),
    };
    list(dist, "signatures").into_iter().map(one).collect()
}
