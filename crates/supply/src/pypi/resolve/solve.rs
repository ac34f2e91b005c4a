//! Choosing one version of every package: the newest first, going back where two wishes cannot both be met.
//!
//! Deterministic and bounded. When a package has no version left, it goes back to the last choice that took part in ruling
//! the versions out (conflict-directed backjumping), not merely to the last one.

use super::release::{NoWheel, Release};
use crate::{
    hold::Young,
    pypi::{Environment, Name, Requirement, Version},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::Arc,
};

/// Most candidates that are tried, and most packages of a tree.
const MAX_TRIES: usize = 20_000;
const MAX_PACKAGES: usize = 2_000;

/// Where releases come from. Errors end the search: a tree must not depend on the weather.
pub(super) trait Source {
    type Error;
    /// The releases of a package, the newest first; none at all when no index has the package.
    fn releases(&self, name: &Name) -> Result<Option<Arc<Vec<Release>>>, Self::Error>;
    /// What a release needs; the inner error rules the release out.
    fn needs(
        &self,
        name: &Name,
        release: &Release,
    ) -> Result<Result<Arc<Vec<Requirement>>, String>, Self::Error>;
}

/// Why there is no tree.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no version of `{name}` will do: {}{why}", .wanted.iter().fold(String::new(), |text, one| text + one + "; "))]
pub struct Unmet {
    /// The package that is missing.
    pub name: Name,
    /// What is asked of it, and by whom.
    pub wanted: Vec<String>,
    /// What stands against it.
    pub why: Why,
}

/// What stands against a package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// No index has it.
    Nowhere,
    /// There is no such version.
    NoVersion(Option<Version>),
    /// The newest version that would do has nothing for this interpreter.
    NoWheel(Version, NoWheel),
    /// The newest version that would do cannot be used.
    Unusable(Version, String),
    /// The newest version that would do has to wait.
    Young(Young),
    /// Every version contradicts what else was chosen.
    Conflict(Name),
    /// The search was given up.
    TooHard,
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nowhere => f.write_str("it is on no configured index"),
            Self::NoVersion(Some(newest)) => write!(f, "the newest one is {newest}"),
            Self::NoVersion(None) => f.write_str("it has no release"),
            Self::NoWheel(version, why) => write!(f, "{version}: {why}"),
            Self::Unusable(version, why) => write!(f, "{version}: {why}"),
            Self::Young(young) => young.fmt(f),
            Self::Conflict(other) => write!(f, "it contradicts what is needed of `{other}`"),
            Self::TooHard => {
                f.write_str("the search was given up after many tries; name more exact versions")
            }
        }
    }
}

/// How a search ended without a tree.
pub(super) enum Failure<E> {
    Source(E),
    Unmet(Box<Unmet>),
}

/// Chooses versions for `roots` and everything that they need. Sorted by name.
pub(super) fn solve<S: Source>(
    source: &S,
    environment: &Environment,
    roots: &[Requirement],
) -> Result<BTreeMap<Name, Release>, Failure<S::Error>> {
    let holds = |root: &&Requirement| {
        root.marker
            .as_ref()
            .is_none_or(|marker| marker.holds(environment, None))
    };
    let needs = roots.iter().filter(holds).map(|root| Need {
        what: root.clone(),
        by: None,
    });
    let mut solver = Solver {
        source,
        environment,
        needs: needs.collect(),
        expanded: Vec::new(),
        levels: Vec::new(),
        tries: 0,
        first: None,
    };
    while let Some(name) = solver.next_open() {
        solver.open(name).map_err(Failure::Source)?;
        solver.settle()?;
    }
    let chosen = solver
        .levels
        .into_iter()
        .filter_map(|level| Some((level.name, level.chosen?.release)));
    Ok(chosen.collect())
}

/// A wish, and the package that has it.
struct Need {
    what: Requirement,
    by: Option<Name>,
}

struct Chosen {
    release: Release,
    needs: Arc<Vec<Requirement>>,
}

/// One decision.
struct Level {
    name: Name,
    /// `None` when no index has the package.
    releases: Option<Arc<Vec<Release>>>,
    next: usize,
    chosen: Option<Chosen>,
    /// What was known before it.
    needs: usize,
    expanded: usize,
    /// The packages that took part in ruling out versions so far.
    conflicts: BTreeSet<Name>,
    why: Option<Why>,
}

struct Solver<'a, S: Source> {
    source: &'a S,
    environment: &'a Environment,
    needs: Vec<Need>,
    /// Packages, and extras of them, whose needs are in `needs`.
    expanded: Vec<(Name, Option<Name>)>,
    levels: Vec<Level>,
    tries: usize,
    /// The first dead end: it tells more than the last one.
    first: Option<Unmet>,
}

impl<S: Source> Solver<'_, S> {
    /// The package to decide on next: one that is pinned, else the one that was asked for first.
    fn next_open(&self) -> Option<Name> {
        let open = || {
            self.needs
                .iter()
                .filter(|need| self.chosen(&need.what.name).is_none())
        };
        let pinned = open().find(|need| need.what.versions.pin());
        pinned
            .or_else(|| open().next())
            .map(|need| need.what.name.clone())
    }

    fn chosen(&self, name: &Name) -> Option<&Chosen> {
        self.levels
            .iter()
            .find(|level| level.name == *name)
            .and_then(|level| level.chosen.as_ref())
    }

    fn open(&mut self, name: Name) -> Result<(), S::Error> {
        let releases = self.source.releases(&name)?;
        self.levels.push(Level {
            name,
            releases,
            next: 0,
            chosen: None,
            needs: self.needs.len(),
            expanded: self.expanded.len(),
            conflicts: BTreeSet::new(),
            why: None,
        });
        Ok(())
    }

    /// Finds a version for the last package, or other versions for those before it.
    fn settle(&mut self) -> Result<(), Failure<S::Error>> {
        loop {
            let found = self.try_next().map_err(Failure::Source)?;
            if self.tries > MAX_TRIES || self.levels.len() > MAX_PACKAGES {
                let unmet = self.unmet(Some(Why::TooHard));
                return Err(Failure::Unmet(Box::new(unmet)));
            }
            if found {
                return Ok(());
            }
            let here = self.unmet(None);
            let first = self.first.get_or_insert(here).clone();
            if !self.go_back() {
                return Err(Failure::Unmet(Box::new(first)));
            }
        }
    }

    /// Takes the next version of the last package that contradicts nothing. False when there is none.
    fn try_next(&mut self) -> Result<bool, S::Error> {
        while let Some(release) = self.candidate() {
            self.tries += 1;
            if self.tries > MAX_TRIES {
                return Ok(false);
            }
            let Some(level) = self.levels.last() else {
                return Ok(false);
            };
            let name = level.name.clone();
            if let Some(young) = &release.young {
                self.note(Why::Young(young.clone()));
                continue;
            }
            if let Err(why) = &release.wheel {
                self.note(Why::NoWheel(release.version.clone(), why.clone()));
                continue;
            }
            match self.source.needs(&name, &release)? {
                Err(why) => self.note(Why::Unusable(release.version.clone(), why)),
                Ok(needs) => {
                    if self.assign(&name, release, needs) {
                        return Ok(true);
                    }
                }
            }
        }
        Ok(false)
    }

    fn note(&mut self, why: Why) {
        if let Some(level) = self.levels.last_mut() {
            level.why.get_or_insert(why);
        }
    }

    /// The next release of the last package that every wish admits. Who rules one out is remembered.
    fn candidate(&mut self) -> Option<Release> {
        let level = self.levels.last_mut()?;
        let releases = level.releases.clone()?;
        let wishes: Vec<&Need> = self
            .needs
            .iter()
            .filter(|need| need.what.name == level.name)
            .collect();
        let pinned = wishes.iter().any(|need| need.what.versions.pin());
        let early = wishes
            .iter()
            .any(|need| need.what.versions.name_prerelease())
            || pinned
            || releases
                .iter()
                .all(|release| release.version.is_prerelease() || release.wheel.is_err());
        while let Some(release) = releases.get(level.next) {
            level.next += 1;
            if release.version.is_prerelease() && !early || release.is_yanked() && !pinned {
                continue;
            }
            let against = wishes
                .iter()
                .filter(|need| !need.what.versions.admit(&release.version));
            let against: Vec<Option<Name>> = against.map(|need| need.by.clone()).collect();
            if against.is_empty() {
                return Some(release.clone());
            }
            level.conflicts.extend(against.into_iter().flatten());
        }
        None
    }

    /// Chooses a release if what it needs agrees with what was chosen before.
    fn assign(&mut self, name: &Name, release: Release, needs: Arc<Vec<Requirement>>) -> bool {
        if let Some(level) = self.levels.last_mut() {
            level.chosen = Some(Chosen { release, needs });
        }
        let mut open = vec![name.clone()];
        while let Some(package) = open.pop() {
            if let Err(other) = self.expand(&package, &mut open) {
                let mut conflicts = self.requirers(&other);
                conflicts.extend(self.requirers(&package));
                conflicts.extend([other.clone(), package]);
                self.note(Why::Conflict(other));
                self.undo(conflicts);
                return false;
            }
        }
        true
    }

    /// Adds the needs of a chosen package, and of the extras that are wished of it. The error is a package that was chosen
    /// in a version that one of them does not admit.
    fn expand(&mut self, package: &Name, open: &mut Vec<Name>) -> Result<(), Name> {
        let Some(needs) = self.chosen(package).map(|chosen| chosen.needs.clone()) else {
            return Ok(());
        };
        let wished = self.needs.iter().filter(|need| need.what.name == *package);
        let extras: BTreeSet<Name> = wished
            .flat_map(|need| need.what.extras.iter().cloned())
            .collect();
        for extra in std::iter::once(None).chain(extras.into_iter().map(Some)) {
            let key = (package.clone(), extra.clone());
            if self.expanded.contains(&key) {
                continue;
            }
            self.expanded.push(key);
            let own = needs
                .iter()
                .filter(|need| self.applies(need, extra.as_ref()));
            for what in own.collect::<Vec<_>>() {
                if let Some(chosen) = self.chosen(&what.name) {
                    if !what.versions.admit(&chosen.release.version) {
                        return Err(what.name.clone());
                    }
                    if !what.extras.is_empty() {
                        open.push(what.name.clone());
                    }
                }
                self.needs.push(Need {
                    what: what.clone(),
                    by: Some(package.clone()),
                });
            }
        }
        Ok(())
    }

    /// Whether a need is one of the package itself, or of this extra of it.
    fn applies(&self, need: &Requirement, extra: Option<&Name>) -> bool {
        let Some(marker) = &need.marker else {
            return extra.is_none();
        };
        let always = marker.holds(self.environment, None);
        match extra {
            None => always,
            Some(_) => !always && marker.holds(self.environment, extra),
        }
    }

    fn requirers(&self, name: &Name) -> BTreeSet<Name> {
        let needs = self.needs.iter().filter(|need| need.what.name == *name);
        needs.filter_map(|need| need.by.clone()).collect()
    }

    /// Takes back the choice of the last package.
    fn undo(&mut self, conflicts: BTreeSet<Name>) {
        if let Some(level) = self.levels.last_mut() {
            level.chosen = None;
            level.conflicts.extend(conflicts);
            self.needs.truncate(level.needs);
            self.expanded.truncate(level.expanded);
        }
    }

    /// Drops the last package and goes back to the last choice that had to do with it. False when there is none.
    fn go_back(&mut self) -> bool {
        let Some(dead) = self.levels.pop() else {
            return false;
        };
        let mut conflicts = dead.conflicts;
        conflicts.extend(self.requirers(&dead.name));
        conflicts.remove(&dead.name);
        while let Some(level) = self.levels.last() {
            let name = level.name.clone();
            if conflicts.remove(&name) {
                self.undo(conflicts);
                return true;
            }
            self.undo(BTreeSet::new());
            self.levels.pop();
        }
        false
    }

    fn unmet(&self, why: Option<Why>) -> Unmet {
        let level = self.levels.last();
        let name = level.map(|level| level.name.clone());
        let wished = self
            .needs
            .iter()
            .filter(|need| Some(&need.what.name) == name.as_ref());
        let by = |need: &Need| {
            need.by
                .as_ref()
                .map_or_else(String::new, |by| format!(" for `{by}`"))
        };
        let wanted = wished.map(|need| format!("`{}`{}", need.what, by(need)));
        let mut wanted: Vec<String> = wanted.collect();
        wanted.dedup();
        let known = level.and_then(|level| match &level.releases {
            None => Some(Why::Nowhere),
            Some(releases) => level.why.clone().or_else(|| {
                let newest = releases
                    .iter()
                    .find(|release| release.wheel.is_ok() && !release.is_yanked());
                Some(Why::NoVersion(
                    newest
                        .or_else(|| releases.first())
                        .map(|release| release.version.clone()),
                ))
            }),
        });
        Unmet {
            // INVARIANT: there is a last level whenever a search fails; the first wish otherwise.
            name: name
                .or_else(|| self.needs.first().map(|need| need.what.name.clone()))
                .unwrap_or_else(Name::unknown),
            wanted,
            why: why.or(known).unwrap_or(Why::TooHard),
        }
    }
}

#[cfg(test)]
#[path = "solve_tests.rs"]
mod tests;
