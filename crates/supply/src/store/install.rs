//! What goes into the store: packages, and trees of them.

use super::{
    Store, StoreError, check, manifest, manifest::FileRecord, packages::make_read_only, replace,
};
use crate::{
    digest::{Integrity, Sha256, TreeDigest},
    http::FetchError,
    locked::{LockedTree, TreePath, TreePathError},
    pypi::BuildError,
    unpack::UnpackError,
};
use std::{
    fs, io,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

/// Why a package or a tree did not get into the store.
#[derive(Debug, thiserror::Error)]
pub enum InstallError {
    /// Its archive could not be fetched.
    #[error("the archive cannot be fetched")]
    Fetch(#[from] FetchError),
    /// Its archive is not the one that was published, or not the locked one.
    #[error(
        "the archive is not the expected one: expected {}, got {}",
        .0.expected.published(),
        .0.found.published()
    )]
    Integrity(Box<Mismatch>),
    /// Its archive is refused.
    #[error("the archive is refused")]
    Unpack(#[from] UnpackError),
    /// Two packages want the same place.
    #[error("two packages have a file at `{0}`")]
    Overlap(String),
    /// A path in the tree is too long.
    #[error("`{path}` in the tree is refused")]
    Path {
        /// Which one.
        path: String,
        /// Why.
        source: TreePathError,
    },
    /// The tree is not the locked one.
    #[error("the tree is not the locked one: expected {expected}, got {found}")]
    Tree {
        /// The locked digest.
        expected: TreeDigest,
        /// That of what was assembled.
        found: TreeDigest,
    },
    /// It has to be built from sources first, and was not.
    #[error("its source archive was not built")]
    Build(#[from] Box<BuildError>),
    /// The disk.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Two digests that ought to be one.
#[derive(Debug, PartialEq, Eq)]
pub struct Mismatch {
    /// The registry's, or the locked, digest.
    pub expected: Integrity,
    /// That of what arrived.
    pub found: Integrity,
}

/// A package in the store.
#[derive(Debug, Clone)]
pub(crate) struct Stored {
    pub(crate) directory: PathBuf,
    pub(crate) files: Vec<FileRecord>,
}

impl Stored {
    /// Whether it has the file.
    pub(crate) fn has(&self, path: &str) -> bool {
        self.files
            .binary_search_by(|file| file.path.as_str().cmp(path))
            .is_ok()
    }
}

/// A package at its place in a tree.
pub(crate) struct Placed<'a> {
    /// Its directory, relative to the tree's root.
    pub(crate) path: &'a TreePath,
    pub(crate) package: &'a Stored,
}

/// Where a file of a tree comes from.
enum Source {
    /// A stored package.
    Package(PathBuf),
    /// Interlock itself.
    Made(Vec<u8>),
}

/// The manifest of a tree, and from which package each file comes.
pub(crate) struct Layout {
    files: Vec<FileRecord>,
    /// In the order of `files`.
    sources: Vec<Source>,
    pub(crate) digest: TreeDigest,
    text: String,
}

impl Layout {
    /// Lays the packages out; touches no disk.
    pub(crate) fn of(placed: &[Placed<'_>]) -> Result<Self, InstallError> {
        Self::with(placed, Vec::new())
    }

    /// Lays the packages out, and files that are made for them. A file that several packages have at one place, the same in
    /// each, is one file.
    pub(crate) fn with(
        placed: &[Placed<'_>],
        made: Vec<(TreePath, Vec<u8>)>,
    ) -> Result<Self, InstallError> {
        let mut all = Vec::new();
        for (path, bytes) in made {
            let record = FileRecord {
                path,
                sha256: Sha256::of(&bytes),
                size: bytes.len() as u64,
                executable: false,
            };
            all.push((record, Source::Made(bytes)));
        }
        for place in placed {
            for file in &place.package.files {
                let path =
                    place
                        .path
                        .join(file.path.as_str())
                        .map_err(|source| InstallError::Path {
                            path: format!("{}/{}", place.path, file.path),
                            source,
                        })?;
                let source = Source::Package(place.package.directory.join(file.path.as_str()));
                all.push((
                    FileRecord {
                        path,
                        ..file.clone()
                    },
                    source,
                ));
            }
        }
        all.sort_by(|(a, _), (b, _)| a.path.cmp(&b.path));
        all.dedup_by(|(a, _), (b, _)| a == b);
        let (files, sources): (Vec<FileRecord>, Vec<Source>) = all.into_iter().unzip();
        overlaps(&files)?;
        let text = manifest::render(&files);
        Ok(Self {
            digest: manifest::digest(&text),
            files,
            sources,
            text,
        })
    }

    /// Whether it has the file.
    pub(crate) fn has(&self, path: &str) -> bool {
        self.files
            .binary_search_by(|file| file.path.as_str().cmp(path))
            .is_ok()
    }

    pub(crate) fn count(&self) -> u64 {
        self.files.len() as u64
    }

    pub(crate) fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.size).sum()
    }
}

/// Two files at one path, or a file where a directory has to be.
fn overlaps(files: &[FileRecord]) -> Result<(), InstallError> {
    let paths: std::collections::HashSet<&str> =
        files.iter().map(|file| file.path.as_str()).collect();
    for (file, next) in files.iter().zip(files.iter().skip(1)) {
        if file.path == next.path {
            return Err(InstallError::Overlap(file.path.to_string()));
        }
    }
    for directory in check::directories_of(files) {
        if paths.contains(directory.as_str()) {
            return Err(InstallError::Overlap(directory.to_string()));
        }
    }
    Ok(())
}

impl Store {
    /// Assembles a tree and makes it appear under its digest, whole.
    pub(crate) fn add_tree(
        &self,
        layout: &Layout,
        locked: &LockedTree,
    ) -> Result<(), InstallError> {
        let place = self.tree_path(&layout.digest);
        let lock = serde_json::to_vec_pretty(locked).map_err(io::Error::from);
        let lock = lock.map_err(StoreError::at("write", &place))?;
        self.lease(&layout.digest)?;
        let scratch = self.scratch()?;
        if self.tree_is_whole(&layout.digest) {
            replace(&place.join("lock.json"), &scratch, &lock)?;
            return Ok(());
        }
        self.forget(&layout.digest);
        self.put_away(&place)?;
        let work = scratch.path.join("tree");
        let root = work.join("root");
        let own = populate(layout, &root)?;
        self.sealing.seal(&root, &own)?;
        for (name, bytes) in [("manifest", layout.text.as_bytes()), ("lock.json", &lock)] {
            let path = work.join(name);
            fs::write(&path, bytes).map_err(StoreError::at("write", &path))?;
        }
        make_read_only(&root, &layout.files)?;
        self.flush()?;
        scratch.publish("tree", &place)?;
        self.flush_directory(&self.join("trees"))?;
        Ok(())
    }

    /// Puts a tree together where nobody looks, lets `work` look at it, and takes it away again.
    pub(crate) fn staged<T>(
        &self,
        layout: &Layout,
        work: impl FnOnce(&Path) -> T,
    ) -> Result<T, InstallError> {
        let scratch = self.scratch()?;
        let root = scratch.path.join("staged");
        populate(layout, &root)?;
        Ok(work(&root))
    }

    /// Everything written so far, of packages too, reaches the disk before the tree gets its name.
    pub(super) fn flush(&self) -> Result<(), StoreError> {
        let failed = |error: rustix::io::Errno| StoreError::at("flush", &self.root)(error.into());
        let handle = fs::File::open(&self.root).map_err(StoreError::at("open", &self.root))?;
        rustix::fs::syncfs(&handle).map_err(failed)
    }

    pub(super) fn flush_directory(&self, path: &Path) -> Result<(), StoreError> {
        let handle = fs::File::open(path).map_err(StoreError::at("open", path))?;
        handle.sync_all().map_err(StoreError::at("flush", path))
    }
}

/// Makes the directories and files of a tree; gives the files that are no other names of stored ones.
fn populate<'a>(layout: &'a Layout, root: &Path) -> Result<Vec<&'a str>, StoreError> {
    fs::create_dir_all(root).map_err(StoreError::at("create", root))?;
    for directory in check::directories_of(&layout.files) {
        let path = root.join(directory.as_str());
        fs::create_dir_all(&path).map_err(StoreError::at("create", &path))?;
    }
    let mut own = Vec::new();
    for (file, source) in layout.files.iter().zip(&layout.sources) {
        let to = root.join(file.path.as_str());
        let is_own = match source {
            Source::Package(source) => link(source, &to, file)?,
            Source::Made(bytes) => write(bytes, &to, file)?,
        };
        own.extend(is_own.then_some(file.path.as_str()));
    }
    Ok(own)
}

fn write(bytes: &[u8], to: &Path, record: &FileRecord) -> Result<bool, StoreError> {
    fs::write(to, bytes).map_err(StoreError::at("write", to))?;
    finish(to, record)
}

/// One more name for a stored file; a copy where the file system has no such thing or no more of them. Whether it is a copy.
fn link(source: &Path, to: &Path, record: &FileRecord) -> Result<bool, StoreError> {
    if fs::hard_link(source, to).is_ok() {
        return Ok(false);
    }
    fs::copy(source, to).map_err(StoreError::at("write", to))?;
    finish(to, record)
}

/// Gives a file of its own its permissions.
fn finish(to: &Path, record: &FileRecord) -> Result<bool, StoreError> {
    let mode = fs::Permissions::from_mode(record.mode());
    fs::set_permissions(to, mode).map_err(StoreError::at("change", to))?;
    Ok(true)
}
