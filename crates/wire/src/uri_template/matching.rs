//! The way back from a URI to the variables.
//!
//! The template becomes a list of steps. From the last step to the first a table is filled that says from where in the URI the rest
//! can be read; then one walk from the front takes what the table allows. So nothing is tried twice.

use super::reading::{keep, named};
use super::steps::Step;
use super::template::Template;
use super::{Matched, Variables};

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
