//! Every rule, once.

mod files;
mod launches;
mod servers;
mod surroundings;

use super::rule::Rule;

/// Tables of rules, by what they are about.
const TABLES: &[&[Rule]] = &[
    files::RULES,
    servers::RULES,
    launches::RULES,
    surroundings::RULES,
];

/// Every rule.
pub fn rules() -> impl Iterator<Item = &'static Rule> {
    TABLES.iter().copied().flatten()
}

/// The rule with this id.
#[must_use]
pub fn rule_of(id: &str) -> Option<&'static Rule> {
    rules().find(|rule| rule.id == id)
}
