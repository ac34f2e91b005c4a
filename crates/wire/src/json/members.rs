//! Walking validated JSON without a tree: members of an object, elements of an array.

use std::borrow::Cow;

use super::string;

/// The members of a validated object: decoded key and raw value, in the order written.
///
/// Anything but an object gives nothing; text that was not validated ends the walk where it stops making sense.
pub fn members(object: &[u8]) -> Members<'_> {
    Members {
        walk: Walk::new(object, b'{'),
    }
}

/// The elements of a validated array as raw values. Anything but an array gives nothing.
pub fn elements(array: &[u8]) -> Elements<'_> {
    Elements {
        walk: Walk::new(array, b'['),
    }
}

/// The raw value of one member of a validated object.
pub fn member<'a>(object: &'a [u8], name: &str) -> Option<&'a [u8]> {
    members(object).find_map(|(key, value)| (key == name).then_some(value))
}

/// A validated raw value as text when it is a string; borrowed unless it has escapes.
pub fn as_str(raw: &[u8]) -> Option<Cow<'_, str>> {
    let body = raw.trim_ascii().strip_prefix(b"\"")?.strip_suffix(b"\"")?;
    Some(string::decode(std::str::from_utf8(body).ok()?))
}

/// Iterator of [`members`].
#[derive(Debug, Clone)]
pub struct Members<'a> {
    walk: Walk<'a>,
}

impl<'a> Iterator for Members<'a> {
    type Item = (Cow<'a, str>, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let key = as_str(self.walk.item()?)?;
        self.walk.eat(b':')?;
        let value = self.walk.value()?;
        Some((key, value))
    }
}

/// Iterator of [`elements`].
#[derive(Debug, Clone)]
pub struct Elements<'a> {
    walk: Walk<'a>,
}

impl<'a> Iterator for Elements<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<Self::Item> {
        self.walk.item()
    }
}

#[derive(Debug, Clone)]
struct Walk<'a> {
    rest: &'a [u8],
    first: bool,
}

impl<'a> Walk<'a> {
    fn new(container: &'a [u8], opening: u8) -> Self {
        let inside = container.trim_ascii().strip_prefix(&[opening]);
        Self {
            rest: inside.unwrap_or_default(),
            first: true,
        }
    }

    /// The next value behind a comma, or the first one.
    fn item(&mut self) -> Option<&'a [u8]> {
        if !std::mem::take(&mut self.first) {
            self.eat(b',')?;
        }
        self.value()
    }

    fn eat(&mut self, byte: u8) -> Option<()> {
        self.rest = self.rest.trim_ascii_start().strip_prefix(&[byte])?;
        Some(())
    }

    fn value(&mut self) -> Option<&'a [u8]> {
        let rest = self.rest.trim_ascii_start();
        let length = value_length(rest)?;
        let (value, behind) = rest.split_at_checked(length)?;
        self.rest = behind;
        Some(value)
    }
}

/// The length of the validated value at the start of `text`: strings are skipped, brackets counted.
pub(crate) fn value_length(text: &[u8]) -> Option<usize> {
    match text.first()? {
        b'"' => string_length(text),
        b'{' | b'[' => container_length(text),
        b'}' | b']' | b',' | b':' => None,
        _ => {
            let ends = |byte: &u8| matches!(byte, b',' | b'}' | b']') || byte.is_ascii_whitespace();
            Some(text.iter().position(ends).unwrap_or(text.len()))
        }
    }
}

pub(crate) fn string_length(text: &[u8]) -> Option<usize> {
    string::scan(text, 1).ok().map(|(end, _)| end + 1)
}

fn container_length(text: &[u8]) -> Option<usize> {
    let (mut at, mut depth) = (0, 0_usize);
    loop {
        match text.get(at)? {
            b'"' => at += string_length(text.get(at..)?)?,
            b'{' | b'[' => (at, depth) = (at + 1, depth + 1),
            b'}' | b']' if depth == 1 => return Some(at + 1),
            b'}' | b']' => (at, depth) = (at + 1, depth - 1),
            _ => at += 1,
        }
    }
}
