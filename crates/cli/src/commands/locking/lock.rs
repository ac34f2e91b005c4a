//! `interlock lock`: makes the lock say what its servers are. Without `--update` no version moves.

use interlock_launch::{Ledger, Line, ServerName};
use interlock_supply::lockfile::Server;
use serde_json::json;

use crate::Outcome;
use crate::commands::approve::build::Sources;
use crate::context::Context;
use crate::exit::Exit;
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
    let versions = if options.update {
        Versions::Move
    } else {
        Versions::Keep
    };
    let how = (versions, Sources::of(options.danger_build_sdists));
    for (name, mut server) in project.servers(&options.names)? {
        let base = &project.base;
        let resolved = resolving::server(&context, &machine, &ledger, base, &server, how)
            .map_err(|failure| named(&name, failure))?;
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
    if changes.is_empty() && options.format.format == OutputFormat::Human && !global.quiet {
        say("the lock says what is there already");
    }
    Ok(Exit::Done)
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
