//! Wheels: Python's binary packages, zip archives with a list of their files.
//!
//! Every file has to be in the wheel's RECORD with the SHA-256 that it has, and every file of RECORD in the wheel. Files go
//! where an installer would put them: `site` is the directory of modules, `scripts`, `data` and `headers` are the other
//! schemes. Nothing is installed into a system, scripts are not put on any path, `.pth` files are plain files, and bytecode
//! that the wheel brings along is left out: the source beside it is what a person can read.

use super::{
    UnpackError, UnpackLimits, escaped,
    names::Names,
    zip::{Zip, ZipEntry},
};
use crate::{digest::Sha256, locked::TreePath, pypi::WheelName, store::manifest::FileRecord};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use std::{
    collections::{BTreeMap, HashSet},
    fs::{self, File},
    io::{self, Read, Seek, Write},
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::Path,
};

/// Largest RECORD.
const MAX_RECORD: u64 = 32 << 20;

/// Where the modules of a wheel are in its directory of the store.
pub(crate) const SITE: &str = "site";
/// Where its scripts are.
pub(crate) const SCRIPTS: &str = "scripts";

/// Unpacks a wheel into the existing empty directory `into` and says what is there, sorted by path.
pub(crate) fn unpack_wheel(
    archive: impl Read + Seek,
    wheel: &WheelName,
    into: &Path,
    limits: &UnpackLimits,
) -> Result<Vec<FileRecord>, UnpackError> {
    let mut zip = Zip::open(archive, limits)?;
    let entries: Vec<ZipEntry> = zip
        .entries
        .iter()
        .filter(|e| !e.is_directory())
        .cloned()
        .collect();
    let info = info_directory(&entries, wheel)?;
    let mut unpacking = Unpacking {
        into,
        info: &info,
        names: Names::default(),
        made: HashSet::new(),
    };
    let mut files = BTreeMap::new();
    let mut found = BTreeMap::new();
    let mut record = Vec::new();
    for entry in &entries {
        let sha256 = if entry.name == format!("{info}/RECORD") {
            if entry.size > MAX_RECORD {
                return Err(UnpackError::Excess {
                    what: "bytes of RECORD",
                    limit: MAX_RECORD,
                });
            }
            zip.copy(entry, &mut record)?
        } else {
            unpacking.entry(&mut zip, entry, &mut files)?
        };
        if found
            .insert(entry.name.clone(), (sha256, entry.size))
            .is_some()
        {
            let name = escaped(entry.name.as_bytes());
            return Err(UnpackError::Collision {
                first: name.clone(),
                second: name,
            });
        }
    }
    unpacking.keep(&format!("{info}/RECORD"), &record, &mut files)?;
    compare(&record, &found, &info)?;
    Ok(files.into_values().collect())
}

/// The one `NAME-VERSION.dist-info` directory.
fn info_directory(entries: &[ZipEntry], wheel: &WheelName) -> Result<String, UnpackError> {
    let tops = entries
        .iter()
        .filter_map(|entry| entry.name.split_once('/').map(|(top, _)| top));
    let mut found: Vec<&str> = tops.filter(|top| top.ends_with(".dist-info")).collect();
    found.dedup();
    found.sort_unstable();
    found.dedup();
    let [info] = found.as_slice() else {
        return Err(UnpackError::Structure(
            "it is no wheel: it has not one `.dist-info` directory",
        ));
    };
    let named = info
        .strip_suffix(".dist-info")
        .and_then(|stem| stem.rsplit_once('-'));
    let same = named.is_some_and(|(name, version)| {
        crate::pypi::Name::new(name).is_ok_and(|name| name == wheel.name)
            && version
                .parse()
                .is_ok_and(|version: crate::pypi::Version| version == wheel.version)
    });
    if same {
        Ok((*info).to_owned())
    } else {
        Err(UnpackError::Structure(
            "it is the wheel of another package or version",
        ))
    }
}

/// What is known while a wheel is being unpacked.
struct Unpacking<'a> {
    into: &'a Path,
    info: &'a str,
    names: Names,
    made: HashSet<String>,
}

impl Unpacking<'_> {
    fn entry<R: Read + Seek>(
        &mut self,
        zip: &mut Zip<R>,
        entry: &ZipEntry,
        files: &mut BTreeMap<TreePath, FileRecord>,
    ) -> Result<Sha256, UnpackError> {
        let Some(path) = self.place(&entry.name)? else {
            return zip.copy(entry, io::sink());
        };
        let file = self.create(&path)?;
        let sha256 = zip.copy(entry, io::BufWriter::new(&file))?;
        let script = path.as_str().starts_with(SCRIPTS);
        let record = FileRecord {
            path,
            sha256,
            size: entry.size,
            executable: entry.executable || script,
        };
        let mode = fs::Permissions::from_mode(record.mode());
        file.set_permissions(mode).map_err(UnpackError::Write)?;
        files.insert(record.path.clone(), record);
        Ok(sha256)
    }

    /// Writes a file whose content is in memory.
    fn keep(
        &mut self,
        name: &str,
        content: &[u8],
        files: &mut BTreeMap<TreePath, FileRecord>,
    ) -> Result<(), UnpackError> {
        let Some(path) = self.place(name)? else {
            return Ok(());
        };
        let mut file = self.create(&path)?;
        file.write_all(content).map_err(UnpackError::Write)?;
        file.set_permissions(fs::Permissions::from_mode(0o444))
            .map_err(UnpackError::Write)?;
        let size = content.len() as u64;
        let record = FileRecord {
            path,
            sha256: Sha256::of(content),
            size,
            executable: false,
        };
        files.insert(record.path.clone(), record);
        Ok(())
    }

    /// Where a file of the wheel goes; `None` for bytecode. Every path is checked, also of what is left out.
    fn place(&mut self, name: &str) -> Result<Option<TreePath>, UnpackError> {
        let refused = |source| UnpackError::Path {
            path: escaped(name.as_bytes()),
            source,
        };
        let plain = TreePath::new(name).map_err(refused)?;
        let place = placed(plain.as_str(), self.info).ok_or(UnpackError::Structure(
            "its `.data` directory has an unknown scheme",
        ))?;
        let path = TreePath::new(place).map_err(refused)?;
        if !self.names.file(&path)? {
            let first = path.to_string();
            return Err(UnpackError::Collision {
                second: first.clone(),
                first,
            });
        }
        let compiled = path.as_str().split('/').any(|part| part == "__pycache__");
        Ok((!compiled).then_some(path))
    }

    fn create(&mut self, path: &TreePath) -> Result<File, UnpackError> {
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
            .open(self.into.join(path.as_str()))
            .map_err(UnpackError::Write)
    }
}

/// Where a file goes that a wheel calls `name`; none where its scheme is unknown.
fn placed(name: &str, info: &str) -> Option<String> {
    let data = info
        .strip_suffix("dist-info")
        .map(|stem| format!("{stem}data/"));
    let scheme = data.and_then(|data| name.strip_prefix(data.as_str()));
    match scheme.map(|inner| inner.split_once('/')) {
        None => Some(format!("{SITE}/{name}")),
        Some(Some(("purelib" | "platlib", rest))) => Some(format!("{SITE}/{rest}")),
        Some(Some((scheme @ ("scripts" | "data" | "headers"), rest))) => {
            Some(format!("{scheme}/{rest}"))
        }
        Some(_) => None,
    }
}

/// Where the files of a wheel went, by its RECORD; `info` is the directory that it is in.
pub(crate) fn placed_by<'a>(record: &'a str, info: &'a str) -> impl Iterator<Item = String> + 'a {
    let listed = record.lines().filter_map(fields);
    listed.filter_map(move |(name, _, _)| placed(&name, info))
}

/// Compares RECORD with what was unpacked, both ways.
fn compare(
    record: &[u8],
    found: &BTreeMap<String, (Sha256, u64)>,
    info: &str,
) -> Result<(), UnpackError> {
    let wrong = |path: &str, what| UnpackError::Record {
        path: escaped(path.as_bytes()),
        what,
    };
    let text = std::str::from_utf8(record).map_err(|_| wrong("RECORD", "is not UTF-8"))?;
    let unsigned: Vec<String> = ["RECORD", "RECORD.jws", "RECORD.p7s"]
        .iter()
        .map(|name| format!("{info}/{name}"))
        .collect();
    let mut listed = HashSet::new();
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        let (path, hash, size) = fields(line).ok_or_else(|| wrong(line, "cannot be read"))?;
        if !listed.insert(path.clone()) {
            return Err(wrong(&path, "is listed twice"));
        }
        if unsigned.contains(&path) {
            continue;
        }
        let (sha256, length) = found
            .get(&path)
            .ok_or_else(|| wrong(&path, "is listed, but not there"))?;
        let expected = hash
            .strip_prefix("sha256=")
            .and_then(|text| URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).ok());
        if expected.as_deref() != Some(sha256.as_bytes().as_slice())
            || size.is_some_and(|size| size != *length)
        {
            return Err(wrong(&path, "has other content than is listed"));
        }
    }
    match found
        .keys()
        .find(|path| !listed.contains(*path) && !unsigned.contains(path))
    {
        Some(path) => Err(wrong(path, "is not listed")),
        None => Ok(()),
    }
}

/// `path,hash,size`, where a path with a comma is quoted.
fn fields(line: &str) -> Option<(String, String, Option<u64>)> {
    let line = line.trim_end_matches('\r');
    let (path, rest) = match line.strip_prefix('"') {
        Some(quoted) => {
            let end = quoted.match_indices('"').find(|(at, _)| {
                let after = quoted.get(at + 1..).unwrap_or_default();
                let before = quoted.get(..*at).unwrap_or_default();
                // Two quotes are one in the text.
                !after.starts_with('"')
                    && (before.len() - before.trim_end_matches('"').len()) % 2 == 0
            })?;
            let (inner, rest) = (quoted.get(..end.0)?, quoted.get(end.0 + 1..)?);
            (inner.replace("\"\"", "\""), rest.strip_prefix(',')?)
        }
        None => {
            let (path, rest) = line.split_once(',')?;
            (path.to_owned(), rest)
        }
    };
    let (hash, size) = rest.split_once(',')?;
    let size = if size.is_empty() {
        None
    } else {
        Some(size.parse().ok()?)
    };
    Some((path, hash.to_owned(), size))
}
