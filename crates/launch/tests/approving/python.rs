//! What Python runs: scripts of virtual environments, projects of uv, modules, and the directories that it looks in.

use std::fs;

use interlock_launch::{ScriptKind, ScriptRef};

use crate::resolving::{check, script};
use crate::world::*;

pub(crate) fn venv(world: &World, root: &str) {
    world.file(&format!("{root}/pyvenv.cfg"), "home = /x");
    world.link(&format!("{root}/bin/python"), &world.text("bin/python3"));
    let line = format!("#!{}\n", world.text(&format!("{root}/bin/python")));
    world.program(&format!("{root}/bin/serve"), &line);
    world.file(&format!("{root}/lib/python3.11/site-packages/m.py"), "");
}

#[test]
fn console_scripts_of_a_virtual_environment() {
    let world = World::new();
    venv(&world, "srv/v");
    check(
        &world,
        world.binary(&world.text("srv/v/bin/serve"), &["--x"]),
        &[
            "program ROOT/bin/python3",
            "argv ROOT/srv/v/bin/python ROOT/srv/v/bin/serve --x",
            "file ROOT/srv/v/bin/serve",
            "venv ROOT/srv/v",
        ],
    );
    // A project that is installed for editing is code too.
    world.file("src/p/pyproject.toml", "");
    world.file("src/p/src/p.py", "");
    let site = "srv/v/lib/python3.11/site-packages/__editable__.p.pth";
    world.file(site, &format!("{}\n", world.text("src/p/src")));
    check(
        &world,
        world.binary(&world.text("srv/v/bin/serve"), &[]),
        &[
            "program ROOT/bin/python3",
            "argv ROOT/srv/v/bin/python ROOT/srv/v/bin/serve",
            "file ROOT/srv/v/bin/serve",
            "project ROOT/src/p",
            "venv ROOT/srv/v",
        ],
    );
}

#[test]
fn uv_projects_run_from_their_own_environment() {
    let world = World::new();
    world.file("src/p/pyproject.toml", "");
    world.file("src/p/server.py", "");
    let run = |path: &str| {
        let reference = ScriptRef {
            kind: ScriptKind::Project,
            project: Some(world.text("src/p")),
            options: vec!["--frozen".to_owned()],
            ..script_ref("uv run", path, &["--y"])
        };
        script(&world, reference, None)
    };
    let missing = error(run("serve")).to_string();
    assert!(
        missing.contains("`serve`") || missing.contains("serve"),
        "{missing}"
    );
    let missing = error(run("server.py")).to_string();
    assert!(missing.contains("uv sync"), "{missing}");
    venv(&world, "src/p/.venv");
    let environment = "venv ROOT/src/p/.venv";
    check(
        &world,
        run("serve"),
        &[
            "program ROOT/bin/python3",
            "argv ROOT/src/p/.venv/bin/python ROOT/src/p/.venv/bin/serve --y",
            "file ROOT/src/p/.venv/bin/serve",
            environment,
        ],
    );
    check(
        &world,
        run("server.py"),
        &[
            "program ROOT/bin/python3",
            "argv ROOT/src/p/.venv/bin/python ROOT/src/p/server.py --y",
            "file ROOT/src/p/server.py",
            "project ROOT/src/p",
            "cwd ROOT/src/p",
        ],
    );
}

#[test]
fn modules_in_the_requests_directory_are_code() {
    let world = World::new();
    world.file("src/p/pyproject.toml", "");
    world.file("src/p/serve/__main__.py", "");
    let module = |cwd| {
        let reference = ScriptRef {
            kind: ScriptKind::Module,
            ..script_ref("python3", "serve", &[])
        };
        script(&world, reference, cwd)
    };
    let (program, argv) = ("program ROOT/bin/python3", "argv ROOT/bin/python3 -m serve");
    check(&world, module(None), &[program, argv]);
    check(
        &world,
        module(Some(&world.text("src/p"))),
        &[
            program,
            argv,
            "file ROOT/src/p/serve/__main__.py",
            "project ROOT/src/p",
            "cwd ROOT/src/p",
        ],
    );
}

#[test]
fn a_directory_that_python_looks_in_first_is_code_as_a_whole() {
    let world = World::new();
    let module = |name: &str, cwd: &str| {
        let reference = ScriptRef {
            kind: ScriptKind::Module,
            ..script_ref("python3", name, &[])
        };
        script(&world, reference, Some(&world.text(cwd)))
    };
    // No project around it: the package alone would leave out what lies beside it.
    world.file("work/q/serve/app.py", "import helper");
    world.file("work/q/helper.py", "1");
    let before = module("serve.app", "work/q").unwrap();
    let trees: Vec<&str> = (before.record().trees.iter())
        .map(|tree| tree.root.as_str())
        .collect();
    assert_eq!(trees, [world.text("work/q")]);
    // What comes to lie there later is another content, whatever it shadows.
    world.file("work/q/json.py", "evil");
    let after = module("serve.app", "work/q").unwrap();
    assert_ne!(before.record(), after.record());
    // A project below it, or elsewhere behind a link, is code as well as the directory.
    world.file("work/r/sub/pyproject.toml", "");
    world.file("work/r/sub/app.py", "");
    let launch = module("sub.app", "work/r").unwrap();
    assert_eq!(launch.record().trees.len(), 1);
    assert_eq!(launch.record().trees[0].root, world.text("work/r"));
    world.file("far/p/pyproject.toml", "");
    world.file("far/p/m.py", "");
    fs::create_dir_all(world.path("work/s")).unwrap();
    world.link("work/s/m.py", world.path("far/p/m.py").to_str().unwrap());
    let launch = module("m", "work/s").unwrap();
    let mut trees: Vec<&str> = (launch.record().trees.iter())
        .map(|tree| tree.root.as_str())
        .collect();
    trees.sort_unstable();
    assert_eq!(trees, [world.text("far/p"), world.text("work/s")]);
    // The home is too much to be code.
    let home = world.places.home().to_owned();
    fs::create_dir_all(home.join("pkg")).unwrap();
    fs::write(home.join("pkg/app.py"), "").unwrap();
    let reference = ScriptRef {
        kind: ScriptKind::Module,
        ..script_ref("python3", "pkg.app", &[])
    };
    let refused = script(&world, reference, home.to_str());
    let error = refused.err().unwrap().to_string();
    assert!(error.contains("directory of its own"), "{error}");
}

#[test]
fn a_module_from_elsewhere_takes_no_code_from_where_it_starts() {
    for (name, safe) in [
        ("python3.11", true),
        ("python3.14", true),
        ("python3.10", false),
        ("python3", false),
    ] {
        let world = World::new();
        let python = world.program(&format!("py/{name}"), "python");
        world.file("py/pyvenv.cfg", "");
        world.file("data/serve.py", "evil");
        let reference = ScriptRef {
            kind: ScriptKind::Module,
            ..script_ref(python.to_str().unwrap(), "serve", &[])
        };
        let launch = script(&world, reference, None).unwrap();
        let word = launch.record().argv.get(1).map(String::as_str);
        assert_eq!(word == Some("-P"), safe, "{name}");
        let signer = world.init();
        let profile = world.profile(interlock_launch::Grants {
            cwd: Some(world.text("data").parse().unwrap()),
            ..Default::default()
        });
        let mut edit =
            interlock_launch::LedgerEdit::begin(&world.places, &world.known, &signer).unwrap();
        let approved = edit.approve(
            interlock_launch::Approval {
                name: "x".parse().unwrap(),
                launch: &launch,
                profile,
                tools: None,
                note: None,
            },
            std::time::SystemTime::UNIX_EPOCH,
        );
        assert_eq!(approved.is_ok(), safe, "{name}: {:?}", approved.err());
    }
}
