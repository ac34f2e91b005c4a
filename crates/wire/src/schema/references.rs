//! Where the references of a schema lead, without fetching anything.

use std::collections::HashMap;

use super::tree::{Index, Tree};

/// Schemas of schemas, which every validator brings along.
const DIALECTS: &[&str] = &[
    "https://json-schema.org/draft/",
    "http://json-schema.org/draft-",
    "https://json-schema.org/schema",
];
const KEYWORDS: &[&str] = &["$ref", "$dynamicRef", "$recursiveRef"];

/// Names that parts of a document gave themselves.
pub(super) struct Names {
    anchors: HashMap<String, Index>,
    resources: HashMap<String, Index>,
    /// The same by the last segment of their names, the first of each.
    ends: HashMap<String, (String, Index)>,
}

/// Where a reference leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Leads {
    To(Index),
    /// To something that validators know by themselves.
    Known,
    Nowhere,
    Away,
}

impl Names {
    pub(super) fn of(tree: &Tree<'_>) -> Self {
        let (mut anchors, mut resources) = (HashMap::new(), HashMap::new());
        for at in (0..tree.len()).filter(|at| tree.is_object(*at)) {
            for keyword in ["$anchor", "$dynamicAnchor"] {
                anchors.extend(tree.text(at, keyword).map(|name| (name.into_owned(), at)));
            }
            for keyword in ["$id", "id"] {
                let Some(name) = tree.text(at, keyword) else {
                    continue;
                };
                // An `id` that begins with `#` is an anchor in the drafts 4 to 7.
                match name.strip_prefix('#') {
                    Some(anchor) => anchors.insert(anchor.to_owned(), at),
                    None => resources.insert(name.trim_end_matches('#').to_owned(), at),
                };
            }
        }
        let mut ends = HashMap::new();
        for (name, at) in &resources {
            let end = last(name).to_owned();
            ends.entry(end).or_insert_with(|| (name.clone(), *at));
        }
        Self {
            anchors,
            resources,
            ends,
        }
    }

    /// The references of one schema: the keyword's value, and where it leads.
    pub(super) fn of_schema(&self, tree: &Tree<'_>, schema: Index) -> Vec<(Index, Leads)> {
        let one = |keyword: &&str| {
            let value = tree.child(schema, keyword)?;
            Some((value, self.lead(tree, &tree.text(schema, keyword)?)))
        };
        KEYWORDS.iter().filter_map(one).collect()
    }

    fn lead(&self, tree: &Tree<'_>, reference: &str) -> Leads {
        let (resource, fragment) = reference.split_once('#').unwrap_or((reference, ""));
        let base = match resource {
            "" => Tree::ROOT,
            name => match self.resource(name) {
                Some(base) => base,
                None if DIALECTS.iter().any(|known| name.starts_with(known)) => {
                    return Leads::Known;
                }
                None => return Leads::Away,
            },
        };
        let Some(fragment) = percent_decoded(fragment) else {
            return Leads::Nowhere;
        };
        let found = match fragment.is_empty() || fragment.starts_with('/') {
            true => tree.at_pointer(base, &fragment),
            false => self.anchors.get(&fragment).copied(),
        };
        found.map_or(Leads::Nowhere, Leads::To)
    }

    /// A part that named itself, by its whole name or, where one of them is relative, by the end of it.
    fn resource(&self, name: &str) -> Option<Index> {
        let whole = self.resources.get(name).copied();
        whole.or_else(|| {
            let (known, at) = self.ends.get(last(name))?;
            let relative = !name.contains(':') || !known.contains(':');
            relative.then_some(*at)
        })
    }
}

fn last(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
}

fn percent_decoded(text: &str) -> Option<String> {
    if !text.contains('%') {
        return Some(text.to_owned());
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, behind @ ..] = rest {
        (bytes, rest) = match (first, behind) {
            (b'%', [high, low, behind @ ..]) => {
                let digits = [*high, *low];
                let value = u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?;
                bytes.push(value);
                (bytes, behind)
            }
            (b'%', _) => return None,
            _ => {
                bytes.push(*first);
                (bytes, behind)
            }
        };
    }
    String::from_utf8(bytes).ok()
}
