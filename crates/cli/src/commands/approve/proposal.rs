//! `interlock approve --lock`: everything that a project's lock proposes, on one screen, approved in one signed step.
//!
//! The lock is somebody else's word. Its bytes are fetched by digest and resolved on this machine; what is shown and signed
//! is that. Where it is not what the lock says, nothing is approved.

use interlock_audit::{Event, Log, Receipt};
use interlock_launch::key::Signer;
use interlock_launch::{Approval, Fingerprint, Known, Launch, Ledger, LedgerEdit, ServerName};
use interlock_supply::lockfile::Server;

use crate::Outcome;
use crate::commands::locking::lock::named;
use crate::commands::locking::matching;
use crate::commands::locking::project::Project;
use crate::commands::locking::resolving::{self, Resolved, Versions};
use crate::context::Context;
use crate::exit::{Exit, Failure};
use crate::launching::Machine;
use crate::options::{Approve, Danger};
use crate::show;
use crate::terminal::{say, visible};

use super::build::Sources;
use super::origin::{self, Ask, Told};
use super::package::Fetched;
use super::{Wanted, agree, image, package, pin, section, unlock};

/// Runs `interlock approve --lock`.
///
/// # Errors
/// When something in the lock cannot be approved, nobody agrees, or the approvals cannot be signed or recorded.
pub fn run(context: &Context, options: &Approve, file: Option<&std::path::Path>) -> Outcome {
    let mut log = context.log()?;
    let known = context.known()?;
    let ledger = context.ledger(&known)?;
    let machine = Machine::open(context)?;
    let project = match file {
        Some(file) => Project::at(context, file)?,
        None => Project::need(context)?,
    };
    dangers_are_named(&project, &options.danger)?;
    let sources = Sources::of(options.danger.danger_build_sdists);
    let proposals = proposals(context, &machine, &ledger, &project, sources)?;
    if proposals.is_empty() {
        if !context.global.quiet {
            say(
                "everything in the lock is approved already; whether the lock says so itself: interlock verify",
            );
        }
        return Ok(Exit::Done);
    }
    for proposal in &proposals {
        let (launch, fetched) = (&proposal.launch, proposal.fetched.as_ref());
        proposal
            .wanted
            .show(context, &machine, launch, fetched, &ledger);
    }
    let first = &proposals.first().ok_or_else(nothing)?.wanted.name;
    let question = format!("Approve exactly these {}?", proposals.len());
    agree(options, first, &question, &mut log, context)?;
    let signer = unlock(context, options, first, &mut log)?;
    let launches = still(context, &machine, &ledger, &proposals)?;
    sign(context, &known, &signer, &proposals, &launches, &mut log)?;
    pin_all(
        context, options, &machine, proposals, launches, &signer, &mut log,
    )
}

fn nothing() -> Failure {
    Failure::new(Exit::Internal, "there is nothing to approve")
}

/// One server that is not approved as the lock proposes it.
struct Proposal {
    wanted: Wanted,
    fetched: Option<Fetched>,
    launch: Launch,
}

/// A weakening is agreed to by naming it: a lock that asks for one does not get it by being long.
fn dangers_are_named(project: &Project, given: &Danger) -> Result<(), Failure> {
    let given = super::grants::danger_options(given);
    let mut missing: Vec<String> = Vec::new();
    for (name, server) in &project.lock.server {
        let asked = server.grants.danger_options();
        let new = asked.into_iter().filter(|option| !given.contains(option));
        missing.extend(new.map(|option| format!("`{name}` asks for {option}")));
    }
    if missing.is_empty() {
        return Ok(());
    }
    let what = "the lock asks to weaken defaults, which you have to name yourself";
    let mut failure = Failure::new(Exit::Refused, what);
    failure.causes = missing;
    Err(failure
        .next("leave it out of the lock, or add these options to `interlock approve --lock`"))
}

/// Everything in the lock that is not approved as it stands there.
fn proposals(
    context: &Context,
    machine: &Machine,
    ledger: &Ledger,
    project: &Project,
    sources: Sources,
) -> Result<Vec<Proposal>, Failure> {
    let mut proposals = Vec::new();
    for (name, server) in &project.lock.server {
        let (packages, base) = (&machine.packages, &project.base);
        let earlier = ledger.named(name.as_str());
        let same = |entry| matching::differences(context, packages, base, entry, server).is_empty();
        if !server.content.is_empty() && earlier.is_some_and(same) {
            continue;
        }
        // Before anything is fetched for it, or built.
        if server.content.is_empty() {
            let what = format!("`{name}` is declared in the lock and not locked yet");
            return Err(Failure::new(Exit::Refused, what).next("interlock lock"));
        }
        let how = (Versions::Keep, sources);
        let resolved = resolving::server(context, machine, ledger, base, server, how)
            .map_err(|failure| named(name, failure))?;
        is_as_locked(name, server, &resolved)?;
        let mut remarks = resolved.remarks;
        let mut origin = None;
        if let Some(tree) = &resolved.content.tree {
            let told = package::provenance(context, packages, tree, Ask::Again);
            let told = told.map_err(|failure| named(name, failure))?;
            came_as_locked(server, &told).map_err(|failure| named(name, failure))?;
            remarks.extend(told.lines);
            origin = told.origin;
        }
        if let Some(image) = &resolved.content.image {
            let (judgement, said) = (&resolved.judgement, server.content.origin.as_ref());
            let told = image::provenance(context, packages, judgement, image, said);
            let told = told.map_err(|failure| named(name, failure))?;
            came_as_locked(server, &told).map_err(|failure| named(name, failure))?;
            remarks.extend(told.lines);
            origin = told.origin;
        }
        proposals.push(Proposal {
            fetched: resolved.package.map(|locked| Fetched {
                locked,
                remarks,
                origin,
                tree: resolved.content.tree,
            }),
            launch: resolved.launch,
            wanted: Wanted {
                name: name.clone(),
                request: resolved.request,
                judgement: resolved.judgement,
                profile: resolved.profile,
                earlier: earlier.cloned(),
                proposed: server.tools.clone(),
            },
        });
    }
    Ok(proposals)
}

/// What is here is what the lock says, or nothing is approved.
fn is_as_locked(name: &ServerName, server: &Server, resolved: &Resolved) -> Result<(), Failure> {
    let mut here = server.clone();
    here.content = resolved.content.clone();
    // Where it came from is compared by what proves it.
    here.content.origin.clone_from(&server.content.origin);
    let lines = server.changes(&here);
    if lines.is_empty() {
        return Ok(());
    }
    let what = format!("`{name}` is not what the lock says");
    let mut failure = Failure::new(Exit::Refused, what);
    failure.causes = lines
        .iter()
        .map(|line| format!("{} differs", line.what))
        .collect();
    Err(failure.next("look at it: interlock verify; if this is right: interlock lock"))
}

/// It came from where the lock says, or nothing is approved.
pub fn came_as_locked(server: &Server, told: &Told) -> Result<(), Failure> {
    let said = server.content.origin.as_ref();
    let causes = origin::against(said, told.origin.as_ref(), told.whole);
    if causes.is_empty() {
        return Ok(());
    }
    let what = "it did not come from where the lock says";
    let mut failure = Failure::new(Exit::Refused, what);
    failure.causes = causes;
    Err(failure.next("ask whoever wrote the lock; to choose anew: interlock lock --update"))
}

/// Every launch once more, after a person has read all of them.
fn still(
    context: &Context,
    machine: &Machine,
    ledger: &Ledger,
    proposals: &[Proposal],
) -> Result<Vec<Launch>, Failure> {
    let again = proposals.iter().map(|proposal| {
        let (shown, fetched) = (&proposal.launch, proposal.fetched.as_ref());
        proposal
            .wanted
            .still(context, machine, ledger, fetched, shown)
    });
    again.collect()
}

/// All or none: one edit, one signature. Each is on record by name before it is in force.
fn sign(
    context: &Context,
    known: &Known,
    signer: &Signer,
    proposals: &[Proposal],
    launches: &[Launch],
    log: &mut Log,
) -> Result<(), Failure> {
    let failed = |error: &dyn std::error::Error| {
        Failure::new(Exit::Refused, "nothing was approved").because(error)
    };
    let mut edit =
        LedgerEdit::begin(&context.places, known, signer).map_err(|error| failed(&error))?;
    let mut receipt: Option<Receipt> = None;
    for (proposal, launch) in proposals.iter().zip(launches) {
        let wanted = &proposal.wanted;
        let approval = Approval {
            name: wanted.name.clone(),
            launch,
            profile: wanted.profile.clone(),
            tools: None,
            note: None,
        };
        let approved = edit.approve(approval, context.now());
        let fingerprint: Fingerprint = approved.map_err(|error| failed(&error))?;
        let event = Event::Approved {
            name: wanted.name.as_str(),
            fingerprint: *fingerprint.digest().as_bytes(),
            key: signer.public().to_bytes(),
            ledger: known.sequence.saturating_add(1),
            grants: &show::grant_options(&wanted.profile),
        };
        let recorded = log.append(context.now(), &event);
        receipt = Some(recorded.map_err(|error| failed(&error))?);
    }
    context.commit(edit, signer, receipt.ok_or_else(nothing)?, log)
}

/// Starts each server once, contained, to pin its tools. One that does not start keeps the others from nothing.
fn pin_all(
    context: &Context,
    options: &Approve,
    machine: &Machine,
    proposals: Vec<Proposal>,
    launches: Vec<Launch>,
    signer: &Signer,
    log: &mut Log,
) -> Outcome {
    let mut worst = Exit::Done;
    for (proposal, launch) in proposals.into_iter().zip(launches) {
        let wanted = proposal.wanted;
        let name = wanted.name.clone();
        if let Err(failure) = pin(context, options, machine, &wanted, launch, signer, log) {
            worst = failure.exit;
            crate::terminal::complain(&named(&name, failure).render());
        }
        if !context.global.quiet {
            let shown = visible(name.as_str());
            say(&format!(
                "approved as {shown}; start it with: interlock run {name}"
            ));
        }
    }
    section(
        context.style(),
        "Then",
        vec!["interlock lock, to keep the tools in the lock".to_owned()],
    );
    Ok(worst)
}
