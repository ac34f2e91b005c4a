//! Containers: open maps in the order written, members that nobody knows, and one-or-many.

use std::borrow::Cow;

use super::encode::Members;
use super::{Decode, DecodeError, Encode, Input, Output};
use crate::Json;

/// A JSON object with keys of the user's choice, in the order written.
///
/// ```
/// use interlock_wire::types::Map;
///
/// let arguments: Map<String> = [("city", "Łódź")].into();
/// assert_eq!(arguments.get("city").map(String::as_str), Some("Łódź"));
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Map<T>(Vec<(String, T)>);

impl<T> Map<T> {
    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&T> {
        self.iter()
            .find_map(|(name, value)| (name == key).then_some(value))
    }

    /// Sets the value of a key, and gives the one it replaces.
    pub fn insert(&mut self, key: impl Into<String>, value: impl Into<T>) -> Option<T> {
        let (key, value) = (key.into(), value.into());
        match self.0.iter_mut().find(|(name, _)| *name == key) {
            Some((_, old)) => Some(std::mem::replace(old, value)),
            None => {
                self.0.push((key, value));
                None
            }
        }
    }

    /// Takes a key out.
    pub fn remove(&mut self, key: &str) -> Option<T> {
        let at = self.0.iter().position(|(name, _)| name == key)?;
        Some(self.0.remove(at).1)
    }

    /// Keys and values in their order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &T)> {
        self.0.iter().map(|(key, value)| (key.as_str(), value))
    }

    /// How many keys it has.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<T> Default for Map<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> IntoIterator for Map<T> {
    type Item = (String, T);
    type IntoIter = std::vec::IntoIter<(String, T)>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<K: Into<String>, V: Into<T>, T> FromIterator<(K, V)> for Map<T> {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(items: I) -> Self {
        let mut map = Self::default();
        for (key, value) in items {
            map.insert(key, value);
        }
        map
    }
}

impl<K: Into<String>, V: Into<T>, T, const N: usize> From<[(K, V); N]> for Map<T> {
    fn from(items: [(K, V); N]) -> Self {
        items.into_iter().collect()
    }
}

impl<T: Decode> Decode for Map<T> {
    fn read(input: &mut Input<'_>) -> Result<Self, DecodeError> {
        let mut map = Vec::new();
        input.object()?;
        while let Some(key) = input.key()? {
            map.push((key.into_owned(), T::read(input)?));
        }
        Ok(Self(map))
    }
}

impl<T: Encode> Encode for Map<T> {
    fn write(&self, out: &mut Output<'_>) {
        let mut object = out.object();
        for (key, value) in self.iter() {
            object.named(key, value);
        }
        object.end();
    }
}

/// Members of an object that no revision names. They are read, kept, and written back.
///
/// Inserting a name that the object has a field for makes a message with two members of that name, which readers refuse.
pub type Extra = Map<Json>;

impl Extra {
    pub(crate) fn read(
        &mut self,
        key: Cow<'_, str>,
        input: &mut Input<'_>,
    ) -> Result<(), DecodeError> {
        self.0.push((key.into_owned(), Json::read(input)?));
        Ok(())
    }
}

impl Members<'_> {
    #[inline]
    pub(crate) fn extra(&mut self, extra: &Extra) {
        for (key, value) in extra.iter() {
            self.named(key, value);
        }
    }
}

/// One value, or a list of them: two ways to write it that peers tell apart.
#[derive(Debug, Clone, PartialEq)]
pub enum OneOrMany<T> {
    /// Written by itself.
    One(T),
    /// Written as an array.
    Many(Vec<T>),
}

impl<T> OneOrMany<T> {
    /// All of them.
    pub fn as_slice(&self) -> &[T] {
        match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::Many(many) => many,
        }
    }
}

impl<T> From<Vec<T>> for OneOrMany<T> {
    fn from(many: Vec<T>) -> Self {
        Self::Many(many)
    }
}

impl<T: Decode> Decode for OneOrMany<T> {
    fn read(input: &mut Input<'_>) -> Result<Self, DecodeError> {
        match input.peek() {
            Some(b'[') => Decode::read(input).map(Self::Many),
            _ => Decode::read(input).map(Self::One),
        }
    }
}

impl<T: Encode> Encode for OneOrMany<T> {
    fn write(&self, out: &mut Output<'_>) {
        match self {
            Self::One(one) => one.write(out),
            Self::Many(many) => many.write(out),
        }
    }
}
