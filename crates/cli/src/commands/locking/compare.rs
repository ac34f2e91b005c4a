//! `interlock diff` for locks: the project's lock against an older one, or against what is approved.

use std::path::Path;

use interlock_launch::{Ledger, Line, ServerName};
use interlock_supply::git::{Local, LocalError};
use interlock_supply::lockfile::{self, Lockfile};

use crate::Outcome;
use crate::context::Context;
use crate::exit::{Exit, Failure};
use crate::launching::Machine;
use crate::options::{Global, OutputFormat};
use crate::show;
use crate::terminal::{say, visible};

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
    with_older(global, &context, &project, &older, format)
}

/// The project's lock against the one of a revision of the repository around it. Exits with 1 when something differs.
///
/// # Errors
/// When there is no such revision, or it has no lock, or one of them cannot be read.
pub fn with_revision(global: &Global, revision: &str, format: OutputFormat) -> Outcome {
    let context = Context::new(global)?;
    let Some(project) = Project::find(&context)? else {
        let what = format!(
            "nothing is approved under {}, and there is no lock here or above to compare",
            visible(revision)
        );
        return Err(Failure::new(Exit::Usage, what).next("interlock list"));
    };
    let bytes = lock_at(&project.path, revision).map_err(|error| not_there(revision, &error))?;
    let path = format!("{revision}:{}", lockfile::FILE_NAME);
    let older = lockfile::load_from(bytes.as_slice(), Path::new(&path));
    let older = older.map_err(|error| unusable(&error))?;
    with_older(global, &context, &project, &older, format)
}

/// The lock as it was, by its real path.
fn lock_at(lock: &Path, revision: &str) -> Result<Vec<u8>, LocalError> {
    let directory = lock.parent().filter(|it| !it.as_os_str().is_empty());
    let directory = directory.unwrap_or(Path::new("."));
    let unreadable = |source| LocalError::Unreadable {
        path: directory.into(),
        source,
    };
    let directory = directory.canonicalize().map_err(unreadable)?;
    let name = lock.file_name().unwrap_or_default();
    Local::around(&directory)?.file_at(revision, &directory.join(name))
}

fn not_there(revision: &str, error: &LocalError) -> Failure {
    let shown = visible(revision);
    let name = |what: String| {
        Failure::new(Exit::Usage, what)
            .because(error)
            .next("interlock list; git log -- interlock.lock")
    };
    match error {
        LocalError::NoRepository(_) | LocalError::NoRevision(_) | LocalError::Ambiguous(_) => name(
            format!("{shown} is neither an approval, nor a file, nor a revision"),
        ),
        LocalError::NoFile { .. } => name(format!("revision {shown} has no lock here")),
        LocalError::NoEntry { .. } | LocalError::NoNumber | LocalError::Gap(_) => {
            let what = format!("revision {shown} is not known");
            let failure = Failure::new(Exit::Usage, what).because(error);
            failure.next("git reflog; interlock diff COMMIT")
        }
        _ => Failure::new(Exit::Findings, format!("revision {shown} cannot be read"))
            .because(error)
            .next("git show REV:./interlock.lock | interlock diff -"),
    }
}

fn with_older(
    global: &Global,
    context: &Context,
    project: &Project,
    older: &Lockfile,
    format: OutputFormat,
) -> Outcome {
    let ledger = context.ledger(&context.known()?)?;
    let changes = older.changes(&project.lock);
    for (name, lines) in &changes {
        tell(context, format, name, lines);
        let definitions = definitions(&ledger, older, &project.lock, name);
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

/// Whether a word of `interlock diff` is a file, or can be nothing else. A branch may have slashes.
pub fn is_file(word: &str) -> bool {
    word == "-" || word.starts_with(['/', '.']) || Path::new(word).is_file()
}
