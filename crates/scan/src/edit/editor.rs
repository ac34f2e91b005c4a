//! Changes to a document, in terms of its tree, checked by reading the result.

use std::ops::Range;

use super::edits::{EditError, Edits};
use super::expected::{Change, Plain, expected};
use super::lists::List;
use super::members::{self, MemberAt};
use super::quote::{self, Syntax};
use super::source::Source;
use crate::document::{Document, Format, Member, Node};

/// A value to write.
#[derive(Debug, Clone, Copy)]
pub enum Literal<'a> {
    /// Text.
    Text(&'a str),
    /// A list of texts, written in brackets.
    Texts(&'a [String]),
    /// True or false.
    Bool(bool),
}

/// Changes to one document. They are made together, by [`Editor::finish`].
///
/// Nodes and members are given as references into the document's own tree.
///
/// ```
/// # use interlock_scan::{Document, Format, edit::{Editor, Literal}};
/// let document = Document::read(b"{ \"trust\": true, /* why */ \"n\": 1 }", Format::Jsonc);
/// let root = document.root().expect("a map");
/// let mut editor = Editor::new(&document)?;
/// editor.set(root.get("trust").expect("there"), Literal::Bool(false))?;
/// assert_eq!(editor.finish()?, "{ \"trust\": false, /* why */ \"n\": 1 }");
/// # Ok::<(), interlock_scan::edit::EditError>(())
/// ```
#[derive(Debug)]
pub struct Editor<'a> {
    document: &'a Document,
    source: Source<'a>,
    edits: Edits,
    changes: Vec<Change<'a>>,
}

impl<'a> Editor<'a> {
    /// No changes yet.
    ///
    /// # Errors
    /// When the text is not exactly what is in the file, or could not be read as a tree.
    pub fn new(document: &'a Document) -> Result<Self, EditError> {
        if !document.is_exact() || document.root().is_none() {
            return Err(EditError::Shape("the file cannot be read as it is"));
        }
        let syntax = match document.format() {
            Format::Json | Format::Jsonc | Format::Bundle => Syntax::Json,
            Format::Toml => Syntax::Toml,
            Format::Yaml | Format::FrontMatter => Syntax::Yaml,
        };
        let source = Source {
            text: document.text(),
            syntax,
        };
        Ok(Self {
            document,
            source,
            edits: Edits::new(),
            changes: Vec::new(),
        })
    }

    /// Writes another value in the place of one that is there.
    ///
    /// # Errors
    /// When the value is a copy of one that stands elsewhere.
    pub fn set(&mut self, node: &'a Node, value: Literal<'_>) -> Result<(), EditError> {
        // A YAML value of several lines may reach into the white space before what follows it.
        let was = self
            .written(node)?
            .trim_end_matches([' ', '\t', '\r', '\n']);
        let text = self.literal(value, was);
        self.edits
            .replace(node.span.start..node.span.start + was.len(), text);
        self.changes
            .push(Change::Set(node, Plain::of_literal(value)));
        Ok(())
    }

    /// Puts literals of the file itself in the place of a value: for giving back what was there.
    ///
    /// # Errors
    /// As [`Editor::set`]. That `raw` is one value, and `means` what it means, is checked at the end.
    pub fn set_raw(&mut self, node: &'a Node, raw: &str, means: &str) -> Result<(), EditError> {
        self.written(node)?;
        self.edits.replace(node.span.range(), raw);
        self.changes
            .push(Change::Set(node, Plain::of_literal(Literal::Text(means))));
        Ok(())
    }

    /// Puts texts before the first element of a list.
    ///
    /// # Errors
    /// When the list is a copy, or is written in a way that has no place for them.
    pub fn prepend(&mut self, list: &'a Node, texts: &[String]) -> Result<(), EditError> {
        self.written(list)?;
        let like = list
            .elements()
            .first()
            .map_or("", |first| self.document.slice(first.span));
        let literals: Vec<String> = texts
            .iter()
            .map(|text| quote::text(self.source.syntax, text, like))
            .collect();
        place_of_list(list).prepend(self.source, &literals, &mut self.edits)?;
        self.changes.push(Change::Prepend(list, texts.to_vec()));
        Ok(())
    }

    /// Takes elements out of a list, by their indices.
    ///
    /// # Errors
    /// When there are no such elements, or the list is a copy.
    pub fn remove_elements(
        &mut self,
        list: &'a Node,
        range: Range<usize>,
    ) -> Result<(), EditError> {
        self.written(list)?;
        place_of_list(list).remove(self.source, range.clone(), &mut self.edits)?;
        self.changes.push(Change::RemoveElements(list, range));
        Ok(())
    }

    /// Puts a new member after the one called `after`.
    ///
    /// # Errors
    /// When there is no such member, the map is a copy, or is written in a way that has no place for it.
    pub fn insert_after(
        &mut self,
        map: &'a Node,
        after: &str,
        key: &str,
        value: Literal<'_>,
    ) -> Result<(), EditError> {
        self.written(map)?;
        let neighbour = map.member(after).ok_or(EditError::Outside)?;
        self.written(&neighbour.value)?;
        let like = self.document.slice(neighbour.value.span);
        let literal = self.literal(value, like);
        let flow = members::is_flow(self.source, &map.span.range());
        members::insert_after(
            self.source,
            flow,
            &place_of(neighbour),
            key,
            &literal,
            &mut self.edits,
        )?;
        self.changes.push(Change::Insert(
            map,
            key.to_owned(),
            Plain::of_literal(value),
        ));
        Ok(())
    }

    /// Takes a member out of a map.
    ///
    /// # Errors
    /// When there is no such member, the map is a copy, or more than the member would go.
    pub fn remove_member(&mut self, map: &'a Node, key: &str) -> Result<(), EditError> {
        self.written(map)?;
        let index = map.members().iter().rposition(|member| member.key == key);
        let index = index.ok_or(EditError::Outside)?;
        let places: Vec<MemberAt> = map.members().iter().map(place_of).collect();
        let flow = members::is_flow(self.source, &map.span.range());
        members::remove(self.source, flow, &places, index, &mut self.edits)?;
        self.changes.push(Change::RemoveMember(map, index));
        Ok(())
    }

    /// Whether nothing was asked for.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.edits.is_empty()
    }

    /// The text with all changes made. It was read again, and means what the old text meant but for the changes.
    ///
    /// # Errors
    /// When changes meet, or when the new text would mean anything else.
    pub fn finish(self) -> Result<String, EditError> {
        let text = self.edits.apply(self.document.text())?;
        let read = Document::read(text.as_bytes(), self.document.format());
        let root = self.document.root().ok_or(EditError::Differs)?;
        let wanted = expected(root, &self.changes);
        let same = read.root().is_some_and(|root| Plain::of(root) == wanted);
        let worse = read.problems().len() > self.document.problems().len();
        if same && !worse {
            Ok(text)
        } else {
            Err(EditError::Differs)
        }
    }

    /// The text of a node that stands where it seems to stand.
    fn written(&self, node: &Node) -> Result<&'a str, EditError> {
        if node.copied {
            return Err(EditError::Shape(
                "a value is shared with another place by an anchor",
            ));
        }
        Ok(self.source.get(node.span.range()))
    }

    fn literal(&self, value: Literal<'_>, like: &str) -> String {
        let syntax = self.source.syntax;
        match value {
            Literal::Text(text) => quote::text(syntax, text, like),
            Literal::Bool(truth) => truth.to_string(),
            Literal::Texts(texts) => {
                let literals: Vec<String> = texts
                    .iter()
                    .map(|text| quote::text(syntax, text, like))
                    .collect();
                format!("[{}]", literals.join(", "))
            }
        }
    }
}

fn place_of(member: &Member) -> MemberAt {
    MemberAt {
        key: member.key_span.range(),
        value: member.value.span.range(),
    }
}

fn place_of_list(list: &Node) -> List {
    let items = list
        .elements()
        .iter()
        .map(|element| element.span.range())
        .collect();
    List {
        span: list.span.range(),
        items,
    }
}
