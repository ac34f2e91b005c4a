//! The program inside: runs a script of one command an argument, prints one line for each.

use std::io::{ErrorKind, Read, Write};
use std::net::{IpAddr, Shutdown, SocketAddr, TcpStream, UdpSocket};
use std::time::Duration;

use simple_dns::rdata::RData;
use simple_dns::{CLASS, Name, Packet, QCLASS, QTYPE, Question, RCODE, TYPE};

const STUB: &str = "127.0.0.53:53";
const PATIENCE: Duration = Duration::from_secs(20);

/// Runs every command.
pub(crate) fn run(script: &[String]) {
    for command in script {
        let words: Vec<&str> = command.split_ascii_whitespace().collect();
        let line = match *words.as_slice() {
            ["dns", name] => show(look_up(name, TYPE::A)),
            ["dns6", name] => show(look_up(name, TYPE::AAAA)),
            ["dnstcp", name] => show(look_up_over_tcp(name)),
            ["getaddrinfo", to] => outcome(getaddrinfo(to)),
            ["stall", to, text] => outcome(connect(to).and_then(|mut stream| {
                stream.write_all(text.as_bytes())?;
                ended(&mut stream)
            })),
            ["dnsraw", hex] => raw_query(hex),
            ["connect", to] => outcome(connect(to).and_then(|mut stream| ended(&mut stream))),
            ["echo", to, size] => outcome(connect(to).and_then(|s| echo(s, size.parse().unwrap()))),
            ["greeting", to] => outcome(connect(to).and_then(|mut stream| read_all(&mut stream))),
            ["hello", to, sni, chunk] => {
                outcome(connect(to).and_then(|s| hello(s, sni, chunk.parse().unwrap())))
            }
            ["upload", to, size] => {
                outcome(connect(to).and_then(|s| upload(s, size.parse().unwrap())))
            }
            ["many", to, count] => many(to, count.parse().unwrap()),
            ["udp", to] => outcome(udp(to)),
            ["mptcp", to] => outcome(mptcp(to)),
            _ => panic!("no such command: {command}"),
        };
        println!("{line}");
    }
}

fn outcome(result: std::io::Result<String>) -> String {
    match result {
        Ok(line) => line,
        Err(error) => match error.kind() {
            ErrorKind::ConnectionRefused => "refused".into(),
            // The last is what a half-close says when the reset was there before it.
            ErrorKind::ConnectionReset | ErrorKind::BrokenPipe | ErrorKind::NotConnected => {
                "reset".into()
            }
            ErrorKind::WouldBlock | ErrorKind::TimedOut => "timeout".into(),
            _ => error.to_string(),
        },
    }
}

fn show(answer: Result<Vec<IpAddr>, RCODE>) -> String {
    match answer {
        Ok(addresses) => format!("{addresses:?}"),
        Err(code) => format!("{code:?}"),
    }
}

fn query(name: &str, kind: TYPE) -> Vec<u8> {
    let mut packet = Packet::new_query(4711);
    let name = Name::new(name).unwrap();
    packet.questions.push(Question::new(
        name,
        QTYPE::TYPE(kind),
        QCLASS::CLASS(CLASS::IN),
        false,
    ));
    packet.build_bytes_vec().unwrap()
}

fn read_answer(bytes: &[u8]) -> Result<Vec<IpAddr>, RCODE> {
    let packet = Packet::parse(bytes).unwrap();
    assert_eq!(packet.id(), 4711);
    if packet.rcode() != RCODE::NoError {
        return Err(packet.rcode());
    }
    let address = |data: &RData<'_>| match data {
        RData::A(a) => Some(IpAddr::from(a.address.to_be_bytes())),
        RData::AAAA(a) => Some(IpAddr::from(a.address.to_be_bytes())),
        _ => None,
    };
    Ok(packet
        .answers
        .iter()
        .filter_map(|record| address(&record.rdata))
        .collect())
}

fn look_up(name: &str, kind: TYPE) -> Result<Vec<IpAddr>, RCODE> {
    let socket = UdpSocket::bind("0.0.0.0:0").unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    socket.connect(STUB).unwrap();
    socket.send(&query(name, kind)).unwrap();
    let mut buffer = [0; 512];
    let length = socket.recv(&mut buffer).unwrap();
    read_answer(&buffer[..length])
}

fn look_up_over_tcp(name: &str) -> Result<Vec<IpAddr>, RCODE> {
    let mut stream = TcpStream::connect(STUB).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let query = query(name, TYPE::A);
    let message = [
        &u16::try_from(query.len()).unwrap().to_be_bytes()[..],
        &query,
    ]
    .concat();
    // Twice, the second one in two pieces: resolvers keep such connections.
    let mut answers = Vec::new();
    for piece in [&message[..], &message[..5], &message[5..]] {
        stream.write_all(piece).unwrap();
        if piece.len() == 5 {
            continue;
        }
        let mut length = [0; 2];
        stream.read_exact(&mut length).unwrap();
        let mut answer = vec![0; usize::from(u16::from_be_bytes(length))];
        stream.read_exact(&mut answer).unwrap();
        answers.push(read_answer(&answer));
    }
    assert_eq!(answers[0], answers[1]);
    answers.remove(0)
}

/// What the C library makes of the stub, in the order in which programs try it.
fn getaddrinfo(to: &str) -> std::io::Result<String> {
    use std::net::ToSocketAddrs;
    Ok(match to.to_socket_addrs() {
        Ok(addresses) => format!("{:?}", addresses.map(|a| a.ip()).collect::<Vec<_>>()),
        Err(_) => "no such name".into(),
    })
}

/// Sends any octets to the stub and asks something sensible afterwards.
fn raw_query(hex: &str) -> String {
    let octets: Vec<u8> = (0..hex.len() / 2)
        .map(|i| u8::from_str_radix(&hex[2 * i..2 * i + 2], 16).unwrap())
        .collect();
    let socket = UdpSocket::bind("0.0.0.0:0").unwrap();
    socket.send_to(&octets, STUB).unwrap();
    show(look_up("not.granted.example", TYPE::A))
}

/// `ADDRESS:PORT`, or `NAME:PORT` looked up at the stub, or `NAME6:PORT` with a leading `6/` for its IPv6 address.
fn connect(to: &str) -> std::io::Result<TcpStream> {
    let stream = TcpStream::connect(address(to))?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    Ok(stream)
}

fn address(to: &str) -> SocketAddr {
    if let Ok(address) = to.parse() {
        return address;
    }
    let (name, port) = to.rsplit_once(':').unwrap();
    let (name, kind) = match name.strip_prefix("6/") {
        Some(name) => (name, TYPE::AAAA),
        None => (name, TYPE::A),
    };
    let addresses = look_up(name, kind).expect("a granted name");
    SocketAddr::new(addresses[0], port.parse().unwrap())
}

/// Waits for the end without sending.
fn ended(stream: &mut TcpStream) -> std::io::Result<String> {
    let mut octet = [0];
    Ok(if stream.read(&mut octet)? == 0 {
        "ended".into()
    } else {
        "data".into()
    })
}

fn read_all(stream: &mut TcpStream) -> std::io::Result<String> {
    let mut text = String::new();
    stream.read_to_string(&mut text)?;
    Ok(text)
}

fn pattern(size: usize) -> Vec<u8> {
    (0..size).map(|i| u8::try_from(i % 251).unwrap()).collect()
}

/// Sends, finishes sending, and only then expects the rest: a half-closed connection carries on.
fn echo(mut stream: TcpStream, size: usize) -> std::io::Result<String> {
    let sent = pattern(size);
    let mut writer = stream.try_clone()?;
    let bytes = sent.clone();
    let writing = std::thread::spawn(move || {
        writer.write_all(&bytes)?;
        writer.shutdown(Shutdown::Write)
    });
    let mut received = Vec::new();
    stream.read_to_end(&mut received)?;
    writing.join().unwrap()?;
    Ok(if received == sent {
        format!("echoed {size}")
    } else {
        "garbled".into()
    })
}

fn upload(mut stream: TcpStream, size: usize) -> std::io::Result<String> {
    let chunk = vec![7; 1 << 20];
    for _ in 0..size >> 20 {
        stream.write_all(&chunk)?;
    }
    stream.shutdown(Shutdown::Write)?;
    read_all(&mut stream)
}

fn many(to: &str, count: usize) -> String {
    let address = address(to);
    let streams: Vec<_> = (0..count)
        .map(|_| TcpStream::connect(address).unwrap())
        .collect();
    let mut served = 0;
    for mut stream in streams {
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut answer = [0; 4];
        served += usize::from(
            stream.write_all(b"ping").is_ok()
                && stream.read_exact(&mut answer).is_ok()
                && &answer == b"ping",
        );
    }
    format!("{served} served")
}

fn udp(to: &str) -> std::io::Result<String> {
    let to = address(to);
    let socket = UdpSocket::bind(if to.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" })?;
    socket.set_read_timeout(Some(Duration::from_secs(2)))?;
    socket.connect(to)?;
    socket.send(b"x")?;
    socket.recv(&mut [0; 8]).map(|_| "answered".into())
}

fn mptcp(to: &str) -> std::io::Result<String> {
    use rustix::net::{AddressFamily, Protocol, SocketType, connect, socket};
    let protocol = Protocol::from_raw(std::num::NonZeroU32::new(262).unwrap());
    let socket = socket(AddressFamily::INET, SocketType::STREAM, Some(protocol))?;
    connect(&socket, &address(to))?;
    let mut stream = TcpStream::from(socket);
    stream.set_read_timeout(Some(PATIENCE))?;
    ended(&mut stream)
}

/// A ClientHello with this server name (`-`: none), written `chunk` octets at a time.
fn hello(mut stream: TcpStream, sni: &str, chunk: usize) -> std::io::Result<String> {
    stream.set_nodelay(true)?;
    for piece in client_hello(sni).chunks(chunk) {
        stream.write_all(piece)?;
    }
    stream.shutdown(Shutdown::Write)?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    Ok(if answer == client_hello(sni) {
        "passed".into()
    } else {
        "cut".into()
    })
}

fn prefixed(width: usize, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len()).unwrap().to_be_bytes();
    [&length[4 - width..], body].concat()
}

fn client_hello(sni: &str) -> Vec<u8> {
    let mut extensions = [&[0, 43][..], &prefixed(2, &[2, 3, 4])].concat();
    if sni != "-" {
        let entry = [&[0][..], &prefixed(2, sni.as_bytes())].concat();
        extensions.extend([&[0, 0][..], &prefixed(2, &prefixed(2, &entry))].concat());
    }
    let mut body = vec![3, 3];
    body.extend([9; 32]);
    body.extend([0, 0, 2, 0x13, 1, 1, 0]);
    body.extend(prefixed(2, &extensions));
    let message = [&[1][..], &prefixed(3, &body)].concat();
    message
        .chunks(40)
        .flat_map(|part| [&[22, 3, 1][..], &prefixed(2, part)].concat())
        .collect()
}
