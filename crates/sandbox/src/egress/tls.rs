//! The server name in a TLS ClientHello (RFC 8446, section 4.1.2; RFC 6066, section 3).
//!
//! Does: find the one name that every server would see, in the first bytes of a connection, however they are split into
//! records. Doesn't: decrypt, or guess: a hello that two servers could read differently is [`Hello::Ambiguous`].

use super::host::HostName;

/// What the first bytes of a connection are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Hello {
    /// Nothing that a TLS server would answer.
    NotTls,
    /// The beginning of a ClientHello; more octets are needed.
    Incomplete,
    /// A ClientHello without a server name.
    NoName,
    /// A ClientHello for this server.
    Name(HostName),
    /// TLS records that are no ClientHello, or one with several, empty or impossible names.
    Ambiguous,
}

const HANDSHAKE: u8 = 22;
const RECORD_HEADER: usize = 5;
const MAX_RECORD: usize = 16_384;
/// A hello that is larger than the supervisor's buffer is not read.
const MAX_HELLO: usize = 60_000;
const CLIENT_HELLO: u8 = 1;
const SERVER_NAME: u16 = 0;
const HOST_NAME: u8 = 0;

/// Reads the first bytes of a connection, as far as they have arrived.
pub(super) fn read(bytes: &[u8]) -> Hello {
    match (bytes.first(), bytes.get(1)) {
        (None, _) | (Some(20..=24), None) => Hello::Incomplete,
        // A server that skips alerts or a change of cipher before the hello would answer what comes after them.
        (Some(20..=21 | 23..=24), Some(3)) => Hello::Ambiguous,
        (Some(&HANDSHAKE), Some(3)) => match reassemble(bytes) {
            Ok(Some(body)) => client_hello(&body).unwrap_or(Hello::Ambiguous),
            Ok(None) => Hello::Incomplete,
            Err(Unreadable) => Hello::Ambiguous,
        },
        _ => Hello::NotTls,
    }
}

struct Unreadable;

/// The body of the first handshake message, put together from its records; none while octets are missing.
fn reassemble(mut bytes: &[u8]) -> Result<Option<Vec<u8>>, Unreadable> {
    let mut message = Vec::new();
    while let Some((header, rest)) = bytes.split_first_chunk::<RECORD_HEADER>() {
        let [kind, major, _, high, low] = *header;
        let length = usize::from(u16::from_be_bytes([high, low]));
        if kind != HANDSHAKE || major != 3 || length == 0 || length > MAX_RECORD {
            return Err(Unreadable);
        }
        let (record, rest) = rest.split_at(length.min(rest.len()));
        message.extend_from_slice(record);
        if let Some(([kind, a, b, c], body)) = message.split_first_chunk::<4>() {
            let length = usize::try_from(u32::from_be_bytes([0, *a, *b, *c])).unwrap_or(usize::MAX);
            if *kind != CLIENT_HELLO || length > MAX_HELLO {
                return Err(Unreadable);
            }
            if let Some(body) = body.get(..length) {
                return Ok(Some(body.to_vec()));
            }
        }
        bytes = rest;
    }
    Ok(None)
}

/// Reads big-endian fields and length-prefixed parts off the front.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    fn u8(&mut self) -> Option<u8> {
        self.take(1)?.first().copied()
    }

    fn u16(&mut self) -> Option<u16> {
        self.take(2)?.try_into().ok().map(u16::from_be_bytes)
    }

    fn part8(&mut self) -> Option<&'a [u8]> {
        let length = self.u8()?;
        self.take(usize::from(length))
    }

    fn part16(&mut self) -> Option<&'a [u8]> {
        let length = self.u16()?;
        self.take(usize::from(length))
    }
}

/// None where a length is wrong: no server goes on from there, but none gets the octets either.
fn client_hello(body: &[u8]) -> Option<Hello> {
    let mut hello = Reader(body);
    hello.take(2 + 32)?; // version, random
    hello.part8()?; // session
    hello.part16()?; // cipher suites
    hello.part8()?; // compression
    if hello.0.is_empty() {
        return Some(Hello::NoName); // TLS 1.0 to 1.2 without extensions
    }
    let mut extensions = Reader(hello.part16()?);
    if !hello.0.is_empty() {
        return None;
    }
    let mut found = Hello::NoName;
    while !extensions.0.is_empty() {
        let kind = extensions.u16()?;
        let value = extensions.part16()?;
        if kind == SERVER_NAME {
            if found != Hello::NoName {
                return None;
            }
            found = Hello::Name(server_name(value)?);
        }
    }
    Some(found)
}

/// Exactly one name of exactly one type, and nothing after it.
fn server_name(value: &[u8]) -> Option<HostName> {
    let mut value = Reader(value);
    let mut list = Reader(value.part16()?);
    if !value.0.is_empty() || list.u8()? != HOST_NAME {
        return None;
    }
    let name = list.part16()?;
    if !list.0.is_empty() {
        return None;
    }
    HostName::parse(std::str::from_utf8(name).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prefixed(width: usize, body: &[u8]) -> Vec<u8> {
        let length = u32::try_from(body.len()).unwrap().to_be_bytes();
        [&length[4 - width..], body].concat()
    }

    fn extension(kind: u16, value: &[u8]) -> Vec<u8> {
        [kind.to_be_bytes().to_vec(), prefixed(2, value)].concat()
    }

    fn sni(name: &str) -> Vec<u8> {
        extension(
            0,
            &prefixed(2, &[vec![0], prefixed(2, name.as_bytes())].concat()),
        )
    }

    fn hello(extensions: &[Vec<u8>]) -> Vec<u8> {
        let mut body = vec![3, 3];
        body.extend([7; 32]);
        body.extend(prefixed(1, &[9; 32]));
        body.extend(prefixed(2, &[0x13, 1, 0x13, 2]));
        body.extend(prefixed(1, &[0]));
        body.extend(prefixed(2, &extensions.concat()));
        [vec![1], prefixed(3, &body)].concat()
    }

    fn records(message: &[u8], size: usize) -> Vec<u8> {
        message
            .chunks(size)
            .flat_map(|c| [vec![22, 3, 1], prefixed(2, c)].concat())
            .collect()
    }

    fn name(text: &str) -> Hello {
        Hello::Name(HostName::parse(text).unwrap())
    }

    #[track_caller]
    fn check(extensions: &[Vec<u8>], expected: Hello) {
        let message = hello(extensions);
        for size in [1, 3, 100, 16_384] {
            assert_eq!(
                read(&records(&message, size)),
                expected,
                "records of {size}"
            );
        }
    }

    #[test]
    fn the_name_is_found_however_it_is_split() {
        check(&[sni("api.example.com")], name("api.example.com"));
        check(
            &[extension(43, &[2, 3, 4]), sni("API.Example.com")],
            name("api.example.com"),
        );
        check(
            &[extension(0x0a0a, &[]), sni("a"), extension(21, &[0; 300])],
            name("a"),
        );
        check(
            &[extension(21, &[0; 20_000]), sni("a.example")],
            name("a.example"),
        );
    }

    #[test]
    fn a_hello_without_a_name_is_said() {
        check(&[], Hello::NoName);
        check(&[extension(43, &[2, 3, 4])], Hello::NoName);
    }

    #[test]
    fn what_two_servers_could_read_differently_is_ambiguous() {
        check(&[sni("a.example"), sni("b.example")], Hello::Ambiguous);
        check(&[sni("")], Hello::Ambiguous);
        check(&[sni("127.0.0.1")], Hello::Ambiguous);
        check(&[sni("a\0.example")], Hello::Ambiguous);
        check(&[extension(0, &[])], Hello::Ambiguous);
        check(&[extension(0, &[0, 4, 1, 0, 1, 97])], Hello::Ambiguous);
        let two = [vec![0], prefixed(2, b"a"), vec![0], prefixed(2, b"b")].concat();
        check(&[extension(0, &prefixed(2, &two))], Hello::Ambiguous);
        let mut trailing = prefixed(2, &[vec![0], prefixed(2, b"a")].concat());
        trailing.push(0);
        check(&[extension(0, &trailing)], Hello::Ambiguous);
        let alert = [21, 3, 1, 0, 2, 1, 41];
        assert_eq!(
            read(&[&alert[..], &records(&hello(&[sni("b")]), 999)].concat()),
            Hello::Ambiguous
        );
        assert_eq!(read(&[22, 3, 1, 0, 0]), Hello::Ambiguous);
        assert_eq!(read(&[22, 3, 1, 0x40, 1]), Hello::Ambiguous);
        assert_eq!(read(&records(&[2, 0, 0, 1, 0], 99)), Hello::Ambiguous);
        assert_eq!(read(&records(&[1, 0xff, 0, 0], 99)), Hello::Ambiguous);
    }

    #[test]
    fn a_part_of_a_hello_is_incomplete() {
        let bytes = records(&hello(&[sni("a.example")]), 50);
        for length in 0..bytes.len() {
            assert_eq!(read(&bytes[..length]), Hello::Incomplete, "{length}");
        }
        let more = [&bytes[..], b"more"].concat();
        assert_eq!(read(&more), name("a.example"));
    }

    #[test]
    fn other_protocols_are_not_tls() {
        let others: [&[u8]; 6] = [
            b"GET / HTTP/1.1",
            b"SSH-2.0",
            &[0, 0, 0, 8, 4, 210, 22, 47],
            &[22, 2],
            &[0x80, 46],
            &[25],
        ];
        for bytes in others {
            assert_eq!(read(bytes), Hello::NotTls, "{bytes:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn reading_never_panics(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..400)) {
            let _ = read(&bytes);
            let _ = read(&records(&bytes, 77));
            let _ = client_hello(&bytes);
        }

        #[test]
        fn a_changed_hello_never_panics(at in 0..100_usize, to in proptest::num::u8::ANY) {
            let mut bytes = records(&hello(&[sni("api.example.com")]), 40);
            let at = at % bytes.len();
            bytes[at] = to;
            let _ = read(&bytes);
        }
    }
}
