//! Arguments and variables of an entry: the words that a client would write, with every preset that the publisher chose.

use interlock_launch::{excerpt, hidden_char};
use serde_json::Value;

use super::credentials::names_credentials;
use super::{Notes, rules};

/// At most so many presets of one input are judged; more refuse the entry.
pub(super) const MOST_PRESETS: usize = 512;

/// One argument, variable or header, with the values that a client could fill in unasked.
pub(super) struct Input<'a> {
    value: &'a Value,
}

impl<'a> Input<'a> {
    pub(super) fn new(value: &'a Value) -> Self {
        Self { value }
    }

    pub(super) fn text(&self, key: &str) -> Option<&'a str> {
        self.value.get(key).and_then(Value::as_str)
    }

    pub(super) fn flag(&self, key: &str) -> bool {
        self.value
            .get(key)
            .and_then(Value::as_bool)
            .unwrap_or(false)
    }

    /// Every value that the publisher presets: fixed, default, choices; variables filled in likewise.
    pub(super) fn presets(&self) -> Vec<String> {
        let mut presets: Vec<String> = Vec::new();
        for text in own_values(self.value) {
            presets.extend(self.filled(text));
        }
        presets.truncate(MOST_PRESETS + 1);
        presets
    }

    /// `{variables}` replaced by each of their own values in turn.
    fn filled(&self, text: &str) -> Vec<String> {
        let mut texts = vec![text.to_owned()];
        let variables = self.value.get("variables").and_then(Value::as_object);
        for (name, variable) in variables.into_iter().flatten() {
            let hole = format!("{{{name}}}");
            if !text.contains(&hole) {
                continue;
            }
            let values: Vec<&str> = own_values(variable).collect();
            if values.is_empty() {
                continue;
            }
            texts = texts
                .iter()
                .flat_map(|text| values.iter().map(|value| text.replace(&hole, value)))
                .take(MOST_PRESETS + 1)
                .collect();
        }
        texts
    }

    /// The preset of this number, or the last one, or a placeholder: somebody will fill it in.
    pub(super) fn alternative(&self, number: usize) -> String {
        let presets = self.presets();
        let last = presets.len().saturating_sub(1);
        presets
            .get(number.min(last))
            .cloned()
            .unwrap_or_else(|| "${VALUE}".to_owned())
    }

    /// The words of a command line for an argument.
    pub(super) fn words(&self, number: usize) -> Vec<String> {
        let value = self.alternative(number);
        let preset = !self.presets().is_empty();
        let named = self.text("type") == Some("named");
        match self.text("name").filter(|_| named) {
            // An option without any value is a switch.
            Some(name) if !preset && self.text("valueHint").is_none() && !self.asks() => {
                vec![name.to_owned()]
            }
            Some(name) if name.starts_with("--") => vec![format!("{name}={value}")],
            Some(name) => vec![name.to_owned(), value],
            None => vec![value],
        }
    }

    fn asks(&self) -> bool {
        self.flag("isRequired")
            || self.text("format").is_some()
            || self.text("description").is_some()
    }

    /// Credential files that a preset points at.
    pub(super) fn judge_presets(&self, notes: &mut Notes) {
        let presets = self.presets();
        if presets.len() > MOST_PRESETS {
            notes.note(
                rules::TOO_MANY,
                format!("more than {MOST_PRESETS} presets of one input are not judged"),
            );
        }
        for preset in presets {
            if names_credentials(&preset) {
                let text = format!("a preset points at credentials: `{}`", excerpt(&preset));
                notes.note(rules::ASKS_FOR_CREDENTIALS, text);
            }
            if hidden_char(&preset, true).is_some() {
                notes.note(
                    rules::HIDDEN_CHARACTER,
                    format!(
                        "a preset has characters that nobody sees: `{}`",
                        excerpt(&preset)
                    ),
                );
            }
        }
    }
}

fn own_values(value: &Value) -> impl Iterator<Item = &str> {
    let choices = value.get("choices").and_then(Value::as_array);
    let choices = choices.into_iter().flatten().filter_map(Value::as_str);
    ["value", "default"]
        .into_iter()
        .filter_map(|key| value.get(key).and_then(Value::as_str))
        .chain(choices)
}

/// The elements of a list of inputs.
pub(super) fn inputs<'a>(holder: &'a Value, key: &str) -> Vec<Input<'a>> {
    let list = holder.get(key).and_then(Value::as_array);
    list.into_iter().flatten().map(Input::new).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn arguments_become_words() {
        for (argument, expected) in [
            (json!({"type": "positional", "value": "a b"}), &["a b"][..]),
            (
                json!({"type": "positional", "valueHint": "path"}),
                &["${VALUE}"],
            ),
            (
                json!({"type": "named", "name": "-v", "value": "/:/host"}),
                &["-v", "/:/host"],
            ),
            (
                json!({"type": "named", "name": "--port", "default": "80"}),
                &["--port=80"],
            ),
            (
                json!({"type": "named", "name": "--verbose"}),
                &["--verbose"],
            ),
            (
                json!({"type": "positional", "value": "{a}/x", "variables": {"a": {"default": "/etc"}}}),
                &["/etc/x"],
            ),
        ] {
            assert_eq!(Input::new(&argument).words(0), expected, "{argument}");
        }
    }

    #[test]
    fn every_preset_is_seen() {
        let input = json!({"value": "{a}", "default": "z", "choices": ["y"],
            "variables": {"a": {"choices": ["1", "2"]}}});
        assert_eq!(Input::new(&input).presets(), ["1", "2", "z", "y"]);
    }
}
