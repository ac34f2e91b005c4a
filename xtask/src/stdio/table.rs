//! What came out, beside what is expected: `tests/stdio-conformance/expected.tsv`.

use std::fmt::Write as _;
use std::path::PathBuf;

use super::cases::Case;
use super::era::Era;
use crate::run::root;

/// One cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The rule was kept.
    Pass,
    /// It was not.
    Fail,
    /// The server does not know the era.
    Foreign,
}

impl Outcome {
    fn text(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "FAIL",
            Self::Foreign => "-",
        }
    }
}

/// Cases and servers.
pub struct Table {
    subjects: Vec<&'static str>,
    rows: Vec<(String, Vec<Outcome>)>,
}

impl Table {
    /// With columns, and no rows.
    pub fn new(subjects: Vec<&'static str>) -> Self {
        Self {
            subjects,
            rows: Vec::new(),
        }
    }

    /// Adds the row of a case in an era.
    pub fn push(&mut self, case: &Case, era: Era, outcomes: Vec<Outcome>) {
        let label = format!("{}\t{}\t{}", case.name, era.name(), case.rule.name());
        self.rows.push((label, outcomes));
    }

    /// Passed cases of a column, and those that it could have passed.
    pub fn score(&self, subject: &str) -> (usize, usize) {
        let Some(column) = self.subjects.iter().position(|name| *name == subject) else {
            return (0, 0);
        };
        let cells = self.rows.iter().filter_map(|(_, cells)| cells.get(column));
        let tried = cells.filter(|cell| **cell != Outcome::Foreign);
        tried.fold((0, 0), |(passed, all), cell| {
            (passed + usize::from(*cell == Outcome::Pass), all + 1)
        })
    }

    /// As it is kept.
    pub fn text(&self) -> String {
        let mut out = format!("case\tera\trule\t{}\n", self.subjects.join("\t"));
        for (label, cells) in &self.rows {
            let cells: Vec<_> = cells.iter().map(|cell| cell.text()).collect();
            let _infallible = writeln!(out, "{label}\t{}", cells.join("\t"));
        }
        out
    }

    /// Lines that are not those of the kept table.
    pub fn changes(&self, kept: &str) -> Vec<String> {
        let now = self.text();
        let new = now
            .lines()
            .filter(|line| !kept.lines().any(|old| old == *line));
        new.map(str::to_owned).collect()
    }
}

/// Where it is kept.
pub fn place() -> PathBuf {
    root().join("tests/stdio-conformance/expected.tsv")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stdio::cases::all;

    #[test]
    fn foreign_eras_count_for_nobody() {
        let mut table = Table::new(vec!["a", "b"]);
        let case = all().next().unwrap();
        table.push(case, Era::Legacy, vec![Outcome::Pass, Outcome::Fail]);
        table.push(case, Era::Modern, vec![Outcome::Pass, Outcome::Foreign]);
        assert_eq!(
            (table.score("a"), table.score("b"), table.score("c")),
            ((2, 2), (0, 1), (0, 0))
        );
        assert!(table.changes(&table.text()).is_empty());
        assert_eq!(table.changes("").len(), 3);
    }

    #[test]
    fn the_kept_table_has_every_case_and_ours_passes_all() {
        let kept = std::fs::read_to_string(place()).unwrap();
        let mut rows = kept.lines().skip(1);
        for case in all() {
            for era in case.eras {
                let row = rows.next().unwrap_or_default();
                let expected = format!("{}\t{}\t{}\tpass", case.name, era.name(), case.rule.name());
                assert!(row.starts_with(&expected), "{row:?} is not {expected:?}");
            }
        }
        assert_eq!(rows.next(), None);
    }
}
