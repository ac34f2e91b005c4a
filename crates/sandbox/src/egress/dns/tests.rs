//! Messages read and written here against those of `simple-dns`, and against bytes that are none.

use proptest::prelude::*;
use simple_dns::rdata::{self, RData};
use simple_dns::{CLASS, Name, Packet, PacketFlag, QCLASS, QTYPE, RCODE, ResourceRecord, TYPE};

use super::*;

fn name(text: &str) -> HostName {
    HostName::parse(text).unwrap()
}

fn query(text: &str, kind: TYPE) -> Vec<u8> {
    let mut packet = Packet::new_query(77);
    packet.set_flags(PacketFlag::RECURSION_DESIRED);
    let question = simple_dns::Question::new(
        Name::new_unchecked(text),
        QTYPE::TYPE(kind),
        QCLASS::CLASS(CLASS::IN),
        false,
    );
    packet.questions.push(question);
    packet.build_bytes_vec().unwrap()
}

fn question(bytes: &[u8]) -> Question<'_> {
    match read_query(bytes) {
        Query::Question(question) => question,
        other => panic!("{other:?}"),
    }
}

#[test]
fn queries_are_read() {
    for (text, expected) in [
        ("api.example.com", "api.example.com"),
        ("API.eXample.com", "api.example.com"),
    ] {
        let bytes = query(text, TYPE::A);
        let question = question(&bytes);
        assert_eq!((question.name.as_str(), question.id), (expected, 77));
        assert!(question.wants(A) && !question.wants(AAAA));
    }
    assert!(question(&query("a.example", TYPE::AAAA)).wants(AAAA));
    assert!(!question(&query("a.example", TYPE::MX)).wants(A));
}

#[test]
fn strange_octets_are_escaped() {
    let mut bytes = query("abc.example", TYPE::A);
    bytes[13..16].copy_from_slice(b"\x1b.\xff");
    assert_eq!(question(&bytes).name, "\\027\\046\\255.example");
}

#[test]
fn answers_are_what_another_library_reads() {
    let bytes = query("Api.Example.com", TYPE::A);
    let addresses: [IpAddr; 2] = ["11.18.1.0".parse().unwrap(), "2d00:2::100".parse().unwrap()];
    let answer = write_answer(&question(&bytes), Code::NoError, 60, &addresses);
    let packet = Packet::parse(&answer).unwrap();
    assert_eq!((packet.id(), packet.rcode()), (77, RCODE::NoError));
    assert!(packet.has_flags(PacketFlag::RESPONSE | PacketFlag::RECURSION_AVAILABLE));
    assert_eq!(packet.questions[0].qname.to_string(), "Api.Example.com");
    assert_eq!(packet.answers.len(), 1);
    assert_eq!(
        (
            packet.answers[0].name.to_string().as_str(),
            packet.answers[0].ttl
        ),
        ("Api.Example.com", 60)
    );
    let RData::A(ref a) = packet.answers[0].rdata else {
        panic!("{packet:?}")
    };
    assert_eq!(Ipv4Addr::from(a.address), Ipv4Addr::new(11, 18, 1, 0));
    let refused = write_answer(&question(&bytes), Code::NoSuchName, 0, &[]);
    assert_eq!(Packet::parse(&refused).unwrap().rcode(), RCODE::NameError);
    let rejected = write_rejection(5, Code::FormatError);
    assert_eq!(
        Packet::parse(&rejected).unwrap().rcode(),
        RCODE::FormatError
    );
}

#[test]
fn what_cannot_be_answered_is_rejected() {
    let good = query("a.example", TYPE::A);
    let with = |at: usize, octet: u8| {
        let mut bytes = good.clone();
        bytes[at] = octet;
        bytes
    };
    let reject = |code| Query::Reject { id: 77, code };
    assert_eq!(read_query(&with(2, 0x81)), Query::Ignore); // a response
    assert_eq!(read_query(&with(2, 0x11)), reject(Code::NotImplemented)); // status
    assert_eq!(read_query(&with(5, 0)), reject(Code::FormatError)); // no question
    assert_eq!(read_query(&with(5, 2)), reject(Code::FormatError)); // two
    assert_eq!(read_query(&with(12, 0xc0)), reject(Code::FormatError)); // a pointer
    assert_eq!(read_query(&with(12, 64)), reject(Code::FormatError)); // a long label
    assert_eq!(read_query(&with(good.len() - 1, 3)), reject(Code::Refused)); // CHAOS
    for length in 0..12 {
        assert_eq!(read_query(&good[..length]), Query::Ignore);
    }
    for length in 12..good.len() {
        assert_eq!(read_query(&good[..length]), reject(Code::FormatError));
    }
}

fn response<'a>(text: &'a str, records: Vec<(&'a str, RData<'a>)>) -> Vec<u8> {
    let bytes = query(text, TYPE::A);
    let mut packet = Packet::parse(&bytes).unwrap().into_reply();
    for (owner, data) in records {
        packet.answers.push(ResourceRecord::new(
            Name::new_unchecked(owner),
            CLASS::IN,
            30,
            data,
        ));
    }
    packet.build_bytes_vec_compressed().unwrap()
}

fn a(octets: [u8; 4]) -> RData<'static> {
    RData::A(rdata::A {
        address: u32::from_be_bytes(octets),
    })
}

fn alias(to: &str) -> RData<'_> {
    RData::CNAME(rdata::CNAME(Name::new_unchecked(to)))
}

#[track_caller]
fn check(records: Vec<(&str, RData<'_>)>, expected: &[[u8; 4]]) {
    let bytes = response("a.example", records);
    let addresses: Vec<IpAddr> = expected.iter().map(|o| Ipv4Addr::from(*o).into()).collect();
    match read_answer(&bytes, 77, &name("a.example"), A) {
        Some(Answer::Addresses { addresses: got, .. }) => assert_eq!(got, addresses),
        other => panic!("{other:?}"),
    }
}

#[test]
fn aliases_are_followed_and_strangers_ignored() {
    check(
        vec![
            ("a.example", a([1, 1, 1, 1])),
            ("A.Example", a([1, 1, 1, 2])),
        ],
        &[[1, 1, 1, 1], [1, 1, 1, 2]],
    );
    check(
        vec![
            ("a.example", alias("b.example")),
            ("b.example", a([2, 2, 2, 2])),
        ],
        &[[2, 2, 2, 2]],
    );
    check(
        vec![
            ("b.example", a([2, 2, 2, 2])),
            ("a.example", alias("b.example")),
        ],
        &[[2, 2, 2, 2]],
    );
    check(vec![("evil.example", a([6, 6, 6, 6]))], &[]);
    check(vec![("a.example", alias("a.example"))], &[]);
    check(vec![], &[]);
}

#[test]
fn answers_to_other_queries_are_not_ours() {
    let bytes = response("a.example", vec![("a.example", a([1, 1, 1, 1]))]);
    assert!(read_answer(&bytes, 77, &name("a.example"), A).is_some());
    assert_eq!(read_answer(&bytes, 78, &name("a.example"), A), None);
    assert_eq!(read_answer(&bytes, 77, &name("b.example"), A), None);
    assert_eq!(read_answer(&bytes, 77, &name("a.example"), AAAA), None);
    assert_eq!(
        read_answer(&query("a.example", TYPE::A), 77, &name("a.example"), A),
        None
    );
}

#[test]
fn codes_are_read() {
    let good = response("a.example", vec![("a.example", a([1, 1, 1, 1]))]);
    let with = |flags: [u8; 2]| {
        let mut bytes = good.clone();
        bytes[2..4].copy_from_slice(&flags);
        read_answer(&bytes, 77, &name("a.example"), A)
    };
    assert_eq!(with([0x83, 0x80]), Some(Answer::Truncated));
    assert_eq!(with([0x81, 0x83]), Some(Answer::NoSuchName));
    assert_eq!(with([0x81, 0x82]), Some(Answer::Failed));
    assert_eq!(with([0x81, 0x85]), Some(Answer::Failed));
}

#[test]
fn queries_written_here_are_read_by_another_library() {
    let bytes = write_query(9, &name("a.b.example"), AAAA);
    let packet = Packet::parse(&bytes).unwrap();
    assert_eq!(packet.questions[0].qname.to_string(), "a.b.example");
    assert_eq!(packet.questions[0].qtype, QTYPE::TYPE(TYPE::AAAA));
    assert_eq!(question(&bytes).name, "a.b.example");
}

proptest! {
    #[test]
    fn reading_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        if let Query::Question(question) = read_query(&bytes) {
            let addresses = [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];
            let answer = write_answer(&question, Code::NoError, 1, &addresses);
            prop_assert!(answer.len() <= MAX_UDP);
        }
        let _ = read_answer(&bytes, 77, &name("a.example"), A);
    }

    #[test]
    fn a_changed_answer_never_panics(at in 0..200_usize, to in any::<u8>(), cut in 0..200_usize) {
        let records = vec![("a.example", alias("b.example")), ("b.example", a([2, 2, 2, 2]))];
        let mut bytes = response("a.example", records);
        let at = at % bytes.len();
        bytes[at] = to;
        let _ = read_answer(&bytes, 77, &name("a.example"), A);
        let _ = read_answer(&bytes[..cut.min(bytes.len())], 77, &name("a.example"), A);
    }

    #[test]
    fn any_name_survives_a_query(text in "[a-z]([a-z0-9_-]{0,20}[a-z0-9])?(\\.[a-z]([a-z0-9]{0,9})){0,20}") {
        let bytes = write_query(1, &name(&text), A);
        prop_assert_eq!(&question(&bytes).name, &text);
    }
}
