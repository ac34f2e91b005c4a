//! The dependency edges between our crates, as a table. An edge that is not here is forbidden; a
//! new one wants a decision record in `docs/decisions/`.

use std::path::Path;

use super::Untidy;

/// Crate and the crates of ours that it may depend on (development dependencies are free).
pub const ALLOWED: &[(&str, &[&str])] = &[
    ("wire", &[]),
    ("audit", &[]),
    ("launch", &["wire", "sys"]),
    ("sys", &[]),
    ("sandbox", &["sys"]),
    ("supply", &["launch", "wire"]),
    ("sdk", &["wire"]),
    ("inspect", &["wire"]),
    ("scan", &["launch", "inspect"]),
    (
        "gateway",
        &["sdk", "wire", "audit", "launch", "supply", "sandbox"],
    ),
    (
        "cli",
        &[
            "wire", "audit", "launch", "supply", "sandbox", "gateway", "scan",
        ],
    ),
    // Its binaries are the fixtures of the conformance suites.
    ("testkit", &["wire", "sdk"]),
];

/// Edges in the manifests below `root` that the table does not allow.
///
/// # Errors
/// When a manifest cannot be read or is not TOML.
pub fn forbidden_edges(root: &Path) -> Result<Vec<Untidy>, String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(root.join("crates")).map_err(|e| format!("crates: {e}"))? {
        let directory = entry.map_err(|e| e.to_string())?;
        let name = directory.file_name().to_string_lossy().into_owned();
        let manifest = directory.path().join("Cargo.toml");
        let text = std::fs::read_to_string(&manifest)
            .map_err(|e| format!("{}: {e}", manifest.display()))?;
        found.extend(judge_manifest(&name, &text)?);
    }
    found.sort_by(|a, b| a.place.cmp(&b.place));
    Ok(found)
}

fn judge_manifest(name: &str, text: &str) -> Result<Vec<Untidy>, String> {
    let place = format!("crates/{name}/Cargo.toml");
    let Some((_, allowed)) = ALLOWED.iter().find(|(known, _)| *known == name) else {
        let problem = "not in the table of crates; add it there with a decision record".to_owned();
        return Ok(vec![Untidy { place, problem }]);
    };
    let manifest: toml::Table = text.parse().map_err(|e| format!("{place}: {e}"))?;
    let Some(dependencies) = manifest.get("dependencies").and_then(toml::Value::as_table) else {
        return Ok(Vec::new());
    };
    Ok(dependencies
        .keys()
        .filter_map(|key| key.strip_prefix("interlock-"))
        .filter(|target| !allowed.contains(target))
        .map(|target| Untidy {
            place: place.clone(),
            problem: format!("`{name}` may not depend on `{target}`"),
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, dependencies: &[&str], problems: usize) {
        let mut text = "[dependencies]\n".to_owned();
        for dependency in dependencies {
            text.push_str(&format!("interlock-{dependency}.workspace = true\n"));
        }
        assert_eq!(
            judge_manifest(name, &text).unwrap().len(),
            problems,
            "{name} {dependencies:?}"
        );
    }

    #[test]
    fn only_edges_of_the_table_pass() {
        check("wire", &[], 0);
        check("wire", &["sys"], 1);
        check("sandbox", &["sys"], 0);
        check("sandbox", &["launch", "wire"], 2);
        check("cli", &["gateway"], 0);
        check("cli", &["sys"], 1);
        check("stranger", &[], 1);
    }
}
