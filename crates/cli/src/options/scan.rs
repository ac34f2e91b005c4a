//! The options of `scan`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// `interlock scan --format`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ReportFormat {
    /// For people: findings, the worst first
    Human,
    /// A table of servers
    Table,
    /// One JSON object, versioned
    Json,
    /// SARIF 2.1.0, for code scanning
    Sarif,
}

/// `interlock scan --min-severity`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Least {
    /// Everything
    Info,
    /// What weakens something
    Low,
    /// What one step of somebody else's turns into harm
    Medium,
    /// What runs what nobody agreed to, or gives a secret away
    High,
}

impl From<Least> for interlock_scan::Severity {
    fn from(least: Least) -> Self {
        match least {
            Least::Info => Self::Info,
            Least::Low => Self::Low,
            Least::Medium => Self::Medium,
            Least::High => Self::High,
        }
    }
}

/// `interlock scan`.
#[derive(Debug, Args)]
pub struct Scan {
    /// Repositories, or files of clients, to scan instead of your own files
    #[arg(value_name = "PATH", conflicts_with_all = ["home", "all_users"])]
    pub path: Vec<PathBuf>,
    /// How to write the report
    #[arg(long, value_enum, default_value = "human")]
    pub format: ReportFormat,
    /// Every finding in full; a terminal otherwise gets the worst in full and the others in a line each
    #[arg(long)]
    pub details: bool,
    /// Leave out what is lighter; what could not be scanned is always told
    #[arg(long, value_enum, value_name = "SEVERITY", default_value = "low")]
    pub min_severity: Least,
    /// Leave out what is in this earlier report (`--format json`)
    #[arg(long, value_name = "FILE")]
    pub baseline: Option<PathBuf>,
    /// Ignores with reasons, for files that have no comments; `.interlock-ignore.toml` of a repository unless said otherwise
    #[arg(long, value_name = "FILE")]
    pub ignore_file: Option<PathBuf>,
    /// List what is ignored, and why
    #[arg(long)]
    pub show_ignored: bool,
    /// A newer list of known-bad releases
    #[arg(long, value_name = "FILE")]
    pub advisories: Option<PathBuf>,
    /// Only files of this client, for example `cursor`; again for more
    #[arg(long, value_name = "NAME")]
    pub client: Vec<String>,
    /// A directory to take for a home, instead of your own
    #[arg(long, value_name = "DIR", conflicts_with = "all_users")]
    pub home: Option<PathBuf>,
    /// The system whose paths are meant: linux, macos or windows
    #[arg(long, value_name = "NAME")]
    pub os: Option<String>,
    /// The homes of all users; needs to be run as root to see into them
    #[arg(long)]
    pub all_users: bool,
    /// Ask what listens on this machine whether it is an MCP server without authentication; connects to this machine only
    #[arg(long)]
    pub listeners: bool,
    /// Put right what can be put right alone: shows what would change in each file, asks, and keeps the old file
    #[arg(long, conflicts_with = "watch")]
    pub fix: bool,
    /// Do not ask
    #[arg(long, requires = "fix")]
    pub yes: bool,
    /// Stay, and report at once when a client's file changes
    #[arg(long)]
    pub watch: bool,
}
