//! Signed timestamps (RFC 3161): when a signature existed, said by an authority of the trust root.

use sha2::{Digest as _, Sha256, Sha384};

use super::VerifyError;
use super::certificate::{Leaf, TIME_STAMPING};
use super::der::{
    GENERALIZED_TIME, INTEGER, NotDer, OCTETS, OID, Reader, SEQUENCE, SET, context, element,
};
use super::key::Hash;
use super::root::Authority;
use super::time;

pub(super) const SIGNED_DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02];
const TIMESTAMP_INFO: &[u8] = &[
    0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x10, 0x01, 0x04,
];
const CONTENT_TYPE: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x03];
pub(super) const MESSAGE_DIGEST: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x04];
pub(super) const SHA256: &[u8] = &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01];
const SHA384: &[u8] = &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x02];

/// Proves that `stamp` is a timestamp of an authority over `signature`; gives its time.
pub(super) fn verify(
    stamp: &[u8],
    signature: &[u8],
    authorities: &[Authority],
) -> Result<i64, VerifyError> {
    let token = Token::read(stamp)
        .map_err(|NotDer| VerifyError::Time("no timestamp that is understood"))?;
    let (time, imprint) = token
        .info()
        .map_err(|NotDer| VerifyError::Time("no timestamp that is understood"))?;
    if !imprint.fits(signature) {
        return Err(VerifyError::Time("the timestamp is of something else"));
    }
    if token.digest(token.content).as_slice() != token.message_digest {
        return Err(VerifyError::Time("the timestamp was changed"));
    }
    let signed = element(SET, token.attributes);
    let signed_by = |authority: &&Authority| {
        let leaf = authority
            .chain
            .first()
            .and_then(|der| Leaf::parse(der).ok());
        leaf.is_some_and(|leaf| {
            leaf.key()
                .is_ok_and(|key| key.verifies(token.hash, &signed, token.signature))
                && leaf
                    .path(std::slice::from_ref(*authority), TIME_STAMPING, time)
                    .is_ok()
        })
    };
    match authorities.iter().find(signed_by) {
        Some(_) => Ok(time),
        None => Err(VerifyError::Time(
            "no trusted authority signed the timestamp",
        )),
    }
}

/// The digest of what was stamped.
struct Imprint<'a> {
    hash: Hash,
    digest: &'a [u8],
}

impl Imprint<'_> {
    fn fits(&self, bytes: &[u8]) -> bool {
        digest(self.hash, bytes) == self.digest
    }
}

fn digest(hash: Hash, bytes: &[u8]) -> Vec<u8> {
    match hash {
        Hash::Sha256 => Sha256::digest(bytes).to_vec(),
        Hash::Sha384 => Sha384::digest(bytes).to_vec(),
    }
}

/// The parts of a timestamp token (a CMS SignedData with one signer).
struct Token<'a> {
    /// The encoded TSTInfo.
    content: &'a [u8],
    hash: Hash,
    /// The content of the signed attributes.
    attributes: &'a [u8],
    message_digest: &'a [u8],
    signature: &'a [u8],
}

impl<'a> Token<'a> {
    fn read(response: &'a [u8]) -> Result<Self, NotDer> {
        let mut response = Reader::only(response, SEQUENCE)?;
        let mut status = response.inside(SEQUENCE)?;
        // Granted, or granted with modifications.
        if !matches!(status.take(INTEGER)?.content, [0 | 1]) {
            return Err(NotDer);
        }
        let mut token = response.inside(SEQUENCE)?;
        response.end()?;
        is(token.take(OID)?.content, SIGNED_DATA)?;
        let mut data = Reader::only(token.take(context(0))?.content, SEQUENCE)?;
        data.take(INTEGER)?;
        data.take(SET)?;
        let mut encapsulated = data.inside(SEQUENCE)?;
        is(encapsulated.take(OID)?.content, TIMESTAMP_INFO)?;
        let mut content = encapsulated.inside(context(0))?;
        let content = content.take(OCTETS)?.content;
        // Certificates in the token mean nothing: the trust root's count.
        data.take_if(context(0))?;
        data.take_if(context(1))?;
        let mut signers = data.inside(SET)?;
        let signer = signers.inside(SEQUENCE)?;
        signers.end()?;
        Self::signer(signer, content)
    }

    fn signer(mut signer: Reader<'a>, content: &'a [u8]) -> Result<Self, NotDer> {
        signer.take(INTEGER)?;
        signer.next()?;
        let hash = algorithm(signer.inside(SEQUENCE)?)?;
        let attributes = signer.take(context(0))?.content;
        signer.take(SEQUENCE)?;
        let signature = signer.take(OCTETS)?.content;
        is(
            attribute(attributes, CONTENT_TYPE)?.take(OID)?.content,
            TIMESTAMP_INFO,
        )?;
        Ok(Self {
            content,
            hash,
            attributes,
            message_digest: attribute(attributes, MESSAGE_DIGEST)?.take(OCTETS)?.content,
            signature,
        })
    }

    /// Time and imprint in the TSTInfo.
    fn info(&self) -> Result<(i64, Imprint<'a>), NotDer> {
        let mut info = Reader::only(self.content, SEQUENCE)?;
        info.take(INTEGER)?;
        info.take(OID)?;
        let mut imprint = info.inside(SEQUENCE)?;
        let hash = algorithm(imprint.inside(SEQUENCE)?)?;
        let digest = imprint.take(OCTETS)?.content;
        imprint.end()?;
        info.take(INTEGER)?;
        let text = std::str::from_utf8(info.take(GENERALIZED_TIME)?.content).map_err(|_| NotDer)?;
        let time = time::generalized(text).ok_or(NotDer)?;
        Ok((time, Imprint { hash, digest }))
    }

    fn digest(&self, bytes: &[u8]) -> Vec<u8> {
        digest(self.hash, bytes)
    }
}

pub(super) fn is(found: &[u8], expected: &[u8]) -> Result<(), NotDer> {
    if found == expected {
        Ok(())
    } else {
        Err(NotDer)
    }
}

fn algorithm(mut fields: Reader<'_>) -> Result<Hash, NotDer> {
    match fields.take(OID)?.content {
        SHA256 => Ok(Hash::Sha256),
        SHA384 => Ok(Hash::Sha384),
        _ => Err(NotDer),
    }
}

/// The values of the one attribute of this kind.
pub(super) fn attribute<'a>(attributes: &'a [u8], kind: &[u8]) -> Result<Reader<'a>, NotDer> {
    let mut list = Reader::new(attributes);
    let mut found = None;
    while !list.is_empty() {
        let mut attribute = list.inside(SEQUENCE)?;
        if attribute.take(OID)?.content == kind {
            if found.is_some() {
                return Err(NotDer);
            }
            found = Some(attribute.inside(SET)?);
        }
    }
    found.ok_or(NotDer)
}
