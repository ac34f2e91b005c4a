//! Packs of Git: nothing leaves its directory, sizes hold, and what no name leads to is not written.
#![no_main]

use interlock_supply::{
    UnpackLimits,
    git::{ObjectId, unpack_commit_into},
};
use libfuzzer_sys::fuzz_target;

const LIMITS: UnpackLimits = UnpackLimits { archive: 1 << 20, files: 64, bytes: 1 << 20 };

fuzz_target!(|input: &[u8]| {
    // The commit that is asked for comes first, so that packs of any commit are looked into.
    let Some((name, pack)) = input.split_at_checked(40) else { return };
    let Some(commit) = std::str::from_utf8(name).ok().and_then(ObjectId::parse) else { return };
    let outer = tempfile::tempdir().unwrap();
    let (aside, files) = (outer.path().join("aside"), outer.path().join("files"));
    std::fs::create_dir(&aside).unwrap();
    std::fs::create_dir(&files).unwrap();
    let found = unpack_commit_into(pack, &commit, &aside, &files, &LIMITS);
    assert_eq!(std::fs::read_dir(outer.path()).unwrap().count(), 2);
    for path in found.unwrap_or_default() {
        assert!(files.join(path.as_str()).symlink_metadata().unwrap().is_file());
    }
});
