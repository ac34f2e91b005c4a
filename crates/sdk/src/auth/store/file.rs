//! Encrypted files, one a record, in a private directory.
//!
//! A file is a nonce and an XChaCha20-Poly1305 ciphertext whose associated data is the record's key, so that files cannot be
//! swapped. It is replaced by renaming. What the file system sees is how many records there are and when they change.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use argon2::Argon2;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use rustix::fs::{FlockOperation, flock};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use super::{Store, StoreError, StoreKey};
use crate::BoxFuture;

const NONCE: usize = 24;
/// The largest record file that is read.
const MAX_FILE: u64 = 1 << 20;

/// The key that records are encrypted with.
pub struct MasterKey(Zeroizing<[u8; 32]>);

impl MasterKey {
    /// 256 bits that the caller keeps: in a keyring, a hardware token, a mounted secret.
    #[must_use]
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// A key from a passphrase and a salt of at least 16 random bytes that is not secret (Argon2id, 64 MiB, 3 passes).
    ///
    /// # Errors
    /// When the salt is too short.
    pub fn from_passphrase(passphrase: &str, salt: &[u8]) -> Result<Self, StoreError> {
        if salt.len() < 16 {
            return Err(StoreError::Passphrase);
        }
        let parameters =
            argon2::Params::new(64 << 10, 3, 1, Some(32)).map_err(|_| StoreError::Passphrase)?;
        let argon = Argon2::new(
            argon2::Algorithm::Argon2id,
            argon2::Version::V0x13,
            parameters,
        );
        let mut key = Zeroizing::new([0; 32]);
        let derived = argon.hash_password_into(passphrase.as_bytes(), salt, key.as_mut());
        derived.map_err(|_| StoreError::Passphrase)?;
        Ok(Self(key))
    }
}

/// Keeps credentials in encrypted files.
///
/// ```no_run
/// use interlock_sdk::auth::store::{FileStore, MasterKey};
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let key = MasterKey::new([7; 32]); // from the keyring
/// let store = FileStore::open("/home/me/.local/state/app/credentials", key)?;
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct FileStore {
    directory: PathBuf,
    cipher: Arc<XChaCha20Poly1305>,
}

impl FileStore {
    /// Opens the store in `directory`, which is made if it is not there.
    ///
    /// # Errors
    /// When the directory cannot be made, is not ours, or is open to others.
    pub fn open(directory: impl Into<PathBuf>, key: MasterKey) -> Result<Self, StoreError> {
        let directory = directory.into();
        match DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&directory)
        {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error.into()),
            _ => {}
        }
        let found = fs::symlink_metadata(&directory)?;
        let own = found.uid() == rustix::process::geteuid().as_raw();
        if !found.is_dir() || !own || found.mode() & 0o077 != 0 {
            return Err(StoreError::NotPrivate(directory.display().to_string()));
        }
        let cipher = Arc::new(XChaCha20Poly1305::new(&(*key.0).into()));
        Ok(Self { directory, cipher })
    }

    pub(super) fn path(&self, key: &StoreKey, ending: &str) -> PathBuf {
        let name = URL_SAFE_NO_PAD.encode(Sha256::digest(key.to_text()));
        self.directory.join(format!("{name}.{ending}"))
    }

    fn load_now(&self, key: &StoreKey) -> Result<Option<Zeroizing<Vec<u8>>>, StoreError> {
        let file = match open_for_reading(&self.path(key, "sealed")) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            file => file?,
        };
        let mut sealed = Vec::new();
        file.take(MAX_FILE).read_to_end(&mut sealed)?;
        let (nonce, text) = sealed
            .split_first_chunk::<NONCE>()
            .ok_or(StoreError::Sealed)?;
        let name = key.to_text();
        let payload = Payload {
            msg: text,
            aad: name.as_bytes(),
        };
        let opened = self.cipher.decrypt(&XNonce::from(*nonce), payload);
        opened
            .map(|record| Some(Zeroizing::new(record)))
            .map_err(|_| StoreError::Sealed)
    }

    fn save_now(&self, key: &StoreKey, record: &[u8]) -> Result<(), StoreError> {
        let mut nonce = [0; NONCE];
        getrandom::fill(&mut nonce).map_err(|_| StoreError::Randomness)?;
        let name = key.to_text();
        let payload = Payload {
            msg: record,
            aad: name.as_bytes(),
        };
        let sealed = self.cipher.encrypt(&XNonce::from(nonce), payload);
        let sealed = sealed.map_err(|_| StoreError::Sealed)?;
        let unique = URL_SAFE_NO_PAD.encode(nonce);
        let temporary = self.directory.join(format!("{unique}.new"));
        let written = write_new(&temporary, &[&nonce, sealed.as_slice()]);
        let replaced = written.and_then(|()| fs::rename(&temporary, self.path(key, "sealed")));
        if replaced.is_err() {
            let _ = fs::remove_file(&temporary);
        }
        replaced?;
        File::open(&self.directory)?.sync_all()?;
        Ok(())
    }

    fn remove_now(&self, key: &StoreKey) -> Result<(), StoreError> {
        match fs::remove_file(self.path(key, "sealed")) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            removed => Ok(removed?),
        }
    }

    /// Locks a record against other processes. Closing the file gives it up, also when the process dies.
    fn lock_now(&self, key: &StoreKey) -> Result<File, StoreError> {
        let mut options = OpenOptions::new();
        options.create(true).truncate(false).write(true).mode(0o600);
        let file = options
            .custom_flags(no_follow())
            .open(self.path(key, "lock"))?;
        flock(&file, FlockOperation::LockExclusive).map_err(io::Error::from)?;
        Ok(file)
    }

    /// Runs what may wait for the disk where that does not stop everything else.
    async fn run<T: Send + 'static>(
        &self,
        key: &StoreKey,
        act: impl FnOnce(&Self, &StoreKey) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (store, key) = (self.clone(), key.clone());
        let done = tokio::task::spawn_blocking(move || act(&store, &key)).await;
        done.map_err(|error| StoreError::Other(Box::new(error)))?
    }
}

impl Store for FileStore {
    fn load<'a>(
        &'a self,
        key: &'a StoreKey,
    ) -> BoxFuture<'a, Result<Option<Zeroizing<Vec<u8>>>, StoreError>> {
        Box::pin(self.run(key, Self::load_now))
    }

    fn save<'a>(
        &'a self,
        key: &'a StoreKey,
        record: &'a [u8],
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        let record = Zeroizing::new(record.to_vec());
        Box::pin(self.run(key, move |store, key| store.save_now(key, &record)))
    }

    fn remove<'a>(&'a self, key: &'a StoreKey) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(self.run(key, Self::remove_now))
    }

    fn lock<'a>(&'a self, key: &'a StoreKey) -> BoxFuture<'a, Result<Box<dyn Send>, StoreError>> {
        Box::pin(async move {
            let file = self.run(key, Self::lock_now).await?;
            Ok(Box::new(file) as Box<dyn Send>)
        })
    }
}

fn no_follow() -> i32 {
    i32::try_from(rustix::fs::OFlags::NOFOLLOW.bits()).unwrap_or(0)
}

fn open_for_reading(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .read(true)
        .custom_flags(no_follow())
        .open(path)
}

fn write_new(path: &Path, parts: &[&[u8]]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    let mut file = options
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    for part in parts {
        file.write_all(part)?;
    }
    file.sync_all()
}
