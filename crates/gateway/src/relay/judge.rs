//! What becomes of each message, and what is recorded about it.
//!
//! [`interlock_wire`] says whether a line is a message and whether the session allows it; here it meets the
//! approval: tools that are not what was approved are withheld and refused, calls are announced to the journal, and
//! a server that does not speak MCP is found out. It does no IO and reads no clock.

use std::time::Duration;

use interlock_audit::Event;
use interlock_wire::error_reply::{REFUSED, refusal};
use interlock_wire::session::{Answer, Note, Outcome, Session, Ticket, Verdict};
use interlock_wire::{
    Blame, Id, Kind, Limits, Message, Method, Reject, RejectCode, Untrusted, json, parse,
};
use sha2::{Digest as _, Sha256};

use super::calls::{Calls, micros};
use super::gate::{Gate, Greeting};
use super::life::Why;
use super::lists::{Lists, Observer};
use crate::clock::Now;
use crate::journal::{Direction, Journal};
use crate::outcome::Exit;
use crate::pins::{Callable, Pins};
use crate::stderr::Cut;
use crate::text::brief;

/// A tool's name is recorded up to this length.
const NAME: usize = 256;
/// Arguments are recorded up to this length, where they are; longer ones by their digest alone.
const ARGUMENTS: usize = 128 * 1024;

/// What a session is judged by.
pub(crate) struct Setup {
    pub(crate) limits: Limits,
    pub(crate) pins: Pins,
    /// How long the server has for its first message after the client's first request.
    pub(crate) handshake_timeout: Duration,
    /// What a person runs to see and approve what changed.
    pub(crate) approve: String,
    /// Whether the arguments of calls are recorded, not only their digest.
    pub(crate) record_arguments: bool,
    /// Who is told of definitions that are not approved.
    pub(crate) observer: Box<dyn Observer>,
}

/// What becomes of a line.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Ruling {
    /// It goes on, byte for byte.
    Pass,
    /// It does not.
    Drop,
    /// These bytes, with their line end, go on in its place.
    Replace(Vec<u8>),
    /// It does not, and its sender gets these bytes, with their line end.
    Answer(Vec<u8>),
}

/// See the module's head.
pub(super) struct Judge {
    limits: Limits,
    session: Session,
    calls: Calls,
    gate: Gate,
    greeting: Greeting,
    lists: Lists,
    approve: String,
    record_arguments: bool,
    /// Calls that were judged and not yet released.
    unreleased: usize,
    strays: Cut,
    id: Vec<u8>,
}

impl Judge {
    pub(super) fn new(setup: Setup, now: Now) -> Self {
        Self {
            session: Session::new(setup.limits.clone()),
            limits: setup.limits,
            calls: Calls::default(),
            gate: Gate::new(setup.handshake_timeout),
            greeting: Greeting::new(now.elapsed),
            lists: Lists::new(setup.pins, setup.observer),
            approve: setup.approve,
            record_arguments: setup.record_arguments,
            unreleased: 0,
            strays: Cut::default(),
            id: Vec::new(),
        }
    }

    /// Whether the server has spoken MCP.
    pub(super) fn has_spoken(&self) -> bool {
        self.gate.is_open()
    }

    /// Whether what it said was something else.
    pub(super) fn is_foreign(&self) -> bool {
        self.gate.is_foreign()
    }

    /// Whether it had time enough and has not, or spoke something else.
    pub(super) fn failed_gate(&self, now: Now) -> bool {
        self.gate.is_foreign() || self.gate.is_late(now.elapsed)
    }

    /// When the gate closes.
    pub(super) fn due(&self) -> Option<Duration> {
        self.gate.due()
    }

    /// Tells the time, once for all that is judged together.
    pub(super) fn tick(&mut self, now: Now) {
        self.session.tick(now.elapsed);
    }

    /// How many calls wait for their receipts; they are taken to be released now.
    pub(super) fn take_unreleased(&mut self) -> usize {
        std::mem::take(&mut self.unreleased)
    }

    /// Output of the server that is no message, in bytes.
    pub(super) fn stray(&mut self, bytes: usize) {
        self.strays.lines += 1;
        self.strays.bytes += bytes as u64;
        self.gate.stray(bytes);
    }

    pub(super) fn client_line(&mut self, line: &[u8], now: Now, journal: &mut Journal) -> Ruling {
        let line = without_end(line);
        if line.is_empty() {
            return Ruling::Drop;
        }
        let message = match parse(line, &self.limits) {
            Ok(message) => message,
            Err(reject) => return self.reject_client(&reject, line.len(), now, journal),
        };
        match self.session.from_client(&message) {
            Verdict::Forward(note) => self.forward_up(&message, note, now, journal),
            verdict => refused(verdict, Direction::ToServer, line.len(), now, journal),
        }
    }

    pub(super) fn server_line(&mut self, line: &[u8], now: Now, journal: &mut Journal) -> Ruling {
        let line = without_end(line);
        // Who failed the gate is about to be ended: what it still says, an echo of our own answers too, counts for nothing.
        if line.is_empty() || self.gate.is_foreign() {
            return Ruling::Drop;
        }
        let message = match parse(line, &self.limits) {
            Ok(message) => message,
            Err(mut reject) => {
                // The reader may have stopped inside the result, before it knew that it is one.
                reject.response |= json::members(line).all(|(key, _)| key != "method");
                return self.reject_server(&reject, line.len(), now, journal);
            }
        };
        match self.session.from_server(&message) {
            Verdict::Forward(note) => {
                self.gate.open();
                match note {
                    Note::Answer(answer) => self.forward_down(&message, &answer, now, journal),
                    _ => Ruling::Pass,
                }
            }
            verdict => {
                if is_greeting(&message) {
                    self.gate.rejected(Blame::Peer);
                }
                let ruling = refused(verdict, Direction::ToClient, line.len(), now, journal);
                match self.gate.is_foreign() {
                    true => Ruling::Drop,
                    false => ruling,
                }
            }
        }
    }

    /// The beginning of a line that is over the limit.
    pub(super) fn long_client_line(
        &mut self,
        head: &[u8],
        now: Now,
        journal: &mut Journal,
    ) -> Ruling {
        let mut reject = Reject::too_long();
        reject.id = leading_id(head);
        self.reject_client(&reject, head.len(), now, journal)
    }

    /// The same from the server: whoever waits for it is told.
    pub(super) fn long_server_line(
        &mut self,
        head: &[u8],
        now: Now,
        journal: &mut Journal,
    ) -> Ruling {
        let mut reject = Reject::too_long();
        reject.id = leading_id(head);
        reject.response = reject.id.is_some();
        self.reject_server(&reject, head.len(), now, journal)
    }

    fn forward_up(
        &mut self,
        message: &Message<'_>,
        note: Note<'_>,
        now: Now,
        journal: &mut Journal,
    ) -> Ruling {
        let Kind::Request { id, params, .. } = &message.kind else {
            return Ruling::Pass;
        };
        self.greeting.of_client(*params);
        if let Note::ToolsCall {
            name,
            arguments,
            ticket,
        } = note
        {
            self.id.clear();
            write_id(id, &mut self.id);
            if let Some(answer) = self.refuse_call(id, &name, now, journal) {
                return Ruling::Answer(answer);
            }
            self.announce_call(&name, arguments.unwrap_or_default(), ticket, now, journal);
        }
        self.gate.asked(now.elapsed);
        Ruling::Pass
    }

    /// The error for a call of a tool that is not approved as it is.
    fn refuse_call(
        &mut self,
        id: &Id<'_>,
        name: &str,
        now: Now,
        journal: &mut Journal,
    ) -> Option<Vec<u8>> {
        let (reason, why) = match self.lists.callable(name) {
            Callable::Yes => return None,
            Callable::Changed => ("changed", "was changed by the server since it was approved"),
            Callable::New => ("new", "is not approved"),
        };
        withdraw(&mut self.session, id);
        let (call, name) = (text(&self.id), brief(name, NAME));
        journal.announce(now, |session| Event::ToolRefused {
            session,
            call,
            tool: name,
            reason,
        });
        let shown = Untrusted::new(name);
        let message = format!("tool `{}` {why}: run `{}`", shown.escaped(), self.approve);
        Some(ended(refusal(Some(id), REFUSED, &message, None)))
    }

    fn announce_call(
        &mut self,
        tool: &str,
        arguments: &[u8],
        ticket: Ticket,
        now: Now,
        journal: &mut Journal,
    ) {
        let call = text(&self.id);
        let record = self.record_arguments && arguments.len() <= ARGUMENTS;
        journal.announce(now, |session| Event::ToolCall {
            session,
            call,
            tool: brief(tool, NAME),
            args_sha256: Sha256::digest(arguments).into(),
            args: record.then(|| text(arguments)),
        });
        self.calls.open(ticket, now.elapsed);
        self.unreleased += 1;
    }

    fn forward_down(
        &mut self,
        message: &Message<'_>,
        answer: &Answer<'_>,
        now: Now,
        journal: &mut Journal,
    ) -> Ruling {
        let result = match &message.kind {
            Kind::Response { result, .. } => Some(*result),
            _ => None,
        };
        self.greeting
            .of_server(&answer.outcome, result, now, journal);
        match (&answer.outcome, message.id()) {
            (Outcome::Tools { result, .. }, Some(id)) => {
                match self.lists.filter(id, result, now, journal) {
                    Some(rebuilt) => Ruling::Replace(ended(rebuilt)),
                    None => Ruling::Pass,
                }
            }
            (outcome, Some(id)) if answer.method == Method::ToolsCall => {
                let (ok, code) = match outcome {
                    Outcome::Result(result) => (!is_error(result), None),
                    Outcome::Error { code, .. } => (false, Some(*code)),
                    _ => (true, None),
                };
                self.tell_outcome(id, answer.ticket, (ok, code), now, journal);
                Ruling::Pass
            }
            _ => Ruling::Pass,
        }
    }

    fn tell_outcome(
        &mut self,
        id: &Id<'_>,
        ticket: Ticket,
        (ok, code): (bool, Option<i64>),
        now: Now,
        journal: &mut Journal,
    ) {
        let micros = self.calls.close(ticket, now.elapsed).unwrap_or_default();
        self.id.clear();
        write_id(id, &mut self.id);
        let call = text(&self.id);
        journal.tell(now, |session| Event::ToolOutcome {
            session,
            call,
            ok,
            code,
            micros,
        });
    }

    fn reject_client(
        &mut self,
        reject: &Reject,
        bytes: usize,
        now: Now,
        journal: &mut Journal,
    ) -> Ruling {
        journal.reject(
            now,
            Direction::ToServer,
            reject.code.as_str(),
            bytes,
            Some(&reject.detail),
        );
        follow(self.session.reject_client(reject))
    }

    fn reject_server(
        &mut self,
        reject: &Reject,
        bytes: usize,
        now: Now,
        journal: &mut Journal,
    ) -> Ruling {
        if reject.blame == Blame::Noise {
            self.stray(bytes);
            return Ruling::Drop;
        }
        self.gate.rejected(reject.blame);
        journal.reject(
            now,
            Direction::ToClient,
            reject.code.as_str(),
            bytes,
            Some(&reject.detail),
        );
        follow(self.session.reject_server(reject))
    }

    /// Errors for all that the client still waits for.
    pub(super) fn answer_open(
        &mut self,
        why: Option<Why>,
        exit: Exit,
        now: Now,
        journal: &mut Journal,
    ) -> Vec<u8> {
        let message = self.ending(why, exit);
        let mut answers = Vec::new();
        let open: Vec<(Id<'static>, Method)> = self.session.unanswered().collect();
        for (id, method) in open {
            answers.extend(ended(refusal(Some(&id), REFUSED, &message, None)));
            if method == Method::ToolsCall {
                self.id.clear();
                write_id(&id, &mut self.id);
                let call = text(&self.id);
                journal.tell(now, |session| Event::ToolOutcome {
                    session,
                    call,
                    ok: false,
                    code: None,
                    micros: 0,
                });
            }
        }
        self.tell_strays(now, journal);
        answers
    }

    fn tell_strays(&mut self, now: Now, journal: &mut Journal) {
        let cut = std::mem::take(&mut self.strays);
        if cut.lines > 0 {
            tell_stray("stdout", cut, now, journal);
        }
        if !self.has_spoken() {
            let reason = self.gate.reason(now.elapsed);
            let micros = micros(now.elapsed.saturating_sub(self.greeting.started()));
            journal.tell(now, |session| Event::HandshakeFailed {
                session,
                reason,
                micros,
            });
        }
    }

    /// What an end means for whoever waits.
    pub(super) fn ending(&self, why: Option<Why>, exit: Exit) -> String {
        match why {
            Some(Why::NotMcp) => self.gate.failure(),
            Some(Why::Unrecorded) => {
                "the audit log cannot be written, so nothing is let through: run `interlock doctor`"
                    .to_owned()
            }
            Some(Why::Stopped) => "interlock was asked to stop".to_owned(),
            _ if self.has_spoken() => format!("the server ended with {exit}"),
            _ => {
                format!("the server ended with {exit} before it spoke MCP; its stderr may say why")
            }
        }
    }
}

/// Records output that was not passed on.
pub(super) fn tell_stray(stream: &'static str, cut: Cut, now: Now, journal: &mut Journal) {
    journal.tell(now, |session| Event::StrayOutput {
        session,
        stream,
        lines: cut.lines,
        bytes: cut.bytes,
    });
}

fn refused(
    verdict: Verdict<'_>,
    direction: Direction,
    bytes: usize,
    now: Now,
    journal: &mut Journal,
) -> Ruling {
    if let Verdict::Answer { reason, .. }
    | Verdict::Replace { reason, .. }
    | Verdict::Drop(reason) = &verdict
    {
        journal.reject(now, direction, reason.as_str(), bytes, None);
    }
    follow(verdict)
}

/// Whether it is a client's first request: what writes that to a client is an echo, not a server.
fn is_greeting(message: &Message<'_>) -> bool {
    let Kind::Request { method, .. } = &message.kind else {
        return false;
    };
    matches!(Method::of(method), Method::Initialize | Method::Discover)
}

fn follow(verdict: Verdict<'_>) -> Ruling {
    match verdict {
        Verdict::Forward(_) => Ruling::Pass,
        Verdict::Answer { reply, .. } => Ruling::Answer(ended(reply)),
        Verdict::Replace { instead, .. } => Ruling::Replace(ended(instead)),
        Verdict::Drop(_) => Ruling::Drop,
    }
}

/// A request that the session let pass does not go to the server after all: no answer of the server can be one to it.
fn withdraw(session: &mut Session, id: &Id<'_>) {
    let mut reject = Reject::too_long();
    reject.code = RejectCode::Shape;
    reject.id = Some(id.clone().into_owned());
    reject.response = true;
    // What the client gets is our own refusal.
    drop(session.reject_server(&reject));
}

/// The id of a message that is cut off, where it stands before what is cut.
fn leading_id(head: &[u8]) -> Option<Id<'static>> {
    let raw = json::members(head).take(4).find(|(key, _)| key == "id")?.1;
    match raw.first()? {
        b'"' => json::as_str(raw).map(|text| Id::Text(text.into_owned().into())),
        _ => std::str::from_utf8(raw).ok()?.parse().ok().map(Id::Number),
    }
}

/// Whether a call's result says that the tool failed. Most say nothing, which is found without walking a large result.
fn is_error(result: &[u8]) -> bool {
    memchr::memmem::find(result, b"\"isError\"").is_some()
        && json::member(result, "isError") == Some(b"true")
}

/// Appends an id as JSON; a small number without an allocation.
fn write_id(id: &Id<'_>, out: &mut Vec<u8>) {
    match id {
        Id::Number(number) => {
            // Writing to a vector cannot fail.
            let _written = std::io::Write::write_fmt(out, format_args!("{number}"));
        }
        Id::Text(_) => id.write(out),
    }
}

fn ended(mut line: Vec<u8>) -> Vec<u8> {
    line.push(b'\n');
    line
}

fn without_end(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

fn text(json: &[u8]) -> &str {
    std::str::from_utf8(json).unwrap_or_default()
}
