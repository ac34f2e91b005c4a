//! One run of one server, told in order.
//!
//! judge → resolve → admit → record → contain → connect. Each step needs what the one before it proved: the
//! judgement, the launch, the approval, the receipt. A step that fails ends the run with nothing started, and the
//! client is told why.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use interlock_audit::{AppendError, Event, Log, OpenError, Options, Receipt};
use interlock_launch::{
    Approved, Authority, Decision, DigestCache, Entry, Judgement, Ledger, PackageStore, Places,
    Prior, Refusal, Request, RequestRecord, ResolveError, Resolver, SecretStore, approve_command,
    judge,
};
use interlock_sandbox::Kernel;
use interlock_wire::Limits;
use thiserror::Error;

use crate::clock::{Clock, Now};
use crate::contain::{ContainError, Planned, Reach, Surroundings, plan};
use crate::front::Client;
use crate::journal::Journal;
use crate::outcome::{Exit, NotMcp, Outcome};
use crate::pins::Pins;
use crate::refusal::{PATIENCE, refuse};
use crate::relay::driver::{Pipes, drive};
use crate::relay::{Observer, Relay, Setup, Why};
use crate::settled::settled;
use crate::upstream::Upstream;

/// How long a client may take to ask a server that ended before it was asked.
const LINGER: Duration = Duration::from_secs(2);

/// What a run needs to know of the machine, the user and their wishes. No request can change it.
pub struct Setting<'a> {
    /// The approvals.
    pub ledger: &'a Ledger,
    /// Interlock's own places.
    pub places: &'a Places,
    /// Where unpacked packages are.
    pub packages: &'a dyn PackageStore,
    /// Where programs are looked up by name, in order.
    pub search: &'a [PathBuf],
    /// What this kernel can enforce.
    pub kernel: &'a Kernel,
    /// Where granted secrets are.
    pub secrets: &'a SecretStore,
    /// A variable of the caller's environment.
    pub variable: &'a dyn Fn(&str) -> Option<OsString>,
    /// An empty directory of Interlock's own.
    pub empty: &'a Path,
    /// The audit log's directory.
    pub audit: &'a Path,
    /// This run's name in the audit log.
    pub session: &'a str,
    /// The bounds of every message.
    pub limits: Limits,
    /// How long a server has for its first message; 30 s by default.
    pub handshake_timeout: Duration,
    /// Whether arguments of calls are recorded, not only their digest.
    pub record_arguments: bool,
}

/// What is to be run: a request, and the name of its approval where it was asked for by name.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// The request.
    pub request: &'a Request,
    /// The name of the approval that must fit.
    pub name: Option<&'a str>,
    /// Why the caller would not have it started although it may be approved: a project's lock says something else.
    pub objection: Option<&'a str>,
}

/// Why a run did not come to start a server. Each message ends with what to do.
#[derive(Debug, Error)]
pub enum NotStarted {
    /// The request is none that could be approved as it stands.
    #[error("{0}")]
    Judged(String),
    /// Nothing has the name that was asked for.
    #[error("nothing is approved under the name `{0}`: run `interlock list` to see what is")]
    NoSuchName(String),
    /// The caller objects.
    #[error("{0}")]
    Objected(String),
    /// It cannot be resolved to content any more.
    #[error("what was approved cannot be found: {0}")]
    Unresolved(#[source] ResolveError),
    /// It is not approved.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// It is approved and could not be contained.
    #[error("{}", chain(.0))]
    NotContained(#[source] ContainError),
    /// The audit log cannot be opened: what cannot be recorded does not happen.
    #[error("the audit log cannot be opened: run `interlock doctor`")]
    NoLog(#[source] OpenError),
    /// The attempt cannot be recorded: it does not happen.
    #[error("the audit log cannot be written: run `interlock doctor`")]
    Unrecorded(#[source] AppendError),
    /// This process has no descriptor, memory or thread left for it ([`launch`](crate::launch()) only).
    #[error("this process cannot take another server: close what it does not need")]
    Exhausted(#[source] io::Error),
}

/// How a run ended, and what to tell a person about it.
#[derive(Debug)]
pub struct Report {
    /// How it ended.
    pub outcome: Outcome,
    /// Why nothing was started, where nothing was.
    pub not_started: Option<NotStarted>,
}

/// Runs one server for one client, from the request to the end of the server's last process.
pub fn run(
    wanted: Wanted<'_>,
    setting: &Setting<'_>,
    observer: Box<dyn Observer>,
    client: &Client<'_>,
    clock: &impl Clock,
) -> Report {
    match settled(|| prepare(wanted, setting, clock).and_then(Prepared::start)) {
        Ok(started) => Report {
            outcome: connect(started, observer, client, clock),
            not_started: None,
        },
        Err(why) => {
            refuse(client, &why.to_string(), &setting.limits, PATIENCE, clock);
            Report {
                outcome: why.outcome(),
                not_started: Some(why),
            }
        }
    }
}

/// A server that may run, and everything its start and its relay need. Nothing runs yet.
pub(crate) struct Prepared {
    planned: Planned,
    terms: Terms,
    journal: Journal,
    since: Now,
}

/// A server that runs, and what it was approved with.
pub(crate) struct Started {
    running: Upstream,
    pipes: Pipes,
    terms: Terms,
    journal: Journal,
    since: Now,
}

/// What of an approval and of the setting matters while the server runs.
struct Terms {
    name: String,
    pins: Pins,
    limits: Limits,
    handshake_timeout: Duration,
    record_arguments: bool,
}

/// Everything before the start: judged, admitted, recorded, planned.
pub(crate) fn prepare(
    wanted: Wanted<'_>,
    setting: &Setting<'_>,
    clock: &impl Clock,
) -> Result<Prepared, NotStarted> {
    let now = clock.now();
    let mut journal = open_journal(setting, now).map_err(NotStarted::NoLog)?;
    request_recorded(wanted.request, &mut journal, now);
    let admitted = admit(wanted, setting, now);
    let approved = match admitted {
        Ok(approved) => approved,
        Err(why) => {
            refusal_recorded(&why, &mut journal, now).map_err(NotStarted::Unrecorded)?;
            return Err(why);
        }
    };
    let receipt = record_approval(&approved, &mut journal, now).map_err(NotStarted::Unrecorded)?;
    let terms = Terms::of(&approved, setting);
    let since = clock.now();
    let around = setting.surroundings();
    match plan(approved, receipt, Reach::Granted, &around, &journal, since) {
        Ok(planned) => Ok(Prepared {
            planned,
            terms,
            journal,
            since,
        }),
        Err(error) => Err(not_contained(error, &mut journal, now)),
    }
}

impl Prepared {
    /// The start itself, on the thread that stays with the server.
    pub(crate) fn start(self) -> Result<Started, NotStarted> {
        let Self {
            planned,
            terms,
            mut journal,
            since,
        } = self;
        match planned.start(&mut journal, since) {
            Ok((running, pipes)) => Ok(Started {
                running,
                pipes,
                terms,
                journal,
                since,
            }),
            Err(error) => Err(not_contained(error, &mut journal, since)),
        }
    }
}

fn not_contained(error: ContainError, journal: &mut Journal, now: Now) -> NotStarted {
    match failure_recorded(&error, journal, now) {
        Ok(()) => NotStarted::NotContained(error),
        Err(unrecorded) => NotStarted::Unrecorded(unrecorded),
    }
}

/// Judges, resolves and matches. Nothing was started before, nothing is started here.
///
/// # Errors
/// [`NotStarted`] says why the request may not run.
pub fn admit(wanted: Wanted<'_>, setting: &Setting<'_>, now: Now) -> Result<Approved, NotStarted> {
    if let Some(objection) = wanted.objection {
        return Err(NotStarted::Objected(objection.to_owned()));
    }
    let judgement = judge(wanted.request);
    let record = RequestRecord::from(wanted.request);
    let known = match wanted.name {
        Some(name) => setting.ledger.named(name),
        None => setting.ledger.requested(&record),
    };
    // What nobody approved is not worth resolving: no file is read for it.
    let Some(known) = known else {
        return Err(unknown(wanted, &judgement, record, setting.ledger));
    };
    if judgement.decision() == Decision::Invalid {
        return Err(NotStarted::Judged(reasons(&judgement)));
    }
    let launch = resolve(wanted.request, &judgement, known, setting, now)?;
    let approved = match wanted.name {
        Some(name) => setting.ledger.admit_as(name, launch),
        None => setting.ledger.admit(launch),
    };
    Ok(approved?)
}

fn resolve(
    request: &Request,
    judgement: &Judgement,
    known: &Entry,
    setting: &Setting<'_>,
    now: Now,
) -> Result<interlock_launch::Launch, NotStarted> {
    let mut cache = DigestCache::open(setting.places, now.wall);
    setting.ledger.teach(&mut cache);
    let mut resolver = Resolver {
        search: setting.search,
        store: setting.packages,
        places: setting.places,
        cache: &mut cache,
    };
    resolver
        .resolve(request, judgement, Prior::from(known))
        .map_err(NotStarted::Unresolved)
}

/// Why a request that no approval knows does not run.
fn unknown(
    wanted: Wanted<'_>,
    judgement: &Judgement,
    request: RequestRecord,
    ledger: &Ledger,
) -> NotStarted {
    if let Some(distrust) = ledger.distrust() {
        return NotStarted::Judged(format!(
            "the approvals cannot be trusted ({distrust}): run `interlock list` to see why"
        ));
    }
    if let Some(revoked) = ledger.revoked(wanted.name, &request) {
        return NotStarted::Refused(Refusal::Revoked {
            name: revoked.name().to_string(),
            at: revoked.at(),
        });
    }
    if let Some(name) = wanted.name {
        return NotStarted::Refused(Refusal::UnknownName {
            name: name.escape_debug().to_string(),
        });
    }
    if let (Some(name), "") = (wanted.name, wanted.request.command.as_str()) {
        return NotStarted::NoSuchName(crate::text::visible(name));
    }
    match judgement.decision() {
        Decision::NeedsApproval => NotStarted::Refused(Refusal::NotApproved { request }),
        Decision::Refused | Decision::Invalid => {
            let option = judgement.unlock().map(|unlock| {
                let command = approve_command(&request);
                format!(
                    ": only `{command}` with `{}` could approve it",
                    unlock.option()
                )
            });
            NotStarted::Judged(reasons(judgement) + &option.unwrap_or_default())
        }
    }
}

fn reasons(judgement: &Judgement) -> String {
    let texts: Vec<&str> = judgement
        .reasons
        .iter()
        .map(|reason| reason.text.as_str())
        .collect();
    format!("the launch is refused: {}", texts.join("; "))
}

/// The relay, from the first byte to the last.
pub(crate) fn connect(
    started: Started,
    observer: Box<dyn Observer>,
    client: &Client<'_>,
    clock: &impl Clock,
) -> Outcome {
    let Started {
        mut running,
        pipes,
        terms,
        mut journal,
        since,
    } = started;
    let setup = Setup {
        limits: terms.limits.clone(),
        pins: terms.pins,
        handshake_timeout: terms.handshake_timeout,
        approve: format!("interlock approve {}", terms.name),
        record_arguments: terms.record_arguments,
        observer,
    };
    let mut relay = Relay::new(setup, since);
    let driven = drive(&mut relay, &mut running, pipes, client, &mut journal, clock);
    let seen = driven.unwrap_or(Exit::Unknown);
    // Nothing of the tree is left when this returns, whatever it had become.
    let exit = match (seen, running.finish()) {
        (Exit::Unknown, exit) => exit,
        (seen, _) => seen,
    };
    let outcome = outcome(&relay, exit);
    exit_recorded(&relay, exit, since, &mut journal, clock.now());
    if relay.why() == Some(Why::ServerEnded) && !relay.has_spoken() {
        // It ended before it was asked; whoever asks now gets the reason.
        let message = relay.ending(exit);
        refuse(client, &message, &terms.limits, LINGER, clock);
    }
    outcome
}

fn outcome(relay: &Relay, server: Exit) -> Outcome {
    match relay.why() {
        Some(Why::ClientClosed | Why::Stopped) => Outcome::Done { server },
        Some(Why::NotMcp) if relay.is_foreign() => Outcome::NotMcp {
            why: NotMcp::Foreign,
        },
        Some(Why::NotMcp) => Outcome::NotMcp {
            why: NotMcp::Silent,
        },
        Some(Why::ServerEnded) | None => Outcome::ServerEnded { server },
        Some(Why::Unrecorded) => Outcome::Unrecorded,
    }
}

fn open_journal(setting: &Setting<'_>, now: Now) -> Result<Journal, OpenError> {
    let options = Options {
        flush_in_background: true,
        ..Options::default()
    };
    let log = Log::open(setting.audit, options, now.wall)?;
    Ok(Journal::new(log, setting.session))
}

fn request_recorded(request: &Request, journal: &mut Journal, now: Now) {
    let env: Vec<String> = request.env.iter().map(|(name, _)| name.clone()).collect();
    journal.announce(now, |session| Event::LaunchRequested {
        session,
        name: request.id.as_deref(),
        command: &request.command,
        args: &request.args,
        env: &env,
        cwd: request.cwd.as_deref(),
        origin: request.origin.as_deref(),
    });
}

/// Records that an approved launch is about to happen, and flushes it with all that was recorded before.
/// The receipt is what lets it happen: for [`run`], and for [`inventory`](crate::inventory()).
///
/// # Errors
/// When it is not on disk; then nothing starts.
pub fn record_approval(
    approved: &Approved,
    journal: &mut Journal,
    now: Now,
) -> Result<Receipt, AppendError> {
    let by = match approved.authority() {
        Authority::Administrator => "administrator",
        Authority::Approver(_) => "user",
    };
    let approval = format!("{by}: {}", approved.name());
    journal.append(now, |session| Event::LaunchDecision {
        session,
        decision: "approved",
        reasons: &[],
        fingerprint: Some(*approved.fingerprint().digest().as_bytes()),
        approval: Some(&approval),
    })
}

fn refusal_recorded(why: &NotStarted, journal: &mut Journal, now: Now) -> Result<(), AppendError> {
    let (decision, reason) = match why {
        NotStarted::Refused(Refusal::NotApproved { .. }) => ("needs-approval", "not-approved"),
        NotStarted::Refused(refusal) => ("refused", refusal.code()),
        NotStarted::Unresolved(_) => ("refused", "unresolved"),
        NotStarted::NoSuchName(_) => ("refused", "no-such-name"),
        NotStarted::Objected(_) => ("refused", "lock"),
        _ => ("refused", "judged"),
    };
    let reasons = [reason];
    let receipt = journal.append(now, |session| Event::LaunchDecision {
        session,
        decision,
        reasons: &reasons,
        fingerprint: None,
        approval: None,
    })?;
    // A refusal permits nothing.
    drop(receipt);
    Ok(())
}

fn failure_recorded(
    error: &ContainError,
    journal: &mut Journal,
    now: Now,
) -> Result<(), AppendError> {
    let text = chain(error);
    let receipt = journal.append(now, |session| Event::LaunchFailed {
        session,
        stage: error.stage(),
        error: &text,
    })?;
    drop(receipt);
    Ok(())
}

fn exit_recorded(relay: &Relay, exit: Exit, since: Now, journal: &mut Journal, now: Now) {
    let (code, signal) = match exit {
        Exit::Code(code) => (Some(i64::from(code)), None),
        Exit::Signal(signal) => (None, Some(i64::from(signal))),
        Exit::OutOfMemory | Exit::Killed | Exit::Disconnected | Exit::Unknown => (None, None),
    };
    let reason = match (relay.why(), exit) {
        (_, Exit::OutOfMemory) => "out-of-memory",
        (Some(Why::ClientClosed), _) => "client-closed",
        (Some(Why::Stopped), _) => "stopped",
        (Some(Why::NotMcp), _) => "not-mcp",
        (Some(Why::Unrecorded), _) => "unrecorded",
        (Some(Why::ServerEnded) | None, _) => "exited",
    };
    let micros = now.elapsed.saturating_sub(since.elapsed).as_micros();
    journal.tell(now, |session| Event::Exit {
        session,
        code,
        signal,
        reason,
        micros: u64::try_from(micros).unwrap_or(u64::MAX),
    });
    // The run is over either way; a log that cannot be written has ended it already.
    let _written = journal.finish(now);
}

/// An error and everything behind it, on one line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

impl Terms {
    fn of(approved: &Approved, setting: &Setting<'_>) -> Self {
        let pins = approved.pins().iter();
        Self {
            name: approved.name().to_owned(),
            pins: Pins::new(pins.map(|pin| (pin.name.clone(), *pin.digest.as_bytes()))),
            limits: setting.limits.clone(),
            handshake_timeout: setting.handshake_timeout,
            record_arguments: setting.record_arguments,
        }
    }
}

impl Setting<'_> {
    /// What containing needs of it.
    pub(crate) fn surroundings(&self) -> Surroundings<'_> {
        Surroundings {
            kernel: self.kernel,
            secrets: self.secrets,
            variable: self.variable,
            empty: self.empty,
            audit: self.audit,
        }
    }
}

impl NotStarted {
    fn outcome(&self) -> Outcome {
        match self {
            Self::Judged(_)
            | Self::NoSuchName(_)
            | Self::Objected(_)
            | Self::Unresolved(_)
            | Self::Refused(_) => Outcome::Refused,
            Self::NotContained(_) | Self::Exhausted(_) => Outcome::NotContained,
            Self::NoLog(_) | Self::Unrecorded(_) => Outcome::Unrecorded,
        }
    }
}
