//! From a person's word for a revision to a file of it.

use super::super::id::Kind;
use super::super::object::{Mode, entries, tree_of};
use super::files::{Kept, line};
use super::objects::Objects;
use super::references::References;
use crate::git::{ObjectError, ObjectId};
use std::io;
use std::path::{Component, Path, PathBuf};

/// Most steps of `~N` and `^`.
const MOST_STEPS: u32 = 10_000;
/// Most tags that name tags.
const MOST_TAGS: usize = 10;

/// Why a file of a revision cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum LocalError {
    /// The directory belongs to no repository.
    #[error("there is no repository around `{0}`")]
    NoRepository(PathBuf),
    /// No branch, tag or commit has the name.
    #[error("the repository has no revision `{0}`")]
    NoRevision(String),
    /// More than one object has a name that begins like this.
    #[error("more than one object begins with `{0}`: name it in full")]
    Ambiguous(String),
    /// The revision has no such file.
    #[error("`{path}` is not in revision `{revision}`")]
    NoFile {
        /// Below the repository's root.
        path: PathBuf,
        /// As it was named.
        revision: String,
    },
    /// A file of the repository cannot be read.
    #[error("`{path}` cannot be read")]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// What it was is not in its log.
    #[error("the log of `{name}` goes back {count} changes and no further")]
    NoEntry {
        /// The whole name.
        name: String,
        /// Changes in the log.
        count: usize,
    },
    /// The log does not say what came between: changes were taken out of it, or never written down.
    #[error(
        "the log of `{0}` has gaps in it, so that nothing can be counted there: name the commit"
    )]
    Gap(String),
    /// Something else than a number stands in `@{…}`.
    #[error(
        "of `@{{…}}` only numbers are read, as in `HEAD@{{1}}`, and neither dates nor upstreams: name the commit"
    )]
    NoNumber,
    /// An object is in no pack and no file: the repository is shallow or partial.
    #[error("object {0} is neither kept in this repository nor in one that it borrows from")]
    Missing(ObjectId),
    /// Another repository's objects are used, and are not where the list says.
    #[error("`{list}` borrows objects from `{path}`, and they are not there")]
    NotBorrowed {
        /// Where they would be.
        path: PathBuf,
        /// What says so.
        list: PathBuf,
    },
    /// A file of names or changes of names is damaged.
    #[error("`{0}` is damaged")]
    Damaged(PathBuf),
    /// A change of a name is in the log, and the name itself in no table.
    #[error(
        "the log of `{0}` has a later change than the name itself: the tables of names are damaged, or the log was written by hand: name the commit"
    )]
    Lost(String),
    /// A name leads to something else than a name.
    #[error("`{0}` leads to what cannot be a branch or tag: name the commit")]
    Astray(String),
    /// Names are kept in another way.
    #[error(
        "the repository keeps its names in a way that is not read here (`extensions.refStorage`): \
         `git refs migrate --ref-format=files` converts it"
    )]
    Storage,
    /// A form of repository that is not read.
    #[error("the repository has {0}, which is not read here")]
    Unsupported(&'static str),
    /// An object is refused.
    #[error(transparent)]
    Object(#[from] ObjectError),
}

pub(super) fn unreadable(path: &Path, source: io::Error) -> LocalError {
    LocalError::Unreadable {
        path: path.into(),
        source,
    }
}

/// A repository of this machine.
#[derive(Debug)]
pub struct Local {
    root: PathBuf,
    /// What belongs to this work tree alone: `HEAD`.
    own: PathBuf,
    /// What all work trees share: branches, tags, objects.
    common: PathBuf,
    kept: Kept,
}

impl Local {
    /// The repository to whose work tree a directory belongs.
    ///
    /// # Errors
    /// When there is none, or it is of a form that is not read.
    pub fn around(directory: &Path) -> Result<Self, LocalError> {
        let start = directory
            .canonicalize()
            .map_err(|error| unreadable(directory, error))?;
        for root in start.ancestors() {
            let dot = root.join(".git");
            let own = if dot.is_dir() {
                dot
            } else {
                match line(&dot)?
                    .as_deref()
                    .and_then(|it| it.strip_prefix("gitdir: "))
                {
                    Some(elsewhere) => root.join(elsewhere),
                    None => continue,
                }
            };
            let common = match line(&own.join("commondir"))? {
                Some(shared) => own.join(shared),
                None => own.clone(),
            };
            return Ok(Self {
                root: root.into(),
                kept: Kept::read(&common)?,
                own,
                common,
            });
        }
        Err(LocalError::NoRepository(directory.into()))
    }

    /// The bytes of a file as it was in a revision: `HEAD`, a branch, a tag, a commit's hash or its beginning, each with `@{N}`, `~N` and `^N`.
    ///
    /// # Errors
    /// When there is no such revision or file, or it cannot be read.
    pub fn file_at(&self, revision: &str, path: &Path) -> Result<Vec<u8>, LocalError> {
        let directory = self.common.join("objects");
        let objects = Objects::open(&directory, self.kept.format)?;
        let no_file = || LocalError::NoFile {
            path: path.strip_prefix(&self.root).unwrap_or(path).into(),
            revision: revision.to_owned(),
        };
        let commit = self.commit(&objects, revision)?;
        let mut id = tree_of(&commit, &objects.read(&commit)?.1)?;
        let mut parts = path
            .strip_prefix(&self.root)
            .unwrap_or(path)
            .components()
            .peekable();
        while let Some(part) = parts.next() {
            let Component::Normal(name) = part else {
                return Err(no_file());
            };
            let (_, tree) = of_kind(&objects, &id, Kind::Tree)?;
            let entry = entries(&id, &tree)?
                .into_iter()
                .find(|it| *it.name == *name);
            let entry = entry.ok_or_else(no_file)?;
            let fits = match parts.peek() {
                Some(_) => entry.mode == Mode::Directory,
                None => matches!(entry.mode, Mode::File | Mode::Executable),
            };
            if !fits {
                return Err(no_file());
            }
            id = entry.id;
        }
        Ok(of_kind(&objects, &id, Kind::Blob)?.1)
    }

    fn commit(&self, objects: &Objects, revision: &str) -> Result<ObjectId, LocalError> {
        let none = || LocalError::NoRevision(revision.to_owned());
        let at = revision.find(['~', '^']).unwrap_or(revision.len());
        let (word, steps) = revision.split_at_checked(at).ok_or_else(none)?;
        let found = self.named(objects, word)?;
        let mut id = peeled(objects, found.ok_or_else(none)?).map_err(|error| match error {
            // A hash that nobody has is a name that nobody has.
            LocalError::Missing(missing) if missing.to_string() == word => none(),
            other => other,
        })?;
        let mut taken = 0_u32;
        for (step, count) in steps_of(steps).ok_or_else(none)? {
            let (times, parent) = if step == '~' { (count, 1) } else { (1, count) };
            taken = taken.saturating_add(times);
            if taken > MOST_STEPS {
                return Err(none());
            }
            for _ in 0..times {
                if parent > 0 {
                    id = self.parent(objects, &id, parent)?.ok_or_else(none)?;
                }
            }
        }
        Ok(id)
    }

    /// What a word stands for, without the steps behind it.
    fn named(&self, objects: &Objects, word: &str) -> Result<Option<ObjectId>, LocalError> {
        let whole = ObjectId::parse(word).filter(|id| id.format() == self.kept.format);
        if whole.is_some() {
            return Ok(whole);
        }
        let references = References::open(&self.own, &self.common, self.kept)?;
        let name = |word| if word == "@" { "HEAD" } else { word };
        if let Some((word, number)) = word.split_once("@{") {
            let number = number.strip_suffix('}').ok_or(LocalError::NoNumber)?;
            // Git takes longer ones for dates.
            let is_number = (1..=8).contains(&number.len());
            let is_number = is_number && number.bytes().all(|byte| byte.is_ascii_digit());
            let number = number.parse().ok().filter(|_| is_number);
            return references.earlier(name(word), number.ok_or(LocalError::NoNumber)?);
        }
        match references.named(name(word))? {
            Some(id) => Ok(Some(id)),
            None => objects.abbreviated(word),
        }
    }

    fn parent(
        &self,
        objects: &Objects,
        id: &ObjectId,
        number: u32,
    ) -> Result<Option<ObjectId>, LocalError> {
        let (_, commit) = of_kind(objects, id, Kind::Commit)?;
        let head = commit
            .split(|byte| *byte == b'\n')
            .take_while(|line| !line.is_empty());
        let mut parents = head
            .filter_map(|line| line.strip_prefix(b"parent "))
            .filter_map(|id| ObjectId::parse(std::str::from_utf8(id).ok()?))
            .filter(|id| id.format() == self.kept.format);
        Ok(parents.nth(number.saturating_sub(1) as usize))
    }
}

/// The commit that a tag names, maybe through other tags.
fn peeled(objects: &Objects, mut id: ObjectId) -> Result<ObjectId, LocalError> {
    for _ in 0..MOST_TAGS {
        let (kind, bytes) = objects.read(&id)?;
        if kind != Kind::Tag {
            break;
        }
        let first = bytes.split(|byte| *byte == b'\n').next();
        let named = first
            .and_then(|line| line.strip_prefix(b"object "))
            .and_then(|hex| ObjectId::parse(std::str::from_utf8(hex).ok()?));
        id = named.ok_or(ObjectError::Pack("a tag names nothing"))?;
    }
    of_kind(objects, &id, Kind::Commit)?;
    Ok(id)
}

fn of_kind(objects: &Objects, id: &ObjectId, kind: Kind) -> Result<(Kind, Vec<u8>), LocalError> {
    let (found, bytes) = objects.read(id)?;
    if found == kind {
        return Ok((found, bytes));
    }
    Err(ObjectError::Malformed {
        id: id.clone(),
        what: "it is of another kind than what leads to it says",
    }
    .into())
}

/// `~2^` is two first parents, then one more; without a number it is one.
fn steps_of(text: &str) -> Option<Vec<(char, u32)>> {
    let mut steps: Vec<(char, Option<u32>)> = Vec::new();
    for c in text.chars() {
        match (c, c.to_digit(10)) {
            ('~' | '^', _) => steps.push((c, None)),
            (_, Some(digit)) => {
                let (_, count) = steps.last_mut()?;
                let so_far = count.unwrap_or(0).checked_mul(10)?;
                *count = Some(so_far.checked_add(digit)?);
            }
            _ => return None,
        }
    }
    Some(
        steps
            .into_iter()
            .map(|(step, count)| (step, count.unwrap_or(1)))
            .collect(),
    )
}
