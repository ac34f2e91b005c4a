//! Small files of a repository: bounded, plain, never waited for. And what its configuration says of how the rest is kept.

use super::LocalError;
use super::revision::unreadable;
use crate::git::ObjectFormat;
use rustix::fs::{Mode, OFlags};
use std::fs::File;
use std::io::{ErrorKind, Read as _};
use std::path::Path;

/// Most bytes of a file with one name.
const MOST_OF_ONE: u64 = 4096;
/// Most bytes of a file with many names, of a log, or of a configuration.
pub(super) const MOST_OF_MANY: u64 = 64 << 20;

/// Opens a plain file, without waiting for whoever might write to a pipe. `None` where there is none.
pub(super) fn open(path: &Path) -> Result<Option<File>, LocalError> {
    opened(path, OFlags::empty())
}

fn opened(path: &Path, more: OFlags) -> Result<Option<File>, LocalError> {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK | more;
    let file = match rustix::fs::open(path, flags, Mode::empty()) {
        Ok(file) => File::from(file),
        Err(error) => {
            return match std::io::Error::from(error) {
                error if absent(&error) => Ok(None),
                error => Err(unreadable(path, error)),
            };
        }
    };
    let plain = file.metadata().map_err(|error| unreadable(path, error))?;
    Ok(plain.is_file().then_some(file))
}

fn absent(error: &std::io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::NotFound | ErrorKind::NotADirectory | ErrorKind::InvalidFilename
    )
}

/// The whole of a file that is not larger than it may be.
pub(super) fn bytes(path: &Path, limit: u64) -> Result<Option<Vec<u8>>, LocalError> {
    let file = open(path)?;
    file.map(|file| whole(file, path, limit)).transpose()
}

/// The same of a file that is no link: a line of another file would be shown where it leads nowhere.
pub(super) fn unlinked(path: &Path, limit: u64) -> Result<Option<Vec<u8>>, LocalError> {
    let file = opened(path, OFlags::NOFOLLOW)?;
    file.map(|file| whole(file, path, limit)).transpose()
}

fn whole(file: File, path: &Path, limit: u64) -> Result<Vec<u8>, LocalError> {
    let mut bytes = Vec::new();
    file.take(limit + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| unreadable(path, error))?;
    if bytes.len() as u64 > limit {
        return Err(LocalError::Unsupported("a file of names that is too large"));
    }
    Ok(bytes)
}

/// A file with many lines. What is no text in it is no name either.
pub(super) fn text(path: &Path) -> Result<Option<String>, LocalError> {
    let bytes = bytes(path, MOST_OF_MANY)?;
    Ok(bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()))
}

/// The first line of a file with many, which is not read any further: `FETCH_HEAD`.
pub(super) fn first_line(path: &Path) -> Result<Option<String>, LocalError> {
    let Some(file) = open(path)? else {
        return Ok(None);
    };
    let mut bytes = Vec::new();
    let mut file = file.take(MOST_OF_ONE);
    let read = file.read_to_end(&mut bytes);
    read.map_err(|error| unreadable(path, error))?;
    let line = bytes.split(|byte| *byte == b'\n').next();
    Ok(line.map(|line| String::from_utf8_lossy(line).into_owned()))
}

/// A file of one line: `HEAD`, `.git`, `commondir`.
pub(super) fn line(path: &Path) -> Result<Option<String>, LocalError> {
    let bytes = bytes(path, MOST_OF_ONE)?;
    Ok(bytes.map(|bytes| {
        let text = String::from_utf8_lossy(&bytes);
        text.trim_end_matches(['\n', '\r']).to_owned()
    }))
}

/// How a repository keeps what is in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Kept {
    /// Which hash names objects.
    pub(super) format: ObjectFormat,
    /// Whether branches and tags stand in tables, not in files.
    pub(super) in_tables: bool,
}

impl Kept {
    /// As the configuration says; nothing else is read of it.
    pub(super) fn read(common: &Path) -> Result<Self, LocalError> {
        let text = text(&common.join("config"))?.unwrap_or_default();
        let mut kept = Self {
            format: ObjectFormat::Sha1,
            in_tables: false,
        };
        let mut inside = false;
        for mut line in text.to_ascii_lowercase().lines().map(str::trim) {
            // What belongs to a section may stand on its own line.
            while let Some((section, rest)) =
                line.strip_prefix('[').and_then(|it| it.split_once(']'))
            {
                (inside, line) = (section == "extensions", rest.trim());
            }
            let Some((key, value)) = line.split_once('=').filter(|_| inside) else {
                continue;
            };
            let value = value.split(['#', ';']).next().unwrap_or_default();
            match (key.trim(), value.trim().trim_matches('"')) {
                ("objectformat", "sha1") => kept.format = ObjectFormat::Sha1,
                ("objectformat", "sha256") => kept.format = ObjectFormat::Sha256,
                ("objectformat", _) => {
                    let what = "objects that are named by another hash than SHA-1 and SHA-256";
                    return Err(LocalError::Unsupported(what));
                }
                ("refstorage", "files") => kept.in_tables = false,
                ("refstorage", "reftable") => kept.in_tables = true,
                ("refstorage", _) => return Err(LocalError::Storage),
                _ => {}
            }
        }
        Ok(kept)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn configurations() {
        let (sha1, sha256) = (ObjectFormat::Sha1, ObjectFormat::Sha256);
        for (text, expected) in [
            ("", Some((sha1, false))),
            ("[core]\n\tbare = false\n", Some((sha1, false))),
            (
                "[extensions]\n\tobjectFormat = sha256\n",
                Some((sha256, false)),
            ),
            (
                "[extensions]\nrefstorage=\"reftable\" ; new\n[core]\n",
                Some((sha1, true)),
            ),
            (
                "[extensions]\n[core]\n[Extensions]\nobjectformat=SHA256",
                Some((sha256, false)),
            ),
            ("[core]\nobjectformat = sha256\n", Some((sha1, false))),
            (
                "[extensions \"x\"]\nobjectformat = sha256\n",
                Some((sha1, false)),
            ),
            (
                "[extensions]\nrefstorage = reftable\nrefstorage = files\n",
                Some((sha1, false)),
            ),
            ("[extensions] refStorage = reftable\n", Some((sha1, true))),
            (
                "[core] bare = false\n[core][extensions]refstorage=reftable\n",
                Some((sha1, true)),
            ),
            (
                "[extensions][core]refstorage = reftable\n",
                Some((sha1, false)),
            ),
            ("[extensions] refstorage = other\n", None),
            ("[extensions]\nrefstorage = other\n", None),
            ("[extensions]\nobjectformat = sha3\n", None),
        ] {
            let directory = tempfile::tempdir().unwrap();
            std::fs::write(directory.path().join("config"), text).unwrap();
            let kept = Kept::read(directory.path());
            let kept = kept.ok().map(|kept| (kept.format, kept.in_tables));
            assert_eq!(kept, expected, "{text}");
        }
    }
}
