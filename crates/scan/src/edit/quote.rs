//! Text as a literal of each format.
//!
//! YAML's double-quoted form is used for everything that is not plainly a word, because what YAML takes for a number, a
//! date or a truth value differs between its versions and readers.

use std::fmt::Write as _;

/// Which rules of quoting and separating hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Syntax {
    /// JSON, with or without comments.
    Json,
    /// TOML.
    Toml,
    /// YAML.
    Yaml,
}

/// `text` as a literal, written like `like` (the literal it replaces or stands beside) where that is possible.
pub(super) fn text(syntax: Syntax, text: &str, like: &str) -> String {
    match syntax {
        Syntax::Json => double_quoted(text, &[]),
        Syntax::Toml if like.starts_with('\'') && fits_toml_literal(text) => format!("'{text}'"),
        Syntax::Toml => double_quoted(text, &[]),
        Syntax::Yaml if like.starts_with('\'') && is_printable(text) => {
            format!("'{}'", text.replace('\'', "''"))
        }
        Syntax::Yaml if !like.starts_with('"') && is_plain_word(text) => text.to_owned(),
        Syntax::Yaml => double_quoted(text, &['\u{85}', '\u{2028}', '\u{2029}', '\u{feff}']),
    }
}

/// `key` as the name of a member, written like `like`, the name of a neighbour.
pub(super) fn key(syntax: Syntax, key: &str, like: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if syntax == Syntax::Toml && !key.is_empty() && key.chars().all(bare) {
        return key.to_owned();
    }
    text(syntax, key, like)
}

fn fits_toml_literal(text: &str) -> bool {
    !text.contains('\'') && is_printable(text)
}

fn is_printable(text: &str) -> bool {
    !text
        .chars()
        .any(|c| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}'))
}

/// A word that every YAML reader takes for text: letters first, and none of the words with a meaning.
fn is_plain_word(text: &str) -> bool {
    const MEANING: &[&str] = &["null", "true", "false", "yes", "no", "on", "off", "y", "n"];
    let first = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/');
    let rest = text
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || "/_-.+@".contains(c));
    first && rest && !MEANING.contains(&text.to_ascii_lowercase().as_str())
}

/// Escapes that JSON, TOML and YAML share.
fn double_quoted(text: &str, also: &[char]) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() || also.contains(&c) => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(syntax: Syntax, plain: &str, like: &str, expected: &str) {
        assert_eq!(
            text(syntax, plain, like),
            expected,
            "{syntax:?} {plain:?} like {like:?}"
        );
    }

    #[test]
    fn text_becomes_a_literal_like_its_neighbour() {
        use Syntax::{Json, Toml, Yaml};
        check(Json, "a\"b\\c\u{1}", "", r#""a\"b\\c\u0001""#);
        check(Json, "C:\\bin\\x", "", r#""C:\\bin\\x""#);
        check(Toml, "run", "\"x\"", "\"run\"");
        check(Toml, "C:\\x", "'y'", "'C:\\x'");
        check(Toml, "it's", "'y'", "\"it's\"");
        check(Toml, "a\nb", "'y'", "\"a\\nb\"");
        check(Yaml, "run", "npx", "run");
        check(Yaml, "run", "\"npx\"", "\"run\"");
        check(Yaml, "run", "'npx'", "'run'");
        check(Yaml, "it's", "'npx'", "'it''s'");
        check(Yaml, "/usr/bin/interlock", "npx", "/usr/bin/interlock");
        for odd in [
            "--", "-y", "yes", "Null", "1e3", "", "a: b", "#", "~", "a b", "*x", "\u{2028}",
        ] {
            assert!(text(Yaml, odd, "npx").starts_with('"'), "{odd:?}");
        }
    }

    #[test]
    fn keys_are_bare_where_they_may_be() {
        assert_eq!(key(Syntax::Toml, "args", "command"), "args");
        assert_eq!(key(Syntax::Toml, "a b", "command"), "\"a b\"");
        assert_eq!(key(Syntax::Json, "args", "\"command\""), "\"args\"");
        assert_eq!(key(Syntax::Yaml, "args", "cmd"), "args");
        assert_eq!(key(Syntax::Yaml, "args", "\"cmd\""), "\"args\"");
    }
}
