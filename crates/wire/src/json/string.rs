//! Strings: finding their end, checking their escapes, decoding them lazily.

use std::borrow::Cow;

use super::JsonFault;

/// What was seen in a string's body.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Escapes {
    /// At least one backslash.
    pub(crate) any: bool,
    /// `\u0000`.
    pub(crate) nul: bool,
    /// An escaped control character (C0, DEL or C1).
    pub(crate) control: bool,
}

/// Scans a string's body from just behind the opening quote. Gives the offset of the closing quote and what
/// was seen, or the fault and its offset.
pub(crate) fn scan(text: &[u8], mut at: usize) -> Result<(usize, Escapes), (JsonFault, usize)> {
    let mut seen = Escapes::default();
    loop {
        at = plain_end(text, at);
        match text.get(at) {
            Some(b'"') => return Ok((at, seen)),
            Some(b'\\') => {
                seen.any = true;
                at = match text.get(at + 1) {
                    Some(b'"' | b'\\' | b'/') => at + 2,
                    Some(b'n' | b'r' | b't' | b'b' | b'f') => {
                        seen.control = true;
                        at + 2
                    }
                    _ => {
                        let (scalar, next) = escape(text, at)?;
                        seen.nul |= scalar == 0;
                        seen.control |= scalar < 0x20 || (0x7F..0xA0).contains(&scalar);
                        next
                    }
                };
            }
            Some(_) => return Err((JsonFault::Control, at)),
            None => return Err((JsonFault::Truncated, at)),
        }
    }
}

/// The first offset at or after `from` whose byte is a quote, a backslash or a control character.
#[inline]
pub(crate) fn plain_end(text: &[u8], from: usize) -> usize {
    let rest = text.get(from..).unwrap_or_default();
    // Most keys and many values end within the first eight bytes.
    if let Some((word, _)) = rest.split_first_chunk::<8>() {
        let hit = special(u64::from_le_bytes(*word));
        if hit != 0 {
            return from + (hit.trailing_zeros() / 8) as usize;
        }
    }
    far_plain_end(text, from)
}

fn far_plain_end(text: &[u8], from: usize) -> usize {
    let Some(rest) = text.get(from..) else {
        return text.len();
    };
    let mut at = from;
    // Eight bytes at a time while strings are short …
    let (near, far) = rest.split_at(rest.len().min(64));
    let (words, tail) = near.as_chunks::<8>();
    for word in words {
        let hit = special(u64::from_le_bytes(*word));
        if hit != 0 {
            return at + (hit.trailing_zeros() / 8) as usize;
        }
        at += 8;
    }
    if far.is_empty() {
        return at + tail.iter().position(stops).unwrap_or(tail.len());
    }
    // … then whole registers: the next quote or backslash, and no control character before it.
    let end = memchr::memchr2(b'"', b'\\', far).unwrap_or(far.len());
    let body = far.get(..end).unwrap_or_default();
    at + first_control(body).unwrap_or(end)
}

fn stops(byte: &u8) -> bool {
    matches!(byte, b'"' | b'\\' | 0..=0x1F)
}

/// The first byte below 0x20. Blocks are folded without a branch so that the compiler vectorises them.
fn first_control(body: &[u8]) -> Option<usize> {
    for (index, block) in body.chunks(512).enumerate() {
        if block.iter().fold(false, |any, byte| any | (*byte < 0x20)) {
            let inside = block.iter().position(|byte| *byte < 0x20)?;
            return Some(index * 512 + inside);
        }
    }
    None
}

/// The index of the first byte of eight that is a quote, a backslash or a control character; eight when none is.
pub(super) fn special_in(word: [u8; 8]) -> usize {
    (special(u64::from_le_bytes(word)).trailing_zeros() / 8) as usize
}

/// The high bit of every byte of `word` that is `"`, `\` or below 0x20. A borrow can only mark bytes above a
/// true hit, and the lowest hit is the one used.
fn special(word: u64) -> u64 {
    const ONES: u64 = u64::from_ne_bytes([0x01; 8]);
    const HIGH: u64 = u64::from_ne_bytes([0x80; 8]);
    let below = |word: u64, limit: u64| word.wrapping_sub(ONES.wrapping_mul(limit)) & !word & HIGH;
    let quote = below(word ^ ONES.wrapping_mul(0x22), 1);
    let backslash = below(word ^ ONES.wrapping_mul(0x5C), 1);
    quote | backslash | below(word, 0x20)
}

/// Reads one escape at a backslash: its scalar value and the offset behind it.
fn escape(text: &[u8], at: usize) -> Result<(u32, usize), (JsonFault, usize)> {
    let simple = match text.get(at + 1) {
        Some(b'"') => 0x22,
        Some(b'\\') => 0x5C,
        Some(b'/') => 0x2F,
        Some(b'b') => 0x08,
        Some(b'f') => 0x0C,
        Some(b'n') => 0x0A,
        Some(b'r') => 0x0D,
        Some(b't') => 0x09,
        Some(b'u') => return unicode_escape(text, at),
        Some(_) => return Err((JsonFault::Escape, at)),
        None => return Err((JsonFault::Truncated, at)),
    };
    Ok((simple, at + 2))
}

fn unicode_escape(text: &[u8], at: usize) -> Result<(u32, usize), (JsonFault, usize)> {
    let first = hex4(text, at + 2).ok_or((JsonFault::Escape, at))?;
    match first {
        0xD800..=0xDBFF => {
            let pair = text.get(at + 6..at + 8) == Some(b"\\u");
            let second = pair.then(|| hex4(text, at + 8)).flatten();
            match second {
                Some(low @ 0xDC00..=0xDFFF) => {
                    Ok((0x10000 + ((first - 0xD800) << 10) + (low - 0xDC00), at + 12))
                }
                _ => Err((JsonFault::Surrogate, at)),
            }
        }
        0xDC00..=0xDFFF => Err((JsonFault::Surrogate, at)),
        _ => Ok((first, at + 6)),
    }
}

fn hex4(text: &[u8], at: usize) -> Option<u32> {
    let digits = text.get(at..at + 4)?;
    digits.iter().try_fold(0, |value, digit| {
        Some(value << 4 | char::from(*digit).to_digit(16)?)
    })
}

/// The characters that a validated string body stands for, with no allocation.
#[derive(Debug, Clone)]
pub(crate) struct Decoded<'a> {
    body: &'a str,
}

impl<'a> Decoded<'a> {
    pub(crate) fn new(body: &'a str) -> Self {
        Self { body }
    }
}

impl Iterator for Decoded<'_> {
    type Item = char;

    fn next(&mut self) -> Option<char> {
        let mut chars = self.body.chars();
        let first = chars.next()?;
        if first != '\\' {
            self.body = chars.as_str();
            return Some(first);
        }
        // A body that was not validated ends here instead of lying.
        let (scalar, length) = escape(self.body.as_bytes(), 0).ok()?;
        self.body = self.body.get(length..)?;
        char::from_u32(scalar)
    }
}

/// A validated body as text: borrowed unless it has escapes.
pub(crate) fn decode(body: &str) -> Cow<'_, str> {
    match memchr::memchr(b'\\', body.as_bytes()) {
        None => Cow::Borrowed(body),
        Some(_) => Cow::Owned(Decoded::new(body).collect()),
    }
}
