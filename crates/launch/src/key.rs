//! The approver's key: Ed25519, kept encrypted with a passphrase, so that a program that runs as the same user can
//! read the file and still sign nothing.
//!
//! The file holds argon2id's parameters and salt, and the private key under XChaCha20-Poly1305 with everything else in the
//! file as associated data. The public key lies beside it, readable.

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::str::FromStr;

use argon2::{Algorithm, Argon2, Params, Version};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use ed25519_dalek::{Signature, SigningKey, VerifyingKey};
use serde::{Deserialize, Serialize};
use thiserror::Error;
use zeroize::Zeroizing;

use crate::digest::Digest;
use crate::guarded::{self, GuardError, Privacy};
use crate::places::Places;
use crate::secret::Secret;

/// A public key. Its text is base64 of its 32 bytes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PublicKey(VerifyingKey);

/// The text is no public key.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("a public key is 32 bytes of Ed25519 in base64")]
pub struct NotAKey;

impl PublicKey {
    /// A short name of the key, for logs and approvals: 32 hexadecimal digits of its SHA-256.
    #[must_use]
    pub fn id(&self) -> String {
        let digest = Digest::of(self.0.as_bytes()).to_string();
        digest.chars().take(32).collect()
    }

    /// The key from its 32 bytes, as the audit log keeps them; none where they are no key, or a weak one.
    #[must_use]
    pub fn from_bytes(bytes: &[u8; 32]) -> Option<Self> {
        let key = VerifyingKey::from_bytes(bytes).ok()?;
        (!key.is_weak()).then_some(Self(key))
    }

    /// The key's 32 bytes.
    #[must_use]
    pub fn to_bytes(self) -> [u8; 32] {
        self.0.to_bytes()
    }

    /// Whether `signature` is this key's over the parts put together.
    pub(crate) fn verifies(&self, parts: &[&[u8]], signature: &[u8]) -> bool {
        let Ok(signature) = Signature::from_slice(signature) else {
            return false;
        };
        // Strict: no small-order keys, no malleable signatures.
        self.0.verify_strict(&parts.concat(), &signature).is_ok()
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&STANDARD.encode(self.0.as_bytes()))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({self})")
    }
}

impl FromStr for PublicKey {
    type Err = NotAKey;

    fn from_str(text: &str) -> Result<Self, NotAKey> {
        let bytes = STANDARD.decode(text).map_err(|_| NotAKey)?;
        let bytes: [u8; 32] = bytes.try_into().map_err(|_| NotAKey)?;
        Self::from_bytes(&bytes).ok_or(NotAKey)
    }
}

/// The unlocked private key. No `Debug`, no `Clone`; wiped when dropped.
pub struct Signer(SigningKey);

impl Signer {
    /// The public half.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key())
    }

    pub(crate) fn sign(&self, parts: &[&[u8]]) -> [u8; 64] {
        use ed25519_dalek::Signer as _;
        self.0.sign(&parts.concat()).to_bytes()
    }
}

/// The file of the approver's key.
#[derive(Debug, Clone)]
pub struct KeyFile {
    path: PathBuf,
    public: PathBuf,
    directory: PathBuf,
    uid: u32,
    cost: Cost,
}

/// What argon2id costs: in the file, so that it can grow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Cost {
    memory_kib: u32,
    passes: u32,
}

/// 64 MiB and three passes: the second recommendation of RFC 9106, section 4, on one lane.
const STRONG: Cost = Cost {
    memory_kib: 64 << 10,
    passes: 3,
};
/// More than any file of ours asks for; a file that asks for more would only burn the machine.
const MOST_COST: Cost = Cost {
    memory_kib: 1 << 20,
    passes: 16,
};
/// Shorter passphrases are guessed whatever they cost.
const LEAST_PASSPHRASE: usize = 8;
const MOST_BYTES: u64 = 4096;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    format: String,
    public: String,
    cost: Cost,
    salt: String,
    nonce: String,
    sealed: String,
}

const FORMAT: &str = "interlock-key-1";

/// Why no key was made.
#[derive(Debug, Error)]
pub enum CreateKeyError {
    /// There is one; overwriting it would make every approval worthless.
    #[error("there is a key at `{0}`: move it away first if you mean to start over")]
    Exists(String),
    /// The passphrase is too short.
    #[error("a passphrase needs at least {LEAST_PASSPHRASE} bytes")]
    ShortPassphrase,
    /// The directory is not safe.
    #[error("the key's directory is not safe")]
    Guard(#[from] GuardError),
    /// The files cannot be written, or the system gives no randomness.
    #[error("the key cannot be written")]
    Write(#[source] io::Error),
    /// The key cannot be encrypted; there is too little memory for the passphrase's cost.
    #[error("the key cannot be encrypted")]
    Encrypt,
}

/// Why a key was not unlocked.
#[derive(Debug, Error)]
pub enum UnlockError {
    /// There is none.
    #[error("there is no approver's key: run `interlock init`")]
    Missing,
    /// The file is not safe.
    #[error("the key's file is not safe")]
    Guard(#[from] GuardError),
    /// The file is damaged.
    #[error("the key's file is damaged: restore it, or move it away and run `interlock init`")]
    Damaged,
    /// The passphrase is wrong, or somebody changed the file.
    #[error("the passphrase is wrong")]
    WrongPassphrase,
}

impl KeyFile {
    /// The key of one user.
    #[must_use]
    pub fn new(places: &Places) -> Self {
        Self {
            path: places.key(),
            public: places.public_key(),
            directory: places.config().to_owned(),
            uid: places.uid(),
            cost: STRONG,
        }
    }

    /// Makes passphrases cheap to try: for tests only.
    #[must_use]
    pub fn danger_cheap_passphrase(mut self) -> Self {
        self.cost = Cost {
            memory_kib: 64,
            passes: 1,
        };
        self
    }

    /// Whether there is a key.
    #[must_use]
    pub fn exists(&self) -> bool {
        std::fs::symlink_metadata(&self.path).is_ok()
    }

    /// Makes a key and writes both halves. Never overwrites one.
    pub fn create(&self, passphrase: &Secret) -> Result<Signer, CreateKeyError> {
        if self.exists() {
            return Err(CreateKeyError::Exists(guarded::shown(&self.path)));
        }
        if passphrase.reveal().len() < LEAST_PASSPHRASE {
            return Err(CreateKeyError::ShortPassphrase);
        }
        guarded::make_directory(&self.directory, self.uid)?;
        let mut seed = Zeroizing::new([0; 32]);
        fill(&mut *seed)?;
        let signer = Signer(SigningKey::from_bytes(&seed));
        let stored = self.seal(&signer, passphrase)?;
        let json = serde_json::to_vec_pretty(&stored)
            .map_err(|error| CreateKeyError::Write(io::Error::other(error)))?;
        guarded::replace(&self.path, &json, 0o600, true).map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => CreateKeyError::Exists(guarded::shown(&self.path)),
            _ => CreateKeyError::Write(error),
        })?;
        let text = format!("{}\n", signer.public());
        guarded::replace(&self.public, text.as_bytes(), 0o644, false)
            .map_err(CreateKeyError::Write)?;
        Ok(signer)
    }

    /// Decrypts the private key.
    pub fn unlock(&self, passphrase: &Secret) -> Result<Signer, UnlockError> {
        let bytes = guarded::read(&self.path, self.uid, Privacy::OwnerReads, MOST_BYTES)?;
        let bytes = bytes.ok_or(UnlockError::Missing)?;
        let stored: Stored = serde_json::from_slice(&bytes).map_err(|_| UnlockError::Damaged)?;
        let signer = open(&stored, passphrase)?;
        // The public half is what approvals are verified with, so the two must belong together.
        if signer.public().to_string() != stored.public {
            return Err(UnlockError::Damaged);
        }
        Ok(signer)
    }

    fn seal(&self, signer: &Signer, passphrase: &Secret) -> Result<Stored, CreateKeyError> {
        let (mut salt, mut nonce) = ([0; 16], [0; 24]);
        fill(&mut salt)?;
        fill(&mut nonce)?;
        let mut stored = Stored {
            format: FORMAT.to_owned(),
            public: signer.public().to_string(),
            cost: self.cost,
            salt: STANDARD.encode(salt),
            nonce: STANDARD.encode(nonce),
            sealed: String::new(),
        };
        let key = derive(passphrase, &salt, self.cost).ok_or(CreateKeyError::Encrypt)?;
        let seed = Zeroizing::new(signer.0.to_bytes());
        let aad = associated(&stored);
        let payload = Payload {
            msg: seed.as_slice(),
            aad: &aad,
        };
        let cipher = XChaCha20Poly1305::new(&(*key).into());
        let sealed = cipher.encrypt(&XNonce::from(nonce), payload);
        stored.sealed = STANDARD.encode(sealed.map_err(|_| CreateKeyError::Encrypt)?);
        Ok(stored)
    }
}

fn open(stored: &Stored, passphrase: &Secret) -> Result<Signer, UnlockError> {
    let decode = |text: &str| STANDARD.decode(text).map_err(|_| UnlockError::Damaged);
    let salt = decode(&stored.salt)?;
    let nonce: [u8; 24] = decode(&stored.nonce)?
        .try_into()
        .map_err(|_| UnlockError::Damaged)?;
    let sealed = decode(&stored.sealed)?;
    if stored.format != FORMAT
        || stored.cost.memory_kib > MOST_COST.memory_kib
        || stored.cost.passes > MOST_COST.passes
    {
        return Err(UnlockError::Damaged);
    }
    let key = derive(passphrase, &salt, stored.cost).ok_or(UnlockError::Damaged)?;
    let aad = associated(stored);
    let payload = Payload {
        msg: &sealed,
        aad: &aad,
    };
    let cipher = XChaCha20Poly1305::new(&(*key).into());
    let seed = cipher
        .decrypt(&XNonce::from(nonce), payload)
        .map_err(|_| UnlockError::WrongPassphrase)?;
    let seed = Zeroizing::new(seed);
    let seed: &[u8; 32] = seed
        .as_slice()
        .try_into()
        .map_err(|_| UnlockError::Damaged)?;
    Ok(Signer(SigningKey::from_bytes(seed)))
}

/// Everything in the file but the sealed key: changing any of it breaks the seal.
fn associated(stored: &Stored) -> Vec<u8> {
    let Cost { memory_kib, passes } = stored.cost;
    let Stored {
        format,
        public,
        salt,
        nonce,
        ..
    } = stored;
    format!("{format} {public} {memory_kib} {passes} {salt} {nonce}").into_bytes()
}

fn derive(passphrase: &Secret, salt: &[u8], cost: Cost) -> Option<Zeroizing<[u8; 32]>> {
    let params = Params::new(cost.memory_kib, cost.passes, 1, Some(32)).ok()?;
    let mut key = Zeroizing::new([0; 32]);
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into(passphrase.reveal(), salt, &mut *key)
        .ok()?;
    Some(key)
}

fn fill(bytes: &mut [u8]) -> Result<(), CreateKeyError> {
    getrandom::fill(bytes).map_err(|error| CreateKeyError::Write(io::Error::other(error)))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
    use std::path::Path;

    use super::*;

    fn file(dir: &Path) -> KeyFile {
        let uid = fs::metadata(dir).unwrap().uid();
        let places = Places::new(dir, &dir.join("c"), &dir.join("d"), &dir.join("s"), uid);
        KeyFile::new(&places).danger_cheap_passphrase()
    }

    fn passphrase(text: &str) -> Secret {
        Secret::new(text.as_bytes().to_vec())
    }

    #[test]
    fn a_key_is_made_once_and_unlocked_with_its_passphrase() {
        let dir = tempfile::tempdir().unwrap();
        let file = file(dir.path());
        let good = passphrase("long enough");
        assert!(matches!(file.unlock(&good), Err(UnlockError::Missing)));
        let made = file.create(&good).unwrap().public();
        assert_eq!(file.unlock(&good).unwrap().public(), made);
        assert!(matches!(file.create(&good), Err(CreateKeyError::Exists(_))));
        let wrong = file.unlock(&passphrase("long enougg"));
        assert!(matches!(wrong, Err(UnlockError::WrongPassphrase)));
        assert_eq!(fs::metadata(&file.path).unwrap().mode() & 0o777, 0o600);
        let text = fs::read_to_string(&file.public).unwrap();
        assert_eq!(text.trim().parse(), Ok(made));
        let stored = fs::read_to_string(&file.path).unwrap();
        let seed = STANDARD.encode(file.unlock(&good).unwrap().0.to_bytes());
        assert!(!stored.contains(&seed), "the private key lies open");
    }

    #[test]
    fn two_keys_have_nothing_in_common() {
        let (a, b) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let good = passphrase("long enough");
        let a = file(a.path()).create(&good).unwrap();
        let b = file(b.path()).create(&good).unwrap();
        assert_ne!(a.public(), b.public());
        assert_ne!(a.public().id(), b.public().id());
        let signature = a.sign(&[b"x", b"y"]);
        assert!(a.public().verifies(&[b"xy"], &signature));
        assert!(!b.public().verifies(&[b"xy"], &signature));
        assert!(!a.public().verifies(&[b"xz"], &signature));
        assert!(!a.public().verifies(&[b"xy"], &signature[..63]));
    }

    #[test]
    fn short_passphrases_and_open_files_are_refused() {
        let dir = tempfile::tempdir().unwrap();
        let file = file(dir.path());
        let short = file.create(&passphrase("short"));
        assert!(matches!(short, Err(CreateKeyError::ShortPassphrase)));
        assert!(!file.exists());
        let good = passphrase("long enough");
        drop(file.create(&good).unwrap());
        fs::set_permissions(&file.path, fs::Permissions::from_mode(0o640)).unwrap();
        assert!(matches!(file.unlock(&good), Err(UnlockError::Guard(_))));
    }

    #[test]
    fn the_products_own_cost_is_strong_and_a_files_cost_is_bounded() {
        let dir = tempfile::tempdir().unwrap();
        let file = file(dir.path());
        let places = Places::new(dir.path(), dir.path(), dir.path(), dir.path(), 0);
        let cost = KeyFile::new(&places).cost;
        assert_eq!((cost.memory_kib, cost.passes), (65_536, 3));
        let good = passphrase("long enough");
        drop(file.create(&good).unwrap());
        let text = fs::read_to_string(&file.path).unwrap();
        let costly = text.replace("\"memory_kib\": 64", "\"memory_kib\": 4000000000");
        assert_ne!(text, costly);
        fs::write(&file.path, costly).unwrap();
        assert!(matches!(file.unlock(&good), Err(UnlockError::Damaged)));
    }

    #[test]
    fn weak_and_malformed_public_keys_are_refused() {
        for text in [
            "",
            "AAAA",
            &STANDARD.encode([0; 32]),
            &STANDARD.encode([1; 33]),
            "!",
        ] {
            assert!(text.parse::<PublicKey>().is_err(), "{text}");
        }
    }
}
