//! JSON values that are kept as the text they came as: validated once, cheap to clone, written back unchanged.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use crate::Limits;
use crate::json::{self, JsonError};

/// One JSON value of any kind, as its own text.
///
/// ```
/// use interlock_wire::Json;
///
/// let point = Json::parse(br#"{"x": 1, "y": 2}"#)?;
/// assert_eq!(point.get("y").unwrap().as_i64(), Some(2));
/// assert_eq!(Json::from("a \"word\"").text(), r#""a \"word\"""#);
/// # Ok::<(), interlock_wire::json::JsonError>(())
/// ```
#[derive(Clone)]
pub struct Json(Text);

/// Literals cost nothing; everything else is shared.
#[derive(Clone)]
enum Text {
    Static(&'static [u8]),
    Shared(Arc<[u8]>),
}

impl Json {
    /// Reads one value under the default [`Limits`].
    ///
    /// # Errors
    /// When `text` is not acceptable JSON.
    pub fn parse(text: &[u8]) -> Result<Self, JsonError> {
        Self::parse_within(text, &Limits::default())
    }

    /// Reads one value under `limits`.
    ///
    /// # Errors
    /// When `text` is not acceptable JSON.
    pub fn parse_within(text: &[u8], limits: &Limits) -> Result<Self, JsonError> {
        json::validate(text, limits)?;
        Ok(Self::trusted(text.trim_ascii()))
    }

    /// Keeps text that was validated before.
    pub(crate) fn trusted(raw: &[u8]) -> Self {
        Self(Text::Shared(raw.into()))
    }

    /// `null`.
    pub const fn null() -> Self {
        Self(Text::Static(b"null"))
    }

    /// `{}`.
    pub const fn empty_object() -> Self {
        Self(Text::Static(b"{}"))
    }

    /// The text, ready to be written into a message.
    pub fn raw(&self) -> &[u8] {
        match &self.0 {
            Text::Static(raw) => raw,
            Text::Shared(raw) => raw,
        }
    }

    /// The same as a string slice.
    pub fn text(&self) -> &str {
        std::str::from_utf8(self.raw()).unwrap_or("null")
    }

    /// Whether it is `null`.
    pub fn is_null(&self) -> bool {
        self.raw() == b"null"
    }

    /// Whether it is an object.
    pub fn is_object(&self) -> bool {
        self.raw().first() == Some(&b'{')
    }

    /// The text of a string value, decoded.
    pub fn as_str(&self) -> Option<Cow<'_, str>> {
        json::as_str(self.raw())
    }

    /// A boolean.
    pub fn as_bool(&self) -> Option<bool> {
        match self.raw() {
            b"true" => Some(true),
            b"false" => Some(false),
            _ => None,
        }
    }

    /// An integer that fits.
    pub fn as_i64(&self) -> Option<i64> {
        self.text().parse().ok()
    }

    /// Any number.
    pub fn as_f64(&self) -> Option<f64> {
        let number = matches!(self.raw().first(), Some(b'-' | b'0'..=b'9'));
        number.then(|| self.text().parse().ok()).flatten()
    }

    /// One member of an object, copied out.
    pub fn get(&self, name: &str) -> Option<Self> {
        json::member(self.raw(), name).map(Self::trusted)
    }
}

/// As texts: white space and the order of members count.
impl PartialEq for Json {
    fn eq(&self, other: &Self) -> bool {
        self.raw() == other.raw()
    }
}

impl Eq for Json {}

impl fmt::Debug for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

impl Default for Json {
    fn default() -> Self {
        Self::null()
    }
}

impl From<&str> for Json {
    fn from(text: &str) -> Self {
        let mut raw = Vec::with_capacity(text.len() + 2);
        json::write_string(text, &mut raw);
        Self(Text::Shared(raw.into()))
    }
}

impl From<String> for Json {
    fn from(text: String) -> Self {
        text.as_str().into()
    }
}

impl From<bool> for Json {
    fn from(value: bool) -> Self {
        Self(Text::Static(if value { b"true" } else { b"false" }))
    }
}

impl From<i64> for Json {
    fn from(value: i64) -> Self {
        Self(Text::Shared(value.to_string().into_bytes().into()))
    }
}

/// A JSON object of any shape: arguments, schemas, settings. `{}` by default.
///
/// ```
/// use interlock_wire::Object;
///
/// let schema = Object::parse(br#"{"type":"object"}"#)?;
/// assert_eq!(schema.get("type").unwrap().as_str().as_deref(), Some("object"));
/// assert!(Object::parse(b"[]").is_err());
/// # Ok::<(), interlock_wire::NotAnObject>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object(Json);

/// Why a text is no [`Object`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAnObject {
    /// It is no JSON at all.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// It is a value of another kind.
    #[error("expected an object")]
    Kind,
}

impl Object {
    /// Reads an object under the default [`Limits`].
    ///
    /// # Errors
    /// When `text` is not acceptable JSON, or not an object.
    pub fn parse(text: &[u8]) -> Result<Self, NotAnObject> {
        Json::parse(text)?.try_into()
    }

    /// The object as a value.
    pub fn into_json(self) -> Json {
        self.0
    }

    /// Keeps text that was validated before and starts with a brace.
    pub(crate) fn trusted(raw: &[u8]) -> Self {
        Self(Json::trusted(raw))
    }
}

impl Default for Object {
    fn default() -> Self {
        Self(Json::empty_object())
    }
}

impl std::ops::Deref for Object {
    type Target = Json;

    fn deref(&self) -> &Json {
        &self.0
    }
}

impl TryFrom<Json> for Object {
    type Error = NotAnObject;

    fn try_from(value: Json) -> Result<Self, NotAnObject> {
        match value.is_object() {
            true => Ok(Self(value)),
            false => Err(NotAnObject::Kind),
        }
    }
}

impl From<Object> for Json {
    fn from(object: Object) -> Self {
        object.0
    }
}
