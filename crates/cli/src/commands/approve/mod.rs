//! `interlock approve`: shows what a launch would run and, if a person agrees, signs exactly that.
//!
//! In order: judge, fetch the package, resolve to content, show everything, ask, sign and record, then start the server
//! once, contained as approved, to pin its tools.

mod admission;
pub mod advised;
pub mod attached;
pub mod build;
mod bytecode;
mod compile;
mod fetched;
pub mod git;
pub mod grants;
mod hint;
pub mod image;
pub mod lacking;
mod learning;
pub mod listing;
pub mod origin;
pub mod package;
mod pending;
pub mod proposal;
mod python;
mod remote;
pub mod rules;
mod told;
mod tools;

use std::collections::BTreeMap;

use interlock_audit::{Event, Log};
use interlock_launch::key::Signer;
use interlock_launch::{
    Approval, Decision, Digest, Entry, Fingerprint, Judgement, Known, Launch, Ledger, LedgerEdit,
    Prior, Profile, Request, RequestRecord, ServerName, ToolDefinition, judge,
};

use interlock_supply::lockfile::OriginLock;

use crate::Outcome;
use crate::commands::suggest;
use crate::context::Context;
use crate::exit::{Exit, Failure};
use crate::launching::{Machine, request_of, resolve, typed};
use crate::options::{Approve, Global};
use crate::show;
use crate::terminal::{Answer, Style, ask, say, visible};

use build::Sources;
use package::Fetched;

/// Runs `interlock approve`.
///
/// # Errors
/// When the launch cannot be approved, nobody agrees, or the approval cannot be signed or recorded.
pub fn run(global: &Global, options: &Approve) -> Outcome {
    let context = Context::new(global)?.naming(&options.request);
    if let Some(file) = &options.lock {
        return proposal::run(&context, options, file.as_deref());
    }
    if options.pending {
        return pending::run(&context, options);
    }
    let mut prepared = Prepared::new(&context, options)?;
    let question = "Approve exactly this?";
    let name = prepared.wanted.name.clone();
    agree(options, &name, question, &mut prepared.log, &context)?;
    let signer = unlock(&context, options, &name, &mut prepared.log)?;
    prepared.approve(&context, options, &signer)
}

/// A launch that was resolved and shown, and waits for a person's word.
struct Prepared {
    log: Log,
    known: Known,
    ledger: Ledger,
    machine: Machine,
    wanted: Wanted,
    fetched: Option<Fetched>,
    launch: Launch,
}

impl Prepared {
    /// Judges, fetches, resolves and shows.
    fn new(context: &Context, options: &Approve) -> Result<Self, Failure> {
        let log = context.log()?;
        let known = context.known()?;
        let ledger = context.ledger(&known)?;
        let mut wanted = Wanted::read(context, options, &ledger)?;
        let machine = Machine::open(context)?;
        let archive = options.image_archive.as_deref();
        // What an approval names was agreed to before.
        let context = &match options.renew {
            Some(_) => context.naming(
                [&wanted.request.command]
                    .into_iter()
                    .chain(&wanted.request.args),
            ),
            None => context.clone(),
        };
        let sources = Sources::of(options.danger.danger_build_sdists);
        let judgement = &wanted.judgement;
        let fetched = package::fetch(context, &machine.packages, judgement, archive, sources);
        let fetched = fetched.map_err(|failure| {
            build::with_command(failure, || {
                wanted.command_with(&context.global, options, "--danger-build-sdists")
            })
        })?;
        let built = fetched
            .as_ref()
            .is_some_and(|it| it.was_built(&machine.packages));
        wanted.profile = grants::as_built(&wanted.profile, built, &context.places)?;
        let launch = wanted.resolve(context, &machine, &ledger, fetched.as_ref())?;
        wanted.show(context, &machine, &launch, fetched.as_ref(), &ledger);
        Ok(Self {
            log,
            known,
            ledger,
            machine,
            wanted,
            fetched,
            launch,
        })
    }

    /// Signs what was shown, and pins the tools.
    fn approve(mut self, context: &Context, options: &Approve, signer: &Signer) -> Outcome {
        let (wanted, log) = (&self.wanted, &mut self.log);
        let fetched = self.fetched.as_ref();
        let launch = wanted.still(context, &self.machine, &self.ledger, fetched, &self.launch)?;
        wanted.sign(context, &self.known, signer, &launch, log)?;
        let learned = pin(context, options, &self.machine, wanted, launch, signer, log);
        if !context.global.quiet {
            say(&format!(
                "approved as {}; start it with: interlock run {}",
                visible(wanted.name.as_str()),
                wanted.name
            ));
        }
        learned
    }
}

/// What is to be approved.
struct Wanted {
    name: ServerName,
    request: Request,
    judgement: Judgement,
    profile: Profile,
    /// The approval that this one replaces.
    earlier: Option<Entry>,
    /// The tools that a lock says it has; none where there is no lock, or where it does not say.
    proposed: BTreeMap<String, Digest>,
}

impl Wanted {
    fn read(context: &Context, options: &Approve, ledger: &Ledger) -> Result<Self, Failure> {
        let (request, earlier) = request(options, ledger)?;
        let judgement = judge(&request);
        let named = earlier.as_ref().map(|entry| entry.name().as_str());
        let known = options.name.as_deref().or(options.renew.as_deref());
        let name = match known.or(named) {
            Some(name) => parse_name(name)?,
            None => parse_name(&suggest(&request, &judgement, ledger))?,
        };
        let earlier = earlier.or_else(|| ledger.named(name.as_str()).cloned());
        let renewed = options
            .renew
            .as_ref()
            .and(earlier.as_ref())
            .map(Entry::profile);
        // What was granted stands, as it was narrowed.
        let granted = match renewed {
            Some(_) => options.grants.clone(),
            None => image::with_proposed(&options.grants, &request, &judgement)?,
        };
        let profile = grants::profile(renewed, &granted, &options.danger, &context.places)?;
        refuse_what_cannot_be_approved(&judgement, &profile, context.style())?;
        remote::refuse_idle_options(&judgement, &profile, options)?;
        Ok(Self {
            name,
            request,
            judgement,
            profile,
            earlier,
            proposed: BTreeMap::new(),
        })
    }

    /// The command that approves the same with one more option.
    fn command_with(&self, global: &Global, options: &Approve, option: &str) -> String {
        let what = match &options.renew {
            Some(name) => vec![name.clone()],
            None => {
                let (command, args) = (&self.request.command, &self.request.args);
                let request = ["--", command.as_str()].into_iter();
                let request = request.chain(args.iter().map(String::as_str));
                request.map(str::to_owned).collect()
            }
        };
        let head = ["approve", option].map(str::to_owned);
        suggest::command([head.to_vec(), global.words(), options.words(), what].concat())
    }

    fn resolve(
        &self,
        context: &Context,
        machine: &Machine,
        ledger: &Ledger,
        fetched: Option<&Fetched>,
    ) -> Result<Launch, Failure> {
        let prior = Prior {
            package: fetched.map(|fetched| &fetched.locked),
            writes: self.profile.writes(),
            danger: self.profile.danger(),
        };
        resolve(
            context,
            &machine.packages,
            ledger,
            None,
            &self.request,
            prior,
        )
        .map_err(|error| {
            Failure::new(
                Exit::Refused,
                "this launch leads to nothing that could be approved",
            )
            .because(&error)
        })
    }

    /// The launch as it is after a person has read and agreed, which may have taken an hour. It must still be what was
    /// shown; this second one is signed.
    fn still(
        &self,
        context: &Context,
        machine: &Machine,
        ledger: &Ledger,
        fetched: Option<&Fetched>,
        shown: &Launch,
    ) -> Result<Launch, Failure> {
        let launch = self.resolve(context, machine, ledger, fetched)?;
        let fingerprint = |launch: &Launch| Fingerprint::of(launch.record(), &self.profile);
        if fingerprint(&launch) == fingerprint(shown) {
            return Ok(launch);
        }
        let what = "this launch changed while you looked at it, so nothing was approved";
        Err(Failure::new(Exit::Refused, what).next("look again: run the same command"))
    }

    /// Everything that a person needs to decide, untruncated.
    fn show(
        &self,
        context: &Context,
        machine: &Machine,
        launch: &Launch,
        fetched: Option<&Fetched>,
        ledger: &Ledger,
    ) {
        let style = context.style();
        section(
            style,
            &format!("Launch {}", self.name),
            show::launch(launch, style),
        );
        if let Some(fetched) = fetched {
            section(style, "Package", fetched.remarks.clone());
        }
        section(
            style,
            "May touch",
            remote::grants(launch, &self.profile, style),
        );
        let mut reasons = show::reasons(&self.judgement.reasons, style);
        reasons.extend(bytecode::remarks(launch.record()));
        if !reasons.is_empty() {
            section(style, "Worth knowing", reasons);
        }
        if let Some(earlier) = &self.earlier {
            let difference = ledger.compare(earlier, launch);
            let now = fetched.and_then(|fetched| fetched.origin.as_ref());
            let was = earlier.launch().package.as_ref();
            let was = was.and_then(|it| origin::kept(context, &machine.packages, &it.tree));
            let origin = OriginLock::changes(was.as_ref(), now);
            let mut lines = show::lines(&origin, style);
            lines.extend(show::difference(&difference, style));
            lines.extend(changed_grants(earlier.profile(), &self.profile, style));
            if lines.is_empty() {
                lines.push("nothing".to_owned());
            }
            section(style, "Differs from the earlier approval", lines);
        }
    }

    fn sign(
        &self,
        context: &Context,
        known: &Known,
        signer: &Signer,
        launch: &Launch,
        log: &mut Log,
    ) -> Result<(), Failure> {
        let failed = |error: &dyn std::error::Error| {
            Failure::new(Exit::Refused, "nothing was approved").because(error)
        };
        let mut edit =
            LedgerEdit::begin(&context.places, known, signer).map_err(|error| failed(&error))?;
        let approval = Approval {
            name: self.name.clone(),
            launch,
            profile: self.profile.clone(),
            tools: None,
            note: None,
        };
        let fingerprint = edit
            .approve(approval, context.now())
            .map_err(|error| failed(&error))?;
        let event = Event::Approved {
            name: self.name.as_str(),
            fingerprint: *fingerprint.digest().as_bytes(),
            key: signer.public().to_bytes(),
            ledger: known.sequence.saturating_add(1),
            grants: &show::grant_options(&self.profile),
        };
        let receipt = log
            .append(context.now(), &event)
            .map_err(|error| failed(&error))?;
        context.commit(edit, signer, receipt, log)
    }
}

/// The request to approve, and the approval that it renews.
fn request(options: &Approve, ledger: &Ledger) -> Result<(Request, Option<Entry>), Failure> {
    let words = options.request.split_first();
    let words = words.map(|(command, args)| typed(command, args));
    if let Some(request) = options.remote.request().or(words) {
        let earlier = ledger.requested(&RequestRecord::from(&request)).cloned();
        return Ok((request, earlier.filter(|_| options.name.is_none())));
    }
    let name = options.renew.as_deref().unwrap_or_default();
    if let Some(entry) = ledger.named(name) {
        return Ok((request_of(&entry.launch().request), Some(entry.clone())));
    }
    // What was taken back can be given again; its grants are gone.
    let revoked = ledger
        .revocations()
        .filter(|revocation| revocation.name().as_str() == name)
        .last();
    if let Some(revoked) = revoked {
        return Ok((request_of(revoked.request()), None));
    }
    let what = format!("nothing is approved under {}", visible(name));
    Err(Failure::new(Exit::Usage, what).next("interlock approve -- COMMAND ARGS"))
}

/// Refuses what judging refuses, unless the profile accepts the danger that unlocks it.
///
/// # Errors
/// With every reason.
pub fn refuse_what_cannot_be_approved(
    judgement: &Judgement,
    profile: &Profile,
    style: Style,
) -> Result<(), Failure> {
    use interlock_launch::{Danger, Unlock};
    if judgement.decision() == Decision::NeedsApproval {
        return Ok(());
    }
    let unlocked = match judgement.unlock() {
        Some(Unlock::InlineCode) => profile.accepts(Danger::AllowInlineCode),
        Some(Unlock::Unknown) => profile.accepts(Danger::AllowUnknown),
        None => false,
    };
    if unlocked {
        return Ok(());
    }
    let mut failure = Failure::new(Exit::Refused, "this launch cannot be approved");
    failure.causes = show::reasons(&judgement.reasons, style);
    if let Some(unlock) = judgement.unlock() {
        failure = failure.next(format!(
            "if you wrote this yourself and know what it does, add `{}`",
            unlock.option()
        ));
    }
    Err(failure)
}

fn changed_grants(was: &Profile, is: &Profile, style: Style) -> Vec<String> {
    let (was, is) = (show::grant_options(was), show::grant_options(is));
    let gone = was
        .iter()
        .filter(|option| !is.contains(option))
        .map(|option| style.bad(&format!("  - {option}")));
    let new = is
        .iter()
        .filter(|option| !was.contains(option))
        .map(|option| style.good(&format!("  + {option}")));
    gone.chain(new).collect()
}

fn section(style: Style, title: &str, lines: Vec<String>) {
    say(&style.bold(title));
    for line in lines {
        say(&format!("  {line}"));
    }
}

/// Asks at the terminal. `--passphrase-fd` is the agreement of automation: whoever passes it has the passphrase.
fn agree(
    options: &Approve,
    name: &ServerName,
    question: &str,
    log: &mut Log,
    context: &Context,
) -> Result<(), Failure> {
    if options.passphrase.passphrase_fd.is_some() {
        return Ok(());
    }
    let (reason, failure) = match ask(question) {
        Some(Answer::Yes) => return Ok(()),
        Some(Answer::No) => ("declined", Failure::new(Exit::Refused, "not approved")),
        None => (
            "not-a-terminal",
            Failure::new(
                Exit::Refused,
                "there is no terminal to ask at, so nothing was approved",
            )
            .next("run this at a terminal, or pass the passphrase with `--passphrase-fd N`"),
        ),
    };
    record_failure(name, reason, log, context);
    Err(failure)
}

fn unlock(
    context: &Context,
    options: &Approve,
    name: &ServerName,
    log: &mut Log,
) -> Result<Signer, Failure> {
    context
        .unlock(options.passphrase)
        .inspect_err(|_| record_failure(name, "locked", log, context))
}

/// An attempt that came to nothing is worth a record, but not worth hiding its own error behind.
fn record_failure(name: &ServerName, reason: &str, log: &mut Log, context: &Context) {
    let event = Event::ApprovalFailed {
        name: name.as_str(),
        reason,
    };
    let _recorded = log.append(context.now(), &event);
}

/// Starts the server once and pins its tools; with `--learn`, also tells what it asked for.
fn pin(
    context: &Context,
    options: &Approve,
    machine: &Machine,
    wanted: &Wanted,
    launch: Launch,
    signer: &Signer,
    log: &mut Log,
) -> Outcome {
    let known = context.known()?;
    let ledger = context.ledger(&known)?;
    let found = if options.learn {
        let learned = tools::listen(context, machine, &ledger, wanted.name.as_str(), launch)?;
        let arguments = &wanted.judgement.server_args;
        learning::propose(&wanted.name, &wanted.profile, arguments, &learned);
        learned.inventory.map_err(|why| {
            tools::unlisted(&why).next(format!(
                "interlock approve {}, with grants for what it needs",
                wanted.name
            ))
        })?
    } else {
        tools::take(context, machine, &ledger, wanted.name.as_str(), launch)?
    };
    tools::as_proposed(&found.tools, &wanted.proposed)?;
    let style = context.style();
    section(
        style,
        &format!("Tools ({})", found.tools.len()),
        tools::describe(&found.tools, wanted.earlier.as_ref(), &ledger, style),
    );
    if tools::changed(&found.tools, wanted.earlier.as_ref()) {
        agree(
            options,
            &wanted.name,
            "Pin the tools as they are now?",
            log,
            context,
        )?;
    }
    let pins: Vec<ToolDefinition> = found.tools.iter().map(tools::definition).collect();
    let unpinned = |error: &dyn std::error::Error| {
        Failure::new(Exit::Refused, "the tools were not pinned").because(error)
    };
    let mut edit =
        LedgerEdit::begin(&context.places, &known, signer).map_err(|error| unpinned(&error))?;
    edit.pin_tools(wanted.name.as_str(), pins)
        .map_err(|error| unpinned(&error))?;
    let names: Vec<String> = found.tools.iter().map(|tool| tool.name.clone()).collect();
    let event = Event::ToolsPinned {
        name: wanted.name.as_str(),
        tools: &names,
    };
    let receipt = log
        .append(context.now(), &event)
        .map_err(|error| unpinned(&error))?;
    context.commit(edit, signer, receipt, log)?;
    Ok(Exit::Done)
}

fn parse_name(text: &str) -> Result<ServerName, Failure> {
    text.parse().map_err(|error: interlock_launch::NameError| {
        Failure::new(
            Exit::Usage,
            format!("{} cannot name an approval", visible(text)),
        )
        .because(&error)
        .next("choose one with `--name`")
    })
}

/// A name from what is launched: the last part of the package, script or program, made unique.
fn suggest(request: &Request, judgement: &Judgement, ledger: &Ledger) -> String {
    use interlock_launch::Class;
    let text = match &judgement.class {
        Class::Package(package) => package.name.as_str(),
        Class::Script(script) => script.path.as_str(),
        Class::Binary(binary) => binary.program.as_str(),
        Class::Container(container) => container.image.as_str(),
        Class::Remote(address) => address.host(),
        Class::InlineCode | Class::Unknown => request.command.as_str(),
    };
    let last = text
        .rsplit(['/', '\\'])
        .find(|part| !part.is_empty())
        .unwrap_or("server");
    let stem = last.split('.').next().unwrap_or(last);
    let base: String = stem
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || "-_".contains(*c))
        .take(48)
        .collect();
    let base = if base.is_empty() {
        "server".to_owned()
    } else {
        base
    };
    unique(&base, ledger)
}

/// The name itself, or with a number, so that no approval has it.
fn unique(base: &str, ledger: &Ledger) -> String {
    let taken = |name: &str| ledger.named(name).is_some();
    let numbered = (2..1000).map(|number| format!("{base}-{number}"));
    std::iter::once(base.to_owned())
        .chain(numbered)
        .find(|name| !taken(name))
        .unwrap_or_else(|| base.to_owned())
}
