//! What can be wrong with a token or with a key.

use thiserror::Error;

/// Why a token is not valid. None of the variants carries a part of the token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum JwtError {
    /// Longer than [`Jws::MAX`](super::Jws::MAX) bytes.
    #[error("token over the size limit")]
    TooLong,
    /// Not three base64url parts around strict JSON.
    #[error("malformed token: {0}")]
    Malformed(&'static str),
    /// `none`, symmetric, unknown, or not one of those the caller takes.
    #[error("signature algorithm not accepted")]
    Algorithm,
    /// No key of the set fits the header.
    #[error("no key for this token")]
    NoKey,
    /// The signature does not belong to this text and key.
    #[error("signature does not verify")]
    Signature,
    /// A claim that has to be there is not, or is of the wrong type.
    #[error("claim `{0}` is missing or malformed")]
    Claim(&'static str),
    /// `exp` has passed.
    #[error("token has expired")]
    Expired,
    /// `nbf` or `iat` lies in the future.
    #[error("token is not valid yet")]
    NotYet,
}

/// Why a key cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum KeyError {
    /// Not a JWK, or one whose parts have the wrong length.
    #[error("malformed key: {0}")]
    Malformed(&'static str),
    /// A key type or a curve that we do not speak.
    #[error("key type or curve not supported")]
    Unsupported,
    /// A public key was expected and a private or symmetric one came.
    #[error("key set contains private key material")]
    Private,
    /// Not a PEM of a PKCS #8 or PKCS #1 private key.
    #[error("not a private key in PEM form; convert it with `openssl pkcs8 -topk8 -nocrypt`")]
    Pem,
    /// The key is for another algorithm.
    #[error("key does not fit the algorithm")]
    Algorithm,
    /// The kernel gave no randomness or the library refused to sign.
    #[error("signing failed")]
    Signing,
}
