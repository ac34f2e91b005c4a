//! The published schemas, without their texts: `data/schemas/<revision>.json`, and the tasks extension's.

use interlock_wire::Revision;
use serde_json::{Value, json};

pub(super) struct Schema {
    /// What it is called in failures.
    pub(super) name: &'static str,
    pub(super) revision: Revision,
    root: Value,
}

impl Schema {
    pub(super) fn all() -> Vec<Self> {
        Revision::ALL
            .into_iter()
            .map(Self::of)
            .chain([Self::tasks()])
            .collect()
    }

    pub(super) fn of(revision: Revision) -> Self {
        let text = match revision {
            Revision::V2024_11_05 => include_str!("../data/schemas/2024-11-05.json"),
            Revision::V2025_03_26 => include_str!("../data/schemas/2025-03-26.json"),
            Revision::V2025_06_18 => include_str!("../data/schemas/2025-06-18.json"),
            Revision::V2025_11_25 => include_str!("../data/schemas/2025-11-25.json"),
            Revision::V2026_07_28 => include_str!("../data/schemas/2026-07-28.json"),
        };
        Self::read(revision.name(), revision, text)
    }

    /// The extension `io.modelcontextprotocol/tasks`.
    pub(super) fn tasks() -> Self {
        let text = include_str!("../data/schemas/tasks.json");
        Self::read("tasks", Revision::V2026_07_28, text)
    }

    fn read(name: &'static str, revision: Revision, text: &str) -> Self {
        let root = serde_json::from_str(text).expect("a schema is JSON");
        Self {
            name,
            revision,
            root,
        }
    }

    fn key(&self) -> &'static str {
        match self.root.get("$defs") {
            Some(_) => "$defs",
            None => "definitions",
        }
    }

    pub(super) fn names(&self) -> Vec<&str> {
        let definitions = self.root[self.key()].as_object().expect("definitions");
        definitions.keys().map(String::as_str).collect()
    }

    pub(super) fn get(&self, name: &str) -> Option<&Value> {
        self.root[self.key()].get(name)
    }

    /// The definition that a `$ref` names.
    pub(super) fn refer<'v>(&'v self, schema: &'v Value) -> Option<(&'v str, &'v Value)> {
        let name = schema.get("$ref")?.as_str()?.rsplit('/').next()?;
        Some((
            name,
            self.get(name).expect("a definition for every reference"),
        ))
    }

    /// Whether `value` is what the definition says.
    pub(super) fn judge(&self, definition: &str) -> impl Fn(&Value) -> Result<(), String> {
        let key = self.key();
        let schema = json!({
            "$schema": self.root["$schema"],
            "$ref": format!("#/{key}/{definition}"),
            key: self.root[key],
        });
        let validator = jsonschema::validator_for(&schema).expect("a valid schema");
        move |value| validator.validate(value).map_err(|error| error.to_string())
    }
}
