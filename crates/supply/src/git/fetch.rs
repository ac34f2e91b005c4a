//! From a commit to its files in the store.

use super::{
    Host, ObjectError, ObjectId, RemoteError, Runner, Wish,
    checkout::checkout,
    pack::{Objects, PackLimits},
};
use crate::{
    digest::Integrity,
    locked::{Ecosystem, TreePath},
    npm::{self, PackageName},
    progress::Progress,
    store::{Guard, Store, StoreError, Stored},
    unpack::UnpackLimits,
};
use std::{collections::BTreeSet, io::BufReader, path::Path};

/// How many bytes of changes, directories and commits are held in memory at a time.
const IN_MEMORY: u64 = 256 << 20;
/// Most objects of one commit; its files and directories, and some to spare.
const MAX_OBJECTS: u64 = 400_000;

/// Why a commit's files could not be had.
#[derive(Debug, thiserror::Error)]
pub enum GitError {
    /// The host.
    #[error(transparent)]
    Remote(#[from] RemoteError),
    /// What it sent.
    #[error("the commit is refused")]
    Object(#[from] ObjectError),
    /// The store cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Its name cannot name a tree.
    #[error("the repository's name cannot be the name of a server")]
    Name,
}

/// The files of a commit, in the store.
pub struct Checkout {
    wish: Wish,
    name: PackageName,
    stored: Stored,
    integrity: Integrity,
    left_out: Vec<String>,
    above: Vec<String>,
    // What is stored stays until a tree has it.
    _adding: Guard,
}

/// What the files of a commit are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Project {
    /// The file that was named is all that starts, with what is beside it.
    File,
    /// A project of Node, with dependencies of the npm registry.
    Node,
    /// A project of Python, which has to be built; what it needs comes from the Python index.
    Python,
    /// Nothing says what starts.
    Unknown,
}

/// How a tree of a repository is called.
pub(crate) struct GitTree {
    pub(crate) ecosystem: Ecosystem,
    pub(crate) name: PackageName,
    pub(crate) version: String,
}

impl Host {
    /// Fetches a commit, proves its objects and stores its files.
    ///
    /// # Errors
    /// When it cannot be had, is not what its name says, or holds what is not let into the store.
    pub fn fetch(
        &self,
        store: &Store,
        wish: &Wish,
        progress: &dyn Progress,
    ) -> Result<Checkout, GitError> {
        let adding = store.adding()?;
        let _fetching = store.fetching(&format!("git {}", wish.commit), &|| {
            progress.waiting_for_lock();
        })?;
        let name = wish.at.name().to_owned();
        let name = PackageName::new(name).map_err(|_| GitError::Name)?;
        let limits = UnpackLimits::default();
        progress.archive_expected(name.as_str(), None);
        let (mut left_out, mut above) = (Vec::new(), Vec::new());
        let make = |aside: &Path, files: &Path| {
            let pack = self.pack(&wish.at, &wish.commit)?;
            let bounds = PackLimits {
                objects: MAX_OBJECTS,
                bytes: limits.bytes,
                in_memory: IN_MEMORY,
            };
            let pack = BufReader::with_capacity(64 << 10, pack);
            let objects = Objects::unpack(pack, wish.commit.format(), aside, bounds)?;
            let found = checkout(&objects, &wish.commit, wish.entry.as_ref(), files, &limits)?;
            (left_out, above) = (found.left_out, found.above);
            Ok::<_, GitError>(found.files)
        };
        let (integrity, stored) = store.add_files(make, |_| Ok(()))?;
        progress.archive_done(name.as_str(), false);
        Ok(Checkout {
            wish: wish.clone(),
            name,
            stored,
            integrity,
            left_out,
            above,
            _adding: adding,
        })
    }
}

/// Takes a pack apart in one empty directory and writes the files of a commit in it into another, as the store does.
///
/// # Errors
/// When it is refused; what was written before that stays in the directories.
pub fn unpack_commit_into(
    pack: &[u8],
    commit: &ObjectId,
    aside: &Path,
    files: &Path,
    limits: &UnpackLimits,
) -> Result<Vec<TreePath>, ObjectError> {
    let bounds = PackLimits {
        objects: limits.files * 4,
        bytes: limits.bytes,
        in_memory: limits.bytes,
    };
    let objects = Objects::unpack(pack, commit.format(), aside, bounds)?;
    let found = checkout(&objects, commit, None, files, limits)?;
    Ok(found.files.into_iter().map(|file| file.path).collect())
}

impl Checkout {
    /// What to do with it.
    #[must_use]
    pub fn project(&self) -> Project {
        let node = self.stored.has("package.json");
        let python = self.stored.has("pyproject.toml") || self.stored.has("setup.py");
        match (&self.wish.runner, self.entry()) {
            (Runner::Node, None) if node => Project::Node,
            (Runner::Python(_), None) if python => Project::Python,
            (Runner::Node | Runner::Python(_), _) => Project::Unknown,
            (Runner::Own, Some(file)) if node && npm::is_node(&self.stored, file) => Project::Node,
            (Runner::Own, Some(_)) => Project::File,
            (Runner::Own, None) if node => Project::Node,
            (Runner::Own, None) if python => Project::Python,
            (Runner::Own, None) => Project::Unknown,
        }
    }

    /// Directories of the repository that look like projects of Python and can be named, the outermost first.
    pub(super) fn python_projects(&self) -> Vec<String> {
        let ends = ["/pyproject.toml", "/setup.py"];
        let files = self.stored.files.iter().map(|file| file.path.as_str());
        let found = files.filter_map(|path| ends.iter().find_map(|end| path.strip_suffix(end)));
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/');
        let found = found.filter(|path| path.chars().all(plain));
        // Where a directory was named, paths here begin below it.
        let below = self.wish.entry.as_ref().filter(|_| self.entry().is_none());
        let found = found.map(|path| match below {
            Some(below) => format!("{below}/{path}"),
            None => path.to_owned(),
        });
        let found: BTreeSet<String> = found.collect();
        let mut found: Vec<String> = found.into_iter().collect();
        found.sort_by_key(|path| path.matches('/').count());
        found
    }

    /// What of the commit is not there, and why; for a person, safe to print.
    #[must_use]
    pub fn left_out(&self) -> &[String] {
        &self.left_out
    }

    /// The `pyproject.toml` of every directory above the one that was named; nothing else of those is kept.
    pub(crate) fn above(&self) -> &[String] {
        &self.above
    }

    /// What was asked for.
    #[must_use]
    pub fn wish(&self) -> &Wish {
        &self.wish
    }

    /// Where it is from, as records write it.
    pub(crate) fn address(&self) -> String {
        self.wish.address()
    }

    pub(crate) fn name(&self) -> &PackageName {
        &self.name
    }

    pub(crate) fn stored(&self) -> &Stored {
        &self.stored
    }

    pub(crate) fn integrity(&self) -> &Integrity {
        &self.integrity
    }

    /// The file that was named. A directory that was named is all that there is, and names no file.
    pub(crate) fn entry(&self) -> Option<&TreePath> {
        let entry = self.wish.entry.as_ref()?;
        self.stored.has(entry.as_str()).then_some(entry)
    }

    pub(crate) fn command(&self) -> Option<&str> {
        self.wish.command.as_deref()
    }

    pub(crate) fn tree(&self) -> GitTree {
        GitTree {
            ecosystem: Ecosystem::Git,
            name: self.name.clone(),
            version: format!("0.0.0+git.{}", self.wish.commit),
        }
    }
}
