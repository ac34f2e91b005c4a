//! How a session ends, as a state machine over time: who left, what to do about it, and when it is over.
//!
//! A client that closes gets its server closed at once and gone within two seconds: stdin first, then a
//! request to end, then the end of the whole tree. A server that ended gets its last words read and the
//! client's open requests answered. Nothing here waits; the driver asks what is due.

use std::time::Duration;

/// From closing the server's stdin to asking it to end.
const ASK: Duration = Duration::from_millis(1000);
/// From closing the server's stdin to killing its tree: gone within two seconds, with some room.
const KILL: Duration = Duration::from_millis(1600);
/// What a killed tree may take to be gone.
const GONE: Duration = Duration::from_millis(2000);
/// What an ended server's stdout may take to reach its end.
const DRAIN: Duration = Duration::from_millis(500);
/// What the client may take to read the last answers.
const FLUSH: Duration = Duration::from_millis(1000);

/// Why a session ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Why {
    /// The client closed its end.
    ClientClosed,
    /// We were asked to stop.
    Stopped,
    /// The server failed the handshake gate.
    NotMcp,
    /// The server ended by itself.
    ServerEnded,
    /// A record could not be written.
    Unrecorded,
}

/// What the driver must do now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Act {
    /// Go on.
    Wait,
    /// Ask the server to end.
    Terminate,
    /// End the server's whole tree.
    Kill,
    /// The server is gone and has said all: answer what is open, then [`Life::answered`].
    Answer,
    /// It is over.
    Leave,
}

/// See the module's head.
#[derive(Debug)]
pub(crate) struct Life {
    phase: Phase,
    why: Option<Why>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Running,
    /// The server's stdin is, or is to be, closed since then.
    Closing(Duration),
    /// It was asked to end.
    Asked(Duration),
    /// Its tree was killed.
    Killed(Duration),
    /// It has ended; its stdout is being read to the end.
    Draining(Duration),
    /// The last answers are on their way to the client.
    Flushing(Duration),
    Over,
}

impl Life {
    pub(crate) fn new() -> Self {
        Self {
            phase: Phase::Running,
            why: None,
        }
    }

    /// Why it ends, once it does. The first reason stays.
    pub(crate) fn why(&self) -> Option<Why> {
        self.why
    }

    /// Whether new work is still taken.
    pub(crate) fn is_running(&self) -> bool {
        self.phase == Phase::Running
    }

    /// Whether the server is known to have ended.
    pub(crate) fn is_server_gone(&self) -> bool {
        matches!(
            self.phase,
            Phase::Draining(_) | Phase::Flushing(_) | Phase::Over
        )
    }

    /// Something asks for the end. A reason that leaves no grace skips it.
    pub(crate) fn end(&mut self, why: Why, now: Duration) {
        self.why.get_or_insert(why);
        if self.phase == Phase::Running {
            self.phase = Phase::Closing(now);
        }
        let graceless = matches!(why, Why::NotMcp | Why::Unrecorded);
        if graceless && matches!(self.phase, Phase::Closing(_) | Phase::Asked(_)) {
            self.phase = Phase::Asked(now.saturating_sub(KILL));
        }
    }

    /// Asked to stop again: no more grace.
    pub(crate) fn hurry(&mut self, now: Duration) {
        if matches!(self.phase, Phase::Closing(_) | Phase::Asked(_)) {
            self.phase = Phase::Asked(now.saturating_sub(KILL));
        }
    }

    /// The server's first process has ended.
    pub(crate) fn server_ended(&mut self, now: Duration) {
        self.why.get_or_insert(Why::ServerEnded);
        if !self.is_server_gone() {
            self.phase = Phase::Draining(now);
        }
    }

    /// The open requests are answered.
    pub(crate) fn answered(&mut self, now: Duration) {
        if !matches!(self.phase, Phase::Over) {
            self.phase = Phase::Flushing(now);
        }
    }

    /// What to do now. `drained`: the server's stdout has ended; `flushed`: the client has read everything.
    pub(crate) fn act(&mut self, now: Duration, drained: bool, flushed: bool) -> Act {
        match self.phase {
            Phase::Closing(since) if now >= since + ASK => {
                self.phase = Phase::Asked(since);
                Act::Terminate
            }
            Phase::Asked(since) if now >= since + KILL => {
                self.phase = Phase::Killed(now);
                Act::Kill
            }
            Phase::Killed(since) if now >= since + (GONE - KILL) => Act::Answer,
            Phase::Draining(since) if drained || now >= since + DRAIN => Act::Answer,
            Phase::Flushing(since) if flushed || now >= since + FLUSH => {
                self.phase = Phase::Over;
                Act::Leave
            }
            Phase::Over => Act::Leave,
            _ => Act::Wait,
        }
    }

    /// When [`Life::act`] is to be asked again at the latest.
    pub(crate) fn due(&self) -> Option<Duration> {
        match self.phase {
            Phase::Running => None,
            Phase::Closing(since) => Some(since + ASK),
            Phase::Asked(since) => Some(since + KILL),
            Phase::Killed(since) => Some(since + (GONE - KILL)),
            Phase::Draining(since) => Some(since + DRAIN),
            Phase::Flushing(since) => Some(since + FLUSH),
            Phase::Over => Some(Duration::ZERO),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Duration = Duration::from_secs(1000);

    fn at(millis: u64) -> Duration {
        START + Duration::from_millis(millis)
    }

    /// Acts at every due time until it is over or waits for an event; gives what happened when.
    fn story(life: &mut Life, drained: bool, flushed: bool) -> Vec<(u128, Act)> {
        let mut told = Vec::new();
        let mut now = START;
        for _ in 0..20 {
            match life.act(now, drained, flushed) {
                Act::Wait => match life.due() {
                    Some(due) => now = now.max(due),
                    None => break,
                },
                act => {
                    told.push(((now - START).as_millis(), act));
                    if act == Act::Answer {
                        life.answered(now);
                    }
                    if act == Act::Leave {
                        break;
                    }
                }
            }
        }
        told
    }

    #[test]
    fn a_server_that_does_not_go_is_gone_within_two_seconds() {
        for why in [Why::ClientClosed, Why::Stopped] {
            let mut life = Life::new();
            life.end(why, START);
            assert_eq!(
                story(&mut life, false, true),
                [
                    (1000, Act::Terminate),
                    (1600, Act::Kill),
                    (2000, Act::Answer),
                    (2000, Act::Leave),
                ]
            );
            assert_eq!(life.why(), Some(why));
        }
    }

    #[test]
    fn a_server_that_speaks_something_else_gets_no_grace() {
        let mut life = Life::new();
        life.end(Why::NotMcp, START);
        assert_eq!(story(&mut life, false, true)[0], (0, Act::Kill));
        let mut life = Life::new();
        life.end(Why::Stopped, START);
        life.hurry(START);
        assert_eq!(story(&mut life, false, true)[0], (0, Act::Kill));
    }

    #[test]
    fn a_server_that_ended_is_read_to_the_end() {
        for (drained, flushed, expected) in [
            (true, true, [(0, Act::Answer), (0, Act::Leave)]),
            (false, true, [(500, Act::Answer), (500, Act::Leave)]),
            (true, false, [(0, Act::Answer), (1000, Act::Leave)]),
        ] {
            let mut life = Life::new();
            life.server_ended(START);
            assert_eq!(story(&mut life, drained, flushed), expected);
            assert_eq!(life.why(), Some(Why::ServerEnded));
        }
    }

    #[test]
    fn the_first_reason_stays() {
        let mut life = Life::new();
        assert!(life.is_running() && life.due().is_none());
        life.end(Why::ClientClosed, START);
        life.end(Why::Stopped, at(100));
        assert_eq!(life.due(), Some(at(1000)));
        life.server_ended(at(200));
        assert_eq!(life.why(), Some(Why::ClientClosed));
        assert!(life.is_server_gone() && !life.is_running());
    }
}
