//! Signed certificate timestamps (RFC 6962): the certificate was shown to a certificate log before it was used.

use sha2::{Digest as _, Sha256};

use super::VerifyError;
use super::certificate::Leaf;
use super::der::{OCTETS, Reader, SEQUENCE, context, element};
use super::root::LogKey;

/// The extension that carries them, 1.3.6.1.4.1.11129.2.4.2.
const TIMESTAMPS: &[u8] = &[0x2b, 0x06, 0x01, 0x04, 0x01, 0xd6, 0x79, 0x02, 0x04, 0x02];

/// Proves that a known log gave a timestamp for this certificate of this issuer.
pub(super) fn verify(leaf: &Leaf<'_>, issuer: &[u8], logs: &[LogKey]) -> Result<(), VerifyError> {
    let none = VerifyError::Certificate("no certificate log has seen it");
    let value = leaf.extension(TIMESTAMPS).ok_or(none)?;
    let mut outer = Reader::new(value);
    let list = outer.take(OCTETS)?.content;
    outer.end()?;
    let (list, rest) = sized(list).ok_or(none)?;
    if !rest.is_empty() {
        return Err(none);
    }
    let signed = precertificate(leaf);
    let mut rest = list;
    while let Some((timestamp, after)) = sized(rest) {
        rest = after;
        if Timestamp::read(timestamp).is_some_and(|timestamp| timestamp.fits(&signed, issuer, logs))
        {
            return Ok(());
        }
    }
    Err(none)
}

struct Timestamp<'a> {
    log: &'a [u8],
    milliseconds: u64,
    extensions: &'a [u8],
    signature: &'a [u8],
}

impl<'a> Timestamp<'a> {
    fn read(bytes: &'a [u8]) -> Option<Self> {
        let (version, rest) = bytes.split_first()?;
        let (log, rest) = rest.split_at_checked(32)?;
        let (time, rest) = rest.split_at_checked(8)?;
        let (extensions, rest) = sized(rest)?;
        // SHA-256 and ECDSA.
        let rest = rest.strip_prefix(&[4, 3])?;
        let (signature, rest) = sized(rest)?;
        (*version == 0 && rest.is_empty()).then_some(())?;
        Some(Self {
            log,
            milliseconds: u64::from_be_bytes(time.try_into().ok()?),
            extensions,
            signature,
        })
    }

    fn fits(&self, signed: &[u8], issuer: &[u8], logs: &[LogKey]) -> bool {
        let seconds = i64::try_from(self.milliseconds / 1000).unwrap_or(i64::MAX);
        let length = |bytes: &[u8]| u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_be_bytes();
        let mut message = vec![0, 0];
        message.extend(self.milliseconds.to_be_bytes());
        message.extend([0, 1]);
        message.extend(Sha256::digest(issuer));
        message.extend(length(signed).iter().skip(1));
        message.extend(signed);
        message.extend(length(self.extensions).iter().skip(2));
        message.extend(self.extensions);
        logs.iter()
            .filter(|log| log.id == self.log && log.period.contains(seconds))
            .any(|log| log.key.verifies_own(&message, self.signature))
    }
}

/// What the log signed: the certificate without the timestamps themselves.
fn precertificate(leaf: &Leaf<'_>) -> Vec<u8> {
    let extensions: Vec<u8> = leaf
        .parts
        .extensions
        .iter()
        .filter(|extension| extension.id != TIMESTAMPS)
        .flat_map(|extension| extension.whole.iter().copied())
        .collect();
    let mut fields: Vec<u8> = leaf.parts.head.concat();
    fields.extend(element(context(3), &element(SEQUENCE, &extensions)));
    element(SEQUENCE, &fields)
}

/// Bytes with their length in two bytes before them, and the rest.
fn sized(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<2>()?;
    rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))
}
