//! The test of the test: peers that do nothing pass no scenario, and what they are credited with is on record.

use super::judge::{Outcome, Tally};
use super::run::Runner;
use super::subject::Subject;
use super::suite::Suite;
use super::table::{Leg, Row, Table};
use super::{Options, table_path};

/// Runs the rows that were chosen against peers that do nothing. Fails when one of them passes; with `--update`, the table
/// learns first how many checks they are credited with.
pub fn control(suite: &Suite, table: &mut Table, options: &Options) -> Result<(), String> {
    let chosen: Vec<Row> = table
        .rows
        .iter()
        .filter(|row| options.wants(row))
        .cloned()
        .collect();
    let results = Runner::against(suite, Subject::idle()?)?.run(chosen.iter())?;
    if options.update {
        table.take_control(&results);
        let path = table_path();
        std::fs::write(&path, table.to_string()).map_err(|e| format!("{}: {e}", path.display()))?;
    }
    judge(table, &results)
}

/// The same for the newest revision's scenarios about servers, which takes seconds: part of every whole run.
pub fn sample(suite: &Suite, table: &Table) -> Result<(), String> {
    let newest =
        |row: &&Row| row.leg == Leg::Server && row.revision == "2026-07-28" && !row.is_extension();
    let runner = Runner::against(suite, Subject::idle()?)?;
    judge(table, &runner.run(table.rows.iter().filter(newest))?)
}

fn judge(table: &Table, results: &[(Row, Tally)]) -> Result<(), String> {
    let control_of = |ran: &Row| {
        let row = table.rows.iter().find(|row| row.title() == ran.title());
        row.map_or(0, |row| row.control)
    };
    let credited: usize = results.iter().map(|(_, tally)| tally.passed).sum();
    let passing: Vec<String> = results
        .iter()
        .filter(|(row, tally)| tally.outcome(control_of(row)) == Outcome::Pass)
        .map(|(row, _)| row.title())
        .collect();
    println!(
        "peers that do nothing: {} scenarios, {credited} checks passed, {} scenarios with an earned check",
        results.len(),
        passing.len()
    );
    match passing.is_empty() {
        true => Ok(()),
        false => Err(format!("passed by doing nothing: {}", passing.join(", "))),
    }
}
