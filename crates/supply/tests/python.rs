//! Packages of the Python index, from a name to files that start: resolved, verified, stored, found again.

#![expect(clippy::panic, reason = "test helpers fail by panicking")]

mod support;

use interlock_launch::{
    Class, Interpreter as Runs, LockedPackage, PackageRef, PackageStore, Request, judge,
};
use interlock_supply::{Interpreter, LockedTree, pypi::Compiler};
use serde_json::json;
use std::{collections::BTreeSet, fs, os::unix::fs::PermissionsExt, path::Path};
use support::{
    chain, cleaned,
    server::{Answer, Server},
    wheel::{self, Wheel, World, packages, publish, sha256, wish},
};

/// Locks `wish`; what is chosen, or a part of the error.
fn check(world: &World, wish: &str, expected: &str) {
    let found = world
        .lock(wish)
        .map_or_else(|error| chain(&error), |locked| packages(&locked));
    let good = match expected.strip_prefix("refused: ") {
        Some(part) => found.contains(part),
        None => found == expected,
    };
    assert!(good, "{wish}: expected `{expected}`, found `{found}`");
}

#[test]
fn a_tree_is_resolved_stored_and_started_from() {
    let world = World::of(
        "app 1.0: lib>=2|win; sys_platform=='win32'|old; python_version<'3'\nlib 1.0:\nlib 2.1: leaf\nleaf 0.1:",
    );
    let locked = world.lock("app").unwrap();
    assert_eq!(packages(&locked), "app 1.0, leaf 0.1, lib 2.1");
    let tree = &locked.tree;
    assert_eq!(
        tree.target.as_deref(),
        Some("cpython-3.11.7-linux-x86_64-glibc-2.36")
    );
    assert_eq!(
        (tree.entry.file.as_str(), &tree.entry.interpreter),
        ("start/app.py", &Interpreter::IsolatedPython)
    );
    let start = world.read(&locked, "start/app.py");
    assert!(start.contains("import_module(\"app\")"), "{start}");
    assert!(
        world
            .read(&locked, "python/site/lib/__init__.py")
            .contains("lib 2.1")
    );
    for path in [
        "start/app.py",
        "python/site/app/__init__.py",
        "python/site",
        "start",
        "",
    ] {
        let mode = fs::metadata(world.root(&locked).join(path))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o222, 0, "{path} is read-only");
    }
    assert!(tree.integrity().unwrap().is_sha256());
    let text = serde_json::to_string(tree).unwrap();
    assert_eq!(serde_json::from_str::<LockedTree>(&text).unwrap(), *tree);
    // The same again, from what is stored: nothing is fetched but listings and metadata.
    world.server.forget();
    assert_eq!(world.lock("app").unwrap().tree, *tree);
    assert_eq!(
        world
            .server
            .asked()
            .iter()
            .filter(|(path, _)| path.ends_with(".whl"))
            .count(),
        0
    );
}

#[test]
fn wheels_for_this_interpreter() {
    let native = |version: &str, tags: &str| Wheel::new(&format!("app {version}")).tagged(tags);
    let world = World::new(&[
        native("1.0", "cp311-cp311-manylinux_2_17_x86_64"),
        native("1.0", "py3-none-any"),
        native("2.0", "cp312-cp312-manylinux_2_17_x86_64"),
        native("3.0", "cp311-cp311-win_amd64"),
        native("4.0", "py3-none-any").listed(json!({ "requires-python": ">=3.12" })),
        native("5.0", "py3-none-any").listed(json!({ "yanked": true })),
    ]);
    let locked = world.lock("app").unwrap();
    assert_eq!(packages(&locked), "app 1.0");
    assert_eq!(locked.seen.native, ["app@1.0"]);
    check(&world, "app==5.0", "app 5.0");
    assert_eq!(world.lock("app==5.0").unwrap().yanked, ["app@5.0"]);
    check(&world, "app==4.0", "refused: it is for Python >=3.12");
    check(
        &world,
        "app==3.0",
        "refused: it has no wheel for this system and Python",
    );
    check(&world, "app>5", "refused: the newest one is 1.0");
}

#[test]
fn a_source_archive_is_never_built() {
    let world = World::of("app 1.0: lib");
    let page = json!({ "name": "lib", "files": [{ "filename": "lib-1.0.tar.gz", "url": "/files/lib-1.0.tar.gz", "hashes": { "sha256": "00" } }] });
    world
        .server
        .put("/simple/lib/", Answer::new(page.to_string()));
    check(
        &world,
        "app",
        "refused: there is only a source archive, and to install one is to run its code",
    );
    assert_eq!(world.server.asked_for("tar.gz"), 0);
    check(&world, "nothing", "refused: it is on no configured index");
}

#[test]
fn a_plain_index_without_metadata() {
    let world = World::new(&[]);
    for wheel in [Wheel::new("app 1.0: lib"), Wheel::new("lib 1.0")] {
        let bytes = wheel.bytes();
        let name = wheel.file.split('-').next().unwrap();
        let page = format!(
            "<html><a href='../../files/{}#sha256={}'>{}</a></html>",
            wheel.file,
            sha256(&bytes),
            wheel.file
        );
        world
            .server
            .put(&format!("/simple/{name}/"), Answer::new(page));
        world
            .server
            .put(&format!("/files/{}", wheel.file), Answer::new(bytes));
    }
    check(&world, "app", "app 1.0, lib 1.0");
    assert_eq!(world.server.asked_for(".metadata"), 0);
    assert_eq!(world.server.asked_for("app-1.0-py3-none-any.whl"), 1);
}

#[test]
fn what_an_index_may_not_do() {
    // Another wheel than the listed one.
    let world = World::of("app 1.0:");
    let other = Wheel::new("app 1.0")
        .file("app/__init__.py", "evil")
        .bytes();
    world
        .server
        .put("/files/app-1.0-py3-none-any.whl", Answer::new(other));
    check(
        &world,
        "app",
        "refused: the archive is not the expected one",
    );
    assert!(world.store.list().unwrap().is_empty());
    // Other metadata than the listed one, and than the wheel's own.
    let world = World::of("app 1.0:");
    world.server.put(
        "/files/app-1.0-py3-none-any.whl.metadata",
        Answer::new("Name: app\nVersion: 1.0\n"),
    );
    check(&world, "app", "refused: is not the one that it lists");
    let hidden = "Metadata-Version: 2.1\nName: app\nVersion: 1.0\nRequires-Dist: evil\n";
    let world = World::new(&[
        Wheel::new("app 1.0")
            .listed(json!({ "core-metadata": { "sha256": sha256(hidden.as_bytes()) } })),
        Wheel::new("evil 1.0"),
    ]);
    world.server.put(
        "/files/app-1.0-py3-none-any.whl.metadata",
        Answer::new(hidden),
    );
    check(&world, "app", "refused: contradict each other");
    // Trouble is no reason to choose something else.
    let world = World::of("app 1.0:\napp 2.0:");
    world.server.put(
        "/files/app-2.0-py3-none-any.whl.metadata",
        Answer::status(403),
    );
    check(&world, "app", "refused: refused access");
    // The listing of another package.
    world.server.put(
        "/simple/app/",
        Answer::new("{\"name\":\"other\",\"files\":[]}"),
    );
    check(
        &world,
        "app",
        "refused: the index answered with package `other`",
    );
}

#[test]
fn a_name_belongs_to_the_first_index_that_has_it() {
    let mut world = World::of("app 1.0: lib");
    let company = Server::start();
    publish(&company, &[Wheel::new("lib 0.1")]);
    publish(&world.server, &[Wheel::new("lib 9.0")]);
    let login = company.url().replace("http://", "http://user:pass@");
    world.index = format!("{login}simple {}", world.index);
    check(&world, "app", "app 1.0, lib 0.1");
    assert!(
        company.asked().iter().all(|(_, login)| login.is_some()),
        "the login goes to its host"
    );
    assert!(
        world
            .server
            .asked()
            .iter()
            .all(|(_, login)| login.is_none()),
        "and nowhere else"
    );
}

#[test]
fn a_login_goes_to_its_index_and_to_nothing_that_the_index_names() {
    let company = Server::start();
    let world = wheel::World::of("lib 1.0:");
    let files = world.server.url();
    let there = format!("{files}files/lib-1.0-py3-none-any.whl");
    publish(
        &company,
        &[Wheel::new("lib 1.0").listed(json!({ "url": there }))],
    );
    let login = company.url().replace("http://", "http://user:pass@");
    let world = World {
        index: format!("{login}simple {files}simple"),
        ..world
    };
    check(&world, "lib", "lib 1.0");
    // The listing was redirected, and so was a wheel: nothing goes along.
    let mut away = Answer::status(302);
    away.headers
        .push(("location", format!("{files}simple/lib/")));
    company.put("/simple/lib/", away);
    check(&world, "lib", "lib 1.0");
    assert!(company.asked().len() >= 2 && company.asked().iter().all(|(_, login)| login.is_some()));
    let strangers = world.server.asked();
    assert!(
        strangers
            .iter()
            .any(|(path, _)| path.ends_with(".metadata"))
    );
    assert!(
        strangers.iter().all(|(_, login)| login.is_none()),
        "{strangers:?}"
    );
}

#[test]
fn commands() {
    let points = "[console_scripts]\none = app:main\ntwo = app.cli:Tool.run\n";
    let world = World::new(&[
        Wheel::new("app 1.0: lib").file("app-1.0.dist-info/entry_points.txt", points),
        Wheel::new("lib 1.0"),
        Wheel::new("none 1.0").file("none-1.0.dist-info/entry_points.txt", ""),
        Wheel::new("suite 1.0: core").file("suite-1.0.dist-info/entry_points.txt", ""),
        Wheel::new("core 1.0").file(
            "core-1.0.dist-info/entry_points.txt",
            "[console_scripts]\nsuite = core:main\n",
        ),
        Wheel::new("only 1.0").file(
            "only-1.0.dist-info/entry_points.txt",
            "[console_scripts]\nx = only:main\n",
        ),
        Wheel::new("tool 1.0")
            .file("tool-1.0.data/scripts/native", "\u{7f}ELF")
            .file("tool-1.0.data/scripts/script", "#!python\nprint()\n"),
    ]);
    for (wish, expected) in [
        ("app !two", "start/two.py"),
        ("app !one", "start/one.py"),
        ("app lib !lib", "start/lib.py"),
        ("app !lib", "start/lib.py"),
        ("suite", "start/suite.py"),
        ("suite !suite", "start/suite.py"),
        ("only", "start/x.py"),
        ("tool", "start/tool.py"),
        ("tool !native", "python/scripts/native"),
        ("tool !script", "start/script.py"),
    ] {
        assert_eq!(
            world.lock(wish).unwrap().tree.entry.file.as_str(),
            expected,
            "{wish}"
        );
    }
    for (wish, expected) in [
        (
            "app",
            "refused: has several commands: `one`, `two`; name one with `uvx --from app COMMAND`",
        ),
        (
            "app !other",
            "refused: there is no command `other` in it; it has `one`, `two`",
        ),
        ("none", "refused: it is a library"),
    ] {
        check(&world, wish, expected);
    }
    for (wish, expected) in [
        ("app !one", None),
        ("app lib !lib", None),
        ("app !lib", Some("lib@1.0")),
        ("suite", Some("core@1.0")),
    ] {
        let found = world.lock(wish).unwrap().seen.lender;
        assert_eq!(found.as_deref(), expected, "{wish}");
    }
}

/// The package that a command line names.
fn package_of(command: &str, args: &[&str]) -> PackageRef {
    match judge(&Request::new(command, args.iter().copied())).class {
        Class::Package(package) => package,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_launch_finds_the_tree_again() {
    let points = "[console_scripts]\napp = app:main\nother = app:main\n";
    let world = World::new(&[
        Wheel::new("app 1.0: lib").file("app-1.0.dist-info/entry_points.txt", points),
        Wheel::new("lib 1.0"),
    ]);
    let locked = world.lock("app").unwrap();
    let record = LockedPackage::from(&locked.tree);
    // Another wish with the same tree does not change what this one starts.
    assert_eq!(
        world.lock("app !other").unwrap().tree.digest,
        locked.tree.digest
    );
    assert_eq!(
        (
            record.ecosystem.as_str(),
            record.name.as_str(),
            record.version.as_str()
        ),
        ("pypi", "app", "1.0")
    );
    for (command, args, expected) in [
        ("uvx", &["app"][..], Some("start/app.py")),
        ("uvx", &["App==1.0", "--flag"], Some("start/app.py")),
        ("uvx", &["--from", "app", "other"], Some("start/other.py")),
        ("uv", &["tool", "run", "app"], Some("start/app.py")),
        ("pipx", &["run", "app"], Some("start/app.py")),
        ("uvx", &["--from", "app", "lib"], Some("start/lib.py")),
        ("uvx", &["--from", "app", "none"], None),
        (
            "uvx",
            &["--with", "lib>=1", "--from", "app", "lib"],
            Some("start/lib.py"),
        ),
    ] {
        let found = PackageStore::locate(
            &world.store,
            &package_of(command, args),
            &record,
            std::path::Path::new("/"),
        );
        let found = found.ok().map(|found| {
            assert_eq!(found.interpreter, Runs::IsolatedPython);
            found
                .entry
                .strip_prefix(&found.root)
                .unwrap()
                .to_str()
                .unwrap()
                .to_owned()
        });
        assert_eq!(found.as_deref(), expected, "{args:?}");
    }
}

#[test]
fn off_line_and_elsewhere() {
    let world = World::of("app 1.0:\napp 2.0:");
    let old = world.lock("app<2").unwrap();
    let new = world.lock("app").unwrap();
    world.server.forget();
    let offline = |wish: &str| world.lock_with(wish, true, None).map(|locked| locked.tree);
    assert_eq!(offline("app").unwrap(), new.tree);
    assert_eq!(offline("app==1.0").unwrap(), old.tree);
    assert!(chain(&offline("app>2").unwrap_err()).contains("--offline"));
    assert!(offline("lib").is_err() && offline("app !other").is_err());
    assert!(world.server.asked().is_empty());
    // Locked here, installed into another store from the record alone.
    let elsewhere = World {
        store: interlock_supply::Store::open(&world.directory.path().join("second")).unwrap(),
        ..World::new(&[])
    };
    let index = world.index(false);
    elsewhere
        .locker(&index, None)
        .install(&wish("app"), &new.tree)
        .unwrap();
    assert_eq!(
        elsewhere.read(&new, "start/app.py"),
        world.read(&new, "start/app.py")
    );
    // What somebody else's record may not say.
    let forge = |change: &dyn Fn(&mut LockedTree)| {
        let mut forged = old.tree.clone();
        forged.digest = interlock_supply::TreeDigest::from_bytes([0; 32]);
        change(&mut forged);
        let refused = elsewhere
            .locker(&index, None)
            .install(&wish("app"), &forged);
        chain(&refused.unwrap_err())
    };
    for (found, expected) in [
        (forge(&|_| {}), "the tree is not the locked one"),
        (
            forge(&|tree| tree.packages[0].version = new.tree.version.clone()),
            "the index lists no file of `app@2.0` with the locked digest",
        ),
        (
            forge(&|tree| tree.packages[0].integrity = new.tree.packages[0].integrity.clone()),
            "the index lists no file of `app@1.0`",
        ),
        (
            forge(&|tree| tree.target = Some("cpython-3.12.1-linux-x86_64-glibc-2.36".into())),
            "it is locked for cpython-3.12.1",
        ),
        (
            forge(&|tree| tree.target = None),
            "it is locked for no Python",
        ),
        (
            forge(&|tree| (tree.digest, tree.entry.command) = (old.tree.digest, "other".into())),
            "is locked as what `other` starts",
        ),
    ] {
        assert!(found.contains(expected), "{found}");
    }
    // Where a record says that a wheel is, is not believed.
    let mut moved = old.tree.clone();
    moved.packages[0].archive = Some("https://evil.invalid/app-1.0-py3-none-any.whl".into());
    elsewhere
        .locker(&index, None)
        .install(&wish("app"), &moved)
        .unwrap();
}

#[test]
fn a_lock_has_what_is_needed_and_nothing_besides() {
    let world = World::of("app 1.0: lib<2\nlib 1.0:\nlib 2.0:\nextra 1.0:");
    let app = world.lock("app").unwrap().tree;
    let other = |name: &str| world.lock(name).unwrap().tree.packages;
    let elsewhere = World {
        store: interlock_supply::Store::open(&world.directory.path().join("second")).unwrap(),
        ..World::new(&[])
    };
    let index = world.index(false);
    let check = |asked: &str, change: &dyn Fn(&mut LockedTree), expected: &str| {
        let mut forged = app.clone();
        change(&mut forged);
        let refused = elsewhere
            .locker(&index, None)
            .install(&wish(asked), &forged);
        let found = chain(&refused.unwrap_err());
        assert!(found.contains(expected), "{found}");
    };
    let without = |tree: &mut LockedTree| {
        tree.packages
            .retain(|package| package.name.to_string() != "lib");
    };
    check("app", &without, "no package that satisfies `lib<2`");
    let newer = |tree: &mut LockedTree| {
        without(tree);
        tree.packages.extend(other("lib"));
    };
    check("app", &newer, "no package that satisfies `lib<2`");
    let more = |tree: &mut LockedTree| tree.packages.extend(other("extra"));
    check("app", &more, "`extra`, which nothing in it needs");
    check("extra", &|_| {}, "no package that satisfies `extra`");
    elsewhere
        .locker(&index, None)
        .install(&wish("app"), &app)
        .unwrap();
}

#[test]
fn damage_is_found_before_it_is_run() {
    let world = World::of("app 1.0: lib\nlib 1.0:");
    let locked = world.lock("app").unwrap();
    assert!(world.store.verify().unwrap().is_clean());
    world.store.locate(&locked.tree).unwrap();
    for path in ["start/app.py", "python/site/lib/__init__.py"] {
        let path = world.root(&locked).join(path);
        let before = fs::read(&path).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        fs::write(&path, b"import evil\n").unwrap();
        assert!(world.store.locate(&locked.tree).is_err(), "{path:?}");
        assert!(!world.store.verify().unwrap().is_clean());
        fs::write(&path, before).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o444)).unwrap();
        world.store.locate(&locked.tree).unwrap();
    }
    let kept = cleaned(&world.store, &BTreeSet::from([locked.tree.digest]), None);
    assert_eq!((kept.trees, kept.packages), (0, 0));
    assert_eq!(cleaned(&world.store, &BTreeSet::new(), None).packages, 2);
}

#[test]
fn files_that_several_packages_have() {
    let shared = |name: &str, text: &str| Wheel::new(name).file("tests/__init__.py", text);
    let world = World::new(&[shared("app 1.0: lib", "same"), shared("lib 1.0", "same")]);
    assert_eq!(
        world.read(&world.lock("app").unwrap(), "python/site/tests/__init__.py"),
        "same"
    );
    let world = World::new(&[shared("app 1.0: lib", "one"), shared("lib 1.0", "two")]);
    check(
        &world,
        "app",
        "refused: two packages have a file at `python/site/tests/__init__.py`",
    );
    let startup = World::new(&[Wheel::new("app 1.0")
        .file("x.pth", "import os")
        .file("app/y.pth", "")]);
    assert_eq!(
        startup.lock("app").unwrap().seen.startup,
        ["site/x.pth of app@1.0"]
    );
}

/// Makes "bytecode" of every module, or something else.
struct Fake(&'static str);

impl Compiler for Fake {
    fn compile(&self, root: &Path) -> Result<Vec<(String, Vec<u8>)>, String> {
        assert!(root.join("python/site/app/__init__.py").is_file());
        let bytes = b"\xa7\r\r\n\x01\0\0\0hashhashcode".to_vec();
        match self.0 {
            "" => Err("there is no sandbox".into()),
            path => Ok(vec![(path.to_owned(), bytes)]),
        }
    }
}

#[test]
fn bytecode_is_part_of_the_tree() {
    let world = World::of("app 1.0:");
    let plain = world.lock("app").unwrap().tree;
    let compiler = Fake("python/site/app/__pycache__/__init__.cpython-311.pyc");
    let locked = world.lock_with("app", false, Some(&compiler)).unwrap();
    assert_eq!(
        (locked.tree.sources, &locked.uncompiled),
        (Some(plain.digest), &None)
    );
    assert_eq!(locked.tree.files, plain.files + 1);
    assert!(world.root(&locked).join(compiler.0).is_file());
    // What another compiler made before is no bytecode of this one: each lock makes its own.
    let again = world.lock_with("app", false, Some(&Fake(""))).unwrap();
    assert_eq!(again.tree, plain);
    let other = World::of("app 1.0:");
    for (bad, why) in [
        ("", "no sandbox"),
        ("python/site/app/evil.py", "no bytecode of this tree"),
    ] {
        let locked = other.lock_with("app", false, Some(&Fake(bad))).unwrap();
        assert_eq!(locked.tree.sources, None);
        assert!(locked.uncompiled.unwrap().contains(why), "{bad}");
    }
}
