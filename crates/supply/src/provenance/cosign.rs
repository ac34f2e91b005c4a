//! What `cosign` attached to images before its version 3: a document or an envelope in a layer, and in the layer's annotations what
//! vouches for it. The older forms are made into bundles here; whether those hold is the verifier's to say.
//!
//! The chain of certificates that lies beside them counts for nothing, as in bundles: authorities come from the trust root alone.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::bundle::{
    Bundle, Content, LogEntry, Material, Version, bytes, enveloped, number, strict, text,
};
use super::key::pem;
use super::origin::SIGNED;
use super::{Attested, Verifier, VerifyError};

/// A signature over a small document that names the image ("simple signing"), with what vouches for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Simple {
    /// The document.
    pub(crate) payload: String,
    /// In base64.
    pub(crate) signature: String,
    /// In PEM.
    pub(crate) certificate: String,
    /// What the transparency log promised.
    pub(crate) log: String,
}

/// A statement in an envelope (DSSE), with what vouches for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Enveloped {
    /// The envelope, with its signature.
    pub(crate) envelope: String,
    /// In PEM.
    pub(crate) certificate: String,
    /// What the transparency log promised.
    pub(crate) log: String,
}

const fn bad(what: &'static str) -> VerifyError {
    VerifyError::Malformed(what)
}

impl Simple {
    pub(super) fn verified(
        &self,
        subjects: &[String],
        verifier: Verifier<'_>,
    ) -> Result<Attested, VerifyError> {
        let verified = verifier.message(&self.bundle()?, self.payload.as_bytes())?;
        let payload = strict(&self.payload)?;
        let critical = payload.get("critical").unwrap_or(&Value::Null);
        if text(critical, "type")? != "cosign container image signature" {
            return Err(VerifyError::Malformed("another kind of signature"));
        }
        let image = critical.get("image").unwrap_or(&Value::Null);
        let digest = text(image, "docker-manifest-digest")?;
        let meant = |subject: &String| digest.strip_prefix("sha256:") == Some(subject);
        if !subjects.iter().any(meant) {
            return Err(VerifyError::Subject("another image"));
        }
        Ok(Attested {
            predicate_type: SIGNED.to_owned(),
            signer: verified.signer,
            time: verified.time,
        })
    }

    /// The same in the form of a bundle.
    fn bundle(&self) -> Result<Bundle, VerifyError> {
        let signature = STANDARD.decode(self.signature.trim());
        let content = Content::Message {
            digest: None,
            signature: signature.map_err(|_| bad("not base64"))?,
        };
        promised(content, &self.certificate, &self.log)
    }
}

impl Enveloped {
    /// The same in the form of a bundle.
    pub(super) fn bundle(&self) -> Result<Bundle, VerifyError> {
        let whole = Sha256::digest(&self.envelope).into();
        let content = enveloped(&strict(&self.envelope)?, Some(whole))?;
        promised(content, &self.certificate, &self.log)
    }
}

/// A bundle where the log promised to take the signature in, as in those of the first version.
fn promised(content: Content, certificate: &str, log: &str) -> Result<Bundle, VerifyError> {
    let log = strict(log)?;
    let payload = log.get("Payload").ok_or(bad("no log entry"))?;
    let body = bytes(payload, "body")?;
    let entry = std::str::from_utf8(&body).map_err(|_| bad("no log entry"))?;
    let entry = strict(entry)?;
    let id = crate::Sha256::parse(text(payload, "logID")?).map_err(|_| bad("no log"))?;
    let integrated = i64::try_from(number(payload, "integratedTime")?);
    let entry = LogEntry {
        log_id: id.as_bytes().to_vec(),
        index: number(payload, "logIndex")?,
        kind: text(&entry, "kind")?.to_owned(),
        kind_version: text(&entry, "apiVersion")?.to_owned(),
        integrated: Some(integrated.map_err(|_| bad("no time"))?),
        promise: Some(bytes(&log, "SignedEntryTimestamp")?),
        proof: None,
        body,
    };
    let certificate = pem(certificate, "CERTIFICATE");
    Ok(Bundle {
        version: Version::One,
        signer: Material::Certificate(certificate.ok_or(bad("no certificate"))?),
        entries: vec![entry],
        timestamps: Vec::new(),
        content,
    })
}
