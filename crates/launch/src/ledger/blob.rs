//! Long texts that approvals refer to by digest, one file each, so that reading the approvals stays quick: tool
//! definitions and lists of files. A blob proves itself, so nobody has to own or sign it.

use std::io;
use std::path::PathBuf;

use crate::digest::Digest;
use crate::guarded::{self, Privacy};
use crate::places::Places;
use crate::tree::Manifest;

const MOST: u64 = 64 << 20;

/// The directory of blobs.
#[derive(Debug, Clone)]
pub(super) struct Blobs {
    directory: PathBuf,
    uid: u32,
}

impl Blobs {
    pub(super) fn new(places: &Places) -> Self {
        Self {
            directory: places.approvals().join("blobs"),
            uid: places.uid(),
        }
    }

    pub(super) fn write(&self, bytes: &[u8]) -> io::Result<Digest> {
        let digest = Digest::of(bytes);
        self.store(&digest, "raw", bytes)?;
        Ok(digest)
    }

    pub(super) fn read(&self, digest: &Digest) -> Option<Vec<u8>> {
        let bytes = self.load(digest, "raw")?;
        (Digest::of(&bytes) == *digest).then_some(bytes)
    }

    pub(super) fn write_manifest(&self, manifest: &Manifest) -> io::Result<()> {
        let json = serde_json::to_vec(manifest).map_err(io::Error::other)?;
        self.store(&manifest.digest(), "tree", &json)
    }

    pub(super) fn read_manifest(&self, digest: &Digest) -> Option<Manifest> {
        let bytes = self.load(digest, "tree")?;
        let manifest: Manifest = serde_json::from_slice(&bytes).ok()?;
        (manifest.digest() == *digest).then_some(manifest)
    }

    fn store(&self, digest: &Digest, kind: &str, bytes: &[u8]) -> io::Result<()> {
        guarded::make_directory(&self.directory, self.uid).map_err(io::Error::other)?;
        let path = self.directory.join(format!("{digest}.{kind}"));
        guarded::replace(&path, bytes, 0o600, false)
    }

    fn load(&self, digest: &Digest, kind: &str) -> Option<Vec<u8>> {
        let path = self.directory.join(format!("{digest}.{kind}"));
        guarded::read(&path, self.uid, Privacy::OwnerWrites, MOST).ok()?
    }
}
