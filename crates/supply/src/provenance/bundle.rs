//! Sigstore bundles (0.1, 0.2, 0.3) and PEP 740 attestations as values. Reading proves nothing.

use base64::{Engine, engine::general_purpose::STANDARD};
use interlock_wire::Limits;
use interlock_wire::json::validate;
use serde_json::Value;

use super::VerifyError;
use super::key::pem;

/// Most bytes of a bundle.
const LARGEST: usize = 4 << 20;

/// Most entries of a log, timestamps, and hashes of a proof that are looked at.
const MOST: usize = 64;

/// What was signed, by whom, and what speaks for it.
#[derive(Debug, Clone)]
pub struct Bundle {
    pub(super) version: Version,
    pub(super) signer: Material,
    pub(super) entries: Vec<LogEntry>,
    pub(super) timestamps: Vec<Vec<u8>>,
    pub(super) content: Content,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Version {
    /// 0.1: a promise of inclusion is enough.
    One,
    /// 0.2, 0.3, PEP 740: a proof of inclusion is needed.
    Later,
}

/// What the signature is checked with.
#[derive(Debug, Clone)]
pub(super) enum Material {
    /// The leaf certificate.
    Certificate(Vec<u8>),
    /// A key that the verifier has, by its name.
    Key(String),
}

#[derive(Debug, Clone)]
pub(super) enum Content {
    Dsse {
        payload_type: String,
        payload: Vec<u8>,
        signature: Vec<u8>,
        /// SHA-256 of the envelope's own text, where it came as one.
        whole: Option<[u8; 32]>,
    },
    Message {
        /// SHA-256 of the message, as the bundle says.
        digest: Option<Vec<u8>>,
        signature: Vec<u8>,
    },
}

impl Content {
    pub(super) fn signature(&self) -> &[u8] {
        match self {
            Self::Dsse { signature, .. } | Self::Message { signature, .. } => signature,
        }
    }
}

#[derive(Debug, Clone)]
pub(super) struct LogEntry {
    pub(super) log_id: Vec<u8>,
    pub(super) index: u64,
    pub(super) kind: String,
    pub(super) kind_version: String,
    pub(super) integrated: Option<i64>,
    pub(super) promise: Option<Vec<u8>>,
    pub(super) proof: Option<Proof>,
    pub(super) body: Vec<u8>,
}

#[derive(Debug, Clone)]
pub(super) struct Proof {
    pub(super) index: u64,
    pub(super) size: u64,
    pub(super) root: Vec<u8>,
    pub(super) hashes: Vec<Vec<u8>>,
    pub(super) checkpoint: Option<String>,
}

const fn bad(what: &'static str) -> VerifyError {
    VerifyError::Malformed(what)
}

impl Bundle {
    /// Reads a Sigstore bundle in JSON.
    ///
    /// # Errors
    /// When it is none, or of a version that is not known.
    pub fn parse(text: &str) -> Result<Self, VerifyError> {
        let value = strict(text)?;
        Self::from_value(&value)
    }

    pub(super) fn from_value(value: &Value) -> Result<Self, VerifyError> {
        let version = version(text(value, "mediaType")?)?;
        let material = value
            .get("verificationMaterial")
            .ok_or(bad("no verification material"))?;
        let timestamps = material.get("timestampVerificationData");
        let timestamps = timestamps
            .map(|data| list(data, "rfc3161Timestamps"))
            .unwrap_or_default();
        Ok(Self {
            version,
            signer: signer(material)?,
            entries: entries(material, "tlogEntries")?,
            timestamps: timestamps
                .iter()
                .map(|stamp| bytes(stamp, "signedTimestamp"))
                .collect::<Result<_, _>>()?,
            content: content(value)?,
        })
    }

    /// Reads an attestation of the Python package index (PEP 740, version 1).
    ///
    /// # Errors
    /// When it is none.
    pub fn from_pep740(value: &Value) -> Result<Self, VerifyError> {
        if value.get("version").and_then(Value::as_u64) != Some(1) {
            return Err(bad("another version of attestations"));
        }
        let material = value
            .get("verification_material")
            .ok_or(bad("no verification material"))?;
        let envelope = value.get("envelope").ok_or(bad("no envelope"))?;
        Ok(Self {
            version: Version::Later,
            signer: Material::Certificate(bytes(material, "certificate")?),
            entries: entries(material, "transparency_entries")?,
            timestamps: Vec::new(),
            content: Content::Dsse {
                payload_type: super::statement::PAYLOAD_TYPE.to_owned(),
                payload: bytes(envelope, "statement")?,
                signature: bytes(envelope, "signature")?,
                whole: None,
            },
        })
    }
}

/// Strict JSON of bounded size and depth.
pub(super) fn strict(text: &str) -> Result<Value, VerifyError> {
    let limits = Limits {
        max_message: LARGEST,
        max_depth: 32,
        ..Limits::default()
    };
    validate(text.as_bytes(), &limits).map_err(|_| bad("not strict JSON"))?;
    serde_json::from_str(text).map_err(|_| bad("not strict JSON"))
}

fn version(media: &str) -> Result<Version, VerifyError> {
    match media {
        "application/vnd.dev.sigstore.bundle+json;version=0.1" => Ok(Version::One),
        "application/vnd.dev.sigstore.bundle+json;version=0.2"
        | "application/vnd.dev.sigstore.bundle+json;version=0.3"
        | "application/vnd.dev.sigstore.bundle.v0.3+json" => Ok(Version::Later),
        _ => Err(bad("another version of bundles")),
    }
}

fn signer(material: &Value) -> Result<Material, VerifyError> {
    if let Some(certificate) = present(material, "certificate") {
        return Ok(Material::Certificate(bytes(certificate, "rawBytes")?));
    }
    if let Some(key) = present(material, "publicKey") {
        return Ok(Material::Key(
            text(key, "hint").unwrap_or_default().to_owned(),
        ));
    }
    let chain = material
        .get("x509CertificateChain")
        .ok_or(bad("no certificate"))?;
    // Roots and intermediates come from the trust root alone: what else stands in a bundle (npm's older ones have the whole
    // chain) counts for nothing.
    let leaf = list(chain, "certificates").into_iter().next();
    let leaf = leaf.ok_or(bad("no certificate"))?;
    Ok(Material::Certificate(bytes(leaf, "rawBytes")?))
}

fn content(value: &Value) -> Result<Content, VerifyError> {
    match (
        present(value, "dsseEnvelope"),
        present(value, "messageSignature"),
    ) {
        (Some(envelope), None) => enveloped(envelope, None),
        (None, Some(message)) => {
            let digest = message.get("messageDigest");
            if digest.is_some_and(|digest| text(digest, "algorithm") != Ok("SHA2_256")) {
                return Err(bad("another digest than SHA-256"));
            }
            Ok(Content::Message {
                digest: digest.map(|digest| bytes(digest, "digest")).transpose()?,
                signature: bytes(message, "signature")?,
            })
        }
        _ => Err(bad("not exactly one thing that is signed")),
    }
}

/// What is in an envelope (DSSE); `whole` is the SHA-256 of its text.
pub(super) fn enveloped(envelope: &Value, whole: Option<[u8; 32]>) -> Result<Content, VerifyError> {
    let signatures = list(envelope, "signatures");
    let [signature] = signatures.as_slice() else {
        return Err(bad("not exactly one signature"));
    };
    Ok(Content::Dsse {
        payload_type: text(envelope, "payloadType")?.to_owned(),
        payload: bytes(envelope, "payload")?,
        signature: bytes(signature, "sig")?,
        whole,
    })
}

fn entries(material: &Value, key: &str) -> Result<Vec<LogEntry>, VerifyError> {
    let entries = list(material, key);
    if entries.len() > MOST {
        return Err(bad("too many log entries"));
    }
    entries.into_iter().map(entry).collect()
}

fn entry(value: &Value) -> Result<LogEntry, VerifyError> {
    let kind = value
        .get("kindVersion")
        .ok_or(bad("no kind of log entry"))?;
    let log = value.get("logId").ok_or(bad("no log"))?;
    let integrated = match value.get("integratedTime") {
        Some(_) => {
            Some(i64::try_from(number(value, "integratedTime")?).map_err(|_| bad("no time"))?)
        }
        None => None,
    };
    let promise = value
        .get("inclusionPromise")
        .filter(|promise| !promise.is_null());
    let proof = value.get("inclusionProof").filter(|proof| !proof.is_null());
    Ok(LogEntry {
        log_id: bytes(log, "keyId")?,
        index: number(value, "logIndex")?,
        kind: text(kind, "kind")?.to_owned(),
        kind_version: text(kind, "version")?.to_owned(),
        integrated: integrated.filter(|time| *time != 0),
        promise: promise
            .map(|promise| bytes(promise, "signedEntryTimestamp"))
            .transpose()?,
        proof: proof.map(self::proof).transpose()?,
        body: bytes(value, "canonicalizedBody")?,
    })
}

fn proof(value: &Value) -> Result<Proof, VerifyError> {
    let hashes = list(value, "hashes");
    if hashes.len() > MOST {
        return Err(bad("a proof that is too long"));
    }
    let checkpoint = value
        .get("checkpoint")
        .map(|checkpoint| text(checkpoint, "envelope"));
    Ok(Proof {
        // The first entry of a log has index zero, which protobuf leaves out.
        index: if value.get("logIndex").is_some() {
            number(value, "logIndex")?
        } else {
            0
        },
        size: number(value, "treeSize")?,
        root: bytes(value, "rootHash")?,
        hashes: hashes
            .into_iter()
            .map(base64_of)
            .collect::<Result<_, _>>()?,
        checkpoint: checkpoint.transpose()?.map(str::to_owned),
    })
}

/// A member that is there and not null.
fn present<'a>(value: &'a Value, key: &str) -> Option<&'a Value> {
    value.get(key).filter(|value| !value.is_null())
}

pub(super) fn list<'a>(value: &'a Value, key: &str) -> Vec<&'a Value> {
    value
        .get(key)
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .collect()
}

pub(super) fn text<'a>(value: &'a Value, key: &str) -> Result<&'a str, VerifyError> {
    value
        .get(key)
        .and_then(Value::as_str)
        .ok_or(bad("a text is missing"))
}

/// A 64-bit number, which protobuf writes as text.
pub(super) fn number(value: &Value, key: &str) -> Result<u64, VerifyError> {
    match value.get(key) {
        Some(Value::String(text)) if text.bytes().all(|b| b.is_ascii_digit()) => {
            text.parse().map_err(|_| bad("no number"))
        }
        Some(Value::Number(number)) => number.as_u64().ok_or(bad("no number")),
        _ => Err(bad("a number is missing")),
    }
}

pub(super) fn bytes(value: &Value, key: &str) -> Result<Vec<u8>, VerifyError> {
    base64_of(value.get(key).ok_or(bad("bytes are missing"))?)
}

fn base64_of(value: &Value) -> Result<Vec<u8>, VerifyError> {
    let text = value.as_str().ok_or(bad("bytes are missing"))?;
    STANDARD.decode(text).map_err(|_| bad("not base64"))
}

/// A certificate or key that a log writes as PEM in base64.
pub(super) fn pem_in_base64(value: &str) -> Option<Vec<u8>> {
    let text = String::from_utf8(STANDARD.decode(value).ok()?).ok()?;
    pem(&text, "CERTIFICATE").or_else(|| pem(&text, "PUBLIC KEY"))
}
