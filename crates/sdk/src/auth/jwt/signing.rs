//! Private keys, and signing with them.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::signature::{
    self, ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair,
    Ed25519KeyPair, KeyPair as _, RsaKeyPair, RsaPublicKeyComponents,
};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::jwk::Material;
use super::pem::{self, Block};
use super::{Algorithm, Jwk, KeyError};

/// A private key and the one algorithm that it signs with. It has no `Debug` and cannot be written out; a generated key
/// is kept, where it has to be, through [`SigningKey::generate_pkcs8`].
pub struct SigningKey {
    pair: Pair,
    algorithm: Algorithm,
    public: Jwk,
    random: SystemRandom,
}

enum Pair {
    Rsa(Box<RsaKeyPair>),
    Ecdsa(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

impl SigningKey {
    /// A fresh key for one of `ES256`, `ES384` and `EdDSA`.
    ///
    /// # Errors
    /// For RSA algorithms, whose keys we do not generate, and without randomness.
    pub fn generate(algorithm: Algorithm) -> Result<Self, KeyError> {
        Self::from_pkcs8(&Self::generate_pkcs8(algorithm)?, algorithm)
    }

    /// A fresh key in the form that is stored.
    ///
    /// # Errors
    /// As [`SigningKey::generate`].
    pub fn generate_pkcs8(algorithm: Algorithm) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        let random = SystemRandom::new();
        let document = match algorithm {
            Algorithm::Es256 => {
                EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random)
            }
            Algorithm::Es384 => {
                EcdsaKeyPair::generate_pkcs8(&ECDSA_P384_SHA384_FIXED_SIGNING, &random)
            }
            Algorithm::EdDsa => Ed25519KeyPair::generate_pkcs8(&random),
            _ => return Err(KeyError::Unsupported),
        };
        let document = document.map_err(|_| KeyError::Signing)?;
        Ok(Zeroizing::new(document.as_ref().to_vec()))
    }

    /// A key from PKCS #8, DER.
    ///
    /// # Errors
    /// When it is not a key for `algorithm`.
    pub fn from_pkcs8(der: &[u8], algorithm: Algorithm) -> Result<Self, KeyError> {
        let rejected = |_| KeyError::Algorithm;
        let random = SystemRandom::new();
        let pair = match algorithm {
            Algorithm::Es256 => {
                EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, der, &random)
                    .map(Pair::Ecdsa)
            }
            Algorithm::Es384 => {
                EcdsaKeyPair::from_pkcs8(&ECDSA_P384_SHA384_FIXED_SIGNING, der, &random)
                    .map(Pair::Ecdsa)
            }
            Algorithm::EdDsa => Ed25519KeyPair::from_pkcs8_maybe_unchecked(der).map(Pair::Ed25519),
            _ => RsaKeyPair::from_pkcs8(der).map(|pair| Pair::Rsa(Box::new(pair))),
        };
        Ok(Self::from_pair(pair.map_err(rejected)?, algorithm, random))
    }

    /// A key from a PEM file: `PRIVATE KEY` or `RSA PRIVATE KEY`.
    ///
    /// # Errors
    /// When it is no such file or not a key for `algorithm`.
    pub fn from_pem(text: &str, algorithm: Algorithm) -> Result<Self, KeyError> {
        match pem::decode(text)? {
            Block::Pkcs8(der) => Self::from_pkcs8(&der, algorithm),
            Block::Pkcs1(der) if algorithm.is_rsa() => {
                let pair =
                    RsaKeyPair::from_der(&der).map_err(|_| KeyError::Malformed("RSA key"))?;
                Ok(Self::from_pair(
                    Pair::Rsa(Box::new(pair)),
                    algorithm,
                    SystemRandom::new(),
                ))
            }
            Block::Pkcs1(_) => Err(KeyError::Algorithm),
        }
    }

    fn from_pair(pair: Pair, algorithm: Algorithm, random: SystemRandom) -> Self {
        let material = match &pair {
            Pair::Rsa(pair) => {
                let RsaPublicKeyComponents { n, e } =
                    RsaPublicKeyComponents::<Vec<u8>>::from(pair.public());
                Material::Rsa { n, e }
            }
            Pair::Ecdsa(pair) if algorithm == Algorithm::Es384 => {
                Material::P384(pair.public_key().as_ref().to_vec())
            }
            Pair::Ecdsa(pair) => Material::P256(pair.public_key().as_ref().to_vec()),
            Pair::Ed25519(pair) => Material::Ed25519(pair.public_key().as_ref().to_vec()),
        };
        let public = Jwk::from_material(material, Some(algorithm));
        Self {
            pair,
            algorithm,
            public,
            random,
        }
    }

    /// The same key under a name that goes into `kid`.
    #[must_use]
    pub fn with_id(mut self, id: impl Into<String>) -> Self {
        self.public = self.public.with_id(id);
        self
    }

    /// What it signs with.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The public half.
    #[must_use]
    pub fn public(&self) -> &Jwk {
        &self.public
    }

    /// A token with these claims and this `typ`.
    ///
    /// # Errors
    /// When the library cannot sign.
    pub fn sign_claims(&self, kind: &str, claims: &Value) -> Result<String, KeyError> {
        let mut header = json!({"alg": self.algorithm.name(), "typ": kind});
        if let (Some(id), Some(members)) = (self.public.id(), header.as_object_mut()) {
            members.insert("kid".to_owned(), id.into());
        }
        self.sign(&header.to_string(), &claims.to_string())
    }

    /// A token with this header and payload, both JSON.
    pub(crate) fn sign(&self, header: &str, payload: &str) -> Result<String, KeyError> {
        let mut token = URL_SAFE_NO_PAD.encode(header);
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(payload, &mut token);
        let signature = self.signature(token.as_bytes())?;
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(signature, &mut token);
        Ok(token)
    }

    fn signature(&self, message: &[u8]) -> Result<Vec<u8>, KeyError> {
        let failed = |_| KeyError::Signing;
        match &self.pair {
            Pair::Rsa(pair) => {
                let padding = rsa_padding(self.algorithm).ok_or(KeyError::Algorithm)?;
                let mut signature = vec![0; pair.public().modulus_len()];
                pair.sign(padding, &self.random, message, &mut signature)
                    .map_err(failed)?;
                Ok(signature)
            }
            Pair::Ecdsa(pair) => {
                let signature = pair.sign(&self.random, message).map_err(failed)?;
                Ok(signature.as_ref().to_vec())
            }
            Pair::Ed25519(pair) => Ok(pair.sign(message).as_ref().to_vec()),
        }
    }
}

fn rsa_padding(algorithm: Algorithm) -> Option<&'static dyn signature::RsaEncoding> {
    Some(match algorithm {
        Algorithm::Rs256 => &signature::RSA_PKCS1_SHA256,
        Algorithm::Rs384 => &signature::RSA_PKCS1_SHA384,
        Algorithm::Rs512 => &signature::RSA_PKCS1_SHA512,
        Algorithm::Ps256 => &signature::RSA_PSS_SHA256,
        Algorithm::Ps384 => &signature::RSA_PSS_SHA384,
        Algorithm::Ps512 => &signature::RSA_PSS_SHA512,
        Algorithm::Es256 | Algorithm::Es384 | Algorithm::EdDsa => return None,
    })
}
