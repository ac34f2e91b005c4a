//! Rules of third-party dependencies: each is declared once with its reason, and they are few.

use std::path::Path;

use super::Untidy;

/// Packages in `Cargo.lock`.
///
/// # Errors
/// When the lock file cannot be read.
pub fn lock_size(root: &Path) -> Result<usize, String> {
    let text = std::fs::read_to_string(root.join("Cargo.lock")).map_err(|e| e.to_string())?;
    Ok(text.lines().filter(|line| *line == "[[package]]").count())
}

/// Third-party dependencies in a manifest without a comment that says why they are there. A
/// comment covers the lines that follow it up to the next blank line or comment.
pub fn undocumented_dependencies(place: &str, manifest: &str) -> Vec<Untidy> {
    let mut found = Vec::new();
    let mut inside = false;
    let mut explained = false;
    for line in manifest.lines().map(str::trim) {
        if line.starts_with('[') {
            inside = line.ends_with("dependencies]");
            explained = false;
        } else if line.is_empty() {
            explained = false;
        } else if line.starts_with('#') {
            explained = true;
        } else if inside && !explained && is_third_party(line) {
            let name = line.split('=').next().unwrap_or(line).trim();
            let problem = format!("dependency `{name}` has no comment that says why it is there");
            found.push(Untidy {
                place: place.to_owned(),
                problem,
            });
        }
    }
    found
}

/// A line that names a version or source: not one of ours, not inherited from the workspace.
fn is_third_party(line: &str) -> bool {
    line.contains('=') && !line.starts_with("interlock-") && !line.contains("workspace = true")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(manifest: &str, problems: usize) {
        assert_eq!(
            undocumented_dependencies("Cargo.toml", manifest).len(),
            problems,
            "{manifest}"
        );
    }

    #[test]
    fn every_dependency_says_why() {
        check("[dependencies]\n# Lines.\nmemchr = \"2\"\n", 0);
        check("[dependencies]\nmemchr = \"2\"\n", 1);
        check(
            "[dependencies]\n# Lines.\nmemchr = \"2\"\n\nserde = \"1\"\n",
            1,
        );
        check(
            "[dependencies]\nserde.workspace = true\ninterlock-wire = { path = \"x\" }\n",
            0,
        );
        check("[package]\nname = \"x\"\n", 0);
        check("[dev-dependencies]\ntempfile = \"3\"\n", 1);
    }
}
