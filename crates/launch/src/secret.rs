//! Secrets: as values that wipe themselves and cannot be printed, and as files that only their owner can read.
//!
//! The store does not encrypt: whoever can read an owner-only file of this user could read a key beside it, too. The
//! sandbox keeps servers away from it.

use std::io;
use std::path::PathBuf;

use thiserror::Error;
use zeroize::Zeroizing;

use crate::guarded::{self, GuardError, Privacy};
use crate::places::Places;
use crate::profile::SecretName;

/// A secret value: a passphrase, a token. No `Debug`, no `Clone`; wiped when dropped.
pub struct Secret(Zeroizing<Vec<u8>>);

impl Secret {
    /// Takes over the bytes of a secret.
    #[must_use]
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The bytes, for the one place that needs them.
    #[must_use]
    pub fn reveal(&self) -> &[u8] {
        &self.0
    }
}

/// The longest secret: a variable's value has to fit beside the others.
const MOST: u64 = 64 << 10;

/// The directory of named secrets.
#[derive(Debug, Clone)]
pub struct SecretStore {
    directory: PathBuf,
    uid: u32,
}

/// Why a secret cannot be had or kept.
#[derive(Debug, Error)]
pub enum SecretError {
    /// There is none of that name.
    #[error("there is no secret `{0}`: run `interlock secret set {0}`")]
    Missing(SecretName),
    /// Its file is not safe.
    #[error("the secret's file is not safe")]
    Guard(#[from] GuardError),
    /// It cannot be written or removed.
    #[error("secret `{name}` cannot be written")]
    Write {
        /// The secret's name.
        name: SecretName,
        /// What the system said.
        source: io::Error,
    },
    /// A variable cannot carry it.
    #[error("secret `{0}` is empty, too long or has a NUL: a variable cannot carry it")]
    NotAValue(SecretName),
}

impl SecretStore {
    /// The store of one user.
    #[must_use]
    pub fn new(places: &Places) -> Self {
        Self {
            directory: places.secrets(),
            uid: places.uid(),
        }
    }

    /// Reads a secret. A file that others can read or that is a link is refused.
    pub fn get(&self, name: &SecretName) -> Result<Secret, SecretError> {
        let path = self.directory.join(name.as_str());
        match guarded::read(&path, self.uid, Privacy::OwnerReads, MOST)? {
            None => Err(SecretError::Missing(name.clone())),
            Some(bytes) => checked(name, Secret::new(bytes)),
        }
    }

    /// Keeps a secret, in place of one of the same name.
    pub fn set(&self, name: &SecretName, secret: Secret) -> Result<(), SecretError> {
        let secret = checked(name, secret)?;
        guarded::make_directory(&self.directory, self.uid)?;
        let path = self.directory.join(name.as_str());
        guarded::replace(&path, secret.reveal(), 0o600, false).map_err(|source| {
            SecretError::Write {
                name: name.clone(),
                source,
            }
        })
    }

    /// Removes a secret.
    pub fn remove(&self, name: &SecretName) -> Result<(), SecretError> {
        match std::fs::remove_file(self.directory.join(name.as_str())) {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Err(SecretError::Missing(name.clone()))
            }
            Err(source) => Err(SecretError::Write {
                name: name.clone(),
                source,
            }),
        }
    }

    /// The names of all secrets, in order.
    pub fn names(&self) -> Result<Vec<SecretName>, SecretError> {
        let io = |source| GuardError::Io {
            path: guarded::shown(&self.directory),
            source,
        };
        let list = match std::fs::read_dir(&self.directory) {
            Ok(list) => list,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(io(error).into()),
        };
        let mut names = Vec::new();
        for entry in list {
            let name = entry.map_err(io)?.file_name();
            let parsed = name.to_str().filter(|name| !name.ends_with(".tmp"));
            names.extend(parsed.and_then(|name| name.parse().ok()));
        }
        names.sort_unstable();
        Ok(names)
    }
}

fn checked(name: &SecretName, secret: Secret) -> Result<Secret, SecretError> {
    let bytes = secret.reveal();
    if bytes.is_empty() || bytes.contains(&0) || bytes.len() as u64 > MOST {
        return Err(SecretError::NotAValue(name.clone()));
    }
    Ok(secret)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
    use std::path::Path;

    use super::*;

    fn store(dir: &Path) -> SecretStore {
        let uid = fs::metadata(dir).unwrap().uid();
        let places = Places::new(dir, &dir.join("c"), &dir.join("d"), &dir.join("s"), uid);
        SecretStore::new(&places)
    }

    fn name(text: &str) -> SecretName {
        text.parse().unwrap()
    }

    fn secret(text: &str) -> Secret {
        Secret::new(text.as_bytes().to_vec())
    }

    #[test]
    fn what_is_kept_is_given_back() {
        let dir = tempfile::tempdir().unwrap();
        let store = store(dir.path());
        assert!(store.names().unwrap().is_empty());
        assert!(matches!(
            store.get(&name("a")),
            Err(SecretError::Missing(_))
        ));
        store.set(&name("b"), secret("one")).unwrap();
        store.set(&name("a"), secret("two")).unwrap();
        store.set(&name("b"), secret("three")).unwrap();
        assert_eq!(store.names().unwrap(), [name("a"), name("b")]);
        assert_eq!(store.get(&name("b")).unwrap().reveal(), b"three");
        let mode = fs::metadata(store.directory.join("b")).unwrap().mode();
        assert_eq!(mode & 0o777, 0o600);
        store.remove(&name("b")).unwrap();
        assert!(store.remove(&name("b")).is_err());
        assert_eq!(store.names().unwrap(), [name("a")]);
    }

    #[test]
    fn files_that_others_can_read_and_links_are_refused() {
        let dir = tempfile::tempdir().unwrap();
        let store = store(dir.path());
        store.set(&name("a"), secret("x")).unwrap();
        let path = store.directory.join("a");
        for mode in [0o640, 0o604, 0o660] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            let refused = store.get(&name("a")).err().unwrap();
            assert!(refused.to_string().contains("not safe"), "{mode:o}");
        }
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        std::os::unix::fs::symlink(&path, store.directory.join("l")).unwrap();
        assert!(matches!(store.get(&name("l")), Err(SecretError::Guard(_))));
    }

    #[test]
    fn only_values_that_a_variable_can_carry() {
        let dir = tempfile::tempdir().unwrap();
        let store = store(dir.path());
        let long = "x".repeat(usize::try_from(MOST).unwrap() + 1);
        for value in ["", "a\0b", &long] {
            let refused = store.set(&name("a"), secret(value));
            assert!(matches!(refused, Err(SecretError::NotAValue(_))));
        }
        let error = store.set(&name("a"), secret("hunter2\0")).unwrap_err();
        assert!(!format!("{error:?} {error}").contains("hunter2"));
    }
}
