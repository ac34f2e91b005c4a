//! Locking an image: from a name to verified bytes in the store.
//!
//! In order: the manifest (of a tag: whatever the registry says now), the one for this kind of machine, its configuration, each layer
//! by its digest and again by the digest of what it unpacks to, the tree. Anything that is not what names it ends it all, and nothing is kept.

use super::{
    document::{Configuration, Descriptor, Document, DocumentError, Manifest},
    limits::ImageLimits,
    locked::{LayerRecord, LockedImage},
    reference::{ImageDigest, Platform, Reference},
    unpack::{LayerError, Unpacked, Unpacking},
};
use crate::{
    digest::{Sha256, TreeDigest},
    http::{FetchError, interrupted},
    progress::Progress,
    store::{Store, StoreError},
};
use sha2::Digest as _;
use std::{
    fs::{self, File},
    io::{self, BufReader, Read, Write as _},
    path::Path,
};

/// Where images come from: a registry, or an archive on disk.
pub trait Source {
    /// The manifest of what is asked for, or the one with this digest. At most `limit` bytes. Nothing is verified yet.
    ///
    /// # Errors
    /// When it cannot be had.
    fn manifest(
        &self,
        image: &Reference,
        digest: Option<ImageDigest>,
        limit: u64,
    ) -> Result<Vec<u8>, SourceError>;

    /// The bytes with this digest, at most `limit` of them. Nothing is verified yet.
    ///
    /// # Errors
    /// When they cannot be had.
    fn blob(
        &self,
        image: &Reference,
        digest: ImageDigest,
        limit: u64,
    ) -> Result<Box<dyn Read + Send>, SourceError>;
}

/// Why a source does not give something.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// The registry.
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// The archive.
    #[error(transparent)]
    Archive(#[from] super::archive::ArchiveError),
}

/// Why an image was not locked or installed. Nothing of it is in the store.
#[derive(Debug, thiserror::Error)]
pub enum ImageError {
    /// A part of it cannot be had.
    #[error("the {part} cannot be fetched")]
    Source {
        /// Which part.
        part: &'static str,
        /// Why.
        source: SourceError,
    },
    /// A part of it is not the one that was named.
    #[error("the {part} is not the one that is named: expected {expected}, got {found}")]
    Digest {
        /// Which part.
        part: &'static str,
        /// The digest that names it.
        expected: ImageDigest,
        /// That of what came.
        found: ImageDigest,
    },
    /// A part of it is not of the size that was named.
    #[error("the {part} is not of the size that is named")]
    Size {
        /// Which part.
        part: &'static str,
    },
    /// A document of it is refused.
    #[error("the {part} is refused")]
    Document {
        /// Which part.
        part: &'static str,
        /// Why.
        source: DocumentError,
    },
    /// It is for another kind of machine.
    #[error("the image is for `{found}`, and this machine is `{here}`")]
    Platform {
        /// From the configuration.
        found: String,
        /// This machine.
        here: String,
    },
    /// Manifest and configuration name different numbers of layers, or too many.
    #[error("the image has {0} layers, and its configuration or the limit says otherwise")]
    Layers(usize),
    /// A layer is refused.
    #[error("layer {number} is refused")]
    Layer {
        /// Counted from 1, the lowest.
        number: usize,
        /// Why.
        source: LayerError,
    },
    /// What was assembled is not what is locked.
    #[error("the image is not the locked one: {0}")]
    NotLocked(&'static str),
    /// The disk.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The assembled tree cannot be digested.
    #[error("the unpacked image cannot be digested")]
    Tree(#[from] interlock_launch::TreeError),
}

/// Bytes of a manifest or index, and of a configuration.
const DOCUMENT: u64 = 4 << 20;

/// Locks and installs images.
pub struct Locker<'a> {
    /// Where they come from.
    pub source: &'a dyn Source,
    /// Where they go.
    pub store: &'a Store,
    /// This machine.
    pub platform: &'a Platform,
    /// How much one may hold.
    pub limits: ImageLimits,
    /// Told what is going on.
    pub progress: &'a dyn Progress,
}

/// What a person should know about an image besides what is locked. All of it is text from the image: to be shown escaped.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts {
    /// When it says it was made.
    pub created: Option<String>,
    /// The user that it wants to run as.
    pub user: Option<String>,
    /// Program and arguments of its own.
    pub starts: Vec<String>,
    /// Ports that it listens on.
    pub ports: Vec<String>,
    /// Directories that it wants to keep data in.
    pub volumes: Vec<String>,
    /// The repository and revision that it says it was built from (`org.opencontainers.image.source`, `.revision`).
    pub built_from: (Option<String>, Option<String>),
    /// Devices and pipes in its layers, which were left out. None where it was in the store already.
    pub devices: u64,
    /// Files that would have run as somebody else, which they no longer do.
    pub privileged: u64,
    /// The index that it was chosen from, where the registry was asked and had one.
    pub index: Option<ImageDigest>,
}

/// A manifest with what belongs to it, verified.
struct Described {
    bytes: Vec<u8>,
    digest: ImageDigest,
    manifest: Manifest,
    config_bytes: Vec<u8>,
    config: Configuration,
}

impl Locker<'_> {
    /// Resolves what is asked for, now, and puts it into the store.
    ///
    /// # Errors
    /// When a part of it cannot be had or is not what names it.
    pub fn lock(&self, image: &Reference) -> Result<(LockedImage, Facts), ImageError> {
        let first = self.document(image, image.digest())?;
        let named = ImageDigest::of(&first);
        let (locked, facts) = self.locked(image, first, None)?;
        let index = Some(named).filter(|named| *named != locked.manifest);
        Ok((locked, Facts { index, ..facts }))
    }

    /// Puts a locked image into the store: exactly those bytes, or none.
    ///
    /// # Errors
    /// When a part of it cannot be had, or is not the locked one.
    pub fn install(&self, image: &Reference, locked: &LockedImage) -> Result<Facts, ImageError> {
        if image.name() != locked.name || image.version() != locked.version {
            return Err(ImageError::NotLocked("it has another name"));
        }
        let first = match self.store.image_documents(&locked.digest) {
            Some((manifest, _)) if ImageDigest::of(&manifest) == locked.manifest => manifest,
            _ => self.document(image, Some(locked.manifest))?,
        };
        let (found, facts) = self.locked(image, first, Some(locked))?;
        match found == *locked {
            true => Ok(facts),
            false => Err(ImageError::NotLocked("the lock describes it otherwise")),
        }
    }

    fn locked(
        &self,
        image: &Reference,
        first: Vec<u8>,
        expected: Option<&LockedImage>,
    ) -> Result<(LockedImage, Facts), ImageError> {
        let described = self.describe(image, first, expected)?;
        // In this order everywhere: who waits for another fetch already keeps clean-ups away.
        let _guard = self.store.adding()?;
        let _one = self
            .store
            .fetching(&format!("oci+{}", described.digest.sha256()), &|| {
                self.progress.waiting_for_lock();
            })?;
        let mut facts = facts(&described.config);
        if let Some(known) = self.store.image_of_manifest(&described.digest)
            && expected.is_none_or(|locked| locked.digest == known.digest)
        {
            // The same bytes under another name are recorded under that.
            let again = named(known, image);
            self.store.record_image(&again)?;
            self.store.lease(&again.digest)?;
            return Ok((again, facts));
        }
        let scratch = self.store.image_scratch()?;
        let blobs = scratch.path().join("blobs");
        let content = scratch.path().join("image/content");
        let files = content.join("rootfs");
        for made in [&blobs, &files] {
            fs::create_dir_all(made).map_err(StoreError::at("create", made))?;
        }
        let mut unpacking = Unpacking::new(&blobs, &self.limits);
        self.layers(image, &described, scratch.path(), &mut unpacking)?;
        (facts.devices, facts.privileged) = (unpacking.devices, unpacking.privileged);
        let done = unpacking.finish(&files);
        let done = done.map_err(|source| ImageError::Layer {
            number: described.manifest.layers.len(),
            source,
        })?;
        let documents = [
            ("manifest.json", &described.bytes),
            ("config.json", &described.config_bytes),
        ];
        self.store.finish_image(&content, &documents)?;
        self.progress.assembling(done.files);
        let list = interlock_launch::manifest_of(&content)?;
        let digest = TreeDigest::from_bytes(*list.digest().as_bytes());
        if expected.is_some_and(|locked| locked.digest != digest) {
            return Err(ImageError::NotLocked("its files are others"));
        }
        let locked = record(image, &described, self.platform, digest, &done);
        self.store.add_image(scratch, &locked, &list)?;
        self.store.lease(&locked.digest)?;
        Ok((locked, facts))
    }

    /// A manifest's bytes; verified where a digest names it.
    fn document(
        &self,
        image: &Reference,
        digest: Option<ImageDigest>,
    ) -> Result<Vec<u8>, ImageError> {
        let part = "manifest";
        let bytes = self.source.manifest(image, digest, DOCUMENT);
        let bytes = bytes.map_err(|source| ImageError::Source { part, source })?;
        match digest {
            Some(expected) => verified(part, bytes, expected),
            None => Ok(bytes),
        }
    }

    /// From the first document to the manifest for this kind of machine, and its configuration.
    fn describe(
        &self,
        image: &Reference,
        first: Vec<u8>,
        expected: Option<&LockedImage>,
    ) -> Result<Described, ImageError> {
        let part = "manifest";
        let refused = |source| ImageError::Document { part, source };
        let (bytes, manifest) = match Document::parse(&first).map_err(refused)? {
            Document::Manifest(manifest) => (first, manifest),
            Document::Index(list) => {
                let chosen = Document::choose(&list, self.platform).map_err(refused)?;
                let bytes = self.document(image, Some(chosen.digest))?;
                sized(part, &bytes, chosen)?;
                match Document::parse(&bytes).map_err(refused)? {
                    Document::Manifest(manifest) => (bytes, manifest),
                    Document::Index(_) => return Err(refused(DocumentError::Ambiguous)),
                }
            }
        };
        let config_bytes = self.config(image, &manifest.config, expected)?;
        let part = "configuration";
        let config = Configuration::parse(&config_bytes)
            .map_err(|source| ImageError::Document { part, source })?;
        let found = format!("{}/{}", config.os, config.architecture);
        if found != self.platform.to_string() {
            let (found, here) = (
                interlock_launch::excerpt(&found).to_string(),
                self.platform.to_string(),
            );
            return Err(ImageError::Platform { found, here });
        }
        let count = manifest.layers.len();
        if count != config.rootfs.diff_ids.len() || count > self.limits.layers {
            return Err(ImageError::Layers(count));
        }
        Ok(Described {
            digest: ImageDigest::of(&bytes),
            bytes,
            manifest,
            config_bytes,
            config,
        })
    }

    fn config(
        &self,
        image: &Reference,
        config: &Descriptor,
        expected: Option<&LockedImage>,
    ) -> Result<Vec<u8>, ImageError> {
        let part = "configuration";
        let stored = expected.and_then(|locked| self.store.image_documents(&locked.digest));
        if let Some((_, stored)) = stored.filter(|(_, it)| ImageDigest::of(it) == config.digest) {
            return Ok(stored);
        }
        if config.size > DOCUMENT {
            return Err(ImageError::Size { part });
        }
        let failed = |source| ImageError::Source { part, source };
        let reader = self.source.blob(image, config.digest, DOCUMENT);
        let mut bytes = Vec::new();
        let reader = reader.map_err(failed)?;
        reader
            .take(DOCUMENT)
            .read_to_end(&mut bytes)
            .map_err(|error| failed(interrupted(error, DOCUMENT).into()))?;
        let bytes = verified(part, bytes, config.digest)?;
        sized(part, &bytes, config)?;
        Ok(bytes)
    }

    fn layers(
        &self,
        image: &Reference,
        described: &Described,
        scratch: &Path,
        unpacking: &mut Unpacking<'_>,
    ) -> Result<(), ImageError> {
        let layers = &described.manifest.layers;
        for layer in layers {
            let name = layer.digest.to_string();
            self.progress.archive_expected(&name, Some(layer.size));
        }
        let all = layers.iter().zip(&described.config.rootfs.diff_ids);
        for (number, (layer, content)) in (1..).zip(all) {
            let part = "layer";
            let packing = layer.packing();
            let packing = packing.map_err(|source| ImageError::Document { part, source })?;
            let archive = scratch.join("layer");
            self.download(image, layer, &archive)?;
            let file = File::open(&archive).map_err(StoreError::at("read", &archive))?;
            let reader = BufReader::with_capacity(64 << 10, file);
            unpacking
                .layer(reader, packing, *content)
                .map_err(|source| ImageError::Layer { number, source })?;
            fs::remove_file(&archive).map_err(StoreError::at("remove", &archive))?;
            self.progress.archive_done(&layer.digest.to_string(), false);
        }
        Ok(())
    }

    /// Keeps a layer's archive on disk until its digest is known.
    fn download(&self, image: &Reference, layer: &Descriptor, to: &Path) -> Result<(), ImageError> {
        let (part, limit) = ("layer", self.limits.archive);
        if layer.size > limit {
            return Err(ImageError::Size { part });
        }
        let failed = |source| ImageError::Source { part, source };
        let mut reader = self
            .source
            .blob(image, layer.digest, layer.size)
            .map_err(failed)?;
        let mut file = File::create_new(to).map_err(StoreError::at("create", to))?;
        let mut hasher = sha2::Sha256::new();
        let (mut buffer, mut total) = (vec![0; 64 << 10], 0);
        loop {
            let count = match reader.read(&mut buffer) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                read => read.map_err(|error| failed(interrupted(error, layer.size).into()))?,
            };
            let Some(data) = buffer.get(..count).filter(|data| !data.is_empty()) else {
                break;
            };
            total += data.len() as u64;
            if total > layer.size {
                return Err(ImageError::Size { part });
            }
            hasher.update(data);
            file.write_all(data).map_err(StoreError::at("write", to))?;
            self.progress.archive_bytes(data.len() as u64);
        }
        let found = ImageDigest::from_sha256(Sha256::from_bytes(hasher.finalize().into()));
        if found != layer.digest {
            let expected = layer.digest;
            return Err(ImageError::Digest {
                part,
                expected,
                found,
            });
        }
        match total == layer.size {
            true => Ok(()),
            false => Err(ImageError::Size { part }),
        }
    }
}

fn verified(
    part: &'static str,
    bytes: Vec<u8>,
    expected: ImageDigest,
) -> Result<Vec<u8>, ImageError> {
    let found = ImageDigest::of(&bytes);
    match found == expected {
        true => Ok(bytes),
        false => Err(ImageError::Digest {
            part,
            expected,
            found,
        }),
    }
}

fn sized(part: &'static str, bytes: &[u8], described: &Descriptor) -> Result<(), ImageError> {
    match bytes.len() as u64 == described.size {
        true => Ok(()),
        false => Err(ImageError::Size { part }),
    }
}

fn named(known: LockedImage, image: &Reference) -> LockedImage {
    LockedImage {
        name: image.name(),
        version: image.version(),
        ..known
    }
}

fn record(
    image: &Reference,
    described: &Described,
    platform: &Platform,
    digest: TreeDigest,
    done: &Unpacked,
) -> LockedImage {
    let layers = described.manifest.layers.iter();
    LockedImage {
        format: 1,
        name: image.name(),
        version: image.version(),
        manifest: described.digest,
        config: described.manifest.config.digest,
        platform: platform.to_string(),
        digest,
        files: done.files,
        bytes: done.bytes,
        layers: layers
            .map(|layer| LayerRecord {
                digest: layer.digest,
                size: layer.size,
            })
            .collect(),
    }
}

pub(crate) fn facts(config: &Configuration) -> Facts {
    let run = config.config.clone().unwrap_or_default();
    let entrypoint = run.entrypoint.into_iter().flatten();
    let label = |name: &str| {
        let name = format!("org.opencontainers.image.{name}");
        run.labels
            .as_ref()
            .and_then(|labels| labels.get(&name).cloned())
    };
    Facts {
        created: config.created.clone(),
        user: run.user.filter(|user| !user.is_empty()),
        starts: entrypoint.chain(run.cmd.into_iter().flatten()).collect(),
        ports: run
            .exposed_ports
            .into_iter()
            .flatten()
            .map(|(port, _)| port)
            .collect(),
        volumes: run
            .volumes
            .into_iter()
            .flatten()
            .map(|(path, _)| path)
            .collect(),
        built_from: (label("source"), label("revision")),
        devices: 0,
        privileged: 0,
        index: None,
    }
}
