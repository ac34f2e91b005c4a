//! From a source archive to a wheel in the store: who lets things be built judges it, what the build needs is chosen, fetched and
//! verified like any package, as wheels; then the backend runs, and what it made is judged.

use super::{
    fetch::Fetcher,
    tools::{Begun, Tools},
    tree::locked,
    wheel::{self, Wheel},
};
use crate::{
    built::Built,
    digest::Integrity,
    git::GitTree,
    pypi::{
        DangerBuilder, Requirement, Unbuilt, WheelName,
        sdist::{BuildError, Elsewhere, Project},
    },
    store::{InstallError, Stored},
    unpack::{UnpackLimits, unpack_wheel},
};
use std::{
    io::Cursor,
    sync::{Mutex, PoisonError},
};

/// Builds one archive after the other: each may take as much of the machine as a build is given.
pub(super) struct Maker<'a> {
    danger_builder: &'a dyn DangerBuilder,
    /// Held by whoever builds. What could not be built first: after that nothing more is run.
    failed: Mutex<Option<String>>,
}

/// What is to be built.
pub(super) enum Order<'a> {
    /// The archive of a release.
    Release(&'a Wheel),
    /// The project of a repository, whatever it is called.
    Project {
        tree: GitTree,
        address: String,
        integrity: &'a Integrity,
        locked: Option<&'a Built>,
        elsewhere: &'a Elsewhere,
    },
}

impl Order<'_> {
    /// Name and version, where sources are not free to say which they are.
    fn wanted(&self) -> Option<&WheelName> {
        match self {
            Self::Release(wheel) => Some(&wheel.name),
            Self::Project { .. } => None,
        }
    }

    /// How a lock says that it was built.
    fn locked(&self) -> Option<&Built> {
        match self {
            Self::Release(wheel) => wheel.built.as_ref(),
            Self::Project { locked, .. } => *locked,
        }
    }

    fn integrity(&self) -> &Integrity {
        match self {
            Self::Release(wheel) => &wheel.integrity,
            Self::Project { integrity, .. } => integrity,
        }
    }

    /// Refuses what it would be built with and is not of the index, as far as the sources say where it is. Those of a release are
    /// published alone, and are built of the index by whoever does it.
    pub(super) fn admits<'n>(
        &self,
        needed: impl Iterator<Item = &'n Requirement>,
    ) -> Result<(), InstallError> {
        let Self::Project { elsewhere, .. } = self else {
            return Ok(());
        };
        let refused = elsewhere.refuse(needed);
        Ok(refused.map_err(|error| Box::new(BuildError::from(error)))?)
    }

    /// Name and version that requirements know it by.
    fn release(&self) -> (&str, &str) {
        match self {
            Self::Release(wheel) => (wheel.name.name.as_str(), wheel.name.version.as_str()),
            Self::Project { tree, .. } => (tree.name.as_str(), &tree.version),
        }
    }

    /// What stands for a version that a project would take from Git: that of the tree, which names the commit. A release says its own.
    fn version(&self) -> Option<&str> {
        match self {
            Self::Release(_) => None,
            Self::Project { tree, .. } => Some(&tree.version),
        }
    }

    fn shown(&self) -> String {
        match self {
            Self::Release(wheel) => named(&wheel.name),
            Self::Project { address, .. } => address.escape_default().to_string(),
        }
    }
}

impl<'a> Maker<'a> {
    pub(super) fn new(danger_builder: &'a dyn DangerBuilder) -> Self {
        Self {
            danger_builder,
            failed: Mutex::default(),
        }
    }

    /// Builds what is in `archive`, and gives what came out its name. Where a lock says how it was built, with the same tools, and to
    /// the same files.
    pub(super) fn make(
        &self,
        fetcher: &Fetcher<'_>,
        order: &Order<'_>,
        archive: &Stored,
    ) -> Result<(WheelName, Built, Stored), InstallError> {
        let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(first) = &*failed {
            return Err(Box::new(BuildError::After(first.clone())).into());
        }
        if fetcher.is_over() {
            return Err(Box::new(BuildError::Unwanted).into());
        }
        let made = self.build(fetcher, order, archive);
        if made.is_err() {
            *failed = Some(order.shown());
        }
        made
    }

    fn build(
        &self,
        fetcher: &Fetcher<'_>,
        order: &Order<'_>,
        archive: &Stored,
    ) -> Result<(WheelName, Built, Stored), InstallError> {
        let project = Project::parse(&wheel::read(archive, "pyproject.toml"));
        let project = &project.map_err(|error| Box::new(error.into()))?;
        // INVARIANT: before anything is looked up or run for it.
        let build = self.begin(order)?;
        let shown = order.wanted();
        let shown = shown.map_or("the repository", |wanted| wanted.name.as_str());
        fetcher.progress.building(shown);
        let begun = Begun {
            build: &*build,
            project,
            archive,
            version: order.version(),
            order,
        };
        let tools = match order.locked() {
            Some(built) => Tools::locked(fetcher, begun, built),
            None => Tools::chosen(fetcher, begun),
        }?;
        let made = tools.run(fetcher, begun, |task| build.wheel(task))?;
        let (name, bytes) = the_wheel(fetcher, order.wanted(), made)?;
        let (wheel, record) = (file_name(&name)?, tools.record()?);
        let built = |files: &Integrity| Built {
            wheel: wheel.clone(),
            files: files.clone(),
            asked: tools.asked.clone(),
            tools: record.clone(),
        };
        let limits = UnpackLimits::default();
        // What is refused is not kept.
        let (files, stored) = fetcher.store.add_files(
            |_, into| {
                let bytes = Cursor::new(bytes);
                Ok::<_, InstallError>(unpack_wheel(bytes, &name, into, &limits)?)
            },
            |files| Ok(same(order.locked(), &built(files))?),
        )?;
        let built = built(&files);
        Ok((name, built, stored))
    }

    /// Asks whoever lets things be built.
    fn begin(&self, order: &Order<'_>) -> Result<Box<dyn crate::pypi::Build + '_>, InstallError> {
        let unusable = |error| Box::new(BuildError::Tools(Box::new(error)));
        let package = match order {
            Order::Release(wheel) => Some(locked(wheel).map_err(unusable)?),
            Order::Project { .. } => None,
        };
        let begun = self.danger_builder.begin(&Unbuilt {
            package: package.as_ref(),
            release: order.release(),
            shown: &order.shown(),
            integrity: order.integrity(),
        });
        Ok(begun.map_err(|refusal| Box::new(BuildError::Refused(refusal)))?)
    }
}

fn named(wheel: &WheelName) -> String {
    format!("{}@{}", wheel.name, wheel.version)
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
            wanted: wanted.map_or_else(|| "any package".to_owned(), named),
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
