//! The content-addressed store: packages by the digest of their archive, trees by the digest of what is
//! in them.
//!
//! ```text
//! lock                       flock: shared while something is added, exclusive while something is removed
//! tmp/…                      work in progress; anything here is rubbish after a crash
//! packages/ab/<key>/files/…  an unpacked archive, read-only     <key>: half of its SHA-512
//! packages/ab/<key>/manifest
//! trees/<digest>/root/…      packages laid out as an interpreter expects them: hard links, read-only
//! trees/<digest>/manifest    <digest>: SHA-256 of this file
//! trees/<digest>/lock.json   the tree as it was locked
//! leases/<digest>.…          locked while the process that put the tree there may still name it
//! trees/<digest>/evidence.json   what registries said about where it came from
//! images/<digest>/…          images of containers: see `images.rs`
//! warm/<digest>              device, inode, size, times and measured digest of every file when it was last hashed
//! ```
//!
//! Everything appears by a rename of something complete, so a crash leaves rubbish in `tmp` at worst. A
//! stored name is a claim until it is checked: packages are hashed before they enter a new tree, trees
//! before they are handed out, unless every file's times and inode say that nothing touched it since, or the kernel, where it
//! keeps files from changing, that it has the bytes that were hashed.
//! That short cut stops whatever cannot also rewrite `warm`: the servers in the sandbox, other users,
//! damage. It does not stop the user's own processes, which could replace this program as well.

mod check;
mod evidence;
mod gc;
mod ground;
mod guard;
mod images;
mod install;
mod lease;
pub(crate) mod manifest;
mod packages;
mod remove;
mod sealing;
mod trees;
mod unpacked;
mod warm;

pub use check::Damage;
pub use gc::{Collection, GcReport, VerifyReport};
pub(crate) use guard::Guard;
pub use install::{InstallError, Mismatch};
pub(crate) use install::{Layout, Placed, Stored};
use interlock_launch::Verity;
use lease::Leases;
pub(crate) use packages::{Format, ReadSeek};
use sealing::Sealing;
pub use trees::{LocateError, Located, StoredTree};
pub(crate) use unpacked::Unpacked;

use std::{
    fs, io,
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
};

/// Why the store cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The disk.
    #[error("store: cannot {what} `{path}`", path = .path.display())]
    Disk {
        /// What was tried: a verb.
        what: &'static str,
        /// On which file or directory.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Other users may change what is in it.
    #[error("store: others may write to `{path}` (mode {mode:o}): run `chmod go-w` on it, then `interlock store verify`", path = .path.display())]
    Writable {
        /// The directory.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// It is another user's, who may change what is in it.
    #[error("store: `{path}` belongs to user {owner}, neither to you nor to root", path = .path.display())]
    Foreign {
        /// The directory.
        path: PathBuf,
        /// Its owner.
        owner: u32,
    },
}

impl StoreError {
    pub(crate) fn at(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Disk {
            what,
            path: path.into(),
            source,
        }
    }
}

/// The directories in it.
const PARTS: [&str; 7] = [
    "tmp", "packages", "trees", "images", "warm", "locks", "leases",
];

/// A store in one directory. Any number of processes may use one at a time.
#[derive(Debug, Clone)]
pub struct Store {
    root: PathBuf,
    leases: Leases,
    sealing: Sealing,
}

impl Store {
    /// Opens the store in `root`, creating it (mode 0700) when it is not there. One on read-only ground can be read.
    ///
    /// # Errors
    /// When the directories cannot be made, or users other than this one and root may change what is in them.
    pub fn open(root: &Path) -> Result<Self, StoreError> {
        let make = |path: &Path| {
            let mut builder = fs::DirBuilder::new();
            builder
                .recursive(true)
                .mode(0o700)
                .create(path)
                .map_err(StoreError::at("create", path))
        };
        make(root)?;
        let root = root.canonicalize().map_err(StoreError::at("open", root))?;
        ground::check(&root)?;
        for part in PARTS {
            let path = root.join(part);
            match make(&path) {
                // A part that came with a later version, on read-only ground: nothing is added there anyway.
                Err(StoreError::Disk { source, .. })
                    if source.kind() == io::ErrorKind::ReadOnlyFilesystem => {}
                made => made.and_then(|()| ground::check(&path))?,
            }
        }
        Ok(Self {
            root,
            leases: Leases::default(),
            sealing: Sealing::new(Verity::KERNEL),
        })
    }

    /// Has another than the kernel seal and measure files: for tests.
    #[must_use]
    pub fn with_verity(self, verity: Verity) -> Self {
        let sealing = Sealing::new(verity);
        Self { sealing, ..self }
    }

    /// Where it is.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    fn join(&self, part: &str) -> PathBuf {
        self.root.join(part)
    }

    /// A new, empty directory for work in progress. The caller holds the store's lock.
    fn scratch(&self) -> Result<Scratch, StoreError> {
        static COUNTER: AtomicU64 = AtomicU64::new(0);
        let process = std::process::id();
        loop {
            let number = COUNTER.fetch_add(1, Ordering::Relaxed);
            let path = self.root.join(format!("tmp/{process}-{number}"));
            match fs::create_dir(&path) {
                Ok(()) => return Ok(Scratch { path }),
                // Left by a crashed process that had the same number.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(StoreError::at("create", &path)(error)),
            }
        }
    }
}

/// A directory for work in progress; removed when dropped, with what is still in it.
struct Scratch {
    path: PathBuf,
}

impl Scratch {
    /// Moves what `part` of it holds to its place. `Ok(false)` when something is there already.
    fn publish(&self, part: &str, to: &Path) -> Result<bool, StoreError> {
        if let Some(parent) = to.parent() {
            fs::create_dir_all(parent).map_err(StoreError::at("create", parent))?;
        }
        match fs::rename(self.path.join(part), to) {
            Ok(()) => Ok(true),
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::DirectoryNotEmpty | io::ErrorKind::AlreadyExists
                ) =>
            {
                Ok(false)
            }
            Err(error) => Err(StoreError::at("write", to)(error)),
        }
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What cannot be removed now is removed by the next clean-up.
        let _ = remove::all(&self.path);
    }
}

/// Writes a small file so that it is either the old or the new one, whole.
fn replace(path: &Path, scratch: &Scratch, bytes: &[u8]) -> Result<(), StoreError> {
    let temporary = scratch.path.join("replace");
    fs::write(&temporary, bytes).map_err(StoreError::at("write", &temporary))?;
    fs::rename(&temporary, path).map_err(StoreError::at("write", path))
}
