//! What a URI said, read by a template.

use super::encode::decode;
use super::{Value, Variables};

/// The variables of a URI. Those that it leaves out are absent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Matched {
    pub(super) variables: Variables,
}

impl Matched {
    /// The text of a variable; `None` when it is absent or a list.
    pub fn text(&self, name: &str) -> Option<&str> {
        match self.get(name)? {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The value of a variable: a list where the template explodes it, else a text.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.variables.get(name)
    }

    /// Names and values.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &Value)> {
        self.variables.iter()
    }

    /// All of them, to be expanded again.
    pub fn into_variables(self) -> Variables {
        self.variables
    }

    /// Whether a value has a segment `.` or `..`, as it is or decoded once or twice more. Such a value names something else to whoever
    /// puts it into a path.
    pub fn has_dots(&self) -> bool {
        self.iter().any(|(_, value)| value.texts().any(has_dots))
    }
}

fn has_dots(text: &str) -> bool {
    let mut layer = Some(text.to_owned());
    for _ in 0..3 {
        let Some(text) = layer else { return false };
        if text
            .split(['/', '\\'])
            .any(|segment| matches!(segment, "." | ".."))
        {
            return true;
        }
        layer = decode(&text);
    }
    false
}
