//! Looking into directories: by a pattern of names, or all the way down a project.
//!
//! A link to a directory is followed where a path of the table leads through it, as the client follows it. Where a walk goes down by
//! itself it is followed once, and only in a person's own files: a walk cannot leave a project or run in circles. Whatever is not looked
//! into is noted.

use std::collections::{HashMap, HashSet};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::file::Unreadable;
use super::limits::Limits;
use super::open::reason;
use super::paths::{folded, matches};
use super::run::Skipped;
use crate::clients::Os;

/// Deepest that `**` goes.
const STARS: usize = 24;

/// Directories in which version control keeps its own files.
const HISTORY: &[&str] = &[".git", ".hg", ".svn"];

/// Directories of a project that hold what other people wrote, or what was built: not looked into, and said so.
const LEFT_OUT: &[&str] = &["node_modules", "target", ".venv", "__pycache__"];

/// A path at which something is, whatever it is.
pub(super) struct Seen(pub(super) PathBuf);

/// Looks into directories, and counts how much it looked at.
pub(super) struct Walk {
    os: Os,
    entries: usize,
    depth: usize,
    pub(super) skipped: Vec<Skipped>,
    /// Where `**` follows links: where it started, and where links have led already.
    led: Option<(PathBuf, HashSet<PathBuf>)>,
}

/// Patterns by their first component: most entries of most directories are the start of none.
struct Starts {
    literal: HashMap<String, Vec<usize>>,
    starred: Vec<(usize, &'static str)>,
}

impl Starts {
    fn of(patterns: &[&[&'static str]], os: Os) -> Self {
        let mut starts = Starts {
            literal: HashMap::new(),
            starred: Vec::new(),
        };
        for (number, pattern) in patterns.iter().enumerate() {
            match pattern.first() {
                Some(first) if first.contains('*') => starts.starred.push((number, first)),
                Some(first) => {
                    let key = folded(first, os).into_owned();
                    starts.literal.entry(key).or_default().push(number);
                }
                None => {}
            }
        }
        starts
    }

    /// The numbers of the patterns that start with an entry of this name, in the order of the table.
    fn at(&self, name: &str, os: Os) -> Vec<usize> {
        let literal = self.literal.get(folded(name, os).as_ref());
        let starred = self
            .starred
            .iter()
            .filter(|(_, first)| matches(first, name, os));
        let mut found: Vec<usize> = literal.into_iter().flatten().copied().collect();
        found.extend(starred.map(|(number, _)| *number));
        found.sort_unstable();
        found
    }
}

struct Entry {
    name: String,
    path: PathBuf,
    kind: EntryKind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum EntryKind {
    /// A directory itself, not a link to one.
    Directory,
    /// A link, to whatever.
    Link,
    /// Anything else.
    Other,
}

impl Walk {
    pub(super) fn new(os: Os, limits: &Limits) -> Self {
        Walk {
            os,
            entries: limits.entries,
            depth: limits.depth,
            skipped: Vec::new(),
            led: None,
        }
    }

    /// Whether a directory can be looked into at all.
    pub(super) fn can_enter(&self, path: &Path) -> Result<(), Unreadable> {
        std::fs::read_dir(path)
            .map(drop)
            .map_err(|error| reason(&error))
    }

    /// Everything that is at `base` and, below it, at the components of `rest`, in a person's own files: links are followed.
    pub(super) fn pattern(&mut self, base: &Path, rest: &[&'static str]) -> Vec<Seen> {
        if rest.contains(&"**") {
            let real = std::fs::canonicalize(base).unwrap_or_else(|_| base.to_owned());
            self.led = Some((real, HashSet::new()));
        }
        let seen = self.within(base, rest);
        self.led = None;
        seen
    }

    /// The same in a project, where `**` follows no links.
    pub(super) fn within(&mut self, base: &Path, rest: &[&'static str]) -> Vec<Seen> {
        let mut seen = Vec::new();
        self.descend(base, rest, STARS, &mut seen);
        seen
    }

    fn descend(&mut self, at: &Path, rest: &[&'static str], stars: usize, seen: &mut Vec<Seen>) {
        let Some((first, after)) = rest.split_first() else {
            if exists(at) {
                seen.push(Seen(at.to_owned()));
            }
            return;
        };
        if *first == "**" {
            self.descend(at, after, stars, seen);
            for entry in self.list(at) {
                if !self.goes_down(&entry) {
                    continue;
                }
                match stars.checked_sub(1) {
                    Some(left) => self.descend(&entry.path, rest, left, seen),
                    None => self.skip(&entry.path, Unreadable::TooDeep),
                }
            }
            return;
        }
        if !first.contains('*') {
            self.descend(&at.join(first), after, stars, seen);
            return;
        }
        for entry in self.list(at) {
            if matches(first, &entry.name, self.os) {
                self.descend(&entry.path, after, stars, seen);
            }
        }
    }

    /// Everything below `top` that one of `patterns` leads to from any directory, with the pattern's number.
    pub(super) fn tree(&mut self, top: &Path, patterns: &[&[&'static str]]) -> Vec<(usize, Seen)> {
        let mut seen = Vec::new();
        let starts = Starts::of(patterns, self.os);
        let mut open = vec![(top.to_owned(), 0)];
        while let Some((directory, depth)) = open.pop() {
            for entry in self.list(&directory) {
                for number in starts.at(&entry.name, self.os) {
                    let after = patterns.get(number).and_then(|pattern| pattern.get(1..));
                    let mut found = Vec::new();
                    self.descend(&entry.path, after.unwrap_or(&[]), STARS, &mut found);
                    seen.extend(found.into_iter().map(|path| (number, path)));
                }
                // Where only the top is asked for, nothing is left out.
                let name = entry.name.as_str();
                if self.depth == 0 || HISTORY.contains(&name) || !self.goes_down(&entry) {
                    continue;
                }
                if LEFT_OUT.contains(&name) {
                    self.skip(&entry.path, Unreadable::LeftOut);
                } else if depth < self.depth {
                    open.push((entry.path, depth + 1));
                } else {
                    self.skip(&entry.path, Unreadable::TooDeep);
                }
            }
        }
        seen
    }

    /// What is in a directory, sorted by name; nothing for what is none.
    fn list(&mut self, directory: &Path) -> Vec<Entry> {
        let listing = match std::fs::read_dir(directory) {
            Ok(listing) => listing,
            Err(error)
                if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) =>
            {
                return Vec::new();
            }
            Err(error) => {
                self.skip(directory, reason(&error));
                return Vec::new();
            }
        };
        let mut entries = Vec::new();
        for entry in listing {
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) => {
                    self.skip(directory, reason(&error));
                    break;
                }
            };
            if self.entries == 0 {
                self.skip(directory, Unreadable::TooMany);
                break;
            }
            self.entries -= 1;
            entries.push(Entry {
                name: entry.file_name().to_string_lossy().into_owned(),
                path: entry.path(),
                kind: self.kind(&entry),
            });
        }
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        entries
    }

    fn kind(&mut self, entry: &std::fs::DirEntry) -> EntryKind {
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => EntryKind::Directory,
            Ok(kind) if kind.is_symlink() => EntryKind::Link,
            Ok(_) => EntryKind::Other,
            Err(error) => {
                // What went away meanwhile is not missed.
                if error.kind() != ErrorKind::NotFound {
                    self.skip(&entry.path(), reason(&error));
                }
                EntryKind::Other
            }
        }
    }

    /// Whether a walk goes on below an entry. A link to a directory is followed once, or noted.
    fn goes_down(&mut self, entry: &Entry) -> bool {
        match entry.kind {
            EntryKind::Directory => return true,
            EntryKind::Other => return false,
            EntryKind::Link => {}
        }
        if !entry.path.is_dir() {
            return false;
        }
        let Some((start, led)) = &mut self.led else {
            if self.depth > 0 {
                self.skip(&entry.path, Unreadable::Linked);
            }
            return false;
        };
        match std::fs::canonicalize(&entry.path) {
            // The walk comes there without the link.
            Ok(real) if real.starts_with(&*start) => false,
            // All of it is inside, and with it the way here.
            Ok(real) if start.starts_with(&real) => {
                self.skip(&entry.path, Unreadable::Linked);
                false
            }
            Ok(real) => led.insert(real),
            Err(error) => {
                self.skip(&entry.path, reason(&error));
                false
            }
        }
    }

    /// Notes what is left out; that a limit was met, once.
    fn skip(&mut self, path: &Path, reason: Unreadable) {
        use Unreadable as U;
        let once = matches!(reason, U::TooMany | U::TooDeep | U::LeftOut | U::Linked);
        if once && self.skipped.iter().any(|skipped| skipped.reason == reason) {
            return;
        }
        self.skipped.push(Skipped {
            path: path.to_owned(),
            reason,
        });
    }
}

/// Whether something is at `path`, be it unreadable.
fn exists(path: &Path) -> bool {
    match std::fs::symlink_metadata(path) {
        Ok(_) => true,
        Err(error) => !matches!(
            error.kind(),
            ErrorKind::NotFound | ErrorKind::NotADirectory | ErrorKind::InvalidFilename
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_deep_is_said_once_unless_only_the_top_is_asked_for() {
        let top = tempfile::tempdir().unwrap();
        for name in ["a/b/c", "a/x/y", "a/node_modules/z"] {
            std::fs::create_dir_all(top.path().join(name)).unwrap();
        }
        let skipped = |depth: usize| {
            let limits = Limits {
                depth,
                ..Limits::default()
            };
            let mut walk = Walk::new(Os::Linux, &limits);
            walk.tree(top.path(), &[]);
            let deep = |skipped: &Skipped| skipped.reason == Unreadable::TooDeep;
            walk.skipped.retain(deep);
            walk.skipped
        };
        let deep = |inside: &str| Skipped {
            path: top.path().join(inside),
            reason: Unreadable::TooDeep,
        };
        assert_eq!(skipped(0), []);
        assert_eq!(skipped(1), [deep("a/b")]);
        assert_eq!(skipped(2).len(), 1);
        assert_eq!(skipped(3), []);
    }
}
