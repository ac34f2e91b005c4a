//! The names of an image while its layers are applied: a list in memory, no file system.
//!
//! A name is followed through the list's own links and stays in the list, whatever they say; so neither a link nor a `..` of an archive
//! means anything to the disk. Whiteouts (OCI image specification, `layer.md`) remove what *lower* layers brought.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

/// Why an entry cannot be applied.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Not UTF-8, or with control characters.
    #[error("its name has characters that cannot be shown")]
    Characters,
    /// Longer or deeper than a path may be.
    #[error("its name is too long or too deep")]
    TooLong,
    /// It leads above the root.
    #[error("its name leads out of the image")]
    Outside,
    /// Links in a circle.
    #[error("its name leads through links without end")]
    Links,
    /// A file where a directory has to be.
    #[error("a file is in the place of a directory")]
    NotADirectory,
    /// A hard link to something that is not there, or to a directory.
    #[error("it is a hard link to no file of the image")]
    HardLink,
    /// A removal of nothing that could be named.
    #[error("it is a whiteout of no name")]
    Whiteout,
    /// More names than an image may have.
    #[error("the image has too many names")]
    TooMany,
}

/// What a name is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Node {
    Directory,
    File(Content),
    /// The text of a symbolic link.
    Link(String),
}

/// Which unpacked bytes a file has; several names may share them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Content {
    /// Number of the file with the bytes.
    pub(super) blob: u64,
    pub(super) size: u64,
    pub(super) executable: bool,
}

/// Longest path and part (PATH_MAX and NAME_MAX, with room for the store's own), and how deep.
const LONGEST: (usize, usize) = (3072, 255);
const DEEPEST: usize = 56;
/// As many links as a kernel follows.
const MOST_LINKS: usize = 40;

/// Most steps of following and removing names in one image: more than any image needs, and done in a minute at worst.
const STEPS: u64 = 50_000_000;

const WHITEOUT: &str = ".wh.";
const OPAQUE: &str = ".wh..wh..opq";

/// The names so far: paths without a leading slash, the root not among them.
pub(super) struct Names {
    all: BTreeMap<String, (Node, u32)>,
    /// Which layer is being applied.
    layer: u32,
    most: usize,
    /// Steps that may still be done.
    steps: Cell<u64>,
    /// Directories that this layer has emptied of what lower layers brought.
    emptied: BTreeSet<String>,
}

impl Names {
    pub(super) fn new(most: usize) -> Self {
        Self {
            all: BTreeMap::new(),
            layer: 0,
            most,
            steps: Cell::new(STEPS),
            emptied: BTreeSet::new(),
        }
    }

    /// What is entered from here on is of the next layer.
    pub(super) fn next_layer(&mut self) {
        self.layer += 1;
        self.emptied.clear();
    }

    /// Every name, parents first.
    pub(super) fn into_nodes(self) -> impl Iterator<Item = (String, Node)> {
        self.all.into_iter().map(|(path, (node, _))| (path, node))
    }

    /// Applies a name that says what to remove. `false` when it is an ordinary name.
    pub(super) fn whiteout(&mut self, raw: &[u8]) -> Result<bool, NameError> {
        let parts = parts(raw)?;
        let Some(hidden) = parts.last().and_then(|last| last.strip_prefix(WHITEOUT)) else {
            return Ok(false);
        };
        let parent = parts.split_last().map_or(&[][..], |(_, rest)| rest);
        let directory = self.follow(parent)?;
        if parts.last().map(String::as_str) == Some(OPAQUE) {
            if self.emptied.insert(directory.clone()) {
                self.remove_lower(&directory, true)?;
            }
            return Ok(true);
        }
        // Marks of an old file system, which mean nothing here.
        if hidden.starts_with(WHITEOUT) {
            return Ok(true);
        }
        if matches!(hidden, "" | "." | "..") {
            return Err(NameError::Whiteout);
        }
        self.remove_lower(&join(&directory, hidden), false)?;
        Ok(true)
    }

    /// Enters a node; what was there before goes, but a directory keeps its names.
    pub(super) fn enter(&mut self, raw: &[u8], node: Node) -> Result<(), NameError> {
        let parts = parts(raw)?;
        let Some((last, parent)) = parts.split_last() else {
            // The root itself.
            return match node {
                Node::Directory => Ok(()),
                _ => Err(NameError::NotADirectory),
            };
        };
        let directory = self.follow(parent)?;
        self.make(&directory)?;
        let path = join(&directory, last);
        let stays =
            node == Node::Directory && matches!(self.all.get(&path), Some((Node::Directory, _)));
        if !stays {
            self.remove_all(&path)?;
        }
        self.put(path, node)
    }

    /// Enters one more name for a file (or link) that is there.
    pub(super) fn hard_link(&mut self, raw: &[u8], target: &[u8]) -> Result<(), NameError> {
        let parts = parts(target)?;
        let (last, parent) = parts.split_last().ok_or(NameError::HardLink)?;
        let path = join(&self.follow(parent)?, last);
        match self.all.get(&path) {
            Some((node @ (Node::File(_) | Node::Link(_)), _)) => {
                let node = node.clone();
                self.enter(raw, node)
            }
            _ => Err(NameError::HardLink),
        }
    }

    fn put(&mut self, path: String, node: Node) -> Result<(), NameError> {
        if path.len() > LONGEST.0 || path.split('/').count() > DEEPEST {
            return Err(NameError::TooLong);
        }
        self.all.insert(path, (node, self.layer));
        match self.all.len() > self.most {
            true => Err(NameError::TooMany),
            false => Ok(()),
        }
    }

    /// Makes a directory and those above it where they are missing.
    fn make(&mut self, directory: &str) -> Result<(), NameError> {
        let ends = directory.match_indices('/').map(|(at, _)| at);
        let ends: Vec<usize> = ends.chain([directory.len()]).collect();
        for end in ends {
            let above = directory.get(..end).unwrap_or_default();
            match self.all.get(above) {
                _ if above.is_empty() => {}
                Some((Node::Directory, _)) => {}
                Some(_) => return Err(NameError::NotADirectory),
                None => self.put(above.to_owned(), Node::Directory)?,
            }
        }
        Ok(())
    }

    /// Where a directory's path leads, through the links that are entered. What is not there yet is taken as it is.
    fn follow(&self, path: &[String]) -> Result<String, NameError> {
        let mut at = String::new();
        let mut left: Vec<String> = path.iter().rev().cloned().collect();
        let mut links = 0;
        while let Some(part) = left.pop() {
            self.step(1)?;
            if part == ".." {
                at.truncate(at.rfind('/').unwrap_or(0));
                continue;
            }
            let next = join(&at, &part);
            match self.all.get(&next) {
                Some((Node::Link(target), _)) => {
                    links += 1;
                    if links > MOST_LINKS || left.len() > LONGEST.0 {
                        return Err(NameError::Links);
                    }
                    if target.starts_with('/') {
                        at.clear();
                    }
                    let target = target.split('/').rev();
                    let parts = target.filter(|part| !matches!(*part, "" | "."));
                    left.extend(parts.map(str::to_owned));
                }
                Some((Node::File(_), _)) => return Err(NameError::NotADirectory),
                _ => at = next,
            }
        }
        Ok(at)
    }

    /// The paths below one.
    fn below(&self, path: &str) -> Result<Vec<String>, NameError> {
        let prefix = if path.is_empty() {
            String::new()
        } else {
            format!("{path}/")
        };
        let from = (Bound::Included(prefix.clone()), Bound::Unbounded);
        let names = self.all.range(from).map(|(name, _)| name);
        let names = names.take_while(|name| name.starts_with(&prefix));
        let charged = |name: &String| self.step(1).map(|()| name.clone());
        names.map(charged).collect()
    }

    /// Counts steps, so that names that were made to take long do not.
    fn step(&self, count: u64) -> Result<(), NameError> {
        let left = self.steps.get().checked_sub(count);
        self.steps.set(left.ok_or(NameError::TooMany)?);
        Ok(())
    }

    fn has_below(&self, path: &str) -> bool {
        let prefix = format!("{path}/");
        let from = (Bound::Included(prefix.clone()), Bound::Unbounded);
        let mut names = self.all.range(from);
        names
            .next()
            .is_some_and(|(name, _)| name.starts_with(&prefix))
    }

    fn remove_all(&mut self, path: &str) -> Result<(), NameError> {
        if let Some((Node::Directory, _)) = self.all.get(path) {
            for name in self.below(path)? {
                self.all.remove(&name);
            }
        }
        self.all.remove(path);
        Ok(())
    }

    /// Removes what lower layers have at and below a path; where `inside`, the directory itself stays. What this layer entered stays,
    /// with the directories that it lies in.
    fn remove_lower(&mut self, path: &str, inside: bool) -> Result<(), NameError> {
        let mut names = self.below(path)?;
        if !inside {
            names.insert(0, path.to_owned());
        }
        // The deepest first: a directory goes when nothing is left in it.
        for name in names.iter().rev() {
            let lower = self
                .all
                .get(name)
                .is_some_and(|(_, layer)| *layer < self.layer);
            if lower && !self.has_below(name) {
                self.all.remove(name);
            }
        }
        Ok(())
    }
}

fn join(directory: &str, name: &str) -> String {
    match directory {
        "" => name.to_owned(),
        directory => format!("{directory}/{name}"),
    }
}

/// The parts of an entry's name; `..` in an entry's own name is refused rather than followed.
fn parts(raw: &[u8]) -> Result<Vec<String>, NameError> {
    let text = std::str::from_utf8(raw).map_err(|_| NameError::Characters)?;
    if text.chars().any(char::is_control) {
        return Err(NameError::Characters);
    }
    let parts: Vec<&str> = text
        .split('/')
        .filter(|part| !matches!(*part, "" | "."))
        .collect();
    if parts.contains(&"..") {
        return Err(NameError::Outside);
    }
    if text.len() > LONGEST.0 || parts.iter().any(|part| part.len() > LONGEST.1) {
        return Err(NameError::TooLong);
    }
    Ok(parts.into_iter().map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Layers of entries: `dir/`, `file`, `link -> target`, `hard = target`, `---` begins the next layer. What is there
    /// at the end, or the error and the entry that it is of.
    fn check(entries: &[&str], expected: &[&str]) {
        let mut names = Names::new(58);
        let apply = |names: &mut Names, entry: &str| -> Result<(), NameError> {
            let file = Node::File(Content {
                blob: 0,
                size: 0,
                executable: false,
            });
            if let Some((name, target)) = entry.split_once(" -> ") {
                names.enter(name.as_bytes(), Node::Link(target.to_owned()))
            } else if let Some((name, target)) = entry.split_once(" = ") {
                names.hard_link(name.as_bytes(), target.as_bytes())
            } else if names.whiteout(entry.as_bytes())? {
                Ok(())
            } else if entry.ends_with('/') {
                names.enter(entry.as_bytes(), Node::Directory)
            } else {
                names.enter(entry.as_bytes(), file)
            }
        };
        for entry in entries {
            if *entry == "---" {
                names.next_layer();
            } else if let Err(error) = apply(&mut names, entry) {
                assert_eq!([format!("{error:?}").as_str()], expected, "{entries:?}");
                return;
            }
        }
        let found: Vec<String> = names
            .into_nodes()
            .map(|(path, node)| match node {
                Node::Directory => format!("{path}/"),
                Node::File(_) => path,
                Node::Link(target) => format!("{path} -> {target}"),
            })
            .collect();
        assert_eq!(found, expected, "{entries:?}");
    }

    #[test]
    fn later_entries_replace_earlier_ones() {
        check(&["./", "./a/b", "/c"], &["a/", "a/b", "c"]);
        check(&["a/b", "---", "a"], &["a"]);
        check(&["a", "---", "a/"], &["a/"]);
        check(&["a/b", "---", "a/"], &["a/", "a/b"]);
        check(&["a", "a -> x", "a"], &["a"]);
        check(&["a", "a/b"], &["NotADirectory"]);
        check(&["."], &["NotADirectory"]);
        check(&["l -> d", "---", "l/"], &["l/"]);
    }

    #[test]
    fn whiteouts_remove_what_lower_layers_brought() {
        check(&["a/b", "a/c", "---", "a/.wh.b"], &["a/", "a/c"]);
        check(&["a/b/c", "---", ".wh.a"], &[]);
        check(&["a/b", "---", "a/.wh..wh..opq", "a/c"], &["a/", "a/c"]);
        check(&["a/b", "---", "a/c", "a/.wh..wh..opq"], &["a/", "a/c"]);
        // What the same layer brings is not removed, in whatever order.
        check(&["a/b", "---", "a/b", "a/.wh.b"], &["a/", "a/b"]);
        check(&["a/b", "---", "a/", ".wh.a"], &["a/"]);
        check(&["a/b", "---", "a/n", ".wh.a"], &["a/", "a/n"]);
        check(&["a", "---", ".wh.no", ".wh..wh.plnk"], &["a"]);
        check(&["a", "---", ".wh."], &["Whiteout"]);
        check(&["a", "---", ".wh..."], &["Whiteout"]);
        check(
            &["a", "---", "x/.wh../y"],
            &["a", "x/", "x/.wh../", "x/.wh../y"],
        );
        check(&["a", "---", "../.wh.a"], &["Outside"]);
        // Of the whole root.
        check(&["a", "b/c", "---", ".wh..wh..opq", "d"], &["d"]);
        // Through a link: what the link leads to in the image.
        check(&["d/x", "l -> d", "---", "l/.wh.x"], &["d/", "l -> d"]);
        check(
            &["etc/x", "l -> ../../etc", "---", "l/.wh.x"],
            &["etc/", "l -> ../../etc"],
        );
    }

    #[test]
    fn links_lead_nowhere_but_into_the_image() {
        check(
            &["usr/bin/", "bin -> usr/bin", "bin/sh"],
            &["bin -> usr/bin", "usr/", "usr/bin/", "usr/bin/sh"],
        );
        check(
            &["out -> /etc", "out/passwd"],
            &["etc/", "etc/passwd", "out -> /etc"],
        );
        check(
            &["out -> ../../../tmp", "out/x"],
            &["out -> ../../../tmp", "tmp/", "tmp/x"],
        );
        check(&["a -> b", "b -> a", "a/x"], &["Links"]);
        check(&["a -> a/a", "a/x"], &["Links"]);
        check(&["f", "l -> f", "l/x"], &["NotADirectory"]);
        check(&["../x"], &["Outside"]);
        check(&["a/../../x"], &["Outside"]);
        check(&["x\ny"], &["Characters"]);
    }

    #[test]
    fn hard_links_are_to_files_of_the_image() {
        check(&["a", "b = a"], &["a", "b"]);
        check(&["a", "---", "b = ./a", ".wh.a"], &["b"]);
        check(&["a -> x", "b = a"], &["a -> x", "b -> x"]);
        check(&["b = /etc/passwd"], &["HardLink"]);
        check(&["b = ../../etc/passwd"], &["Outside"]);
        check(&["d/", "b = d"], &["HardLink"]);
        check(&["b = "], &["HardLink"]);
        check(&["a", "a = a"], &["a"]);
        check(&["l -> /", "b = l/etc/shadow"], &["HardLink"]);
    }

    #[test]
    fn work_is_bounded() {
        let mut names = Names::new(100);
        names.steps = Cell::new(60);
        for n in 0..10 {
            names
                .enter(format!("d/{n}").as_bytes(), Node::Directory)
                .unwrap();
        }
        names.next_layer();
        let mut opaque = || names.whiteout(b"d/.wh..wh..opq");
        for _ in 0..20 {
            assert_eq!(opaque(), Ok(true), "once for a layer");
        }
        let refused = (0..60).find_map(|_| opaque().err());
        assert_eq!(refused, Some(NameError::TooMany));
        let mut names = Names::new(100);
        names.steps = Cell::new(60);
        names.enter(b"l", Node::Link("a/".repeat(100))).unwrap();
        let refused = names.enter(b"l/x", Node::Directory);
        assert_eq!(refused, Err(NameError::TooMany));
    }

    #[test]
    fn names_are_bounded() {
        let many: Vec<String> = (0..60).map(|n| format!("f{n}")).collect();
        check(
            &many.iter().map(String::as_str).collect::<Vec<_>>(),
            &["TooMany"],
        );
        check(&[&"d/".repeat(57)], &["TooLong"]);
        check(&[&"x".repeat(256)], &["TooLong"]);
        check(&[&"x/".repeat(1600)], &["TooLong"]);
    }
}
