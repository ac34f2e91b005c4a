//! Looking at text that a stranger wrote: what a reader cannot see, what stands for something to be filled in,
//! what must not be shown as it is. No normalisation: text is described, never changed.

/// Longest excerpt of a request's text in a reason, in characters.
const EXCERPT: usize = 120;

/// The first character that a reader would not see, or that changes how the rest is seen: controls, bidirectional
/// overrides, zero-width and tag characters, unusual spaces, private use. `allow_lines` admits tab and line feed.
#[must_use]
pub fn hidden_char(text: &str, allow_lines: bool) -> Option<char> {
    if text.bytes().all(|byte| (0x20..0x7f).contains(&byte)) {
        return None;
    }
    text.chars().find(|&c| {
        !(allow_lines && matches!(c, '\n' | '\t' | '\r')) && (c.is_control() || is_invisible(c))
    })
}

fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{a0}' | '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{1680}' | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{2000}'..='\u{200f}' | '\u{2028}'..='\u{202f}' | '\u{205f}'..='\u{206f}'
        | '\u{2800}' | '\u{3000}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
        | '\u{fff0}'..='\u{fffb}' | '\u{e000}'..='\u{f8ff}' | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}' | '\u{f0000}'..='\u{10ffff}')
}

/// `text` made safe for a terminal and for one line: what is hidden becomes an escape, and the middle of something
/// very long is left out (reasons are hints; approval shows requests in full elsewhere).
#[must_use]
pub fn excerpt(text: &str) -> String {
    let mut out = String::with_capacity(text.len().min(EXCERPT) + 8);
    for (count, c) in text.chars().enumerate() {
        if count >= EXCERPT {
            out.push('…');
            break;
        }
        if c.is_control() || is_invisible(c) {
            out.extend(c.escape_unicode());
        } else {
            out.push(c);
        }
    }
    out
}

/// The text without the logins of addresses in it: what stands between `://` and the `@` before a host may be a secret.
#[must_use]
pub fn without_logins(text: &str) -> String {
    let (mut shown, mut rest) = (String::with_capacity(text.len()), text);
    while let Some((head, tail)) = rest.split_once("://") {
        let end = tail.find(['/', '?', '#', '\\']).unwrap_or(tail.len());
        let authority = tail.get(..end).unwrap_or(tail);
        shown.push_str(head);
        shown.push_str("://");
        // What follows is looked at again: another address may begin in it.
        rest = match authority.rfind('@').and_then(|at| tail.get(at + 1..)) {
            Some(host) => {
                shown.push_str("…@");
                host
            }
            None => tail,
        };
    }
    shown.push_str(rest);
    shown
}

/// A secret's first characters and its length: enough to find it, too little to use it.
#[must_use]
pub fn mask(secret: &str) -> String {
    let count = secret.chars().count();
    let shown: String = secret
        .chars()
        .take(if count > 12 { 4 } else { 0 })
        .collect();
    format!("{}… ({count} characters)", excerpt(&shown))
}

/// Whether white space could push part of the text out of a dialog: a run of eight or more, or nothing else at all.
pub(crate) fn is_padded(text: &str) -> bool {
    let mut run = 0_usize;
    for c in text.chars() {
        run = if c.is_whitespace() { run + 1 } else { 0 };
        if run >= 8 {
            return true;
        }
    }
    !text.is_empty() && text.chars().all(char::is_whitespace)
}

/// Whether letters of the Latin alphabet stand beside letters of another alphabet that has look-alikes.
pub(crate) fn is_mixed_script(text: &str) -> bool {
    let latin = text.chars().any(|c| c.is_ascii_alphabetic());
    let lookalike = text.chars().any(|c| {
        matches!(c, '\u{370}'..='\u{52f}' | '\u{13a0}'..='\u{13ff}' | '\u{1c80}'..='\u{1c8f}' | '\u{2de0}'..='\u{2dff}'
            | '\u{a640}'..='\u{a69f}' | '\u{ff01}'..='\u{ff5e}' | '\u{1d400}'..='\u{1d7ff}' | '\u{250}'..='\u{2af}')
    });
    latin && lookalike
}

/// Whether a shell would do something with the text beyond passing it on.
pub(crate) fn has_shell_syntax(text: &str) -> bool {
    text.contains(['`', ';', '|', '&', '<', '>', '\n']) || text.contains("$(")
}

/// Parts of example values, lower case: text with one of them is there to be replaced.
const EXAMPLES: &[&str] = &[
    "your",
    "xxx",
    "placeholder",
    "change_me",
    "changeme",
    "change-me",
    "replace",
    "example",
    "redacted",
    "dummy",
    "...",
    "…",
    "****",
    "todo",
    "insert",
    "paste",
    "<",
    "my-",
    "my_",
    "_here",
    "-here",
    "sample",
    "username:password",
    "user:pass",
    "abc123",
    "secret_key_goes",
    "test-token",
    "pat_goes",
];

/// Parts of example paths, lower case, `/` for every separator.
const EXAMPLE_PATHS: &[&str] = &[
    "/path/",
    "path/to/",
    "/path-to",
    "path_to",
    "path-to",
    "absolute/path",
    "full/path",
    "/your",
    "your-",
    "your_",
    "yourname",
    "/username",
    "/user name",
    "/example",
    "/some/",
    "/user/",
    "<",
];

/// Whether the text contains something that a client or a person fills in: `${VAR}`, `$VAR`, `{…}`, `<…>`,
/// `%VAR%`, `[…]` around the whole.
#[must_use]
pub fn has_variable(text: &str) -> bool {
    enclosed(text, "${", '}')
        || enclosed(text, "{", '}')
        || enclosed(text, "<", '>')
        || (text.starts_with('[') && text.ends_with(']'))
        || enclosed_name(text, '%')
        || text
            .strip_prefix('$')
            .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_alphabetic()))
}

/// Whether the whole text is one variable or bracketed hint, with nothing before or after it.
#[must_use]
pub fn is_variable(text: &str) -> bool {
    let braces = text.starts_with("${") && text.ends_with('}') && text.matches('}').count() == 1;
    let angle = text.starts_with('<') && text.ends_with('>') && text.matches('>').count() == 1;
    let percent =
        text.len() > 2 && text.starts_with('%') && text.ends_with('%') && enclosed_name(text, '%');
    let name = text.strip_prefix('$').is_some_and(|rest| {
        !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
    });
    braces || angle || percent || name
}

/// Whether a value is an example that has to be replaced before anything can work.
#[must_use]
pub fn is_placeholder(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    text.is_empty() || has_variable(text) || EXAMPLES.iter().any(|part| lower.contains(part))
}

/// Whether a path is an example that has to be replaced.
pub(crate) fn is_placeholder_path(text: &str) -> bool {
    let lower = text.to_ascii_lowercase().replace('\\', "/");
    has_variable(text) || EXAMPLE_PATHS.iter().any(|part| lower.contains(part))
}

fn enclosed(text: &str, open: &str, close: char) -> bool {
    text.split_once(open)
        .and_then(|(_, rest)| rest.split_once(close))
        .is_some_and(|(inner, _)| inner.chars().any(|c| c.is_alphanumeric() || c == '_'))
}

fn enclosed_name(text: &str, mark: char) -> bool {
    let mut parts = text.split(mark);
    parts.next();
    parts.next().is_some_and(|name| {
        name.starts_with(|c: char| c.is_ascii_alphabetic())
            && name
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'(' | b')'))
            && text.matches(mark).count() >= 2
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_reader_cannot_see_is_found() {
        for (text, lines, hidden) in [
            ("plain text", false, false),
            ("Übergrößen 日本語 مرحبا", false, false),
            ("a\u{202e}b", false, true),
            ("a\u{200b}b", false, true),
            ("a\u{e0041}b", true, true),
            ("a\nb", false, true),
            ("a\nb", true, false),
            ("a\u{1b}[2K", true, true),
            ("a\u{a0}b", true, true),
        ] {
            assert_eq!(hidden_char(text, lines).is_some(), hidden, "{text:?}");
        }
    }

    #[test]
    fn excerpts_are_one_safe_line() {
        assert_eq!(excerpt("a\u{1b}[2Kb\u{202e}"), "a\\u{1b}[2Kb\\u{202e}");
        assert!(excerpt(&"x".repeat(500)).chars().count() <= EXCERPT + 1);
    }

    #[test]
    fn logins_are_cut_out() {
        for (text, expected) in [
            ("", ""),
            ("a@b", "a@b"),
            ("https://h/@s/x@1", "https://h/@s/x@1"),
            (
                "git+https://u:p@h.example/o/r@v1",
                "git+https://…@h.example/o/r@v1",
            ),
            (
                "a @ https://t@h/x https://u:p@w@h?@",
                "a @ https://…@h/x https://…@h?@",
            ),
            ("://@://@", "://…@://…@"),
            ("ssh://u:p@", "ssh://…@"),
            ("https://https://u:p@h", "https://https://…@h"),
        ] {
            assert_eq!(without_logins(text), expected, "{text}");
        }
    }

    #[test]
    fn masks_never_show_enough() {
        assert_eq!(mask("short"), "… (5 characters)");
        assert_eq!(mask("ghp_0123456789abcdef"), "ghp_… (20 characters)");
    }

    #[test]
    fn padding_is_long_runs_of_space() {
        assert!(is_padded("a                x"));
        assert!(is_padded("  "));
        assert!(!is_padded("a b  c"));
        assert!(!is_padded(""));
    }

    #[test]
    fn scripts_that_imitate_latin_are_noticed_beside_it() {
        assert!(is_mixed_script("@modеlcontextprotocol"));
        assert!(is_mixed_script("gіt"));
        assert!(!is_mixed_script("сервер"));
        assert!(!is_mixed_script("josé"));
    }

    #[test]
    fn variables_and_examples_are_told_from_values() {
        for text in [
            "${VAR}",
            "<api-key>",
            "{your file}.pem",
            "%APPDATA%\\x",
            "$HOME/x",
            "[path1]",
        ] {
            assert!(has_variable(text), "{text}");
        }
        for text in ["plain", "100% of 50%", "a{}b", "<>", "$", "x$(y)"] {
            assert!(!has_variable(text), "{text}");
        }
        for text in ["${HOME}", "<dir>", "%TEMP%", "$HOME"] {
            assert!(is_variable(text), "{text}");
        }
        for text in ["${HOME}/x", "${A}${B}", "a<b>", "$A/b"] {
            assert!(!is_variable(text), "{text}");
        }
        assert!(is_placeholder("YOUR_API_KEY"));
        assert!(!is_placeholder("ghp_0123456789"));
        assert!(is_placeholder_path("C:\\ABSOLUTE\\PATH\\TO\\X"));
        assert!(!is_placeholder_path("/home/me/server.js"));
    }
}
