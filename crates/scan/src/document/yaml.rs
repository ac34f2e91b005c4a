//! YAML 1.2, from a reader's events, and the YAML in front of Markdown.
//!
//! Aliases and merge keys are followed, as clients do, within the bound on values; each is a problem, because an edit there would change
//! more than one place. Tags are kept and never acted on.

use std::collections::HashMap;

use interlock_launch::text::excerpt;
use saphyr_parser::{Event, Parser, ScalarStyle, Span as Marks, Tag};

use super::node::{Member, Node, Value};
use super::offsets::Offsets;
use super::problem::{Problem, ProblemKind};
use super::read::{DEEPEST, MOST_NODES, Reading};
use super::scalar::{is_old_value, resolve};
use super::span::Span;

/// Reads `text`, which starts `shift` bytes into the file.
pub(super) fn read(text: &str, shift: usize) -> Reading {
    let mut builder = Builder::new(text);
    if let Err(problem) = builder.run() {
        builder.problems.push(problem);
        builder.root = None;
    }
    let mut root = builder.root;
    if let Some(root) = &mut root {
        root.shift(shift);
    }
    for problem in &mut builder.problems {
        problem.span = problem.span.shifted(shift);
    }
    Reading {
        root,
        problems: builder.problems,
    }
}

/// Reads the YAML between the first line, which has to be `---`, and the next such line. A file without it has no tree.
pub(super) fn read_front_matter(text: &str, shift: usize) -> Reading {
    let mut lines = text.split_inclusive('\n');
    let Some(first) = lines.next().filter(|line| line.trim_end() == "---") else {
        return Reading::default();
    };
    let length: usize = lines
        .take_while(|line| line.trim_end() != "---")
        .map(str::len)
        .sum();
    let start = first.len();
    match text.get(start..start + length) {
        Some(matter) => read(matter, shift + start),
        None => Reading::default(),
    }
}

/// A map or list that is not closed yet.
struct Open {
    start: usize,
    anchor: usize,
    tag: Option<Box<str>>,
    kind: OpenKind,
}

enum OpenKind {
    List(Vec<Node>),
    Map {
        members: Vec<Member>,
        /// What each `<<` brought in, in the order written.
        merges: Vec<Vec<Member>>,
        key: Option<Node>,
    },
}

struct Builder<'t> {
    text: &'t str,
    offsets: Offsets<'t>,
    stack: Vec<Open>,
    anchors: HashMap<usize, Node>,
    values: usize,
    root: Option<Node>,
    problems: Vec<Problem>,
}

impl<'t> Builder<'t> {
    fn new(text: &'t str) -> Self {
        Builder {
            text,
            offsets: Offsets::of(text),
            stack: Vec::new(),
            anchors: HashMap::new(),
            values: 0,
            root: None,
            problems: Vec::new(),
        }
    }

    fn run(&mut self) -> Result<(), Problem> {
        let mut documents = 0;
        for event in Parser::new_from_str(self.text) {
            let (event, marks) = event.map_err(|error| {
                let at = self.offsets.byte(error.marker().index());
                let said = format!("this is no YAML: {}", excerpt(error.info()));
                let kind = match error.info().contains("recursion limit") {
                    true => ProblemKind::TooDeep,
                    false => ProblemKind::Syntax,
                };
                Problem::new(Span::new(at, at), kind, said)
            })?;
            let span = self.span(marks);
            if matches!(event, Event::DocumentStart(_)) {
                documents += 1;
                if documents > 1 {
                    let said = "a second document follows; readers differ on which they take";
                    self.problem(span, ProblemKind::Trailing, said);
                    return Ok(());
                }
            }
            self.event(event, span)?;
        }
        Ok(())
    }

    fn event(&mut self, event: Event<'_>, span: Span) -> Result<(), Problem> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let node = self.scalar(&text, style, tag.as_deref(), span);
                self.add(node, anchor)
            }
            Event::Alias(anchor) => {
                let node = self.alias(anchor, span)?;
                self.add(node, 0)
            }
            Event::SequenceStart(anchor, tag) => {
                self.open(OpenKind::List(Vec::new()), anchor, tag.as_deref(), span)
            }
            Event::MappingStart(anchor, tag) => {
                let kind = OpenKind::Map {
                    members: Vec::new(),
                    merges: Vec::new(),
                    key: None,
                };
                self.open(kind, anchor, tag.as_deref(), span)
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(span),
            _ => Ok(()),
        }
    }

    fn open(
        &mut self,
        kind: OpenKind,
        anchor: usize,
        tag: Option<&Tag>,
        span: Span,
    ) -> Result<(), Problem> {
        if self.stack.len() >= DEEPEST {
            let said = "maps and lists are nested deeper than is read";
            return Err(Problem::new(span, ProblemKind::TooDeep, said));
        }
        let tag = self.tag(tag, span);
        self.stack.push(Open {
            start: span.start,
            anchor,
            tag,
            kind,
        });
        Ok(())
    }

    fn close(&mut self, end: Span) -> Result<(), Problem> {
        let Some(open) = self.stack.pop() else {
            return Ok(());
        };
        let (value, inside) = match open.kind {
            OpenKind::List(elements) => {
                let last = elements.last().map(|element| element.span.end);
                (Value::List(elements), last)
            }
            OpenKind::Map {
                members, merges, ..
            } => {
                let members = in_front(merges, members);
                let last = members.iter().map(|member| member.value.span.end).max();
                (Value::Map(members), last)
            }
        };
        // A closing bracket is written; the end of a block is where the next thing starts, which is too far.
        let bracket = matches!(self.text.get(end.range()), Some("}" | "]"));
        let written = if bracket {
            end.end
        } else {
            inside.unwrap_or(open.start)
        };
        let node = Node {
            span: Span::new(open.start, written),
            value,
            tag: open.tag,
            copied: false,
        };
        self.add(node, open.anchor)
    }

    /// Puts a finished value where it belongs.
    fn add(&mut self, node: Node, anchor: usize) -> Result<(), Problem> {
        self.count(1, node.span)?;
        if anchor > 0 {
            self.count(weight(&node), node.span)?;
            self.anchors.insert(anchor, node.clone());
        }
        let Some(open) = self.stack.last_mut() else {
            self.root = Some(node);
            return Ok(());
        };
        let (members, merges, key) = match &mut open.kind {
            OpenKind::List(elements) => {
                elements.push(node);
                return Ok(());
            }
            OpenKind::Map {
                members,
                merges,
                key,
            } => (members, merges, key),
        };
        let Some(written) = key.take() else {
            *key = Some(node);
            return Ok(());
        };
        if written.as_text() == Some("<<") && self.text.get(written.span.range()) == Some("<<") {
            let said = "`<<` merges another map in; not every reader does";
            self.problems
                .push(Problem::new(written.span, ProblemKind::MergeKey, said));
            merges.push(merged(node));
            return Ok(());
        }
        let key = key_text(&written, self.text);
        if !matches!(written.value, Value::Text(_) | Value::Number(_)) {
            let said = format!("a key is {}, not text", written.kind());
            self.problems
                .push(Problem::new(written.span, ProblemKind::KeyNotText, said));
        }
        members.push(Member {
            key,
            key_span: written.span,
            value: node,
        });
        Ok(())
    }

    fn scalar(&mut self, text: &str, style: ScalarStyle, tag: Option<&Tag>, span: Span) -> Node {
        let span = match style {
            ScalarStyle::Literal | ScalarStyle::Folded => with_header(self.text, span),
            _ => span,
        };
        let tag = self.tag(tag, span);
        let plain = style == ScalarStyle::Plain && tag.is_none();
        if plain && is_old_value(text) {
            let said = format!(
                "`{}` is text to YAML 1.2 and something else to YAML 1.1; quote it",
                excerpt(text)
            );
            self.problem(span, ProblemKind::OldBoolean, &said);
        }
        let value = if plain {
            resolve(text)
        } else {
            Value::Text(text.to_owned())
        };
        Node {
            span,
            value,
            tag,
            copied: false,
        }
    }

    fn alias(&mut self, anchor: usize, span: Span) -> Result<Node, Problem> {
        let said = "a value is used in two places by anchor and alias";
        self.problem(span, ProblemKind::Alias, said);
        let Some(known) = self.anchors.get(&anchor) else {
            // An anchor that is not finished yet is around the alias: the value would hold itself.
            return Ok(Node::new(span, Value::Null));
        };
        let weight = weight(known);
        let mut node = known.clone();
        self.count(weight, span)?;
        mark_copied(&mut node, span);
        Ok(node)
    }

    fn tag(&mut self, tag: Option<&Tag>, span: Span) -> Option<Box<str>> {
        let tag = tag?;
        if tag.suffix.is_empty() {
            return None;
        }
        let said = format!(
            "the tag `{}` asks the reader to make something else of a value",
            excerpt(&tag.suffix)
        );
        self.problem(span, ProblemKind::Tag, &said);
        Some(tag.suffix.as_str().into())
    }

    fn count(&mut self, values: usize, span: Span) -> Result<(), Problem> {
        self.values = self.values.saturating_add(values);
        if self.values > MOST_NODES {
            let said = "the file holds more values than are read, aliases counted";
            return Err(Problem::new(span, ProblemKind::TooMany, said));
        }
        Ok(())
    }

    fn problem(&mut self, span: Span, kind: ProblemKind, said: &str) {
        self.problems.push(Problem::new(span, kind, said));
    }

    fn span(&self, marks: Marks) -> Span {
        Span::new(
            self.offsets.byte(marks.start.index()),
            self.offsets.byte(marks.end.index()),
        )
    }
}

/// The span of a block of text with its header, `|` or `>` and what belongs to it, which stands on a line before.
fn with_header(text: &str, span: Span) -> Span {
    let before = text.get(..span.start).unwrap_or("").trim_end();
    if before.len() == span.start {
        return span;
    }
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    let line = before.get(line_start..).unwrap_or("");
    let header = line.match_indices(['|', '>']).find(|(at, _)| {
        let after = line.get(at + 1..).unwrap_or("");
        let rest = after.trim_start_matches(|c: char| c.is_ascii_digit() || "+-".contains(c));
        rest.trim().is_empty() || rest.trim_start().starts_with('#')
    });
    header.map_or(span, |(at, _)| Span::new(line_start + at, span.end))
}

/// What `<<` brings in: a map's members, or those of several maps, of which the first counts most.
fn merged(node: Node) -> Vec<Member> {
    let maps = match node.value {
        Value::Map(members) => vec![members],
        Value::List(elements) => elements
            .into_iter()
            .rev()
            .filter_map(|element| match element.value {
                Value::Map(members) => Some(members),
                _ => None,
            })
            .collect(),
        _ => Vec::new(),
    };
    let mut members: Vec<Member> = maps.into_iter().flatten().collect();
    for member in &mut members {
        let span = member.value.span;
        mark_copied(&mut member.value, span);
    }
    members
}

/// A map's members with what was merged in before them, the latest merge first: of a key that is there twice, the last counts.
fn in_front(merges: Vec<Vec<Member>>, members: Vec<Member>) -> Vec<Member> {
    if merges.is_empty() {
        return members;
    }
    let merged = merges.into_iter().rev().flatten();
    merged.chain(members).collect()
}

/// A key as text: what was written, for anything but text.
fn key_text(node: &Node, text: &str) -> String {
    match &node.value {
        Value::Text(key) => key.clone(),
        _ => text.get(node.span.range()).unwrap_or("").to_owned(),
    }
}

/// How many values a tree holds. Its depth is bounded, so recursion is.
fn weight(node: &Node) -> usize {
    let below: usize = match &node.value {
        Value::List(elements) => elements.iter().map(weight).sum(),
        Value::Map(members) => members.iter().map(|member| weight(&member.value)).sum(),
        _ => 0,
    };
    below + 1
}

/// Marks a copy as such. Its own place is where the copy is asked for; what is in it stays where it was written.
fn mark_copied(node: &mut Node, span: Span) {
    node.span = span;
    mark(node);
}

fn mark(node: &mut Node) {
    node.copied = true;
    match &mut node.value {
        Value::List(elements) => elements.iter_mut().for_each(mark),
        Value::Map(members) => members
            .iter_mut()
            .for_each(|member| mark(&mut member.value)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn merges_stand_in_front_the_latest_first() {
        let text = "a: &a\n  x: 1\n  w: 1\nb: &b\n  y: 2\nc:\n  z: 3\n  <<: *a\n  <<: *b\n  x: 4\n";
        let reading = read(text, 0);
        let root = reading.root.unwrap();
        let map = root.get("c").unwrap();
        let keys: Vec<&str> = map.members().iter().map(|one| one.key.as_str()).collect();
        assert_eq!(keys, ["y", "x", "w", "z", "x"]);
        let copied: Vec<bool> = map.members().iter().map(|one| one.value.copied).collect();
        assert_eq!(copied, [true, true, true, false, false]);
    }
}
