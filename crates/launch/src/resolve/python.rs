//! Where Python keeps the code that it loads.

use std::path::{Path, PathBuf};

use super::draft::is_system;
use super::error::ResolveError;
use super::program::{self, Found};
use crate::guarded::shown;

/// Whether a program is CPython or PyPy, by its real name: `python`, `python3`, `python3.12`, `pypy3`.
pub(super) fn is_python(real: &Path) -> bool {
    let name = real
        .file_name()
        .and_then(|name| name.to_str())
        .unwrap_or_default();
    let rest = name
        .strip_prefix("python")
        .or_else(|| name.strip_prefix("pypy"));
    rest.is_some_and(|rest| rest.bytes().all(|c| c.is_ascii_digit() || c == b'.'))
}

/// Whether an interpreter knows `-P`, with which it does not look for modules where it starts: since 3.11. Told by the file's name.
pub(super) fn can_start_safely(real: &Path) -> bool {
    let name = real.file_name().and_then(|name| name.to_str());
    let minor = name.and_then(|name| name.strip_prefix("python3.")?.parse::<u32>().ok());
    minor.is_some_and(|minor| minor >= 11)
}

/// The interpreter for an isolated tree: of the version that the request names, else the one that `python3` means. It is
/// taken at its real path, so that a virtual environment around the name adds nothing.
pub(super) fn choose(version: Option<&str>, search: &[PathBuf]) -> Result<Found, ResolveError> {
    let name = match version {
        None => "python3".to_owned(),
        Some(path) if path.starts_with('/') => path.to_owned(),
        Some(version) => command(version).ok_or_else(|| ResolveError::Unsupported {
            what: format!("the interpreter `{}`", version.escape_debug()),
            instead: "name a version such as `--python 3.12`, or the whole path",
        })?,
    };
    let found = program::find(&name, search, None)?;
    if !is_python(&found.real) {
        return Err(ResolveError::Unsupported {
            what: format!("`{}` as a Python interpreter", shown(&found.real)),
            instead: "name the interpreter itself, for example `--python 3.12`",
        });
    }
    Ok(Found {
        path: found.real.clone(),
        real: found.real,
    })
}

/// `3`, `3.12`, `3.12.1` and `python3.12` as the name of a program: which `python3.12` that is, the machine decides.
fn command(version: &str) -> Option<String> {
    let numbers = version.strip_prefix("python").unwrap_or(version);
    let mut parts = numbers.split('.');
    let plain = |part: &str| !part.is_empty() && part.bytes().all(|c| c.is_ascii_digit());
    if parts.clone().count() > 3 || !parts.clone().all(plain) {
        return None;
    }
    let minor = (parts.next()?, parts.next());
    Some(match minor {
        (major, Some(minor)) => format!("python{major}.{minor}"),
        (major, None) => format!("python{major}"),
    })
}

/// The library of an interpreter that is not the system's: `PREFIX/lib`.
pub(super) fn library(real: &Path) -> Option<PathBuf> {
    let library = real.parent()?.parent()?.join("lib");
    (!is_system(real) && version_directory(&library).is_some()).then_some(library)
}

/// What nobody loads from such a library: its tests, and with a virtual environment the packages beside it.
pub(super) fn unused(real: &Path, isolated: bool) -> Vec<String> {
    let version = library(real).and_then(|library| version_directory(&library));
    let Some(version) = version else {
        return Vec::new();
    };
    let mut unused = vec![format!("{version}/test")];
    if isolated {
        unused.push(format!("{version}/site-packages"));
    }
    unused
}

fn version_directory(library: &Path) -> Option<String> {
    let names = std::fs::read_dir(library).ok()?.flatten();
    let mut versions: Vec<String> = names
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|name| name.starts_with("python3.") || name.starts_with("pypy3."))
        .filter(|name| library.join(name).join("os.py").is_file())
        .collect();
    versions.sort_unstable();
    versions.pop()
}

/// Directories outside a virtual environment whose code it loads: projects that are installed for editing.
///
/// Each lies on a line of a `.pth` file. Finders that are written as code name no directory; for those the project around
/// the environment is taken.
pub(super) fn editable(venv: &Path, home: &Path) -> Vec<PathBuf> {
    let mut roots = Vec::new();
    for path in site_packages(venv).iter().flat_map(|site| pth_files(site)) {
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        for line in text.lines().map(str::trim) {
            if line.starts_with("import ") && line.contains("__editable__") {
                roots.extend(super::roots::python(&venv.join("x"), home));
            } else if line.starts_with('/') && !Path::new(line).starts_with(venv) {
                let directory = Path::new(line);
                let around = super::roots::python(&directory.join("x"), home);
                roots.push(around.unwrap_or_else(|| directory.to_owned()));
            }
        }
    }
    roots.retain(|root| root.is_dir() && !is_system(root) && !home.starts_with(root));
    roots.sort_unstable();
    roots.dedup();
    roots
}

fn site_packages(venv: &Path) -> Vec<PathBuf> {
    let library = venv.join("lib");
    let names = std::fs::read_dir(&library).into_iter().flatten().flatten();
    let sites = names.map(|entry| entry.path().join("site-packages"));
    sites.filter(|site| site.is_dir()).collect()
}

fn pth_files(site: &Path) -> Vec<PathBuf> {
    let names = std::fs::read_dir(site).into_iter().flatten().flatten();
    let paths = names.map(|entry| entry.path());
    paths
        .filter(|path| path.extension().is_some_and(|end| end == "pth"))
        .collect()
}

/// The file of a module that lies in `directory`: `a/b.py`, `a/b/__main__.py` or `a/b/__init__.py` for `a.b`.
pub(super) fn module_in(directory: &Path, module: &str) -> Option<PathBuf> {
    let parts: Vec<&str> = module.split('.').collect();
    if parts
        .iter()
        .any(|part| part.is_empty() || part.contains('/'))
    {
        return None;
    }
    let base = parts
        .iter()
        .fold(directory.to_owned(), |path, part| path.join(part));
    let file = base.with_extension("py");
    [base.join("__main__.py"), base.join("__init__.py"), file]
        .into_iter()
        .find(|path| path.is_file())
}
