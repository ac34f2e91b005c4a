//! Variables that a client fills in and that are not set.

use std::collections::BTreeSet;

use interlock_launch::text::excerpt;

use super::case::FileCase;
use crate::clients::Expansion;
use crate::document::Span;
use crate::server::{Kind, Server};

/// Notes variables of a server that are not among those that are set.
pub(super) fn judge_variables(server: &Server, set: &BTreeSet<String>, case: &mut FileCase<'_>) {
    let expansion = case.file.place.shape.fields.expansion;
    let own: BTreeSet<&str> = match &server.kind {
        Kind::Local(local) => local
            .request
            .env
            .iter()
            .map(|(name, _)| name.as_str())
            .collect(),
        _ => BTreeSet::new(),
    };
    let mut noted = BTreeSet::new();
    for (text, span) in texts(server) {
        let braced: BTreeSet<&str> = text
            .split('{')
            .skip(1)
            .filter_map(|rest| rest.split_once('}'))
            .map(|(name, _)| name)
            .collect();
        for name in names(&text, expansion) {
            let known = set.contains(name) || (own.contains(name) && !braced.contains(name));
            if !known && noted.insert(name.to_owned()) {
                let message = format!("`{}` is not set here", excerpt(name));
                case.note_server(server, "unset-variable", span, message, name);
            }
        }
    }
}

/// Every text of a server that a client fills variables into.
fn texts(server: &Server) -> Vec<(String, Span)> {
    match &server.kind {
        Kind::Local(local) => {
            let arguments = local
                .request
                .args
                .iter()
                .cloned()
                .zip(local.arg_spans.iter().copied());
            let values = local.request.env.iter().zip(&local.env_spans);
            std::iter::once((local.request.command.clone(), local.command_span))
                .chain(arguments)
                .chain(values.map(|((_, value), spans)| (value.clone(), spans.value)))
                .collect()
        }
        Kind::Remote(remote) => {
            let headers = remote
                .headers
                .iter()
                .map(|header| (header.value.clone(), header.span));
            std::iter::once((remote.url.text.clone(), remote.url.span))
                .chain(headers)
                .collect()
        }
        Kind::BuiltIn | Kind::Unusable => Vec::new(),
    }
}

/// The names in a text that a client of this kind looks up in its environment, without those that have a default.
fn names(text: &str, expansion: Expansion) -> Vec<&str> {
    let (open, close) = match expansion {
        Expansion::Braces | Expansion::Shell => ("${", '}'),
        Expansion::Editor => ("${env:", '}'),
        Expansion::Opencode => ("{env:", '}'),
        Expansion::None | Expansion::Secrets | Expansion::OsEnviron => return Vec::new(),
    };
    let mut found: Vec<&str> = text
        .split(open)
        .skip(1)
        .filter_map(|rest| rest.split_once(close))
        .map(|(name, _)| name)
        .filter(|name| is_name(name))
        .collect();
    if expansion == Expansion::Shell
        && let Some(name) = text.strip_prefix('$').filter(|name| is_name(name))
    {
        found.push(name);
    }
    // Clients fill in more than the environment: a plugin's directory, the project's.
    found.retain(|name| !name.starts_with("CLAUDE_") && !name.starts_with("__"));
    found
}

fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_as_each_client_writes_them() {
        for (text, expansion, expected) in [
            ("Bearer ${TOKEN}", Expansion::Braces, &["TOKEN"][..]),
            ("${A:-x} ${B}", Expansion::Braces, &["B"]),
            ("$A", Expansion::Braces, &[]),
            ("$A", Expansion::Shell, &["A"]),
            ("${env:A}/${userHome}", Expansion::Editor, &["A"]),
            ("${input:a}", Expansion::Editor, &[]),
            ("{env:A}{file:x}", Expansion::Opencode, &["A"]),
            ("${A}", Expansion::None, &[]),
            ("${CLAUDE_PLUGIN_ROOT}/x", Expansion::Braces, &[]),
            ("${", Expansion::Braces, &[]),
        ] {
            assert_eq!(names(text, expansion), expected, "{text}");
        }
    }
}
