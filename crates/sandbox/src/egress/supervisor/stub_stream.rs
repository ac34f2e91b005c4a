//! The stub resolver over TCP: a length of two octets before each message, one message after the other (RFC 7766).

use std::os::fd::OwnedFd;

use rustix::io::Errno;
use rustix::net::{RecvFlags, SendFlags, recv, send};

use super::connection::{Fate, Shared};
use crate::egress::stub;

/// A message to the stub; longer ones are none of a resolver's.
const MAX_MESSAGE: usize = 1024;

/// Answers what has come, and keeps in `input` what is not complete: less than two messages.
pub(super) fn serve(client: &OwnedFd, input: &mut Vec<u8>, shared: &mut Shared) -> Fate {
    let mut buffer = [0_u8; MAX_MESSAGE];
    match recv(client, &mut buffer, RecvFlags::DONTWAIT) {
        Ok((0, _)) => return Fate::Ended,
        Ok((length, _)) => input.extend_from_slice(buffer.get(..length).unwrap_or_default()),
        Err(Errno::AGAIN) => return Fate::GoesOn,
        Err(_) => return Fate::Reset,
    }
    while let Some((length, rest)) = input.split_first_chunk::<2>() {
        let length = usize::from(u16::from_be_bytes(*length));
        if length > MAX_MESSAGE {
            return Fate::Reset;
        }
        let Some(message) = rest.get(..length) else {
            break;
        };
        let Shared {
            rules,
            names,
            has_v6,
            journal,
            ..
        } = shared;
        let answer = stub::respond(message, rules, names, *has_v6, journal);
        if answer.is_some_and(|answer| !send_prefixed(client, &answer)) {
            return Fate::Reset;
        }
        input.drain(..2 + length);
    }
    Fate::GoesOn
}

/// A program that does not read answers of a few hundred octets does not want them.
fn send_prefixed(to: &OwnedFd, answer: &[u8]) -> bool {
    let mut message = u16::try_from(answer.len())
        .unwrap_or(0)
        .to_be_bytes()
        .to_vec();
    message.extend_from_slice(answer);
    let flags = SendFlags::DONTWAIT | SendFlags::NOSIGNAL;
    send(to, &message, flags) == Ok(message.len())
}
