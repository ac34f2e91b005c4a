//! The Python package index: attestations of files (PEP 740), bundled by publisher.

use serde_json::Value;

use super::VerifyError;
use super::bundle::{Bundle, list, strict, text};
use super::verify::{Attested, Signer, Verifier};
use crate::digest::Sha256;

/// Verifies every attestation in an answer of `/integrity/PROJECT/VERSION/FILE/provenance`.
///
/// # Errors
/// When one does not hold, is not about this file, or was not signed by the publisher that the index names.
pub fn pypi_attestations(
    verifier: Verifier<'_>,
    answer: &str,
    file: &str,
    digest: &Sha256,
) -> Result<Vec<Attested>, VerifyError> {
    let answer = strict(answer)?;
    if answer.get("version").and_then(Value::as_u64) != Some(1) {
        return Err(VerifyError::Malformed("another version of provenance"));
    }
    let mut attested = Vec::new();
    for bundle in list(&answer, "attestation_bundles") {
        let publisher = bundle
            .get("publisher")
            .ok_or(VerifyError::Malformed("no publisher"))?;
        for attestation in list(bundle, "attestations") {
            let found = one(verifier, attestation, file, digest)?;
            if !is_publisher(publisher, &found.signer) {
                return Err(VerifyError::Signer(
                    "another publisher than the index names",
                ));
            }
            attested.push(found);
        }
    }
    Ok(attested)
}

fn one(
    verifier: Verifier<'_>,
    attestation: &Value,
    file: &str,
    digest: &Sha256,
) -> Result<Attested, VerifyError> {
    let bundle = Bundle::from_pep740(attestation)?;
    let (statement, verified) = verifier.statement(&bundle)?;
    let [subject] = statement.subjects.as_slice() else {
        return Err(VerifyError::Subject("not exactly one file"));
    };
    if subject.name != file || subject.sha256.as_deref() != Some(&digest.to_string()) {
        return Err(VerifyError::Subject("another file"));
    }
    Ok(Attested {
        predicate_type: statement.predicate_type,
        signer: verified.signer,
        time: verified.time,
    })
}

/// Whether the certificate's identity is the trusted publisher that the index has on record.
fn is_publisher(publisher: &Value, signer: &Signer) -> bool {
    let Signer::Identity(identity) = signer else {
        return false;
    };
    let field = |key: &str| text(publisher, key).unwrap_or_default();
    let repository = identity.repository.as_deref().unwrap_or_default();
    match field("kind") {
        "GitHub" => {
            let (wanted, workflow) = (field("repository"), field("workflow"));
            let place = format!("https://github.com/{wanted}/.github/workflows/{workflow}@");
            let subject = identity.subject.to_ascii_lowercase();
            !wanted.is_empty()
                && !workflow.is_empty()
                && identity.issuer == "https://token.actions.githubusercontent.com"
                && repository.eq_ignore_ascii_case(&format!("https://github.com/{wanted}"))
                && subject.starts_with(&place.to_ascii_lowercase())
        }
        "GitLab" => {
            let wanted = field("repository");
            !wanted.is_empty()
                && identity.issuer == "https://gitlab.com"
                && repository.eq_ignore_ascii_case(&format!("https://gitlab.com/{wanted}"))
        }
        "Google" => {
            identity.issuer == "https://accounts.google.com" && identity.subject == field("email")
        }
        _ => false,
    }
}
