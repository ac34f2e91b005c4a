//! One pack with its index (gitformat-pack, version 2): an object is found in the index and read at its place.

use super::super::entry::{distance, kind_and_size};
use super::super::{delta, id::Kind};
use super::files::open;
use super::objects::MOST;
use super::{LocalError, revision::unreadable};
use crate::git::{ObjectError, ObjectFormat, ObjectId};
use flate2::bufread::ZlibDecoder;
use std::fs::File;
use std::io::{BufReader, Read as _, Seek as _, SeekFrom};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

/// Magic number and version, then 256 counts.
const NAMES: u64 = 8 + 256 * 4;
/// Longest chain of changes: Git itself makes no longer one.
const LONGEST_CHAIN: usize = 4096;
/// Most bytes of the changes of one object.
const MOST_CHANGES: u64 = 256 << 20;

const BROKEN: ObjectError = ObjectError::Pack("its index is damaged");

/// A pack that was found.
pub(super) struct Pack {
    index: File,
    path: PathBuf,
    length: u64,
    count: u64,
    format: ObjectFormat,
}

/// One object as it stands in a pack.
enum Stored {
    Whole(Kind, Vec<u8>),
    /// A change of the object at that place.
    Change(u64, Vec<u8>),
}

impl Pack {
    /// By its index.
    pub(super) fn open(index: &Path, format: ObjectFormat) -> Result<Self, LocalError> {
        let Some(file) = open(index)? else {
            return Err(LocalError::Object(BROKEN));
        };
        let mut pack = Self {
            index: file,
            path: index.with_extension("pack"),
            length: format.length() as u64,
            count: 0,
            format,
        };
        if pack.number::<8>(0)? != *b"\xfftOc\0\0\0\x02" {
            return Err(LocalError::Unsupported("an index of packs of version 1"));
        }
        pack.count = pack.short(NAMES - 4)?;
        let size = pack
            .index
            .metadata()
            .map_err(|error| unreadable(index, error))?
            .len();
        if size < NAMES + pack.count * (pack.length + 8) {
            return Err(BROKEN.into());
        }
        Ok(pack)
    }

    fn number<const N: usize>(&self, at: u64) -> Result<[u8; N], LocalError> {
        let mut bytes = [0; N];
        let read = self.index.read_exact_at(&mut bytes, at);
        read.map_err(|error| unreadable(&self.path.with_extension("idx"), error))?;
        Ok(bytes)
    }

    fn short(&self, at: u64) -> Result<u64, LocalError> {
        Ok(u32::from_be_bytes(self.number(at)?).into())
    }

    fn name(&self, at: u64) -> Result<ObjectId, LocalError> {
        let place = NAMES + at * self.length;
        let name = match self.format {
            ObjectFormat::Sha1 => ObjectId::from_bytes(&self.number::<20>(place)?),
            ObjectFormat::Sha256 => ObjectId::from_bytes(&self.number::<32>(place)?),
        };
        name.ok_or(LocalError::Object(BROKEN))
    }

    /// The first of the sorted names that is not below another one.
    fn not_below(&self, least: &ObjectId) -> Result<u64, LocalError> {
        let (mut low, mut high) = (0, self.count);
        while low < high {
            let middle = low + (high - low) / 2;
            if self.name(middle)? < *least {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        Ok(low)
    }

    /// Names that begin with some digits; two are enough to know that there is more than one.
    pub(super) fn beginning_with(&self, digits: &str) -> Result<Vec<ObjectId>, LocalError> {
        let whole = format!("{digits:0<width$}", width = 2 * self.format.length());
        let Some(least) = ObjectId::parse(&whole) else {
            return Ok(Vec::new());
        };
        let first = self.not_below(&least)?;
        let mut found = Vec::new();
        for at in first..self.count.min(first + 2) {
            let name = self.name(at)?;
            if name.to_string().starts_with(digits) {
                found.push(name);
            }
        }
        Ok(found)
    }

    fn place(&self, id: &ObjectId) -> Result<Option<u64>, LocalError> {
        let at = self.not_below(id)?;
        if at >= self.count || self.name(at)? != *id {
            return Ok(None);
        }
        let places = NAMES + self.count * (self.length + 4);
        let place = self.short(places + 4 * at)?;
        if place & 0x8000_0000 == 0 {
            return Ok(Some(place));
        }
        let far = places + 4 * self.count + 8 * (place & 0x7fff_ffff);
        Ok(Some(u64::from_be_bytes(self.number(far)?)))
    }

    /// The kind and the bytes of an object, if it is in this pack.
    pub(super) fn read(&self, id: &ObjectId) -> Result<Option<(Kind, Vec<u8>)>, LocalError> {
        let Some(mut place) = self.place(id)? else {
            return Ok(None);
        };
        let file = open(&self.path)?.ok_or_else(|| LocalError::Missing(id.clone()))?;
        let mut file = BufReader::new(file);
        let (mut changes, mut bytes) = (Vec::new(), 0);
        let (kind, mut content) = loop {
            let seek = file.seek(SeekFrom::Start(place));
            seek.map_err(|error| unreadable(&self.path, error))?;
            match self.stored(&mut file, place)? {
                Stored::Whole(kind, content) => break (kind, content),
                Stored::Change(base, change) => {
                    bytes += change.len() as u64;
                    changes.push(change);
                    place = base;
                }
            }
            if changes.len() > LONGEST_CHAIN || bytes > MOST_CHANGES {
                let (what, limit) = ("changes of one object", LONGEST_CHAIN as u64);
                return Err(ObjectError::Excess { what, limit }.into());
            }
        };
        for change in changes.iter().rev() {
            content = delta::apply(&content, change, MOST)?;
        }
        Ok(Some((kind, content)))
    }

    fn stored(&self, file: &mut BufReader<File>, place: u64) -> Result<Stored, LocalError> {
        let (code, size) = kind_and_size(file)?;
        let base = match code {
            1 => return Ok(Stored::Whole(Kind::Commit, inflated(file, size)?)),
            2 => return Ok(Stored::Whole(Kind::Tree, inflated(file, size)?)),
            3 => return Ok(Stored::Whole(Kind::Blob, inflated(file, size)?)),
            4 => return Ok(Stored::Whole(Kind::Tag, inflated(file, size)?)),
            6 => place.checked_sub(distance(file)?.max(1)),
            7 => {
                let mut id = vec![0; self.format.length()];
                file.read_exact(&mut id).map_err(ObjectError::Damaged)?;
                match ObjectId::from_bytes(&id) {
                    Some(id) => self.place(&id)?,
                    None => None,
                }
            }
            _ => None,
        };
        let base = base.ok_or(ObjectError::Pack("an object changes one that is not there"))?;
        Ok(Stored::Change(base, inflated(file, size)?))
    }
}

fn inflated(file: &mut BufReader<File>, size: u64) -> Result<Vec<u8>, ObjectError> {
    if size > MOST {
        let what = "bytes in one object";
        return Err(ObjectError::Excess { what, limit: MOST });
    }
    let mut bytes = Vec::new();
    let mut stream = ZlibDecoder::new(file).take(size + 1);
    stream
        .read_to_end(&mut bytes)
        .map_err(ObjectError::Damaged)?;
    if bytes.len() as u64 == size {
        Ok(bytes)
    } else {
        Err(ObjectError::Pack("an object is not as long as it says"))
    }
}
