//! `interlock unwrap`: what `wrap` changed, changed back.

use std::collections::BTreeSet;
use std::path::PathBuf;

use interlock_scan::wrap::{Journal, JournalError, Unplan, differences, unplan};

use crate::Outcome;
use crate::context::Context;
use crate::exit::{Exit, Failure};
use crate::options::{Global, Rewrite};
use crate::show::counted;
use crate::terminal::{complain, say};

use super::files::{Found, find, place_of};
use super::show;

/// Runs `interlock unwrap`.
///
/// # Errors
/// When nothing could be tried, nobody agrees, or there is nobody to ask.
pub fn run(global: &Global, options: &Rewrite) -> Outcome {
    let context = Context::new(global)?;
    let journal = match options.dry_run {
        true => super::looked(&context)?,
        false => super::journal(&context)?,
    };
    let mut plans = Vec::new();
    let mut told = BTreeSet::new();
    for found in all(&context, &journal, options, &mut told)? {
        match planned(&journal, &found) {
            Ok(Some(plan)) => plans.push((found, plan)),
            Ok(None) => {}
            Err(failure) => tell_once(&mut told, &failure),
        }
    }
    let mut failed = !told.is_empty();
    for (found, plan) in &plans {
        show_plan(&context, found, plan);
    }
    plans.retain(|(_, plan)| plan.bytes != plan.original.bytes());
    if plans.is_empty() {
        if !global.quiet {
            complain("nothing is wrapped");
        }
        return Ok(super::ended(failed));
    }
    let what = counted(plans.len() as u64, "file");
    if options.dry_run {
        complain(&format!(
            "{what} would be changed back; nothing was changed"
        ));
        return Ok(super::ended(failed));
    }
    super::agree(
        options,
        &format!("Change {what} back, so that servers start without Interlock?"),
    )?;
    for (_, plan) in plans {
        let path = plan.original.path().to_owned();
        match plan.apply(&journal) {
            Ok(lost) => super::tell_lost(&path, &lost),
            Err(error) => failed |= super::tell(&error),
        }
    }
    if !failed && !global.quiet {
        say(&format!(
            "{what} changed back; approvals stay: interlock list"
        ));
    }
    Ok(super::ended(failed))
}

/// Files where they usually are, and those that the journal remembers. Damaged backups are told, and keep nobody from the others.
fn all(
    context: &Context,
    journal: &Journal,
    options: &Rewrite,
    told: &mut BTreeSet<String>,
) -> Result<Vec<Found>, Failure> {
    let mut all = find(context, options)?;
    if options.home.is_some() || !options.project.is_empty() {
        return Ok(all);
    }
    let unreadable = |error: JournalError| {
        Failure::new(Exit::Refused, "the backups cannot be read").because(&error)
    };
    let (paths, damaged) = journal.paths().map_err(unreadable)?;
    for error in damaged {
        tell_once(told, &left().because(&error));
    }
    for path in paths {
        let real =
            |found: &Found| std::fs::canonicalize(&found.path).is_ok_and(|real| real == path);
        let records = match journal.records(&path) {
            Ok(records) => records,
            Err(error) => {
                tell_once(told, &left().because(&error));
                continue;
            }
        };
        let Some((client, place)) = records.first().and_then(place_of) else {
            continue;
        };
        let meant =
            options.client.is_empty() || options.client.iter().any(|name| name == client.id);
        if meant && path.exists() && !all.iter().any(real) {
            all.push(Found {
                client,
                place,
                path,
            });
        }
    }
    Ok(all)
}

fn left() -> Failure {
    Failure::new(Exit::Findings, "a file was left as it is")
}

/// Says what is wrong, but not twice: a damaged backup is met in the journal and again at its file.
fn tell_once(told: &mut BTreeSet<String>, failure: &Failure) {
    let text = failure.render();
    if !told.contains(&text) {
        complain(&text);
        told.insert(text);
    }
}

fn planned(journal: &Journal, found: &Found) -> Result<Option<Unplan>, Failure> {
    let real: PathBuf =
        std::fs::canonicalize(&found.path).map_err(|error| left().because(&error))?;
    let records = journal
        .records(&real)
        .map_err(|error| left().because(&error))?;
    let plan = unplan(found.client, found.place, &found.path, &records)
        .map_err(|error| left().because(&error))?;
    let idle = plan.unwrapped.is_empty() && plan.skipped.is_empty();
    Ok((!idle).then_some(plan))
}

fn show_plan(context: &Context, found: &Found, plan: &Unplan) {
    let style = context.style();
    show::heading(context, plan.client, plan.original.path());
    let texts = (plan.original.bytes(), plan.bytes.as_slice());
    for difference in differences(plan.client, found.place, plan.original.path(), texts) {
        show::entry(style, &difference);
    }
    for (name, why) in &plan.skipped {
        say(&style.warn(&format!("  {} stays: {why}", show::shown(name))));
    }
    let how = if plan.exact {
        "  as it was before, byte for byte"
    } else {
        "  the file was changed since it was wrapped: only these entries change"
    };
    say(&style.dim(how));
}
