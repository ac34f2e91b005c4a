//! What an inspection gives: findings, and the table of everything that can be found.

use std::fmt;

use interlock_wire::Untrusted;

/// How bad it is if a finding is true.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing; ordinary peers do it too.
    Info,
    /// Odd, and harmless by itself.
    Low,
    /// Steers a model or a person in a way that ordinary peers do not.
    Medium,
    /// Harms whoever follows it.
    High,
    /// Has no honest reading: what holds it is to be refused.
    Critical,
}

impl Severity {
    /// The name in every output format.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How sure an inspection is of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Confidence {
    /// Honest texts say such things as well.
    Low,
    /// Honest texts seldom say it so.
    Medium,
    /// It is there: a character, a scheme, a number.
    High,
}

impl Confidence {
    /// The name in every output format.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

impl fmt::Display for Confidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One kind of finding.
#[derive(Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rule {
    /// A stable name: lower case and hyphens.
    pub code: &'static str,
    /// What it is, in a few words.
    pub title: &'static str,
    /// How bad it is where nothing tells otherwise.
    pub severity: Severity,
    /// How sure it is.
    pub confidence: Confidence,
}

/// One thing that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// The code of its [`Rule`].
    pub code: &'static str,
    /// How bad it is here.
    pub severity: Severity,
    /// How sure the inspection is.
    pub confidence: Confidence,
    /// Where, as a JSON pointer (RFC 6901) into what was inspected. It holds names that a peer chose, escaped.
    pub place: String,
    /// What was found, for people, on one line. What it quotes of a peer is escaped and short.
    pub text: String,
}

impl Finding {
    /// A finding of a rule.
    pub(crate) fn new(rule: &'static Rule, place: &str, text: impl Into<String>) -> Self {
        Self {
            code: rule.code,
            severity: rule.severity,
            confidence: rule.confidence,
            place: quoted(place, 400),
            text: text.into(),
        }
    }

    /// The same, as bad as this.
    pub(crate) fn at(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }

    /// Whether what holds it has no honest reading and is to be refused.
    #[must_use]
    pub fn refuses(&self) -> bool {
        self.severity == Severity::Critical
    }
}

/// A peer's text for a message: escaped, and cut to about `most` characters.
pub(crate) fn quoted(text: &str, most: usize) -> String {
    let escaped = Untrusted::new(text).escaped().to_string();
    match escaped.char_indices().nth(most) {
        Some((at, _)) => format!("{}…", escaped.get(..at).unwrap_or_default()),
        None => escaped,
    }
}

macro_rules! rules {
    ($($name:ident = $code:literal, $severity:ident, $confidence:ident, $title:literal;)*) => {
        $(pub(crate) static $name: Rule = Rule {
            code: $code,
            title: $title,
            severity: Severity::$severity,
            confidence: Confidence::$confidence,
        };)*

        /// Everything that can be found.
        pub static RULES: &[&Rule] = &[$(&$name),*];
    };
}

rules! {
    MALFORMED = "malformed", Critical, High, "not strict JSON, or over a limit on depth or keys";
    TOO_LARGE = "too-large", Critical, High, "larger than a message may be";

    TAGS = "hidden-tags", Critical, High, "tag characters: text that nobody sees";
    SELECTORS = "hidden-selectors", Critical, High, "a run of variation selectors: bytes that nobody sees";
    BIDI = "hidden-direction", Critical, High, "characters that show text in another order than it is read";
    INVISIBLE = "hidden-characters", Medium, High, "invisible characters where no script needs them";
    TERMINAL = "terminal-sequence", Critical, High, "a terminal's control sequence";
    CONTROL = "control-character", High, High, "control characters";
    PADDING = "padding", Medium, Medium, "text behind so much space that nobody scrolls to it";
    COMMENT = "hidden-comment", Medium, Medium, "a comment that a page does not show and a model reads";
    ENCODED = "encoded-text", Medium, Medium, "text that has to be decoded to be read";

    OVERRIDE = "override", High, Medium, "asks a model to drop the instructions it has";
    ROLE = "role-change", Medium, Medium, "tells a model what it is from now on";
    DELIMITER = "delimiter", High, High, "marks that models take for the borders of messages";
    CONCEAL = "concealment", High, Medium, "asks a model to hide something from its user";
    CREDENTIALS = "credential-request", High, Medium, "asks a model for credentials or private files";
    CONVERSATION = "conversation-request", High, Medium, "asks a model for the conversation";
    EXFILTRATION = "exfiltration", High, Medium, "asks a model to send data away";
    COMMAND = "command-request", High, Medium, "asks a model to run something that does harm";
    CONFIGURATION = "configuration-request", Medium, Medium, "asks a model to change what runs by itself";
    DATA_FLOW = "private-data-flow", Medium, Low, "asks a model to carry private data to another place";
    PRECONDITION = "precedence", Medium, Medium, "claims to come before every other tool";
    SHADOWING = "shadowing", Medium, Medium, "gives rules for other tools";
    PRESSURE = "pseudo-tag", Medium, Medium, "marks a text as an order for models";

    NAME_SCRIPTS = "name-mixed-scripts", Critical, High, "a name of letters that look like others";
    NAME_FORM = "name-compatibility", Critical, High, "a name of variants of ordinary letters";
    NAME_LOOKALIKE = "name-look-alike", Medium, Medium, "a name that is easily taken for another tool's";
    NAME_TAKEN = "name-taken", Low, High, "a name that another tool has too";
    NAME_INTENT = "name-intent", Medium, Medium, "a name that says what no honest tool does";

    HINT = "hint-contradicts", Medium, Medium, "a hint that the tool's own words contradict";
    PARAMETER = "suspicious-parameter", Low, Medium, "a parameter for something that the tool does not need";
    SCHEMA_COST = "schema-cost", Critical, High, "a schema that is too expensive to use";
    SCHEMA_CYCLE = "schema-cycle", Critical, High, "a schema that refers to itself without end";
    SCHEMA_REMOTE = "schema-remote", High, High, "a schema that refers to what lies elsewhere";
    SCHEMA_PATTERN = "schema-pattern", Medium, High, "a pattern that some engines need exponential time for";
    SCHEMA_BROKEN = "schema-broken", Medium, High, "a schema that refers to what it does not have";
    SCHEMA_MISMATCH = "schema-mismatch", Critical, High, "a value that its schema does not allow";

    URI_SCHEME = "uri-scheme", Critical, High, "a link whose scheme runs, embeds or opens something";
    URI_HOST = "uri-private-host", Critical, High, "a link to a host that is not public";
    URI_CREDENTIALS = "uri-user-info", High, High, "a link with a name or password before its host";
    URI_LOOKALIKE = "uri-look-alike-host", High, Medium, "a host made to look like another";
    URI_PLAIN = "uri-unencrypted", Low, High, "a link without encryption";
    IMAGE_DATA = "image-carries-data", Medium, Medium, "an image that tells its host something when it is shown";

    SAMPLING_CONTEXT = "sampling-context", Critical, High, "asks for other servers' context";
    SAMPLING_COST = "sampling-cost", Medium, High, "asks for very much generated text";
    FORM_SECRET = "form-asks-secret", High, Medium, "a form that asks for a secret";
    SECRET = "secret", Medium, Medium, "something that looks like a credential";
    SECRET_ENCODED = "secret-encoded", High, Medium, "a credential in disguise";

    TOOL_ADDED = "tool-added", Medium, High, "a tool that was not there before";
    TOOL_CHANGED = "tool-changed", Medium, High, "a tool that is not what it was";
    TOOL_REMOVED = "tool-removed", Info, High, "a tool that is gone";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_names_and_unique() {
        for (index, rule) in RULES.iter().enumerate() {
            let plain = |byte: u8| byte.is_ascii_lowercase() || byte == b'-';
            assert!(rule.code.bytes().all(plain), "{}", rule.code);
            let other = RULES
                .iter()
                .skip(index + 1)
                .any(|other| other.code == rule.code);
            assert!(!other, "{} is there twice", rule.code);
        }
    }

    #[test]
    fn the_book_has_every_rule_as_it_is() {
        let book = include_str!("../../../docs/src/findings.md");
        for rule in RULES {
            let row = format!(
                "| `{}` | {} | {} | {} |",
                rule.code, rule.severity, rule.confidence, rule.title
            );
            assert!(book.contains(&row), "findings.md lacks {row}");
        }
        let rows = book.lines().filter(|line| line.starts_with("| `"));
        assert_eq!(rows.count(), RULES.len());
    }

    #[test]
    fn what_is_quoted_is_escaped_and_short() {
        assert_eq!(quoted("a\u{202E}b\n", 80), "a\\u{202e}b\\n");
        assert_eq!(quoted("abcdef", 3), "abc…");
    }
}
