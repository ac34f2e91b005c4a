//! Compact JWS (RFC 7515): reading and checking.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{Algorithm, Claims, Jwk, JwkSet, JwtError};
use crate::auth::json;

/// What the signer says of the signature. None of it is trusted before the signature held.
#[derive(Debug, Clone)]
pub struct Header {
    algorithm: Algorithm,
    key_id: Option<String>,
    kind: Option<String>,
    key: Option<Jwk>,
}

#[derive(Deserialize)]
struct RawHeader {
    alg: String,
    kid: Option<String>,
    typ: Option<String>,
    jwk: Option<Box<RawValue>>,
    crit: Option<serde::de::IgnoredAny>,
    b64: Option<serde::de::IgnoredAny>,
}

impl Header {
    fn parse(text: &[u8]) -> Result<Self, JwtError> {
        let raw: RawHeader = json::read(text).map_err(|_| JwtError::Malformed("header"))?;
        // Extensions that must be understood are not: we know none.
        if raw.crit.is_some() || raw.b64.is_some() {
            return Err(JwtError::Malformed("critical header"));
        }
        let algorithm = Algorithm::named(&raw.alg).ok_or(JwtError::Algorithm)?;
        let key = match raw.jwk {
            None => None,
            Some(key) => {
                Some(Jwk::parse(key.get().as_bytes()).map_err(|_| JwtError::Malformed("jwk"))?)
            }
        };
        Ok(Self {
            algorithm,
            key_id: raw.kid,
            kind: raw.typ,
            key,
        })
    }

    /// `alg`.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// `kid`.
    #[must_use]
    pub fn key_id(&self) -> Option<&str> {
        self.key_id.as_deref()
    }

    /// `typ` as written.
    #[must_use]
    pub fn kind(&self) -> Option<&str> {
        self.kind.as_deref()
    }

    /// Whether `typ` is this media type: without regard to case and to the prefix `application/` (RFC 7515 section 4.1.9).
    #[must_use]
    pub fn is_kind(&self, expected: &str) -> bool {
        let strip = |kind: &str| {
            let lower = kind.to_ascii_lowercase();
            lower
                .strip_prefix("application/")
                .map_or(lower.clone(), str::to_owned)
        };
        self.kind
            .as_deref()
            .is_some_and(|kind| strip(kind) == strip(expected))
    }

    /// The key that the token brought along. A DPoP proof means it; an access token never does.
    #[must_use]
    pub fn embedded_key(&self) -> Option<&Jwk> {
        self.key.as_ref()
    }
}

/// A token whose form was checked and whose signature was not.
pub struct Jws<'a> {
    header: Header,
    signed: &'a str,
    payload: Vec<u8>,
    signature: Vec<u8>,
}

impl<'a> Jws<'a> {
    /// The longest token that is read, in bytes.
    pub const MAX: usize = 16 << 10;

    /// Takes a token apart.
    ///
    /// # Errors
    /// When the form is wrong or the algorithm is none that we speak.
    pub fn parse(token: &'a str) -> Result<Self, JwtError> {
        if token.len() > Self::MAX {
            return Err(JwtError::TooLong);
        }
        let malformed = || JwtError::Malformed("three parts");
        let (signed, signature) = token.rsplit_once('.').ok_or_else(malformed)?;
        let (header, payload) = signed.split_once('.').ok_or_else(malformed)?;
        let decode = |part: &str| {
            URL_SAFE_NO_PAD
                .decode(part)
                .map_err(|_| JwtError::Malformed("base64url"))
        };
        Ok(Self {
            header: Header::parse(&decode(header)?)?,
            signed,
            payload: decode(payload)?,
            signature: decode(signature)?,
        })
    }

    /// The header, not yet trusted.
    #[must_use]
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The claims, if a key of `keys` made the signature with one of `accepted`.
    ///
    /// # Errors
    /// [`JwtError::NoKey`] asks for a fresh key set; the others are final.
    pub fn verify(&self, keys: &JwkSet, accepted: &[Algorithm]) -> Result<Claims, JwtError> {
        if !accepted.contains(&self.header.algorithm) {
            return Err(JwtError::Algorithm);
        }
        let mut result = Err(JwtError::NoKey);
        for key in keys.candidates(&self.header) {
            result = self.verify_with(key, accepted);
            if result != Err(JwtError::Signature) {
                break;
            }
        }
        result
    }

    /// The claims, if this very key made the signature with one of `accepted`.
    ///
    /// # Errors
    /// When it did not, or when the payload is no JSON object.
    pub fn verify_with(&self, key: &Jwk, accepted: &[Algorithm]) -> Result<Claims, JwtError> {
        if !accepted.contains(&self.header.algorithm) {
            return Err(JwtError::Algorithm);
        }
        key.verify(
            self.header.algorithm,
            self.signed.as_bytes(),
            &self.signature,
        )?;
        Claims::parse(&self.payload)
    }
}
