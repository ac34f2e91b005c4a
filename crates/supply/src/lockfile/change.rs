//! What differs between two locks, for a person or a program: one line a thing.

use super::{Content, Lockfile, OriginLock, ProposedGrants, Server};
use crate::locked::{Ecosystem, LockedPackage, LockedTree};
use crate::oci::LockedImage;
use interlock_launch::{Line, ServerName};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// What a change says of a server that was attested and is not any more; it is the first one then.
pub const ATTESTATION_GONE: &str =
    "ATTESTATION GONE: nobody vouches any more for what it is built from";

impl Lockfile {
    /// What differs, by server; servers that are the same are not in it.
    #[must_use]
    pub fn changes(&self, newer: &Self) -> BTreeMap<ServerName, Vec<Line>> {
        let names: BTreeSet<&ServerName> = self.server.keys().chain(newer.server.keys()).collect();
        let lines = |name: &ServerName| match (self.server.get(name), newer.server.get(name)) {
            (Some(was), Some(now)) => was.changes(now),
            (was, now) => {
                let source =
                    |server: Option<&Server>| server.map(|server| server.source.to_string());
                vec![line("server", source(was), source(now))]
            }
        };
        names
            .into_iter()
            .map(|name| (name.clone(), lines(name)))
            .filter(|(_, lines)| !lines.is_empty())
            .collect()
    }
}

impl Server {
    /// What differs between two states of one server, in the order in which a lock is written.
    #[must_use]
    pub fn changes(&self, newer: &Self) -> Vec<Line> {
        let mut found = Found::default();
        found.attestation(&self.content, &newer.content);
        found.value("source", Some(&self.source), Some(&newer.source));
        found.value("registry", self.registry.as_ref(), newer.registry.as_ref());
        found.value("arguments", words(self), words(newer));
        found.content(&self.content, &newer.content);
        found.grants(&self.grants, &newer.grants);
        let digests = |server: &Self| -> BTreeMap<String, String> {
            let tools = server.tools.iter();
            tools
                .map(|(name, digest)| (name.clone(), digest.to_string()))
                .collect()
        };
        found.map("tool", &digests(self), &digests(newer));
        found.lines
    }
}

impl OriginLock {
    /// What differs between two origins; that an attestation is gone comes first.
    #[must_use]
    pub fn changes(was: Option<&Self>, now: Option<&Self>) -> Vec<Line> {
        let content = |origin: Option<&Self>| Content {
            origin: origin.cloned(),
            ..Content::default()
        };
        let (was, now) = (content(was), content(now));
        let mut found = Found::default();
        found.attestation(&was, &now);
        found.origin(&was, &now);
        found.lines
    }
}

fn words(server: &Server) -> Option<String> {
    Some(server.args.join(" ")).filter(|words| !words.is_empty())
}

fn line(what: impl Into<String>, was: Option<String>, now: Option<String>) -> Line {
    Line {
        what: what.into(),
        was,
        now,
    }
}

#[derive(Default)]
struct Found {
    lines: Vec<Line>,
}

impl Found {
    fn value<T: ToString + PartialEq>(&mut self, what: &str, was: Option<T>, now: Option<T>) {
        if was != now {
            let text = |value: Option<T>| value.map(|value| value.to_string());
            self.lines.push(line(what, text(was), text(now)));
        }
    }

    fn map(&mut self, what: &str, was: &BTreeMap<String, String>, now: &BTreeMap<String, String>) {
        let keys: BTreeSet<&String> = was.keys().chain(now.keys()).collect();
        for key in keys {
            self.value(&format!("{what} {key}"), was.get(key), now.get(key));
        }
    }

    /// Before all else: that nobody vouches any more is what a stolen account looks like.
    fn attestation(&mut self, was: &Content, now: &Content) {
        let said = |content: &Content| content.origin.as_ref().and_then(OriginLock::attestation);
        if let (Some(was), None) = (said(was), said(now)) {
            self.lines.push(line(ATTESTATION_GONE, Some(was), None));
        }
    }

    fn origin(&mut self, was: &Content, now: &Content) {
        let nothing = OriginLock::default();
        let a = was.origin.as_ref().unwrap_or(&nothing);
        let b = now.origin.as_ref().unwrap_or(&nothing);
        self.value("publisher", a.publisher.as_ref(), b.publisher.as_ref());
        self.value("published", a.published, b.published);
        // That it is gone is said already.
        if b.attested.is_some() || a.attested.is_none() {
            self.value("attested", a.attested, b.attested);
            self.value("repository", a.repository.as_ref(), b.repository.as_ref());
            self.value("commit", a.commit.as_ref(), b.commit.as_ref());
            self.value("issuer", a.issuer.as_ref(), b.issuer.as_ref());
        }
        let (x, y) = (&a.claimed_repository, &b.claimed_repository);
        self.value("claimed repository", x.as_ref(), y.as_ref());
        let (x, y) = (&a.claimed_commit, &b.claimed_commit);
        self.value("claimed commit", x.as_ref(), y.as_ref());
    }

    fn content(&mut self, was: &Content, now: &Content) {
        self.origin(was, now);
        let (a, b) = (was.interpreter.as_ref(), now.interpreter.as_ref());
        self.value("interpreter", a, b);
        self.value("platform", was.platform.as_ref(), now.platform.as_ref());
        let files = |content: &Content| -> BTreeMap<String, String> {
            let files = content.files.iter();
            files
                .map(|file| (file.path.to_string(), file.sha256.to_string()))
                .collect()
        };
        self.map("file", &files(was), &files(now));
        let folders = |content: &Content| -> BTreeMap<String, String> {
            let all = content.folders.iter();
            let shown = |digest, files| format!("{digest} ({files} files)");
            all.map(|it| (it.path.to_string(), shown(it.digest, it.files)))
                .collect()
        };
        self.map("folder", &folders(was), &folders(now));
        self.tree(was.tree.as_ref(), now.tree.as_ref());
        self.image(was.image.as_ref(), now.image.as_ref());
    }

    fn tree(&mut self, was: Option<&LockedTree>, now: Option<&LockedTree>) {
        let package = |tree: &LockedTree| format!("{}@{}", tree.name, tree.version);
        self.value("package", was.map(package), now.map(package));
        let entry = |tree: &LockedTree| tree.entry.file.to_string();
        self.value("entry", was.map(entry), now.map(entry));
        let packages = |tree: Option<&LockedTree>| -> BTreeMap<String, String> {
            let all = tree.into_iter().flat_map(|tree| &tree.packages);
            all.map(|package| (place(tree, package), shown(package)))
                .collect()
        };
        self.map("dependency", &packages(was), &packages(now));
        let summary = |tree: &LockedTree| {
            format!(
                "{} ({} files, {} bytes)",
                tree.digest, tree.files, tree.bytes
            )
        };
        self.value("tree", was.map(summary), now.map(summary));
    }

    fn image(&mut self, was: Option<&LockedImage>, now: Option<&LockedImage>) {
        let named = |image: &LockedImage| {
            format!(
                "{} {} is {} ({})",
                image.name, image.version, image.manifest, image.platform
            )
        };
        self.value("image", was.map(named), now.map(named));
        let layers = |image: &LockedImage| {
            let all = image.layers.iter().map(|layer| layer.digest.to_string());
            all.collect::<Vec<_>>().join(" ")
        };
        self.value("layers", was.map(layers), now.map(layers));
        let files = |image: &LockedImage| {
            format!(
                "{} ({} files, {} bytes)",
                image.digest, image.files, image.bytes
            )
        };
        self.value("files of the image", was.map(files), now.map(files));
        self.value(
            "configuration",
            was.map(|image| image.config),
            now.map(|image| image.config),
        );
    }

    /// Grants as the options that give them: what is new, what is gone.
    fn grants(&mut self, was: &ProposedGrants, now: &ProposedGrants) {
        let (was, now) = (options(was), options(now));
        for (name, value) in was.difference(&now) {
            self.lines
                .push(line(format!("grant {name}"), Some(value.clone()), None));
        }
        for (name, value) in now.difference(&was) {
            self.lines
                .push(line(format!("grant {name}"), None, Some(value.clone())));
        }
    }
}

/// Where a package is; Python's are all in one place, so there the name says it.
fn place(tree: Option<&LockedTree>, package: &LockedPackage) -> String {
    match tree.map(|tree| tree.ecosystem) {
        Some(Ecosystem::Pypi) => package.name.to_string(),
        _ => package.path.to_string(),
    }
}

fn shown(package: &LockedPackage) -> String {
    let script = if package.install_script {
        ", install script"
    } else {
        ""
    };
    let (name, version) = (&package.name, &package.version);
    let built = package.built.as_ref().map_or_else(String::new, |built| {
        let tools = built.tools.iter();
        let tools = tools.map(|tool| format!(" {}@{}", tool.name, tool.version));
        format!(
            ", BUILT FROM SOURCE to {} with{}",
            built.files,
            tools.collect::<String>()
        )
    });
    format!("{name}@{version} ({}{script}{built})", package.integrity)
}

fn options(grants: &ProposedGrants) -> BTreeSet<(String, String)> {
    let all = serde_json::to_value(grants).unwrap_or_default();
    let text = |value: &Value| {
        value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned)
    };
    let mut options = BTreeSet::new();
    for (name, value) in all.as_object().into_iter().flatten() {
        let values = value
            .as_array()
            .cloned()
            .unwrap_or_else(|| vec![value.clone()]);
        options.extend(values.iter().map(|value| (name.clone(), text(value))));
    }
    options
}

#[cfg(test)]
#[path = "change_tests.rs"]
mod tests;
