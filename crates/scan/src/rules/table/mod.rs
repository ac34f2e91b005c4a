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

/// Which of two findings of one weight a person should see first: what runs harmful code by itself, then what is run, then what nobody
/// could look at, then all that needs somebody else's step.
pub(crate) fn urgency(rule: &Rule) -> u8 {
    let launches = launches::RULES.iter().any(|launch| launch.id == rule.id);
    match rule.id {
        "malicious-release" => 0,
        "starts-on-open" | "code-bearing-variable" => 1,
        _ if launches => 1,
        "not-scanned" => 2,
        _ => 3,
    }
}

/// The rule with this id.
#[must_use]
pub fn rule_of(id: &str) -> Option<&'static Rule> {
    rules().find(|rule| rule.id == id)
}
