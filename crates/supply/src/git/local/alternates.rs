//! The directories of objects that a repository uses besides its own: `git clone --shared` and `--reference` name those of another
//! repository in `objects/info/alternates`, and that one may name further ones (gitrepository-layout).
//!
//! The paths lead out of the repository. What lies there is read as the repository's own is: an object has to have the hash by which
//! it was asked for, and nothing is executed.

use super::LocalError;
use super::files::unlinked;
use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

/// Most bytes of one list.
const LIST: u64 = 1 << 20;
/// Lists that lead to each other, as in Git.
const DEEPEST: usize = 6;
/// Most directories, and most lines of one list.
const MOST: usize = 100;
const TOO_MANY: LocalError = LocalError::Unsupported("objects of too many other repositories");

/// All directories, the repository's own first. One that is named twice, or in a circle, is there once.
pub(super) fn directories(own: &Path) -> Result<Vec<PathBuf>, LocalError> {
    let mut found = vec![own.to_owned()];
    let mut known: BTreeSet<PathBuf> = own.canonicalize().into_iter().collect();
    let mut lists = known.clone().into_iter().collect::<Vec<_>>();
    for depth in 0.. {
        let mut next = Vec::new();
        for directory in lists {
            for line in named(&directory)? {
                let gone = |_| LocalError::NotBorrowed {
                    path: directory.join(&line),
                    list: directory.join("info/alternates"),
                };
                let path = directory.join(&line).canonicalize().map_err(gone)?;
                if !path.is_dir() {
                    return Err(gone(std::io::ErrorKind::NotADirectory.into()));
                }
                if known.insert(path.clone()) {
                    next.push(path);
                }
            }
        }
        if next.is_empty() {
            break;
        }
        if depth == DEEPEST || found.len() + next.len() > MOST {
            return Err(TOO_MANY);
        }
        found.extend(next.iter().cloned());
        lists = next;
    }
    Ok(found)
}

/// The paths in one list. Those that do not begin at the root begin at the directory that has the list.
fn named(directory: &Path) -> Result<Vec<PathBuf>, LocalError> {
    let list = unlinked(&directory.join("info/alternates"), LIST)?.unwrap_or_default();
    let lines = list.split(|byte| *byte == b'\n');
    let lines = lines.filter(|line| !line.is_empty() && !line.starts_with(b"#"));
    // Each one is looked for, also where all name the same directory.
    if lines.clone().nth(MOST).is_some() {
        return Err(TOO_MANY);
    }
    lines
        .map(|line| match line.starts_with(b"\"") {
            true => Err(LocalError::Unsupported("an alternate in quotation marks")),
            false => Ok(PathBuf::from(OsStr::from_bytes(line))),
        })
        .collect()
}
