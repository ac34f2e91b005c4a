//! Requirements of Python packages (PEP 508): `name[extra] >=1,<2 ; marker`.

use super::{
    marker::{Marker, MarkerError},
    name::Name,
    version::Specifiers,
};
use std::fmt;

/// Longest accepted requirement in bytes.
const MAX: usize = 8 << 10;

/// Why a requirement was refused.
#[derive(Debug, Clone, thiserror::Error, PartialEq, Eq)]
pub enum RequirementError {
    /// Not a requirement at all.
    #[error("`{0}` is not a requirement (PEP 508)")]
    Malformed(String),
    /// Its condition cannot be read.
    #[error("the condition of `{0}` cannot be read")]
    Marker(String, #[source] MarkerError),
    /// It names an address instead of a release of the index.
    #[error("`{0}` comes from an address instead of the index")]
    Address(String),
}

/// What a package needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requirement {
    /// Of which package.
    pub name: Name,
    /// Which of its extras, sorted.
    pub extras: Vec<Name>,
    /// Which versions.
    pub versions: Specifiers,
    /// Under which condition.
    pub marker: Option<Marker>,
}

impl Requirement {
    /// Reads a requirement.
    ///
    /// # Errors
    /// When it is malformed or names an address.
    pub fn parse(text: &str) -> Result<Self, RequirementError> {
        let shown = || {
            text.chars()
                .take(200)
                .flat_map(char::escape_default)
                .collect::<String>()
        };
        let malformed = || RequirementError::Malformed(shown());
        if text.len() > MAX {
            return Err(malformed());
        }
        let (head, marker) = match text.split_once(';') {
            Some((head, marker)) if !head.contains('@') => (head, Some(marker)),
            _ => (text, None),
        };
        let head = head.trim();
        let end = head
            .find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')))
            .unwrap_or(head.len());
        let (name, rest) = head.split_at_checked(end).ok_or_else(malformed)?;
        let name = Name::new(name).map_err(|_| malformed())?;
        let (extras, rest) = extras(rest.trim()).ok_or_else(malformed)?;
        if rest.starts_with('@') {
            return Err(RequirementError::Address(shown()));
        }
        // Old metadata puts the versions into parentheses.
        let versions = match rest.strip_prefix('(') {
            Some(inner) => inner.strip_suffix(')').ok_or_else(malformed)?,
            None => rest,
        };
        let versions = versions.parse().map_err(|_| malformed())?;
        let marker = marker
            .map(Marker::parse)
            .transpose()
            .map_err(|source| RequirementError::Marker(shown(), source))?;
        Ok(Self {
            name,
            extras,
            versions,
            marker,
        })
    }
}

/// `[a, b]` at the front, and what follows.
fn extras(text: &str) -> Option<(Vec<Name>, &str)> {
    let Some(inner) = text.strip_prefix('[') else {
        return Some((Vec::new(), text));
    };
    let (inner, rest) = inner.split_once(']')?;
    let named = inner
        .split(',')
        .map(str::trim)
        .filter(|part| !part.is_empty());
    let mut extras = named
        .map(|part| Name::new(part).ok())
        .collect::<Option<Vec<_>>>()?;
    extras.sort();
    extras.dedup();
    Some((extras, rest.trim()))
}

impl fmt::Display for Requirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.name)?;
        if !self.extras.is_empty() {
            let extras: Vec<&str> = self.extras.iter().map(Name::as_str).collect();
            write!(f, "[{}]", extras.join(","))?;
        }
        write!(f, "{}", self.versions)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        let found = match Requirement::parse(text) {
            Ok(found) => {
                let mark = if found.marker.is_some() { " if" } else { "" };
                format!("{found}{mark}")
            }
            Err(RequirementError::Malformed(_)) => "malformed".into(),
            Err(RequirementError::Marker(..)) => "marker".into(),
            Err(RequirementError::Address(_)) => "address".into(),
        };
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn requirements() {
        for (text, expected) in [
            ("mcp", "mcp"),
            ("mcp>=1.2", "mcp>=1.2"),
            (
                "MCP [ cli , rich ] >= 1.2 , < 3",
                "mcp[cli,rich]>= 1.2 , < 3",
            ),
            ("mcp (>=1.2)", "mcp>=1.2"),
            ("pytz[]", "pytz"),
            ("httpx<1; python_version<'3.12'", "httpx<1 if"),
            ("httpx<1 ; extra == 'a;b'", "httpx<1 if"),
            ("a.b_c==1", "a-b-c==1"),
            ("mcp @ https://h/x.whl", "address"),
            ("mcp[cli]@file:///x ; os_name=='x'", "address"),
            ("", "malformed"),
            (">=1", "malformed"),
            ("mcp 1.2", "malformed"),
            ("mcp[cli", "malformed"),
            ("mcp (>=1.2", "malformed"),
            ("mcp>=2.7.*", "malformed"),
            ("a b", "malformed"),
            ("mcp; nothing", "marker"),
            ("mcp;", "marker"),
        ] {
            check(text, expected);
        }
        check(&"x".repeat(MAX + 1), "malformed");
    }
}
