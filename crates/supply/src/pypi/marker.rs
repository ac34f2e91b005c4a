//! Conditions of requirements (PEP 508 environment markers), evaluated for one interpreter.

use super::{
    name::Name,
    version::{Specifiers, Version},
};
use std::collections::BTreeMap;

/// Deepest nesting of parentheses.
const MAX_DEPTH: usize = 32;

/// Text that is not a condition.
#[derive(Debug, Clone, thiserror::Error, PartialEq, Eq)]
pub enum MarkerError {
    /// It does not follow the grammar.
    #[error("not an environment marker (PEP 508)")]
    Syntax,
    /// It asks for something that is not defined.
    #[error("`{0}` is no variable of environment markers")]
    Variable(String),
    /// More parentheses than anybody needs.
    #[error("nested too deeply")]
    Deep,
}

/// The variables that PEP 508 defines, `extra` aside, and the old spellings that are still read.
const VARIABLES: [(&str, &str); 16] = [
    ("os_name", "os_name"),
    ("sys_platform", "sys_platform"),
    ("platform_machine", "platform_machine"),
    (
        "platform_python_implementation",
        "platform_python_implementation",
    ),
    ("platform_release", "platform_release"),
    ("platform_system", "platform_system"),
    ("platform_version", "platform_version"),
    ("python_version", "python_version"),
    ("python_full_version", "python_full_version"),
    ("implementation_name", "implementation_name"),
    ("implementation_version", "implementation_version"),
    ("os.name", "os_name"),
    ("sys.platform", "sys_platform"),
    ("platform.machine", "platform_machine"),
    (
        "platform.python_implementation",
        "platform_python_implementation",
    ),
    ("python_implementation", "platform_python_implementation"),
];

/// The values of the variables for one interpreter.
#[derive(Debug, Clone, Default)]
pub struct Environment(pub BTreeMap<&'static str, String>);

/// A condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Marker {
    /// Both hold.
    And(Box<Marker>, Box<Marker>),
    /// One holds.
    Or(Box<Marker>, Box<Marker>),
    /// Two values compare so.
    Compare(Operand, Operator, Operand),
}

/// A side of a comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Operand {
    /// A variable of the environment.
    Variable(&'static str),
    /// The extra that is asked for.
    Extra,
    /// Quoted text.
    Text(String),
}

/// How two values compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    /// A version comparison or equality, as written.
    Version(&'static str),
    /// The left is part of the right.
    In,
    /// The left is not part of the right.
    NotIn,
}

impl Marker {
    /// Reads a condition.
    ///
    /// # Errors
    /// When it does not follow the grammar.
    pub fn parse(text: &str) -> Result<Self, MarkerError> {
        let mut parser = Parser {
            rest: text.trim(),
            depth: 0,
        };
        let marker = parser.either()?;
        if parser.rest.is_empty() {
            Ok(marker)
        } else {
            Err(MarkerError::Syntax)
        }
    }

    /// Whether the condition holds in `environment`, with `extra` when it is one's extra that asks.
    #[must_use]
    pub fn holds(&self, environment: &Environment, extra: Option<&Name>) -> bool {
        match self {
            Self::And(a, b) => a.holds(environment, extra) && b.holds(environment, extra),
            Self::Or(a, b) => a.holds(environment, extra) || b.holds(environment, extra),
            Self::Compare(left, operator, right) => {
                compare(left, *operator, right, environment, extra)
            }
        }
    }
}

fn compare(
    left: &Operand,
    operator: Operator,
    right: &Operand,
    environment: &Environment,
    extra: Option<&Name>,
) -> bool {
    let about_extra = *left == Operand::Extra || *right == Operand::Extra;
    let value = |operand: &Operand| match operand {
        Operand::Extra => extra.map(ToString::to_string).unwrap_or_default(),
        Operand::Text(text) if about_extra => {
            Name::new(text).map_or_else(|_| text.clone(), String::from)
        }
        Operand::Text(text) => text.clone(),
        Operand::Variable(name) => environment.0.get(name).cloned().unwrap_or_default(),
    };
    let (left, right) = (value(left), value(right));
    match operator {
        Operator::In => right.contains(&left),
        Operator::NotIn => !right.contains(&left),
        Operator::Version(operator) if about_extra => text(&left, operator, &right),
        Operator::Version(operator) => {
            let specifier: Result<Specifiers, _> = format!("{operator}{right}").parse();
            match (left.parse::<Version>(), specifier) {
                (Ok(version), Ok(specifier)) => specifier.admit(&version),
                _ => text(&left, operator, &right),
            }
        }
    }
}

/// What the operators mean for text that is no version.
fn text(left: &str, operator: &str, right: &str) -> bool {
    match operator {
        "==" | "===" => left == right,
        "!=" => left != right,
        "<" => left < right,
        "<=" => left <= right,
        ">" => left > right,
        ">=" => left >= right,
        _ => false,
    }
}

struct Parser<'a> {
    rest: &'a str,
    depth: usize,
}

impl Parser<'_> {
    fn either(&mut self) -> Result<Marker, MarkerError> {
        let mut marker = self.both()?;
        while self.word("or") {
            marker = Marker::Or(Box::new(marker), Box::new(self.both()?));
        }
        Ok(marker)
    }

    fn both(&mut self) -> Result<Marker, MarkerError> {
        let mut marker = self.single()?;
        while self.word("and") {
            marker = Marker::And(Box::new(marker), Box::new(self.single()?));
        }
        Ok(marker)
    }

    fn single(&mut self) -> Result<Marker, MarkerError> {
        if !self.sign("(") {
            let left = self.operand()?;
            let operator = self.operator()?;
            return Ok(Marker::Compare(left, operator, self.operand()?));
        }
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(MarkerError::Deep);
        }
        let inner = self.either()?;
        self.depth -= 1;
        if self.sign(")") {
            Ok(inner)
        } else {
            Err(MarkerError::Syntax)
        }
    }

    fn operand(&mut self) -> Result<Operand, MarkerError> {
        for quote in ['"', '\''] {
            if let Some(rest) = self.rest.strip_prefix(quote) {
                let (text, rest) = rest.split_once(quote).ok_or(MarkerError::Syntax)?;
                self.rest = rest.trim_start();
                return Ok(Operand::Text(text.to_owned()));
            }
        }
        let end = self
            .rest
            .find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '.')))
            .unwrap_or(self.rest.len());
        let (name, rest) = self.rest.split_at_checked(end).ok_or(MarkerError::Syntax)?;
        self.rest = rest.trim_start();
        if name == "extra" {
            return Ok(Operand::Extra);
        }
        let known = VARIABLES.iter().find(|(spelling, _)| *spelling == name);
        match known {
            Some((_, variable)) => Ok(Operand::Variable(variable)),
            None if name.is_empty() => Err(MarkerError::Syntax),
            None => Err(MarkerError::Variable(name.chars().take(60).collect())),
        }
    }

    fn operator(&mut self) -> Result<Operator, MarkerError> {
        // Longer ones first.
        for operator in ["===", "==", "!=", "<=", ">=", "~=", "<", ">"] {
            if self.sign(operator) {
                return Ok(Operator::Version(operator));
            }
        }
        if self.word("in") {
            return Ok(Operator::In);
        }
        if self.word("not") && self.word("in") {
            return Ok(Operator::NotIn);
        }
        Err(MarkerError::Syntax)
    }

    fn sign(&mut self, sign: &str) -> bool {
        match self.rest.strip_prefix(sign) {
            Some(rest) => {
                self.rest = rest.trim_start();
                true
            }
            None => false,
        }
    }

    /// A word that does not go on.
    fn word(&mut self, word: &str) -> bool {
        match self.rest.strip_prefix(word) {
            Some(rest) if !rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_') => {
                self.rest = rest.trim_start();
                true
            }
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment() -> Environment {
        let values = [
            ("os_name", "posix"),
            ("sys_platform", "linux"),
            ("platform_machine", "x86_64"),
            ("platform_python_implementation", "CPython"),
            ("platform_system", "Linux"),
            ("python_version", "3.11"),
            ("python_full_version", "3.11.7"),
            ("implementation_name", "cpython"),
        ];
        Environment(
            values
                .into_iter()
                .map(|(name, value)| (name, value.to_owned()))
                .collect(),
        )
    }

    #[test]
    fn conditions() {
        for (text, extra, expected) in [
            ("python_version < '3.12'", None, true),
            ("python_version<\"3.9\"", None, false),
            ("python_version >= '3.9'", None, true),
            (
                "python_version >= '3.9' and python_version < '4'",
                None,
                true,
            ),
            ("python_full_version < '3.11.3'", None, false),
            ("python_version == '3.*'", None, true),
            ("'3.10' <= python_version", None, true),
            ("sys_platform == 'win32'", None, false),
            ("sys_platform != 'win32'", None, true),
            ("sys.platform == 'linux'", None, true),
            ("platform_machine in 'x86_64 aarch64'", None, true),
            ("platform_machine not in 'arm64'", None, true),
            ("platform_python_implementation == 'PyPy'", None, false),
            ("python_implementation == 'CPython'", None, true),
            ("extra == 'cli'", None, false),
            ("extra == 'cli'", Some("cli"), true),
            ("extra == 'My_Extra'", Some("my-extra"), true),
            ("extra != 'cli'", Some("cli"), false),
            (
                "(extra == 'a' or extra == 'b') and os_name == 'posix'",
                Some("b"),
                true,
            ),
            (
                "extra == 'a' or extra == 'b' and os_name == 'nt'",
                Some("a"),
                true,
            ),
            ("platform_release >= '5'", None, false),
            (
                "platform_system == 'Linux' or\n platform_system == 'Darwin'",
                None,
                true,
            ),
        ] {
            let extra = extra.map(|extra| Name::new(extra).unwrap());
            let marker = Marker::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!(
                marker.holds(&environment(), extra.as_ref()),
                expected,
                "{text}"
            );
        }
    }

    #[test]
    fn no_conditions() {
        let deep = format!("{}os_name == 'x'{}", "(".repeat(40), ")".repeat(40));
        for (text, error) in [
            ("", MarkerError::Syntax),
            ("os_name", MarkerError::Syntax),
            ("os_name ==", MarkerError::Syntax),
            ("os_name == 'x", MarkerError::Syntax),
            ("os_name == 'x' and", MarkerError::Syntax),
            ("(os_name == 'x'", MarkerError::Syntax),
            ("os_name == 'x') ", MarkerError::Syntax),
            ("os_name not 'x'", MarkerError::Syntax),
            ("os_name = 'x'", MarkerError::Syntax),
            ("home == 'x'", MarkerError::Variable("home".into())),
            ("os_name == 'x' xor os_name == 'y'", MarkerError::Syntax),
            (&deep, MarkerError::Deep),
        ] {
            assert_eq!(Marker::parse(text), Err(error), "{text}");
        }
    }
}
