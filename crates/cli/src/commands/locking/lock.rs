//! `interlock lock`: makes the lock say what its servers are. Without `--update` no version moves.

use interlock_launch::{Judgement, Ledger, Line, ServerName};
use interlock_supply::lockfile::{OriginLock, Server};
use interlock_supply::{LockedTree, Store};
use serde_json::json;

use crate::Outcome;
use crate::commands::approve::build::{self, Sources};
use crate::commands::approve::origin::{Ask, Told};
use crate::commands::approve::{image, lacking, package, proposal};
use crate::commands::suggest;
use crate::context::Context;
use crate::exit::{Exit, Failure};
use crate::launching::Machine;
use crate::options::{Global, Lock, OutputFormat};
use crate::show;
use crate::terminal::say;

use super::matching;
use super::project::Project;
use super::resolving::{self, Versions};

/// Runs `interlock lock`.
///
/// # Errors
/// When there is no lock, or a server cannot be resolved; the lock is as it was then.
pub fn run(global: &Global, options: &Lock) -> Outcome {
    let context = Context::new(global)?;
    let mut project = Project::need(&context)?;
    let machine = Machine::open(&context)?;
    let ledger = context.ledger(&context.known()?)?;
    let before = project.lock.clone();
    let mut remarks = Vec::new();
    let versions = if options.update {
        Versions::Move
    } else {
        Versions::Keep
    };
    let how = (versions, Sources::of(options.danger_build_sdists));
    for (name, mut server) in project.servers(&options.names)? {
        let base = &project.base;
        let (at_its_commit, stands) = resolving::at_a_commit(&context, base, server)
            .map_err(|failure| named(&name, failure))?;
        server = at_its_commit;
        remarks.extend(stands.map(|line| format!("{name}: {line}")));
        let mut resolved = resolving::server(&context, &machine, &ledger, base, &server, how)
            .map_err(|failure| {
                let again = || command_with(global, options, &name, "--danger-build-sdists");
                named(&name, build::with_command(failure, again))
            })?;
        if versions == Versions::Keep {
            let came = came(&context, &machine, &server, &resolved.judgement);
            let (origin, lines) = came.map_err(|failure| named(&name, failure))?;
            remarks.extend(told(&name, lines));
            resolved.content.origin = resolved.content.origin.or(origin);
        }
        let tree = resolved.content.tree.as_ref();
        let lines = tree.map(|tree| lacking::told(&context, &machine.packages, tree));
        remarks.extend(told(&name, lines.unwrap_or_default()));
        server.content = resolved.content;
        resolving::note_what_was_built(&mut server);
        take_pins(&context, &machine, &project, &ledger, &name, &mut server);
        project.lock.server.insert(name, server);
    }
    let changes = before.changes(&project.lock);
    project.save(&context)?;
    for (name, lines) in &changes {
        tell(&context, options.format.format, name, lines);
    }
    if options.format.format == OutputFormat::Human && !global.quiet {
        for remark in remarks {
            say(&remark);
        }
    }
    if changes.is_empty() && options.format.format == OutputFormat::Human && !global.quiet {
        say("the lock says what is there already");
    }
    Ok(Exit::Done)
}

fn told(name: &ServerName, lines: Vec<String>) -> impl Iterator<Item = String> {
    lines.into_iter().map(move |line| format!("{name}: {line}"))
}

/// The command that locks one server with one more option.
fn command_with(global: &Global, options: &Lock, name: &ServerName, option: &str) -> String {
    let update = options.update.then(|| "--update".to_owned());
    let head = std::iter::once("lock".to_owned()).chain(update);
    let all = head.chain([option.to_owned()]).chain(global.words());
    suggest::command(all.chain([name.to_string()]).collect())
}

/// Where what stays locked came from, when that can be found out, and what a person should know about it. What the lock says of it has
/// to hold, and so do the requirements of the configuration: an approval would ask the same.
fn came(
    context: &Context,
    machine: &Machine,
    server: &Server,
    judgement: &Judgement,
) -> Result<(Option<OriginLock>, Vec<String>), Failure> {
    let (packages, content) = (&machine.packages, &server.content);
    let told = match (&content.tree, &content.image) {
        (Some(tree), _) => tree_came(context, packages, server, tree)?,
        (None, Some(image)) => {
            let said = content.origin.as_ref();
            let told = image::provenance(context, packages, judgement, image, said)?;
            proposal::came_as_locked(server, &told)?;
            told
        }
        (None, None) => return Ok((None, Vec::new())),
    };
    let mut lines = told.lines;
    lines.retain(|line| line.starts_with("LOOK TWICE"));
    if !told.whole {
        lines.push(
            "where it came from could not be asked; `interlock lock` again, later".to_owned(),
        );
    }
    Ok((told.origin, lines))
}

fn tree_came(
    context: &Context,
    packages: &Store,
    server: &Server,
    tree: &LockedTree,
) -> Result<Told, Failure> {
    let asked = |ask| {
        let told = package::provenance(context, packages, tree, ask)?;
        proposal::came_as_locked(server, &told)?;
        Ok(told)
    };
    // What was said before may not bear the lock out, and what is said now may.
    asked(Ask::WhereUnknown).or_else(|failure: Failure| match context.global.offline {
        true => Err(failure),
        false => asked(Ask::Again),
    })
}

/// The same failure, with the server's name.
pub fn named(name: &ServerName, mut failure: crate::exit::Failure) -> crate::exit::Failure {
    failure.what = format!("`{name}`: {}", failure.what);
    failure
}

/// Tools are known from an approval of exactly this; another approval says nothing about it, and then old pins are of no use
/// either when the content moved.
fn take_pins(
    context: &Context,
    machine: &Machine,
    project: &Project,
    ledger: &Ledger,
    name: &ServerName,
    server: &mut Server,
) {
    let moved = project
        .lock
        .server
        .get(name)
        .is_none_or(|before| before.content != server.content);
    if moved {
        server.tools.clear();
    }
    let Some(entry) = ledger
        .named(name.as_str())
        .filter(|it| !it.pins().is_empty())
    else {
        return;
    };
    let mut bare = server.clone();
    bare.tools.clear();
    let base = &project.base;
    if matching::differences(context, &machine.packages, base, entry, &bare).is_empty() {
        let pins = entry.pins().iter();
        server.tools = pins.map(|pin| (pin.name.clone(), pin.digest)).collect();
    }
}

/// What changed of one server.
pub fn tell(context: &Context, format: OutputFormat, name: &ServerName, lines: &[Line]) {
    match format {
        OutputFormat::Json => {
            let line = json!({ "v": 1, "name": name.as_str(), "changes": lines });
            say(&line.to_string());
        }
        OutputFormat::Human => {
            say(&context.style().bold(name.as_str()));
            for line in show::lines(lines, context.style()) {
                say(&line);
            }
        }
    }
}
