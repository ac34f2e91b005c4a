//! What a package.json would have installed: the package itself, its commands, and what it depends on.

use interlock_launch::{Reason, Request, excerpt, judge};
use serde_json::Value;

use super::claim::owner_of_repository;
use super::identifier::is_npm;
use super::known::{KnownKind, known};
use super::package::judge_identity;
use super::{Notes, rules};
use crate::{
    locked::TreePath,
    npm::{Spec, Wanted},
};

/// Commands that other programs expect to find, which a package of another name has no business to be.
const TOOLS: &[&str] = &[
    "node",
    "npm",
    "npx",
    "corepack",
    "yarn",
    "pnpm",
    "bun",
    "bunx",
    "deno",
    "python",
    "python3",
    "pip",
    "pip3",
    "uv",
    "uvx",
    "pipx",
    "sh",
    "bash",
    "zsh",
    "dash",
    "git",
    "ssh",
    "scp",
    "curl",
    "wget",
    "sudo",
    "su",
    "env",
    "ls",
    "cat",
    "cp",
    "mv",
    "rm",
    "docker",
    "podman",
    "make",
    "gcc",
    "go",
    "cargo",
    "java",
    "ruby",
    "perl",
    "interlock",
];

/// Judges a package.json by itself, as a package that one could run.
pub(super) fn judge_package_json(manifest: &Value, notes: &mut Notes) {
    let text = |key: &str| manifest.get(key).and_then(Value::as_str);
    if let Some(name) = text("name") {
        let version = text("version");
        judge_identity("npm", name, version, notes);
        if !is_npm(name) {
            let text = format!("`{}` is no name of a package of npm", excerpt(name));
            notes.note(rules::BAD_IDENTIFIER, text);
        }
        judge_likeness("its own name", name, notes);
    }
    if let Some(why) = text("deprecated").filter(|why| !why.is_empty()) {
        let what = format!("its publisher deprecated it: {}", excerpt(why));
        notes.note(rules::DEPRECATED, what);
    }
    judge_commands(manifest, notes);
    judge_dependencies(manifest, notes);
}

/// Judges `bin`: files inside the package, under names of its own.
pub(super) fn judge_commands(manifest: &Value, notes: &mut Notes) {
    let own = manifest.get("name").and_then(Value::as_str);
    let own = own.map(|name| name.rsplit('/').next().unwrap_or(name));
    let commands: Vec<(&str, &str)> = match manifest.get("bin") {
        Some(Value::String(file)) => vec![(own.unwrap_or("x"), file)],
        Some(Value::Object(map)) => map
            .iter()
            .filter_map(|(name, file)| Some((name.as_str(), file.as_str()?)))
            .collect(),
        _ => return,
    };
    for (name, file) in commands {
        let inside = file.strip_prefix("./").unwrap_or(file);
        let leaves = TreePath::new(inside).is_err();
        // npm takes a scope off a command's name.
        let plain =
            name.rsplit_once('/').map_or(
                name,
                |(scope, rest)| {
                    if scope.starts_with('@') { rest } else { name }
                },
            );
        if leaves || plain.contains('/') || TreePath::new(plain).is_err() {
            let text = format!(
                "its command `{}` is at `{}`, out of its place",
                excerpt(name),
                excerpt(file)
            );
            notes.note(rules::UNSAFE_PATH, text);
        } else if TOOLS.contains(&plain) && own != Some(plain) {
            let text = format!(
                "it has a command `{}`, which is another program's",
                excerpt(name)
            );
            notes.note(rules::SHADOWS_COMMAND, text);
        }
    }
}

fn judge_dependencies(manifest: &Value, notes: &mut Notes) {
    for key in ["dependencies", "optionalDependencies", "peerDependencies"] {
        let map = manifest.get(key).and_then(Value::as_object);
        for (name, wanted) in map.into_iter().flatten() {
            judge_dependency(name, wanted.as_str().unwrap_or_default(), notes);
        }
    }
}

fn judge_dependency(name: &str, wanted: &str, notes: &mut Notes) {
    let shown = format!("{}@{}", excerpt(name), excerpt(wanted));
    if !is_npm(name) {
        let text = format!(
            "it depends on `{}`, which is no package's name",
            excerpt(name)
        );
        return notes.note(rules::BAD_IDENTIFIER, text);
    }
    let spec = match Spec::parse(wanted) {
        Ok(spec) => spec,
        Err(why) => {
            let text = format!("it depends on `{shown}`: {why}");
            return notes.note(rules::FOREIGN_DEPENDENCY, text);
        }
    };
    let target = spec.alias.as_ref().map_or(name, |alias| alias.as_str());
    let version = match &spec.wanted {
        Wanted::Exact(version) => Some(version.to_string()),
        _ => None,
    };
    // A range that has good releases beside a bad one is resolved to a good one.
    let bad = known("npm", target, version.as_deref()).filter(|found| {
        found.kind == KnownKind::Malicious && (version.is_some() || found.versions == "*")
    });
    if let Some(found) = bad {
        let text = format!(
            "it depends on `{shown}`, which was published to do harm ({})",
            found.source
        );
        notes.note(rules::MALICIOUS, text);
    }
    judge_likeness("a dependency", target, notes);
}

/// Notes a name that reads like a better-known one.
fn judge_likeness(who: &str, name: &str, notes: &mut Notes) {
    let judged = judge(&Request::new(
        "npx",
        ["-y".to_owned(), format!("{name}@1.0.0")],
    ));
    for reason in judged.reasons {
        if reason.code == "looks-like-popular-package" {
            notes.add(Reason {
                text: format!("{who}: {}", reason.text),
                ..reason
            });
        }
    }
}

/// Compares the repository that a package names with the entry's: the same owner, in any of the forms that npm reads.
pub(super) fn judge_repository_claim(manifest: &Value, entry: &Value, notes: &mut Notes) {
    let theirs = entry
        .get("repository")
        .and_then(|it| it.get("url")?.as_str());
    let own = manifest.get("repository");
    let own = own.and_then(|own| own.as_str().or_else(|| own.get("url")?.as_str()));
    let (Some(theirs), Some(own)) = (theirs.and_then(owner_of_repository), own.and_then(owner))
    else {
        return;
    };
    if !theirs.eq_ignore_ascii_case(&own) {
        let text = format!(
            "the entry's repository is of `{}`, the package's of `{}`",
            excerpt(theirs),
            excerpt(&own)
        );
        notes.note(rules::PUBLISHER_MISMATCH, text);
    }
}

/// The owner in `OWNER/NAME`, `github:OWNER/NAME`, or an address by way of https, ssh or git.
fn owner(repository: &str) -> Option<String> {
    let plain = repository.strip_prefix("git+").unwrap_or(repository);
    for (prefix, forge) in [
        ("github:", "https://github.com/"),
        ("gitlab:", "https://gitlab.com/"),
        ("bitbucket:", "https://bitbucket.org/"),
        ("ssh://git@", "https://"),
        ("git://", "https://"),
        ("http://", "https://"),
    ] {
        if let Some(rest) = plain.strip_prefix(prefix) {
            return owner_of_repository(&format!("{forge}{rest}")).map(str::to_owned);
        }
    }
    if let Some(rest) = plain.strip_prefix("git@") {
        return owner_of_repository(&format!("https://{}", rest.replacen(':', "/", 1)))
            .map(str::to_owned);
    }
    let short = !plain.contains(':') && plain.split('/').count() == 2;
    match short {
        true => plain.split('/').next().map(str::to_owned),
        false => owner_of_repository(plain).map(str::to_owned),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(manifest: Value, expected: &[&str]) {
        let mut notes = Notes::default();
        judge_package_json(&manifest, &mut notes);
        assert_eq!(notes.codes(), expected, "{manifest}");
    }

    #[test]
    fn commands_and_dependencies() {
        for (manifest, expected) in [
            (json!({"name": "user-x", "bin": "./dist/index.js"}), &[][..]),
            (json!({"name": "@user/x", "bin": {"x": "index.js"}}), &[]),
            (json!({"name": "node", "bin": {"node": "x.js"}}), &[]),
            (
                json!({"name": "user-x", "bin": {"node": "x.js"}}),
                &["shadows-command"],
            ),
            (
                json!({"name": "user-x", "bin": {"../x": "x.js"}}),
                &["unsafe-path"],
            ),
            (
                json!({"name": "user-x", "bin": "/usr/bin/id"}),
                &["unsafe-path"],
            ),
            (
                json!({"name": "user-x", "dependencies": {"a": "^1.0.0", "string-width-cjs": "npm:string-width@^4.2.0"}}),
                &[],
            ),
            (
                json!({"name": "user-x", "dependencies": {"a": "github:b/c"}}),
                &["dependency-elsewhere"],
            ),
            (
                json!({"name": "user-x", "devDependencies": {"a": "github:b/c"}}),
                &[],
            ),
            (
                json!({"name": "user-x", "optionalDependencies": {"flatmap-stream": "*"}}),
                &["known-malicious"],
            ),
            (
                json!({"name": "user-x", "dependencies": {"mcp-remotee": "1.0.0"}}),
                &["looks-like-popular-package"],
            ),
            (
                json!({"name": "user-x", "dependencies": {"../x": "1"}}),
                &["bad-identifier"],
            ),
            (
                json!({"name": "user-x", "deprecated": "old"}),
                &["deprecated"],
            ),
            (
                json!({"name": "postmark-mcp", "version": "1.0.16"}),
                &["known-malicious"],
            ),
        ] {
            check(manifest, expected);
        }
    }

    #[test]
    fn owners_in_every_form() {
        for (repository, expected) in [
            ("github:a/b", Some("a")),
            ("a/b", Some("a")),
            ("git+https://github.com/a/b.git", Some("a")),
            ("git+ssh://git@github.com/a/b.git", Some("a")),
            ("git@github.com:a/b.git", Some("a")),
            ("git://github.com/a/b", Some("a")),
            ("https://code.example.com/a/b", None),
            ("b", None),
        ] {
            assert_eq!(owner(repository).as_deref(), expected, "{repository}");
        }
    }
}
