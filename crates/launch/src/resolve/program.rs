//! Finding a program: by path, or by name in a fixed list of directories that no request can change.

use std::fs::File;
use std::os::unix::fs::{FileExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Component, Path, PathBuf};

use super::content::FileRecord;
use super::error::ResolveError;
use crate::digest_cache::{DigestCache, Seal};
use crate::guarded::{NO_FOLLOW, shown};
use crate::stamp::Stamp;

/// A file that was found: under the path that led to it, and where it really is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    /// Absolute, with links as they are: what a program sees as its own name.
    pub(super) path: PathBuf,
    /// Without links.
    pub(super) real: PathBuf,
}

/// As much of a file's beginning as the kernel looks at (`BINPRM_BUF_SIZE`).
pub(super) const HEAD: usize = 256;

/// A digested file with its first bytes.
pub(super) struct Looked {
    pub(super) record: FileRecord,
    pub(super) seal: Option<Seal>,
    /// Taken away by whoever keeps it.
    pub(super) stamp: Option<Stamp>,
    pub(super) head: Vec<u8>,
}

/// Finds the program that a request names.
pub(super) fn find(
    name: &str,
    search: &[PathBuf],
    cwd: Option<&str>,
) -> Result<Found, ResolveError> {
    if name.contains('/') {
        let found = file(name, cwd)?;
        return match shim(&found) {
            Some(real) => Ok(real),
            None if is_executable(&found.real) => Ok(found),
            None => Err(ResolveError::NotExecutable {
                path: shown(&found.path),
            }),
        };
    }
    let candidates = search.iter().filter(|directory| directory.is_absolute());
    candidates
        .filter_map(|directory| {
            let path = directory.join(name);
            let found = follow(&path).ok()?;
            let found = is_executable(&found.real).then_some(found)?;
            shim(&found).or_else(|| (!is_shim(&found)).then_some(found))
        })
        .next()
        .ok_or_else(|| ResolveError::NotInstalled {
            program: name.escape_debug().to_string(),
            searched: searched(search),
        })
}

/// Finds a file that a request names by path: not necessarily an executable one.
pub(super) fn file(path: &str, cwd: Option<&str>) -> Result<Found, ResolveError> {
    let path = absolute(path, cwd)?;
    follow(&path).map_err(|source| ResolveError::NotFound {
        path: shown(&path),
        source,
    })
}

/// Follows a path. Links in its directories are followed for good; one in its last part stays, because programs look at
/// their own name (a virtual environment's `python` is a link, and finds its environment by where the link lies).
fn follow(path: &Path) -> std::io::Result<Found> {
    let real = std::fs::canonicalize(path)?;
    let path = match (path.parent(), path.file_name()) {
        (Some(parent), Some(name)) => std::fs::canonicalize(parent)?.join(name),
        _ => real.clone(),
    };
    Ok(Found { path, real })
}

/// Joins a relative path to the request's directory, and drops `.` and doubled slashes. `..` stays: only the file
/// system knows where it leads.
pub(super) fn absolute(path: &str, cwd: Option<&str>) -> Result<PathBuf, ResolveError> {
    let joined = match cwd {
        _ if path.starts_with('/') => PathBuf::from(path),
        Some(cwd) if cwd.starts_with('/') => Path::new(cwd).join(path),
        _ => {
            return Err(ResolveError::Relative {
                path: path.escape_debug().to_string(),
            });
        }
    };
    let parts = joined.components();
    Ok(parts.filter(|part| *part != Component::CurDir).collect())
}

/// Digests a file at its real path.
pub(super) fn look(real: &Path, cache: &mut DigestCache) -> Result<Looked, ResolveError> {
    let mut options = File::options();
    let mut file = options
        .read(true)
        .custom_flags(NO_FOLLOW)
        .open(real)
        .map_err(|source| ResolveError::NotFound {
            path: shown(real),
            source,
        })?;
    let seen = file.metadata().map_err(|source| ResolveError::NotFound {
        path: shown(real),
        source,
    })?;
    let (sha256, seal) = cache.file(real, &mut file)?;
    let stamp = Stamp::of_file(real, &seen, sha256, seal.is_some());
    let mut head = vec![0; HEAD];
    let length = file.read_at(&mut head, 0).unwrap_or(0);
    head.truncate(length);
    let path = text(real)?;
    Ok(Looked {
        record: FileRecord { path, sha256 },
        seal,
        stamp: Some(stamp),
        head,
    })
}

/// A path as text that shows it exactly.
pub(super) fn text(path: &Path) -> Result<String, ResolveError> {
    match path.to_str() {
        Some(text) => Ok(text.to_owned()),
        None => Err(ResolveError::NotText { path: shown(path) }),
    }
}

pub(super) fn is_executable(real: &Path) -> bool {
    std::fs::metadata(real).is_ok_and(|metadata| metadata.is_file() && metadata.mode() & 0o111 != 0)
}

fn searched(search: &[PathBuf]) -> String {
    let all: Vec<String> = search.iter().map(|path| shown(path)).collect();
    all.join(", ")
}

/// Whether a file is pyenv's stand-in for a program: a script that chooses a version when it runs.
fn is_shim(found: &Found) -> bool {
    let root = found
        .real
        .parent()
        .filter(|parent| parent.ends_with("shims"));
    root.and_then(Path::parent)
        .is_some_and(|root| root.join("versions").is_dir())
}

/// The program that pyenv's global version has in place of a shim. `.python-version` files and variables are not
/// looked at: a request could set them.
fn shim(found: &Found) -> Option<Found> {
    if !is_shim(found) {
        return None;
    }
    let root = found.real.parent()?.parent()?;
    let versions = std::fs::read_to_string(root.join("version")).ok()?;
    let name = found.path.file_name()?;
    versions.split_whitespace().find_map(|version| {
        if version.contains('/') {
            return None;
        }
        let path = root.join("versions").join(version).join("bin").join(name);
        let found = follow(&path).ok()?;
        is_executable(&found.real).then_some(found)
    })
}
