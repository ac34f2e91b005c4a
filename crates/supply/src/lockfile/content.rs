//! What a server was resolved to: the part of a lock that names bytes.

use super::{
    OriginLock,
    path::{Base, ProjectPath},
};
use crate::{
    digest::TreeDigest,
    host::Host,
    locked::LockedTree,
    oci::{LockedImage, Platform},
    store::Store,
};
use interlock_launch::{Digest, LaunchRecord, TreeRole};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// The bytes of a server. The interpreter is named by its kind only: where it is differs from machine to machine, and each
/// approval fixes the one that is there.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Content {
    /// What runs it: `node`, `python`, …; nothing for a program that runs itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interpreter: Option<String>,
    /// The kind of machine that the package's tree is for, for example `linux-x64-glibc`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub platform: Option<String>,
    /// Where the package came from, as far as that was known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<OriginLock>,
    /// Single files: a program, or a script that is executed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<FileLock>,
    /// Directories of code around them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub folders: Vec<FolderLock>,
    /// The package with everything that it depends on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tree: Option<LockedTree>,
    /// The image of a container.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image: Option<LockedImage>,
}

/// One file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileLock {
    /// Where it is.
    pub path: ProjectPath,
    /// SHA-256 of its bytes.
    pub sha256: Digest,
}

/// One directory of code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FolderLock {
    /// Where it is.
    pub path: ProjectPath,
    /// Digest of its list of files; see [`interlock_launch::Manifest`].
    pub digest: Digest,
    /// How many files are in it.
    pub files: u64,
}

impl Content {
    /// Whether nothing was resolved yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// From a resolved launch and the tree of its package, if it has one.
    ///
    /// Where it came from is not known by that. Virtual environments and interpreters outside the system are left out: their bytes name the machine that they are on.
    #[must_use]
    pub fn of(
        launch: &LaunchRecord,
        tree: Option<&LockedTree>,
        base: &Base,
        store: &Store,
    ) -> Self {
        let stored = |path: &str| Path::new(path).starts_with(store.root());
        let interpreted = !launch.chain.is_empty();
        let program = launch.program.as_ref();
        let own_program = program.filter(|file| !interpreted && !stored(&file.path));
        let files = own_program
            .into_iter()
            .chain(launch.chain.iter().filter(|file| !stored(&file.path)));
        let files = files.filter_map(|file| {
            Some(FileLock {
                path: ProjectPath::of(Path::new(&file.path), base).ok()?,
                sha256: file.sha256,
            })
        });
        let folders = launch
            .trees
            .iter()
            .filter(|tree| tree.role == TreeRole::Project);
        let folders = folders.filter_map(|tree| {
            Some(FolderLock {
                path: ProjectPath::of(Path::new(&tree.root), base).ok()?,
                digest: tree.digest,
                files: tree.files,
            })
        });
        Self {
            interpreter: program.filter(|_| interpreted).map(|file| kind(&file.path)),
            platform: tree.map(|_| Host::current(None).name()),
            origin: None,
            files: files.collect(),
            folders: folders.collect(),
            tree: tree.cloned(),
            image: image(launch, store),
        }
    }

    /// Whether a package's tree was made for another kind of machine than this one.
    #[must_use]
    pub fn is_foreign(&self) -> bool {
        let here = || Host::current(None).name();
        let other = |image: &LockedImage| image.platform != Platform::here().to_string();
        if self.image.as_ref().is_some_and(other) {
            return true;
        }
        self.platform
            .as_ref()
            .is_some_and(|made_for| *made_for != here())
    }
}

/// The image of a launch, as it is stored, under the name that the launch has for it.
fn image(launch: &LaunchRecord, store: &Store) -> Option<LockedImage> {
    let package = launch.package.as_ref().filter(|it| it.ecosystem == "oci")?;
    let digest = TreeDigest::parse(&package.tree).ok()?;
    Some(LockedImage {
        name: package.name.clone(),
        version: package.version.clone(),
        ..store.recorded_image(&digest)?
    })
}

/// An interpreter by its kind: the file's name without a version (`python3.11` is `python`).
fn kind(path: &str) -> String {
    let name = path.rsplit('/').next().unwrap_or(path);
    let bare = name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
    if bare.is_empty() { name } else { bare }.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn interpreters_by_kind() {
        for (path, expected) in [
            ("/usr/bin/node", "node"),
            ("/usr/bin/python3.11", "python"),
            ("/opt/x/python3", "python"),
            ("/usr/bin/7", "7"),
        ] {
            assert_eq!(kind(path), expected);
        }
    }
}
