//! Values as a URI writes them: found by their names, decoded, and judged.

use super::encode::decode;
use super::steps::reaches_far;
use super::template::{Expression, Modifier, Operator, Variable};
use super::{Value, Variables};

/// The named values at the start of `rest` as they are written, and their length together. Any order; a name that the expression lacks,
/// or that occurs twice without being exploded, ends them.
pub(super) fn named<'t, 'u>(
    expression: &'t Expression,
    rest: &'u [u8],
) -> (Vec<(&'t Variable, &'u str)>, usize) {
    let mut values: Vec<(&Variable, &str)> = Vec::new();
    let mut length = 0;
    let mut mark = expression.operator.first().as_bytes().first().copied();
    while let Some(pair) = rest
        .get(length..)
        .and_then(|rest| rest.strip_prefix(mark.as_slice()))
    {
        let ends = |byte: &u8| match expression.operator {
            Operator::Matrix => matches!(byte, b';' | b'/' | b'?' | b'#'),
            _ => matches!(byte, b'&' | b'#'),
        };
        let pair = pair.get(..pair.iter().position(ends).unwrap_or(pair.len()));
        let Some(pair) = pair.and_then(|pair| std::str::from_utf8(pair).ok()) else {
            break;
        };
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let Some(variable) = expression
            .variables
            .iter()
            .find(|variable| variable.name == name)
        else {
            break;
        };
        if variable.modifier != Modifier::Explode
            && values.iter().any(|(known, _)| *known == variable)
        {
            break;
        }
        values.push((variable, value));
        length += mark.as_slice().len() + pair.len();
        mark = u8::try_from(expression.operator.separator()).ok();
    }
    (values, length)
}

/// Decodes a value and puts it to the others; `None` when it may not be one.
pub(super) fn keep(
    found: &mut Variables,
    variable: &Variable,
    operator: Operator,
    raw: &str,
) -> Option<()> {
    let value = match variable.modifier {
        Modifier::Explode if !operator.named() => {
            let texts = raw
                .split(operator.separator())
                .map(|raw| text(operator, raw));
            let list = texts.collect::<Option<Vec<_>>>()?;
            (operator != Operator::Path || list.iter().all(|text| !text.is_empty()))
                .then_some(())?;
            Value::List(list)
        }
        Modifier::Explode => {
            let mut list = match found.get(&variable.name) {
                Some(Value::List(list)) => list.clone(),
                _ => Vec::new(),
            };
            list.push(text(operator, raw)?);
            found.insert(variable.name.as_str(), list);
            return Some(());
        }
        Modifier::Prefix(most) => {
            let text = text(operator, raw)?;
            (text.chars().count() <= most).then_some(())?;
            Value::Text(text)
        }
        Modifier::None => Value::Text(text(operator, raw)?),
    };
    match found.get(&variable.name) {
        Some(before) => (*before == value).then_some(()),
        None => {
            found.insert(variable.name.as_str(), value);
            Some(())
        }
    }
}

/// Slashes come only from where they may be written; control characters from nowhere.
fn text(operator: Operator, raw: &str) -> Option<String> {
    let text = decode(raw)?;
    let slash = !reaches_far(operator) && !operator.named() && text.contains(['/', '\\']);
    (!slash && !text.chars().any(char::is_control)).then_some(text)
}
