use super::*;
use std::io::Cursor;
use std::os::unix::fs::MetadataExt as _;

fn limits() -> ImageLimits {
    ImageLimits {
        names: 100,
        bytes: 1 << 20,
        ..ImageLimits::default()
    }
}

/// A tar archive of entries: kind, name, what it holds or points to, mode.
fn tar(entries: &[(EntryType, &str, &str, u32)]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (kind, name, text, mode) in entries {
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(*kind);
        header.set_mode(*mode);
        // Set by hand: the library refuses hostile names.
        let bytes = header.as_mut_bytes();
        bytes[..name.len()].copy_from_slice(name.as_bytes());
        let is_link = matches!(kind, EntryType::Symlink | EntryType::Link);
        let body = if is_link { "" } else { text };
        if is_link {
            bytes[157..157 + text.len()].copy_from_slice(text.as_bytes());
        }
        header.set_size(body.len() as u64);
        header.set_cksum();
        builder.append(&header, body.as_bytes()).unwrap();
    }
    builder.into_inner().unwrap()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    writer.write_all(bytes).unwrap();
    writer.finish().unwrap()
}

fn apply(layers: &[Vec<u8>], into: &Path) -> Result<(u64, u64), LayerError> {
    let (blobs, root, limits) = (into.join("blobs"), into.join("root"), limits());
    fs::create_dir(&blobs).unwrap();
    fs::create_dir(&root).unwrap();
    let mut unpacking = Unpacking::new(&blobs, &limits);
    for layer in layers {
        unpacking.layer(Cursor::new(layer), Packing::Plain, ImageDigest::of(layer))?;
    }
    let counts = (unpacking.devices, unpacking.privileged);
    unpacking.finish(&root)?;
    Ok(counts)
}

/// One layer is refused with these words.
fn check_refused(layer: &[u8], expected: &str) {
    let into = tempfile::tempdir().unwrap();
    let error = apply(&[layer.to_vec()], into.path()).unwrap_err();
    assert!(error.to_string().contains(expected), "{error} / {expected}");
}

use EntryType::{Block, Char, Directory, Fifo, Link, Regular, Symlink};

#[test]
fn only_plain_things_come_out_with_two_modes() {
    let into = tempfile::tempdir().unwrap();
    let layer = tar(&[
        (Directory, "bin/", "", 0o700),
        (Regular, "bin/su", "x", 0o4755),
        (Regular, "etc/shadow", "root", 0o600),
        (Symlink, "sh", "/bin/su", 0o777),
        (Link, "again", "bin/su", 0),
        (Char, "dev/null", "", 0o666),
        (Block, "dev/sda", "", 0o666),
        (Fifo, "run/pipe", "", 0o666),
        (Directory, "empty", "", 0o755),
    ]);
    assert_eq!(apply(&[layer], into.path()).unwrap(), (3, 1));
    let root = into.path().join("root");
    let mode = |name: &str| fs::symlink_metadata(root.join(name)).unwrap().mode() & 0o7777;
    assert_eq!(mode("bin"), 0o555);
    assert_eq!(mode("bin/su"), 0o555);
    assert_eq!(mode("etc/shadow"), 0o444);
    assert_eq!(mode("again"), 0o555);
    assert_eq!(mode("empty"), 0o555);
    assert_eq!(
        fs::read_link(root.join("sh")).unwrap(),
        Path::new("/bin/su")
    );
    for gone in ["dev/null", "dev/sda", "run/pipe"] {
        assert!(fs::symlink_metadata(root.join(gone)).is_err(), "{gone}");
    }
}

#[test]
fn nothing_is_written_outside() {
    let outside = tempfile::tempdir().unwrap();
    let target = outside.path().to_str().unwrap();
    let into = tempfile::tempdir().unwrap();
    let layers = [
        tar(&[
            (Symlink, "out", target, 0o777),
            (Symlink, "up", "../../..", 0o777),
        ]),
        tar(&[
            (Regular, "out/evil", "x", 0o644),
            (Regular, "up/tmp/evil", "x", 0o644),
            (Regular, "/abs", "x", 0o644),
        ]),
    ];
    apply(&layers, into.path()).unwrap();
    assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 0);
    let root = into.path().join("root");
    // In the image the link leads to the image's own directory of that name.
    assert!(
        root.join(target.trim_start_matches('/'))
            .join("evil")
            .is_file()
    );
    assert!(root.join("tmp/evil").is_file() && root.join("abs").is_file());
}

#[test]
fn hostile_entries_refuse_the_layer() {
    for (entries, expected) in [
        (&[(Regular, "../evil", "", 0)][..], "out of the image"),
        (&[(Regular, "a/../../evil", "", 0)], "out of the image"),
        (&[(Link, "shadow", "/etc/shadow", 0)], "hard link"),
        (
            &[(Symlink, "l", "/", 0), (Link, "shadow", "l/etc/shadow", 0)],
            "hard link",
        ),
        (
            &[(Regular, "a", "", 0), (Regular, "a/b", "", 0)],
            "place of a directory",
        ),
        (
            &[(Symlink, "a", "a", 0), (Regular, "a/b", "", 0)],
            "without end",
        ),
        (&[(Regular, "a\nb", "", 0)], "cannot be shown"),
        (&[(Regular, ".wh.", "", 0)], "whiteout"),
        (&[(Symlink, "a", "", 0)], "leads nowhere"),
        (&[(EntryType::new(b'S'), "a", "", 0)], "sparse"),
        (&[(EntryType::new(b'Z'), "a", "", 0)], "unknown kind"),
    ] {
        check_refused(&tar(entries), expected);
    }
}

#[test]
fn bombs_are_bounded() {
    let zeros = tar(&[(Regular, "zeros", &"\0".repeat(2 << 20), 0o644)]);
    check_refused(&zeros, "more than 1048576 bytes");
    let into = tempfile::tempdir().unwrap();
    let mut unpacking_limits = limits();
    unpacking_limits.bytes = 1 << 16;
    let mut unpacking = Unpacking::new(into.path(), &unpacking_limits);
    let packed = gzip(&tar(&[(Regular, "a", &"\0".repeat(60_000), 0o644)]));
    let digest = ImageDigest::of(b"");
    // The bound is on all layers together; the content is not what was named either, which is found at the end.
    let first = unpacking.layer(Cursor::new(&packed), Packing::Gzip, digest);
    assert!(matches!(first, Err(LayerError::Content { .. })));
    let second = unpacking.layer(Cursor::new(&packed), Packing::Gzip, digest);
    assert!(
        matches!(second, Err(LayerError::Excess { .. })),
        "{second:?}"
    );
    // As packed with zstd.
    let level = ruzstd::encoding::CompressionLevel::Fastest;
    let bomb = ruzstd::encoding::compress_to_vec(&vec![0; 4 << 20][..], level);
    assert!(bomb.len() < 4096, "{}", bomb.len());
    let mut unpacking = Unpacking::new(into.path(), &unpacking_limits);
    let third = unpacking.layer(Cursor::new(&bomb), Packing::Zstd, digest);
    assert!(matches!(third, Err(LayerError::Excess { .. })), "{third:?}");
    // Of headers alone, too.
    let empty = tar(&vec![(Directory, "d", "", 0); 60]);
    let mut few = limits();
    (few.bytes, few.names) = (0, 30);
    let mut unpacking = Unpacking::new(into.path(), &few);
    let layer = |unpacking: &mut Unpacking<'_>| {
        unpacking.layer(Cursor::new(&empty), Packing::Plain, ImageDigest::of(&empty))
    };
    layer(&mut unpacking).unwrap();
    let second = layer(&mut unpacking);
    assert!(
        matches!(second, Err(LayerError::Excess { .. })),
        "{second:?}"
    );
    // Files of which only the last name stays, and names that share bytes.
    let replaced = tar(&vec![(Regular, "f", "", 0); 150]);
    let mut unpacking = Unpacking::new(into.path(), &unpacking_limits);
    unpacking.next_blob = 100;
    let many = unpacking.layer(Cursor::new(&replaced), Packing::Plain, digest);
    assert!(many.unwrap_err().to_string().contains("200 files"));
    let half = "x".repeat(600 << 10);
    check_refused(
        &tar(&[(Regular, "a", &half, 0), (Link, "b", "a", 0)]),
        "more than 1048576 bytes",
    );
    let names: Vec<String> = (0..150).map(|n| format!("f{n}")).collect();
    let many: Vec<_> = names
        .iter()
        .map(|name| (Regular, name.as_str(), "", 0))
        .collect();
    check_refused(&tar(&many), "too many names");
    let again: Vec<_> = (0..250).map(|_| (Directory, "d", "", 0)).collect();
    check_refused(&tar(&again), "entries");
    // A header of a gigabyte before an entry.
    let mut long = tar(&[(EntryType::GNULongName, "x", "", 0)]);
    let mut header = tar::Header::new_gnu();
    header.as_mut_bytes().copy_from_slice(&long[..512]);
    header.set_size(1 << 30);
    header.set_cksum();
    long[..512].copy_from_slice(header.as_bytes());
    check_refused(&long, "meta data");
}

#[test]
fn bytes_are_the_named_ones_to_the_end() {
    let good = tar(&[(Regular, "a", "x", 0o644)]);
    let mut trailing = good.clone();
    trailing.extend_from_slice(&good);
    check_refused(&trailing, "follows the end");
    let mut cut = good.clone();
    cut.truncate(700);
    let into = tempfile::tempdir().unwrap();
    assert!(apply(&[cut], into.path()).is_err());
    let (blobs, limits) = (tempfile::tempdir().unwrap(), limits());
    let mut unpacking = Unpacking::new(blobs.path(), &limits);
    let wrong = unpacking.layer(
        Cursor::new(&good),
        Packing::Plain,
        ImageDigest::of(b"other"),
    );
    assert!(matches!(wrong, Err(LayerError::Content { .. })));
    let not_gzip = unpacking.layer(Cursor::new(&good), Packing::Gzip, ImageDigest::of(&good));
    assert!(matches!(not_gzip, Err(LayerError::Damaged(_))));
    // Several members in one file, as some builders write them, are one stream.
    let (head, tail) = good.split_at(600);
    let mut members = gzip(head);
    members.extend(gzip(tail));
    let mut unpacking = Unpacking::new(blobs.path(), &limits);
    unpacking.next_blob = 100;
    let split = unpacking.layer(Cursor::new(&members), Packing::Gzip, ImageDigest::of(&good));
    assert!(split.is_ok(), "{split:?}");
}

#[test]
fn long_names_are_read_in_both_forms() {
    let long = format!("{}/file", "d".repeat(150));
    let mut builder = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_gnu();
    header.set_size(1);
    header.set_mode(0o644);
    builder.append_data(&mut header, &long, &b"x"[..]).unwrap();
    let gnu = builder.into_inner().unwrap();
    let record = format!(" path=p{}\n", "q".repeat(150));
    let record = format!("{}{record}", record.len() + 3);
    let pax = tar(&[
        (EntryType::XHeader, "pax", &record, 0),
        (Regular, "short", "x", 0o644),
    ]);
    let into = tempfile::tempdir().unwrap();
    apply(&[gnu, pax], into.path()).unwrap();
    let root = into.path().join("root");
    assert!(root.join(&long).is_file());
    assert!(root.join(format!("p{}", "q".repeat(150))).is_file());
    let empty = tar(&[
        (EntryType::XHeader, "pax", "8 path=\n", 0),
        (Regular, "own", "x", 0o644),
    ]);
    let into = tempfile::tempdir().unwrap();
    apply(&[empty], into.path()).unwrap();
    assert!(into.path().join("root/own").is_file());
    let sized = tar(&[
        (EntryType::XHeader, "pax", "15 size=9999999\n", 0),
        (Regular, "short", "x", 0o644),
    ]);
    let into = tempfile::tempdir().unwrap();
    assert!(apply(&[sized], into.path()).is_err());
}
