//! Trees in the store: finding one and proving that it is untouched.

use super::{
    Store, StoreError, Stored, check,
    check::{Damage, Stamps},
    manifest,
    manifest::FileRecord,
    warm::Warmth,
};
use crate::{
    digest::TreeDigest,
    locked::{Interpreter, LockedTree, TreePath},
};
use rustix::fs::{Mode, OFlags};
use std::{
    fs, io,
    os::fd::{AsFd, BorrowedFd, OwnedFd},
    path::{Path, PathBuf},
};

/// A tree that was found and verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Located {
    /// The tree's directory, absolute. Everything in it is read-only and verified.
    pub root: PathBuf,
    /// The file to start, absolute.
    pub entry: PathBuf,
    /// What runs it.
    pub interpreter: Interpreter,
    /// Arguments of the interpreter, before the entry.
    pub interpreter_args: Vec<String>,
    /// The tree's digest.
    pub digest: TreeDigest,
}

/// Why a tree cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LocateError {
    /// It is not in the store.
    #[error("the tree of `{0}` is not in the store; run `interlock approve` to fetch it again")]
    Missing(String),
    /// Something in it is not as it was stored.
    #[error("the stored tree of `{name}` was changed: {first}{more}; run `interlock store verify`",
        first = .damages.first().map_or_else(String::new, ToString::to_string),
        more = if .damages.len() > 1 { format!(" and {} more", .damages.len() - 1) } else { String::new() })]
    Damaged {
        /// Of which package.
        name: String,
        /// What was found.
        damages: Vec<Damage>,
    },
}

impl LocateError {
    /// Whether it is merely not there.
    #[must_use]
    pub fn is_missing(&self) -> bool {
        matches!(self, Self::Missing(_))
    }
}

/// A tree in the store, as listed.
#[derive(Debug, Clone)]
pub struct StoredTree {
    /// Its digest.
    pub digest: TreeDigest,
    /// As it was locked; `None` when that record is damaged.
    pub locked: Option<LockedTree>,
}

impl Store {
    pub(crate) fn tree_path(&self, digest: &TreeDigest) -> PathBuf {
        self.join("trees").join(digest.to_string())
    }

    /// Finds a locked tree and verifies it: from the files' stamps and measures when they are known, byte by byte
    /// otherwise. What this returns has been the locked bytes at that moment.
    ///
    /// # Errors
    /// When it is not there or not as locked.
    pub fn locate(&self, locked: &LockedTree) -> Result<Located, LocateError> {
        let root = self.verified(&locked.digest, locked.name.as_str())?;
        Ok(Located {
            entry: root.join(locked.entry.file.as_str()),
            root,
            interpreter: locked.entry.interpreter.clone(),
            interpreter_args: locked.entry.interpreter_args.clone(),
            digest: locked.digest,
        })
    }

    /// Verifies the tree with this digest; gives its directory. `name` is for messages.
    pub(crate) fn verified(&self, digest: &TreeDigest, name: &str) -> Result<PathBuf, LocateError> {
        let root = self.tree_path(digest).join("root");
        let flags = OFlags::DIRECTORY | OFlags::PATH | OFlags::CLOEXEC | OFlags::NOFOLLOW;
        let handle: OwnedFd = rustix::fs::open(&root, flags, Mode::empty())
            .map_err(|_| LocateError::Missing(name.into()))?;
        let damaged = |damages| self.fault(digest, name, damages);
        let stamps = match self.warmth(digest, handle.as_fd()) {
            Warmth::Untouched => return Ok(root),
            Warmth::Doubtful { stamps, paths } => self
                .look_again(digest, &root, handle.as_fd(), stamps, &paths)
                .map_err(damaged)?,
            Warmth::Unknown => {
                let records = self.records(digest).map_err(damaged)?;
                check::full(&root, &records, self.reading()).map_err(damaged)?
            }
        };
        // Without the record the next start is slower, nothing else.
        let _ = self.remember(digest, &stamps);
        Ok(root)
    }

    /// A tree that a clean-up took away while it was looked at is missing, not damaged.
    fn fault(&self, digest: &TreeDigest, name: &str, damages: Vec<Damage>) -> LocateError {
        let name = name.into();
        if fs::symlink_metadata(self.tree_path(digest)).is_err() {
            return LocateError::Missing(name);
        }
        LocateError::Damaged { name, damages }
    }

    /// Hashes the files whose stamps differ and that do not measure as they did. When a directory's stamp does, names may have
    /// come or gone, and everything is looked at.
    fn look_again(
        &self,
        digest: &TreeDigest,
        root: &Path,
        handle: BorrowedFd<'_>,
        mut stamps: Stamps,
        paths: &[String],
    ) -> Result<Stamps, Vec<Damage>> {
        let records = self.records(digest)?;
        let find = |path: &String| -> Option<&FileRecord> {
            let at = records
                .binary_search_by(|record| record.path.as_str().cmp(path))
                .ok()?;
            records.get(at)
        };
        let files: Option<Vec<&FileRecord>> = paths.iter().map(find).collect();
        // Many are faster on several threads.
        let Some(files) = files.filter(|files| files.len() < 64) else {
            return check::full(root, &records, self.reading_what_is_not(&stamps));
        };
        for record in files {
            let reading = self.reading_what_is_not(&stamps);
            let seen = check::file(handle, record, reading).map_err(|damage| vec![damage])?;
            stamps.insert(record.path.to_string(), seen);
        }
        Ok(stamps)
    }

    /// The files of a tree, from its manifest, which is verified by its digest.
    pub(crate) fn records(&self, digest: &TreeDigest) -> Result<Vec<FileRecord>, Vec<Damage>> {
        let text = fs::read_to_string(self.tree_path(digest).join("manifest"));
        let text = text.map_err(|_| vec![Damage::Manifest])?;
        if manifest::digest(&text) != *digest {
            return Err(vec![Damage::Manifest]);
        }
        manifest::parse(&text).ok_or_else(|| vec![Damage::Manifest])
    }

    /// One package of a tree, as it would be in the store by itself.
    pub(crate) fn package_in_tree(&self, digest: &TreeDigest, path: &str) -> Option<Stored> {
        let own = |mut file: FileRecord| {
            let inner = file.path.as_str().strip_prefix(path)?.strip_prefix('/')?;
            file.path = TreePath::new(inner).ok()?;
            Some(file)
        };
        let files = self
            .records(digest)
            .ok()?
            .into_iter()
            .filter_map(own)
            .collect();
        Some(Stored {
            directory: self.tree_path(digest).join("root").join(path),
            files,
        })
    }

    /// Whether the tree is there with every byte.
    pub(crate) fn tree_is_whole(&self, digest: &TreeDigest) -> bool {
        let root = self.tree_path(digest).join("root");
        root.exists()
            && self
                .records(digest)
                .is_ok_and(|files| check::full(&root, &files, self.reading()).is_ok())
    }

    /// Every tree in the store, sorted by digest; nothing is verified.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn list(&self) -> Result<Vec<StoredTree>, StoreError> {
        let directory = self.join("trees");
        let failed = |error: io::Error| StoreError::at("read", &directory)(error);
        let mut trees = Vec::new();
        for entry in fs::read_dir(&directory).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let name = entry.file_name();
            let Some(digest) = name.to_str().and_then(|name| TreeDigest::parse(name).ok()) else {
                continue;
            };
            trees.push(StoredTree {
                digest,
                locked: self.lock_record(&digest),
            });
        }
        trees.sort_by_key(|tree| tree.digest);
        Ok(trees)
    }

    /// The tree as this program recorded it when it was stored; none when it is not there or the record is damaged. Nothing else of
    /// it is looked at.
    #[must_use]
    pub fn recorded(&self, digest: &TreeDigest) -> Option<LockedTree> {
        self.lock_record(digest)
    }

    /// Reads every byte of a tree, whatever is known about it, and counts its files. `name` is for messages.
    ///
    /// # Errors
    /// When it is not there or not what its digest says.
    pub fn examine(&self, digest: &TreeDigest, name: &str) -> Result<u64, LocateError> {
        let root = self.tree_path(digest).join("root");
        if fs::symlink_metadata(&root).is_err() {
            return Err(LocateError::Missing(name.into()));
        }
        let records = self.records(digest);
        let checked = records.and_then(|files| {
            check::full(&root, &files, self.reading()).map(|stamps| (files.len() as u64, stamps))
        });
        match checked {
            Ok((files, stamps)) => {
                // Without the record the next start is slower, nothing else.
                let _ = self.remember(digest, &stamps);
                Ok(files)
            }
            Err(damages) => {
                self.forget(digest);
                Err(self.fault(digest, name, damages))
            }
        }
    }

    /// The tree as it was locked, from its own record.
    pub(crate) fn lock_record(&self, digest: &TreeDigest) -> Option<LockedTree> {
        let raw = fs::read(self.tree_path(digest).join("lock.json")).ok()?;
        let locked: LockedTree = serde_json::from_slice(&raw).ok()?;
        (locked.digest == *digest).then_some(locked)
    }
}
