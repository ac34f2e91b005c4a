//! Verifying a bundle, link by link. The order is that of cost: nothing is hashed or compared before it could matter.

use sha2::{Digest as _, Sha256};

use super::body::{self, Expected};
use super::bundle::{Bundle, Content, Material};
use super::certificate::{CODE_SIGNING, Identity, Leaf};
use super::key::Key;
use super::root::TrustRoot;
use super::{Statement, VerifyError, log, sct, timestamp};

/// Who signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Signer {
    /// Somebody whom Fulcio identified.
    Identity(Identity),
    /// The holder of a registry's key, by the key's name.
    Key(String),
}

/// What verifying proved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// Who signed.
    pub signer: Signer,
    /// When at the latest, in seconds since 1970.
    pub time: i64,
}

/// An attestation about a package that was verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attested {
    /// What kind of thing is said: the predicate's type.
    pub predicate_type: String,
    /// Who signed.
    pub signer: Signer,
    /// When at the latest, in seconds since 1970.
    pub time: i64,
}

/// Verifies bundles against a trust root, at a time.
#[derive(Debug, Clone, Copy)]
pub struct Verifier<'a> {
    root: &'a TrustRoot,
    now: i64,
}

/// What bundles are checked with.
enum With<'a> {
    Leaf(Box<Leaf<'a>>),
    Key(String, Key),
}

impl<'a> Verifier<'a> {
    /// A verifier; `now` is in seconds since 1970.
    #[must_use]
    pub fn new(root: &'a TrustRoot, now: i64) -> Self {
        Self { root, now }
    }

    pub(super) fn root(&self) -> &'a TrustRoot {
        self.root
    }

    pub(super) fn now(&self) -> i64 {
        self.now
    }

    /// Verifies a signature over a file.
    ///
    /// # Errors
    /// The first link that does not hold.
    pub fn message(&self, bundle: &Bundle, message: &[u8]) -> Result<Verified, VerifyError> {
        let Content::Message { digest, signature } = &bundle.content else {
            return Err(VerifyError::Malformed(
                "an envelope, not a signature over a file",
            ));
        };
        let actual: [u8; 32] = Sha256::digest(message).into();
        if digest.as_ref().is_some_and(|digest| *digest != actual) {
            return Err(VerifyError::Subject("other bytes"));
        }
        self.verify(bundle, message, signature)
    }

    /// Verifies a statement. What it is about is the caller's to compare.
    ///
    /// # Errors
    /// The first link that does not hold.
    pub fn statement(&self, bundle: &Bundle) -> Result<(Statement, Verified), VerifyError> {
        let Content::Dsse {
            payload_type,
            payload,
            signature,
            ..
        } = &bundle.content
        else {
            return Err(VerifyError::Malformed(
                "a signature over a file, not an envelope",
            ));
        };
        let message = envelope(payload_type, payload);
        let verified = self.verify(bundle, &message, signature)?;
        Ok((Statement::parse(payload_type, payload)?, verified))
    }

    fn verify(
        &self,
        bundle: &Bundle,
        message: &[u8],
        signature: &[u8],
    ) -> Result<Verified, VerifyError> {
        let with = self.with(bundle)?;
        let key = match &with {
            With::Leaf(leaf) => leaf.key()?,
            With::Key(_, key) => key.clone(),
        };
        if !key.verifies_own(message, signature) {
            return Err(VerifyError::Signature);
        }
        self.vouched(bundle, with, Sha256::digest(message).into())
    }

    /// Verifies that a signature over a file with this digest was logged: everything but the signature itself, which is over the
    /// file's bytes and was verified when they were at hand ([`Bundle::signs`]). The log has verified it too before it took it in.
    ///
    /// # Errors
    /// The first link that does not hold.
    pub(super) fn logged(
        &self,
        bundle: &Bundle,
        file: &crate::Sha256,
    ) -> Result<Verified, VerifyError> {
        let digest = match &bundle.content {
            Content::Message { digest, .. } => digest.as_deref(),
            Content::Dsse { .. } => return Err(VerifyError::Malformed("an envelope")),
        };
        if digest.is_some_and(|digest| digest != file.as_bytes()) {
            return Err(VerifyError::Subject("other bytes"));
        }
        self.vouched(bundle, self.with(bundle)?, *file.as_bytes())
    }

    /// Who signed what has this digest, and when: certificate, log and time.
    fn vouched(
        &self,
        bundle: &Bundle,
        with: With<'_>,
        digest: [u8; 32],
    ) -> Result<Verified, VerifyError> {
        let verifier = match (&with, &bundle.signer) {
            (With::Leaf(_), Material::Certificate(der)) => der.clone(),
            (With::Key(_, key), _) => key.info().to_vec(),
            (With::Leaf(_), Material::Key(_)) => {
                return Err(VerifyError::Malformed("no certificate"));
            }
        };
        let expected = Expected {
            content: &bundle.content,
            verifier: &verifier,
            digest,
        };
        let times = self.times(bundle, &expected)?;
        let signer = match with {
            With::Leaf(leaf) => self.certified(&leaf, &times)?,
            With::Key(id, _) => self.registered(id, &times)?,
        };
        let time = times.iter().copied().max().unwrap_or_default();
        Ok(Verified { signer, time })
    }

    fn with<'b>(&self, bundle: &'b Bundle) -> Result<With<'b>, VerifyError> {
        match &bundle.signer {
            Material::Certificate(der) => Leaf::parse(der).map(|leaf| With::Leaf(Box::new(leaf))),
            Material::Key(id) => {
                let known = self
                    .root
                    .registry_keys
                    .iter()
                    .find(|known| known.id == *id && known.usage == "npm:attestations");
                let known = known.ok_or(VerifyError::UnknownKey)?;
                Ok(With::Key(id.clone(), known.key.clone()))
            }
        }
    }

    /// Proves that the log has the signature; gives every time that somebody else than the signer vouches for.
    fn times(&self, bundle: &Bundle, expected: &Expected<'_>) -> Result<Vec<i64>, VerifyError> {
        if bundle.entries.is_empty() {
            return Err(VerifyError::Log("no entry of a log"));
        }
        let mut times = Vec::new();
        for stamp in &bundle.timestamps {
            times.push(timestamp::verify(
                stamp,
                expected.content.signature(),
                &self.root.timestamps,
            )?);
        }
        for entry in &bundle.entries {
            body::verify(entry, expected)?;
            let logged = log::verify(entry, bundle.version, &self.root.logs)?;
            times.extend(logged.time);
            let counts = |time: &i64| {
                self.root
                    .logs
                    .iter()
                    .any(|log| log.id == entry.log_id && log.period.contains(*time))
            };
            if !times.iter().all(counts) {
                return Err(VerifyError::Log("it did not count at that time"));
            }
        }
        match times.iter().max() {
            None => Err(VerifyError::Time(
                "neither a log nor an authority says when",
            )),
            Some(latest) if *latest > self.now => Err(VerifyError::Time("it lies in the future")),
            Some(_) => Ok(times),
        }
    }

    fn certified(&self, leaf: &Leaf<'_>, times: &[i64]) -> Result<Signer, VerifyError> {
        let mut issuer = None;
        for time in times {
            issuer = Some(leaf.path(&self.root.authorities, CODE_SIGNING, *time)?);
        }
        let issuer = issuer.ok_or(VerifyError::Time("no time"))?;
        sct::verify(leaf, &issuer, &self.root.certificate_logs)?;
        leaf.identity().map(Signer::Identity)
    }

    fn registered(&self, id: String, times: &[i64]) -> Result<Signer, VerifyError> {
        let holds = |time: &i64| {
            let mut keys = self.root.registry_keys.iter();
            keys.any(|key| {
                key.id == id && key.usage == "npm:attestations" && key.period.contains(*time)
            })
        };
        if times.iter().all(holds) {
            Ok(Signer::Key(id))
        } else {
            Err(VerifyError::Signer("a key that had expired"))
        }
    }
}

impl Bundle {
    /// Whether it is a signature over a file's bytes, not a statement about its digest.
    pub(crate) fn is_over_bytes(&self) -> bool {
        matches!(self.content, Content::Message { .. })
    }

    /// Whether its signature is over these bytes. Who signed them is not asked here.
    ///
    /// # Errors
    /// When it is not, or was made with a key alone.
    pub(crate) fn signs(&self, bytes: &[u8]) -> Result<(), VerifyError> {
        let Material::Certificate(der) = &self.signer else {
            return Err(VerifyError::UnknownKey);
        };
        let key = Leaf::parse(der)?.key()?;
        match key.verifies_own(bytes, self.content.signature()) {
            true => Ok(()),
            false => Err(VerifyError::Signature),
        }
    }
}

/// What a signature over an envelope is made over (DSSE's pre-authentication encoding).
fn envelope(payload_type: &str, payload: &[u8]) -> Vec<u8> {
    let mut message = format!(
        "DSSEv1 {} {payload_type} {} ",
        payload_type.len(),
        payload.len()
    )
    .into_bytes();
    message.extend_from_slice(payload);
    message
}
