//! The subcommands, one module each.

mod approve;
mod audit;
mod check;
mod demo;
mod diff;
mod doctor;
mod init;
mod list;
mod locking;
mod revoke;
mod run;
mod scan;
mod secret;
mod shell;
mod store;
mod suggest;
mod wrap;

use crate::Outcome;
use crate::options::{Command, Options};

/// Runs one subcommand.
///
/// # Errors
/// What the subcommand could not do.
pub fn run(options: Options) -> Outcome {
    let global = options.global;
    match options.command {
        Command::Init(init) => init::run(&global, &init),
        Command::Doctor(format) => doctor::run(&global, &format),
        Command::Scan(scan) => scan::run(&global, &scan),
        Command::Check(check) => check::run(&global, &check),
        Command::Approve(approve) => approve::run(&global, &approve),
        Command::Add(add) => locking::add::run(&global, &add),
        Command::Lock(lock) => locking::lock::run(&global, &lock),
        Command::Verify(verify) => locking::verify::run(&global, &verify),
        Command::Sbom(sbom) => locking::sbom::run(&global, &sbom),
        Command::Advisories(advisories) => locking::advisories::run(&global, &advisories),
        Command::Revoke(revoke) => revoke::run(&global, &revoke),
        Command::List(format) => list::run(&global, &format),
        Command::Diff(diff) => diff::run(&global, &diff),
        Command::Run(run) => run::run(&global, &run),
        Command::Wrap(wrap) => wrap::run(&global, &wrap),
        Command::Unwrap(files) => wrap::run_unwrap(&global, &files),
        Command::Store(store) => store::run(&global, &store),
        Command::Audit(audit) => audit::run(&global, &audit),
        Command::Secret(secret) => secret::run(&global, &secret),
        Command::Demo(demo) => demo::run(&global, &demo),
        Command::Completions { shell } => shell::completions(shell),
        Command::Man { directory } => shell::manual(&directory),
    }
}
