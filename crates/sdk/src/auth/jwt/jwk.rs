//! Public keys as JSON (RFC 7517) and their thumbprints (RFC 7638).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::signature::{self, RsaPublicKeyComponents, UnparsedPublicKey};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use super::{Algorithm, Header, JwtError, KeyError};
use crate::auth::json;

/// Keys that one set may have; more are refused.
const MAX_KEYS: usize = 256;

/// A public key, checked when it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Jwk {
    pub(super) material: Material,
    pub(super) id: Option<String>,
    /// The one algorithm that the owner names, if any.
    algorithm: Option<Algorithm>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Material {
    Rsa {
        n: Vec<u8>,
        e: Vec<u8>,
    },
    /// The uncompressed point.
    P256(Vec<u8>),
    P384(Vec<u8>),
    Ed25519(Vec<u8>),
}

#[derive(Deserialize)]
struct Raw {
    kty: String,
    crv: Option<String>,
    x: Option<String>,
    y: Option<String>,
    n: Option<String>,
    e: Option<String>,
    /// Private or symmetric parts, which make the key unacceptable.
    d: Option<serde::de::IgnoredAny>,
    k: Option<serde::de::IgnoredAny>,
    kid: Option<String>,
    alg: Option<String>,
    #[serde(rename = "use")]
    usage: Option<String>,
    key_ops: Option<Vec<String>>,
}

impl Jwk {
    pub(super) fn from_material(material: Material, algorithm: Option<Algorithm>) -> Self {
        Self {
            material,
            id: None,
            algorithm,
        }
    }

    /// Reads one public key.
    ///
    /// # Errors
    /// [`KeyError::Private`] for private or symmetric keys, and what else is wrong with it.
    pub fn parse(text: &[u8]) -> Result<Self, KeyError> {
        let raw: Raw = json::read(text).map_err(|_| KeyError::Malformed("not a JWK"))?;
        Self::from_raw(raw)
    }

    fn from_raw(raw: Raw) -> Result<Self, KeyError> {
        if raw.d.is_some() || raw.k.is_some() || raw.kty == "oct" {
            return Err(KeyError::Private);
        }
        let for_signatures = raw.usage.as_deref().is_none_or(|usage| usage == "sig")
            && raw
                .key_ops
                .as_ref()
                .is_none_or(|ops| ops.iter().any(|op| op == "verify"));
        if !for_signatures {
            return Err(KeyError::Algorithm);
        }
        let algorithm = match raw.alg.as_deref() {
            None => None,
            Some(name) => Some(Algorithm::named(name).ok_or(KeyError::Unsupported)?),
        };
        let key = Self {
            material: material(&raw)?,
            id: raw.kid,
            algorithm,
        };
        match algorithm {
            Some(algorithm) if !key.takes(algorithm) => Err(KeyError::Algorithm),
            _ => Ok(key),
        }
    }

    /// The owner's name for the key.
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// The same key under a name.
    #[must_use]
    pub fn with_id(mut self, id: impl Into<String>) -> Self {
        self.id = Some(id.into());
        self
    }

    /// Whether signatures of this algorithm can come from this key.
    #[must_use]
    pub fn takes(&self, algorithm: Algorithm) -> bool {
        let fits = match self.material {
            Material::Rsa { .. } => algorithm.is_rsa(),
            Material::P256(_) => algorithm == Algorithm::Es256,
            Material::P384(_) => algorithm == Algorithm::Es384,
            Material::Ed25519(_) => algorithm == Algorithm::EdDsa,
        };
        fits && self.algorithm.is_none_or(|own| own == algorithm)
    }

    /// The SHA-256 thumbprint, base64url: what `cnf.jkt` and `dpop_jkt` hold.
    #[must_use]
    pub fn thumbprint(&self) -> String {
        let digest = Sha256::digest(self.required_members());
        URL_SAFE_NO_PAD.encode(digest)
    }

    /// The key as JSON: the required members in the order of RFC 7638, without `kid`.
    #[must_use]
    pub fn to_json(&self) -> String {
        self.required_members()
    }

    fn required_members(&self) -> String {
        let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let point = |curve: &str, point: &[u8]| {
            let (x, y) = halves(point);
            format!(
                r#"{{"crv":"{curve}","kty":"EC","x":"{}","y":"{}"}}"#,
                text(x),
                text(y)
            )
        };
        match &self.material {
            Material::Rsa { n, e } => {
                format!(r#"{{"e":"{}","kty":"RSA","n":"{}"}}"#, text(e), text(n))
            }
            Material::P256(bytes) => point("P-256", bytes),
            Material::P384(bytes) => point("P-384", bytes),
            Material::Ed25519(x) => format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{}"}}"#, text(x)),
        }
    }

    pub(in crate::auth) fn verify(
        &self,
        algorithm: Algorithm,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), JwtError> {
        if !self.takes(algorithm) {
            return Err(JwtError::Algorithm);
        }
        let checked = match &self.material {
            Material::Rsa { n, e } => {
                let scheme = rsa_scheme(algorithm).ok_or(JwtError::Algorithm)?;
                RsaPublicKeyComponents { n, e }.verify(scheme, message, signature)
            }
            Material::P256(point) => {
                UnparsedPublicKey::new(&signature::ECDSA_P256_SHA256_FIXED, point)
                    .verify(message, signature)
            }
            Material::P384(point) => {
                UnparsedPublicKey::new(&signature::ECDSA_P384_SHA384_FIXED, point)
                    .verify(message, signature)
            }
            Material::Ed25519(key) => {
                UnparsedPublicKey::new(&signature::ED25519, key).verify(message, signature)
            }
        };
        checked.map_err(|_| JwtError::Signature)
    }
}

fn rsa_scheme(algorithm: Algorithm) -> Option<&'static signature::RsaParameters> {
    Some(match algorithm {
        Algorithm::Rs256 => &signature::RSA_PKCS1_2048_8192_SHA256,
        Algorithm::Rs384 => &signature::RSA_PKCS1_2048_8192_SHA384,
        Algorithm::Rs512 => &signature::RSA_PKCS1_2048_8192_SHA512,
        Algorithm::Ps256 => &signature::RSA_PSS_2048_8192_SHA256,
        Algorithm::Ps384 => &signature::RSA_PSS_2048_8192_SHA384,
        Algorithm::Ps512 => &signature::RSA_PSS_2048_8192_SHA512,
        Algorithm::Es256 | Algorithm::Es384 | Algorithm::EdDsa => return None,
    })
}

/// The two coordinates of an uncompressed point.
fn halves(point: &[u8]) -> (&[u8], &[u8]) {
    let coordinates = point.get(1..).unwrap_or_default();
    coordinates.split_at(coordinates.len() / 2)
}

fn material(raw: &Raw) -> Result<Material, KeyError> {
    match (raw.kty.as_str(), raw.crv.as_deref()) {
        ("RSA", _) => {
            let n = part(raw.n.as_ref(), "n")?;
            let e = part(raw.e.as_ref(), "e")?;
            // 2048 bits, counted from the first that is set.
            let short =
                n.len() < 256 || (n.len() == 256 && n.first().is_none_or(|first| *first < 0x80));
            if short || n.len() > 1024 || e.len() > 8 || n.first() == Some(&0) {
                return Err(KeyError::Malformed("RSA modulus or exponent"));
            }
            Ok(Material::Rsa { n, e })
        }
        ("EC", Some("P-256")) => point(raw, 32).map(Material::P256),
        ("EC", Some("P-384")) => point(raw, 48).map(Material::P384),
        ("OKP", Some("Ed25519")) => {
            let x = part(raw.x.as_ref(), "x")?;
            if x.len() != 32 {
                return Err(KeyError::Malformed("x"));
            }
            Ok(Material::Ed25519(x))
        }
        _ => Err(KeyError::Unsupported),
    }
}

fn point(raw: &Raw, length: usize) -> Result<Vec<u8>, KeyError> {
    let (x, y) = (part(raw.x.as_ref(), "x")?, part(raw.y.as_ref(), "y")?);
    if x.len() != length || y.len() != length {
        return Err(KeyError::Malformed("coordinate length"));
    }
    Ok([&[4][..], &x, &y].concat())
}

fn part(text: Option<&String>, name: &'static str) -> Result<Vec<u8>, KeyError> {
    let text = text.ok_or(KeyError::Malformed(name))?;
    URL_SAFE_NO_PAD
        .decode(text)
        .map_err(|_| KeyError::Malformed(name))
}

/// Public keys of an issuer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct JwkSet {
    keys: Vec<Jwk>,
}

#[derive(Deserialize)]
struct RawSet {
    keys: Vec<Raw>,
}

impl JwkSet {
    /// A set of these keys.
    pub fn new(keys: impl IntoIterator<Item = Jwk>) -> Self {
        Self {
            keys: keys.into_iter().collect(),
        }
    }

    /// Reads a set. Keys that we cannot use (other curves, encryption keys) are left out, as RFC 7517 section 5 asks.
    ///
    /// # Errors
    /// When it is no key set, has more than 256 keys, or publishes a private or symmetric key.
    pub fn parse(text: &[u8]) -> Result<Self, KeyError> {
        let raw: RawSet = json::read(text).map_err(|_| KeyError::Malformed("not a JWK set"))?;
        if raw.keys.len() > MAX_KEYS {
            return Err(KeyError::Malformed("too many keys"));
        }
        let mut keys = Vec::with_capacity(raw.keys.len());
        for key in raw.keys {
            match Jwk::from_raw(key) {
                Ok(key) => keys.push(key),
                Err(KeyError::Private) => return Err(KeyError::Private),
                Err(_unusable) => {}
            }
        }
        Ok(Self { keys })
    }

    /// All usable keys.
    #[must_use]
    pub fn keys(&self) -> &[Jwk] {
        &self.keys
    }

    /// The keys that a token with this header may have been signed with. A header with a `kid` means that key only.
    pub fn candidates<'a>(&'a self, header: &'a Header) -> impl Iterator<Item = &'a Jwk> {
        self.keys.iter().filter(move |key| {
            key.takes(header.algorithm()) && header.key_id().is_none_or(|id| key.id() == Some(id))
        })
    }
}
