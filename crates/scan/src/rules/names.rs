//! One name for different servers: what a person means by a name is not what answers.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use interlock_launch::text::excerpt;

use super::case::FileCase;
use crate::clients::Scope;
use crate::server::{Kind, Server};

/// A server, by its file and its number in it.
type Place = (usize, usize);

/// Notes servers that take the place of, or are hidden by, another one of the same client and name.
pub(super) fn judge_names(cases: &mut [FileCase<'_>]) {
    let mut named: BTreeMap<(&str, &str), Vec<Place>> = BTreeMap::new();
    for (at, case) in cases.iter().enumerate() {
        for (nth, server) in case.file.servers.iter().enumerate() {
            let usable = server.enabled && !matches!(server.kind, Kind::Unusable);
            if usable {
                named
                    .entry((case.file.client.id, &server.name))
                    .or_default()
                    .push((at, nth));
            }
        }
    }
    let mut found = Vec::new();
    for places in named.values().filter(|places| places.len() > 1) {
        shadows(cases, places, &mut found);
    }
    for ((at, nth), other) in found {
        let message = server_at(cases, other).map(|(file, _)| {
            let path = file.path.to_string_lossy();
            format!("another server of this name is in `{}`", excerpt(&path))
        });
        let Some(case) = cases.get_mut(at) else {
            continue;
        };
        let file = case.file;
        if let (Some(server), Some(message)) = (file.servers.get(nth), message) {
            let span = if server.name_span.is_empty() {
                server.span
            } else {
                server.name_span
            };
            case.note_server(server, "same-name", span, message, "");
        }
    }
}

fn server_at<'a>(
    cases: &[FileCase<'a>],
    (at, nth): Place,
) -> Option<(&'a crate::discover::ConfigFile, &'a Server)> {
    let file = cases.get(at)?.file;
    Some((file, file.servers.get(nth)?))
}

/// Servers of one client and name that come from a narrower scope than another one, which counts where they count and is another server: one
/// of the user or the machine, or one of a directory above.
fn shadows(cases: &[FileCase<'_>], places: &[Place], found: &mut Vec<(Place, Place)>) {
    let of = |place: &Place| server_at(cases, *place);
    let narrow = |scope| matches!(scope, Scope::Project | Scope::Local | Scope::Devcontainer);
    let wide = |scope| matches!(scope, Scope::User | Scope::Managed);
    let (mut above, mut below) = (Vec::new(), Vec::new());
    let mut directories: HashMap<&Path, Place> = HashMap::new();
    for place in places {
        match of(place) {
            // Of those that count everywhere, two that differ are enough: whatever a narrower one is, it differs from one of them or is both.
            Some((_, server)) if wide(server.scope) => {
                let new = |known: &Place| of(known).is_some_and(|(_, known)| !same(server, known));
                if above.len() < 2 && above.iter().all(new) {
                    above.push(*place);
                }
            }
            Some((file, server)) if narrow(server.scope) => {
                below.push(*place);
                directories.extend(file.path.parent().map(|directory| (directory, *place)));
            }
            _ => {}
        }
    }
    for place in below {
        let Some((file, server)) = of(&place) else {
            continue;
        };
        let upwards = file.path.ancestors().skip(2);
        let nested = upwards.filter_map(|directory| directories.get(directory));
        let other = above
            .iter()
            .chain(nested)
            .find(|other| of(other).is_some_and(|(_, other)| !same(server, other)));
        found.extend(other.map(|other| (place, *other)));
    }
}

/// Whether two servers run or reach the same.
fn same(a: &Server, b: &Server) -> bool {
    match (&a.kind, &b.kind) {
        (Kind::Local(a), Kind::Local(b)) => {
            (&a.request.command, &a.request.args) == (&b.request.command, &b.request.args)
        }
        (Kind::Remote(a), Kind::Remote(b)) => a.url.text == b.url.text,
        (Kind::BuiltIn, Kind::BuiltIn) => true,
        _ => false,
    }
}
