//! The polite server of the demonstration.

use serde_json::Value;

use super::server::{Answer, Tool};

/// Its tools.
pub const TOOLS: &[Tool] = &[
    Tool {
        name: "greet",
        description: "Greets somebody by name.",
        call: greet,
    },
    Tool {
        name: "count_words",
        description: "Counts the words of a text.",
        call: count_words,
    },
];

fn text<'a>(arguments: &'a Value, name: &str) -> Result<&'a str, String> {
    arguments
        .get(name)
        .and_then(Value::as_str)
        .ok_or_else(|| format!("argument `{name}` missing"))
}

fn greet(arguments: &Value) -> Answer {
    Ok(format!("Hello, {}!", text(arguments, "name")?))
}

fn count_words(arguments: &Value) -> Answer {
    Ok(text(arguments, "text")?
        .split_whitespace()
        .count()
        .to_string())
}
