//! The log's own Ed25519 key: made with the log, kept beside it, readable by its owner only.
//!
//! It proves that a checkpoint was made by whoever could read this directory, and no more than that: see
//! the honest limits in the crate's documentation.

use std::io::{Read, Write};

use ed25519_dalek::SigningKey;
use thiserror::Error;
use zeroize::Zeroizing;

use crate::directory::{Directory, DirectoryError};
use crate::render;

/// The key's file in the log's directory: 32 bytes as hexadecimal.
pub(crate) const FILE: &str = "key";

/// Why there is no key to sign checkpoints with.
#[derive(Debug, Error)]
pub enum KeyError {
    /// Its file was not accepted.
    #[error("the log's key cannot be used")]
    Directory(#[from] DirectoryError),
    /// Its file could not be read or written.
    #[error("the log's key cannot be read or written")]
    Io(#[from] std::io::Error),
    /// Its file holds something else.
    #[error(
        "the log's key file `key` is damaged; move the whole log directory away to begin a new log"
    )]
    Damaged,
    /// The kernel gave no randomness.
    #[error("the kernel gave no randomness for the log's key")]
    Random,
}

/// Loads the key, or makes one. Called under the log's lock, so that two processes do not make two.
pub(crate) fn load_or_create(directory: &Directory) -> Result<SigningKey, KeyError> {
    match load_existing(directory)? {
        Some(key) => Ok(key),
        None => create(directory),
    }
}

/// Loads the key of a log; `None` where there is none.
pub(crate) fn load_existing(directory: &Directory) -> Result<Option<SigningKey>, KeyError> {
    directory.existing(FILE)?.map(load).transpose()
}

fn load(file: impl Read) -> Result<SigningKey, KeyError> {
    let mut text = Zeroizing::new(Vec::with_capacity(66));
    file.take(66).read_to_end(&mut text)?;
    parse(&text).ok_or(KeyError::Damaged)
}

/// The key from its file's content.
pub(crate) fn parse(text: &[u8]) -> Option<SigningKey> {
    let seed = Zeroizing::new(render::parse_hex(text.strip_suffix(b"\n")?)?);
    Some(SigningKey::from_bytes(&seed))
}

fn create(directory: &Directory) -> Result<SigningKey, KeyError> {
    let mut seed = Zeroizing::new([0u8; 32]);
    getrandom::fill(seed.as_mut_slice()).map_err(|_| KeyError::Random)?;
    let mut text = Zeroizing::new(Vec::with_capacity(66));
    render::hex(seed.as_slice(), &mut text);
    text.push(b'\n');
    // Under another name first: a crash must not leave half a key.
    const NEW: &str = "key.new";
    directory.remove(NEW)?;
    let mut file = directory.file(NEW)?;
    file.write_all(&text)?;
    file.sync_all()?;
    directory.rename(NEW, FILE)?;
    directory.descriptor().sync_all()?;
    Ok(SigningKey::from_bytes(&seed))
}
