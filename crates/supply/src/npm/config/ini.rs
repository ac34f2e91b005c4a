//! npm's dialect of INI.

use std::collections::BTreeMap;

/// npm's dialect of INI: `key = value`, comments with `;` and `#`, quoted strings, `${NAME}`. Sections
/// and lists mean nothing to the settings that matter here.
pub(super) fn parse(
    text: &str,
    env: &dyn Fn(&str) -> Option<String>,
    into: &mut BTreeMap<String, String>,
) {
    for line in text.trim_start_matches('\u{feff}').lines() {
        let line = line.trim();
        if line.is_empty() || line.starts_with([';', '#', '[']) {
            continue;
        }
        let Some((key, value)) = line.split_once('=') else {
            continue;
        };
        into.insert(
            expand(&unquote(key.trim()), env),
            expand(&unquote(value.trim()), env),
        );
    }
}

fn unquote(text: &str) -> String {
    for quote in ['"', '\''] {
        let inner = text
            .strip_prefix(quote)
            .and_then(|rest| rest.strip_suffix(quote));
        if let Some(inner) = inner {
            return inner.into();
        }
    }
    // Outside quotes a comment ends the value and a backslash keeps the next character.
    let mut out = String::with_capacity(text.len());
    let mut escaped = false;
    for c in text.chars() {
        match c {
            _ if escaped => {
                if !matches!(c, '\\' | ';' | '#') {
                    out.push('\\');
                }
                out.push(c);
                escaped = false;
            }
            '\\' => escaped = true,
            ';' | '#' => break,
            _ => out.push(c),
        }
    }
    if escaped {
        out.push('\\');
    }
    out.trim().to_owned()
}

/// Replaces `${NAME}` by the variable's value, `${NAME?}` by it or nothing; a variable that is not
/// set leaves the text as it is, as npm does.
fn expand(text: &str, env: &dyn Fn(&str) -> Option<String>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        out.push_str(before);
        let Some((name, tail)) = after.split_once('}') else {
            out.push_str("${");
            rest = after;
            continue;
        };
        let bare = name.strip_suffix('?');
        match env(bare.unwrap_or(name)) {
            Some(value) => out.push_str(&value),
            None if bare.is_some() => {}
            None => out.push_str(&format!("${{{name}}}")),
        }
        rest = tail;
    }
    out.push_str(rest);
    out
}
