//! Text of others, made to show all that it holds.

use interlock_wire::is_hidden;

/// The beginning of a text, at most `most` bytes: what a peer wrote must not make a record too long to be written.
pub(crate) fn brief(text: &str, most: usize) -> &str {
    let mut end = most.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}

/// A text in which every character shows: what a terminal or a reader could miss becomes `<U+XXXX>`.
#[must_use]
pub fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if !is_hidden(c) {
            shown.push(c);
        } else {
            shown.push_str(&format!("<U+{:04X}>", u32::from(c)));
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_is_cut_between_characters() {
        for (text, most, expected) in [
            ("abc", 5, "abc"),
            ("abc", 2, "ab"),
            ("aé", 2, "a"),
            ("é", 0, ""),
            ("", 3, ""),
        ] {
            assert_eq!(brief(text, most), expected);
        }
    }

    #[test]
    fn text_of_any_language_stays_readable() {
        for text in ["naïve", "привет", "日本語", "עברית", "e\u{301}", "emoji 🙂"]
        {
            assert_eq!(visible(text), text);
        }
    }
}
