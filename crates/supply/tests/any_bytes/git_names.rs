//! Names of a repository, in a table or in files: no panic, the same answer twice, and only commits that the names or logs have.

use std::fs;
use std::io::Write as _;
use std::path::Path;

use flate2::{Compression, write::ZlibEncoder};
use interlock_supply::git::{Local, LocalError};
use sha1_checked::{Digest as _, Sha1};

/// Panics when a promise is broken. What begins as a table is one; anything else is the packed names and the logs.
pub(crate) fn run(input: &[u8]) {
    let outer = tempfile::tempdir().unwrap();
    let root = outer.path().canonicalize().unwrap();
    let own = root.join(".git");
    for directory in ["objects", "refs", "reftable", "logs/refs/heads"] {
        fs::create_dir_all(own.join(directory)).unwrap();
    }
    let put = |name: &str, bytes: &[u8]| fs::write(own.join(name), bytes).unwrap();
    if input.starts_with(b"REFT") {
        put("config", b"[extensions]\nrefStorage = reftable\n");
        put("reftable/tables.list", b"table\n");
        put("reftable/table", input);
    } else {
        put("HEAD", b"ref: refs/heads/main\n");
        put("packed-refs", input);
        put("logs/HEAD", input);
        put("logs/refs/heads/main", input);
    }
    let commits = ["known\n", "other\n"].map(|text| (text, commit(&own, text)));
    for revision in [
        "HEAD", "main", "v1", "HEAD@{1}", "main@{0}", "main@{2}", "@{1}",
    ] {
        let (first, second) = (at(&root, revision), at(&root, revision));
        assert_eq!(first.is_ok(), second.is_ok());
        let Ok(found) = first else { continue };
        let mut commits = commits.iter();
        let (_, id) = commits.find(|it| it.0.as_bytes() == found).unwrap();
        // Logs in a table are packed. What stands beside them shows its hashes.
        let is_written = has(input, id) || has(input, hex(id).as_bytes());
        let is_packed = input.starts_with(b"REFT") && revision.contains('@');
        assert!(is_written || is_packed, "{revision}");
    }
}

fn has(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|it| it == part)
}

/// A commit with one file.
fn commit(own: &Path, text: &str) -> Vec<u8> {
    let blob = object(own, "blob", text.as_bytes());
    let tree = [&b"100644 file\0"[..], &blob].concat();
    let tree = object(own, "tree", &tree);
    let who = "A <a@example> 0 +0000";
    let commit = format!("tree {}\nauthor {who}\ncommitter {who}\n\nm\n", hex(&tree));
    object(own, "commit", commit.as_bytes())
}

fn at(root: &Path, revision: &str) -> Result<Vec<u8>, LocalError> {
    Local::around(root)?.file_at(revision, &root.join("file"))
}

/// Keeps an object as Git does; gives its name.
fn object(own: &Path, kind: &str, bytes: &[u8]) -> Vec<u8> {
    let whole = [format!("{kind} {}\0", bytes.len()).as_bytes(), bytes].concat();
    let id = Sha1::digest(&whole).to_vec();
    let name = hex(&id);
    let (first, rest) = name.split_at(2);
    let directory = own.join("objects").join(first);
    fs::create_dir_all(&directory).unwrap();
    let file = fs::File::create(directory.join(rest)).unwrap();
    let mut packed = ZlibEncoder::new(file, Compression::fast());
    packed.write_all(&whole).unwrap();
    packed.finish().unwrap();
    id
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
