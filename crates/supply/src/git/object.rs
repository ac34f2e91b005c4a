//! Commits and trees, read as strictly as Git checks them when it is told to (`fsck`).

use super::{ObjectError, ObjectFormat, ObjectId};
use std::cmp::Ordering;

/// Most entries of one tree: as many as an archive may have files.
const MOST_ENTRIES: usize = 200_000;

/// What an entry of a tree is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    File,
    Executable,
    Link,
    Directory,
    /// A commit of another repository.
    Submodule,
}

/// One entry of a tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TreeEntry {
    pub(super) mode: Mode,
    pub(super) name: String,
    pub(super) id: ObjectId,
}

/// The tree of a commit.
pub(super) fn tree_of(id: &ObjectId, commit: &[u8]) -> Result<ObjectId, ObjectError> {
    let first = commit.split(|byte| *byte == b'\n').next();
    let tree = first
        .and_then(|line| line.strip_prefix(b"tree "))
        .and_then(|hex| ObjectId::parse(std::str::from_utf8(hex).ok()?));
    tree.filter(|tree| tree.format() == id.format())
        .ok_or_else(|| malformed(id, "it is no commit"))
}

/// The entries of a tree: every name once, plain, and in Git's order.
pub(super) fn entries(id: &ObjectId, tree: &[u8]) -> Result<Vec<TreeEntry>, ObjectError> {
    let mut rest = tree;
    let mut all: Vec<TreeEntry> = Vec::new();
    while !rest.is_empty() {
        if all.len() >= MOST_ENTRIES {
            return Err(malformed(
                id,
                "it has more entries than a directory may have",
            ));
        }
        let (entry, after) = entry(rest, id.format()).map_err(|what| malformed(id, what))?;
        if all.last().is_some_and(|last| order(last, &entry).is_ge()) {
            return Err(malformed(
                id,
                "its entries are not in order, or one is there twice",
            ));
        }
        all.push(entry);
        rest = after;
    }
    Ok(all)
}

fn entry(raw: &[u8], format: ObjectFormat) -> Result<(TreeEntry, &[u8]), &'static str> {
    let cut = "it ends in the middle";
    let at = raw.iter().position(|byte| *byte == b' ').ok_or(cut)?;
    let (mode, rest) = raw.split_at_checked(at).ok_or(cut)?;
    let rest = rest.get(1..).ok_or(cut)?;
    let at = rest.iter().position(|byte| *byte == 0).ok_or(cut)?;
    let (name, rest) = rest.split_at_checked(at).ok_or(cut)?;
    let rest = rest.get(1..).ok_or(cut)?;
    let (id, rest) = rest.split_at_checked(format.length()).ok_or(cut)?;
    let mode = match mode {
        // The second was written by Git of 2005.
        b"100644" | b"100664" => Mode::File,
        b"100755" => Mode::Executable,
        b"120000" => Mode::Link,
        b"40000" => Mode::Directory,
        b"160000" => Mode::Submodule,
        _ => return Err("an entry has a mode that Git does not know"),
    };
    let name = std::str::from_utf8(name).map_err(|_| "a name is not UTF-8")?;
    if name.is_empty() || name.contains('/') || matches!(name, "." | "..") {
        return Err("a name is none");
    }
    if is_repository(name) {
        return Err("it has a repository of its own in it");
    }
    let entry = TreeEntry {
        mode,
        name: name.to_owned(),
        id: ObjectId::from_bytes(id).ok_or(cut)?,
    };
    Ok((entry, rest))
}

/// `.git` as any file system may read it: case, dots and blanks at the end, streams, short names, characters that are ignored.
fn is_repository(name: &str) -> bool {
    let seen: String = name
        .chars()
        .filter(|c| !matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{206a}'..='\u{206f}' | '\u{feff}'))
        .collect();
    let seen = seen.split(':').next().unwrap_or_default();
    let seen = seen.trim_end_matches(['.', ' ']).to_ascii_lowercase();
    seen == ".git" || seen == "git~1"
}

/// Git's order: as bytes, a directory as if a slash followed its name. Two entries of one name are equal, whatever they are.
fn order(a: &TreeEntry, b: &TreeEntry) -> Ordering {
    if a.name == b.name {
        return Ordering::Equal;
    }
    let key = |entry: &TreeEntry| {
        let slash = (entry.mode == Mode::Directory).then_some(b'/');
        entry.name.bytes().chain(slash).collect::<Vec<u8>>()
    };
    key(a).cmp(&key(b))
}

fn malformed(id: &ObjectId, what: &'static str) -> ObjectError {
    ObjectError::Malformed {
        id: id.clone(),
        what,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(entries: &[(&str, &str)]) -> Vec<u8> {
        let one = |(mode, name): &(&str, &str)| {
            [mode.as_bytes(), b" ", name.as_bytes(), b"\0", &[7; 20]].concat()
        };
        entries.iter().flat_map(one).collect()
    }

    fn id() -> ObjectId {
        ObjectId::from_bytes(&[1; 20]).unwrap()
    }

    #[test]
    fn trees() {
        let file = "100644";
        for (entries, good) in [
            (&[][..], true),
            (&[(file, "a"), ("100755", "b"), ("120000", "c")][..], true),
            (
                &[("160000", "a"), ("40000", "b"), ("100664", "c")][..],
                true,
            ),
            (&[(file, "a.b"), ("40000", "a"), (file, "a0")][..], true),
            (&[(file, "b"), (file, "a")][..], false),
            (&[(file, "a"), (file, "a")][..], false),
            (&[(file, "a"), ("40000", "a")][..], false),
            (&[("040000", "a")][..], false),
            (&[("100600", "a")][..], false),
            (&[("0", "a")][..], false),
            (&[(file, "")][..], false),
            (&[(file, ".")][..], false),
            (&[("40000", "..")][..], false),
            (&[(file, "a/b")][..], false),
            (&[("40000", ".git")][..], false),
            (&[("40000", ".GiT")][..], false),
            (&[("40000", ".git. ")][..], false),
            (&[("40000", ".git::$INDEX_ALLOCATION")][..], false),
            (&[("40000", "GIT~1")][..], false),
            (&[("40000", ".g\u{200c}it")][..], false),
            (&[("40000", ".github"), (file, ".gitignore")][..], true),
        ] {
            let found = super::entries(&id(), &tree(entries));
            assert_eq!(found.is_ok(), good, "{entries:?} {found:?}");
        }
        let whole = tree(&[(file, "a")]);
        for cut in 1..whole.len() {
            assert!(super::entries(&id(), &whole[..cut]).is_err(), "{cut}");
        }
        let names: Vec<String> = (0..=MOST_ENTRIES).map(|at| format!("{at:06}")).collect();
        let many: Vec<(&str, &str)> = names.iter().map(|name| (file, name.as_str())).collect();
        assert!(super::entries(&id(), &tree(&many)).is_err());
        assert!(super::entries(&id(), &tree(&many[..MOST_ENTRIES])).is_ok());
        assert!(super::entries(&id(), b"100644 \xff\0aaaaaaaaaaaaaaaaaaaa").is_err());
    }

    #[test]
    fn commits() {
        let tree = "7".repeat(40);
        for (text, good) in [
            (format!("tree {tree}\nauthor x\n\nm"), true),
            (format!("tree {tree}7\n"), false),
            (format!("tree {}\n", "7".repeat(64)), false),
            (format!("parent {tree}\ntree {tree}\n"), false),
            (String::new(), false),
        ] {
            assert_eq!(tree_of(&id(), text.as_bytes()).is_ok(), good, "{text}");
        }
    }
}
