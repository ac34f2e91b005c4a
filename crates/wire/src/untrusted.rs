//! Text of a peer: it reaches a terminal, a log or a page only escaped.

use std::fmt::{self, Write};

/// Something a peer wrote. It has no `Display` on purpose.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Untrusted<T>(T);

impl<T> Untrusted<T> {
    /// Marks `text` as a peer's.
    pub fn new(text: T) -> Self {
        Self(text)
    }

    /// The text itself, for comparing and forwarding; never for showing.
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<T: AsRef<str>> Untrusted<T> {
    /// The text itself, for comparing and forwarding; never for showing.
    pub fn as_str(&self) -> &str {
        self.0.as_ref()
    }

    /// A rendering on one line that is safe on a terminal and shows what would be invisible.
    pub fn escaped(&self) -> Escaped<'_> {
        Escaped(self.0.as_ref())
    }
}

impl<T: AsRef<str>> fmt::Debug for Untrusted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Untrusted(`{}`)", self.escaped())
    }
}

/// Displays a text with control, bidirectional, invisible and tag characters as `\u{…}`, and backslashes doubled so that
/// the rendering is unambiguous.
#[derive(Debug, Clone, Copy)]
pub struct Escaped<'a>(&'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for character in self.0.chars() {
            match character {
                '\n' => f.write_str("\\n")?,
                '\r' => f.write_str("\\r")?,
                '\t' => f.write_str("\\t")?,
                '\\' => f.write_str("\\\\")?,
                hidden if is_hidden(hidden) => write!(f, "\\u{{{:x}}}", u32::from(hidden))?,
                plain => f.write_char(plain)?,
            }
        }
        Ok(())
    }
}

/// Whether a character is invisible, moves others around, or steers a terminal.
pub fn is_hidden(character: char) -> bool {
    match character {
        ' '..='~' => false,
        // Soft hyphen, grapheme joiner, letter marks and fillers that render as nothing.
        '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}' => {
            true
        }
        '\u{180B}'..='\u{180F}' | '\u{3164}' | '\u{FFA0}' | '\u{2800}' => true,
        // Zero-width, bidirectional and other format characters, line and paragraph separators, odd spaces.
        '\u{2000}'..='\u{200F}' | '\u{2028}'..='\u{202F}' | '\u{205F}'..='\u{206F}' => true,
        '\u{A0}' | '\u{1680}' | '\u{3000}' | '\u{FEFF}' => true,
        // Variation selectors carry hidden bytes; so do tags; interlinear and non-characters have no look.
        '\u{FE00}'..='\u{FE0F}' | '\u{FFF0}'..='\u{FFFF}' | '\u{E0000}'..='\u{E0FFF}' => true,
        '\u{1BCA0}'..='\u{1BCA3}' | '\u{1D173}'..='\u{1D17A}' => true,
        // Private use: shown as whatever a font makes of it.
        '\u{E000}'..='\u{F8FF}' | '\u{F0000}'..='\u{10FFFF}' => true,
        other => other.is_control(),
    }
}
