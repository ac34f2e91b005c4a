//! What differs between two launches, line by line, as data for a person or a program.

use std::fmt;

use serde::Serialize;

use crate::address::Address;
use crate::profile::Profile;
use crate::resolve::{EnvRecord, FileRecord, LaunchRecord, TreeRecord};
use crate::tree::{Manifest, Node};

/// One thing that differs. Texts are exact and not escaped: whoever shows them does that.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// Which part of a launch: `argument 2`, `program`, `variable PYTHONPATH`, `file src/index.js`, …
    pub what: String,
    /// As it was approved; none where it is new.
    pub was: Option<String>,
    /// As it is now; none where it is gone.
    pub now: Option<String>,
}

/// Everything that differs between what was approved and what is there. Empty means nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Difference {
    lines: Vec<Line>,
}

/// How many files of a tree are named; the rest is counted.
const MOST_FILES: usize = 200;

impl Difference {
    /// Compares two launches with their profiles.
    #[must_use]
    pub fn between(was: (&LaunchRecord, &Profile), now: (&LaunchRecord, &Profile)) -> Self {
        let mut difference = Self::default();
        difference.launches(was.0, now.0);
        difference.profiles(was.1, now.1);
        difference
    }

    /// The lines, in the order in which a launch is described.
    #[must_use]
    pub fn lines(&self) -> &[Line] {
        &self.lines
    }

    /// Whether nothing differs.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    fn launches(&mut self, was: &LaunchRecord, now: &LaunchRecord) {
        let (a, b) = (&was.request, &now.request);
        self.value("request: command", Some(&a.command), Some(&b.command));
        self.positions("request: argument", &a.args, &b.args);
        self.variables("request: variable", &a.env, &b.env);
        self.value("request: directory", a.cwd.as_ref(), b.cwd.as_ref());
        self.file("program", was.program.as_ref(), now.program.as_ref());
        self.remote(was.remote.as_ref(), now.remote.as_ref());
        self.positions("argument", &was.argv, &now.argv);
        self.variables("variable", &was.env, &now.env);
        self.value("directory", was.cwd.as_ref(), now.cwd.as_ref());
        self.chain(&was.chain, &now.chain);
        self.packages(was, now);
        self.trees(&was.trees, &now.trees);
    }

    fn remote(&mut self, was: Option<&Address>, now: Option<&Address>) {
        self.value("address", was.map(|a| &a.url), now.map(|a| &a.url));
        let of = |address: Option<&Address>| address.map(|a| a.headers.clone()).unwrap_or_default();
        self.set("header", &of(was), &of(now));
    }

    fn packages(&mut self, was: &LaunchRecord, now: &LaunchRecord) {
        let (a, b) = (was.package.as_ref(), now.package.as_ref());
        self.value("package", a.map(|p| &p.name), b.map(|p| &p.name));
        self.value(
            "package: registry",
            a.map(|p| &p.ecosystem),
            b.map(|p| &p.ecosystem),
        );
        self.value(
            "package: version",
            a.map(|p| &p.version),
            b.map(|p| &p.version),
        );
        self.value(
            "package: integrity",
            a.map(|p| &p.integrity),
            b.map(|p| &p.integrity),
        );
        self.value("package: tree", a.map(|p| &p.tree), b.map(|p| &p.tree));
    }

    fn profiles(&mut self, was: &Profile, now: &Profile) {
        self.set("grant: read", was.reads(), now.reads());
        self.set("grant: write", was.writes(), now.writes());
        self.set("grant: net", was.net(), now.net());
        self.set("grant: variable", was.env(), now.env());
        self.set("grant: secret", was.secrets(), now.secrets());
        self.value("grant: directory", was.cwd(), now.cwd());
        let limits = was.limits().named().into_iter().zip(now.limits().named());
        for ((name, was), (_, now)) in limits {
            self.value(&format!("limit: {name}"), Some(was), Some(now));
        }
        self.value(
            "base profile",
            Some(was.base().as_str()),
            Some(now.base().as_str()),
        );
        self.set("danger", was.danger(), now.danger());
        self.set(
            "danger: missing layer",
            was.allow_missing(),
            now.allow_missing(),
        );
    }

    fn value<T: fmt::Display + PartialEq>(&mut self, what: &str, was: Option<T>, now: Option<T>) {
        if was != now {
            self.lines.push(Line {
                what: what.to_owned(),
                was: was.map(|value| value.to_string()),
                now: now.map(|value| value.to_string()),
            });
        }
    }

    fn positions(&mut self, what: &str, was: &[String], now: &[String]) {
        for index in 0..was.len().max(now.len()) {
            self.value(&format!("{what} {index}"), was.get(index), now.get(index));
        }
    }

    fn set<T: fmt::Display + PartialEq>(&mut self, what: &str, was: &[T], now: &[T]) {
        for gone in was.iter().filter(|item| !now.contains(item)) {
            self.value(what, Some(gone), None);
        }
        for new in now.iter().filter(|item| !was.contains(item)) {
            self.value(what, None, Some(new));
        }
    }

    fn variables(&mut self, what: &str, was: &[EnvRecord], now: &[EnvRecord]) {
        let value = |env: &EnvRecord| env.value.clone().unwrap_or_else(|| "(any value)".into());
        let of = |list: &[EnvRecord], name: &str| list.iter().find(|e| e.name == name).map(value);
        for name in names(was.iter().chain(now).map(|env| env.name.as_str())) {
            self.value(&format!("{what} {name}"), of(was, name), of(now, name));
        }
    }

    fn file(&mut self, what: &str, was: Option<&FileRecord>, now: Option<&FileRecord>) {
        self.value(what, was.map(|f| &f.path), now.map(|f| &f.path));
        let place = now.or(was).map_or("", |file| file.path.as_str());
        let content = format!("content of {place}");
        self.value(&content, was.map(|f| f.sha256), now.map(|f| f.sha256));
    }

    fn chain(&mut self, was: &[FileRecord], now: &[FileRecord]) {
        for index in 0..was.len().max(now.len()) {
            let what = format!("interpreted file {index}");
            self.file(&what, was.get(index), now.get(index));
        }
    }

    fn trees(&mut self, was: &[TreeRecord], now: &[TreeRecord]) {
        let key = |tree: &TreeRecord| format!("{} {}", tree.role.as_str(), tree.root);
        let keys: Vec<String> = was.iter().chain(now).map(key).collect();
        for name in names(keys.iter().map(String::as_str)) {
            let a = was.iter().find(|tree| key(tree) == name);
            let b = now.iter().find(|tree| key(tree) == name);
            let content = format!("{name}: content");
            self.value(&content, a.map(|t| t.digest), b.map(|t| t.digest));
            let list = |f: fn(&TreeRecord) -> &Vec<String>, t: Option<&TreeRecord>| {
                t.map(|tree| f(tree).join(", "))
            };
            let hidden = |t| list(|tree| &tree.hidden, t);
            let writable = |t| list(|tree| &tree.writable, t);
            self.value(&format!("{name}: hidden"), hidden(a), hidden(b));
            self.value(&format!("{name}: writable"), writable(a), writable(b));
        }
    }

    /// Adds the files that differ between two manifests of the tree at `root`.
    pub(crate) fn manifests(&mut self, root: &str, was: &Manifest, now: &Manifest) {
        let before: std::collections::BTreeMap<_, _> = was.entries().collect();
        let after: std::collections::BTreeMap<_, _> = now.entries().collect();
        let all = before.keys().chain(after.keys()).copied();
        let changed: Vec<&str> = names(all)
            .into_iter()
            .filter(|name| before.get(name) != after.get(name))
            .collect();
        for name in changed.iter().take(MOST_FILES) {
            let side = |entries: &std::collections::BTreeMap<&str, &Node>| {
                entries.get(name).map(|node| node.to_string())
            };
            self.value(&format!("file {root}/{name}"), side(&before), side(&after));
        }
        if let Some(more) = changed
            .len()
            .checked_sub(MOST_FILES)
            .filter(|more| *more > 0)
        {
            let text = format!("and {more} more files of {root}");
            self.value(&text, None, Some("changed"));
        }
    }
}

/// Every text once, in order.
fn names<'a>(all: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let set: std::collections::BTreeSet<&str> = all.collect();
    set.into_iter().collect()
}

impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Node::Directory => f.write_str("directory"),
            Node::File { sha256, executable } => {
                let mode = if *executable { ", executable" } else { "" };
                write!(f, "{sha256}{mode}")
            }
            Node::Link { target } => write!(f, "link to {target}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::digest::Digest;
    use crate::places::Places;
    use crate::profile::Grants;
    use crate::resolve::{LockedPackage, RequestRecord};

    fn record() -> LaunchRecord {
        LaunchRecord {
            request: RequestRecord {
                command: "npx".into(),
                args: vec!["-y".into(), "s".into()],
                env: Vec::new(),
                cwd: None,
            },
            program: Some(FileRecord {
                path: "/usr/bin/node".into(),
                sha256: Digest::of(b"node"),
            }),
            argv: vec!["node".into(), "/s/index.js".into()],
            env: vec![EnvRecord {
                name: "TOKEN".into(),
                value: None,
            }],
            cwd: None,
            chain: Vec::new(),
            trees: Vec::new(),
            package: Some(LockedPackage {
                ecosystem: "npm".into(),
                name: "s".into(),
                version: "1.0.0".into(),
                integrity: "sha512-a".into(),
                tree: "t".into(),
            }),
            remote: None,
        }
    }

    fn profile(grants: Grants) -> Profile {
        let own = |name: &str| Path::new("/home/u").join(name);
        let home = Path::new("/home/u");
        let places = Places::new(home, &own("c"), &own("d"), &own("s"), 0);
        Profile::new(grants, &places).unwrap()
    }

    /// The lines of a change, as `what: was -> now`.
    fn check(change: impl Fn(&mut LaunchRecord, &mut Grants), expected: &[&str]) {
        let (was, mut now, mut grants) = (record(), record(), Grants::default());
        change(&mut now, &mut grants);
        let (before, after) = (profile(Grants::default()), profile(grants));
        let difference = Difference::between((&was, &before), (&now, &after));
        let side = |side: &Option<String>| side.clone().unwrap_or_else(|| "(none)".into());
        let lines: Vec<String> = difference
            .lines()
            .iter()
            .map(|line| format!("{}: {} -> {}", line.what, side(&line.was), side(&line.now)))
            .collect();
        assert_eq!(lines, expected);
        assert_eq!(difference.is_empty(), expected.is_empty());
    }

    #[test]
    fn each_change_is_one_line() {
        check(|_, _| (), &[]);
        check(
            |r, _| r.request.command = "pnpx".into(),
            &["request: command: npx -> pnpx"],
        );
        check(
            |r, _| r.argv.push("--all".into()),
            &["argument 2: (none) -> --all"],
        );
        check(
            |r, _| drop(r.argv.pop()),
            &["argument 1: /s/index.js -> (none)"],
        );
        check(
            |r, _| {
                r.env.push(EnvRecord {
                    name: "NODE_OPTIONS".into(),
                    value: Some("-r x".into()),
                });
            },
            &["variable NODE_OPTIONS: (none) -> -r x"],
        );
        check(
            |r, _| r.env.clear(),
            &["variable TOKEN: (any value) -> (none)"],
        );
        check(
            |r, _| r.package.as_mut().unwrap().version = "1.0.1".into(),
            &["package: version: 1.0.0 -> 1.0.1"],
        );
        check(
            |r, _| r.cwd = Some("/w".into()),
            &["directory: (none) -> /w"],
        );
        check(
            |_, g| g.reads.push("/srv".parse().unwrap()),
            &["grant: read: (none) -> /srv"],
        );
        check(
            |_, g| g.net.push("a.example:443".parse().unwrap()),
            &["grant: net: (none) -> a.example:443"],
        );
        check(
            |_, g| g.limits.processes = 3,
            &["limit: processes: 256 -> 3"],
        );
        check(
            |_, g| g.allow_missing.push("landlock".parse().unwrap()),
            &["danger: missing layer: (none) -> landlock"],
        );
    }

    #[test]
    fn long_lists_of_files_are_counted() {
        let manifest = |byte: u8| -> Manifest {
            let entries: Vec<(String, Node)> = (0..500)
                .map(|number| {
                    let sha256 = Digest::of(&[byte]);
                    (
                        format!("f{number:03}"),
                        Node::File {
                            sha256,
                            executable: false,
                        },
                    )
                })
                .collect();
            serde_json::from_value(serde_json::json!({ "entries": entries })).unwrap()
        };
        let mut difference = Difference::default();
        difference.manifests("/r", &manifest(1), &manifest(2));
        assert_eq!(difference.lines().len(), MOST_FILES + 1);
        assert_eq!(difference.lines()[0].what, "file /r/f000");
        assert_eq!(
            difference.lines()[MOST_FILES].what,
            "and 300 more files of /r"
        );
    }
}
