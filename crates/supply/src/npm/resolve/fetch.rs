//! Fetching ahead: descriptions and archives on several connections while the tree is being built.
//!
//! As soon as a description is there, the versions that its dependents will most likely get are chosen
//! and what those need is requested, archives included. The tree is built from the same answers
//! afterwards; the guess only decides what is there early.

use super::build::{Source, Unmet};
use crate::{
    crew::{Crew, Parcel},
    digest::Integrity,
    host::Host,
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
    sync::{Arc, MutexGuard},
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
    /// The package that a tree is made for, when it does not come from the registry.
    own: Option<Arc<Manifest>>,
    crew: Crew<State>,
}

/// What one of the threads does next.
enum Job {
    Describe(PackageName),
    Keep(Archive),
}

impl State {
    fn next(&mut self) -> Option<Job> {
        let describe = self.describe.pop_front().map(Job::Describe);
        describe.or_else(|| self.archives.pop_front().map(Job::Keep))
    }
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
            own: None,
            crew: Crew::default(),
        }
    }

    /// The same, where one package is had already.
    pub(super) fn with_own(self, own: Arc<Manifest>) -> Self {
        Self {
            own: Some(own),
            ..self
        }
    }

    /// That package, where it is what is asked for.
    fn own(&self, name: &PackageName, wanted: &[Wanted]) -> Option<Arc<Manifest>> {
        let own = self.own.as_ref().filter(|own| own.name == *name)?;
        let mut all = wanted.iter();
        all.all(|wanted| wanted.admits(&own.version, |_| false))
            .then(|| own.clone())
    }

    /// Runs `work` while several threads fetch what it, or a description, asks for.
    pub(super) fn run<T>(&self, work: impl FnOnce(&Self) -> T) -> T {
        self.crew
            .run(State::next, |job| self.perform(job), || work(self))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.crew.lock()
    }

    fn perform(&self, job: Job) {
        match job {
            Job::Describe(name) => self.describe(&name),
            Job::Keep(archive) => {
                let kept = self.keep(&archive).map_err(Arc::new);
                self.lock().stored.insert(archive.integrity, Some(kept));
                self.crew.notify();
            }
        }
    }

    fn describe(&self, name: &PackageName) {
        let answer = self.registry.packument(name).map_err(Arc::new);
        self.progress.metadata_done(name.as_str());
        let waiting = {
            let mut state = self.lock();
            state.described.insert(name.clone(), Some(answer.clone()));
            state.waiting.remove(name).unwrap_or_default()
        };
        self.crew.notify();
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
            self.crew.notify();
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
        self.request(&mut self.lock(), name);
        self.crew.answer(|state| state.described.get(name)?.clone())
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
            self.crew.notify();
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
        self.crew
            .answer(|state| state.stored.get(&archive.integrity)?.clone())
    }

    fn keep(&self, archive: &Archive) -> Result<Stored, InstallError> {
        let parcel = Parcel {
            store: self.store,
            progress: self.progress,
            name: archive.name.as_str(),
            integrity: &archive.integrity,
            format: Format::Tarball,
            limits: self.limits,
        };
        parcel.stored(&self.crew, |limit| {
            self.registry.archive(&archive.name, &archive.url, limit)
        })
    }
}

impl Source for Fetcher<'_> {
    fn pick(&self, name: &PackageName, wanted: &Wanted) -> Result<Arc<Manifest>, Unmet> {
        if let Some(own) = self.own(name, std::slice::from_ref(wanted)) {
            return Ok(own);
        }
        let packument = self.packument(name).map_err(Unmet::Registry)?;
        let picked = pick(&packument, wanted, self.host.node.as_ref());
        picked
            .map(Arc::new)
            .map_err(|error| Unmet::Pick(error.into()))
    }

    fn pick_for_all(&self, name: &PackageName, wanted: &[Wanted]) -> Option<Arc<Manifest>> {
        if let Some(own) = self.own(name, wanted) {
            return Some(own);
        }
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
                packument.young(version).is_none() && wanted.iter().all(admitted)
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
