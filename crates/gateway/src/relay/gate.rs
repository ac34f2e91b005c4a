//! The handshake gate: until a server has said something that is MCP, it is on trial.

use std::time::Duration;

use interlock_audit::Event;
use interlock_wire::session::Outcome;
use interlock_wire::{Blame, Revision, json};

use crate::clock::Now;
use crate::journal::Journal;

/// Lines that are no messages, and their bytes, that a server may write before its first message: banners.
const BANNER_LINES: usize = 256;
const BANNER_BYTES: usize = 64 * 1024;

/// A name or version of a peer is recorded up to this length.
const NAME: usize = 120;

/// See the module's head. The time runs from the client's first request: before it, a server has nothing to say.
#[derive(Debug)]
pub(super) struct Gate {
    timeout: Duration,
    state: State,
    lines: usize,
    bytes: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Unasked,
    Asked(Duration),
    Open,
    Foreign,
}

impl Gate {
    pub(super) fn new(timeout: Duration) -> Self {
        Self {
            timeout,
            state: State::Unasked,
            lines: 0,
            bytes: 0,
        }
    }

    /// A request of the client is on its way to the server.
    pub(super) fn asked(&mut self, now: Duration) {
        if self.state == State::Unasked {
            self.state = State::Asked(now);
        }
    }

    /// The server said something that may go on.
    pub(super) fn open(&mut self) {
        if self.state != State::Foreign {
            self.state = State::Open;
        }
    }

    /// The server wrote a line that is no message.
    pub(super) fn stray(&mut self, bytes: usize) {
        self.lines += 1;
        self.bytes = self.bytes.saturating_add(bytes);
        let too_much = self.lines > BANNER_LINES || self.bytes > BANNER_BYTES;
        if too_much && self.state != State::Open {
            self.state = State::Foreign;
        }
    }

    /// The server wrote JSON that is no message of MCP.
    pub(super) fn rejected(&mut self, blame: Blame) {
        if self.state != State::Open && blame == Blame::Peer {
            self.state = State::Foreign;
        }
    }

    pub(super) fn is_open(&self) -> bool {
        self.state == State::Open
    }

    pub(super) fn is_foreign(&self) -> bool {
        self.state == State::Foreign
    }

    pub(super) fn is_late(&self, now: Duration) -> bool {
        self.due().is_some_and(|due| now >= due)
    }

    pub(super) fn due(&self) -> Option<Duration> {
        match self.state {
            State::Asked(since) => Some(since + self.timeout),
            _ => None,
        }
    }

    /// The reason code of a failure, for the log.
    pub(super) fn reason(&self, now: Duration) -> &'static str {
        match self.state {
            State::Foreign => "not-mcp",
            _ if self.is_late(now) => "timeout",
            _ => "exited",
        }
    }

    /// What the client is told when it failed.
    pub(super) fn failure(&self) -> String {
        if self.is_foreign() {
            return "the server wrote something that is not MCP, and was stopped".to_owned();
        }
        let seconds = self.timeout.as_secs();
        format!("the server did not speak MCP within {seconds} s, and was stopped")
    }
}

/// Who met whom, recorded once.
#[derive(Debug)]
pub(super) struct Greeting {
    started: Duration,
    client: Option<String>,
    done: bool,
}

impl Greeting {
    pub(super) fn new(started: Duration) -> Self {
        Self {
            started,
            client: None,
            done: false,
        }
    }

    /// Remembers how the client calls itself.
    pub(super) fn of_client(&mut self, params: Option<&[u8]>) {
        if self.done || self.client.is_some() {
            return;
        }
        let Some(params) = params else { return };
        let modern = || {
            let meta = json::member(params, "_meta")?;
            json::member(meta, "io.modelcontextprotocol/clientInfo")
        };
        let info = json::member(params, "clientInfo").or_else(modern);
        self.client = info.and_then(|info| short(info, "name"));
    }

    /// When the server was started.
    pub(super) fn started(&self) -> Duration {
        self.started
    }

    /// Records the greeting when an answer is one: of `initialize`, of `server/discover`, or the first result of all in
    /// the era that needs neither.
    pub(super) fn of_server(
        &mut self,
        outcome: &Outcome<'_>,
        result: Option<&[u8]>,
        now: Now,
        journal: &mut Journal,
    ) {
        let version = match outcome {
            _ if self.done => return,
            Outcome::Error { .. } => return,
            Outcome::Initialized { revision } => *revision,
            _ => Revision::V2026_07_28,
        };
        self.done = true;
        let micros = now.elapsed.saturating_sub(self.started).as_micros();
        let client = self.client.take();
        let server = result.and_then(|result| short(json::member(result, "serverInfo")?, "name"));
        journal.tell(now, |session| Event::Handshake {
            session,
            version: version.name(),
            client: client.as_deref(),
            server: server.as_deref(),
            micros: u64::try_from(micros).unwrap_or(u64::MAX),
        });
    }
}

fn short(object: &[u8], name: &str) -> Option<String> {
    let text = json::as_str(json::member(object, name)?)?;
    Some(text.chars().take(NAME).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Duration = Duration::from_secs(100);
    const TIMEOUT: Duration = Duration::from_secs(30);

    #[test]
    fn the_time_runs_from_the_first_request() {
        let mut gate = Gate::new(TIMEOUT);
        assert!(gate.due().is_none() && !gate.is_late(START + TIMEOUT * 10));
        gate.asked(START);
        gate.asked(START + TIMEOUT / 2);
        assert_eq!(gate.due(), Some(START + TIMEOUT));
        assert!(!gate.is_late(START + TIMEOUT - Duration::from_millis(1)));
        assert!(gate.is_late(START + TIMEOUT));
        gate.open();
        assert!(gate.is_open() && !gate.is_late(START + TIMEOUT * 2));
    }

    #[test]
    fn a_banner_is_borne_and_a_flood_is_not() {
        let mut gate = Gate::new(TIMEOUT);
        for _ in 0..BANNER_LINES {
            gate.stray(10);
        }
        assert!(!gate.is_foreign());
        gate.stray(10);
        assert!(gate.is_foreign());

        let mut gate = Gate::new(TIMEOUT);
        gate.stray(BANNER_BYTES + 1);
        assert!(gate.is_foreign());
        assert!(gate.failure().contains("not MCP"));
    }

    #[test]
    fn after_the_handshake_strays_are_only_counted() {
        let mut gate = Gate::new(TIMEOUT);
        gate.open();
        for _ in 0..BANNER_LINES * 2 {
            gate.stray(1000);
        }
        gate.rejected(Blame::Peer);
        assert!(gate.is_open());
    }

    #[test]
    fn json_of_another_protocol_is_found_out() {
        let mut gate = Gate::new(TIMEOUT);
        gate.rejected(Blame::Limits);
        assert!(!gate.is_foreign());
        gate.rejected(Blame::Peer);
        assert!(gate.is_foreign());
        gate.open();
        assert!(gate.is_foreign(), "once found out, it stays so");
    }
}
