//! What a build runs with: chosen, or, where a lock says what it was, fetched as that and held against what the sources ask for.
//!
//! Nothing is run here but through the [`Build`] that was begun, and nothing of a tool before that has let it in.

use super::{
    LockError, choose,
    fetch::Fetcher,
    proposed,
    source::Order,
    tree::{exact, locked, package_name, place},
    wheel::Wheel,
};
use crate::{
    built::{BuildTool, Built},
    pypi::{
        Broken, Build, Name, Requirement,
        sdist::{BuildError, Project, Task},
    },
    store::{InstallError, Layout, Placed, Stored},
};
use std::{collections::BTreeSet, path::Path};

/// Most packages that a backend may ask for besides what the project says: each is looked up by a name that its code chose.
const MOST: usize = 64;
/// How often what the backend asks for may move the backend.
const TRIES: usize = 3;

/// One build that was begun: of which sources, by whom.
#[derive(Clone, Copy)]
pub(super) struct Begun<'a> {
    pub(super) build: &'a dyn Build,
    pub(super) project: &'a Project,
    pub(super) archive: &'a Stored,
    /// Of a project that may have none of its own.
    pub(super) version: Option<&'a str>,
    /// What it is built for.
    pub(super) order: &'a Order<'a>,
}

/// What a build runs with.
pub(super) struct Tools {
    wheels: Vec<Wheel>,
    stored: Vec<Stored>,
    /// What the backend asked for, sorted.
    pub(super) asked: Vec<String>,
}

impl Tools {
    /// What the project asks for, and what its backend asks for besides. That may move the backend itself, which may then ask for
    /// something else: what is kept is what it asks for when it runs with what is kept, as whoever holds the lock will find.
    pub(super) fn chosen(fetcher: &Fetcher<'_>, begun: Begun<'_>) -> Result<Self, InstallError> {
        let wanted = &begun.project.requires;
        let mut before = Self::choose(fetcher, wanted)?;
        let mut more = before.asked_for(fetcher, begun)?;
        if more.is_empty() {
            return Ok(before);
        }
        for _ in 0..TRIES {
            let all: Vec<Requirement> = wanted.iter().chain(&more).cloned().collect();
            let tools = Self::choose(fetcher, &all)?;
            let first = tools.reached(fetcher, wanted).map_err(unusable)?;
            let again = if first.are(&before) {
                more.clone()
            } else {
                first.asked_for(fetcher, begun)?
            };
            before = first;
            if shown(&again) == shown(&more) {
                let asked = shown(&more);
                return Ok(Self { asked, ..tools });
            }
            more = again;
        }
        Err(Box::new(BuildError::Unsettled).into())
    }

    /// Whether these are the very same: those were asked already.
    fn are(&self, others: &Self) -> bool {
        let bytes = |tools: &Self| -> BTreeSet<String> {
            let each = tools.wheels.iter();
            each.map(|wheel| wheel.integrity.to_string()).collect()
        };
        bytes(self) == bytes(others)
    }

    /// Those that some requirements lead to.
    fn reached(&self, fetcher: &Fetcher<'_>, wanted: &[Requirement]) -> Result<Self, LockError> {
        let (wheels, stored, environment) = (&self.wheels, &self.stored, fetcher.environment());
        let all = proposed::held(wheels, stored);
        let reached = proposed::reached(wanted, &all, environment)?;
        let both = wheels.iter().zip(stored);
        let (wheels, stored) = both
            .filter(|(wheel, _)| reached.contains(&wheel.name.name))
            .map(|(wheel, stored)| (wheel.clone(), stored.clone()))
            .unzip();
        let asked = Vec::new();
        Ok(Self {
            wheels,
            stored,
            asked,
        })
    }

    /// The tools that a lock names: those very wheels, as the user's own index lists them. A lock is anybody's word, and this is
    /// code that runs: they have to be what the sources ask for, and what the backend asks for when it runs with nothing else.
    pub(super) fn locked(
        fetcher: &Fetcher<'_>,
        begun: Begun<'_>,
        built: &Built,
    ) -> Result<Self, InstallError> {
        let wanted = &begun.project.requires;
        let tools = Self::listed(fetcher, built, wanted)?;
        let others = |error| Box::new(BuildError::LockedTools(Box::new(error)));
        let environment = fetcher.environment();
        let first = tools.reached(fetcher, wanted).map_err(others)?;
        let more = first.asked_for(fetcher, begun)?;
        let all: Vec<Requirement> = wanted.iter().chain(&more).cloned().collect();
        let closed = proposed::closed(&all, &tools.wheels, &tools.stored, environment);
        closed.map_err(others)?;
        Ok(Self {
            asked: shown(&more),
            ..tools
        })
    }

    /// Wheels only: what builds is built by nothing.
    fn choose(fetcher: &Fetcher<'_>, wanted: &[Requirement]) -> Result<Self, InstallError> {
        let inner = fetcher.of_tools();
        let chosen = inner.run(|inner| choose(inner, wanted)).map_err(unusable)?;
        Ok(Self {
            wheels: chosen.wheels,
            stored: chosen.stored,
            asked: Vec::new(),
        })
    }

    fn listed(
        fetcher: &Fetcher<'_>,
        built: &Built,
        wanted: &[Requirement],
    ) -> Result<Self, InstallError> {
        let inner = fetcher.of_tools();
        let wheels = built.tools.iter().map(|tool| listed(&inner, tool, wanted));
        let wheels: Vec<Wheel> = wheels.collect::<Result<_, _>>().map_err(unusable)?;
        let stored = inner.run(|inner| super::fetch_all(inner, &wheels));
        Ok(Self {
            wheels,
            stored: stored.map_err(unusable)?,
            asked: Vec::new(),
        })
    }

    /// What the backend asks for when it runs with these.
    fn asked_for(
        &self,
        fetcher: &Fetcher<'_>,
        begun: Begun<'_>,
    ) -> Result<Vec<Requirement>, InstallError> {
        let more = self.run(fetcher, begun, |task| begun.build.requires(task))?;
        if more.len() > MOST {
            return Err(Box::new(BuildError::Asks(more.len())).into());
        }
        let more = more.iter().map(|text| Requirement::parse(text));
        let more: Result<Vec<Requirement>, _> = more.collect();
        let more = more.map_err(|error| Box::new(BuildError::Requirement(error)))?;
        begun.order.admits(more.iter())?;
        Ok(more)
    }

    /// Runs a build with these tools, which are there only as long as it lasts.
    pub(super) fn run<T>(
        &self,
        fetcher: &Fetcher<'_>,
        begun: Begun<'_>,
        run: impl FnOnce(&Task<'_>) -> Result<T, Broken>,
    ) -> Result<T, InstallError> {
        let packages = self.wheels.iter().map(locked);
        let packages = packages.collect::<Result<Vec<_>, _>>().map_err(unusable)?;
        let admitted = begun.build.admit(&packages);
        admitted.map_err(|refusal| Box::new(BuildError::Refused(refusal)))?;
        let path = place().map_err(unusable)?;
        let placed = self.stored.iter().map(|package| Placed {
            path: &path,
            package,
        });
        let layout = Layout::of(&placed.collect::<Vec<_>>())?;
        let run = |tools: &Path| {
            run(&Task {
                source: &begun.archive.directory,
                tools,
                backend: &begun.project.backend,
                backend_path: &begun.project.backend_path,
                version: begun.version,
            })
        };
        let done = fetcher.store.staged(&layout, run)?;
        Ok(done.map_err(|why| Box::new(BuildError::Backend(why)))?)
    }

    /// As a lock names them.
    pub(super) fn record(&self) -> Result<Vec<BuildTool>, InstallError> {
        let tool = |wheel: &Wheel| {
            Ok::<_, LockError>(BuildTool {
                name: package_name(&wheel.name.name)?,
                version: exact(&wheel.name.version)?,
                integrity: wheel.integrity.clone(),
            })
        };
        let all = self.wheels.iter().map(tool);
        let mut all: Vec<BuildTool> = all.collect::<Result<_, _>>().map_err(unusable)?;
        all.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(all)
    }
}

/// The wheel of a tool. What nobody would choose today is not run because a lock names it.
fn listed(
    fetcher: &Fetcher<'_>,
    tool: &BuildTool,
    wanted: &[Requirement],
) -> Result<Wheel, LockError> {
    let (version, shown) = (
        tool.version.as_str(),
        format!("{}@{}", tool.name, tool.version),
    );
    let unlisted = || LockError::Unlisted(shown.clone());
    let name = Name::new(tool.name.as_str()).map_err(|_| unlisted())?;
    let found = fetcher.listed(&name, version, &tool.integrity)?;
    let found = found.filter(|wheel| !wheel.source).ok_or_else(unlisted)?;
    let hold = fetcher.index.hold();
    if let Some(young) = hold.young(name.as_str(), version, found.published) {
        return Err(LockError::Held(young));
    }
    let mut pins = wanted
        .iter()
        .filter(|need| need.name == name && need.versions.pin());
    if found.yanked && pins.next().is_none() {
        return Err(LockError::Withdrawn(shown));
    }
    Ok(Wheel::from(&found))
}

fn shown(asked: &[Requirement]) -> Vec<String> {
    let mut all: Vec<String> = asked.iter().map(ToString::to_string).collect();
    all.sort();
    all.dedup();
    all
}

fn unusable(error: LockError) -> InstallError {
    Box::new(BuildError::Tools(Box::new(error))).into()
}
