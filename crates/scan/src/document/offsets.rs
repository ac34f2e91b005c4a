//! From counts of characters, which the YAML reader gives, to bytes.

/// Every how many characters a byte offset is remembered.
const STRIDE: usize = 256;

/// The byte offsets of a text's characters.
pub(super) struct Offsets<'t> {
    text: &'t str,
    /// Byte offset of every [`STRIDE`]th character; empty where each character is one byte.
    marks: Vec<usize>,
}

impl<'t> Offsets<'t> {
    pub(super) fn of(text: &'t str) -> Self {
        let marks = if text.is_ascii() {
            Vec::new()
        } else {
            text.char_indices()
                .step_by(STRIDE)
                .map(|(at, _)| at)
                .collect()
        };
        Offsets { text, marks }
    }

    /// The byte where the character with this number starts; the text's end for one past the last.
    pub(super) fn byte(&self, character: usize) -> usize {
        if self.marks.is_empty() {
            return character.min(self.text.len());
        }
        let Some(mark) = self.marks.get(character / STRIDE) else {
            return self.text.len();
        };
        let rest = self.text.get(*mark..).unwrap_or("");
        rest.char_indices()
            .nth(character % STRIDE)
            .map_or(self.text.len(), |(at, _)| mark + at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_character_is_found_at_its_byte() {
        for text in ["", "plain", "ünïcödé 日本語 🦀", &"aé".repeat(1000)] {
            let offsets = Offsets::of(text);
            for (number, (at, _)) in text.char_indices().enumerate() {
                assert_eq!(offsets.byte(number), at, "{number}");
            }
            let count = text.chars().count();
            assert_eq!(offsets.byte(count), text.len());
            assert_eq!(offsets.byte(count + 1000), text.len());
        }
    }
}
