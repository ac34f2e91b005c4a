//! What differs between two launches, line by line, as data for a person or a program.

use std::fmt;

use serde::Serialize;

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
        self.file("program", Some(&was.program), Some(&now.program));
        self.positions("argument", &was.argv, &now.argv);
        self.variables("variable", &was.env, &now.env);
        self.value("directory", was.cwd.as_ref(), now.cwd.as_ref());
        self.chain(&was.chain, &now.chain);
        self.packages(was, now);
        self.trees(&was.trees, &now.trees);
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
        let content = format!("{what}: content");
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
