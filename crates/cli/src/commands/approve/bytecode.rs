//! Python's compiled bytecode: worth a remark where a virtual environment has none.
//!
//! Python writes bytecode beside the code when it first loads it. Contained, it cannot; run outside by somebody else, it
//! changes the environment that was approved.

use std::path::{Path, PathBuf};

use interlock_launch::{LaunchRecord, TreeRole};

/// What to do first, for each virtual environment with packages that are not compiled.
pub fn remarks(launch: &LaunchRecord) -> Vec<String> {
    launch
        .trees
        .iter()
        .filter(|tree| tree.role == TreeRole::Venv)
        .map(|tree| Path::new(&tree.root))
        .filter(|root| packages(root).iter().any(|package| !is_compiled(package)))
        .map(remark)
        .collect()
}

fn remark(root: &Path) -> String {
    let root = root.display().to_string();
    let root = crate::terminal::visible(&root);
    format!(
        "not-compiled: {root} lacks Python's bytecode, so each start takes longer, and a start outside of Interlock would \
         change what is approved: run `{root}/bin/python -m compileall -q {root}/lib` first"
    )
}

fn packages(root: &Path) -> Vec<PathBuf> {
    children(&root.join("lib"))
        .iter()
        .flat_map(|python| children(&python.join("site-packages")))
        .filter(|package| package.join("__init__.py").is_file())
        .collect()
}

fn is_compiled(package: &Path) -> bool {
    package.join("__pycache__").is_dir()
}

/// What cannot be read is no package.
fn children(directory: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(directory).into_iter().flatten();
    entries.flatten().map(|entry| entry.path()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_without_bytecode_are_seen() {
        let directory = tempfile::tempdir().unwrap();
        let site = directory.path().join("lib/python3.11/site-packages");
        std::fs::create_dir_all(site.join("one/__pycache__")).unwrap();
        std::fs::write(site.join("one/__init__.py"), "").unwrap();
        std::fs::create_dir_all(site.join("one.dist-info")).unwrap();
        let seen = packages(directory.path());
        assert_eq!(seen, [site.join("one")]);
        assert!(is_compiled(&seen[0]));
        std::fs::remove_dir(site.join("one/__pycache__")).unwrap();
        assert!(!is_compiled(&seen[0]));
    }
}
