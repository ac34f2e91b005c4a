//! What a strict reader refuses, as findings.

use super::case::{FileCase, Found};
use crate::document::{Problem, ProblemKind, Strength};
use crate::server::Server;

/// Most problems of one file that are listed.
const MOST: usize = 200;

/// Notes everything that is wrong with how a file is written.
pub(super) fn judge_problems(case: &mut FileCase<'_>) {
    let file = case.file;
    let unread = file
        .document()
        .is_none_or(|document| document.root().is_none());
    let alone = file.is_named_alone();
    let mut problems = file.all_problems();
    // Where not all are listed, it is the worst that are.
    problems.sort_by_key(|problem| std::cmp::Reverse(problem.kind.strength()));
    if let Some(more) = problems.len().checked_sub(MOST + 1) {
        case.note(Found {
            rule: "parser-differential",
            span: None,
            server: None,
            message: format!("{} more problems are not listed", more + 1),
            subject: "more".to_owned(),
        });
    }
    for problem in problems.into_iter().take(MOST) {
        let server = file.servers.iter().find(|server| contains(server, problem));
        let rule = match rule_of(problem.kind, unread) {
            "not-scanned" if alone => "perhaps-a-config",
            rule => rule,
        };
        case.note(Found {
            rule,
            span: Some(problem.span),
            server,
            message: problem.text.clone(),
            subject: problem.kind.code().to_owned(),
        });
    }
}

fn contains(server: &Server, problem: &Problem) -> bool {
    let inside = server.span.start <= problem.span.start && problem.span.end <= server.span.end;
    inside || server.name_span == problem.span
}

/// The rule about a kind of problem. A file of which nothing could be read was not scanned, whatever the reason.
fn rule_of(kind: ProblemKind, unread: bool) -> &'static str {
    use ProblemKind as K;
    match kind {
        K::TooLarge | K::Syntax | K::TooDeep | K::TooMany | K::NotAnObject => "not-scanned",
        K::Trailing | K::BadText | K::DuplicateKey if unread => "not-scanned",
        _ if kind.strength() == Strength::Broken && unread => "not-scanned",
        _ if kind.strength() == Strength::Style => "file-style",
        K::ServersNotAMap | K::EntryNotAnObject | K::NoTransport | K::CommandNotText => {
            "broken-entry"
        }
        K::DuplicateKey | K::TwoSpellings => "duplicate-key",
        K::CaseVariant => "case-variant-key",
        K::PrototypeKey => "prototype-key",
        K::HiddenText => "hidden-text",
        K::Comment | K::TrailingComma => "comments-in-json",
        K::Alias | K::MergeKey | K::Tag => "yaml-indirection",
        K::TwoTransports | K::TransportContradiction => "two-transports",
        K::UnknownTransport => "unknown-transport",
        K::ForeignField | K::ForeignRoot => "foreign-field",
        K::BadServerName => "bad-server-name",
        _ => "parser-differential",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_a_rule_that_is_in_the_table() {
        for kind in ProblemKind::ALL {
            for unread in [false, true] {
                let rule = rule_of(*kind, unread);
                assert!(crate::rules::rule_of(rule).is_some(), "{rule}");
            }
        }
    }
}
