//! The tools of a server that was just approved: asked for once, contained, then pinned.

use std::collections::{BTreeMap, BTreeSet};

use interlock_audit::{Event, Log, Options};
use interlock_gateway::pins::{Side, word_diff};
use interlock_gateway::{
    Inventory, InventoryError, Journal, Learned, Surroundings, SystemClock, Tool, Unlisted,
    inventory, learn,
};
use interlock_launch::{Approved, Digest, Entry, Launch, Ledger, ToolDefinition};

use crate::context::Context;
use crate::exit::{Exit, Failure};
use crate::launching::{Machine, variable};
use crate::terminal::{Style, visible};

/// So much of what a server wrote to stderr explains why it told no tools.
const LAST_LINES: usize = 8;

/// Starts the approved server, contained as approved, and lists its tools.
///
/// # Errors
/// When it does not start, or does not speak MCP.
pub fn take(
    context: &Context,
    machine: &Machine,
    ledger: &Ledger,
    name: &str,
    launch: Launch,
) -> Result<Inventory, Failure> {
    let (approved, mut journal, receipt) = prepare(context, machine, ledger, name, launch)?;
    let audit = context.audit_directory();
    let around = surroundings(machine, &audit);
    inventory(approved, receipt, &around, &mut journal, &SystemClock).map_err(|error| match error {
        InventoryError::Unlisted(why) => unlisted(&why).next(format!(
            "interlock approve {name}, once that is mended; until then its tools are withheld"
        )),
        error => unpinned().because(&error),
    })
}

/// A server that did not tell its tools: why, and what it wrote to stderr last.
pub fn unlisted(why: &Unlisted) -> Failure {
    let mut failure = unpinned().because(&why.error);
    let lines = why.diagnostics.lines();
    let lines: Vec<&str> = lines.filter(|line| !line.trim().is_empty()).collect();
    let last = lines.iter().rev().take(LAST_LINES).rev();
    failure
        .causes
        .extend(last.map(|line| format!("it wrote: {line}")));
    failure
}

fn unpinned() -> Failure {
    let what = "the server's tools could not be listed, so none is pinned";
    Failure::new(Exit::Server, what)
}

/// The same with the network refused, to see what it asks for.
///
/// # Errors
/// When it does not start.
pub fn listen(
    context: &Context,
    machine: &Machine,
    ledger: &Ledger,
    name: &str,
    launch: Launch,
) -> Result<Learned, Failure> {
    let (approved, mut journal, receipt) = prepare(context, machine, ledger, name, launch)?;
    let audit = context.audit_directory();
    let around = surroundings(machine, &audit);
    learn(approved, receipt, &around, &mut journal, &SystemClock).map_err(|error| {
        Failure::new(Exit::Server, "the server could not be started").because(&error)
    })
}

fn surroundings<'a>(machine: &'a Machine, audit: &'a std::path::Path) -> Surroundings<'a> {
    Surroundings {
        kernel: &machine.kernel,
        secrets: &machine.secrets,
        variable: &variable,
        empty: &machine.empty,
        audit,
    }
}

/// The same proofs as for `run`: an approval of exactly this content, and its record.
fn prepare(
    context: &Context,
    machine: &Machine,
    ledger: &Ledger,
    name: &str,
    launch: Launch,
) -> Result<(Approved, Journal, interlock_audit::Receipt), Failure> {
    let refused = |error: &dyn std::error::Error| {
        Failure::new(
            Exit::Refused,
            "the server was not started to list its tools",
        )
        .because(error)
    };
    let approved = ledger
        .admit_as(name, launch)
        .map_err(|error| refused(&error))?;
    let log = Log::open(
        &context.audit_directory(),
        Options::default(),
        context.now(),
    )
    .map_err(|error| refused(&error))?;
    let mut journal = Journal::new(log, machine.session.as_str());
    let fingerprint = *approved.fingerprint().digest().as_bytes();
    let receipt = journal
        .append(interlock_gateway::Clock::now(&SystemClock), |session| {
            Event::LaunchDecision {
                session,
                decision: "approved",
                reasons: &["inventory"],
                fingerprint: Some(fingerprint),
                approval: Some(name),
            }
        })
        .map_err(|error| refused(&error))?;
    Ok((approved, journal, receipt))
}

/// What is pinned of a tool.
pub fn definition(tool: &Tool) -> ToolDefinition {
    ToolDefinition {
        name: tool.name.clone(),
        digest: Digest::from_bytes(tool.digest),
        raw: tool.definition.clone(),
    }
}

/// Whether the tools are those that a lock says the server has. A lock that says nothing is content with any.
///
/// # Errors
/// With the names of those that differ; nothing is pinned then.
pub fn as_proposed(tools: &[Tool], proposed: &BTreeMap<String, Digest>) -> Result<(), Failure> {
    if proposed.is_empty() {
        return Ok(());
    }
    let here: BTreeMap<String, Digest> = tools
        .iter()
        .map(|tool| (tool.name.clone(), Digest::from_bytes(tool.digest)))
        .collect();
    let names: BTreeSet<&String> = here.keys().chain(proposed.keys()).collect();
    let differ = names
        .into_iter()
        .filter(|name| here.get(*name) != proposed.get(*name));
    let differ: Vec<String> = differ.map(|name| visible(name)).collect();
    if differ.is_empty() {
        return Ok(());
    }
    let what = format!(
        "the server's tools are not those of the lock ({}), so none is pinned",
        differ.join(", ")
    );
    Err(Failure::new(Exit::Findings, what)
        .next("if they are right as they are: interlock approve NAME, then interlock lock"))
}

/// What a person has to read: new tools whole, changed ones word by word, gone ones by name.
pub fn describe(
    tools: &[Tool],
    earlier: Option<&Entry>,
    ledger: &Ledger,
    style: Style,
) -> Vec<String> {
    let mut lines = Vec::new();
    let pins = earlier.map(Entry::pins).unwrap_or_default();
    for tool in tools {
        match pins.iter().find(|pin| pin.name == tool.name) {
            Some(pin) if *pin.digest.as_bytes() == tool.digest => {}
            Some(pin) => {
                let was = ledger.definition(pin).unwrap_or_default();
                lines.push(format!("{} {}", style.warn("changed"), visible(&tool.name)));
                lines.push(format!("  {}", words(&was, &tool.definition, style)));
            }
            None => lines.push(format!(
                "{} {}: {}",
                style.good("new"),
                visible(&tool.name),
                summary(tool)
            )),
        }
    }
    for pin in pins
        .iter()
        .filter(|pin| !tools.iter().any(|tool| tool.name == pin.name))
    {
        lines.push(format!("{} {}", style.dim("gone"), visible(&pin.name)));
    }
    lines
}

/// Whether a pinned tool changed: then a person has to agree again.
pub fn changed(tools: &[Tool], earlier: Option<&Entry>) -> bool {
    let pins = earlier.map(Entry::pins).unwrap_or_default();
    !pins.is_empty()
        && tools.iter().any(|tool| {
            !pins
                .iter()
                .any(|pin| pin.name == tool.name && *pin.digest.as_bytes() == tool.digest)
        })
}

fn words(was: &[u8], now: &[u8], style: Style) -> String {
    let pieces = word_diff(&String::from_utf8_lossy(was), &String::from_utf8_lossy(now));
    pieces
        .iter()
        .map(|piece| match piece.side {
            Side::Same => piece.text.clone(),
            Side::Removed => style.bad(&format!("[-{}-]", piece.text)),
            Side::Added => style.good(&format!("{{+{}+}}", piece.text)),
        })
        .collect()
}

/// The description as the server wrote it, escaped and whole: what a model would read.
fn summary(tool: &Tool) -> String {
    let description = serde_json::from_slice::<serde_json::Value>(&tool.definition)
        .ok()
        .and_then(|definition| definition.get("description")?.as_str().map(str::to_owned));
    description.map_or_else(|| "(no description)".to_owned(), |text| visible(&text))
}
