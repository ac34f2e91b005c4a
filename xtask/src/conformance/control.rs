//! The test of the test: peers that do nothing pass no scenario, and what they are credited with is on record.

use super::judge::Outcome;
use super::run::Runner;
use super::subject::Subject;
use super::suite::Suite;
use super::table::{Row, Table};
use super::{Options, table_path};

/// Runs every row against peers that do nothing. Fails when one of them passes, or is credited with more checks than
/// the table knows; with `--update`, the table learns the numbers first.
pub fn control(suite: &Suite, table: &mut Table, options: &Options) -> Result<(), String> {
    let runner = Runner::against(suite, Subject::idle()?)?;
    let rows = table.rows.iter().filter(|row| options.wants(row));
    let results = runner.run(rows)?;
    if options.update {
        table.take_control(&results);
        let path = table_path();
        std::fs::write(&path, table.to_string()).map_err(|e| format!("{}: {e}", path.display()))?;
    }
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
