//! Why a text is no template, and why a template cannot be expanded.

use thiserror::Error;

/// A fault and the byte offset where it was noticed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("{fault} at byte {at}")]
pub struct TemplateError {
    /// What is wrong.
    pub fault: TemplateFault,
    /// Offset in bytes from the start of the template.
    pub at: usize,
}

/// What can be wrong with a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum TemplateFault {
    /// Longer than [`Template::LONGEST`](super::Template::LONGEST), or of more variables than
    /// [`Template::MOST_VARIABLES`](super::Template::MOST_VARIABLES).
    #[error("template over the limit")]
    Limit,
    /// A brace without its partner.
    #[error("unbalanced brace")]
    Brace,
    /// A character that no URI has and that is not encoded by expansion either.
    #[error("character outside of expressions that is not allowed in a template")]
    Literal,
    /// An operator that RFC 6570 reserves for later.
    #[error("unknown operator")]
    Operator,
    /// No variable, or a character that no name of one has.
    #[error("malformed variable name")]
    Name,
    /// After the colon: not a number from 1 to 9999.
    #[error("malformed prefix length")]
    Prefix,
}

/// Why a template cannot be expanded with these variables.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ExpandError {
    /// Only a text has a first part; a list or map has none.
    #[error("`{name}` is not a text, so it has no prefix")]
    Prefix {
        /// The variable.
        name: String,
    },
}
