//! `interlock list`: what is approved, and by whom.

use interlock_launch::{Entry, command_line};
use serde_json::json;

use crate::Outcome;
use crate::context::Context;
use crate::exit::{Exit, Failure};
use crate::options::{Format, Global, OutputFormat};
use crate::show::grant_options;
use crate::terminal::{Style, complain, say, visible};

/// Runs `interlock list`.
///
/// # Errors
/// When the approvals cannot be trusted.
pub fn run(global: &Global, options: &Format) -> Outcome {
    let context = Context::new(global)?;
    let ledger = context.ledger(&context.known()?)?;
    if let Some(distrust) = ledger.distrust() {
        let what = "your own approvals are not believed, so none of them starts anything";
        return Err(Failure::new(Exit::Refused, what)
            .because(distrust)
            .next("find out why; to forget them all: interlock init --danger-start-over"));
    }
    let mut none = true;
    for entry in ledger.entries() {
        none = false;
        let more = match options.format {
            OutputFormat::Human => say(&to_text(entry, context.style())),
            OutputFormat::Json => say(&to_json(entry)),
        };
        if !more {
            break;
        }
    }
    if none && options.format == OutputFormat::Human && !global.quiet {
        complain("nothing is approved yet; next: interlock approve -- COMMAND ARGS");
    }
    Ok(Exit::Done)
}

fn to_text(entry: &Entry, style: Style) -> String {
    let launch = entry.launch();
    let mut text = format!(
        "{}  {}",
        style.bold(entry.name().as_str()),
        command_line(&launch.request),
    );
    if let Some(program) = &launch.program {
        text.push_str(&format!("\n  runs    {}", visible(&program.path)));
    }
    if let Some(address) = &launch.remote {
        text.push_str(&format!("\n  connects {}", visible(&address.url)));
    }
    if let Some(package) = &launch.package {
        text.push_str(&format!(
            "\n  package {} {}@{}",
            package.ecosystem, package.name, package.version
        ));
    }
    for option in grant_options(entry.profile()) {
        text.push_str(&format!("\n  grant   {option}"));
    }
    let by = if entry.approver() == "administrator" {
        "by the administrator"
    } else {
        "by you"
    };
    text.push_str(&format!(
        "\n  tools   {} pinned; approved {by}",
        entry.pins().len()
    ));
    text
}

fn to_json(entry: &Entry) -> String {
    let launch = entry.launch();
    json!({
        "v": 1,
        "name": entry.name().as_str(),
        "command": launch.request.command,
        "args": launch.request.args,
        "program": launch.program.as_ref().map(|program| &program.path),
        "url": launch.remote.as_ref().map(|address| &address.url),
        "package": launch.package.as_ref().map(|package| json!({
            "ecosystem": package.ecosystem,
            "name": package.name,
            "version": package.version,
            "integrity": package.integrity,
        })),
        "grants": grant_options(entry.profile()),
        "tools": entry.pins().iter().map(|pin| pin.name.as_str()).collect::<Vec<_>>(),
        "fingerprint": entry.fingerprint().to_string(),
        "approver": entry.approver(),
    })
    .to_string()
}
