//! Keeping the store in order: removing what nothing names, checking everything that is there.

use super::{Store, StoreError, StoredTree, check, check::Damage, manifest, remove};
use crate::digest::TreeDigest;
use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    fs, io,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

/// What a clean-up did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GcReport {
    /// Trees that were removed.
    pub trees: u64,
    /// Packages that were removed.
    pub packages: u64,
    /// Left-overs of interrupted work that were removed.
    pub leftovers: u64,
    /// Bytes on disk that were freed.
    pub bytes: u64,
}

/// What a check of everything found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VerifyReport {
    /// Trees that were checked.
    pub trees: u64,
    /// Packages that were checked.
    pub packages: u64,
    /// Files that were hashed.
    pub files: u64,
    /// Damaged trees, and what is wrong with each.
    pub damaged_trees: BTreeMap<TreeDigest, Vec<Damage>>,
    /// Damaged packages by their key, and what is wrong with each.
    pub damaged_packages: BTreeMap<String, Vec<Damage>>,
}

impl VerifyReport {
    /// Whether nothing is wrong.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.damaged_trees.is_empty() && self.damaged_packages.is_empty()
    }
}

impl Store {
    /// Removes every tree that is not in `keep` and every package that no kept tree has. Waits until
    /// nobody adds anything.
    ///
    /// # Errors
    /// When something cannot be read or removed; what was removed before stays removed.
    pub fn gc(&self, keep: &BTreeSet<TreeDigest>) -> Result<GcReport, StoreError> {
        self.collect(keep, None)
    }

    /// The same, but only until the store takes no more than `limit` bytes on disk, the trees that were stored first going
    /// first. What is in `keep` stays even when that is more than the limit.
    ///
    /// # Errors
    /// As for [`Store::gc`].
    pub fn gc_to_size(
        &self,
        keep: &BTreeSet<TreeDigest>,
        limit: u64,
    ) -> Result<GcReport, StoreError> {
        self.collect(keep, Some(limit))
    }

    fn collect(
        &self,
        keep: &BTreeSet<TreeDigest>,
        limit: Option<u64>,
    ) -> Result<GcReport, StoreError> {
        let _guard = self.removing()?;
        let mut report = GcReport::default();
        for path in children(&self.join("tmp"))? {
            report.bytes += discard(&path)?;
            report.leftovers += 1;
        }
        let (kept, doomed): (Vec<StoredTree>, Vec<StoredTree>) = self
            .list()?
            .into_iter()
            .partition(|tree| keep.contains(&tree.digest));
        let mut doomed: VecDeque<StoredTree> = self.oldest_first(doomed).into();
        let mut size = match limit {
            Some(_) => self.size()?,
            None => u64::MAX,
        };
        loop {
            let before = report.bytes;
            self.sweep(kept.iter().chain(&doomed), &mut report)?;
            size = size.saturating_sub(report.bytes - before);
            let enough = limit.is_some_and(|limit| size <= limit);
            let Some(tree) = (!enough).then(|| doomed.pop_front()).flatten() else {
                return Ok(report);
            };
            self.forget(&tree.digest);
            let freed = self.put_away(&self.tree_path(&tree.digest))?;
            size = size.saturating_sub(freed);
            report.bytes += freed;
            report.trees += 1;
            if limit.is_none() {
                // Packages are looked at once, when all trees are gone.
                for tree in doomed.drain(..) {
                    self.forget(&tree.digest);
                    report.bytes += self.put_away(&self.tree_path(&tree.digest))?;
                    report.trees += 1;
                }
                size = u64::MAX;
            }
        }
    }

    fn oldest_first(&self, mut trees: Vec<StoredTree>) -> Vec<StoredTree> {
        let age = |tree: &StoredTree| {
            let meta = fs::symlink_metadata(self.tree_path(&tree.digest));
            meta.map(|meta| (meta.mtime(), meta.mtime_nsec())).ok()
        };
        trees.sort_by_cached_key(|tree| (age(tree), tree.digest));
        trees
    }

    /// Takes something from its place at once, then removes it: whoever is killed meanwhile leaves rubbish and no half.
    fn put_away(&self, path: &Path) -> Result<u64, StoreError> {
        let scratch = self.scratch()?;
        let gone = scratch.path.join("gone");
        fs::rename(path, &gone).map_err(StoreError::at("remove", path))?;
        discard(&gone)
    }

    /// Removes the packages that none of the trees has.
    fn sweep<'a>(
        &self,
        trees: impl Iterator<Item = &'a StoredTree>,
        report: &mut GcReport,
    ) -> Result<(), StoreError> {
        let packages = trees.filter_map(|tree| tree.locked.as_ref());
        let used: BTreeSet<String> = packages
            .flat_map(|locked| &locked.packages)
            .map(|package| package.integrity.key())
            .collect();
        for path in self.package_paths()? {
            let key = path.file_name().and_then(|name| name.to_str());
            if !key.is_some_and(|key| used.contains(key)) {
                report.bytes += self.put_away(&path)?;
                report.packages += 1;
            }
        }
        Ok(())
    }

    /// Hashes every file of every tree and package, whatever is known about them.
    ///
    /// # Errors
    /// When the store's directories cannot be read; damage is in the report.
    pub fn verify(&self) -> Result<VerifyReport, StoreError> {
        let _guard = self.adding()?;
        let mut report = VerifyReport::default();
        for tree in self.list()? {
            report.trees += 1;
            let root = self.tree_path(&tree.digest).join("root");
            let checked = self.records(&tree.digest).and_then(|files| {
                report.files += files.len() as u64;
                check::full(&root, &files)
            });
            match checked {
                Ok(stamps) => drop(self.remember(&tree.digest, &stamps)),
                Err(damages) => {
                    self.forget(&tree.digest);
                    report.damaged_trees.insert(tree.digest, damages);
                }
            }
        }
        for path in self.package_paths()? {
            report.packages += 1;
            let key = path
                .file_name()
                .map(|name| name.to_string_lossy().into_owned())
                .unwrap_or_default();
            let text = fs::read_to_string(path.join("manifest")).ok();
            let records = text
                .and_then(|text| manifest::parse(&text))
                .ok_or_else(|| vec![Damage::Manifest]);
            if let Err(damages) = records.and_then(|files| check::full(&path.join("files"), &files))
            {
                report.damaged_packages.insert(key, damages);
            }
        }
        Ok(report)
    }

    /// Bytes that the store takes on disk; a file with several names counts once.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn size(&self) -> Result<u64, StoreError> {
        let mut seen = BTreeSet::new();
        let mut total = 0;
        walk(&self.root, &mut |meta| {
            if seen.insert((meta.dev(), meta.ino())) {
                total += meta.blocks() * 512;
            }
        })?;
        Ok(total)
    }

    fn package_paths(&self) -> Result<Vec<PathBuf>, StoreError> {
        let shards = children(&self.join("packages"))?;
        let nested: Result<Vec<_>, _> = shards.iter().map(|shard| children(shard)).collect();
        Ok(nested?.concat())
    }
}

/// Removes `path`; the bytes that this frees: of files whose last name is in there.
fn discard(path: &Path) -> Result<u64, StoreError> {
    let mut names: BTreeMap<u64, (u64, u64, u64)> = BTreeMap::new();
    walk(path, &mut |meta| {
        let entry = names
            .entry(meta.ino())
            .or_insert((0, meta.nlink(), meta.blocks() * 512));
        entry.0 += 1;
    })?;
    remove::all(path).map_err(StoreError::at("remove", path))?;
    Ok(names
        .values()
        .filter(|(here, all, _)| here >= all)
        .map(|(_, _, bytes)| bytes)
        .sum())
}

fn walk(path: &Path, visit: &mut dyn FnMut(&fs::Metadata)) -> Result<(), StoreError> {
    let meta = fs::symlink_metadata(path).map_err(StoreError::at("read", path))?;
    if meta.is_dir() {
        for child in children(path)? {
            walk(&child, visit)?;
        }
    } else {
        visit(&meta);
    }
    Ok(())
}

fn children(path: &Path) -> Result<Vec<PathBuf>, StoreError> {
    let entries = match fs::read_dir(path) {
        Err(error) if matches!(error.kind(), io::ErrorKind::NotADirectory) => return Ok(Vec::new()),
        entries => entries.map_err(StoreError::at("read", path))?,
    };
    let paths: io::Result<Vec<PathBuf>> = entries
        .map(|entry| entry.map(|entry| entry.path()))
        .collect();
    paths.map_err(StoreError::at("read", path))
}
