//! `interlock diff`: what differs between an approval and what would run now; for locks see [`super::locking::compare`].

use interlock_launch::Prior;

use super::locking::compare;
use crate::Outcome;
use crate::context::Context;
use crate::exit::{Exit, Failure};
use crate::launching::{Machine, request_of, resolve};
use crate::options::{Diff, Global, OutputFormat};
use crate::show;
use crate::terminal::{say, visible};

/// Runs `interlock diff`. Exits with 1 when something differs.
///
/// # Errors
/// When nothing of that name is approved, or what it names is gone.
pub fn run(global: &Global, options: &Diff) -> Outcome {
    let context = Context::new(global)?;
    let Some(name) = options.name.as_deref() else {
        return compare::with_approvals(global, options.format.format);
    };
    let ledger = context.ledger(&context.known()?)?;
    let Some(entry) = ledger.named(name) else {
        if compare::is_file(name) {
            return compare::with_file(global, name, options.format.format);
        }
        return compare::with_revision(global, name, options.format.format);
    };
    let machine = Machine::open(&context)?;
    let request = request_of(&entry.launch().request);
    let launch = resolve(
        &context,
        &machine.packages,
        &ledger,
        Some(entry),
        &request,
        Prior::from(entry),
    )
    .map_err(|error| {
        Failure::new(Exit::Findings, "what was approved cannot be found").because(&error)
    })?;
    let difference = ledger.compare(entry, &launch);
    match options.format.format {
        OutputFormat::Json => {
            let lines = serde_json::json!({ "v": 1, "name": name, "differences": difference });
            say(&lines.to_string());
        }
        OutputFormat::Human if difference.is_empty() && !global.quiet => {
            say(&format!("{} is what was approved", visible(name)));
        }
        OutputFormat::Human => {
            show::difference(&difference, context.style())
                .iter()
                .all(|line| say(line));
        }
    }
    Ok(if difference.is_empty() {
        Exit::Done
    } else {
        Exit::Findings
    })
}
