//! What a bundle says of itself and asks for, a line each, for the person who decides. All of it is the bundle's own word.

use interlock_launch::excerpt;
use serde_json::Value;

use super::settings::{Kind, declared};
use super::{BundleError, Ready};

/// Most names in one line.
const SHOWN: usize = 40;

/// Describes a bundle.
pub(crate) fn about(manifest: &Value, ready: Result<&Ready, &BundleError>) -> Vec<String> {
    let text = |key: &str| manifest.get(key).and_then(Value::as_str).map(excerpt);
    let author = manifest
        .get("author")
        .and_then(|author| author.get("name").or(Some(author)))
        .and_then(Value::as_str)
        .map(|name| format!(" by {}", excerpt(name)));
    let mut lines = vec![format!(
        "calls itself {} {}{}: {}",
        text("display_name")
            .or_else(|| text("name"))
            .unwrap_or_default(),
        text("version").unwrap_or_default(),
        author.unwrap_or_default(),
        text("description").unwrap_or_default(),
    )];
    lines.extend(tools(manifest));
    lines.extend(settings(manifest));
    if let Ok(ready) = ready {
        for (name, makes) in &ready.secrets {
            lines.push(format!(
                "takes the secret {} ({}): keep it with `interlock secret set {}`, then grant `--secret {}`",
                excerpt(name),
                excerpt(makes),
                excerpt(name),
                excerpt(name),
            ));
        }
    }
    lines
}

fn tools(manifest: &Value) -> Option<String> {
    let list = manifest.get("tools").and_then(Value::as_array)?;
    let names: Vec<String> = list
        .iter()
        .filter_map(|tool| tool.get("name").and_then(Value::as_str))
        .take(SHOWN)
        .map(excerpt)
        .collect();
    let generated = manifest.get("tools_generated").and_then(Value::as_bool) == Some(true);
    let more = if generated {
        ", and others when it runs"
    } else {
        ""
    };
    (!names.is_empty()).then(|| format!("declares the tools {}{more}", names.join(", ")))
}

fn settings(manifest: &Value) -> Vec<String> {
    let Ok(settings) = declared(manifest) else {
        return Vec::new();
    };
    let said = |key: &str| {
        let own = manifest.get("user_config").and_then(|all| all.get(key));
        let text = own.and_then(|own| own.get("description").or_else(|| own.get("title")));
        text.and_then(Value::as_str)
            .map(excerpt)
            .unwrap_or_default()
    };
    let plain = settings.iter().filter(|(_, setting)| !setting.sensitive);
    plain
        .map(|(key, setting)| {
            let default = match setting.default.as_slice() {
                [] if setting.required => "needed".to_owned(),
                [] => "may be left out".to_owned(),
                values => format!("{} unless given", excerpt(&values.join(", "))),
            };
            let grant = if setting.kind == Kind::Place {
                "; grant the path as well, with --read or --write"
            } else {
                ""
            };
            format!("asks for `{key}=…` ({default}): {}{grant}", said(key))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_a_bundle_says_is_told_and_escaped() {
        let manifest = json!({
            "name": "x", "display_name": "X \u{1b}[2J", "version": "1.0.0", "description": "d", "author": {"name": "a"},
            "tools": [{"name": "read"}, {"name": "wri\u{202e}te"}],
            "user_config": {
                "dir": {"type": "directory", "description": "where", "required": true},
                "n": {"type": "number", "title": "how many", "default": 3},
                "key": {"type": "string", "sensitive": true}}});
        let ready = Ready {
            runs: interlock_launch::Interpreter::Node,
            entry: crate::TreePath::new("i.js").unwrap(),
            words: interlock_launch::Start::default(),
            secrets: [("API_KEY".to_owned(), "${user_config.key}".to_owned())].into(),
        };
        let lines = about(&manifest, Ok(&ready));
        let all = lines.join("\n");
        for part in [
            "calls itself X",
            "1.0.0 by a: d",
            "tools read, wri",
            "`dir=…` (needed): where; grant",
            "`n=…` (3 unless given): how many",
            "interlock secret set API_KEY",
        ] {
            assert!(all.contains(part), "{all} / {part}");
        }
        assert!(!all.contains(['\u{1b}', '\u{202e}']), "{all}");
        assert_eq!(lines.len(), 5);
    }
}
