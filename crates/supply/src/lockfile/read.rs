//! The strict reader. Whoever wrote the file may be an attacker, a merge that went wrong, or a newer version of this program:
//! each is told apart, and nothing is guessed.

use super::{Base, Lockfile, Server, Source, VERSION};
use crate::{
    digest::Integrity,
    locked::{Ecosystem, LockedTree},
    npm::{PackageName, Spec},
    oci::{LockedImage, Reference},
    provenance::is_own,
};
use interlock_launch::{PackageRef, SourceKind, SourceWord, excerpt, hidden_char, judge};
use std::str::FromStr;
use toml::{Table, Value};

/// Largest file, in bytes; five hundred packages take about 100 KB.
pub(super) const MOST_BYTES: usize = 16 << 20;
/// Most servers in one file, arguments of one server, and bytes of one argument.
const MOST: (usize, usize, usize) = (1000, 1000, 32 << 10);

/// Why a text is no lock.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// Larger than any lock.
    #[error("the lock is larger than 16 MiB")]
    TooLarge,
    /// A version control system left both sides in it.
    #[error(
        "line {line} is the mark of a merge conflict: keep one side, then run `interlock lock`"
    )]
    Conflict {
        /// The line, from 1.
        line: usize,
    },
    /// Written by a newer program.
    #[error(
        "the lock has format {found}, and this program reads up to {VERSION}: update interlock"
    )]
    Newer {
        /// Its version.
        found: i64,
    },
    /// Not TOML, or with keys or values that a lock does not have. Includes a key that is there twice.
    #[error("line {line} of the lock cannot be read: {problem}")]
    Syntax {
        /// The line, from 1.
        line: usize,
        /// What is wrong; escaped.
        problem: String,
    },
    /// A character that a reviewer would not see.
    #[error("`{place}` holds a character that cannot be seen (U+{character:04X})")]
    Hidden {
        /// Which key; escaped.
        place: String,
        /// Which character.
        character: u32,
    },
    /// What the file says of a server does not fit together.
    #[error("server `{server}`: {problem}")]
    Inconsistent {
        /// Which one.
        server: String,
        /// What does not fit; escaped.
        problem: String,
    },
}

impl FromStr for Lockfile {
    type Err = ReadError;

    fn from_str(text: &str) -> Result<Self, ReadError> {
        if text.len() > MOST_BYTES {
            return Err(ReadError::TooLarge);
        }
        no_conflict(text)?;
        // The version is looked at before all else: what follows may have another shape.
        let table: Table = toml::from_str(text).map_err(|error| syntax(text, &error))?;
        match table.get("version").and_then(Value::as_integer) {
            Some(version) if version > i64::from(VERSION) => {
                return Err(ReadError::Newer { found: version });
            }
            Some(1) => {}
            _ => {
                let problem = "`version = 1` is missing".into();
                return Err(ReadError::Syntax { line: 1, problem });
            }
        }
        for (key, value) in &table {
            visible(key, key)?;
            all_visible(key, value)?;
        }
        let lock: Self = toml::from_str(text).map_err(|error| syntax(text, &error))?;
        if lock.server.len() > MOST.0 {
            return Err(ReadError::TooLarge);
        }
        for (name, server) in &lock.server {
            consistent(server).map_err(|problem| ReadError::Inconsistent {
                server: name.to_string(),
                problem,
            })?;
        }
        Ok(lock)
    }
}

fn no_conflict(text: &str) -> Result<(), ReadError> {
    let marks = ["<<<<<<<", ">>>>>>>", "|||||||", "======="];
    let is_mark = |line: &str| marks.iter().any(|mark| line.starts_with(mark));
    match text.lines().position(is_mark) {
        Some(index) => Err(ReadError::Conflict { line: index + 1 }),
        None => Ok(()),
    }
}

fn syntax(text: &str, error: &toml::de::Error) -> ReadError {
    let before = error.span().and_then(|span| text.get(..span.start));
    let line = before.map_or(1, |before| before.matches('\n').count() + 1);
    let problem: String = error.message().chars().take(300).collect();
    ReadError::Syntax {
        line,
        problem: problem.escape_debug().to_string(),
    }
}

fn all_visible(place: &str, value: &Value) -> Result<(), ReadError> {
    match value {
        Value::String(text) => visible(place, text),
        Value::Array(list) => list
            .iter()
            .try_for_each(|element| all_visible(place, element)),
        Value::Table(table) => table.iter().try_for_each(|(key, value)| {
            let place = format!("{place}.{}", key.escape_debug());
            visible(&place, key)?;
            all_visible(&place, value)
        }),
        _ => Ok(()),
    }
}

fn visible(place: &str, text: &str) -> Result<(), ReadError> {
    match hidden_char(text, false) {
        Some(character) => Err(ReadError::Hidden {
            place: place.escape_debug().to_string(),
            character: character.into(),
        }),
        None => Ok(()),
    }
}

/// A reviewer reads the source line; what is locked has to be that package and nothing else.
fn consistent(server: &Server) -> Result<(), String> {
    if server.args.len() > MOST.1 || server.args.iter().any(|arg| arg.len() > MOST.2) {
        return Err("its arguments are longer than any command line".into());
    }
    if let Some(registry) = &server.registry
        && crate::registry::reference(registry).is_none_or(|(_, version)| version.is_none())
    {
        return Err(format!(
            "its `registry` is `{}`, not `mcp:NAME@VERSION`",
            excerpt(registry)
        ));
    }
    if let Some(image) = &server.content.image {
        return of_image(server, image);
    }
    let origin = server.content.origin.as_ref();
    let Some(tree) = &server.content.tree else {
        return match origin {
            Some(_) => Err("it has an origin without a package's tree".into()),
            None => Ok(()),
        };
    };
    if let Some(origin) = origin {
        origin.consistent(tree.ecosystem)?;
    }
    if server.content.platform.is_none() {
        return Err("a package's tree is there without the `platform` that it is for".into());
    }
    // Python's packages lie in one directory; npm's have one each.
    let sorted = tree.packages.is_sorted_by(|a, b| match tree.ecosystem {
        Ecosystem::Git if a.path.as_str() == "python" => (&a.path, &a.name) < (&b.path, &b.name),
        Ecosystem::Npm | Ecosystem::Binary | Ecosystem::Mcpb | Ecosystem::Git => a.path < b.path,
        Ecosystem::Pypi => (&a.path, &a.name) < (&b.path, &b.name),
    });
    if !sorted {
        return Err("its packages are not sorted, or one is there twice".into());
    }
    if tree.own().is_none() {
        return Err(match tree.ecosystem {
            Ecosystem::Git => "not exactly one of its packages is the repository".to_owned(),
            _ => format!("`{}` is not among its own packages", tree.name),
        });
    }
    if tree.ecosystem == Ecosystem::Npm {
        npm_places(tree)?;
    }
    let nowhere = Base {
        project: "/project".into(),
        home: "/home/user".into(),
    };
    let judgement = judge(&server.request(&nowhere));
    let interlock_launch::Class::Package(asked) = &judgement.class else {
        return Err("it has a package's tree, but its source is no package".into());
    };
    let same = same_name(tree.ecosystem, &asked.name, &tree.name.to_string());
    let from_git = tree.ecosystem == Ecosystem::Git && asked.source.is_some();
    let kind = if from_git {
        Ecosystem::Git.as_str()
    } else {
        asked.ecosystem.as_str()
    };
    if kind != tree.ecosystem.as_str() || !same {
        return Err(format!(
            "its source asks for `{}`, but `{}` is locked",
            asked.name.escape_debug(),
            tree.name
        ));
    }
    match asked.ecosystem {
        interlock_launch::Ecosystem::Npm if tree.ecosystem == Ecosystem::Npm => {
            npm_entry(tree, asked)?;
        }
        interlock_launch::Ecosystem::PyPi => python_entry(tree, asked)?,
        _ => {}
    }
    if from_git {
        at_its_commit(tree, asked)?;
    }
    if let Source::Address(word) = &server.source {
        return pinned(word, tree);
    }
    admitted(server, &tree.version.to_string())
}

/// What is locked is the image that the source names, and nothing else.
fn of_image(server: &Server, image: &LockedImage) -> Result<(), String> {
    if let Some(origin) = &server.content.origin {
        origin.consistent_image()?;
    }
    if image.format != 1 || server.content.tree.is_some() {
        return Err("it has an image of another kind than this program writes".into());
    }
    let nowhere = Base {
        project: "/project".into(),
        home: "/home/user".into(),
    };
    let judgement = judge(&server.request(&nowhere));
    let interlock_launch::Class::Container(asked) = &judgement.class else {
        return Err("it has an image, but its source is no container".into());
    };
    let same = |asked: &Reference| asked.name() == image.name && asked.version() == image.version;
    match Reference::of(asked) {
        Ok(asked) if same(&asked) => Ok(()),
        _ => Err(format!(
            "its source asks for another image than `{} {}`, which is locked",
            excerpt(&image.name),
            excerpt(&image.version)
        )),
    }
}

/// npm's packages are below `node_modules`, and the tree's own is in the one place that its name means.
fn npm_places(tree: &LockedTree) -> Result<(), String> {
    for package in &tree.packages {
        let path = package.path.as_str();
        let shown = path.escape_debug();
        let Some(last) = PackageName::of_directory(path) else {
            return Err(format!("`{shown}` is no place of a package"));
        };
        let outermost = path == format!("node_modules/{last}");
        let own = package.name == tree.name && package.version == tree.version;
        if outermost && own != (last == tree.name) {
            return Err(format!(
                "`{}@{}` is locked at `{shown}`, so `{}` is not where its name leads",
                package.name, package.version, tree.name
            ));
        }
    }
    Ok(())
}

/// What starts is in a package that the source names, and is the program that it asks for, if it asks for one.
fn npm_entry(tree: &LockedTree, asked: &PackageRef) -> Result<(), String> {
    let file = tree.entry.file.as_str();
    let inside = |name: &PackageName| file.starts_with(&format!("node_modules/{name}/"));
    let mut beside = asked
        .with
        .iter()
        .filter_map(|text| PackageName::of_wish(text));
    let named = match &asked.bin {
        Some(bin) => {
            let whose = inside(&tree.name) || beside.any(|name| inside(&name));
            whose && *bin == tree.entry.command
        }
        None => inside(&tree.name),
    };
    if named {
        return Ok(());
    }
    Err(format!(
        "it starts `{}` as `{}`, which is nothing that its source names",
        file.escape_debug(),
        tree.entry.command.escape_debug()
    ))
}

/// What starts is the command that the source asks for, if it asks for one. Whose it is, the packages say.
fn python_entry(tree: &LockedTree, asked: &PackageRef) -> Result<(), String> {
    let command = &tree.entry.command;
    if asked.bin.as_ref().is_none_or(|bin| bin == command) {
        return Ok(());
    }
    Err(format!(
        "it starts `{}`, which is not the command that its source names",
        command.escape_debug()
    ))
}

/// Python's index takes names for one that differ in case and in `-`, `_`, `.`.
fn same_name(ecosystem: Ecosystem, a: &str, b: &str) -> bool {
    let folded = |name: &str| {
        let plain = name.to_ascii_lowercase().replace(['_', '.'], "-");
        let parts: Vec<&str> = plain.split('-').filter(|part| !part.is_empty()).collect();
        parts.join("-")
    };
    match ecosystem {
        Ecosystem::Npm | Ecosystem::Binary | Ecosystem::Mcpb | Ecosystem::Git => a == b,
        Ecosystem::Pypi => folded(a) == folded(b),
    }
}

/// The source names the very commit that the tree is of.
fn at_its_commit(tree: &LockedTree, asked: &PackageRef) -> Result<(), String> {
    let source = asked.source.as_deref().unwrap_or_default();
    let commit = asked.spec.as_deref().unwrap_or_default();
    let mut address = format!("git+{source}#{commit}");
    // Runners name a command there; Interlock's own word names a file or a directory.
    let part = match asked.ecosystem {
        interlock_launch::Ecosystem::Git => asked.bin.as_ref(),
        _ => asked.project.directory.as_ref(),
    };
    if let Some(part) = part {
        address = format!("{address}:{part}");
    }
    let own = tree.own().and_then(|own| own.archive.as_deref());
    if own == Some(address.as_str()) {
        return Ok(());
    }
    Err(format!(
        "its source is commit `{}` of `{}`, but other bytes are locked",
        excerpt(commit),
        excerpt(source)
    ))
}

/// The source line names the very bytes, so that a reviewer sees when they change.
fn pinned(word: &SourceWord, tree: &LockedTree) -> Result<(), String> {
    let shown = excerpt(&word.to_string());
    let Some(pin) = word.pin() else {
        return Err(format!("its source `{shown}` does not say which bytes"));
    };
    let integrity = tree.integrity().map(Integrity::algorithm_and_hex);
    let same = match word.kind() {
        SourceKind::Binary | SourceKind::Mcpb => integrity == Some(("sha256", pin.to_owned())),
        // Compared with what the request names, however that is written.
        SourceKind::Git => true,
    };
    let own = tree.packages.iter().find(|package| is_own(tree, package));
    let named = own.and_then(|package| package.archive.as_deref());
    // Where a repository's package is from was compared together with its commit.
    let there =
        word.kind() == SourceKind::Git || named.is_none_or(|address| address == word.address());
    if same && there {
        return Ok(());
    }
    Err(format!(
        "its source is `{shown}`, but other bytes are locked"
    ))
}

fn admitted(server: &Server, locked: &str) -> Result<(), String> {
    let fits = match &server.source {
        Source::Npm { spec, .. } => {
            let version = locked.parse().ok();
            let spec = Spec::parse(spec).ok();
            // What a tag pointed to is the registry's word, not the file's.
            version
                .zip(spec)
                .is_some_and(|(version, spec)| spec.wanted.admits(&version, |_| true))
        }
        Source::Pypi { version, .. } => version.is_empty() || version == locked,
        Source::Address(_) | Source::Image(_) | Source::File(_) | Source::Command(_) => true,
    };
    if fits {
        return Ok(());
    }
    Err(format!(
        "its source is `{}`, but version {} is locked",
        server.source,
        locked.escape_debug()
    ))
}

#[cfg(test)]
#[path = "read_tests.rs"]
mod tests;
