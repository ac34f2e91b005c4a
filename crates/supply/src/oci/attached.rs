//! What is attached to an image in its registry: asked for, bounded, taken by digest. Nothing is judged here.
//!
//! Two places are looked at for each digest that the image goes by: the list of referrers (distribution specification 1.1, with the tag
//! `sha256-…` where a registry has no such list), and the tag `sha256-….sig` of cosign before its version 3. Everything is fetched from the
//! image's own repository; nothing that a list names otherwise is followed.

use super::{
    document::Document,
    locked::LockedImage,
    reference::{ImageDigest, Platform, Reference},
    registry::Registry,
};
use crate::{
    http::FetchError,
    provenance::{Beside, Fault, ImageEvidence, Simple},
};
use serde::Deserialize;
use std::collections::BTreeMap;

/// Bytes of a list, and of one thing in it.
const LIST: u64 = 4 << 20;
const PART: u64 = 4 << 20;
/// Bytes of all of it together, as it is kept; what is read back may be larger, never smaller.
const ALL: u64 = 16 << 20;
/// Things that are looked at, of all that is attached to one digest.
const MOST: usize = 32;

/// What a Sigstore bundle calls itself in a registry; a version follows.
const BUNDLE: &str = "application/vnd.dev.sigstore.bundle";
/// What is asked for, as it stands in an address.
const BUNDLES: &str = "application%2Fvnd.dev.sigstore.bundle.v0.3%2Bjson";
/// The document that cosign signs.
const SIMPLE: &str = "application/vnd.dev.cosign.simplesigning.v1+json";

/// Why a part is not there.
enum Trouble {
    Fetch(FetchError),
    Fault(Fault),
}

impl From<FetchError> for Trouble {
    fn from(error: FetchError) -> Self {
        Self::Fetch(error)
    }
}

#[derive(Deserialize)]
struct List {
    manifests: Vec<Listed>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Listed {
    #[serde(default)]
    artifact_type: String,
    digest: String,
}

/// An artifact's manifest, as far as it is looked at.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Artifact {
    schema_version: u32,
    subject: Option<Listed>,
    layers: Vec<Layer>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Layer {
    media_type: String,
    digest: ImageDigest,
    size: u64,
    #[serde(default)]
    annotations: Option<BTreeMap<String, String>>,
}

/// Whether an index leads a machine of this kind to this manifest.
pub(crate) fn leads_to(index: &[u8], platform: &str, manifest: ImageDigest) -> bool {
    let Some((os, architecture)) = platform.split_once('/') else {
        return false;
    };
    let platform = Platform {
        os: os.to_owned(),
        architecture: architecture.to_owned(),
    };
    let Ok(Document::Index(list)) = Document::parse(index) else {
        return false;
    };
    Document::choose(&list, &platform).is_ok_and(|chosen| chosen.digest == manifest)
}

impl Registry {
    /// Asks what is attached to an image, and to the index that it was chosen from, where that is known.
    #[must_use]
    pub fn attached(
        &self,
        image: &Reference,
        locked: &LockedImage,
        index: Option<ImageDigest>,
    ) -> ImageEvidence {
        let mut asking = Asking {
            registry: self,
            image,
            evidence: ImageEvidence::none(locked),
            left: ALL,
        };
        if let Some(index) = index.filter(|index| *index != locked.manifest) {
            let asked = asking.named(&format!("manifests/{index}"), index);
            let found = asked.map(|bytes| asking.evidence.set_index(bytes));
            asking.note(found);
        }
        let index = asking.evidence.index();
        for digest in [Some(locked.manifest), index].into_iter().flatten() {
            let found = asking.referrers(digest);
            asking.note(found);
            let found = asking.signatures(digest);
            asking.note(found);
        }
        asking.evidence
    }
}

/// Asking about one image.
struct Asking<'a> {
    registry: &'a Registry,
    image: &'a Reference,
    evidence: ImageEvidence,
    /// Bytes that may still be kept.
    left: u64,
}

impl Asking<'_> {
    fn note(&mut self, found: Result<(), Trouble>) {
        match found {
            Ok(()) => {}
            Err(Trouble::Fault(fault)) => self.evidence.refuse(fault),
            Err(Trouble::Fetch(FetchError::TooLarge(_))) => self.evidence.refuse(Fault::Excess),
            Err(Trouble::Fetch(FetchError::NotFound)) => self.evidence.refuse(Fault::Missing),
            Err(Trouble::Fetch(_)) => self.evidence.was_not_reached(),
        }
    }

    /// What the registry lists as referring to a digest.
    fn referrers(&mut self, subject: ImageDigest) -> Result<(), Trouble> {
        let asked = format!("referrers/{subject}?artifactType={BUNDLES}");
        // A registry without the list may answer anything, a page for people among it.
        let listed = match self.registry.document(self.image, &asked, LIST) {
            Err(
                FetchError::NotFound
                | FetchError::Denied(_)
                | FetchError::Helper { .. }
                | FetchError::NoLogin { .. }
                | FetchError::Status(300..=499 | 501)
                | FetchError::Address(_),
            ) => None,
            answer => serde_json::from_slice::<List>(&answer?).ok(),
        };
        let listed = match listed {
            Some(list) => list,
            None => {
                let tag = format!("manifests/sha256-{}", subject.sha256());
                let bytes = match self.registry.document(self.image, &tag, LIST) {
                    Err(FetchError::NotFound) => return Ok(()),
                    answer => answer?,
                };
                // Some registries take the tag for the digest, and give what it names.
                if ImageDigest::of(&bytes) == subject {
                    return Ok(());
                }
                serde_json::from_slice(&bytes).map_err(|_| Trouble::Fault(Fault::Format))?
            }
        };
        let bundles = |it: &&Listed| it.artifact_type.starts_with(BUNDLE);
        let bundles: Vec<&Listed> = listed.manifests.iter().filter(bundles).collect();
        if bundles.len() > MOST {
            self.evidence.refuse(Fault::Excess);
        }
        for one in bundles.into_iter().take(MOST) {
            let found = self.referrer(one, subject);
            self.note(found);
        }
        Ok(())
    }

    fn referrer(&mut self, listed: &Listed, subject: ImageDigest) -> Result<(), Trouble> {
        let digest: ImageDigest = listed
            .digest
            .parse()
            .map_err(|_| Trouble::Fault(Fault::Format))?;
        let bytes = self.named(&format!("manifests/{digest}"), digest)?;
        let artifact = artifact(&bytes)?;
        let about = artifact.subject.as_ref().map(|it| it.digest.as_str());
        if about != Some(subject.to_string().as_str()) {
            return Err(Trouble::Fault(Fault::Subject));
        }
        match artifact.layers.as_slice() {
            [layer] if layer.media_type.starts_with(BUNDLE) => {
                let text = self.text(layer)?;
                self.keep(Beside::Bundle(text))
            }
            _ => Err(Trouble::Fault(Fault::Format)),
        }
    }

    /// The signatures of cosign before its version 3. Those of a key have no certificate, and nobody here knows the key.
    fn signatures(&mut self, subject: ImageDigest) -> Result<(), Trouble> {
        let tag = format!("manifests/sha256-{}.sig", subject.sha256());
        let bytes = match self.registry.document(self.image, &tag, LIST) {
            Err(FetchError::NotFound) => return Ok(()),
            answer => answer?,
        };
        let artifact = artifact(&bytes)?;
        let signed = |layer: &&Layer| layer.media_type == SIMPLE;
        let signed: Vec<&Layer> = artifact.layers.iter().filter(signed).collect();
        if signed.len() > MOST {
            self.evidence.refuse(Fault::Excess);
        }
        for layer in signed.into_iter().take(MOST) {
            let found = self.signature(layer);
            self.note(found);
        }
        Ok(())
    }

    fn signature(&mut self, layer: &Layer) -> Result<(), Trouble> {
        let payload = self.text(layer)?;
        let written = |name: &str| {
            let all = layer.annotations.as_ref();
            all.and_then(|all| all.get(name)).cloned()
        };
        let simple = Simple {
            payload,
            signature: written("dev.cosignproject.cosign/signature").unwrap_or_default(),
            certificate: written("dev.sigstore.cosign/certificate").unwrap_or_default(),
            log: written("dev.sigstore.cosign/bundle").unwrap_or_default(),
        };
        self.keep(Beside::Signature(simple))
    }

    /// A small document by its digest.
    fn named(&self, part: &str, digest: ImageDigest) -> Result<Vec<u8>, Trouble> {
        let bytes = self.registry.document(self.image, part, PART)?;
        match ImageDigest::of(&bytes) == digest {
            true => Ok(bytes),
            false => Err(Trouble::Fault(Fault::Digest)),
        }
    }

    /// Takes it into the evidence. What counts is its size there, where characters may be written as six.
    fn keep(&mut self, beside: Beside) -> Result<(), Trouble> {
        let written = serde_json::to_vec(&beside).map_err(|_| Trouble::Fault(Fault::Format))?;
        let left = self.left.checked_sub(written.len() as u64);
        self.left = left.ok_or(Trouble::Fault(Fault::Excess))?;
        self.evidence.add(beside);
        Ok(())
    }

    fn text(&self, layer: &Layer) -> Result<String, Trouble> {
        if layer.size > PART.min(self.left) {
            return Err(Trouble::Fault(Fault::Excess));
        }
        let bytes = self.named(&format!("blobs/{}", layer.digest), layer.digest)?;
        String::from_utf8(bytes).map_err(|_| Trouble::Fault(Fault::Format))
    }
}

fn artifact(bytes: &[u8]) -> Result<Artifact, Trouble> {
    let artifact: Result<Artifact, _> = serde_json::from_slice(bytes);
    artifact
        .ok()
        .filter(|artifact| artifact.schema_version == 2)
        .ok_or(Trouble::Fault(Fault::Format))
}
