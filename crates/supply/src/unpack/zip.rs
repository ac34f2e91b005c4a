//! Zip archives, read in the one way that leaves no choice.
//!
//! A zip file describes each entry twice, and readers differ in which description they believe. Here both have to agree,
//! entries have to fill the file from its first byte to the directory without gaps or overlaps, and nothing may follow:
//! what this reader sees is then what every other one sees. Encryption, comments at the end, more than one disk, other
//! methods than stored and deflated, and names in unclear character sets refuse the archive.

use super::{UnpackError, UnpackLimits, escaped};
use crate::digest::Sha256;
use flate2::{Crc, read::DeflateDecoder};
use sha2::Digest;
use std::io::{self, Read, Seek, SeekFrom, Write};

/// One entry, as both of its descriptions have it.
#[derive(Debug, Clone)]
pub(super) struct ZipEntry {
    /// The path, not checked yet.
    pub(super) name: String,
    pub(super) size: u64,
    pub(super) executable: bool,
    crc: u32,
    packed: u64,
    deflated: bool,
    descriptor: bool,
    zip64: bool,
    /// Where its local header begins, and later its data.
    header: u64,
    data: u64,
}

impl ZipEntry {
    /// Whether it is a directory, which has no content.
    pub(super) fn is_directory(&self) -> bool {
        self.name.ends_with('/')
    }
}

/// An archive whose structure was checked.
pub(super) struct Zip<R> {
    source: R,
    pub(super) entries: Vec<ZipEntry>,
}

const END: u64 = 22;
const LOCAL: u64 = 30;
const CENTRAL: usize = 46;
/// Bits of the flags that are understood: data descriptor, deflate's level (two bits), UTF-8.
const FLAGS: u16 = 1 << 3 | 0b110 | 1 << 11;
const DESCRIPTOR: u16 = 1 << 3;
const UTF8: u16 = 1 << 11;
/// Largest directory: as many entries as are allowed with long names.
const MAX_DIRECTORY: u64 = 64 << 20;

impl<R: Read + Seek> Zip<R> {
    /// Reads and compares all descriptions; no content yet.
    pub(super) fn open(mut source: R, limits: &UnpackLimits) -> Result<Self, UnpackError> {
        let length = source
            .seek(SeekFrom::End(0))
            .map_err(UnpackError::Damaged)?;
        let end = length
            .checked_sub(END)
            .ok_or(UnpackError::Structure("it is too short"))?;
        let record = bytes(&mut source, end, END)?;
        let mut fields = Fields(&record);
        if fields.u32()? != 0x0605_4b50 {
            return Err(UnpackError::Structure("its directory does not end it"));
        }
        let (disk, first, here, count) =
            (fields.u16()?, fields.u16()?, fields.u16()?, fields.u16()?);
        let (size, start, comment) = (
            u64::from(fields.u32()?),
            u64::from(fields.u32()?),
            fields.u16()?,
        );
        if disk != 0 || first != 0 || here != count || comment != 0 {
            return Err(UnpackError::Structure("it has several disks or a comment"));
        }
        if start.checked_add(size) != Some(end) || size > MAX_DIRECTORY {
            return Err(UnpackError::Structure(
                "its directory is not where it should be",
            ));
        }
        if u64::from(count) > limits.files {
            return Err(UnpackError::Excess {
                what: "files",
                limit: limits.files,
            });
        }
        let directory = bytes(&mut source, start, size)?;
        let mut fields = Fields(&directory);
        let entries: Result<Vec<_>, _> = (0..count).map(|_| central(&mut fields)).collect();
        let entries = entries?;
        if !fields.0.is_empty() {
            return Err(UnpackError::Structure(
                "its directory has more than its entries",
            ));
        }
        let mut zip = Self { source, entries };
        zip.compare(start, limits)?;
        Ok(zip)
    }

    /// Follows the entries through the file: each has to begin where the one before it ended.
    fn compare(&mut self, end: u64, limits: &UnpackLimits) -> Result<(), UnpackError> {
        let total: u64 = self
            .entries
            .iter()
            .fold(0, |sum, entry| entry.size.saturating_add(sum));
        if total > limits.bytes {
            return Err(UnpackError::Excess {
                what: "bytes",
                limit: limits.bytes,
            });
        }
        self.entries.sort_by_key(|entry| entry.header);
        let mut at = 0;
        for entry in &mut self.entries {
            if entry.header != at {
                return Err(UnpackError::Structure("its entries overlap or leave gaps"));
            }
            at = local(&mut self.source, entry)?;
        }
        if at == end {
            Ok(())
        } else {
            Err(UnpackError::Structure("its entries overlap or leave gaps"))
        }
    }

    /// Unpacks one entry; its size and checksum have to be the described ones.
    pub(super) fn copy(&mut self, entry: &ZipEntry, to: impl Write) -> Result<Sha256, UnpackError> {
        self.source
            .seek(SeekFrom::Start(entry.data))
            .map_err(UnpackError::Damaged)?;
        let packed = self.source.by_ref().take(entry.packed);
        if entry.deflated {
            let mut inflating = DeflateDecoder::new(packed);
            let digest = checked(&mut inflating, entry, to)?;
            // Every packed byte belongs to the content.
            if inflating.total_in() == entry.packed {
                Ok(digest)
            } else {
                Err(contradicted(entry))
            }
        } else {
            checked(packed, entry, to)
        }
    }
}

fn checked(
    mut from: impl Read,
    entry: &ZipEntry,
    mut to: impl Write,
) -> Result<Sha256, UnpackError> {
    let mut buffer = [0; 64 << 10];
    let (mut hasher, mut crc, mut size) = (sha2::Sha256::new(), Crc::new(), 0_u64);
    loop {
        let count = from.read(&mut buffer).map_err(UnpackError::Damaged)?;
        let Some(data) = buffer.get(..count).filter(|data| !data.is_empty()) else {
            break;
        };
        size += data.len() as u64;
        if size > entry.size {
            return Err(contradicted(entry));
        }
        hasher.update(data);
        crc.update(data);
        to.write_all(data).map_err(UnpackError::Write)?;
    }
    if size != entry.size || crc.sum() != entry.crc {
        return Err(contradicted(entry));
    }
    Ok(Sha256::from_bytes(hasher.finalize().into()))
}

fn contradicted(entry: &ZipEntry) -> UnpackError {
    UnpackError::Content(escaped(entry.name.as_bytes()))
}

/// One description of the directory.
fn central(fields: &mut Fields<'_>) -> Result<ZipEntry, UnpackError> {
    if fields.0.len() < CENTRAL || fields.u32()? != 0x0201_4b50 {
        return Err(UnpackError::Structure("its directory is damaged"));
    }
    let (made_by, _needs) = (fields.u16()?, fields.u16()?);
    let (flags, method) = (fields.u16()?, fields.u16()?);
    let _time = fields.u32()?;
    let (crc, packed, size) = (fields.u32()?, fields.u32()?, fields.u32()?);
    let (name, extra, comment, disk) = (fields.u16()?, fields.u16()?, fields.u16()?, fields.u16()?);
    let _internal = fields.u16()?;
    let (attributes, header) = (fields.u32()?, fields.u32()?);
    let name = fields.take(usize::from(name))?;
    let extra = extra_fields(fields.take(usize::from(extra))?)?;
    let _ = fields.take(usize::from(comment))?;
    let shown = || escaped(name);
    if flags & !FLAGS != 0 || disk != 0 || !matches!(method, 0 | 8) {
        return Err(UnpackError::Kind {
            path: shown(),
            kind: "encrypted or oddly packed file",
        });
    }
    let mut entry = ZipEntry {
        name: text(name, flags)?,
        size: size.into(),
        executable: false,
        crc,
        packed: packed.into(),
        deflated: method == 8,
        descriptor: flags & DESCRIPTOR != 0,
        zip64: false,
        header: header.into(),
        data: 0,
    };
    widen(&mut entry, extra, true)?;
    if made_by >> 8 == 3 {
        let mode = attributes >> 16;
        let plain = match mode & 0o170_000 {
            0 | 0o100_000 => true,
            0o040_000 => entry.is_directory(),
            _ => false,
        };
        if !plain {
            return Err(UnpackError::Kind {
                path: shown(),
                kind: "link or special file",
            });
        }
        entry.executable = mode & 0o111 != 0;
    }
    let stored = entry.deflated || entry.size == entry.packed;
    if !stored || entry.is_directory() && entry.size != 0 {
        return Err(contradicted(&entry));
    }
    Ok(entry)
}

/// The description in front of the content; where the next one has to be.
fn local(source: &mut (impl Read + Seek), entry: &mut ZipEntry) -> Result<u64, UnpackError> {
    let head = bytes(source, entry.header, LOCAL)?;
    let mut fields = Fields(&head);
    let differs = || UnpackError::Disagreement(escaped(entry.name.as_bytes()));
    let (signature, _needs) = (fields.u32()?, fields.u16()?);
    let (flags, method) = (fields.u16()?, fields.u16()?);
    let _time = fields.u32()?;
    let (crc, packed, size) = (fields.u32()?, fields.u32()?, fields.u32()?);
    let (name, extra) = (u64::from(fields.u16()?), u64::from(fields.u16()?));
    let rest = bytes(source, entry.header + LOCAL, name + extra)?;
    let mut fields = Fields(&rest);
    let name = fields.take(usize::try_from(name).unwrap_or(0))?;
    let extra = extra_fields(fields.0)?;
    let same = signature == 0x0403_4b50
        && name == entry.name.as_bytes()
        && flags & !FLAGS == 0
        && (flags & DESCRIPTOR != 0) == entry.descriptor
        && (method == 8) == entry.deflated
        && matches!(method, 0 | 8);
    if !same {
        return Err(differs());
    }
    let mut here = ZipEntry {
        crc,
        packed: packed.into(),
        size: size.into(),
        zip64: false,
        ..entry.clone()
    };
    widen(&mut here, extra, false)?;
    let known = (here.crc, here.packed, here.size) == (entry.crc, entry.packed, entry.size);
    let later = entry.descriptor && (here.crc, here.packed, here.size) == (0, 0, 0);
    if !known && !later {
        return Err(differs());
    }
    entry.zip64 = here.zip64;
    entry.data = entry.header + LOCAL + rest.len() as u64;
    let end = entry.data.checked_add(entry.packed).ok_or_else(differs)?;
    if entry.descriptor {
        described_after(source, entry, end)
    } else {
        Ok(end)
    }
}

/// The description behind the content, with or without its mark, in narrow or wide numbers.
fn described_after(
    source: &mut (impl Read + Seek),
    entry: &ZipEntry,
    at: u64,
) -> Result<u64, UnpackError> {
    let length = if entry.zip64 { 20 } else { 12 };
    let marked = bytes(source, at, 4)? == 0x0807_4b50_u32.to_le_bytes();
    let start = at + if marked { 4 } else { 0 };
    let record = bytes(source, start, length)?;
    let mut fields = Fields(&record);
    let crc = fields.u32()?;
    let sizes = if entry.zip64 {
        (fields.u64()?, fields.u64()?)
    } else {
        (fields.u32()?.into(), fields.u32()?.into())
    };
    if (crc, sizes) == (entry.crc, (entry.packed, entry.size)) {
        Ok(start + length)
    } else {
        Err(UnpackError::Disagreement(escaped(entry.name.as_bytes())))
    }
}

/// Takes the sizes that do not fit into four bytes from the extra field that has them.
fn widen(entry: &mut ZipEntry, extra: Option<&[u8]>, central: bool) -> Result<(), UnpackError> {
    const WIDE: u64 = u32::MAX as u64;
    entry.zip64 = extra.is_some();
    let mut fields = Fields(extra.unwrap_or_default());
    if entry.size == WIDE {
        entry.size = fields.u64()?;
    }
    if entry.packed == WIDE {
        entry.packed = fields.u64()?;
    }
    if central && entry.header == WIDE {
        entry.header = fields.u64()?;
    }
    Ok(())
}

/// Looks through the extra fields; gives the one with wide sizes. One that renames the entry refuses the archive.
fn extra_fields(raw: &[u8]) -> Result<Option<&[u8]>, UnpackError> {
    let mut fields = Fields(raw);
    let mut wide = None;
    // A few zero bytes at the end are padding of alignment tools.
    while fields.0.iter().any(|byte| *byte != 0) {
        let (id, length) = (fields.u16()?, fields.u16()?);
        let body = fields.take(usize::from(length))?;
        match id {
            0x0001 if wide.is_none() => wide = Some(body),
            0x0001 | 0x7075 => {
                return Err(UnpackError::Structure("an entry has two names or sizes"));
            }
            _ => {}
        }
    }
    Ok(wide)
}

/// A name in UTF-8, or in ASCII, which means the same in every character set.
fn text(raw: &[u8], flags: u16) -> Result<String, UnpackError> {
    let plain = raw.is_ascii() || flags & UTF8 != 0;
    match std::str::from_utf8(raw) {
        Ok(text) if plain => Ok(text.to_owned()),
        _ => Err(UnpackError::Path {
            path: escaped(raw),
            source: crate::locked::TreePathError::Characters,
        }),
    }
}

fn bytes(source: &mut (impl Read + Seek), at: u64, length: u64) -> Result<Vec<u8>, UnpackError> {
    let mut found = Vec::new();
    source
        .seek(SeekFrom::Start(at))
        .map_err(UnpackError::Damaged)?;
    source
        .by_ref()
        .take(length)
        .read_to_end(&mut found)
        .map_err(UnpackError::Damaged)?;
    if found.len() as u64 == length {
        Ok(found)
    } else {
        Err(UnpackError::Damaged(io::ErrorKind::UnexpectedEof.into()))
    }
}

/// Little-endian numbers, one after the other.
struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], UnpackError> {
        let (head, rest) = self
            .0
            .split_at_checked(count)
            .ok_or_else(|| UnpackError::Damaged(io::ErrorKind::UnexpectedEof.into()))?;
        self.0 = rest;
        Ok(head)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], UnpackError> {
        let head = self.take(N)?;
        head.try_into()
            .map_err(|_| UnpackError::Damaged(io::ErrorKind::UnexpectedEof.into()))
    }

    fn u16(&mut self) -> Result<u16, UnpackError> {
        self.array().map(u16::from_le_bytes)
    }

    fn u32(&mut self) -> Result<u32, UnpackError> {
        self.array().map(u32::from_le_bytes)
    }

    fn u64(&mut self) -> Result<u64, UnpackError> {
        self.array().map(u64::from_le_bytes)
    }
}
