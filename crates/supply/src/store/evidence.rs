//! What was said about where a tree's packages came from, kept beside the tree and removed with it.
//!
//! Nothing of it is believed because it is here: attestations are verified whenever it is read.

use super::{Store, StoreError, replace};
use crate::{
    digest::TreeDigest,
    locked::LockedTree,
    oci::LockedImage,
    provenance::{ImageEvidence, TreeEvidence},
};
use serde::{Serialize, de::DeserializeOwned};
use std::{fs, io, io::Read, path::Path};

/// Most bytes; some hundred attested packages take a few megabytes.
const LARGEST: u64 = 64 << 20;
const NAME: &str = "evidence.json";

impl Store {
    /// Keeps evidence beside a tree that is in the store; older evidence is replaced.
    ///
    /// # Errors
    /// When the tree is not there or cannot be written to.
    pub fn keep_evidence(
        &self,
        tree: &TreeDigest,
        evidence: &TreeEvidence,
    ) -> Result<(), StoreError> {
        let _adding = self.adding()?;
        self.keep(&self.tree_path(tree), evidence)
    }

    /// The evidence beside a tree, when it is about exactly that tree's packages.
    #[must_use]
    pub fn evidence(&self, tree: &LockedTree) -> Option<TreeEvidence> {
        let evidence: TreeEvidence = kept(&self.tree_path(&tree.digest))?;
        evidence.is_of(tree).then_some(evidence)
    }

    /// The same for an image that is in the store.
    ///
    /// # Errors
    /// When the image is not there or cannot be written to.
    pub fn keep_image_evidence(
        &self,
        image: &TreeDigest,
        evidence: &ImageEvidence,
    ) -> Result<(), StoreError> {
        let _adding = self.adding()?;
        self.keep(&self.image_path(image), evidence)
    }

    /// The evidence beside an image, when it is about that image.
    #[must_use]
    pub fn image_evidence(&self, image: &LockedImage) -> Option<ImageEvidence> {
        let evidence: ImageEvidence = kept(&self.image_path(&image.digest))?;
        evidence.is_of(image).then_some(evidence)
    }

    fn keep(&self, directory: &Path, evidence: &impl Serialize) -> Result<(), StoreError> {
        let place = directory.join(NAME);
        let bytes = serde_json::to_vec(evidence).map_err(io::Error::from);
        let bytes = bytes.and_then(|bytes| match bytes.len() as u64 > LARGEST {
            // It would be read back cut short, that is, not at all.
            true => Err(io::Error::from(io::ErrorKind::FileTooLarge)),
            false => Ok(bytes),
        });
        let bytes = bytes.map_err(StoreError::at("write", &place))?;
        replace(&place, &self.scratch()?, &bytes)
    }
}

fn kept<T: DeserializeOwned>(directory: &Path) -> Option<T> {
    let file = fs::File::open(directory.join(NAME)).ok()?;
    let mut raw = Vec::new();
    file.take(LARGEST + 1).read_to_end(&mut raw).ok()?;
    if raw.len() as u64 > LARGEST {
        return None;
    }
    serde_json::from_slice(&raw).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A tree's directory in a store, and evidence of so many bytes.
    fn kept(size: usize) -> (Result<(), StoreError>, bool) {
        let home = tempfile::tempdir().unwrap();
        let store = Store::open(&home.path().join("store")).unwrap();
        let tree = TreeDigest::parse(&"a".repeat(64)).unwrap();
        let directory = store.tree_path(&tree);
        fs::create_dir_all(&directory).unwrap();
        let evidence = serde_json::json!({ "format": 1, "packages": [{ "name": "x", "version": "1.0.0",
            "integrity": crate::Integrity::from_bytes([7; 64]).to_string(), "attestations": "x".repeat(size) }] });
        let evidence = serde_json::from_value(evidence).unwrap();
        let result = store.keep_evidence(&tree, &evidence);
        (result, directory.join(NAME).exists())
    }

    #[test]
    fn no_more_is_written_than_would_be_read() {
        assert!(matches!(kept(1000), (Ok(()), true)));
        let (result, written) = kept(LARGEST as usize);
        let Err(StoreError::Disk { source, .. }) = result else {
            panic!("{result:?}")
        };
        assert_eq!(source.kind(), io::ErrorKind::FileTooLarge);
        assert!(!written);
    }
}
