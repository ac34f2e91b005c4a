//! Of the releases of npm those that say they run on the node that is there, as npm chooses them.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use serde_json::json;

use crate::vouched::{Registry, Release, lock};
use crate::world::{World, has, said};

/// A node of that version, for the one who looks: nothing starts it.
fn node(world: &World, version: [u32; 3]) -> String {
    let root = world.home.join(format!("node-{}", version[0]));
    let header = root.join("include/node/node_version.h");
    let program = root.join("bin/node");
    for file in [&header, &program] {
        fs::create_dir_all(file.parent().unwrap()).unwrap();
    }
    let [major, minor, patch] = version;
    let text = format!(
        "#define NODE_MAJOR_VERSION {major}\n#define NODE_MINOR_VERSION {minor}\n#define NODE_PATCH_VERSION {patch}\n"
    );
    fs::write(header, text).unwrap();
    let started = world.home.join("started");
    fs::write(&program, format!("#!/bin/sh\n: > {}\n", started.display())).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    program.parent().unwrap().to_str().unwrap().to_owned()
}

#[test]
fn releases_for_another_node_are_passed_over() {
    let registry = Registry::new(&[
        Release::new("app", "1.0.0", 30).needs("dep", "*"),
        Release::new("app", "2.0.0", 20).needs("dep", "*"),
        Release::new("dep", "1.0.0", 30),
        Release::new("dep", "2.0.0", 20),
    ]);
    for (name, range) in [("app", ">=22.12"), ("dep", "^22.4 || >=24")] {
        registry.change(name, |value| {
            value["versions"]["2.0.0"]["engines"] = json!({ "node": range });
        });
    }
    for (version, app, dep) in [
        ([20, 19, 1], "1.0.0", "1.0.0"),
        ([22, 5, 0], "1.0.0", "2.0.0"),
        ([24, 0, 0], "2.0.0", "2.0.0"),
    ] {
        let world = registry.user(World::without_key(), "");
        let path = node(&world, version);
        let mut add = world.command(["add", "npm:app", "--name", "app"]);
        let told = said(add.env("PATH", path), b"").expect(0);
        has(&told.out, &[&format!("app@{app}, 2 packages")]);
        has(
            &lock(&world),
            &[&format!("name = \"dep\", version = \"{dep}\"")],
        );
        assert!(!world.home.join("started").exists(), "nothing was started");
    }
}

#[test]
fn a_node_that_is_too_old_or_not_known_is_told() {
    let for_node = |mut release: Release, range: &str| {
        let engines = json!({ "node": range });
        release.package = release.package.field("engines", engines);
        release
    };
    let registry = Registry::new(&[
        for_node(
            Release::new("app", "1.0.0", 30).needs("dep", "1"),
            ">=22.12",
        ),
        for_node(
            Release::new("dep", "1.0.0", 30).needs("lib", "1"),
            "^22 || >=24",
        ),
        for_node(Release::new("lib", "1.0.0", 30), ">=18"),
    ]);
    let world = registry.user(World::without_key(), "");
    let path = node(&world, [20, 19, 1]);
    let told = |words: &[&str]| {
        let mut command = world.command(words);
        said(command.env("PATH", &path), b"").expect(0).out
    };
    let parts = [
        "app@1.0.0 is for node \">=22.12\", and 20.19.1 is here; it may fail",
        "dep@1.0.0 is for node \"^22 || >=24\", and 20.19.1 is here",
    ];
    for words in [&["add", "npm:app", "--name", "app"][..], &["lock"]] {
        let shown = told(words);
        has(&shown, &parts);
        assert!(!shown.contains("lib@1.0.0 is for"), "{shown}");
    }
    fs::remove_file(world.home.join("node-20/include/node/node_version.h")).unwrap();
    let unknown = "which version node is cannot be read from its files, so whether it is new enough is not known; \
                   app@1.0.0 is for node \">=22.12\"";
    has(&told(&["lock"]), &[unknown]);
}
