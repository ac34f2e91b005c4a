//! What is told of a server is the same on every way to it: added, approved with or without a network, approved from a lock.

use crate::uvx::Place;
use crate::world::has;

#[test]
fn what_an_approval_warns_of_is_told_when_it_is_added() {
    let (place, _) = Place::new();
    let words = ["uvx", "--prerelease", "allow", "leaf"];
    let told = ["version-option: `--prerelease allow` is not followed"];
    let add = ["add", "--name", "test", "--"];
    let added = place.interlock(&[&add[..], &words].concat()).expect(0);
    has(&added.out, &told);
    // That a version floats is no news where one is locked.
    assert!(!added.out.contains("floating-version"), "{}", added.out);
    let lock = ["approve", "--lock", "--passphrase-fd", "0"];
    has(&place.interlock(&lock).out, &told);
    has(&place.approve(&[], &words).out, &told);
}
