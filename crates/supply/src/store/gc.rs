//! Keeping the store in order: removing what nothing names, checking everything that is there.

use super::{Store, StoreError, check, check::Damage, manifest, remove};
use crate::digest::TreeDigest;
use std::{
    collections::{BTreeMap, BTreeSet},
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
        let _guard = self.removing()?;
        let mut report = GcReport::default();
        for path in children(&self.join("tmp"))? {
            report.bytes += discard(&path)?;
            report.leftovers += 1;
        }
        let mut used = BTreeSet::new();
        for tree in self.list()? {
            if keep.contains(&tree.digest) {
                let packages = tree.locked.into_iter().flat_map(|locked| locked.packages);
                used.extend(packages.map(|package| package.integrity.key()));
                continue;
            }
            self.forget(&tree.digest);
            report.bytes += discard(&self.tree_path(&tree.digest))?;
            report.trees += 1;
        }
        for path in self.package_paths()? {
            if !path
                .file_name()
                .and_then(|name| name.to_str())
                .is_some_and(|key| used.contains(key))
            {
                report.bytes += discard(&path)?;
                report.packages += 1;
            }
        }
        Ok(report)
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
