//! Output schemas: JSON Schema 2020-12, judged without IO and in bounded time.

use interlock_wire::{Json, Object};
use jsonschema::{PatternOptions, Validator};

/// Larger schemas are not compiled: their size alone would be an attack.
const LONGEST: usize = 256 << 10;

/// A schema that came from a server.
#[derive(Debug)]
pub(crate) struct Schema(Option<Validator>);

impl Schema {
    /// Compiles the schema. References beyond it are never fetched, and patterns run in linear time; a schema that needs more matches
    /// nothing.
    pub(crate) fn new(schema: &Object) -> Self {
        let parse = || serde_json::from_slice(schema.raw()).ok();
        let value: Option<serde_json::Value> = match schema.raw().len() <= LONGEST {
            true => parse(),
            false => None,
        };
        let compile = |value| {
            jsonschema::options()
                .with_pattern_options(PatternOptions::regex())
                .build(&value)
                .ok()
        };
        Self(value.and_then(compile))
    }

    /// Whether a value is what the schema promises.
    pub(crate) fn matches(&self, value: &Json) -> bool {
        let parsed = serde_json::from_slice(value.raw()).ok();
        match (&self.0, parsed) {
            (Some(validator), Some(value)) => validator.is_valid(&value),
            _ => false,
        }
    }
}
