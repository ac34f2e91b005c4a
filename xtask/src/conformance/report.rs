//! What a run amounts to, for people, and whether it is what the table expects.

use super::judge::{Outcome, Tally};
use super::table::{Row, Table};

/// Results beside the table they are compared with.
pub struct Report<'a> {
    results: &'a [(Row, Tally)],
    // What each row came out as.
    outcomes: Vec<Outcome>,
    size: usize,
}

impl<'a> Report<'a> {
    /// Judges `results`.
    pub fn new(table: &Table, results: &'a [(Row, Tally)]) -> Self {
        let outcome = |(row, tally): &(Row, Tally)| tally.outcome(row.control);
        Self {
            results,
            outcomes: results.iter().map(outcome).collect(),
            size: table.rows.len(),
        }
    }

    /// Rows that did not come out as the table says, then the counts.
    pub fn print(&self, everything: bool) {
        for (row, tally, outcome) in self.rows() {
            if slip(row, tally, outcome).is_some() || (!everything && outcome != Outcome::Pass) {
                println!("{:7} {}", outcome.name(), row.title());
                for problem in &tally.problems {
                    println!("          {}", shorten(problem));
                }
            }
        }
        println!("{} of {} rows were run", self.results.len(), self.size);
        self.count("scored", |row| row.kind == "scored");
        self.count("not scored", |row| row.kind != "scored");
        let checks: usize = self.results.iter().map(|(_, tally)| tally.passed).sum();
        let earned = self
            .rows()
            .filter(|(_, _, outcome)| *outcome == Outcome::Pass);
        println!(
            "{} scenarios with at least one check that a peer doing nothing would not pass; {checks} checks passed",
            earned.count()
        );
    }

    /// An error when any row is worse than the table says.
    pub fn verdict(&self) -> Result<(), String> {
        let slips: Vec<String> = self
            .rows()
            .filter_map(|(row, tally, outcome)| slip(row, tally, outcome))
            .collect();
        match slips.is_empty() {
            true => Ok(()),
            false => Err(format!(
                "{} rows are not as expected:\n  {}",
                slips.len(),
                slips.join("\n  ")
            )),
        }
    }

    fn count(&self, name: &str, wanted: impl Fn(&Row) -> bool) {
        let rows = || self.rows().filter(|(row, _, _)| wanted(row));
        let of = |outcome: Outcome| rows().filter(|(_, _, got)| *got == outcome).count();
        println!(
            "{name}: {} of {} pass, {} without a check for anybody",
            of(Outcome::Pass),
            rows().count(),
            of(Outcome::Skip),
        );
    }

    fn rows(&self) -> impl Iterator<Item = (&Row, &Tally, Outcome)> {
        let results = self.results.iter().zip(&self.outcomes);
        results.map(|((row, tally), outcome)| (row, tally, *outcome))
    }
}

/// How a row is worse than expected. One that is better than its line says is a slip, too: the line wants an update.
fn slip(row: &Row, tally: &Tally, outcome: Outcome) -> Option<String> {
    let title = row.title();
    if outcome != row.outcome {
        let (got, expected) = (outcome.name(), row.outcome.name());
        return Some(format!("{title}: {got} instead of {expected}"));
    }
    (tally.passed < row.checks).then(|| {
        let (got, expected) = (tally.passed, row.checks);
        format!("{title}: {got} checks passed instead of {expected}")
    })
}

fn shorten(problem: &str) -> String {
    const MOST: usize = 600;
    match problem.chars().count() {
        0..=MOST => problem.to_owned(),
        _ => problem.chars().take(MOST).chain("…".chars()).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(expected: &str, passed: usize, failed: usize, as_expected: bool) {
        let line = format!("server\t2026-07-28\tping\tscored\t{expected}\t2\t1");
        let table = Table::parse(&line).unwrap();
        let tally = Tally {
            passed,
            failed,
            ..Tally::default()
        };
        let results: Vec<_> = table
            .rows
            .iter()
            .cloned()
            .map(|row| (row, tally.clone()))
            .collect();
        let report = Report::new(&table, &results);
        assert_eq!(report.verdict().is_ok(), as_expected, "{line} {tally:?}");
    }

    #[test]
    fn what_is_worse_than_the_table_says_is_an_error() {
        check("pass", 2, 0, true);
        check("pass", 5, 0, true);
        check("pass", 1, 0, false);
        check("pass", 2, 1, false);
        check("pass", 0, 0, false);
    }

    #[test]
    fn what_is_better_than_the_table_says_wants_an_update() {
        check("fail", 2, 0, false);
        check("fail", 2, 1, true);
    }
}
