//! What a scan says: one finding, where it is, and what stays the same about it when the file around it changes.
//!
//! Everything in a finding is fit to be shown: texts are escaped, secrets are masked. Nothing here reads a file or decides anything.

use std::path::PathBuf;

use interlock_launch::Digest;

use crate::document::Span;
use crate::fix::Fix;
use crate::rules::{Rule, urgency};

/// How much a finding weighs. The order is the order of weight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing; says nothing against the configuration.
    Info,
    /// A weakness that needs something else to be of use.
    Low,
    /// A weakness that one step of somebody else's turns into harm.
    Medium,
    /// Runs what nobody agreed to, gives a secret away, or could not be looked at.
    High,
}

impl Severity {
    /// Every severity, lightest first.
    pub const ALL: [Severity; 4] = [
        Severity::Info,
        Severity::Low,
        Severity::Medium,
        Severity::High,
    ];

    /// The word of the output.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Severity::Info => "info",
            Severity::Low => "low",
            Severity::Medium => "medium",
            Severity::High => "high",
        }
    }

    /// The severity of that word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Severity> {
        Severity::ALL.into_iter().find(|one| one.as_str() == word)
    }
}

/// How sure a rule is that what it found is what it takes it for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Confidence {
    /// A hint: names and looks.
    Low,
    /// Likely.
    Medium,
    /// It is written there.
    High,
}

impl Confidence {
    /// The word of the output.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Confidence::Low => "low",
            Confidence::Medium => "medium",
            Confidence::High => "high",
        }
    }
}

/// A line and a column, both from 1; columns count characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The line.
    pub line: usize,
    /// The column.
    pub column: usize,
}

/// A piece of a file, and its first line as it may be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Region {
    /// The bytes.
    pub span: Span,
    /// Where it starts.
    pub start: Position,
    /// Where it ends: the position after the last character.
    pub end: Position,
    /// The first line, escaped, with secrets masked, cut where it is long.
    pub snippet: String,
    /// How many characters of the snippet stand before the piece.
    pub before: usize,
    /// How many characters of the snippet are the piece; at least one.
    pub width: usize,
}

/// Where a finding is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location {
    /// The file; for something that listens, its address.
    pub path: PathBuf,
    /// The piece of it; none where the whole is meant.
    pub region: Option<Region>,
}

/// One thing that a scan reports.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// The rule.
    pub rule: &'static Rule,
    /// How much it weighs here: the rule's own severity, or less (a server that is switched off).
    pub severity: Severity,
    /// How sure it is.
    pub confidence: Confidence,
    /// Where.
    pub location: Location,
    /// The client that reads the file, by its id; none for something that listens.
    pub client: Option<&'static str>,
    /// The server, by its name in the file.
    pub server: Option<String>,
    /// What was found, one sentence.
    pub message: String,
    /// What tells this finding from others of the same rule and server: a variable's name, an argument's masked text. Part of the fingerprint.
    pub subject: String,
    /// What would put it right without a person's thought.
    pub fix: Option<Fix>,
}

impl Finding {
    /// What identifies the finding across edits of the file that leave it as it is: no line, no column, no offset goes in.
    /// `shown` is the file's path as it is reported; `nth` counts findings that are equal otherwise.
    #[must_use]
    pub fn fingerprint(&self, shown: &str, nth: usize) -> String {
        let server = self.server.as_deref().unwrap_or("");
        let nth = nth.to_string();
        let parts = [self.rule.id, shown, server, &self.subject, &nth];
        let mut bytes = b"interlock-finding-2".to_vec();
        for part in parts {
            bytes.extend_from_slice(&(part.len() as u64).to_le_bytes());
            bytes.extend_from_slice(part.as_bytes());
        }
        Digest::of(&bytes).to_string()
    }

    /// The order of reports: worst first, and of these what runs first; then by file and place.
    #[must_use]
    pub fn order(&self, other: &Finding) -> std::cmp::Ordering {
        let start = |finding: &Finding| finding.location.region.as_ref().map(|r| r.span);
        other
            .severity
            .cmp(&self.severity)
            .then_with(|| urgency(self.rule).cmp(&urgency(other.rule)))
            .then_with(|| self.location.path.cmp(&other.location.path))
            .then_with(|| start(self).cmp(&start(other)))
            .then_with(|| self.rule.id.cmp(other.rule.id))
            .then_with(|| self.subject.cmp(&other.subject))
    }
}
