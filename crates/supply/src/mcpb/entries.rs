//! Names in a bundle, before anything is unpacked.

use interlock_launch::excerpt;
use serde_json::Value;
use unicode_normalization::UnicodeNormalization as _;

use crate::locked::TreePath;
use crate::registry::{Notes, rules};
use crate::unpack::Names;

/// Judges the names of a bundle's members: texts, or objects with `name` and maybe `type` and `target`.
pub(crate) fn judge_entries(entries: &[Value], notes: &mut Notes) {
    let mut seen = Names::default();
    let mut has_manifest = false;
    for entry in entries {
        let text = |key: &str| entry.get(key).and_then(Value::as_str);
        let Some(name) = entry.as_str().or_else(|| text("name")) else {
            notes.note(rules::WRONG_TYPE, "a member of a bundle has a name");
            continue;
        };
        has_manifest |= name == "manifest.json";
        let plain = name.strip_suffix('/').unwrap_or(name);
        let path = TreePath::new(plain);
        if let Err(error) = &path {
            notes.note(rules::UNSAFE_PATH, format!("`{}`: {error}", excerpt(name)));
        } else if TreePath::new(plain.nfkc().collect::<String>()).is_err() {
            let shown = format!("`{}` is a path to other file systems", excerpt(name));
            notes.note(rules::UNSAFE_PATH, shown);
        }
        if path.is_ok() && is_reserved(plain) {
            notes.note(
                rules::UNSAFE_PATH,
                format!(
                    "`{}` is a device or another name on other systems",
                    excerpt(name)
                ),
            );
        }
        if matches!(text("type"), Some(kind) if !matches!(kind, "file" | "directory" | "dir"))
            || ["target", "linkname", "link"]
                .iter()
                .any(|key| entry.get(*key).is_some())
            || entry.get("mode").and_then(mode).is_some_and(is_special)
        {
            let shown = format!("`{}` is a link or a special file", excerpt(name));
            notes.note(rules::UNSAFE_PATH, shown);
        }
        let Ok(path) = path else { continue };
        let new = match name.ends_with('/') {
            true => seen.directory(&path),
            false => seen.file(&path).and_then(|new| match new {
                true => Ok(()),
                false => Err(Names::twice(&path)),
            }),
        };
        if new.is_err() {
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

/// A member's mode, as a number or in octal digits.
fn mode(value: &Value) -> Option<u64> {
    let octal = |text: &str| u64::from_str_radix(text.trim_start_matches("0o"), 8).ok();
    value.as_u64().or_else(|| value.as_str().and_then(octal))
}

/// Neither a file nor a directory, or one that gives its caller other rights.
fn is_special(mode: u64) -> bool {
    !matches!(mode & 0o170_000, 0 | 0o100_000 | 0o040_000) || mode & 0o6000 != 0
}

/// Names that Windows reads as a device or as another name, or cannot hold.
fn is_reserved(path: &str) -> bool {
    path.split('/').any(|part| {
        let stem = part.split('.').next().unwrap_or(part).to_ascii_uppercase();
        let numbered = |prefix: &str| {
            stem.strip_prefix(prefix).is_some_and(|rest| {
                let digit = |c: char| c.is_ascii_digit() || matches!(c, '¹' | '²' | '³');
                rest.chars().count() == 1 && rest.chars().all(digit)
            })
        };
        matches!(
            stem.as_str(),
            "CON" | "PRN" | "AUX" | "NUL" | "CONIN$" | "CONOUT$" | "CLOCK$"
        ) || numbered("COM")
            || numbered("LPT")
            || part.contains(':')
            || part.ends_with(['.', ' '])
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
            (json!(["manifest.json", "LPT¹"]), &["unsafe-path"]),
            (json!(["manifest.json", "x.", "x"]), &["unsafe-path"]),
            (json!(["manifest.json", "a", "a/b"]), &["unsafe-path"]),
            (json!(["manifest.json", "a/", "a/b", "a/"]), &[]),
            (json!(["manifest.json", "manifest.json"]), &["unsafe-path"]),
            (
                json!(["manifest.json", "straße", "STRASSE"]),
                &["unsafe-path"],
            ),
            (json!(["manifest.json", "\u{2025}/x"]), &["unsafe-path"]),
            (
                json!(["manifest.json", {"name": "l", "linkname": "/etc"}]),
                &["unsafe-path"],
            ),
            (
                json!(["manifest.json", {"name": "l", "mode": "0120777"}]),
                &["unsafe-path"],
            ),
            (
                json!(["manifest.json", {"name": "l", "mode": "04755"}]),
                &["unsafe-path"],
            ),
            (
                json!(["manifest.json", {"name": "l", "mode": "0100755"}]),
                &[],
            ),
            (json!(["server/index.js"]), &["missing-field"]),
        ] {
            let mut notes = Notes::default();
            judge_entries(entries.as_array().unwrap(), &mut notes);
            assert_eq!(notes.codes(), expected, "{entries}");
        }
    }
}
