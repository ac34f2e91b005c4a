//! One connection of the program, from accept to close.
//!
//! Resolving, connecting, relaying: each is a state with its own sockets. A name's connection carries no byte of the
//! program until its first bytes were judged; the server may speak first meanwhile.

use std::collections::VecDeque;
use std::net::{IpAddr, SocketAddr};
use std::os::fd::{AsFd, OwnedFd};
use std::time::{Duration, Instant};

use rustix::event::epoll::{self, EventFlags};
use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketFlags, SocketType, connect, socket_with, sockopt};

use super::Settings;
use super::judge::{Judgement, judge};
use super::relay::{Flow, pump};
use super::stub_stream;
use super::target::Target;
use super::token::{Part, Token};
use crate::egress::event::{EgressEvent, Journal, Transport, Verdict};
use crate::egress::host::HostName;
use crate::egress::names::NameTable;
use crate::egress::resolver::{Cache, Files, Lookup, Progress};
use crate::egress::rules::{EgressRules, Rule};

/// What all connections share.
pub(super) struct Shared {
    pub(super) epoll: OwnedFd,
    pub(super) rules: EgressRules,
    pub(super) names: NameTable,
    pub(super) has_v6: bool,
    pub(super) journal: Journal,
    pub(super) cache: Cache,
    pub(super) files: Files,
    pub(super) settings: Settings,
    pub(super) scratch: Vec<u8>,
    pub(super) now: Instant,
}

/// Whether a connection goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    GoesOn,
    /// Closed in order: the program sees an end.
    Ended,
    /// The program sees a reset.
    Reset,
}

/// Keeps the supervisor's epoll interest in one socket up to date.
#[derive(Debug, Default)]
struct Interest(Option<EventFlags>);

/// Its place among the connections, for tokens.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub(super) slot: usize,
    pub(super) generation: u32,
}

/// A connection.
pub(super) struct Connection {
    place: Place,
    client: OwnedFd,
    client_interest: Interest,
    /// None for a connection by number.
    name: Option<(HostName, Rule)>,
    port: u16,
    state: State,
    deadline: Instant,
}

enum State {
    Stub(Vec<u8>),
    Resolving(Box<Lookup>),
    Connecting(Connecting),
    Relaying(Relay),
}

struct Connecting {
    server: Option<OwnedFd>,
    addr: Option<IpAddr>,
    rest: VecDeque<IpAddr>,
    give_up: Instant,
}

struct Relay {
    server: OwnedFd,
    server_interest: Interest,
    addr: IpAddr,
    up: Flow,
    down: Flow,
    /// The program's first bytes may be sent.
    judged: bool,
    finished_sending: bool,
    /// A part of a ClientHello waits for the rest.
    begun: bool,
}

impl Connection {
    /// Begins a connection to what was decided.
    pub(super) fn new(
        place: Place,
        client: OwnedFd,
        target: Target,
        port: u16,
        shared: &mut Shared,
    ) -> Self {
        let deadline = shared.now + shared.settings.patience;
        let connecting = |addresses: Vec<IpAddr>| {
            State::Connecting(Connecting {
                server: None,
                addr: None,
                rest: addresses.into(),
                give_up: shared.now,
            })
        };
        let (name, state) = match target {
            Target::Stub => (None, State::Stub(Vec::new())),
            Target::Addresses(addresses) => (None, connecting(addresses)),
            Target::Name(name, rule) => {
                let lookup = Lookup::start(&name, &shared.files, shared.now);
                (Some((name, rule)), State::Resolving(Box::new(lookup)))
            }
        };
        let client_interest = Interest::default();
        Self {
            place,
            client,
            client_interest,
            name,
            port,
            state,
            deadline,
        }
    }

    /// The first step, once it has its slot.
    pub(super) fn begin(&mut self, shared: &mut Shared) -> Fate {
        let flags = match self.state {
            State::Stub(_) => EventFlags::IN,
            // Edges, so that bytes which must wait do not wake the loop again and again.
            _ => EventFlags::IN | EventFlags::RDHUP | EventFlags::ET,
        };
        if self.watch_client(shared, flags).is_err() {
            return Fate::Reset;
        }
        match &self.name {
            Some((name, _)) => match shared.cache.get(name, shared.now) {
                Some(addresses) => self.resolved(addresses, shared),
                None => self.lookup(shared, |lookup, now| lookup.proceed(now)),
            },
            None if matches!(self.state, State::Stub(_)) => self.serve_stub(shared),
            None => self.connect_next(shared),
        }
    }

    /// A socket of this connection became ready.
    pub(super) fn ready(&mut self, part: Part, flags: EventFlags, shared: &mut Shared) -> Fate {
        let gone = flags.intersects(EventFlags::ERR | EventFlags::HUP);
        match (&mut self.state, part) {
            (State::Stub(_), Part::Client) => self.serve_stub(shared),
            (State::Resolving(_), Part::Lookup(index)) => {
                self.lookup(shared, |lookup, now| lookup.ready(index, now))
            }
            (State::Connecting(_), Part::Server) => self.connected(shared),
            (State::Relaying(relay), _) => {
                let finished = part == Part::Client && flags.contains(EventFlags::RDHUP);
                relay.finished_sending |= finished;
                self.relay(shared)
            }
            (_, Part::Client) if gone => Fate::Reset,
            _ => Fate::GoesOn,
        }
    }

    /// Time has passed.
    pub(super) fn tick(&mut self, shared: &mut Shared) -> Fate {
        if shared.now >= self.deadline {
            return self.timed_out(shared);
        }
        match &self.state {
            State::Resolving(_) => self.lookup(shared, |lookup, now| lookup.proceed(now)),
            State::Connecting(connecting) if shared.now >= connecting.give_up => {
                self.connect_next(shared)
            }
            _ => Fate::GoesOn,
        }
    }

    /// Whether deadlines of seconds apply to it, not only the one for idleness.
    pub(super) fn is_hasty(&self) -> bool {
        !matches!(&self.state, State::Relaying(relay) if relay.judged || !relay.begun)
    }

    fn timed_out(&mut self, shared: &mut Shared) -> Fate {
        match &self.state {
            State::Stub(_) => {}
            State::Resolving(_) => shared
                .journal
                .count(self.event(Verdict::Unresolvable, None)),
            State::Connecting(_) => shared.journal.count(self.event(Verdict::Unreachable, None)),
            State::Relaying(_) => return self.close(shared, Fate::Reset),
        }
        Fate::Reset
    }

    fn event(&self, verdict: Verdict, addr: Option<IpAddr>) -> EgressEvent {
        let event = EgressEvent::new(Transport::Tcp, verdict).port(self.port);
        let name = self.name.as_ref().map(|(name, _)| name.as_str().to_owned());
        EgressEvent {
            name,
            addr,
            ..event
        }
    }

    fn token(&self, part: Part) -> Token {
        Token::Connection {
            slot: self.place.slot,
            generation: self.place.generation,
            part,
        }
    }

    fn watch_client(&mut self, shared: &Shared, flags: EventFlags) -> Result<(), Errno> {
        let token = self.token(Part::Client);
        self.client_interest.set(shared, &self.client, token, flags)
    }

    fn lookup(
        &mut self,
        shared: &mut Shared,
        step: impl FnOnce(&mut Lookup, Instant) -> Progress,
    ) -> Fate {
        let place = self.place;
        let State::Resolving(lookup) = &mut self.state else {
            return Fate::GoesOn;
        };
        match step(lookup, shared.now) {
            Progress::Waiting(new) => {
                for index in new {
                    let part = Part::Lookup(index);
                    let token = Token::Connection {
                        slot: place.slot,
                        generation: place.generation,
                        part,
                    };
                    let flags = EventFlags::IN | EventFlags::OUT | EventFlags::ET;
                    let watched = lookup
                        .socket(index)
                        .map(|socket| epoll::add(&shared.epoll, socket, token.data(), flags));
                    if !matches!(watched, Some(Ok(()))) {
                        return Fate::Reset;
                    }
                }
                Fate::GoesOn
            }
            Progress::Done(addresses, ttl) => {
                if let Some((name, _)) = &self.name
                    && !addresses.is_empty()
                {
                    shared.cache.put(name, &addresses, ttl, shared.now);
                }
                self.resolved(addresses, shared)
            }
        }
    }

    /// INVARIANT: only addresses that the rule may be followed to go any further.
    fn resolved(&mut self, mut addresses: Vec<IpAddr>, shared: &mut Shared) -> Fate {
        let first = addresses.first().copied();
        if let Some((_, rule)) = &self.name {
            addresses.retain(|address| rule.may_follow_to(*address));
        }
        if addresses.is_empty() {
            let verdict = if first.is_some() {
                Verdict::PrivateAddress
            } else {
                Verdict::Unresolvable
            };
            shared.journal.count(self.event(verdict, first));
            return Fate::Reset;
        }
        self.state = State::Connecting(Connecting {
            server: None,
            addr: None,
            rest: addresses.into(),
            give_up: shared.now,
        });
        self.connect_next(shared)
    }

    /// Begins to connect to the next address that can be tried at all.
    fn connect_next(&mut self, shared: &mut Shared) -> Fate {
        loop {
            let State::Connecting(connecting) = &mut self.state else {
                return Fate::GoesOn;
            };
            connecting.server = None;
            let last = connecting.addr;
            let Some(addr) = connecting.rest.pop_front() else {
                shared.journal.count(self.event(Verdict::Unreachable, last));
                return Fate::Reset;
            };
            connecting.addr = Some(addr);
            let parts = if connecting.rest.is_empty() { 1 } else { 3 };
            connecting.give_up = shared.now + shared.settings.connect_timeout / parts;
            // Promise 4: what is about to happen is on record before it happens.
            if shared
                .journal
                .tell(&self.event(Verdict::Allowed, Some(addr)))
                .is_err()
            {
                return Fate::Reset;
            }
            let token = self.token(Part::Server);
            if let Ok(socket) = start_connecting(addr, self.port)
                && epoll::add(&shared.epoll, &socket, token.data(), EventFlags::OUT).is_ok()
                && let State::Connecting(connecting) = &mut self.state
            {
                connecting.server = Some(socket);
                return Fate::GoesOn;
            }
        }
    }

    fn connected(&mut self, shared: &mut Shared) -> Fate {
        let State::Connecting(connecting) = &mut self.state else {
            return Fate::GoesOn;
        };
        let (Some(server), Some(addr)) = (connecting.server.take(), connecting.addr) else {
            return Fate::GoesOn;
        };
        if !matches!(sockopt::socket_error(&server), Ok(Ok(()))) {
            drop(server);
            return self.connect_next(shared);
        }
        if let Some((name, _)) = &self.name {
            shared.cache.prefer(name, addr);
        }
        for socket in [&self.client, &server] {
            // Neither matters enough to end the connection where it fails.
            let _ = sockopt::set_tcp_nodelay(socket, true);
            let _ = sockopt::set_socket_keepalive(socket, true);
        }
        self.state = State::Relaying(Relay {
            server,
            server_interest: Interest(Some(EventFlags::OUT)),
            addr,
            up: Flow::default(),
            down: Flow::default(),
            // Who granted an address granted whatever answers there; only a name can be contradicted.
            judged: self.name.is_none(),
            finished_sending: false,
            begun: false,
        });
        self.deadline = shared.now + shared.settings.idle;
        self.relay(shared)
    }

    fn relay(&mut self, shared: &mut Shared) -> Fate {
        let State::Relaying(relay) = &mut self.state else {
            return Fate::GoesOn;
        };
        let before = relay.up.bytes + relay.down.bytes;
        if let Some((name, _)) = &self.name
            && !relay.judged
        {
            let (client, finished) = (self.client.as_fd(), relay.finished_sending);
            match judge(client, finished, name, &mut shared.scratch) {
                Ok(Judgement::Passes) => relay.judged = true,
                Ok(Judgement::Unknown) => {}
                Ok(Judgement::Begun) => {
                    relay.begun = true;
                    let until = shared.now + shared.settings.patience;
                    self.deadline = self.deadline.min(until);
                }
                Ok(Judgement::Refused) => {
                    let addr = relay.addr;
                    shared
                        .journal
                        .count(self.event(Verdict::ServerNameMismatch, Some(addr)));
                    return self.close(shared, Fate::Reset);
                }
                Err(_) => return self.close(shared, Fate::Reset),
            }
        }
        let (client, server) = (self.client.as_fd(), relay.server.as_fd());
        let mut moved = pump(server, client, &mut shared.scratch, &mut relay.down);
        if relay.judged && moved.is_ok() {
            moved = pump(client, server, &mut shared.scratch, &mut relay.up);
        }
        if moved.is_err() {
            return self.close(shared, Fate::Reset);
        }
        if relay.up.done && relay.down.done {
            return self.close(shared, Fate::Ended);
        }
        if relay.judged && relay.up.bytes + relay.down.bytes != before {
            self.deadline = shared.now + idle_limit(relay, &shared.settings);
        } else if relay.up.done || relay.down.done {
            self.deadline = self
                .deadline
                .min(shared.now + shared.settings.half_closed_idle);
        }
        match self.update_interest(shared) {
            Ok(()) => Fate::GoesOn,
            Err(_) => self.close(shared, Fate::Reset),
        }
    }

    fn update_interest(&mut self, shared: &Shared) -> Result<(), Errno> {
        let (client, server) = (self.token(Part::Client), self.token(Part::Server));
        let State::Relaying(relay) = &mut self.state else {
            return Ok(());
        };
        let when = |condition, flags| {
            if condition {
                flags
            } else {
                EventFlags::empty()
            }
        };
        let reads = |flow: &Flow| when(!flow.done && !flow.blocked, EventFlags::IN);
        let writes = |flow: &Flow| when(!flow.done && flow.blocked, EventFlags::OUT);
        let of_client = if relay.judged {
            reads(&relay.up) | writes(&relay.down)
        } else {
            EventFlags::IN | EventFlags::RDHUP | EventFlags::ET | writes(&relay.down)
        };
        let of_server = reads(&relay.down) | writes(&relay.up);
        self.client_interest
            .set(shared, &self.client, client, of_client)?;
        relay
            .server_interest
            .set(shared, &relay.server, server, of_server)
    }

    /// Tells of the end and makes a reset of it where it was not in order.
    fn close(&mut self, shared: &mut Shared, fate: Fate) -> Fate {
        if let State::Relaying(relay) = &self.state {
            let event = EgressEvent {
                sent: relay.up.bytes,
                received: relay.down.bytes,
                ..self.event(Verdict::Closed, Some(relay.addr))
            };
            // It has happened; a full sink cannot undo it.
            let _lost = shared.journal.tell(&event);
            if fate == Fate::Reset {
                reset_on_close(&relay.server);
            }
        }
        fate
    }

    fn serve_stub(&mut self, shared: &mut Shared) -> Fate {
        match &mut self.state {
            State::Stub(input) => stub_stream::serve(&self.client, input, shared),
            _ => Fate::GoesOn,
        }
    }

    /// Ends the program's side.
    pub(super) fn finish(self, fate: Fate) {
        if fate == Fate::Reset {
            reset_on_close(&self.client);
        }
    }
}

fn idle_limit(relay: &Relay, settings: &Settings) -> Duration {
    if relay.up.done || relay.down.done {
        settings.half_closed_idle
    } else {
        settings.idle
    }
}

fn start_connecting(addr: IpAddr, port: u16) -> Result<OwnedFd, Errno> {
    let family = if addr.is_ipv4() {
        AddressFamily::INET
    } else {
        AddressFamily::INET6
    };
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let socket = socket_with(family, SocketType::STREAM, flags, None)?;
    match connect(&socket, &SocketAddr::new(addr, port)) {
        Ok(()) | Err(Errno::INPROGRESS) => Ok(socket),
        Err(error) => Err(error),
    }
}

/// Closing a socket that lingers for no time sends a reset (socket(7), SO_LINGER).
pub(super) fn reset_on_close(socket: &OwnedFd) {
    let _ = sockopt::set_socket_linger(socket, Some(Duration::ZERO));
}

impl Interest {
    /// A socket without interest is taken out, for errors and hang-ups are told whether asked for or not.
    fn set(
        &mut self,
        shared: &Shared,
        socket: &OwnedFd,
        token: Token,
        wanted: EventFlags,
    ) -> Result<(), Errno> {
        let wanted = Some(wanted).filter(|flags| !flags.is_empty());
        match (self.0, wanted) {
            (current, wanted) if current == wanted => return Ok(()),
            (None, Some(flags)) => epoll::add(&shared.epoll, socket, token.data(), flags)?,
            (Some(_), Some(flags)) => epoll::modify(&shared.epoll, socket, token.data(), flags)?,
            (_, None) => epoll::delete(&shared.epoll, socket)?,
        }
        self.0 = wanted;
        Ok(())
    }
}
