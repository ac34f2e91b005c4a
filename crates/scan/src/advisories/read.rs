//! Reading a list of advisories.

use thiserror::Error;

use super::{Advisories, Advisory, Range};
use crate::document::{Document, Format, Node, Value};
use crate::finding::Severity;

/// Why a list is not read.
#[derive(Debug, Error)]
pub enum AdvisoriesError {
    /// It is not strict JSON.
    #[error("the list is not JSON: {0}")]
    NotJson(String),
    /// It is of another version, or no list.
    #[error("the text is no list of advisories of version 1")]
    NotAList,
    /// An entry lacks something.
    #[error("entry {entry} has no usable `{field}`")]
    Incomplete {
        /// Its number, from 1.
        entry: usize,
        /// What it lacks.
        field: &'static str,
    },
}

/// Most entries of a list.
const MOST: usize = 100_000;

pub(super) fn parse(text: &str) -> Result<Advisories, AdvisoriesError> {
    let document = Document::read(text.as_bytes(), Format::Json);
    if let Some(problem) = document.problems().first() {
        return Err(AdvisoriesError::NotJson(problem.text.clone()));
    }
    let root = document.root().ok_or(AdvisoriesError::NotAList)?;
    let version = root.get("v").map(|v| &v.value);
    let entries = root.get("advisories").filter(|list| list.is_list());
    let (Some(Value::Number(version)), Some(entries)) = (version, entries) else {
        return Err(AdvisoriesError::NotAList);
    };
    if version != "1" || entries.elements().len() > MOST {
        return Err(AdvisoriesError::NotAList);
    }
    let date = root
        .get("date")
        .and_then(Node::as_text)
        .ok_or(AdvisoriesError::NotAList)?;
    let list = entries.elements().iter().enumerate().map(|(at, entry)| {
        advisory(entry).map_err(|field| AdvisoriesError::Incomplete {
            entry: at + 1,
            field,
        })
    });
    Ok(Advisories {
        date: date.to_owned(),
        list: list.collect::<Result<_, _>>()?,
    })
}

fn advisory(entry: &Node) -> Result<Advisory, &'static str> {
    let text = |field: &'static str| {
        let value = entry.get(field).and_then(Node::as_text);
        value
            .filter(|text| !text.is_empty())
            .map(str::to_owned)
            .ok_or(field)
    };
    let aliases = entry.get("aliases").map(Node::elements).unwrap_or_default();
    let ranges: Option<Vec<Range>> = entry
        .get("ranges")
        .map(Node::elements)
        .unwrap_or_default()
        .iter()
        .map(range)
        .collect();
    Ok(Advisory {
        id: text("id")?,
        aliases: aliases
            .iter()
            .filter_map(Node::as_text)
            .map(str::to_owned)
            .collect(),
        ecosystem: text("ecosystem")?,
        package: text("package")?,
        ranges: ranges.filter(|ranges| !ranges.is_empty()).ok_or("ranges")?,
        malicious: entry
            .get("malicious")
            .and_then(Node::as_bool)
            .ok_or("malicious")?,
        severity: Severity::parse(&text("severity")?).ok_or("severity")?,
        summary: text("summary")?,
        source: text("source")?,
    })
}

fn range(node: &Node) -> Option<Range> {
    let text = |field| node.get(field).and_then(Node::as_text).map(str::to_owned);
    Some(Range {
        introduced: text("introduced")?,
        fixed: text("fixed"),
        last: text("last"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_list_is_refused_with_a_reason() {
        for (text, reason) in [
            ("{", "not JSON"),
            ("[]", "no list"),
            (r#"{"v":2,"date":"x","advisories":[]}"#, "no list"),
            (r#"{"v":1,"advisories":[]}"#, "no list"),
            (
                r#"{"v":1,"date":"x","date":"y","advisories":[]}"#,
                "not JSON",
            ),
            (
                r#"{"v":1,"date":"x","advisories":[{}]}"#,
                "entry 1 has no usable `",
            ),
            (
                r#"{"v":1,"date":"x","advisories":[{"id":"a","ecosystem":"npm","package":"p","ranges":[],"malicious":true,"severity":"high","summary":"s","source":"https://x"}]}"#,
                "`ranges`",
            ),
        ] {
            let error = parse(text).unwrap_err().to_string();
            assert!(error.contains(reason), "{text}: {error}");
        }
        assert!(
            parse(r#"{"v":1,"date":"2026-01-01","advisories":[]}"#)
                .unwrap()
                .list()
                .is_empty()
        );
    }
}
