//! A registry on the loopback interface, serving packages that a test describes.

#![expect(dead_code, reason = "each test file uses its own part of it")]
#![expect(
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "test helpers fail by panicking"
)]

pub mod git;
pub mod image;
pub mod package;
pub mod server;
pub mod sigstore;
pub mod wheel;

use interlock_supply::{
    GcReport, Host, Libc, Progress, Store, TreeDigest,
    npm::{Config, LockError, Locked, Locker, PackageName, Registry, Wish},
};
use package::Package;
use server::Server;
use std::{
    collections::BTreeSet,
    error::Error,
    fs,
    path::{Path, PathBuf},
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    },
};

/// A registry, a configuration that names it, and an empty store.
pub struct World {
    pub server: Server,
    pub store: Store,
    pub directory: tempfile::TempDir,
    pub host: Host,
    pub npmrc: String,
}

impl World {
    pub fn new(packages: &[Package]) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let server = Server::start();
        package::publish(&server, packages);
        let store = Store::open(&directory.path().join("store")).unwrap();
        let host = Host {
            os: "linux".into(),
            cpu: "x64".into(),
            libc: Some(Libc::Glibc),
            node: Some("20.1.0".parse().unwrap()),
        };
        let npmrc = format!("registry={}\n", server.url());
        Self {
            server,
            store,
            directory,
            host,
            npmrc,
        }
    }

    /// From the text form of [`package::parse`].
    pub fn of(text: &str) -> Self {
        Self::new(&package::parse(text))
    }

    pub fn registry(&self, offline: bool) -> Registry {
        // A file of its own for each caller: another one may be reading.
        static COUNTER: AtomicU64 = AtomicU64::new(0);
        let number = COUNTER.fetch_add(1, Ordering::Relaxed);
        let path = self.directory.path().join(format!("npmrc-{number}"));
        fs::write(&path, &self.npmrc).unwrap();
        Registry::new(Config::from_files(&[path], &|_| None).unwrap(), offline)
    }

    pub fn lock(&self, wish: &str) -> Result<Locked, LockError> {
        self.lock_with(wish, false, &interlock_supply::Silent)
    }

    pub fn lock_with(
        &self,
        text: &str,
        offline: bool,
        progress: &dyn Progress,
    ) -> Result<Locked, LockError> {
        let registry = self.registry(offline);
        let locker = Locker {
            registry: &registry,
            store: &self.store,
            host: &self.host,
            progress,
        };
        locker.lock(&wish(text))
    }

    pub fn install(&self, locked: &interlock_supply::LockedTree) -> Result<(), LockError> {
        self.install_for(locked, "")
    }

    /// `beside`: what was asked for besides the tree's own package, as in [`wish`].
    pub fn install_for(
        &self,
        locked: &interlock_supply::LockedTree,
        beside: &str,
    ) -> Result<(), LockError> {
        let registry = self.registry(false);
        let progress = &interlock_supply::Silent;
        Locker {
            registry: &registry,
            store: &self.store,
            host: &self.host,
            progress,
        }
        .install_for(locked, &wish(beside).packages)
    }

    pub fn tree(&self, locked: &Locked) -> PathBuf {
        self.store
            .root()
            .join(format!("trees/{}", locked.tree.digest))
    }
}

/// Removes everything that is not in `keep`, by the handle that put it there.
pub fn cleaned(store: &Store, keep: &BTreeSet<TreeDigest>, limit: Option<u64>) -> GcReport {
    let collection = store.collecting(&|| ()).unwrap();
    collection.remove_all_but(keep, limit).unwrap()
}

/// Every file below, sorted.
pub fn files(root: &Path) -> Vec<PathBuf> {
    let mut all = Vec::new();
    for entry in fs::read_dir(root).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all.extend(files(&path))
        } else {
            all.push(path)
        }
    }
    all.sort();
    all
}

/// `name@spec other@spec !command`
pub fn wish(text: &str) -> Wish {
    let mut packages = Vec::new();
    let mut command = None;
    for word in text.split_ascii_whitespace() {
        if let Some(name) = word.strip_prefix('!') {
            command = Some(name.to_owned());
            continue;
        }
        let at = word
            .char_indices()
            .skip(1)
            .find(|(_, c)| *c == '@')
            .map_or(word.len(), |(at, _)| at);
        let spec = word[at..].trim_start_matches('@').to_owned();
        packages.push((PackageName::new(&word[..at]).unwrap(), spec));
    }
    Wish { packages, command }
}

/// The tree as text: one line a package, `path version`.
pub fn layout(locked: &Locked) -> String {
    let line = |package: &interlock_supply::LockedPackage| {
        let short = package
            .path
            .as_str()
            .replace("/node_modules/", "/")
            .replace("node_modules/", "");
        let real = if short.ends_with(package.name.as_str()) {
            String::new()
        } else {
            format!(" is {}", package.name)
        };
        format!("{} {}{real}", short, package.version)
    };
    locked
        .tree
        .packages
        .iter()
        .map(line)
        .collect::<Vec<_>>()
        .join("\n")
}

/// An error with its causes.
pub fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text += &format!(": {error}");
        cause = error.source();
    }
    text
}

/// Counts what is reported.
#[derive(Default)]
pub struct Counting {
    pub archives: Mutex<Vec<(String, bool)>>,
    pub bytes: Mutex<u64>,
}

impl Progress for Counting {
    fn archive_done(&self, name: &str, already_stored: bool) {
        self.archives
            .lock()
            .unwrap()
            .push((name.into(), already_stored));
    }
    fn archive_bytes(&self, bytes: u64) {
        *self.bytes.lock().unwrap() += bytes;
    }
}
