//! The command line: every flag is defined once, here.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::terminal::ColorChoice;

mod locking;
mod remote;
mod scan;

pub use locking::{Add, Advisories, Lock, Sbom, SbomFormat, Verify};
pub use remote::Remote;
pub use scan::{ReportFormat, Scan};

/// Starts MCP servers only after a person approved exactly what runs, contains them, and keeps a trace.
#[derive(Debug, Parser)]
#[command(name = "interlock", version, max_term_width = 100)]
pub struct Options {
    /// What every subcommand understands.
    #[command(flatten)]
    pub global: Global,
    /// The subcommand.
    #[command(subcommand)]
    pub command: Command,
}

/// Options of every subcommand.
#[derive(Debug, Clone, Args)]
pub struct Global {
    /// When to use colour
    #[arg(
        long,
        global = true,
        value_enum,
        default_value = "auto",
        value_name = "WHEN"
    )]
    pub color: ColorChoice,
    /// Say only what is asked for, and errors
    #[arg(long, short, global = true)]
    pub quiet: bool,
    /// No progress bars
    #[arg(long, global = true)]
    pub no_progress: bool,
    /// Use no network
    #[arg(long, global = true)]
    pub offline: bool,
}

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make the key that signs your approvals
    Init(Init),
    /// Say what this machine can enforce, and what to do where it cannot
    Doctor(Format),
    /// Find every MCP server that is configured here, and what is wrong with it, without starting anything
    Scan(Box<Scan>),
    /// Judge launch requests without starting anything
    Check(Check),
    /// Show what a launch would run and, if you agree, approve exactly that
    Approve(Box<Approve>),
    /// Declare a server in this project's `interlock.lock` and resolve it
    Add(Box<Add>),
    /// Bring this project's `interlock.lock` up to date, without moving versions unless told to
    Lock(Lock),
    /// Check that everything this project's `interlock.lock` names is there, byte for byte
    Verify(Verify),
    /// Take an approval back
    Revoke(Revoke),
    /// List what is approved
    List(Format),
    /// Show what differs: between an approval and what would run now, or between two states of a lock
    Diff(Diff),
    /// Start an approved server and relay it on stdin and stdout
    Run(Run),
    /// Put the servers of your clients behind Interlock, in the clients' own files
    Wrap(Wrap),
    /// Change back what `wrap` changed
    Unwrap(Rewrite),
    /// The packages that were fetched and verified
    #[command(subcommand)]
    Store(Store),
    /// Write a bill of materials of what is locked or approved
    Sbom(Sbom),
    /// Check what is locked or approved against advisories in OSV format
    Advisories(Advisories),
    /// The audit log
    #[command(subcommand)]
    Audit(Audit),
    /// Secrets that `approve --secret` can give to one server
    #[command(subcommand)]
    Secret(Secret),
    /// See all of it work, on real processes, in ten seconds
    Demo(Demo),
    /// Print a completion script for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Write the manual pages into a directory
    Man {
        /// Where to write them
        directory: PathBuf,
    },
}

/// How results are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum OutputFormat {
    /// For people
    Human,
    /// One JSON object a line, versioned
    Json,
}

/// `--format`.
#[derive(Debug, Clone, Args)]
pub struct Format {
    /// How to write results
    #[arg(long, value_enum, default_value = "human")]
    pub format: OutputFormat,
}

/// `--passphrase-fd`.
#[derive(Debug, Clone, Copy, Default, Args)]
pub struct PassphraseFd {
    /// Read the passphrase from this open descriptor instead of asking at the terminal
    #[arg(long, value_name = "N")]
    pub passphrase_fd: Option<i32>,
}

/// `interlock init`.
#[derive(Debug, Args)]
pub struct Init {
    /// Forget all approvals and begin an empty list, signed with the key that is there: for when the list is lost,
    /// damaged or older than it should be
    #[arg(long)]
    pub danger_start_over: bool,
    /// Where the passphrase comes from.
    #[command(flatten)]
    pub passphrase: PassphraseFd,
}

/// `interlock check`.
#[derive(Debug, Args)]
pub struct Check {
    /// Read requests from standard input, one JSON object a line
    #[arg(long, conflicts_with_all = ["request", "env", "cwd"])]
    pub stdin: bool,
    /// Judge a registry's entry (server.json), a package.json or a bundle's manifest.json instead of a request
    #[arg(long, value_name = "FILE", conflicts_with_all = ["request", "env", "cwd", "stdin"])]
    pub package: Option<PathBuf>,
    /// A variable that the request sets
    #[arg(long, value_name = "NAME=VALUE")]
    pub env: Vec<String>,
    /// The working directory that the request asks for
    #[arg(long, value_name = "DIR")]
    pub cwd: Option<String>,
    /// How results are written.
    #[command(flatten)]
    pub format: Format,
    /// The request
    #[arg(
        last = true,
        value_name = "COMMAND ARGS",
        required_unless_present_any = ["stdin", "package"]
    )]
    pub request: Vec<String>,
}

/// What a server may touch; remembered with its approval.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Grants")]
pub struct Grants {
    /// Let it read a file or directory
    #[arg(long, value_name = "PATH")]
    pub read: Vec<PathBuf>,
    /// Let it read and write a file or directory
    #[arg(long, value_name = "PATH")]
    pub write: Vec<PathBuf>,
    /// Let it connect to a host (`*.example.com` for names below one) and port
    #[arg(long, value_name = "HOST:PORT")]
    pub net: Vec<String>,
    /// Pass a variable of the caller's environment on
    #[arg(long, value_name = "NAME")]
    pub env: Vec<String>,
    /// Give it a secret of `interlock secret` as a variable of that name
    #[arg(long, value_name = "NAME")]
    pub secret: Vec<String>,
    /// Start it in this directory instead of an empty private one
    #[arg(long, value_name = "PATH")]
    pub cwd: Option<PathBuf>,
    /// Which base profile to start from; `default` unless said otherwise
    #[arg(long, value_enum)]
    pub profile: Option<BaseProfile>,
    /// The most memory it may use, for example `2GiB`
    #[arg(long, value_name = "SIZE")]
    pub memory: Option<String>,
    /// The most processes and threads it may have
    #[arg(long, value_name = "N")]
    pub processes: Option<u64>,
    /// The most it may store in its private home and temporary directory
    #[arg(long, value_name = "SIZE")]
    pub scratch: Option<String>,
}

/// `--profile`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum BaseProfile {
    /// What almost every server needs
    Default,
    /// For servers that drive a Chromium
    Browser,
}

impl Grants {
    /// Adds other grants to these.
    pub fn add(&mut self, more: Self) {
        self.read.extend(more.read);
        self.write.extend(more.write);
        self.net.extend(more.net);
        self.env.extend(more.env);
        self.secret.extend(more.secret);
        self.cwd = more.cwd.or(self.cwd.take());
        self.profile = more.profile.or(self.profile);
        self.memory = more.memory.or(self.memory.take());
        self.processes = more.processes.or(self.processes);
        self.scratch = more.scratch.or(self.scratch.take());
    }
}

/// Options that weaken a default. Each use is recorded in the audit log.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Danger")]
pub struct Danger {
    /// Approve although a layer of the sandbox is missing on this kernel
    #[arg(long, value_name = "LAYER")]
    pub danger_allow_missing: Vec<String>,
    /// Approve a launch that carries its program text in its arguments
    #[arg(long)]
    pub danger_allow_inline_code: bool,
    /// Approve a launch whose shape no grammar understands
    #[arg(long)]
    pub danger_allow_unknown: bool,
    /// Grant `/`, the whole home directory or something above it
    #[arg(long)]
    pub danger_wide_grant: bool,
    /// Grant Interlock's own files
    #[arg(long)]
    pub danger_own_files: bool,
    /// Pass a variable on that can load code or redirect trust
    #[arg(long)]
    pub danger_code_environment: bool,
    /// Grant names and addresses of this machine or a private network
    #[arg(long)]
    pub danger_private_network: bool,
    /// Build Python packages that are there as sources only: their build programs run, in a sandbox without network
    #[arg(long)]
    pub danger_build_sdists: bool,
}

impl Danger {
    /// Adds other options to these.
    pub fn add(&mut self, more: Self) {
        self.danger_allow_missing.extend(more.danger_allow_missing);
        self.danger_allow_inline_code |= more.danger_allow_inline_code;
        self.danger_allow_unknown |= more.danger_allow_unknown;
        self.danger_wide_grant |= more.danger_wide_grant;
        self.danger_own_files |= more.danger_own_files;
        self.danger_code_environment |= more.danger_code_environment;
        self.danger_private_network |= more.danger_private_network;
        self.danger_build_sdists |= more.danger_build_sdists;
    }
}

/// `interlock approve`.
#[derive(Debug, Clone, Default, Args)]
#[command(
    override_usage = "interlock approve [OPTIONS] -- COMMAND ARGS\n       interlock approve [OPTIONS] --url URL\n       interlock approve [OPTIONS] NAME\n       interlock approve [OPTIONS] --pending\n       interlock approve [OPTIONS] --lock[=FILE]"
)]
pub struct Approve {
    /// The name for `interlock run NAME`; made from the request when left out
    #[arg(long)]
    pub name: Option<String>,
    /// Run it once with the network refused and files empty, and propose grants from what it asked for
    #[arg(long)]
    pub learn: bool,
    /// Where the passphrase comes from.
    #[command(flatten)]
    pub passphrase: PassphraseFd,
    /// Take the image of a container from this archive of `docker save` or `podman save`, not from a registry
    #[arg(long, value_name = "FILE")]
    pub image_archive: Option<PathBuf>,
    /// Walk through what clients start through Interlock and nobody approved yet; grants are given to each
    #[arg(long, conflicts_with_all = ["request", "renew", "name", "url"])]
    pub pending: bool,
    /// Approve everything that the project's `interlock.lock`, or this one, proposes
    #[arg(
        long,
        value_name = "FILE",
        num_args = 0..=1,
        require_equals = true,
        conflicts_with_all = ["request", "renew", "name", "learn", "pending", "url"]
    )]
    pub lock: Option<Option<PathBuf>>,
    /// An approval to renew after something changed
    #[arg(
        value_name = "NAME",
        conflicts_with_all = ["request", "url"],
        required_unless_present_any = ["request", "pending", "lock", "url"]
    )]
    pub renew: Option<String>,
    /// The launch to approve
    #[arg(conflicts_with = "url", last = true, value_name = "COMMAND ARGS")]
    pub request: Vec<String>,
    /// What the server may touch.
    #[command(flatten)]
    pub grants: Grants,
    /// What weakens a default.
    #[command(flatten)]
    pub danger: Danger,
    /// A server that is connected to.
    #[command(flatten)]
    pub remote: Remote,
}

/// `interlock revoke`.
#[derive(Debug, Args)]
pub struct Revoke {
    /// The approval's name
    pub name: String,
    /// Where the passphrase comes from.
    #[command(flatten)]
    pub passphrase: PassphraseFd,
}

/// `interlock diff`.
#[derive(Debug, Args)]
pub struct Diff {
    /// An approval's name, or what to compare the project's lock with: a file, `-` to read one, or a revision of the repository
    /// around it (`HEAD~1`, `main`, `v1.0`); without it the project's lock is compared with what is approved
    #[arg(value_name = "NAME|FILE|REV|-")]
    pub name: Option<String>,
    /// How results are written.
    #[command(flatten)]
    pub format: Format,
}

/// `interlock run`.
#[derive(Debug, Args)]
pub struct Run {
    /// Seconds in which the server must speak MCP
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    pub handshake_timeout: u64,
    /// Record the arguments of tool calls, not only their digests
    #[arg(long)]
    pub record_arguments: bool,
    /// An approval's name
    #[arg(
        conflicts_with_all = ["request", "url"],
        required_unless_present_any = ["request", "url"]
    )]
    pub name: Option<String>,
    /// The launch, as a client's config would name it
    #[arg(conflicts_with = "url", last = true, value_name = "COMMAND ARGS")]
    pub request: Vec<String>,
    /// A server that is connected to.
    #[command(flatten)]
    pub remote: Remote,
}

/// Which files `interlock wrap` and `interlock unwrap` are about, and how they ask.
#[derive(Debug, Clone, Default, Args)]
pub struct Rewrite {
    /// Only files of this client, for example `cursor`; again for more
    #[arg(long, value_name = "NAME")]
    pub client: Vec<String>,
    /// The files in this project's directory, instead of your own; again for more
    #[arg(long, value_name = "PATH")]
    pub project: Vec<PathBuf>,
    /// A directory to take for a home, instead of your own
    #[arg(long, value_name = "DIR", conflicts_with = "project")]
    pub home: Option<PathBuf>,
    /// The system whose paths are meant: linux, macos or windows
    #[arg(long, value_name = "NAME")]
    pub os: Option<String>,
    /// Show what would change, and change nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Do not ask
    #[arg(long, conflicts_with = "dry_run")]
    pub yes: bool,
}

/// `interlock wrap`.
#[derive(Debug, Args)]
pub struct Wrap {
    /// Which files.
    #[command(flatten)]
    pub files: Rewrite,
    /// Also remote servers without a header, to which the client may sign in by itself: Interlock cannot
    #[arg(long)]
    pub remote: bool,
    /// What to write for Interlock, instead of where it is installed
    #[arg(long, value_name = "PATH")]
    pub interlock: Option<String>,
}

/// `interlock store`.
#[derive(Debug, Subcommand)]
pub enum Store {
    /// List what is stored, with sizes
    List(Format),
    /// Delete what neither an approval nor a lock on this machine names
    Gc {
        /// Delete only until the store is no larger than this, the oldest first
        #[arg(long, value_name = "SIZE")]
        max_size: Option<String>,
    },
    /// Read every byte again and compare it with its digest
    Verify,
}

/// `interlock audit`.
#[derive(Debug, Subcommand)]
pub enum Audit {
    /// The newest records
    Tail {
        /// How many
        #[arg(long, short = 'n', default_value_t = 20)]
        lines: usize,
        /// Wait for more
        #[arg(long, short)]
        follow: bool,
        /// Which ones.
        #[command(flatten)]
        filter: AuditFilter,
        /// How results are written.
        #[command(flatten)]
        format: Format,
    },
    /// All records that match
    Show {
        /// Which ones.
        #[command(flatten)]
        filter: AuditFilter,
        /// How results are written.
        #[command(flatten)]
        format: Format,
    },
    /// Check that nothing was edited, deleted, moved or cut off
    Verify {
        /// A checkpoint that was kept elsewhere: what it signs must be in the log
        #[arg(long, value_name = "CHECKPOINT")]
        expect: Vec<String>,
        /// A copy of the log, instead of the log itself
        directory: Option<PathBuf>,
    },
    /// Write all records in another format
    Export {
        /// The format
        #[arg(long, value_enum, default_value = "json")]
        format: ExportFormat,
    },
}

/// Which records of the audit log.
#[derive(Debug, Clone, Default, Args)]
pub struct AuditFilter {
    /// Only of this session
    #[arg(long)]
    pub session: Option<String>,
    /// Only this kind of event, for example `tool-call`
    #[arg(long)]
    pub event: Vec<String>,
    /// Only about this tool
    #[arg(long)]
    pub tool: Option<String>,
}

/// `interlock audit export --format`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ExportFormat {
    /// The records as they are
    Json,
    /// OCSF 1.x API Activity
    Ocsf,
}

/// `interlock secret`.
#[derive(Debug, Subcommand)]
pub enum Secret {
    /// Store a secret; its value is read from the terminal or from standard input
    Set {
        /// The name, which is also the variable's
        name: String,
    },
    /// List the names
    List,
    /// Delete one
    Remove {
        /// The name
        name: String,
    },
}

/// `interlock demo`.
#[derive(Debug, Args)]
pub struct Demo {
    /// Be one of the demonstration's own servers
    #[arg(long, hide = true)]
    pub serve: Option<DemoServer>,
    /// Where the servers' arguments would stand
    #[arg(hide = true, trailing_var_arg = true)]
    pub rest: Vec<OsString>,
}

/// The servers that the demonstration brings along.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum DemoServer {
    /// Two harmless tools
    Polite,
    /// One of them changed after approval
    Changed,
    /// A dozen attacks
    Hostile,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_definition_is_consistent() {
        Options::command().debug_assert();
    }

    #[test]
    fn no_subcommand_has_a_name_that_platforms_refuse() {
        for command in Options::command().get_subcommands() {
            assert!(!["exec", "install", "eval"].contains(&command.get_name()));
        }
    }
    /// A flattened group gives its heading to whatever is declared after it.
    #[test]
    fn every_option_stands_under_its_own_heading() {
        for command in Options::command().get_subcommands() {
            for argument in command.get_arguments() {
                let id = argument.get_id().as_str();
                let fits = match argument.get_help_heading() {
                    Some("Danger") => id.starts_with("danger"),
                    Some("Remote server") => ["url", "header"].contains(&id),
                    heading => heading.is_none() || !argument.is_positional(),
                };
                assert!(fits, "{command} {id}");
            }
        }
    }
}
