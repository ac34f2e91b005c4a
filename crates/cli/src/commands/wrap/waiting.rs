//! What clients start through Interlock and nobody approved yet.

use std::path::{Path, PathBuf};

use interlock_launch::{Ledger, Request, RequestRecord};
use interlock_scan::wrap::{Inner, Journal, JournalError, expand, inner};
use interlock_scan::{ConfigFile, Kind, Limits, Local, Os, Server, discover, read_place};

use crate::context::Context;
use crate::exit::Failure;
use crate::launching::variable;
use crate::terminal::complain;

use super::files::{own_machine, place_of};
use super::show::shown;

/// One server that waits for approval.
#[derive(Debug, Clone)]
pub struct Waiting {
    /// Its name in the file.
    pub name: String,
    /// The file and its client, for a person.
    pub origin: String,
    /// The program.
    pub command: String,
    /// Its arguments.
    pub args: Vec<String>,
    /// Variables that the file sets or passes on, by name.
    pub variables: Vec<String>,
    /// What else the file says about how it is started, for a person.
    pub hints: Vec<String>,
}

/// Everything that waits, in the files where clients look and in those that were wrapped elsewhere; and how many backups are damaged, so
/// that nobody knows which file they are about.
///
/// # Errors
/// When the approvals or the journal cannot be read.
pub fn waiting(context: &Context) -> Result<(Vec<Waiting>, usize), Failure> {
    let ledger = context.ledger(&context.known()?)?;
    let mut all: Vec<Waiting> = Vec::new();
    let (files, damaged) = files(context)?;
    for file in files {
        for server in &file.servers {
            let Some(found) = server_of(&file, server, &ledger) else {
                continue;
            };
            match all
                .iter_mut()
                .find(|other| other.command == found.command && other.args == found.args)
            {
                Some(other) => merge(other, found),
                None => all.push(found),
            }
        }
    }
    Ok((all, damaged))
}

fn files(context: &Context) -> Result<(Vec<ConfigFile>, usize), Failure> {
    let mut files = discover(
        &own_machine(context, Os::host()),
        &Limits::default(),
        &mut |_| {},
    )
    .files;
    let journal: Journal = super::looked(context)?;
    let unreadable = |error: JournalError| {
        Failure::new(crate::exit::Exit::Refused, "the backups cannot be read").because(&error)
    };
    let mut count = 0;
    let mut damage = |error: JournalError| {
        count += 1;
        let what = "a backup was left out";
        let failure = Failure::new(crate::exit::Exit::Findings, what).because(&error);
        complain(&failure.render());
    };
    let (paths, damaged) = journal.paths().map_err(unreadable)?;
    damaged.into_iter().for_each(&mut damage);
    for path in paths {
        let known =
            |file: &ConfigFile| std::fs::canonicalize(&file.path).is_ok_and(|real| real == path);
        let records = match journal.records(&path) {
            Ok(records) => records,
            Err(error) => {
                damage(error);
                continue;
            }
        };
        if let Some((client, place)) = records.first().and_then(place_of)
            && !files.iter().any(known)
        {
            files.push(read_place(client, place, &path));
        }
    }
    Ok((files, count))
}

fn server_of(file: &ConfigFile, server: &Server, ledger: &Ledger) -> Option<Waiting> {
    let Kind::Local(local) = &server.kind else {
        return None;
    };
    let Some(Inner::Command(request)) = inner(&local.request) else {
        return None;
    };
    let how = file.place.shape.fields.expansion;
    let lookup = |name: &str| variable(name).and_then(|value| value.into_string().ok());
    let filled = |text: &String| expand(how, text, lookup);
    let args: Result<Vec<String>, _> = request.args.iter().map(filled).collect();
    let (command, args) = match filled(&request.command).and_then(|command| Ok((command, args?))) {
        Ok(words) => words,
        Err(unresolved) => {
            complain(&format!(
                "{} is left out: {}",
                shown(&server.name),
                shown(&unresolved.to_string())
            ));
            return None;
        }
    };
    let asked = Request::new(command.as_str(), args.iter().map(String::as_str));
    if ledger.requested(&RequestRecord::from(&asked)).is_some() {
        return None;
    }
    let set = request.env.iter().map(|(name, _)| name.clone());
    let passed = local.env_names.iter().map(|name| name.text.clone());
    let mut variables: Vec<String> = set.chain(passed).collect();
    variables.sort();
    variables.dedup();
    Some(Waiting {
        name: server.name.clone(),
        origin: format!(
            "{}, {}",
            file.client.name,
            shown(&file.path.display().to_string())
        ),
        hints: hints(local, &args),
        command,
        args,
        variables,
    })
}

/// The same launch in two files: one approval, with the variables of both.
fn merge(one: &mut Waiting, other: Waiting) {
    one.origin = format!("{}; {}", one.origin, other.origin);
    one.variables.extend(other.variables);
    one.variables.sort();
    one.variables.dedup();
    one.hints.extend(other.hints);
    one.hints.dedup();
}

fn hints(local: &Local, args: &[String]) -> Vec<String> {
    let mut hints = Vec::new();
    let paths = args
        .iter()
        .filter(|argument| Path::new(argument).is_absolute());
    for path in paths.map(PathBuf::from).filter(|path| path.exists()) {
        let path = shown(&path.display().to_string());
        hints.push(format!(
            "it names {path}, which it sees only with --read {path} or --write {path}"
        ));
    }
    if let Some(cwd) = &local.request.cwd {
        hints.push(format!(
            "its configuration starts it in {}; with --cwd it would be",
            shown(cwd)
        ));
    }
    if let Some(file) = &local.env_file {
        hints.push(format!(
            "it gets variables from {}: pass on what it needs with --env NAME",
            shown(&file.text)
        ));
    }
    hints
}
