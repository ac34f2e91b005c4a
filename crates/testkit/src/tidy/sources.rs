//! Finding our own Rust sources.

use std::path::{Path, PathBuf};

/// One source file of a crate, without its inline test modules counted apart.
#[derive(Debug, Clone)]
pub struct SourceFile {
    /// Path relative to the repository.
    pub path: String,
    /// The whole text.
    pub text: String,
}

/// The repository's root, from the place of this crate.
pub fn workspace_root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).to_owned()
}

/// Every Rust file of the tree, tests too, sorted by path.
///
/// # Errors
/// When a directory or file cannot be read.
pub fn all_sources(root: &Path) -> Result<Vec<SourceFile>, String> {
    let mut files = Vec::new();
    for top in ["crates", "fuzz/fuzz_targets", "tests", "xtask", "bench"] {
        walk(&root.join(top), root, &|_| true, &mut files)?;
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}

/// All `src/**/*.rs` files of the crates that are not tests, sorted by path.
///
/// # Errors
/// When a directory or file cannot be read.
pub fn library_sources(root: &Path) -> Result<Vec<SourceFile>, String> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(root.join("crates")).map_err(|e| format!("crates: {e}"))? {
        let source = entry.map_err(|e| e.to_string())?.path().join("src");
        walk(&source, root, &|path| !is_test(path), &mut files)?;
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}

/// Tests that a module keeps in files of their own, and what they are made of.
fn is_test(path: &Path) -> bool {
    let stem = path
        .file_stem()
        .map(|stem| stem.to_string_lossy())
        .unwrap_or_default();
    matches!(&*stem, "tests" | "testing" | "sample")
        || stem.ends_with("_tests")
        || stem.ends_with("_sample")
}

fn walk(
    directory: &Path,
    root: &Path,
    wanted: &dyn Fn(&Path) -> bool,
    files: &mut Vec<SourceFile>,
) -> Result<(), String> {
    let entries =
        std::fs::read_dir(directory).map_err(|e| format!("{}: {e}", directory.display()))?;
    for entry in entries {
        let path = entry.map_err(|e| e.to_string())?.path();
        if path.is_dir() {
            // What cargo built, wherever it was told to.
            if !path.ends_with("target") {
                walk(&path, root, wanted, files)?;
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") && wanted(&path) {
            let text =
                std::fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
            let relative = path.strip_prefix(root).unwrap_or(&path);
            files.push(SourceFile {
                path: relative.to_string_lossy().into_owned(),
                text,
            });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_are_told_by_their_file_name() {
        for (path, expected) in [
            ("src/log_tests.rs", true),
            ("src/verify/tests.rs", true),
            ("src/testing.rs", true),
            ("src/wheel_sample.rs", true),
            ("src/attests.rs", false),
            ("src/log.rs", false),
        ] {
            assert_eq!(is_test(Path::new(path)), expected, "{path}");
        }
    }
}
