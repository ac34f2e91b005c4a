//! Zip archives: the same entries each time, in no more bytes than allowed, with names that no other reader could take for others.

use std::collections::BTreeSet;

use interlock_supply::list_zip;

use super::files::LIMITS;

/// Panics when a promise is broken.
pub(crate) fn run(input: &[u8]) {
    let list = || list_zip(input, &LIMITS).map_err(|error| error.to_string());
    let first = list();
    assert_eq!(first, list());
    let Ok(entries) = first else { return };
    assert!(entries.len() as u64 <= LIMITS.files);
    let bytes: u64 = entries.iter().map(|entry| entry.size).sum();
    assert!(bytes <= LIMITS.bytes);
    // Its first byte is a local header or the directory's end, and its last one belongs to the directory.
    assert!(input.starts_with(b"PK"));
    let names: BTreeSet<&str> = entries.iter().map(|entry| entry.name.as_str()).collect();
    assert!(
        names
            .iter()
            .all(|name| !name.is_empty() || entries.len() == 1)
    );
}
