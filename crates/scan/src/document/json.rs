//! JSON, with or without comments.
//!
//! A first pass over the bytes bounds depth and number of values before anything is built, and notes what plain JSON does not have. The
//! tree is then built by a lenient reader, so that a file which its client refuses is still looked into.

use interlock_launch::text::excerpt;
use jsonc_parser::ast;
use jsonc_parser::errors::ParseErrorKind;
use jsonc_parser::{CollectOptions, ParseOptions, parse_to_ast};

use super::lex::{Survey, survey};
use super::node::{Member, Node, Value};
use super::problem::{Problem, ProblemKind};
use super::read::{DEEPEST, MOST_NODES, Reading};
use super::span::Span;

/// Comments and trailing commas are read; everything else is as RFC 8259 has it.
const LENIENT: ParseOptions = ParseOptions {
    allow_comments: true,
    allow_loose_object_property_names: false,
    allow_trailing_commas: true,
    allow_missing_commas: false,
    allow_single_quoted_strings: false,
    allow_hexadecimal_numbers: false,
    allow_unary_plus_numbers: false,
    allow_bare_decimal_point_numbers: false,
    allow_non_finite_numbers: false,
    allow_extended_string_escapes: false,
};

/// Reads `text`, which starts `shift` bytes into the file. `plain` says that the client knows no comments.
pub(super) fn read(text: &str, shift: usize, plain: bool) -> Reading {
    let survey = survey(text.as_bytes());
    let mut problems = survey_problems(&survey, shift, plain);
    if survey.depth > DEEPEST || survey.values > MOST_NODES {
        return Reading {
            root: None,
            problems,
        };
    }
    let root = match parse_to_ast(text, &CollectOptions::default(), &LENIENT) {
        Ok(parsed) => {
            if parsed.value.is_none() && plain {
                let said = "the file is empty, which is no JSON";
                problems.push(Problem::new(Span::default(), ProblemKind::Syntax, said));
            }
            parsed.value.map(|value| node(value, shift))
        }
        Err(error) => {
            let range = error.range();
            let kind = match error.kind() {
                ParseErrorKind::MultipleRootJsonValues => ProblemKind::Trailing,
                ParseErrorKind::String(_) => ProblemKind::BadText,
                _ => ProblemKind::Syntax,
            };
            let said = format!("this is no JSON: {}", excerpt(&error.kind().to_string()));
            problems.push(Problem::new(
                Span::new(range.start, range.end).shifted(shift),
                kind,
                said,
            ));
            None
        }
    };
    Reading { root, problems }
}

fn survey_problems(survey: &Survey, shift: usize, plain: bool) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut add = |span: Option<Span>, kind, text: &str| {
        if let Some(span) = span {
            problems.push(Problem::new(span.shifted(shift), kind, text));
        }
    };
    if survey.values > MOST_NODES {
        let text = "the file holds more values than are read";
        add(Some(Span::default()), ProblemKind::TooMany, text);
    }
    let deep = "maps and lists are nested deeper than clients need";
    add(survey.deep, ProblemKind::TooDeep, deep);
    let raw = "a control character stands in a string unescaped";
    add(survey.control, ProblemKind::BadText, raw);
    if plain {
        let comment = "a comment, where the client reads plain JSON and gives up on the whole file";
        add(survey.comment, ProblemKind::Comment, comment);
        let comma = "a comma before a closing bracket, where the client reads plain JSON and gives up on the whole file";
        add(survey.comma, ProblemKind::TrailingComma, comma);
    }
    problems
}

fn node(value: ast::Value<'_>, shift: usize) -> Node {
    match value {
        ast::Value::NullKeyword(null) => Node::new(span(null.range, shift), Value::Null),
        ast::Value::BooleanLit(truth) => {
            Node::new(span(truth.range, shift), Value::Bool(truth.value))
        }
        ast::Value::NumberLit(number) => {
            let text = Value::Number(number.value.to_owned());
            Node::new(span(number.range, shift), text)
        }
        ast::Value::StringLit(text) => {
            let value = Value::Text(text.value.into_owned());
            Node::new(span(text.range, shift), value)
        }
        ast::Value::Array(array) => {
            let elements = array.elements.into_iter();
            let list = Value::List(elements.map(|element| node(element, shift)).collect());
            Node::new(span(array.range, shift), list)
        }
        ast::Value::Object(object) => {
            let members = object.properties.into_iter();
            let map = Value::Map(members.map(|property| member(property, shift)).collect());
            Node::new(span(object.range, shift), map)
        }
    }
}

fn member(property: ast::ObjectProp<'_>, shift: usize) -> Member {
    let range = match &property.name {
        ast::ObjectPropName::String(name) => name.range,
        ast::ObjectPropName::Word(name) => name.range,
    };
    Member {
        key: property.name.into_string(),
        key_span: span(range, shift),
        value: node(property.value, shift),
    }
}

fn span(range: jsonc_parser::common::Range, shift: usize) -> Span {
    Span::new(range.start, range.end).shifted(shift)
}
