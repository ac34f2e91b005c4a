//! One file of a client: what it is, what is in it, what is wrong with it.

use std::path::{Path, PathBuf};

use crate::clients::{Client, Place, Scope};
use crate::document::{Document, Problem, ProblemKind, Strength};
use crate::server::{self, Server, Switch};

use super::open;

/// One file of a client that was found.
#[derive(Clone, Debug)]
pub struct ConfigFile {
    /// The client whose file it is: the first in the table where several read it.
    pub client: &'static Client,
    /// Other clients that read the same file.
    pub also: Vec<&'static Client>,
    /// The entry of the table that it was found by.
    pub place: &'static Place,
    /// For whom it counts.
    pub scope: Scope,
    /// Its path, as looked up.
    pub path: PathBuf,
    /// The user whose home it is in, where known.
    pub user: Option<String>,
    /// What the system says about it.
    pub meta: Meta,
    /// What is in it.
    pub content: Content,
    /// The servers in it, in the order written.
    pub servers: Vec<Server>,
    /// Switches of the file as a whole.
    pub switches: Vec<Switch>,
    /// What is wrong with how servers are written; what is wrong with the text stands in the document.
    pub problems: Vec<Problem>,
}

impl ConfigFile {
    /// The document, where the file could be read.
    #[must_use]
    pub fn document(&self) -> Option<&Document> {
        match &self.content {
            Content::Read(document) => Some(document),
            Content::Unreadable(_) => None,
        }
    }

    /// Whether it only has the name of a client's file: other programs have files of that name, and nothing here speaks of servers.
    pub(crate) fn is_named_alone(&self) -> bool {
        self.place.common_name && self.servers.is_empty() && !self.speaks_of_servers()
    }

    /// Whether it is none of the client's files. One that could not be read, or that readers could differ on, is not known to be none.
    pub(super) fn is_of_others(&self) -> bool {
        if !self.place.common_name || !self.servers.is_empty() {
            return false;
        }
        let document = match &self.content {
            // A directory of that name is no file of anybody's.
            Content::Unreadable(Unreadable::Missing | Unreadable::NotAFile("a directory")) => {
                return true;
            }
            Content::Unreadable(_) => return false,
            Content::Read(document) => document,
        };
        let beyond = |problem: &Problem| {
            use ProblemKind as K;
            matches!(problem.kind, K::TooLarge | K::TooDeep | K::TooMany)
        };
        let differs = |problem: &Problem| {
            // Servers under another key are those of another program, as the file may be.
            problem.kind.strength() >= Strength::Differs && problem.kind != ProblemKind::ForeignRoot
        };
        let problems = || document.problems().iter().chain(&self.problems);
        !problems().any(beyond) && (!problems().any(differs) || !self.speaks_of_servers())
    }

    fn speaks_of_servers(&self) -> bool {
        self.document()
            .is_some_and(|document| server::speaks_of_servers(document, self.place.shape))
    }

    /// Everything a strict reader would refuse, in the order of the text.
    #[must_use]
    pub fn all_problems(&self) -> Vec<&Problem> {
        let document = self.document().map_or(&[][..], Document::problems);
        let mut all: Vec<&Problem> = document.iter().chain(&self.problems).collect();
        all.sort_by_key(|problem| (problem.span, problem.kind));
        all
    }
}

/// What is in a file.
#[derive(Clone, Debug)]
pub enum Content {
    /// It was read.
    Read(Document),
    /// It was not.
    Unreadable(Unreadable),
}

/// Why a file, or a directory that is looked through, was not read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// Nothing is there, or no longer.
    #[error("nothing is there")]
    Missing,
    /// The system refuses.
    #[error("access is denied")]
    Denied,
    /// What stands there is no regular file: a directory, a pipe, a socket, a device.
    #[error("this is {0}, not a file")]
    NotAFile(&'static str),
    /// Links that lead in a circle.
    #[error("the links lead in a circle")]
    Loop,
    /// It is a link to nothing.
    #[error("the link leads nowhere")]
    Dangling,
    /// It is larger than is read.
    #[error("the file has {0} bytes, more than the 20 MiB that are read")]
    TooLarge(u64),
    /// There is more than is looked at.
    #[error("there are more files or directories than are looked at")]
    TooMany,
    /// It is deeper below a project than is looked.
    #[error("it is deeper than is looked, and perhaps not the only one")]
    TooDeep,
    /// It holds what other people wrote, or what was built, and is left out by its name.
    #[error(
        "directories of this name hold dependencies or what was built, and are left out; perhaps not the only one"
    )]
    LeftOut,
    /// It is a link to a directory, in a tree that is walked.
    #[error(
        "it is a link to a directory, which a walk does not follow, and perhaps not the only one"
    )]
    Linked,
    /// A variable that puts a client's files elsewhere, and names no absolute path: where it leads depends on where the client is started.
    #[error("the variable `{0}` puts a client's files into a path that is not absolute")]
    Relative(String),
    /// It was named, and no client that is known reads it.
    #[error("no client that Interlock knows reads a file of this name in this place")]
    NoClient,
    /// Something else went wrong.
    #[error("the system says `{0}`")]
    Other(String),
}

/// What the system says about a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Meta {
    /// Permission bits, where the system has them.
    pub mode: Option<u32>,
    /// The owner's number, where the system has it.
    pub owner: Option<u32>,
    /// Where the path itself is a link: what is written in it.
    pub link: Option<PathBuf>,
    /// The real path, where a link is on the way.
    pub real: Option<PathBuf>,
    /// Bytes.
    pub size: u64,
    /// Another user than the owner can write the directory that the file is in (and it is not sticky).
    pub directory_shared: bool,
}

/// Reads the file at `path` as the file of a client at a place of the table.
#[must_use]
pub fn read_place(client: &'static Client, place: &'static Place, path: &Path) -> ConfigFile {
    let (meta, bytes) = open::read(path);
    match bytes {
        Ok(bytes) => {
            let mut file = read_text(client, place, path, &bytes);
            file.meta = meta;
            file
        }
        Err(reason) => ConfigFile {
            content: Content::Unreadable(reason),
            meta,
            ..read_text(client, place, path, b"")
        },
    }
}

/// Reads `bytes` as if they stood at `path`, without looking there.
#[must_use]
pub fn read_text(
    client: &'static Client,
    place: &'static Place,
    path: &Path,
    bytes: &[u8],
) -> ConfigFile {
    let document = Document::read(bytes, place.format);
    let found = server::read(&document, place, path);
    ConfigFile {
        client,
        also: Vec::new(),
        place,
        scope: place.scope,
        path: path.to_owned(),
        user: None,
        meta: Meta::default(),
        content: Content::Read(document),
        servers: found.servers,
        switches: found.switches,
        problems: found.problems,
    }
}
