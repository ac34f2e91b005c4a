//! Comments of the form `// SPEC: <revision>/<id> …` and the tests that they stand at.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Tests by the statements that they show.
pub type Shown = BTreeMap<String, Vec<String>>;

const MARK: &str = "// SPEC:";

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
        found.extend(
            ids.split_whitespace()
                .map(|id| (id.to_owned(), test.to_owned())),
        );
    }
    found
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
}
