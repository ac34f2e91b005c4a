//! Digests that need not be computed again, and why they can be believed.
//!
//! A digest is remembered under a *stat key*: a digest over device, inode, size, modification and change time.
//! Nobody but root can set a file's change time, so equal keys mean equal bytes. But whoever can write the memory can
//! lie in it, and this user's files are writable by the very agents that must not approve themselves. So there are two
//! memories. *Seals* are part of the signed approvals and count for any file. The *cache file* counts only for
//! files in the system's directories that only root can write: what it says of them, a liar could not use.
//!
//! A damaged cache file is as good as an empty one. Several processes may append to it at once.

use std::collections::HashMap;
use std::fs::File;
use std::io::{Read, Write};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use thiserror::Error;

use crate::digest::Digest;
use crate::guarded::{self, shown};
use crate::places::Places;
use crate::verity::Verity;

/// A digest of stored content with the stat key that it was taken under.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seal {
    /// Digest over the identity and times of the file, or of every file of a tree.
    pub key: Digest,
    /// Digest of the content.
    pub content: Digest,
}

/// Why a file could not be digested.
#[derive(Debug, Error)]
pub enum DigestError {
    /// It cannot be opened or read.
    #[error("`{path}` cannot be read")]
    Read {
        /// The file.
        path: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// It is a directory, a device, a socket or a pipe.
    #[error("`{path}` is no regular file")]
    NotAFile {
        /// The path.
        path: String,
    },
    /// It was written to while it was read.
    #[error("`{path}` changed while it was read: try again when nothing writes to it")]
    Changing {
        /// The file.
        path: String,
    },
}

/// Remembered digests of one process run.
pub struct DigestCache {
    sealed: HashMap<Digest, Digest>,
    stored: HashMap<Digest, Digest>,
    file: Option<File>,
    now: SystemTime,
    verity: Verity,
}

/// A record of the cache file: key, content, and four bytes of a digest over both.
const RECORD: usize = 68;
/// More records than system programs on one machine; a longer file is started anew.
const MOST_RECORDS: usize = 4096;

impl DigestCache {
    /// Opens the cache file of `places`. Whatever is wrong with it costs time, not safety, so nothing fails here.
    ///
    /// `now` tells whether a file is too young to be remembered: see [`DigestCache::is_settled`].
    #[must_use]
    pub fn open(places: &Places, now: SystemTime) -> Self {
        let mut cache = Self::in_memory(now);
        if let Some((file, stored)) = load(places) {
            cache.file = Some(file);
            cache.stored = stored;
        }
        cache
    }

    /// A cache that lasts as long as the process.
    #[must_use]
    pub fn in_memory(now: SystemTime) -> Self {
        Self {
            sealed: HashMap::new(),
            stored: HashMap::new(),
            file: None,
            now,
            verity: Verity::KERNEL,
        }
    }

    /// Has another than the kernel answer which files are sealed: for tests.
    #[must_use]
    pub fn with_verity(self, verity: Verity) -> Self {
        Self { verity, ..self }
    }

    pub(crate) fn verity(&self) -> Verity {
        self.verity
    }

    /// Believes the seals of verified approvals.
    pub(crate) fn trust(&mut self, seals: impl IntoIterator<Item = Seal>) {
        self.sealed
            .extend(seals.into_iter().map(|seal| (seal.key, seal.content)));
    }

    /// What is sealed under `key`.
    pub(crate) fn sealed(&self, key: &Digest) -> Option<Digest> {
        self.sealed.get(key).copied()
    }

    /// The digest of a file that was opened at its real path `path`, and its seal where it may be sealed.
    pub(crate) fn file(
        &mut self,
        path: &Path,
        file: &mut File,
    ) -> Result<(Digest, Option<Seal>), DigestError> {
        let before = metadata(path, file)?;
        if !before.is_file() {
            return Err(DigestError::NotAFile { path: shown(path) });
        }
        let key = stat_key(&before);
        let system = is_system(path, &before);
        let stored = system.then(|| self.stored.get(&key)).flatten();
        if let Some(content) = self.sealed(&key).or(stored.copied()) {
            return Ok((content, Some(Seal { key, content })));
        }
        let content = hash(path, file)?;
        if stat_key(&metadata(path, file)?) != key {
            return Err(DigestError::Changing { path: shown(path) });
        }
        if !self.is_settled(&before) {
            return Ok((content, None));
        }
        let seal = Seal { key, content };
        if system {
            self.remember(seal);
        }
        Ok((content, Some(seal)))
    }

    /// Whether a later write would surely show in the change time.
    ///
    /// Two writes within one tick of the file system's clock leave the same times. A file is settled when its
    /// change time lies further back than such a tick: 2 s where the file system keeps whole seconds only.
    pub(crate) fn is_settled(&self, metadata: &std::fs::Metadata) -> bool {
        let nanoseconds = u32::try_from(metadata.ctime_nsec()).unwrap_or(0);
        let tick = if nanoseconds == 0 { 2_000 } else { 50 };
        let seconds = u64::try_from(metadata.ctime()).unwrap_or(u64::MAX >> 1);
        SystemTime::UNIX_EPOCH
            .checked_add(Duration::new(seconds, nanoseconds) + Duration::from_millis(tick))
            .is_some_and(|settled| settled < self.now)
    }

    fn remember(&mut self, seal: Seal) {
        self.stored.insert(seal.key, seal.content);
        if let Some(file) = &mut self.file {
            // One append of one record: several processes cannot mix theirs. A failure only costs time later.
            let _ = file.write_all(&record(&seal));
        }
    }
}

fn load(places: &Places) -> Option<(File, HashMap<Digest, Digest>)> {
    let path = places.digest_cache();
    guarded::make_directory(places.state(), places.uid()).ok()?;
    let mut options = std::fs::OpenOptions::new();
    options.read(true).append(true).create(true).mode(0o600);
    options.custom_flags(guarded::NO_FOLLOW);
    let mut file = options.open(&path).ok()?;
    let metadata = file.metadata().ok()?;
    if !guarded::is_private(&metadata, places.uid()) {
        return None;
    }
    let most = (MOST_RECORDS * RECORD) as u64;
    if metadata.len() > most {
        file.set_len(0).ok()?;
    }
    let mut bytes = Vec::new();
    (&mut file).take(most).read_to_end(&mut bytes).ok()?;
    if bytes.len() % RECORD != 0 {
        // A torn append would shift every later record, so the file is started anew.
        file.set_len(0).ok()?;
        bytes.clear();
    }
    let stored = bytes.chunks_exact(RECORD).filter_map(parse).collect();
    Some((file, stored))
}

fn record(seal: &Seal) -> [u8; RECORD] {
    let mut bytes = [0; RECORD];
    let fields = seal.key.as_bytes().iter().chain(seal.content.as_bytes());
    let check = check_bytes(seal.key.as_bytes(), seal.content.as_bytes());
    for (slot, byte) in bytes.iter_mut().zip(fields.chain(&check)) {
        *slot = *byte;
    }
    bytes
}

fn parse(bytes: &[u8]) -> Option<(Digest, Digest)> {
    let (key, rest) = bytes.split_first_chunk::<32>()?;
    let (content, check) = rest.split_first_chunk::<32>()?;
    let good = check == check_bytes(key, content);
    good.then(|| (Digest::from_bytes(*key), Digest::from_bytes(*content)))
}

fn check_bytes(key: &[u8; 32], content: &[u8; 32]) -> [u8; 4] {
    let digest = Sha256::new()
        .chain_update(b"interlock digest cache v1")
        .chain_update(key)
        .chain_update(content)
        .finalize();
    digest.first_chunk().copied().unwrap_or_default()
}

/// The stat key of one file.
fn stat_key(metadata: &std::fs::Metadata) -> Digest {
    let mut hash = Sha256::new();
    hash.update(b"interlock stat v1\0");
    hash.update(stat_bytes(metadata));
    Digest::from_bytes(hash.finalize().into())
}

/// Device, inode, size and both times, at fixed width.
pub(crate) fn stat_bytes(metadata: &std::fs::Metadata) -> [u8; 56] {
    let mut bytes = [0; 56];
    let fields = [
        metadata.dev(),
        metadata.ino(),
        metadata.size(),
        metadata.mtime().cast_unsigned(),
        metadata.mtime_nsec().cast_unsigned(),
        metadata.ctime().cast_unsigned(),
        metadata.ctime_nsec().cast_unsigned(),
    ];
    for (slot, field) in bytes.chunks_exact_mut(8).zip(fields) {
        slot.copy_from_slice(&field.to_be_bytes());
    }
    bytes
}

/// Whether only root could have put this file here: then nobody else gains by lying about it.
///
/// The path matters too: a user can mount a file system of their own, with owners and times of their choice, on a
/// directory of theirs, but not on the system's.
fn is_system(path: &Path, metadata: &std::fs::Metadata) -> bool {
    crate::resolve::SYSTEM
        .iter()
        .any(|tree| path.starts_with(tree))
        && metadata.uid() == 0
        && metadata.mode() & 0o022 == 0
}

pub(crate) fn hash(path: &Path, file: &mut File) -> Result<Digest, DigestError> {
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 128 * 1024];
    loop {
        let read = file.read(&mut buffer).map_err(|source| DigestError::Read {
            path: shown(path),
            source,
        })?;
        match buffer.get(..read) {
            Some([]) | None => return Ok(Digest::from_bytes(hash.finalize().into())),
            Some(bytes) => hash.update(bytes),
        }
    }
}

fn metadata(path: &Path, file: &File) -> Result<std::fs::Metadata, DigestError> {
    file.metadata().map_err(|source| DigestError::Read {
        path: shown(path),
        source,
    })
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::PathBuf;

    use super::*;

    fn places(dir: &Path) -> Places {
        let uid = fs::metadata(dir).unwrap().uid();
        Places::new(dir, &dir.join("c"), &dir.join("d"), &dir.join("s"), uid)
    }

    fn later() -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(1 << 40)
    }

    fn seal(byte: u8) -> Seal {
        Seal {
            key: Digest::of(&[byte]),
            content: Digest::of(&[byte, byte]),
        }
    }

    /// A program that root owns on every Linux machine.
    fn system_program() -> PathBuf {
        fs::canonicalize("/bin/sh").unwrap()
    }

    #[test]
    fn system_programs_are_remembered_across_runs() {
        let dir = tempfile::tempdir().unwrap();
        let places = places(dir.path());
        let path = system_program();
        let digest = |cache: &mut DigestCache| {
            cache
                .file(&path, &mut File::open(&path).unwrap())
                .unwrap()
                .0
        };
        let mut cache = DigestCache::open(&places, later());
        let first = digest(&mut cache);
        assert_eq!(first, Digest::of(&fs::read(&path).unwrap()));
        let again = DigestCache::open(&places, later());
        assert_eq!(again.stored.len(), 1);
        assert_eq!(again.stored.values().next(), Some(&first));
    }

    #[test]
    fn a_users_own_files_are_believed_by_seal_only() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x");
        fs::write(&path, "good").unwrap();
        let mut cache = DigestCache::open(&places(dir.path()), later());
        let look =
            |cache: &mut DigestCache| cache.file(&path, &mut File::open(&path).unwrap()).unwrap();
        let (content, sealed) = look(&mut cache);
        let sealed = sealed.unwrap();
        assert_eq!(content, Digest::of(b"good"));
        assert!(cache.stored.is_empty());
        let lie = Seal {
            content: Digest::of(b"lie"),
            ..sealed
        };
        cache.remember(lie);
        assert_eq!(
            look(&mut cache).0,
            content,
            "a cached lie about a user's file"
        );
        cache.trust([lie]);
        assert_eq!(
            look(&mut cache).0,
            lie.content,
            "the signature vouches for seals"
        );
    }

    #[test]
    fn damage_is_as_good_as_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let places = places(dir.path());
        let mut cache = DigestCache::open(&places, later());
        cache.remember(seal(1));
        cache.remember(seal(2));
        let file = places.digest_cache();
        let good = fs::read(&file).unwrap();
        for (bytes, expected) in [
            (good.clone(), 2),
            (good[..RECORD].to_vec(), 1),
            (good[..RECORD + 5].to_vec(), 0),
            (vec![7; RECORD * 3], 0),
            (vec![0; (MOST_RECORDS + 1) * RECORD], 0),
            (Vec::new(), 0),
        ] {
            fs::write(&file, &bytes).unwrap();
            let cache = DigestCache::open(&places, later());
            assert_eq!(cache.stored.len(), expected, "{} bytes", bytes.len());
        }
        for index in 0..good.len() {
            let mut bad = good.clone();
            bad[index] ^= 1;
            fs::write(&file, &bad).unwrap();
            assert_eq!(
                DigestCache::open(&places, later()).stored.len(),
                1,
                "byte {index}"
            );
        }
    }

    #[test]
    fn several_writers_lose_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let places = places(dir.path());
        std::thread::scope(|scope| {
            for thread in 0..4 {
                let places = &places;
                scope.spawn(move || {
                    let mut cache = DigestCache::open(places, later());
                    for number in 0..50 {
                        cache.remember(seal(thread * 50 + number));
                    }
                });
            }
        });
        assert_eq!(DigestCache::open(&places, later()).stored.len(), 200);
    }

    #[test]
    fn a_cache_that_others_can_read_or_a_link_is_not_used() {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = tempfile::tempdir().unwrap();
        let places = places(dir.path());
        DigestCache::open(&places, later()).remember(seal(1));
        let file = places.digest_cache();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
        assert!(DigestCache::open(&places, later()).file.is_none());
        fs::rename(&file, dir.path().join("moved")).unwrap();
        std::os::unix::fs::symlink(dir.path().join("moved"), &file).unwrap();
        assert!(DigestCache::open(&places, later()).file.is_none());
    }

    #[test]
    fn what_is_no_file_has_no_digest() {
        let dir = tempfile::tempdir().unwrap();
        let mut cache = DigestCache::in_memory(later());
        let refused = cache.file(dir.path(), &mut File::open(dir.path()).unwrap());
        assert!(matches!(refused, Err(DigestError::NotAFile { .. })));
    }
}
