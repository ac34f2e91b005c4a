//! Bounds, with small limits, so that the bombs can be small too.

use super::{UnpackError, UnpackLimits, unpack};
use flate2::{Compression, write::GzEncoder};
use std::io::Write;
use tar::{Builder, EntryType, Header};

const LIMITS: UnpackLimits = UnpackLimits {
    archive: 1 << 20,
    files: 8,
    bytes: 1 << 20,
};

fn header(kind: EntryType, path: &str, size: u64) -> Header {
    let mut header = Header::new_gnu();
    header.set_path(path).unwrap();
    header.set_entry_type(kind);
    header.set_size(size);
    header.set_mode(0o644);
    header.set_cksum();
    header
}

/// Unpacks an archive of these entries; the number of files, or the error's text.
fn check(entries: &[(EntryType, String, usize)], expected: Result<usize, &str>) {
    let mut builder = Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    for (kind, path, size) in entries {
        builder
            .append(&header(*kind, path, *size as u64), &vec![0_u8; *size][..])
            .unwrap();
    }
    let archive = builder.into_inner().unwrap().finish().unwrap();
    let directory = tempfile::tempdir().unwrap();
    let found = unpack(
        &archive[..],
        super::Outer::Dropped,
        directory.path(),
        &LIMITS,
    );
    match (found, expected) {
        (Ok(files), Ok(count)) => assert_eq!(files.len(), count),
        (Err(error), Err(text)) => assert!(error.to_string().contains(text), "{error}"),
        (found, expected) => panic!("{found:?} {expected:?}"),
    }
}

#[test]
fn counts_and_sizes_are_bounded() {
    let file = |number: usize, size| (EntryType::Regular, format!("p/{number}"), size);
    let files = |count: usize, size: usize| {
        (0..count)
            .map(|number| file(number, size))
            .collect::<Vec<_>>()
    };
    check(&files(8, 10), Ok(8));
    check(&files(9, 10), Err("more than 8 files"));
    check(&files(1, 1 << 20), Ok(1));
    check(&files(1, (1 << 20) + 1), Err("more than 1048576 bytes"));
    check(&files(4, 300_000), Err("more than 1048576 bytes"));
    // Meta data that is unpacked before any file of it is seen.
    let meta = |kind, path: &str| vec![(kind, path.to_owned(), 4 << 20), file(0, 1)];
    check(
        &meta(EntryType::GNULongName, "././@LongLink"),
        Err("more than 1048576 bytes"),
    );
    check(
        &meta(EntryType::XHeader, "p/x"),
        Err("more than 1048576 bytes"),
    );
    check(
        &meta(EntryType::XGlobalHeader, "pax_global_header"),
        Err("more than 65536 bytes of headers"),
    );
    check(
        &meta(EntryType::Directory, "p/d"),
        Err("directory with content"),
    );
}

#[test]
fn a_compressed_tail_is_bounded() {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    let mut builder = Builder::new(&mut encoder);
    builder
        .append(&header(EntryType::Regular, "p/a", 1), &b"x"[..])
        .unwrap();
    builder.finish().unwrap();
    drop(builder);
    encoder.write_all(&vec![0; 8 << 20]).unwrap();
    let archive = encoder.finish().unwrap();
    let directory = tempfile::tempdir().unwrap();
    let error = unpack(
        &archive[..],
        super::Outer::Dropped,
        directory.path(),
        &LIMITS,
    )
    .unwrap_err();
    assert!(
        matches!(error, UnpackError::Excess { what: "bytes", .. }),
        "{error}"
    );
}
