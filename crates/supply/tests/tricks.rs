//! Tricks of archives and entry points that a user tried: archives behind archives, kinds of entries that only some readers know,
//! several outer directories, wheels with a second face.

#![expect(clippy::unwrap_used, reason = "test helpers fail by panicking")]

mod support;

use interlock_supply::pypi::{EntryPoint, WheelName};
use interlock_supply::{UnpackLimits, unpack_tarball_into, unpack_wheel_into};
use support::{
    chain,
    package::{Archive, gzip},
    wheel::Wheel,
};
use tar::EntryType;

const LIMITS: UnpackLimits = UnpackLimits {
    archive: 1 << 20,
    files: 64,
    bytes: 1 << 20,
};

/// Compares what was unpacked, or a part of the error after `refused`; nothing is ever outside of the directory.
fn compare(what: &str, found: Result<Vec<String>, String>, expected: &str) {
    let found = found.map_or_else(|error| format!("refused: {error}"), |files| files.join(" "));
    let good = match expected.strip_prefix("refused") {
        Some(part) => found.starts_with("refused") && found.contains(part.trim_start_matches(": ")),
        None => found == expected,
    };
    assert!(good, "{what}: expected `{expected}`, found `{found}`");
}

/// Unpacks into a directory beside which nothing may appear.
fn beside<T: ToString, E: std::error::Error>(
    unpack: impl FnOnce(&std::path::Path) -> Result<Vec<T>, E>,
) -> Result<Vec<String>, String> {
    let outer = tempfile::tempdir().unwrap();
    let inner = outer.path().join("a/b");
    std::fs::create_dir_all(&inner).unwrap();
    let found = unpack(&inner);
    let names = |path: &std::path::Path| std::fs::read_dir(path).unwrap().count();
    assert_eq!(
        (names(outer.path()), names(&outer.path().join("a"))),
        (1, 1)
    );
    let found = found.map_err(|error| chain(&error))?;
    Ok(found.iter().map(ToString::to_string).collect())
}

fn check(what: &str, archive: &[u8], expected: &str) {
    let found = beside(|into| unpack_tarball_into(archive, into, &LIMITS));
    compare(what, found, expected);
}

fn one(name: &str) -> Vec<u8> {
    Archive::default().file(name, "x").finish()
}

#[test]
fn archives_behind_archives() {
    let (first, second) = (one("package/a"), one("package/b"));
    check("one", &first, "a");
    check(
        "another stream behind it",
        &[&first[..], &second].concat(),
        "refused",
    );
    check("zeros behind it", &[&first[..], &[0; 600]].concat(), "a");
    check(
        "text behind it",
        &[&first[..], b"#!/bin/sh"].concat(),
        "refused",
    );
    check(
        "text before it",
        &[b"#!/bin/sh\n", &first[..]].concat(),
        "refused",
    );
    let open = Archive::default().file("package/a", "x").compress();
    check(
        "an end in the next stream",
        &[&open[..], &second].concat(),
        "refused",
    );
    check("an archive of an archive", &gzip(&first), "refused");
    let mut late = Archive::default();
    late.file("package/a", "x").raw(&[0; 1024]);
    check(
        "a file after the end",
        &late.file("package/b", "x").finish(),
        "refused",
    );
    let mut half = Archive::default();
    half.file("package/a", "x").raw(&[0; 512]);
    check(
        "a file after half an end",
        &half.file("package/b", "x").finish(),
        "refused",
    );
}

#[test]
fn kinds_that_only_some_readers_know() {
    for kind in *b"DMNVAXIE" {
        let mut archive = Archive::default();
        archive.entry(b"package/d", EntryType::new(kind), 0o755, b"package/b\0");
        let archive = archive.file("package/a", "x").finish();
        check(&char::from(kind).to_string(), &archive, "refused");
    }
    // A link's long name before a plain file changes nothing, and before a link refuses with the link.
    let linked = |after: EntryType| {
        let mut archive = Archive::default();
        archive.entry(
            b"././@LongLink",
            EntryType::GNULongLink,
            0o644,
            b"/etc/passwd\0",
        );
        archive.entry(b"package/a", after, 0o644, b"").finish()
    };
    check("before a file", &linked(EntryType::Regular), "a");
    check(
        "before a link",
        &linked(EntryType::Symlink),
        "refused: symbolic link",
    );
    check(
        "before a hard link",
        &linked(EntryType::Link),
        "refused: hard link",
    );
}

#[test]
fn names_and_outer_directories() {
    for (names, expected) in [
        (&["package/a", "other/b"][..], "a b"),
        (&["package/a", "other/a"], "a"),
        (&["package/./a", "package//a"], "a"),
        (&["package/a/../b"], "refused: refused"),
        (&["package/./../../a"], "refused: refused"),
        (&["../package/a"], "refused: refused"),
        (&["./a"], "refused: refused"),
        (&["//host/share/a"], "refused: refused"),
        (&["package\\..\\..\\a"], "refused"),
        (&["package/..\\..\\a"], "refused: refused"),
        (&["package/\u{2025}/a"], "\u{2025}/a"),
        (&["package/a", "package/a/b"], "refused: collide"),
        (
            &["package/d\u{e9}/a", "other/de\u{301}/b"],
            "refused: collide",
        ),
        (&["package/a", "x"], "a"),
    ] {
        let mut archive = Archive::default();
        for name in names {
            archive.file(name, "x");
        }
        check(&format!("{names:?}"), &archive.finish(), expected);
    }
}

#[test]
fn wheels_with_a_second_face() {
    for (path, expected) in [
        ("p/more.py", "site/p/more.py"),
        ("P-1.0.DIST-INFO/entry_points.txt", "refused: collide"),
        ("q-1.0.dist-info/entry_points.txt", "refused: not one"),
        ("p-2.0.dist-info/METADATA", "refused: not one"),
        ("p-1.0.data/purelib/p/__init__.py", "refused: collide"),
        ("p-1.0.data/scripts/python", "scripts/python"),
        ("p-1.0.data/scripts/../x", "refused: refused"),
        ("p-1.0.data/data/../../x", "refused: refused"),
        ("p-1.0.data/headers/x.h", "headers/x.h"),
        ("p-1.0.data/stdlib/os.py", "refused: unknown scheme"),
        // Not this wheel's data: modules, and found by nobody.
        ("Q-1.0.data/scripts/sh", "site/Q-1.0.data/scripts/sh"),
        ("p-1.0.dist-info/./RECORD", "refused: refused"),
        ("evil.pth", "site/evil.pth"),
        ("sitecustomize.py", "site/sitecustomize.py"),
        ("/usr/lib/python3/os.py", "refused: refused"),
        ("C:\\x.py", "refused: refused"),
    ] {
        let wheel = Wheel::new("p 1.0").file(path, "x").bytes();
        let name = WheelName::parse("p-1.0-py3-none-any.whl").unwrap();
        let found = beside(|into| unpack_wheel_into(&wheel, &name, into, &LIMITS));
        let own = |file: &String| file != "site/p/__init__.py" && !file.contains(".dist-info/");
        let found = found.map(|files| files.into_iter().filter(own).collect());
        compare(path, found, expected);
    }
}

#[test]
fn entry_points_with_odd_names_are_no_commands() {
    for (line, expected) in [
        ("x = p:main", "x"),
        ("python = p:main", "python"),
        ("x = p.q:App.run [extra]", "x"),
        ("../x = p:main", ""),
        ("/usr/bin/x = p:main", ""),
        ("-x = p:main", ""),
        (".x = p:main", ""),
        ("x y = p:main", ""),
        ("x\u{200b} = p:main", ""),
        ("\u{445} = p:main", ""),
        ("x = p:main()", ""),
        ("x = p:main; import os", ""),
        ("x = p:__import__('os').system", ""),
        ("x = p", ""),
        ("x = :main", ""),
        ("x = p:", ""),
        ("x = p..q:main", ""),
        ("x = p:main\"", ""),
        ("= p:main", ""),
    ] {
        let found = EntryPoint::commands(&format!("[console_scripts]\n{line}\n"));
        let found: Vec<_> = found.iter().map(|entry| entry.command.as_str()).collect();
        assert_eq!(found.join(" "), expected, "{line}");
    }
}
