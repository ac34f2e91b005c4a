//! Packs of Git: nothing leaves its directory, sizes hold, and what no name leads to is not written.

use std::io::Write;

use flate2::{Compression, write::ZlibEncoder};
use interlock_supply::git::{ObjectId, unpack_commit_into};
use sha1_checked::{Digest as _, Sha1};

use super::files::{LIMITS, directory};

/// Panics when a promise is broken. The first line names the commit that is asked for, so that packs of any commit are looked into; `tree`
/// stands for that of a pack around the rest, which is a directory.
pub(crate) fn run(input: &[u8]) {
    let Some(end) = input.iter().position(|byte| *byte == b'\n') else {
        return;
    };
    let (name, rest) = input.split_at(end);
    let rest = rest.get(1..).unwrap_or_default();
    if name == b"tree" {
        let (commit, pack) = around(rest);
        return check(&commit, &pack);
    }
    let name = std::str::from_utf8(name).ok();
    if let Some(commit) = name.and_then(ObjectId::parse) {
        check(&commit, rest);
    }
}

fn check(commit: &ObjectId, pack: &[u8]) {
    let outer = directory();
    let (aside, files) = (outer.path().join("aside"), outer.path().join("files"));
    std::fs::create_dir(&aside).unwrap();
    std::fs::create_dir(&files).unwrap();
    let found = unpack_commit_into(pack, commit, &aside, &files, &LIMITS).unwrap_or_default();
    assert_eq!(std::fs::read_dir(outer.path()).unwrap().count(), 2);
    assert!(found.len() as u64 <= LIMITS.files);
    let mut bytes = 0;
    for path in found {
        let meta = files.join(path.as_str()).symlink_metadata().unwrap();
        assert!(meta.is_file());
        bytes += meta.len();
    }
    assert!(bytes <= LIMITS.bytes);
}

/// A pack of a commit with this directory, and of a file and an empty directory that it may name.
fn around(tree: &[u8]) -> (ObjectId, Vec<u8>) {
    let mut pack = b"PACK\0\0\0\x02\0\0\0\x04".to_vec();
    object(&mut pack, 3, "blob", b"x\n");
    object(&mut pack, 2, "tree", b"");
    let tree = object(&mut pack, 2, "tree", tree);
    let text = format!("tree {tree}\nauthor A <a@example> 0 +0000\n\nmessage\n");
    let commit = object(&mut pack, 1, "commit", text.as_bytes());
    (commit, pack)
}

fn object(pack: &mut Vec<u8>, kind: u8, word: &str, bytes: &[u8]) -> ObjectId {
    let low = |number: usize, mask: usize| u8::try_from(number & mask).unwrap();
    let (mut byte, mut rest) = (kind << 4 | low(bytes.len(), 15), bytes.len() >> 4);
    while rest > 0 {
        pack.push(byte | 0x80);
        byte = low(rest, 0x7f);
        rest >>= 7;
    }
    pack.push(byte);
    let mut encoder = ZlibEncoder::new(pack, Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap();
    let whole = [format!("{word} {}\0", bytes.len()).as_bytes(), bytes].concat();
    let name = Sha1::digest(whole);
    let name: String = name.iter().map(|byte| format!("{byte:02x}")).collect();
    ObjectId::parse(&name).unwrap()
}
