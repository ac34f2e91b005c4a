//! What a file would look like with its local servers behind Interlock.

use std::path::Path;

use interlock_launch::{AddressError, Class, Request, judge};

use crate::clients::{Client, Place, Scope};
use crate::discover::{ConfigFile, read_text};
use crate::document::Document;
use crate::edit::{EditError, Editor, Together, together};
use crate::server::{Effect, Kind, Local, Server, SwitchKind};

use super::entry::{Entries, Parts};
use super::inner::inner;
use super::record::Kept;
use super::remote::{HeaderSecret, Site};
use super::replace::{Links, Original, ReplaceError};

/// How Interlock is called in what is written.
#[derive(Debug, Clone)]
pub struct Writing {
    /// In a person's own files: an absolute path, because a client that is started from a desktop has another `PATH`.
    pub own: String,
    /// In files of a project, which others use on their machines: the bare name.
    pub shared: String,
    /// Whether addresses without a header go behind Interlock, to which the client may sign in by itself as Interlock cannot.
    pub without_headers: bool,
}

/// What a file would look like.
#[derive(Debug)]
pub struct Plan {
    /// Which client reads it.
    pub client: &'static Client,
    /// The entry of the table that it was found by.
    pub place: &'static Place,
    /// The file as it is.
    pub original: Original,
    /// The text with all of it done; the same as before where nothing is to be done.
    pub text: String,
    /// The entries that change.
    pub wrapped: Vec<Wrapped>,
    /// The entries that stay, and why.
    pub skipped: Vec<(String, Skip)>,
}

/// An entry that changes.
#[derive(Debug)]
pub struct Wrapped {
    /// The server's name in the file.
    pub name: String,
    /// What it starts, as written.
    pub request: Request,
    /// How it is written.
    pub kept: Kept,
    /// Values that were in the file, to keep in the secret store before the file is changed.
    pub secrets: Vec<HeaderSecret>,
}

/// Why an entry stays as it is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Skip {
    /// It starts Interlock.
    #[error("is behind Interlock already")]
    Already,
    /// It is connected to over web sockets.
    #[error("is reached over web sockets, which Interlock does not speak")]
    WebSocket,
    /// The client signs in to it in a way of its own.
    #[error(
        "gets its credentials from a program or a setting of its client, which Interlock cannot use: keep a token with `interlock secret set`, and write it as a header"
    )]
    SignsIn,
    /// Nothing in the file says who asks, so the client may.
    #[error(
        "has no header with credentials: its client may sign in to it in a browser, which Interlock cannot; if it needs none, `wrap --remote` takes it along"
    )]
    NoHeaders,
    /// The client fills a part of it in before it connects.
    #[error(
        "has its {0} filled in by the client: keep the value with `interlock secret set NAME`, and write `interlock run --url URL --header 'HEADER=NAME'` in its place"
    )]
    Filled(String),
    /// Its address or a header is none that could be approved.
    #[error("could not be approved: {0}")]
    Address(AddressError),
    /// It is part of the client.
    #[error("is part of the client")]
    BuiltIn,
    /// The client cannot start it as it stands.
    #[error("cannot be started as it is written")]
    Unusable,
    /// The client starts it in a sandbox of its own, in which Interlock's cannot be made.
    #[error(
        "is started in the client's own sandbox, where Interlock's cannot be set up: turn `sandboxEnabled` off, then wrap it"
    )]
    Sandboxed,
    /// Its program is a text in the file, which the client gives to Python.
    #[error(
        "is program text in the file, which the client runs by itself: put it into a file and start that"
    )]
    Code,
    /// It is a container that needs its engine, so it could not be approved and would never start again.
    #[error("is a container with {what}, which cannot be approved: {instead}")]
    Container {
        /// What only an engine can do.
        what: String,
        /// What to do instead.
        instead: &'static str,
    },
    /// It is an administrator's, or came with a plugin that replaces it at its next update.
    #[error("came with a {0}, which would bring it back: approve what it starts, or remove it")]
    NotYours(&'static str),
    /// It cannot be changed piece by piece.
    #[error("{0}")]
    Edit(EditError),
}

/// Why there is no plan for a file.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// It cannot be read or replaced.
    #[error(transparent)]
    File(#[from] ReplaceError),
    /// Nobody reads it as it is.
    #[error(
        "`{0}` is broken, so its client reads nothing of it: run `interlock scan` to see where"
    )]
    Broken(String),
    /// The changes do not go together.
    #[error("`{path}` cannot be changed")]
    Edit {
        /// The file.
        path: String,
        /// Why.
        source: EditError,
    },
}

/// Works out what a file would look like. Writes nothing.
///
/// # Errors
/// When the file cannot be read or could not be replaced, or is broken.
pub fn plan(
    client: &'static Client,
    place: &'static Place,
    path: &Path,
    writing: &Writing,
) -> Result<Plan, PlanError> {
    let original = Original::read(path, Links::at(place))?;
    let file = read_text(client, place, path, original.bytes());
    let shown = || super::replace::shown(path);
    let document = readable(&file).ok_or_else(|| PlanError::Broken(shown()))?;
    let unchangeable = |source| PlanError::Edit {
        path: shown(),
        source,
    };
    Editor::new(document).map_err(unchangeable)?;
    let interlock = if place.in_project() {
        &writing.shared
    } else {
        &writing.own
    };
    let entries = Entries::of(document);
    let (mut wrapped, mut changes, mut skipped) = (Vec::new(), Vec::new(), Vec::new());
    let (addresses, programs): (Vec<_>, Vec<_>) = file
        .servers
        .iter()
        .enumerate()
        .partition(|(_, server)| matches!(server.kind, Kind::Remote(_)));
    for (at, server) in programs {
        match wrap(document, &entries, place, server, interlock) {
            Ok((entry, change)) => {
                wrapped.push((at, entry));
                changes.push(change);
            }
            Err(skip) => skipped.push((at, skip)),
        }
    }
    // An entry that cannot be changed must not keep the others from being.
    let Together { text, left } = together(changes.len(), |chosen| {
        let mut editor = Editor::new(document)?;
        for change in chosen.iter().filter_map(|at| changes.get(*at)) {
            change.wrap(&mut editor, interlock)?;
        }
        editor.finish()
    });
    for (number, why) in left.into_iter().rev() {
        let (at, _) = wrapped.remove(number);
        skipped.push((at, Skip::Edit(why)));
    }
    let mut text = text.unwrap_or_else(|| document.text().to_owned());
    let site = Site {
        client,
        place,
        path,
        interlock,
        without_headers: writing.without_headers,
    };
    for (at, server) in addresses {
        match site.wrap(&text, &server.trail) {
            Ok((made, entry)) => {
                text = made;
                wrapped.push((at, entry));
            }
            Err(skip) => skipped.push((at, skip)),
        }
    }
    skipped.sort_by_key(|(at, _)| *at);
    wrapped.sort_by_key(|(at, _)| *at);
    let named = |(at, skip): (usize, Skip)| Some((file.servers.get(at)?.name.clone(), skip));
    let skipped = skipped.into_iter().filter_map(named).collect();
    let wrapped = wrapped.into_iter().map(|(_, entry)| entry).collect();
    Ok(Plan {
        client,
        place,
        text,
        wrapped,
        skipped,
        original,
    })
}

/// The document, where its client reads it.
pub(super) fn readable(file: &ConfigFile) -> Option<&Document> {
    file.document()
        .filter(|document| document.is_exact() && document.root().is_some())
}

/// What becomes of one entry, and the change that makes it so.
fn wrap<'a>(
    document: &'a Document,
    entries: &Entries<'a>,
    place: &'static Place,
    server: &Server,
    interlock: &str,
) -> Result<(Wrapped, Parts<'a>), Skip> {
    let local = local(server)?;
    let parts = Parts::of(entries, place.shape, server, local).map_err(Skip::Edit)?;
    let mut alone = Editor::new(document).map_err(Skip::Edit)?;
    parts.wrap(&mut alone, interlock).map_err(Skip::Edit)?;
    let wrapped = Wrapped {
        name: server.name.clone(),
        request: local.request.clone(),
        kept: parts.kept(document, server),
        secrets: Vec::new(),
    };
    Ok((wrapped, parts))
}

/// The program that an entry starts, where that is the user's to change.
fn local(server: &Server) -> Result<&Local, Skip> {
    let local = match &server.kind {
        Kind::Local(local) => local,
        Kind::Remote(_) | Kind::Unusable => return Err(Skip::Unusable),
        Kind::BuiltIn => return Err(Skip::BuiltIn),
    };
    if inner(&local.request).is_some() {
        return Err(Skip::Already);
    }
    // Neither a program nor arguments are written anywhere.
    if local.command_span.is_empty() {
        return Err(Skip::Code);
    }
    if let Class::Container(container) = judge(&local.request).class
        && let Some((what, instead)) = container.obstacle()
    {
        return Err(Skip::Container { what, instead });
    }
    let sandboxed = |switch: &crate::server::Switch| {
        switch.kind == SwitchKind::Sandbox && switch.effect == Effect::All
    };
    if server.switches.iter().any(sandboxed) {
        return Err(Skip::Sandboxed);
    }
    match server.scope {
        Scope::Managed | Scope::Plugin | Scope::Extension | Scope::Devcontainer => {
            Err(Skip::NotYours(server.scope.as_str()))
        }
        _ => Ok(local),
    }
}
