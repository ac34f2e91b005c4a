//! What the bodies of the archive targets share: a directory that must hold what was said and nothing else.

use std::path::Path;

use interlock_supply::UnpackLimits;
use tempfile::TempDir;

/// Small, so that bombs can be small too.
pub(crate) const LIMITS: UnpackLimits = UnpackLimits {
    archive: 1 << 20,
    files: 64,
    bytes: 1 << 20,
};

/// A directory for one input. In memory where there is such a place: making and removing a few files takes a disk longer than everything else.
pub(crate) fn directory() -> TempDir {
    let memory = tempfile::tempdir_in("/dev/shm");
    memory.or_else(|_| tempfile::tempdir()).unwrap()
}

/// Unpacks twice; the answers are the same, only plain files come out, in their place and within the limits.
pub(crate) fn twice(unpack: impl Fn(&Path) -> Result<Vec<String>, String>) {
    let outer = directory();
    let run = |part: &str| {
        let inner = outer.path().join(part);
        std::fs::create_dir(&inner).unwrap();
        unpack(&inner)
    };
    let (first, second) = (run("a"), run("b"));
    assert_eq!(first, second);
    let (mut files, mut bytes) = (Vec::new(), 0);
    walk(outer.path(), &mut files, &mut bytes);
    assert!(bytes <= 2 * LIMITS.bytes);
    let inside = |part: &str| format!("{}/{part}/", outer.path().display());
    let (a, b) = (inside("a"), inside("b"));
    assert!(
        files
            .iter()
            .all(|file| file.starts_with(&a) || file.starts_with(&b))
    );
    if let Ok(paths) = first {
        assert_eq!(2 * paths.len(), files.len());
    }
}

/// Every file under a directory, and the sum of their sizes.
fn walk(directory: &Path, files: &mut Vec<String>, bytes: &mut u64) {
    for entry in std::fs::read_dir(directory).unwrap() {
        let entry = entry.unwrap();
        let kind = entry.file_type().unwrap();
        assert!(kind.is_dir() || kind.is_file());
        if kind.is_dir() {
            walk(&entry.path(), files, bytes);
        } else {
            files.push(entry.path().to_str().unwrap().to_owned());
            *bytes += entry.metadata().unwrap().len();
        }
    }
}
