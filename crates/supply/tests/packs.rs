//! Packs with bytes changed, cut and doubled: refused, or exactly the files of the commit, since every name is computed. The body of
//! the fuzz target `git_pack`, on packs that begin as good ones.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "test helpers fail by panicking"
)]

#[path = "support/git.rs"]
#[expect(dead_code, unreachable_pub, reason = "this test serves nothing")]
mod git;

use interlock_supply::{
    UnpackLimits,
    git::{ObjectId, unpack_commit_into},
};
use proptest::prelude::*;
use std::sync::LazyLock;

const LIMITS: UnpackLimits = UnpackLimits {
    archive: 1 << 20,
    files: 64,
    bytes: 1 << 20,
};

/// A commit of a few files, one of them written as a change of another, and its pack.
static GOOD: LazyLock<(ObjectId, Vec<u8>)> = LazyLock::new(|| {
    let hosted = git::Hosted::start();
    let long = "line of text\n".repeat(200);
    let longer = format!("{long}and one more\n");
    let files = [
        ("a/one.txt", long.as_str()),
        ("a/two.txt", &longer),
        ("run.sh", "#!/bin/sh\n"),
    ];
    let commit = hosted.commit("r", &files, "sha1");
    git::git(&hosted.path("r"), &["repack", "-adq"]);
    let packs = hosted.path("r/.git/objects/pack");
    let pack = std::fs::read_dir(packs)
        .unwrap()
        .flatten()
        .map(|entry| entry.path());
    let pack = pack.filter(|path| path.extension().is_some_and(|end| end == "pack"));
    let bytes = std::fs::read(pack.last().unwrap()).unwrap();
    (ObjectId::parse(&commit).unwrap(), bytes)
});

fn unpack(pack: &[u8]) -> Result<Vec<String>, String> {
    let outer = tempfile::tempdir().unwrap();
    let (aside, files) = (outer.path().join("aside"), outer.path().join("files"));
    std::fs::create_dir(&aside).unwrap();
    std::fs::create_dir(&files).unwrap();
    let found = unpack_commit_into(pack, &GOOD.0, &aside, &files, &LIMITS);
    let names = std::fs::read_dir(outer.path()).unwrap().count();
    assert_eq!(names, 2);
    let shown = |path: interlock_supply::TreePath| {
        let content = std::fs::read_to_string(files.join(path.as_str())).unwrap();
        format!("{path}={content}")
    };
    found
        .map(|paths| paths.into_iter().map(shown).collect())
        .map_err(|error| error.to_string())
}

#[test]
fn a_pack_of_gits_own() {
    let found = unpack(&GOOD.1).unwrap();
    let names: Vec<&str> = found
        .iter()
        .filter_map(|file| file.split('=').next())
        .collect();
    assert_eq!(names, ["a/one.txt", "a/two.txt", "run.sh"]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn changed_packs(changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4), cut in 0_usize..60) {
        let mut pack = GOOD.1.clone();
        for (at, byte) in changes {
            let at = at.index(pack.len());
            pack[at] = byte;
        }
        pack.truncate(pack.len() - if cut < 30 { 0 } else { cut });
        if let Ok(found) = unpack(&pack) {
            prop_assert_eq!(found, unpack(&GOOD.1).unwrap());
        }
    }

    #[test]
    fn any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        prop_assert!(unpack(&bytes).is_err());
        prop_assert!(unpack(&[b"PACK\0\0\0\x02\0\0\0\x01".as_slice(), &bytes].concat()).is_err());
    }
}
