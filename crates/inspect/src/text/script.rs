//! Which script a character belongs to, as far as invisible characters and look-alikes depend on it. Ranges, not tables of Unicode.

/// A group of scripts with common rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Script {
    Latin,
    Greek,
    Cyrillic,
    Armenian,
    /// Written from right to left; joiners and direction marks belong to ordinary text.
    RightToLeft,
    /// Scripts of India and its neighbours: joiners shape letters.
    Indic,
    /// Scripts without spaces between words: a zero-width space may mark where a line breaks.
    Unspaced,
    /// Han, kana, Hangul.
    EastAsian,
    /// Another script.
    Other,
}

/// The script of a letter; nothing for digits, punctuation, symbols and marks.
pub(crate) fn script(character: char) -> Option<Script> {
    if !character.is_alphabetic() {
        return None;
    }
    Some(match u32::from(character) {
        0x41..=0x24F | 0x250..=0x2AF | 0x1D00..=0x1D25 | 0x1E00..=0x1EFF | 0x2C60..=0x2C7F => {
            Script::Latin
        }
        0xA720..=0xA7FF | 0xAB30..=0xAB64 | 0xFB00..=0xFB06 | 0xFF21..=0xFF5A => Script::Latin,
        0x370..=0x3FF | 0x1F00..=0x1FFF => Script::Greek,
        0x400..=0x52F | 0x1C80..=0x1C8F | 0x2DE0..=0x2DFF | 0xA640..=0xA69F => Script::Cyrillic,
        0x531..=0x587 => Script::Armenian,
        0x590..=0x8FF
        | 0xFB1D..=0xFDFF
        | 0xFE70..=0xFEFC
        | 0x10800..=0x10FFF
        | 0x1E800..=0x1EFFF => Script::RightToLeft,
        0x900..=0xDFF | 0xF00..=0xFFF | 0x11000..=0x11FFF => Script::Indic,
        0xE00..=0xEFF | 0x1000..=0x109F | 0x1780..=0x17FF | 0x1980..=0x19DF | 0x1A20..=0x1AAF => {
            Script::Unspaced
        }
        0x1100..=0x11FF | 0x2E80..=0x9FFF | 0xA960..=0xA97F | 0xAC00..=0xD7FF | 0xF900..=0xFAFF => {
            Script::EastAsian
        }
        0xFF66..=0xFFDC | 0x20000..=0x3FFFF => Script::EastAsian,
        _ => Script::Other,
    })
}

/// Whether a character is a picture or symbol that a variation selector or a joiner may follow.
pub(crate) fn is_pictograph(character: char) -> bool {
    matches!(u32::from(character),
        0x23 | 0x2A | 0x30..=0x39 | 0xA9 | 0xAE | 0x203C | 0x2049 | 0x20E3 | 0x2122 | 0x2139 | 0x2190..=0x2BFF
        | 0x3030 | 0x303D | 0x3297 | 0x3299 | 0x1F000..=0x1FAFF)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_of_letters() {
        for (character, expected) in [
            ('a', Some(Script::Latin)),
            ('é', Some(Script::Latin)),
            ('а', Some(Script::Cyrillic)),
            ('ο', Some(Script::Greek)),
            ('ا', Some(Script::RightToLeft)),
            ('क', Some(Script::Indic)),
            ('ก', Some(Script::Unspaced)),
            ('搜', Some(Script::EastAsian)),
            ('1', None),
            ('_', None),
        ] {
            assert_eq!(script(character), expected, "{character}");
        }
    }
}
