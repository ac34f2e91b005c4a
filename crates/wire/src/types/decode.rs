//! Reading typed messages: one pass over validated text, borrowing until a value is kept.

use std::borrow::Cow;

use super::{DecodeError, Input};
use crate::{Id, Json, Limits, Object, json};

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

/// How long a result holds: 2026-07-28 has a negative time read as none at all.
pub(super) fn time(input: &mut Input<'_>) -> Result<Option<u64>, DecodeError> {
    match input.peek() {
        Some(b'-') => i64::read(input).map(|_| Some(0)),
        _ => Decode::read(input),
    }
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
