//! What a lock says of a build, what builds it, and who lets it run: another machine builds the same with the same, or nothing.

use super::support::{
    chain,
    server::Answer,
    wheel::{Wheel, sha256, wish},
};
use super::{Fake, Source, install, is_clean, lock, publish, world};
use interlock_supply::Integrity;
use interlock_supply::LockedTree;
use interlock_supply::pypi::BuildError;
use serde_json::{Value, json};
use std::{fs, os::unix::fs::PermissionsExt, path::Path};

#[test]
fn on_another_machine_the_same_comes_out_or_nothing() {
    let sources = || [Source::dynamic("lib 1.0")];
    let fake = Fake::making(&[Wheel::new("lib 1.0")]);
    let tree = lock(&world("", &sources()), "lib", Some(&fake))
        .unwrap()
        .tree;
    fake.log();
    let elsewhere = || world("setuptools 99.0\nevil 1.0", &sources());
    let fresh = elsewhere();
    install(&fresh, "lib", &tree, Some(&fake)).unwrap();
    // The very tools that are locked, newer ones or not.
    let usual = "setuptools.build_meta:__legacy__ with setuptools";
    assert_eq!(
        fake.log(),
        [format!("requires {usual}"), format!("wheel {usual}")]
    );
    assert_eq!(fresh.store.recorded(&tree.digest).as_ref(), Some(&tree));
    // What is there is not built again, and nobody has to allow it again.
    install(&fresh, "lib", &tree, None).unwrap();
    assert_eq!(fake.log(), Vec::<String>::new());

    let check = |tree: &LockedTree, builder: Option<&Fake>, expected: &str| {
        let world = elsewhere();
        let error = install(&world, "lib", tree, builder).unwrap_err();
        let text = chain(&error);
        assert!(
            text.contains(expected),
            "expected `{expected}`, found `{text}`"
        );
        assert_eq!(world.store.list().unwrap().len(), 0);
        is_clean(&world.store);
        error
    };
    assert!(check(&tree, None, "which was not allowed").could_be_built());
    let other = Fake::making(&[Wheel::new("lib 1.0").file("lib/evil.py", "x")]);
    let error = check(&tree, Some(&other), "is not the one that was locked");
    assert!(matches!(error.build(), Some(BuildError::Different { .. })));
    let changed = |change: &dyn Fn(&mut interlock_supply::Built)| {
        let mut tree = tree.clone();
        change(tree.packages[0].built.as_mut().unwrap());
        tree
    };
    let tool = changed(&|built| built.tools[0].integrity = Integrity::from_sha256([1; 32]));
    check(
        &tool,
        Some(&fake),
        "lists no file of `setuptools@80.0` with the locked digest",
    );
    let wheel = changed(&|built| {
        built.wheel = interlock_supply::TreePath::new("lib-1.0-1-py3-none-any.whl").unwrap();
    });
    check(
        &wheel,
        Some(&fake),
        "describes its build otherwise than it went",
    );
    // What builds is code that runs: a lock chooses nothing of it but what the sources ask for.
    let evil = || {
        let wheel = Wheel::new("evil 1.0");
        serde_json::from_value::<interlock_supply::BuildTool>(json!({
            "name": "evil", "version": "1.0",
            "integrity": Integrity::parse_sha256(&sha256(&wheel.bytes())).unwrap().to_string(),
        }))
        .unwrap()
    };
    let ran = |change: &dyn Fn(&mut interlock_supply::Built), expected: &str, hooks: usize| {
        fake.log();
        let error = check(&changed(change), Some(&fake), expected);
        assert!(
            matches!(error.build(), Some(BuildError::LockedTools(_))),
            "{error}"
        );
        assert_eq!(fake.log().len(), hooks, "{expected}");
    };
    // The one hook ran with what the sources name, and with nothing else.
    let usual = "requires setuptools.build_meta:__legacy__ with setuptools";
    ran(
        &|built| built.tools.insert(0, evil()),
        "the lock has `evil`, which nothing in it needs",
        1,
    );
    check(
        &changed(&|built| built.tools.insert(0, evil())),
        Some(&fake),
        "not what its build asks for",
    );
    assert_eq!(fake.log(), [usual]);
    ran(
        &|built| built.tools = vec![evil()],
        "no package that satisfies `setuptools>=40.8.0`",
        0,
    );
    ran(
        &|built| built.tools.clear(),
        "no package that satisfies `setuptools>=40.8.0`",
        0,
    );
    ran(
        &|built| built.tools.push(built.tools[0].clone()),
        "the lock has `setuptools`, which nothing in it needs",
        1,
    );
    let asking = Fake {
        asks: vec!["more".into()],
        ..Fake::making(&[Wheel::new("lib 1.0")])
    };
    let error = check(&tree, Some(&asking), "no package that satisfies `more`");
    assert!(matches!(error.build(), Some(BuildError::LockedTools(_))));
    // A lock cannot pass sources off as a wheel, nor a wheel as built.
    let mut unsaid = tree.clone();
    unsaid.packages[0].built = None;
    check(&unsaid, Some(&fake), "lists no file of `lib@1.0`");
}

#[test]
fn what_a_backend_asks_for_is_locked_and_shown() {
    let sources = || [Source::dynamic("lib 1.0")];
    let fake = Fake {
        asks: vec!["more>=1".into()],
        ..Fake::making(&[Wheel::new("lib 1.0")])
    };
    let tree = lock(&world("", &sources()), "lib", Some(&fake))
        .unwrap()
        .tree;
    let (_, built) = tree.built().next().unwrap();
    assert_eq!(built.asked, ["more>=1"]);
    let names: Vec<String> = built.tools.iter().map(|it| it.name.to_string()).collect();
    assert_eq!(names, ["more", "setuptools"]);
    assert_eq!(tree.with_tools().packages.len(), 3);
    fake.log();
    install(&world("", &sources()), "lib", &tree, Some(&fake)).unwrap();
    let usual = "setuptools.build_meta:__legacy__ with";
    assert_eq!(
        fake.log(),
        [
            format!("requires {usual} setuptools"),
            format!("wheel {usual} more,setuptools"),
        ]
    );
    let greedy = Fake {
        asks: (0..65).map(|number| format!("a{number}")).collect(),
        ..Fake::making(&[Wheel::new("lib 1.0")])
    };
    let world = world("", &sources());
    let error = lock(&world, "lib", Some(&greedy)).unwrap_err();
    assert!(matches!(error.build(), Some(BuildError::Asks(65))));
    assert_eq!(world.server.asked_for("/simple/a0/"), 0);
}

#[test]
fn what_is_not_let_in_does_not_run() {
    let sources = || [Source::dynamic("lib 1.0")];
    for (refused, asked_for_tools) in [("lib@1.0", 0), ("setuptools", 1)] {
        let fake = Fake {
            refuses: Some(refused),
            ..Fake::making(&[Wheel::new("lib 1.0")])
        };
        let world = world("", &sources());
        let error = lock(&world, "lib", Some(&fake)).unwrap_err();
        let text = chain(&error);
        assert!(
            text.contains("it is not built: somebody knows better"),
            "{text}"
        );
        assert!(matches!(error.build(), Some(BuildError::Refused(_))));
        assert_eq!(fake.log(), Vec::<String>::new(), "nothing ran");
        assert_eq!(*fake.begun.lock().unwrap(), ["lib@1.0"]);
        let asked = world.server.asked_for("/simple/setuptools/");
        assert_eq!(asked.min(1), asked_for_tools, "{refused}");
        is_clean(&world.store);
    }
}

#[test]
fn after_a_build_that_failed_nothing_more_is_run() {
    let needs = "app 1.0: one | two | three | four";
    let names = ["one", "two", "three", "four"];
    let sources = names.map(|name| Source::new(&format!("{name} 1.0")));
    let fake = Fake {
        fails: Some("it ended with exit code 1"),
        ..Fake::default()
    };
    let world = world(needs, &sources);
    let error = lock(&world, "app", Some(&fake)).unwrap_err();
    assert!(
        matches!(error.build(), Some(BuildError::Backend(_))),
        "{}",
        chain(&error)
    );
    assert_eq!(fake.begun.lock().unwrap().len(), 1);
    assert_eq!(fake.log().len(), 2);
}

#[test]
fn locked_tools_that_nobody_would_choose_today_are_refused() {
    let fake = Fake::making(&[Wheel::new("lib 1.0")]);
    let check = |pins: bool, fields: Value, expected: Result<(), &str>| {
        let project = "[build-system]\nrequires = ['setuptools==80.0']\n";
        let mut source = Source::dynamic("lib 1.0");
        if pins {
            source = source.file("pyproject.toml", project);
        }
        let sources = [source];
        let tree = lock(&world("", &sources), "lib", Some(&fake)).unwrap().tree;
        fake.log();
        let world = world("", &sources);
        let path = "/simple/setuptools/";
        let mut page: Value = serde_json::from_slice(&world.server.body(path).unwrap()).unwrap();
        let file = page["files"][0].as_object_mut().unwrap();
        file.extend(fields.as_object().unwrap().clone());
        world.server.put(path, Answer::new(page.to_string()));
        let hold = interlock_supply::Hold::new(1_795_000_000, 3, false, Default::default());
        let index = world.index(false).holding(hold);
        let mut locker = world.locker(&index, None);
        locker.danger_builder = Some(&fake);
        let found = locker.install(&wish("lib"), &tree);
        match (found, expected) {
            (Ok(()), Ok(())) => {}
            (Err(error), Err(part)) => {
                assert!(chain(&error).contains(part), "{}", chain(&error));
                assert_eq!(fake.log(), Vec::<String>::new(), "nothing ran");
            }
            (found, _) => panic!("{found:?}"),
        }
    };
    check(false, json!({ "yanked": false }), Ok(()));
    let yanked = json!({ "yanked": "broken" });
    check(
        false,
        yanked.clone(),
        Err("`setuptools@80.0` was withdrawn"),
    );
    check(true, yanked, Ok(()));
    let young = json!({ "upload-time": "2026-11-18T00:00:00Z" });
    check(true, young, Err("`setuptools@80.0` was published"));
}

#[test]
fn of_two_archives_one_is_chosen_whatever_comes_first() {
    for order in [[0, 1], [1, 0]] {
        let fake = Fake::making(&[Wheel::new("lib 1.0")]);
        let mut good = Source::dynamic("lib 1.0");
        good.listed = json!({ "url": "/files/lib-1.0.tar.gz" });
        let mut bad = Source::dynamic("lib 1.0");
        bad.listed = json!({ "filename": "Lib-1.0.tar.gz", "yanked": true });
        let world = world("", &[]);
        let sources = [good, bad];
        for at in order {
            publish(&world, &sources[at], &sources[at].bytes());
        }
        let tree = lock(&world, "lib", Some(&fake)).unwrap().tree;
        let archive = tree.packages[0].archive.clone().unwrap();
        assert!(archive.ends_with("/lib-1.0.tar.gz"), "{archive}");
    }
}

#[test]
fn a_refused_wheel_is_not_kept() {
    let sources = || [Source::dynamic("lib 1.0")];
    let fake = Fake::making(&[Wheel::new("lib 1.0")]);
    let tree = lock(&world("", &sources()), "lib", Some(&fake))
        .unwrap()
        .tree;
    let world = world("", &sources());
    let other = Fake::making(&[Wheel::new("lib 1.0").file("lib/evil.py", "x")]);
    install(&world, "lib", &tree, Some(&other)).unwrap_err();
    let report = world.store.verify().unwrap();
    assert_eq!(report.packages, 2, "the archive and the tool");
}

/// What befell a package in the store: in words, and in fact.
type Damage = (&'static str, fn(&Path));

fn damages() -> [Damage; 5] {
    [
        ("another content", |package| {
            let file = package.join("files/site/lib/__init__.py");
            fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
            fs::write(&file, "import evil\n").unwrap();
            fs::set_permissions(&file, fs::Permissions::from_mode(0o444)).unwrap();
        }),
        ("a file is gone", |package| {
            fs::remove_file(package.join("files/site/lib/__init__.py")).unwrap();
        }),
        ("a file besides", |package| {
            fs::write(package.join("files/site/lib/evil.py"), "import evil\n").unwrap();
        }),
        ("no list", |package| {
            fs::remove_file(package.join("manifest")).unwrap();
        }),
        ("half a list", |package| {
            let list = fs::read(package.join("manifest")).unwrap();
            fs::write(package.join("manifest"), &list[..list.len() / 2]).unwrap();
        }),
    ]
}

/// What a build made lies under the digest of the list of its files. What is there already and is not that gives way.
#[test]
fn what_is_damaged_is_not_taken_for_what_was_built() {
    for (what, damage) in damages() {
        let fake = Fake::making(&[Wheel::new("lib 1.0")]);
        let world = world("", &[Source::dynamic("lib 1.0")]);
        let tree = lock(&world, "lib", Some(&fake)).unwrap().tree;
        let key = tree.packages[0].built.as_ref().unwrap().files.key();
        let packages = world.store.root().join("packages");
        let package = packages.join(key.split_at(2).0).join(&key);
        for part in ["", "files", "files/site", "files/site/lib"] {
            let mode = fs::Permissions::from_mode(0o755);
            fs::set_permissions(package.join(part), mode).unwrap();
        }
        damage(&package);
        assert!(!world.store.verify().unwrap().is_clean(), "{what}");
        let again = lock(&world, "lib", Some(&fake)).unwrap();
        assert_eq!(again.tree, tree, "{what}");
        assert!(world.store.verify().unwrap().is_clean(), "{what}");
        let module = fs::read_to_string(package.join("files/site/lib/__init__.py")).unwrap();
        assert_eq!(module, "def main(): print('lib 1.0')\n", "{what}");
        assert_eq!(world.read(&again, "python/site/lib/__init__.py"), module);
        assert!(!package.join("files/site/lib/evil.py").exists(), "{what}");
        is_clean(&world.store);
    }
}
