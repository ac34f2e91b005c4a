//! From verified objects to files: the tree of a commit, written as any archive is.
//!
//! Only plain files come out. A link to a file of the repository becomes that file again; a link to a directory or to nothing is
//! left out with a word, and one that leaves the repository refuses the whole. Submodules are left out with a word.

use super::{
    ObjectError, ObjectId,
    id::Kind,
    object::{self, Mode},
    pack::Objects,
};
use crate::{
    digest::Sha256,
    locked::TreePath,
    store::manifest::FileRecord,
    unpack::{Names, UnpackError, UnpackLimits},
};
use sha2::Digest;
use std::{
    collections::{BTreeMap, HashSet},
    fs,
    io::{Read, Write},
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::Path,
};

/// Most directories of one commit, each occurrence counted.
const MAX_DIRECTORIES: u64 = 50_000;
/// Longest target of a link, and most links that lead to one another.
const MAX_LINK: (u64, usize) = (4096, 16);
/// What says how a project of Python is built, and how much of it is read.
const PROJECT: &str = "pyproject.toml";
const MAX_PROJECT: u64 = 1 << 20;
/// How a file begins that stands for a large one elsewhere.
const LFS: &[u8] = b"version https://git-lfs.github.com/spec/v1\n";

/// The files of a commit.
pub(super) struct Checkout {
    /// Sorted by path.
    pub(super) files: Vec<FileRecord>,
    /// What is not there and why, for a person.
    pub(super) left_out: Vec<String>,
    /// The `pyproject.toml` of every directory above the one that was named: a project inherits from some of them.
    pub(super) above: Vec<String>,
}

/// Writes the files of `commit` into the existing empty directory; where a directory of it is named, only
/// of that.
pub(super) fn checkout(
    objects: &Objects,
    commit: &ObjectId,
    part: Option<&TreePath>,
    into: &Path,
    limits: &UnpackLimits,
) -> Result<Checkout, ObjectError> {
    let tree = object::tree_of(commit, &objects.bytes(commit, Kind::Commit)?)?;
    let mut found = Found::default();
    found.walk(objects, tree, limits)?;
    found.follow(objects)?;
    // A file that is named keeps the whole around it; of a directory only that is kept.
    let named = part;
    let part = part.filter(|part| !found.files.contains_key(*part));
    let above = part.map_or(Ok(Vec::new()), |part| found.above(objects, part))?;
    let mut writer = Writer {
        objects,
        into,
        limits,
        made: HashSet::new(),
        bytes: 0,
        checkout: Checkout {
            files: Vec::new(),
            left_out: found.left_out,
            above,
        },
    };
    for (path, file) in &found.files {
        if let Some(path) = inside(path, part) {
            writer.file(path, file)?;
        }
    }
    match (writer.checkout.files.is_empty(), part) {
        (false, _) => Ok(writer.checkout),
        (true, Some(_)) => Err(ObjectError::NoSuchPath(
            named.map(ToString::to_string).unwrap_or_default(),
        )),
        (true, None) => Err(UnpackError::Empty.into()),
    }
}

#[cfg(test)]
#[path = "checkout_tests.rs"]
mod tests;

/// The path below a part, if it is there.
fn inside(path: &TreePath, part: Option<&TreePath>) -> Option<TreePath> {
    match part {
        None => Some(path.clone()),
        Some(part) => {
            let rest = path
                .as_str()
                .strip_prefix(part.as_str())?
                .strip_prefix('/')?;
            TreePath::new(rest).ok()
        }
    }
}

#[derive(Clone)]
struct Blob {
    id: ObjectId,
    executable: bool,
}

/// What a commit leads to.
#[derive(Default)]
struct Found {
    files: BTreeMap<TreePath, Blob>,
    links: BTreeMap<TreePath, ObjectId>,
    left_out: Vec<String>,
    names: Names,
}

impl Found {
    fn walk(
        &mut self,
        objects: &Objects,
        root: ObjectId,
        limits: &UnpackLimits,
    ) -> Result<(), ObjectError> {
        let mut open: Vec<(Option<TreePath>, ObjectId)> = vec![(None, root)];
        let mut seen = 0;
        while let Some((place, id)) = open.pop() {
            seen += 1;
            within("directories", seen, MAX_DIRECTORIES)?;
            for entry in object::entries(&id, &objects.bytes(&id, Kind::Tree)?)? {
                let path = match &place {
                    Some(place) => place.join(&entry.name),
                    None => TreePath::new(entry.name.as_str()),
                };
                let path = path.map_err(|source| UnpackError::Path {
                    path: entry.name.chars().flat_map(char::escape_default).collect(),
                    source,
                })?;
                if entry.mode == Mode::Directory {
                    open.push((Some(path), entry.id));
                    within("directories", seen + open.len() as u64, MAX_DIRECTORIES)?;
                } else {
                    self.add(path, entry.mode, entry.id)?;
                }
            }
            let count = self.files.len() + self.links.len() + self.left_out.len();
            within("files", count as u64, limits.files)?;
        }
        Ok(())
    }

    fn add(&mut self, path: TreePath, mode: Mode, id: ObjectId) -> Result<(), ObjectError> {
        // Trees name everything once; what is left are names that another file system takes for one.
        self.names.file(&path)?;
        match mode {
            Mode::Link => {
                self.links.insert(path, id);
            }
            Mode::Submodule => self.left_out.push(format!(
                "{path} is another repository (a submodule), which was not fetched"
            )),
            _ => {
                let executable = mode == Mode::Executable;
                self.files.insert(path, Blob { id, executable });
            }
        }
        Ok(())
    }

    /// Makes every link the file that it leads to.
    fn follow(&mut self, objects: &Objects) -> Result<(), ObjectError> {
        let mut targets: BTreeMap<&TreePath, String> = BTreeMap::new();
        for (path, id) in &self.links {
            let size = objects.size(id, Kind::Blob)?;
            within("bytes in a link", size, MAX_LINK.0)?;
            let raw = objects.bytes(id, Kind::Blob)?;
            let leaves = || ObjectError::Link {
                path: path.to_string(),
            };
            let text = String::from_utf8(raw).map_err(|_| leaves())?;
            targets.insert(path, target(path, &text).ok_or_else(leaves)?);
        }
        let mut made = Vec::new();
        for path in self.links.keys() {
            match self.end_of(path, &targets) {
                Some(file) => made.push((path.clone(), file)),
                None => self.left_out.push(format!(
                    "{path} is a link to a directory or to nothing, and is not there"
                )),
            }
        }
        self.files.extend(made);
        Ok(())
    }

    /// The `pyproject.toml` of the directories above `part`.
    fn above(&self, objects: &Objects, part: &TreePath) -> Result<Vec<String>, ObjectError> {
        let ends = part.as_str().match_indices('/').map(|(at, _)| at + 1);
        let places = std::iter::once(0).chain(ends);
        let paths = places.filter_map(|end| {
            let place = part.as_str().get(..end)?;
            TreePath::new(format!("{place}{PROJECT}")).ok()
        });
        let files = paths.filter_map(|path| self.files.get(&path));
        let texts = files.map(|file| {
            let size = objects.size(&file.id, Kind::Blob)?;
            within("bytes in a `pyproject.toml`", size, MAX_PROJECT)?;
            let raw = objects.bytes(&file.id, Kind::Blob)?;
            Ok(String::from_utf8_lossy(&raw).into_owned())
        });
        texts.collect()
    }

    fn end_of(&self, path: &TreePath, targets: &BTreeMap<&TreePath, String>) -> Option<Blob> {
        let mut at = path.clone();
        for _ in 0..MAX_LINK.1 {
            at = TreePath::new(targets.get(&at)?.as_str()).ok()?;
            if let Some(file) = self.files.get(&at) {
                return Some(file.clone());
            }
        }
        None
    }
}

/// Where a link at `path` leads, as a path in the repository; `None` when it leaves it.
fn target(path: &TreePath, text: &str) -> Option<String> {
    if text.starts_with('/') || text.contains(['\\', '\0']) {
        return None;
    }
    let (parent, _) = path.as_str().rsplit_once('/').unwrap_or_default();
    let mut parts: Vec<&str> = parent.split('/').filter(|part| !part.is_empty()).collect();
    for part in text.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

struct Writer<'a> {
    objects: &'a Objects,
    into: &'a Path,
    limits: &'a UnpackLimits,
    made: HashSet<String>,
    bytes: u64,
    checkout: Checkout,
}

impl Writer<'_> {
    fn file(&mut self, path: TreePath, blob: &Blob) -> Result<(), ObjectError> {
        let size = self.objects.size(&blob.id, Kind::Blob)?;
        self.bytes = self.bytes.saturating_add(size);
        within("bytes", self.bytes, self.limits.bytes)?;
        let mut from = self.objects.open(&blob.id, Kind::Blob)?;
        let mut to = self.create(&path)?;
        let mut hasher = sha2::Sha256::new();
        let mut buffer = [0; 64 << 10];
        let mut first = true;
        loop {
            let count = from.read(&mut buffer).map_err(ObjectError::Disk)?;
            let Some(data) = buffer.get(..count).filter(|data| !data.is_empty()) else {
                break;
            };
            if std::mem::take(&mut first) && data.starts_with(LFS) {
                let word = format!("{path} stands for a large file (LFS), which was not fetched");
                self.checkout.left_out.push(word);
            }
            hasher.update(data);
            to.write_all(data).map_err(ObjectError::Disk)?;
        }
        let record = FileRecord {
            path,
            sha256: Sha256::from_bytes(hasher.finalize().into()),
            size,
            executable: blob.executable,
        };
        to.set_permissions(fs::Permissions::from_mode(record.mode()))
            .map_err(ObjectError::Disk)?;
        self.checkout.files.push(record);
        Ok(())
    }

    fn create(&mut self, path: &TreePath) -> Result<fs::File, ObjectError> {
        if let Some((parent, _)) = path.as_str().rsplit_once('/')
            && self.made.insert(parent.to_owned())
        {
            fs::create_dir_all(self.into.join(parent)).map_err(ObjectError::Disk)?;
        }
        // INVARIANT: `into` is new and ours and nothing in it is a link, so the plain path stays in it.
        fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(self.into.join(path.as_str()))
            .map_err(ObjectError::Disk)
    }
}

fn within(what: &'static str, count: u64, limit: u64) -> Result<(), ObjectError> {
    if count > limit {
        return Err(ObjectError::Excess { what, limit });
    }
    Ok(())
}
