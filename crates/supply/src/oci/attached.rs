//! What is attached to an image in its registry: asked for, bounded, taken by digest. Nothing is judged here.
//!
//! Three places are looked at for each digest that the image goes by: the list of referrers (distribution specification 1.1, with the tag
//! `sha256-…` where a registry has no such list), and the tags `sha256-….sig` and `sha256-….att` of cosign before its version 3, with
//! signatures and with attestations. Everything is fetched from the image's own repository; nothing that a list names otherwise is
//! followed.

use super::{
    document::Document,
    listed::{Cut, List, Listed, Pages},
    locked::LockedImage,
    reference::{ImageDigest, Platform, Reference},
    registry::Registry,
};
use crate::{
    http::FetchError,
    provenance::{Beside, Enveloped, Fault, ImageEvidence, Simple, is_origin},
};
use serde::Deserialize;
use std::collections::BTreeMap;

/// Bytes of a list, of one thing that counts, and of the manifest that names it.
const LIST: u64 = 4 << 20;
const PART: u64 = 4 << 20;
const MANIFEST: u64 = 256 << 10;
/// Bytes of all of it together, as it is kept. What was fetched and not kept counts as well.
const ALL: u64 = 16 << 20;
/// Things that are looked at, of all that is attached to one digest.
const MOST: usize = 32;

/// What a Sigstore bundle calls itself in a registry; a version follows.
const BUNDLE: &str = "application/vnd.dev.sigstore.bundle";
/// What is asked for, as it stands in an address.
const BUNDLES: &str = "application%2Fvnd.dev.sigstore.bundle.v0.3%2Bjson";
/// The document that cosign signs.
const SIMPLE: &str = "application/vnd.dev.cosign.simplesigning.v1+json";
/// The envelope that cosign puts a statement into.
const ENVELOPE: &str = "application/vnd.dsse.envelope.v1+json";

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

impl From<Cut> for Trouble {
    fn from(cut: Cut) -> Self {
        match cut {
            Cut::Fetch(error) => Self::Fetch(error),
            Cut::NoList => Self::Fault(Fault::Format),
            Cut::Astray => Self::Fault(Fault::Astray),
            Cut::Endless => Self::Fault(Fault::Excess),
        }
    }
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
            let asked = asking.named(&format!("manifests/{index}"), index, PART);
            let found = asked.map(|bytes| asking.evidence.set_index(bytes));
            asking.note(found);
        }
        let index = asking.evidence.index();
        for digest in [Some(locked.manifest), index].into_iter().flatten() {
            let found = asking.referrers(digest);
            asking.note(found);
            for (tag, kind) in [("sig", SIMPLE), ("att", ENVELOPE)] {
                let found = asking.of_cosign(digest, tag, kind);
                asking.note(found);
            }
        }
        asking.evidence
    }
}

/// Asking about one image.
struct Asking<'a> {
    registry: &'a Registry,
    image: &'a Reference,
    evidence: ImageEvidence,
    /// Bytes that may still be fetched and kept.
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
        let mut pages = Pages::new(self.registry, self.image, (subject, BUNDLES), LIST);
        let first = match pages.next() {
            // A registry without the list may answer anything, a page for people among it.
            None
            | Some(Err(
                Cut::NoList
                | Cut::Fetch(
                    FetchError::NotFound
                    | FetchError::Denied(_)
                    | FetchError::Helper { .. }
                    | FetchError::NoLogin { .. }
                    | FetchError::Status(300..=499 | 501)
                    | FetchError::Address(_),
                ),
            )) => self.tagged(subject)?,
            Some(first) => first?,
        };
        let mut bundles = Vec::new();
        add(&mut bundles, first);
        while bundles.len() <= MOST
            && let Some(page) = pages.next()
        {
            match page {
                Ok(page) => add(&mut bundles, page),
                // What was listed before counts.
                Err(cut) => self.note(Err(cut.into())),
            }
        }
        if bundles.len() > MOST {
            self.evidence.refuse(Fault::Excess);
        }
        for one in bundles.into_iter().take(MOST) {
            let found = self.referrer(&one, subject);
            self.note(found);
        }
        Ok(())
    }

    /// The same by the tag that stands for the list, where a registry has none. It has no pages.
    fn tagged(&self, subject: ImageDigest) -> Result<Vec<Listed>, Trouble> {
        let tag = format!("manifests/sha256-{}", subject.sha256());
        let bytes = match self.registry.document(self.image, &tag, LIST) {
            Err(FetchError::NotFound) => return Ok(Vec::new()),
            answer => answer?,
        };
        // Some registries take the tag for the digest, and give what it names.
        if ImageDigest::of(&bytes) == subject {
            return Ok(Vec::new());
        }
        let list: Result<List, _> = serde_json::from_slice(&bytes);
        let list = list.map_err(|_| Trouble::Fault(Fault::Format))?;
        Ok(list.manifests)
    }

    fn referrer(&mut self, listed: &Listed, subject: ImageDigest) -> Result<(), Trouble> {
        let digest: ImageDigest = listed
            .digest
            .parse()
            .map_err(|_| Trouble::Fault(Fault::Format))?;
        let bytes = self.named(&format!("manifests/{digest}"), digest, MANIFEST)?;
        let artifact = artifact(&bytes)?;
        let about = artifact.subject.as_ref().map(|it| it.digest.as_str());
        if about != Some(subject.to_string().as_str()) {
            return Err(Trouble::Fault(Fault::Subject));
        }
        match artifact.layers.as_slice() {
            [layer] if layer.media_type.starts_with(BUNDLE) => {
                let text = self.text(layer)?;
                self.keep(Beside::Bundle(text), layer.size)
            }
            _ => Err(Trouble::Fault(Fault::Format)),
        }
    }

    /// What cosign attached before its version 3. Where a key signed, there is no certificate, and nobody here knows the key.
    fn of_cosign(&mut self, subject: ImageDigest, tag: &str, kind: &str) -> Result<(), Trouble> {
        let tag = format!("manifests/sha256-{}.{tag}", subject.sha256());
        let bytes = match self.registry.document(self.image, &tag, LIST) {
            Err(FetchError::NotFound) => return Ok(()),
            answer => answer?,
        };
        let artifact = artifact(&bytes)?;
        let counts = |layer: &&Layer| layer.media_type == kind && layer.may_say_who();
        let layers: Vec<&Layer> = artifact.layers.iter().filter(counts).collect();
        if layers.len() > MOST {
            self.evidence.refuse(Fault::Excess);
        }
        for layer in layers.into_iter().take(MOST) {
            let found = self.layer(layer);
            self.note(found);
        }
        Ok(())
    }

    fn layer(&mut self, layer: &Layer) -> Result<(), Trouble> {
        let text = self.text(layer)?;
        let certificate = layer.written("certificate");
        let log = layer.written("bundle");
        let beside = match layer.media_type.as_str() {
            ENVELOPE => Beside::Envelope(Enveloped {
                envelope: text,
                certificate,
                log,
            }),
            _ => Beside::Signature(Simple {
                payload: text,
                signature: layer.written("signature"),
                certificate,
                log,
            }),
        };
        self.keep(beside, layer.size)
    }

    /// A small document by its digest.
    fn named(&self, part: &str, digest: ImageDigest, limit: u64) -> Result<Vec<u8>, Trouble> {
        let bytes = self.registry.document(self.image, part, limit)?;
        match ImageDigest::of(&bytes) == digest {
            true => Ok(bytes),
            false => Err(Trouble::Fault(Fault::Digest)),
        }
    }

    /// Takes it into the evidence. What counts is its size there, where characters may be written as six; as many as were fetched are
    /// counted already.
    fn keep(&mut self, beside: Beside, fetched: u64) -> Result<(), Trouble> {
        let written = serde_json::to_vec(&beside).map_err(|_| Trouble::Fault(Fault::Format))?;
        self.spend((written.len() as u64).saturating_sub(fetched))?;
        self.evidence.add(beside);
        Ok(())
    }

    /// After the first that is too much, nothing more is asked for.
    fn spend(&mut self, bytes: u64) -> Result<(), Trouble> {
        let left = self.left.checked_sub(bytes);
        self.left = left.unwrap_or(0);
        left.map(drop).ok_or(Trouble::Fault(Fault::Excess))
    }

    fn text(&mut self, layer: &Layer) -> Result<String, Trouble> {
        if layer.size > PART {
            return Err(Trouble::Fault(Fault::Excess));
        }
        self.spend(layer.size)?;
        let part = format!("blobs/{}", layer.digest);
        let bytes = match self.named(&part, layer.digest, layer.size) {
            // No more is read than its manifest says that there is.
            Err(Trouble::Fetch(FetchError::TooLarge(_))) => Err(Trouble::Fault(Fault::Format)),
            found => found,
        }?;
        match bytes.len() as u64 == layer.size {
            true => String::from_utf8(bytes).map_err(|_| Trouble::Fault(Fault::Format)),
            false => Err(Trouble::Fault(Fault::Format)),
        }
    }
}

impl Layer {
    fn annotation(&self, name: &str) -> Option<&String> {
        self.annotations.as_ref()?.get(name)
    }

    /// What cosign wrote beside it: under one name, or under the one that its specification has.
    fn written(&self, name: &str) -> String {
        let [real, specified] = ["sigstore.cosign", "cosignproject.cosign"]
            .map(|owner| self.annotation(&format!("dev.{owner}/{name}")));
        real.or(specified).cloned().unwrap_or_default()
    }

    /// Whether it may say who built or signed the image. Bills of materials and scans, which name themselves, are not fetched: they
    /// are large, and nobody is asked about them.
    fn may_say_who(&self) -> bool {
        self.annotation("predicateType")
            .is_none_or(|kind| is_origin(kind))
    }
}

/// Adds the bundles of a page: none twice, and no more than show that there are too many.
fn add(bundles: &mut Vec<Listed>, page: Vec<Listed>) {
    for one in page {
        let is_bundle = bundles.len() <= MOST && one.artifact_type.starts_with(BUNDLE);
        if is_bundle && bundles.iter().all(|known| known.digest != one.digest) {
            bundles.push(one);
        }
    }
}

fn artifact(bytes: &[u8]) -> Result<Artifact, Trouble> {
    let artifact: Result<Artifact, _> = serde_json::from_slice(bytes);
    artifact
        .ok()
        .filter(|artifact| artifact.schema_version == 2)
        .ok_or(Trouble::Fault(Fault::Format))
}
