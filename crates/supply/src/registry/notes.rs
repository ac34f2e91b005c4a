//! Collecting what is found: stable codes, weights, and texts that are safe to show.

use interlock_launch::{Decision, Reason, Severity};

/// A rule: its stable code and its weight.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rule {
    pub(crate) code: &'static str,
    pub(crate) severity: Severity,
}

/// The rules of this module. A code never changes its meaning.
pub(crate) mod rules {
    use super::{Rule, Severity};

    macro_rules! rules {
        ($($name:ident = $code:literal $severity:ident;)*) => {
            $(pub(crate) const $name: Rule = Rule { code: $code, severity: Severity::$severity };)*
            #[cfg(test)]
            pub(crate) const ALL: &[Rule] = &[$($name),*];
        };
    }

    rules! {
        // The document as a value.
        NOT_JSON = "not-json" Invalid;
        NOT_A_PACKAGE = "not-a-package" Invalid;
        WRONG_TYPE = "wrong-type" Invalid;
        MISSING_FIELD = "missing-field" Invalid;
        HIDDEN_CHARACTER = "hidden-character" Refusal;
        UNKNOWN_SCHEMA = "unknown-schema" Warning;
        UNKNOWN_FIELD = "unknown-field" Info;
        FORGED_METADATA = "forged-metadata" Warning;
        // Who and what.
        BAD_NAME = "bad-server-name" Refusal;
        LOOK_ALIKE_NAMESPACE = "look-alike-namespace" Warning;
        SCOPE_SQUAT = "scope-squat" Warning;
        CLAIM_MISMATCH = "claim-mismatch" Refusal;
        CLAIM_MISSING = "claim-missing" Warning;
        NAME_MISMATCH = "name-mismatch" Refusal;
        PUBLISHER_MISMATCH = "publisher-mismatch" Warning;
        UNKNOWN_REGISTRY = "unknown-registry" Refusal;
        BAD_IDENTIFIER = "bad-identifier" Refusal;
        EXTRA_PACKAGE = "extra-package" Warning;
        FOREIGN_DEPENDENCY = "dependency-elsewhere" Warning;
        SHADOWS_COMMAND = "shadows-command" Warning;
        WITHDRAWN = "withdrawn" Refusal;
        TOO_MANY = "too-many-presets" Refusal;
        REDIRECTS_NAMES = "redirects-names" Refusal;
        FOREIGN_REGISTRY = "registry-elsewhere" Refusal;
        RUNTIME_MISMATCH = "runtime-mismatch" Refusal;
        MALICIOUS = "known-malicious" Refusal;
        DEPRECATED = "deprecated" Warning;
        ARCHIVED = "archived" Warning;
        VULNERABLE = "known-vulnerable" Warning;
        // Bytes.
        FLOATING_VERSION = "floating-version" Refusal;
        UNPINNED = "unpinned" Info;
        MOVABLE_TAG = "movable-tag" Info;
        BAD_DIGEST = "bad-digest" Refusal;
        NO_DIGEST = "missing-digest" Refusal;
        DIGEST_MISMATCH = "digest-mismatch" Refusal;
        INSTALL_SCRIPT = "install-script" Warning;
        UNSAFE_PATH = "unsafe-path" Refusal;
        UPDATE_REACHES_OUT = "update-reaches-out" Warning;
        UPDATE_RUNS_CODE = "update-runs-code" Warning;
        UPDATE_HIDES_TEXT = "update-hides-text" Warning;
        UPDATE_READS_SECRETS = "update-reads-secrets" Warning;
        // Addresses.
        BAD_ADDRESS = "bad-address" Refusal;
        PLAIN_HTTP = "plain-http" Refusal;
        ADDRESS_TEMPLATE = "address-template" Refusal;
        UNUSUAL_HOST = "unusual-host" Warning;
        HEADER_SMUGGLING = "header-smuggling" Refusal;
        // What is asked.
        SECRET_PRESET = "secret-preset" Warning;
        SECRET_UNMARKED = "secret-unmarked" Info;
        ASKS_FOR_CREDENTIALS = "asks-for-credentials" Warning;
    }
}

/// What reviewing found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Review {
    /// What the document is about, safe to show; empty when it does not say.
    pub subject: String,
    /// What was found, worst first.
    pub reasons: Vec<Reason>,
}

impl Review {
    /// The decision that the reasons lead to.
    #[must_use]
    pub fn decision(&self) -> Decision {
        match self.reasons.iter().map(|reason| reason.severity).max() {
            Some(Severity::Invalid) => Decision::Invalid,
            Some(Severity::Refusal | Severity::Danger) => Decision::Refused,
            Some(Severity::Warning | Severity::Info) | None => Decision::NeedsApproval,
        }
    }

    /// Adds what is found out beside the document.
    pub(crate) fn take(&mut self, judge: impl FnOnce(&mut Notes)) {
        let mut notes = Notes {
            reasons: std::mem::take(&mut self.reasons),
        };
        judge(&mut notes);
        self.reasons = notes.review(String::new()).reasons;
    }

    /// Whether there is something that a person should look at.
    #[must_use]
    pub fn has_findings(&self) -> bool {
        self.reasons
            .iter()
            .any(|reason| reason.severity > Severity::Info)
    }
}

/// Reasons as they are found.
#[derive(Debug, Default)]
pub(crate) struct Notes {
    reasons: Vec<Reason>,
}

impl Notes {
    pub(crate) fn note(&mut self, rule: Rule, text: impl Into<String>) {
        self.add(Reason {
            code: rule.code,
            text: text.into(),
            severity: rule.severity,
        });
    }

    /// Takes over a reason; the same one is told once.
    pub(crate) fn add(&mut self, reason: Reason) {
        if !self.reasons.contains(&reason) {
            self.reasons.push(reason);
        }
    }

    pub(crate) fn review(mut self, subject: String) -> Review {
        self.reasons
            .sort_by_key(|reason| std::cmp::Reverse(reason.severity));
        Review {
            subject,
            reasons: self.reasons,
        }
    }

    #[cfg(test)]
    pub(crate) fn codes(&self) -> Vec<&'static str> {
        self.reasons.iter().map(|reason| reason.code).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn codes_are_unique_and_worst_comes_first() {
        let codes: BTreeSet<_> = rules::ALL.iter().map(|rule| rule.code).collect();
        assert_eq!(codes.len(), rules::ALL.len());
        let mut notes = Notes::default();
        notes.note(rules::UNPINNED, "one");
        notes.note(rules::UNPINNED, "one");
        notes.note(rules::MALICIOUS, "two");
        let review = notes.review("x".into());
        assert_eq!(review.reasons.len(), 2);
        assert_eq!(review.reasons[0].code, "known-malicious");
        assert_eq!(review.decision(), Decision::Refused);
    }
}
