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

/// All `src/**/*.rs` files of the crates, sorted by path.
///
/// # Errors
/// When a directory or file cannot be read.
pub fn library_sources(root: &Path) -> Result<Vec<SourceFile>, String> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(root.join("crates")).map_err(|e| format!("crates: {e}"))? {
        let source = entry.map_err(|e| e.to_string())?.path().join("src");
        walk(&source, root, &mut files)?;
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}

fn walk(directory: &Path, root: &Path, files: &mut Vec<SourceFile>) -> Result<(), String> {
    let entries =
        std::fs::read_dir(directory).map_err(|e| format!("{}: {e}", directory.display()))?;
    for entry in entries {
        let path = entry.map_err(|e| e.to_string())?.path();
        if path.is_dir() {
            walk(&path, root, files)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
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
