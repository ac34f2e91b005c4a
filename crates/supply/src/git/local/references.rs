//! Branches, tags and `HEAD`: files with a hash, files with another name, and one file with many of them (gitrepository-layout).

use super::LocalError;
use super::revision::unreadable;
use crate::git::{ObjectFormat, ObjectId};
use rustix::fs::{Mode, OFlags};
use std::fs::File;
use std::io::{ErrorKind, Read as _};
use std::path::Path;

/// Most bytes of a file with one name.
const MOST_OF_ONE: u64 = 4096;
/// Most bytes of a file with many names, or of a configuration.
const MOST_OF_MANY: u64 = 64 << 20;
/// Most names that lead to others.
const DEEPEST: usize = 5;

/// Opens a plain file, without waiting for whoever might write to a pipe. `None` where there is none.
pub(super) fn open(path: &Path) -> Result<Option<File>, LocalError> {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK;
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

fn text(path: &Path, limit: u64) -> Result<Option<String>, LocalError> {
    let Some(file) = open(path)? else {
        return Ok(None);
    };
    let mut bytes = Vec::new();
    file.take(limit + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| unreadable(path, error))?;
    if bytes.len() as u64 > limit {
        return Err(LocalError::Unsupported("a file of names that is too large"));
    }
    Ok(Some(String::from_utf8_lossy(&bytes).into_owned()))
}

/// A file of one line: `HEAD`, `.git`, `commondir`.
pub(super) fn line(path: &Path) -> Result<Option<String>, LocalError> {
    let text = text(path, MOST_OF_ONE)?;
    Ok(text.map(|text| text.trim_end_matches(['\n', '\r']).to_owned()))
}

/// Which hash a repository uses, as its configuration says; the one thing that is read of it.
pub(super) fn format(common: &Path) -> Result<ObjectFormat, LocalError> {
    let text = text(&common.join("config"), MOST_OF_MANY)?.unwrap_or_default();
    let text = text.to_ascii_lowercase();
    let mut extensions = text
        .lines()
        .map(str::trim)
        .skip_while(|line| !line.starts_with("[extensions]"))
        .skip(1)
        .take_while(|line| !line.starts_with('['))
        .filter_map(|line| line.split_once('='));
    let mut format = ObjectFormat::Sha1;
    extensions.try_for_each(|(key, value)| match (key.trim(), value.trim()) {
        ("objectformat", "sha256") => {
            format = ObjectFormat::Sha256;
            Ok(())
        }
        ("refstorage", storage) if storage != "files" => Err(LocalError::Unsupported(
            "branches and tags that are not kept in files",
        )),
        _ => Ok(()),
    })?;
    Ok(format)
}

/// What a person's word for a branch or tag may stand for, the first one counts (gitrevisions).
pub(super) fn named(own: &Path, common: &Path, word: &str) -> Result<Option<ObjectId>, LocalError> {
    if !is_name(word) {
        return Ok(None);
    }
    let capital = |b: u8| b.is_ascii_uppercase() || b == b'_';
    let all = [
        word.bytes().all(capital).then(|| word.to_owned()),
        word.starts_with("refs/").then(|| word.to_owned()),
        Some(format!("refs/{word}")),
        Some(format!("refs/tags/{word}")),
        Some(format!("refs/heads/{word}")),
        Some(format!("refs/remotes/{word}")),
        Some(format!("refs/remotes/{word}/HEAD")),
    ];
    for name in all.into_iter().flatten() {
        if let Some(id) = of(own, common, &name, 0)? {
            return Ok(Some(id));
        }
    }
    Ok(None)
}

fn of(own: &Path, common: &Path, name: &str, depth: usize) -> Result<Option<ObjectId>, LocalError> {
    let alone = !name.contains('/')
        || ["refs/worktree/", "refs/bisect/", "refs/rewritten/"]
            .iter()
            .any(|it| name.starts_with(it));
    let place = if alone { own } else { common };
    match line(&place.join(name))? {
        Some(line) => match line.strip_prefix("ref:").map(str::trim) {
            Some(other) if depth < DEEPEST && is_name(other) => of(own, common, other, depth + 1),
            Some(_) => Ok(None),
            // `FETCH_HEAD` says more behind the hash.
            None => Ok(line
                .split_ascii_whitespace()
                .next()
                .and_then(ObjectId::parse)),
        },
        None => packed(common, name),
    }
}

fn packed(common: &Path, name: &str) -> Result<Option<ObjectId>, LocalError> {
    let text = text(&common.join("packed-refs"), MOST_OF_MANY)?.unwrap_or_default();
    let mut lines = text.lines().filter(|line| !line.starts_with(['#', '^']));
    let found = lines.find_map(|line| line.split_once(' ').filter(|(_, it)| *it == name));
    Ok(found.and_then(|(id, _)| ObjectId::parse(id)))
}

/// What Git takes for the name of a branch or tag: nothing that leaves the directory of names.
fn is_name(word: &str) -> bool {
    let part = |part: &str| {
        !part.is_empty()
            && !part.starts_with('.')
            && !part.ends_with(".lock")
            && !part.ends_with('.')
    };
    let plain = |c: char| !c.is_control() && !" ~^:?*[\\".contains(c);
    word.chars().all(plain)
        && word.split('/').all(part)
        && !word.contains("..")
        && !word.contains("@{")
        && !word.starts_with('-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for (word, good) in [
            ("main", true),
            ("feature/a-b", true),
            ("v1.0.0", true),
            ("refs/heads/main", true),
            ("../config", false),
            ("a/../b", false),
            ("a//b", false),
            ("/etc/passwd", false),
            ("a/", false),
            (".git", false),
            ("a.lock", false),
            ("main@{1}", false),
            ("a b", false),
            ("a:b", false),
            ("-x", false),
            ("a\nb", false),
            ("", false),
        ] {
            assert_eq!(is_name(word), good, "{word}");
        }
    }
}
