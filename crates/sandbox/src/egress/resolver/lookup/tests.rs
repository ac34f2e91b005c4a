//! Look-ups with a hosts file and name servers on loopback.
#![expect(clippy::disallowed_methods, reason = "real sockets, real time")]

use std::net::{Ipv4Addr, Ipv6Addr, UdpSocket};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::*;

/// How a server treats queries of one kind.
#[derive(Clone, Copy)]
enum Manner {
    Address,
    Empty,
    Code(u8),
    Silent,
}

struct Server {
    address: SocketAddr,
    asked: Arc<AtomicUsize>,
}

/// Answers until the test ends.
fn server(v4: Manner, v6: Manner) -> Server {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap();
    let asked = Arc::new(AtomicUsize::new(0));
    let counter = asked.clone();
    thread::spawn(move || {
        let mut buffer = [0; 512];
        while let Ok((length, from)) = socket.recv_from(&mut buffer) {
            counter.fetch_add(1, Ordering::SeqCst);
            let query = &buffer[..length];
            let is_v4 = query[length - 3] == 1;
            if let Some(reply) = reply(query, is_v4, if is_v4 { v4 } else { v6 }) {
                socket.send_to(&reply, from).unwrap();
            }
        }
    });
    Server { address, asked }
}

fn reply(query: &[u8], is_v4: bool, manner: Manner) -> Option<Vec<u8>> {
    let mut reply = query.to_vec();
    reply[2..4].copy_from_slice(&[0x81, 0x80]);
    match manner {
        Manner::Silent => return None,
        Manner::Empty => {}
        Manner::Code(code) => reply[3] |= code,
        Manner::Address => {
            reply[7] = 1;
            reply.extend([
                0xc0,
                12,
                0,
                if is_v4 { 1 } else { 28 },
                0,
                1,
                0,
                0,
                0,
                60,
                0,
            ]);
            reply.extend(if is_v4 {
                vec![4, 9, 9, 9, 9]
            } else {
                vec![16; 17]
            });
        }
    }
    Some(reply)
}

struct Scratch(PathBuf);

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn files(test: &str, hosts: &str, servers: &[&Server]) -> (Scratch, Files) {
    let directory =
        std::env::temp_dir().join(format!("interlock-lookup-{test}-{}", std::process::id()));
    std::fs::create_dir_all(&directory).unwrap();
    let lines = servers
        .iter()
        .map(|s| format!("nameserver [{}]:{}\n", s.address.ip(), s.address.port()))
        .collect::<String>();
    let files = Files {
        hosts: directory.join("hosts"),
        resolv_conf: directory.join("resolv.conf"),
    };
    std::fs::write(&files.hosts, hosts).unwrap();
    std::fs::write(&files.resolv_conf, lines + "options timeout:1 attempts:1\n").unwrap();
    (Scratch(directory), files)
}

fn run(files: &Files, name: &str) -> Vec<IpAddr> {
    let name = HostName::parse(name).unwrap();
    let mut lookup = Lookup::start(&name, files, Instant::now());
    let deadline = Instant::now() + Duration::from_secs(10);
    let mut progress = lookup.proceed(Instant::now());
    loop {
        if let Progress::Done(addresses, _) = progress {
            return addresses;
        }
        assert!(Instant::now() < deadline, "the look-up does not end");
        let open: Vec<usize> = (0..2).filter(|i| lookup.socket(*i).is_some()).collect();
        let sockets: Vec<_> = open.iter().filter_map(|i| lookup.socket(*i)).collect();
        let mut polled: Vec<_> = sockets
            .iter()
            .map(|s| PollFd::new(s, PollFlags::IN))
            .collect();
        poll(
            &mut polled,
            Some(&Timespec {
                tv_sec: 0,
                tv_nsec: 20_000_000,
            }),
        )
        .unwrap();
        let ready = polled.iter().position(|fd| !fd.revents().is_empty());
        progress = match ready {
            Some(at) => lookup.ready(open[at], Instant::now()),
            None => lookup.proceed(Instant::now()),
        };
    }
}

fn v4() -> IpAddr {
    Ipv4Addr::new(9, 9, 9, 9).into()
}

fn v6() -> IpAddr {
    Ipv6Addr::from([16; 16]).into()
}

#[test]
fn the_hosts_file_comes_first() {
    let server = server(Manner::Address, Manner::Address);
    let (_scratch, files) = files("hosts", "10.0.0.1 a.example\n", &[&server]);
    assert_eq!(
        run(&files, "a.example"),
        ["10.0.0.1".parse::<IpAddr>().unwrap()]
    );
    assert_eq!(server.asked.load(Ordering::SeqCst), 0);
}

#[test]
fn both_kinds_of_address_are_found() {
    for (of_v4, of_v6, expected) in [
        (Manner::Address, Manner::Address, vec![v6(), v4()]),
        (Manner::Address, Manner::Empty, vec![v4()]),
        (Manner::Empty, Manner::Address, vec![v6()]),
        (Manner::Empty, Manner::Empty, vec![]),
        (Manner::Address, Manner::Silent, vec![v4()]),
        (Manner::Address, Manner::Code(2), vec![v4()]),
    ] {
        let server = server(of_v4, of_v6);
        let (_scratch, files) = files("kinds", "", &[&server]);
        assert_eq!(run(&files, "a.example"), expected);
    }
}

#[test]
fn the_next_server_is_asked_when_one_fails() {
    for manner in [Manner::Silent, Manner::Code(2), Manner::Code(5)] {
        let first = server(manner, manner);
        let second = server(Manner::Address, Manner::Address);
        let (_scratch, files) = files("next", "", &[&first, &second]);
        assert_eq!(run(&files, "a.example"), [v6(), v4()]);
        assert!(first.asked.load(Ordering::SeqCst) > 0);
    }
}

#[test]
fn a_name_that_does_not_exist_is_not_asked_for_elsewhere() {
    let first = server(Manner::Code(3), Manner::Code(3));
    let second = server(Manner::Address, Manner::Address);
    let (_scratch, files) = files("nxdomain", "", &[&first, &second]);
    assert!(run(&files, "a.example").is_empty());
    assert_eq!(second.asked.load(Ordering::SeqCst), 0);
}

#[test]
fn silence_everywhere_ends() {
    let server = server(Manner::Silent, Manner::Silent);
    let (_scratch, files) = files("silence", "", &[&server]);
    assert!(run(&files, "a.example").is_empty());
}
