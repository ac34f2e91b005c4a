//! Findings that were there before: those of an earlier report. Only what is new is told.

use std::collections::BTreeSet;

use thiserror::Error;

use crate::document::{Document, Format, Node, Value};

/// The fingerprints of an earlier report.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Baseline(BTreeSet<String>);

/// Why a file is no baseline.
#[derive(Debug, Error)]
pub enum BaselineError {
    /// It is not JSON.
    #[error("the file is not JSON: {0}")]
    NotJson(String),
    /// It is no report of `scan`, or one of another version.
    #[error("the file is no report of `interlock scan --format json` of version 1")]
    NotAReport,
}

impl Baseline {
    /// Reads what `interlock scan --format json` wrote.
    ///
    /// # Errors
    /// When it is something else.
    pub fn parse(text: &str) -> Result<Self, BaselineError> {
        let document = Document::read(text.as_bytes(), Format::Json);
        if let Some(problem) = document.problems().first() {
            return Err(BaselineError::NotJson(problem.text.clone()));
        }
        let root = document.root().ok_or(BaselineError::NotAReport)?;
        let version = root.get("v").map(|v| &v.value);
        let findings = root.get("findings").filter(|list| list.is_list());
        let (Some(Value::Number(version)), Some(findings)) = (version, findings) else {
            return Err(BaselineError::NotAReport);
        };
        if version != "1" {
            return Err(BaselineError::NotAReport);
        }
        let fingerprints = findings.elements().iter().map(|finding| {
            let text = finding.get("fingerprint").and_then(Node::as_text);
            text.map(str::to_owned).ok_or(BaselineError::NotAReport)
        });
        Ok(Self(fingerprints.collect::<Result<_, _>>()?))
    }

    /// Whether a finding was there before.
    #[must_use]
    pub fn knows(&self, fingerprint: &str) -> bool {
        self.0.contains(fingerprint)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_report_is_a_baseline() {
        let known =
            Baseline::parse(r#"{"v":1,"findings":[{"fingerprint":"a"},{"fingerprint":"b"}]}"#)
                .unwrap();
        assert!(known.knows("a") && !known.knows("c"));
        for text in [
            "",
            "[]",
            "{}",
            r#"{"v":2,"findings":[]}"#,
            r#"{"v":1,"findings":[{}]}"#,
        ] {
            assert!(Baseline::parse(text).is_err(), "{text}");
        }
    }
}
