//! The page: a table for each page of the specification.

use std::fmt::Write;

use super::annotations::Shown;
use super::statements::{Reason, Statement};

const HEAD: &str = "# Specification coverage

Made by `cargo xtask spec-coverage`; do not edit. Each row is one thing that the specification asks for, in our own words, with the tests
that show it, or the reason why there is none. The statements are in `docs/spec/<revision>.tsv`, the reasons in `docs/spec/reasons.tsv`,
and tests name what they show: `// SPEC: <revision>/<id>`, also with lists and ranges of numbers, and `both/<id>`.
";

pub fn uncovered<'s>(
    statements: &'s [Statement],
    reasons: &[Reason],
    shown: &Shown,
) -> Vec<&'s Statement> {
    let covered =
        |id: &str| shown.contains_key(id) || reasons.iter().any(|reason| reason.covers(id));
    statements
        .iter()
        .filter(|statement| !covered(&statement.id))
        .collect()
}

pub fn render(statements: &[Statement], reasons: &[Reason], shown: &Shown) -> String {
    let mut out = HEAD.to_owned();
    summary(statements, reasons, shown, &mut out);
    let (mut revision, mut page) = ("", "");
    for statement in statements {
        if statement.revision() != revision {
            (revision, page) = (statement.revision(), "");
            put(&mut out, format_args!("\n## {revision}\n"));
        }
        if statement.page() != page {
            page = statement.page();
            put(
                &mut out,
                format_args!("\n### {page}\n\n| | | what | shown by |\n|---|---|---|---|\n"),
            );
        }
        let inside = statement.id.strip_prefix(revision).unwrap_or_default();
        let short = inside
            .strip_prefix('/')
            .and_then(|id| id.strip_prefix(page))
            .unwrap_or(inside);
        let (short, level) = (short.trim_start_matches('/'), &statement.level);
        let by = shown_by(&statement.id, reasons, shown);
        put(
            &mut out,
            format_args!("| {short} | {level} | {} | {by} |\n", statement.summary),
        );
    }
    out
}

fn summary(statements: &[Statement], reasons: &[Reason], shown: &Shown, out: &mut String) {
    let mut revisions: Vec<&str> = statements.iter().map(Statement::revision).collect();
    revisions.dedup();
    out.push_str(
        "\n| revision | statements | with tests | with a reason | open |\n|---|---|---|---|---|\n",
    );
    for revision in revisions {
        let of: Vec<_> = statements
            .iter()
            .filter(|one| one.revision() == revision)
            .cloned()
            .collect();
        let open = uncovered(&of, reasons, shown).len();
        let tested = of.iter().filter(|one| shown.contains_key(&one.id)).count();
        let reasoned = of.len() - open - tested;
        put(
            out,
            format_args!(
                "| {revision} | {} | {tested} | {reasoned} | {open} |\n",
                of.len()
            ),
        );
    }
}

fn shown_by(id: &str, reasons: &[Reason], shown: &Shown) -> String {
    if let Some(tests) = shown.get(id) {
        return tests
            .iter()
            .map(|test| format!("`{test}`"))
            .collect::<Vec<_>>()
            .join("<br>");
    }
    match reasons.iter().find(|reason| reason.covers(id)) {
        Some(reason) => format!("— {}", reason.text),
        None => "**open**".to_owned(),
    }
}

/// Writing to a string does not fail.
fn put(out: &mut String, what: std::fmt::Arguments<'_>) {
    out.write_fmt(what).unwrap_or_default();
}

#[cfg(test)]
mod tests {
    use super::*;

    fn statement(id: &str) -> Statement {
        Statement {
            id: id.to_owned(),
            level: "MUST".to_owned(),
            summary: "do it".to_owned(),
        }
    }

    #[test]
    fn rows_say_test_reason_or_open() {
        let statements = ["r/p/a:1", "r/p/a:2", "r/q/b:1"].map(statement);
        let reasons = [Reason {
            pattern: "r/q/*".to_owned(),
            text: "people".to_owned(),
        }];
        let shown = [("r/p/a:1".to_owned(), vec!["f.rs::t".to_owned()])].into();
        let page = render(&statements, &reasons, &shown);
        assert!(
            page.contains("| a:1 | MUST | do it | `f.rs::t` |"),
            "{page}"
        );
        assert!(page.contains("| a:2 | MUST | do it | **open** |"), "{page}");
        assert!(page.contains("| b:1 | MUST | do it | — people |"), "{page}");
        assert!(page.contains("| r | 3 | 1 | 1 | 1 |"), "{page}");
        assert_eq!(uncovered(&statements, &reasons, &shown).len(), 1);
    }
}
