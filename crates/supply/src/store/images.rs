//! Images in the store: one tree each, under the digest of all that is in it.
//!
//! ```text
//! images/<digest>/content/rootfs/…        the files, read-only
//! images/<digest>/content/manifest.json   the registry's manifest, byte for byte
//! images/<digest>/content/config.json     how it is started
//! images/<digest>/list                    every name with its digest; <digest>: the list's
//! images/<digest>/lock.json               the image as it was locked
//! images/<digest>/evidence.json           what was attached to it in its registry
//! ```
//!
//! Unlike packages' trees these have links and empty directories, so their digest is the one that `launch` takes of any directory of code:
//! it is what an approval names and what every start computes again.

use super::{Scratch, Store, StoreError, check::Damage, replace};
use crate::{
    digest::TreeDigest,
    oci::{self, Configuration, Facts, ImageDigest, LockedImage, Reference},
};
use interlock_launch::{LocateError, LocatedImage, LockedPackage, Manifest, Node};
use std::{
    collections::BTreeMap,
    fs, io,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

/// An image in the making. Removed when dropped.
pub(crate) struct ImageScratch(Scratch);

impl ImageScratch {
    pub(crate) fn path(&self) -> &Path {
        &self.0.path
    }
}

impl Store {
    pub(super) fn image_path(&self, digest: &TreeDigest) -> PathBuf {
        self.join("images").join(digest.to_string())
    }

    /// Every image in the store, sorted by digest; nothing is verified. `None` where the record is damaged.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn images(&self) -> Result<Vec<(TreeDigest, Option<LockedImage>)>, StoreError> {
        let directory = self.join("images");
        let failed = |source: io::Error| StoreError::at("read", &directory)(source);
        let mut images = Vec::new();
        for entry in fs::read_dir(&directory).map_err(failed)? {
            let name = entry.map_err(failed)?.file_name();
            let digest = name.to_str().and_then(|name| TreeDigest::parse(name).ok());
            images.extend(digest.map(|digest| (digest, self.recorded_image(&digest))));
        }
        images.sort_by_key(|(digest, _)| *digest);
        Ok(images)
    }

    /// The stored images that a name stands for: of a digest the one with that manifest, of a tag each that was fetched under it. They
    /// are kept from clean-ups of others, as when they are fetched.
    ///
    /// # Errors
    /// When the store cannot be read, or written to.
    pub fn images_named(&self, image: &Reference) -> Result<Vec<LockedImage>, StoreError> {
        let _adding = self.adding()?;
        let known = self.images()?.into_iter().filter_map(|(_, known)| known);
        let fits = |known: &LockedImage| {
            let named = match image.digest() {
                Some(digest) => known.manifest == digest || known.version == image.version(),
                None => known.version == image.version(),
            };
            named && known.name == image.name()
        };
        let named: Vec<LockedImage> = known
            .filter(fits)
            .map(|known| LockedImage {
                version: image.version(),
                ..known
            })
            .collect();
        if !self.is_read_only() {
            for image in &named {
                self.lease(&image.digest)?;
            }
        }
        Ok(named)
    }

    /// The image as this program recorded it when it was stored; none when it is not there or the record is damaged.
    #[must_use]
    pub fn recorded_image(&self, digest: &TreeDigest) -> Option<LockedImage> {
        let raw = fs::read(self.image_path(digest).join("lock.json")).ok()?;
        let locked: LockedImage = serde_json::from_slice(&raw).ok()?;
        (locked.digest == *digest).then_some(locked)
    }

    /// What a stored image says of itself; nothing is verified.
    #[must_use]
    pub fn image_facts(&self, digest: &TreeDigest) -> Option<Facts> {
        let (_, config) = self.image_documents(digest)?;
        Some(oci::facts(&Configuration::parse(&config).ok()?))
    }

    /// A stored image's manifest and configuration. Whoever uses them compares their digests.
    pub(crate) fn image_documents(&self, digest: &TreeDigest) -> Option<(Vec<u8>, Vec<u8>)> {
        let content = self.image_path(digest).join("content");
        let read = |name: &str| fs::read(content.join(name)).ok();
        Some((read("manifest.json")?, read("config.json")?))
    }

    /// A stored image with this manifest, if it is there and whole.
    pub(crate) fn image_of_manifest(&self, manifest: &ImageDigest) -> Option<LockedImage> {
        let images = self.images().ok()?.into_iter();
        let mut known = images
            .filter_map(|(_, image)| image)
            .filter(|image| image.manifest == *manifest);
        let image = known.next()?;
        match self.image_damages(&image.digest).is_empty() {
            true => Some(image),
            false => None,
        }
    }

    /// Where an image is put together.
    pub(crate) fn image_scratch(&self) -> Result<ImageScratch, StoreError> {
        self.scratch().map(ImageScratch)
    }

    /// Adds the documents to unpacked files, and takes the permission to write from all that has it still.
    pub(crate) fn finish_image(
        &self,
        content: &Path,
        documents: &[(&str, &Vec<u8>)],
    ) -> Result<(), StoreError> {
        for (name, bytes) in documents {
            let path = content.join(name);
            fs::write(&path, bytes).map_err(StoreError::at("write", &path))?;
            let mode = fs::Permissions::from_mode(0o444);
            fs::set_permissions(&path, mode).map_err(StoreError::at("change", &path))?;
        }
        for path in [&content.join("rootfs"), content] {
            let mode = fs::Permissions::from_mode(0o555);
            fs::set_permissions(path, mode).map_err(StoreError::at("change", path))?;
        }
        Ok(())
    }

    /// Makes an image that was assembled in `image/content` of the scratch appear under its digest, whole.
    pub(crate) fn add_image(
        &self,
        scratch: ImageScratch,
        locked: &LockedImage,
        list: &Manifest,
    ) -> Result<(), StoreError> {
        let place = self.image_path(&locked.digest);
        if self.image_damages(&locked.digest).is_empty() {
            return self.record_image(locked);
        }
        let work = scratch.path().join("image");
        let files = list
            .entries()
            .filter(|(_, node)| matches!(node, Node::File { .. }));
        let files: Vec<&str> = files.map(|(name, _)| name).collect();
        self.sealing.seal(&work.join("content"), &files)?;
        for (name, bytes) in [
            ("list", serde_json::to_vec(list)),
            ("lock.json", serde_json::to_vec_pretty(locked)),
        ] {
            let path = work.join(name);
            let bytes = bytes.map_err(io::Error::from);
            let written = bytes.and_then(|bytes| fs::write(&path, bytes));
            written.map_err(StoreError::at("write", &path))?;
        }
        self.flush()?;
        // Last of all: a damaged one keeps its place, where it is refused by its digest, until the next takes it, and no half of it does.
        self.put_away(&place)?;
        scratch.0.publish("image", &place)?;
        self.flush_directory(&self.join("images"))
    }

    /// Writes the record of a stored image anew.
    pub(crate) fn record_image(&self, locked: &LockedImage) -> Result<(), StoreError> {
        let place = self.image_path(&locked.digest).join("lock.json");
        let bytes = serde_json::to_vec_pretty(locked).map_err(io::Error::from);
        let bytes = bytes.map_err(StoreError::at("write", &place))?;
        replace(&place, &self.scratch()?, &bytes)
    }

    /// Reads every byte of an image; what is not as it was stored. `name` is for messages.
    ///
    /// # Errors
    /// When it is not there or not what its digest says.
    pub fn examine_image(&self, digest: &TreeDigest, name: &str) -> Result<(), super::LocateError> {
        if fs::symlink_metadata(self.image_path(digest)).is_err() {
            return Err(super::LocateError::Missing(name.into()));
        }
        let damages = self.image_damages(digest);
        match damages.is_empty() {
            true => Ok(()),
            false => Err(super::LocateError::Damaged {
                name: name.into(),
                damages,
            }),
        }
    }

    /// What is wrong with an image: every byte is read.
    pub(super) fn image_damages(&self, digest: &TreeDigest) -> Vec<Damage> {
        let place = self.image_path(digest);
        let is_it = |list: &Manifest| list.digest().as_bytes() == digest.as_bytes();
        let found = match interlock_launch::manifest_of(&place.join("content")) {
            Ok(found) if is_it(&found) => return Vec::new(),
            Ok(found) => found,
            Err(_) => return vec![Damage::Missing("content".to_owned())],
        };
        let stored = fs::read(place.join("list")).ok();
        let stored = stored.and_then(|raw| serde_json::from_slice::<Manifest>(&raw).ok());
        match stored.filter(is_it) {
            Some(stored) => differences(&stored, &found),
            None => vec![Damage::Manifest],
        }
    }

    /// An approved image: where it is and how it starts. Resolution digests all of it.
    pub(crate) fn locate_image(&self, locked: &LockedPackage) -> Result<LocatedImage, LocateError> {
        let shown = format!("{}:{}", locked.name, locked.version);
        let digest = TreeDigest::parse(&locked.tree);
        let digest = digest.map_err(|_| LocateError::Missing(shown.clone()))?;
        let root = self.image_path(&digest).join("content");
        let damaged = |detail: &str| LocateError::Damaged {
            package: shown.clone(),
            detail: detail.into(),
        };
        if !root.is_dir() {
            return Err(LocateError::Missing(shown));
        }
        let (manifest, config) = self
            .image_documents(&digest)
            .ok_or_else(|| damaged("its manifest is unreadable"))?;
        if ImageDigest::of(&manifest).to_string() != locked.integrity {
            return Err(damaged("its manifest is another one"));
        }
        let config = Configuration::parse(&config)
            .map_err(|_| damaged("its configuration is unreadable"))?;
        Ok(LocatedImage {
            files: root.join("rootfs"),
            root,
            config: config.start(),
        })
    }
}

/// The names that differ between two lists.
fn differences(stored: &Manifest, found: &Manifest) -> Vec<Damage> {
    let found: BTreeMap<&str, &Node> = found.entries().collect();
    let known: BTreeMap<&str, &Node> = stored.entries().collect();
    let gone = known
        .iter()
        .filter_map(|(name, node)| match found.get(name) {
            None => Some(Damage::Missing((*name).to_owned())),
            Some(other) if other != node => Some(Damage::Changed((*name).to_owned())),
            Some(_) => None,
        });
    let added = found.keys().filter(|name| !known.contains_key(*name));
    let added = added.map(|name| Damage::Added((*name).to_owned()));
    gone.chain(added).collect()
}
