//! Objects and packs, made for tests.

use super::{
    ObjectFormat, ObjectId,
    id::{Kind, Naming},
};
use flate2::{Compression, write::ZlibEncoder};
use std::io::Write;

/// A pack that is being written.
pub(super) struct Sample {
    format: ObjectFormat,
    count: u32,
    body: Vec<u8>,
}

impl Sample {
    pub(super) fn new(format: ObjectFormat) -> Self {
        let (count, body) = (0, Vec::new());
        Self {
            format,
            count,
            body,
        }
    }

    fn head(&mut self, kind: u8, mut size: usize) {
        let mut byte = kind << 4 | u8::try_from(size & 15).unwrap();
        size >>= 4;
        while size > 0 {
            self.body.push(byte | 0x80);
            byte = u8::try_from(size & 0x7f).unwrap();
            size >>= 7;
        }
        self.body.push(byte);
        self.count += 1;
    }

    fn compressed(&mut self, bytes: &[u8]) {
        let mut encoder = ZlibEncoder::new(&mut self.body, Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap();
    }

    /// Where the next object begins.
    pub(super) fn at(&self) -> usize {
        12 + self.body.len()
    }

    pub(super) fn object(&mut self, kind: Kind, bytes: &[u8]) -> ObjectId {
        let number = match kind {
            Kind::Commit => 1,
            Kind::Tree => 2,
            Kind::Blob => 3,
            Kind::Tag => 4,
        };
        self.raw(number, bytes.len(), bytes);
        Naming::of(self.format, kind, bytes).unwrap()
    }

    /// An object with whatever is said about it.
    pub(super) fn raw(&mut self, kind: u8, size: usize, bytes: &[u8]) {
        self.head(kind, size);
        self.compressed(bytes);
    }

    /// A change of the object that begins at `base`.
    pub(super) fn change_at(&mut self, base: usize, change: &[u8]) {
        let back = self.at() - base;
        self.head(6, change.len());
        let mut bytes = vec![u8::try_from(back & 0x7f).unwrap()];
        let mut rest = back >> 7;
        while rest > 0 {
            rest -= 1;
            bytes.push(0x80 | u8::try_from(rest & 0x7f).unwrap());
            rest >>= 7;
        }
        bytes.reverse();
        self.body.extend(bytes);
        self.compressed(change);
    }

    /// A change of the object of that name.
    pub(super) fn change_of(&mut self, base: &ObjectId, change: &[u8]) {
        self.head(7, change.len());
        self.body.extend(base.as_bytes());
        self.compressed(change);
    }

    /// A tree of `(mode, name, object)`, in the order given.
    pub(super) fn tree(&mut self, entries: &[(&str, &str, &ObjectId)]) -> ObjectId {
        let mut bytes = Vec::new();
        for (mode, name, id) in entries {
            bytes.extend(format!("{mode} {name}\0").into_bytes());
            bytes.extend(id.as_bytes());
        }
        self.object(Kind::Tree, &bytes)
    }

    pub(super) fn blob(&mut self, bytes: &[u8]) -> ObjectId {
        self.object(Kind::Blob, bytes)
    }

    pub(super) fn commit(&mut self, tree: &ObjectId) -> ObjectId {
        let text = format!("tree {tree}\nauthor A <a@example> 0 +0000\n\nmessage\n");
        self.object(Kind::Commit, text.as_bytes())
    }

    /// The pack; its trailing sum is not looked at and therefore left out.
    pub(super) fn pack(&self) -> Vec<u8> {
        [b"PACK\0\0\0\x02", &self.count.to_be_bytes()[..], &self.body].concat()
    }
}
