//! What we expect of every scenario, kept in `tests/conformance/expected.tsv`.

use std::fmt;

use super::judge::{Outcome, Tally};

/// Which side of the protocol a scenario tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Leg {
    /// The suite is the client.
    Server,
    /// The suite is the server.
    Client,
}

impl Leg {
    /// As in the table and on the suite's command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Server => "server",
            Self::Client => "client",
        }
    }
}

/// One scenario at one revision.
#[derive(Debug, Clone)]
pub struct Row {
    /// Which side it tests.
    pub leg: Leg,
    /// The revision that the suite speaks.
    pub revision: String,
    /// Its name in the suite.
    pub scenario: String,
    /// `scored`, or why it is not: `extension`, `pending`, `added` or `other`.
    pub kind: String,
    /// `pass`, or `skip` where the suite has no check for anybody.
    pub outcome: Outcome,
    /// How many checks have to pass.
    pub checks: usize,
    /// How many of them pass against a peer that does nothing.
    pub control: usize,
}

impl Row {
    /// The words that name it in a report.
    pub fn title(&self) -> String {
        format!("{} {} {}", self.leg.name(), self.revision, self.scenario)
    }

    /// Extensions are not on the suite's line of revisions and have to be forced onto one.
    pub fn is_extension(&self) -> bool {
        self.kind == "extension"
    }

    fn parse(line: &str) -> Result<Self, String> {
        let wrong = |what: &str| format!("{what} in the table's line `{line}`");
        let fields: Vec<&str> = line.split('\t').collect();
        let [leg, revision, scenario, kind, outcome, checks, control] = fields.as_slice() else {
            return Err(wrong("not seven fields"));
        };
        let number = |text: &str| text.parse().map_err(|_| wrong("no number"));
        Ok(Self {
            leg: match *leg {
                "server" => Leg::Server,
                "client" => Leg::Client,
                _ => return Err(wrong("neither `server` nor `client`")),
            },
            revision: (*revision).to_owned(),
            scenario: (*scenario).to_owned(),
            kind: (*kind).to_owned(),
            outcome: Outcome::parse(outcome).ok_or_else(|| wrong("unknown outcome"))?,
            checks: number(checks)?,
            control: number(control)?,
        })
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (leg, outcome) = (self.leg.name(), self.outcome.name());
        write!(
            f,
            "{leg}\t{}\t{}\t{}",
            self.revision, self.scenario, self.kind
        )?;
        write!(f, "\t{outcome}\t{}\t{}", self.checks, self.control)
    }
}

/// All rows, and the lines of explanation above them.
#[derive(Debug)]
pub struct Table {
    head: Vec<String>,
    /// In the file's order.
    pub rows: Vec<Row>,
}

impl Table {
    /// Reads the file's text.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (head, rows): (Vec<&str>, Vec<&str>) = text
            .lines()
            .filter(|line| !line.is_empty())
            .partition(|line| line.starts_with('#'));
        Ok(Self {
            head: head.into_iter().map(str::to_owned).collect(),
            rows: rows.into_iter().map(Row::parse).collect::<Result<_, _>>()?,
        })
    }

    /// Whether there is a row for that.
    pub fn knows(&self, leg: Leg, revision: &str, scenario: &str) -> bool {
        self.rows
            .iter()
            .any(|row| row.leg == leg && row.revision == revision && row.scenario == scenario)
    }

    /// Takes over how many checks were passed, of rows that came out as expected.
    pub fn take_checks(&mut self, results: &[(Row, Tally)]) {
        self.take(results, |row, tally| {
            if tally.outcome(row.control) == row.outcome {
                row.checks = tally.passed;
            }
        });
    }

    /// Takes over how many checks a peer passed that does nothing.
    pub fn take_control(&mut self, results: &[(Row, Tally)]) {
        self.take(results, |row, tally| row.control = tally.passed);
    }

    fn take(&mut self, results: &[(Row, Tally)], mut with: impl FnMut(&mut Row, &Tally)) {
        for (ran, tally) in results {
            let rows = self.rows.iter_mut();
            for row in rows.filter(|row| row.title() == ran.title()) {
                with(row, tally);
            }
        }
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for line in &self.head {
            writeln!(f, "{line}")?;
        }
        for row in &self.rows {
            writeln!(f, "{row}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = "server\t2026-07-28\ttools-list\tscored\tpass\t3\t1";

    #[test]
    fn a_table_is_written_as_it_was_read() {
        let text = format!("# a comment\n{LINE}\n");
        assert_eq!(Table::parse(&text).unwrap().to_string(), text);
    }

    #[test]
    fn a_line_with_a_slip_is_refused() {
        for (from, to) in [
            ("server", "sever"),
            ("pass", "maybe"),
            ("\t3", "\tthree"),
            ("\t1", ""),
        ] {
            let slip = LINE.replace(from, to);
            assert!(Table::parse(&slip).is_err(), "{slip}");
        }
    }

    #[test]
    fn a_row_is_known_by_leg_revision_and_name() {
        let table = Table::parse(LINE).unwrap();
        assert!(table.knows(Leg::Server, "2026-07-28", "tools-list"));
        assert!(!table.knows(Leg::Client, "2026-07-28", "tools-list"));
        assert!(!table.knows(Leg::Server, "2025-11-25", "tools-list"));
        assert!(!table.knows(Leg::Server, "2026-07-28", "tools"));
    }

    #[test]
    fn only_what_came_out_as_expected_changes_the_table() {
        let mut table = Table::parse(LINE).unwrap();
        let row = table.rows[0].clone();
        let tally = |passed, failed| Tally {
            passed,
            failed,
            ..Tally::default()
        };
        table.take_checks(&[(row.clone(), tally(9, 1))]);
        assert_eq!(table.rows[0].checks, 3);
        table.take_checks(&[(row.clone(), tally(1, 0))]);
        assert_eq!(table.rows[0].checks, 3);
        table.take_checks(&[(row.clone(), tally(5, 0))]);
        assert_eq!(table.rows[0].checks, 5);
        table.take_control(&[(row, tally(2, 7))]);
        assert_eq!(table.rows[0].control, 2);
    }
}
