//! `interlock diff` for locks: the project's lock against an older one, or against what is approved.

use std::path::Path;

use interlock_launch::{Ledger, Line, ServerName};
use interlock_supply::lockfile::{self, Lockfile};

use crate::Outcome;
use crate::context::Context;
use crate::exit::{Exit, Failure};
use crate::launching::Machine;
use crate::options::{Global, OutputFormat};
use crate::show;
use crate::terminal::say;

use super::lock::tell;
use super::matching;
use super::project::{Project, unusable};

/// The project's lock against another one: a file, or standard input for `-`. Exits with 1 when something differs.
///
/// # Errors
/// When one of them cannot be read.
pub fn with_file(global: &Global, file: &str, format: OutputFormat) -> Outcome {
    let context = Context::new(global)?;
    let project = Project::need(&context)?;
    let older: Lockfile = match file {
        "-" => lockfile::load_from(std::io::stdin().lock(), Path::new("-")),
        file => lockfile::load(Path::new(file)),
    }
    .map_err(|error| unusable(&error))?;
    let ledger = context.ledger(&context.known()?)?;
    let changes = older.changes(&project.lock);
    for (name, lines) in &changes {
        tell(&context, format, name, lines);
        let definitions = definitions(&ledger, &older, &project.lock, name);
        if format == OutputFormat::Human {
            show::lines(&definitions, context.style())
                .iter()
                .all(|line| say(line));
        }
    }
    Ok(ended(global, changes.is_empty(), format))
}

/// The project's lock against the approvals: what `approve --lock` would ask about.
///
/// # Errors
/// When the lock or the approvals cannot be read.
pub fn with_approvals(global: &Global, format: OutputFormat) -> Outcome {
    let context = Context::new(global)?;
    let project = Project::need(&context)?;
    let machine = Machine::open(&context)?;
    let ledger = context.ledger(&context.known()?)?;
    let mut same = true;
    for (name, server) in &project.lock.server {
        let base = &project.base;
        let lines = match ledger.named(name.as_str()) {
            Some(entry) => matching::differences(&context, &machine.packages, base, entry, server),
            None => vec![Line {
                what: "not approved".to_owned(),
                was: None,
                now: Some(server.source.to_string()),
            }],
        };
        if !lines.is_empty() {
            same = false;
            tell(&context, format, name, &lines);
        }
    }
    Ok(ended(global, same, format))
}

fn ended(global: &Global, same: bool, format: OutputFormat) -> Exit {
    if !same {
        return Exit::Findings;
    }
    if format == OutputFormat::Human && !global.quiet {
        say("nothing differs");
    }
    Exit::Done
}

/// Definitions of tools whose digests differ, where this user's approvals have the text of both.
fn definitions(ledger: &Ledger, was: &Lockfile, now: &Lockfile, name: &ServerName) -> Vec<Line> {
    let text = |lock: &Lockfile, tool: &str| {
        let digest = lock.server.get(name)?.tools.get(tool)?;
        let pins = ledger.entries().flat_map(|entry| entry.pins());
        let pin = pins.into_iter().find(|pin| pin.digest == *digest)?;
        Some(String::from_utf8_lossy(&ledger.definition(pin)?).into_owned())
    };
    let tools = now
        .server
        .get(name)
        .map(|server| server.tools.keys().cloned());
    let differ = tools.into_iter().flatten().filter_map(|tool| {
        let (was, now) = (text(was, &tool)?, text(now, &tool)?);
        (was != now).then(|| Line {
            what: format!("definition of {tool}"),
            was: Some(was),
            now: Some(now),
        })
    });
    differ.collect()
}

/// Whether a word of `interlock diff` is meant as a file: it has a path's look, or there is such a file.
///
/// # Errors
/// When it is neither a file nor standard input.
pub fn is_file(word: &str) -> bool {
    word == "-" || word.contains('/') || Path::new(word).is_file()
}

/// Neither an approval nor a file.
pub fn unknown(word: &str) -> Failure {
    let what = format!(
        "nothing is approved under {}, and there is no such file",
        crate::terminal::visible(word)
    );
    Failure::new(Exit::Usage, what)
        .next("interlock list; for a revision: git show REV:interlock.lock | interlock diff -")
}
