//! The book's page of each rule, made from the table so that the two cannot differ.

use crate::rules::{Rule, rules};

/// The page of one rule, as Markdown.
#[must_use]
pub fn page(rule: &Rule) -> String {
    format!(
        "# {id}: {title}\n\nSeverity: {severity}. Confidence: {confidence}.\n\n{why}\n\n## What to do\n\n{remedy}\n\n\
         ## To hear no more of it\n\nIn a file with comments, on the same line or the one above: `interlock-ignore[{id}]: reason`.\n\
         For files without comments see [ignoring findings](../scan.md#ignoring-findings).\n",
        id = rule.id,
        title = rule.title,
        severity = rule.severity.as_str(),
        confidence = rule.confidence.as_str(),
        why = rule.why,
        remedy = rule.remedy,
    )
}

/// The page that lists all rules, worst first.
#[must_use]
pub fn index() -> String {
    let mut all: Vec<&Rule> = rules().collect();
    all.sort_by(|a, b| b.severity.cmp(&a.severity).then_with(|| a.id.cmp(b.id)));
    let rows = all.iter().map(|rule| {
        format!(
            "| [{id}]({id}.md) | {title} | {severity} |\n",
            id = rule.id,
            title = rule.title,
            severity = rule.severity.as_str()
        )
    });
    let head = "# Rules of the scanner\n\nRules about a launch have the codes of [`interlock check`](../check.md).\n\n| rule | what is wrong | severity |\n|---|---|---|\n";
    format!("{head}{}", rows.collect::<String>())
}
