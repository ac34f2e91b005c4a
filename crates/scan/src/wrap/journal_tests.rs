//! Records come back as they were kept, and nothing else does.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use interlock_launch::Digest;

use super::{Journal, Kept, Record};

fn record(path: &str, after: &str) -> Record {
    Record {
        path: PathBuf::from(path),
        client: "cursor".to_owned(),
        place: "{home}/.cursor/mcp.json".to_owned(),
        sequence: 0,
        after: Digest::of(after.as_bytes()),
        original: vec![0xef, 0xbb, 0xbf, b'\r', b'\n', 0],
        entries: vec![Kept {
            at: vec!["mcpServers".to_owned(), "a\u{202e}b".to_owned()],
            literal: "\"n\\u0070x\"".to_owned(),
            command: "npx".to_owned(),
            had_args: true,
        }],
    }
}

#[test]
fn records_come_back_newest_first() {
    let state = tempfile::tempdir().unwrap();
    let journal = Journal::open(state.path()).unwrap();
    for after in ["one", "two"] {
        journal.keep(&record("/a", after)).unwrap();
    }
    journal.keep(&record("/b", "one")).unwrap();
    let found = journal.records(Path::new("/a")).unwrap();
    let wanted = [
        Record {
            sequence: 1,
            ..record("/a", "two")
        },
        record("/a", "one"),
    ];
    assert_eq!(found, wanted);
    assert_eq!(
        journal.paths().unwrap().0,
        [PathBuf::from("/a"), PathBuf::from("/b")]
    );
    journal
        .forget(Path::new("/a"), Some(Digest::of(b"two")))
        .unwrap();
    assert_eq!(journal.records(Path::new("/a")).unwrap().len(), 1);
    journal.forget(Path::new("/a"), None).unwrap();
    assert_eq!(journal.paths().unwrap().0, [PathBuf::from("/b")]);
    assert_eq!(journal.records(Path::new("/a")).unwrap(), []);
}

#[test]
fn an_edited_record_is_not_believed() {
    let state = tempfile::tempdir().unwrap();
    let journal = Journal::open(state.path()).unwrap();
    journal.keep(&record("/a", "one")).unwrap();
    let directory = state
        .path()
        .join("wrap")
        .join(Digest::of(b"/a").to_string());
    let after = Digest::of(b"one");
    let original = directory.join(format!("{after}.original"));
    assert_eq!(
        fs::metadata(&original).unwrap().permissions().mode() & 0o777,
        0o600
    );
    assert_eq!(
        fs::metadata(&directory).unwrap().permissions().mode() & 0o777,
        0o700
    );
    journal.keep(&record("/b", "one")).unwrap();
    assert!(journal.paths().unwrap().1.is_empty());
    fs::write(&original, "other bytes").unwrap();
    assert!(journal.records(Path::new("/a")).is_err());
    let (paths, damaged) = journal.paths().unwrap();
    assert_eq!(
        (paths, damaged.len()),
        (vec![PathBuf::from("/b")], 1),
        "the records of other files are still believed"
    );
    fs::write(directory.join(format!("{after}.json")), "{}").unwrap();
    assert!(journal.records(Path::new("/a")).is_err());
}

#[test]
fn a_directory_of_others_makes_an_error() {
    let state = tempfile::tempdir().unwrap();
    fs::write(state.path().join("wrap"), "a file").unwrap();
    assert!(Journal::open(state.path()).is_err());
}
