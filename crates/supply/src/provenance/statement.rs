//! In-toto statements: which bytes are meant, and what is said about them.

use serde_json::Value;

use super::VerifyError;
use super::bundle::{list, strict, text};

/// The media type of statements in an envelope.
pub(super) const PAYLOAD_TYPE: &str = "application/vnd.in-toto+json";

/// A statement whose signature was verified.
#[derive(Debug, Clone)]
pub struct Statement {
    /// What kind of thing is said.
    pub predicate_type: String,
    /// What it is said about.
    pub subjects: Vec<Subject>,
    /// What is said. Untrusted beyond who signed it.
    pub predicate: Value,
}

/// A file that a statement is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// Its name: a file's, or a package URL.
    pub name: String,
    /// SHA-256 in hexadecimal, when given.
    pub sha256: Option<String>,
    /// SHA-512 in hexadecimal, when given.
    pub sha512: Option<String>,
}

impl Statement {
    pub(super) fn parse(payload_type: &str, payload: &[u8]) -> Result<Self, VerifyError> {
        if payload_type != PAYLOAD_TYPE {
            return Err(VerifyError::Malformed(
                "an envelope of something else than a statement",
            ));
        }
        let payload = std::str::from_utf8(payload)
            .map_err(|_| VerifyError::Malformed("a statement that is not text"))?;
        let value = strict(payload)?;
        let known = [
            "https://in-toto.io/Statement/v1",
            "https://in-toto.io/Statement/v0.1",
        ];
        if !known.contains(&text(&value, "_type")?) {
            return Err(VerifyError::Malformed("another kind of statement"));
        }
        let subjects = list(&value, "subject")
            .into_iter()
            .map(subject)
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Self {
            predicate_type: text(&value, "predicateType")?.to_owned(),
            subjects,
            predicate: value.get("predicate").cloned().unwrap_or_default(),
        })
    }
}

fn subject(value: &Value) -> Result<Subject, VerifyError> {
    let digest = value
        .get("digest")
        .ok_or(VerifyError::Malformed("a subject without digest"))?;
    let hash = |name: &str| digest.get(name).and_then(Value::as_str).map(str::to_owned);
    Ok(Subject {
        name: value
            .get("name")
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned(),
        sha256: hash("sha256"),
        sha512: hash("sha512"),
    })
}
