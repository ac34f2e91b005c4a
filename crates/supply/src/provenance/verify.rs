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
        let (key, verifier) = match (&with, &bundle.signer) {
            (With::Leaf(leaf), Material::Certificate(der)) => (leaf.key()?, der.clone()),
            (With::Key(_, key), _) => (key.clone(), key.info().to_vec()),
            (With::Leaf(_), Material::Key(_)) => {
                return Err(VerifyError::Malformed("no certificate"));
            }
        };
        if !key.verifies_own(message, signature) {
            return Err(VerifyError::Signature);
        }
        let expected = Expected {
            content: &bundle.content,
            verifier: &verifier,
            digest: Sha256::digest(message).into(),
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
                let known = known.ok_or(VerifyError::Signer("a key that is not known"))?;
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
