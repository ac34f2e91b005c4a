//! Directories that were not looked into.

use super::table::rule_of;
use crate::discover::Skipped;
use crate::finding::{Finding, Location};

/// A finding for each directory that was not looked into: what is in it is not known.
#[must_use]
pub fn judge_skipped(skipped: &[Skipped]) -> Vec<Finding> {
    let finding = |skipped: &Skipped| {
        let rule = rule_of("not-scanned")?;
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
