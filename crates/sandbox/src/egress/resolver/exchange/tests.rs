//! Exchanges with name servers on loopback.

use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, TcpListener, UdpSocket};
use std::thread;

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::*;

fn name() -> HostName {
    HostName::parse("a.example").unwrap()
}

/// The answer to a query: flags, and one address.
fn reply(query: &[u8], flags: [u8; 2]) -> Vec<u8> {
    let mut reply = query.to_vec();
    reply[2..4].copy_from_slice(&flags);
    reply[7] = 1;
    reply.extend([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 9, 9, 9, 9]);
    reply
}

/// Answers one query over UDP with what `respond` makes of it.
fn udp(respond: impl FnOnce(&[u8]) -> Vec<Vec<u8>> + Send + 'static) -> SocketAddr {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap();
    thread::spawn(move || {
        let mut buffer = [0; 512];
        let (length, from) = socket.recv_from(&mut buffer).unwrap();
        for datagram in respond(&buffer[..length]) {
            socket.send_to(&datagram, from).unwrap();
        }
    });
    address
}

fn run(server: SocketAddr) -> Answer {
    let mut exchange = Exchange::start(server, &name(), dns::A).unwrap();
    loop {
        let patience = Timespec {
            tv_sec: 5,
            tv_nsec: 0,
        };
        let wanted = if exchange.tcp.as_ref().is_some_and(|s| !s.unsent.is_empty()) {
            PollFlags::OUT
        } else {
            PollFlags::IN
        };
        let socket = exchange.socket();
        assert_eq!(
            poll(&mut [PollFd::new(&socket, wanted)], Some(&patience)),
            Ok(1)
        );
        if let Turn::Done(answer) = exchange.ready(&name()) {
            return answer;
        }
    }
}

fn nines() -> Answer {
    Answer::Addresses {
        addresses: vec![IpAddr::V4(Ipv4Addr::new(9, 9, 9, 9))],
        ttl: 60,
    }
}

#[test]
fn an_answer_over_udp_is_taken() {
    assert_eq!(run(udp(|query| vec![reply(query, [0x81, 0x80])])), nines());
    assert_eq!(
        run(udp(|query| vec![reply(query, [0x81, 0x83])])),
        Answer::NoSuchName
    );
    assert_eq!(
        run(udp(|query| vec![reply(query, [0x81, 0x82])])),
        Answer::Failed
    );
}

#[test]
fn forged_and_malformed_datagrams_change_nothing() {
    let server = udp(|query| {
        let mut forged = reply(query, [0x81, 0x83]);
        forged[0] ^= 0xff;
        vec![
            vec![],
            vec![0; 3],
            forged,
            query.to_vec(),
            reply(query, [0x81, 0x80]),
        ]
    });
    assert_eq!(run(server), nines());
}

#[test]
fn a_truncated_answer_is_asked_for_again_over_tcp() {
    let tcp = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = tcp.local_addr().unwrap();
    let socket = UdpSocket::bind(address).unwrap();
    thread::spawn(move || {
        let mut buffer = [0; 512];
        let (length, from) = socket.recv_from(&mut buffer).unwrap();
        socket
            .send_to(&reply(&buffer[..length], [0x83, 0x80]), from)
            .unwrap();
        let (mut stream, _) = tcp.accept().unwrap();
        let mut prefix = [0; 2];
        stream.read_exact(&mut prefix).unwrap();
        let mut query = vec![0; usize::from(u16::from_be_bytes(prefix))];
        stream.read_exact(&mut query).unwrap();
        let reply = reply(&query, [0x81, 0x80]);
        let message = [
            &u16::try_from(reply.len()).unwrap().to_be_bytes()[..],
            &reply,
        ]
        .concat();
        for octet in message {
            stream.write_all(&[octet]).unwrap();
        }
    });
    assert_eq!(run(address), nines());
}

#[test]
fn a_server_that_is_not_there_fails() {
    let address = UdpSocket::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    assert_eq!(run(address), Answer::Failed);
}
