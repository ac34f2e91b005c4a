//! URI templates of resources: which of them a URI belongs to, and with which variables.

use interlock_wire::types::Map;

/// A template that URIs are matched with.
#[derive(Debug, Clone)]
pub(in crate::server) struct Template(Vec<Part>);

#[derive(Debug, Clone)]
enum Part {
    Literal(String),
    Variable(String),
}

impl Template {
    /// Reads a template of level 1; none for others.
    pub(in crate::server) fn parse(text: &str) -> Option<Self> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((literal, behind)) = rest.split_once('{') {
            let (name, behind) = behind.split_once('}')?;
            let plain = name
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
            if !plain || name.is_empty() {
                return None;
            }
            parts.push(Part::Literal(literal.to_owned()));
            parts.push(Part::Variable(name.to_owned()));
            rest = behind;
        }
        parts.push(Part::Literal(rest.to_owned()));
        Some(Self(parts))
    }

    /// The variables that lead to `uri`; a variable holds no `/` and is not empty.
    pub(in crate::server) fn variables(&self, uri: &str) -> Option<Map<String>> {
        let mut rest = uri;
        let mut found = Map::default();
        let mut parts = self.0.iter().peekable();
        while let Some(part) = parts.next() {
            match part {
                Part::Literal(literal) => rest = rest.strip_prefix(literal.as_str())?,
                Part::Variable(name) => {
                    let value = match parts.peek() {
                        Some(Part::Literal(literal)) if !literal.is_empty() => {
                            rest.split_once(literal.as_str())?.0
                        }
                        _ => rest,
                    };
                    if value.is_empty() || value.contains(['/', '?', '#']) {
                        return None;
                    }
                    rest = rest.strip_prefix(value)?;
                    found.insert(name.as_str(), value);
                }
            }
        }
        rest.is_empty().then_some(found)
    }
}
