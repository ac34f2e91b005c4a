//! What a rule is.

use crate::finding::{Confidence, Severity};

/// One thing that a scan looks for. Its id never changes its meaning.
#[derive(Debug, PartialEq, Eq)]
pub struct Rule {
    /// Stable, kebab-case. Rules about a launch have the code that `interlock check` gives.
    pub id: &'static str,
    /// What is wrong, a few words.
    pub title: &'static str,
    /// How much a finding weighs at most.
    pub severity: Severity,
    /// How sure a finding is.
    pub confidence: Confidence,
    /// Why it matters.
    pub why: &'static str,
    /// What to do.
    pub remedy: &'static str,
}

impl Rule {
    /// The rule's page, below the book's root.
    #[must_use]
    pub fn page(&self) -> String {
        format!("rules/{}.html", self.id)
    }

    /// The address of the rule's page in the published book.
    #[must_use]
    pub fn url(&self) -> String {
        format!("https://interlock-mcp.github.io/interlock/{}", self.page())
    }
}

/// A row of a table.
pub(super) const fn rule(
    id: &'static str,
    title: &'static str,
    severity: Severity,
    confidence: Confidence,
    why: &'static str,
    remedy: &'static str,
) -> Rule {
    Rule {
        id,
        title,
        severity,
        confidence,
        why,
        remedy,
    }
}
