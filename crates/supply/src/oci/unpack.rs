//! Layers to a tree on disk: reads each archive's entries, keeps their bytes apart, and writes the end result once.
//!
//! Meta data of an archive (long names, extended headers) is read here with bounds of its own, because it is attacker's data as well. Only
//! files, directories and links come out; devices and pipes are passed over and counted; of a mode only the executable bit is kept.

use super::{
    document::Packing,
    layers::{Content, NameError, Names, Node},
    limits::ImageLimits,
    reference::ImageDigest,
    zstd::Zstd,
};
use crate::digest::Sha256;
use flate2::bufread::MultiGzDecoder;
use sha2::Digest as _;
use std::{
    collections::HashMap,
    fs::{self, File},
    io::{self, BufRead, Read, Write},
    os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
};
use tar::{Archive, Entry, EntryType, PaxExtensions};

/// Why a layer is refused.
#[derive(Debug, thiserror::Error)]
pub enum LayerError {
    /// An entry cannot be applied.
    #[error("entry `{path}` is refused: {why}")]
    Name {
        /// Its name, escaped.
        path: String,
        /// Why.
        why: NameError,
    },
    /// An entry of a kind that no image needs, or meta data beyond its bounds.
    #[error("entry `{path}` is refused: {what}")]
    Entry {
        /// Its name, escaped.
        path: String,
        /// What is wrong.
        what: &'static str,
    },
    /// More than is allowed.
    #[error("the image holds more than {limit} {what}")]
    Excess {
        /// Of what.
        what: &'static str,
        /// How many are allowed.
        limit: u64,
    },
    /// Something follows the archive's end.
    #[error("data follows the end of the archive")]
    Trailing,
    /// Its unpacked bytes are not those that the configuration names.
    #[error(
        "its content is not the one that the configuration names: expected {expected}, got {found}"
    )]
    Content {
        /// From the configuration.
        expected: ImageDigest,
        /// What was unpacked.
        found: ImageDigest,
    },
    /// Not a tar archive, or not packed as it says.
    #[error("the archive is damaged")]
    Damaged(#[source] io::Error),
    /// Our own disk.
    #[error("unpacked files cannot be written")]
    Write(#[source] io::Error),
}

/// Most bytes of one entry's own meta data.
const META: u64 = 1 << 20;

/// An image while its layers are applied.
pub(super) struct Unpacking<'a> {
    names: Names,
    limits: &'a ImageLimits,
    /// Where bytes are kept until their places are known: new and ours.
    blobs: PathBuf,
    next_blob: u64,
    /// Bytes that may still be unpacked.
    left: u64,
    /// Bytes of archives, headers and padding included, that may still be inflated.
    inflated: u64,
    /// Devices and pipes that were passed over.
    pub(super) devices: u64,
    /// Files that would have run as somebody else.
    pub(super) privileged: u64,
}

/// What the end of it is.
pub(super) struct Unpacked {
    pub(super) files: u64,
    pub(super) bytes: u64,
}

/// What the headers before an entry say of it.
#[derive(Default)]
struct Meta {
    path: Option<Vec<u8>>,
    link: Option<Vec<u8>>,
}

impl<'a> Unpacking<'a> {
    /// Begins with nothing; `blobs` is an existing empty directory.
    pub(super) fn new(blobs: &Path, limits: &'a ImageLimits) -> Self {
        Self {
            names: Names::new(limits.names),
            limits,
            blobs: blobs.to_owned(),
            next_blob: 0,
            left: limits.bytes,
            // Headers and padding of as many names as are allowed fit in the allowance.
            inflated: limits.bytes.saturating_add(limits.names as u64 * 2048),
            devices: 0,
            privileged: 0,
        }
    }

    /// Applies one layer, which must unpack to what `expected` names.
    pub(super) fn layer(
        &mut self,
        archive: impl BufRead,
        packing: Packing,
        expected: ImageDigest,
    ) -> Result<(), LayerError> {
        self.names.next_layer();
        let plain: Box<dyn Read + '_> = match packing {
            Packing::Plain => Box::new(archive),
            Packing::Gzip => Box::new(MultiGzDecoder::new(archive)),
            Packing::Zstd => Box::new(Zstd::new(archive)),
        };
        let stream = Hashing {
            inner: plain,
            hasher: sha2::Sha256::new(),
            left: self.inflated,
        };
        let mut tar = Archive::new(stream);
        self.entries(&mut tar)?;
        let (found, left) = self.rest(tar.into_inner())?;
        self.inflated = left;
        if found == expected {
            return Ok(());
        }
        Err(LayerError::Content { expected, found })
    }

    fn entries<R: Read>(&mut self, tar: &mut Archive<R>) -> Result<(), LayerError> {
        let limits = self.limits;
        let damaged = |error| damaged(error, limits);
        let mut meta = Meta::default();
        let mut count = 0;
        for entry in tar.entries().map_err(damaged)?.raw(true) {
            let mut entry = entry.map_err(damaged)?;
            count += 1;
            if count > 2 * limits.names {
                return Err(excess("entries", 2 * limits.names as u64));
            }
            match entry.header().entry_type() {
                EntryType::XGlobalHeader => {}
                EntryType::XHeader => self.extended(&mut entry, &mut meta)?,
                EntryType::GNULongName => meta.path = Some(name(self.meta(&mut entry)?)),
                EntryType::GNULongLink => meta.link = Some(name(self.meta(&mut entry)?)),
                _ => self.entry(&mut entry, std::mem::take(&mut meta))?,
            }
        }
        Ok(())
    }

    /// Meta data of the entry that follows.
    fn meta<R: Read>(&self, entry: &mut Entry<'_, R>) -> Result<Vec<u8>, LayerError> {
        if entry.size() > META {
            return Err(refused(&entry.path_bytes(), "its meta data is too large"));
        }
        let mut bytes = Vec::new();
        let read = entry.take(META).read_to_end(&mut bytes);
        read.map_err(|error| damaged(error, self.limits))?;
        Ok(bytes)
    }

    fn extended<R: Read>(
        &self,
        entry: &mut Entry<'_, R>,
        meta: &mut Meta,
    ) -> Result<(), LayerError> {
        let bytes = self.meta(entry)?;
        for record in PaxExtensions::new(&bytes) {
            let record = record.map_err(|error| damaged(error, self.limits))?;
            let value = || record.value_bytes().to_vec();
            match record.key_bytes() {
                b"path" => meta.path = Some(value()),
                b"linkpath" => meta.link = Some(value()),
                // The entry would be read as another one than its header describes.
                b"size" => {
                    return Err(refused(
                        &entry.path_bytes(),
                        "it is too large for its header",
                    ));
                }
                key if key.starts_with(b"GNU.sparse") => {
                    return Err(refused(&entry.path_bytes(), "it is a sparse file"));
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn entry<R: Read>(&mut self, entry: &mut Entry<'_, R>, meta: Meta) -> Result<(), LayerError> {
        // An empty record removes what an earlier one said (POSIX, `pax`): the header's own name counts.
        let long = meta.path.filter(|path| !path.is_empty());
        let raw = long.unwrap_or_else(|| entry.path_bytes().into_owned());
        let named = |why| LayerError::Name {
            path: escaped(&raw),
            why,
        };
        if self.names.whiteout(&raw).map_err(named)? {
            return Ok(());
        }
        let link = || {
            let own = entry.link_name_bytes().map(std::borrow::Cow::into_owned);
            let long = meta.link.clone().filter(|link| !link.is_empty());
            long.or(own).unwrap_or_default()
        };
        match entry.header().entry_type() {
            EntryType::Directory => self.names.enter(&raw, Node::Directory),
            EntryType::Symlink => {
                let target = String::from_utf8(link()).map_err(|_| named(NameError::Characters))?;
                if target.is_empty() || target.len() > 4095 || target.contains('\0') {
                    return Err(refused(&raw, "its link leads nowhere"));
                }
                self.names.enter(&raw, Node::Link(target))
            }
            EntryType::Link => self.names.hard_link(&raw, &link()),
            EntryType::Regular | EntryType::Continuous => {
                let content = self.content(entry, &raw)?;
                self.names.enter(&raw, Node::File(content))
            }
            EntryType::Char | EntryType::Block | EntryType::Fifo => {
                self.devices += 1;
                Ok(())
            }
            EntryType::GNUSparse => return Err(refused(&raw, "it is a sparse file")),
            _ => return Err(refused(&raw, "it is of an unknown kind")),
        }
        .map_err(named)
    }

    /// Keeps a file's bytes under a number.
    fn content<R: Read>(
        &mut self,
        entry: &mut Entry<'_, R>,
        raw: &[u8],
    ) -> Result<Content, LayerError> {
        let size = entry.size();
        let excess = || excess("bytes", self.limits.bytes);
        self.left = self.left.checked_sub(size).ok_or_else(excess)?;
        let mode = entry.header().mode().unwrap_or(0);
        if mode & 0o6000 != 0 {
            self.privileged += 1;
        }
        let executable = mode & 0o111 != 0;
        let blob = self.next_blob;
        // Bytes are kept even where a later layer replaces the name.
        if blob >= 2 * self.limits.names as u64 {
            return Err(self::excess("files", 2 * self.limits.names as u64));
        }
        self.next_blob += 1;
        let mut file = File::options()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(self.blobs.join(blob.to_string()))
            .map_err(LayerError::Write)?;
        let copied = copy(entry, &mut file, self.limits)?;
        if copied != size {
            return Err(refused(raw, "it ends too early"));
        }
        let mode = if executable { 0o555 } else { 0o444 };
        file.set_permissions(fs::Permissions::from_mode(mode))
            .map_err(LayerError::Write)?;
        Ok(Content {
            blob,
            size,
            executable,
        })
    }

    /// After the end mark only zeros may follow: a reader that goes on would find other files there. Gives the digest, and what
    /// may still be inflated.
    fn rest(
        &self,
        mut stream: Hashing<Box<dyn Read + '_>>,
    ) -> Result<(ImageDigest, u64), LayerError> {
        let mut buffer = [0; 8 << 10];
        loop {
            let count = stream.read(&mut buffer);
            let count = count.map_err(|error| damaged(error, self.limits))?;
            match buffer.get(..count) {
                Some([]) | None => break,
                Some(data) if data.iter().any(|byte| *byte != 0) => {
                    return Err(LayerError::Trailing);
                }
                Some(_) => {}
            }
        }
        let digest = Sha256::from_bytes(stream.hasher.finalize().into());
        Ok((ImageDigest::from_sha256(digest), stream.left))
    }

    /// Writes what is there after the last layer into `root`, an existing empty directory.
    pub(super) fn finish(self, root: &Path) -> Result<Unpacked, LayerError> {
        let mut placed: HashMap<u64, PathBuf> = HashMap::new();
        let mut directories = Vec::new();
        let mut done = Unpacked { files: 0, bytes: 0 };
        for (path, node) in self.names.into_nodes() {
            // INVARIANT: parents come first and are directories that this made, so the path stays under `root`.
            let to = root.join(&path);
            match node {
                Node::Directory => {
                    fs::create_dir(&to).map_err(LayerError::Write)?;
                    directories.push(to);
                }
                Node::Link(target) => {
                    std::os::unix::fs::symlink(target, &to).map_err(LayerError::Write)?;
                }
                Node::File(content) => {
                    // Names that share bytes may have to be copies.
                    done.bytes = done.bytes.saturating_add(content.size);
                    if done.bytes > self.limits.bytes {
                        return Err(excess("bytes", self.limits.bytes));
                    }
                    place(&self.blobs, &content, &to, &mut placed).map_err(LayerError::Write)?;
                    done.files += 1;
                }
            }
        }
        for directory in directories {
            let mode = fs::Permissions::from_mode(0o555);
            fs::set_permissions(&directory, mode).map_err(LayerError::Write)?;
        }
        Ok(done)
    }
}

/// Moves kept bytes to their first place; further names share them.
fn place(
    blobs: &Path,
    content: &Content,
    to: &Path,
    placed: &mut HashMap<u64, PathBuf>,
) -> io::Result<()> {
    if let Some(first) = placed.get(&content.blob) {
        if fs::hard_link(first, to).is_ok() {
            return Ok(());
        }
        // No more names than the file system has for one file.
        fs::copy(first, to)?;
        let mode = if content.executable { 0o555 } else { 0o444 };
        fs::set_permissions(to, fs::Permissions::from_mode(mode))?;
        placed.insert(content.blob, to.to_owned());
        return Ok(());
    }
    fs::rename(blobs.join(content.blob.to_string()), to)?;
    placed.insert(content.blob, to.to_owned());
    Ok(())
}

fn copy(
    from: &mut impl Read,
    to: &mut impl Write,
    limits: &ImageLimits,
) -> Result<u64, LayerError> {
    let mut buffer = [0; 64 << 10];
    let mut total = 0;
    loop {
        let count = from.read(&mut buffer).map_err(|e| damaged(e, limits))?;
        let Some(data) = buffer.get(..count).filter(|data| !data.is_empty()) else {
            return Ok(total);
        };
        to.write_all(data).map_err(LayerError::Write)?;
        total += data.len() as u64;
    }
}

/// Hashes what is read, and fails once it is more than `left`.
struct Hashing<R> {
    inner: R,
    hasher: sha2::Sha256,
    left: u64,
}

/// Marks the error of [`Hashing`], so that it is told from a damaged archive.
#[derive(Debug, thiserror::Error)]
#[error("more than is allowed")]
struct OverBound;

impl<R: Read> Read for Hashing<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        let left = self.left.checked_sub(count as u64);
        self.left = left.ok_or_else(|| io::Error::other(OverBound))?;
        self.hasher.update(buffer.get(..count).unwrap_or_default());
        Ok(count)
    }
}

fn damaged(error: io::Error, limits: &ImageLimits) -> LayerError {
    let mut inner: Option<&(dyn std::error::Error + 'static)> = error.get_ref().map(|e| e as _);
    while let Some(cause) = inner {
        if cause.is::<OverBound>() {
            return excess("bytes", limits.bytes);
        }
        inner = cause.source();
    }
    LayerError::Damaged(error)
}

/// A long name ends with a zero byte.
fn name(mut bytes: Vec<u8>) -> Vec<u8> {
    if bytes.last() == Some(&0) {
        bytes.pop();
    }
    bytes
}

fn excess(what: &'static str, limit: u64) -> LayerError {
    LayerError::Excess { what, limit }
}

fn refused(raw: &[u8], what: &'static str) -> LayerError {
    LayerError::Entry {
        path: escaped(raw),
        what,
    }
}

fn escaped(raw: &[u8]) -> String {
    let text = String::from_utf8_lossy(raw);
    text.chars()
        .take(200)
        .flat_map(char::escape_default)
        .collect()
}

#[cfg(test)]
#[path = "unpack_tests.rs"]
mod tests;
