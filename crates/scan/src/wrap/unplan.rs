//! What a file would look like with its servers taken out from behind Interlock.

use std::collections::HashMap;
use std::path::Path;

use crate::clients::{Client, Place};
use crate::discover::{ConfigFile, read_text};
use crate::document::Document;
use crate::edit::{EditError, Editor, Together, together};
use crate::server::{Kind, Local, Server};
use interlock_launch::{Digest, Request};

use super::entry::{Entries, Parts};
use super::inner::{Inner, inner};
use super::plan::{PlanError, readable};
use super::record::{Kept, Record};
use super::remote::{Site, is_address};
use super::replace::{Links, Original};

/// What a file would look like.
#[derive(Debug)]
pub struct Unplan {
    /// Which client reads it.
    pub client: &'static Client,
    /// The file as it is.
    pub original: Original,
    /// The bytes with all of it undone.
    pub bytes: Vec<u8>,
    /// Whether these are the very bytes from before it was wrapped. Otherwise something else changed since, or there is no
    /// record, and only the wrapped entries change.
    pub exact: bool,
    /// The names of the entries that change.
    pub unwrapped: Vec<String>,
    /// The entries that stay, and why.
    pub skipped: Vec<(String, EditError)>,
}

const UNKNOWN: EditError =
    EditError::Shape("it was wrapped before, and what it was then could not be worked out");

/// Works out what a file would look like. Writes nothing.
///
/// # Errors
/// When the file cannot be read or could not be replaced, or is broken.
pub fn unplan(
    client: &'static Client,
    place: &'static Place,
    path: &Path,
    records: &[Record],
) -> Result<Unplan, PlanError> {
    let original = Original::read(path, Links::at(place))?;
    let now = Digest::of(original.bytes());
    let file = read_text(client, place, path, original.bytes());
    if let Some(record) = records.iter().find(|record| record.after == now) {
        let before = read_text(client, place, path, &record.original);
        let stays = |server: &Server| {
            let mut before = before.servers.iter();
            before.any(|other| other.trail == server.trail && wrapped(other))
        };
        let (skipped, unwrapped): (Vec<_>, Vec<_>) = file
            .servers
            .iter()
            .filter(|server| wrapped(server))
            .partition(|server| stays(server));
        let unwrapped = unwrapped.iter().map(|server| server.name.clone());
        let skipped: Vec<_> = skipped
            .iter()
            .map(|server| (server.name.clone(), UNKNOWN))
            .collect();
        return Ok(Unplan {
            client,
            original,
            bytes: record.original.clone(),
            exact: skipped.is_empty(),
            unwrapped: unwrapped.collect(),
            skipped,
        });
    }
    let merged = merge(&file, records.first()).map_err(|source| match source {
        None => PlanError::Broken(super::replace::shown(path)),
        Some(source) => PlanError::Edit {
            path: super::replace::shown(path),
            source,
        },
    })?;
    Ok(Unplan {
        client,
        original,
        bytes: merged.text.into_bytes(),
        exact: false,
        unwrapped: merged.unwrapped,
        skipped: merged.skipped,
    })
}

/// A text with its wrapped entries unwrapped and nothing else changed.
#[derive(Debug)]
pub(super) struct Merged {
    pub(super) text: String,
    pub(super) unwrapped: Vec<String>,
    /// How the unwrapped entries are written now that they are unwrapped.
    pub(super) kept: Vec<Kept>,
    pub(super) skipped: Vec<(String, EditError)>,
}

/// Unwraps each entry by what it says itself; the record tells how it was written. No error text where nobody reads the file.
pub(super) fn merge(
    file: &ConfigFile,
    record: Option<&Record>,
) -> Result<Merged, Option<EditError>> {
    let document = readable(file).ok_or(None)?;
    Editor::new(document).map_err(Some)?;
    let entries = Entries::of(document);
    let known: HashMap<&[String], &Kept> = record
        .into_iter()
        .flat_map(|record| &record.entries)
        .map(|kept| (kept.at.as_slice(), kept))
        .collect();
    let mut undone = Vec::new();
    let mut skipped = Vec::new();
    let mut addresses = Vec::new();
    for server in file.servers.iter().filter(|server| wrapped(server)) {
        let kept = known.get(server.trail.as_slice()).copied();
        if let Some(request) = address(server) {
            addresses.push((server, request, kept));
            continue;
        }
        match undo(document, &entries, file, server, kept) {
            Ok(undo) => undone.push(undo),
            Err(error) => skipped.push((server.name.clone(), error)),
        }
    }
    let Together { text, left } = together(undone.len(), |chosen| {
        let mut editor = Editor::new(document)?;
        for undo in chosen.iter().filter_map(|at| undone.get(*at)) {
            undo.parts.unwrap(&mut editor, undo.local, undo.kept)?;
        }
        editor.finish()
    });
    for (number, why) in left.into_iter().rev() {
        skipped.push((undone.remove(number).name.clone(), why));
    }
    let mut merged = Merged {
        text: text.unwrap_or_else(|| document.text().to_owned()),
        unwrapped: undone.iter().map(|undo| undo.name.clone()).collect(),
        kept: undone.into_iter().map(|undo| undo.was).collect(),
        skipped,
    };
    let site = Site {
        client: file.client,
        place: file.place,
        path: &file.path,
        interlock: "",
        without_headers: true,
    };
    for (server, request, kept) in addresses {
        match site.unwrap(&merged.text, &server.trail, &request, kept) {
            Ok((text, kept)) => {
                merged.text = text;
                merged.unwrapped.push(server.name.clone());
                merged.kept.push(kept);
            }
            Err(error) => merged.skipped.push((server.name.clone(), error)),
        }
    }
    Ok(merged)
}

/// How one entry is unwrapped.
struct Undo<'a> {
    name: &'a String,
    parts: Parts<'a>,
    local: &'a Local,
    kept: Option<&'a Kept>,
    /// How it is written then.
    was: Kept,
}

fn undo<'a>(
    document: &'a Document,
    entries: &Entries<'a>,
    file: &ConfigFile,
    server: &'a Server,
    kept: Option<&'a Kept>,
) -> Result<Undo<'a>, EditError> {
    let Kind::Local(local) = &server.kind else {
        return Err(EditError::Outside);
    };
    let Some(Inner::Command(request)) = inner(&local.request) else {
        return Err(EditError::Shape(
            "it starts an approval by its name, and does not say what that runs",
        ));
    };
    let parts = Parts::of(entries, file.place.shape, server, local)?;
    let mut alone = Editor::new(document)?;
    parts.unwrap(&mut alone, local, kept)?;
    let known = kept.filter(|kept| kept.command == request.command).cloned();
    let was = known.unwrap_or_else(|| Kept {
        command: request.command,
        ..parts.kept(document, server)
    });
    Ok(Undo {
        name: &server.name,
        parts,
        local,
        kept,
        was,
    })
}

/// The request of an entry that was an address.
fn address(server: &Server) -> Option<Request> {
    let Kind::Local(local) = &server.kind else {
        return None;
    };
    match inner(&local.request)? {
        Inner::Command(request) => is_address(&request).then_some(request),
        Inner::Named(_) => None,
    }
}

pub(super) fn wrapped(server: &Server) -> bool {
    matches!(&server.kind, Kind::Local(local) if inner(&local.request).is_some())
}
