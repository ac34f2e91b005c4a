//! What people publish besides packages: a program alone, a release archive, a bundle. Paths stay as they are in the archive.

use super::{
    UnpackError, UnpackLimits, escaped,
    names::Names,
    tarball::{Outer, copy, unpack},
    zip::{Zip, ZipEntry},
};
use crate::{
    digest::Sha256,
    locked::TreePath,
    store::{ReadSeek, manifest::FileRecord},
};
use std::{
    fs::{self, File},
    io::{self, BufReader, Read, Seek, SeekFrom},
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::Path,
};

/// How a release came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Packed {
    /// One file, which is the program.
    Alone,
    /// tar in gzip.
    Tarball,
    /// A zip archive.
    Zip,
}

/// Unpacks a release into the existing empty directory `into`: an archive by its first bytes, anything else as the one file `name`.
pub(crate) fn unpack_release(
    mut file: Box<dyn ReadSeek>,
    name: &TreePath,
    into: &Path,
    limits: &UnpackLimits,
) -> Result<(Packed, Vec<FileRecord>), UnpackError> {
    let mut head = Vec::new();
    file.by_ref()
        .take(4)
        .read_to_end(&mut head)
        .map_err(UnpackError::Damaged)?;
    file.rewind().map_err(UnpackError::Damaged)?;
    match head.as_slice() {
        [0x1f, 0x8b, ..] => {
            let reader = BufReader::with_capacity(64 << 10, file);
            Ok((Packed::Tarball, unpack(reader, Outer::Kept, into, limits)?))
        }
        [b'P', b'K', 3, 4] => Ok((Packed::Zip, unpack_zip(file, into, limits)?)),
        [] => Err(UnpackError::Empty),
        _ => Ok((Packed::Alone, vec![alone(file, name, into, limits)?])),
    }
}

fn alone(
    from: impl Read,
    name: &TreePath,
    into: &Path,
    limits: &UnpackLimits,
) -> Result<FileRecord, UnpackError> {
    let to = create(into, name)?;
    let (sha256, size) = copy(from, &to, limits)?;
    let record = FileRecord {
        path: name.clone(),
        sha256,
        size,
        executable: true,
    };
    close(&to, &record)?;
    Ok(record)
}

/// Marks around the signature that a bundle's own tool appends: header, length (four bytes), PKCS#7 signature, footer.
const SIGNATURE: (&[u8], &[u8]) = (b"MCPB_SIG_V1", b"MCPB_SIG_END");
/// Longest signature with its certificates.
const LONGEST_SIGNATURE: u64 = 64 << 10;

/// A signature at the end of a bundle, not verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Signature {
    /// PKCS#7, detached, in DER.
    pub(crate) der: Vec<u8>,
    /// SHA-256 of what it is over: the bundle without it.
    pub(crate) over: Sha256,
}

/// Unpacks a bundle, which is a zip archive, maybe with a signature behind it.
pub(crate) fn unpack_bundle(
    mut file: Box<dyn ReadSeek>,
    into: &Path,
    limits: &UnpackLimits,
) -> Result<(Option<Signature>, Vec<FileRecord>), UnpackError> {
    let Some((length, der)) = signature(&mut file)? else {
        return Ok((None, unpack_zip(file, into, limits)?));
    };
    let mut whole = Front {
        inner: file,
        length,
        at: 0,
    };
    whole.rewind().map_err(UnpackError::Damaged)?;
    let (over, _) = copy(&mut whole, io::sink(), limits)?;
    let files = unpack_zip(whole, into, limits)?;
    Ok((Some(Signature { der, over }), files))
}

/// Where the archive before a signature ends, and the signature.
fn signature(file: &mut (impl Read + Seek)) -> Result<Option<(u64, Vec<u8>)>, UnpackError> {
    let length = file.seek(SeekFrom::End(0)).map_err(UnpackError::Damaged)?;
    let tail = length.min(LONGEST_SIGNATURE);
    let start = length - tail;
    file.seek(SeekFrom::Start(start))
        .map_err(UnpackError::Damaged)?;
    let mut bytes = Vec::new();
    file.by_ref()
        .take(tail)
        .read_to_end(&mut bytes)
        .map_err(UnpackError::Damaged)?;
    file.rewind().map_err(UnpackError::Damaged)?;
    let (header, footer) = SIGNATURE;
    let Some(body) = bytes.strip_suffix(footer) else {
        return Ok(None);
    };
    let fits = |at: &usize| -> Option<Vec<u8>> {
        let rest = body.get(*at..)?.strip_prefix(header)?;
        let (size, der) = rest.split_first_chunk::<4>()?;
        (u64::from(u32::from_le_bytes(*size)) == der.len() as u64).then(|| der.to_vec())
    };
    let found = (0..body.len()).find_map(|at| fits(&at).map(|der| (at, der)));
    match found {
        Some((at, der)) => Ok(Some((start + at as u64, der))),
        None => Err(UnpackError::Structure(
            "it ends like a signature that is none",
        )),
    }
}

/// The first bytes of something longer.
struct Front<R> {
    inner: R,
    length: u64,
    at: u64,
}

impl<R: Read + Seek> Read for Front<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.length.saturating_sub(self.at);
        let most = usize::try_from(left)
            .unwrap_or(usize::MAX)
            .min(buffer.len());
        let count = self
            .inner
            .read(buffer.get_mut(..most).unwrap_or_default())?;
        self.at += count as u64;
        Ok(count)
    }
}

impl<R: Read + Seek> Seek for Front<R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.length.checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        let at = at.ok_or(io::ErrorKind::InvalidInput)?;
        self.at = self.inner.seek(SeekFrom::Start(at))?;
        Ok(self.at)
    }
}

/// Unpacks a zip archive into the existing empty directory `into` and says what is there.
fn unpack_zip(
    archive: impl Read + Seek,
    into: &Path,
    limits: &UnpackLimits,
) -> Result<Vec<FileRecord>, UnpackError> {
    let mut zip = Zip::open(archive, limits)?;
    let entries: Vec<ZipEntry> = zip.entries.clone();
    let mut names = Names::default();
    let mut files = Vec::new();
    for entry in &entries {
        let refused = |source| UnpackError::Path {
            path: escaped(entry.name.as_bytes()),
            source,
        };
        let plain = entry.name.strip_suffix('/').unwrap_or(&entry.name);
        let path = TreePath::new(plain).map_err(refused)?;
        if entry.is_directory() {
            continue;
        }
        if !names.file(&path)? {
            return Err(UnpackError::Collision {
                first: path.to_string(),
                second: path.to_string(),
            });
        }
        let file = create(into, &path)?;
        let sha256 = zip.copy(entry, &file)?;
        let record = FileRecord {
            path,
            sha256,
            size: entry.size,
            executable: entry.executable,
        };
        close(&file, &record)?;
        files.push(record);
    }
    if files.is_empty() {
        return Err(UnpackError::Empty);
    }
    Ok(files)
}

fn create(into: &Path, path: &TreePath) -> Result<File, UnpackError> {
    if let Some((parent, _)) = path.as_str().rsplit_once('/') {
        fs::create_dir_all(into.join(parent)).map_err(UnpackError::Write)?;
    }
    // INVARIANT: `into` is new and ours and nothing in it is a link, so the plain path stays in it.
    fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(into.join(path.as_str()))
        .map_err(UnpackError::Write)
}

fn close(file: &File, record: &FileRecord) -> Result<(), UnpackError> {
    let mode = fs::Permissions::from_mode(record.mode());
    file.set_permissions(mode).map_err(UnpackError::Write)
}
