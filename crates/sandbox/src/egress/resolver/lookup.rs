//! Both addresses of one name: the hosts file, then each server in turn, IPv4 and IPv6 asked for at once.

use std::net::{IpAddr, SocketAddr};
use std::os::fd::BorrowedFd;
use std::time::{Duration, Instant};

use super::config::Files;
use super::exchange::{Exchange, Turn};
use crate::egress::dns::{A, AAAA, Answer};
use crate::egress::host::HostName;

/// How long the second kind of address is waited for when the first has come (RFC 8305, section 3, is briefer).
const RESOLUTION_DELAY: Duration = Duration::from_millis(250);
/// The most addresses that are tried.
const MAX_ADDRESSES: usize = 16;

/// How far a look-up has come.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::egress) enum Progress {
    /// Its sockets have to be polled; those of the indices given are new.
    Waiting(Vec<usize>),
    /// The addresses, perhaps none, and how long they are good for.
    Done(Vec<IpAddr>, Duration),
}

/// The question for one kind of address.
#[derive(Debug)]
enum Question {
    Open(Option<Exchange>),
    Answered(Vec<IpAddr>, u32),
}

/// A look-up that goes on.
#[derive(Debug)]
pub(in crate::egress) struct Lookup {
    name: HostName,
    /// Servers still to be asked, the last one next.
    servers: Vec<SocketAddr>,
    timeout: Duration,
    next_server: Instant,
    first_answer: Option<Instant>,
    /// IPv6, then IPv4: the order in which the addresses are tried.
    questions: [Question; 2],
    hosts: Option<Vec<IpAddr>>,
}

const KINDS: [u16; 2] = [AAAA, A];

impl Lookup {
    /// Begins; [`Lookup::proceed`] asks the first server.
    pub(in crate::egress) fn start(name: &HostName, files: &Files, now: Instant) -> Self {
        let hosts = Some(files.hosts(name)).filter(|addresses| !addresses.is_empty());
        let mut lookup = Self {
            name: name.clone(),
            servers: Vec::new(),
            timeout: Duration::ZERO,
            next_server: now,
            first_answer: None,
            questions: [Question::Open(None), Question::Open(None)],
            hosts,
        };
        if lookup.hosts.is_none() {
            let servers = files.servers();
            lookup.timeout = servers.timeout;
            lookup.servers = servers.addresses.repeat(servers.attempts);
            lookup.servers.reverse();
        }
        lookup
    }

    /// The socket of a question, for polling.
    pub(in crate::egress) fn socket(&self, index: usize) -> Option<BorrowedFd<'_>> {
        match self.questions.get(index)? {
            Question::Open(exchange) => exchange.as_ref().map(Exchange::socket),
            Question::Answered(..) => None,
        }
    }

    /// The socket of a question was ready.
    pub(in crate::egress) fn ready(&mut self, index: usize, now: Instant) -> Progress {
        let Some(question @ Question::Open(_)) = self.questions.get_mut(index) else {
            return self.proceed(now);
        };
        let turn = match question {
            Question::Open(Some(exchange)) => exchange.ready(&self.name),
            _ => Turn::Waiting,
        };
        match turn {
            Turn::Waiting => {}
            Turn::Moved => return Progress::Waiting(vec![index]),
            Turn::Done(Answer::Addresses { addresses, ttl }) => {
                if !addresses.is_empty() {
                    self.first_answer = self.first_answer.or(Some(now));
                }
                *question = Question::Answered(addresses, ttl);
            }
            // There is no such name at all, whatever kind of address was asked for.
            Turn::Done(Answer::NoSuchName) => {
                self.questions = [const { Question::Answered(Vec::new(), 0) }; 2];
            }
            Turn::Done(_) => *question = Question::Open(None),
        }
        self.proceed(now)
    }

    /// Goes on after time has passed.
    pub(in crate::egress) fn proceed(&mut self, now: Instant) -> Progress {
        if let Some(addresses) = self.hosts.take() {
            return Progress::Done(addresses, Duration::ZERO);
        }
        let is_open = |q: &Question| matches!(q, Question::Open(_));
        let late = self
            .first_answer
            .is_some_and(|first| now >= first + RESOLUTION_DELAY);
        if late || !self.questions.iter().any(is_open) {
            return self.done();
        }
        let is_asked = |q: &Question| matches!(q, Question::Open(Some(_)));
        if now < self.next_server && self.questions.iter().any(is_asked) {
            return Progress::Waiting(Vec::new());
        }
        self.ask_next(now)
    }

    /// Asks the next server that can be asked what is still open.
    fn ask_next(&mut self, now: Instant) -> Progress {
        while let Some(server) = self.servers.pop() {
            let mut started = Vec::new();
            for (index, (question, kind)) in self.questions.iter_mut().zip(KINDS).enumerate() {
                if let Question::Open(exchange) = question {
                    *exchange = Exchange::start(server, &self.name, kind).ok();
                    started.extend(exchange.is_some().then_some(index));
                }
            }
            if !started.is_empty() {
                self.next_server = now + self.timeout;
                return Progress::Waiting(started);
            }
        }
        self.done()
    }

    fn done(&mut self) -> Progress {
        let (mut addresses, mut shortest) = (Vec::new(), u32::MAX);
        for question in &mut self.questions {
            if let Question::Answered(found, ttl) = question {
                addresses.append(found);
                shortest = shortest.min(*ttl);
            }
        }
        addresses.truncate(MAX_ADDRESSES);
        Progress::Done(addresses, Duration::from_secs(shortest.into()))
    }
}

#[cfg(test)]
mod tests;
