//! Reading advisories from disk, bounded: a dump of a whole ecosystem has some hundred thousand files.

use super::{
    Hit, Report, Target, folded,
    osv::{Names, Record},
};
use crate::locked::Ecosystem;
use serde::Deserialize;
use std::{
    collections::{BTreeSet, HashSet},
    fs::{self, File},
    io::{self, Read},
    path::{Path, PathBuf},
};

/// Largest single file, in bytes, and largest one of a directory.
const MOST_BYTES: (u64, u64) = (256 << 20, 16 << 20);
/// Most files, and deepest directory.
const MOST_FILES: (usize, usize) = (2_000_000, 8);

/// Why there is nothing to check against.
#[derive(Debug, thiserror::Error)]
pub enum AdvisoryError {
    /// It cannot be read.
    #[error("`{}` cannot be read", .path.display())]
    Unreadable {
        /// What.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// One of its files is no advisory, or cannot be read.
    #[error("`{}` cannot be read as an advisory in OSV format: {why}{}", .path.display(), besides(*.more))]
    Broken {
        /// Which file.
        path: PathBuf,
        /// Why.
        why: String,
        /// So many others are like that.
        more: usize,
    },
    /// Not a single advisory is in it.
    #[error("`{}` holds no advisory in OSV format: unpack a database's dump and name its directory", .0.display())]
    Nothing(PathBuf),
    /// More files than a dump has.
    #[error("`{}` holds more than {} files", .0.display(), MOST_FILES.0)]
    TooMany(PathBuf),
}

/// Checks targets against one file (a record, a list of records, or one a line) or all `.json` files below a directory.
///
/// # Errors
/// When there is nothing to read. Files of a directory that cannot be read are in the report.
pub fn check(path: &Path, targets: &[Target]) -> Result<Report, AdvisoryError> {
    let unreadable = |source| AdvisoryError::Unreadable {
        path: path.into(),
        source,
    };
    let (mut report, wanted) = (Report::default(), Wanted::new(targets));
    match files_of(path)? {
        Some(files) => {
            for file in files {
                let read = member(&file).and_then(|text| one(&text, &wanted, &mut report));
                if let Err(error) = read {
                    report.unread.push((file, error.to_string()));
                }
            }
        }
        None => text(path, MOST_BYTES.0)
            .and_then(|text| one(&text, &wanted, &mut report))
            .map_err(unreadable)?,
    }
    if report.records == 0 && report.unread.is_empty() {
        return Err(AdvisoryError::Nothing(path.into()));
    }
    report.hits.sort();
    report.hits.dedup();
    Ok(report)
}

/// The same where somebody relies on it: what a file says that cannot be read is not known, so then nothing is. Of packages that no
/// advisory could be about, nobody is asked.
///
/// # Errors
/// When there is nothing to read, or anything of it cannot be read.
pub fn check_whole(path: &Path, targets: &[Target]) -> Result<Vec<Hit>, AdvisoryError> {
    if !targets.iter().any(Target::may_be_hit) {
        return Ok(Vec::new());
    }
    let report = check(path, targets)?;
    let more = report.unread.len().saturating_sub(1);
    match report.unread.into_iter().next() {
        Some((path, why)) => Err(AdvisoryError::Broken { path, why, more }),
        None => Ok(report.hits),
    }
}

fn besides(more: usize) -> String {
    match more {
        0 => String::new(),
        1 => ", and one more file".to_owned(),
        more => format!(", and {more} more files"),
    }
}

/// Every release in which some advisory is mended, in the form of [`super::release`]. Files of a directory that cannot be read
/// mend nothing.
///
/// # Errors
/// When there is nothing to read.
pub(crate) fn mended(path: &Path) -> Result<BTreeSet<(Ecosystem, String)>, AdvisoryError> {
    let unreadable = |source| AdvisoryError::Unreadable {
        path: path.into(),
        source,
    };
    let of = |text: String| {
        Ok(documents::<Record>(&text)?
            .iter()
            .flat_map(Record::mended)
            .collect())
    };
    match files_of(path)? {
        None => text(path, MOST_BYTES.0).and_then(of).map_err(unreadable),
        Some(files) => {
            let all = files.iter().map(|file| member(file));
            let read = all.flat_map(|text| text.and_then(of).unwrap_or_default());
            Ok(read.collect())
        }
    }
}

/// The files of a directory, sorted; none for a file.
fn files_of(path: &Path) -> Result<Option<Vec<PathBuf>>, AdvisoryError> {
    let unreadable = |source| AdvisoryError::Unreadable {
        path: path.into(),
        source,
    };
    if !fs::metadata(path).map_err(unreadable)?.is_dir() {
        return Ok(None);
    }
    let mut files = Vec::new();
    collect(path, 0, &mut files).map_err(unreadable)?;
    if files.len() > MOST_FILES.0 {
        return Err(AdvisoryError::TooMany(path.into()));
    }
    files.sort();
    Ok(Some(files))
}

/// Plain files, and links, which [`member`] tells: none is followed, so there is no loop and no way out.
fn collect(directory: &Path, depth: usize, files: &mut Vec<PathBuf>) -> io::Result<()> {
    if depth > MOST_FILES.1 {
        return Err(io::Error::other("its directories are nested too deep"));
    }
    if files.len() > MOST_FILES.0 {
        return Ok(());
    }
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let (path, kind) = (entry.path(), entry.file_type()?);
        let is_named = path.extension().is_some_and(|end| end == "json");
        if kind.is_dir() {
            collect(&path, depth + 1, files)?;
        } else if (kind.is_file() && is_named) || (kind.is_symlink() && (is_named || path.is_dir()))
        {
            files.push(path);
        }
    }
    Ok(())
}

/// What is in a file of a directory.
fn member(path: &Path) -> io::Result<String> {
    if fs::symlink_metadata(path)?.is_symlink() {
        return Err(io::Error::other(
            "it is a link, and none is followed: put there what it leads to",
        ));
    }
    text(path, MOST_BYTES.1)
}

fn text(path: &Path, limit: u64) -> io::Result<String> {
    let file = File::open(path)?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::other("not a plain file"));
    }
    let mut text = String::new();
    file.take(limit + 1).read_to_string(&mut text)?;
    if text.len() as u64 > limit {
        return Err(io::Error::other("larger than any advisory"));
    }
    if text.trim().is_empty() {
        return Err(io::Error::other("there is nothing in it"));
    }
    Ok(text)
}

/// What is looked for.
struct Wanted<'a> {
    targets: &'a [Target],
    /// Their names, each folded.
    names: HashSet<(Ecosystem, String)>,
}

impl<'a> Wanted<'a> {
    fn new(targets: &'a [Target]) -> Self {
        let name = |it: &Target| (it.ecosystem, folded(it.ecosystem, &it.name));
        Self {
            targets,
            names: targets.iter().map(name).collect(),
        }
    }
}

fn one(text: &str, wanted: &Wanted<'_>, report: &mut Report) -> io::Result<()> {
    // Most of a dump is about packages that nobody here has, and of those no more is read than which they are.
    let names: Vec<Names<'_>> = documents(text)?;
    report.records += names.len() as u64;
    if names.iter().any(|record| record.has_one_of(&wanted.names)) {
        let all: Vec<Record> = documents(text)?;
        let hits = all.iter().flat_map(|record| record.hits(wanted.targets));
        report.hits.extend(hits);
    }
    Ok(())
}

/// A list of them, or one after the other.
fn documents<'a, T: Deserialize<'a>>(text: &'a str) -> Result<Vec<T>, serde_json::Error> {
    if text.trim_start().starts_with('[') {
        return serde_json::from_str(text);
    }
    serde_json::Deserializer::from_str(text)
        .into_iter()
        .collect()
}

#[cfg(test)]
#[path = "read_tests.rs"]
mod tests;
