//! Where clients keep their files.

use super::shape::Shape;
use crate::document::Format;

/// An operating system whose paths are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Os {
    /// Linux.
    Linux,
    /// macOS.
    Macos,
    /// Windows.
    Windows,
}

impl Os {
    /// All of them.
    pub const ALL: [Os; 3] = [Os::Linux, Os::Macos, Os::Windows];

    /// `linux`, `macos`, `windows`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Os::Linux => "linux",
            Os::Macos => "macos",
            Os::Windows => "windows",
        }
    }

    /// The system with this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Os> {
        Os::ALL.into_iter().find(|os| os.as_str() == name)
    }

    /// The system this program was built for; Linux for any other Unix.
    #[must_use]
    pub fn host() -> Os {
        if cfg!(windows) {
            Os::Windows
        } else if cfg!(target_os = "macos") {
            Os::Macos
        } else {
            Os::Linux
        }
    }
}

/// For whom a file counts, and with it who can write it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Scope {
    /// One user, everywhere.
    User,
    /// Everybody who opens this project; the file comes with the project.
    Project,
    /// One user in one project.
    Local,
    /// Everybody on the machine; written by its administrator.
    Managed,
    /// Came with a plugin of the client.
    Plugin,
    /// Came with an extension or a bundle of the client.
    Extension,
    /// One agent's own definition.
    Agent,
    /// The container a project is developed in.
    Devcontainer,
    /// A program that serves models or tools to others.
    Framework,
}

impl Scope {
    /// Every scope.
    pub const ALL: [Scope; 9] = [
        Scope::User,
        Scope::Project,
        Scope::Local,
        Scope::Managed,
        Scope::Plugin,
        Scope::Extension,
        Scope::Agent,
        Scope::Devcontainer,
        Scope::Framework,
    ];

    /// The scope's name in output.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Scope::User => "user",
            Scope::Project => "project",
            Scope::Local => "local",
            Scope::Managed => "managed",
            Scope::Plugin => "plugin",
            Scope::Extension => "extension",
            Scope::Agent => "agent",
            Scope::Devcontainer => "devcontainer",
            Scope::Framework => "framework",
        }
    }

    /// Who wrote what stands in a file of this scope, as [`interlock_launch::Request::origin`] has it: `project` for what comes with a
    /// repository or a package that a person only opened, else `user`.
    #[must_use]
    pub fn origin(self) -> &'static str {
        match self {
            Scope::Project | Scope::Devcontainer => "project",
            _ => "user",
        }
    }
}

/// One client.
#[derive(Debug)]
pub struct Client {
    /// Its id on the command line and in output, kebab-case.
    pub id: &'static str,
    /// Its name for people.
    pub name: &'static str,
    /// Where it keeps files with servers or with switches over servers.
    pub places: &'static [Place],
}

/// One kind of file of a client.
#[derive(Debug)]
pub struct Place {
    /// For whom the file counts.
    pub scope: Scope,
    /// The systems it is found on at this path.
    pub os: &'static [Os],
    /// The path, which starts with one of the bases below and has `/` between components. `*` is any one component or part of one; `**` any
    /// few directories.
    ///
    /// `{home}` · `{config}` (`$XDG_CONFIG_HOME` or `~/.config`) · `{appdata}` (`~/Library/Application Support` on macOS, `%APPDATA%` on
    /// Windows, `{config}` on Linux) · `{system}` (`/` · `/` · `C:\`) · `{project}` (the project's directory) · `{ancestors}` (it and every
    /// directory above).
    pub path: &'static str,
    /// An environment variable that puts the file elsewhere.
    pub relocation: Option<Relocation>,
    /// How it is written.
    pub format: Format,
    /// How servers are written in it.
    pub shape: &'static Shape,
    /// Other programs have files of this name too: one without a server in it is none of this client's.
    pub common_name: bool,
}

impl Place {
    /// Whether it is below a project's directory, or above it as a repository has it: somebody else may have written what is there,
    /// whatever the scope says.
    #[must_use]
    pub fn in_project(&self) -> bool {
        self.path.starts_with("{project}") || self.path.starts_with("{ancestors}")
    }
}

/// An environment variable that puts a file elsewhere, for the user who scans.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Relocation {
    /// The variable.
    pub variable: &'static str,
    /// The file below what the variable names; empty where the variable names the file.
    pub path: &'static str,
}
