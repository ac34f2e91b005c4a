//! Registries that answer with absurd descriptions: refused, or read as far as it makes sense, in bounded time and memory.

mod support;

use interlock_supply::{
    npm::{PackageName, Packument},
    pypi::{Listing, Name},
};
use serde_json::{Value, json};
use support::{
    World, chain, layout,
    package::{Package, integrity},
    server::Answer,
    wheel,
};
use url::Url;

/// Locks `app` where `change` was made to the registry; the tree on one line, or a part of the error.
fn check(what: &str, change: impl FnOnce(&World), expected: &str) {
    let world = World::of("app@1.0.0 a=1\n a@1.0.0");
    change(&world);
    let found = match world.lock("app") {
        Ok(locked) => layout(&locked).replace('\n', ", "),
        Err(error) => format!("refused: {}", chain(&error)),
    };
    let good = match expected.strip_prefix("refused: ") {
        Some(part) => found.starts_with("refused: ") && found.contains(part),
        None => found == expected,
    };
    assert!(good, "{what}: expected `{expected}`, found `{found}`");
}

/// The description of `app` as the registry has it, changed.
fn described(change: impl FnOnce(&mut Value)) -> impl FnOnce(&World) {
    |world| {
        let package = Package::new("app", "1.0.0");
        let version = json!({ "name": "app", "version": "1.0.0", "bin": "index.js",
            "dist": { "integrity": integrity(&package.bytes()), "tarball": "" } });
        world
            .server
            .put(&package.archive_path(), Answer::new(package.bytes()));
        let mut document = json!({ "name": "app", "dist-tags": { "latest": "1.0.0" },
            "versions": { "1.0.0": version } });
        change(&mut document);
        world.server.put("/app", Answer::new(document.to_string()));
    }
}

#[test]
fn sizes_and_depths() {
    let nested = |open: &str, close: &str| {
        let deep = format!("{}{}", open.repeat(100_000), close.repeat(100_000));
        format!(r#"{{"name":"app","dist-tags":{{}},"versions":{deep}}}"#)
    };
    check(
        "lists in lists",
        |w| w.server.put("/app", Answer::new(nested("[", "]"))),
        "refused: malformed",
    );
    check(
        "objects in objects",
        |w| w.server.put("/app", Answer::new(nested("{\"a\":", "}"))),
        "refused: malformed",
    );
    let said = |w: &World| {
        w.server
            .change("/app", |answer| answer.length = Some(100 << 20))
    };
    check(
        "a hundred megabytes, as it says",
        said,
        "refused: larger than 67108864 bytes",
    );
    let sent = |w: &World| {
        let mut text = Vec::from(&b"{\"name\":\"app\",\"readme\":\""[..]);
        text.resize((64 << 20) + 1, b'x');
        w.server.put("/app", Answer::new(text));
    };
    check(
        "more than it may, as it comes",
        sent,
        "refused: larger than 67108864 bytes",
    );
    check(
        "a long name of a version",
        described(|it| {
            it["versions"]["1".repeat(1 << 20)] = json!({});
        }),
        "app 1.0.0",
    );
}

#[test]
fn a_hundred_thousand_versions() {
    check(
        "all of them listed",
        described(|it| {
            let versions = it["versions"].as_object_mut().unwrap();
            versions.extend(
                (0..100_000).map(|number| (format!("0.0.{number}"), json!({ "name": "app" }))),
            );
        }),
        "app 1.0.0",
    );
    check(
        "all of them wanted",
        described(|it| {
            let own = it["versions"]["1.0.0"].clone();
            let versions = it["versions"].as_object_mut().unwrap();
            versions.extend((1..20_000).map(|number| {
                let mut version = own.clone();
                version["version"] = json!(format!("0.0.{number}"));
                (format!("0.0.{number}"), version)
            }));
            it["dist-tags"] = json!({});
        }),
        "app 1.0.0",
    );
}

#[test]
fn tags_and_keys() {
    for (what, tags, expected) in [
        ("none", json!({}), "app 1.0.0"),
        ("to nowhere", json!({ "latest": "9.9.9" }), "app 1.0.0"),
        ("to no version", json!({ "latest": "latest" }), "app 1.0.0"),
        (
            "to a prototype",
            json!({ "latest": "__proto__" }),
            "app 1.0.0",
        ),
        ("to a number", json!({ "latest": 1 }), "refused: malformed"),
        ("no object", json!("1.0.0"), "refused: malformed"),
        (
            "with odd names",
            json!({ "__proto__": "1.0.0", "constructor": "x", "": "", "latest": "1.0.0" }),
            "app 1.0.0",
        ),
    ] {
        check(what, described(|it| it["dist-tags"] = tags), expected);
    }
    let odd = json!({ "version": "1.0.0" });
    for key in [
        "__proto__",
        "constructor",
        "toString",
        "hasOwnProperty",
        "",
        " ",
        "1",
        "v1.0.0",
        "1.0.0 ",
    ] {
        check(
            key,
            described(|it| it["versions"][key] = odd.clone()),
            "app 1.0.0",
        );
    }
    let names = ["../a", "a/b", "", ".", "\u{202e}a", &"a".repeat(300)];
    for name in names {
        let needs = json!({ name: "1" });
        let change = described(|it| it["versions"]["1.0.0"]["dependencies"] = needs);
        check(name, change, "app 1.0.0");
    }
    // A name like any other, which nobody has published.
    let needs = json!({ "__proto__": "1", "constructor": "1" });
    let change = described(|it| it["versions"]["1.0.0"]["dependencies"] = needs);
    check("prototypes", change, "refused: not found");
    let twice = |world: &World| {
        let text = r#"{"name":"app","versions":{},"versions":{"1.0.0":{}}}"#;
        world.server.put("/app", Answer::new(text));
    };
    check("one key twice", twice, "refused: malformed");
}

#[test]
fn dependencies_that_go_round() {
    for (packages, expected) in [
        ("app@1.0.0 app=1", "app 1.0.0"),
        ("app@1.0.0 a=1\n a@1.0.0 app=1", "a 1.0.0, app 1.0.0"),
        (
            "app@1.0.0 a=1\n a@1.0.0 b=1\n b@1.0.0 a=1",
            "a 1.0.0, app 1.0.0, b 1.0.0",
        ),
        (
            "app@1.0.0 a=1\n a@1.0.0 ^b=1\n b@1.0.0 ^a=1",
            "a 1.0.0, app 1.0.0, b 1.0.0",
        ),
        // Each wants the other version of the other: a tree without end, if nobody looks.
        (
            "app@1.0.0 a=1 b=1\n a@1.0.0 b=2\n a@2.0.0 b=1\n b@1.0.0 a=2\n b@2.0.0 a=1",
            "a 1.0.0, a/b 2.0.0, app 1.0.0, b 1.0.0, b/a 2.0.0",
        ),
    ] {
        let world = World::of(packages);
        let found = layout(&world.lock("app").map_err(|error| chain(&error)).unwrap());
        assert_eq!(found.replace('\n', ", "), expected, "{packages}");
    }
}

#[test]
fn descriptions_are_read_one_version_at_a_time() {
    let versions: String = (0..100_000)
        .map(|number| format!(r#""1.0.{number}":[[[[]]]],"#))
        .collect();
    let text = format!(r#"{{"name":"p","versions":{{{versions}"2.0.0":{{}}}}}}"#);
    let packument = Packument::parse(&PackageName::new("p").unwrap(), &text).unwrap();
    assert_eq!(packument.versions().count(), 100_001);
    let one = packument.versions().next().unwrap();
    assert!(packument.manifest(&one).is_err(), "no digest");
}

/// What an index may list: how many wheels are found in it, or none where it is refused.
#[test]
fn listings() {
    let file = |change: &dyn Fn(&mut Value)| {
        let mut file = json!({ "filename": "p-1.0-py3-none-any.whl", "url": "p-1.0-py3-none-any.whl",
            "hashes": { "sha256": "ab".repeat(32) } });
        change(&mut file);
        json!({ "name": "p", "files": [file] }).to_string()
    };
    let set = |key: &'static str, value: Value| file(&move |file| file[key] = value.clone());
    let digest = "ab".repeat(32);
    let html = |attributes: &str| format!("<a {attributes}>p-1.0-py3-none-any.whl</a>");
    for (what, text, expected) in [
        ("as usual", file(&|_| ()), Some(1)),
        ("no digest", set("hashes", json!({})), Some(0)),
        (
            "an old digest",
            set("hashes", json!({ "md5": "ab".repeat(16) })),
            Some(0),
        ),
        (
            "a digest in words",
            set("hashes", json!({ "sha256": "x" })),
            Some(0),
        ),
        ("digests of another kind", set("hashes", json!([])), None),
        (
            "another package",
            set("filename", json!("q-1.0-py3-none-any.whl")),
            Some(0),
        ),
        (
            "a path",
            set("filename", json!("../p-1.0-py3-none-any.whl")),
            Some(0),
        ),
        (
            "no wheel",
            set("filename", json!("p-1.0-py3-none-any.exe")),
            Some(0),
        ),
        (
            "a long name",
            set(
                "filename",
                json!("p-1.0-".to_owned() + &"x".repeat(1 << 20) + "-none-any.whl"),
            ),
            Some(0),
        ),
        (
            "an address of nothing",
            set("url", json!("http://[")),
            Some(0),
        ),
        (
            "a condition that is none",
            set("requires-python", json!(">=what")),
            Some(1),
        ),
        ("a negative size", set("size", json!(-1)), None),
        ("a size in words", set("size", json!("big")), None),
        (
            "withdrawn for an odd reason",
            set("yanked", json!({ "__proto__": 1 })),
            Some(1),
        ),
        (
            "metadata of an odd kind",
            set("core-metadata", json!([[[]]])),
            Some(1),
        ),
        (
            "another's listing",
            json!({ "name": "q", "files": [] }).to_string(),
            None,
        ),
        ("no name", json!({ "files": [] }).to_string(), Some(0)),
        ("nested", "{\"a\":".repeat(100_000), None),
        (
            "html",
            html(&format!("href='x.whl#sha256={digest}'")),
            Some(1),
        ),
        ("html without a digest", html("href='x.whl'"), Some(0)),
        ("html without an address", html("name=x"), Some(0)),
        (
            "html that does not end",
            "<a href='x#sha256=".repeat(10_000),
            Some(0),
        ),
        (
            "html of entities",
            "&#x41;&amp;&nothing;".repeat(10_000),
            Some(0),
        ),
    ] {
        let name = Name::new("p").unwrap();
        let base = Url::parse("https://h.example/simple/p/").unwrap();
        let found = Listing::parse(&text, &name, &base).ok();
        let found = found.map(|listing| listing.wheels.values().map(Vec::len).sum::<usize>());
        assert_eq!(found, expected, "{what}");
    }
    let many: Vec<Value> = (0..100_000)
        .map(|number| json!({ "filename": format!("p-{number}-py3-none-any.whl"), "url": "x", "hashes": { "sha256": digest } }))
        .collect();
    let text = json!({ "name": "p", "files": many }).to_string();
    let listing = Listing::parse(
        &text,
        &Name::new("p").unwrap(),
        &Url::parse("https://h/").unwrap(),
    );
    assert_eq!(listing.unwrap().wheels.len(), 100_000);
}

#[test]
fn indexes() {
    type Change = fn(&wheel::World);
    let changes: [(&str, Change, &str); 4] = [
        (
            "a listing as long as it says",
            |w| {
                w.server
                    .change("/simple/app/", |it| it.length = Some(1 << 40))
            },
            "larger than 100663296 bytes",
        ),
        (
            "metadata as long as it says",
            |w| {
                w.server
                    .change("/files/app-1.0-py3-none-any.whl.metadata", |it| {
                        it.length = Some(1 << 40)
                    });
            },
            "larger than 8388608 bytes",
        ),
        (
            "a wheel as long as it says",
            |w| {
                w.server.change("/files/app-1.0-py3-none-any.whl", |it| {
                    it.length = Some(1 << 40)
                });
            },
            "larger than 536870912 bytes",
        ),
        (
            "a wheel that is a page",
            |w| {
                w.server
                    .put("/files/app-1.0-py3-none-any.whl", Answer::new("<html>"))
            },
            "not the expected one",
        ),
    ];
    for (what, change, expected) in changes {
        let world = wheel::World::of("app 1.0:");
        change(&world);
        let found = chain(&world.lock("app").unwrap_err());
        assert!(found.contains(expected), "{what}: {found}");
    }
    // Each needs the next one, and the last one the first.
    let ring: String = (0..60)
        .map(|number| format!("p{number} 1.0: p{}\n", (number + 1) % 60))
        .collect();
    let world = wheel::World::of(&ring);
    assert_eq!(world.lock("p0").unwrap().tree.packages.len(), 60);
}
