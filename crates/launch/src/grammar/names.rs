//! Names of programs: what a command is called once its path, suffix and version are taken away.

use std::collections::HashSet;
use std::sync::LazyLock;

use crate::judge::paths;

/// Programs of the operating system and general tools, one a line (see the file's head).
static UTILITIES: LazyLock<HashSet<&'static str>> =
    LazyLock::new(|| lines(include_str!("../../data/utilities.txt")));
/// Modules of Python that are no servers, one a line.
static PYTHON_MODULES: LazyLock<HashSet<&'static str>> =
    LazyLock::new(|| lines(include_str!("../../data/python-modules.txt")));

fn lines(data: &'static str) -> HashSet<&'static str> {
    data.lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .collect()
}

/// Suffixes that Windows tries or runs, lower case.
const SUFFIXES: &[&str] = &[".exe", ".cmd", ".bat", ".com", ".ps1"];

/// The name of a command in lower case, without path and without the suffixes of Windows.
pub(crate) fn plain_name(command: &str) -> String {
    let lower = paths::base_name(command).to_ascii_lowercase();
    let stem = SUFFIXES
        .iter()
        .find_map(|suffix| lower.strip_suffix(suffix));
    stem.filter(|stem| !stem.is_empty())
        .unwrap_or(&lower)
        .to_owned()
}

/// The name without a version at its end: `python3.12`, `clang-15`, `php8.2`.
pub(crate) fn without_version(name: &str) -> &str {
    let stem = name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
    let stem = stem.strip_suffix('-').unwrap_or(stem);
    if stem.is_empty() { name } else { stem }
}

/// Whether the program is part of an operating system or a general tool: never an MCP server.
pub(crate) fn is_utility(name: &str) -> bool {
    UTILITIES.contains(name) || UTILITIES.contains(without_version(name)) || is_dynamic_linker(name)
}

/// `ld-linux-x86-64.so.2` and its kin run any program given to them.
fn is_dynamic_linker(name: &str) -> bool {
    (name.starts_with("ld-") || name.starts_with("ld.so") || name.starts_with("ld64"))
        && name.contains(".so")
}

/// Whether a Python module is part of the standard library or runs other programs.
pub(crate) fn is_python_tool_module(module: &str) -> bool {
    let top = module.split('.').next().unwrap_or(module);
    PYTHON_MODULES.contains(top)
}

/// Command interpreters of all systems, lower case and without versions.
const SHELLS: &[&str] = &[
    "sh",
    "bash",
    "dash",
    "zsh",
    "ksh",
    "ksh93",
    "mksh",
    "lksh",
    "oksh",
    "pdksh",
    "ash",
    "fish",
    "csh",
    "tcsh",
    "rbash",
    "rzsh",
    "yash",
    "elvish",
    "xonsh",
    "nu",
    "nushell",
    "osh",
    "ysh",
    "rc",
    "es",
    "scsh",
    "posh",
    "hush",
    "command.com",
    "git-bash",
    "ion",
    "sash",
];

/// Whether the program is a shell.
pub(crate) fn is_shell(name: &str) -> bool {
    SHELLS.contains(&name) || SHELLS.contains(&without_version(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lose_path_suffix_and_version() {
        for (command, name) in [
            ("npx", "npx"),
            ("/usr/bin/python3.12", "python3.12"),
            ("C:\\Program Files\\nodejs\\NODE.EXE", "node"),
            ("npx.cmd", "npx"),
            (".exe", ".exe"),
        ] {
            assert_eq!(plain_name(command), name);
        }
        for (name, stem) in [
            ("python3.12", "python"),
            ("clang-15", "clang"),
            ("php8.2", "php"),
            ("7", "7"),
            ("uvx", "uvx"),
        ] {
            assert_eq!(without_version(name), stem);
        }
    }

    #[test]
    fn utilities_are_known_and_servers_are_not() {
        for name in [
            "touch",
            "awk",
            "gcc-12",
            "ld-linux-x86-64.so.2",
            "busybox",
            "curl",
            "git",
            "rundll32",
            "certutil",
            "osascript",
        ] {
            assert!(is_utility(name), "{name}");
        }
        for name in [
            "mcp-grafana",
            "serena",
            "wassette",
            "github-mcp-server",
            "weather",
            "binary",
            "hyper-mcp",
            "server",
            "index.js",
        ] {
            assert!(!is_utility(name), "{name}");
        }
        assert!(is_shell("bash5") && is_shell("zsh") && !is_shell("shark"));
        assert!(is_python_tool_module("http.server") && !is_python_tool_module("mcp_server_git"));
    }
}
