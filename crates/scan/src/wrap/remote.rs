//! One entry that names an address, rewritten to start `interlock run --url`, and back.
//!
//! What is written differs by more than a few words, so each step is made on its own and the result is read again as the client
//! would. Values of headers go to the secret store, under names that are written in their place; none lands on a command line.

use std::fmt;
use std::path::Path;

use interlock_launch::{Address, Digest, Header, Request, Secret, SecretName};

use crate::clients::{Client, CommandForm, Expansion, Fields, Place, Scope};
use crate::discover::read_text;
use crate::document::{Document, Format, Node};
use crate::edit::{EditError, Editor, Literal, Plain};
use crate::server::{self, Kind, Remote, Server, Transport};

use super::expand::expand;
use super::inner::{Inner, inner};
use super::plan::{Skip, Wrapped};
use super::record::Kept;

/// How the command of an approved address begins.
const SCHEME: &str = "url:";
/// Headers that say what is wanted and not who wants it: their values stay readable.
const PLAIN: &[&str] = &[
    "accept-language",
    "x-mcp-readonly",
    "x-mcp-tools",
    "x-mcp-toolsets",
];
const NOWHERE: EditError = EditError::Shape("the entry is not where it seems to be");

/// One file, and how Interlock is called in it.
pub(super) struct Site<'s> {
    pub(super) client: &'static Client,
    pub(super) place: &'static Place,
    pub(super) path: &'s Path,
    pub(super) interlock: &'s str,
    pub(super) without_headers: bool,
}

/// A header's value that leaves the file for the secret store.
pub struct HeaderSecret {
    /// What it is called there.
    pub name: SecretName,
    /// The value.
    pub value: Secret,
}

impl fmt::Debug for HeaderSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("HeaderSecret").field(&self.name).finish()
    }
}

/// What an entry becomes.
struct Becomes {
    request: Request,
    secrets: Vec<HeaderSecret>,
}

impl Site<'_> {
    fn fields(&self) -> &'static Fields {
        self.place.shape.fields
    }

    fn server(&self, text: &str, trail: &[String]) -> Result<Server, EditError> {
        let file = read_text(self.client, self.place, self.path, text.as_bytes());
        let mut servers = file.servers.into_iter();
        servers.find(|server| server.trail == trail).ok_or(NOWHERE)
    }

    /// The text with one entry rewritten. The other entries are not touched.
    pub(super) fn wrap(&self, text: &str, trail: &[String]) -> Result<(String, Wrapped), Skip> {
        let server = self.server(text, trail).map_err(Skip::Edit)?;
        let Kind::Remote(remote) = &server.kind else {
            return Err(Skip::Unusable);
        };
        let Becomes { request, secrets } = self.becomes(&server, remote)?;
        let literal = self.literal(text, trail).map_err(Skip::Edit)?;
        let text = self
            .rewritten(text, trail, remote, &request)
            .and_then(|text| self.holds_none(text, trail, &secrets))
            .map_err(Skip::Edit)?;
        let kept = Kept {
            at: trail.to_vec(),
            literal,
            command: request.command.clone(),
            had_args: false,
        };
        let wrapped = Wrapped {
            name: server.name,
            request,
            kept,
            secrets,
        };
        Ok((text, wrapped))
    }

    /// Whether an entry can stand behind Interlock, and as what.
    fn becomes(&self, server: &Server, remote: &Remote) -> Result<Becomes, Skip> {
        if remote.transport == Transport::WebSocket {
            return Err(Skip::WebSocket);
        }
        match server.scope {
            Scope::Managed | Scope::Plugin | Scope::Extension | Scope::Devcontainer => {
                return Err(Skip::NotYours(server.scope.as_str()));
            }
            _ => {}
        }
        let signs_in = remote.helper.is_some()
            || !remote.credentials.is_empty()
            || !remote.credential_names.is_empty();
        if signs_in {
            return Err(Skip::SignsIn);
        }
        if server.copied || self.fields().command.is_empty() {
            return Err(Skip::Edit(EditError::Shape(
                "the entry cannot start a program in this place",
            )));
        }
        if is_filled(self.fields().expansion, &remote.url.text) {
            return Err(Skip::Filled("address".to_owned()));
        }
        let (mut headers, mut secrets) = (Vec::new(), Vec::new());
        // An empty one says nothing; often it waits for a key that was never written.
        for header in remote
            .headers
            .iter()
            .filter(|header| !header.value.is_empty())
        {
            if is_filled(self.fields().expansion, &header.value) {
                return Err(Skip::Filled(header.name.clone()));
            }
            headers.push(self.header(server, header, &mut secrets)?);
        }
        let url = remote.url.text.as_str();
        let address = Address::new(url, &headers).map_err(Skip::Address)?;
        if headers.is_empty() && !self.without_headers && !address.is_loopback() {
            return Err(Skip::NoHeaders);
        }
        Ok(Becomes {
            request: Address::request(url, &headers),
            secrets,
        })
    }

    /// A header as it is written for Interlock.
    fn header(
        &self,
        server: &Server,
        header: &server::Header,
        secrets: &mut Vec<HeaderSecret>,
    ) -> Result<String, Skip> {
        let plain = format!("{}: {}", header.name, header.value);
        let harmless = PLAIN.contains(&header.name.to_ascii_lowercase().as_str())
            || matches!(header.value.as_str(), "true" | "false");
        if harmless && plain.parse::<Header>().is_ok() {
            return Ok(plain);
        }
        let (scheme, value) = match header.value.split_once(' ') {
            Some((scheme, value)) if scheme.bytes().all(|byte| byte.is_ascii_alphabetic()) => {
                (format!("{scheme} "), value)
            }
            _ => (String::new(), header.value.as_str()),
        };
        let name = secret_name(
            [self.client.id, &server.name, &header.name],
            self.path,
            &server.trail,
        );
        let name: SecretName = name.map_err(|_| Skip::Filled(header.name.clone()))?;
        let written = format!("{}={scheme}{name}", header.name);
        secrets.push(HeaderSecret {
            name,
            value: Secret::new(value.as_bytes().to_vec()),
        });
        Ok(written)
    }

    /// Step by step: what is started, the word for it, and then without what was connected to.
    fn rewritten(
        &self,
        text: &str,
        trail: &[String],
        remote: &Remote,
        request: &Request,
    ) -> Result<String, EditError> {
        let fields = self.fields();
        let url = remote.url_key.as_str();
        let command = fields.command.first().copied().unwrap_or("command");
        let words = own_words(request);
        let mut text = if fields.command_form == CommandForm::List {
            let mut all = vec![self.interlock.to_owned()];
            all.extend(words);
            self.step(text, trail, |editor, holder| {
                editor.insert_after(holder, url, command, Literal::Texts(&all))
            })?
        } else {
            let args = fields.args.first().copied().unwrap_or("args");
            let text = self.step(text, trail, |editor, holder| {
                editor.insert_after(holder, url, command, Literal::Text(self.interlock))
            })?;
            self.step(&text, trail, |editor, holder| {
                editor.insert_after(holder, command, args, Literal::Texts(&words))
            })?
        };
        text = self.word(&text, trail, fields.local_words)?;
        text = self.without(&text, trail, url)?;
        for key in fields.headers {
            text = self.without(&text, trail, key)?;
        }
        let server = self.server(&text, trail)?;
        let behind = match &server.kind {
            Kind::Local(local) => inner(&local.request),
            _ => None,
        };
        match behind {
            Some(Inner::Command(found)) if same(&found, request) => Ok(text),
            _ => Err(EditError::Differs),
        }
    }

    /// What was moved to the store is not said to be moved while it is still there. Very short values stand in other words by chance.
    fn holds_none(
        &self,
        text: String,
        trail: &[String],
        secrets: &[HeaderSecret],
    ) -> Result<String, EditError> {
        const SHORTEST: usize = 6;
        let document = Document::read(text.as_bytes(), self.place.format);
        let entry = document.slice(entry(&document, trail)?.span);
        let left = secrets.iter().any(|secret| {
            let value = secret.value.reveal();
            value.len() >= SHORTEST && entry.as_bytes().windows(value.len()).any(|at| at == value)
        });
        match left {
            true => Err(EditError::Differs),
            false => Ok(text),
        }
    }

    /// The text with an entry as it was before it was wrapped; and how it is written then.
    pub(super) fn unwrap(
        &self,
        text: &str,
        trail: &[String],
        request: &Request,
        kept: Option<&Kept>,
    ) -> Result<(String, Kept), EditError> {
        let url = request.command.strip_prefix(SCHEME).unwrap_or_default();
        let known = kept.filter(|kept| kept.command == request.command);
        let json = matches!(self.place.format, Format::Json | Format::Jsonc);
        let text = match known.filter(|_| json) {
            Some(kept) => self.put_back(text, trail, &kept.literal, request)?,
            None if request.args.is_empty() => self.connected(text, trail, url)?,
            None => {
                return Err(EditError::Shape(
                    "what its headers were is not known any more: write them again",
                ));
            }
        };
        let server = self.server(&text, trail)?;
        if !matches!(&server.kind, Kind::Remote(remote) if remote.url.text == url) {
            return Err(EditError::Differs);
        }
        let kept = Kept {
            at: trail.to_vec(),
            literal: self.literal(&text, trail)?,
            command: request.command.clone(),
            had_args: false,
        };
        Ok((text, kept))
    }

    /// An entry without headers, written anew.
    fn connected(&self, text: &str, trail: &[String], url: &str) -> Result<String, EditError> {
        let fields = self.fields();
        let (command, key) = match (fields.command.first(), fields.url.first()) {
            (Some(command), Some(key)) => (*command, *key),
            _ => return Err(NOWHERE),
        };
        // Where there is a key of its own for the newer transport, the other one means the older.
        let newer = fields.url.iter().find(|key| **key == "httpUrl");
        let key = newer.copied().unwrap_or(key);
        let text = self.step(text, trail, |editor, holder| {
            editor.insert_after(holder, command, key, Literal::Text(url))
        })?;
        let text = self.word(&text, trail, fields.remote_words)?;
        let text = self.without(&text, trail, command)?;
        match fields.args.first() {
            Some(args) if fields.command_form != CommandForm::List => {
                self.without(&text, trail, args)
            }
            _ => Ok(text),
        }
    }

    /// The bytes of an entry, put back where they were. Everything else must mean the same, and the entry must be as it was written.
    fn put_back(
        &self,
        text: &str,
        trail: &[String],
        literal: &str,
        request: &Request,
    ) -> Result<String, EditError> {
        let document = Document::read(text.as_bytes(), self.place.format);
        let span = self.holder(&document, trail)?.span.range();
        let (Some(before), Some(after)) = (text.get(..span.start), text.get(span.end..)) else {
            return Err(NOWHERE);
        };
        let made = format!("{before}{literal}{after}");
        let others = |text: &str| {
            let file = read_text(self.client, self.place, self.path, text.as_bytes());
            let others = file
                .servers
                .into_iter()
                .filter(|other| other.trail != trail);
            others.map(|other| other.trail).collect::<Vec<_>>()
        };
        if others(text) != others(&made) {
            return Err(EditError::Differs);
        }
        match self.is_as_written(text, trail, &made, request)? {
            true => Ok(made),
            false => Err(EditError::Shape(
                "it was changed after it was wrapped, and what it was before would undo that",
            )),
        }
    }

    /// Whether an entry is what wrapping makes of it as it stands in `before`.
    fn is_as_written(
        &self,
        text: &str,
        trail: &[String],
        before: &str,
        request: &Request,
    ) -> Result<bool, EditError> {
        let (now, then) = (self.server(text, trail)?, self.server(before, trail)?);
        let (Kind::Local(local), Kind::Remote(remote)) = (&now.kind, &then.kind) else {
            return Ok(false);
        };
        let site = Site {
            interlock: &local.request.command,
            ..*self
        };
        let again = site.rewritten(before, trail, remote, request)?;
        let read = |text: &str| Document::read(text.as_bytes(), self.place.format);
        let (text, again) = (read(text), read(&again));
        Ok(Plain::of(self.holder(&text, trail)?) == Plain::of(self.holder(&again, trail)?))
    }

    /// The word for the transport, where one is written.
    fn word(&self, text: &str, trail: &[String], words: &[&str]) -> Result<String, EditError> {
        self.step(text, trail, |editor, holder| {
            let keys = self.fields().transport.iter();
            let member = keys.filter_map(|key| holder.member(key)).next();
            let Some(member) = member.filter(|member| member.value.as_text().is_some()) else {
                return Ok(());
            };
            match words.first() {
                Some(word) => editor.set(&member.value, Literal::Text(word)),
                None => editor.remove_member(holder, &member.key),
            }
        })
    }

    fn without(&self, text: &str, trail: &[String], key: &str) -> Result<String, EditError> {
        self.step(text, trail, |editor, holder| {
            let Some((outer, inner)) = key.split_once('.').filter(|_| holder.member(key).is_none())
            else {
                return match holder.member(key) {
                    Some(_) => editor.remove_member(holder, key),
                    None => Ok(()),
                };
            };
            match holder.get(outer) {
                Some(node) if node.member(inner).is_none() => Ok(()),
                // A map with nothing in it says nothing either.
                Some(node) if node.members().len() == 1 => editor.remove_member(holder, outer),
                Some(node) => editor.remove_member(node, inner),
                None => Ok(()),
            }
        })
    }

    /// One change, checked by reading its result.
    fn step(
        &self,
        text: &str,
        trail: &[String],
        change: impl for<'a> FnOnce(&mut Editor<'a>, &'a Node) -> Result<(), EditError>,
    ) -> Result<String, EditError> {
        let document = Document::read(text.as_bytes(), self.place.format);
        let holder = self.holder(&document, trail)?;
        let mut editor = Editor::new(&document)?;
        change(&mut editor, holder)?;
        match editor.is_empty() {
            true => Ok(text.to_owned()),
            false => editor.finish(),
        }
    }

    fn literal(&self, text: &str, trail: &[String]) -> Result<String, EditError> {
        let document = Document::read(text.as_bytes(), self.place.format);
        let holder = self.holder(&document, trail)?;
        Ok(document.slice(holder.span).to_owned())
    }

    /// The map of an entry that holds its transport.
    fn holder<'a>(&self, document: &'a Document, trail: &[String]) -> Result<&'a Node, EditError> {
        let fields = self.fields();
        let entry = entry(document, trail)?;
        let holds = |node: &Node| {
            let mut keys = fields.url.iter().chain(fields.command);
            node.is_map() && keys.any(|key| node.member(key).is_some())
        };
        if holds(entry) {
            return Ok(entry);
        }
        let mut nested = fields.nested.iter().filter_map(|key| entry.get(key));
        nested.find(|node| holds(node)).ok_or(NOWHERE)
    }
}

/// The node of an entry.
fn entry<'a>(document: &'a Document, trail: &[String]) -> Result<&'a Node, EditError> {
    let root = document.root().ok_or(NOWHERE)?;
    let entry = trail
        .iter()
        .try_fold(root, |node, key| match node.is_list() {
            true => node.elements().get(key.parse::<usize>().ok()?),
            false => node.get(key),
        });
    entry.ok_or(NOWHERE)
}

/// The words after the program.
fn own_words(request: &Request) -> Vec<String> {
    let url = request.command.strip_prefix(SCHEME).unwrap_or_default();
    let first = ["run", "--url", url].map(str::to_owned);
    first.into_iter().chain(request.args.clone()).collect()
}

/// Whether a request is for an address.
pub(super) fn is_address(request: &Request) -> bool {
    request.command.starts_with(SCHEME)
}

fn same(one: &Request, other: &Request) -> bool {
    one.command == other.command && one.args == other.args
}

/// Whether a client makes something else of a value.
fn is_filled(how: Expansion, value: &str) -> bool {
    let runs = how == Expansion::Shell && value.contains(['(', '`']);
    runs || expand(how, value, |_| None).as_deref() != Ok(value)
}

/// A name for the store that says where the value came from. Names that are written differently may look alike here, and one name may
/// stand in a file more than once, so a digest of the place tells them apart.
fn secret_name(
    parts: [&str; 3],
    path: &Path,
    trail: &[String],
) -> Result<SecretName, interlock_launch::NameError> {
    let fits = |c: char| {
        if c.is_ascii_alphanumeric() || "._".contains(c) {
            c
        } else {
            '-'
        }
    };
    let name: String = parts
        .join("-")
        .to_ascii_lowercase()
        .chars()
        .map(fits)
        .collect();
    let mut place = path.as_os_str().as_encoded_bytes().to_vec();
    for part in trail.iter().map(String::as_str).chain(parts) {
        place.push(0);
        place.extend_from_slice(part.as_bytes());
    }
    let digest: String = Digest::of(&place)
        .as_bytes()
        .iter()
        .take(4)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("{name}-{digest}").parse()
}
