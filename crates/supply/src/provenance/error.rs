//! Why provenance was not accepted.

/// Why an attestation or signature proves nothing. Each says which link of the chain broke.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// It is not in a format that is understood.
    #[error("the attestation cannot be read: {0}")]
    Malformed(&'static str),
    /// The signing certificate leads to no trusted authority, or did not hold when it was used.
    #[error("the signing certificate is not trusted: {0}")]
    Certificate(&'static str),
    /// The transparency log does not prove that it has the signature.
    #[error("the transparency log does not vouch for it: {0}")]
    Log(&'static str),
    /// When it was signed is not proven.
    #[error("the time of signing is not proven: {0}")]
    Time(&'static str),
    /// The signature does not fit what is signed.
    #[error("the signature does not fit")]
    Signature,
    /// It is about other bytes, or about another package.
    #[error("the attestation is about something else: {0}")]
    Subject(&'static str),
    /// It was signed with a key alone, and nobody here knows the key.
    #[error("it was signed with a key that is not known here")]
    UnknownKey,
    /// It was signed by somebody else than the registry or publisher says.
    #[error("the attestation was signed by somebody else: {0}")]
    Signer(&'static str),
}

impl From<super::der::NotDer> for VerifyError {
    fn from(_: super::der::NotDer) -> Self {
        Self::Malformed("not DER")
    }
}
