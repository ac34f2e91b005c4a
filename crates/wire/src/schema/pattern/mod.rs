//! Regular expressions of schemas: whether a backtracking engine needs exponential time for some text.
//!
//! The expression becomes an automaton of its characters (Glushkov's), with each way from one character to the next counted. If there are
//! two ways to read the same text from one character back to itself, each repetition doubles the work (Weber and Seidl's criterion).
//! What the small parser here does not know, look-around and back references, counts as nothing.

mod automaton;
mod class;
mod parse;

use super::{Bounds, PatternFault};

/// Judges one expression.
pub(super) fn judge(pattern: &str, bounds: &Bounds) -> Result<(), PatternFault> {
    if pattern.len() > bounds.max_pattern {
        return Err(PatternFault::TooLong);
    }
    let parsed = parse::parse(pattern);
    if parsed.most_repeats > MOST_REPEATS {
        return Err(PatternFault::Repeats);
    }
    match bounds.refuse_slow_patterns && automaton::is_exponential(&parsed.node) {
        true => Err(PatternFault::Exponential),
        false => Ok(()),
    }
}

/// Engines that count by copying make that many copies.
const MOST_REPEATS: u64 = 100_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(pattern: &str, expected: Option<PatternFault>) {
        assert_eq!(
            judge(pattern, &Bounds::default()).err(),
            expected,
            "{pattern}"
        );
    }

    #[test]
    fn exponential_patterns_are_found() {
        for pattern in [
            "^(a+)+$",
            "^(a*)*$",
            "(a|a)*b",
            "(a|b|ab)*c",
            r"^(\w+\s?)*$",
            r"^([a-z]+-?)+$",
            r"(\d|\w)+$",
            "^((a+)b?)+$",
            r"^(([a-z])+.)+[A-Z]([a-z])+$",
            "(.*)*x",
            "(x+x+)+y",
            "(a{1,100}){1,100}$",
            "(?:(?:a+)+)b",
            r"^(\s*\w+\s*)*$",
            "([a-c]|[b-d])*e",
            "(?<n>a+)+",
            "(a?){30}a{30}x|(b+)+",
        ] {
            check(pattern, Some(PatternFault::Exponential));
        }
    }

    #[test]
    fn ordinary_patterns_pass() {
        for pattern in [
            "",
            "^[a-z0-9_-]{1,64}$",
            r"^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?Z?)?$",
            r"^[\w.+-]+@[a-z\d-]+(\.[a-z\d-]+)*\.[a-z]{2,}$",
            r"^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,}$",
            r"^https?://[^\s/$.?#].[^\s]*$",
            r"^(/[^/ ]*)+/?$",
            r"^[^<>&]*$",
            r"^#([0-9a-fA-F]{3}){1,2}$",
            r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$",
            r"^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z.-]+)?$",
            r"^v?\d+(\.\d+)*$",
            "^(a|b|c)+$",
            r"^[A-Z]{2}(,[A-Z]{2})*$",
            r"^\S+(\s\S+)*$",
            r"^(?!-)[a-z-]+(?<!-)$",
            r"^(arn:aws[a-z-]*:)?[a-z0-9:/*]+$",
            "^.{0,65536}$",
            "(((",
            "[",
            r"\",
            "a{2,1}{,3}*+?",
        ] {
            check(pattern, None);
        }
    }

    #[test]
    fn lengths_and_repeats_are_bounded() {
        check(&"a".repeat(3_000), Some(PatternFault::TooLong));
        check("((a{1000}){1000}){1000}", Some(PatternFault::Repeats));
        check("a{4294967296}", Some(PatternFault::Repeats));
        check("a{99999999999999999999999}", Some(PatternFault::Repeats));
        check(&"(".repeat(2_000), None);
        check(&"(a|b)*".repeat(300), None);
    }
}
