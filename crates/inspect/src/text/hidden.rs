//! Characters that a person does not see and a model reads.
//!
//! What counts is not the character but where it stands: a joiner shapes Persian and joins emoji, a direction mark belongs to a
//! text in Hebrew, tags make the flag of Scotland. Between Latin letters they carry something else.

use super::script::{Script, is_pictograph, script};
use crate::finding::{
    BIDI, CONTROL, Finding, INVISIBLE, PADDING, SELECTORS, Severity, TAGS, TERMINAL, quoted,
};

/// Spaces or empty lines in a row, behind which nobody looks.
const SPACES: usize = 64;
const LINES: usize = 16;
/// Selectors in a row that no text has.
const RUN: usize = 2;

/// What is hidden in a text.
pub(crate) fn hidden(text: &str, place: &str) -> Vec<Finding> {
    // Nearly every text is plain, and that is quickly told.
    let plain = text.bytes().all(|byte| matches!(byte, b' '..=b'~' | b'\n'));
    let mut findings = match plain {
        true => Vec::new(),
        false => Scan::of(text).findings(place),
    };
    findings.extend(
        padding(text)
            .then(|| Finding::new(&PADDING, place, "text stands behind a lot of empty space")),
    );
    findings
}

/// The text that tags and variation selectors spell, if they spell one.
pub(crate) fn smuggled(text: &str) -> String {
    let mut bytes = Vec::new();
    for character in text.chars() {
        match u32::from(character) {
            tag @ 0xE0020..=0xE007E => bytes.extend(u8::try_from(tag - 0xE0000)),
            first @ 0xFE00..=0xFE0F => bytes.extend(u8::try_from(first - 0xFE00)),
            second @ 0xE0100..=0xE01EF => bytes.extend(u8::try_from(second - 0xE0100 + 16)),
            _ => {}
        }
    }
    let printable =
        |character: &char| !character.is_control() && *character != char::REPLACEMENT_CHARACTER;
    String::from_utf8_lossy(&bytes)
        .chars()
        .filter(printable)
        .collect()
}

/// What was counted of each kind.
#[derive(Default)]
struct Scan {
    tags: usize,
    selectors: usize,
    turns: usize,
    isolates: usize,
    invisible: usize,
    terminal: usize,
    control: usize,
    smuggled: String,
}

impl Scan {
    fn of(text: &str) -> Self {
        let mut scan = Self::default();
        let characters: Vec<char> = text.chars().collect();
        let right_to_left = characters
            .iter()
            .any(|c| script(*c) == Some(Script::RightToLeft));
        let (mut at, mut open) = (0, 0_usize);
        while let Some(character) = characters.get(at) {
            let behind = characters.get(at + 1..).unwrap_or_default();
            let before = at
                .checked_sub(1)
                .and_then(|last| characters.get(last))
                .copied();
            let mut step = 1;
            match u32::from(*character) {
                0x1F3F4 => step += flag(behind),
                0xE0000..=0xE007F => scan.tags += 1,
                0xFE00..=0xFE0F | 0xE0100..=0xE01EF => {
                    let run = behind.iter().take_while(|next| is_selector(**next)).count() + 1;
                    scan.see_selectors(before, run);
                    step = run;
                }
                0x202A..=0x202E => scan.turns += 1,
                0x2066..=0x2068 => open += 1,
                0x2069 if open > 0 => (open, scan.isolates) = (open - 1, scan.isolates + 1),
                0x2069 => scan.turns += 1,
                0x1B | 0x9B | 0x9D | 0x90 => scan.terminal += 1,
                0x9 | 0xA | 0xD => {}
                0x0..=0x1F | 0x7F..=0x9F => scan.control += 1,
                _ if is_needless(*character, before, behind.first().copied(), right_to_left) => {
                    scan.invisible += 1
                }
                _ => {}
            }
            at += step;
        }
        scan.turns += open;
        if !right_to_left {
            scan.turns += std::mem::take(&mut scan.isolates);
        }
        scan.smuggled = smuggled(text);
        scan
    }

    fn see_selectors(&mut self, before: Option<char>, run: usize) {
        let carries = |before: char| {
            is_pictograph(before) || script(before).is_some_and(|script| script != Script::Latin)
        };
        if run >= RUN {
            self.selectors += run;
        } else if !before.is_some_and(carries) {
            self.invisible += 1;
        }
    }

    fn findings(&self, place: &str) -> Vec<Finding> {
        let spells = match self.smuggled.is_empty() {
            true => String::new(),
            false => format!(", they spell `{}`", quoted(&self.smuggled, 120)),
        };
        let counts = [
            (&TAGS, self.tags, format!("tag characters{spells}")),
            (
                &SELECTORS,
                self.selectors,
                format!("variation selectors in a row{spells}"),
            ),
            (
                &BIDI,
                self.turns,
                "characters that turn the direction of text".to_owned(),
            ),
            (
                &INVISIBLE,
                self.invisible,
                "invisible characters".to_owned(),
            ),
            (
                &TERMINAL,
                self.terminal,
                "starts of terminal sequences".to_owned(),
            ),
            (&CONTROL, self.control, "control characters".to_owned()),
        ];
        let told = |(rule, count, what): (_, usize, String)| {
            (count > 0).then(|| Finding::new(rule, place, format!("{count} × {what}")))
        };
        let mut findings: Vec<_> = counts.into_iter().filter_map(told).collect();
        if self.isolates > 0 {
            let text = format!("{} × isolated text of another direction", self.isolates);
            findings.push(Finding::new(&BIDI, place, text).at(Severity::Info));
        }
        findings
    }
}

fn is_selector(character: char) -> bool {
    matches!(u32::from(character), 0xFE00..=0xFE0F | 0xE0100..=0xE01EF)
}

/// The length of the tags that make a flag of a region (UTS 51: letters and digits, then the end); 0 when they make none.
fn flag(behind: &[char]) -> usize {
    let letters = behind
        .iter()
        .take_while(|c| matches!(u32::from(**c), 0xE0030..=0xE0039 | 0xE0061..=0xE007A))
        .count();
    let ended = behind
        .get(letters)
        .is_some_and(|end| u32::from(*end) == 0xE007F);
    if ended && (3..=6).contains(&letters) {
        letters + 1
    } else {
        0
    }
}

/// Whether an invisible character stands where no script and no emoji needs it.
fn is_needless(
    character: char,
    before: Option<char>,
    after: Option<char>,
    right_to_left: bool,
) -> bool {
    let near = |wanted: &[Script]| {
        let one = |neighbour: Option<char>| {
            neighbour
                .and_then(script)
                .is_some_and(|script| wanted.contains(&script))
        };
        one(before) || one(after)
    };
    match u32::from(character) {
        // Joiners: emoji, scripts whose letters join, and marks above them.
        0x200C | 0x200D => {
            let picture = |neighbour: char| is_pictograph(neighbour) || is_selector(neighbour);
            let joins = before.is_some_and(picture) && after.is_some_and(is_pictograph);
            let marked = before.is_some_and(|mark| matches!(u32::from(mark), 0x591..=0x1AFF));
            !(joins || marked || near(&[Script::RightToLeft, Script::Indic, Script::Unspaced]))
        }
        0x200E | 0x200F | 0x61C => !right_to_left,
        0x200B => !near(&[Script::Unspaced, Script::EastAsian, Script::Indic]),
        // Fillers of Hangul, inherent vowels of Khmer, the Mongolian separator.
        0x115F | 0x1160 | 0x3164 | 0xFFA0 => !near(&[Script::EastAsian]),
        0x17B4 | 0x17B5 | 0x180B..=0x180F => !near(&[Script::Unspaced, Script::Other]),
        0x2060..=0x2065 | 0x206A..=0x206F | 0xFEFF | 0x34F | 0x2800 | 0xFFF9..=0xFFFB => true,
        0x1BCA0..=0x1BCA3 | 0x1D173..=0x1D17A | 0xE0080..=0xE00FF | 0xE01F0..=0xE0FFF => true,
        0xAD => {
            before.is_none_or(|c| !c.is_alphabetic()) || after.is_none_or(|c| !c.is_alphabetic())
        }
        _ => false,
    }
}

/// Whether text stands behind much empty space.
fn padding(text: &str) -> bool {
    let (mut spaces, mut lines) = (0, 0);
    let (mut wide, mut seen) = (false, false);
    for character in text.chars() {
        match character {
            '\n' => (spaces, lines) = (0, lines + 1),
            space if space.is_whitespace() => spaces += 1,
            _ => {
                wide |= seen && (spaces >= SPACES || lines >= LINES);
                (spaces, lines, seen) = (0, 0, true);
            }
        }
    }
    wide
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        let codes: Vec<_> = hidden(text, "")
            .iter()
            .filter(|finding| finding.severity > Severity::Info)
            .map(|finding| finding.code)
            .collect();
        assert_eq!(codes, expected, "{text:?}");
    }

    #[test]
    fn ordinary_texts_hide_nothing() {
        for text in [
            "",
            "Reads a file.\n\n  - one\n  - two\ttab\r\n",
            "ابحث في الوثائق\u{200F} API \u{200E}2.0",
            "می\u{200C}خواهم",
            "क्\u{200D}ष",
            "flag \u{1F3F4}\u{E0067}\u{E0062}\u{E0073}\u{E0063}\u{E0074}\u{E007F}",
            "family 👨\u{200D}👩\u{200D}👧 and ❤\u{FE0F}\u{200D}🔥 and 1\u{FE0F}\u{20E3}",
            "葛\u{E0100}飾区",
            "ภาษา\u{200B}ไทย",
            "שלום \u{2066}API\u{2069} עולם",
            "Donau\u{AD}dampf\u{AD}schiff",
        ] {
            check(text, &[]);
        }
    }

    #[test]
    fn what_nobody_sees_is_found() {
        check("Search\u{E0072}\u{E006D}", &["hidden-tags"]);
        check(
            "\u{1F3F4}\u{E0069}\u{E0067}\u{E006E}\u{E006F}\u{E0072}\u{E0065}\u{E0061}\u{E007F}",
            &["hidden-tags"],
        );
        check("x\u{FE01}\u{FE0F}\u{E0101}", &["hidden-selectors"]);
        check("😀\u{E0150}\u{E0151}", &["hidden-selectors"]);
        check("a\u{FE0F}b", &["hidden-characters"]);
        check("a\u{202E}b\u{202C}", &["hidden-direction"]);
        check("a\u{2066}b", &["hidden-direction"]);
        check("ign\u{200B}ore", &["hidden-characters"]);
        check("a\u{200D}b", &["hidden-characters"]);
        check("a\u{200F}b", &["hidden-characters"]);
        check("a\u{2800}b", &["hidden-characters"]);
        check("a\u{1B}[8m", &["terminal-sequence"]);
        check("a\u{9B}8m", &["terminal-sequence"]);
        check("a\u{8}b", &["control-character"]);
        check(&format!("a{}b", " ".repeat(80)), &["padding"]);
        check(&format!("a{}b", "\n".repeat(20)), &["padding"]);
        check(&format!("{}b{}", " ".repeat(80), "\n".repeat(40)), &[]);
    }

    #[test]
    fn what_is_smuggled_is_read() {
        assert_eq!(smuggled("x\u{E0068}\u{E0069}"), "hi");
        let selectors: String = "hi"
            .bytes()
            .map(|byte| char::from_u32(0xE0100 + u32::from(byte) - 16).unwrap())
            .collect();
        assert_eq!(smuggled(&format!("😀{selectors}")), "hi");
    }
}
