//! `interlock run`: starts an approved server and relays it between this process's standard streams.

use std::os::fd::AsFd as _;
use std::time::Duration;

use interlock_gateway::{
    Client, Outcome as Ended, Report, Setting, Signals, SystemClock, Wanted, turn_away,
};
use interlock_launch::{Entry, Ledger, Request, RequestRecord};
use interlock_wire::Limits;

use super::locking::matching;
use super::locking::project::Project;
use crate::Outcome;
use crate::context::Context;
use crate::exit::{Exit, Failure};
use crate::launching::{Machine, request_of, search_path, typed, variable};
use crate::options::{Global, Run};
use crate::terminal::complain;

/// So many differences between a lock and an approval are named to a client; `interlock diff` shows all.
const MOST_DIFFERENCES: usize = 5;

/// Runs `interlock run`.
///
/// # Errors
/// When nothing could be tried at all. The client is told why in any case: it waits for an answer.
pub fn run(global: &Global, options: &Run) -> Outcome {
    let signals = Signals::install().map_err(|error| {
        Failure::new(Exit::Internal, "signals cannot be taken over").because(&error)
    })?;
    let (input, output, diagnostics) = (std::io::stdin(), std::io::stdout(), std::io::stderr());
    let client = Client {
        input: input.as_fd(),
        output: output.as_fd(),
        diagnostics: diagnostics.as_fd(),
        signals: &signals,
    };
    let gathered = match Gathered::new(global) {
        Ok(gathered) => gathered,
        Err(failure) => {
            turn_away(&client, &failure.on_one_line(), &SystemClock);
            return Err(failure);
        }
    };
    let report = gathered.run(options, &client);
    tell(global, &report);
    Ok(exit(&report.outcome))
}

/// What a run needs of this user and machine.
struct Gathered {
    context: Context,
    ledger: Ledger,
    machine: Machine,
}

impl Gathered {
    fn new(global: &Global) -> Result<Self, Failure> {
        let context = Context::new(global)?;
        let ledger = context.ledger(&context.known()?)?;
        let machine = Machine::open(&context)?;
        Ok(Self {
            context,
            ledger,
            machine,
        })
    }

    fn run(&self, options: &Run, client: &Client<'_>) -> Report {
        let (request, entry) = wanted(options, &self.ledger);
        let setting = Setting {
            ledger: &self.ledger,
            places: &self.context.places,
            packages: &self.machine.packages,
            search: &search_path(entry),
            kernel: &self.machine.kernel,
            secrets: &self.machine.secrets,
            variable: &variable,
            empty: &self.machine.empty,
            audit: &self.context.audit_directory(),
            session: &self.machine.session,
            limits: Limits::default(),
            handshake_timeout: Duration::from_secs(options.handshake_timeout),
            record_arguments: options.record_arguments,
        };
        let objection = options
            .name
            .as_deref()
            .and_then(|name| self.objection(name, entry));
        let wanted = Wanted {
            request: &request,
            name: options.name.as_deref(),
            objection: objection.as_deref(),
        };
        interlock_gateway::run(wanted, &setting, Box::new(()), client, &SystemClock)
    }
}

impl Gathered {
    /// What the lock of the project around the working directory says against starting the server of that name. It never
    /// speaks for one: what nobody approved does not start.
    fn objection(&self, name: &str, entry: Option<&Entry>) -> Option<String> {
        let project = match Project::find(&self.context) {
            Ok(project) => project?,
            Err(failure) => return Some(failure.on_one_line()),
        };
        let server = project.named(name)?;
        let file = project.path.display().to_string();
        let file = file.escape_debug();
        let Some(entry) = entry else {
            return Some(format!(
                "`{name}` is proposed in `{file}` and not approved: run `interlock approve --lock`"
            ));
        };
        let (packages, base) = (&self.machine.packages, &project.base);
        let lines = matching::differences(&self.context, packages, base, entry, server);
        if lines.is_empty() {
            return None;
        }
        let what: Vec<String> = lines
            .iter()
            .take(MOST_DIFFERENCES)
            .map(|line| line.what.escape_debug().to_string())
            .collect();
        Some(format!(
            "`{name}` was approved otherwise than `{file}` now has it ({}{}): run `interlock diff`, then `interlock approve --lock`",
            what.join(", "),
            if lines.len() > MOST_DIFFERENCES {
                ", …"
            } else {
                ""
            },
        ))
    }
}

/// The request, where it was not named by an approval.
fn requested(options: &Run) -> Option<Request> {
    let words = options.request.split_first();
    let words = words.map(|(command, args)| typed(command, args));
    options.remote.request().or(words)
}

/// The request, and the approval that may fit it.
fn wanted<'a>(options: &Run, ledger: &'a Ledger) -> (Request, Option<&'a Entry>) {
    if let Some(request) = requested(options) {
        let entry = ledger.requested(&RequestRecord::from(&request));
        return (request, entry);
    }
    let name = options.name.as_deref().unwrap_or_default();
    match ledger.named(name) {
        Some(entry) => (request_of(&entry.launch().request), Some(entry)),
        None => (
            Request {
                id: Some(name.to_owned()),
                ..Request::default()
            },
            None,
        ),
    }
}

fn tell(global: &Global, report: &Report) {
    if let Some(why) = &report.not_started {
        let failure = Failure::new(exit(&report.outcome), "nothing was started").because(why);
        complain(&failure.render());
        return;
    }
    match &report.outcome {
        Ended::Done { .. } => {}
        Ended::ServerEnded { server } if !global.quiet => {
            complain(&format!("interlock: the server ended with {server}"));
        }
        Ended::NotMcp { .. } => complain("interlock: the server did not speak MCP and was ended"),
        Ended::Unrecorded => complain(
            "interlock: the audit log cannot be written, so nothing more was let through\n  next: interlock doctor",
        ),
        _ => {}
    }
}

fn exit(outcome: &Ended) -> Exit {
    match outcome.exit_code() {
        0 => Exit::Done,
        3 => Exit::Refused,
        4 => Exit::Sandbox,
        5 => Exit::Server,
        _ => Exit::Internal,
    }
}
