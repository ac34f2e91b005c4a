//! Tools whose definitions are what is tested: schemas that must come through unchanged, arguments mirrored into headers.

use interlock_sdk::Context;
use interlock_sdk::server::Builder;
use interlock_wire::Object;
use interlock_wire::types::Tool;

/// Keywords of JSON Schema 2020-12 that servers used to drop.
const SCHEMA_2020_12: &str = r##"{
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "$defs": {
        "address": {
            "$anchor": "addressDef",
            "type": "object",
            "properties": {"street": {"type": "string"}, "city": {"type": "string"}}
        }
    },
    "properties": {
        "name": {"type": "string"},
        "address": {"$ref": "#/$defs/address"},
        "contactMethod": {"type": "string", "enum": ["phone", "email"]},
        "phone": {"type": "string"},
        "email": {"type": "string"}
    },
    "allOf": [{"anyOf": [{"required": ["phone"]}, {"required": ["email"]}]}],
    "if": {"properties": {"contactMethod": {"const": "phone"}}, "required": ["contactMethod"]},
    "then": {"required": ["phone"]},
    "else": {"required": ["email"]},
    "additionalProperties": false
}"##;

/// An argument that clients mirror into `Mcp-Param-Region`.
const SCHEMA_WITH_HEADERS: &str = r#"{
    "type": "object",
    "properties": {
        "region": {"type": "string", "description": "Where to look", "x-mcp-header": "Region"},
        "query": {"type": "string", "description": "What to look for"}
    },
    "required": ["region"]
}"#;

/// Adds them.
pub(super) fn offer(builder: Builder) -> Builder {
    builder
        .raw_tool(
            tool(
                "json_schema_2020_12_tool",
                "Has JSON Schema 2020-12 features",
                SCHEMA_2020_12,
            ),
            async |arguments: Object, _: Context| Ok(arguments.into_json().text().to_owned()),
        )
        .raw_tool(
            tool(
                "test_custom_header",
                "Looks up something by region",
                SCHEMA_WITH_HEADERS,
            ),
            async |_: Object, _: Context| Ok("found nothing"),
        )
}

fn tool(name: &str, description: &str, schema: &str) -> Tool {
    // A schema that does not parse would be one that takes everything, and the scenarios would say so.
    let schema = Object::parse(schema.as_bytes()).unwrap_or_default();
    Tool::with_schema(name, schema).description(description)
}
