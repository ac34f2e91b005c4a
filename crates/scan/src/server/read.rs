//! From a document to its servers, by the shape of the place.

use std::path::Path;

use interlock_launch::text::{excerpt, hidden_char};

use super::entry::read_entry;
use super::model::{Kind, Server, Switch};
use super::switches::file_switches;
use crate::clients::{Fields, Layout, Place, Root, Shape};
use crate::document::{Document, Format, Node, Problem, ProblemKind, Span, Value};

/// What a document says about servers.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub(crate) servers: Vec<Server>,
    pub(crate) switches: Vec<Switch>,
    pub(crate) problems: Vec<Problem>,
}

/// A place in a document that a path of the table leads to.
struct Reached<'d> {
    node: &'d Node,
    trail: Vec<String>,
    /// What stood for the first `*`.
    chosen: Option<&'d str>,
}

/// Takes the servers and switches out of `document`.
pub(crate) fn read(document: &Document, place: &Place, path: &Path) -> Found {
    let mut found = Found::default();
    let Some(root) = document.root() else {
        return found;
    };
    let shape = place.shape;
    let nothing = root.is_null() && matches!(document.format(), Format::Yaml | Format::FrontMatter);
    if !root.is_map() && !root.is_list() && !nothing {
        let said = format!("the file is {}, no configuration", root.kind());
        let problem = Problem::new(root.span, ProblemKind::NotAnObject, said);
        found.problems.push(problem);
        return found;
    }
    for part in shape.roots {
        for reached in reach(root, part.path, &mut found.problems) {
            let mut reader = Reader {
                place,
                part,
                document: root,
                path,
                found: &mut found,
            };
            reader.servers(&reached);
        }
    }
    foreign_roots(root, shape, &mut found.problems);
    file_switches(root, shape, &mut found.switches);
    found
}

/// Every node that `path` leads to; keys on the way that only a reader that ignores case would take are problems.
fn reach<'d>(
    root: &'d Node,
    path: &[&'static str],
    problems: &mut Vec<Problem>,
) -> Vec<Reached<'d>> {
    let mut reached = vec![Reached {
        node: root,
        trail: Vec::new(),
        chosen: None,
    }];
    for step in path {
        let mut next = Vec::new();
        for before in reached {
            case_variants(before.node, std::iter::once(*step), problems);
            for member in before.node.effective() {
                if *step == "*" || member.key == *step {
                    let mut trail = before.trail.clone();
                    trail.push(member.key.clone());
                    let chosen = if *step == "*" {
                        Some(member.key.as_str())
                    } else {
                        None
                    };
                    next.push(Reached {
                        node: &member.value,
                        trail,
                        chosen: before.chosen.or(chosen),
                    });
                }
            }
        }
        reached = next;
    }
    reached
}

/// Keys of `map` that differ from a known one by case alone.
pub(super) fn case_variants(
    map: &Node,
    known: impl Iterator<Item = &'static str> + Clone,
    problems: &mut Vec<Problem>,
) {
    for member in map.members() {
        let other = known
            .clone()
            .find(|name| *name != member.key && name.eq_ignore_ascii_case(&member.key));
        let exact = known.clone().any(|name| name == member.key);
        if let Some(other) = other.filter(|_| !exact) {
            let said = format!(
                "readers that ignore case take `{}` for `{other}`",
                excerpt(&member.key)
            );
            problems.push(Problem::new(
                member.key_span,
                ProblemKind::CaseVariant,
                said,
            ));
        }
    }
}

struct Reader<'a> {
    place: &'a Place,
    part: &'a Root,
    document: &'a Node,
    path: &'a Path,
    found: &'a mut Found,
}

impl Reader<'_> {
    fn servers(&mut self, reached: &Reached<'_>) {
        let node = reached.node;
        match (self.part.layout, &node.value) {
            (_, Value::Null) => {}
            (Layout::Map | Layout::Mixed, Value::Map(_)) => self.map(reached, node, &[]),
            (Layout::Mixed, Value::List(elements)) => {
                for (at, element) in elements.iter().enumerate().filter(|(_, e)| e.is_map()) {
                    self.map(reached, element, &[at.to_string()]);
                }
            }
            (Layout::List { name }, Value::List(elements)) => {
                for (at, element) in elements.iter().enumerate() {
                    let (name, span) = name_of(element, name, || format!("#{at}"));
                    self.entry(reached, &name, span, element, &[at.to_string()]);
                }
            }
            // Where a client has a list, some readers take a map of names as well.
            (Layout::List { .. }, Value::Map(_)) if !self.part.path.is_empty() => {
                self.map(reached, node, &[]);
            }
            (Layout::One { name }, Value::Map(_)) => {
                let fallback = || file_name(self.path);
                let (name, span) = name_of(self.document, &[name], fallback);
                self.entry(reached, &name, span, node, &[]);
            }
            _ if self.part.loose => {}
            _ => {
                let said = format!(
                    "the servers are {}, no map of names to entries",
                    node.kind()
                );
                self.problem(node.span, ProblemKind::ServersNotAMap, said);
            }
        }
    }

    fn map(&mut self, reached: &Reached<'_>, node: &Node, inside: &[String]) {
        for member in node.effective() {
            let trail: Vec<String> = inside.iter().cloned().chain([member.key.clone()]).collect();
            let span = member.key_span;
            self.entry(reached, &member.key, span, &member.value, &trail);
        }
    }

    fn entry(
        &mut self,
        reached: &Reached<'_>,
        name: &str,
        name_span: Span,
        node: &Node,
        inside: &[String],
    ) {
        let fields = self.place.shape.fields;
        if self.part.loose && !looks_like_server(node, fields) {
            return;
        }
        if name.trim().is_empty() || hidden_char(name, false).is_some() {
            let said = format!("`{}` is no name of a server", excerpt(name));
            self.problem(name_span, ProblemKind::BadServerName, said);
        }
        let scope = self.part.scope.unwrap_or(self.place.scope);
        let trail: Vec<String> = reached.trail.iter().chain(inside).cloned().collect();
        let read = read_entry(name, node, fields, scope, &trail, &mut self.found.problems);
        let own = self.part.scope == Some(crate::clients::Scope::Local);
        let project = reached.chosen.filter(|_| own).map(str::to_owned);
        self.found.servers.push(Server {
            name: name.to_owned(),
            name_span,
            span: node.span,
            trail,
            scope,
            project,
            enabled: read.enabled && !matches!(read.kind, Kind::Unusable),
            kind: read.kind,
            switches: read.switches,
            copied: is_copied(node),
        });
    }

    fn problem(&mut self, span: Span, kind: ProblemKind, said: String) {
        self.found.problems.push(Problem::new(span, kind, said));
    }
}

/// The name that stands at the first of `paths` that holds text, or `fallback` at the entry's start.
fn name_of(node: &Node, paths: &[&[&str]], fallback: impl Fn() -> String) -> (String, Span) {
    let start = Span::new(node.span.start, node.span.start);
    paths
        .iter()
        .filter(|path| !path.is_empty())
        .filter_map(|path| node.at(path))
        .find_map(|name| Some((name.as_text()?.to_owned(), name.span)))
        .unwrap_or_else(|| (fallback(), start))
}

fn file_name(path: &Path) -> String {
    let name = path.parent().and_then(Path::file_name);
    let name = name.unwrap_or_default().to_string_lossy().into_owned();
    if name.is_empty() {
        "server".to_owned()
    } else {
        name
    }
}

fn looks_like_server(node: &Node, fields: &Fields) -> bool {
    node.is_map() && fields.marks().any(|name| node.get(name).is_some())
}

fn is_copied(node: &Node) -> bool {
    node.copied
        || node.elements().iter().any(is_copied)
        || node.members().iter().any(|member| is_copied(&member.value))
}

/// Words of which at least one stands in every file that was written for servers and is kept under a name that others use too.
const WORDS: &[&str] = &[
    "mcpservers",
    "mcp_servers",
    "mcp-servers",
    "mcp.servers",
    "context_servers",
    "mcp_config",
    "modelcontextprotocol",
];

/// Whether a text speaks of servers: in its keys, or, where it could not be read as a tree, in any of its words. Where the servers are the
/// whole document there is no key that leads to them, and what an entry is made of tells.
pub(crate) fn speaks_of_servers(document: &Document, shape: &Shape) -> bool {
    let whole = shape.roots.iter().any(|root| root.path.is_empty());
    let marks: Vec<String> = shape
        .fields
        .marks()
        .filter(|_| whole && document.root().is_none())
        .map(|mark| format!("\"{mark}\"").to_ascii_lowercase())
        .collect();
    let text = document.text().to_ascii_lowercase();
    let keys = document.root().map(Node::members).unwrap_or_default();
    let said = |text: &str| WORDS.iter().any(|word| text.contains(word));
    // A word may be written in escapes, which nobody undid where there is no tree.
    let escaped = document.root().is_none() && ["\\u", "\\x"].iter().any(|it| text.contains(it));
    escaped
        || said(&text)
        || marks.iter().any(|mark| text.contains(mark))
        || keys
            .iter()
            .any(|member| said(&member.key.to_ascii_lowercase()))
}

/// Keys under which some client keeps its servers.
const ROOTS: &[&str] = &[
    "mcpServers",
    "servers",
    "mcp_servers",
    "context_servers",
    "mcp.servers",
    "amp.mcpServers",
];

/// Servers under the key of another client: written by somebody who expects them to work, and read by nobody.
fn foreign_roots(root: &Node, shape: &Shape, problems: &mut Vec<Problem>) {
    let own: Vec<&str> = shape
        .roots
        .iter()
        .filter_map(|r| r.path.first().copied())
        .collect();
    for member in root.members() {
        let looks = member.value.members().iter().any(|entry| {
            ["command", "url", "cmd", "uri", "serverUrl", "httpUrl"]
                .iter()
                .any(|key| entry.value.get(key).is_some())
        });
        if looks && ROOTS.contains(&member.key.as_str()) && !own.contains(&member.key.as_str()) {
            let said = format!(
                "the servers under `{}` are not read by this client, which looks under `{}`",
                excerpt(&member.key),
                own.first().unwrap_or(&"")
            );
            problems.push(Problem::new(
                member.key_span,
                ProblemKind::ForeignRoot,
                said,
            ));
        }
    }
}
