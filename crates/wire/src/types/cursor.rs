//! Where reading stands: a position in validated text that values are taken from, borrowed.

use std::borrow::Cow;

use super::{DecodeError, DecodeFault};
use crate::{Limits, json};

/// Where reading stands in validated text.
#[derive(Debug, Clone)]
pub struct Input<'a> {
    rest: &'a [u8],
    /// Containers that are open. Reading recurses, and text that was not validated has no bound of its own.
    depth: usize,
}

impl<'a> Input<'a> {
    pub(crate) fn new(raw: &'a [u8]) -> Self {
        Self {
            rest: raw,
            depth: 0,
        }
    }

    /// The first byte of the value ahead.
    #[inline]
    pub(crate) fn peek(&mut self) -> Option<u8> {
        if let Some(0..=b' ') = self.rest.first() {
            self.rest = self.rest.trim_ascii_start();
        }
        self.rest.first().copied()
    }

    fn eat(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        if found {
            self.rest = self.rest.get(1..).unwrap_or_default();
        }
        found
    }

    /// Takes the value ahead as it is written.
    pub(crate) fn raw(&mut self) -> Result<&'a [u8], DecodeError> {
        self.peek();
        self.take(json::value_length(self.rest), "a value")
    }

    /// Takes a string, decoded; borrowed unless it has escapes.
    pub(crate) fn string(&mut self) -> Result<Cow<'a, str>, DecodeError> {
        let fault = || DecodeError::expected("a string");
        if self.peek() != Some(b'"') {
            return Err(fault());
        }
        // The usual one ends at its first special character.
        let end = json::plain_end(self.rest, 1);
        if self.rest.get(end) == Some(&b'"') {
            let body = self.rest.get(1..end).unwrap_or_default();
            self.rest = self.rest.get(end + 1..).unwrap_or_default();
            return std::str::from_utf8(body)
                .map(Cow::Borrowed)
                .map_err(|_| fault());
        }
        let quoted = self.take(json::string_length(self.rest), "a string")?;
        json::as_str(quoted).ok_or_else(fault)
    }

    fn take(&mut self, length: Option<usize>, what: &'static str) -> Result<&'a [u8], DecodeError> {
        let split = length.and_then(|length| self.rest.split_at_checked(length));
        let (value, behind) = split.ok_or_else(|| DecodeError::expected(what))?;
        self.rest = behind;
        Ok(value)
    }

    /// Whether the value ahead was `null`, which is taken then.
    pub(crate) fn null(&mut self) -> bool {
        self.peek();
        let behind = self.rest.strip_prefix(b"null");
        self.rest = behind.unwrap_or(self.rest);
        behind.is_some()
    }

    /// Goes into an object; [`Input::key`] walks it.
    pub(crate) fn object(&mut self) -> Result<(), DecodeError> {
        self.open(b'{', "an object")
    }

    /// Goes into an array; [`Input::item`] walks it.
    pub(crate) fn array(&mut self) -> Result<(), DecodeError> {
        self.open(b'[', "an array")
    }

    fn open(&mut self, byte: u8, what: &'static str) -> Result<(), DecodeError> {
        if !self.eat(byte) {
            return Err(DecodeError::expected(what));
        }
        self.depth += 1;
        match self.depth > Limits::DEPTH_CAP {
            true => Err(DecodeError::of(DecodeFault::Depth)),
            false => Ok(()),
        }
    }

    /// The next key, with the input at its value; `None` when the object ends.
    pub(crate) fn key(&mut self) -> Result<Option<Cow<'a, str>>, DecodeError> {
        if !self.item(b'}')? {
            return Ok(None);
        }
        let key = self.string()?;
        match self.eat(b':') {
            true => Ok(Some(key)),
            false => Err(DecodeError::expected("a member")),
        }
    }

    /// Whether another item follows before `closing`.
    pub(crate) fn item(&mut self, closing: u8) -> Result<bool, DecodeError> {
        if self.eat(closing) {
            self.depth = self.depth.saturating_sub(1);
            return Ok(false);
        }
        self.eat(b',');
        match self.peek() {
            Some(_) => Ok(true),
            None => Err(DecodeError::expected("a closing bracket")),
        }
    }

    /// The value of a member of the object ahead, which is not taken.
    pub(crate) fn look(&self, name: &str) -> Option<&'a [u8]> {
        json::member(self.rest, name)
    }

    /// Takes a string that has to be `value`.
    pub(crate) fn constant(&mut self, value: &'static str) -> Result<(), DecodeError> {
        match self.string()? == value {
            true => Ok(()),
            false => Err(DecodeError::expected(value)),
        }
    }

    pub(super) fn end(&mut self) -> Result<(), DecodeError> {
        match self.peek() {
            None => Ok(()),
            Some(_) => Err(DecodeError::expected("the end")),
        }
    }

    pub(super) fn number<T: std::str::FromStr>(
        &mut self,
        what: &'static str,
    ) -> Result<T, DecodeError> {
        let raw = match self.peek() {
            Some(b'-' | b'0'..=b'9') => self.raw()?,
            _ => return Err(DecodeError::expected(what)),
        };
        let written = std::str::from_utf8(raw).unwrap_or_default();
        written.parse().map_err(|_| DecodeError::expected(what))
    }
}
