//! Signed statements of how far the log had come.
//!
//! The newest one is kept in the file `head` and rewritten after every fsync (see `head`): what is missing
//! from the end of the log is found because the head promised more. Others stand in the log itself. Any of them may be
//! copied elsewhere; a log that was rewritten by someone who owned its key no longer contains it.

use std::fmt;
use std::str::FromStr;

use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use thiserror::Error;

use crate::event::Digest;
use crate::render;

/// The length of a checkpoint as text. It is fixed.
pub(crate) const TEXT_LEN: usize = PREFIX.len() + 20 + 1 + 64 + 1 + 64 + 1 + 128;

const PREFIX: &str = "interlock-audit-v1:";
const DOMAIN: &[u8] = b"interlock audit checkpoint v1\0";

/// A signature over one record's sequence number and hash, and so over every record before it.
///
/// As text it is one word, `interlock-audit-v1:SEQ:HASH:KEY:SIGNATURE`, made to be kept elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Checkpoint {
    seq: u64,
    hash: Digest,
    key: Digest,
    sig: [u8; 64],
}

impl Checkpoint {
    pub(crate) fn sign(seq: u64, hash: Digest, key: &SigningKey) -> Self {
        let sig = key.sign(&message(seq, &hash)).to_bytes();
        Self {
            seq,
            hash,
            key: key.verifying_key().to_bytes(),
            sig,
        }
    }

    pub(crate) const fn from_parts(seq: u64, hash: Digest, key: Digest, sig: [u8; 64]) -> Self {
        Self {
            seq,
            hash,
            key,
            sig,
        }
    }

    /// Whether the signature is right. `verify_strict` accepts one spelling of one signature.
    #[must_use]
    pub fn is_genuine(&self) -> bool {
        VerifyingKey::from_bytes(&self.key).is_ok_and(|key| {
            let message = message(self.seq, &self.hash);
            key.verify_strict(&message, &Signature::from_bytes(&self.sig))
                .is_ok()
        })
    }

    /// The sequence number of the record that it signs.
    #[must_use]
    pub const fn seq(&self) -> u64 {
        self.seq
    }

    /// The hash of the record that it signs.
    #[must_use]
    pub const fn hash(&self) -> &Digest {
        &self.hash
    }

    /// The public key of the log that made it.
    #[must_use]
    pub const fn key(&self) -> &Digest {
        &self.key
    }

    pub(crate) const fn sig(&self) -> &[u8; 64] {
        &self.sig
    }

    /// The first line of the head.
    pub(crate) fn to_line(self) -> Vec<u8> {
        let mut line = self.to_string().into_bytes();
        line.push(b'\n');
        line
    }

    /// Reads the first line of the head.
    pub(crate) fn from_line(line: &[u8]) -> Option<Self> {
        std::str::from_utf8(line.strip_suffix(b"\n")?)
            .ok()?
            .parse()
            .ok()
    }
}

fn message(seq: u64, hash: &Digest) -> Vec<u8> {
    [DOMAIN, &seq.to_be_bytes(), hash].concat()
}

impl fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = Vec::with_capacity(TEXT_LEN);
        for part in [self.hash.as_slice(), &self.key, &self.sig] {
            text.push(b':');
            render::hex(part, &mut text);
        }
        write!(
            f,
            "{PREFIX}{:020}{}",
            self.seq,
            String::from_utf8_lossy(&text)
        )
    }
}

/// The text is not a checkpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error(
    "not a checkpoint; one starts with `interlock-audit-v1:` and is printed by `interlock audit verify`"
)]
pub struct CheckpointSyntax;

impl FromStr for Checkpoint {
    type Err = CheckpointSyntax;

    fn from_str(text: &str) -> Result<Self, CheckpointSyntax> {
        let parse = || {
            let mut parts = text.strip_prefix(PREFIX)?.split(':');
            let seq = parts.next().filter(|seq| seq.len() == 20)?;
            let seq = seq
                .bytes()
                .all(|b| b.is_ascii_digit())
                .then(|| seq.parse().ok())??;
            let hash = render::parse_hex(parts.next()?.as_bytes())?;
            let key = render::parse_hex(parts.next()?.as_bytes())?;
            let sig = render::parse_hex(parts.next()?.as_bytes())?;
            parts.next().is_none().then_some(Self {
                seq,
                hash,
                key,
                sig,
            })
        };
        parse().ok_or(CheckpointSyntax)
    }
}

#[cfg(test)]
#[path = "checkpoint_tests.rs"]
mod tests;
