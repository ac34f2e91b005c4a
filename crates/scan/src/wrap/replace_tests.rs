//! Files are replaced whole, as they were but for their content, or not at all.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};

use super::{Links, Original, ReplaceError};

struct Place {
    directory: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join("f.json"), "old").unwrap();
        Self { directory }
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.directory.path().canonicalize().unwrap().join(name)
    }

    fn names(&self) -> usize {
        fs::read_dir(self.directory.path()).unwrap().count()
    }
}

#[test]
fn content_changes_and_mode_and_owner_stay() {
    let place = Place::new();
    let path = place.path("f.json");
    for mode in [0o600, 0o644, 0o640, 0o755] {
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        let before = fs::metadata(&path).unwrap();
        let original = Original::read(&path, Links::Refuse).unwrap();
        original
            .replace(format!("new {mode:o}").as_bytes())
            .unwrap();
        let after = fs::metadata(&path).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), format!("new {mode:o}"));
        assert_eq!(
            (before.mode(), before.uid(), before.gid()),
            (after.mode(), after.uid(), after.gid())
        );
        assert_eq!(place.names(), 1, "no temporary file stays");
    }
}

#[test]
fn a_persons_link_is_followed_and_a_projects_is_not() {
    let place = Place::new();
    let link = place.path("link");
    symlink(place.path("f.json"), &link).unwrap();
    assert!(matches!(
        Original::read(&link, Links::Refuse),
        Err(ReplaceError::Link(_))
    ));
    Original::read(&link, Links::Follow)
        .unwrap()
        .replace(b"new")
        .unwrap();
    assert_eq!(fs::read(place.path("f.json")).unwrap(), b"new");
    assert!(link.is_symlink());
}

#[test]
fn a_projects_link_to_a_directory_is_not_followed_either() {
    let place = Place::new();
    fs::create_dir(place.path("real")).unwrap();
    fs::write(place.path("real/f.json"), "old").unwrap();
    symlink(place.path("real"), place.path("linked")).unwrap();
    let behind = place.path("linked/f.json");
    assert!(matches!(
        Original::read(&behind, Links::Refuse),
        Err(ReplaceError::Link(_))
    ));
    assert!(Original::read(&behind, Links::Follow).is_ok());
    assert!(Original::read(&place.path("real/f.json"), Links::Refuse).is_ok());
}

#[test]
fn places_in_projects_refuse_links_whatever_their_scope() {
    for client in crate::clients::CLIENTS {
        for place in client.places {
            let inside =
                place.path.starts_with("{project}") || place.path.starts_with("{ancestors}");
            let refused = Links::at(place) == Links::Refuse;
            assert_eq!(refused, inside, "{}", place.path);
            let shared = place.scope == crate::clients::Scope::Project;
            assert!(refused || !shared, "{}", place.path);
        }
    }
}

#[test]
fn what_another_program_writes_meanwhile_is_not_lost() {
    let place = Place::new();
    let path = place.path("f.json");
    // In place.
    let original = Original::read(&path, Links::Follow).unwrap();
    fs::write(&path, "theirs").unwrap();
    assert!(matches!(
        original.replace(b"ours"),
        Err(ReplaceError::Changed(_))
    ));
    assert_eq!(fs::read(&path).unwrap(), b"theirs");
    // By renaming another file over it, with the same content.
    let original = Original::read(&path, Links::Follow).unwrap();
    fs::write(place.path("other"), "theirs").unwrap();
    fs::rename(place.path("other"), &path).unwrap();
    assert!(matches!(
        original.replace(b"ours"),
        Err(ReplaceError::Changed(_))
    ));
    // By taking it away.
    let original = Original::read(&path, Links::Follow).unwrap();
    fs::remove_file(&path).unwrap();
    assert!(original.replace(b"ours").is_err());
    assert_eq!(place.names(), 0, "no temporary file stays");
}

#[test]
fn what_cannot_be_replaced_says_why() {
    let place = Place::new();
    let path = place.path("f.json");
    let check = |expected: &str| {
        let error = Original::read(&path, Links::Follow).unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
    };
    fs::hard_link(&path, place.path("second")).unwrap();
    check("second name");
    fs::remove_file(place.path("second")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o444)).unwrap();
    check("read-only");
    fs::remove_file(&path).unwrap();
    check("cannot be rewritten");
    fs::create_dir(&path).unwrap();
    check("no regular file");
    fs::remove_dir(&path).unwrap();
    rustix::fs::mkfifoat(rustix::fs::CWD, &path, rustix::fs::Mode::RWXU).unwrap();
    check("no regular file");
}

#[test]
fn a_directory_that_cannot_be_written_leaves_the_file() {
    // A name so long that no longer one can stand beside it.
    let place = Place::new();
    let path = place.path(&"n".repeat(250));
    fs::write(&path, "old").unwrap();
    assert!(
        Original::read(&path, Links::Follow)
            .unwrap()
            .replace(b"new")
            .is_err()
    );
    assert_eq!(fs::read(&path).unwrap(), b"old");
    assert_eq!(place.names(), 2, "no temporary file stays");
}
