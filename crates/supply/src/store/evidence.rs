//! What was said about where a tree's packages came from, kept beside the tree and removed with it.
//!
//! Nothing of it is believed because it is here: attestations are verified whenever it is read.

use super::{Store, StoreError, replace};
use crate::{digest::TreeDigest, locked::LockedTree, provenance::TreeEvidence};
use std::{fs, io, io::Read};

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
        let place = self.tree_path(tree).join(NAME);
        let bytes = serde_json::to_vec(evidence).map_err(io::Error::from);
        let bytes = bytes.map_err(StoreError::at("write", &place))?;
        replace(&place, &self.scratch()?, &bytes)
    }

    /// The evidence beside a tree, when it is about exactly that tree's packages.
    #[must_use]
    pub fn evidence(&self, tree: &LockedTree) -> Option<TreeEvidence> {
        let file = fs::File::open(self.tree_path(&tree.digest).join(NAME)).ok()?;
        let mut raw = Vec::new();
        file.take(LARGEST).read_to_end(&mut raw).ok()?;
        let evidence: TreeEvidence = serde_json::from_slice(&raw).ok()?;
        evidence.is_of(tree).then_some(evidence)
    }
}
