//! From a source archive to a wheel in the store: what the build needs is chosen, fetched and verified like any package, as
//! wheels; then the backend runs, where the caller lets it run, and what it made is judged.

use super::{
    LockError, choose,
    fetch::Fetcher,
    tree::{exact, package_name, place},
    wheel::{self, Wheel},
};
use crate::{
    built::{BuildTool, Built},
    pypi::{
        Broken, Builder, Name, Requirement, WheelName,
        sdist::{BuildError, Project, Task},
    },
    store::{InstallError, Layout, Placed, Stored},
    unpack::{UnpackLimits, unpack_wheel},
};
use std::{
    io::Cursor,
    path::Path,
    sync::{Mutex, PoisonError},
};

/// Builds one archive after the other: each may take as much of the machine as a build is given.
pub(super) struct Maker<'a> {
    pub(super) builder: &'a dyn Builder,
    one: Mutex<()>,
}

/// What a build runs with.
struct Tools {
    wheels: Vec<Wheel>,
    stored: Vec<Stored>,
}

impl<'a> Maker<'a> {
    pub(super) fn new(builder: &'a dyn Builder) -> Self {
        Self {
            builder,
            one: Mutex::new(()),
        }
    }

    /// Builds what is in `archive`, and gives what came out its name. Where a lock says how it was built, with the same tools, and to
    /// the same files. What is `wanted` is a name and a version, where sources are not free to say which they are.
    pub(super) fn make(
        &self,
        fetcher: &Fetcher<'_>,
        wanted: Option<&WheelName>,
        locked: Option<&Built>,
        archive: &Stored,
    ) -> Result<(WheelName, Built, Stored), InstallError> {
        // It guards nothing that could be left half done.
        let _one = self.one.lock().unwrap_or_else(PoisonError::into_inner);
        let shown = wanted.map_or("the repository", |wanted| wanted.name.as_str());
        fetcher.progress.building(shown);
        let project = Project::parse(&wheel::read(archive, "pyproject.toml"));
        let project = project.map_err(|error| Box::new(error.into()))?;
        let tools = match locked {
            Some(built) => locked_tools(fetcher, built),
            None => self.chosen_tools(fetcher, &project, archive),
        }?;
        let made = tools.with(fetcher, archive, &project, |task| self.builder.wheel(task))?;
        let (name, bytes) = the_wheel(fetcher, wanted, made)?;
        let limits = UnpackLimits::default();
        let (files, stored) = fetcher.store.add_files(|_, into| {
            Ok::<_, InstallError>(unpack_wheel(Cursor::new(bytes), &name, into, &limits)?)
        })?;
        let built = Built {
            wheel: file_name(&name)?,
            files,
            tools: tools.record().map_err(unusable)?,
        };
        same(locked, &built)?;
        Ok((name, built, stored))
    }

    /// What the project asks for, and what its backend asks for besides.
    fn chosen_tools(
        &self,
        fetcher: &Fetcher<'_>,
        project: &Project,
        archive: &Stored,
    ) -> Result<Tools, InstallError> {
        let tools = Tools::choose(fetcher, &project.requires)?;
        let more = tools.with(fetcher, archive, project, |task| {
            self.builder.requires(task)
        })?;
        if more.is_empty() {
            return Ok(tools);
        }
        let more = more.iter().map(|text| Requirement::parse(text));
        let more: Result<Vec<Requirement>, _> = more.collect();
        let more = more.map_err(|error| Box::new(BuildError::Requirement(error)))?;
        let all: Vec<Requirement> = project.requires.iter().cloned().chain(more).collect();
        Tools::choose(fetcher, &all)
    }
}

impl Tools {
    /// Wheels only: what builds is built by nothing.
    fn choose(fetcher: &Fetcher<'_>, wanted: &[Requirement]) -> Result<Self, InstallError> {
        let inner = fetcher.of_tools();
        let chosen = inner.run(|inner| choose(inner, wanted)).map_err(unusable)?;
        Ok(Self {
            wheels: chosen.wheels,
            stored: chosen.stored,
        })
    }

    /// Runs a build with these tools, which are there only as long as it lasts.
    fn with<T>(
        &self,
        fetcher: &Fetcher<'_>,
        archive: &Stored,
        project: &Project,
        run: impl FnOnce(&Task<'_>) -> Result<T, Broken>,
    ) -> Result<T, InstallError> {
        let path = place().map_err(unusable)?;
        let placed = self.stored.iter().map(|package| Placed {
            path: &path,
            package,
        });
        let layout = Layout::of(&placed.collect::<Vec<_>>())?;
        let run = |tools: &Path| {
            run(&Task {
                source: &archive.directory,
                tools,
                backend: &project.backend,
                backend_path: &project.backend_path,
            })
        };
        let done = fetcher.store.staged(&layout, run)?;
        Ok(done.map_err(|why| Box::new(BuildError::Backend(why)))?)
    }

    fn record(&self) -> Result<Vec<BuildTool>, LockError> {
        let tool = |wheel: &Wheel| {
            Ok::<_, LockError>(BuildTool {
                name: package_name(&wheel.name.name)?,
                version: exact(&wheel.name.version)?,
                integrity: wheel.integrity.clone(),
            })
        };
        let mut all: Vec<BuildTool> = self.wheels.iter().map(tool).collect::<Result<_, _>>()?;
        all.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(all)
    }
}

/// The tools that a lock names: those very wheels, as the user's own index lists them.
fn locked_tools(fetcher: &Fetcher<'_>, built: &Built) -> Result<Tools, InstallError> {
    let inner = fetcher.of_tools();
    let wheels = built.tools.iter().map(|tool| {
        let unlisted = || LockError::Unlisted(format!("{}@{}", tool.name, tool.version));
        let name = Name::new(tool.name.as_str()).map_err(|_| unlisted())?;
        let found = inner.listed(&name, tool.version.as_str(), &tool.integrity)?;
        found.filter(|wheel| !wheel.source).ok_or_else(unlisted)
    });
    let wheels: Vec<Wheel> = wheels.collect::<Result<_, _>>().map_err(unusable)?;
    let stored = inner.run(|inner| super::fetch_all(inner, &wheels));
    let stored = stored.map_err(unusable)?;
    Ok(Tools { wheels, stored })
}

/// The one wheel that a build has to make.
fn the_wheel(
    fetcher: &Fetcher<'_>,
    wanted: Option<&WheelName>,
    mut made: Vec<(String, Vec<u8>)>,
) -> Result<(WheelName, Vec<u8>), Box<BuildError>> {
    let count = made.len();
    let (Some((file, bytes)), 1) = (made.pop(), count) else {
        return Err(Box::new(BuildError::Wheels(count)));
    };
    let shown = || file.chars().take(200).flat_map(char::escape_default);
    let own = |name: &WheelName| {
        wanted.is_none_or(|it| name.name == it.name && name.version == it.version)
    };
    let Some(name) = WheelName::parse(&file).filter(own) else {
        return Err(Box::new(BuildError::Other {
            found: shown().collect(),
            wanted: wanted.map_or_else(
                || "any package".to_owned(),
                |wanted| format!("{}@{}", wanted.name, wanted.version),
            ),
        }));
    };
    if name.fit(fetcher.python).is_none() {
        return Err(Box::new(BuildError::OtherTarget(shown().collect())));
    }
    Ok((name, bytes))
}

/// What a lock says of a build is what it came to here.
fn same(locked: Option<&Built>, built: &Built) -> Result<(), Box<BuildError>> {
    let Some(locked) = locked.filter(|locked| *locked != built) else {
        return Ok(());
    };
    if locked.files == built.files {
        return Err(Box::new(BuildError::Misrecorded));
    }
    Err(Box::new(BuildError::Different {
        expected: locked.files.clone(),
        found: built.files.clone(),
    }))
}

fn file_name(name: &WheelName) -> Result<crate::TreePath, InstallError> {
    crate::TreePath::new(name.file.as_str()).map_err(|source| InstallError::Path {
        path: name.file.escape_default().to_string(),
        source,
    })
}

fn unusable(error: LockError) -> InstallError {
    Box::new(BuildError::Tools(Box::new(error))).into()
}
