//! The file `head`: how far the log had come at its last flush, and what it remembers up to there.
//!
//! It is two lines, each signed with the log's key: a checkpoint, and the memory. They are replaced together
//! by one write inside one disk sector, so there is no moment without a head, and no half of one.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};

use crate::checkpoint::{Checkpoint, TEXT_LEN};
use crate::event::Digest;
use crate::memory::Memory;
use crate::render;

/// The head's file in the log's directory.
pub(crate) const HEAD_FILE: &str = "head";

/// The length of the file. It is fixed.
pub(crate) const HEAD_LEN: usize = TEXT_LEN + 1 + PREFIX.len() + 20 + 1 + 43 + 1 + 86 + 1;

const PREFIX: &str = "memory:";
const DOMAIN: &[u8] = b"interlock audit memory v1\0";
/// What stands for no approver.
const NOBODY: [u8; 43] = [b'.'; 43];

/// What a head states. Whether it is genuine is another question.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Head {
    pub(crate) checkpoint: Checkpoint,
    memory: Memory,
    sig: [u8; 64],
}

impl Head {
    /// Signs how far the log has come, and the memory there.
    pub(crate) fn sign(seq: u64, hash: Digest, memory: Memory, key: &SigningKey) -> Self {
        let checkpoint = Checkpoint::sign(seq, hash, key);
        let sig = key.sign(&message(&checkpoint, &memory)).to_bytes();
        Self {
            checkpoint,
            memory,
            sig,
        }
    }

    /// The content of the file.
    pub(crate) fn to_bytes(self) -> Vec<u8> {
        let mut out = self.checkpoint.to_line();
        out.extend_from_slice(PREFIX.as_bytes());
        render::padded(self.memory.ledger, 20, &mut out);
        out.push(b':');
        match &self.memory.approver {
            Some(key) => render::base64(key, &mut out),
            None => out.extend_from_slice(&NOBODY),
        }
        out.push(b':');
        render::base64(&self.sig, &mut out);
        out.push(b'\n');
        out
    }

    /// Reads the content of the file; `None` for any other spelling.
    pub(crate) fn parse(content: &[u8]) -> Option<Self> {
        let (checkpoint, memory) = content.split_at_checked(TEXT_LEN + 1)?;
        let checkpoint = Checkpoint::from_line(checkpoint)?;
        let memory = memory
            .strip_prefix(PREFIX.as_bytes())?
            .strip_suffix(b"\n")?;
        let mut parts = memory.split(|b| *b == b':');
        let ledger = render::parse_padded(parts.next()?, 20)?;
        let approver = match parts.next()? {
            nobody if nobody == NOBODY => None,
            key => Some(render::parse_base64(key)?),
        };
        let sig = render::parse_base64(parts.next()?)?;
        parts.next().is_none().then_some(Self {
            checkpoint,
            memory: Memory { ledger, approver },
            sig,
        })
    }

    /// The memory, when it was signed with the checkpoint's key for this very checkpoint.
    fn genuine_memory(&self) -> Option<Memory> {
        let key = VerifyingKey::from_bytes(self.checkpoint.key()).ok()?;
        let message = message(&self.checkpoint, &self.memory);
        key.verify_strict(&message, &Signature::from_bytes(&self.sig))
            .ok()
            .map(|()| self.memory)
    }
}

fn message(checkpoint: &Checkpoint, memory: &Memory) -> Vec<u8> {
    let ledger = memory.ledger.to_be_bytes();
    let approver = memory.approver.unwrap_or_default();
    [
        DOMAIN,
        &checkpoint.seq().to_be_bytes(),
        checkpoint.hash(),
        &ledger,
        &[u8::from(memory.approver.is_some())],
        &approver,
    ]
    .concat()
}

/// What the head file was found to hold.
#[derive(Debug)]
pub(crate) enum Found {
    /// Nothing.
    Empty,
    /// Something else.
    Damaged,
    /// A checkpoint that somebody signed who had the key.
    Genuine {
        /// It.
        checkpoint: Checkpoint,
        /// The memory; `None` where it is missing or damaged.
        memory: Option<Memory>,
    },
}

impl Found {
    /// Reads a log's head, which must be signed with its key.
    pub(crate) fn read(file: &File, key: &SigningKey) -> io::Result<Self> {
        let ours = key.verifying_key().to_bytes();
        Ok(match Self::judge(&content(file)?) {
            Self::Genuine { checkpoint, .. } if *checkpoint.key() != ours => Self::Damaged,
            found => found,
        })
    }

    /// Judges the content of a head by the key that it names.
    pub(crate) fn judge(content: &[u8]) -> Self {
        let checkpoint = content.get(..=TEXT_LEN).and_then(Checkpoint::from_line);
        match checkpoint.filter(Checkpoint::is_genuine) {
            _ if content.is_empty() => Self::Empty,
            None => Self::Damaged,
            Some(checkpoint) => Self::Genuine {
                checkpoint,
                memory: Head::parse(content).and_then(|head| head.genuine_memory()),
            },
        }
    }

    /// The checkpoint of a genuine head.
    pub(crate) const fn checkpoint(&self) -> Option<Checkpoint> {
        match self {
            Self::Genuine { checkpoint, .. } => Some(*checkpoint),
            _ => None,
        }
    }
}

/// What the file holds, and no more of it than tells whether it is a head.
pub(crate) fn content(file: &File) -> io::Result<Vec<u8>> {
    let mut content = vec![0; HEAD_LEN + 1];
    let read = file.read_at(&mut content, 0)?;
    content.truncate(read);
    Ok(content)
}

#[cfg(test)]
#[path = "head_tests.rs"]
mod tests;
