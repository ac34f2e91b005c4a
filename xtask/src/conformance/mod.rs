//! The official conformance suite against our server and our client, compared with what we expect of them.
//!
//! `tests/conformance/expected.tsv` has a row for every scenario of the suite at every revision that it applies to. A
//! run fails when a row does worse than its line says, when the suite has a scenario that the table has not, and when
//! a scenario passes without a check that the server under test earned: one that answers 500 to everything
//! still collects dozens of passed checks, which [`control`] counts.

mod control;
mod judge;
mod report;
mod run;
mod subject;
mod suite;
mod table;

use std::path::PathBuf;

use crate::run::root;
use report::Report;
use run::Runner;
use subject::Subject;
use suite::Suite;
use table::{Leg, Row, Table};

/// What to run; nothing chosen means everything.
#[derive(Debug, Default)]
pub struct Options {
    /// Only rows about servers.
    pub server: bool,
    /// Only rows about clients.
    pub client: bool,
    /// Only rows whose scenario contains this.
    pub scenario: Option<String>,
    /// Only rows of this revision.
    pub revision: Option<String>,
    /// Write the numbers of checks that were passed back into the table.
    pub update: bool,
    /// Test the test: a server that answers 500 to everything and a client that does nothing pass no scenario.
    pub control: bool,
}

impl Options {
    fn wants(&self, row: &Row) -> bool {
        let either = self.server == self.client;
        let leg = match row.leg {
            Leg::Server => self.server,
            Leg::Client => self.client,
        };
        (either || leg)
            && self
                .scenario
                .as_ref()
                .is_none_or(|part| row.scenario.contains(part.as_str()))
            && self
                .revision
                .as_ref()
                .is_none_or(|revision| *revision == row.revision)
    }

    fn everything(&self) -> bool {
        self.server == self.client && self.scenario.is_none() && self.revision.is_none()
    }
}

/// Runs what `options` chose and compares it with the table.
pub fn conformance(options: &Options) -> Result<(), String> {
    let path = table_path();
    let text = std::fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
    let mut table = Table::parse(&text)?;
    let suite = Suite::install()?;
    suite.compare_with(&table)?;
    if options.control {
        return control::control(&suite, &mut table, options);
    }
    if options.everything() {
        control::sample(&suite, &table)?;
    }
    let runner = Runner::against(&suite, Subject::ours()?)?;
    let rows = table.rows.iter().filter(|row| options.wants(row));
    let results = runner.run(rows)?;
    let report = Report::new(&table, &results);
    report.print(options.everything());
    if options.update {
        table.take_checks(&results);
        std::fs::write(&path, table.to_string()).map_err(|e| format!("{}: {e}", path.display()))?;
    }
    report.verdict()
}

fn table_path() -> PathBuf {
    root().join("tests/conformance/expected.tsv")
}
