//! What one server may touch: the input of the sandbox.
//!
//! A profile is data. It names no kernel mechanism and decides nothing; `Profile::plan` makes it
//! concrete for one kernel.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::egress::EgressRules;
use crate::layer::Layer;

/// The home directory of every server: private, empty, in memory. Also its default working directory.
pub const HOME: &str = "/home/mcp";
/// The directory for temporary files of every server: private, empty, in memory.
pub const TMPDIR: &str = "/tmp";
/// The user name of every server inside its own view.
pub const USER: &str = "mcp";
/// The user and group id of every server inside its own view, whoever started it.
pub const INSIDE_ID: u32 = 1000;

/// What a mount lets the server do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Access {
    /// Read; nothing in it can be executed or mapped executable.
    Read,
    /// Read and execute.
    ReadExec,
    /// Read and write; nothing in it can be executed.
    Write,
    /// Read, write and execute: what is written can be run. A weak grant; never a default.
    WriteExec,
}

impl Access {
    /// Whether it includes writing.
    pub fn writes(self) -> bool {
        matches!(self, Access::Write | Access::WriteExec)
    }

    /// Whether it includes executing.
    pub fn executes(self) -> bool {
        matches!(self, Access::ReadExec | Access::WriteExec)
    }
}

/// One file or directory of the host, seen inside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mount {
    /// Where it is on the host: absolute. Symbolic links in it are followed once, when planned.
    pub host: PathBuf,
    /// Where the server sees it: absolute.
    pub inside: PathBuf,
    /// What the server may do with it.
    pub access: Access,
    /// Whether the launch fails when the host has no such path.
    pub required: bool,
}

impl Mount {
    /// A required mount that is seen at the same path as outside.
    pub fn same(path: impl Into<PathBuf>, access: Access) -> Mount {
        let host = path.into();
        Mount {
            inside: host.clone(),
            host,
            access,
            required: true,
        }
    }

    /// The same, left out where the host has no such path.
    pub fn if_present(path: impl Into<PathBuf>, access: Access) -> Mount {
        Mount {
            required: false,
            ..Mount::same(path, access)
        }
    }
}

/// What the server may reach over the network.
#[derive(Clone, Debug, Default)]
pub enum Network {
    /// Nothing: an empty network namespace, and no internet sockets.
    #[default]
    None,
    /// Names and ports that were granted, through the supervisor.
    Egress(EgressRules),
}

/// Limits of one server and everything it starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Memory of the whole tree, in bytes; also the limit of private memory of one process.
    pub memory_bytes: u64,
    /// Processes and threads of the whole tree.
    pub processes: u32,
    /// Open files of one process.
    pub open_files: u32,
    /// Size of the largest file that it can write, in bytes.
    pub file_bytes: u64,
    /// HOME, TMPDIR and /dev/shm together, in bytes.
    pub tmp_bytes: u64,
    /// Files in HOME, TMPDIR and /dev/shm together.
    pub tmp_files: u64,
    /// Processor time of one process, in seconds; `None` is no limit.
    pub cpu_seconds: Option<u64>,
}

impl Default for Limits {
    fn default() -> Limits {
        const MIB: u64 = 1 << 20;
        Limits {
            memory_bytes: 2048 * MIB,
            processes: 256,
            open_files: 4096,
            file_bytes: 512 * MIB,
            tmp_bytes: 256 * MIB,
            tmp_files: 16_384,
            cpu_seconds: None,
        }
    }
}

/// A named widening of the default profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Feature {
    /// What Chromium needs, run with `--no-sandbox` inside ours: Unix sockets inside the private view,
    /// shared memory, more processes, `/etc/chromium*` and fonts.
    Browser,
}

/// Everything that one server may touch. Nothing that is not named here exists for it.
#[derive(Clone, Debug)]
pub struct Profile {
    /// The file that is executed, as it is called inside: absolute.
    pub program: PathBuf,
    /// The whole argument vector, `argv[0]` included.
    pub args: Vec<OsString>,
    /// A directory of the host that is the server's whole file system, read-only, in the place of the system's own: the
    /// unpacked files of an image. What the sandbox makes itself (`/proc`, `/dev`, HOME, TMPDIR, names of hosts and users) is
    /// laid over it, and so are the mounts. `None` is a server of the host's own system.
    pub root: Option<PathBuf>,
    /// The whole environment; nothing is added to it.
    pub env: Vec<(OsString, OsString)>,
    /// What of the host is seen inside. Later entries are mounted over earlier ones.
    pub mounts: Vec<Mount>,
    /// The working directory inside; `None` is [`HOME`].
    pub cwd: Option<PathBuf>,
    /// Limits.
    pub limits: Limits,
    /// Network.
    pub network: Network,
    /// Named widenings.
    pub features: BTreeSet<Feature>,
    /// Layers that may be missing. Everything in here weakens the sandbox: using it is recorded.
    pub allow_missing: BTreeSet<Layer>,
}

impl Profile {
    /// The default profile of a program: the system's programs and libraries, the program itself
    /// with the interpreter prefix it belongs to, private HOME and TMPDIR, no network, an
    /// environment of five fixed variables.
    pub fn new(program: impl Into<PathBuf>) -> Profile {
        let program = program.into();
        let mut mounts = crate::runtime::system();
        mounts.extend(crate::runtime::of_program(&program));
        Profile {
            args: vec![program.clone().into_os_string()],
            program,
            root: None,
            env: crate::runtime::environment(),
            mounts,
            cwd: None,
            limits: Limits::default(),
            network: Network::None,
            features: BTreeSet::new(),
            allow_missing: BTreeSet::new(),
        }
    }

    /// The default profile of a program in a file system of its own: nothing of the host's system is seen, not even its
    /// libraries. `program` is called as it is inside.
    pub fn in_root(root: impl Into<PathBuf>, program: impl Into<PathBuf>) -> Profile {
        let program = program.into();
        Profile {
            args: vec![program.clone().into_os_string()],
            program,
            root: Some(root.into()),
            env: crate::runtime::environment(),
            mounts: Vec::new(),
            cwd: None,
            limits: Limits::default(),
            network: Network::None,
            features: BTreeSet::new(),
            allow_missing: BTreeSet::new(),
        }
    }

    /// Appends one argument.
    #[must_use]
    pub fn arg(mut self, arg: impl Into<OsString>) -> Profile {
        self.args.push(arg.into());
        self
    }

    /// Sets one variable, replacing an earlier value.
    #[must_use]
    pub fn env(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Profile {
        let name = name.into();
        self.env.retain(|(known, _)| *known != name);
        self.env.push((name, value.into()));
        self
    }

    /// Grants one path, seen at the same place as outside.
    #[must_use]
    pub fn grant(mut self, path: impl AsRef<Path>, access: Access) -> Profile {
        self.mounts.push(Mount::same(path.as_ref(), access));
        self
    }

    /// Adds a named widening, with the mounts and limits that belong to it. An image brings its own files.
    #[must_use]
    pub fn feature(mut self, feature: Feature) -> Profile {
        if self.root.is_none() {
            self.mounts.extend(crate::runtime::of_feature(feature));
        }
        crate::runtime::widen(feature, &mut self.limits);
        self.features.insert(feature);
        self
    }
}
