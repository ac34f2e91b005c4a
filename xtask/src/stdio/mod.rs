//! Conformance of the stdio transport, which the official suite leaves out: framing, both eras, cancellation, shutdown.
//!
//! Every case starts servers with the fixture's three tools (`tests/stdio-conformance/README.md`) and talks to them through
//! pipes, byte by byte as the case says. Ours must pass everything; what the others do is recorded beside it.

mod cases;
mod era;
mod peer;
mod subject;
mod table;

use std::path::{Path, PathBuf};

use crate::run::root;
use cases::Case;
use era::Era;
use subject::{OURS, Subject};
use table::{Outcome, Table};

/// What to run; nothing chosen means everything.
#[derive(Debug, Default)]
pub struct Options {
    /// Only cases whose name contains this.
    pub case: Option<String>,
    /// Only our own server.
    pub ours: bool,
    /// Write the table that later runs are compared with.
    pub update: bool,
    /// A server to try instead of all that are known.
    pub command: Vec<String>,
}

/// Runs the cases, tells what failed and how the servers compare.
pub fn conformance(options: &Options) -> Result<(), String> {
    let subjects = subjects(options)?;
    let mut table = Table::new(subjects.iter().map(|subject| subject.name).collect());
    let chosen = |case: &&Case| {
        options
            .case
            .as_ref()
            .is_none_or(|part| case.name.contains(part.as_str()))
    };
    let mut ours_failed = 0;
    for case in cases::all().filter(chosen) {
        for era in case.eras {
            let outcomes: Vec<_> = subjects
                .iter()
                .map(|subject| outcome(case, *era, subject))
                .collect();
            ours_failed += usize::from(outcomes.first() == Some(&Outcome::Fail));
            table.push(case, *era, outcomes);
        }
    }
    print!("{}", table.text());
    for subject in &subjects {
        let (passed, tried) = table.score(subject.name);
        println!("{}: {passed} of {tried}", subject.name);
    }
    if options.update {
        return std::fs::write(table::place(), table.text()).map_err(|error| error.to_string());
    }
    let whole = options.case.is_none() && options.command.is_empty() && !options.ours;
    let kept = std::fs::read_to_string(table::place()).unwrap_or_default();
    for change in table.changes(&kept).iter().filter(|_| whole) {
        println!("not as recorded: {change}");
    }
    match ours_failed {
        0 => Ok(()),
        count => Err(format!("{count} cases failed")),
    }
}

fn subjects(options: &Options) -> Result<Vec<Subject>, String> {
    if !options.command.is_empty() {
        return Ok(vec![Subject {
            name: "server",
            command: options.command.clone(),
            modern: true,
        }]);
    }
    let target = target_directory();
    let mut subjects = vec![subject::ours(&target)?];
    if !options.ours {
        subjects.extend(subject::peers(&target)?);
    }
    Ok(subjects)
}

fn outcome(case: &Case, era: Era, subject: &Subject) -> Outcome {
    if !subject.speaks(era) {
        return Outcome::Foreign;
    }
    match (case.run)(&subject.command, era) {
        Ok(()) => Outcome::Pass,
        Err(problem) => {
            let loud = if subject.name == OURS {
                "FAILED"
            } else {
                "failed"
            };
            eprintln!(
                "{loud}: {} ({}), {}: {problem}",
                case.name,
                era.name(),
                subject.name
            );
            Outcome::Fail
        }
    }
}

fn target_directory() -> PathBuf {
    let chosen = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    root().join(chosen.as_deref().unwrap_or(Path::new("target")))
}
