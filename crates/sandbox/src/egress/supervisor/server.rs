//! The poll loop.

use std::mem::MaybeUninit;
use std::os::fd::{AsFd, OwnedFd};
use std::time::{Duration, Instant};

use rustix::event::Timespec;
use rustix::event::epoll::{self, Event, EventFlags};
use rustix::io::Errno;
use rustix::net::{
    RecvFlags, SendFlags, SocketFlags, accept_with, getsockname, recv, recvfrom, sendto,
};

use super::Settings;
use super::connection::{Connection, Fate, Place, Shared, reset_on_close};
use super::receive::{Received, StartError};
use super::relay::CHUNK;
use super::target::{Target, decide, plain, refusal};
use super::token::Token;
use crate::egress::event::{EgressEvent, Journal, Sink, Transport, Verdict};
use crate::egress::names::NameTable;
use crate::egress::resolver::Cache;
use crate::egress::rules::EgressRules;
use crate::egress::{stub, watch};

/// How often deadlines are looked at while a connection is being made.
const HASTY: Duration = Duration::from_millis(50);
/// How often otherwise.
const LEISURELY: Duration = Duration::from_secs(5);
/// What one socket may do before others have their turn.
const BATCH: usize = 64;
const EVENTS: usize = 128;
const MAX_QUERY: usize = 4096;

/// A place for a connection.
#[derive(Default)]
struct Slot {
    generation: u32,
    connection: Option<Connection>,
}

/// Everything that one sandbox's supervisor has.
pub(super) struct Server {
    shared: Shared,
    dns: OwnedFd,
    listeners: Vec<OwnedFd>,
    watches: Vec<OwnedFd>,
    stop: OwnedFd,
    slots: Vec<Slot>,
    free: Vec<usize>,
    /// Whether connections are accepted: not for a while after descriptors ran out.
    accepting: bool,
    next_tick: Option<Instant>,
}

impl Server {
    pub(super) fn new(
        received: Received,
        rules: EgressRules,
        settings: Settings,
        sink: Box<dyn Sink>,
        stop: OwnedFd,
    ) -> Result<Self, StartError> {
        let mut listeners = received.listeners;
        listeners.extend(received.dns_tcp);
        let shared = Shared {
            epoll: epoll::create(epoll::CreateFlags::CLOEXEC)?,
            rules,
            names: NameTable::default(),
            has_v6: received.has_v6,
            journal: Journal::new(sink),
            cache: Cache::default(),
            files: settings.files(),
            settings,
            scratch: vec![0; CHUNK],
            now: clock(),
        };
        let server = Self {
            shared,
            dns: received.dns,
            listeners,
            watches: received.watches,
            stop,
            slots: Vec::new(),
            free: Vec::new(),
            accepting: true,
            next_tick: None,
        };
        server.listen(&server.stop, Token::Stop)?;
        server.listen(&server.dns, Token::Dns)?;
        for (index, watch) in server.watches.iter().enumerate() {
            server.listen(watch, Token::Watch(index))?;
        }
        server.listen_all()?;
        Ok(server)
    }

    fn listen(&self, socket: &OwnedFd, token: Token) -> Result<(), Errno> {
        epoll::add(&self.shared.epoll, socket, token.data(), EventFlags::IN)
    }

    fn listen_all(&self) -> Result<(), Errno> {
        let mut listeners = self.listeners.iter().enumerate();
        listeners.try_for_each(|(index, socket)| self.listen(socket, Token::Listener(index)))
    }

    /// Serves until told to stop, or until the kernel refuses to be polled.
    pub(super) fn run(mut self) {
        let mut buffer = [MaybeUninit::<Event>::uninit(); EVENTS];
        loop {
            let timeout = self.timeout();
            let events = match epoll::wait(&self.shared.epoll, &mut buffer, timeout.as_ref()) {
                Ok((events, _)) => events,
                Err(Errno::INTR) => continue,
                Err(_) => return,
            };
            self.shared.now = clock();
            for event in events {
                match Token::from_data(event.data) {
                    Some(Token::Stop) => return,
                    Some(token) => self.handle(token, event.flags),
                    None => {}
                }
            }
            self.tick();
        }
    }

    fn handle(&mut self, token: Token, flags: EventFlags) {
        match token {
            Token::Stop => {}
            Token::Dns => self.answer_queries(),
            Token::Listener(index) => self.accept(index),
            Token::Watch(index) => self.note_refusals(index),
            Token::Connection {
                slot,
                generation,
                part,
            } => {
                self.step(slot, generation, |connection, shared| {
                    connection.ready(part, flags, shared)
                });
            }
        }
    }

    /// Lets a connection take a step, and frees its slot when that was the last one.
    fn step(
        &mut self,
        index: usize,
        generation: u32,
        step: impl FnOnce(&mut Connection, &mut Shared) -> Fate,
    ) {
        let Some(slot) = self
            .slots
            .get_mut(index)
            .filter(|s| s.generation == generation)
        else {
            return;
        };
        let Some(connection) = &mut slot.connection else {
            return;
        };
        let fate = step(connection, &mut self.shared);
        let hasty = connection.is_hasty();
        if fate == Fate::GoesOn {
            self.tick_within(if hasty { HASTY } else { LEISURELY });
        } else if let Some(connection) = slot.connection.take() {
            connection.finish(fate);
            slot.generation = slot.generation.wrapping_add(1);
            self.free.push(index);
        }
    }

    fn tick_within(&mut self, delay: Duration) {
        let at = self.shared.now + delay;
        self.next_tick = Some(self.next_tick.map_or(at, |next| next.min(at)));
    }

    fn timeout(&self) -> Option<Timespec> {
        let left = self.next_tick?.saturating_duration_since(self.shared.now);
        Timespec::try_from(left + Duration::from_millis(1)).ok()
    }

    fn tick(&mut self) {
        if self.next_tick.is_none_or(|at| self.shared.now < at) {
            return;
        }
        self.next_tick = None;
        for index in 0..self.slots.len() {
            if let Some(generation) = self.slots.get(index).map(|slot| slot.generation) {
                self.step(index, generation, Connection::tick);
            }
        }
        if !self.accepting {
            self.accepting = self.listen_all().is_ok();
            self.tick_within(LEISURELY);
        }
    }

    fn answer_queries(&mut self) {
        let mut buffer = [0_u8; MAX_QUERY];
        for _ in 0..BATCH {
            let received = recvfrom(&self.dns, &mut buffer, RecvFlags::DONTWAIT);
            let Ok((length, _, Some(from))) = received else {
                return;
            };
            let shared = &mut self.shared;
            let answer = stub::respond(
                buffer.get(..length).unwrap_or_default(),
                &shared.rules,
                &mut shared.names,
                shared.has_v6,
                &mut shared.journal,
            );
            if let Some(answer) = answer {
                // A datagram that does not fit is lost, as datagrams are.
                let _ = sendto(&self.dns, &answer, SendFlags::DONTWAIT, &from);
            }
        }
    }

    fn note_refusals(&mut self, index: usize) {
        let mut buffer = [0_u8; watch::PACKET];
        for _ in 0..BATCH {
            let Some(socket) = self.watches.get(index) else {
                return;
            };
            let Ok((length, _)) = recv(socket, &mut buffer, RecvFlags::DONTWAIT) else {
                return;
            };
            let Some(attempt) = watch::attempt(buffer.get(..length).unwrap_or_default()) else {
                continue;
            };
            let Shared {
                rules,
                names,
                journal,
                ..
            } = &mut self.shared;
            journal.count(refusal(
                attempt.transport,
                (attempt.addr, attempt.port),
                rules,
                names,
            ));
        }
    }

    fn accept(&mut self, index: usize) {
        for _ in 0..BATCH {
            let Some(listener) = self.listeners.get(index) else {
                return;
            };
            let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
            match accept_with(listener, flags) {
                Ok(client) => self.admit(client),
                Err(Errno::CONNABORTED | Errno::INTR) => {}
                Err(Errno::MFILE | Errno::NFILE | Errno::NOBUFS | Errno::NOMEM) => {
                    self.pause_accepting();
                    return;
                }
                Err(_) => return,
            }
        }
    }

    /// Without descriptors, a waiting connection would wake the loop again and again.
    fn pause_accepting(&mut self) {
        self.shared
            .journal
            .count(EgressEvent::new(Transport::Tcp, Verdict::TooMany));
        for listener in &self.listeners {
            let _ = epoll::delete(&self.shared.epoll, listener.as_fd());
        }
        self.accepting = false;
        self.tick_within(HASTY);
    }

    fn admit(&mut self, client: OwnedFd) {
        let local = getsockname(&client)
            .ok()
            .and_then(|local| local.try_into().ok());
        let Some(to) = local.map(plain) else { return };
        let decided = decide(to, &self.shared.rules, &self.shared.names);
        let full = self.slots.len() - self.free.len() >= self.shared.settings.max_connections;
        let target = match decided {
            Ok(target) if !full => target,
            Ok(_) => {
                let (addr, port) = to;
                let event = EgressEvent::new(Transport::Tcp, Verdict::TooMany);
                self.shared.journal.count(event.addr(addr).port(port));
                return reset_on_close(&client);
            }
            Err(event) => {
                self.shared.journal.count(event);
                return reset_on_close(&client);
            }
        };
        self.place(client, target, to.1);
    }

    fn place(&mut self, client: OwnedFd, target: Target, port: u16) {
        let index = self.free.pop().unwrap_or_else(|| {
            self.slots.push(Slot::default());
            self.slots.len() - 1
        });
        let Some(slot) = self.slots.get_mut(index) else {
            return;
        };
        let generation = slot.generation;
        let place = Place {
            slot: index,
            generation,
        };
        slot.connection = Some(Connection::new(
            place,
            client,
            target,
            port,
            &mut self.shared,
        ));
        self.step(index, generation, Connection::begin);
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the supervisor is an edge: it serves real sockets"
)]
fn clock() -> Instant {
    Instant::now()
}
