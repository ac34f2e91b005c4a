//! A template as the steps of reading a URI.

use super::encode::{is_delimiter, is_triplet, is_unreserved};
use super::template::{Expression, Modifier, Operator, Part, Template, Variable};

impl Template {
    pub(super) fn steps(&self) -> Vec<Step<'_>> {
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

pub(super) enum Step<'t> {
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
    pub(super) fn unit(&self, rest: &[u8]) -> usize {
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

pub(super) fn reaches_far(operator: Operator) -> bool {
    matches!(operator, Operator::Reserved | Operator::Fragment)
}
