//! Which members of a schema are subschemas, and to what they are applied.

use super::tree::{Index, Tree};

/// What a subschema is held against.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Applies {
    /// The same value as the schema it stands in.
    Here,
    /// Something inside of that value, or nothing until a reference names it.
    Below,
}

/// Keywords with one subschema.
const ONE: &[(&str, Applies)] = &[
    ("not", Applies::Here),
    ("if", Applies::Here),
    ("then", Applies::Here),
    ("else", Applies::Here),
    ("items", Applies::Below),
    ("additionalItems", Applies::Below),
    ("unevaluatedItems", Applies::Below),
    ("contains", Applies::Below),
    ("additionalProperties", Applies::Below),
    ("unevaluatedProperties", Applies::Below),
    ("propertyNames", Applies::Below),
    ("contentSchema", Applies::Below),
];

/// Keywords with a list or a map of subschemas.
const MANY: &[(&str, Applies)] = &[
    ("allOf", Applies::Here),
    ("anyOf", Applies::Here),
    ("oneOf", Applies::Here),
    ("dependentSchemas", Applies::Here),
    ("dependencies", Applies::Here),
    ("prefixItems", Applies::Below),
    ("items", Applies::Below),
    ("properties", Applies::Below),
    ("patternProperties", Applies::Below),
    ("$defs", Applies::Below),
    ("definitions", Applies::Below),
];

/// The subschemas that stand in a schema.
pub(super) fn subschemas(tree: &Tree<'_>, schema: Index) -> Vec<(Index, Applies)> {
    let mut found = Vec::new();
    for (name, value) in tree.children(schema) {
        let is_list = tree
            .node(*value)
            .is_some_and(|node| node.raw.first() == Some(&b'['));
        let one = ONE
            .iter()
            .find(|(keyword, _)| keyword == name)
            .filter(|_| !is_list);
        if let Some((_, applies)) = one {
            found.push((*value, *applies));
        }
        // `items` is both; as one schema it has no list of them inside.
        let many = MANY
            .iter()
            .find(|(keyword, _)| keyword == name)
            .filter(|_| one.is_none());
        if let Some((_, applies)) = many {
            found.extend(
                tree.children(*value)
                    .iter()
                    .map(|(_, child)| (*child, *applies)),
            );
        }
    }
    found
}
