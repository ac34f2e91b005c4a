//! `interlock check`: judge requests without starting anything.
//!
//! Reads requests, judges each, looks for an approval of exactly that content, and writes one verdict each. No
//! process is started and no network is used, whatever the request says.

mod approvals;
mod input;
mod verdict;

use std::io::Read as _;

use interlock_launch::Request;
use interlock_supply::registry::review;

use crate::Outcome;
use crate::exit::{Exit, Failure};
use crate::options::{Check, Global, OutputFormat};
use crate::terminal::{Style, say};

pub use approvals::Approvals;
use input::Input;
use verdict::Verdict;

/// A document is a few kilobytes; one that is cut off is refused as no JSON.
const MOST_PACKAGE_BYTES: u64 = 8 << 20;

/// Runs `interlock check`.
///
/// # Errors
/// When standard input cannot be read.
pub fn run(global: &Global, options: &Check) -> Outcome {
    let approvals = Approvals::open(global);
    let style = Style::stdout(global.color);
    let mut exit = Exit::Done;
    let mut tell = |verdict: Verdict| {
        exit = worse(exit, verdict.exit());
        match options.format.format {
            OutputFormat::Json => say(&verdict.to_json().to_string()),
            OutputFormat::Human => say(&verdict.to_text(style)),
        }
    };
    if options.stdin {
        let mut lines = std::io::stdin().lock();
        input::for_each(&mut lines, |input| tell(decide(input, &approvals))).map_err(|error| {
            Failure::new(Exit::Usage, "standard input cannot be read").because(&error)
        })?;
    } else if let Some(file) = &options.package {
        let text = package_text(file)?;
        tell(decide(Input::Package { id: None, text }, &approvals));
    } else {
        tell(decide(Input::Request(request_of(options)?), &approvals));
    }
    Ok(exit)
}

fn decide(input: Input, approvals: &Approvals) -> Verdict {
    match input {
        Input::Request(request) => approvals.verdict(&request),
        Input::Config { id, servers } => Verdict::of_config(
            id,
            servers
                .into_iter()
                .map(|(name, request)| (name, approvals.verdict(&request)))
                .collect(),
        ),
        Input::Package { id, text } => Verdict::of_review(id, &review(&text)),
        Input::Invalid { id, code, text } => Verdict::invalid(id, code, text),
    }
}

/// The text of a package's or a registry's document; no more of it is read than could be judged.
fn package_text(file: &std::path::Path) -> Result<String, Failure> {
    let unread = |error: &dyn std::error::Error| {
        let what = format!("`{}` cannot be read", file.display());
        Failure::new(Exit::Usage, what).because(error)
    };
    let opened = std::fs::File::open(file).map_err(|error| unread(&error))?;
    let mut text = String::new();
    let mut bounded = opened.take(MOST_PACKAGE_BYTES);
    bounded
        .read_to_string(&mut text)
        .map_err(|error| unread(&error))?;
    Ok(text)
}

fn request_of(options: &Check) -> Result<Request, Failure> {
    let Some((command, args)) = options.request.split_first() else {
        return Err(Failure::new(Exit::Usage, "no command to check")
            .next("interlock check -- COMMAND ARGS"));
    };
    let mut request = Request::new(command.as_str(), args.iter().map(String::as_str));
    request.cwd.clone_from(&options.cwd);
    for assignment in &options.env {
        let Some((name, value)) = assignment.split_once('=') else {
            let what = format!("`--env {assignment}` has no `=`");
            return Err(Failure::new(Exit::Usage, what).next("write `--env NAME=VALUE`"));
        };
        request.env.push((name.to_owned(), value.to_owned()));
    }
    Ok(request)
}

/// A refusal outweighs an invalid request, which outweighs nothing at all.
fn worse(one: Exit, other: Exit) -> Exit {
    match (one, other) {
        (Exit::Refused, _) | (_, Exit::Refused) => Exit::Refused,
        (Exit::Usage, _) | (_, Exit::Usage) => Exit::Usage,
        _ => Exit::Done,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_verdict_decides_the_exit_code() {
        for (codes, expected) in [
            (&[][..], Exit::Done),
            (&[Exit::Done, Exit::Usage], Exit::Usage),
            (&[Exit::Usage, Exit::Refused, Exit::Done], Exit::Refused),
        ] {
            assert_eq!(codes.iter().copied().fold(Exit::Done, worse), expected);
        }
    }
}
