//! `cargo xtask spec-coverage`: every MUST and SHOULD of the specification, and the tests that show it.
//!
//! `docs/spec/<revision>.tsv` lists the statements in our own words; tests name those that they show in a comment,
//! `// SPEC: <revision>/<id> …`; `docs/spec/reasons.tsv` says why others have no test. `docs/spec-coverage.md` is made from the three.

mod annotations;
mod page;
mod statements;

use crate::run::root;

/// Writes the page, or with `check` says what is wrong with it.
pub fn coverage(check: bool, open: bool) -> Result<(), String> {
    let statements = statements::read(&root().join("docs/spec"))?;
    let reasons = statements::reasons(&root().join("docs/spec/reasons.tsv"))?;
    let shown = annotations::collect(&root())?;
    let unknown = unknown(&statements, &reasons, &shown);
    if !unknown.is_empty() {
        return Err(format!("no such statement:\n  {}", unknown.join("\n  ")));
    }
    let page = page::render(&statements, &reasons, &shown);
    let path = root().join("docs/spec-coverage.md");
    let uncovered = page::uncovered(&statements, &reasons, &shown);
    if open {
        uncovered.iter().for_each(|statement| {
            println!(
                "{}\t{}\t{}",
                statement.id, statement.level, statement.summary
            )
        });
    }
    if !check {
        println!("{} statements, {} open", statements.len(), uncovered.len());
        return std::fs::write(&path, page).map_err(|e| format!("{}: {e}", path.display()));
    }
    if std::fs::read_to_string(&path).unwrap_or_default() != page {
        return Err("docs/spec-coverage.md is stale; run `cargo xtask spec-coverage`".to_owned());
    }
    match uncovered.as_slice() {
        [] => Ok(()),
        open => Err(format!(
            "{} statements have neither a test nor a reason; `cargo xtask spec-coverage --open` lists them",
            open.len()
        )),
    }
}

/// What annotations and reasons name although no statement has that id.
fn unknown(
    statements: &[statements::Statement],
    reasons: &[statements::Reason],
    shown: &annotations::Shown,
) -> Vec<String> {
    let known = |id: &str| statements.iter().any(|statement| statement.id == id);
    let annotated = shown.iter().filter(|(id, _)| !known(id));
    let annotated = annotated.map(|(id, tests)| format!("{id} in {}", tests.join(", ")));
    let reasoned = reasons
        .iter()
        .filter(|reason| {
            !statements
                .iter()
                .any(|statement| reason.covers(&statement.id))
        })
        .map(|reason| format!("{} in docs/spec/reasons.tsv", reason.pattern));
    annotated.chain(reasoned).collect()
}
