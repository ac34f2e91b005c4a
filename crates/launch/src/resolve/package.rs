//! How resolution asks for packages: a trait, so that this crate needs no network and no archive format.

use std::path::{Path, PathBuf};

use thiserror::Error;

use super::content::LockedPackage;
use crate::judge::PackageRef;

/// A store of unpacked packages. `interlock-supply` has the real one.
pub trait PackageStore {
    /// Finds the unpacked tree of `locked` and the file of it that starts what `package` asks for.
    ///
    /// It need not verify the bytes at every launch: resolution digests [`Located::root`] itself, and the approval
    /// is for that digest. `home` is what a bundle's `${HOME}` stands for.
    fn locate(
        &self,
        package: &PackageRef,
        locked: &LockedPackage,
        home: &Path,
    ) -> Result<Located, LocateError>;

    /// Finds the unpacked image `locked`. As above, its bytes are digested by resolution.
    fn image(&self, locked: &LockedPackage) -> Result<LocatedImage, LocateError> {
        Err(LocateError::Missing(format!(
            "{}:{}",
            locked.name, locked.version
        )))
    }
}

/// An image in the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocatedImage {
    /// Everything of it: digested as a whole.
    pub root: PathBuf,
    /// Its files, under `root`: the file system that the server sees.
    pub files: PathBuf,
    /// How it is started, read from a file under `root`.
    pub config: ImageConfig,
}

/// How an image is started, as its own configuration says (OCI image specification, `config`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ImageConfig {
    /// The program with its first arguments.
    pub entrypoint: Vec<String>,
    /// The arguments after it, unless others are given; the program itself where there is no entry point.
    pub cmd: Vec<String>,
    /// Variables.
    pub env: Vec<(String, String)>,
    /// Where it starts; empty means `/`.
    pub workdir: String,
}

/// A package in the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Located {
    /// The directory of the unpacked tree: everything in it is digested and mounted.
    pub root: PathBuf,
    /// The entry file, under `root`.
    pub entry: PathBuf,
    /// What runs the entry file.
    pub interpreter: Interpreter,
    /// Where the package itself says how it starts: instead of the request's arguments, which are settings then.
    pub start: Option<Start>,
}

/// How a bundle starts its entry file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Start {
    /// The interpreter's own options, before the entry.
    pub options: Vec<String>,
    /// The arguments after the entry.
    pub args: Vec<String>,
    /// Variables, without those that a secret is given as.
    pub env: Vec<(String, String)>,
}

/// What runs an entry file of a package.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interpreter {
    /// `node ENTRY ARGS`.
    Node,
    /// `python3 -P ENTRY ARGS` with the store's tree as its only path of modules.
    Python,
    /// `python3 -s -S -B ENTRY ARGS`: no package of the machine is visible, and no bytecode is written. The entry, which
    /// the store made, adds the tree to the path of modules.
    IsolatedPython,
    /// None: the entry is a native program, or names its interpreter in its own first line.
    Itself,
}

/// Why a package is not there.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum LocateError {
    /// The store has no such tree.
    #[error("`{0}` is not in the store: run `interlock approve` to fetch it")]
    Missing(String),
    /// The package starts no such program.
    #[error("`{package}` has no program `{bin}`: it has {found}")]
    NoSuchProgram {
        /// The package.
        package: String,
        /// The program that was asked for.
        bin: String,
        /// What it has instead, for a person.
        found: String,
    },
    /// The package cannot be started as it is asked for.
    #[error("`{package}` cannot be started: {problem}")]
    Unfit {
        /// The package.
        package: String,
        /// Why, for a person.
        problem: String,
    },
    /// The store's own records are damaged.
    #[error(
        "the store's record of `{package}` is damaged ({detail}): run `interlock store verify`"
    )]
    Damaged {
        /// The package.
        package: String,
        /// What is wrong.
        detail: String,
    },
}

/// A store without packages.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoPackages;

impl PackageStore for NoPackages {
    fn locate(
        &self,
        _: &PackageRef,
        locked: &LockedPackage,
        _: &Path,
    ) -> Result<Located, LocateError> {
        Err(LocateError::Missing(format!(
            "{}@{}",
            locked.name, locked.version
        )))
    }
}
