//! What egress costs: bytes per second and microseconds per connection, through the supervisor and directly.
//!
//! `cargo bench -p interlock-sandbox --bench egress`. The server and the supervisor are this process, the client is a
//! process of its own, in new namespaces for the supervised runs. Loopback only; needs user namespaces.
#![expect(clippy::print_stdout, reason = "a benchmark prints")]
#![expect(clippy::disallowed_methods, reason = "it reads the clock")]
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a benchmark fails by panicking"
)]

use std::ffi::CString;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use interlock_sandbox::egress::{
    EgressEvent, EgressRules, Rule, Settings, Unrecorded, inside, prepare, start_with,
};
use interlock_sys::process::{Ended, Exec, Namespaces, clone_process};

const BYTES: usize = 2 << 30;
const CONNECTIONS: usize = 2000;
const CHUNK: usize = 256 << 10;
/// What the client sends first: how the server shall treat it.
const DOWNLOAD: u8 = b'd';
const UPLOAD: u8 = b'u';
const ECHO: u8 = b'e';

fn main() {
    let args: Vec<String> = std::env::args().collect();
    if let Some(at) = args.iter().position(|arg| arg == "client") {
        return measure(&args[at + 1], args[at + 2].parse().unwrap());
    }
    let port = serve();
    println!(
        "{:<12}{:>12}{:>12}{:>16}{:>16}",
        "", "down", "up", "connection", "round trip"
    );
    run("direct", SocketAddr::from(([127, 0, 0, 1], port)), None);
    // The first granted name always has this address.
    let rule = format!("bench.example:{port}");
    run(
        "supervised",
        SocketAddr::from(([11, 18, 1, 0], port)),
        Some(&rule),
    );
    let rule = format!("127.0.0.1:{port}");
    run(
        "by number",
        SocketAddr::from(([127, 0, 0, 1], port)),
        Some(&rule),
    );
}

fn serve() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || treat(stream));
        }
    });
    port
}

fn treat(mut stream: TcpStream) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut kind = [0];
    stream.read_exact(&mut kind)?;
    let mut buffer = vec![0; CHUNK];
    match kind[0] {
        DOWNLOAD => (0..BYTES / CHUNK).try_for_each(|_| stream.write_all(&buffer)),
        UPLOAD => {
            while stream.read(&mut buffer)? > 0 {}
            stream.write_all(b".")
        }
        _ => loop {
            let count = stream.read(&mut buffer)?;
            if count == 0 {
                return Ok(());
            }
            stream.write_all(&buffer[..count])?;
        },
    }
}

fn run(label: &str, to: SocketAddr, rule: Option<&str>) {
    let program = CString::new("/proc/self/exe").unwrap();
    let args = ["egress", "client", label, &to.to_string()];
    let exec = Exec::new(
        program,
        args.map(|arg| CString::new(arg).unwrap()).to_vec(),
        vec![],
    );
    let Some(rule) = rule else {
        let process = clone_process(Namespaces::NONE, None, &mut || {
            exec.run();
            126
        });
        assert_eq!(
            process.expect("fork").wait(true),
            Ok(Some(Ended::Exited(0)))
        );
        return;
    };
    let directory = tempfile::tempdir().unwrap();
    let hosts = directory.path().join("hosts");
    std::fs::write(&hosts, "127.0.0.1 bench.example\n").unwrap();
    let rules = EgressRules::new(vec![Rule::danger_parse(rule).unwrap()]).unwrap();
    let (inner, outer) = prepare(rules).unwrap();
    let namespaces = Namespaces::USER.and(Namespaces::ALL_BUT_USER);
    let process = clone_process(namespaces, None, &mut || {
        if inside::set_up(&inner).is_ok() {
            exec.run();
        }
        126
    });
    let process = process.expect("clone with namespaces: user namespaces must be enabled");
    let sink = |_: &EgressEvent| Ok::<(), Unrecorded>(());
    let settings = Settings {
        hosts,
        ..Settings::default()
    };
    let handle = start_with(outer, settings, sink).expect("start the supervisor");
    assert_eq!(process.wait(true), Ok(Some(Ended::Exited(0))));
    drop(handle);
}

fn measure(label: &str, to: SocketAddr) {
    if to.ip().to_string() == "11.18.1.0" {
        look_up();
    }
    let mut stream = connect(to, DOWNLOAD);
    let mut buffer = vec![0; CHUNK];
    let begun = Instant::now();
    let mut received = 0;
    while received < BYTES {
        let count = stream.read(&mut buffer).unwrap();
        assert_ne!(count, 0, "the connection was cut");
        received += count;
    }
    let down = rate(begun);
    let begun = Instant::now();
    let mut stream = connect(to, UPLOAD);
    (0..BYTES / CHUNK).for_each(|_| stream.write_all(&buffer).unwrap());
    stream.shutdown(std::net::Shutdown::Write).unwrap();
    stream.read_exact(&mut [0]).unwrap();
    let up = rate(begun);
    let connection = median(|| {
        let mut stream = connect(to, ECHO);
        stream.write_all(b"x").unwrap();
        stream.read_exact(&mut [0]).unwrap();
    });
    let mut stream = connect(to, ECHO);
    let round_trip = median(|| {
        stream.write_all(b"x").unwrap();
        stream.read_exact(&mut [0]).unwrap();
    });
    println!("{label:<12}{down:>7.2} GB/s{up:>7.2} GB/s{connection:>13} µs{round_trip:>13} µs");
}

fn connect(to: SocketAddr, kind: u8) -> TcpStream {
    let mut stream = TcpStream::connect(to).unwrap();
    stream.set_nodelay(true).unwrap();
    stream.write_all(&[kind]).unwrap();
    stream
}

/// A query for the one granted name, so that it has its address.
fn look_up() {
    let socket = std::net::UdpSocket::bind("0.0.0.0:0").unwrap();
    let query = b"\x00\x01\x01\0\0\x01\0\0\0\0\0\0\x05bench\x07example\0\0\x01\0\x01";
    socket.send_to(query, "127.0.0.53:53").unwrap();
    socket.recv(&mut [0; 512]).unwrap();
}

#[expect(clippy::cast_precision_loss, reason = "a rate")]
fn rate(begun: Instant) -> f64 {
    BYTES as f64 / begun.elapsed().as_secs_f64() / 1e9
}

fn median(mut once: impl FnMut()) -> u128 {
    let mut times: Vec<Duration> = (0..CONNECTIONS)
        .map(|_| {
            let begun = Instant::now();
            once();
            begun.elapsed()
        })
        .collect();
    times.sort_unstable();
    times[CONNECTIONS / 2].as_micros()
}
