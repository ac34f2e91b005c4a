use std::os::unix::fs::{PermissionsExt, symlink};

use super::*;

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn set_mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn what_it_makes_is_for_its_owner_only() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("state/audit");
    let directory = Directory::open(&path).unwrap();
    directory.file("lock").unwrap();
    assert!(directory.new_file("log-00000001.jsonl").unwrap().is_some());
    assert!(directory.new_file("log-00000001.jsonl").unwrap().is_none());
    assert_eq!(
        (mode(&path), mode(&dir.path().join("state"))),
        (0o700, 0o700)
    );
    assert_eq!(mode(&path.join("lock")), 0o600);
    assert_eq!(mode(&path.join("log-00000001.jsonl")), 0o600);
}

#[test]
fn a_directory_open_to_others_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("audit");
    for bits in [0o701, 0o710, 0o750, 0o755, 0o702, 0o777] {
        std::fs::create_dir_all(&path).unwrap();
        set_mode(&path, bits);
        let error = Directory::open(&path).unwrap_err();
        assert!(
            matches!(error, DirectoryError::Mode { mode, .. } if mode == bits),
            "{error}"
        );
    }
    set_mode(&path, 0o700);
    Directory::open(&path).unwrap();
}

#[test]
fn a_file_open_to_others_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("audit");
    let directory = Directory::open(&path).unwrap();
    directory.file("head").unwrap();
    for bits in [0o601, 0o640, 0o644, 0o606, 0o666] {
        set_mode(&path.join("head"), bits);
        let error = directory.file("head").unwrap_err();
        assert!(
            matches!(error, DirectoryError::Mode { .. }),
            "{bits:o}: {error}"
        );
        assert!(error.to_string().contains("chmod go="), "{error}");
    }
}

#[test]
fn links_and_other_things_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("audit");
    let directory = Directory::open(&path).unwrap();
    std::fs::write(dir.path().join("victim"), "precious").unwrap();
    set_mode(&dir.path().join("victim"), 0o600);
    symlink(dir.path().join("victim"), path.join("symbolic")).unwrap();
    symlink(dir.path().join("nothing"), path.join("dangling")).unwrap();
    std::fs::hard_link(dir.path().join("victim"), path.join("hard")).unwrap();
    std::fs::create_dir(path.join("folder")).unwrap();
    rustix::fs::mknodat(
        rustix::fs::CWD,
        path.join("fifo"),
        FileType::Fifo,
        Mode::RUSR | Mode::WUSR,
        0,
    )
    .unwrap();
    for (name, kind) in [
        ("symbolic", true),
        ("dangling", true),
        ("folder", true),
        ("fifo", true),
        ("hard", false),
    ] {
        match directory.file(name).unwrap_err() {
            DirectoryError::Kind {
                expected: "file", ..
            } if kind => {}
            DirectoryError::Owner { links: 2, .. } if !kind => {}
            other => panic!("{name}: {other:?}"),
        }
    }
    assert!(!dir.path().join("nothing").exists());
    symlink(&path, dir.path().join("link")).unwrap();
    let error = Directory::open(&dir.path().join("link")).unwrap_err();
    assert!(
        matches!(
            error,
            DirectoryError::Kind {
                expected: "directory",
                ..
            }
        ),
        "{error}"
    );
    let error = Directory::open(&dir.path().join("victim")).unwrap_err();
    assert!(
        matches!(
            error,
            DirectoryError::Io { .. } | DirectoryError::Kind { .. }
        ),
        "{error}"
    );
}

#[test]
fn what_belongs_to_another_user_is_refused() {
    // Every system has a directory that is not this user's; for root it is made.
    let dir = tempfile::tempdir().unwrap();
    let path = if rustix::process::geteuid().is_root() {
        let path = dir.path().join("audit");
        std::fs::create_dir(&path).unwrap();
        set_mode(&path, 0o700);
        std::os::unix::fs::chown(&path, Some(65_534), None).unwrap();
        path
    } else {
        PathBuf::from("/")
    };
    let error = Directory::open(&path).unwrap_err();
    assert!(matches!(error, DirectoryError::Owner { .. }), "{error}");
}

#[test]
fn only_its_own_names_are_files_of_the_log() {
    let cases = [
        ("log-00000001.jsonl", Some(1)),
        ("log-12345678.jsonl", Some(12_345_678)),
        ("log-123456789.jsonl", Some(123_456_789)),
        ("log-1.jsonl", None),
        ("log-000000001.jsonl", None),
        ("log-+0000001.jsonl", None),
        ("log-00000001.jsonl.bak", None),
        ("log-.jsonl", None),
        ("head", None),
    ];
    for (name, number) in cases {
        assert_eq!(segment_number(name), number, "{name}");
    }
}
