//! What is asked of a repository: which commit, what of it, and by whose words.

use super::{ObjectId, Repository};
use crate::{
    locked::TreePath,
    pypi::{Name, Requirement},
};
use interlock_launch::Ecosystem;

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    /// Where the repository is.
    pub at: Repository,
    /// Which commit of it.
    pub commit: ObjectId,
    /// A file that starts, or the directory of a project in it.
    pub entry: Option<TreePath>,
    /// The command to start, when it is not the project's own.
    pub command: Option<String>,
    /// Whose words these are.
    pub runner: Runner,
}

/// Whose words name a repository. A runner starts projects of its own kind, and nothing else.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Runner {
    /// Interlock's own: a project of whatever kind, or a file.
    #[default]
    Own,
    /// One of npm's.
    Node,
    /// One of Python's.
    Python(PythonWish),
}

/// What a runner of Python's says besides.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PythonWish {
    /// What the project has to be called.
    pub name: Option<Name>,
    /// Which of its extras.
    pub extras: Vec<Name>,
    /// Packages of the index that are put beside it.
    pub beside: Vec<Requirement>,
}

impl Runner {
    /// Whose words these are, as requests name them.
    pub(super) fn words(&self) -> Ecosystem {
        match self {
            Self::Own => Ecosystem::Git,
            Self::Node => Ecosystem::Npm,
            Self::Python(_) => Ecosystem::PyPi,
        }
    }
}

impl Wish {
    /// Where it is, which commit and what of it, as records write it: `git+ADDRESS#COMMIT`, `git+ADDRESS#COMMIT:ENTRY`.
    #[must_use]
    pub fn address(&self) -> String {
        let commit = format!("git+{}#{}", self.at, self.commit);
        match &self.entry {
            Some(entry) => format!("{commit}:{entry}"),
            None => commit,
        }
    }

    /// The same in the words of Python's runners.
    pub(crate) fn for_python(&self) -> String {
        let directory = self.entry.as_ref();
        let directory = directory.map(|it| format!("#subdirectory={it}"));
        let directory = directory.unwrap_or_default();
        format!("git+{}@{}{directory}", self.at, self.commit)
    }

    /// What a runner of Python's says besides, if it is one.
    pub(crate) fn python(&self) -> Option<&PythonWish> {
        match &self.runner {
            Runner::Python(wish) => Some(wish),
            Runner::Own | Runner::Node => None,
        }
    }
}
