//! The digest of a directory tree: which names, which modes, which bytes.
//!
//! Symbolic links are recorded, never followed. Directories that are hidden from the server or granted for writing
//! are left out. A tree whose files are all as they were sealed costs one `stat` a file; one that the kernel keeps from changing
//! costs one question more a file, and says so even where `stat` cannot tell.

mod measured;
#[cfg(test)]
mod measured_tests;

use std::fs::{File, Metadata};
use std::os::fd::AsFd as _;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use thiserror::Error;

use crate::digest::Digest;
use crate::digest_cache::{DigestCache, DigestError, Seal, stat_bytes};
use crate::guarded::{NO_FOLLOW, shown};
use crate::verity::Verity;
use measured::Measured;

/// The most that one tree may hold.
const MOST_ENTRIES: usize = 200_000;
const MOST_DEPTH: usize = 64;
const MOST_BYTES: u64 = 4 << 30;

/// Why a tree has no digest.
#[derive(Debug, Error)]
pub enum TreeError {
    /// A directory or an entry of it cannot be read.
    #[error("`{path}` cannot be read")]
    Read {
        /// The path.
        path: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file of it cannot be digested.
    #[error("a file of the tree cannot be digested")]
    File(#[from] DigestError),
    /// A name is not UTF-8, so it could not be shown.
    #[error("`{0}` is not UTF-8: rename it")]
    NotText(String),
    /// It holds a socket, a pipe or a device.
    #[error("`{0}` is neither a file nor a directory nor a link: remove it")]
    Special(String),
    /// It is no code tree: a home or a data directory, rather.
    #[error("`{root}` has more than {what}: put the server into a directory of its own")]
    TooLarge {
        /// The root.
        root: String,
        /// Which bound was met.
        what: &'static str,
    },
}

/// What one name in a tree is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Node {
    /// A directory.
    Directory,
    /// A regular file: its bytes, and whether it may be executed.
    File {
        /// SHA-256 of the bytes.
        sha256: Digest,
        /// Whether its owner may execute it.
        executable: bool,
    },
    /// A symbolic link: the text it holds.
    Link {
        /// Where it points.
        target: String,
    },
}

/// Every name of a tree, sorted. Its digest is the tree's digest, so a stored manifest proves itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    entries: Vec<(String, Node)>,
}

impl Manifest {
    /// The names, relative to the root, in order.
    pub fn entries(&self) -> impl Iterator<Item = (&str, &Node)> {
        self.entries
            .iter()
            .map(|(name, node)| (name.as_str(), node))
    }

    /// The digest of the tree.
    #[must_use]
    pub fn digest(&self) -> Digest {
        let mut hash = Sha256::new();
        hash.update(b"interlock tree v1\0");
        for (name, node) in &self.entries {
            text(&mut hash, name);
            match node {
                Node::Directory => hash.update([0]),
                Node::File { sha256, executable } => {
                    hash.update([1, u8::from(*executable)]);
                    hash.update(sha256.as_bytes());
                }
                Node::Link { target } => {
                    hash.update([2]);
                    text(&mut hash, target);
                }
            }
        }
        Digest::from_bytes(hash.finalize().into())
    }
}

fn text(hash: &mut Sha256, text: &str) {
    hash.update((text.len() as u64).to_be_bytes());
    hash.update(text);
}

/// Lists the tree at the real path `root`, byte for byte, without believing anything remembered.
///
/// # Errors
/// When something in it cannot be read, changes meanwhile, or is neither file nor directory nor link.
pub fn manifest_of(root: &Path) -> Result<Manifest, TreeError> {
    let (_, found) = look(root, &Omit::default())?;
    count(root, &found)?;
    Ok(Manifest {
        entries: read(root, &found, &Measured::none(), Verity::KERNEL)?,
    })
}

/// The result of looking at a tree.
pub(crate) struct TreeDigest {
    pub(crate) digest: Digest,
    pub(crate) files: u64,
    /// By what `stat` says, where that tells the next change.
    pub(crate) seal: Option<Seal>,
    /// By what the kernel says, where it keeps every file from changing.
    pub(crate) held: Option<Seal>,
    /// The list, where it had to be made.
    pub(crate) manifest: Option<Manifest>,
    /// The root's device and inode.
    pub(crate) root: (u64, u64),
    /// What `stat` said of all of it before it was read: see [`stamp`].
    pub(crate) stamp: Vec<u8>,
}

/// What is left out of a tree.
#[derive(Debug, Clone, Default)]
pub(crate) struct Omit {
    /// Paths relative to the root.
    pub(crate) paths: Vec<String>,
}

struct Found {
    name: String,
    metadata: Metadata,
    /// The text of a link.
    target: Option<String>,
}

/// Digests the tree at the real path `root`.
pub(crate) fn digest(
    root: &Path,
    omit: &Omit,
    cache: &DigestCache,
) -> Result<TreeDigest, TreeError> {
    let (top, found) = look(root, omit)?;
    let files = count(root, &found)?;
    let measured = Measured::of(root, &found, cache.verity())?;
    let (key, held) = (measured.seen(&found), measured.held(&found));
    let seen = cache.sealed(&key);
    let known = seen.or_else(|| cache.sealed(held.as_ref()?));
    let (content, manifest) = if let Some(content) = known {
        (content, None)
    } else {
        let entries = read(root, &found, &measured, cache.verity())?;
        let manifest = Manifest { entries };
        (manifest.digest(), Some(manifest))
    };
    let settled = || found.iter().all(|entry| cache.is_settled(&entry.metadata));
    let settled = seen.is_some() || settled();
    let stamp = stamp_of(&top, &found);
    Ok(TreeDigest {
        digest: content,
        files,
        seal: settled.then_some(Seal { key, content }),
        held: held.map(|key| Seal { key, content }),
        manifest,
        root: (top.dev(), top.ino()),
        stamp,
    })
}

/// What `stat` says of a tree, its directories included: equal stamps mean that nothing in it changed in between.
pub(crate) fn stamp(root: &Path, omit: &Omit) -> Result<Vec<u8>, TreeError> {
    let (top, found) = look(root, omit)?;
    Ok(stamp_of(&top, &found))
}

fn stamp_of(top: &Metadata, found: &[Found]) -> Vec<u8> {
    let mut bytes = stat_list(found, true);
    bytes.extend(stat_bytes(top));
    bytes
}

/// The root itself, and all that is found under it, sorted.
fn look(root: &Path, omit: &Omit) -> Result<(Metadata, Vec<Found>), TreeError> {
    let top = std::fs::symlink_metadata(root).map_err(|source| TreeError::Read {
        path: shown(root),
        source,
    })?;
    let mut found = walk(root, omit)?;
    found.sort_unstable_by(|a, b| a.name.cmp(&b.name));
    Ok((top, found))
}

fn count(root: &Path, found: &[Found]) -> Result<u64, TreeError> {
    let files = found.iter().filter(|entry| entry.metadata.is_file());
    let bytes: u64 = files.clone().map(|entry| entry.metadata.size()).sum();
    if bytes > MOST_BYTES {
        return Err(TreeError::TooLarge {
            root: shown(root),
            what: "4 GiB",
        });
    }
    Ok(files.count() as u64)
}

/// Collects every name under a root, level by level, so that a level's directories can be read side by side.
fn walk(root: &Path, omit: &Omit) -> Result<Vec<Found>, TreeError> {
    let mut found: Vec<Found> = Vec::new();
    let mut level = vec![String::new()];
    for _ in 0..MOST_DEPTH {
        let lists = side_by_side(&level, |directory| list(root, directory, omit))?;
        level.clear();
        for entry in lists.into_iter().flatten() {
            if entry.metadata.is_dir() {
                level.push(format!("{}/", entry.name));
            }
            found.push(entry);
        }
        if found.len() > MOST_ENTRIES {
            break;
        }
        if level.is_empty() {
            return Ok(found);
        }
    }
    Err(TreeError::TooLarge {
        root: shown(root),
        what: "200,000 names or 64 levels",
    })
}

/// Lists one directory, named relative to the root and with a `/` at its end unless it is the root.
fn list(root: &Path, under: &str, omit: &Omit) -> Result<Vec<Found>, TreeError> {
    let directory = root.join(under);
    let read = |source| TreeError::Read {
        path: shown(&directory),
        source,
    };
    let mut found = Vec::new();
    for entry in std::fs::read_dir(&directory).map_err(read)? {
        let entry = entry.map_err(read)?;
        let last = entry.file_name();
        let Some(last) = last.to_str() else {
            return Err(TreeError::NotText(shown(&directory.join(last))));
        };
        let name = [under, last].concat();
        if omit.paths.contains(&name) {
            continue;
        }
        if found.len() > MOST_ENTRIES {
            break;
        }
        // `DirEntry::metadata` doesn't follow links.
        let metadata = entry.metadata().map_err(read)?;
        let target = target(root, &name, &metadata)?;
        found.push(Found {
            name,
            metadata,
            target,
        });
    }
    Ok(found)
}

/// The text of a link; none for files and directories, and an error for everything else.
fn target(root: &Path, name: &str, metadata: &Metadata) -> Result<Option<String>, TreeError> {
    if metadata.is_file() || metadata.is_dir() {
        return Ok(None);
    }
    let path = root.join(name);
    if !metadata.is_symlink() {
        return Err(TreeError::Special(shown(&path)));
    }
    let target = std::fs::read_link(&path).map_err(|source| TreeError::Read {
        path: shown(&path),
        source,
    })?;
    match target.to_str() {
        Some(text) => Ok(Some(text.to_owned())),
        None => Err(TreeError::NotText(shown(&path))),
    }
}

fn is_executable(metadata: &Metadata) -> bool {
    metadata.mode() & 0o100 != 0
}

/// What `stat` says of every entry, as the input of one hash: equal lists mean equal trees. Where `directories` count, the
/// times of a directory tell that an entry was moved away and back, too.
fn stat_list(found: &[Found], directories: bool) -> Vec<u8> {
    let mut bytes = b"interlock tree stat v1\0".to_vec();
    let text = |bytes: &mut Vec<u8>, text: &str| {
        bytes.extend((text.len() as u64).to_be_bytes());
        bytes.extend_from_slice(text.as_bytes());
    };
    for entry in found {
        text(&mut bytes, &entry.name);
        bytes.extend(entry.metadata.mode().to_be_bytes());
        if entry.metadata.is_file() || directories {
            bytes.extend(stat_bytes(&entry.metadata));
        }
        text(&mut bytes, entry.target.as_deref().unwrap_or_default());
    }
    bytes
}

/// Does the same with every item, on as many threads as there are processors where there is enough to do. The results are
/// in the items' order.
fn side_by_side<T: Sync, R: Send>(
    items: &[T],
    work: impl Fn(&T) -> Result<R, TreeError> + Sync,
) -> Result<Vec<R>, TreeError> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let share = items.len().div_ceil(threads);
    if threads == 1 || items.len() < 32 {
        return items.iter().map(work).collect();
    }
    let work = &work;
    std::thread::scope(|scope| {
        let workers: Vec<_> = items
            .chunks(share)
            .map(|part| scope.spawn(move || part.iter().map(work).collect()))
            .collect();
        let mut results = Vec::with_capacity(items.len());
        for worker in workers {
            let part: Result<Vec<R>, TreeError> = match worker.join() {
                Ok(part) => part,
                Err(panic) => std::panic::resume_unwind(panic),
            };
            results.extend(part?);
        }
        Ok(results)
    })
}

/// Reads every file.
fn read(
    root: &Path,
    found: &[Found],
    measured: &Measured,
    verity: Verity,
) -> Result<Vec<(String, Node)>, TreeError> {
    side_by_side(&measured.beside(found), |(entry, expected)| {
        node(root, entry, |file| {
            expected.is_none() || (verity.measure)(file.as_fd()) == *expected
        })
    })
}

/// `is_it` is asked of a file that was read whole.
fn node(
    root: &Path,
    entry: &Found,
    is_it: impl Fn(&File) -> bool,
) -> Result<(String, Node), TreeError> {
    let node = match &entry.target {
        Some(target) => Node::Link {
            target: target.clone(),
        },
        None if entry.metadata.is_dir() => Node::Directory,
        None => Node::File {
            sha256: file(&root.join(&entry.name), &entry.metadata, is_it)?,
            executable: is_executable(&entry.metadata),
        },
    };
    Ok((entry.name.clone(), node))
}

/// Digests one file that must still be the one that was seen.
fn file(
    path: &Path,
    seen: &Metadata,
    is_it: impl Fn(&File) -> bool,
) -> Result<Digest, DigestError> {
    let read = |source| DigestError::Read {
        path: shown(path),
        source,
    };
    let mut options = File::options();
    let mut file = options
        .read(true)
        .custom_flags(NO_FOLLOW)
        .open(path)
        .map_err(read)?;
    let content = crate::digest_cache::hash(path, &mut file)?;
    if stat_bytes(&file.metadata().map_err(read)?) != stat_bytes(seen) || !is_it(&file) {
        return Err(DigestError::Changing { path: shown(path) });
    }
    Ok(content)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::time::{Duration, SystemTime};

    use super::*;

    /// Later than every file of this test: far in the future.
    fn later() -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(1 << 40)
    }

    fn tree() -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("sub")).unwrap();
        fs::write(dir.path().join("a"), "a").unwrap();
        fs::write(dir.path().join("sub/b"), "b").unwrap();
        std::os::unix::fs::symlink("/etc/passwd", dir.path().join("link")).unwrap();
        dir
    }

    fn digest_of(root: &Path) -> TreeDigest {
        digest(root, &Omit::default(), &DigestCache::in_memory(later())).unwrap()
    }

    #[test]
    fn names_modes_links_and_bytes_count_and_nothing_else() {
        use std::os::unix::fs::PermissionsExt as _;
        type Change = (&'static str, fn(&Path), bool);
        let changes: [Change; 8] = [
            (
                "bytes",
                |root| fs::write(root.join("a"), "x").unwrap(),
                true,
            ),
            (
                "name",
                |root| fs::rename(root.join("a"), root.join("c")).unwrap(),
                true,
            ),
            (
                "place",
                |root| fs::rename(root.join("a"), root.join("sub/a")).unwrap(),
                true,
            ),
            ("new", |root| fs::write(root.join("n"), "").unwrap(), true),
            (
                "directory",
                |root| fs::create_dir(root.join("n")).unwrap(),
                true,
            ),
            (
                "link",
                |root| {
                    fs::remove_file(root.join("link")).unwrap();
                    std::os::unix::fs::symlink("/etc/shadow", root.join("link")).unwrap();
                },
                true,
            ),
            (
                "mode",
                |root| {
                    fs::set_permissions(root.join("a"), fs::Permissions::from_mode(0o755)).unwrap()
                },
                true,
            ),
            (
                "same bytes again",
                |root| fs::write(root.join("a"), "a").unwrap(),
                false,
            ),
        ];
        for (what, change, differs) in changes {
            let dir = tree();
            let before = digest_of(dir.path()).digest;
            change(dir.path());
            assert_eq!(digest_of(dir.path()).digest != before, differs, "{what}");
        }
    }

    #[test]
    fn a_seal_spares_reading_until_something_changes() {
        let dir = tree();
        let first = digest_of(dir.path());
        assert_eq!(first.files, 2);
        assert_eq!(first.manifest.unwrap().digest(), first.digest);
        let mut cache = DigestCache::in_memory(later());
        cache.trust(first.seal);
        let sealed = digest(dir.path(), &Omit::default(), &cache).unwrap();
        assert_eq!(sealed.digest, first.digest);
        assert!(sealed.manifest.is_none(), "nothing was read");
        // Same size, same modification time: the change time tells.
        let path = dir.path().join("a");
        let times =
            fs::FileTimes::new().set_modified(fs::metadata(&path).unwrap().modified().unwrap());
        fs::write(&path, "x").unwrap();
        fs::File::options()
            .write(true)
            .open(&path)
            .unwrap()
            .set_times(times)
            .unwrap();
        let after = digest(dir.path(), &Omit::default(), &cache).unwrap();
        assert_ne!(after.digest, first.digest);
    }

    #[test]
    fn young_files_are_not_sealed() {
        let dir = tree();
        let cache = DigestCache::in_memory(SystemTime::UNIX_EPOCH);
        assert!(
            digest(dir.path(), &Omit::default(), &cache)
                .unwrap()
                .seal
                .is_none()
        );
    }

    #[test]
    fn omitted_paths_are_left_out() {
        let dir = tree();
        let omit = Omit {
            paths: vec!["sub".into()],
        };
        let cache = DigestCache::in_memory(later());
        let before = digest(dir.path(), &omit, &cache).unwrap().digest;
        fs::write(dir.path().join("sub/b"), "x").unwrap();
        assert_eq!(digest(dir.path(), &omit, &cache).unwrap().digest, before);
        fs::write(dir.path().join("a"), "x").unwrap();
        assert_ne!(digest(dir.path(), &omit, &cache).unwrap().digest, before);
    }

    #[test]
    fn what_is_no_code_is_refused() {
        let dir = tree();
        let socket = std::os::unix::net::UnixListener::bind(dir.path().join("s")).unwrap();
        let cache = DigestCache::in_memory(later());
        let refused = digest(dir.path(), &Omit::default(), &cache);
        assert!(matches!(refused, Err(TreeError::Special(_))));
        drop(socket);
        let deep = tempfile::tempdir().unwrap();
        let path = (0..70).fold(deep.path().to_owned(), |path, _| path.join("d"));
        fs::create_dir_all(path).unwrap();
        let refused = digest(deep.path(), &Omit::default(), &cache);
        assert!(matches!(refused, Err(TreeError::TooLarge { .. })));
    }
}
