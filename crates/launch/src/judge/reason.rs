//! Why a request was judged as it was: stable codes for machines, a sentence for people.

/// How much a reason weighs. The order is the order of weight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing; says nothing against the request.
    Info,
    /// A person should look at this before approving.
    Warning,
    /// Refused, but a `--danger-…` option can unlock it.
    Danger,
    /// Refused.
    Refusal,
    /// Not a valid request.
    Invalid,
}

impl Severity {
    /// The word of the JSON output.
    pub fn as_str(self) -> &'static str {
        match self {
            Severity::Info => "info",
            Severity::Warning => "warning",
            Severity::Danger => "danger",
            Severity::Refusal => "refusal",
            Severity::Invalid => "invalid",
        }
    }
}

/// One reason. `code` is stable, kebab-case and part of the output contract; `text` may change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// The rule that was met.
    pub code: &'static str,
    /// What was found, for a person: terminal-safe, secrets masked.
    pub text: String,
    /// How much it weighs.
    pub severity: Severity,
}
