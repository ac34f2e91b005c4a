//! Fetching ahead: listings, metadata and wheels on several connections while the tree is being chosen.
//!
//! As soon as a listing is there, what its dependents will most likely get is described, and what that needs is requested.
//! The tree is chosen from the same answers afterwards; the guess only decides what is there early. Where an index serves
//! no metadata by itself, the whole wheel is fetched, verified and stored, and its own METADATA is read.

use super::{
    LockError,
    release::Release,
    solve::Source,
    source::{Maker, Order},
    wheel::{self, Wheel},
};
use crate::{
    built::Built,
    crew::{Crew, Parcel},
    digest::Integrity,
    git::Checkout,
    progress::Progress,
    pypi::{
        DangerBuilder, Environment, Index, IndexError, Metadata, MetadataError, Name, Python,
        Requirement, WheelName,
        listing::ListedWheel,
        sdist::{self, BuildError, Elsewhere},
    },
    store::{Format, InstallError, Store, Stored},
    unpack::UnpackLimits,
};
use std::{
    collections::{HashMap, HashSet, VecDeque},
    sync::{Arc, MutexGuard},
};

/// Why a description of a package could not be had.
#[derive(Debug, Clone, thiserror::Error)]
pub enum SourceError {
    /// The index.
    #[error(transparent)]
    Index(Arc<IndexError>),
    /// The wheel that has the description in it.
    #[error("`{name}` cannot be stored")]
    Install {
        /// Which package.
        name: Name,
        /// Why.
        source: Arc<InstallError>,
    },
}

type Listed = Result<Option<Arc<Vec<Release>>>, SourceError>;
type Described = Result<Result<Arc<Vec<Requirement>>, String>, SourceError>;
type Kept = Result<Stored, Arc<InstallError>>;

#[derive(Default)]
struct State {
    list: VecDeque<Name>,
    describe: VecDeque<ListedWheel>,
    wheels: VecDeque<Wheel>,
    /// Asked for; `None` until the answer is there.
    listed: HashMap<Name, Option<Listed>>,
    described: HashMap<Integrity, Option<Described>>,
    stored: HashMap<Integrity, Option<Kept>>,
    /// Requirements that wait for a listing, and for a description.
    waiting: HashMap<Name, Vec<Requirement>>,
    extras: HashMap<Integrity, Vec<Vec<Name>>>,
    /// How those were built that were source archives.
    built: HashMap<Integrity, Built>,
    followed: HashSet<String>,
}

/// What fetches.
pub(super) struct Fetcher<'a> {
    pub(super) index: &'a Index,
    pub(super) store: &'a Store,
    pub(super) python: &'a Python,
    pub(super) progress: &'a dyn Progress,
    environment: Environment,
    limits: UnpackLimits,
    crew: Crew<State>,
    /// What builds source archives; without it there are none.
    maker: Option<Maker<'a>>,
}

/// What one of the threads does next.
enum Job {
    List(Name),
    Describe(ListedWheel),
    Keep(Wheel),
}

impl State {
    fn next(&mut self) -> Option<Job> {
        let list = self.list.pop_front().map(Job::List);
        list.or_else(|| self.describe.pop_front().map(Job::Describe))
            .or_else(|| self.wheels.pop_front().map(Job::Keep))
    }
}

impl<'a> Fetcher<'a> {
    pub(super) fn new(
        index: &'a Index,
        store: &'a Store,
        python: &'a Python,
        progress: &'a dyn Progress,
    ) -> Self {
        Self {
            index,
            store,
            python,
            progress,
            environment: python.environment(),
            limits: UnpackLimits::default(),
            crew: Crew::default(),
            maker: None,
        }
    }

    /// The same, and source archives are built.
    pub(super) fn building(mut self, danger_builder: Option<&'a dyn DangerBuilder>) -> Self {
        self.maker = danger_builder.map(Maker::new);
        self
    }

    /// For what a build runs with.
    pub(super) fn of_tools(&self) -> Self {
        Self::new(self.index, self.store, self.python, self.progress)
    }

    pub(super) fn environment(&self) -> &Environment {
        &self.environment
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
            Job::List(name) => self.list(&name),
            Job::Describe(wheel) => self.describe(&wheel),
            Job::Keep(wheel) => {
                let kept = self.keep(&wheel).map_err(Arc::new);
                self.lock().stored.insert(wheel.integrity, Some(kept));
                self.crew.notify();
            }
        }
    }

    fn list(&self, name: &Name) {
        let answer = match self.index.listing(name) {
            Ok(listing) => Ok(Some(Arc::new(Release::all(
                &listing,
                self.python,
                self.index.hold(),
                self.maker.is_some(),
            )))),
            Err(IndexError::Nowhere(_)) => Ok(None),
            Err(error) => Err(SourceError::Index(error.into())),
        };
        self.progress.metadata_done(name.as_str());
        let waiting = {
            let mut state = self.lock();
            state.listed.insert(name.clone(), Some(answer.clone()));
            state.waiting.remove(name).unwrap_or_default()
        };
        self.crew.notify();
        if let Ok(Some(releases)) = answer {
            for requirement in &waiting {
                self.expand(&releases, requirement);
            }
        }
    }

    fn describe(&self, wheel: &ListedWheel) {
        let name = &wheel.name.name;
        let text = if wheel.source {
            self.metadata_of_source(wheel)
        } else {
            match self.index.metadata(wheel) {
                Ok(Some(text)) => Ok(text),
                Ok(None) => self.own_metadata(wheel),
                Err(error) => Err(SourceError::Index(error.into())),
            }
        };
        let answer: Described = text.map(|text| {
            let metadata = Metadata::parse(text.as_bytes(), name, &wheel.name.version);
            metadata
                .map(|metadata| Arc::new(metadata.requires))
                .map_err(|error| reason(&error))
        });
        let waiting = {
            let mut state = self.lock();
            state
                .described
                .insert(wheel.integrity.clone(), Some(answer.clone()));
            state.extras.remove(&wheel.integrity).unwrap_or_default()
        };
        self.crew.notify();
        if let Ok(Ok(needs)) = answer {
            for extras in waiting {
                self.follow_needs(&needs, &extras);
            }
        }
    }

    /// The METADATA in a wheel, which is fetched for that.
    fn own_metadata(&self, listed: &ListedWheel) -> Result<String, SourceError> {
        let stored = self
            .stored(&Wheel::from(listed))
            .map_err(|source| SourceError::Install {
                name: listed.name.name.clone(),
                source,
            })?;
        Ok(wheel::text(&stored, "METADATA"))
    }

    /// What a source archive says of itself, where that is what its wheel will say; else that wheel's own, which is built for it.
    fn metadata_of_source(&self, listed: &ListedWheel) -> Result<String, SourceError> {
        let archive = self.archive(&Wheel::from(listed));
        let archive = archive.map_err(|error| SourceError::Install {
            name: listed.name.name.clone(),
            source: error.into(),
        })?;
        let own = wheel::read(&archive, sdist::PKG_INFO);
        if sdist::is_static(&own) {
            return Ok(own);
        }
        self.own_metadata(listed)
    }

    /// Requests what a requirement will most likely lead to.
    pub(super) fn follow(&self, requirement: &Requirement) {
        let releases = {
            let mut state = self.lock();
            if !state.followed.insert(requirement.to_string()) {
                return;
            }
            match state.listed.get(&requirement.name) {
                Some(Some(Ok(Some(releases)))) => Some(releases.clone()),
                Some(Some(_)) => None,
                Some(None) | None => {
                    let waiting = state.waiting.entry(requirement.name.clone()).or_default();
                    waiting.push(requirement.clone());
                    self.request_listing(&mut state, &requirement.name);
                    None
                }
            }
        };
        if let Some(releases) = releases {
            self.expand(&releases, requirement);
        }
    }

    /// Guesses the release for one requirement, and describes it.
    fn expand(&self, releases: &[Release], requirement: &Requirement) {
        let likely = releases.iter().find(|release| {
            let wanted = requirement.versions.admit(&release.version);
            wanted
                && !release.is_yanked()
                && release.young.is_none()
                && release.wheel.is_ok()
                && !release.version.is_prerelease()
        });
        // Nothing is built on a guess.
        let likely = likely.filter(|release| release.wheel.as_ref().is_ok_and(|it| !it.source));
        let Some(Ok(wheel)) = likely.map(|release| &release.wheel) else {
            return;
        };
        let needs = {
            let mut state = self.lock();
            match state.described.get(&wheel.integrity) {
                Some(Some(Ok(Ok(needs)))) => Some(needs.clone()),
                Some(Some(_)) => None,
                Some(None) | None => {
                    let waiting = state.extras.entry(wheel.integrity.clone()).or_default();
                    waiting.push(requirement.extras.clone());
                    self.request_description(&mut state, wheel);
                    None
                }
            }
        };
        if wheel.metadata.is_some() {
            self.request(&Wheel::from(wheel));
        }
        if let Some(needs) = needs {
            self.follow_needs(&needs, &requirement.extras);
        }
    }

    fn follow_needs(&self, needs: &[Requirement], extras: &[Name]) {
        for need in needs {
            let holds = need.marker.as_ref().is_none_or(|marker| {
                let plain = marker.holds(&self.environment, None);
                plain
                    || extras
                        .iter()
                        .any(|extra| marker.holds(&self.environment, Some(extra)))
            });
            if holds {
                self.follow(need);
            }
        }
    }

    fn request_listing(&self, state: &mut State, name: &Name) {
        if !state.listed.contains_key(name) {
            state.listed.insert(name.clone(), None);
            state.list.push_back(name.clone());
            self.progress.metadata_expected(1);
            self.crew.notify();
        }
    }

    fn request_description(&self, state: &mut State, wheel: &ListedWheel) {
        if !state.described.contains_key(&wheel.integrity) {
            state.described.insert(wheel.integrity.clone(), None);
            let fetched = wheel.metadata.is_none() && !wheel.source;
            if fetched && !state.stored.contains_key(&wheel.integrity) {
                // One thread describes, another one may fetch for it.
                self.enqueue(state, &Wheel::from(wheel));
            }
            state.describe.push_back(wheel.clone());
            self.crew.notify();
        }
    }

    /// Asks for a wheel, once.
    pub(super) fn request(&self, wheel: &Wheel) {
        let mut state = self.lock();
        if !state.stored.contains_key(&wheel.integrity) {
            self.enqueue(&mut state, wheel);
        }
    }

    fn enqueue(&self, state: &mut State, wheel: &Wheel) {
        state.stored.insert(wheel.integrity.clone(), None);
        state.wheels.push_back(wheel.clone());
        self.progress
            .archive_expected(wheel.name.name.as_str(), wheel.size);
        self.crew.notify();
    }

    /// Drops the requests for wheels that turned out not to be needed.
    pub(super) fn only_needed(&self, needed: &HashSet<Integrity>) {
        let mut state = self.lock();
        let (keep, drop): (VecDeque<_>, VecDeque<_>) = state
            .wheels
            .drain(..)
            .partition(|wheel| needed.contains(&wheel.integrity));
        state.wheels = keep;
        for wheel in drop {
            state.stored.remove(&wheel.integrity);
        }
    }

    /// A stored wheel; fetches it here and now if nobody else does.
    pub(super) fn stored(&self, wheel: &Wheel) -> Kept {
        let taken = {
            let mut state = self.lock();
            let waiting = state
                .wheels
                .iter()
                .position(|other| other.integrity == wheel.integrity);
            match waiting {
                Some(at) => state.wheels.remove(at),
                None if !state.stored.contains_key(&wheel.integrity) => {
                    state.stored.insert(wheel.integrity.clone(), None);
                    self.progress
                        .archive_expected(wheel.name.name.as_str(), wheel.size);
                    Some(wheel.clone())
                }
                None => None,
            }
        };
        if let Some(wheel) = taken {
            let kept = self.keep(&wheel).map_err(Arc::new);
            self.lock().stored.insert(wheel.integrity, Some(kept));
            self.crew.notify();
        }
        self.crew
            .answer(|state| state.stored.get(&wheel.integrity)?.clone())
    }

    fn keep(&self, wheel: &Wheel) -> Result<Stored, InstallError> {
        if !wheel.source {
            return self.archive(wheel);
        }
        let maker = self.maker.as_ref();
        let maker = maker.ok_or_else(|| Box::new(BuildError::NotAllowed))?;
        let archive = self.archive(wheel)?;
        let (_, built, stored) = maker.make(self, &Order::Release(wheel), &archive)?;
        let mut state = self.lock();
        state.built.insert(wheel.integrity.clone(), built);
        Ok(stored)
    }

    /// Builds the project of a repository, whatever it is called.
    pub(super) fn project(
        &self,
        locked: Option<&Built>,
        checkout: &Checkout,
        elsewhere: &Elsewhere,
    ) -> Result<(WheelName, Built, Stored), InstallError> {
        // INVARIANT: before anybody is asked whether it may be built, as nothing that would be built could be used.
        let said = elsewhere.refuse_said(self.environment());
        said.map_err(|error| Box::new(error.into()))?;
        let maker = self.maker.as_ref();
        let maker = maker.ok_or_else(|| Box::new(BuildError::NotAllowed))?;
        let order = Order::Project {
            tree: checkout.tree(),
            address: checkout.address(),
            integrity: checkout.integrity(),
            locked,
            elsewhere,
        };
        maker.make(self, &order, checkout.stored())
    }

    /// A wheel as it is now: one that was built says how, and has the name that it came out with.
    pub(super) fn finished(&self, wheel: Wheel) -> Wheel {
        let built = self.lock().built.get(&wheel.integrity).cloned();
        let name = built.as_ref();
        let name = name.and_then(|built| WheelName::parse(built.wheel.as_str()));
        Wheel {
            name: name.unwrap_or_else(|| wheel.name.clone()),
            built,
            ..wheel
        }
    }

    /// What the index lists of a package in a version, by its digest.
    pub(super) fn listed(
        &self,
        name: &Name,
        version: &str,
        integrity: &Integrity,
    ) -> Result<Option<ListedWheel>, LockError> {
        let failed = |error| LockError::Source(SourceError::Index(Arc::new(error)));
        let listing = self.index.listing(name).map_err(failed)?;
        let own = |wheel: &&ListedWheel| {
            wheel.integrity == *integrity && wheel.name.version.as_str() == version
        };
        Ok(listing.files().find(own).cloned())
    }

    /// Whether nobody waits for an answer any more.
    pub(super) fn is_over(&self) -> bool {
        self.crew.is_closed()
    }

    /// What was published, verified and unpacked: a wheel, or sources.
    fn archive(&self, wheel: &Wheel) -> Result<Stored, InstallError> {
        let parcel = Parcel {
            store: self.store,
            progress: self.progress,
            name: wheel.name.name.as_str(),
            integrity: &wheel.integrity,
            format: if wheel.source {
                Format::Source
            } else {
                Format::Wheel(&wheel.name)
            },
            limits: self.limits,
        };
        parcel.stored(&self.crew, |limit| self.index.wheel(&wheel.url, limit))
    }
}

/// An error with its cause, as a reason against a release.
fn reason(error: &MetadataError) -> String {
    use std::error::Error;
    error
        .source()
        .map_or_else(|| error.to_string(), ToString::to_string)
}

impl Source for Fetcher<'_> {
    type Error = SourceError;

    fn releases(&self, name: &Name) -> Listed {
        self.request_listing(&mut self.lock(), name);
        self.crew.answer(|state| state.listed.get(name)?.clone())
    }

    fn needs(&self, _: &Name, release: &Release) -> Described {
        let Ok(wheel) = &release.wheel else {
            return Ok(Err("it has no wheel".into()));
        };
        self.request_description(&mut self.lock(), wheel);
        self.crew
            .answer(|state| state.described.get(&wheel.integrity)?.clone())
    }
}
