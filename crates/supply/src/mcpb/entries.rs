//! Names in a bundle, before anything is unpacked.

use std::collections::HashSet;

use interlock_launch::excerpt;
use serde_json::Value;
use unicode_normalization::UnicodeNormalization as _;

use crate::locked::TreePath;
use crate::registry::{Notes, rules};

/// Judges the names of a bundle's members: texts, or objects with `name` and maybe `type` and `target`.
pub(crate) fn judge_entries(entries: &[Value], notes: &mut Notes) {
    let mut seen = HashSet::new();
    let mut has_manifest = false;
    for entry in entries {
        let text = |key: &str| entry.get(key).and_then(Value::as_str);
        let Some(name) = entry.as_str().or_else(|| text("name")) else {
            notes.note(rules::WRONG_TYPE, "a member of a bundle has a name");
            continue;
        };
        has_manifest |= name == "manifest.json";
        let plain = name.strip_suffix('/').unwrap_or(name);
        if let Err(error) = TreePath::new(plain) {
            notes.note(rules::UNSAFE_PATH, format!("`{}`: {error}", excerpt(name)));
        }
        if is_reserved(plain) {
            notes.note(
                rules::UNSAFE_PATH,
                format!("`{}` is a device on other systems", excerpt(name)),
            );
        }
        if matches!(text("type"), Some(kind) if !matches!(kind, "file" | "directory" | "dir"))
            || text("target").is_some()
        {
            let shown = format!("`{}` is a link or a special file", excerpt(name));
            notes.note(rules::UNSAFE_PATH, shown);
        }
        let folded: String = plain.nfc().flat_map(char::to_lowercase).collect();
        if !seen.insert(folded) {
            let shown = format!("`{}` is there twice for some file system", excerpt(name));
            notes.note(rules::UNSAFE_PATH, shown);
        }
    }
    if !has_manifest {
        notes.note(
            rules::MISSING_FIELD,
            "a bundle has a `manifest.json` at its root",
        );
    }
}

/// Names that Windows reads as a device or cannot hold.
fn is_reserved(path: &str) -> bool {
    path.split('/').any(|part| {
        let stem = part.split('.').next().unwrap_or(part).to_ascii_uppercase();
        let numbered = |prefix: &str| {
            stem.strip_prefix(prefix)
                .is_some_and(|rest| rest.len() == 1 && rest.bytes().all(|b| b.is_ascii_digit()))
        };
        matches!(stem.as_str(), "CON" | "PRN" | "AUX" | "NUL")
            || numbered("COM")
            || numbered("LPT")
            || part.contains(':')
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn members_stay_in_their_bundle() {
        for (entries, expected) in [
            (
                json!(["manifest.json", "server/index.js", "assets/"]),
                &[][..],
            ),
            (json!(["manifest.json", "../../.bashrc"]), &["unsafe-path"]),
            (json!(["manifest.json", "/etc/passwd"]), &["unsafe-path"]),
            (json!(["manifest.json", "a\\..\\b"]), &["unsafe-path"]),
            (json!(["manifest.json", "C:/x"]), &["unsafe-path"]),
            (json!(["manifest.json", "A.js", "a.js"]), &["unsafe-path"]),
            (
                json!(["manifest.json", {"name": "l", "type": "symlink", "target": "/etc"}]),
                &["unsafe-path"],
            ),
            (json!(["manifest.json", "nul.txt"]), &["unsafe-path"]),
            (json!(["server/index.js"]), &["missing-field"]),
        ] {
            let mut notes = Notes::default();
            judge_entries(entries.as_array().unwrap(), &mut notes);
            assert_eq!(notes.codes(), expected, "{entries}");
        }
    }
}
