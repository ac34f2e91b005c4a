//! Hostile wheels, byte by byte: what one reader would take for another archive than the next one.

use super::wheel_sample::{Entry, entry, wheel, zip};
use super::{UnpackError, UnpackLimits, unpack_wheel};
use crate::pypi::WheelName;
use std::io::Cursor;

const LIMITS: UnpackLimits = UnpackLimits {
    archive: 1 << 20,
    files: 16,
    bytes: 1 << 20,
};

fn unpacked(archive: Vec<u8>) -> Result<String, UnpackError> {
    let directory = tempfile::tempdir().unwrap();
    let name = WheelName::parse("p-1.0-py3-none-any.whl").unwrap();
    let files = unpack_wheel(Cursor::new(archive), &name, directory.path(), &LIMITS)?;
    let shown = files
        .iter()
        .filter(|file| !file.path.as_str().contains(".dist-info"))
        .map(|file| {
            let read = std::fs::read(directory.path().join(file.path.as_str())).unwrap();
            assert_eq!(
                crate::digest::Sha256::of(&read),
                file.sha256,
                "{}",
                file.path
            );
            format!("{}{}", file.path, if file.executable { "*" } else { "" })
        });
    Ok(shown.collect::<Vec<_>>().join(" "))
}

/// Unpacks an archive; what is in it, or a part of the error with its cause.
fn check(archive: Vec<u8>, expected: &str, what: &str) {
    use std::error::Error;
    let found = unpacked(archive).unwrap_or_else(|error| {
        let cause = error.source().map(ToString::to_string).unwrap_or_default();
        format!("refused: {error}: {cause}")
    });
    let refused = expected.starts_with("refused");
    let good = if refused {
        let part = expected.trim_start_matches("refused: ");
        found.starts_with("refused") && found.contains(part)
    } else {
        found == expected
    };
    assert!(good, "{what}: {found}");
}

#[test]
fn wheels() {
    let mut program = entry("p-1.0.data/scripts/tool", b"\x7fELF");
    program.mode = 0o100_755;
    for (files, expected) in [
        (
            vec![entry("p/__init__.py", b"x = 1\n")],
            "site/p/__init__.py",
        ),
        (vec![entry("p/", b""), entry("p/a.py", b"")], "site/p/a.py"),
        (vec![program], "scripts/tool*"),
        (
            vec![
                entry("p-1.0.data/purelib/q.py", b"q"),
                entry("p-1.0.data/data/share/x", b""),
            ],
            "data/share/x site/q.py",
        ),
        (
            vec![
                entry("x.pth", b"import os"),
                entry("p/__pycache__/a.cpython-311.pyc", b"evil"),
            ],
            "site/x.pth",
        ),
        (
            vec![Entry {
                method: 0,
                ..entry("p/a.py", b"stored")
            }],
            "site/p/a.py",
        ),
        (
            vec![Entry {
                flags: 1 << 11,
                ..entry("p/\u{fc}.py", b"")
            }],
            "site/p/\u{fc}.py",
        ),
    ] {
        check(zip(&wheel(&files)), expected, expected);
    }
}

#[test]
fn paths() {
    for name in [
        "../a",
        "/a",
        "a/../b",
        "a//b",
        "./a",
        "a\\b",
        "C:\\a",
        "a\nb",
        "a\0b",
        "\u{202e}a",
        "a\u{200b}",
        "a\u{feff}b",
        "\u{e0041}",
        "a\u{ad}b",
        "p-1.0.data/purelib/../../../a",
        "p-1.0.dist-info/../../a",
        "a\u{7f}",
        "p-1.0.data/scripts/../../a",
        "p-1.0.data/scripts//a",
        "a/.",
    ] {
        let bad = Entry {
            flags: 1 << 11,
            ..entry(name, b"x")
        };
        check(zip(&wheel(&[bad])), "refused: entry", name);
    }
    check(
        zip(&wheel(&[entry("p-1.0.data/etc/a", b"")])),
        "refused: unknown scheme",
        "scheme",
    );
    check(
        zip(&wheel(&[entry("p-1.0.data/a", b"")])),
        "refused: unknown scheme",
        "no scheme",
    );
    check(
        zip(&wheel(&[entry("\u{fc}", b"")])),
        "refused: entry",
        "a name in an unclear character set",
    );
    let long = "x/".repeat(2000);
    check(
        zip(&wheel(&[entry(&format!("{long}a"), b"")])),
        "refused: too long",
        "long",
    );
}

#[test]
fn names_that_are_one() {
    for (first, second) in [
        ("a", "a"),
        ("a", "A"),
        ("a", "a/b"),
        ("caf\u{e9}", "cafe\u{301}"),
        ("p-1.0.data/purelib/a", "a"),
        ("p-1.0.data/purelib/A", "p-1.0.data/platlib/a"),
        ("p-1.0.data/scripts/\u{212a}", "p-1.0.data/scripts/k"),
        ("\u{fb01}le", "file"),
        ("stra\u{df}e/a", "STRASSE/b"),
        ("p/__pycache__/a.pyc", "p/__PYCACHE__/b.pyc"),
    ] {
        let one = |name: &str| Entry {
            flags: 1 << 11,
            ..entry(name, b"x")
        };
        check(
            zip(&wheel(&[one(first), one(second)])),
            "refused: collide",
            first,
        );
    }
}

#[test]
fn kinds() {
    for mode in [
        0o120_777, 0o020_644, 0o060_644, 0o010_644, 0o140_644, 0o040_755,
    ] {
        check(
            zip(&wheel(&[Entry {
                mode,
                ..entry("a", b"x")
            }])),
            "refused: link or special",
            "mode",
        );
    }
    for flags in [1, 1 << 5, 1 << 6, 1 << 13] {
        check(
            zip(&wheel(&[Entry {
                flags,
                ..entry("a", b"x")
            }])),
            "refused: oddly packed",
            "flags",
        );
    }
    check(
        zip(&wheel(&[Entry {
            method: 12,
            ..entry("a", b"x")
        }])),
        "refused: oddly packed",
        "method",
    );
}

#[test]
fn descriptions_that_differ() {
    fn set(at: usize, value: u8) -> impl Fn(&mut Vec<u8>) {
        move |raw| raw[at] = value
    }
    let with = |local: fn(&mut Vec<u8>), central: fn(&mut Vec<u8>)| {
        let mut entries = wheel(&[entry("a", b"xyz")]);
        (entries[0].local, entries[0].central) = (local, central);
        zip(&entries)
    };
    let same: fn(&mut Vec<u8>) = |_| {};
    type Case = (fn(&mut Vec<u8>), &'static str);
    let cases: [Case; 7] = [
        (|raw| set(30, b'b')(raw), "name"),
        (|raw| set(14, 0)(raw), "checksum"),
        (|raw| set(18, 200)(raw), "packed size"),
        (|raw| set(22, 200)(raw), "size"),
        (|raw| set(8, 0)(raw), "method"),
        (|raw| set(6, 8)(raw), "descriptor"),
        (|raw| set(0, 0)(raw), "mark"),
    ];
    for (local, what) in cases {
        check(with(local, same), "refused: in two ways", what);
    }
    // Both say the same, but the content does not.
    check(
        with(|raw| set(22, 2)(raw), |raw| set(24, 2)(raw)),
        "refused: not what the archive says",
        "size in both",
    );
    check(
        with(|raw| set(22, 9)(raw), |raw| set(24, 9)(raw)),
        "refused: not what the archive says",
        "size in both",
    );
    check(
        with(|raw| set(14, 1)(raw), |raw| set(16, 1)(raw)),
        "refused",
        "checksum in both",
    );
    check(
        with(same, |raw| set(42, 1)(raw)),
        "refused: overlap",
        "offset",
    );
    check(
        with(same, |raw| set(34, 1)(raw)),
        "refused: oddly packed",
        "disk",
    );
}

#[test]
fn what_is_around_the_entries() {
    let good = zip(&wheel(&[entry("a", b"x")]));
    check(good.clone(), "site/a", "as it should be");
    check(
        [&good[..], b"x"].concat(),
        "refused: does not end it",
        "after",
    );
    check([b"#!/bin/sh\n", &good[..]].concat(), "refused", "before");
    for cut in [1, 10, 22, 60, good.len() - 4, good.len()] {
        check(good[..good.len() - cut].to_vec(), "refused", "cut");
    }
    let change = |from_end: usize, value: u8| {
        let mut bad = good.clone();
        let at = bad.len() - from_end;
        bad[at] = value;
        bad
    };
    for (from_end, what) in [
        (22, "mark"),
        (18, "disk"),
        (14, "count here"),
        (12, "count"),
        (10, "size"),
        (6, "start"),
        (2, "comment"),
    ] {
        check(change(from_end, 77), "refused", what);
    }
    // A gap between two entries: something that only readers of local headers see.
    let hidden = zip(&wheel(&[entry("a", b"x"), entry("b", b"y")]));
    let mut gap = wheel(&[entry("a", b"x"), entry("b", b"y")]);
    gap[0].local = |raw| raw.extend_from_slice(b"");
    assert_eq!(zip(&gap), hidden);
    gap[1].local = |raw| {
        raw.splice(0..0, *b"junk");
    };
    check(zip(&gap), "refused", "gap");
}

/// Extra fields: wide numbers that lie, come twice or are cut, and second names.
#[test]
fn extra_fields_that_lie() {
    fn extended(raw: &mut Vec<u8>, at: usize, extra: &[u8]) {
        raw.extend_from_slice(extra);
        raw[at..at + 2].copy_from_slice(&(extra.len() as u16).to_le_bytes());
    }
    fn wide(count: u16, numbers: &[u64]) -> Vec<u8> {
        let numbers: Vec<u8> = numbers.iter().flat_map(|it| it.to_le_bytes()).collect();
        [&[1, 0][..], &count.to_le_bytes(), &numbers].concat()
    }
    let same: fn(&mut Vec<u8>) = |_| {};
    type Case = (
        fn(&mut Vec<u8>),
        fn(&mut Vec<u8>),
        &'static str,
        &'static str,
    );
    let cases: [Case; 9] = [
        (
            same,
            |raw| {
                raw[24..28].fill(0xff);
                extended(raw, 30, &wide(8, &[1 << 60]));
            },
            "refused: more than 1048576 bytes",
            "a huge size",
        ),
        (
            same,
            |raw| {
                raw[24..28].fill(0xff);
                extended(raw, 30, &wide(8, &[2]));
            },
            "refused",
            "another size than in front",
        ),
        (
            same,
            |raw| {
                raw[24..28].fill(0xff);
                extended(raw, 30, &wide(4, &[]));
            },
            "refused",
            "a cut number",
        ),
        (
            same,
            |raw| raw[24..28].fill(0xff),
            "refused",
            "a wide size that is nowhere",
        ),
        (
            same,
            |raw| {
                raw[42..46].fill(0xff);
                extended(raw, 30, &wide(8, &[1 << 40]));
            },
            "refused: overlap",
            "a place beyond the end",
        ),
        (
            same,
            |raw| extended(raw, 30, &[wide(0, &[]), wide(0, &[])].concat()),
            "refused: two names or sizes",
            "twice",
        ),
        (
            same,
            |raw| extended(raw, 30, b"\x75\x70\x06\0\x01\0\0\0\0b"),
            "refused: two names or sizes",
            "a second name",
        ),
        (
            |raw| extended(raw, 28, b"\x75\x70\x06\0\x01\0\0\0\0b"),
            same,
            "refused: two names or sizes",
            "a second name in front",
        ),
        (
            |raw| extended(raw, 28, b"\x55\x54\x01\0\0"),
            |raw| extended(raw, 30, b"\x55\x54\x01\0\0"),
            "site/a",
            "times",
        ),
    ];
    for (local, central, expected, what) in cases {
        let mut entries = wheel(&[entry("a", b"xyz")]);
        (entries[0].local, entries[0].central) = (local, central);
        check(zip(&entries), expected, what);
    }
}

#[test]
fn entries_that_share_bytes_and_directories_with_content() {
    let mut entries = wheel(&[entry("a", b"x"), entry("b", b"x")]);
    // Both descriptions lead to the first one's bytes.
    entries[1].central = |raw| raw[42..46].fill(0);
    check(
        zip(&entries),
        "refused: overlap",
        "two names for one content",
    );
    check(
        zip(&wheel(&[entry("p/", b"content")])),
        "refused",
        "a directory with content",
    );
    // The sizes that come behind the content, where they were not known in front.
    let streamed = include_bytes!("../../../../fuzz/corpus/zip/descriptor");
    let read = |bytes: &[u8]| super::list_zip(bytes, &LIMITS);
    assert_eq!(read(streamed).unwrap()[0].size, 8);
    let mark = streamed.windows(4).position(|four| four == b"PK\x07\x08");
    for at in (0..16).map(|offset| mark.unwrap() + offset) {
        let mut bad = streamed.to_vec();
        bad[at] ^= 1;
        assert!(read(&bad).is_err(), "{at}");
    }
}

#[test]
fn sizes() {
    let many: Vec<Entry> = (0..20)
        .map(|number| entry(&number.to_string(), b""))
        .collect();
    check(zip(&wheel(&many)), "refused: more than 16 files", "files");
    check(
        zip(&wheel(&[entry("a", &vec![0; (1 << 20) + 1])])),
        "refused: more than 1048576 bytes",
        "bytes",
    );
}

#[test]
fn record() {
    let with = |change: &dyn Fn(String) -> String| {
        let mut entries = wheel(&[entry("a", b"x"), entry("b,c", b"y")]);
        let last = entries.len() - 1;
        let text = String::from_utf8(entries[last].data.clone())
            .unwrap()
            .replace("b,c,", "\"b,c\",");
        entries[last].data = change(text).into_bytes();
        zip(&entries)
    };
    type Case<'a> = (&'a dyn Fn(String) -> String, &'a str, &'a str);
    let cases: [Case<'_>; 9] = [
        (&|text| text, "site/a site/b,c", "true"),
        (
            &|text| text.replace('\n', "\r\n"),
            "site/a site/b,c",
            "with carriage returns",
        ),
        (
            &|text| text.replace("a,sha256=", "a,sha256=x"),
            "refused: other content",
            "hash",
        ),
        (
            &|text| text.replace("a,sha256=", "a,md5="),
            "refused: other content",
            "weak hash",
        ),
        (
            &|text| text.replacen(",1\n", ",2\n", 1),
            "refused: other content",
            "size",
        ),
        (
            &|text| {
                text.lines()
                    .skip(1)
                    .map(|line| format!("{line}\n"))
                    .collect()
            },
            "refused: is not listed",
            "missing",
        ),
        (
            &|text| text + "ghost,sha256=x,1\n",
            "refused: listed, but not there",
            "ghost",
        ),
        (
            &|text| text.clone() + text.lines().next().unwrap() + "\n",
            "refused: listed twice",
            "twice",
        ),
        (
            &|text| text + "nonsense\n",
            "refused: cannot be read",
            "nonsense",
        ),
    ];
    for (change, expected, what) in cases {
        check(with(change), expected, what);
    }
    let mut none = wheel(&[entry("a", b"x")]);
    none.pop();
    check(zip(&none), "refused: is not listed", "no RECORD");
}

#[test]
fn wheels_of_others() {
    for (from, to) in [
        ("p-1.0.dist-info", "q-1.0.dist-info"),
        ("p-1.0.dist-info", "p-1.1.dist-info"),
        ("p-1.0.dist-info", "p.dist-info"),
    ] {
        let mut entries = wheel(&[]);
        for one in &mut entries {
            one.name = String::from_utf8_lossy(&one.name)
                .replace(from, to)
                .into_bytes();
        }
        check(zip(&entries), "refused: another package", to);
    }
    check(
        zip(&wheel(&[entry("q-1.0.dist-info/METADATA", b"")])),
        "refused: not one",
        "two",
    );
    check(zip(&[entry("a", b"")]), "refused: not one", "none");
}
