//! What requests resolve to: programs, arguments, code roots, and errors that say what to do.

use std::fs;

use interlock_launch::{
    Class, ContainerRef, Launch, Prior, Request, ResolveError, ScriptRef, TreeRole, judge,
};

use crate::python::venv;
use crate::world::*;

/// What a launch comes to, with the world's directory written as `ROOT`.
fn describe(world: &World, launch: &Launch) -> String {
    let record = launch.record();
    let mut lines = vec![
        format!("program {}", record.program.as_ref().unwrap().path),
        format!("argv {}", record.argv.join(" ")),
    ];
    lines.extend(
        record
            .chain
            .iter()
            .map(|file| format!("file {}", file.path)),
    );
    lines.extend(
        record
            .trees
            .iter()
            .map(|tree| format!("{} {}", tree.role.as_str(), tree.root)),
    );
    lines.extend(launch.cwd().map(|cwd| format!("cwd {}", cwd.display())));
    lines
        .join("\n")
        .replace(world.root.to_str().unwrap(), "ROOT")
}

pub(crate) fn check(world: &World, launch: Result<Launch, ResolveError>, expected: &[&str]) {
    let launch = launch.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(describe(world, &launch), expected.join("\n"));
}

pub(crate) fn script(
    world: &World,
    script: ScriptRef,
    cwd: Option<&str>,
) -> Result<Launch, ResolveError> {
    let mut request = Request::new(script.interpreter.clone(), [script.path.clone()]);
    request.cwd = cwd.map(str::to_owned);
    world.resolve(&request, Class::Script(script), Prior::default())
}

#[test]
fn node_projects() {
    let world = World::new();
    world.file("srv/app/package.json", "{}");
    world.file("srv/app/dist/index.js", "");
    check(
        &world,
        world.node("srv/app/dist/index.js", &["a", ""]),
        &[
            "program ROOT/bin/node",
            "argv ROOT/bin/node ROOT/srv/app/dist/index.js a ",
            "file ROOT/srv/app/dist/index.js",
            "project ROOT/srv/app",
        ],
    );
}

/// The project root that is found for an entry file.
fn check_root(files: &[(&str, &str)], entry: &str, expected: Option<&str>) {
    let world = World::new();
    for (name, text) in files {
        world.file(name, text);
    }
    world.file(entry, "");
    let interpreter = if entry.ends_with(".py") {
        "python3"
    } else {
        "node"
    };
    let reference = script_ref(interpreter, &world.text(entry), &[]);
    let launch = script(&world, reference, None).unwrap();
    let root = launch.record().trees.first().map(|tree| tree.root.clone());
    assert_eq!(root, expected.map(|root| world.text(root)), "{entry}");
}

#[test]
fn code_roots() {
    check_root(&[], "srv/one.js", None);
    check_root(
        &[("srv/a/package.json", "{}")],
        "srv/a/b/c.js",
        Some("srv/a"),
    );
    let nested = [("srv/a/package.json", "{}"), ("srv/a/b/package.json", "{}")];
    check_root(&nested, "srv/a/b/c.js", Some("srv/a/b"));
    let workspace = [
        ("srv/a/package.json", r#"{"workspaces":["b"]}"#),
        ("srv/a/b/package.json", "{}"),
    ];
    check_root(&workspace, "srv/a/b/c.js", Some("srv/a"));
    let pnpm = [
        ("srv/a/pnpm-workspace.yaml", ""),
        ("srv/a/b/package.json", "{}"),
    ];
    check_root(&pnpm, "srv/a/b/c.js", Some("srv/a"));
    // Installed packages find their dependencies beside themselves.
    let installed = "srv/a/node_modules/@s/p/dist/i.js";
    check_root(
        &[("srv/a/node_modules/@s/p/package.json", "{}")],
        installed,
        Some("srv/a/node_modules"),
    );
    let global = "opt/n/lib/node_modules/@s/p/dist/i.js";
    check_root(&[], global, Some("opt/n/lib/node_modules/@s/p"));
    check_root(
        &[("srv/p/pyproject.toml", "")],
        "srv/p/src/s.py",
        Some("srv/p"),
    );
    check_root(&[("srv/p/package.json", "{}")], "srv/p/src/s.py", None);
    // A mark in the home makes no root of the home.
    check_root(&[("home/package.json", "{}")], "home/s.js", None);
    check_root(&[("home/pyproject.toml", "")], "home/x/s.py", None);
    check_root(&[("package.json", "{}")], "home/x/s.js", None);
}

#[test]
fn first_lines_are_followed_to_the_program() {
    let world = World::new();
    world.program("bin/server", "#!/usr/bin/env -S node --flag\n");
    check(
        &world,
        world.binary("server", &["x"]),
        &[
            "program ROOT/bin/node",
            "argv ROOT/bin/node --flag ROOT/bin/server x",
            "file ROOT/bin/server",
        ],
    );
    let outer = format!("#!{} -o\n", world.text("bin/server"));
    world.program("bin/outer", &outer);
    check(
        &world,
        world.binary("outer", &[]),
        &[
            "program ROOT/bin/node",
            "argv ROOT/bin/node --flag ROOT/bin/server -o ROOT/bin/outer",
            "file ROOT/bin/outer",
            "file ROOT/bin/server",
        ],
    );
}

#[test]
fn links_are_followed_and_named() {
    let world = World::new();
    world.program("opt/tool-1.2", "tool");
    world.link("bin/tool", "../opt/tool-1.2");
    check(
        &world,
        world.binary("tool", &[]),
        &["program ROOT/opt/tool-1.2", "argv ROOT/bin/tool"],
    );
}

#[test]
fn other_runtimes_get_their_own_words() {
    for (name, file, expected) in [
        (
            "deno",
            "srv/a.ts",
            "ROOT/bin/deno run --allow-net ROOT/srv/a.ts x",
        ),
        (
            "bun",
            "srv/a.ts",
            "ROOT/bin/bun --allow-net ROOT/srv/a.ts x",
        ),
        (
            "java",
            "srv/a.jar",
            "ROOT/bin/java --allow-net -jar ROOT/srv/a.jar x",
        ),
        (
            "dotnet",
            "srv/a.dll",
            "ROOT/bin/dotnet --allow-net ROOT/srv/a.dll x",
        ),
    ] {
        let world = World::new();
        world.program(&format!("bin/{name}"), name);
        world.file(file, "");
        let reference = ScriptRef {
            options: vec!["--allow-net".to_owned()],
            ..script_ref(name, &world.text(file), &["x"])
        };
        let launch = script(&world, reference, None).unwrap();
        let argv = launch
            .argv()
            .join(" ")
            .replace(world.root.to_str().unwrap(), "ROOT");
        assert_eq!(argv, expected);
        let beside = launch.record().trees.first().map(|tree| tree.root.clone());
        assert_eq!(beside.is_some(), name == "dotnet", "{name}: {beside:?}");
    }
}

#[test]
fn interpreters_outside_the_system_bring_their_library() {
    let mut world = World::new();
    world.program("py/versions/3.11.7/bin/python3.11", "python");
    world.link("py/versions/3.11.7/bin/python3", "python3.11");
    world.file("py/versions/3.11.7/lib/python3.11/os.py", "");
    world.program("py/shims/python3", "#!/bin/bash\n");
    world.file("py/version", "3.11.7\n");
    world.file("srv/s.py", "");
    world.search = vec![world.path("py/shims"), world.path("bin")];
    let launch = script(
        &world,
        script_ref("python3", &world.text("srv/s.py"), &[]),
        None,
    )
    .unwrap();
    assert_eq!(
        describe(&world, &launch),
        "program ROOT/py/versions/3.11.7/bin/python3.11\n\
         argv ROOT/py/versions/3.11.7/bin/python3 ROOT/srv/s.py\n\
         file ROOT/srv/s.py\n\
         interpreter ROOT/py/versions/3.11.7/lib"
    );
    let mounts: Vec<_> = launch
        .mounts()
        .into_iter()
        .map(|mount| mount.path)
        .collect();
    assert_eq!(
        mounts,
        [
            world.path("py/versions/3.11.7/lib"),
            world.path("py/versions/3.11.7/bin/python3.11"),
            world.path("srv/s.py"),
        ]
    );
    // A version that is not there falls through to the next directory.
    world.file("py/version", "system\n");
    let launch = script(
        &world,
        script_ref("python3", &world.text("srv/s.py"), &[]),
        None,
    )
    .unwrap();
    assert_eq!(launch.program(), Some(world.path("bin/python3")));
}

#[test]
fn relative_paths_need_the_requests_directory() {
    let world = World::new();
    world.file("srv/app/package.json", "{}");
    world.file("srv/app/index.js", "");
    let relative = || script_ref("node", "./index.js", &[]);
    let refused = error(script(&world, relative(), None));
    assert!(
        refused.to_string().contains("give the request a `cwd`"),
        "{refused}"
    );
    let launch = script(&world, relative(), Some(&world.text("srv/app"))).unwrap();
    assert_eq!(launch.argv()[1], world.text("srv/app/index.js"));
}

#[test]
fn packages_start_from_the_store() {
    let mut world = World::new();
    let pinned = shelve(&mut world, "server", "1.2.3", "serve()");
    let request = Request::new("npx", ["-y", "server@1.2.3", "/data"]);
    let resolve = |spec: Option<&str>, name: &str, package| {
        let mut reference = package_ref(name, spec);
        reference.args = vec!["/data".to_owned()];
        let prior = Prior {
            package,
            ..Prior::default()
        };
        world.resolve(&request, Class::Package(reference), prior)
    };
    let store = "ROOT/home/.local/share/interlock/store/server-1.2.3";
    let entry = format!("{store}/node_modules/server/index.js");
    check(
        &world,
        resolve(Some("1.2.3"), "server", Some(&pinned)),
        &[
            "program ROOT/bin/node",
            &format!("argv ROOT/bin/node {entry} /data"),
            &format!("file {entry}"),
            &format!("package {store}"),
        ],
    );
    assert!(resolve(Some("^1.0.0"), "server", Some(&pinned)).is_ok());
    assert!(resolve(Some("latest"), "server", Some(&pinned)).is_ok());
    let other = [(Some("1.2.4"), "server"), (None, "other")];
    for (spec, name) in other {
        let refused = error(resolve(spec, name, Some(&pinned)));
        assert!(
            matches!(refused, ResolveError::OtherPackage { .. }),
            "{refused}"
        );
    }
    let missing = error(resolve(None, "server", None));
    assert!(missing.is_missing() && missing.to_string().contains("interlock approve"));
    let unknown = locked("server", "9.9.9");
    assert!(error(resolve(None, "server", Some(&unknown))).is_missing());
}

#[test]
fn what_cannot_be_resolved_says_why() {
    let world = World::new();
    world.file("srv/text", "no program");
    world.program("bin/loop", &format!("#!{}\n", world.text("bin/loop")));
    world.program("bin/odd", "#!/usr/bin/env -i node\n");
    fs::create_dir_all(world.path("srv/directory")).unwrap();
    let message = |program: &str| error(world.binary(program, &[])).to_string();
    for (program, expected) in [
        ("nothing", "`nothing` is not installed: install it"),
        ("/nothing/there", "`/nothing/there` cannot be found"),
        (&world.text("srv/text"), "chmod +x"),
        (&world.text("srv/directory"), "is no executable file"),
        ("./x", "is relative"),
        ("loop", "without end"),
        ("odd", "has options for `env`"),
    ] {
        let message = message(program);
        assert!(message.contains(expected), "{program}: {message}");
    }
    let container = Class::Container(ContainerRef {
        engine: "docker".to_owned(),
        image: "x".to_owned(),
        tag: None,
        digest: None,
        entrypoint: None,
        workdir: None,
        platform: None,
        env_files: Vec::new(),
        mounts: Vec::new(),
        env: Vec::new(),
        options: Vec::new(),
        args: Vec::new(),
    });
    let request = Request::new("docker", ["run", "x"]);
    let refused = error(world.resolve(&request, container, Prior::default()));
    assert!(refused.to_string().contains("to fetch it"), "{refused}");
}

#[test]
fn programs_in_front_are_dropped_or_refused() {
    let world = World::new();
    let program = world.program("bin/server", "");
    let program = program.to_str().unwrap();
    let resolved = |words: &[&str]| {
        let request = Request::new(words[0], words[1..].iter().copied());
        world.resolve_judged(&request, &judge(&request))
    };
    for words in [
        &["timeout", "30", program, "a"][..],
        &["nice", "-n", "5", program, "a"],
        &["env", "-u", "X", program, "a"],
        &["stdbuf", "-o", "L", "setsid", program, "a"],
    ] {
        let launch = resolved(words).unwrap_or_else(|error| panic!("{words:?}: {error}"));
        assert_eq!(launch.record().argv, [program, "a"], "{words:?}");
    }
    for (words, expected) in [
        (&["op", "run", "--", program][..], "interlock secret set"),
        (&["dotenvx", "run", "--", program], "interlock secret set"),
        (&["timeout", "9", "op", "run", "--", program], "`op`"),
        (&["wsl", program], "in the system that holds the server"),
    ] {
        let refused = error(resolved(words)).to_string();
        assert!(refused.contains(expected), "{words:?}: {refused}");
    }
}

#[test]
fn code_is_neither_interlocks_own_nor_writable() {
    let world = World::new();
    world.file("srv/app/package.json", "{}");
    world.file("srv/app/index.js", "");
    let own = world.file("home/.config/interlock/x.js", "");
    let refused = error(script(
        &world,
        script_ref("node", own.to_str().unwrap(), &[]),
        None,
    ));
    assert!(
        matches!(refused, ResolveError::OwnFiles { .. }),
        "{refused}"
    );
    let (request, class) = world.node_request("srv/app/index.js", &[]);
    for grant in ["srv", "srv/app", "srv/app/index.js"] {
        let writes = vec![world.text(grant).parse().unwrap()];
        let prior = Prior {
            writes: &writes,
            ..Prior::default()
        };
        let refused = error(world.resolve(&request, class.clone(), prior));
        assert!(
            matches!(refused, ResolveError::WritesCode { .. }),
            "{grant}: {refused}"
        );
    }
}

#[test]
fn every_mount_is_digested() {
    let world = World::new();
    venv(&world, "srv/v");
    world.file("srv/app/pyproject.toml", "");
    world.file("srv/app/s.py", "");
    let reference = script_ref(
        &world.text("srv/v/bin/python"),
        &world.text("srv/app/s.py"),
        &[],
    );
    let launch = script(&world, reference, None).unwrap();
    let record = launch.record();
    for mount in launch.mounts() {
        let path = mount.path.to_str().unwrap();
        let tree = record.trees.iter().any(|tree| tree.root == path);
        let files = record.program.iter().chain(&record.chain);
        assert!(
            tree || files.into_iter().any(|file| file.path == path),
            "{path}"
        );
    }
    let roles: Vec<TreeRole> = record.trees.iter().map(|tree| tree.role).collect();
    assert_eq!(roles, [TreeRole::Project, TreeRole::Venv]);
}
