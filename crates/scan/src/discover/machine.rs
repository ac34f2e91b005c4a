//! What is looked through.

use std::path::PathBuf;

use crate::clients::Os;

/// A machine, or a part of one, as directories of this host. Nothing is taken from the environment: the caller says it all.
#[derive(Clone, Debug)]
pub struct Machine {
    /// The system whose paths are meant, which need not be this host's.
    pub os: Os,
    /// Where the system's root (`/`, `C:\`) is found; none where files of the machine as a whole are not looked at.
    pub root: Option<PathBuf>,
    /// The homes.
    pub homes: Vec<Home>,
    /// Directories of projects. Each is walked as a repository.
    pub projects: Vec<PathBuf>,
}

/// One user's home.
#[derive(Clone, Debug, Default)]
pub struct Home {
    /// Its directory.
    pub path: PathBuf,
    /// The user, where known.
    pub user: Option<String>,
    /// Variables that put files elsewhere, by name: those of the user who scans, and nobody else's.
    pub variables: Vec<(String, PathBuf)>,
}

impl Machine {
    /// One home on this host's system, with the system's own files.
    #[must_use]
    pub fn host(home: Home) -> Self {
        let os = Os::host();
        let root = if os == Os::Windows { "C:\\" } else { "/" };
        Machine {
            os,
            root: Some(PathBuf::from(root)),
            homes: vec![home],
            projects: Vec::new(),
        }
    }

    /// One directory as a home, as it would be on `os`, and nothing else.
    #[must_use]
    pub fn home_only(path: PathBuf, os: Os) -> Self {
        Machine {
            os,
            root: None,
            homes: vec![Home {
                path,
                ..Home::default()
            }],
            projects: Vec::new(),
        }
    }

    /// One project's directory and nothing else.
    #[must_use]
    pub fn project_only(path: PathBuf, os: Os) -> Self {
        Machine {
            os,
            root: None,
            homes: Vec::new(),
            projects: vec![path],
        }
    }
}
