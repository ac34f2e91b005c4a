//! Packets of Git's protocol: four hexadecimal digits of length, then bytes. And the three streams that a host sends in them.

use super::RemoteError;
use crate::http::interrupted;
use std::io::{self, Read};

/// Longest packet, its length included.
const MAX: usize = 65_520;

/// What is read.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Packet {
    /// `0000`: the end of a message.
    Flush,
    /// `0001`: the end of a section.
    Delimiter,
    /// Bytes.
    Data(Vec<u8>),
}

/// Reads packets.
pub(super) struct Packets<R> {
    inner: R,
    limit: u64,
}

impl<R: Read> Packets<R> {
    /// Of an answer that has at most `limit` bytes.
    pub(super) fn new(inner: R, limit: u64) -> Self {
        Self { inner, limit }
    }

    /// The next packet. An `ERR` of the host is an error.
    pub(super) fn next(&mut self) -> Result<Packet, RemoteError> {
        let mut length = [0; 4];
        self.fill(&mut length)?;
        let length = std::str::from_utf8(&length)
            .ok()
            .filter(|text| text.bytes().all(|byte| byte.is_ascii_hexdigit()))
            .and_then(|text| usize::from_str_radix(text, 16).ok());
        match length {
            Some(0) => Ok(Packet::Flush),
            Some(1) => Ok(Packet::Delimiter),
            Some(length @ 4..=MAX) => {
                let mut bytes = vec![0; length - 4];
                self.fill(&mut bytes)?;
                match bytes.strip_prefix(b"ERR ") {
                    Some(why) => Err(RemoteError::Said(escaped(why))),
                    None => Ok(Packet::Data(bytes)),
                }
            }
            _ => Err(RemoteError::Protocol("a packet has an impossible length")),
        }
    }

    /// The next packet as a line of text; none at the end of a section.
    pub(super) fn line(&mut self) -> Result<Option<String>, RemoteError> {
        match self.next()? {
            Packet::Data(bytes) => {
                let text = String::from_utf8(bytes);
                let text = text.map_err(|_| RemoteError::Protocol("a line is not UTF-8"))?;
                Ok(Some(text.trim_end_matches('\n').to_owned()))
            }
            Packet::Flush | Packet::Delimiter => Ok(None),
        }
    }

    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), RemoteError> {
        self.inner.read_exact(bytes).map_err(|error| {
            if error.kind() == io::ErrorKind::UnexpectedEof {
                return RemoteError::Protocol("it ends in the middle");
            }
            RemoteError::Fetch {
                url: String::new(),
                source: interrupted(error, self.limit),
            }
        })
    }
}

/// The first of the three streams: the pack. The second, progress for a person, is passed over; the third is the host's last word.
pub(super) struct Band<R> {
    packets: Packets<R>,
    part: Vec<u8>,
    at: usize,
    ended: bool,
}

impl<R: Read> Band<R> {
    pub(super) fn new(packets: Packets<R>) -> Self {
        Self {
            packets,
            part: Vec::new(),
            at: 0,
            ended: false,
        }
    }

    fn refill(&mut self) -> Result<(), RemoteError> {
        while !self.ended && self.at >= self.part.len() {
            match self.packets.next()? {
                Packet::Flush => self.ended = true,
                Packet::Delimiter => {
                    return Err(RemoteError::Protocol("a section follows the pack"));
                }
                Packet::Data(bytes) => match bytes.split_first() {
                    Some((1, _)) => {
                        self.part = bytes;
                        self.at = 1;
                    }
                    Some((2, _)) => {}
                    Some((3, why)) => return Err(RemoteError::Said(escaped(why))),
                    _ => return Err(RemoteError::Protocol("a packet is of no stream")),
                },
            }
        }
        Ok(())
    }
}

impl<R: Read> Read for Band<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.refill().map_err(io::Error::other)?;
        let rest = self.part.get(self.at..).unwrap_or_default();
        let count = rest.len().min(buffer.len());
        if let (Some(to), Some(from)) = (buffer.get_mut(..count), rest.get(..count)) {
            to.copy_from_slice(from);
        }
        self.at += count;
        Ok(count)
    }
}

/// A packet of text to send.
pub(super) fn line(text: &str) -> String {
    format!("{:04x}{text}\n", text.len() + 5)
}

/// Words of a host, safe to print.
pub(super) fn escaped(raw: &[u8]) -> String {
    let text = String::from_utf8_lossy(raw);
    let shown = text.trim().chars().take(300);
    shown.flat_map(char::escape_debug).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(raw: &[u8]) -> String {
        let mut packets = Packets::new(raw, 1000);
        let mut shown = String::new();
        loop {
            match packets.next() {
                Ok(Packet::Flush) => return shown + "flush",
                Ok(Packet::Delimiter) => shown += "delimiter ",
                Ok(Packet::Data(bytes)) => shown += &format!("{} ", escaped(&bytes)),
                Err(error) => return format!("{shown}{error}"),
            }
        }
    }

    #[test]
    fn packets() {
        for (raw, expected) in [
            ("0000", "flush"),
            (
                "0006a\n0001000",
                "a delimiter the host's answer is refused: it ends in the middle",
            ),
            ("0009ERR x", "the host says: x"),
            (
                "0003",
                "the host's answer is refused: a packet has an impossible length",
            ),
            (
                "fff1",
                "the host's answer is refused: a packet has an impossible length",
            ),
            (
                "+004",
                "the host's answer is refused: a packet has an impossible length",
            ),
            (
                "0006a",
                "the host's answer is refused: it ends in the middle",
            ),
            ("", "the host's answer is refused: it ends in the middle"),
            (
                "<htm",
                "the host's answer is refused: a packet has an impossible length",
            ),
        ] {
            assert_eq!(all(raw.as_bytes()), expected, "{raw}");
        }
        assert_eq!(line("a"), "0006a\n");
    }

    #[test]
    fn streams() {
        for (raw, expected) in [
            ("0008\u{1}abc0007\u{2}..0006\u{1}d0000", Ok("abcd")),
            ("0005\u{1}0000", Ok("")),
            ("0008\u{1}abc0008\u{3}no\n", Err("the host says: no")),
            (
                "0008\u{4}abc",
                Err("the host's answer is refused: a packet is of no stream"),
            ),
            (
                "0004",
                Err("the host's answer is refused: a packet is of no stream"),
            ),
            (
                "0001",
                Err("the host's answer is refused: a section follows the pack"),
            ),
        ] {
            let mut found = String::new();
            let read = Band::new(Packets::new(raw.as_bytes(), 1000)).read_to_string(&mut found);
            let found = read
                .map(|_| found.as_str())
                .map_err(|error| error.to_string());
            assert_eq!(found, expected.map_err(str::to_owned), "{raw:?}");
        }
    }
}
