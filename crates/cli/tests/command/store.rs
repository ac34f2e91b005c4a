//! `interlock store list`: what is there, and of which kind each thing is.

use std::fs;

use serde_json::{Value, json};

use crate::origin::path_of_python;
use crate::support::wheel::{self, Wheel};
use crate::vouched::{Registry, Release};
use crate::world::{World, said};

/// A user with a package of npm and one of Python that have the same name.
fn world() -> World {
    let registry = Registry::new(&[Release::new("app", "1.0.0", 30)]);
    wheel::publish(&registry.server, &[Wheel::new("app 1.0.0")]);
    let world = registry.user(World::without_key(), "");
    for (source, name) in [("npm:app", "one"), ("pypi:app", "other")] {
        let mut command = world.command(["add", source, "--name", name]);
        said(command.env("PATH", path_of_python()), b"").expect(0);
    }
    world
}

/// The kind and name of every line, sorted.
fn text(world: &World) -> Vec<String> {
    let listed = world.interlock(&["store", "list"]).expect(0).out;
    let words = |line: &str| {
        let words: Vec<&str> = line.split_ascii_whitespace().take(2).collect();
        words.join(" ")
    };
    let mut lines: Vec<String> = listed.lines().map(words).collect();
    lines.sort();
    lines
}

/// The same as objects.
fn objects(world: &World) -> Vec<(Value, Value, Value)> {
    let listed = world.interlock(&["store", "list", "--format", "json"]);
    let mut lines = listed.expect(0).json();
    lines.sort_by_key(|line| line["ecosystem"].to_string());
    let of = |line: &Value| {
        assert_eq!(line["v"], 1);
        assert!(line["tree"].as_str().is_some_and(|tree| !tree.is_empty()));
        let fields = ["ecosystem", "package", "version"].map(|key| line[key].clone());
        let [ecosystem, package, version] = fields;
        (ecosystem, package, version)
    };
    lines.iter().map(of).collect()
}

#[test]
fn everything_in_the_store_is_listed_with_its_kind() {
    let world = world();
    assert_eq!(text(&world), ["npm app@1.0.0", "pypi app@1.0.0"]);
    let app = |kind: &str| (json!(kind), json!("app"), json!("1.0.0"));
    assert_eq!(objects(&world), [app("npm"), app("pypi")]);
    // Of what has no record any more nobody knows of which kind it is.
    let trees = world.path(".local/share/interlock/store/trees");
    for tree in fs::read_dir(trees).unwrap().flatten() {
        fs::write(tree.path().join("lock.json"), "{}").unwrap();
    }
    assert_eq!(text(&world), ["? (its", "? (its"]);
    let unknown = (Value::Null, Value::Null, Value::Null);
    assert_eq!(objects(&world), [unknown.clone(), unknown]);
}
