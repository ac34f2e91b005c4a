//! The cases, each with the rule that it is about.

mod cancellation;
mod eras;
mod framing;
mod shutdown;

use super::era::Era;

/// One case. It starts servers of its own and says what is wrong with them.
pub struct Case {
    /// Its name, which no other case has.
    pub name: &'static str,
    /// Where the rule is from.
    pub rule: Rule,
    /// In which eras it makes sense.
    pub eras: &'static [Era],
    /// What is done.
    pub run: fn(&[String], Era) -> Result<(), String>,
}

/// How strong the rule is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// The specification says MUST, or JSON-RPC 2.0 does.
    Must,
    /// The specification says SHOULD.
    Should,
    /// Nobody says so; a server on the internet's pipes had better.
    Robust,
}

impl Rule {
    /// As it stands in the table of results.
    pub fn name(self) -> &'static str {
        match self {
            Self::Must => "MUST",
            Self::Should => "SHOULD",
            Self::Robust => "robust",
        }
    }
}

const BOTH: &[Era] = &[Era::Legacy, Era::Modern];
const LEGACY: &[Era] = &[Era::Legacy];
const MODERN: &[Era] = &[Era::Modern];

/// All of them.
pub fn all() -> impl Iterator<Item = &'static Case> {
    [
        framing::CASES,
        eras::CASES,
        cancellation::CASES,
        shutdown::CASES,
    ]
    .into_iter()
    .flatten()
}
