//! DNS messages (RFC 1035), as much of them as a stub and a resolver of addresses need.
//!
//! Does: read a query, write its answer; write a query, read its answer with the chain of aliases followed. Bounded
//! and without a panic for any bytes. Doesn't: EDNS (RFC 6891 lets an answer go without), DNSSEC, zones.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::host::HostName;

/// The type of an IPv4 address record.
pub(super) const A: u16 = 1;
/// The type of an IPv6 address record.
pub(super) const AAAA: u16 = 28;
const CNAME: u16 = 5;
const ANY: u16 = 255;
const IN: u16 = 1;

/// Answers without this much room are truncated (RFC 1035, section 4.2.1).
pub(super) const MAX_UDP: usize = 512;
const HEADER: usize = 12;
const MAX_WIRE_NAME: usize = 255;
const MAX_JUMPS: usize = 32;
const MAX_RECORDS: usize = 256;
const MAX_ALIASES: usize = 16;

/// Response codes (RFC 1035, section 4.1.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Code {
    NoError = 0,
    FormatError = 1,
    ServerFailure = 2,
    NoSuchName = 3,
    NotImplemented = 4,
    Refused = 5,
}

/// What a program sent to the stub.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Query<'a> {
    /// One question.
    Question(Question<'a>),
    /// Nothing that can be answered with addresses: say so with this code.
    Reject { id: u16, code: Code },
    /// An answer, or too short for anything.
    Ignore,
}

/// One question, its name lower case; octets that host names do not have are written `\DDD`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Question<'a> {
    id: u16,
    recursion_desired: bool,
    /// Name, type and class as sent: copied to the answer, so that the case of letters comes back as sent.
    raw: &'a [u8],
    pub(super) name: String,
    kind: u16,
}

impl Question<'_> {
    /// Whether it asks for addresses of this version.
    pub(super) fn wants(&self, kind: u16) -> bool {
        self.kind == kind || self.kind == ANY
    }
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    bytes
        .get(at..at.checked_add(2)?)?
        .try_into()
        .ok()
        .map(u16::from_be_bytes)
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes
        .get(at..at.checked_add(4)?)?
        .try_into()
        .ok()
        .map(u32::from_be_bytes)
}

/// Reads what a program sent.
pub(super) fn read_query(bytes: &[u8]) -> Query<'_> {
    let (Some(id), Some(flags), true) = (u16_at(bytes, 0), u16_at(bytes, 2), bytes.len() >= HEADER)
    else {
        return Query::Ignore;
    };
    if flags & 0x8000 != 0 {
        return Query::Ignore;
    }
    if flags & 0x7800 != 0 {
        return Query::Reject {
            id,
            code: Code::NotImplemented,
        };
    }
    match read_question(bytes) {
        Some((name, kind, IN, raw)) => {
            let recursion_desired = flags & 0x0100 != 0;
            Query::Question(Question {
                id,
                recursion_desired,
                raw,
                name,
                kind,
            })
        }
        Some(_) => Query::Reject {
            id,
            code: Code::Refused,
        },
        None => Query::Reject {
            id,
            code: Code::FormatError,
        },
    }
}

/// Name, type, class and raw bytes of the only question; its name may not be compressed, for nothing precedes it.
fn read_question(bytes: &[u8]) -> Option<(String, u16, u16, &[u8])> {
    if u16_at(bytes, 4)? != 1 {
        return None;
    }
    let (name, end) = read_name(bytes, HEADER, 0)?;
    let raw = bytes.get(HEADER..end.checked_add(4)?)?;
    Some((name, u16_at(bytes, end)?, u16_at(bytes, end + 2)?, raw))
}

/// Reads a name, following at most `jumps` compression pointers, each of which must point backwards.
fn read_name(bytes: &[u8], at: usize, mut jumps: usize) -> Option<(String, usize)> {
    let (mut at, mut end, mut wire, mut text) = (at, None, 0, String::new());
    loop {
        let length = usize::from(*bytes.get(at)?);
        if length >= 0xc0 {
            jumps = jumps.checked_sub(1)?;
            let to = usize::from(u16_at(bytes, at)? & 0x3fff);
            end = end.or(Some(at + 2));
            if to >= at {
                return None;
            }
            at = to;
            continue;
        }
        wire += length + 1;
        if length > 63 || wire > MAX_WIRE_NAME {
            return None;
        }
        let label = bytes.get(at + 1..at + 1 + length)?;
        at += 1 + length;
        if length == 0 {
            return Some((text, end.unwrap_or(at)));
        }
        if !text.is_empty() {
            text.push('.');
        }
        push_label(&mut text, label);
    }
}

fn push_label(text: &mut String, label: &[u8]) {
    for octet in label {
        if octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'_') {
            text.push(char::from(octet.to_ascii_lowercase()));
        } else {
            text.push_str(&format!("\\{octet:03}"));
        }
    }
}

/// Writes the answer to a question: a code and, for "no error", the addresses it asked for.
pub(super) fn write_answer(
    question: &Question<'_>,
    code: Code,
    ttl: u32,
    addresses: &[IpAddr],
) -> Vec<u8> {
    let wanted = addresses
        .iter()
        .filter(|a| question.wants(if a.is_ipv4() { A } else { AAAA }));
    let wanted: Vec<&IpAddr> = wanted.collect();
    let mut out = Vec::with_capacity(MAX_UDP);
    let count = u16::try_from(wanted.len()).unwrap_or(0);
    header(
        &mut out,
        question.id,
        response_flags(question.recursion_desired, code),
        1,
        count,
    );
    out.extend_from_slice(question.raw);
    for address in wanted {
        out.extend([0xc0, 12]); // the name in the question
        match address {
            IpAddr::V4(v4) => record(&mut out, A, ttl, &v4.octets()),
            IpAddr::V6(v6) => record(&mut out, AAAA, ttl, &v6.octets()),
        }
    }
    out
}

/// Writes an answer without the question, for what could not be read.
pub(super) fn write_rejection(id: u16, code: Code) -> Vec<u8> {
    let mut out = Vec::with_capacity(HEADER);
    header(&mut out, id, response_flags(false, code), 0, 0);
    out
}

fn response_flags(recursion_desired: bool, code: Code) -> u16 {
    let desired = if recursion_desired { 0x0100 } else { 0 };
    0x8000 | desired | 0x0080 | code as u16
}

fn header(out: &mut Vec<u8>, id: u16, flags: u16, questions: u16, answers: u16) {
    for field in [id, flags, questions, answers, 0, 0] {
        out.extend(field.to_be_bytes());
    }
}

fn record(out: &mut Vec<u8>, kind: u16, ttl: u32, data: &[u8]) {
    out.extend(kind.to_be_bytes());
    out.extend(IN.to_be_bytes());
    out.extend(ttl.to_be_bytes());
    out.extend(u16::try_from(data.len()).unwrap_or(0).to_be_bytes());
    out.extend_from_slice(data);
}

/// Writes a query for the addresses of a name.
pub(super) fn write_query(id: u16, name: &HostName, kind: u16) -> Vec<u8> {
    let mut out = Vec::with_capacity(MAX_UDP);
    header(&mut out, id, 0x0100, 1, 0);
    for label in name.as_str().split('.') {
        out.push(u8::try_from(label.len()).unwrap_or(0));
        out.extend_from_slice(label.as_bytes());
    }
    out.push(0);
    out.extend(kind.to_be_bytes());
    out.extend(IN.to_be_bytes());
    out
}

/// What a name server said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Answer {
    /// These addresses (perhaps none), for so many seconds.
    Addresses { addresses: Vec<IpAddr>, ttl: u32 },
    /// There is no such name.
    NoSuchName,
    /// It did not fit; ask again over TCP.
    Truncated,
    /// The server cannot or will not say.
    Failed,
}

/// Reads the answer to one query. None when it is not the answer to that query: another id, question or no response.
pub(super) fn read_answer(bytes: &[u8], id: u16, name: &HostName, kind: u16) -> Option<Answer> {
    let flags = u16_at(bytes, 2)?;
    let (asked, asked_kind, class, raw) = read_question(bytes)?;
    let ours = u16_at(bytes, 0)? == id
        && flags & 0xf800 == 0x8000
        && (asked.as_str(), asked_kind, class) == (name.as_str(), kind, IN);
    if !ours {
        return None;
    }
    Some(match flags & 0xf {
        _ if flags & 0x0200 != 0 => Answer::Truncated,
        0 => read_addresses(bytes, HEADER + raw.len(), &asked, kind).unwrap_or(Answer::Failed),
        3 => Answer::NoSuchName,
        _ => Answer::Failed,
    })
}

struct Record<'a> {
    owner: String,
    kind: u16,
    ttl: u32,
    data: &'a [u8],
    data_at: usize,
    end: usize,
}

fn read_record(bytes: &[u8], at: usize) -> Option<Record<'_>> {
    let (owner, at) = read_name(bytes, at, MAX_JUMPS)?;
    let kind = u16_at(bytes, at)?;
    let ttl = u32_at(bytes, at + 4)?;
    let data_at = at + 10;
    let end = data_at + usize::from(u16_at(bytes, at + 8)?);
    let data = bytes.get(data_at..end)?;
    let kind = if u16_at(bytes, at + 2)? == IN {
        kind
    } else {
        0
    };
    Some(Record {
        owner,
        kind,
        ttl,
        data,
        data_at,
        end,
    })
}

/// The addresses at the end of the chain of aliases that starts at `name`; none when a record cannot be read.
fn read_addresses(bytes: &[u8], mut at: usize, name: &str, kind: u16) -> Option<Answer> {
    let mut records = Vec::new();
    for _ in 0..usize::from(u16_at(bytes, 6)?).min(MAX_RECORDS) {
        let record = read_record(bytes, at)?;
        at = record.end;
        records.push(record);
    }
    let (mut owner, mut ttl) = (name.to_owned(), u32::MAX);
    for _ in 0..MAX_ALIASES {
        let Some(alias) = records.iter().find(|r| r.kind == CNAME && r.owner == owner) else {
            break;
        };
        ttl = ttl.min(alias.ttl);
        (owner, _) = read_name(bytes, alias.data_at, MAX_JUMPS)?;
    }
    let mut addresses = Vec::new();
    for record in records
        .iter()
        .filter(|r| r.kind == kind && r.owner == owner)
    {
        ttl = ttl.min(record.ttl);
        addresses.push(read_address(record.data)?);
    }
    Some(Answer::Addresses { addresses, ttl })
}

fn read_address(data: &[u8]) -> Option<IpAddr> {
    let v4 = || {
        <[u8; 4]>::try_from(data)
            .ok()
            .map(|o| Ipv4Addr::from(o).into())
    };
    let v6 = || {
        <[u8; 16]>::try_from(data)
            .ok()
            .map(|o| Ipv6Addr::from(o).into())
    };
    v4().or_else(v6)
}

#[cfg(test)]
mod tests;
