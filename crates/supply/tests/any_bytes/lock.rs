//! Locks: what is read can be written, and what was written is read as the same, and written the same again.

use interlock_supply::lockfile::Lockfile;

/// Panics when a promise is broken.
pub(crate) fn run(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let Ok(lock) = text.parse::<Lockfile>() else {
        return;
    };
    let written = lock.to_string();
    let again: Lockfile = written
        .parse()
        .unwrap_or_else(|error| panic!("{error}: {written}"));
    assert_eq!(again, lock);
    assert_eq!(again.to_string(), written);
}
