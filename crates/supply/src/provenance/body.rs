//! What a log's entry says was signed: the same signature, over the same bytes, with the same key.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::VerifyError;
use super::bundle::{Content, LogEntry, pem_in_base64, strict};

/// What has to stand in the entry.
pub(super) struct Expected<'a> {
    pub(super) content: &'a Content,
    /// The certificate, or the key's SubjectPublicKeyInfo.
    pub(super) verifier: &'a [u8],
    /// SHA-256 of the bytes that were signed: the file, or an envelope's encoding.
    pub(super) digest: [u8; 32],
}

/// Proves that the entry is about this signature.
pub(super) fn verify(entry: &LogEntry, expected: &Expected<'_>) -> Result<(), VerifyError> {
    let text = std::str::from_utf8(&entry.body)
        .map_err(|_| VerifyError::Malformed("a log entry that is not text"))?;
    let body = strict(text)?;
    let same = |key: &str, value: &str| body.get(key).and_then(Value::as_str) == Some(value);
    if !same("kind", &entry.kind) || !same("apiVersion", &entry.kind_version) {
        return Err(VerifyError::Log("its entry is of another kind"));
    }
    let spec = body
        .get("spec")
        .ok_or(VerifyError::Malformed("a log entry without content"))?;
    let fits = match (entry.kind.as_str(), entry.kind_version.as_str()) {
        ("hashedrekord", "0.0.1") => hashed(spec, expected),
        ("hashedrekord", "0.0.2") => hashed_two(spec, expected),
        ("dsse", "0.0.1") => dsse(spec, expected),
        ("dsse", "0.0.2") => dsse_two(spec, expected),
        ("intoto", "0.0.1") => intoto_whole(spec, expected),
        ("intoto", "0.0.2") => intoto(spec, expected),
        _ => return Err(VerifyError::Malformed("another kind of log entry")),
    };
    fits.ok_or(VerifyError::Log("its entry is about another signature"))
}

fn at<'a>(value: &'a Value, path: &[&str]) -> Option<&'a Value> {
    path.iter().try_fold(value, |value, key| value.get(key))
}

fn text<'a>(value: &'a Value, path: &[&str]) -> Option<&'a str> {
    at(value, path)?.as_str()
}

fn bytes(value: &Value, path: &[&str]) -> Option<Vec<u8>> {
    STANDARD.decode(text(value, path)?).ok()
}

fn only<'a>(value: &'a Value, path: &[&str]) -> Option<&'a Value> {
    match at(value, path)?.as_array()?.as_slice() {
        [one] => Some(one),
        _ => None,
    }
}

fn is_signature(found: &[u8], expected: &Expected<'_>) -> Option<()> {
    (found == expected.content.signature()).then_some(())
}

fn is_verifier(found: &[u8], expected: &Expected<'_>) -> Option<()> {
    (found == expected.verifier).then_some(())
}

/// The SHA-256 in hexadecimal of the payload of an envelope.
fn is_payload(found: &[u8], expected: &Expected<'_>) -> Option<()> {
    let Content::Dsse { payload, .. } = expected.content else {
        return None;
    };
    (Sha256::digest(payload).as_slice() == found).then_some(())
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    crate::Sha256::parse(text)
        .ok()
        .map(|digest| digest.as_bytes().to_vec())
}

fn hashed(spec: &Value, expected: &Expected<'_>) -> Option<()> {
    is_signature(&bytes(spec, &["signature", "content"])?, expected)?;
    is_verifier(
        &pem_in_base64(text(spec, &["signature", "publicKey", "content"])?)?,
        expected,
    )?;
    let sha256 = text(spec, &["data", "hash", "algorithm"])? == "sha256";
    let digest = unhex(text(spec, &["data", "hash", "value"])?)?;
    (sha256 && digest == expected.digest).then_some(())
}

fn hashed_two(spec: &Value, expected: &Expected<'_>) -> Option<()> {
    let spec = at(spec, &["hashedRekordV002"])?;
    is_signature(&bytes(spec, &["signature", "content"])?, expected)?;
    is_verifier(
        &verifier_two(at(spec, &["signature", "verifier"])?)?,
        expected,
    )?;
    let sha256 = text(spec, &["data", "algorithm"])? == "SHA2_256";
    let digest = bytes(spec, &["data", "digest"])?;
    (sha256 && digest == expected.digest).then_some(())
}

fn verifier_two(verifier: &Value) -> Option<Vec<u8>> {
    bytes(verifier, &["x509Certificate", "rawBytes"])
        .or_else(|| bytes(verifier, &["publicKey", "rawBytes"]))
}

fn dsse(spec: &Value, expected: &Expected<'_>) -> Option<()> {
    let signature = only(spec, &["signatures"])?;
    is_signature(&bytes(signature, &["signature"])?, expected)?;
    is_verifier(&pem_in_base64(text(signature, &["verifier"])?)?, expected)?;
    (text(spec, &["payloadHash", "algorithm"])? == "sha256").then_some(())?;
    is_payload(&unhex(text(spec, &["payloadHash", "value"])?)?, expected)
}

fn dsse_two(spec: &Value, expected: &Expected<'_>) -> Option<()> {
    let spec = at(spec, &["dsseV002"])?;
    let signature = only(spec, &["signatures"])?;
    is_signature(&bytes(signature, &["content"])?, expected)?;
    is_verifier(&verifier_two(at(signature, &["verifier"])?)?, expected)?;
    (text(spec, &["payloadHash", "algorithm"])? == "SHA2_256").then_some(())?;
    is_payload(&bytes(spec, &["payloadHash", "digest"])?, expected)
}

/// Here the envelope as a whole is named, signature and all; the oldest entries do not name the payload besides.
fn intoto_whole(spec: &Value, expected: &Expected<'_>) -> Option<()> {
    let Content::Dsse { whole, .. } = expected.content else {
        return None;
    };
    is_verifier(&pem_in_base64(text(spec, &["publicKey"])?)?, expected)?;
    (text(spec, &["content", "hash", "algorithm"])? == "sha256").then_some(())?;
    let hash = unhex(text(spec, &["content", "hash", "value"])?)?;
    (hash == whole.as_ref()?).then_some(())?;
    match at(spec, &["content", "payloadHash"]) {
        None | Some(Value::Null) => Some(()),
        Some(hash) => {
            (text(hash, &["algorithm"])? == "sha256").then_some(())?;
            is_payload(&unhex(text(hash, &["value"])?)?, expected)
        }
    }
}

/// Here the signature is in base64 twice.
fn intoto(spec: &Value, expected: &Expected<'_>) -> Option<()> {
    let signature = only(spec, &["content", "envelope", "signatures"])?;
    let once = String::from_utf8(bytes(signature, &["sig"])?).ok()?;
    is_signature(&STANDARD.decode(once).ok()?, expected)?;
    is_verifier(&pem_in_base64(text(signature, &["publicKey"])?)?, expected)?;
    (text(spec, &["content", "payloadHash", "algorithm"])? == "sha256").then_some(())?;
    is_payload(
        &unhex(text(spec, &["content", "payloadHash", "value"])?)?,
        expected,
    )
}
