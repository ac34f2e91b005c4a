//! Which directory is the code around an entry file.
//!
//! A root is found by the marks that package managers leave. It is never the home, a directory above it, or `/`:
//! then the entry file stands alone.

use std::path::{Path, PathBuf};

/// Names directly under a project's root that are no code and change all the time. They are neither digested nor shown.
pub(super) const VOLATILE: [&str; 6] = [
    ".git",
    ".hg",
    ".mypy_cache",
    ".pytest_cache",
    ".ruff_cache",
    ".svn",
];

/// The code around an entry file of Node, Deno or Bun.
pub(super) fn node(entry: &Path, home: &Path) -> Option<PathBuf> {
    if let Some(installed) = installed(entry) {
        return Some(installed);
    }
    let marks = ["package.json", "deno.json", "deno.jsonc"];
    let nearest = nearest(entry, home, &marks)?;
    // In a workspace, dependencies lie at its root.
    let workspace = nearest
        .ancestors()
        .skip(1)
        .take_while(|directory| may_be_root(directory, home))
        .filter(|directory| is_workspace(directory))
        .last();
    Some(workspace.map_or(nearest.clone(), Path::to_owned))
}

/// The project around an entry file of Python.
pub(super) fn python(entry: &Path, home: &Path) -> Option<PathBuf> {
    nearest(entry, home, &["pyproject.toml", "setup.py", "setup.cfg"])
}

/// The virtual environment that a program lies in: `ROOT/bin/python` or `ROOT/bin/server`.
pub(super) fn venv(program: &Path) -> Option<PathBuf> {
    let root = program.parent()?.parent()?;
    root.join("pyvenv.cfg").is_file().then(|| root.to_owned())
}

/// The directory of code of a .NET program: all that lies beside it.
pub(super) fn beside(entry: &Path, home: &Path) -> Option<PathBuf> {
    let parent = entry.parent()?;
    may_be_root(parent, home).then(|| parent.to_owned())
}

fn nearest(entry: &Path, home: &Path, marks: &[&str]) -> Option<PathBuf> {
    entry
        .ancestors()
        .skip(1)
        .take_while(|directory| may_be_root(directory, home))
        .find(|directory| marks.iter().any(|mark| directory.join(mark).is_file()))
        .map(Path::to_owned)
}

/// The packages around a file that a package manager installed.
///
/// In a project that is its whole outermost `node_modules`, because a package finds its dependencies there. Packages that are
/// installed for all users (`lib/node_modules`) carry their dependencies inside themselves.
fn installed(entry: &Path) -> Option<PathBuf> {
    let mut outermost = None;
    for directory in entry.ancestors().skip(1) {
        if directory.ends_with("node_modules") {
            outermost = Some(directory);
        }
    }
    let modules = outermost?;
    if !modules.parent()?.ends_with("lib") {
        return Some(modules.to_owned());
    }
    let mut parts = entry.strip_prefix(modules).ok()?.iter();
    let first = parts.next()?;
    let scoped = first.to_str().is_some_and(|name| name.starts_with('@'));
    let package = modules.join(first);
    Some(if scoped {
        package.join(parts.next()?)
    } else {
        package
    })
}

fn is_workspace(directory: &Path) -> bool {
    if directory.join("pnpm-workspace.yaml").is_file() {
        return true;
    }
    let text = std::fs::read_to_string(directory.join("package.json")).unwrap_or_default();
    let json: Result<serde_json::Value, _> = serde_json::from_str(&text);
    json.is_ok_and(|json| json.get("workspaces").is_some())
}

/// Whether a directory may be a code root at all.
pub(super) fn may_be_root(directory: &Path, home: &Path) -> bool {
    const NEVER: [&str; 12] = [
        "/",
        "/home",
        "/root",
        "/usr",
        "/usr/bin",
        "/usr/lib",
        "/usr/local",
        "/opt",
        "/srv",
        "/tmp",
        "/var",
        "/etc",
    ];
    !home.starts_with(directory) && !NEVER.iter().any(|never| directory == Path::new(never))
}
