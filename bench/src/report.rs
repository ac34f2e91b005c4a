//! Results as a table for people and as JSON for whoever compares runs.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::figures::Series;

/// One group of measurements: the same work, done by several subjects.
#[derive(Debug, Default)]
pub struct Group {
    /// What was done.
    pub title: String,
    /// Who did it, in the order of the table; the first is what the others are compared with.
    pub subjects: Vec<(String, Series)>,
    /// Marks and whether they were met.
    pub marks: Vec<Mark>,
}

/// A mark of speed.
#[derive(Debug)]
pub struct Mark {
    /// What is asked for.
    pub text: String,
    /// What was measured.
    pub measured: f64,
    /// Whether that is enough.
    pub met: bool,
}

impl Mark {
    /// A value that may be at most this.
    #[must_use]
    pub fn at_most(text: &str, measured: f64, most: f64) -> Self {
        Self {
            text: format!("{text}: at most {most}"),
            measured,
            met: measured <= most,
        }
    }

    /// A value that must be at least this.
    #[must_use]
    pub fn at_least(text: &str, measured: f64, least: f64) -> Self {
        Self {
            text: format!("{text}: at least {least}"),
            measured,
            met: measured >= least,
        }
    }
}

impl Group {
    /// With a title.
    #[must_use]
    pub fn new(title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            ..Self::default()
        }
    }

    /// A subject's measurements, to add to.
    pub fn series(&mut self, subject: &str) -> &mut Series {
        let at = self.subjects.iter().position(|(name, _)| name == subject);
        let at = at.unwrap_or_else(|| {
            self.subjects.push((subject.to_owned(), Series::default()));
            self.subjects.len() - 1
        });
        // INVARIANT: `at` is a position that was just found or made.
        #[expect(clippy::indexing_slicing, reason = "see the invariant above")]
        &mut self.subjects[at].1
    }

    /// A subject's measurements, where there are any.
    #[must_use]
    pub fn find(&self, subject: &str) -> Option<&Series> {
        self.subjects
            .iter()
            .find(|(name, _)| name == subject)
            .map(|(_, series)| series)
    }

    /// The table: medians, and the ratio to the first subject in parentheses.
    #[must_use]
    pub fn table(&self) -> String {
        let mut out = format!("\n### {}\n\n", self.title);
        let Some((_, base)) = self.subjects.first() else {
            return out + "nothing was measured\n";
        };
        let names: Vec<&str> = base.figures().map(|(name, _)| name).collect();
        let _infallible = writeln!(
            out,
            "| | {} |\n|---|{}",
            names.join(" | "),
            "---|".repeat(names.len())
        );
        for (subject, series) in &self.subjects {
            let cells = names.iter().map(|name| cell(series, base, name));
            let _infallible = writeln!(
                out,
                "| {subject} | {} |",
                cells.collect::<Vec<_>>().join(" | ")
            );
        }
        for mark in &self.marks {
            let verdict = if mark.met { "met" } else { "MISSED" };
            let _infallible = writeln!(
                out,
                "\n- {}; measured {}: {verdict}",
                mark.text,
                short(mark.measured)
            );
        }
        out
    }

    /// Everything, every round.
    #[must_use]
    pub fn json(&self) -> Value {
        let subjects = self.subjects.iter().map(|(name, series)| {
            let figures = series.figures().map(|(figure, rounds)| {
                (
                    figure.to_owned(),
                    json!({"median": series.median(figure), "rounds": rounds}),
                )
            });
            json!({"name": name, "figures": figures.collect::<serde_json::Map<_, _>>()})
        });
        let marks = self
            .marks
            .iter()
            .map(|mark| json!({"mark": mark.text, "measured": mark.measured, "met": mark.met}));
        json!({"title": self.title, "subjects": subjects.collect::<Vec<_>>(), "marks": marks.collect::<Vec<_>>()})
    }
}

fn cell(series: &Series, base: &Series, figure: &str) -> String {
    match (series.median(figure), series.ratio(base, figure)) {
        (Some(median), Some(ratio)) if ratio.is_finite() => {
            format!("{} ({ratio:.2}×)", short(median))
        }
        (Some(median), _) => short(median),
        (None, _) => "–".to_owned(),
    }
}

/// Three digits that count.
fn short(value: f64) -> String {
    match value.abs() {
        0.0 => "0".to_owned(),
        small if small < 1.0 => format!("{value:.3}"),
        small if small < 10.0 => format!("{value:.2}"),
        small if small < 100.0 => format!("{value:.1}"),
        _ => format!("{value:.0}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group() -> Group {
        let mut group = Group::new("work");
        group.series("direct").push("p50 µs", 40.0);
        group.series("relay").push("p50 µs", 50.0);
        group.series("direct").push("p50 µs", 40.0);
        group.marks.push(Mark::at_most("added p50", 10.0, 10.0));
        group.marks.push(Mark::at_least("calls", 1.0, 2.0));
        group
    }

    #[test]
    fn a_table_shows_medians_ratios_and_missed_marks() {
        let table = group().table();
        for expected in [
            "| direct | 40.0 (1.00×) |",
            "| relay | 50.0 (1.25×) |",
            "measured 10.0: met",
            "MISSED",
        ] {
            assert!(table.contains(expected), "{table}");
        }
        assert!(Group::new("x").table().contains("nothing"));
    }

    #[test]
    fn json_keeps_every_round() {
        let json = group().json();
        assert_eq!(
            json.pointer("/subjects/0/figures/p50 µs/rounds/1"),
            Some(&json!(40.0))
        );
        assert_eq!(json.pointer("/marks/1/met"), Some(&json!(false)));
    }

    #[test]
    fn three_digits_that_count() {
        for (value, expected) in [
            (0.0, "0"),
            (0.1234, "0.123"),
            (1.234, "1.23"),
            (12.34, "12.3"),
            (123.4, "123"),
        ] {
            assert_eq!(short(value), expected);
        }
    }
}
