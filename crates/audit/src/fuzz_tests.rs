//! Arbitrary bytes in the place of a log: every reader says what is wrong, and none panics.

use std::fs;
use std::path::Path;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use crate::head::Found;
use crate::line::{Line, event_of, is_sealed, seq_of};
use crate::memory::{Memory, memory_of};
use crate::read::{Filter, Records};
use crate::testing::{at, call, file, fresh_with_key, report, scratch, small_files, write_some};
use crate::{Checkpoint, Log};

/// Lines that a log may have, whole ones of a real log and pieces of them.
fn pieces() -> Vec<Vec<u8>> {
    let (_dir, path) = fresh_with_key();
    let mut log = Log::open(&path, small_files(), at(0)).unwrap();
    write_some(&mut log, 2);
    log.checkpoint(at(9)).unwrap();
    drop(log);
    let mut pieces: Vec<Vec<u8>> = [1, 2]
        .into_iter()
        .flat_map(|number| {
            let content = fs::read(file(&path, number)).unwrap();
            let lines = content.split_inclusive(|b| *b == b'\n');
            lines.map(<[u8]>::to_vec).collect::<Vec<_>>()
        })
        .collect();
    let seal = format!(",\"hash\":\"{}\"}}\n", "A".repeat(43));
    for text in [
        "\n",
        "}\n",
        "{\"seq\":",
        "{\"seq\":0,",
        "{\"seq\":18446744073709551615,",
        "{\"seq\":18446744073709551615,\"time\":\"2026-11-21T10:13:31.000042Z\",\"event\":\"exit\"}\n",
        "{\"seq\":18446744073709551616,",
        ",\"time\":\"9999-99-99T99:99:99.999999Z\"",
        "\"event\":\"segment\"",
        ",\"hash\":\"",
        &seal,
        &format!("{{\"seq\":18446744073709551615,\"x\":1{seal}"),
        &format!("{{\"seq\":0,\"event\":\"recovered\"{seal}"),
        "\u{0}\u{7f}\u{e9}",
    ] {
        pieces.push(text.as_bytes().to_vec());
    }
    pieces
}

/// What stands in a file: pieces and noise, some of it changed.
fn content() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        6 => select(pieces()),
        1 => vec(any::<u8>(), 0..40),
        1 => "[ -~]{0,40}\n?".prop_map(String::into_bytes),
    ];
    let edits = vec((any::<Index>(), any::<u8>()), 0..3);
    (vec(piece, 0..12), edits).prop_map(|(pieces, edits)| {
        let mut bytes = pieces.concat();
        if !bytes.is_empty() {
            for (index, value) in edits {
                let index = index.index(bytes.len());
                bytes[index] = value;
            }
        }
        bytes
    })
}

/// Reads a log in every way there is.
fn read(path: &Path) {
    let report = report(path);
    for finding in &report.findings {
        assert!(!finding.to_string().is_empty());
    }
    let records = Records::open(path, Filter::default()).unwrap();
    assert!(records.take(1000).count() < 1000, "reading ends");
    memory_of(path).unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_make_a_parser_panic(bytes in content()) {
        for line in bytes.split_inclusive(|b| *b == b'\n').chain([bytes.as_slice()]) {
            let parsed = Line::parse(line);
            if let Some(parsed) = parsed {
                prop_assert_eq!(seq_of(line), Some(parsed.seq));
                prop_assert_eq!(parsed.hash.is_some(), is_sealed(line));
            }
            let _ = (event_of(line), Memory::of_line(line), Found::judge(line));
        }
        let _ = String::from_utf8_lossy(&bytes).parse::<Checkpoint>();
    }

    #[test]
    fn no_log_makes_a_reader_or_a_writer_panic(
        files in vec(content(), 1..3),
        head in prop_oneof![Just(None), content().prop_map(Some)],
    ) {
        let (_dir, path) = fresh_with_key();
        for (index, content) in files.iter().enumerate() {
            write(&file(&path, index as u64 + 1), content);
        }
        if let Some(head) = &head {
            write(&path.join("head"), head);
        }
        write(&path.join("lock"), b"");
        read(&path);
        // A writer goes on behind it.
        if let Ok(mut log) = Log::open(&path, small_files(), at(1)) {
            drop(log.append(at(2), &call("1")));
            drop(log);
            read(&path);
        }
    }
}

fn write(path: &Path, content: &[u8]) {
    use std::os::unix::fs::PermissionsExt;
    fs::write(path, content).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
}

#[test]
fn the_pieces_are_those_of_a_log() {
    assert!(scratch().path().is_dir());
    let lines = pieces();
    assert!(
        lines
            .iter()
            .filter(|line| Line::parse(line).is_some())
            .count()
            > 6
    );
}
