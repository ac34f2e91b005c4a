//! Tasks of the repository: `cargo xtask test | tidy | interop | servers | conformance | stdio-conformance | bench | fuzz | verity | dist`.
//!
//! `test` is all that CI runs. The others are slower or need tools that a contributor may not have.

mod bench;
mod conformance;
mod run;
mod spec;
mod stdio;
mod tasks;
mod verity;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Tasks of the Interlock repository")]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Format, lints, tidy checks, unit and integration tests, documentation, clients and servers
    Test {
        /// Leave out what needs node, npm and Python
        #[arg(long)]
        no_interop: bool,
    },
    /// The rules of the house: crate edges, sizes, unsafe code, dependencies
    Tidy,
    /// Real MCP clients and servers from npm, PyPI and crates.io through `interlock run`
    Interop,
    /// Published servers of npm and PyPI, unmodified, through `interlock approve` and `interlock run`
    Servers {
        /// Only these, by their names in `tests/servers/servers.json`
        names: Vec<String>,
    },
    /// The official conformance suite against our server and client, compared with `tests/conformance/expected.tsv`
    Conformance {
        /// Only scenarios about servers
        #[arg(long)]
        server: bool,
        /// Only scenarios about clients
        #[arg(long)]
        client: bool,
        /// Only scenarios whose name contains this
        #[arg(long)]
        scenario: Option<String>,
        /// Only scenarios at this revision
        #[arg(long)]
        revision: Option<String>,
        /// Write the numbers of passed checks back into the table
        #[arg(long)]
        update: bool,
        /// Test the test itself: peers that do nothing pass no scenario
        #[arg(long)]
        control: bool,
    },
    /// Our own conformance tests of the stdio transport, against our server, rmcp, TypeScript and Python
    StdioConformance {
        /// Only cases whose name contains this
        #[arg(long)]
        case: Option<String>,
        /// Only our own server
        #[arg(long)]
        ours: bool,
        /// Write the table that later runs are compared with
        #[arg(long)]
        update: bool,
        /// A server to try instead, with its arguments
        #[arg(last = true)]
        command: Vec<String>,
    },
    /// Speed and memory, side by side with peers, as ratios
    Bench {
        /// Only benchmarks whose name contains this: stdio-16B, stdio-16B-64deep, stdio-64KiB, stdio-1MiB, stdio-start, relay-16B, relay-16B-64deep, relay-64KiB, relay-1MiB, start, check
        filter: Option<String>,
        /// Leave out other people's relays, which are installed at the first run
        #[arg(long)]
        no_peers: bool,
    },
    /// Every MUST and SHOULD of the specification with the tests that show it: writes `docs/spec-coverage.md`
    SpecCoverage {
        /// Write nothing; fail when the page is stale or something has neither a test nor a reason
        #[arg(long)]
        check: bool,
        /// Print what has neither a test nor a reason
        #[arg(long)]
        open: bool,
    },
    /// Coverage-guided fuzzing of every parser (needs a nightly toolchain and cargo-fuzz)
    Fuzz {
        /// Seconds for each target
        #[arg(long, default_value_t = 60)]
        seconds: u32,
    },
    /// The store on file systems that keep files from changing (fs-verity), in a virtual machine
    Verity {
        /// A kernel instead of the newest that is installed
        #[arg(long, requires = "modules")]
        kernel: Option<std::path::PathBuf>,
        /// The directory of its modules, with `modules.dep`
        #[arg(long, requires = "kernel")]
        modules: Option<std::path::PathBuf>,
        /// Only measure what sealing costs
        #[arg(long)]
        cost: bool,
    },
    /// A static release binary for this machine
    Dist,
}

fn main() -> ExitCode {
    let outcome = match Cli::parse().task {
        Task::Test { no_interop } => tasks::test(!no_interop),
        Task::Tidy => tasks::tidy(),
        Task::Interop => tasks::interop(tasks::Build::Release),
        Task::Servers { names } => tasks::servers(&names),
        Task::Conformance {
            server,
            client,
            scenario,
            revision,
            update,
            control,
        } => conformance::conformance(&conformance::Options {
            server,
            client,
            scenario,
            revision,
            update,
            control,
        }),
        Task::StdioConformance {
            case,
            ours,
            update,
            command,
        } => stdio::conformance(&stdio::Options {
            case,
            ours,
            update,
            command,
        }),
        Task::Bench { filter, no_peers } => bench::bench(filter.as_deref(), !no_peers),
        Task::SpecCoverage { check, open } => spec::coverage(check, open),
        Task::Fuzz { seconds } => tasks::fuzz(seconds),
        Task::Verity {
            kernel,
            modules,
            cost,
        } => verity::verity(&verity::Options {
            kernel,
            modules,
            cost,
        }),
        Task::Dist => tasks::dist(),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("xtask: {problem}");
            ExitCode::FAILURE
        }
    }
}
