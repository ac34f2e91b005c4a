//! Why a schema is refused.

use thiserror::Error;

use crate::Untrusted;

/// Why a schema is refused. The places are JSON pointers into the schema; they hold names that the peer chose, so they are shown escaped.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SchemaFault {
    /// Neither an object nor a boolean, or no JSON.
    #[error("the schema is not a JSON Schema")]
    NotASchema,
    /// Over [`Bounds::max_bytes`](super::Bounds::max_bytes).
    #[error("the schema is longer than {0} bytes")]
    TooLong(usize),
    /// Over [`Bounds::max_depth`](super::Bounds::max_depth).
    #[error("the schema is nested deeper than {0}")]
    TooDeep(usize),
    /// Over [`Bounds::max_values`](super::Bounds::max_values), or more patterns than that.
    #[error("the schema has more than {0} values or patterns")]
    TooMany(usize),
    /// Over [`Bounds::max_applied`](super::Bounds::max_applied).
    #[error("the schema holds one value against more than {0} subschemas")]
    TooExpensive(u64),
    /// A subschema that applies itself to the same value again.
    #[error("the schema at `{}` applies itself without end", shown(.0))]
    Cycle(String),
    /// A reference to something outside of the schema, which somebody would have to fetch.
    #[error("the schema at `{}` refers to what lies elsewhere", shown(.0))]
    Remote(String),
    /// A reference to something that the schema does not have.
    #[error("the schema at `{}` refers to what it does not have", shown(.0))]
    Unresolved(String),
    /// A regular expression that is dangerous to run.
    #[error("the pattern at `{}` {}", shown(.0), .1)]
    Pattern(String, PatternFault),
}

/// What is wrong with a regular expression.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum PatternFault {
    /// Over [`Bounds::max_pattern`](super::Bounds::max_pattern).
    #[error("is too long")]
    TooLong,
    /// There are inputs that a backtracking engine needs exponential time for.
    #[error("takes exponential time in some engines")]
    Exponential,
    /// Repetitions inside each other that multiply to more than any text needs.
    #[error("repeats too often")]
    Repeats,
}

fn shown(place: &str) -> String {
    let escaped = Untrusted::new(place).escaped().to_string();
    match escaped.char_indices().nth(200) {
        Some((at, _)) => format!("{}…", escaped.get(..at).unwrap_or_default()),
        None => escaped,
    }
}
