//! A pack, taken apart: every object in a file of its own, named by the hash of what is in it.
//!
//! Nothing in a pack is believed: an object's name is computed, its claimed length has to be true, and a change (delta) is applied
//! to an object of this pack only. Every object is written once, so that memory holds two objects at most.

use super::{ObjectError, ObjectFormat, ObjectId, delta, entry, id::Kind, id::Naming};
use flate2::bufread::ZlibDecoder;
use std::{
    collections::HashMap,
    fs::{self, File},
    io::{self, BufRead, BufWriter, Read, Write},
    path::{Path, PathBuf},
};

/// Bytes that a waiting change takes besides its own.
const WAITING: u64 = 64;
/// How often the bytes of a whole pack may be read again, to be changed: good packs do so a few times.
const MOST_READ: u64 = 64;

/// How much one pack may hold.
#[derive(Debug, Clone, Copy)]
pub(super) struct PackLimits {
    /// Objects.
    pub(super) objects: u64,
    /// Bytes of all objects together.
    pub(super) bytes: u64,
    /// Bytes of an object that is read into memory: trees, commits, and everything that is written as a change.
    pub(super) in_memory: u64,
}

/// The objects of a pack.
pub(super) struct Objects {
    directory: PathBuf,
    known: HashMap<ObjectId, (Kind, u64)>,
    limits: PackLimits,
}

impl Objects {
    /// Reads a pack to its end into the empty directory.
    pub(super) fn unpack(
        pack: impl BufRead,
        format: ObjectFormat,
        directory: &Path,
        limits: PackLimits,
    ) -> Result<Self, ObjectError> {
        let mut unpacking = Unpacking {
            pack: Counted { inner: pack, at: 0 },
            format,
            objects: Self {
                directory: directory.into(),
                known: HashMap::new(),
                limits,
            },
            places: HashMap::new(),
            waiting: HashMap::new(),
            waits: 0,
            bytes: 0,
            read: 0,
        };
        let count = unpacking.header()?;
        for _ in 0..count {
            unpacking.object()?;
        }
        // What waits for an object that never came is of no use to anybody; the walk tells what is missing.
        Ok(unpacking.objects)
    }

    /// The bytes of an object that has to be there, and of that kind.
    pub(super) fn bytes(&self, id: &ObjectId, kind: Kind) -> Result<Vec<u8>, ObjectError> {
        let size = self.size(id, kind)?;
        if size > self.limits.in_memory {
            let limit = self.limits.in_memory;
            let what = "bytes in one directory or commit";
            return Err(ObjectError::Excess { what, limit });
        }
        fs::read(self.path(id)).map_err(ObjectError::Disk)
    }

    /// The size of an object that has to be there, and of that kind.
    pub(super) fn size(&self, id: &ObjectId, kind: Kind) -> Result<u64, ObjectError> {
        match self.known.get(id) {
            Some((found, size)) if *found == kind => Ok(*size),
            _ => Err(ObjectError::Missing {
                kind: kind.as_str(),
                id: id.clone(),
            }),
        }
    }

    /// Opens an object that has to be there, and of that kind.
    pub(super) fn open(&self, id: &ObjectId, kind: Kind) -> Result<File, ObjectError> {
        self.size(id, kind)?;
        File::open(self.path(id)).map_err(ObjectError::Disk)
    }

    fn path(&self, id: &ObjectId) -> PathBuf {
        self.directory.join(id.to_string())
    }
}

/// What is known while a pack is read.
struct Unpacking<R> {
    pack: Counted<R>,
    format: ObjectFormat,
    objects: Objects,
    /// Where in the pack each object begins.
    places: HashMap<u64, ObjectId>,
    /// Changes of objects that were not there yet, by the name of those.
    waiting: HashMap<ObjectId, Vec<(u64, Vec<u8>)>>,
    /// What those take of memory.
    waits: u64,
    bytes: u64,
    /// Bytes of objects that were read again, to be changed.
    read: u64,
}

impl<R: BufRead> Unpacking<R> {
    fn header(&mut self) -> Result<u64, ObjectError> {
        let mut head = [0; 12];
        self.pack.read_exact(&mut head).map_err(damaged)?;
        let [b'P', b'A', b'C', b'K', 0, 0, 0, 2 | 3, count @ ..] = head else {
            return Err(ObjectError::Pack("it is none of version 2"));
        };
        let count = u64::from(u32::from_be_bytes(count));
        self.within("objects", count, self.objects.limits.objects)?;
        Ok(count)
    }

    fn within(&self, what: &'static str, count: u64, limit: u64) -> Result<(), ObjectError> {
        if count > limit {
            return Err(ObjectError::Excess { what, limit });
        }
        Ok(())
    }

    fn object(&mut self) -> Result<(), ObjectError> {
        let place = self.pack.at;
        let (kind, size) = entry::kind_and_size(&mut self.pack)?;
        let kind = match kind {
            1 => Kind::Commit,
            2 => Kind::Tree,
            3 => Kind::Blob,
            4 => Kind::Tag,
            6 => {
                let back = entry::distance(&mut self.pack)?;
                let base = place.checked_sub(back).filter(|_| back > 0);
                let base = base.and_then(|base| self.places.get(&base)).cloned();
                let base = base.ok_or(ObjectError::Pack("a change is of nothing before it"))?;
                return self.change(place, base, size);
            }
            7 => {
                let mut name = vec![0; self.format.length()];
                self.pack.read_exact(&mut name).map_err(damaged)?;
                let base = ObjectId::from_bytes(&name).ok_or(ObjectError::Pack("no name"))?;
                return self.change(place, base, size);
            }
            _ => return Err(ObjectError::Pack("an object is of an unknown kind")),
        };
        self.count(size)?;
        let id = self.whole(kind, size)?;
        self.arrived(place, id)
    }

    fn count(&mut self, size: u64) -> Result<(), ObjectError> {
        self.bytes = self.bytes.saturating_add(size);
        self.within("bytes", self.bytes, self.objects.limits.bytes)
    }

    /// An object that is written as it is: through the hash and into a file.
    fn whole(&mut self, kind: Kind, size: u64) -> Result<ObjectId, ObjectError> {
        let arriving = self.objects.directory.join("arriving");
        let file = File::create(&arriving).map_err(ObjectError::Disk)?;
        let mut file = BufWriter::with_capacity(64 << 10, file);
        let mut naming = Naming::new(self.format, kind, size);
        let mut stream = ZlibDecoder::new(&mut self.pack).take(size + 1);
        let mut buffer = [0; 32 << 10];
        let mut total = 0;
        loop {
            let count = stream.read(&mut buffer).map_err(damaged)?;
            let Some(data) = buffer.get(..count).filter(|data| !data.is_empty()) else {
                break;
            };
            total += count as u64;
            naming.update(data);
            file.write_all(data).map_err(ObjectError::Disk)?;
        }
        if total != size {
            return Err(ObjectError::Pack("an object is not as long as it says"));
        }
        file.flush().map_err(ObjectError::Disk)?;
        let id = naming.finish()?;
        fs::rename(&arriving, self.objects.path(&id)).map_err(ObjectError::Disk)?;
        self.objects.known.insert(id.clone(), (kind, size));
        Ok(id)
    }

    fn change(&mut self, place: u64, base: ObjectId, size: u64) -> Result<(), ObjectError> {
        let limit = self.objects.limits.in_memory;
        self.within("bytes in one change", size, limit)?;
        self.count(size)?;
        let mut change = Vec::new();
        let mut stream = ZlibDecoder::new(&mut self.pack).take(size + 1);
        stream.read_to_end(&mut change).map_err(damaged)?;
        if change.len() as u64 != size {
            return Err(ObjectError::Pack("a change is not as long as it says"));
        }
        if self.objects.known.contains_key(&base) {
            let id = self.changed(&base, &change)?;
            return self.arrived(place, id);
        }
        // What waits is in memory.
        self.waits = self.waits.saturating_add(size + WAITING);
        self.within("bytes of changes out of order", self.waits, limit)?;
        let others = self.waiting.entry(base).or_default();
        others.push((place, change));
        Ok(())
    }

    /// Applies a change and keeps what it makes.
    fn changed(&mut self, base: &ObjectId, change: &[u8]) -> Result<ObjectId, ObjectError> {
        let missing = || ObjectError::Missing {
            kind: "object",
            id: base.clone(),
        };
        let (kind, size) = *self.objects.known.get(base).ok_or_else(missing)?;
        // A change that makes next to nothing may still be of something large, again and again.
        self.read = self.read.saturating_add(size);
        let most = self.objects.limits.bytes.saturating_mul(MOST_READ);
        self.within("bytes of objects that are changed", self.read, most)?;
        let limit = self.objects.limits.in_memory;
        let made = delta::apply(&self.objects.bytes(base, kind)?, change, limit)?;
        self.count(made.len() as u64)?;
        let id = Naming::of(self.format, kind, &made)?;
        fs::write(self.objects.path(&id), &made).map_err(ObjectError::Disk)?;
        let size = made.len() as u64;
        self.objects.known.insert(id.clone(), (kind, size));
        Ok(id)
    }

    /// Notes an object, and makes what waited for it, and for that in turn.
    fn arrived(&mut self, place: u64, id: ObjectId) -> Result<(), ObjectError> {
        let mut open = vec![(place, id)];
        while let Some((place, id)) = open.pop() {
            for (place, change) in self.waiting.remove(&id).unwrap_or_default() {
                self.waits = self.waits.saturating_sub(change.len() as u64 + WAITING);
                open.push((place, self.changed(&id, &change)?));
            }
            self.places.insert(place, id);
        }
        Ok(())
    }
}

#[cfg(test)]
#[path = "pack_tests.rs"]
mod tests;

/// Knows how far it has been read.
struct Counted<R> {
    inner: R,
    at: u64,
}

impl<R: BufRead> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.at += count as u64;
        Ok(count)
    }
}

impl<R: BufRead> BufRead for Counted<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.inner.fill_buf()
    }

    fn consume(&mut self, count: usize) {
        self.inner.consume(count);
        self.at += count as u64;
    }
}

fn damaged(error: io::Error) -> ObjectError {
    ObjectError::Damaged(error)
}
