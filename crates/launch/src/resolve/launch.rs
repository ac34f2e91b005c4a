//! The result of resolution: a launch, ready to be matched with an approval.

use std::path::{Path, PathBuf};

use super::content::{LaunchRecord, LockedPackage, RequestRecord};
use super::image;
use crate::address::Address;
use crate::digest_cache::Seal;
use crate::stamp::{Changed, Identity, Stamp};
use crate::tree::Manifest;

/// A request that was resolved to content. It has been approved by nobody yet:
/// [`Ledger::admit`](crate::Ledger::admit) takes it by value and gives an [`Approved`](crate::Approved) back.
///
/// Not `Clone` and not deserializable, so what is admitted is what was just resolved. No `Debug`: values of
/// variables can be secrets.
pub struct Launch {
    pub(crate) record: LaunchRecord,
    pub(crate) values: Vec<(String, String)>,
    pub(crate) seals: Vec<Seal>,
    pub(crate) manifests: Vec<Manifest>,
    pub(crate) stamps: Vec<Stamp>,
    pub(crate) image: Option<InImage>,
}

/// What a launch from an image sees in the place of the host's system.
///
/// INVARIANT: all of it follows from the request and from the image's digested tree, so the fingerprint covers it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InImage {
    /// The directory that is its file system: absolute, in a digested tree.
    pub root: PathBuf,
    /// The program as it is called inside.
    pub program: PathBuf,
    /// Where paths of the host are seen, when they are granted: the host's path, and the path inside.
    pub places: Vec<(PathBuf, PathBuf)>,
}

impl InImage {
    /// Where a granted path of the host is seen.
    #[must_use]
    pub fn place(&self, host: &Path) -> Vec<PathBuf> {
        let asked = self.places.iter().filter(|(known, _)| known == host);
        let asked: Vec<PathBuf> = asked.map(|(_, inside)| inside.clone()).collect();
        if asked.is_empty() {
            return vec![image::settle(&self.root, host)];
        }
        asked
    }
}

/// A path that the content needs inside the sandbox, for reading and executing.
///
/// INVARIANT: every mount is covered by a digest of the launch; what is hidden in it is not, and must not be seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContentMount {
    /// Absolute real path, a file or a directory, the same inside.
    pub path: PathBuf,
    /// Paths under it that the server must not see.
    pub hidden: Vec<PathBuf>,
}

/// Directories that every sandbox mounts from the system: what lies there needs no mount of its own.
pub(crate) const SYSTEM: [&str; 6] = ["/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64"];

impl Launch {
    /// What a fingerprint covers.
    #[must_use]
    pub fn record(&self) -> &LaunchRecord {
        &self.record
    }

    /// The request that was resolved.
    #[must_use]
    pub fn request(&self) -> &RequestRecord {
        &self.record.request
    }

    /// The file to execute; none where the server is connected to.
    #[must_use]
    pub fn program(&self) -> Option<PathBuf> {
        let program = self.record.program.as_ref()?;
        Some(PathBuf::from(&program.path))
    }

    /// The address, where the server is connected to.
    #[must_use]
    pub fn remote(&self) -> Option<&Address> {
        self.record.remote.as_ref()
    }

    /// The exact arguments, the zeroth included.
    #[must_use]
    pub fn argv(&self) -> &[String] {
        &self.record.argv
    }

    /// The declared variables with their values: for the child alone, never for a log.
    #[must_use]
    pub fn env(&self) -> &[(String, String)] {
        &self.values
    }

    /// The directory of digested code to start in, unless the profile grants another; none means a private one.
    #[must_use]
    pub fn cwd(&self) -> Option<&Path> {
        self.record.cwd.as_deref().map(Path::new)
    }

    /// The package, where the request names one.
    #[must_use]
    pub fn package(&self) -> Option<&LockedPackage> {
        self.record.package.as_ref()
    }

    /// The image that the server starts in, where the request names one.
    #[must_use]
    pub fn image(&self) -> Option<&InImage> {
        self.image.as_ref()
    }

    /// What must be visible, read-only, besides the system's directories, or besides the image.
    #[must_use]
    pub fn mounts(&self) -> Vec<ContentMount> {
        if self.image.is_some() {
            return Vec::new();
        }
        let trees = self.record.trees.iter().map(|tree| ContentMount {
            path: PathBuf::from(&tree.root),
            hidden: tree
                .hidden
                .iter()
                .map(|name| PathBuf::from(&tree.root).join(name))
                .collect(),
        });
        let files = self.record.program.iter().chain(&self.record.chain);
        let files = files.map(|file| ContentMount {
            path: PathBuf::from(&file.path),
            hidden: Vec::new(),
        });
        let mut mounts: Vec<ContentMount> = Vec::new();
        for mount in trees.chain(files) {
            let system = SYSTEM.iter().any(|tree| mount.path.starts_with(tree));
            let covered = mounts.iter().any(|m| mount.path.starts_with(&m.path));
            if !system && !covered {
                mounts.push(mount);
            }
        }
        mounts
    }

    /// Which files and directories were digested. What else lies at their paths by now was not.
    pub fn identities(&self) -> impl Iterator<Item = Identity<'_>> {
        self.stamps.iter().map(Stamp::identity)
    }

    /// Looks again at all that was digested. To be called when the server has started and before it is spoken to: what it was
    /// started from is then what was approved.
    ///
    /// # Errors
    /// [`Changed`] names the first that is not as it was.
    pub fn check_unchanged(&self) -> Result<(), Changed> {
        self.stamps.iter().try_for_each(Stamp::check)
    }

    /// Which stored files this launch's digests were taken from, to sign with an approval.
    pub(crate) fn seals(&self) -> &[Seal] {
        &self.seals
    }

    /// The lists behind the tree digests, to say later which file changed.
    pub(crate) fn manifests(&self) -> &[Manifest] {
        &self.manifests
    }
}
