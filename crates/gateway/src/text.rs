//! Text of others, made to show all that it holds.

use interlock_wire::is_hidden;

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
    fn text_of_any_language_stays_readable() {
        for text in ["naïve", "привет", "日本語", "עברית", "e\u{301}", "emoji 🙂"]
        {
            assert_eq!(visible(text), text);
        }
    }
}
