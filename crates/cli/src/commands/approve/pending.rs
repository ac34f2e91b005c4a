//! `interlock approve --pending`: what clients start through Interlock and nobody approved, one after the other, each with the
//! ordinary screen. Nothing is believed of the files but what to ask about.

use clap::Parser as _;
use interlock_launch::Ledger;
use interlock_launch::key::Signer;

use crate::Outcome;
use crate::commands::wrap::{Waiting, waiting};
use crate::context::Context;
use crate::exit::{Exit, Failure};
use crate::options::{Approve, Danger, Grants};
use crate::terminal::{complain, reply, say, visible};

use super::{Prepared, grants, record_failure, unique, unlock};

/// What a person wants of one server.
enum Wish {
    Approve,
    Skip,
    Stop,
    More(Box<More>),
}

/// Options that may be typed at the question.
#[derive(Debug, clap::Parser)]
#[command(no_binary_name = true, disable_help_flag = true, name = "grants")]
struct More {
    #[command(flatten)]
    grants: Grants,
    #[command(flatten)]
    danger: Danger,
}

/// How one server went.
enum Step {
    Done,
    Skipped,
    Stopped,
}

/// Runs `interlock approve --pending`.
///
/// # Errors
/// When it cannot be found out what waits, or there is no terminal to ask at.
pub fn run(context: &Context, options: &Approve) -> Outcome {
    if options.danger.danger_build_sdists {
        // Each would be built before its own question.
        let what = "`--danger-build-sdists` is agreed to for one server, and not for all that wait";
        return Err(Failure::new(Exit::Usage, what)
            .next("interlock approve --danger-build-sdists -- COMMAND ARGS"));
    }
    let (all, damaged) = waiting(context)?;
    // A damaged backup may stand for a file with servers that wait: what is done here is not all there is.
    let done = if damaged > 0 {
        Exit::Findings
    } else {
        Exit::Done
    };
    if all.is_empty() {
        complain("nothing waits for approval");
        return Ok(done);
    }
    let mut key = None;
    let (mut skipped, mut failed) = (0_usize, 0_usize);
    for (index, server) in all.iter().enumerate() {
        let title = format!(
            "{} of {}: {} ({})",
            index + 1,
            all.len(),
            visible(&server.name),
            server.origin
        );
        say(&context.style().bold(&title));
        match one(context, options, server, &mut key) {
            Ok(Step::Done) => {}
            Ok(Step::Skipped) => skipped += 1,
            Ok(Step::Stopped) => {
                complain(&format!(
                    "{} left; go on with: interlock approve --pending",
                    all.len() - index
                ));
                return Ok(done);
            }
            Err(failure) => {
                complain(&failure.render());
                failed += 1;
            }
        }
    }
    if skipped + failed > 0 {
        complain(&format!(
            "{skipped} skipped, {failed} could not be approved; they do not start"
        ));
    }
    Ok(if failed > 0 { Exit::Refused } else { done })
}

fn one(
    context: &Context,
    options: &Approve,
    server: &Waiting,
    key: &mut Option<Signer>,
) -> Result<Step, Failure> {
    let mut options = ordinary(context, options, server)?;
    loop {
        for hint in &server.hints {
            say(&context.style().dim(hint));
        }
        let mut prepared = Prepared::new(context, &options)?;
        let name = prepared.wanted.name.clone();
        let wish = if options.passphrase.passphrase_fd.is_some() {
            Wish::Approve
        } else {
            wish().inspect_err(|_| {
                record_failure(&name, "not-a-terminal", &mut prepared.log, context)
            })?
        };
        match wish {
            Wish::Approve => {
                if key.is_none() {
                    *key = Some(unlock(context, &options, &name, &mut prepared.log)?);
                }
                if let Some(signer) = key {
                    prepared.approve(context, &options, signer)?;
                }
                return Ok(Step::Done);
            }
            Wish::Skip => {
                record_failure(&name, "declined", &mut prepared.log, context);
                return Ok(Step::Skipped);
            }
            Wish::Stop => return Ok(Step::Stopped),
            Wish::More(more) => {
                options.grants.add(more.grants);
                options.danger.add(more.danger);
            }
        }
    }
}

/// The options that `approve -- COMMAND ARGS` would have had, with the variables that the file sets.
fn ordinary(context: &Context, options: &Approve, server: &Waiting) -> Result<Approve, Failure> {
    let ledger = context.ledger(&context.known()?)?;
    let mut one = Approve {
        name: Some(name(&server.name, &ledger)),
        pending: false,
        request: std::iter::once(&server.command)
            .chain(&server.args)
            .cloned()
            .collect(),
        ..options.clone()
    };
    // An address gets its variables in headers, which name them.
    let connects = server.command.starts_with("url:");
    for variable in server.variables.iter().filter(|_| !connects) {
        let alone = Grants {
            env: vec![variable.clone()],
            ..Grants::default()
        };
        if grants::profile(None, &alone, &one.danger, &context.places).is_ok() {
            one.grants.env.push(variable.clone());
        } else {
            let text = format!(
                "its configuration sets {}, which is not passed on: it can load code",
                visible(variable)
            );
            say(&context.style().warn(&text));
        }
    }
    Ok(one)
}

/// The server's name in the file as far as an approval can be called that.
fn name(wanted: &str, ledger: &Ledger) -> String {
    let fits = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    let name: String = wanted
        .chars()
        .map(|c| if fits(c) { c } else { '-' })
        .take(48)
        .collect();
    let name = name.trim_start_matches(|c: char| !c.is_ascii_alphabetic());
    unique(if name.is_empty() { "server" } else { name }, ledger)
}

fn wish() -> Result<Wish, Failure> {
    loop {
        let question = "Approve exactly this? [yes, skip, stop, or more grants such as --read PATH --net HOST:PORT]";
        let Some(line) = reply(question) else {
            return Err(Failure::new(
                Exit::Refused,
                "there is no terminal to ask at, so nothing was approved",
            )
            .next("run this at a terminal, or pass the passphrase with `--passphrase-fd N`"));
        };
        match line.as_str() {
            "yes" => return Ok(Wish::Approve),
            "skip" | "no" => return Ok(Wish::Skip),
            "stop" => return Ok(Wish::Stop),
            typed if typed.starts_with('-') => match More::try_parse_from(typed.split_whitespace())
            {
                Ok(more) => return Ok(Wish::More(Box::new(more))),
                Err(error) => complain(error.to_string().trim_end()),
            },
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grants_are_typed_as_on_the_command_line() {
        let more =
            More::try_parse_from("--read /a --net b.example:443 --danger-wide-grant".split(' '))
                .unwrap();
        assert_eq!(more.grants.read, [std::path::PathBuf::from("/a")]);
        assert_eq!(more.grants.net, ["b.example:443"]);
        assert!(more.danger.danger_wide_grant);
        assert!(More::try_parse_from(["--pending"]).is_err());
        assert!(More::try_parse_from(["--", "sh"]).is_err());
    }
}
