//! `interlock wrap` and `interlock unwrap`: shows what would change in which file, asks, and changes it.
//!
//! What is written, and how it is taken back, is `interlock_scan::wrap`'s.

mod files;
mod moving;
mod program;
mod show;
mod undo;
mod waiting;

use interlock_launch::SecretStore;
use interlock_scan::wrap::{Journal, Plan, PlanError, Skip, plan};

use crate::Outcome;
use crate::context::Context;
use crate::exit::{Exit, Failure};
use crate::options::{Global, Rewrite, Wrap};
use crate::show::counted;
use crate::terminal::{Answer, ask, complain, say};

use files::Found;

pub use undo::run as run_unwrap;
pub use waiting::{Waiting, waiting};

/// Runs `interlock wrap`.
///
/// # Errors
/// When nothing could be tried, nobody agrees, or there is nobody to ask.
pub fn run(global: &Global, options: &Wrap) -> Outcome {
    let context = Context::new(global)?;
    let writing = program::writing(options.interlock.as_deref(), options.remote)?;
    // Nobody else rewrites from here on; a dry run writes nothing, not even this.
    let journal = match options.files.dry_run {
        true => looked(&context)?,
        false => journal(&context)?,
    };
    let mut plans = Vec::new();
    let mut failed = false;
    for found in files::find(&context, &options.files)? {
        match planned(&found, &writing) {
            Ok(Some(plan)) => plans.push(plan),
            Ok(None) => {}
            Err(error) => failed |= tell(&error),
        }
    }
    for plan in &plans {
        show::plan(&context, plan);
    }
    let servers: usize = plans.iter().map(|plan| plan.wrapped.len()).sum();
    plans.retain(|plan| !plan.wrapped.is_empty());
    if plans.is_empty() {
        if !global.quiet {
            complain("there is nothing to wrap");
        }
        return Ok(ended(failed));
    }
    let what = format!(
        "{} in {}",
        counted(servers as u64, "server"),
        counted(plans.len() as u64, "file")
    );
    if options.files.dry_run {
        complain(&format!("{what} would be wrapped; nothing was changed"));
        return Ok(ended(failed));
    }
    agree(&options.files, &format!("Put {what} behind Interlock?"))?;
    let secrets = SecretStore::new(&context.places);
    for plan in plans {
        let path = plan.original.path().to_owned();
        if let Err(failure) = moving::keep(&plan, &secrets) {
            complain(&failure.render());
            failed = true;
            continue;
        }
        match plan.apply(&journal) {
            Ok(lost) => tell_lost(&path, &lost),
            Err(error) => failed |= tell(&error),
        }
    }
    if !failed && !global.quiet {
        say(&format!(
            "{what} now behind Interlock; what was there is kept in {}",
            context.places.state().join("wrap").display()
        ));
        say("none of them starts before it is approved; next: interlock approve --pending");
    }
    Ok(ended(failed))
}

fn planned(
    found: &Found,
    writing: &interlock_scan::wrap::Writing,
) -> Result<Option<Plan>, PlanError> {
    let plan = plan(found.client, found.place, &found.path, writing)?;
    let remarkable = |(_, skip): &(String, Skip)| !matches!(skip, Skip::BuiltIn);
    let worth = !plan.wrapped.is_empty() || plan.skipped.iter().any(remarkable);
    Ok(worth.then_some(plan))
}

fn journal(context: &Context) -> Result<Journal, Failure> {
    Journal::open(context.places.state()).map_err(|error| {
        Failure::new(
            Exit::Refused,
            "nothing was changed, because what is there could not be kept",
        )
        .because(&error)
        .next("interlock doctor")
    })
}

/// The journal as it is, with nothing written.
fn looked(context: &Context) -> Result<Journal, Failure> {
    Journal::look(context.places.state()).map_err(|error| {
        Failure::new(Exit::Refused, "the backups cannot be read")
            .because(&error)
            .next("interlock doctor")
    })
}

/// Says which extended attributes a file has no more.
pub fn tell_lost(path: &std::path::Path, lost: &[String]) {
    if !lost.is_empty() {
        complain(&format!(
            "{}: the system does not let these attributes be kept: {}",
            show::shown(&path.display().to_string()),
            lost.join(", ")
        ));
    }
}

/// Asks at the terminal, unless the caller agreed beforehand.
fn agree(options: &Rewrite, question: &str) -> Result<(), Failure> {
    if options.yes {
        return Ok(());
    }
    match ask(question) {
        Some(Answer::Yes) => Ok(()),
        Some(Answer::No) => Err(Failure::new(Exit::Refused, "nothing was changed")),
        None => Err(Failure::new(
            Exit::Refused,
            "there is no terminal to ask at, so nothing was changed",
        )
        .next("run this at a terminal, or agree with `--yes` after reading `--dry-run`")),
    }
}

/// One file that could not be changed; the others can.
fn tell(error: &dyn std::error::Error) -> bool {
    let failure = Failure::new(Exit::Findings, "a file was left as it is").because(error);
    complain(&failure.render());
    true
}

fn ended(failed: bool) -> Exit {
    if failed { Exit::Findings } else { Exit::Done }
}
