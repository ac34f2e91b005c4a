//! Files that are nowhere, judged with nothing known.

use std::path::Path;

use interlock_launch::{PackageRef, Request};
use interlock_scan::report::{Report, Shown, Sieve};
use interlock_scan::{
    Advisories, Base, Baseline, Client, ConfigFile, Context, Ignores, Judgements, Place, Scope,
    Severity, Standing, client, judge_files, read_text,
};

/// A place of a client, by its id and scope; the first that has servers.
pub(crate) fn place(id: &str, scope: Scope) -> (&'static Client, &'static Place) {
    let client = client(id).unwrap_or_else(|| panic!("no client {id}"));
    let place = client.places.iter().find(|place| place.scope == scope);
    (
        client,
        place.unwrap_or_else(|| panic!("{id} has no {scope:?}")),
    )
}

pub(crate) fn file(id: &str, scope: Scope, path: &str, text: &str) -> ConfigFile {
    let (client, place) = place(id, scope);
    read_text(client, place, Path::new(path), text.as_bytes())
}

/// Judges with no approvals, no variables and the bundled advisories.
pub(crate) fn judge(files: &[ConfigFile]) -> Judgements {
    judge_with(files, &|_| None)
}

pub(crate) fn judge_with(
    files: &[ConfigFile],
    version: &dyn Fn(&PackageRef) -> Option<String>,
) -> Judgements {
    let standing = |_: &Request| Standing::Unapproved;
    let advisories = Advisories::bundled();
    let bases = [Base {
        path: "/home/me".into(),
        owner: 1000,
    }];
    judge_files(
        files,
        &Context {
            standing: &standing,
            version,
            variables: None,
            advisories: &advisories,
            bases: &bases,
        },
    )
}

/// A report of everything, as a scan of the home `/home/me` would give it.
pub(crate) fn report(judged: Judgements, ignores: &Ignores, baseline: &Baseline) -> Report {
    let sieve = Sieve {
        least: Severity::Info,
        ignores,
        baseline,
    };
    let shown = Shown {
        root: None,
        home: Some("/home/me".into()),
    };
    Report::new(judged, &sieve, shown, "2026-11-21", "0.0.0")
}
