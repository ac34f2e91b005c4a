//! One entry, wrapped and unwrapped, as changes to its document.

use std::cell::RefCell;
use std::collections::HashMap;

use crate::clients::{CommandForm, Shape};
use crate::document::{Document, Member, Node, Span};
use crate::edit::{EditError, Editor, Literal};
use crate::server::{Local, Server};

use super::inner::own_words;
use super::record::Kept;

/// Where the parts of an entry that start a program are.
#[derive(Debug, Clone, Copy)]
pub(super) struct Parts<'a> {
    /// The map or list that the program is written in.
    holder: &'a Node,
    /// The program.
    command: &'a Node,
    /// The key of the program, in a map.
    key: Option<&'a str>,
    /// The list of arguments, where there is one.
    args: Option<&'a Member>,
    /// What arguments are called here.
    args_key: &'a str,
}

impl<'a> Parts<'a> {
    /// Finds them.
    pub(super) fn of(
        entries: &Entries<'a>,
        shape: &'static Shape,
        server: &Server,
        local: &Local,
    ) -> Result<Self, EditError> {
        const NOWHERE: EditError = EditError::Shape("the entry is not where it seems to be");
        if server.copied {
            return Err(EditError::Shape(
                "the entry is shared with another by an anchor",
            ));
        }
        let entry = entries.at(&server.trail).ok_or(NOWHERE)?;
        let (holder, command, key) = find(entry, local.command_span).ok_or(NOWHERE)?;
        let listed = shape.fields.command_form == CommandForm::List;
        if listed != holder.is_list() {
            return Err(NOWHERE);
        }
        let names = shape.fields.args;
        let args = names.iter().find_map(|name| holder.member(name));
        let args_key = args.map_or(names.first().copied().unwrap_or("args"), |member| {
            member.key.as_str()
        });
        Ok(Self {
            holder,
            command,
            key,
            args,
            args_key,
        })
    }

    /// How the entry is written now.
    pub(super) fn kept(&self, document: &Document, server: &Server) -> Kept {
        Kept {
            at: server.trail.clone(),
            literal: document.slice(self.command.span).to_owned(),
            command: self.command.as_text().unwrap_or_default().to_owned(),
            had_args: self.args.is_some(),
        }
    }

    /// Puts `interlock run --` before the program.
    pub(super) fn wrap(&self, editor: &mut Editor<'a>, interlock: &str) -> Result<(), EditError> {
        let program = self.command.as_text().unwrap_or_default();
        let words = |words: &[&str]| {
            words
                .iter()
                .map(|word| (*word).to_owned())
                .collect::<Vec<_>>()
        };
        let Some(key) = self.key else {
            return editor.prepend(self.holder, &words(&[interlock, "run", "--"]));
        };
        editor.set(self.command, Literal::Text(interlock))?;
        let own = words(&["run", "--", program]);
        match self.args {
            Some(args) if args.value.is_list() => editor.prepend(&args.value, &own),
            Some(args) if args.value.is_null() => editor.set(&args.value, Literal::Texts(&own)),
            Some(_) => Err(EditError::Shape("the arguments are not a list")),
            None => editor.insert_after(self.holder, key, self.args_key, Literal::Texts(&own)),
        }
    }

    /// Takes `interlock run --` away again, and writes the program as it was.
    pub(super) fn unwrap(
        &self,
        editor: &mut Editor<'a>,
        local: &Local,
        kept: Option<&Kept>,
    ) -> Result<(), EditError> {
        const NOT_WRAPPED: EditError =
            EditError::Shape("the entry does not name a command after `--`");
        let own = own_words(&local.request.args).ok_or(NOT_WRAPPED)?;
        if self.key.is_none() {
            return editor.remove_elements(self.holder, 0..own + 1);
        }
        let program = local.request.args.get(own).ok_or(NOT_WRAPPED)?;
        let args = self.args.ok_or(NOT_WRAPPED)?;
        match kept.filter(|kept| kept.command == *program) {
            Some(kept) => editor.set_raw(self.command, &kept.literal, program)?,
            None => editor.set(self.command, Literal::Text(program))?,
        }
        let all = args.value.elements().len() == own + 1;
        if all && kept.is_some_and(|kept| !kept.had_args) {
            editor.remove_member(self.holder, &args.key)
        } else {
            editor.remove_elements(&args.value, 0..own + 1)
        }
    }
}

/// The tree of a document, in which a file with very many servers finds each of them without looking at all the others.
#[derive(Debug)]
pub(super) struct Entries<'a> {
    root: Option<&'a Node>,
    /// The members of large maps, by key; of a key that is there twice, the last.
    maps: RefCell<HashMap<*const Node, HashMap<&'a str, &'a Node>>>,
}

/// From how many members on a map is worth an index.
const LARGE: usize = 16;

impl<'a> Entries<'a> {
    /// Those of a document.
    pub(super) fn of(document: &'a Document) -> Self {
        Self {
            root: document.root(),
            maps: RefCell::default(),
        }
    }

    /// The node at a trail of keys and positions.
    fn at(&self, trail: &[String]) -> Option<&'a Node> {
        trail.iter().try_fold(self.root?, |node, key| {
            if node.is_list() {
                return node.elements().get(key.parse::<usize>().ok()?);
            }
            if node.members().len() < LARGE {
                return node.get(key);
            }
            let mut maps = self.maps.borrow_mut();
            let members = maps.entry(std::ptr::from_ref(node)).or_insert_with(|| {
                let members = node.members().iter();
                members
                    .map(|member| (member.key.as_str(), &member.value))
                    .collect()
            });
            members.get(key.as_str()).copied()
        })
    }
}

/// The node below `node` that is written at `span`, what holds it, and its key. Depth is bounded by the document's reader.
fn find(node: &Node, span: Span) -> Option<(&Node, &Node, Option<&str>)> {
    for element in node.elements() {
        if element.span == span && element.as_text().is_some() {
            return Some((node, element, None));
        }
        if let Some(found) = find(element, span) {
            return Some(found);
        }
    }
    for member in node.effective() {
        if member.value.span == span && member.value.as_text().is_some() {
            return Some((node, &member.value, Some(&member.key)));
        }
        if let Some(found) = find(&member.value, span) {
            return Some(found);
        }
    }
    None
}
