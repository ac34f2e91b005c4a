//! Images in an archive on disk: what `docker save`, `podman save` and `skopeo copy` write. For images that no registry has.
//!
//! Read in place, by name, like a registry; what is in it is believed no more. An archive in Docker's older form has no manifest of its
//! own: one is made of its configuration and its layers as they are, so that the same image always has the same.

use super::{
    document::{Configuration, Document},
    lock::{Source, SourceError},
    reference::{ImageDigest, Reference},
};
use crate::http::FetchError;
use serde::Deserialize;
use std::{
    collections::HashMap,
    fs::File,
    io::{self, Read},
    os::unix::fs::FileExt as _,
    path::Path,
};

/// Why an archive gives no image.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// It cannot be read, or is no tar archive.
    #[error("the archive cannot be read")]
    Read(#[source] io::Error),
    /// Neither of the two forms, or damaged.
    #[error("the archive holds no image: write one with `docker save` or `podman save`")]
    Form,
    /// Which of several images is meant cannot be told.
    #[error("the archive holds {0} images: save the one image alone")]
    Several(usize),
    /// The image's manifest has another digest or size than the index says.
    #[error("the archive is damaged: its image is not the one that its index names")]
    Other,
    /// More entries, or larger documents, than any image has.
    #[error("the archive holds more than an image needs")]
    Excess,
}

/// Names in an archive, and bytes of its small documents.
const MOST: usize = 20_000;
const DOCUMENT: u64 = 4 << 20;

/// An archive, opened and listed.
pub struct Archive {
    file: File,
    /// Where each file's bytes are.
    files: HashMap<String, (u64, u64)>,
    /// The manifest that the archive stands for.
    manifest: Vec<u8>,
    /// Of the older form: where the bytes of a digest are.
    named: HashMap<ImageDigest, String>,
}

/// An entry of the older form's `manifest.json`.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Saved {
    config: String,
    layers: Vec<String>,
}

impl Archive {
    /// Opens and lists an archive.
    ///
    /// # Errors
    /// When it holds no image, or several.
    pub fn open(path: &Path) -> Result<Self, ArchiveError> {
        let file = File::open(path).map_err(ArchiveError::Read)?;
        if !file.metadata().map_err(ArchiveError::Read)?.is_file() {
            return Err(ArchiveError::Form);
        }
        let files = list(&file)?;
        let mut archive = Self {
            file,
            files,
            manifest: Vec::new(),
            named: HashMap::new(),
        };
        if archive.files.contains_key("index.json") {
            archive.manifest = archive.of_layout()?;
        } else {
            archive.of_docker()?;
        }
        Ok(archive)
    }

    /// An image layout: the one document that its index names.
    fn of_layout(&self) -> Result<Vec<u8>, ArchiveError> {
        let index = self.document("index.json")?;
        match Document::parse(&index) {
            Ok(Document::Index(list)) => match list.as_slice() {
                [one] => {
                    let bytes = self.document(&blob_name(one.digest))?;
                    let same =
                        bytes.len() as u64 == one.size && ImageDigest::of(&bytes) == one.digest;
                    same.then_some(bytes).ok_or(ArchiveError::Other)
                }
                several => Err(ArchiveError::Several(several.len())),
            },
            _ => Err(ArchiveError::Form),
        }
    }

    /// Docker's older form.
    fn of_docker(&mut self) -> Result<(), ArchiveError> {
        let saved = self.document("manifest.json")?;
        let saved: Vec<Saved> = serde_json::from_slice(&saved).map_err(|_| ArchiveError::Form)?;
        let [saved] = saved.as_slice() else {
            return Err(ArchiveError::Several(saved.len()));
        };
        let config_bytes = self.document(&saved.config)?;
        let config = Configuration::parse(&config_bytes).map_err(|_| ArchiveError::Form)?;
        if config.rootfs.diff_ids.len() != saved.layers.len() {
            return Err(ArchiveError::Form);
        }
        let own = ImageDigest::of(&config_bytes);
        self.named.insert(own, saved.config.clone());
        let mut layers = Vec::new();
        for (name, digest) in saved.layers.iter().zip(&config.rootfs.diff_ids) {
            let (_, size) = self.files.get(name).ok_or(ArchiveError::Form)?;
            layers.push(serde_json::json!({
                "mediaType": "application/vnd.oci.image.layer.v1.tar",
                "digest": digest.to_string(),
                "size": size,
            }));
            self.named.insert(*digest, name.clone());
        }
        let manifest = serde_json::json!({
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": {
                "mediaType": "application/vnd.oci.image.config.v1+json",
                "digest": own.to_string(),
                "size": config_bytes.len(),
            },
            "layers": layers,
        });
        self.manifest = manifest.to_string().into_bytes();
        Ok(())
    }

    fn document(&self, name: &str) -> Result<Vec<u8>, ArchiveError> {
        let (at, size) = *self.files.get(name).ok_or(ArchiveError::Form)?;
        if size > DOCUMENT {
            return Err(ArchiveError::Excess);
        }
        let mut bytes = Vec::new();
        let mut part = self.part(at, size).map_err(ArchiveError::Read)?;
        part.read_to_end(&mut bytes).map_err(ArchiveError::Read)?;
        Ok(bytes)
    }

    fn part(&self, at: u64, left: u64) -> io::Result<Part> {
        let file = self.file.try_clone()?;
        Ok(Part { file, at, left })
    }
}

impl Source for Archive {
    fn manifest(
        &self,
        _: &Reference,
        digest: Option<ImageDigest>,
        _: u64,
    ) -> Result<Vec<u8>, SourceError> {
        match digest {
            Some(digest) if digest != ImageDigest::of(&self.manifest) => {
                let name = blob_name(digest);
                match self.files.contains_key(&name) {
                    true => Ok(self.document(&name)?),
                    false => Err(FetchError::NotFound.into()),
                }
            }
            _ => Ok(self.manifest.clone()),
        }
    }

    fn blob(
        &self,
        _: &Reference,
        digest: ImageDigest,
        limit: u64,
    ) -> Result<Box<dyn Read + Send>, SourceError> {
        let name = self.named.get(&digest).cloned();
        let name = name.unwrap_or_else(|| blob_name(digest));
        let (at, size) = *self.files.get(&name).ok_or(FetchError::NotFound)?;
        if size > limit {
            return Err(FetchError::TooLarge(limit).into());
        }
        Ok(Box::new(self.part(at, size).map_err(ArchiveError::Read)?))
    }
}

fn blob_name(digest: ImageDigest) -> String {
    format!("blobs/sha256/{}", digest.sha256())
}

/// Every plain file of a tar archive, and the links among them, by name.
fn list(file: &File) -> Result<HashMap<String, (u64, u64)>, ArchiveError> {
    let reader = file.try_clone().map_err(ArchiveError::Read)?;
    let mut archive = tar::Archive::new(reader);
    let (mut files, mut links) = (HashMap::new(), Vec::new());
    let entries = archive.entries_with_seek().map_err(ArchiveError::Read)?;
    for entry in entries.raw(true) {
        let entry = entry.map_err(ArchiveError::Read)?;
        let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let name = name.trim_start_matches("./").to_owned();
        match entry.header().entry_type() {
            tar::EntryType::Regular | tar::EntryType::Continuous => {
                let place = (entry.raw_file_position(), entry.size());
                // Of two files of one name, readers would take different ones.
                if files.insert(name, place).is_some() {
                    return Err(ArchiveError::Form);
                }
            }
            tar::EntryType::Symlink | tar::EntryType::Link => {
                let target = entry.link_name_bytes().unwrap_or_default();
                links.push((name, String::from_utf8_lossy(&target).into_owned()));
            }
            _ => {}
        }
        if files.len() + links.len() > MOST {
            return Err(ArchiveError::Excess);
        }
    }
    // A layer that two images share is a link to the other's file: `../ID/layer.tar`.
    for (name, target) in links {
        let plain = target.trim_start_matches("../");
        if let Some(place) = files.get(plain).copied() {
            files.entry(name).or_insert(place);
        }
    }
    Ok(files)
}

/// Some bytes of a file, read at their own place.
struct Part {
    file: File,
    at: u64,
    left: u64,
}

impl Read for Part {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = buffer
            .len()
            .min(usize::try_from(self.left).unwrap_or(usize::MAX));
        let count = self
            .file
            .read_at(buffer.get_mut(..most).unwrap_or_default(), self.at)?;
        self.at += count as u64;
        self.left -= count as u64;
        Ok(count)
    }
}
