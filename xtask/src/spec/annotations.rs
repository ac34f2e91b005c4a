//! Comments of the form `// SPEC: <revision>/<id> …` and the tests that they stand at. For several numbers of a section there are lists
//! and ranges, `…/errors:1-3,5`; for an id that both revisions have, `both/…`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Tests by the statements that they show.
pub type Shown = BTreeMap<String, Vec<String>>;

const MARK: &str = "// SPEC:";

/// What `both` stands for.
const REVISIONS: [&str; 2] = ["2025-11-25", "2026-07-28"];

/// Where tests are; each of these is searched to its leaves.
const PLACES: [&str; 2] = ["crates", "tests"];

pub fn collect(root: &Path) -> Result<Shown, String> {
    let mut shown = Shown::new();
    for place in PLACES {
        let mut files = Vec::new();
        walk(&root.join(place), &mut files)?;
        files.sort();
        for path in files {
            let text =
                std::fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
            let name = path
                .strip_prefix(root)
                .unwrap_or(&path)
                .display()
                .to_string();
            for (id, test) in annotations(&text) {
                let tests = shown.entry(id).or_default();
                let test = format!("{name}::{test}");
                if !tests.contains(&test) {
                    tests.push(test);
                }
            }
        }
    }
    Ok(shown)
}

fn walk(directory: &Path, files: &mut Vec<PathBuf>) -> Result<(), String> {
    let entries =
        std::fs::read_dir(directory).map_err(|e| format!("{}: {e}", directory.display()))?;
    for entry in entries {
        let path = entry.map_err(|e| e.to_string())?.path();
        match path.is_dir() {
            true => walk(&path, files)?,
            false if path.extension().is_some_and(|kind| kind == "rs") => files.push(path),
            false => {}
        }
    }
    Ok(())
}

/// Ids with the function that they stand before, or else in.
fn annotations(text: &str) -> Vec<(String, String)> {
    let lines: Vec<&str> = text.lines().collect();
    let mut found = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        let Some((_, ids)) = line.split_once(MARK) else {
            continue;
        };
        let before = lines.get(index + 1..).unwrap_or_default().iter();
        let before = before
            .take_while(|line| is_head(line))
            .find_map(|line| function(line));
        let inside = || {
            lines
                .get(..index)
                .unwrap_or_default()
                .iter()
                .rev()
                .find_map(|line| function(line))
        };
        let test = before.or_else(inside).unwrap_or("(file)");
        let ids = ids.split_whitespace().flat_map(expand);
        found.extend(ids.map(|id| (id, test.to_owned())));
    }
    found
}

/// `both/a:1-2,4` as the six ids that it means; what cannot be read stays as it is, and is then unknown.
fn expand(text: &str) -> Vec<String> {
    let (stem, numbers) = text.rsplit_once(':').unwrap_or((text, ""));
    let stems = match stem.strip_prefix("both/") {
        Some(rest) => REVISIONS
            .map(|revision| format!("{revision}/{rest}"))
            .to_vec(),
        None => vec![stem.to_owned()],
    };
    let numbers: Vec<_> = numbers.split(',').flat_map(range).collect();
    let ids = |stem: &String| {
        numbers
            .iter()
            .map(|number| format!("{stem}:{number}"))
            .collect::<Vec<_>>()
    };
    stems.iter().flat_map(ids).collect()
}

fn range(part: &str) -> Vec<String> {
    let ends = part.split_once('-').and_then(|(from, to)| {
        let ends: (u32, u32) = (from.parse().ok()?, to.parse().ok()?);
        Some(ends)
    });
    match ends {
        Some((from, to)) => (from..=to).map(|number| number.to_string()).collect(),
        None => vec![part.to_owned()],
    }
}

/// What may stand between an annotation and its function: attributes, comments, and the function itself.
fn is_head(line: &str) -> bool {
    let line = line.trim_start();
    line.starts_with("//") || line.starts_with('#') || function(line).is_some()
}

fn function(line: &str) -> Option<&str> {
    let line = line.trim_start();
    let line = line
        .strip_prefix("pub(crate) ")
        .or(line.strip_prefix("pub "))
        .unwrap_or(line);
    let name = line
        .strip_prefix("async ")
        .unwrap_or(line)
        .strip_prefix("fn ")?;
    name.split(['(', '<']).next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn annotations_belong_to_the_function_behind_or_around_them() {
        let text = "
// SPEC: r/a:1 r/a:2
/// Docs.
#[test]
fn first() {
    // SPEC: r/b:1
    let x = 1;
}

#[tokio::test]
// SPEC: r/c:1
async fn second() {}
";
        let found = annotations(text);
        let found: Vec<_> = found
            .iter()
            .map(|(id, test)| (id.as_str(), test.as_str()))
            .collect();
        assert_eq!(
            found,
            [
                ("r/a:1", "first"),
                ("r/a:2", "first"),
                ("r/b:1", "first"),
                ("r/c:1", "second")
            ]
        );
    }

    #[test]
    fn lists_and_ranges_are_ids() {
        let check = |text: &str, expected: &[&str]| assert_eq!(expand(text), expected, "{text}");
        check("r/a:1", &["r/a:1"]);
        check("r/a:1-3,5", &["r/a:1", "r/a:2", "r/a:3", "r/a:5"]);
        check("both/a:2", &["2025-11-25/a:2", "2026-07-28/a:2"]);
        check("r/a:x-2", &["r/a:x-2"]);
    }
}
