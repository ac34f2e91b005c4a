//! Builds the product and the benchmark programs, then measures all of it side by side.
//!
//! What is measured and how is in `bench/`, a workspace of its own: what it depends on is no dependency of the product.

use std::path::{Path, PathBuf};

use crate::run::{cargo, root, run};

/// Everything whose name contains `filter`; tables go to standard output, every round to `target/bench/results.json`.
pub fn bench(filter: Option<&str>, peers: bool) -> Result<(), String> {
    let target = target_directory();
    let place = target.join("bench");
    std::fs::create_dir_all(&place).map_err(|e| format!("{}: {e}", place.display()))?;
    let built = build(&target, &place)?;
    let out = place.join("results.json");
    let others = place.join("peers");
    let mut arguments = vec!["--interlock", text(&built.interlock)?];
    arguments.extend(["--echo", text(&built.echo)?]);
    arguments.extend(["--programs", text(&built.programs)?, "--out", text(&out)?]);
    if peers {
        std::fs::create_dir_all(&others).map_err(|e| format!("{}: {e}", others.display()))?;
        arguments.extend(["--peers", text(&others)?]);
    }
    arguments.extend(filter);
    run(text(&built.programs.join("interlock-bench"))?, &arguments)
}

struct Built {
    interlock: PathBuf,
    echo: PathBuf,
    programs: PathBuf,
}

fn build(target: &Path, place: &Path) -> Result<Built, String> {
    let product = ["build", "--release", "--package", "interlock-cli"];
    cargo(&[&product[..], &["--target-dir", text(target)?]].concat())?;
    for example in ["echo", "http_echo"] {
        let echo = [
            "build",
            "--release",
            "--package",
            "interlock-sdk",
            "--example",
            example,
        ];
        cargo(&[&echo[..], &["--target-dir", text(target)?]].concat())?;
    }
    let bench = ["build", "--release", "--manifest-path", "bench/Cargo.toml"];
    cargo(&[&bench[..], &["--target-dir", text(place)?]].concat())?;
    let programs = place.join("release");
    // Static: what is timed is the start of a process, not the loading of its libraries.
    for name in ["byte", "hello"] {
        let (program, source) = (programs.join(name), format!("bench/programs/{name}.c"));
        run("gcc", &["-O1", "-static", "-o", text(&program)?, &source])?;
    }
    Ok(Built {
        interlock: target.join("release").join("interlock"),
        echo: target.join("release").join("examples").join("echo"),
        programs,
    })
}

fn target_directory() -> PathBuf {
    let chosen = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    root().join(chosen.unwrap_or_else(|| PathBuf::from("target")))
}

fn text(path: &Path) -> Result<&str, String> {
    path.to_str()
        .ok_or_else(|| format!("{} is not UTF-8", path.display()))
}
