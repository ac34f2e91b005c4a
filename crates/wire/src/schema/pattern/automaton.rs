//! The automaton of an expression's characters, and whether it is exponentially ambiguous.

use std::collections::HashMap;

use super::class::Class;
use super::parse::Node;

/// Larger automata are not looked at; together with the limit on steps this bounds the work.
const MOST_PLACES: usize = 256;
const MOST_STEPS: usize = 200_000;

/// Whether some text takes exponentially many ways through the expression.
pub(super) fn is_exponential(node: &Node) -> bool {
    let mut automaton = Automaton::default();
    if automaton.add(node).is_none() {
        return false;
    }
    automaton.compare();
    automaton.doubled_loop() || automaton.two_ways_back()
}

type Place = usize;

#[derive(Default)]
struct Automaton {
    classes: Vec<Class>,
    /// From a place to the next, and how many ways the expression gives for it.
    next: Vec<HashMap<Place, u32>>,
    steps: usize,
    /// For each place those that some character is read at as well; filled in once all are there.
    alike: Vec<Vec<bool>>,
    /// From a place to those before it; filled in once all are there.
    before: Vec<Vec<Place>>,
}

/// What an expression begins and ends with.
struct Part {
    first: Vec<Place>,
    last: Vec<Place>,
    may_be_empty: bool,
}

impl Part {
    fn empty() -> Self {
        Self {
            first: Vec::new(),
            last: Vec::new(),
            may_be_empty: true,
        }
    }
}

impl Automaton {
    /// Adds an expression; nothing when it has too many places.
    fn add(&mut self, node: &Node) -> Option<Part> {
        match node {
            Node::Empty => Some(Part::empty()),
            Node::One(class) => {
                let place = self.classes.len();
                if place >= MOST_PLACES {
                    return None;
                }
                self.classes.push(class.clone());
                self.next.push(HashMap::new());
                Some(Part {
                    first: vec![place],
                    last: vec![place],
                    may_be_empty: false,
                })
            }
            Node::Sequence(nodes) => self.add_sequence(nodes),
            Node::Either(nodes) => {
                let mut all = Part {
                    may_be_empty: false,
                    ..Part::empty()
                };
                for node in nodes {
                    let part = self.add(node)?;
                    all.first.extend(part.first);
                    all.last.extend(part.last);
                    all.may_be_empty |= part.may_be_empty;
                }
                Some(all)
            }
            Node::Optional(node) => {
                let part = self.add(node)?;
                Some(Part {
                    may_be_empty: true,
                    ..part
                })
            }
            Node::Loop { node, optional } => {
                let part = self.add(node)?;
                self.connect(&part.last, &part.first)?;
                Some(Part {
                    may_be_empty: part.may_be_empty || *optional,
                    ..part
                })
            }
        }
    }

    fn add_sequence(&mut self, nodes: &[Node]) -> Option<Part> {
        let mut all = Part::empty();
        for node in nodes {
            let part = self.add(node)?;
            self.connect(&all.last, &part.first)?;
            if all.may_be_empty {
                all.first.extend(&part.first);
            }
            match part.may_be_empty {
                true => all.last.extend(part.last),
                false => all.last = part.last,
            }
            all.may_be_empty &= part.may_be_empty;
        }
        Some(all)
    }

    fn connect(&mut self, from: &[Place], to: &[Place]) -> Option<()> {
        self.spend(from.len() * to.len())?;
        for from in from {
            for to in to {
                if let Some(next) = self.next.get_mut(*from) {
                    *next.entry(*to).or_insert(0) += 1;
                }
            }
        }
        Some(())
    }

    fn compare(&mut self) {
        let row = |class: &Class| {
            self.classes
                .iter()
                .map(|other| class.overlaps(other))
                .collect()
        };
        self.alike = self.classes.iter().map(row).collect();
        let mut before = vec![Vec::new(); self.classes.len()];
        for (from, next) in self.next.iter().enumerate() {
            for to in next.keys() {
                if let Some(before) = before.get_mut(*to) {
                    before.push(from);
                }
            }
        }
        self.before = before;
    }

    fn are_alike(&self, left: Place, right: Place) -> bool {
        let row = self.alike.get(left);
        row.and_then(|row| row.get(right)).copied().unwrap_or(false)
    }

    fn spend(&mut self, steps: usize) -> Option<()> {
        self.steps += steps;
        (self.steps <= MOST_STEPS).then_some(())
    }

    /// Two ways from one character to the next, on a way that leads back.
    fn doubled_loop(&self) -> bool {
        let doubled = |from: Place| {
            let ways = self.next.get(from).into_iter().flatten();
            ways.filter(|(_, count)| **count > 1)
                .map(|(to, _)| *to)
                .collect::<Vec<_>>()
        };
        (0..self.classes.len())
            .any(|from| doubled(from).into_iter().any(|to| self.reaches(to, from)))
    }

    fn reaches(&self, from: Place, wanted: Place) -> bool {
        let (mut seen, mut waiting) = (vec![false; self.classes.len()], vec![from]);
        while let Some(place) = waiting.pop() {
            if place == wanted {
                return true;
            }
            let unseen = seen
                .get_mut(place)
                .is_some_and(|seen| !std::mem::replace(seen, true));
            if unseen {
                waiting.extend(
                    self.next
                        .get(place)
                        .into_iter()
                        .flatten()
                        .map(|(to, _)| *to),
                );
            }
        }
        false
    }

    /// Two readers that start at one character, read the same text, part, and meet there again.
    fn two_ways_back(&mut self) -> bool {
        for place in 0..self.classes.len() {
            if !self.reaches_itself(place) {
                continue;
            }
            let (Some(there), Some(back)) = (self.pairs(place, true), self.pairs(place, false))
            else {
                return false;
            };
            let parted = |pair: &(Place, Place)| pair.0 != pair.1 && back.contains(pair);
            if there.iter().any(parted) {
                return true;
            }
        }
        false
    }

    fn reaches_itself(&self, place: Place) -> bool {
        self.next
            .get(place)
            .into_iter()
            .flatten()
            .any(|(to, _)| self.reaches(*to, place))
    }

    /// The pairs of places that two readers of the same text come to from `place`, or from which they come to it.
    fn pairs(
        &mut self,
        place: Place,
        forward: bool,
    ) -> Option<std::collections::HashSet<(Place, Place)>> {
        let mut seen = std::collections::HashSet::new();
        let mut waiting = vec![(place, place)];
        while let Some((left, right)) = waiting.pop() {
            let (lefts, rights) = (
                self.neighbours(left, forward),
                self.neighbours(right, forward),
            );
            self.spend(lefts.len() * rights.len() + 1)?;
            for left in &lefts {
                for right in &rights {
                    let same = self.are_alike(*left, *right);
                    if same && seen.insert((*left, *right)) {
                        waiting.push((*left, *right));
                    }
                }
            }
        }
        Some(seen)
    }

    fn neighbours(&self, place: Place, forward: bool) -> Vec<Place> {
        match forward {
            true => self
                .next
                .get(place)
                .into_iter()
                .flatten()
                .map(|(to, _)| *to)
                .collect(),
            false => self.before.get(place).cloned().unwrap_or_default(),
        }
    }
}
