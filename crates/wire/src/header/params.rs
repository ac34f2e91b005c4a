//! `x-mcp-header`: which arguments of a tool stand in headers too, and whether both say the same.

use std::borrow::Cow;

use thiserror::Error;

use super::value::{decode, encode, is_token};
use crate::json::{as_str, elements, member, members};

const ANNOTATION: &str = "x-mcp-header";
/// Beyond ±(2^53 − 1) JavaScript peers round.
const SAFE: f64 = 9_007_199_254_740_991.0;

/// One annotated parameter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParamHeader {
    /// The whole header name in lower case, `mcp-param-…`.
    pub name: String,
    /// The names of the properties that lead to it.
    pub path: Vec<String>,
    kind: ParamKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ParamKind {
    Text,
    Integer,
    Boolean,
}

/// All annotated parameters of one tool.
///
/// ```
/// use interlock_wire::header::ParamHeaders;
///
/// let schema = br#"{"type":"object","properties":{"region":{"type":"string","x-mcp-header":"Region"}}}"#;
/// let headers = ParamHeaders::of_schema(schema)?;
/// let sent = headers.values(br#"{"region":"us-west1"}"#);
/// assert_eq!(sent, [("mcp-param-region".to_owned(), "us-west1".to_owned())]);
/// # Ok::<(), interlock_wire::header::SchemaError>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ParamHeaders {
    headers: Vec<ParamHeader>,
}

/// Why a tool's annotations are invalid. A client leaves such a tool out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum SchemaError {
    /// Not a string, empty, or no token.
    #[error("an `x-mcp-header` is not a header name token")]
    Name,
    /// Two that only differ in case, or not at all.
    #[error("an `x-mcp-header` is used twice")]
    Twice,
    /// Of another type than string, integer or boolean.
    #[error("an `x-mcp-header` on a parameter that is not a string, an integer or a boolean")]
    Type,
    /// Somewhere else than on a property reached by `properties` alone.
    #[error("an `x-mcp-header` where no header value can be read from")]
    Place,
}

/// How headers and arguments disagree. Shown to the peer, so it holds names of the tool's own schema only.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Mismatch {
    /// The argument is there, its header is not.
    #[error("header `{0}` is missing")]
    Missing(String),
    /// The header is there, its argument is not.
    #[error("header `{0}` is present but its argument is not")]
    Unexpected(String),
    /// They differ.
    #[error("header `{0}` does not match its argument")]
    Differs(String),
    /// The header's value is malformed or there more than once.
    #[error("header `{0}` is malformed")]
    Malformed(String),
}

impl ParamHeaders {
    /// Reads the annotations of a validated `inputSchema`.
    ///
    /// # Errors
    /// [`SchemaError`] when any annotation breaks a rule of the specification.
    pub fn of_schema(schema: &[u8]) -> Result<Self, SchemaError> {
        let mut found = Self::default();
        // Most tools have none; the text is searched once instead of walked.
        if memchr::memmem::find(schema, ANNOTATION.as_bytes()).is_some() || schema.contains(&b'\\')
        {
            found.walk(schema, &mut Vec::new(), true)?;
        }
        Ok(found)
    }

    /// Whether the tool has none.
    pub fn is_empty(&self) -> bool {
        self.headers.is_empty()
    }

    /// The annotated parameters, in the schema's order.
    pub fn iter(&self) -> std::slice::Iter<'_, ParamHeader> {
        self.headers.iter()
    }

    /// Name and encoded value of each header that belongs to a call with these (validated) arguments.
    /// An argument of another type than its schema says has no header: the server refuses it in any case.
    pub fn values(&self, arguments: &[u8]) -> Vec<(String, String)> {
        let value_of = |header: &ParamHeader| {
            let text = header.text(header.value(arguments)?)?;
            Some((header.name.clone(), encode(&text).into_owned()))
        };
        self.headers.iter().filter_map(value_of).collect()
    }

    /// Whether a call's headers say what its (validated) arguments say. `values_of` gives all values of the header of that name.
    ///
    /// # Errors
    /// [`Mismatch`] names the first header that is missing, malformed, or says something else.
    pub fn agree<'h, V>(
        &self,
        arguments: &[u8],
        mut values_of: impl FnMut(&str) -> V,
    ) -> Result<(), Mismatch>
    where
        V: IntoIterator<Item = &'h [u8]>,
    {
        for header in &self.headers {
            let mut values = values_of(&header.name).into_iter();
            let (value, another) = (values.next(), values.next());
            let name = || header.name.clone();
            match (header.value(arguments), value) {
                (_, Some(_)) if another.is_some() => return Err(Mismatch::Malformed(name())),
                (None, None) => {}
                (None, Some(_)) => return Err(Mismatch::Unexpected(name())),
                (Some(_), None) => return Err(Mismatch::Missing(name())),
                (Some(argument), Some(value)) => {
                    let text = decode(value).map_err(|_| Mismatch::Malformed(name()))?;
                    if !header.is_same(argument, &text) {
                        return Err(Mismatch::Differs(name()));
                    }
                }
            }
        }
        Ok(())
    }

    /// `reachable`: only `properties` lead from the root to here.
    fn walk(
        &mut self,
        schema: &[u8],
        path: &mut Vec<String>,
        reachable: bool,
    ) -> Result<(), SchemaError> {
        for (keyword, value) in members(schema) {
            match keyword.as_ref() {
                ANNOTATION => self.annotation(schema, value, path, reachable)?,
                "properties" => {
                    for (name, property) in members(value) {
                        path.push(name.into_owned());
                        self.walk(property, path, reachable)?;
                        path.pop();
                    }
                }
                // Names, then schemas.
                "$defs" | "definitions" | "patternProperties" | "dependentSchemas" => {
                    for (_, inner) in members(value) {
                        self.walk(inner, path, false)?;
                    }
                }
                // Data, not schemas.
                "const" | "enum" | "default" | "examples" | "example" => {}
                _ => {
                    self.walk(value, path, false)?;
                    for inner in elements(value) {
                        self.walk(inner, path, false)?;
                    }
                }
            }
        }
        Ok(())
    }

    fn annotation(
        &mut self,
        schema: &[u8],
        value: &[u8],
        path: &[String],
        reachable: bool,
    ) -> Result<(), SchemaError> {
        let name = as_str(value)
            .filter(|name| is_token(name))
            .ok_or(SchemaError::Name)?;
        if path.is_empty() || !reachable {
            return Err(SchemaError::Place);
        }
        let name = format!("{}{}", super::PARAM_PREFIX, name.to_ascii_lowercase());
        if self.headers.iter().any(|header| header.name == name) {
            return Err(SchemaError::Twice);
        }
        let kind = kind_of(member(schema, "type").ok_or(SchemaError::Type)?)?;
        self.headers.push(ParamHeader {
            name,
            path: path.to_vec(),
            kind,
        });
        Ok(())
    }
}

/// One primitive type, perhaps beside `null`: an argument that is null has no header.
fn kind_of(raw: &[u8]) -> Result<ParamKind, SchemaError> {
    let one = |raw: &[u8]| match as_str(raw).as_deref() {
        Some("string") => Ok(ParamKind::Text),
        Some("integer") => Ok(ParamKind::Integer),
        Some("boolean") => Ok(ParamKind::Boolean),
        _ => Err(SchemaError::Type),
    };
    if raw.first() != Some(&b'[') {
        return one(raw);
    }
    let mut kinds = elements(raw).filter(|raw| *raw != br#""null""#);
    match (kinds.next(), kinds.next()) {
        (Some(kind), None) => one(kind),
        _ => Err(SchemaError::Type),
    }
}

impl ParamHeader {
    /// The raw argument at the path; null counts as absent.
    fn value<'a>(&self, arguments: &'a [u8]) -> Option<&'a [u8]> {
        let at = self
            .path
            .iter()
            .try_fold(arguments, |raw, name| member(raw, name));
        at.filter(|raw| *raw != b"null")
    }

    fn text<'a>(&self, raw: &'a [u8]) -> Option<Cow<'a, str>> {
        match self.kind {
            ParamKind::Text => as_str(raw),
            // Written as a decimal integer, however the argument is.
            ParamKind::Integer => integer(std::str::from_utf8(raw).ok()?)
                .map(|number| Cow::Owned(format!("{number:.0}"))),
            ParamKind::Boolean => match raw {
                b"true" => Some(Cow::Borrowed("true")),
                b"false" => Some(Cow::Borrowed("false")),
                _ => None,
            },
        }
    }

    fn is_same(&self, argument: &[u8], header: &str) -> bool {
        match self.kind {
            // `42.0` and `42` are one number.
            ParamKind::Integer => {
                let argument = std::str::from_utf8(argument).ok().and_then(integer);
                argument.is_some() && argument == integer(header)
            }
            _ => self.text(argument).is_some_and(|text| text == header),
        }
    }
}

/// A number as JSON writes it, with an integer's value in the range that every peer keeps.
fn integer(written: &str) -> Option<f64> {
    let number_only = |byte: u8| byte.is_ascii_digit() || b"+-.eE".contains(&byte);
    if !written.bytes().all(number_only) || written.starts_with('+') {
        return None;
    }
    let number: f64 = written.parse().ok()?;
    let number = number + 0.0; // −0 is 0
    (number.fract() == 0.0 && number.abs() <= SAFE).then_some(number)
}
