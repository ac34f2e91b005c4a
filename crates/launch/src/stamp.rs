//! Whether content still is what was digested, when its server has started.
//!
//! Between a digest and the start of its server, a file that its user can write may change, or be moved away and back. A
//! stamp holds what `stat` said when the digest was taken: of a file, or of every file and directory of a tree. Nobody but
//! root can set a change time back, so equal stamps mean that nothing changed in between. It covers what a path leads
//! to; that the sandbox mounts this very file or directory is
//! told by its [`Identity`].

use std::fs::{File, Metadata};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use thiserror::Error;

use crate::digest::Digest;
use crate::digest_cache::{DigestCache, stat_bytes};
use crate::guarded::{NO_FOLLOW, shown};
use crate::tree::{self, Omit};

/// Content is no longer what was digested.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("`{path}` changed while its server was being started: try again when nothing writes to it")]
pub struct Changed {
    path: String,
}

/// Which file or directory a path led to when it was digested.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Identity<'a> {
    /// Its real path.
    pub path: &'a Path,
    /// The number of its device.
    pub device: u64,
    /// Its number on the device.
    pub inode: u64,
}

impl Identity<'_> {
    /// Says that its path leads to something else.
    #[must_use]
    pub fn changed(&self) -> Changed {
        Changed {
            path: shown(self.path),
        }
    }
}

/// What was seen of one file or tree.
pub(crate) struct Stamp {
    path: PathBuf,
    device: u64,
    inode: u64,
    /// What is left out of a tree; none for a file.
    tree: Option<Omit>,
    seen: Vec<u8>,
    /// The digest, where something was so young that `stat` does not tell the next change.
    young: Option<Digest>,
}

impl Stamp {
    /// Of a file. `seen` is from before its bytes were read; `settled`, whether its digest could be sealed.
    pub(crate) fn of_file(path: &Path, seen: &Metadata, content: Digest, settled: bool) -> Self {
        Self {
            path: path.to_owned(),
            device: seen.dev(),
            inode: seen.ino(),
            tree: None,
            seen: stat_bytes(seen).to_vec(),
            young: (!settled).then_some(content),
        }
    }

    /// Of a tree, from before any of its bytes were read.
    pub(crate) fn of_tree(root: &Path, omit: Omit, digested: &tree::TreeDigest) -> Self {
        let (device, inode) = digested.root;
        Self {
            path: root.to_owned(),
            device,
            inode,
            tree: Some(omit),
            seen: digested.stamp.clone(),
            young: digested.seal.is_none().then_some(digested.digest),
        }
    }

    pub(crate) fn identity(&self) -> Identity<'_> {
        Identity {
            path: &self.path,
            device: self.device,
            inode: self.inode,
        }
    }

    /// Looks again.
    pub(crate) fn check(&self) -> Result<(), Changed> {
        if self.is_as_it_was().unwrap_or(false) {
            return Ok(());
        }
        Err(Changed {
            path: shown(&self.path),
        })
    }

    /// `None` where it cannot be looked at any more.
    fn is_as_it_was(&self) -> Option<bool> {
        // A cache without seals reads every byte.
        let mut unsealed = DigestCache::in_memory(SystemTime::UNIX_EPOCH);
        let Some(omit) = &self.tree else {
            let mut options = File::options();
            let mut file = options
                .read(true)
                .custom_flags(NO_FOLLOW)
                .open(&self.path)
                .ok()?;
            let same = stat_bytes(&file.metadata().ok()?).as_slice() == self.seen;
            return match self.young {
                Some(content) if same => {
                    let (now, _) = unsealed.file(&self.path, &mut file).ok()?;
                    Some(now == content)
                }
                _ => Some(same),
            };
        };
        let same = tree::stamp(&self.path, omit).ok()? == self.seen;
        match self.young {
            Some(content) if same => {
                let now = tree::digest(&self.path, omit, &unsealed).ok()?;
                Some(now.digest == content)
            }
            _ => Some(same),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::time::Duration;

    use super::*;

    fn later() -> DigestCache {
        DigestCache::in_memory(SystemTime::UNIX_EPOCH + Duration::from_secs(1 << 40))
    }

    fn of_tree(root: &Path, cache: &DigestCache) -> Stamp {
        let omit = Omit {
            paths: vec!["cache".into()],
        };
        let digested = tree::digest(root, &omit, cache).unwrap();
        Stamp::of_tree(root, omit, &digested)
    }

    fn of_file(path: &Path, settled: bool) -> Stamp {
        let content = Digest::of(&fs::read(path).unwrap());
        Stamp::of_file(path, &fs::metadata(path).unwrap(), content, settled)
    }

    fn world() -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for made in ["tree/sub", "tree/cache", "other"] {
            fs::create_dir_all(dir.path().join(made)).unwrap();
        }
        fs::write(dir.path().join("tree/sub/a"), "good").unwrap();
        fs::write(dir.path().join("other/a"), "evil").unwrap();
        dir
    }

    fn swap_and_back(from: &Path, with: &Path) {
        let aside = from.with_extension("aside");
        fs::rename(from, &aside).unwrap();
        fs::rename(with, from).unwrap();
        fs::rename(from, with).unwrap();
        fs::rename(&aside, from).unwrap();
    }

    #[test]
    fn a_change_is_seen_even_when_it_is_taken_back() {
        type Act = (&'static str, fn(&Path), bool);
        let acts: [Act; 7] = [
            ("nothing", |_| {}, true),
            (
                "what is left out",
                |dir| fs::write(dir.join("tree/cache/x"), "x").unwrap(),
                true,
            ),
            (
                "bytes",
                |dir| fs::write(dir.join("tree/sub/a"), "evil").unwrap(),
                false,
            ),
            (
                "another file",
                |dir| fs::rename(dir.join("other/a"), dir.join("tree/sub/a")).unwrap(),
                false,
            ),
            (
                "a file, and back",
                |dir| swap_and_back(&dir.join("tree/sub/a"), &dir.join("other/a")),
                false,
            ),
            (
                "a directory, and back",
                |dir| swap_and_back(&dir.join("tree/sub"), &dir.join("other")),
                false,
            ),
            (
                "gone",
                |dir| fs::remove_dir_all(dir.join("tree")).unwrap(),
                false,
            ),
        ];
        for (what, act, same) in acts {
            let dir = world();
            let root = dir.path().join("tree");
            let stamp = of_tree(&root, &later());
            act(dir.path());
            assert_eq!(stamp.check().is_ok(), same, "{what}");
        }
    }

    #[test]
    fn a_file_is_seen_to_change() {
        for settled in [true, false] {
            let dir = world();
            let path = dir.path().join("tree/sub/a");
            let stamp = of_file(&path, settled);
            assert_eq!(stamp.check(), Ok(()));
            fs::rename(dir.path().join("other/a"), &path).unwrap();
            let changed = stamp.check().unwrap_err().to_string();
            assert!(changed.contains("changed while"), "{changed}");
        }
    }

    #[test]
    fn what_is_young_is_read_again() {
        let dir = world();
        let root = dir.path().join("tree");
        let young = DigestCache::in_memory(SystemTime::UNIX_EPOCH);
        let mut stamp = of_tree(&root, &young);
        assert_eq!(stamp.check(), Ok(()));
        // As if the times told nothing: the stamp is of the changed tree, the digest of the one before.
        fs::write(root.join("sub/a"), "evil").unwrap();
        stamp.seen = tree::stamp(&root, stamp.tree.as_ref().unwrap()).unwrap();
        assert!(stamp.check().is_err());
    }
}
