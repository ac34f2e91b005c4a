//! Which file a package starts, and what runs it: `npx`'s rules.

use super::name::PackageName;
use crate::{
    locked::{Entry, Interpreter, TreePath, TreePathError},
    store::Stored,
};
use serde_json::Value;
use std::{collections::BTreeMap, fs, io::Read};

/// Why there is nothing to start.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum EntryError {
    /// The package has no commands.
    #[error("`{0}` has no command to start: it is a library")]
    NoCommands(PackageName),
    /// It has several, none of them named like itself.
    #[error(
        "`{package}` has several commands: {found}; name one with `--package {package} COMMAND`"
    )]
    Ambiguous {
        /// The package.
        package: PackageName,
        /// Their names.
        found: String,
    },
    /// No package has the command that was asked for.
    #[error("there is no command `{wanted}` in it; it has {found}")]
    NoSuchCommand {
        /// What was asked for.
        wanted: String,
        /// What there is.
        found: String,
    },
    /// The command's file is not in the package.
    #[error("the file of command `{0}` is not in the package")]
    NoFile(String),
    /// The command's file has a path that leaves the package.
    #[error("the file of command `{command}` is refused")]
    Path {
        /// The command.
        command: String,
        /// Why.
        source: TreePathError,
    },
}

/// A package that was asked for by name, and where it is.
pub(super) struct Candidate<'a> {
    pub(super) name: &'a PackageName,
    pub(super) path: &'a TreePath,
    pub(super) stored: &'a Stored,
    pub(super) commands: BTreeMap<String, String>,
}

/// Chooses what to start: the `wanted` command of any of the packages, else the first package's own.
pub(super) fn entry(
    candidates: &[Candidate<'_>],
    wanted: Option<&str>,
) -> Result<Option<Entry>, EntryError> {
    let Some(first) = candidates.first() else {
        return Ok(None);
    };
    let (candidate, command) = match wanted {
        Some(wanted) => {
            let found = candidates
                .iter()
                .find(|candidate| candidate.commands.contains_key(wanted));
            (
                found.ok_or_else(|| no_such(candidates, wanted))?,
                wanted.to_owned(),
            )
        }
        None => (first, own_command(first)?),
    };
    let text = candidate
        .commands
        .get(&command)
        .cloned()
        .unwrap_or_default();
    let refused = |source| EntryError::Path {
        command: command.clone(),
        source,
    };
    let plain: Vec<&str> = text
        .split('/')
        .filter(|part| !matches!(*part, "" | "."))
        .collect();
    let inner = TreePath::new(plain.join("/")).map_err(refused)?;
    if !candidate.stored.has(inner.as_str()) {
        return Err(EntryError::NoFile(command));
    }
    let head = head(candidate.stored, &inner);
    let (interpreter, interpreter_args) = interpreter(inner.as_str(), &head);
    let file = candidate.path.join(inner.as_str()).map_err(refused)?;
    Ok(Some(Entry {
        command,
        file,
        interpreter,
        interpreter_args,
    }))
}

fn own_command(candidate: &Candidate<'_>) -> Result<String, EntryError> {
    let commands = &candidate.commands;
    let mut targets: Vec<&String> = commands.values().collect();
    targets.sort();
    targets.dedup();
    let only = (targets.len() == 1)
        .then(|| commands.keys().next())
        .flatten();
    let own = candidate.name.last();
    match only.or_else(|| commands.get_key_value(own).map(|(name, _)| name)) {
        Some(command) => Ok(command.clone()),
        None if commands.is_empty() => Err(EntryError::NoCommands(candidate.name.clone())),
        None => Err(EntryError::Ambiguous {
            package: candidate.name.clone(),
            found: names([candidate]),
        }),
    }
}

fn no_such(candidates: &[Candidate<'_>], wanted: &str) -> EntryError {
    let found = names(candidates);
    let found = if found.is_empty() {
        "none".into()
    } else {
        found
    };
    EntryError::NoSuchCommand {
        wanted: wanted.into(),
        found,
    }
}

fn names<'a>(candidates: impl IntoIterator<Item = &'a Candidate<'a>>) -> String {
    let all = candidates
        .into_iter()
        .flat_map(|candidate| candidate.commands.keys());
    let quoted: Vec<String> = all
        .map(|name| format!("`{}`", name.escape_default()))
        .collect();
    quoted.join(", ")
}

/// A stored package's own `package.json`; null when there is none.
pub(super) fn own_manifest(stored: &Stored) -> Value {
    let raw = fs::read(stored.directory.join("package.json")).unwrap_or_default();
    // A byte order mark is tolerated there, as npm does.
    let raw = raw.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&raw);
    serde_json::from_slice(raw).unwrap_or(Value::Null)
}

/// What runs a file of a package.
pub(crate) fn interpreter_of(stored: &Stored, path: &TreePath) -> (Interpreter, Vec<String>) {
    interpreter(path.as_str(), &head(stored, path))
}

fn head(stored: &Stored, path: &TreePath) -> Vec<u8> {
    let mut head = Vec::new();
    if let Ok(file) = fs::File::open(stored.directory.join(path.as_str())) {
        // What cannot be read here cannot be started later, and fails there.
        let _ = file.take(512).read_to_end(&mut head);
    }
    head
}

/// What the first line asks for; without one, what the kind of file implies.
fn interpreter(path: &str, head: &[u8]) -> (Interpreter, Vec<String>) {
    if head.starts_with(b"\x7fELF") {
        return (Interpreter::Native, Vec::new());
    }
    let line = head
        .strip_prefix(b"#!")
        .and_then(|rest| rest.split(|byte| *byte == b'\n').next());
    let Some(line) = line else {
        let script = [".js", ".cjs", ".mjs"]
            .iter()
            .any(|end| path.ends_with(end))
            || !path.contains('.');
        let interpreter = if script {
            Interpreter::Node
        } else {
            Interpreter::Other(String::new())
        };
        return (interpreter, Vec::new());
    };
    let line = String::from_utf8_lossy(line).trim().to_owned();
    let mut words = line.split_ascii_whitespace();
    let mut program = words.next().unwrap_or_default();
    if program.ends_with("/env") {
        program = words.next().unwrap_or_default();
        if program == "-S" {
            program = words.next().unwrap_or_default();
        }
    }
    match program.rsplit('/').next().unwrap_or_default() {
        "node" | "nodejs" => (Interpreter::Node, words.map(String::from).collect()),
        name if name == "python" || name.starts_with("python3") => {
            (Interpreter::Python, words.map(String::from).collect())
        }
        _ => (
            Interpreter::Other(line.chars().filter(|c| !c.is_control()).collect()),
            Vec::new(),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn interpreters() {
        let node = |args: &[&str]| {
            (
                Interpreter::Node,
                args.iter().map(|a| (*a).to_owned()).collect(),
            )
        };
        for (path, head, expected) in [
            ("a.js", "#!/usr/bin/env node\nx", node(&[])),
            ("a.js", "#!/usr/bin/env node\r\nx", node(&[])),
            ("a", "#!/usr/bin/node\n", node(&[])),
            (
                "a",
                "#!/usr/bin/env -S node --no-warnings\n",
                node(&["--no-warnings"]),
            ),
            ("a.mjs", "import x", node(&[])),
            ("a", "x", node(&[])),
            ("a", "\x7fELF..", (Interpreter::Native, vec![])),
            (
                "a.py",
                "#!/usr/bin/env python3\n",
                (Interpreter::Python, vec![]),
            ),
            (
                "a.sh",
                "#!/bin/sh\n",
                (Interpreter::Other("/bin/sh".into()), vec![]),
            ),
            ("a.ts", "x", (Interpreter::Other(String::new()), vec![])),
        ] {
            assert_eq!(
                interpreter(path, head.as_bytes()),
                expected,
                "{path} {head:?}"
            );
        }
    }

    #[test]
    fn commands_by_npx_rules() {
        for (name, bin, wanted, expected) in [
            ("@a/b", &[("x", "f.js")][..], None, "x"),
            ("@a/b", &[("x", "f.js"), ("b", "g.js")], None, "b"),
            ("@a/b", &[("x", "f.js"), ("y", "f.js")], None, "x"),
            ("@a/b", &[("x", "f.js"), ("y", "g.js")], None, "several"),
            ("@a/b", &[("x", "f.js"), ("y", "g.js")], Some("y"), "y"),
            ("@a/b", &[("x", "f.js")], Some("z"), "no such"),
            ("@a/b", &[], None, "none"),
            ("@a/b", &[("b", "../g.js")], None, "path"),
            ("@a/b", &[("b", "h.js")], None, "no file"),
            ("@a/b", &[("b", "./f.js")], None, "b"),
        ] {
            let record = |path: &str| crate::store::manifest::FileRecord {
                path: TreePath::new(path).unwrap(),
                sha256: crate::digest::Sha256::of(b""),
                size: 0,
                executable: false,
            };
            let stored = Stored {
                directory: "/nowhere".into(),
                files: vec![record("f.js"), record("g.js")],
            };
            let package = PackageName::new(name).unwrap();
            let path = TreePath::new("node_modules/@a/b").unwrap();
            let commands = bin
                .iter()
                .map(|(a, b)| ((*a).to_owned(), (*b).to_owned()))
                .collect();
            let candidate = Candidate {
                name: &package,
                path: &path,
                stored: &stored,
                commands,
            };
            let shown = match entry(&[candidate], wanted) {
                Ok(Some(entry)) => entry.command,
                Ok(None) => "nothing".into(),
                Err(EntryError::NoCommands(_)) => "none".into(),
                Err(EntryError::Ambiguous { .. }) => "several".into(),
                Err(EntryError::NoSuchCommand { .. }) => "no such".into(),
                Err(EntryError::NoFile(_)) => "no file".into(),
                Err(EntryError::Path { .. }) => "path".into(),
            };
            assert_eq!(shown, expected, "{bin:?} {wanted:?}");
        }
    }
}
