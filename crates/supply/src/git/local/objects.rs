//! Objects of a repository on this machine, each by its hash.

use super::super::id::{Kind, Naming};
use super::alternates;
use super::files::open;
use super::pack::Pack;
use super::{LocalError, revision::unreadable};
use crate::git::{ObjectError, ObjectFormat, ObjectId};
use flate2::read::ZlibDecoder;
use std::collections::BTreeSet;
use std::fs;
use std::io::{ErrorKind, Read as _};
use std::path::{Path, PathBuf};

/// Most bytes of one object: a lock has far fewer, a tree of a large directory too.
pub(super) const MOST: u64 = 64 << 20;
/// Most packs that are looked into.
const MOST_PACKS: usize = 10_000;
/// Fewest digits of an abbreviated hash, as in Git.
const FEWEST_DIGITS: usize = 4;

/// Where objects lie: in the repository itself, and in those that it uses the objects of.
pub(super) struct Objects {
    format: ObjectFormat,
    places: Vec<Place>,
}

/// One directory of objects.
struct Place {
    directory: PathBuf,
    packs: Vec<Pack>,
}

impl Objects {
    /// Of the directory `objects` of a repository.
    pub(super) fn open(directory: &Path, format: ObjectFormat) -> Result<Self, LocalError> {
        let directories = alternates::directories(directory)?;
        let places = directories.into_iter().map(|it| Place::open(it, format));
        let places = places.collect::<Result<_, _>>()?;
        Ok(Self { format, places })
    }

    /// The kind and the bytes of an object.
    ///
    /// # Errors
    /// When it is not there, damaged, or too large.
    pub(super) fn read(&self, id: &ObjectId) -> Result<(Kind, Vec<u8>), LocalError> {
        let mut found = None;
        for place in &self.places {
            if found.is_none() {
                found = place.read(id)?;
            }
        }
        let (kind, bytes) = found.ok_or_else(|| LocalError::Missing(id.clone()))?;
        if Naming::of(self.format, kind, &bytes)? == *id {
            Ok((kind, bytes))
        } else {
            Err(ObjectError::Pack("an object has not the bytes of its name").into())
        }
    }

    /// The one object whose name begins with some hexadecimal digits.
    ///
    /// # Errors
    /// When there is more than one.
    pub(super) fn abbreviated(&self, digits: &str) -> Result<Option<ObjectId>, LocalError> {
        let hexadecimal = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
        let enough = (FEWEST_DIGITS..2 * self.format.length()).contains(&digits.len());
        if !enough || !digits.bytes().all(hexadecimal) {
            return Ok(None);
        }
        let mut found = BTreeSet::new();
        for place in &self.places {
            place.beginning_with(digits, &mut found)?;
        }
        if found.len() > 1 {
            return Err(LocalError::Ambiguous(digits.to_owned()));
        }
        Ok(found.pop_first())
    }
}

impl Place {
    fn open(directory: PathBuf, format: ObjectFormat) -> Result<Self, LocalError> {
        let place = directory.join("pack");
        let mut indices: Vec<PathBuf> = Vec::new();
        match fs::read_dir(&place) {
            Ok(entries) => {
                for entry in entries.take(4 * MOST_PACKS) {
                    let path = entry.map_err(|error| unreadable(&place, error))?.path();
                    if path.extension().is_some_and(|it| it == "idx") {
                        indices.push(path);
                    }
                }
            }
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(unreadable(&place, error)),
        }
        indices.sort();
        indices.truncate(MOST_PACKS);
        let packs = indices.iter().map(|index| Pack::open(index, format));
        Ok(Self {
            directory,
            packs: packs.collect::<Result<_, _>>()?,
        })
    }

    /// The kind and the bytes that are kept under an object's name.
    fn read(&self, id: &ObjectId) -> Result<Option<(Kind, Vec<u8>)>, LocalError> {
        let mut found = self.loose(id)?;
        for pack in &self.packs {
            if found.is_none() {
                found = pack.read(id)?;
            }
        }
        Ok(found)
    }

    fn loose(&self, id: &ObjectId) -> Result<Option<(Kind, Vec<u8>)>, LocalError> {
        let name = id.to_string();
        let (first, rest) = name.split_at_checked(2).unwrap_or((&name, ""));
        let path = self.directory.join(first).join(rest);
        let Some(file) = open(&path)? else {
            return Ok(None);
        };
        let mut bytes = Vec::new();
        let stream = ZlibDecoder::new(file).take(MOST + 64);
        let mut stream = stream;
        stream
            .read_to_end(&mut bytes)
            .map_err(|error| unreadable(&path, error))?;
        let broken = ObjectError::Pack("a loose object does not say what it is");
        let Some(end) = bytes.iter().take(32).position(|byte| *byte == 0) else {
            return Err(broken.into());
        };
        let content = bytes.split_off(end + 1);
        let header = std::str::from_utf8(bytes.get(..end).unwrap_or_default());
        let header = header.ok().and_then(|it| it.split_once(' '));
        let kind = header.and_then(|(kind, _)| kind_named(kind));
        let length = header.and_then(|(_, length)| length.parse::<usize>().ok());
        match kind {
            Some(kind) if length == Some(content.len()) => Ok(Some((kind, content))),
            _ => Err(broken.into()),
        }
    }

    fn beginning_with(
        &self,
        digits: &str,
        found: &mut BTreeSet<ObjectId>,
    ) -> Result<(), LocalError> {
        let (first, rest) = digits.split_at_checked(2).unwrap_or((digits, ""));
        for entry in fs::read_dir(self.directory.join(first))
            .into_iter()
            .flatten()
        {
            let name = entry
                .ok()
                .and_then(|entry| entry.file_name().into_string().ok());
            let name = name.filter(|name| name.starts_with(rest));
            found.extend(name.and_then(|name| ObjectId::parse(&format!("{first}{name}"))));
        }
        for pack in &self.packs {
            found.extend(pack.beginning_with(digits)?);
        }
        Ok(())
    }
}

fn kind_named(name: &str) -> Option<Kind> {
    let all = [Kind::Commit, Kind::Tree, Kind::Blob, Kind::Tag];
    all.into_iter().find(|kind| kind.as_str() == name)
}
