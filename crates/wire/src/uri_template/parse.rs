//! Reading a template: RFC 6570, section 2.

use super::encode::{Allow, encode, is_triplet};
use super::template::{Expression, Modifier, Operator, Part, Template, Variable};
use super::{TemplateError, TemplateFault};

impl Template {
    /// Reads a template.
    ///
    /// # Errors
    /// The first fault and where it is.
    pub fn parse(source: &str) -> Result<Self, TemplateError> {
        let fault = |fault, at| TemplateError { fault, at };
        if source.len() > Self::LONGEST {
            return Err(fault(TemplateFault::Limit, Self::LONGEST));
        }
        let mut parts = Vec::new();
        let (mut rest, mut variables) = (source, 0);
        while !rest.is_empty() {
            let at = source.len() - rest.len();
            let (text, behind) = rest
                .split_at_checked(rest.find('{').unwrap_or(rest.len()))
                .unwrap_or((rest, ""));
            if !text.is_empty() {
                parts.push(Part::Literal(literal(text, at)?));
            }
            let Some(inside) = behind.strip_prefix('{') else {
                break;
            };
            let at = at + text.len();
            let (body, behind) = inside
                .split_once('}')
                .ok_or_else(|| fault(TemplateFault::Brace, at))?;
            let expression = expression(body).map_err(|what| fault(what, at))?;
            variables += expression.variables.len();
            if variables > Self::MOST_VARIABLES {
                return Err(fault(TemplateFault::Limit, at));
            }
            parts.push(Part::Expression(expression));
            rest = behind;
        }
        Ok(Self {
            source: source.to_owned(),
            parts,
        })
    }
}

/// Text between expressions, as it will stand in a URI.
fn literal(text: &str, from: usize) -> Result<String, TemplateError> {
    for (at, character) in text.char_indices() {
        let alone = || !is_triplet(text.as_bytes().get(at..).unwrap_or_default());
        let fault = match character {
            '}' => TemplateFault::Brace,
            '\0'..=' ' | '"' | '<' | '>' | '\\' | '^' | '`' | '|' | '\u{7F}' => {
                TemplateFault::Literal
            }
            '%' if alone() => TemplateFault::Literal,
            _ => continue,
        };
        return Err(TemplateError {
            fault,
            at: from + at,
        });
    }
    let mut out = String::with_capacity(text.len());
    encode(text, Allow::Reserved, &mut out);
    Ok(out)
}

fn expression(body: &str) -> Result<Expression, TemplateFault> {
    let (operator, list) = match body.as_bytes().first() {
        None => return Err(TemplateFault::Name),
        Some(b'=' | b',' | b'!' | b'@' | b'|') => return Err(TemplateFault::Operator),
        Some(byte) => match Operator::of(*byte) {
            Some(operator) => (operator, body.get(1..).unwrap_or_default()),
            None => (Operator::Simple, body),
        },
    };
    let variables = list.split(',').map(variable).collect::<Result<_, _>>()?;
    Ok(Expression {
        operator,
        variables,
    })
}

fn variable(text: &str) -> Result<Variable, TemplateFault> {
    let (name, modifier) = match (text.strip_suffix('*'), text.split_once(':')) {
        (Some(name), _) => (name, Modifier::Explode),
        (None, Some((name, length))) => (name, Modifier::Prefix(prefix(length)?)),
        (None, None) => (text, Modifier::None),
    };
    match is_name(name) {
        true => Ok(Variable {
            name: name.to_owned(),
            modifier,
        }),
        false => Err(TemplateFault::Name),
    }
}

fn prefix(length: &str) -> Result<usize, TemplateFault> {
    let digits = matches!(length.as_bytes(), [b'1'..=b'9', rest @ ..] if rest.iter().all(u8::is_ascii_digit));
    match length.parse() {
        Ok(number @ 1..=9_999) if digits => Ok(number),
        _ => Err(TemplateFault::Prefix),
    }
}

/// Letters, digits, underscores and encoded characters, with single dots between them.
fn is_name(name: &str) -> bool {
    name.split('.').all(|part| {
        let mut rest = part.as_bytes();
        while let [byte, behind @ ..] = rest {
            rest = match byte {
                b'_' => behind,
                byte if byte.is_ascii_alphanumeric() => behind,
                _ if is_triplet(rest) => rest.get(3..).unwrap_or_default(),
                _ => return false,
            };
        }
        !part.is_empty()
    })
}
