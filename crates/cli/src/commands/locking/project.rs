//! The project that a command is run in: its directory and its lock.

use std::path::{Path, PathBuf};

use interlock_launch::ServerName;
use interlock_supply::lockfile::{self, Base, FILE_NAME, Lockfile, Server};

use crate::context::Context;
use crate::exit::{Exit, Failure};
use crate::terminal::visible;

use super::known;

/// A project with a lock, or about to get one.
pub struct Project {
    /// The lock's file.
    pub path: PathBuf,
    /// What its paths are relative to.
    pub base: Base,
    /// What it says.
    pub lock: Lockfile,
    /// What the file said when it was read.
    read: Lockfile,
}

impl Project {
    /// The project around the working directory, if it has a lock.
    ///
    /// # Errors
    /// When there is a lock that cannot be read.
    pub fn find(context: &Context) -> Result<Option<Self>, Failure> {
        let here = here()?;
        let home = real(context.places.home());
        match lockfile::find(&here, &home) {
            Some(path) => Self::at(context, &path).map(Some),
            None => Ok(None),
        }
    }

    /// The same where there has to be one.
    ///
    /// # Errors
    /// When there is none.
    pub fn need(context: &Context) -> Result<Self, Failure> {
        Self::find(context)?.ok_or_else(|| {
            let what = format!("there is no `{FILE_NAME}` here or above");
            Failure::new(Exit::Usage, what).next("interlock add SOURCE")
        })
    }

    /// The project, with an empty lock in the working directory where there is none yet.
    ///
    /// # Errors
    /// When there is a lock that cannot be read.
    pub fn find_or_begin(context: &Context) -> Result<Self, Failure> {
        if let Some(project) = Self::find(context)? {
            return Ok(project);
        }
        let here = here()?;
        Ok(Self {
            path: here.join(FILE_NAME),
            base: base(context, &here),
            lock: Lockfile::default(),
            read: Lockfile::default(),
        })
    }

    /// The lock in a named file.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn at(context: &Context, path: &Path) -> Result<Self, Failure> {
        let lock = lockfile::load(path).map_err(|error| unusable(&error))?;
        let path = real(path);
        let directory = path.parent().unwrap_or(Path::new("/")).to_owned();
        Ok(Self {
            base: base(context, &directory),
            path,
            read: lock.clone(),
            lock,
        })
    }

    /// Writes what was changed, beside what others changed meanwhile, and remembers where the lock is: what it names is kept in the
    /// store.
    ///
    /// # Errors
    /// When it cannot be written, or another changed the same server.
    pub fn save(&self, context: &Context) -> Result<(), Failure> {
        lockfile::update(&self.path, &self.read, &self.lock).map_err(|error| {
            Failure::new(Exit::Findings, "the lock was not written").because(&error)
        })?;
        known::remember(context, &self.path);
        Ok(())
    }

    /// The servers of these names; all of them when no name is given.
    ///
    /// # Errors
    /// When a name is not in the lock.
    pub fn servers(&self, names: &[String]) -> Result<Vec<(ServerName, Server)>, Failure> {
        let missing = names.iter().find(|name| self.named(name).is_none());
        if let Some(name) = missing {
            let what = format!("the lock has no server {}", visible(name));
            return Err(Failure::new(Exit::Usage, what).next("interlock add SOURCE --name NAME"));
        }
        let wanted = |name: &ServerName| {
            names.is_empty() || names.iter().any(|wanted| wanted == name.as_str())
        };
        let all = self.lock.server.iter().filter(|(name, _)| wanted(name));
        Ok(all
            .map(|(name, server)| (name.clone(), server.clone()))
            .collect())
    }

    /// The server of that name.
    pub fn named(&self, name: &str) -> Option<&Server> {
        let found = self
            .lock
            .server
            .iter()
            .find(|(own, _)| own.as_str() == name);
        found.map(|(_, server)| server)
    }

    /// What the project is called: its directory's name.
    pub fn title(&self) -> String {
        let name = self.base.project.file_name();
        name.map_or_else(
            || "project".into(),
            |name| name.to_string_lossy().into_owned(),
        )
    }
}

fn base(context: &Context, directory: &Path) -> Base {
    Base {
        project: real(directory),
        home: real(context.places.home()),
    }
}

/// Without links, as far as it is there.
fn real(path: &Path) -> PathBuf {
    std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())
}

fn here() -> Result<PathBuf, Failure> {
    std::env::current_dir()
        .map(|path| real(&path))
        .map_err(|error| {
            Failure::new(Exit::Usage, "the working directory cannot be read").because(&error)
        })
}

/// A lock that cannot be used, with the way out.
pub fn unusable(error: &lockfile::LoadError) -> Failure {
    Failure::new(Exit::Findings, "the lock cannot be used")
        .because(error)
        .next("mend the file, or restore it from version control")
}
