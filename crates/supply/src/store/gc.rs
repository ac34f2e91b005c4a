//! Keeping the store in order: removing what nothing names, checking everything that is there.

use super::{Store, StoreError, StoredTree, check, check::Damage, guard::Guard, manifest, remove};
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
    /// Images that were removed.
    pub images: u64,
    /// Packages that were removed.
    pub packages: u64,
    /// Trees that stay because a process that still runs has put them there.
    pub spared: u64,
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
    /// Images that were checked.
    pub images: u64,
    /// Packages that were checked.
    pub packages: u64,
    /// Files that were hashed.
    pub files: u64,
    /// Damaged trees and images, and what is wrong with each.
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

/// A clean-up that has begun: nobody adds anything until it is over or dropped. What is to be kept is asked for afterwards, so that
/// whoever was still adding when it was asked for has had the time to write down why.
#[must_use = "nothing was removed yet"]
pub struct Collection<'a> {
    store: &'a Store,
    /// What processes that still run have put into the store.
    leased: BTreeSet<TreeDigest>,
    _guard: Guard,
}

impl std::fmt::Debug for Collection<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Collection")
            .field("store", &self.store.root)
            .finish_non_exhaustive()
    }
}

impl Store {
    /// Begins a clean-up: waits until nobody adds anything (`waiting` is called if somebody does), and keeps it so.
    ///
    /// # Errors
    /// When the store cannot be locked or its leases not be read.
    pub fn collecting(&self, waiting: &dyn Fn()) -> Result<Collection<'_>, StoreError> {
        let guard = self.removing(waiting)?;
        // INVARIANT: leases are read before anybody is asked what to keep. Whoever gave a lease back by then has written down its
        // tree before, so the answer names it.
        let leased = self.leased_by_others()?;
        Ok(Collection {
            store: self,
            leased,
            _guard: guard,
        })
    }
}

impl Collection<'_> {
    /// Removes every tree that is neither in `keep` nor in use by a process that is still approving it, and every package that no
    /// kept tree has. With a `limit`, only until the store takes no more than so many bytes on disk, the trees that were stored
    /// first going first; what is kept stays even when that is more.
    ///
    /// # Errors
    /// When something cannot be read or removed; what was removed before stays removed.
    pub fn remove_all_but(
        self,
        keep: &BTreeSet<TreeDigest>,
        limit: Option<u64>,
    ) -> Result<GcReport, StoreError> {
        let mut report = GcReport::default();
        self.store.tidy(&mut report)?;
        let is_kept =
            |tree: &StoredTree| keep.contains(&tree.digest) || self.leased.contains(&tree.digest);
        let (kept, doomed): (Vec<StoredTree>, Vec<StoredTree>) =
            self.store.list()?.into_iter().partition(is_kept);
        let spared = kept.iter().filter(|tree| !keep.contains(&tree.digest));
        report.spared = spared.count() as u64;
        let doomed = self.store.oldest_first(doomed).into();
        let kept_images = keep.union(&self.leased).copied().collect();
        self.store.sweep_images(&kept_images, limit, &mut report)?;
        self.store.collect(&kept, doomed, limit, &mut report)?;
        for path in children(&self.store.join("packages"))? {
            // One that is not empty stays.
            let _ = fs::remove_dir(&path);
        }
        Ok(report)
    }
}

impl Store {
    /// Removes what interrupted work left behind, and what belongs to trees that are gone.
    fn tidy(&self, report: &mut GcReport) -> Result<(), StoreError> {
        for path in children(&self.join("tmp"))? {
            report.bytes += discard(&path)?;
            report.leftovers += 1;
        }
        for path in children(&self.join("warm"))? {
            let name = path.file_name().and_then(|name| name.to_str());
            let tree = name.and_then(|name| TreeDigest::parse(name).ok());
            if !tree.is_some_and(|tree| self.tree_path(&tree).is_dir()) {
                report.bytes += discard(&path)?;
            }
        }
        // INVARIANT: they are held by those who add something only.
        for path in children(&self.join("locks"))? {
            fs::remove_file(&path).map_err(StoreError::at("remove", &path))?;
        }
        Ok(())
    }

    fn collect(
        &self,
        kept: &[StoredTree],
        mut doomed: VecDeque<StoredTree>,
        limit: Option<u64>,
        report: &mut GcReport,
    ) -> Result<(), StoreError> {
        let mut size = match limit {
            Some(_) => self.size()?,
            None => u64::MAX,
        };
        loop {
            let before = report.bytes;
            self.sweep(kept.iter().chain(&doomed), report)?;
            size = size.saturating_sub(report.bytes - before);
            let enough = limit.is_some_and(|limit| size <= limit);
            let Some(tree) = (!enough).then(|| doomed.pop_front()).flatten() else {
                return Ok(());
            };
            size = size.saturating_sub(self.remove_tree(&tree, report)?);
            if limit.is_none() {
                // Packages are looked at once, when all trees are gone.
                for tree in doomed.drain(..) {
                    self.remove_tree(&tree, report)?;
                }
            }
        }
    }

    /// The bytes that this freed.
    fn remove_tree(&self, tree: &StoredTree, report: &mut GcReport) -> Result<u64, StoreError> {
        self.forget(&tree.digest);
        self.release(&tree.digest);
        let freed = self.put_away(&self.tree_path(&tree.digest))?;
        report.bytes += freed;
        report.trees += 1;
        Ok(freed)
    }

    /// Removes the images that are not in `keep`; where there is a limit, the oldest first and only until it is met. An image
    /// shares nothing with anything else.
    fn sweep_images(
        &self,
        keep: &BTreeSet<TreeDigest>,
        limit: Option<u64>,
        report: &mut GcReport,
    ) -> Result<(), StoreError> {
        let images = self.images()?.into_iter();
        let doomed = images.filter(|(digest, _)| !keep.contains(digest));
        let mut doomed: Vec<TreeDigest> = doomed.map(|(digest, _)| digest).collect();
        doomed.sort_by_cached_key(|digest| {
            let meta = fs::symlink_metadata(self.image_path(digest));
            meta.map(|meta| (meta.mtime(), meta.mtime_nsec())).ok()
        });
        let mut size = match limit {
            Some(_) if !doomed.is_empty() => self.size()?,
            _ => u64::MAX,
        };
        for digest in doomed {
            if limit.is_some_and(|limit| size <= limit) {
                break;
            }
            self.release(&digest);
            let freed = self.put_away(&self.image_path(&digest))?;
            size = size.saturating_sub(freed);
            report.bytes += freed;
            report.images += 1;
        }
        Ok(())
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
    pub(super) fn put_away(&self, path: &Path) -> Result<u64, StoreError> {
        let scratch = self.scratch()?;
        let gone = scratch.path.join("gone");
        match fs::rename(path, &gone) {
            Ok(()) => discard(&gone),
            // Somebody else was faster.
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(0),
            Err(error) => Err(StoreError::at("remove", path)(error)),
        }
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
            .flat_map(|package| {
                let built = package.built.as_ref().map(|built| built.files.key());
                [Some(package.integrity.key()), built]
            })
            .flatten()
            .collect();
        for path in self.package_paths()? {
            let name = path.file_name().and_then(|name| name.to_str());
            let key = name.and_then(|name| name.split('.').next());
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
                check::full(&root, &files, self.reading())
            });
            match checked {
                Ok(stamps) => drop(self.remember(&tree.digest, &stamps)),
                Err(damages) => {
                    self.forget(&tree.digest);
                    report.damaged_trees.insert(tree.digest, damages);
                }
            }
        }
        for (digest, _) in self.images()? {
            report.images += 1;
            let damages = self.image_damages(&digest);
            if !damages.is_empty() {
                report.damaged_trees.insert(digest, damages);
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
            let checked =
                records.and_then(|files| check::full(&path.join("files"), &files, self.reading()));
            if let Err(damages) = checked {
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
    let meta = match fs::symlink_metadata(path) {
        // Whoever looks at a tree has a scratch of its own meanwhile, and removes it when it likes.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        meta => meta.map_err(StoreError::at("read", path))?,
    };
    if meta.is_dir() {
        for child in children(path)? {
            walk(&child, visit)?;
        }
    } else {
        visit(&meta);
    }
    Ok(())
}

pub(super) fn children(path: &Path) -> Result<Vec<PathBuf>, StoreError> {
    let entries = match fs::read_dir(path) {
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::NotADirectory | io::ErrorKind::NotFound
            ) =>
        {
            return Ok(Vec::new());
        }
        entries => entries.map_err(StoreError::at("read", path))?,
    };
    let paths: io::Result<Vec<PathBuf>> = entries
        .map(|entry| entry.map(|entry| entry.path()))
        .collect();
    paths.map_err(StoreError::at("read", path))
}
