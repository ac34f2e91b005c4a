//! The tasks, each a list of commands in order.

use crate::conformance;
use crate::run::{cargo, root, run};
use crate::spec;
use crate::stdio;

/// All that CI runs. Cheap checks come first, so that a slip is told within seconds.
pub fn test(with_interop: bool) -> Result<(), String> {
    cargo(&["fmt", "--all", "--check"])?;
    tidy()?;
    spec::coverage(true, false)?;
    cargo(&[
        "clippy",
        "--workspace",
        "--all-targets",
        "--",
        "-D",
        "warnings",
    ])?;
    cargo(&["test", "--workspace"])?;
    stdio::conformance(&stdio::Options {
        ours: true,
        ..stdio::Options::default()
    })?;
    cargo(&["doc", "--workspace", "--no-deps", "--quiet"])?;
    if with_interop {
        conformance::conformance(&conformance::Options::default())?;
        interop(Build::Tested)?;
    }
    Ok(())
}

/// The rules of the house.
pub fn tidy() -> Result<(), String> {
    cargo(&["test", "--quiet", "--package", "interlock-testkit"])
}

/// Which binary real clients and servers meet.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Build {
    /// The one that the tests have built already: for [`test()`], of which another build was a fifth.
    Tested,
    /// As it is installed.
    Release,
}

/// Real clients and servers through the binary, and our SDK with the others'.
pub fn interop(build: Build) -> Result<(), String> {
    let directory = match build {
        Build::Tested => "debug",
        Build::Release => {
            cargo(&["build", "--release", "--package", "interlock-cli"])?;
            "release"
        }
    };
    run("python3", &["tests/interop/run.py", directory])?;
    run("python3", &["tests/interop/wrap.py", directory])?;
    cargo(&["build", "--package", "interlock-testkit", "--bins"])?;
    run("python3", &["tests/interop/matrix.py"])
}

/// Published servers through the release binary: slow, so no part of [`test()`].
pub fn servers(names: &[String]) -> Result<(), String> {
    cargo(&["build", "--release", "--package", "interlock-cli"])?;
    let names = names.iter().map(String::as_str);
    let arguments: Vec<&str> = std::iter::once("tests/servers/run.py")
        .chain(names)
        .collect();
    run("python3", &arguments)
}

/// Every fuzz target for a while.
pub fn fuzz(seconds: u32) -> Result<(), String> {
    let targets = root().join("fuzz").join("fuzz_targets");
    let entries = std::fs::read_dir(&targets).map_err(|e| format!("{}: {e}", targets.display()))?;
    let limit = format!("-max_total_time={seconds}");
    for entry in entries {
        let path = entry.map_err(|e| e.to_string())?.path();
        let Some(target) = path.file_stem().and_then(|stem| stem.to_str()) else {
            continue;
        };
        // What is found goes to a directory of its own; the corpus in the tree grows only by hand.
        let found = root().join("fuzz/target/corpus").join(target);
        let kept = root().join("fuzz/corpus").join(target);
        for directory in [&found, &kept] {
            std::fs::create_dir_all(directory)
                .map_err(|e| format!("{}: {e}", directory.display()))?;
        }
        let (found, kept) = (found.display().to_string(), kept.display().to_string());
        let words = root()
            .join("fuzz/dictionaries")
            .join(format!("{target}.dict"));
        let dictionary = format!("-dict={}", words.display());
        let mut arguments = vec![
            "+nightly",
            "fuzz",
            "run",
            target,
            &found,
            &kept,
            "--",
            &limit,
            "-timeout=20",
        ];
        if words.exists() {
            arguments.push(&dictionary);
        }
        run("cargo", &arguments)?;
    }
    Ok(())
}

/// A static binary: no loader, so no variable of the environment can load code into it.
pub fn dist() -> Result<(), String> {
    let target = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
    let flags = format!("target.{target}.rustflags=[\"-Ctarget-feature=+crt-static\"]");
    cargo(&[
        "build",
        "--release",
        "--package",
        "interlock-cli",
        "--target",
        &target,
        "--config",
        &flags,
    ])
}
