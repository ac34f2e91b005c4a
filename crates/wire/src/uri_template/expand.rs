//! Expansion: RFC 6570, section 3.

use super::encode::{Allow, encode};
use super::template::{Expression, Modifier, Operator, Part, Template, Variable};
use super::{ExpandError, Value, Variables};

impl Template {
    /// The URI that these variables make. Variables without a value leave nothing behind.
    ///
    /// # Errors
    /// When the first characters are wanted of something that is not a text.
    pub fn expand(&self, variables: &Variables) -> Result<String, ExpandError> {
        let mut out = String::with_capacity(self.source.len() + 16);
        for part in &self.parts {
            match part {
                Part::Literal(text) => out.push_str(text),
                Part::Expression(expression) => expression.expand(variables, &mut out)?,
            }
        }
        Ok(out)
    }
}

impl Expression {
    fn expand(&self, variables: &Variables, out: &mut String) -> Result<(), ExpandError> {
        let defined = self.variables.iter().filter_map(|variable| {
            let value = variables.get(&variable.name)?;
            value.is_defined().then_some((variable, value))
        });
        for (index, (variable, value)) in defined.enumerate() {
            match index {
                0 => out.push_str(self.operator.first()),
                _ => out.push(self.operator.separator()),
            }
            variable.expand(self.operator, value, out)?;
        }
        Ok(())
    }
}

impl Variable {
    fn expand(
        &self,
        operator: Operator,
        value: &Value,
        out: &mut String,
    ) -> Result<(), ExpandError> {
        let explode = self.modifier == Modifier::Explode;
        let separator = if explode { operator.separator() } else { ',' };
        // Exploded lists and maps have a name for each text instead.
        if operator.named() && (!explode || matches!(value, Value::Text(_))) {
            encode(&self.name, Allow::Reserved, out);
            let empty = value.texts().all(str::is_empty) && !matches!(value, Value::Map(_));
            out.push_str(if empty { operator.if_empty() } else { "=" });
        }
        let text = |text: &str, out: &mut String| encode(text, operator.allow(), out);
        match (value, self.modifier) {
            (Value::Text(whole), Modifier::Prefix(length)) => {
                let end = whole
                    .char_indices()
                    .nth(length)
                    .map_or(whole.len(), |(at, _)| at);
                text(whole.get(..end).unwrap_or_default(), out);
            }
            (_, Modifier::Prefix(_)) => {
                return Err(ExpandError::Prefix {
                    name: self.name.clone(),
                });
            }
            (Value::Text(whole), _) => text(whole, out),
            (Value::List(list), _) => {
                for (index, item) in list.iter().enumerate() {
                    out.extend((index > 0).then_some(separator));
                    if explode && operator.named() {
                        encode(&self.name, Allow::Reserved, out);
                        out.push_str(if item.is_empty() {
                            operator.if_empty()
                        } else {
                            "="
                        });
                    }
                    text(item, out);
                }
            }
            (Value::Map(map), _) => {
                for (index, (key, item)) in map.iter().enumerate() {
                    out.extend((index > 0).then_some(separator));
                    text(key, out);
                    out.push_str(match explode {
                        false => ",",
                        true if item.is_empty() && operator.named() => operator.if_empty(),
                        true => "=",
                    });
                    text(item, out);
                }
            }
        }
        Ok(())
    }
}
