//! A detached PKCS#7 signature with its certificate beside it (RFC 5652), as MCPB's own tool appends it to a bundle.
//!
//! What is proven is that the holder of the certificate's key signed these bytes. Who that is, only the certificate says: no authority
//! for the signing of code is trusted here, so nobody vouches for the name in it.

use ring::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};

use super::VerifyError;
use super::der::{INTEGER, NotDer, OCTETS, OID, Reader, SEQUENCE, SET, context, element};
use super::key::{Hash, Key};
use super::timestamp::{MESSAGE_DIGEST, SHA256, SIGNED_DATA, attribute, is};
use crate::digest::Sha256;

const DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01];
const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
const COMMON_NAME: &[u8] = &[0x55, 0x04, 0x03];

/// Who signed, as the certificate says. Untrusted text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Signatory {
    /// The name in the certificate.
    pub(crate) name: String,
    /// The name of who issued it; none where that is the same.
    pub(crate) issuer: Option<String>,
}

/// Proves that a detached signature is over bytes with this digest.
pub(crate) fn detached(signature: &[u8], over: &Sha256) -> Result<Signatory, VerifyError> {
    let parts = Parts::read(signature)?;
    if attribute(parts.attributes, MESSAGE_DIGEST)?
        .take(OCTETS)?
        .content
        != over.as_bytes()
    {
        return Err(VerifyError::Subject("it is over other bytes"));
    }
    let certificate = parts
        .certificates()?
        .into_iter()
        .find(|certificate| {
            certificate.issuer == parts.issuer && certificate.serial == parts.serial
        })
        .ok_or(VerifyError::Certificate("it is not there"))?;
    // The attributes are signed as a SET, and stand in the message under another tag.
    let signed = element(SET, parts.attributes);
    if !verifies(certificate.key, &signed, parts.signature)? {
        return Err(VerifyError::Signature);
    }
    let issuer = (certificate.issuer != certificate.subject)
        .then(|| common_name(certificate.issuer))
        .transpose()?;
    Ok(Signatory {
        name: common_name(certificate.subject)?,
        issuer,
    })
}

fn verifies(info: &[u8], message: &[u8], signature: &[u8]) -> Result<bool, NotDer> {
    let mut fields = Reader::only(info, SEQUENCE)?;
    if fields.inside(SEQUENCE)?.take(OID)?.content != RSA {
        return Ok(Key::from_info(info)?.verifies(Hash::Sha256, message, signature));
    }
    let (_, key) = fields.take(0x03)?.content.split_first().ok_or(NotDer)?;
    let key = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key);
    Ok(key.verify(message, signature).is_ok())
}

/// The parts of a SignedData with one signer.
struct Parts<'a> {
    certificates: &'a [u8],
    issuer: &'a [u8],
    serial: &'a [u8],
    /// The content of the signed attributes.
    attributes: &'a [u8],
    signature: &'a [u8],
}

impl<'a> Parts<'a> {
    fn read(signature: &'a [u8]) -> Result<Self, NotDer> {
        let mut content = Reader::only(signature, SEQUENCE)?;
        is(content.take(OID)?.content, SIGNED_DATA)?;
        let mut data = Reader::only(content.take(context(0))?.content, SEQUENCE)?;
        data.take(INTEGER)?;
        data.take(SET)?;
        let mut encapsulated = data.inside(SEQUENCE)?;
        is(encapsulated.take(OID)?.content, DATA)?;
        encapsulated.end()?;
        let certificates = data.take(context(0))?.content;
        data.take_if(context(1))?;
        let mut signers = data.inside(SET)?;
        let mut signer = signers.inside(SEQUENCE)?;
        signers.end()?;
        signer.take(INTEGER)?;
        let mut name = signer.inside(SEQUENCE)?;
        let (issuer, serial) = (name.take(SEQUENCE)?.whole, name.take(INTEGER)?.content);
        is(signer.inside(SEQUENCE)?.take(OID)?.content, SHA256)?;
        let attributes = signer.take(context(0))?.content;
        signer.take(SEQUENCE)?;
        Ok(Self {
            certificates,
            issuer,
            serial,
            attributes,
            signature: signer.take(OCTETS)?.content,
        })
    }

    fn certificates(&self) -> Result<Vec<Certificate<'a>>, NotDer> {
        let mut list = Reader::new(self.certificates);
        let mut all = Vec::new();
        while !list.is_empty() {
            all.push(Certificate::read(list.take(SEQUENCE)?.whole)?);
        }
        Ok(all)
    }
}

/// What of a certificate is looked at.
struct Certificate<'a> {
    serial: &'a [u8],
    issuer: &'a [u8],
    subject: &'a [u8],
    /// The SubjectPublicKeyInfo.
    key: &'a [u8],
}

impl<'a> Certificate<'a> {
    fn read(der: &'a [u8]) -> Result<Self, NotDer> {
        let mut fields = Reader::only(der, SEQUENCE)?.inside(SEQUENCE)?;
        fields.take_if(context(0))?;
        let serial = fields.take(INTEGER)?.content;
        fields.take(SEQUENCE)?;
        let issuer = fields.take(SEQUENCE)?.whole;
        fields.take(SEQUENCE)?;
        let subject = fields.take(SEQUENCE)?.whole;
        Ok(Self {
            serial,
            issuer,
            subject,
            key: fields.take(SEQUENCE)?.whole,
        })
    }
}

/// The common name in a distinguished name; empty where there is none.
fn common_name(name: &[u8]) -> Result<String, NotDer> {
    let mut parts = Reader::only(name, SEQUENCE)?;
    while !parts.is_empty() {
        let mut part = parts.inside(SET)?.inside(SEQUENCE)?;
        if part.take(OID)?.content == COMMON_NAME {
            return Ok(String::from_utf8_lossy(part.next()?.content).into_owned());
        }
    }
    Ok(String::new())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A bundle that MCPB's own tool signed with a certificate that it made: what is signed, and the signature.
    fn sample() -> (Vec<u8>, Vec<u8>) {
        let whole = include_bytes!("../../tests/data/signed.mcpb");
        let mark = b"MCPB_SIG_V1";
        let at = whole
            .windows(mark.len())
            .rposition(|bytes| bytes == mark)
            .unwrap();
        let (bundle, rest) = whole.split_at(at);
        let der = rest[15..].strip_suffix(b"MCPB_SIG_END").unwrap();
        (bundle.to_vec(), der.to_vec())
    }

    #[test]
    fn a_signature_is_over_these_bytes_and_no_others() {
        let (bundle, der) = sample();
        let signatory = detached(&der, &Sha256::of(&bundle)).unwrap();
        assert!(
            !signatory.name.is_empty() && signatory.issuer.is_none(),
            "{signatory:?}"
        );
        let other = Sha256::of(b"other");
        assert!(matches!(
            detached(&der, &other),
            Err(VerifyError::Subject(_))
        ));
    }

    #[test]
    fn every_byte_of_what_is_signed_counts() {
        let (bundle, der) = sample();
        let digest = Sha256::of(&bundle);
        let parts = Parts::read(&der).unwrap();
        for part in [
            parts.attributes,
            parts.signature,
            parts.serial,
            parts.issuer,
        ] {
            let at = part.as_ptr() as usize - der.as_ptr() as usize;
            for offset in [0, part.len() / 2, part.len() - 1] {
                let mut changed = der.clone();
                changed[at + offset] ^= 1;
                assert!(detached(&changed, &digest).is_err(), "{}", at + offset);
            }
        }
        for length in (0..der.len()).step_by(97) {
            assert!(detached(&der[..length], &digest).is_err(), "{length}");
        }
    }
}
