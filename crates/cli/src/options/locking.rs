//! Flags of the commands around a project's lock.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{Danger, Format, Grants};

/// `interlock add`.
#[derive(Debug, Args)]
#[command(
    override_usage = "interlock add [OPTIONS] SOURCE [-- ARGS]\n       interlock add [OPTIONS] -- COMMAND ARGS"
)]
pub struct Add {
    /// `npm:NAME[@VERSION]`, `pypi:NAME[==VERSION]`, `oci:IMAGE[:TAG]`, `git:ADDRESS[#COMMIT]`, `binary:ADDRESS`, `mcpb:ADDRESS|PATH`,
    /// an entry of the MCP Registry `mcp:NAME[@VERSION]`, or the path of a program
    #[arg(value_name = "SOURCE", required_unless_present = "words")]
    pub source: Option<String>,
    /// The name for `interlock run NAME`; made from the source when left out
    #[arg(long)]
    pub name: Option<String>,
    /// The address of the MCP Registry that `mcp:` is looked up in
    #[arg(long, value_name = "ADDRESS")]
    pub registry: Option<String>,
    /// The server's arguments, or a whole command when there is no SOURCE
    #[arg(last = true, value_name = "ARGS")]
    pub words: Vec<String>,
    /// What the server may touch.
    #[command(flatten)]
    pub grants: Grants,
    /// What weakens a default.
    #[command(flatten)]
    pub danger: Danger,
}

/// `interlock lock`.
#[derive(Debug, Args)]
pub struct Lock {
    /// Move to the newest versions that the sources allow
    #[arg(long)]
    pub update: bool,
    /// Build Python packages that are there as sources only: their build programs run, in a sandbox without network
    #[arg(long, help_heading = "Danger")]
    pub danger_build_sdists: bool,
    /// Only these servers
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,
    /// How results are written.
    #[command(flatten)]
    pub format: Format,
}

/// `interlock verify`.
#[derive(Debug, Args)]
pub struct Verify {
    /// Only these servers
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,
    /// How results are written.
    #[command(flatten)]
    pub format: Format,
}

/// `interlock sbom`.
#[derive(Debug, Args)]
pub struct Sbom {
    /// Only these servers, of the project's lock or, without one, of your approvals
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,
    /// Which format
    #[arg(long, value_enum, default_value = "cyclonedx")]
    pub format: SbomFormat,
}

/// `interlock sbom --format`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SbomFormat {
    /// CycloneDX 1.6, JSON
    Cyclonedx,
    /// SPDX 2.3, JSON
    Spdx,
}

/// `interlock advisories`.
#[derive(Debug, Args)]
pub struct Advisories {
    /// An advisory, a list of them, or a directory of them, in OSV format
    #[arg(value_name = "FILE|DIR")]
    pub path: PathBuf,
    /// How results are written.
    #[command(flatten)]
    pub format: Format,
}
