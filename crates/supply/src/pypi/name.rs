//! Names of Python packages and extras in their one form (PEP 503, PEP 685).

use serde::{Deserialize, Serialize};
use std::fmt;

/// Text that is no name of a Python package.
#[derive(Debug, Clone, thiserror::Error, PartialEq, Eq)]
#[error("not a name of a Python package")]
pub struct NameError;

/// A package's or an extra's name: lower case letters and digits, parts joined by one `-`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Name(String);

impl Name {
    /// Reads a name in any of its spellings: `MCP_Server.Fetch` is `mcp-server-fetch`.
    ///
    /// # Errors
    /// When it has characters that no name has, or begins or ends with a separator.
    pub fn new(text: &str) -> Result<Self, NameError> {
        let edge = |c: char| c.is_ascii_alphanumeric();
        let plain = |c: char| edge(c) || matches!(c, '-' | '_' | '.');
        let shaped = (1..=128).contains(&text.len())
            && text.chars().all(plain)
            && text.starts_with(edge)
            && text.ends_with(edge);
        if !shaped {
            return Err(NameError);
        }
        let lower = text.to_ascii_lowercase();
        let parts = lower.split(['-', '_', '.']).filter(|part| !part.is_empty());
        Ok(Self(parts.collect::<Vec<_>>().join("-")))
    }

    /// A name where there is none.
    pub(super) fn unknown() -> Self {
        Self("unknown".into())
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for Name {
    type Error = NameError;
    fn try_from(text: String) -> Result<Self, NameError> {
        Self::new(&text)
    }
}

impl From<Name> for String {
    fn from(name: Name) -> Self {
        name.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_one_form() {
        for (text, expected) in [
            ("mcp-server-fetch", Some("mcp-server-fetch")),
            ("MCP_Server.Fetch", Some("mcp-server-fetch")),
            ("a--b__c..d-_.e", Some("a-b-c-d-e")),
            (
                "awslabs.aws-documentation-mcp-server",
                Some("awslabs-aws-documentation-mcp-server"),
            ),
            ("x", Some("x")),
            ("", None),
            ("-x", None),
            ("x-", None),
            ("a b", None),
            ("a/b", None),
            ("../x", None),
            ("mcp-server-gіt", None),
        ] {
            let found = Name::new(text).ok();
            assert_eq!(found.as_ref().map(Name::as_str), expected, "{text}");
        }
        assert!(Name::new(&"x".repeat(129)).is_err());
    }
}
