//! Public keys as trust roots and certificates carry them, and signatures checked with them (ring).

use ring::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA384_ASN1, ECDSA_P384_SHA256_ASN1, ECDSA_P384_SHA384_ASN1,
    ED25519, UnparsedPublicKey, VerificationAlgorithm,
};

use super::der::{NotDer, OID, Reader, SEQUENCE};

const EC: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
const P256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
const P384: &[u8] = &[0x2b, 0x81, 0x04, 0x00, 0x22];
const EDWARDS: &[u8] = &[0x2b, 0x65, 0x70];

/// Kinds of key that are accepted. No RSA: neither Sigstore's services nor npm sign with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    P256,
    P384,
    Ed25519,
}

/// The digest that a signature is made over, where the key does not say it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hash {
    Sha256,
    Sha384,
}

/// A public key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Key {
    kind: Kind,
    point: Vec<u8>,
    /// The whole SubjectPublicKeyInfo.
    info: Vec<u8>,
}

impl Key {
    /// Reads a SubjectPublicKeyInfo.
    pub(super) fn from_info(info: &[u8]) -> Result<Self, NotDer> {
        let mut fields = Reader::only(info, SEQUENCE)?;
        let mut algorithm = fields.inside(SEQUENCE)?;
        let name = algorithm.take(OID)?.content;
        let curve = if algorithm.is_empty() {
            None
        } else {
            Some(algorithm.take(OID)?.content)
        };
        algorithm.end()?;
        let bits = fields.take(0x03)?.content;
        fields.end()?;
        let (unused, point) = bits.split_first().ok_or(NotDer)?;
        let kind = match (name, curve) {
            (EC, Some(P256)) => Kind::P256,
            (EC, Some(P384)) => Kind::P384,
            (EDWARDS, None) => Kind::Ed25519,
            _ => return Err(NotDer),
        };
        if *unused != 0 {
            return Err(NotDer);
        }
        Ok(Self {
            kind,
            point: point.to_vec(),
            info: info.to_vec(),
        })
    }

    /// Its SubjectPublicKeyInfo.
    pub(super) fn info(&self) -> &[u8] {
        &self.info
    }

    /// Whether a signature with the key's own digest (SHA-256 for P-256, SHA-384 for P-384) fits. Logs and Fulcio's leaves of P-384
    /// sign over SHA-256 as well; `hash` says which.
    pub(super) fn verifies(&self, hash: Hash, message: &[u8], signature: &[u8]) -> bool {
        let algorithm: &'static dyn VerificationAlgorithm = match (self.kind, hash) {
            (Kind::P256, Hash::Sha256) => &ECDSA_P256_SHA256_ASN1,
            (Kind::P256, Hash::Sha384) => &ECDSA_P256_SHA384_ASN1,
            (Kind::P384, Hash::Sha256) => &ECDSA_P384_SHA256_ASN1,
            (Kind::P384, Hash::Sha384) => &ECDSA_P384_SHA384_ASN1,
            (Kind::Ed25519, _) => &ED25519,
        };
        UnparsedPublicKey::new(algorithm, &self.point)
            .verify(message, signature)
            .is_ok()
    }

    /// As [`Key::verifies`] with the digest that belongs to the key.
    pub(super) fn verifies_own(&self, message: &[u8], signature: &[u8]) -> bool {
        let hash = match self.kind {
            Kind::P384 => Hash::Sha384,
            _ => Hash::Sha256,
        };
        self.verifies(hash, message, signature)
    }
}

/// The bytes of a PEM block of this label.
pub(super) fn pem(text: &str, label: &str) -> Option<Vec<u8>> {
    use base64::{Engine, engine::general_purpose::STANDARD};
    let (_, rest) = text.split_once(&format!("-----BEGIN {label}-----"))?;
    let (body, _) = rest.split_once(&format!("-----END {label}-----"))?;
    let body: String = body.split_ascii_whitespace().collect();
    STANDARD.decode(body).ok()
}
