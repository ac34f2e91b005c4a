//! The statements and reasons: tables with tabs between the columns; lines that begin with `#` are comments.

use std::path::Path;

/// One thing that the specification asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// `<revision>/<page>/<section>:<number>`.
    pub id: String,
    /// MUST, MUST NOT, SHOULD or SHOULD NOT.
    pub level: String,
    /// In our own words.
    pub summary: String,
}

impl Statement {
    pub fn revision(&self) -> &str {
        self.id.split('/').next().unwrap_or_default()
    }

    /// The page within the revision: the id without revision, section and number.
    pub fn page(&self) -> &str {
        let inside = self.id.split_once('/').map_or("", |(_, rest)| rest);
        inside.rsplit_once('/').map_or(inside, |(page, _)| page)
    }
}

/// Why something has no test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// An id, or the beginning of some with a star behind it.
    pub pattern: String,
    pub text: String,
}

impl Reason {
    pub fn covers(&self, id: &str) -> bool {
        match self.pattern.strip_suffix('*') {
            Some(beginning) => id.starts_with(beginning),
            None => self.pattern == id,
        }
    }
}

/// All statements of `<directory>/<revision>.tsv`, the oldest revision first.
pub fn read(directory: &Path) -> Result<Vec<Statement>, String> {
    let entries =
        std::fs::read_dir(directory).map_err(|e| format!("{}: {e}", directory.display()))?;
    let mut paths: Vec<_> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .collect();
    paths.retain(|path| {
        path.extension().is_some_and(|kind| kind == "tsv") && !path.ends_with("reasons.tsv")
    });
    paths.sort();
    let mut all = Vec::new();
    for path in paths {
        let revision = path
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let text =
            std::fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
        all.extend(parse(&revision, &text)?);
    }
    Ok(all)
}

/// Columns: id, level, page, section, summary.
fn parse(revision: &str, text: &str) -> Result<Vec<Statement>, String> {
    let mut all: Vec<Statement> = Vec::new();
    for (number, line) in rows(text) {
        let fault = |what: &str| Err(format!("{revision}.tsv, line {number}: {what}"));
        let [id, level, page, _section, summary] = *line.split('\t').collect::<Vec<_>>().as_slice()
        else {
            return fault("expected five columns");
        };
        if !matches!(level, "MUST" | "MUST NOT" | "SHOULD" | "SHOULD NOT") {
            return fault("unknown level");
        }
        if !id
            .strip_prefix(page)
            .is_some_and(|rest| rest.starts_with('/') && rest.contains(':'))
        {
            return fault("the id does not begin with its page, or has no number");
        }
        let id = format!("{revision}/{id}");
        if all.iter().any(|statement| statement.id == id) {
            return fault("the id occurs twice");
        }
        all.push(Statement {
            id,
            level: level.to_owned(),
            summary: summary.to_owned(),
        });
    }
    Ok(all)
}

/// Columns: id or beginning of ids, reason. The first that fits counts.
pub fn reasons(path: &Path) -> Result<Vec<Reason>, String> {
    let text = std::fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))?;
    let reason = |(number, line): (usize, &str)| match line.split_once('\t') {
        Some((pattern, text)) => Ok(Reason {
            pattern: pattern.to_owned(),
            text: text.to_owned(),
        }),
        None => Err(format!("reasons.tsv, line {number}: expected two columns")),
    };
    rows(&text).map(reason).collect()
}

fn rows(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let lines = text
        .lines()
        .enumerate()
        .map(|(index, line)| (index + 1, line));
    lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(line: &str, expected: Result<&str, &str>) {
        let read =
            parse("r", line).map(|all| all.first().map_or(String::new(), |one| one.id.clone()));
        let read = read.as_deref().map_err(String::as_str);
        assert_eq!(read, expected, "{line}");
    }

    #[test]
    fn statements_are_read() {
        check("# nothing", Ok(""));
        check("a/b/c:1\tMUST\ta/b\tC\tdo it", Ok("r/a/b/c:1"));
        check(
            "a/b/c:1\tMUST\ta/b\tC",
            Err("r.tsv, line 1: expected five columns"),
        );
        check(
            "a/b/c:1\tMAY\ta/b\tC\tdo it",
            Err("r.tsv, line 1: unknown level"),
        );
        check(
            "a/c:1\tMUST\ta/b\tC\tdo it",
            Err("r.tsv, line 1: the id does not begin with its page, or has no number"),
        );
        check(
            "a/c:1\tMUST\ta\tC\tx\na/c:1\tMUST\ta\tC\tx",
            Err("r.tsv, line 2: the id occurs twice"),
        );
    }

    #[test]
    fn ids_tell_revision_and_page() {
        let id = "2026-07-28/server/tools/errors:2".to_owned();
        let statement = Statement {
            id,
            level: String::new(),
            summary: String::new(),
        };
        assert_eq!(
            (statement.revision(), statement.page()),
            ("2026-07-28", "server/tools")
        );
    }

    #[test]
    fn reasons_cover_ids_and_their_beginnings() {
        let reason = |pattern: &str| Reason {
            pattern: pattern.to_owned(),
            text: String::new(),
        };
        assert!(reason("r/a/*").covers("r/a/b:1"));
        assert!(!reason("r/a/*").covers("r/ab:1"));
        assert!(reason("r/a:1").covers("r/a:1"));
        assert!(!reason("r/a:1").covers("r/a:12"));
    }
}
