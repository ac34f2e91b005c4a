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
        let bytes = bytes.map_err(StoreError::at("write", &place))?;
        replace(&place, &self.scratch()?, &bytes)
    }
}

fn kept<T: DeserializeOwned>(directory: &Path) -> Option<T> {
    let file = fs::File::open(directory.join(NAME)).ok()?;
    let mut raw = Vec::new();
    file.take(LARGEST).read_to_end(&mut raw).ok()?;
    serde_json::from_slice(&raw).ok()
}
