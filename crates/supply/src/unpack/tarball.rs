//! npm's archives: tar in gzip, one directory around everything.

use super::{UnpackError, escaped, names::Names};
use crate::{
    digest::Sha256,
    locked::{TreePath, TreePathError},
    store::manifest::FileRecord,
};
use flate2::bufread::GzDecoder;
use sha2::Digest;
use std::{
    collections::{BTreeMap, HashSet},
    fs::{self, File},
    io::{self, BufRead, Read, Write},
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::Path,
};
use tar::{Archive, Entry, EntryType, PaxExtensions};

/// Keys of extended headers that give a file another name, size and content.
const SPARSE: &[u8] = b"GNU.sparse.";
/// Longest header for all entries.
const MAX_GLOBAL: u64 = 64 << 10;

/// How much one archive may hold.
#[derive(Debug, Clone, Copy)]
pub struct UnpackLimits {
    /// Bytes of the archive itself.
    pub archive: u64,
    /// Files.
    pub files: u64,
    /// Bytes of all files together.
    pub bytes: u64,
}

/// What becomes of an archive's one outer directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outer {
    /// npm's archives have one, of any name: it goes.
    Dropped,
    /// A release's paths stay as they are.
    Kept,
}

impl Default for UnpackLimits {
    fn default() -> Self {
        Self {
            archive: 512 << 20,
            files: 100_000,
            bytes: 2 << 30,
        }
    }
}

/// Unpacks `archive` into the existing empty directory `into` and says what is there, sorted by path.
pub(crate) fn unpack(
    archive: impl BufRead,
    outer: Outer,
    into: &Path,
    limits: &UnpackLimits,
) -> Result<Vec<FileRecord>, UnpackError> {
    // Meta data (long names, global headers) is unpacked too, so the bound is on the whole stream; the
    // headers and padding of as many small files as are allowed fit in the allowance.
    let bound = limits.bytes + limits.files * 1536;
    let stream = Bounded {
        inner: GzDecoder::new(archive),
        left: bound,
    };
    let mut tar = Archive::new(stream);
    let mut unpacking = Unpacking {
        outer,
        into,
        limits,
        names: Names::default(),
        made: HashSet::new(),
        bytes: 0,
    };
    let mut files = BTreeMap::new();
    for entry in tar.entries().map_err(|e| damaged(e, limits))? {
        let mut entry = entry.map_err(|e| damaged(e, limits))?;
        if let Some(record) = unpacking.entry(&mut entry, &files)? {
            files.insert(record.path.clone(), record);
        }
        if files.len() as u64 > limits.files {
            return Err(UnpackError::Excess {
                what: "files",
                limit: limits.files,
            });
        }
    }
    nothing_follows(tar.into_inner(), limits)?;
    if files.is_empty() {
        return Err(UnpackError::Empty);
    }
    Ok(files.into_values().collect())
}

/// What is known while an archive is being unpacked.
struct Unpacking<'a> {
    outer: Outer,
    into: &'a Path,
    limits: &'a UnpackLimits,
    names: Names,
    /// Directories made so far.
    made: HashSet<String>,
    bytes: u64,
}

impl Unpacking<'_> {
    fn entry<R: Read>(
        &mut self,
        entry: &mut Entry<'_, R>,
        before: &BTreeMap<TreePath, FileRecord>,
    ) -> Result<Option<FileRecord>, UnpackError> {
        let raw = entry.path_bytes().into_owned();
        match entry.header().entry_type() {
            EntryType::Regular | EntryType::Continuous if !raw.ends_with(b"/") => {}
            // Directories come from the files in them. Some readers take what follows an entry that ends with a slash for the
            // next entry, whatever its size says.
            EntryType::Directory | EntryType::Regular | EntryType::Continuous => {
                return if entry.size() == 0 {
                    Ok(None)
                } else {
                    Err(UnpackError::Kind {
                        path: escaped(&raw),
                        kind: "directory with content",
                    })
                };
            }
            EntryType::XGlobalHeader => return global(entry, self.limits).map(|()| None),
            other => {
                return Err(UnpackError::Kind {
                    path: escaped(&raw),
                    kind: kind(other),
                });
            }
        }
        extended(entry, &raw, self.limits)?;
        let refused = |source| UnpackError::Path {
            path: escaped(&raw),
            source,
        };
        let Some(path) = inner_path(&raw, self.outer).map_err(refused)? else {
            return Ok(None);
        };
        self.bytes = self.bytes.saturating_add(entry.size());
        if self.bytes > self.limits.bytes {
            return Err(UnpackError::Excess {
                what: "bytes",
                limit: self.limits.bytes,
            });
        }
        let executable = entry.header().mode().unwrap_or(0) & 0o111 != 0;
        if !self.names.file(&path)? {
            return self
                .repeated(entry, path, executable, before)
                .map(|()| None);
        }
        let file = self.create(&path)?;
        let (sha256, size) = copy(entry, &file, self.limits)?;
        let mode = if executable { 0o555 } else { 0o444 };
        file.set_permissions(fs::Permissions::from_mode(mode))
            .map_err(UnpackError::Write)?;
        Ok(Some(FileRecord {
            path,
            sha256,
            size,
            executable,
        }))
    }

    /// An entry whose path was there before: harmless only when the two are the same file, so that it
    /// does not matter which one a reader takes.
    fn repeated<R: Read>(
        &self,
        entry: &mut Entry<'_, R>,
        path: TreePath,
        executable: bool,
        before: &BTreeMap<TreePath, FileRecord>,
    ) -> Result<(), UnpackError> {
        let (sha256, size) = copy(entry, io::sink(), self.limits)?;
        let now = FileRecord {
            path,
            sha256,
            size,
            executable,
        };
        if before.get(&now.path) == Some(&now) {
            return Ok(());
        }
        let path = now.path.to_string();
        Err(UnpackError::Collision {
            first: path.clone(),
            second: path,
        })
    }

    fn create(&mut self, path: &TreePath) -> Result<File, UnpackError> {
        let full = self.into.join(path.as_str());
        if let Some((parent, _)) = path.as_str().rsplit_once('/')
            && self.made.insert(parent.to_owned())
        {
            fs::create_dir_all(self.into.join(parent)).map_err(UnpackError::Write)?;
        }
        // INVARIANT: `into` is new and ours and nothing in it is a link, so the plain path stays in it.
        fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(full)
            .map_err(UnpackError::Write)
    }
}

/// An entry may have its name and size three times: in its header, in a GNU header and in an extended one. Which of them counts differs
/// between readers, so what the extended header says has to be what was taken.
fn extended<R: Read>(
    entry: &mut Entry<'_, R>,
    path: &[u8],
    limits: &UnpackLimits,
) -> Result<(), UnpackError> {
    let sizes = (entry.size().to_string(), entry.header().entry_size());
    let found = entry.pax_extensions().map_err(|e| damaged(e, limits))?;
    for record in found.into_iter().flatten() {
        let record = record.map_err(|e| damaged(e, limits))?;
        let same = match record.key_bytes() {
            b"path" => record.value_bytes() == path,
            b"size" => {
                let plain = sizes.1.as_ref().map(ToString::to_string);
                record.value_bytes() == sizes.0.as_bytes() && plain.is_ok_and(|it| it == sizes.0)
            }
            key => !key.starts_with(SPARSE),
        };
        if !same {
            return Err(UnpackError::Disagreement(escaped(path)));
        }
    }
    Ok(())
}

/// A header for all entries that follow: a comment of git's, usually. Not all readers follow it, so it may not change any.
fn global<R: Read>(entry: &mut Entry<'_, R>, limits: &UnpackLimits) -> Result<(), UnpackError> {
    let mut raw = Vec::new();
    let read = entry.take(MAX_GLOBAL + 1).read_to_end(&mut raw);
    read.map_err(|e| damaged(e, limits))?;
    if raw.len() as u64 > MAX_GLOBAL {
        return Err(UnpackError::Excess {
            what: "bytes of headers",
            limit: MAX_GLOBAL,
        });
    }
    for record in PaxExtensions::new(&raw) {
        let record = record.map_err(|e| damaged(e, limits))?;
        let key = record.key_bytes();
        if matches!(key, b"path" | b"linkpath" | b"size") || key.starts_with(SPARSE) {
            let what = "a header for all entries changes what they are";
            return Err(UnpackError::Structure(what));
        }
    }
    Ok(())
}

/// The path inside the package: the archive's one outer directory taken off, whatever its name.
/// `None` for a file beside that directory, which npm does not unpack either.
fn inner_path(raw: &[u8], outer: Outer) -> Result<Option<TreePath>, TreePathError> {
    let text = std::str::from_utf8(raw).map_err(|_| TreePathError::Characters)?;
    if text.starts_with('/') {
        return Err(TreePathError::NotPlain);
    }
    let mut parts = text.split('/');
    if outer == Outer::Kept {
        let plain: Vec<&str> = parts.filter(|part| !matches!(*part, "" | ".")).collect();
        return TreePath::new(plain.join("/")).map(Some);
    }
    if parts
        .next()
        .is_none_or(|outer| matches!(outer, "" | "." | ".."))
    {
        return Err(TreePathError::NotPlain);
    }
    // Doubled slashes and `.` happen in published archives, and mean nothing.
    let inner: Vec<&str> = parts.filter(|part| !matches!(*part, "" | ".")).collect();
    if inner.is_empty() {
        Ok(None)
    } else {
        TreePath::new(inner.join("/")).map(Some)
    }
}

pub(super) fn copy(
    from: impl Read,
    mut to: impl Write,
    limits: &UnpackLimits,
) -> Result<(Sha256, u64), UnpackError> {
    let mut from = from;
    let mut buffer = [0; 64 << 10];
    let mut hasher = sha2::Sha256::new();
    let mut size = 0;
    loop {
        let count = from.read(&mut buffer).map_err(|e| damaged(e, limits))?;
        let Some(data) = buffer.get(..count).filter(|data| !data.is_empty()) else {
            break;
        };
        hasher.update(data);
        to.write_all(data).map_err(UnpackError::Write)?;
        size += data.len() as u64;
    }
    Ok((Sha256::from_bytes(hasher.finalize().into()), size))
}

/// After the end mark only zeros may follow: a reader that goes on would find other files there.
fn nothing_follows<R: BufRead>(
    mut stream: Bounded<GzDecoder<R>>,
    limits: &UnpackLimits,
) -> Result<(), UnpackError> {
    let mut buffer = [0; 8 << 10];
    loop {
        let count = stream.read(&mut buffer).map_err(|e| damaged(e, limits))?;
        let Some(data) = buffer.get(..count).filter(|data| !data.is_empty()) else {
            break;
        };
        if data.iter().any(|byte| *byte != 0) {
            return Err(UnpackError::Trailing);
        }
    }
    let mut rest = stream.inner.into_inner();
    loop {
        let data = rest.fill_buf().map_err(UnpackError::Damaged)?;
        if data.iter().any(|byte| *byte != 0) {
            return Err(UnpackError::Trailing);
        }
        let count = data.len();
        if count == 0 {
            return Ok(());
        }
        rest.consume(count);
    }
}

/// Fails once more than `left` bytes were read.
struct Bounded<R> {
    inner: R,
    left: u64,
}

/// Marks the error of [`Bounded`], so that it is told from a damaged archive.
#[derive(Debug, thiserror::Error)]
#[error("more than is allowed")]
struct OverBound;

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.left = self
            .left
            .checked_sub(count as u64)
            .ok_or_else(|| io::Error::other(OverBound))?;
        Ok(count)
    }
}

fn damaged(error: io::Error, limits: &UnpackLimits) -> UnpackError {
    let mut inner: Option<&(dyn std::error::Error + 'static)> = error.get_ref().map(|e| e as _);
    while let Some(cause) = inner {
        if cause.is::<OverBound>() {
            return UnpackError::Excess {
                what: "bytes",
                limit: limits.bytes,
            };
        }
        inner = cause.source();
    }
    UnpackError::Damaged(error)
}

fn kind(entry: EntryType) -> &'static str {
    match entry {
        EntryType::Symlink => "symbolic link",
        EntryType::Link => "hard link",
        EntryType::Char | EntryType::Block => "device",
        EntryType::Fifo => "pipe",
        EntryType::GNUSparse => "sparse file",
        _ => "file of an unknown kind",
    }
}
