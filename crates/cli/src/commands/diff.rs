//! `interlock diff NAME`: what differs between an approval and what would run now.

use interlock_launch::Prior;

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
    let ledger = context.ledger(&context.known()?)?;
    let Some(entry) = ledger.named(&options.name) else {
        let what = format!("nothing is approved under {}", visible(&options.name));
        return Err(Failure::new(Exit::Usage, what).next("interlock list"));
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
            let lines =
                serde_json::json!({ "v": 1, "name": options.name, "differences": difference });
            say(&lines.to_string());
        }
        OutputFormat::Human if difference.is_empty() && !global.quiet => {
            say(&format!("{} is what was approved", visible(&options.name)));
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
