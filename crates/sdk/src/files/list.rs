//! Listing the files beneath a root.

use std::os::fd::BorrowedFd;

use rustix::fs::{AtFlags, Dir, FileType, OFlags, statat};

use super::{FileError, FileResources, mime, open};

/// Directories inside each other that are walked.
const MAX_DEPTH: usize = 32;
/// Names that are looked at for each file that may be listed.
const NAMES_PER_FILE: usize = 16;

/// A file that can be asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileEntry {
    /// Its URI.
    pub uri: String,
    /// Its path below the root.
    pub name: String,
    /// Its size in bytes, when it was listed.
    pub size: u64,
    /// The media type that its name suggests.
    pub mime_type: Option<&'static str>,
}

/// The files beneath a root.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listing {
    /// The files.
    pub files: Vec<FileEntry>,
    /// Whether there are more than were asked for.
    pub truncated: bool,
}

pub(super) fn walk(
    files: &FileResources,
    root: BorrowedFd<'_>,
    max: usize,
) -> Result<Listing, FileError> {
    let mut listing = Listing::default();
    let mut budget = max.saturating_mul(NAMES_PER_FILE).max(1024);
    let mut pending = vec![String::new()];
    while let Some(directory) = pending.pop() {
        let names = match names(root, &directory, &mut budget) {
            Ok(names) => names,
            Err(error) if directory.is_empty() => return Err(error),
            // It is gone, became a link, or is not for us.
            Err(_) => continue,
        };
        let mut inner = Vec::new();
        for (path, kind, size) in names {
            match kind {
                FileType::Directory if path.split('/').count() < MAX_DEPTH => inner.push(path),
                FileType::RegularFile if listing.files.len() < max => {
                    listing.files.extend(entry(files, path, size));
                }
                FileType::RegularFile | FileType::Directory => listing.truncated = true,
                _ => {}
            }
        }
        pending.extend(inner.into_iter().rev());
        if budget == 0 || (listing.files.len() >= max && !pending.is_empty()) {
            listing.truncated = true;
            break;
        }
    }
    Ok(listing)
}

fn entry(files: &FileResources, name: String, size: u64) -> Option<FileEntry> {
    Some(FileEntry {
        uri: files.askable(&name)?,
        mime_type: mime::of_name(&name),
        name,
        size,
    })
}

/// The sorted paths of what a directory holds, with type and size, as long as there is budget.
fn names(
    root: BorrowedFd<'_>,
    directory: &str,
    budget: &mut usize,
) -> Result<Vec<(String, FileType, u64)>, FileError> {
    let failed = |errno: rustix::io::Errno| FileError::Io(errno.into());
    let opened = open::beneath(root, directory, OFlags::DIRECTORY).map_err(failed)?;
    let mut found = Vec::new();
    for entry in Dir::read_from(&opened).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let Ok(name) = entry.file_name().to_str() else {
            continue;
        };
        if matches!(name, "." | "..") {
            continue;
        }
        if *budget == 0 {
            break;
        }
        *budget -= 1;
        let Ok(facts) = statat(&opened, name, AtFlags::SYMLINK_NOFOLLOW) else {
            continue;
        };
        let path = if directory.is_empty() {
            name.to_owned()
        } else {
            format!("{directory}/{name}")
        };
        let size = u64::try_from(facts.st_size).unwrap_or(0);
        found.push((path, FileType::from_raw_mode(facts.st_mode), size));
    }
    found.sort_unstable_by(|left, right| left.0.cmp(&right.0));
    Ok(found)
}
