//! Text for people: what of the characters that nobody sees belongs to writing, and what hides something.
//!
//! Emoji carry selectors and joiners, Persian and the scripts of India need joiners between letters, and many
//! languages have spaces of their own. In a name or an argument none of that has a place.

use interlock_launch::hidden_char;

/// Fields of entries, bundles and packages that are read by people only.
const FIELDS: &[&str] = &[
    "description",
    "title",
    "display_name",
    "displayName",
    "long_description",
    "longDescription",
    "statusMessage",
    "deprecated",
    "keywords",
    "author",
    "label",
    "placeholder",
];

/// Whether a field is read by people only.
pub(crate) fn is_prose(field: &str) -> bool {
    FIELDS.contains(&field)
}

/// The first character of a text for people that hides something.
pub(crate) fn hidden_in_prose(text: &str) -> Option<char> {
    hidden_char(text, true)?;
    let mut before = None;
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        let single = hidden_char(c.encode_utf8(&mut [0; 4]), true);
        if single.is_some() && !belongs(before, c, rest.clone().next()) {
            return single;
        }
        before = Some(c);
    }
    None
}

fn belongs(before: Option<char>, c: char, after: Option<char>) -> bool {
    let (joins, script) = (
        before.is_some_and(is_sign),
        before.is_some_and(joins_letters),
    );
    match c {
        '\u{a0}' | '\u{202f}' | '\u{3000}' | '\u{2002}'..='\u{200a}' => true,
        '\u{fe0e}' | '\u{fe0f}' => joins || after == Some('\u{20e3}'),
        '\u{200d}' if joins || before == Some('\u{fe0f}') => after.is_some_and(is_sign),
        '\u{200c}' | '\u{200d}' => {
            script && after.is_none_or(|after| !after.is_ascii_alphanumeric())
        }
        _ => false,
    }
}

/// A symbol or pictograph; not a letter, and seen.
fn is_sign(c: char) -> bool {
    c as u32 >= 0xa9
        && !c.is_alphanumeric()
        && !c.is_whitespace()
        && hidden_char(c.encode_utf8(&mut [0; 4]), true).is_none()
}

/// A letter of a script in which joiners decide how letters are written.
fn joins_letters(c: char) -> bool {
    matches!(c, '\u{600}'..='\u{6ff}' | '\u{750}'..='\u{77f}' | '\u{8a0}'..='\u{8ff}' | '\u{900}'..='\u{dff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_writing_needs_and_what_hides() {
        for (text, hides) in [
            ("plain\ntext", false),
            ("🛡\u{fe0f} Faster SQL", false),
            ("✔\u{fe0e} success", false),
            ("1\u{fe0f}\u{20e3} first", false),
            ("👨\u{200d}👩\u{200d}👧 and ❤\u{fe0f}\u{200d}🔥", false),
            ("می\u{200c}خواهم", false),
            ("日本\u{3000}語", false),
            ("10\u{a0}000", false),
            ("a\u{fe0f}b", true),
            ("a\u{200d}b", true),
            ("a\u{200b}b", true),
            ("🛡\u{fe0f}\u{fe0f}", true),
            ("a\u{202e}b", true),
            ("🛡\u{e0041}", true),
            ("\u{200c}x", true),
        ] {
            assert_eq!(hidden_in_prose(text).is_some(), hides, "{text:?}");
        }
    }
}
