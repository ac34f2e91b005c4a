//! Hostile npm archives that two readers could take for two: each is refused or means the same to all. Paths, kinds, collisions and
//! damage are in `hostile.rs`.

#![expect(clippy::unwrap_used, reason = "test helpers fail by panicking")]

mod support;

use interlock_supply::{UnpackLimits, unpack_tarball_into};
use support::{
    chain,
    package::{Archive, gzip},
};
use tar::{EntryType, Header};

const LIMITS: UnpackLimits = UnpackLimits {
    archive: 1 << 20,
    files: 16,
    bytes: 1 << 20,
};

/// Unpacks; the files with their sizes, or a part of the error.
fn check(what: &str, archive: &[u8], expected: &str) {
    let directory = tempfile::tempdir().unwrap();
    let found = match unpack_tarball_into(archive, directory.path(), &LIMITS) {
        Ok(files) => {
            let shown = |path: &str| {
                let size = std::fs::metadata(directory.path().join(path))
                    .unwrap()
                    .len();
                format!("{path}={size}")
            };
            let files: Vec<String> = files.iter().map(|path| shown(path.as_str())).collect();
            files.join(" ")
        }
        Err(error) => format!("refused: {}", chain(&error)),
    };
    let good = match expected.strip_prefix("refused: ") {
        Some(part) => found.starts_with("refused: ") && found.contains(part),
        None => found == expected,
    };
    assert!(good, "{what}: expected `{expected}`, found `{found}`");
}

/// An extended header with these records.
fn extended(archive: &mut Archive, kind: EntryType, records: &[(&str, &str)]) {
    let mut text = String::new();
    for (key, value) in records {
        let rest = format!(" {key}={value}\n");
        let length = (1..).find(|length| format!("{length}{rest}").len() == *length);
        text += &format!("{}{rest}", length.unwrap());
    }
    archive.entry(b"package/PaxHeader", kind, 0o644, text.as_bytes());
}

/// A file `a` with one byte after such a header.
fn after(kind: EntryType, records: &[(&str, &str)]) -> Vec<u8> {
    let mut archive = Archive::default();
    extended(&mut archive, kind, records);
    archive.file("package/a", "x").finish()
}

#[test]
fn headers_for_one_entry() {
    let long = "b".repeat(150);
    let renamed = format!("package/{long}");
    for (what, records, expected) in [
        ("nothing", &[][..], "a=1"),
        (
            "a name",
            &[("path", renamed.as_str())],
            &format!("{long}=1"),
        ),
        (
            "a name that climbs",
            &[("path", "package/../../x")],
            "refused: refused",
        ),
        (
            "an absolute name",
            &[("path", "/etc/x")],
            "refused: refused",
        ),
        (
            "a name with a line break",
            &[("path", "package/a\nb")],
            "refused: refused",
        ),
        (
            "a name with a NUL",
            &[("path", "package/a\0b")],
            "refused: refused",
        ),
        ("no name", &[("path", "")], "refused: "),
        (
            "two names",
            &[("path", "package/b"), ("path", "package/c")],
            "refused: in two ways",
        ),
        ("its size", &[("size", "1")], "a=1"),
        (
            "a size that hides what follows",
            &[("size", "1024")],
            "refused: in two ways",
        ),
        ("a smaller size", &[("size", "0")], "refused: in two ways"),
        (
            "two sizes",
            &[("size", "1"), ("size", "0")],
            "refused: in two ways",
        ),
        ("a negative size", &[("size", "-1")], "refused: "),
        ("a size that is none", &[("size", "one")], "refused: "),
        (
            "a size as long as the world",
            &[("size", "18446744073709551615")],
            "refused: ",
        ),
        (
            "a sparse file",
            &[("GNU.sparse.major", "1"), ("GNU.sparse.name", "x")],
            "refused: in two ways",
        ),
        (
            "a sparse file of old",
            &[("GNU.sparse.map", "0,1")],
            "refused: in two ways",
        ),
        (
            "times from beyond",
            &[
                ("mtime", "99999999999999999999.9"),
                ("atime", "-1"),
                ("ctime", "x"),
            ],
            "a=1",
        ),
        (
            "owners from beyond",
            &[("uid", "99999999999999"), ("gname", "root")],
            "a=1",
        ),
        (
            "attributes",
            &[("SCHILY.xattr.security.capability", "x")],
            "a=1",
        ),
        (
            "an unknown key",
            &[("__proto__", "x"), ("comment", "y")],
            "a=1",
        ),
    ] {
        check(what, &after(EntryType::XHeader, records), expected);
    }
    let mut raw = Archive::default();
    raw.entry(b"package/h", EntryType::XHeader, 0o644, b"99 path=x\n");
    check(
        "a record of a wrong length",
        &raw.file("package/a", "x").finish(),
        "refused: ",
    );
    let mut alone = Archive::default();
    extended(&mut alone, EntryType::XHeader, &[("path", "package/b")]);
    check("a header for nothing", &alone.finish(), "refused: ");
}

#[test]
fn headers_for_all_entries() {
    let header = |records: &[(&str, &str)]| after(EntryType::XGlobalHeader, records);
    check("git's", &header(&[("comment", &"a".repeat(40))]), "a=1");
    for records in [
        &[("path", "package/b")][..],
        &[("linkpath", "/etc")],
        &[("size", "0")],
        &[("comment", "x"), ("GNU.sparse.size", "1")],
    ] {
        check(
            "it changes entries",
            &header(records),
            "refused: for all entries",
        );
    }
    let long = "x".repeat(70_000);
    check(
        "it is long",
        &header(&[("comment", &long)]),
        "refused: bytes of headers",
    );
}

#[test]
fn names_in_two_places() {
    let with = |records: &[(&str, &str)], name: &[u8]| {
        let mut archive = Archive::default();
        extended(&mut archive, EntryType::XHeader, records);
        archive.entry(b"././@LongLink", EntryType::GNULongName, 0o644, name);
        archive.file("package/a", "x").finish()
    };
    check(
        "the same",
        &with(&[("path", "package/b")], b"package/b\0"),
        "b=1",
    );
    check(
        "not the same",
        &with(&[("path", "package/b")], b"package/c\0"),
        "refused: in two ways",
    );
    let twice = |first: &[u8], second: &[u8]| {
        let mut archive = Archive::default();
        for name in [first, second] {
            archive.entry(b"././@LongLink", EntryType::GNULongName, 0o644, name);
        }
        archive.file("package/a", "x").finish()
    };
    check(
        "two long names",
        &twice(b"package/b\0", b"package/c\0"),
        "refused: ",
    );
    let mut nul = Archive::default();
    nul.entry(
        b"././@LongLink",
        EntryType::GNULongName,
        0o644,
        b"package/b\0/../../c\0",
    );
    check(
        "a long name that goes on",
        &nul.file("package/a", "x").finish(),
        "refused: ",
    );
    // The first part of a name, in its own field.
    let split = |prefix: &[u8]| {
        let mut header = Header::new_ustar();
        header.as_old_mut().name[..1].copy_from_slice(b"a");
        header.as_ustar_mut().unwrap().prefix[..prefix.len()].copy_from_slice(prefix);
        header.set_size(0);
        header.set_mode(0o644);
        header.set_entry_type(EntryType::Regular);
        header.set_cksum();
        let mut archive = Archive::default();
        archive.raw(header.as_bytes()).finish()
    };
    check("a first part", &split(b"package/lib"), "lib/a=0");
    check(
        "a first part that climbs",
        &split(b"package/../.."),
        "refused: refused",
    );
}

#[test]
fn entries_that_end_with_a_slash() {
    let one = |kind, data: &[u8]| {
        let mut archive = Archive::default();
        archive.entry(b"package/d/", kind, 0o755, data);
        archive.file("package/a", "x").finish()
    };
    for kind in [EntryType::Directory, EntryType::Regular, EntryType::new(0)] {
        check("nothing in it", &one(kind, b""), "a=1");
        // Some readers take this for the header of the next entry.
        check(
            "something in it",
            &one(kind, &[0; 512]),
            "refused: directory with content",
        );
    }
}

#[test]
fn numbers() {
    /// A file with one field of its header overwritten.
    fn with(at: usize, field: &[u8]) -> Vec<u8> {
        let mut header = Header::new_ustar();
        header.as_old_mut().name[..9].copy_from_slice(b"package/a");
        header.set_entry_type(EntryType::Regular);
        header.set_size(1);
        header.set_mode(0o644);
        let mut raw = *header.as_bytes();
        raw[at..at + field.len()].copy_from_slice(field);
        let mut header = Header::from_byte_slice(&raw).clone();
        header.set_cksum();
        let mut archive = Archive::default();
        let mut block = [0; 512];
        block[0] = b'x';
        archive.raw(header.as_bytes()).raw(&block).finish()
    }
    for (what, at, field, expected) in [
        ("no mode", 100, &b"zzzzzzz\0"[..], "a=1"),
        ("a huge mode", 100, b"7777777\0", "a=1"),
        (
            "a huge owner",
            108,
            b"\x80\xff\xff\xff\xff\xff\xff\xff",
            "a=1",
        ),
        (
            "a time before time",
            136,
            b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
            "a=1",
        ),
        (
            "a huge size",
            124,
            b"\x80\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff",
            "refused: ",
        ),
        (
            "a negative size",
            124,
            b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
            "refused: ",
        ),
        ("no size", 124, b"zzzzzzzzzzz\0", "refused: "),
        ("a size with blanks", 124, b"         1 \0", "a=1"),
    ] {
        check(what, &with(at, field), expected);
    }
    let mut bad = with(100, b"0000644\0");
    bad = {
        use std::io::Read;
        let mut raw = Vec::new();
        flate2::read::GzDecoder::new(&bad[..])
            .read_to_end(&mut raw)
            .unwrap();
        raw[148] ^= 1;
        gzip(&raw)
    };
    check("a wrong checksum", &bad, "refused: damaged");
}

#[test]
fn names_that_deceive() {
    for name in [
        "package/a\u{200d}b",
        "package/a\u{2060}",
        "package/\u{feff}a",
        "package/a\u{ad}b",
        "package/a\u{202d}b",
        "package/a\u{2066}b",
        "package/\u{e0061}",
        "package/a\u{85}b",
        "package/a\u{2028}b",
        "package/a\u{7f}b",
        "package/a\tb",
    ] {
        let archive = Archive::default().file(name, "x").finish();
        check(
            &name.escape_unicode().to_string(),
            &archive,
            "refused: refused",
        );
    }
    for (first, second) in [
        ("package/\u{e9}", "package/E\u{301}"),
        ("package/\u{3a3}", "package/\u{3c2}"),
        ("package/\u{2126}", "package/\u{3c9}"),
        ("package/\u{ff41}", "package/a"),
        ("package/i\u{307}", "package/\u{130}"),
        ("package/d\u{e9}/a", "package/de\u{301}/b"),
    ] {
        let archive = Archive::default()
            .file(first, "1")
            .file(second, "2")
            .finish();
        check(
            &second.escape_unicode().to_string(),
            &archive,
            "refused: collide",
        );
    }
}

#[test]
fn bombs() {
    let zeros = gzip(&vec![0; 8 << 20]);
    check("zeros", &zeros, "refused: more than 1048576 bytes");
    let twice = gzip(&zeros);
    check("an archive in an archive", &twice, "refused: ");
    let mut many = Archive::default();
    for number in 0..17 {
        many.file(&format!("package/{number}"), "");
    }
    check("many files", &many.finish(), "refused: more than 16 files");
    let mut directories = Archive::default();
    for number in 0..3000 {
        directories.entry(
            format!("package/{number}/").as_bytes(),
            EntryType::Directory,
            0o755,
            b"",
        );
    }
    let archive = directories.file("package/a", "x").finish();
    // Directories come from files, so these are none.
    check(
        "many directories",
        &archive,
        "refused: more than 1048576 bytes",
    );
}
