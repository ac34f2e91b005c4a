//! Fetching ahead: descriptions and archives on several connections while the tree is being built.
//!
//! As soon as a description is there, the versions that its dependents will most likely get are chosen
//! and what those need is requested, archives included. The tree is built from the same answers
//! afterwards; the guess only decides what is there early.

use super::build::{Source, Unmet};
use crate::{
    digest::Integrity,
    host::Host,
    http::{CONNECTIONS, FetchError, retried},
    npm::{
        Manifest, PackageName, Packument, Registry, RegistryError, Spec, Wanted,
        packument::PackumentError,
        pick::{PickError, pick},
    },
    progress::Progress,
    store::{Format, InstallError, Store, Stored},
    unpack::UnpackLimits,
};
use std::{
    collections::{BTreeMap, HashMap, HashSet, VecDeque},
    fs,
    io::{self, Read},
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

/// An archive to fetch.
#[derive(Debug, Clone)]
pub(super) struct Archive {
    pub(super) name: PackageName,
    pub(super) integrity: Integrity,
    pub(super) url: String,
    pub(super) bytes: Option<u64>,
}

type Described = Result<Arc<Packument>, Arc<RegistryError>>;
type Kept = Result<Stored, Arc<InstallError>>;

#[derive(Default)]
struct State {
    describe: VecDeque<PackageName>,
    archives: VecDeque<Archive>,
    /// Asked for; `None` until the answer is there.
    described: HashMap<PackageName, Option<Described>>,
    /// Specifications that wait for a description.
    waiting: HashMap<PackageName, Vec<String>>,
    /// Specifications that were followed.
    followed: HashSet<(PackageName, String)>,
    versions: HashSet<(PackageName, String)>,
    stored: HashMap<Integrity, Option<Kept>>,
}

/// What fetches.
pub(super) struct Fetcher<'a> {
    pub(super) registry: &'a Registry,
    pub(super) store: &'a Store,
    pub(super) host: &'a Host,
    pub(super) progress: &'a dyn Progress,
    pub(super) limits: UnpackLimits,
    state: Mutex<State>,
    wake: Condvar,
    closed: AtomicBool,
}

impl<'a> Fetcher<'a> {
    pub(super) fn new(
        registry: &'a Registry,
        store: &'a Store,
        host: &'a Host,
        progress: &'a dyn Progress,
    ) -> Self {
        Self {
            registry,
            store,
            host,
            progress,
            limits: UnpackLimits::default(),
            state: Mutex::default(),
            wake: Condvar::new(),
            closed: AtomicBool::new(false),
        }
    }

    /// Runs `work` while several threads fetch what it, or a description, asks for.
    pub(super) fn run<T>(&self, work: impl FnOnce(&Self) -> T) -> T {
        std::thread::scope(|scope| {
            for _ in 0..CONNECTIONS {
                scope.spawn(|| self.fetch_until_closed());
            }
            let closing = Closing(self);
            let result = work(self);
            drop(closing);
            result
        })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // A thread that panicked left the maps in order: every change to them is one statement.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'g>(&self, guard: MutexGuard<'g, State>) -> MutexGuard<'g, State> {
        self.wake
            .wait(guard)
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn fetch_until_closed(&self) {
        let mut state = self.lock();
        while !self.closed.load(Ordering::Acquire) {
            if let Some(name) = state.describe.pop_front() {
                drop(state);
                self.describe(&name);
            } else if let Some(archive) = state.archives.pop_front() {
                drop(state);
                let kept = self.keep(&archive).map_err(Arc::new);
                self.lock().stored.insert(archive.integrity, Some(kept));
                self.wake.notify_all();
            } else {
                state = self.wait(state);
                continue;
            }
            state = self.lock();
        }
    }

    fn describe(&self, name: &PackageName) {
        let answer = self
            .registry
            .packument(name)
            .map(Arc::new)
            .map_err(Arc::new);
        self.progress.metadata_done(name.as_str());
        let waiting = {
            let mut state = self.lock();
            state.described.insert(name.clone(), Some(answer.clone()));
            state.waiting.remove(name).unwrap_or_default()
        };
        self.wake.notify_all();
        if let Ok(packument) = answer {
            let mut next = Vec::new();
            for spec in waiting {
                self.expand(&packument, &spec, &mut next);
            }
            self.follow_all(next);
        }
    }

    /// Requests what the specification of a dependency will most likely lead to.
    pub(super) fn follow(&self, name: &PackageName, spec: &str) {
        self.follow_all(vec![(name.clone(), spec.to_owned())]);
    }

    fn follow_all(&self, mut open: Vec<(PackageName, String)>) {
        while let Some((name, text)) = open.pop() {
            let Ok(spec) = Spec::parse(&text) else {
                continue;
            };
            let name = spec.alias.unwrap_or(name);
            let ready = {
                let mut state = self.lock();
                if !state.followed.insert((name.clone(), text.clone())) {
                    continue;
                }
                match state.described.get(&name) {
                    Some(Some(Ok(packument))) => Some(packument.clone()),
                    Some(Some(Err(_))) => None,
                    Some(None) => {
                        state
                            .waiting
                            .entry(name.clone())
                            .or_default()
                            .push(text.clone());
                        None
                    }
                    None => {
                        state
                            .waiting
                            .entry(name.clone())
                            .or_default()
                            .push(text.clone());
                        self.request(&mut state, &name);
                        None
                    }
                }
            };
            if let Some(packument) = ready {
                self.expand(&packument, &text, &mut open);
            }
        }
    }

    /// Chooses the version for one specification and lists what that version needs in turn.
    fn expand(&self, packument: &Packument, text: &str, next: &mut Vec<(PackageName, String)>) {
        let Ok(spec) = Spec::parse(text) else { return };
        let Ok(manifest) = pick(packument, &spec.wanted, self.host.node.as_ref()) else {
            return;
        };
        let version = (manifest.name.clone(), manifest.version.to_string());
        if !self
            .host
            .admits(&manifest.os, &manifest.cpu, &manifest.libc)
            || !self.lock().versions.insert(version)
        {
            return;
        }
        if let Some(archive) = self.archive_of(&manifest) {
            self.request_archive(&archive);
        }
        let peers = manifest
            .peers
            .iter()
            .filter(|(name, _)| !manifest.optional_peers.contains(*name));
        let all = manifest
            .dependencies
            .iter()
            .chain(&manifest.optional)
            .chain(peers);
        let unbundled = all.filter(|(name, _)| !manifest.bundled.contains(*name));
        next.extend(unbundled.map(|(name, spec)| (name.clone(), spec.clone())));
    }

    fn request(&self, state: &mut State, name: &PackageName) {
        if !state.described.contains_key(name) {
            state.described.insert(name.clone(), None);
            state.describe.push_back(name.clone());
            self.progress.metadata_expected(1);
            self.wake.notify_all();
        }
    }

    /// Requests descriptions that will be waited for.
    pub(super) fn describe_all<'n>(&self, names: impl Iterator<Item = &'n PackageName>) {
        let mut state = self.lock();
        for name in names {
            self.request(&mut state, name);
        }
    }

    /// A description; waits for it.
    pub(super) fn packument(&self, name: &PackageName) -> Described {
        let mut state = self.lock();
        self.request(&mut state, name);
        loop {
            if let Some(Some(answer)) = state.described.get(name) {
                return answer.clone();
            }
            state = self.wait(state);
        }
    }

    /// Where a version's archive is; none for a bundled package.
    pub(super) fn archive_of(&self, manifest: &Manifest) -> Option<Archive> {
        let dist = manifest.dist.as_ref()?;
        Some(Archive {
            name: manifest.name.clone(),
            integrity: dist.integrity.clone(),
            url: self.registry.archive_address(manifest),
            bytes: dist.unpacked,
        })
    }

    pub(super) fn request_archive(&self, archive: &Archive) {
        let mut state = self.lock();
        if !state.stored.contains_key(&archive.integrity) {
            state.stored.insert(archive.integrity.clone(), None);
            state.archives.push_back(archive.clone());
            self.progress
                .archive_expected(archive.name.as_str(), archive.bytes);
            self.wake.notify_all();
        }
    }

    /// Drops the requests for archives that turned out not to be needed.
    pub(super) fn only_needed(&self, needed: &HashSet<Integrity>) {
        let mut state = self.lock();
        let (keep, drop): (VecDeque<_>, VecDeque<_>) = state
            .archives
            .drain(..)
            .partition(|archive| needed.contains(&archive.integrity));
        state.archives = keep;
        for archive in drop {
            state.stored.remove(&archive.integrity);
        }
    }

    /// A stored package; waits for it.
    pub(super) fn stored(&self, archive: &Archive) -> Kept {
        self.request_archive(archive);
        let mut state = self.lock();
        loop {
            if let Some(Some(kept)) = state.stored.get(&archive.integrity) {
                return kept.clone();
            }
            state = self.wait(state);
        }
    }

    fn keep(&self, archive: &Archive) -> Result<Stored, InstallError> {
        if let Some(stored) = self.store.package(&archive.integrity) {
            self.progress.archive_done(archive.name.as_str(), true);
            return Ok(stored);
        }
        let mut failure = None;
        let limit = self.limits.archive;
        let stored = retried(|| {
            let answer = self.registry.archive(&archive.name, &archive.url, limit)?;
            let reader = Abortable {
                inner: answer.reader,
                closed: &self.closed,
            };
            let on_bytes = |count| self.progress.archive_bytes(count);
            match self.store.add_package(
                &archive.integrity,
                &Format::Tarball,
                reader,
                &self.limits,
                &on_bytes,
            ) {
                Ok(stored) => Ok(Some(stored)),
                Err(InstallError::Fetch(error)) => Err(error),
                Err(other) => {
                    failure = Some(other);
                    Ok(None)
                }
            }
        });
        self.progress.archive_done(archive.name.as_str(), false);
        match (stored?, failure) {
            (Some(stored), _) => Ok(stored),
            (None, Some(error)) => Err(error),
            (None, None) => Err(InstallError::Fetch(FetchError::Status(0))),
        }
    }
}

/// Tells the threads to stop, however the work ended.
struct Closing<'a, 'b>(&'a Fetcher<'b>);

impl Drop for Closing<'_, '_> {
    fn drop(&mut self) {
        self.0.closed.store(true, Ordering::Release);
        // Under the lock, so that no thread is between looking and waiting.
        let _state = self.0.lock();
        self.0.wake.notify_all();
    }
}

/// A download that ends when nobody wants it any more.
struct Abortable<'a, R> {
    inner: R,
    closed: &'a AtomicBool,
}

impl<R: Read> Read for Abortable<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.closed.load(Ordering::Acquire) {
            return Err(io::Error::other("no longer needed"));
        }
        self.inner.read(buffer)
    }
}

impl Source for Fetcher<'_> {
    fn pick(&self, name: &PackageName, wanted: &Wanted) -> Result<Arc<Manifest>, Unmet> {
        let packument = self.packument(name).map_err(Unmet::Registry)?;
        let picked = pick(&packument, wanted, self.host.node.as_ref());
        picked
            .map(Arc::new)
            .map_err(|error| Unmet::Pick(error.into()))
    }

    fn pick_for_all(&self, name: &PackageName, wanted: &[Wanted]) -> Option<Arc<Manifest>> {
        let packument = self.packument(name).ok()?;
        let tagged = |tag: &str| packument.tag(tag).map(String::from);
        let mut fitting: Vec<_> = packument
            .versions()
            .filter(|version| {
                let admitted = |w: &Wanted| {
                    w.admits(version, |tag| {
                        tagged(tag).as_deref() == Some(version.as_str())
                    })
                };
                wanted.iter().all(admitted)
            })
            .collect();
        let latest = packument.tag("latest");
        // The `latest` one when it is among them, else the highest.
        fitting.sort_by_key(|version| version.as_str() == latest.unwrap_or_default());
        let best = match fitting.last() {
            Some(version) if Some(version.as_str()) == latest => version.clone(),
            _ => fitting
                .into_iter()
                .max_by(|a, b| a.semver().cmp(b.semver()))?,
        };
        packument.manifest(&best).ok().flatten().map(Arc::new)
    }

    fn tagged(&self, name: &PackageName, tag: &str) -> Option<String> {
        self.packument(name).ok()?.tag(tag).map(String::from)
    }

    fn bundle(&self, manifest: &Manifest) -> Result<Vec<(String, Manifest)>, Unmet> {
        let Some(archive) = self.archive_of(manifest) else {
            return Ok(Vec::new());
        };
        let stored = self.stored(&archive).map_err(|error| {
            let message = error.to_string();
            let source = PackumentError::Bundle(message);
            Unmet::Pick(Arc::new(PickError::Packument(source)))
        })?;
        Ok(bundled_in(&stored))
    }
}

/// The packages inside a stored one: every `node_modules/NAME/package.json`.
pub(super) fn bundled_in(stored: &Stored) -> Vec<(String, Manifest)> {
    let mut found = BTreeMap::new();
    for file in &stored.files {
        let Some(directory) = file.path.as_str().strip_suffix("/package.json") else {
            continue;
        };
        let Some(name) = PackageName::of_directory(directory) else {
            continue;
        };
        let raw = fs::read(stored.directory.join(file.path.as_str())).unwrap_or_default();
        let Ok(value) = serde_json::from_slice::<serde_json::Value>(&raw) else {
            continue;
        };
        let text = |key| value.get(key).and_then(serde_json::Value::as_str);
        let Some(version) = text("version").and_then(|text| text.parse().ok()) else {
            continue;
        };
        let own = text("name")
            .and_then(|text| PackageName::new(text).ok())
            .unwrap_or(name);
        found.insert(
            directory.to_owned(),
            Manifest::read(&value, own, version, None),
        );
    }
    found.into_iter().collect()
}
