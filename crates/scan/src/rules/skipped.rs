//! What was not looked into.

use super::table::rule_of;
use crate::discover::{Skipped, Unreadable};
use crate::finding::{Finding, Location};

/// A finding for each directory that was not looked into: what is in it is not known. What is left out on purpose weighs nothing.
#[must_use]
pub fn judge_skipped(skipped: &[Skipped]) -> Vec<Finding> {
    let finding = |skipped: &Skipped| {
        let rule = rule_of(match skipped.reason {
            Unreadable::LeftOut | Unreadable::Linked => "left-out",
            Unreadable::Relative(_) => "perhaps-a-config",
            _ => "not-scanned",
        })?;
        Some(Finding {
            rule,
            severity: rule.severity,
            confidence: rule.confidence,
            location: Location {
                path: skipped.path.clone(),
                region: None,
            },
            client: None,
            server: None,
            message: format!("it was not looked into: {}", skipped.reason),
            subject: String::new(),
            fix: None,
        })
    };
    skipped.iter().filter_map(finding).collect()
}
