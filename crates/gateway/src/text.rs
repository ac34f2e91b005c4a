//! Text of others, made to show all that it holds.

/// A text in which every character shows: what a terminal or a reader could miss becomes `<U+XXXX>`.
#[must_use]
pub fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if is_plain(c) {
            shown.push(c);
        } else {
            shown.push_str(&format!("<U+{:04X}>", u32::from(c)));
        }
    }
    shown
}

/// Whether a character shows as itself and changes nothing around it.
pub(crate) fn is_plain(c: char) -> bool {
    let hidden = c.is_control() || (c.is_whitespace() && c != ' ');
    !hidden && !INVISIBLE.iter().any(|(from, to)| (*from..=*to).contains(&c))
}

/// Code points that have no shape of their own or that reorder, join or vary their neighbours (Unicode
/// 17: general categories Cf and Co, default ignorables, fillers and variation selectors).
const INVISIBLE: &[(char, char)] = &[
    ('\u{ad}', '\u{ad}'),
    ('\u{34f}', '\u{34f}'),
    ('\u{600}', '\u{605}'),
    ('\u{61c}', '\u{61c}'),
    ('\u{6dd}', '\u{6dd}'),
    ('\u{70f}', '\u{70f}'),
    ('\u{890}', '\u{891}'),
    ('\u{8e2}', '\u{8e2}'),
    ('\u{115f}', '\u{1160}'),
    ('\u{17b4}', '\u{17b5}'),
    ('\u{180b}', '\u{180f}'),
    ('\u{200b}', '\u{200f}'),
    ('\u{2028}', '\u{202e}'),
    ('\u{2060}', '\u{206f}'),
    ('\u{2800}', '\u{2800}'),
    ('\u{3164}', '\u{3164}'),
    ('\u{e000}', '\u{f8ff}'),
    ('\u{fe00}', '\u{fe0f}'),
    ('\u{feff}', '\u{feff}'),
    ('\u{ffa0}', '\u{ffa0}'),
    ('\u{fff0}', '\u{fffb}'),
    ('\u{110bd}', '\u{110bd}'),
    ('\u{110cd}', '\u{110cd}'),
    ('\u{13430}', '\u{1343f}'),
    ('\u{1bca0}', '\u{1bca3}'),
    ('\u{1d173}', '\u{1d17a}'),
    ('\u{e0000}', '\u{10ffff}'),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_any_language_stays_readable() {
        for text in ["naïve", "привет", "日本語", "עברית", "e\u{301}", "emoji 🙂"] {
            assert_eq!(visible(text), text);
        }
    }

    #[test]
    fn every_character_of_a_hidden_range_is_written_out() {
        for (from, to) in INVISIBLE {
            for c in [*from, *to] {
                assert_eq!(visible(&c.to_string()), format!("<U+{:04X}>", u32::from(c)));
            }
        }
    }
}
