//! Wheels made up by tests, and an index that serves them.

use super::server::{Answer, Server};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use flate2::Crc;
use interlock_supply::{
    Libc, Silent, Store,
    pypi::{Compiler, Config, Index, LockError, Locked, Locker, Python, Requirement, Wish},
};
use serde_json::{Value, json};
use sha2::Digest;
use std::{collections::BTreeMap, fs, path::PathBuf};

/// One wheel.
#[derive(Clone)]
pub struct Wheel {
    pub file: String,
    pub metadata: String,
    pub files: Vec<(String, String)>,
    /// What the index says about it, over what is true.
    pub listed: Value,
}

impl Wheel {
    /// `name version`, and what it needs, separated by `|`. It has a module and a command of its own name.
    pub fn new(text: &str) -> Self {
        let (head, needs) = text.split_once(':').unwrap_or((text, ""));
        let (name, version) = head.trim().split_once(' ').unwrap();
        let module = name.replace('-', "_");
        let info = format!("{module}-{version}.dist-info");
        let needs = needs
            .split('|')
            .map(str::trim)
            .filter(|need| !need.is_empty());
        let needs: String = needs
            .map(|need| format!("Requires-Dist: {need}\n"))
            .collect();
        Self {
            file: format!("{module}-{version}-py3-none-any.whl"),
            metadata: format!("Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{needs}"),
            files: vec![
                (
                    format!("{module}/__init__.py"),
                    format!("def main(): print('{name} {version}')\n"),
                ),
                (format!("{info}/WHEEL"), "Wheel-Version: 1.0\n".into()),
                (
                    format!("{info}/entry_points.txt"),
                    format!("[console_scripts]\n{name} = {module}:main\n"),
                ),
            ],
            listed: json!({}),
        }
    }

    pub fn listed(mut self, value: Value) -> Self {
        self.listed = value;
        self
    }

    pub fn file(mut self, path: &str, text: &str) -> Self {
        self.files.retain(|(known, _)| known != path);
        self.files.push((path.into(), text.into()));
        self
    }

    pub fn tagged(mut self, tags: &str) -> Self {
        self.file = self.file.replace("py3-none-any", tags);
        let text = format!("Wheel-Version: 1.0\nTag: {tags}\n");
        let is_wheel = |path: &str| path.ends_with(".dist-info/WHEEL");
        let mut own = self.files.iter_mut().filter(|(path, _)| is_wheel(path));
        if let Some((_, old)) = own.next() {
            *old = text;
        }
        self
    }

    pub fn bytes(&self) -> Vec<u8> {
        let stem: Vec<&str> = self.file.splitn(3, '-').take(2).collect();
        let info = format!("{}.dist-info", stem.join("-"));
        let mut files = self.files.clone();
        files.push((format!("{info}/METADATA"), self.metadata.clone()));
        let line = |(path, text): &(String, String)| {
            let sum = URL_SAFE_NO_PAD.encode(sha2::Sha256::digest(text.as_bytes()));
            format!("{path},sha256={sum},{}\n", text.len())
        };
        let record: String = files.iter().map(line).collect();
        files.push((
            format!("{info}/RECORD"),
            format!("{record}{info}/RECORD,,\n"),
        ));
        zip(&files)
    }
}

/// A zip archive with stored entries.
pub fn zip(files: &[(String, String)]) -> Vec<u8> {
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    for (name, text) in files {
        let mut crc = Crc::new();
        crc.update(text.as_bytes());
        let size = u32::try_from(text.len()).unwrap().to_le_bytes();
        let length = u16::try_from(name.len()).unwrap().to_le_bytes();
        let shared = [
            &[0; 8],
            &crc.sum().to_le_bytes()[..],
            &size,
            &size,
            &length,
            &[0; 2],
        ]
        .concat();
        let at = u32::try_from(out.len()).unwrap().to_le_bytes();
        out.extend(
            [
                &b"PK\x03\x04\x14\0"[..],
                &shared,
                name.as_bytes(),
                text.as_bytes(),
            ]
            .concat(),
        );
        let head = [
            &b"PK\x01\x02\x14\x03\x14\0"[..],
            &shared,
            &[0; 6],
            &(0o100_644_u32 << 16).to_le_bytes(),
        ];
        directory.extend([&head.concat()[..], &at, name.as_bytes()].concat());
    }
    let count = u16::try_from(files.len()).unwrap().to_le_bytes();
    let (start, size) = (out.len(), directory.len());
    out.extend(directory);
    out.extend(b"PK\x05\x06\0\0\0\0");
    out.extend([count, count].concat());
    out.extend(u32::try_from(size).unwrap().to_le_bytes());
    out.extend(u32::try_from(start).unwrap().to_le_bytes());
    out.extend([0, 0]);
    out
}

pub fn sha256(bytes: &[u8]) -> String {
    sha2::Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// Serves the wheels as JSON, with their metadata by itself.
pub fn publish(server: &Server, wheels: &[Wheel]) {
    let mut by_name: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for wheel in wheels {
        let bytes = wheel.bytes();
        let mut listed = json!({
            "filename": wheel.file,
            "url": format!("/files/{}", wheel.file),
            "hashes": { "sha256": sha256(&bytes) },
            "core-metadata": { "sha256": sha256(wheel.metadata.as_bytes()) },
        });
        listed
            .as_object_mut()
            .unwrap()
            .extend(wheel.listed.as_object().unwrap().clone());
        let name = wheel.file.split('-').next().unwrap().replace('_', "-");
        by_name.entry(name).or_default().push(listed);
        server.put(&format!("/files/{}", wheel.file), Answer::new(bytes));
        server.put(
            &format!("/files/{}.metadata", wheel.file),
            Answer::new(wheel.metadata.clone()),
        );
    }
    for (name, files) in by_name {
        let page = json!({ "meta": { "api-version": "1.1" }, "name": name, "files": files });
        server.put(&format!("/simple/{name}/"), Answer::new(page.to_string()));
    }
}

/// An index, a store and an interpreter.
pub struct World {
    pub server: Server,
    pub store: Store,
    pub directory: tempfile::TempDir,
    pub python: Python,
    pub index: String,
}

impl World {
    pub fn new(wheels: &[Wheel]) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let server = Server::start();
        publish(&server, wheels);
        let store = Store::open(&directory.path().join("store")).unwrap();
        let python = Python {
            minor: 11,
            version: "3.11.7".into(),
            arch: "x86_64".into(),
            libc: (Libc::Glibc, (2, 36)),
        };
        let index = format!("{}simple", server.url());
        Self {
            server,
            store,
            directory,
            python,
            index,
        }
    }

    /// One line a wheel, as [`Wheel::new`] reads it.
    pub fn of(text: &str) -> Self {
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        Self::new(&lines.map(Wheel::new).collect::<Vec<_>>())
    }

    pub fn index(&self, offline: bool) -> Index {
        let variable = |name: &str| (name == "UV_INDEX").then(|| self.index.clone());
        let own = |name: &str| {
            variable(name).or_else(|| {
                (name == "UV_DEFAULT_INDEX").then(|| format!("{}none", self.server.url()))
            })
        };
        Index::new(Config::from_files(&[], &[], None, &own).unwrap(), offline)
    }

    pub fn lock(&self, wish: &str) -> Result<Locked, LockError> {
        self.lock_with(wish, false, None)
    }

    pub fn lock_with(
        &self,
        text: &str,
        offline: bool,
        compiler: Option<&dyn Compiler>,
    ) -> Result<Locked, LockError> {
        let index = self.index(offline);
        self.locker(&index, compiler).lock(&wish(text))
    }

    pub fn locker<'a>(
        &'a self,
        index: &'a Index,
        compiler: Option<&'a dyn Compiler>,
    ) -> Locker<'a> {
        Locker {
            index,
            store: &self.store,
            python: &self.python,
            progress: &Silent,
            compiler,
            danger_builder: None,
        }
    }

    pub fn root(&self, locked: &Locked) -> PathBuf {
        self.store
            .root()
            .join(format!("trees/{}/root", locked.tree.digest))
    }

    pub fn read(&self, locked: &Locked, path: &str) -> String {
        fs::read_to_string(self.root(locked).join(path)).unwrap()
    }
}

/// `requirement requirement !command`
pub fn wish(text: &str) -> Wish {
    let words = text.split_ascii_whitespace();
    Wish {
        requirements: words
            .clone()
            .filter(|word| !word.starts_with('!'))
            .map(|word| Requirement::parse(word).unwrap())
            .collect(),
        command: words
            .clone()
            .find_map(|word| word.strip_prefix('!'))
            .map(String::from),
    }
}

/// `name version` of every package.
pub fn packages(locked: &Locked) -> String {
    let all = locked
        .tree
        .packages
        .iter()
        .map(|package| format!("{} {}", package.name, package.version));
    all.collect::<Vec<_>>().join(", ")
}
