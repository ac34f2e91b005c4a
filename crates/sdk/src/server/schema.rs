//! JSON Schemas: of Rust types, and of tools whose schema is given. Nothing is ever fetched: a `$ref` that leaves the schema is an
//! error when the server is built.

use interlock_wire::Object;
use jsonschema::Validator;
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use thiserror::Error;

/// Keywords that a schema may have, counted over all of its subschemas, before it is refused as too expensive.
const MOST_KEYWORDS: usize = 20_000;
/// Without `$schema` it is the first; the others are what servers wrote before the specification named one.
const DIALECTS: &[&str] = &[
    "https://json-schema.org/draft/2020-12/schema",
    "https://json-schema.org/draft/2019-09/schema",
    "http://json-schema.org/draft-07/schema",
    "http://json-schema.org/draft-06/schema",
    "http://json-schema.org/draft-04/schema",
];
/// The longest text of a value that an error message repeats.
const SHOWN: usize = 200;

/// A schema that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SchemaError {
    /// Not a valid JSON Schema, or one that refers to what is not in it.
    #[error("not a usable JSON Schema: {0}")]
    Invalid(String),
    /// Of another dialect than 2020-12, 2019-09 or the drafts 7, 6 and 4, which are the supported ones.
    #[error("the JSON Schema dialect `{0}` is not supported; 2020-12 is")]
    Dialect(String),
    /// Over the limit on its size.
    #[error("the JSON Schema has more than {MOST_KEYWORDS} keywords")]
    TooLarge,
}

/// The schema of a type.
pub(super) fn of<T: JsonSchema>() -> Object {
    let generator = SchemaSettings::draft2020_12().into_generator();
    let mut schema = generator.into_root_schema_for::<T>();
    // The dialect is the default one, and the name of the Rust type is nobody's business.
    schema.remove("$schema");
    schema.remove("title");
    Object::parse(schema.as_value().to_string().as_bytes()).unwrap_or_default()
}

/// The schema of a tool's arguments, which is an object even where the type has no members.
pub(super) fn of_arguments<T: JsonSchema>() -> Object {
    let schema = of::<T>();
    match schema
        .get("type")
        .is_some_and(|kind| kind.as_str().as_deref() == Some("object"))
    {
        true => schema,
        false => {
            Object::parse(br#"{"type":"object","additionalProperties":false}"#).unwrap_or_default()
        }
    }
}

/// Compiles a schema once.
pub(super) fn compile(schema: &Object) -> Result<Validator, SchemaError> {
    let value: serde_json::Value = serde_json::from_slice(schema.raw())
        .map_err(|error| SchemaError::Invalid(error.to_string()))?;
    if let Some(dialect) = value.get("$schema").and_then(|dialect| dialect.as_str()) {
        let known = DIALECTS.contains(&dialect.trim_end_matches('#'));
        known
            .then_some(())
            .ok_or_else(|| SchemaError::Dialect(short(dialect)))?;
    }
    let mut left = MOST_KEYWORDS;
    count(&value, &mut left)?;
    jsonschema::options()
        .with_pattern_options(jsonschema::PatternOptions::regex())
        .build(&value)
        .map_err(|error| SchemaError::Invalid(short(&error.to_string())))
}

fn count(value: &serde_json::Value, left: &mut usize) -> Result<(), SchemaError> {
    let members: &mut dyn Iterator<Item = &serde_json::Value> = match value {
        serde_json::Value::Object(members) => &mut members.values(),
        serde_json::Value::Array(items) => &mut items.iter(),
        _ => return Ok(()),
    };
    for member in members {
        *left = left.checked_sub(1).ok_or(SchemaError::TooLarge)?;
        count(member, left)?;
    }
    Ok(())
}

/// Checks a validated raw value; the error is for the model.
pub(super) fn check(validator: &Validator, raw: &[u8]) -> Result<(), String> {
    let value: serde_json::Value =
        serde_json::from_slice(raw).map_err(|error| error.to_string())?;
    validator.validate(&value).map_err(|error| {
        let place = error.instance_path().to_string();
        match place.is_empty() {
            true => short(&error.to_string()),
            false => short(&format!("`{place}`: {error}")),
        }
    })
}

fn short(text: &str) -> String {
    text.chars().take(SHOWN).collect()
}
