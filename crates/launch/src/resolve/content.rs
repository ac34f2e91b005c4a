//! What a launch consists of, as it is fingerprinted, stored in an approval and compared.

use serde::{Deserialize, Serialize};

use crate::address::Address;
use crate::digest::Digest;

/// One file that is executed or interpreted, by real path and bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileRecord {
    /// Absolute path without symbolic links.
    pub path: String,
    /// SHA-256 of the bytes.
    pub sha256: Digest,
}

/// One directory whose files the launch can execute or load.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TreeRecord {
    /// Absolute path without symbolic links.
    pub root: String,
    /// What the directory is to the launch.
    pub role: TreeRole,
    /// Names under the root that are neither digested nor shown to the server (version control), sorted.
    pub hidden: Vec<String>,
    /// Paths under the root that are granted for writing, so are not digested, sorted.
    pub writable: Vec<String>,
    /// Digest of the tree's manifest: see [`Manifest`](crate::Manifest).
    pub digest: Digest,
    /// Files in it.
    pub files: u64,
}

/// What a directory is to a launch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TreeRole {
    /// The project around an entry file.
    Project,
    /// A Python virtual environment.
    Venv,
    /// The standard library of an interpreter outside the system's directories.
    Interpreter,
    /// A package in Interlock's store.
    Package,
    /// An image in Interlock's store: its configuration, and the files that are the server's whole file system.
    Image,
}

impl TreeRole {
    /// The role as text.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            TreeRole::Project => "project",
            TreeRole::Venv => "venv",
            TreeRole::Interpreter => "interpreter",
            TreeRole::Package => "package",
            TreeRole::Image => "image",
        }
    }
}

/// A variable of the child: its value only where the value is code.
///
/// Values that carry no code may be secrets, so they never enter a fingerprint, an approval or a log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EnvRecord {
    /// The variable's name.
    pub name: String,
    /// The value, where it can load code or redirect trust; its digest (`sha256:…`) where it looks like a secret, too.
    pub value: Option<String>,
}

/// The request as it was made, without the values of variables that carry no code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RequestRecord {
    /// The command as the config writes it.
    pub command: String,
    /// Its arguments.
    pub args: Vec<String>,
    /// Its variables, sorted by name.
    pub env: Vec<EnvRecord>,
    /// The working directory that it asks for.
    pub cwd: Option<String>,
}

/// A package and everything that it depends on, fixed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LockedPackage {
    /// `npm` or `pypi`; `oci` for an image.
    pub ecosystem: String,
    /// The package's name.
    pub name: String,
    /// The exact version; of an image the tag or digest that was asked for.
    pub version: String,
    /// The registry's integrity of the package itself (`sha512-…`); of an image its manifest's digest (`sha256:…`).
    pub integrity: String,
    /// The store's own name of the unpacked tree, dependencies included (its tree digest).
    pub tree: String,
}

/// Everything that a fingerprint covers of a launch: what runs, with which arguments, seeing which code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LaunchRecord {
    /// What was asked for.
    pub request: RequestRecord,
    /// The file that is executed; none where the server is connected to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub program: Option<FileRecord>,
    /// The exact arguments, the zeroth included.
    pub argv: Vec<String>,
    /// The child's declared variables, sorted by name.
    pub env: Vec<EnvRecord>,
    /// The directory of digested code that the server has to start in, where its kind of launch needs one.
    pub cwd: Option<String>,
    /// Scripts and interpreters on the way from the command to the program, in order.
    pub chain: Vec<FileRecord>,
    /// Directories of code.
    pub trees: Vec<TreeRecord>,
    /// The package, where the request names one.
    pub package: Option<LockedPackage>,
    /// The address, where the server is connected to: there is no content then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remote: Option<Address>,
}
