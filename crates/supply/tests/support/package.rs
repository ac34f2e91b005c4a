//! Packages made up by tests: their archives and the registry's descriptions of them.

use super::server::{Answer, Server};
use flate2::{Compression, write::GzEncoder};
use interlock_supply::Integrity;
use serde_json::{Map, Value, json};
use sha2::Digest;
use std::{collections::BTreeMap, io::Write};
use tar::{EntryType, Header};

/// One version of a package.
#[derive(Clone)]
pub struct Package {
    pub name: String,
    pub version: String,
    /// What goes into both `package.json` and the registry's description.
    pub fields: Map<String, Value>,
    /// What the registry says differently.
    pub listed: Map<String, Value>,
    pub files: Vec<(String, String)>,
    /// The whole archive, when it is not made from the files.
    pub archive: Option<Vec<u8>>,
}

impl Package {
    pub fn new(name: &str, version: &str) -> Self {
        let fields = json!({ "name": name, "version": version, "bin": "index.js" });
        Self {
            name: name.into(),
            version: version.into(),
            fields: fields.as_object().unwrap().clone(),
            listed: Map::new(),
            files: vec![(
                "index.js".into(),
                format!("#!/usr/bin/env node\n// {name} {version}\n"),
            )],
            archive: None,
        }
    }

    pub fn field(mut self, key: &str, value: Value) -> Self {
        self.fields.insert(key.into(), value);
        self
    }

    pub fn listed(mut self, key: &str, value: Value) -> Self {
        self.listed.insert(key.into(), value);
        self
    }

    pub fn file(mut self, path: &str, text: &str) -> Self {
        self.files.push((path.into(), text.into()));
        self
    }

    pub fn archive(mut self, bytes: Vec<u8>) -> Self {
        self.archive = Some(bytes);
        self
    }

    pub fn bytes(&self) -> Vec<u8> {
        if let Some(archive) = &self.archive {
            return archive.clone();
        }
        let mut archive = Archive::default();
        archive.file(
            "package/package.json",
            &Value::from(self.fields.clone()).to_string(),
        );
        for (path, text) in &self.files {
            archive.file(&format!("package/{path}"), text);
        }
        archive.finish()
    }

    pub fn archive_path(&self) -> String {
        let last = self.name.rsplit('/').next().unwrap();
        format!("/{}/-/{last}-{}.tgz", self.name, self.version)
    }
}

pub fn integrity(bytes: &[u8]) -> String {
    Integrity::from_bytes(sha2::Sha512::digest(bytes).into()).to_string()
}

/// Serves the packages' descriptions and archives. Tags: `latest` is the last one without a hyphen in
/// its version, `old` the first one.
pub fn publish(server: &Server, packages: &[Package]) {
    let mut by_name: BTreeMap<&str, Vec<&Package>> = BTreeMap::new();
    for package in packages {
        by_name.entry(&package.name).or_default().push(package);
        server.put(&package.archive_path(), Answer::new(package.bytes()));
    }
    for (name, versions) in by_name {
        let listed = versions.iter().map(|package| {
            let mut value = package.fields.clone();
            let address = format!("{}{}", server.url(), &package.archive_path()[1..]);
            value.insert(
                "dist".into(),
                json!({ "integrity": integrity(&package.bytes()), "tarball": address }),
            );
            value.extend(package.listed.clone());
            (package.version.clone(), Value::from(value))
        });
        let listed: Map<String, Value> = listed.collect();
        let releases = versions
            .iter()
            .filter(|package| !package.version.contains('-'));
        let latest = releases.clone().next_back().or(versions.last()).unwrap();
        let tags = json!({ "latest": latest.version, "old": versions[0].version });
        let text = json!({ "name": name, "dist-tags": tags, "versions": listed }).to_string();
        server.put(&format!("/{}", name.replace('/', "%2f")), Answer::new(text));
    }
}

/// Packages from text, one a line: `name@version word…`, each word one of `dep=spec`, `?dep=spec`
/// (optional), `^dep=spec` (peer), `^?dep=spec` (optional peer), `@os=…`, `@cpu=…`, `@libc=…`, `@node=…`,
/// `@deprecated`, `@script`. In specifications `_` is a space.
pub fn parse(text: &str) -> Vec<Package> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.map(line).collect()
}

fn line(line: &str) -> Package {
    let mut words = line.split_ascii_whitespace();
    let first = words.next().unwrap();
    let at = first.rfind('@').unwrap();
    let mut package = Package::new(&first[..at], &first[at + 1..]);
    for word in words {
        if let Some(word) = word.strip_prefix('@').filter(|word| !word.contains('/')) {
            let (key, value) = word.split_once('=').unwrap_or((word, ""));
            let value = match key {
                "node" => json!({ "node": value.replace('_', " ") }),
                "deprecated" => json!("do not use"),
                "script" => json!({ "postinstall": "touch /tmp/never" }),
                _ => value.split(',').collect(),
            };
            let key = match key {
                "node" => "engines",
                "script" => "scripts",
                other => other,
            };
            package = package.field(key, value);
            continue;
        }
        let (kind, rest) = [("^?", "peer?"), ("^", "peer"), ("?", "optional")]
            .iter()
            .find_map(|(mark, kind)| Some((*kind, word.strip_prefix(mark)?)))
            .unwrap_or(("needed", word));
        let (name, spec) = rest.split_once('=').unwrap();
        let key = match kind {
            "needed" => "dependencies",
            "optional" => "optionalDependencies",
            _ => "peerDependencies",
        };
        insert(
            &mut package.fields,
            key,
            name,
            json!(spec.replace('_', " ")),
        );
        if kind == "peer?" {
            insert(
                &mut package.fields,
                "peerDependenciesMeta",
                name,
                json!({ "optional": true }),
            );
        }
    }
    package
}

fn insert(fields: &mut Map<String, Value>, key: &str, name: &str, value: Value) {
    let object = fields.entry(key).or_insert_with(|| json!({}));
    object.as_object_mut().unwrap().insert(name.into(), value);
}

/// A tar archive in the making; writes headers as they are told, good or bad.
#[derive(Default)]
pub struct Archive {
    raw: Vec<u8>,
}

impl Archive {
    pub fn file(&mut self, path: &str, text: &str) -> &mut Self {
        self.entry(path.as_bytes(), EntryType::Regular, 0o644, text.as_bytes())
    }

    pub fn entry(&mut self, path: &[u8], kind: EntryType, mode: u32, data: &[u8]) -> &mut Self {
        self.sized(path, kind, mode, data.len() as u64, data)
    }

    pub fn link(&mut self, path: &str, kind: EntryType, target: &str) -> &mut Self {
        let mut header = header(path.as_bytes(), kind, 0o777, 0);
        header.as_old_mut().linkname[..target.len()].copy_from_slice(target.as_bytes());
        header.set_cksum();
        self.raw.extend_from_slice(header.as_bytes());
        self
    }

    pub fn sized(
        &mut self,
        path: &[u8],
        kind: EntryType,
        mode: u32,
        size: u64,
        data: &[u8],
    ) -> &mut Self {
        self.raw
            .extend_from_slice(header(path, kind, mode, size).as_bytes());
        self.raw.extend_from_slice(data);
        self.raw.resize(self.raw.len().next_multiple_of(512), 0);
        self
    }

    pub fn raw(&mut self, data: &[u8]) -> &mut Self {
        self.raw.extend_from_slice(data);
        self
    }

    /// With the end mark, compressed.
    pub fn finish(&mut self) -> Vec<u8> {
        self.raw(&[0; 1024]).compress()
    }

    pub fn compress(&mut self) -> Vec<u8> {
        gzip(&self.raw)
    }
}

pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn header(path: &[u8], kind: EntryType, mode: u32, size: u64) -> Header {
    let mut header = Header::new_ustar();
    assert!(path.len() <= 100, "use a long name entry");
    header.as_old_mut().name[..path.len()].copy_from_slice(path);
    header.set_entry_type(kind);
    header.set_mode(mode);
    header.set_size(size);
    header.set_cksum();
    header
}
