//! One question to one name server: over UDP, and over TCP when the answer does not fit.

use std::net::SocketAddr;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::io::Errno;
use rustix::net::{
    AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, connect, recv, send, socket_with,
};

use crate::egress::dns::{self, Answer};
use crate::egress::host::HostName;

/// Larger datagrams than we ask for may come all the same.
const MAX_DATAGRAM: usize = 4096;

/// A server that sends more datagrams at once that are no answers is given up.
const MAX_STRAYS: usize = 64;

/// What became of an exchange after its socket was ready.
#[derive(Debug)]
pub(super) enum Turn {
    /// It goes on with the same socket.
    Waiting,
    /// It goes on with another socket, which wants to be polled.
    Moved,
    /// It is over.
    Done(Answer),
}

/// A question that was asked.
#[derive(Debug)]
pub(super) struct Exchange {
    kind: u16,
    id: u16,
    server: SocketAddr,
    socket: OwnedFd,
    tcp: Option<Stream>,
}

/// The state of a question over TCP: what is still to be sent, and what has come.
#[derive(Debug)]
struct Stream {
    unsent: Vec<u8>,
    received: Vec<u8>,
}

impl Exchange {
    /// Asks. The kernel chooses a random source port for a socket that is not bound, and takes datagrams of the
    /// connected server only; with a random id that is what an attacker off the path would have to guess.
    pub(super) fn start(server: SocketAddr, name: &HostName, kind: u16) -> Result<Self, Errno> {
        let id = random_id()?;
        let socket = connected(server, SocketType::DGRAM)?;
        send(
            &socket,
            &dns::write_query(id, name, kind),
            SendFlags::NOSIGNAL,
        )?;
        Ok(Self {
            kind,
            id,
            server,
            socket,
            tcp: None,
        })
    }

    pub(super) fn socket(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }

    /// Goes on after the socket was ready.
    pub(super) fn ready(&mut self, name: &HostName) -> Turn {
        let turn = match &mut self.tcp {
            None => self.read_datagrams(name),
            Some(stream) => read_stream(&self.socket, stream).map(|message| match message {
                None => Turn::Waiting,
                Some(message) => {
                    Turn::Done(match dns::read_answer(&message, self.id, name, self.kind) {
                        None | Some(Answer::Truncated) => Answer::Failed,
                        Some(answer) => answer,
                    })
                }
            }),
        };
        turn.unwrap_or(Turn::Done(Answer::Failed))
    }

    fn read_datagrams(&mut self, name: &HostName) -> Result<Turn, Errno> {
        let mut buffer = [0_u8; MAX_DATAGRAM];
        for _ in 0..MAX_STRAYS {
            let length = match recv(&self.socket, &mut buffer, RecvFlags::DONTWAIT) {
                Ok((length, _)) => length,
                Err(Errno::AGAIN) => return Ok(Turn::Waiting),
                Err(error) => return Err(error),
            };
            let message = buffer.get(..length).unwrap_or_default();
            match dns::read_answer(message, self.id, name, self.kind) {
                None => {} // a stray or forged datagram changes nothing
                Some(Answer::Truncated) => return self.change_to_tcp(name),
                Some(answer) => return Ok(Turn::Done(answer)),
            }
        }
        Ok(Turn::Done(Answer::Failed))
    }

    fn change_to_tcp(&mut self, name: &HostName) -> Result<Turn, Errno> {
        self.id = random_id()?;
        let query = dns::write_query(self.id, name, self.kind);
        let mut unsent = u16::try_from(query.len())
            .unwrap_or(0)
            .to_be_bytes()
            .to_vec();
        unsent.extend(query);
        self.socket = connected(self.server, SocketType::STREAM)?;
        self.tcp = Some(Stream {
            unsent,
            received: Vec::new(),
        });
        Ok(Turn::Moved)
    }
}

/// The message, when all of it has come. A length of two octets bounds it.
fn read_stream(socket: &OwnedFd, stream: &mut Stream) -> Result<Option<Vec<u8>>, Errno> {
    if !stream.unsent.is_empty() {
        match send(
            socket,
            &stream.unsent,
            SendFlags::DONTWAIT | SendFlags::NOSIGNAL,
        ) {
            Ok(sent) => stream.unsent.drain(..sent.min(stream.unsent.len())),
            Err(Errno::AGAIN) => return Ok(None),
            Err(error) => return Err(error),
        };
    }
    let mut buffer = [0_u8; MAX_DATAGRAM];
    loop {
        match recv(socket, &mut buffer, RecvFlags::DONTWAIT) {
            Ok((0, _)) => return Err(Errno::CONNRESET),
            Ok((length, _)) => {
                stream
                    .received
                    .extend_from_slice(buffer.get(..length).unwrap_or_default());
            }
            Err(Errno::AGAIN) => return Ok(None),
            Err(error) => return Err(error),
        }
        if let Some((length, rest)) = stream.received.split_first_chunk::<2>()
            && let Some(message) = rest.get(..usize::from(u16::from_be_bytes(*length)))
        {
            return Ok(Some(message.to_vec()));
        }
    }
}

fn connected(server: SocketAddr, kind: SocketType) -> Result<OwnedFd, Errno> {
    let family = if server.is_ipv4() {
        AddressFamily::INET
    } else {
        AddressFamily::INET6
    };
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let socket = socket_with(family, kind, flags, None)?;
    match connect(&socket, &server) {
        Ok(()) | Err(Errno::INPROGRESS) => Ok(socket),
        Err(error) => Err(error),
    }
}

fn random_id() -> Result<u16, Errno> {
    let mut id = [0_u8; 2];
    rustix::rand::getrandom(&mut id, rustix::rand::GetRandomFlags::empty())?;
    Ok(u16::from_ne_bytes(id))
}

#[cfg(test)]
mod tests;
