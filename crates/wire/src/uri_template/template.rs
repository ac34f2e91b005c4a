//! The parts of a template.

use super::encode::Allow;

/// A URI template that was read once and is expanded and matched often.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    pub(super) source: String,
    pub(super) parts: Vec<Part>,
}

impl Template {
    /// Bytes of the longest template.
    pub const LONGEST: usize = 4_096;
    /// Variables of the largest template.
    pub const MOST_VARIABLES: usize = 32;

    /// The template as it was written.
    pub fn as_str(&self) -> &str {
        &self.source
    }

    /// The names of its variables in their order; those that occur twice, twice.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let expressions = self.parts.iter().filter_map(|part| match part {
            Part::Literal(_) => None,
            Part::Expression(expression) => Some(&expression.variables),
        });
        expressions.flatten().map(|variable| variable.name.as_str())
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part {
    /// As it stands in a URI.
    Literal(String),
    Expression(Expression),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Expression {
    pub(super) operator: Operator,
    pub(super) variables: Vec<Variable>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Variable {
    pub(super) name: String,
    pub(super) modifier: Modifier,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Modifier {
    None,
    /// `*`: each text of a list or map on its own.
    Explode,
    /// `:n`: the first characters of a text.
    Prefix(usize),
}

/// RFC 6570, appendix A has the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Simple,
    Reserved,
    Fragment,
    Label,
    Path,
    Matrix,
    Query,
    Continuation,
}

impl Operator {
    pub(super) fn of(byte: u8) -> Option<Self> {
        Some(match byte {
            b'+' => Self::Reserved,
            b'#' => Self::Fragment,
            b'.' => Self::Label,
            b'/' => Self::Path,
            b';' => Self::Matrix,
            b'?' => Self::Query,
            b'&' => Self::Continuation,
            _ => return None,
        })
    }

    /// What an expression begins with.
    pub(super) fn first(self) -> &'static str {
        match self {
            Self::Simple | Self::Reserved => "",
            Self::Fragment => "#",
            Self::Label => ".",
            Self::Path => "/",
            Self::Matrix => ";",
            Self::Query => "?",
            Self::Continuation => "&",
        }
    }

    /// What stands between variables.
    pub(super) fn separator(self) -> char {
        match self {
            Self::Simple | Self::Reserved | Self::Fragment => ',',
            Self::Label => '.',
            Self::Path => '/',
            Self::Matrix => ';',
            Self::Query | Self::Continuation => '&',
        }
    }

    /// Whether the name is written too.
    pub(super) fn named(self) -> bool {
        matches!(self, Self::Matrix | Self::Query | Self::Continuation)
    }

    /// What stands behind the name of an empty value.
    pub(super) fn if_empty(self) -> &'static str {
        match self {
            Self::Query | Self::Continuation => "=",
            _ => "",
        }
    }

    pub(super) fn allow(self) -> Allow {
        match self {
            Self::Reserved | Self::Fragment => Allow::Reserved,
            _ => Allow::Unreserved,
        }
    }
}
