//! The servers that are tried: ours, and the same fixture on other people's SDKs.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::era::Era;
use crate::run::{cargo, root};

/// A server that can be started.
pub struct Subject {
    /// Its name in the table.
    pub name: &'static str,
    /// What starts it.
    pub command: Vec<String>,
    /// Whether it knows 2026-07-28.
    pub modern: bool,
}

impl Subject {
    /// Whether it claims to know the era.
    pub fn speaks(&self, era: Era) -> bool {
        self.modern || era == Era::Legacy
    }
}

/// The name of ours.
pub const OURS: &str = "interlock-sdk";

/// Ours, built now.
pub fn ours(target: &Path) -> Result<Subject, String> {
    let place = text(target)?;
    cargo(&[
        "build",
        "--package",
        "interlock-testkit",
        "--bin",
        "stdio-fixture",
        "--target-dir",
        place,
    ])?;
    let program = target.join("debug").join("stdio-fixture");
    Ok(Subject {
        name: OURS,
        command: vec![text(&program)?.to_owned()],
        modern: true,
    })
}

/// Other people's, installed at the first run; one that cannot be installed is told and left out.
pub fn peers(target: &Path) -> Result<Vec<Subject>, String> {
    let place = target.join("stdio-peers");
    std::fs::create_dir_all(&place).map_err(|error| format!("{}: {error}", place.display()))?;
    let mut subjects = Vec::new();
    for (name, modern, install) in PEERS {
        match install(&place) {
            Ok(command) => subjects.push(Subject {
                name,
                command,
                modern: *modern,
            }),
            Err(error) => eprintln!("left out: {name}: {error}"),
        }
    }
    Ok(subjects)
}

type Install = fn(&Path) -> Result<Vec<String>, String>;

const PEERS: &[(&str, bool, Install)] = &[
    ("rmcp 3.9", true, rmcp),
    ("TypeScript 1.32", false, |place| {
        typescript(place, "typescript_v1.mjs")
    }),
    ("TypeScript 2.4", true, |place| {
        typescript(place, "typescript_v2.mjs")
    }),
    ("Python 1.30", false, |place| python(place, "python_v1")),
    ("Python 2.3", true, |place| python(place, "python_v2")),
];

fn sources() -> PathBuf {
    root().join("tests").join("stdio-conformance")
}

fn rmcp(place: &Path) -> Result<Vec<String>, String> {
    let target = place.join("rmcp");
    let manifest = sources().join("servers").join("rmcp").join("Cargo.toml");
    let words = [
        "build",
        "--release",
        "--quiet",
        "--manifest-path",
        text(&manifest)?,
    ];
    cargo(&[&words[..], &["--target-dir", text(&target)?]].concat())?;
    Ok(vec![
        text(&target.join("release").join("stdio-rmcp"))?.to_owned(),
    ])
}

/// Scripts find packages beside themselves, so they are copied there.
fn typescript(place: &Path, script: &str) -> Result<Vec<String>, String> {
    let (pins, installed) = (sources().join("package.json"), place.join("package.json"));
    if read(&pins)? != std::fs::read_to_string(&installed).unwrap_or_default() {
        copy(&pins, &installed)?;
        let mut npm = Command::new("npm");
        npm.args(["install", "--ignore-scripts", "--no-audit", "--no-fund"]);
        if let Err(error) = quiet(npm.current_dir(place)) {
            let _again = std::fs::remove_file(&installed);
            return Err(error);
        }
    }
    copy(&sources().join("servers").join(script), &place.join(script))?;
    Ok(vec![
        "node".to_owned(),
        text(&place.join(script))?.to_owned(),
    ])
}

fn python(place: &Path, version: &str) -> Result<Vec<String>, String> {
    let home = place.join(version);
    let programs = home.join("bin");
    let pins = sources().join(format!("{version}.txt"));
    if !home.join("complete").exists() {
        quiet(Command::new("python3").args(["-m", "venv"]).arg(&home))?;
        let mut pip = Command::new(programs.join("pip"));
        quiet(pip.args(["install", "--quiet", "-r"]).arg(pins))?;
        let done = std::fs::write(home.join("complete"), "");
        done.map_err(|error| error.to_string())?;
    }
    let script = sources().join("servers").join(format!("{version}.py"));
    let argv = [&programs.join("python"), &script];
    argv.into_iter()
        .map(|word| text(word).map(str::to_owned))
        .collect()
}

fn quiet(command: &mut Command) -> Result<(), String> {
    eprintln!("xtask: {command:?}");
    let status = command.stdin(Stdio::null()).stdout(Stdio::null()).status();
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("{command:?}: {status}")),
        Err(error) => Err(format!("{command:?}: {error}")),
    }
}

fn read(path: &Path) -> Result<String, String> {
    std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}

fn copy(from: &Path, to: &Path) -> Result<(), String> {
    let done = std::fs::copy(from, to);
    done.map(drop)
        .map_err(|error| format!("{}: {error}", to.display()))
}

fn text(path: &Path) -> Result<&str, String> {
    path.to_str()
        .ok_or_else(|| format!("{} is not UTF-8", path.display()))
}
