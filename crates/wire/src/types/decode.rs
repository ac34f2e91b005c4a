//! Reading typed messages: one pass over validated text, borrowing until a value is kept.

use std::borrow::Cow;
use std::fmt;

use thiserror::Error;

use crate::json::{self, JsonError};
use crate::{Id, Json, Limits, Object};

/// A type that is read from JSON.
pub trait Decode: Sized {
    /// Whether JSON `null` is one of its values, and not a way to write that it is absent.
    const NULLABLE: bool = false;

    /// Reads the value that `input` stands at.
    ///
    /// # Errors
    /// When the value is not of this type.
    fn read(input: &mut Input<'_>) -> Result<Self, DecodeError>;

    /// Reads validated JSON: what a [`Message`](crate::Message) holds, or what [`json::validate`] accepted.
    ///
    /// # Errors
    /// When the value is not of this type.
    fn decode(raw: &[u8]) -> Result<Self, DecodeError> {
        let mut input = Input::new(raw);
        let value = Self::read(&mut input)?;
        input.end()?;
        Ok(value)
    }

    /// Reads JSON that nobody has validated yet.
    ///
    /// # Errors
    /// When `text` is not acceptable JSON under the default [`Limits`], or not of this type.
    fn parse(text: &[u8]) -> Result<Self, DecodeError> {
        json::validate(text, &Limits::default())?;
        Self::decode(text)
    }
}

/// Why a value is not of the type that was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{fault}{}", Inside(.path))]
pub struct DecodeError {
    /// What is wrong.
    pub fault: DecodeFault,
    /// The members that lead there, innermost first.
    path: Vec<&'static str>,
}

/// What can be wrong with a typed value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum DecodeFault {
    /// Not JSON at all.
    #[error(transparent)]
    Json(JsonError),
    /// A value of another kind, or a text that is none of those allowed.
    #[error("expected {0}")]
    Expected(&'static str),
    /// A required member is absent.
    #[error("missing member")]
    Missing,
    /// Nested deeper than [`Limits::DEPTH_CAP`].
    #[error("nesting over the limit")]
    Depth,
}

struct Inside<'a>(&'a [&'static str]);

impl fmt::Display for Inside<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut before = " at `";
        for step in self.0.iter().rev() {
            write!(f, "{before}{step}")?;
            before = ".";
        }
        f.write_str(if self.0.is_empty() { "" } else { "`" })
    }
}

impl DecodeError {
    /// Another kind of value was expected.
    #[cold]
    pub fn expected(what: &'static str) -> Self {
        Self {
            fault: DecodeFault::Expected(what),
            path: Vec::new(),
        }
    }

    #[cold]
    pub(crate) fn missing(member: &'static str) -> Self {
        Self {
            fault: DecodeFault::Missing,
            path: vec![member],
        }
    }

    /// Says that the fault lies inside of `member`.
    #[cold]
    pub(crate) fn inside(mut self, member: &'static str) -> Self {
        self.path.push(member);
        self
    }
}

impl From<JsonError> for DecodeError {
    fn from(error: JsonError) -> Self {
        Self {
            fault: DecodeFault::Json(error),
            path: Vec::new(),
        }
    }
}

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
            true => Err(DecodeError {
                fault: DecodeFault::Depth,
                path: Vec::new(),
            }),
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

    fn end(&mut self) -> Result<(), DecodeError> {
        match self.peek() {
            None => Ok(()),
            Some(_) => Err(DecodeError::expected("the end")),
        }
    }

    fn number<T: std::str::FromStr>(&mut self, what: &'static str) -> Result<T, DecodeError> {
        let raw = match self.peek() {
            Some(b'-' | b'0'..=b'9') => self.raw()?,
            _ => return Err(DecodeError::expected(what)),
        };
        let written = std::str::from_utf8(raw).unwrap_or_default();
        written.parse().map_err(|_| DecodeError::expected(what))
    }
}

impl<T: Decode> Decode for Option<T> {
    const NULLABLE: bool = true;

    fn read(input: &mut Input<'_>) -> Result<Self, DecodeError> {
        match !T::NULLABLE && input.null() {
            true => Ok(None),
            false => T::read(input).map(Some),
        }
    }
}

impl<T: Decode> Decode for Box<T> {
    const NULLABLE: bool = T::NULLABLE;

    fn read(input: &mut Input<'_>) -> Result<Self, DecodeError> {
        T::read(input).map(Self::new)
    }
}

impl<T: Decode> Decode for Vec<T> {
    fn read(input: &mut Input<'_>) -> Result<Self, DecodeError> {
        input.array()?;
        let mut items = Self::new();
        while input.item(b']')? {
            items.push(T::read(input)?);
        }
        Ok(items)
    }
}

macro_rules! decode {
    ($($type:ty: $input:ident => $read:expr;)*) => {$(
        impl Decode for $type {
            fn read($input: &mut Input<'_>) -> Result<Self, DecodeError> {
                $read
            }
        }
    )*};
}

decode! {
    String: input => input.string().map(Cow::into_owned);
    f64: input => input.number("a number");
    i64: input => input.number("an integer");
    u64: input => input.number("a whole number");
    bool: input => match input.raw()? {
        b"true" => Ok(true),
        b"false" => Ok(false),
        _ => Err(DecodeError::expected("a boolean")),
    };
    Object: input => match input.peek() {
        Some(b'{') => input.raw().map(Self::trusted),
        _ => Err(DecodeError::expected("an object")),
    };
    Id<'static>: input => Id::read(input.raw()?, usize::MAX - 2)
        .map(Id::into_owned)
        .map_err(|_| DecodeError::expected("a string or an integer"));
}

impl Decode for Json {
    const NULLABLE: bool = true;

    fn read(input: &mut Input<'_>) -> Result<Self, DecodeError> {
        input.raw().map(Self::trusted)
    }
}
