//! What an image's name was resolved to: the part of a lock that names its bytes.

use super::reference::ImageDigest;
use crate::digest::TreeDigest;
use serde::{Deserialize, Serialize};

/// One layer.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LayerRecord {
    /// Digest of its archive as it is served.
    pub digest: ImageDigest,
    /// Bytes of that archive.
    pub size: u64,
}

/// An image of one kind of machine, down to bytes.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LockedImage {
    /// Version of this format; 1.
    pub format: u32,
    /// Registry and repository, for example `ghcr.io/github/github-mcp-server`.
    pub name: String,
    /// The tag or digest that was asked for.
    pub version: String,
    /// Digest of the manifest for this kind of machine: it names everything else.
    pub manifest: ImageDigest,
    /// Digest of the configuration.
    pub config: ImageDigest,
    /// The kind of machine, for example `linux/amd64`.
    pub platform: String,
    /// Digest of the unpacked tree: manifest, configuration and every file, with its place and mode.
    pub digest: TreeDigest,
    /// Number of files.
    pub files: u64,
    /// Sum of the files' sizes in bytes.
    pub bytes: u64,
    /// The layers, the lowest first.
    pub layers: Vec<LayerRecord>,
}

/// What an approval keeps of an image; the store finds the rest again by its digest.
impl From<&LockedImage> for interlock_launch::LockedPackage {
    fn from(image: &LockedImage) -> Self {
        Self {
            ecosystem: "oci".into(),
            name: image.name.clone(),
            version: image.version.clone(),
            integrity: image.manifest.to_string(),
            tree: image.digest.to_string(),
        }
    }
}
