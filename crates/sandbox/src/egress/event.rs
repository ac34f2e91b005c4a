//! What happened, told to whoever keeps the audit log.
//!
//! Does: define the events and the sink, and keep a program that repeats itself from flooding the log. Doesn't: write.

use std::collections::HashMap;
use std::net::IpAddr;

/// What was decided, or what became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// A connection that is about to be made. Nothing is sent before the sink has taken this event.
    Allowed,
    /// An allowed connection has ended; the bytes are in the event.
    Closed,
    /// A name was looked up that no rule grants; it was answered "no such name".
    UnknownName,
    /// A granted name was connected to on a port that is not granted with it.
    PortNotGranted,
    /// An address was connected to by number, and no rule grants it.
    AddressNotGranted,
    /// A granted name leads only to addresses that names may not lead to.
    PrivateAddress,
    /// A granted name has no address.
    Unresolvable,
    /// No address of a granted host accepted the connection.
    Unreachable,
    /// The TLS ClientHello names another server than the granted one (domain fronting), or cannot be read.
    ServerNameMismatch,
    /// A limit of the supervisor was reached.
    TooMany,
    /// Learn mode: a name was looked up.
    LearnedName,
    /// Learn mode: a connection was tried, and refused.
    LearnedConnection,
}

impl Verdict {
    /// A stable name for logs.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::Closed => "closed",
            Self::UnknownName => "unknown-name",
            Self::PortNotGranted => "port-not-granted",
            Self::AddressNotGranted => "address-not-granted",
            Self::PrivateAddress => "private-address",
            Self::Unresolvable => "unresolvable",
            Self::Unreachable => "unreachable",
            Self::ServerNameMismatch => "server-name-mismatch",
            Self::TooMany => "too-many",
            Self::LearnedName => "learned-name",
            Self::LearnedConnection => "learned-connection",
        }
    }

    /// Whether the program was kept from something.
    #[must_use]
    pub fn is_refusal(self) -> bool {
        !matches!(self, Self::Allowed | Self::Closed | Self::LearnedName)
    }
}

/// How it was tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Transport {
    /// A look-up at the stub resolver.
    Dns,
    /// A TCP connection.
    Tcp,
    /// A UDP datagram.
    Udp,
}

impl Transport {
    /// A stable name for logs.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Dns => "dns",
            Self::Tcp => "tcp",
            Self::Udp => "udp",
        }
    }
}

/// One thing that the program tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EgressEvent {
    /// The name, lower case; octets that host names do not have are written `\DDD`. None when only a number is known.
    pub name: Option<String>,
    /// The address: outside the sandbox for connections made, as written by the program for refused ones.
    pub addr: Option<IpAddr>,
    /// The port; none for look-ups.
    pub port: Option<u16>,
    /// How it was tried.
    pub transport: Transport,
    /// What was decided.
    pub verdict: Verdict,
    /// Bytes from the program to the host ([`Verdict::Closed`] only).
    pub sent: u64,
    /// Bytes from the host to the program ([`Verdict::Closed`] only).
    pub received: u64,
    /// How often this has happened so far: refusals are told at their 1st, 2nd, 4th, 8th, … time.
    pub times: u64,
}

impl EgressEvent {
    pub(super) fn new(transport: Transport, verdict: Verdict) -> Self {
        Self {
            name: None,
            addr: None,
            port: None,
            transport,
            verdict,
            sent: 0,
            received: 0,
            times: 1,
        }
    }

    pub(super) fn name(self, name: impl Into<String>) -> Self {
        Self {
            name: Some(name.into()),
            ..self
        }
    }

    pub(super) fn addr(self, addr: IpAddr) -> Self {
        Self {
            addr: Some(addr),
            ..self
        }
    }

    pub(super) fn port(self, port: u16) -> Self {
        Self {
            port: Some(port),
            ..self
        }
    }
}

/// The event could not be recorded; what it announces does not happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unrecorded;

/// Where events go. Called on the supervisor's thread, so it should be quick.
pub trait Sink: Send + 'static {
    /// Takes one event.
    ///
    /// # Errors
    /// [`Unrecorded`] when it is lost; an announced connection is then not made.
    fn record(&mut self, event: &EgressEvent) -> Result<(), Unrecorded>;
}

impl<F: FnMut(&EgressEvent) -> Result<(), Unrecorded> + Send + 'static> Sink for F {
    fn record(&mut self, event: &EgressEvent) -> Result<(), Unrecorded> {
        self(event)
    }
}

impl Sink for std::sync::mpsc::SyncSender<EgressEvent> {
    fn record(&mut self, event: &EgressEvent) -> Result<(), Unrecorded> {
        self.try_send(event.clone()).map_err(|_| Unrecorded)
    }
}

/// The most different refusals that are told apart.
const MAX_REFUSALS: usize = 1024;

type Key = (
    Verdict,
    Transport,
    Option<String>,
    Option<IpAddr>,
    Option<u16>,
);

/// Counts what repeats before it reaches the sink, so that a loop in the program is a few lines in the log.
pub(super) struct Journal {
    sink: Box<dyn Sink>,
    seen: HashMap<Key, u64>,
    beyond: u64,
}

impl Journal {
    pub(super) fn new(sink: Box<dyn Sink>) -> Self {
        Self {
            sink,
            seen: HashMap::new(),
            beyond: 0,
        }
    }

    /// Announces or closes a connection: always told.
    pub(super) fn tell(&mut self, event: &EgressEvent) -> Result<(), Unrecorded> {
        self.sink.record(event)
    }

    /// Tells of a refusal or a learned name. A lost one changes nothing for the program, which was refused already.
    pub(super) fn count(&mut self, mut event: EgressEvent) {
        event.times = self.times(&event);
        if event.times.is_power_of_two() {
            let _lost = self.sink.record(&event);
        }
    }

    fn times(&mut self, event: &EgressEvent) -> u64 {
        let key = (
            event.verdict,
            event.transport,
            event.name.clone(),
            event.addr,
            event.port,
        );
        let full = self.seen.len() >= MAX_REFUSALS;
        let counter = match self.seen.get_mut(&key) {
            Some(counter) => counter,
            None if full => &mut self.beyond,
            None => self.seen.entry(key).or_insert(0),
        };
        *counter = counter.saturating_add(1);
        *counter
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::sync_channel;

    use super::*;

    #[test]
    fn repeats_are_told_at_powers_of_two() {
        let (sender, receiver) = sync_channel(64);
        let mut journal = Journal::new(Box::new(sender));
        for _ in 0..1000 {
            journal.count(EgressEvent::new(Transport::Dns, Verdict::UnknownName).name("a"));
        }
        journal.count(EgressEvent::new(Transport::Dns, Verdict::UnknownName).name("b"));
        let times: Vec<u64> = receiver.try_iter().map(|event| event.times).collect();
        assert_eq!(times, [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1]);
    }

    #[test]
    fn different_refusals_are_bounded_together() {
        let (sender, receiver) = sync_channel(4096);
        let mut journal = Journal::new(Box::new(sender));
        for i in 0..MAX_REFUSALS + 1024 {
            let event = EgressEvent::new(Transport::Dns, Verdict::UnknownName);
            journal.count(event.name(i.to_string()));
        }
        assert_eq!(journal.seen.len(), MAX_REFUSALS);
        assert_eq!(receiver.try_iter().count(), MAX_REFUSALS + 11);
    }

    #[test]
    fn a_full_channel_is_said() {
        let (sender, _receiver) = sync_channel(1);
        let mut journal = Journal::new(Box::new(sender));
        let event = EgressEvent::new(Transport::Tcp, Verdict::Allowed).port(1);
        assert_eq!(journal.tell(&event), Ok(()));
        assert_eq!(journal.tell(&event), Err(Unrecorded));
    }

    #[test]
    fn verdicts_have_stable_names() {
        let all = [
            (Verdict::Allowed, "allowed", false),
            (Verdict::Closed, "closed", false),
            (Verdict::UnknownName, "unknown-name", true),
            (Verdict::PortNotGranted, "port-not-granted", true),
            (Verdict::AddressNotGranted, "address-not-granted", true),
            (Verdict::PrivateAddress, "private-address", true),
            (Verdict::Unresolvable, "unresolvable", true),
            (Verdict::Unreachable, "unreachable", true),
            (Verdict::ServerNameMismatch, "server-name-mismatch", true),
            (Verdict::TooMany, "too-many", true),
            (Verdict::LearnedName, "learned-name", false),
            (Verdict::LearnedConnection, "learned-connection", true),
        ];
        for (verdict, name, refusal) in all {
            assert_eq!((verdict.as_str(), verdict.is_refusal()), (name, refusal));
        }
        let transports = [Transport::Dns, Transport::Tcp, Transport::Udp];
        assert_eq!(transports.map(Transport::as_str), ["dns", "tcp", "udp"]);
    }
}
