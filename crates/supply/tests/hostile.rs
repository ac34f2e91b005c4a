//! What a hostile or broken registry and hostile archives can try, and that each is refused.

#![expect(clippy::unwrap_used, reason = "test helpers fail by panicking")]

mod support;

use serde_json::json;
use support::{
    World, chain,
    package::{Archive, Package, gzip, integrity, publish},
    server::{Answer, Server},
};
use tar::EntryType;

const MANIFEST: &str = r#"{"name":"app","version":"1.0.0","bin":"index.js"}"#;

/// Locks `app` with this archive; compares the error's text ("" for none).
fn check(what: &str, archive: Vec<u8>, expected: &str) {
    let world = World::new(&[Package::new("app", "1.0.0").archive(archive)]);
    let found = world
        .lock("app")
        .map_or_else(|error| chain(&error), |_| String::new());
    let good = if expected.is_empty() {
        found.is_empty()
    } else {
        found.contains(expected)
    };
    assert!(good, "{what}: expected `{expected}`, found `{found}`");
    if !expected.is_empty() {
        assert!(world.store.list().unwrap().is_empty(), "{what}");
        let left = std::fs::read_dir(world.store.root().join("tmp"))
            .unwrap()
            .count();
        assert_eq!(left, 0, "{what}: nothing is left of it");
        assert!(!world.directory.path().join("evil").exists(), "{what}");
    }
}

/// A good archive with something more in it.
fn with(change: impl FnOnce(&mut Archive)) -> Vec<u8> {
    let mut archive = Archive::default();
    archive
        .file("package/package.json", MANIFEST)
        .file("package/index.js", "//");
    change(&mut archive);
    archive.finish()
}

/// Ends a chain of calls on an archive.
fn done(_: &mut Archive) {}

#[test]
fn paths() {
    for (path, expected) in [
        ("package/a/b.js", ""),
        ("package/./a//b.js", ""),
        ("other/a.js", ""),
        ("package/\u{540d}\u{524d}.js", ""),
        ("beside", ""),
        ("package/../../evil", "refused"),
        ("package/a/../../../evil", "refused"),
        ("../evil", "refused"),
        ("..", "refused"),
        ("./package/x", "refused"),
        ("/evil", "refused"),
        ("/package/evil", "refused"),
        ("//evil/x", "refused"),
        ("package/..\\evil", "refused"),
        ("package/C:\\evil", "refused"),
        ("package/a\nb", "refused"),
        ("package/a\u{1b}[2J", "refused"),
        ("package/gpj.\u{202e}exe", "refused"),
        ("package/a\u{200b}", "refused"),
    ] {
        check(
            path,
            with(|archive| done(archive.file(path, "x"))),
            expected,
        );
    }
    check(
        "not utf-8",
        with(|a| done(a.entry(b"package/\xff", EntryType::Regular, 0o644, b""))),
        "refused",
    );
}

#[test]
fn long_paths() {
    let long = |length: usize| {
        let path = format!("package/{}", "a".repeat(length));
        with(|archive| {
            archive.entry(
                b"././@LongLink",
                EntryType::GNULongName,
                0o644,
                format!("{path}\0").as_bytes(),
            );
            archive.file("package/short", "x");
        })
    };
    check("200", long(200), "");
    check("256", long(256), "too long");
    check("5000", long(5000), "too long");
    let deep = format!("package/{}/../../evil", "a/".repeat(60));
    let text = format!("{} path={deep}\n", deep.len() + 10);
    let pax = with(|a| {
        a.entry(b"package/p", EntryType::XHeader, 0o644, text.as_bytes())
            .file("package/ok", "x");
    });
    check("traversal in an extended header", pax, "refused");
}

#[test]
fn kinds() {
    for (kind, expected) in [
        (EntryType::Symlink, "symbolic link"),
        (EntryType::Link, "hard link"),
        (EntryType::Char, "device"),
        (EntryType::Block, "device"),
        (EntryType::Fifo, "pipe"),
        (EntryType::new(b'V'), "unknown kind"),
        (EntryType::Directory, ""),
    ] {
        check(
            expected,
            with(|archive| done(archive.link("package/x", kind, "/etc/passwd"))),
            expected,
        );
    }
    // The classic: a link to a directory, then a file through it.
    let through = with(|a| {
        done(
            a.link("package/d", EntryType::Symlink, "../../..")
                .file("package/d/evil", "x"),
        )
    });
    check("through a link", through, "symbolic link");
}

#[test]
fn collisions() {
    for (first, second, expected) in [
        ("package/a.js", "package/b.js", ""),
        ("package/a.js", "package/A.js", "collide"),
        ("package/lib/a.js", "package/LIB/b.js", "collide"),
        ("package/a", "package/a/b", "collide"),
        ("package/a/b", "package/a", "collide"),
        ("package/caf\u{e9}", "package/cafe\u{301}", "collide"),
        ("package/x.js", "other/x.js", "collide"),
        ("package/Index.js", "package/y", "collide"),
    ] {
        check(
            first,
            with(|archive| done(archive.file(first, "1").file(second, "2"))),
            expected,
        );
    }
    check(
        "twice the same",
        with(|a| done(a.file("package/index.js", "//"))),
        "",
    );
    check(
        "twice, not the same",
        with(|a| done(a.file("package/index.js", "evil"))),
        "collide",
    );
    let modes = with(|a| done(a.entry(b"package/index.js", EntryType::Regular, 0o755, b"//")));
    check("twice with other modes", modes, "collide");
}

#[test]
fn damaged_archives() {
    let good = with(|_| {});
    let mut plain = Archive::default();
    plain.file("package/index.js", "//");
    for (what, archive, expected) in [
        ("good", good.clone(), ""),
        ("empty", Vec::new(), "damaged"),
        ("not gzip", b"hello".to_vec(), "damaged"),
        ("not tar", gzip(&[7; 2048]), "damaged"),
        ("no entries", gzip(&[0; 1024]), "no file"),
        ("cut", good[..good.len() / 2].to_vec(), "damaged"),
        (
            "bad checksum",
            [&good[..good.len() - 8], &[0; 8]].concat(),
            "damaged",
        ),
        (
            "garbage behind",
            [&good[..], b"garbage"].concat(),
            "follows the end",
        ),
        ("zeros behind", [&good[..], &[0; 512]].concat(), ""),
        (
            "second member",
            [&good[..], &good[..]].concat(),
            "follows the end",
        ),
        (
            "entries behind the end",
            with(|a| done(a.raw(&[0; 1024]).file("package/evil", "x"))),
            "follows the end",
        ),
        ("no end mark", plain.compress(), "no command"),
        (
            "size beyond the data",
            with(|a| {
                done(a.sized(b"package/big", EntryType::Regular, 0o644, 1 << 40, b"x"));
            }),
            "more than",
        ),
    ] {
        check(what, archive, expected);
    }
}

#[test]
fn modes_are_normalised() {
    use std::os::unix::fs::PermissionsExt;
    let archive = with(|archive| {
        archive.entry(b"package/setuid", EntryType::Regular, 0o6777, b"x");
        archive.entry(b"package/secret", EntryType::Regular, 0o000, b"x");
        archive.entry(b"package/tool", EntryType::Regular, 0o100, b"x");
    });
    let world = World::new(&[Package::new("app", "1.0.0").archive(archive)]);
    let locked = world.lock("app").unwrap();
    let root = world.tree(&locked).join("root/node_modules/app");
    for (file, mode) in [
        ("setuid", 0o555),
        ("secret", 0o444),
        ("tool", 0o555),
        ("package.json", 0o444),
        ("index.js", 0o555),
        ("", 0o555),
    ] {
        assert_eq!(
            std::fs::metadata(root.join(file))
                .unwrap()
                .permissions()
                .mode()
                & 0o7777,
            mode,
            "{file}"
        );
    }
}

/// Locks `app` after `change` to the registry; compares the error's text.
fn registry(what: &str, change: impl FnOnce(&World), expected: &str) {
    let world = World::of("app@1.0.0 a=1\n a@1.0.0");
    change(&world);
    let found = world
        .lock("app")
        .map_or_else(|error| chain(&error), |_| String::new());
    let good = if expected.is_empty() {
        found.is_empty()
    } else {
        found.contains(expected)
    };
    assert!(good, "{what}: expected `{expected}`, found `{found}`");
}

fn described(world: &World, package: Package) {
    publish(&world.server, &[package]);
}

#[test]
fn answers_of_the_registry() {
    let app = || Package::new("app", "1.0.0");
    let body = |text: &'static str| move |w: &World| w.server.put("/app", Answer::new(text));
    let status = |code| move |w: &World| w.server.put("/app", Answer::status(code));
    let archive = "/app/-/app-1.0.0.tgz";
    registry("good", |_| {}, "");
    registry("not json", body("<html>"), "malformed");
    registry("a list", body("[]"), "malformed");
    registry("cut", body(r#"{"name":"app","versions":{"#), "malformed");
    registry(
        "about another",
        body(r#"{"name":"b","dist-tags":{},"versions":{}}"#),
        "answered about `b`",
    );
    registry(
        "no versions",
        body(r#"{"name":"app"}"#),
        "no published version",
    );
    registry(
        "versions of a wrong kind",
        body(r#"{"name":"app","versions":[]}"#),
        "malformed",
    );
    registry(
        "nested deep",
        |w| w.server.put("/app", Answer::new("[".repeat(100_000))),
        "malformed",
    );
    registry("gone", status(404), "not found");
    registry("login wanted", status(401), "check the login");
    registry("forbidden", status(403), "check the login");
    registry("broken", status(500), "status 500");
    registry("teapot", status(418), "status 418");
    registry(
        "other version inside",
        |w| described(w, app().listed("version", json!("2.0.0"))),
        "calls itself `2.0.0`",
    );
    registry(
        "other name inside",
        |w| described(w, app().listed("name", json!("evil"))),
        "answered about `evil`",
    );
    registry(
        "no digest",
        |w| described(w, app().listed("dist", json!({}))),
        "no usable digest",
    );
    registry(
        "sha1 only",
        |w| {
            described(
                w,
                app().listed(
                    "dist",
                    json!({ "integrity": "sha1-2jmj7l5rSw0yVb/vlWAYkK/YBwk=" }),
                ),
            );
        },
        "older algorithms",
    );
    registry(
        "other bytes",
        |w| w.server.put(archive, Answer::new(b"other".to_vec())),
        "not the expected one",
    );
    registry(
        "one bit",
        |w| w.server.change(archive, |answer| answer.body[20] ^= 1),
        "not the expected one",
    );
    registry(
        "archive gone",
        |w| w.server.put(archive, Answer::status(404)),
        "not found",
    );
    registry(
        "length too large",
        |w| w.server.change(archive, |a| a.length = Some(1 << 40)),
        "larger than",
    );
    registry(
        "dropped once",
        |w| w.server.change("/app", |answer| answer.drops = 1),
        "",
    );
    registry(
        "archive dropped twice",
        |w| w.server.change(archive, |answer| answer.drops = 2),
        "",
    );
    registry(
        "busy once",
        |w| w.server.change("/a", |answer| answer.busy = 1),
        "",
    );
    registry(
        "busy always",
        |w| w.server.change("/a", |answer| answer.busy = 100),
        "status 503",
    );
}

#[test]
fn absurd_fields_are_read_as_absent() {
    let wrong = [
        json!(null),
        json!(7),
        json!("x"),
        json!([1, {}]),
        json!({ "b": {} }),
        json!(true),
    ];
    for key in [
        "dependencies",
        "optionalDependencies",
        "peerDependencies",
        "peerDependenciesMeta",
        "os",
        "engines",
        "bundleDependencies",
        "scripts",
        "deprecated",
        "libc",
    ] {
        for value in &wrong {
            if key == "os" && value.is_string() || key == "libc" && value.is_string() {
                continue;
            }
            let world = World::new(&[Package::new("app", "1.0.0").listed(key, value.clone())]);
            let locked = world.lock("app").map_err(|error| chain(&error));
            assert!(locked.is_ok(), "{key} {value}: {locked:?}");
        }
    }
    let names = json!({ "../evil": "1", "a b": "1", "": "1" });
    let world = World::new(&[Package::new("app", "1.0.0").listed("dependencies", names)]);
    assert_eq!(world.lock("app").unwrap().tree.packages.len(), 1);
}

#[test]
fn archives_are_fetched_from_admissible_addresses_only() {
    let listed = |address: String| {
        let package = Package::new("app", "1.0.0");
        let digest = integrity(&package.bytes());
        package.listed("dist", json!({ "integrity": digest, "tarball": address }))
    };
    let other = Server::start();
    let bytes = Package::new("app", "1.0.0").bytes();
    other.put("/x.tgz", Answer::new(bytes));
    for (address, expected) in [
        (format!("{}x.tgz", other.url()), "is not an https address"),
        ("file:///etc/passwd".to_owned(), "is not an https address"),
        ("ftp://host/x".to_owned(), "is not an https address"),
        ("gopher".to_owned(), "is not an https address"),
        // Nothing listed: the usual place.
        (String::new(), ""),
        // The public registry's address means the configured registry.
        (
            "https://registry.npmjs.org/app/-/app-1.0.0.tgz".to_owned(),
            "",
        ),
    ] {
        let world = World::new(&[listed(address.clone())]);
        let found = world
            .lock("app")
            .map_or_else(|error| chain(&error), |_| String::new());
        assert!(
            found.contains(expected) && found.is_empty() == expected.is_empty(),
            "{address}: {found}"
        );
    }
    assert_eq!(other.asked().len(), 0);
}

#[test]
fn credentials_go_where_they_belong() {
    let mut world = World::of("app@1.0.0\n @corp/tool@1.0.0");
    let corp = Server::start();
    publish(&corp, &[Package::new("@corp/tool", "1.0.0")]);
    let place = corp.url().trim_start_matches("http:").to_owned();
    world.npmrc += &format!("@corp:registry={}\n{place}:_authToken=s3cret\n", corp.url());
    world.lock("app").unwrap();
    world.lock("@corp/tool").unwrap();
    assert!(
        world
            .server
            .asked()
            .iter()
            .all(|(_, login)| login.is_none())
    );
    assert_eq!(corp.asked().len(), 2);
    assert!(
        corp.asked()
            .iter()
            .all(|(_, login)| login.as_deref() == Some("Bearer s3cret"))
    );
    // A redirect elsewhere goes without it.
    let mut away = Answer::status(302);
    away.headers
        .push(("location", format!("{}app", world.server.url())));
    corp.put("/@corp%2ftool", away);
    world.server.forget();
    assert!(chain(&world.lock("@corp/tool@2").unwrap_err()).contains("answered about `app`"));
    assert_eq!(world.server.asked(), [("/app".to_owned(), None)]);
    // And nothing shows it.
    let path = world.directory.path().join("npmrc");
    std::fs::write(&path, &world.npmrc).unwrap();
    let config = interlock_supply::npm::Config::from_files(&[path], &|_| None).unwrap();
    let shown = format!("{config:?}");
    assert!(
        shown.contains("@corp") && !shown.contains("s3cret"),
        "{shown}"
    );
}

#[test]
fn nothing_of_a_package_runs() {
    let mark = tempfile::tempdir().unwrap();
    let command = format!("touch {}/ran", mark.path().display());
    let scripts = json!({ "preinstall": command, "install": command, "postinstall": command, "prepare": command });
    let world = World::new(&[
        Package::new("app", "1.0.0")
            .field("scripts", scripts)
            .field("dependencies", json!({ "g": "1" })),
        Package::new("g", "1.0.0").file("binding.gyp", "{}"),
    ]);
    let locked = world.lock("app").unwrap();
    let named: Vec<&str> = locked
        .tree
        .needs_install_script()
        .map(|package| package.name.as_str())
        .collect();
    assert_eq!(named, ["app", "g"]);
    assert_eq!(std::fs::read_dir(mark.path()).unwrap().count(), 0);
}

#[test]
fn a_registry_that_says_something_else_than_the_archive_is_reported() {
    for (package, expected) in [
        (Package::new("app", "1.0.0"), false),
        (
            Package::new("app", "1.0.0").listed("bin", json!({ "other": "index.js" })),
            true,
        ),
        (
            Package::new("app", "1.0.0")
                .field("dependencies", json!({ "a": "1" }))
                .listed("dependencies", json!({})),
            true,
        ),
    ] {
        let world = World::new(&[package]);
        let found = world.lock("app").unwrap().contradictions;
        assert_eq!(!found.is_empty(), expected, "{found:?}");
    }
}
