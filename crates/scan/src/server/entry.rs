//! One entry: a program to start or an address to connect to, as its client reads it, and what a strict reader would say.

use interlock_launch::Request;
use interlock_launch::text::{excerpt, hidden_char};

use super::model::{Header, Kind, Local, Remote, Switch, Text, Transport, Variable};
use super::read::case_variants;
use super::switches::entry_switches;
use crate::clients::{AnyOf, CommandForm, Fields, Scope};
use crate::document::{Member, Node, Problem, ProblemKind, Span, Value};

/// What an entry says.
pub(super) struct Entry {
    pub(super) enabled: bool,
    pub(super) kind: Kind,
    pub(super) switches: Vec<Switch>,
}

/// Reads one entry by the names of `fields`.
pub(super) fn read_entry(
    name: &str,
    node: &Node,
    fields: &Fields,
    scope: Scope,
    trail: &[String],
    problems: &mut Vec<Problem>,
) -> Entry {
    let mut reader = EntryReader {
        shown: excerpt(name),
        fields,
        scope,
        problems,
    };
    let kind = reader.kind(node);
    Entry {
        enabled: is_enabled(node, fields),
        kind,
        switches: entry_switches(node, fields, trail),
    }
}

fn is_enabled(node: &Node, fields: &Fields) -> bool {
    let truth = |names: AnyOf| {
        names.iter().find_map(|name| {
            let path: Vec<&str> = name.split('.').collect();
            node.at(&path)?.as_bool()
        })
    };
    truth(fields.enabled) != Some(false) && truth(fields.disabled) != Some(true)
}

/// What an entry says about itself.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Said {
    Start,
    Connect(Transport),
    BuiltIn,
}

struct EntryReader<'a> {
    shown: String,
    fields: &'a Fields,
    scope: Scope,
    problems: &'a mut Vec<Problem>,
}

impl EntryReader<'_> {
    fn kind(&mut self, node: &Node) -> Kind {
        let shown = self.shown.clone();
        if !node.is_map() {
            let said = format!("the entry `{shown}` is {}, no map", node.kind());
            self.problem(node.span, ProblemKind::EntryNotAnObject, said);
            return Kind::Unusable;
        }
        self.keys(node);
        let fields = self.fields;
        let Some(inner) = nested(node, fields) else {
            return self.body(node);
        };
        for outer in [fields.command, fields.url] {
            if let Some(member) = self.one(node, outer) {
                let said = format!("`{shown}` has a transport inside and beside `transport`");
                self.problem(member.key_span, ProblemKind::TwoTransports, said);
            }
        }
        self.keys(inner);
        self.body(inner)
    }

    /// Keys that are spelled as another reader would have them.
    fn keys(&mut self, node: &Node) {
        let names: Vec<&'static str> = self.fields.names().chain(COMMON).collect();
        case_variants(node, names.iter().copied(), self.problems);
        for member in node.members() {
            let foreign = SPELLINGS.iter().find(|spellings| {
                let own = self.fields.names().any(|name| name == member.key);
                spellings.contains(&member.key.as_str()) && !own
            });
            if foreign.is_some() {
                let said = format!(
                    "`{}` is how other clients spell a field; this one does not read it",
                    member.key
                );
                self.problem(member.key_span, ProblemKind::ForeignField, said);
            }
        }
    }

    fn body(&mut self, body: &Node) -> Kind {
        let said = self.said(body);
        self.foreign_words(body);
        let command = self.one(body, self.fields.command);
        let url = self.one(body, self.fields.url);
        let contradiction = match (command, url, said) {
            (Some(_), None, Some(Said::Connect(_))) => {
                Some("says it is remote and names a program")
            }
            (None, Some(_), Some(Said::Start)) => Some("says it is started and names an address"),
            _ => None,
        };
        if let Some(what) = contradiction {
            let text = format!("`{}` {what}", self.shown);
            self.problem(body.span, ProblemKind::TransportContradiction, text);
        }
        if let (Some(_), Some(url)) = (command, url) {
            let text = format!("`{}` has a program and an address", self.shown);
            self.problem(url.key_span, ProblemKind::TwoTransports, text);
        }
        match (command, url, said) {
            (_, Some(url), Some(Said::Connect(_))) => self.remote(body, url, said),
            (Some(command), _, _) => self.local(body, command),
            (None, Some(url), _) => self.remote(body, url, said),
            (None, None, Some(Said::BuiltIn)) => Kind::BuiltIn,
            (None, None, _) if self.one(body, self.fields.code).is_some() => self.code(body),
            (None, None, _) if self.one(body, self.fields.builtin_marks).is_some() => Kind::BuiltIn,
            (None, None, _) => {
                let text = format!("`{}` names neither a program nor an address", self.shown);
                self.problem(body.span, ProblemKind::NoTransport, text);
                Kind::Unusable
            }
        }
    }

    /// The word for the transport, where there is one that is known.
    fn said(&mut self, body: &Node) -> Option<Said> {
        let member = self.one(body, self.fields.transport)?;
        let Some(word) = member.value.as_text() else {
            if !member.value.is_map() {
                self.not_text(member);
            }
            return None;
        };
        if self.fields.local_words.contains(&word) {
            return Some(Said::Start);
        }
        if self.fields.builtin_words.contains(&word) {
            return Some(Said::BuiltIn);
        }
        if self.fields.remote_words.contains(&word) {
            return Some(Said::Connect(transport(word)));
        }
        let text = format!(
            "`{}` has the transport `{}`, which this client does not know",
            self.shown,
            excerpt(word)
        );
        self.problem(member.value.span, ProblemKind::UnknownTransport, text);
        generally(word)
    }

    /// Words for the transport under keys of other clients: this one does not read them, but they may not say otherwise.
    fn foreign_words(&mut self, body: &Node) {
        let own = self.fields.transport;
        for key in WORDS.iter().filter(|key| !own.contains(key)) {
            let Some(node) = body.get(key) else { continue };
            let Some(word) = node.as_text() else { continue };
            let starts = self
                .fields
                .command
                .iter()
                .any(|key| body.get(key).is_some());
            let (kind, what) = match generally(word) {
                None => (ProblemKind::UnknownTransport, "which nobody knows"),
                Some(Said::Connect(_)) if starts => {
                    (ProblemKind::TransportContradiction, "and names a program")
                }
                Some(Said::Start) if !starts => {
                    (ProblemKind::TransportContradiction, "and names no program")
                }
                Some(_) => continue,
            };
            let text = format!(
                "`{}` says `{key}` is `{}` {what}",
                self.shown,
                excerpt(word)
            );
            self.problem(node.span, kind, text);
        }
    }

    fn local(&mut self, body: &Node, command: &Member) -> Kind {
        let mut local = Local {
            request: Request {
                origin: Some(self.scope.origin().to_owned()),
                ..Request::default()
            },
            command_span: command.value.span,
            arg_spans: Vec::new(),
            args_span: None,
            env_spans: Vec::new(),
            cwd_span: None,
            env_file: self.text(body, self.fields.env_file),
            env_names: texts(body, self.fields.env_names),
            body: body.span,
        };
        if !self.command(&command.value, &mut local) {
            return Kind::Unusable;
        }
        self.args(body, &mut local);
        self.env(body, &mut local);
        if let Some(cwd) = self.text(body, self.fields.cwd) {
            local.cwd_span = Some(cwd.span);
            local.request.cwd = Some(cwd.text);
        }
        Kind::Local(local)
    }

    /// Program text in the entry: what the client does with it is running it with Python.
    fn code(&mut self, body: &Node) -> Kind {
        let Some(code) = self.text(body, self.fields.code) else {
            return Kind::Unusable;
        };
        // Neither the program nor its option is written anywhere.
        let nowhere = Span::new(body.span.start, body.span.start);
        let mut local = Local {
            request: Request {
                origin: Some(self.scope.origin().to_owned()),
                ..Request::new("python3", ["-c", &code.text])
            },
            command_span: nowhere,
            arg_spans: vec![nowhere, code.span],
            args_span: None,
            env_spans: Vec::new(),
            cwd_span: None,
            env_file: None,
            env_names: texts(body, self.fields.env_names),
            body: body.span,
        };
        self.env(body, &mut local);
        Kind::Local(local)
    }

    /// The program, and what else stands with it. False where there is none.
    fn command(&mut self, node: &Node, local: &mut Local) -> bool {
        match (&node.value, self.fields.command_form) {
            (Value::Text(program), _) => {
                local.request.command.clone_from(program);
                // A client that wants a list takes text for nothing; it is shown all the same.
                if self.fields.command_form == CommandForm::List {
                    let said = format!("the command of `{}` is text, not a list", self.shown);
                    self.problem(node.span, ProblemKind::CommandNotText, said);
                }
                true
            }
            (Value::List(words), CommandForm::List) if !words.is_empty() => {
                let mut words = words.iter();
                if let Some(program) = words.next() {
                    local.command_span = program.span;
                    local.request.command = self.word(program);
                }
                local.args_span = Some(node.span);
                for word in words {
                    local.arg_spans.push(word.span);
                    let word = self.word(word);
                    local.request.args.push(word);
                }
                true
            }
            (Value::Map(_), CommandForm::TextOrMap) => self.command_map(node, local),
            _ => {
                let said = format!("the command of `{}` is {}", self.shown, node.kind());
                self.problem(node.span, ProblemKind::CommandNotText, said);
                false
            }
        }
    }

    /// `{path, args, env}`, as older Zed writes it.
    fn command_map(&mut self, node: &Node, local: &mut Local) -> bool {
        let Some(path) = node.get("path").filter(|path| path.as_text().is_some()) else {
            let said = format!("the command of `{}` has no `path`", self.shown);
            self.problem(node.span, ProblemKind::CommandNotText, said);
            return false;
        };
        case_variants(node, ["path", "args", "env"].into_iter(), self.problems);
        local.command_span = path.span;
        local.request.command = self.word(path);
        self.args(node, local);
        self.env(node, local);
        true
    }

    fn args(&mut self, body: &Node, local: &mut Local) {
        let Some(member) = self.one(body, self.fields.args) else {
            return;
        };
        if !member.value.is_list() {
            let said = format!(
                "the arguments of `{}` are {}",
                self.shown,
                member.value.kind()
            );
            self.problem(member.value.span, ProblemKind::ArgsNotAList, said);
            return;
        }
        local.args_span = Some(member.value.span);
        for element in member.value.elements() {
            local.arg_spans.push(element.span);
            let word = self.word(element);
            local.request.args.push(word);
        }
    }

    fn env(&mut self, body: &Node, local: &mut Local) {
        let Some(member) = self.one(body, self.fields.env) else {
            return;
        };
        if !member.value.is_map() {
            let said = format!(
                "the variables of `{}` are {}",
                self.shown,
                member.value.kind()
            );
            self.problem(member.value.span, ProblemKind::EnvNotAMap, said);
            return;
        }
        for variable in member.value.effective() {
            local.env_spans.push(Variable {
                name: variable.key_span,
                value: variable.value.span,
            });
            let value = self.word(&variable.value);
            local.request.env.push((variable.key.clone(), value));
        }
    }

    fn remote(&mut self, body: &Node, url: &Member, said: Option<Said>) -> Kind {
        let Some(address) = url.value.as_text() else {
            self.not_text(url);
            return Kind::Unusable;
        };
        self.hidden(address, url.value.span);
        let transport = match said {
            Some(Said::Connect(transport)) => transport,
            _ if url.key == "httpUrl" => Transport::Http,
            _ if address.starts_with("ws") => Transport::WebSocket,
            _ => self.fields.speaks,
        };
        Kind::Remote(Remote {
            url: Text {
                text: address.to_owned(),
                span: url.value.span,
            },
            url_key: url.key.clone(),
            transport,
            headers: self.headers(body),
            helper: self.text(body, self.fields.headers_helper),
            credentials: texts(body, self.fields.credential),
            credential_names: texts(body, self.fields.credential_names),
            body: body.span,
        })
    }

    fn headers(&mut self, body: &Node) -> Vec<Header> {
        let mut headers = Vec::new();
        for name in self.fields.headers {
            let path: Vec<&str> = name.split('.').collect();
            let Some(node) = body.at(&path).filter(|node| !node.is_null()) else {
                continue;
            };
            if !node.is_map() {
                let said = format!("the headers of `{}` are {}", self.shown, node.kind());
                self.problem(node.span, ProblemKind::EnvNotAMap, said);
            }
            for header in node.effective() {
                self.hidden(&header.key, header.key_span);
                headers.push(Header {
                    name: header.key.clone(),
                    name_span: header.key_span,
                    value: self.word(&header.value),
                    span: header.value.span,
                });
            }
        }
        headers
    }

    /// The member under one of `names`; a second one is a problem.
    fn one<'n>(&mut self, node: &'n Node, names: AnyOf) -> Option<&'n Member> {
        let mut found = names
            .iter()
            .filter_map(|name| node.member(name))
            .filter(|member| !member.value.is_null());
        let first = found.next();
        if let (Some(first), Some(second)) = (first, found.next()) {
            let said = format!(
                "`{}` has `{}` and `{}`, which mean the same",
                self.shown, first.key, second.key
            );
            self.problem(second.key_span, ProblemKind::TwoSpellings, said);
        }
        first
    }

    fn text(&mut self, node: &Node, names: AnyOf) -> Option<Text> {
        let member = self.one(node, names)?;
        if member.value.as_text().is_none() {
            self.not_text(member);
        }
        Some(Text {
            text: member.value.as_text()?.to_owned(),
            span: member.value.span,
        })
    }

    /// A value that is to be text. Numbers and truths are taken as they are written, which some clients do and others refuse.
    fn word(&mut self, node: &Node) -> String {
        let written = match &node.value {
            Value::Text(text) => return text.clone(),
            Value::Number(number) => number.clone(),
            Value::Bool(truth) => truth.to_string(),
            _ => String::new(),
        };
        let said = format!("a value of `{}` is {}, not text", self.shown, node.kind());
        self.problem(node.span, ProblemKind::NotText, said);
        written
    }

    /// Text that decides where a client connects and has characters that a reader does not see. What is started is judged elsewhere.
    fn hidden(&mut self, text: &str, span: Span) {
        if hidden_char(text, false).is_some() {
            let said = format!(
                "`{}` has characters that are not seen: `{}`",
                self.shown,
                excerpt(text)
            );
            self.problem(span, ProblemKind::HiddenText, said);
        }
    }

    fn not_text(&mut self, member: &Member) {
        let said = format!(
            "`{}` of `{}` is {}, not text",
            excerpt(&member.key),
            self.shown,
            member.value.kind()
        );
        self.problem(member.value.span, ProblemKind::NotText, said);
    }

    fn problem(&mut self, span: Span, kind: ProblemKind, said: String) {
        self.problems.push(Problem::new(span, kind, said));
    }
}

/// The map in which a client nests the transport, where this entry does.
fn nested<'n>(node: &'n Node, fields: &Fields) -> Option<&'n Node> {
    fields
        .nested
        .iter()
        .filter_map(|name| node.get(name))
        .find(|inner| inner.is_map())
}

/// Text, the texts of a list, those under `name` in a list of maps, or the values of a map, at the paths of `names`.
fn texts(node: &Node, names: AnyOf) -> Vec<Text> {
    let as_text = |node: &Node| {
        let named = node.get("name").unwrap_or(node);
        Some(Text {
            text: named.as_text()?.to_owned(),
            span: named.span,
        })
    };
    names
        .iter()
        .filter_map(|name| node.at(&name.split('.').collect::<Vec<_>>()))
        .flat_map(|value| match &value.value {
            Value::List(elements) => elements.iter().filter_map(as_text).collect(),
            Value::Map(members) => {
                let values = members.iter().map(|member| &member.value);
                values.filter_map(as_text).collect()
            }
            _ => as_text(value).into_iter().collect::<Vec<_>>(),
        })
        .collect()
}

/// Fields that every reader knows: another spelling of one of them is a difference wherever it stands.
const COMMON: [&str; 8] = [
    "command", "args", "env", "cwd", "url", "type", "headers", "envFile",
];

/// One field as different clients spell it.
const SPELLINGS: &[&[&str]] = &[
    &["command", "cmd"],
    &["args", "arguments"],
    &["env", "environment", "envs"],
    &["url", "serverUrl", "httpUrl", "uri"],
];

/// Keys under which some client writes the word for the transport.
const WORDS: &[&str] = &["type", "transport", "transport_type", "transportType"];

fn transport(word: &str) -> Transport {
    match word {
        "sse" => Transport::Sse,
        "ws" | "wss" | "websocket" => Transport::WebSocket,
        _ => Transport::Http,
    }
}

/// What a word means that this client does not know, to those who do.
fn generally(word: &str) -> Option<Said> {
    let folded = word.to_ascii_lowercase().replace(['-', '_'], "");
    Some(match folded.as_str() {
        "stdio" | "local" | "command" | "custom" | "process" => Said::Start,
        "http" | "https" | "sse" | "streamablehttp" | "remote" | "ws" | "wss" | "websocket" => {
            Said::Connect(transport(&folded))
        }
        "builtin" | "platform" | "frontend" | "extension" => Said::BuiltIn,
        _ => return None,
    })
}
