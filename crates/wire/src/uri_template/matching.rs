//! The way back from a URI to the variables.
//!
//! The template becomes a list of steps. From the last step to the first a table is filled that says from where in the URI the rest
//! can be read; then one walk from the front takes what the table allows. So nothing is tried twice.

use super::encode::{decode, is_delimiter, is_triplet, is_unreserved};
use super::template::{Expression, Modifier, Operator, Part, Template, Variable};
use super::{Matched, Value, Variables};

/// Bytes of the longest URI that is matched.
const LONGEST: usize = 8_192;

impl Template {
    /// The variables that make `uri` of this template, when there are any.
    pub fn matches(&self, uri: &str) -> Option<Matched> {
        if uri.len() > LONGEST {
            return None;
        }
        let steps = self.steps();
        let table = Table::fill(&steps, uri.as_bytes());
        let mut found = Variables::default();
        table.walk(&steps, uri, &mut found)?;
        Some(Matched { variables: found })
    }

    fn steps(&self) -> Vec<Step<'_>> {
        let mut steps = Vec::new();
        for part in &self.parts {
            match part {
                Part::Literal(text) => steps.push(Step::Literal(text)),
                Part::Expression(expression) if expression.operator.named() => {
                    steps.push(Step::Named(expression));
                }
                Part::Expression(expression) => expression.steps(&mut steps),
            }
        }
        steps
    }
}

impl Expression {
    /// The first variable, then a separator and the next one, as far as the URI goes.
    fn steps<'t>(&'t self, steps: &mut Vec<Step<'t>>) {
        let operator = self.operator;
        // Each variable is up to three steps; an optional one jumps behind the last.
        let optional = !operator.first().is_empty();
        let each = |index: usize| if index == 0 && !optional { 1 } else { 3 };
        let end = steps.len() + (0..self.variables.len()).map(each).sum::<usize>();
        for (index, variable) in self.variables.iter().enumerate() {
            if each(index) == 3 {
                let mark = match index {
                    0 => operator.first(),
                    _ => separator(operator),
                };
                steps.extend([Step::Skip { to: end }, Step::Literal(mark)]);
            }
            let alone = self.variables.len() == 1;
            steps.push(Step::Take {
                variable,
                operator,
                alone,
            });
        }
    }
}

fn separator(operator: Operator) -> &'static str {
    match operator {
        Operator::Path => "/",
        Operator::Label => ".",
        _ => ",",
    }
}

enum Step<'t> {
    Literal(&'t str),
    /// Goes on, or jumps.
    Skip {
        to: usize,
    },
    /// At least one character of a variable.
    Take {
        variable: &'t Variable,
        operator: Operator,
        alone: bool,
    },
    /// All that has a name of this expression's.
    Named(&'t Expression),
}

impl Step<'_> {
    /// How many bytes of the variable stand at the start of `rest`: a character or an encoded byte; 0 when something else does.
    fn unit(&self, rest: &[u8]) -> usize {
        let Step::Take {
            variable,
            operator,
            alone,
        } = self
        else {
            return 0;
        };
        let explode = variable.modifier == Modifier::Explode;
        match rest {
            [b'%', ..] => 3 * usize::from(is_triplet(rest)),
            [byte, ..] if is_unreserved(*byte) => {
                usize::from(*operator != Operator::Label || *byte != b'.' || explode)
            }
            [b'/', ..] => {
                usize::from(reaches_far(*operator) || (*operator == Operator::Path && explode))
            }
            [b'?', ..] => usize::from(reaches_far(*operator)),
            [b'#' | b'[' | b']', ..] => {
                usize::from(*operator == Operator::Reserved && rest.first() != Some(&b'#'))
            }
            [b',', ..] => usize::from(*alone || reaches_far(*operator)),
            [b':' | b'@', ..] => 1,
            [byte, ..] if is_delimiter(*byte) => 1,
            // A character beyond ASCII, whole; peers write them although no URI has them.
            [0xC2..=0xDF, ..] => 2,
            [0xE0..=0xEF, ..] => 3,
            [0xF0..=0xF4, ..] => 4,
            _ => 0,
        }
    }
}

fn reaches_far(operator: Operator) -> bool {
    matches!(operator, Operator::Reserved | Operator::Fragment)
}

/// For each step and each place in the URI: whether everything from there on can be read.
struct Table {
    width: usize,
    cells: Vec<bool>,
}

impl Table {
    fn fill(steps: &[Step<'_>], uri: &[u8]) -> Self {
        let width = uri.len() + 1;
        let mut table = Self {
            width,
            cells: vec![false; width * (steps.len() + 1)],
        };
        table.set(steps.len(), uri.len(), true);
        for (index, step) in steps.iter().enumerate().rev() {
            // Of a variable: whether it may end here or go on.
            let mut goes_on = vec![false; width + 4];
            for at in (0..width).rev() {
                let rest = uri.get(at..).unwrap_or_default();
                let can = match step {
                    Step::Literal(text) => {
                        rest.starts_with(text.as_bytes()) && table.get(index + 1, at + text.len())
                    }
                    Step::Skip { to } => table.get(index + 1, at) || table.get(*to, at),
                    Step::Named(expression) => {
                        let end = at + named(expression, rest).1;
                        table.get(index + 1, end) || table.get(index + 1, at)
                    }
                    Step::Take { .. } => {
                        let unit = step.unit(rest);
                        let more = unit > 0 && goes_on.get(at + unit).copied().unwrap_or(false);
                        if let Some(slot) = goes_on.get_mut(at) {
                            *slot = more || table.get(index + 1, at);
                        }
                        more
                    }
                };
                table.set(index, at, can);
            }
        }
        table
    }

    fn get(&self, step: usize, at: usize) -> bool {
        at < self.width
            && self
                .cells
                .get(step * self.width + at)
                .copied()
                .unwrap_or(false)
    }

    fn set(&mut self, step: usize, at: usize, can: bool) {
        if let Some(cell) = self.cells.get_mut(step * self.width + at) {
            *cell = can;
        }
    }

    /// Reads from the front. Each variable takes as much as leaves the rest readable.
    fn walk(&self, steps: &[Step<'_>], uri: &str, found: &mut Variables) -> Option<()> {
        let (mut index, mut at) = (0, 0);
        if !self.get(0, 0) {
            return None;
        }
        while let Some(step) = steps.get(index) {
            let rest = uri.get(at..)?;
            (index, at) = match step {
                Step::Literal(text) => (index + 1, at + text.len()),
                Step::Skip { .. } if self.get(index + 1, at) => (index + 1, at),
                Step::Skip { to } => (*to, at),
                Step::Named(expression) => {
                    let (values, length) = named(expression, rest.as_bytes());
                    match self.get(index + 1, at + length) {
                        true => {
                            for (variable, raw) in values {
                                keep(found, variable, expression.operator, raw)?;
                            }
                            (index + 1, at + length)
                        }
                        false => (index + 1, at),
                    }
                }
                Step::Take {
                    variable, operator, ..
                } => {
                    let length = self.longest(step, index, rest.as_bytes(), at)?;
                    keep(found, variable, *operator, rest.get(..length)?)?;
                    (index + 1, at + length)
                }
            };
        }
        Some(())
    }

    fn longest(&self, step: &Step<'_>, index: usize, rest: &[u8], at: usize) -> Option<usize> {
        let (mut length, mut longest) = (0, None);
        loop {
            let unit = step.unit(rest.get(length..)?);
            if unit == 0 {
                return longest;
            }
            length += unit;
            if self.get(index + 1, at + length) {
                longest = Some(length);
            }
        }
    }
}

/// The named values at the start of `rest` as they are written, and their length together. Any order; a name that the expression lacks,
/// or that occurs twice without being exploded, ends them.
fn named<'t, 'u>(
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
fn keep(found: &mut Variables, variable: &Variable, operator: Operator, raw: &str) -> Option<()> {
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
