//! What the suite's checks of one scenario amount to.

use serde_json::Value;

/// How a scenario came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// No check failed or warned, the program under test ended well, and at least one check was earned.
    Pass,
    /// The suite checked nothing, whoever is under test.
    Skip,
    /// All checks that passed pass against a peer that does nothing, too.
    Vacuous,
    /// A requirement of the kind "should" is missed.
    Warn,
    /// A requirement is missed, or the program under test failed.
    Fail,
}

impl Outcome {
    /// As in the table.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Skip => "skip",
            Self::Vacuous => "vacuous",
            Self::Warn => "warn",
            Self::Fail => "fail",
        }
    }

    /// The reverse.
    pub fn parse(name: &str) -> Option<Self> {
        let all = [
            Self::Pass,
            Self::Skip,
            Self::Vacuous,
            Self::Warn,
            Self::Fail,
        ];
        all.into_iter().find(|outcome| outcome.name() == name)
    }
}

/// The checks of one scenario, counted.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    /// Checks that passed.
    pub passed: usize,
    /// Checks that failed.
    pub failed: usize,
    /// Checks that ended in a warning.
    pub warned: usize,
    /// Why it did not pass, a line each.
    pub problems: Vec<String>,
}

impl Tally {
    /// A scenario that could not be run.
    pub fn broken(problem: String) -> Self {
        Self {
            failed: 1,
            problems: vec![problem],
            ..Self::default()
        }
    }

    /// Counts the suite's `checks.json`.
    pub fn of(json: &str) -> Self {
        match serde_json::from_str::<Value>(json) {
            Ok(Value::Array(checks)) => {
                let mut tally = Self::default();
                for check in &checks {
                    tally.count(check);
                }
                tally
            }
            Ok(_) => Self::broken("checks.json is no array".to_owned()),
            Err(e) => Self::broken(format!("checks.json: {e}")),
        }
    }

    fn count(&mut self, check: &Value) {
        let text = |member: &str| {
            check
                .get(member)
                .and_then(Value::as_str)
                .unwrap_or_default()
        };
        let status = text("status");
        match status {
            "SUCCESS" => self.passed += 1,
            "FAILURE" => self.failed += 1,
            "WARNING" => self.warned += 1,
            _ => return,
        }
        if status != "SUCCESS" {
            let why = [text("errorMessage"), text("description")];
            let why = why.into_iter().find(|text| !text.is_empty());
            let why = why.unwrap_or("no reason given");
            self.problems
                .push(format!("{status} {}: {why}", text("id")));
        }
    }

    /// What they amount to, when a peer that does nothing passes `control` of them.
    pub fn outcome(&self, control: usize) -> Outcome {
        match self {
            Self { failed: 1.., .. } => Outcome::Fail,
            Self { warned: 1.., .. } => Outcome::Warn,
            Self { passed: 0, .. } => Outcome::Skip,
            Self { passed, .. } if *passed <= control => Outcome::Vacuous,
            Self { .. } => Outcome::Pass,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(statuses: &[&str], control: usize, expected: Outcome) {
        let checks: Vec<String> = statuses
            .iter()
            .map(|status| format!(r#"{{"id":"a","status":"{status}","errorMessage":"so"}}"#))
            .collect();
        let tally = Tally::of(&format!("[{}]", checks.join(",")));
        assert_eq!(tally.outcome(control), expected, "{statuses:?}");
    }

    #[test]
    fn the_worst_check_decides() {
        check(&["SUCCESS", "SUCCESS"], 0, Outcome::Pass);
        check(&["SUCCESS", "INFO", "SKIPPED"], 0, Outcome::Pass);
        check(&["SUCCESS", "WARNING"], 0, Outcome::Warn);
        check(&["SUCCESS", "WARNING", "FAILURE"], 0, Outcome::Fail);
        check(&["SKIPPED", "INFO"], 0, Outcome::Skip);
        check(&[], 0, Outcome::Skip);
    }

    #[test]
    fn a_check_that_anybody_passes_proves_nothing() {
        check(&["SUCCESS", "SUCCESS"], 2, Outcome::Vacuous);
        check(&["SUCCESS", "SUCCESS"], 1, Outcome::Pass);
    }

    #[test]
    fn what_is_no_list_of_checks_fails() {
        assert_eq!(Tally::of("{}").outcome(0), Outcome::Fail);
        assert_eq!(Tally::of("[").outcome(0), Outcome::Fail);
    }

    #[test]
    fn a_problem_names_its_check_and_the_reason() {
        let tally = Tally::of(r#"[{"id":"x","status":"FAILURE","description":"must do y"}]"#);
        assert_eq!(tally.problems, ["FAILURE x: must do y"]);
    }

    #[test]
    fn outcomes_are_read_as_they_are_written() {
        for outcome in [Outcome::Pass, Outcome::Skip, Outcome::Warn, Outcome::Fail] {
            assert_eq!(Outcome::parse(outcome.name()), Some(outcome));
        }
    }
}
