//! One name for different servers: what a person means by a name is not what answers.

use std::collections::BTreeMap;

use interlock_launch::text::excerpt;

use super::case::FileCase;
use crate::clients::Scope;
use crate::server::{Kind, Server};

/// Notes servers that take the place of, or are hidden by, another one of the same client and name.
pub(super) fn judge_names(cases: &mut [FileCase<'_>]) {
    let mut named: BTreeMap<(&str, &str), Vec<(usize, usize)>> = BTreeMap::new();
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
        for place in places {
            let other = places
                .iter()
                .find(|other| *other != place && shadows(cases, *place, **other));
            found.extend(other.map(|other| (*place, *other)));
        }
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
    (at, nth): (usize, usize),
) -> Option<(&'a crate::discover::ConfigFile, &'a Server)> {
    let file = cases.get(at)?.file;
    Some((file, file.servers.get(nth)?))
}

/// Whether the first comes from a narrower scope than the second, counts where that one counts, and is another server.
fn shadows(cases: &[FileCase<'_>], one: (usize, usize), other: (usize, usize)) -> bool {
    let (Some((a_file, a)), Some((b_file, b))) = (server_at(cases, one), server_at(cases, other))
    else {
        return false;
    };
    let narrow = |scope| matches!(scope, Scope::Project | Scope::Local | Scope::Devcontainer);
    let wide = |scope| matches!(scope, Scope::User | Scope::Managed);
    let nested = narrow(a.scope) && narrow(b.scope) && a_file.path != b_file.path && {
        let directory = b_file.path.parent();
        directory.is_some_and(|directory| {
            a_file
                .path
                .parent()
                .is_some_and(|own| own != directory && own.starts_with(directory))
        })
    };
    let above = narrow(a.scope) && wide(b.scope);
    (nested || above) && !same(a, b)
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
