//! The user's file: a line with key and signature, then the signed bytes exactly as they were written.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use thiserror::Error;

use super::anchor::Anchor;
use super::body::Body;
use crate::guarded::{self, GuardError, Privacy};
use crate::key::{PublicKey, Signer};
use crate::places::Places;

/// What the audit log remembers of the approvals: anything older than that is a rollback.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Known {
    /// The highest sequence number that was seen; zero where none was.
    pub sequence: u64,
    /// The id of the approver's key, where the log saw it made.
    pub approver: Option<String>,
}

/// Why the user's approvals are not believed.
#[derive(Debug, Error)]
pub enum Distrust {
    /// The file cannot be read, or others can write it.
    #[error("the file of approvals is not safe to read")]
    File(#[from] GuardError),
    /// There are approvals but no key to verify them with.
    #[error("there are approvals but no approver's public key: run `interlock init`")]
    NoKey,
    /// Another key signed.
    #[error("the approvals are signed with key `{found}`, not with the approver's `{wanted}`")]
    OtherKey {
        /// The id of the key that signed.
        found: String,
        /// The id of the key that has to sign.
        wanted: String,
    },
    /// The approver's key is not the one that the audit log saw.
    #[error(
        "the approver's key is `{found}`, but the audit log saw `{seen}` made: if nobody made a new one, \
             somebody replaced it"
    )]
    KeyReplaced {
        /// The id of the key that is there.
        found: String,
        /// The id of the key in the audit log.
        seen: String,
    },
    /// The signature is not one over these bytes.
    #[error("the signature over the approvals is wrong: the file was changed")]
    Signature,
    /// The text is not a file of approvals, or contradicts itself.
    #[error("the file of approvals is damaged: {0}")]
    Damaged(String),
    /// An older file than one that was seen.
    #[error("the file of approvals has sequence {found}, but {seen} was seen")]
    RolledBack {
        /// The sequence number found.
        found: u64,
        /// The one that was seen.
        seen: u64,
    },
}

/// Tells these bytes from everything else that this key signs.
const TAG: &[u8] = b"interlock approvals v1\0";
const MAGIC: &str = "interlock-approvals-1";
const MOST: u64 = 32 << 20;

pub(super) fn path(places: &Places) -> std::path::PathBuf {
    places.approvals().join("ledger")
}

/// Reads, verifies, and compares with what is known. A missing file is an empty one.
pub(super) fn read(
    places: &Places,
    anchor: Option<&Anchor>,
    known: &Known,
) -> Result<Body, Distrust> {
    check_anchor(anchor, known)?;
    let bytes = guarded::read(&path(places), places.uid(), Privacy::OwnerWrites, MOST)?;
    let body = match bytes {
        None => Body::default(),
        Some(bytes) => {
            guarded::check_directory(&places.approvals(), places.uid())?;
            verify(&bytes, anchor.ok_or(Distrust::NoKey)?.key())?
        }
    };
    if body.sequence < known.sequence {
        return Err(Distrust::RolledBack {
            found: body.sequence,
            seen: known.sequence,
        });
    }
    Ok(body)
}

/// An anchor that the user could have replaced has to be the key that the log saw.
pub(super) fn check_anchor(anchor: Option<&Anchor>, known: &Known) -> Result<(), Distrust> {
    match (anchor, &known.approver) {
        (Some(Anchor::User(key)), Some(seen)) if key.id() != *seen => Err(Distrust::KeyReplaced {
            found: key.id(),
            seen: seen.clone(),
        }),
        _ => Ok(()),
    }
}

pub(super) fn verify(bytes: &[u8], key: &PublicKey) -> Result<Body, Distrust> {
    let damaged = |what: &str| Distrust::Damaged(what.to_owned());
    let end = bytes.iter().position(|byte| *byte == b'\n');
    let (head, rest) = end
        .and_then(|end| bytes.split_at_checked(end))
        .ok_or_else(|| damaged("it has no first line"))?;
    let body = rest.strip_prefix(b"\n").unwrap_or_default();
    let head = std::str::from_utf8(head).map_err(|_| damaged("its first line is no text"))?;
    let mut words = head.split(' ');
    let (Some(MAGIC), Some(signer), Some(signature), None) =
        (words.next(), words.next(), words.next(), words.next())
    else {
        return Err(damaged(
            "its first line is not `interlock-approvals-1 KEY SIGNATURE`",
        ));
    };
    let signer: PublicKey = signer.parse().map_err(|_| damaged("its key is no key"))?;
    if signer != *key {
        return Err(Distrust::OtherKey {
            found: signer.id(),
            wanted: key.id(),
        });
    }
    let signature = STANDARD
        .decode(signature)
        .map_err(|_| Distrust::Signature)?;
    if !key.verifies(&[TAG, body], &signature) {
        return Err(Distrust::Signature);
    }
    let body: Body = serde_json::from_slice(body).map_err(|error| damaged(&error.to_string()))?;
    match body.entries.iter().find(|entry| !entry.is_sound()) {
        Some(entry) => Err(Distrust::Damaged(format!(
            "the fingerprint of `{}` is not the one of its content: approve it again",
            entry.name
        ))),
        None => Ok(body),
    }
}

pub(super) fn render(body: &Body, signer: &Signer) -> Result<Vec<u8>, serde_json::Error> {
    let body = serde_json::to_vec(body)?;
    let signature = STANDARD.encode(signer.sign(&[TAG, &body]));
    let mut bytes = format!("{MAGIC} {} {signature}\n", signer.public()).into_bytes();
    bytes.extend(body);
    Ok(bytes)
}
