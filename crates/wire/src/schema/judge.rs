//! The judgement: bounds on size, then on what references multiply, then patterns.

use super::edges::{Applies, subschemas};
use super::pattern;
use super::references::{Leads, Names};
use super::tree::{Index, Tree};
use super::{Bounds, SchemaFault};
use crate::{Limits, json};

/// Each pattern may cost as much as the whole rest to judge.
const MOST_PATTERNS: usize = 256;

/// What a schema costs, once it was judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Cost {
    /// Subschemas that stand in it.
    pub subschemas: usize,
    /// Subschemas that the value it is for is held against, references followed.
    pub applied: u64,
}

/// Judges a schema, as JSON text.
///
/// # Errors
/// The first thing that is wrong with it, cheap checks first.
pub fn judge(schema: &[u8], bounds: &Bounds) -> Result<Cost, SchemaFault> {
    let schema = schema.trim_ascii();
    if schema.len() > bounds.max_bytes {
        return Err(SchemaFault::TooLong(bounds.max_bytes));
    }
    let limits = Limits {
        max_depth: Limits::DEPTH_CAP,
        ..Limits::default()
    };
    json::validate(schema, &limits).map_err(|error| match error.fault {
        json::JsonFault::Depth => SchemaFault::TooDeep(bounds.max_depth),
        _ => SchemaFault::NotASchema,
    })?;
    if !matches!(schema.first(), Some(b'{' | b't' | b'f')) {
        return Err(SchemaFault::NotASchema);
    }
    let tree = Tree::of(schema, bounds)?;
    Graph::of(&tree)?.judge(bounds)
}

/// The subschemas of a document and what each applies to its own value.
struct Graph<'t, 'a> {
    tree: &'t Tree<'a>,
    schemas: Vec<Index>,
    here: Vec<Vec<Index>>,
}

/// How far the walk has come with a schema.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Walk {
    Unseen,
    Open,
    Done(u64),
}

impl<'t, 'a> Graph<'t, 'a> {
    /// Follows every subschema and every reference, each once.
    fn of(tree: &'t Tree<'a>) -> Result<Self, SchemaFault> {
        let names = Names::of(tree);
        let mut graph = Self {
            tree,
            schemas: Vec::new(),
            here: vec![Vec::new(); tree.len()],
        };
        let (mut known, mut waiting) = (vec![false; tree.len()], vec![Tree::ROOT]);
        while let Some(schema) = waiting.pop() {
            match known.get_mut(schema) {
                Some(known) if !*known => *known = true,
                _ => continue,
            }
            graph.schemas.push(schema);
            let mut here = Vec::new();
            for (child, applies) in subschemas(tree, schema) {
                waiting.push(child);
                here.extend((applies == Applies::Here).then_some(child));
            }
            for (keyword, leads) in names.of_schema(tree, schema) {
                match leads {
                    Leads::To(target) => {
                        waiting.push(target);
                        here.push(target);
                    }
                    Leads::Known => {}
                    Leads::Nowhere => return Err(SchemaFault::Unresolved(tree.pointer(keyword))),
                    Leads::Away => return Err(SchemaFault::Remote(tree.pointer(keyword))),
                }
            }
            if let Some(slot) = graph.here.get_mut(schema) {
                *slot = here;
            }
        }
        Ok(graph)
    }

    fn judge(&self, bounds: &Bounds) -> Result<Cost, SchemaFault> {
        let mut walks = vec![Walk::Unseen; self.tree.len()];
        for schema in &self.schemas {
            if self.applied(*schema, &mut walks)? > bounds.max_applied {
                return Err(SchemaFault::TooExpensive(bounds.max_applied));
            }
        }
        let mut left = MOST_PATTERNS;
        for schema in &self.schemas {
            self.judge_patterns(*schema, bounds, &mut left)?;
        }
        let applied = self.applied(Tree::ROOT, &mut walks)?;
        Ok(Cost {
            subschemas: self.schemas.len(),
            applied,
        })
    }

    /// How many subschemas one value is held against. Not recursive: a chain of references may be as long as the schema.
    fn applied(&self, from: Index, walks: &mut [Walk]) -> Result<u64, SchemaFault> {
        let mut path = vec![from];
        while let Some(schema) = path.last().copied() {
            let below = self.here.get(schema).map_or(&[][..], Vec::as_slice);
            let walk = |at: Index| walks.get(at).copied().unwrap_or(Walk::Done(0));
            if let Walk::Done(_) = walk(schema) {
                path.pop();
                continue;
            }
            if let Some(next) = below
                .iter()
                .find(|next| !matches!(walk(**next), Walk::Done(_)))
            {
                if *next == schema || walk(*next) == Walk::Open {
                    return Err(SchemaFault::Cycle(self.tree.pointer(*next)));
                }
                path.push(*next);
                set(walks, schema, Walk::Open);
                continue;
            }
            let cost = |at: &Index| match walk(*at) {
                Walk::Done(cost) => cost,
                Walk::Unseen | Walk::Open => 0,
            };
            let sum = below.iter().map(cost).fold(1_u64, u64::saturating_add);
            set(walks, schema, Walk::Done(sum));
            path.pop();
        }
        match walks.get(from) {
            Some(Walk::Done(cost)) => Ok(*cost),
            _ => Ok(0),
        }
    }

    fn judge_patterns(
        &self,
        schema: Index,
        bounds: &Bounds,
        left: &mut usize,
    ) -> Result<(), SchemaFault> {
        let own = self
            .tree
            .child(schema, "pattern")
            .zip(self.tree.text(schema, "pattern"));
        let map = self
            .tree
            .child(schema, "patternProperties")
            .map_or(&[][..], |map| self.tree.children(map));
        let names = map
            .iter()
            .map(|(name, at)| (*at, std::borrow::Cow::Borrowed(name.as_str())));
        for (at, pattern) in own.into_iter().chain(names) {
            *left = left
                .checked_sub(1)
                .ok_or(SchemaFault::TooMany(MOST_PATTERNS))?;
            pattern::judge(&pattern, bounds)
                .map_err(|fault| SchemaFault::Pattern(self.tree.pointer(at), fault))?;
        }
        Ok(())
    }
}

fn set(walks: &mut [Walk], at: Index, walk: Walk) {
    if let Some(slot) = walks.get_mut(at) {
        *slot = walk;
    }
}
