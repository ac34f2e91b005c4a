//! How a command ends: the exit-code contract, and the one place that maps errors to it.

use std::error::Error;
use std::fmt::Write as _;

use interlock_wire::is_hidden;

/// Exit codes of every subcommand. Stable: scripts and clients rely on them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Done as asked.
    Done = 0,
    /// Findings, or a check that failed.
    Findings = 1,
    /// The call itself was wrong.
    Usage = 2,
    /// Refused: not approved, or denied by policy.
    Refused = 3,
    /// The sandbox cannot give what the profile requires.
    Sandbox = 4,
    /// The server failed.
    Server = 5,
    /// Our bug, or an environment in which nothing can work.
    Internal = 70,
}

/// A command that could not do what was asked: what happened, why, and what to try next.
#[derive(Debug)]
pub struct Failure {
    /// The code to exit with.
    pub exit: Exit,
    /// What happened, one sentence, lower case.
    pub what: String,
    /// Why: the chain of causes, outermost first.
    pub causes: Vec<String>,
    /// The next command to try, or another hint.
    pub next: Option<String>,
}

impl Failure {
    /// A failure that says what happened.
    pub fn new(exit: Exit, what: impl Into<String>) -> Self {
        Self {
            exit,
            what: what.into(),
            causes: Vec::new(),
            next: None,
        }
    }

    /// Adds an error and its sources as causes.
    #[must_use]
    pub fn because(mut self, error: &dyn Error) -> Self {
        self.causes.push(error.to_string());
        let mut source = error.source();
        while let Some(cause) = source {
            self.causes.push(cause.to_string());
            source = cause.source();
        }
        self
    }

    /// Adds the next command to try.
    #[must_use]
    pub fn next(mut self, hint: impl Into<String>) -> Self {
        self.next = Some(hint.into());
        self
    }

    /// The same on one line, for a client that shows it to its user.
    pub fn on_one_line(&self) -> String {
        let causes = self.causes.iter().map(|cause| format!(": {}", safe(cause)));
        let next = self.next.iter();
        let next = next.map(|next| format!(" (next: {})", safe(next)));
        std::iter::once(safe(&self.what))
            .chain(causes)
            .chain(next)
            .collect()
    }

    /// What a person reads on stderr.
    pub fn render(&self) -> String {
        let mut text = format!("interlock: {}", safe(&self.what));
        for cause in &self.causes {
            let _ = write!(text, "\n  because: {}", safe(cause));
        }
        if let Some(next) = &self.next {
            let _ = write!(text, "\n  next: {}", safe(next));
        }
        text
    }
}

/// A text on one line that cannot steer a terminal: names of files and what errors say are anybody's words.
fn safe(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if is_hidden(c) {
            shown.extend(c.escape_default());
        } else {
            shown.push(c);
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("outer")]
    struct Outer(#[source] std::io::Error);

    #[test]
    fn a_failure_tells_what_why_and_next() {
        let error = Outer(std::io::Error::other("inner"));
        let failure = Failure::new(Exit::Refused, "refused")
            .because(&error)
            .next("interlock init");
        let expected =
            "interlock: refused\n  because: outer\n  because: inner\n  next: interlock init";
        assert_eq!(failure.render(), expected);
        let line = "refused: outer: inner (next: interlock init)";
        assert_eq!(failure.on_one_line(), line);
    }

    #[test]
    fn nobodys_words_steer_the_terminal() {
        let error = std::io::Error::other("a\u{202e}b");
        let failure = Failure::new(Exit::Usage, "`x\u{1b}[2K\n  next: y`")
            .because(&error)
            .next("c\rd \u{e9}");
        let expected =
            "interlock: `x\\u{1b}[2K\\n  next: y`\n  because: a\\u{202e}b\n  next: c\\rd \u{e9}";
        assert_eq!(failure.render(), expected);
        assert!(!failure.on_one_line().contains(char::is_control));
    }
}
