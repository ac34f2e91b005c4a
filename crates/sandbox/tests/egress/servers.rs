//! Servers outside, on loopback.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

/// A TCP server that counts its connections; it lives as long as the test process.
pub(crate) struct Server {
    pub(crate) port: u16,
    accepted: Arc<AtomicUsize>,
}

impl Server {
    pub(crate) fn accepted(&self) -> usize {
        self.accepted.load(Ordering::SeqCst)
    }
}

pub(crate) fn tcp_on(address: &str, serve: fn(TcpStream) -> std::io::Result<()>) -> Server {
    let listener = TcpListener::bind(address).expect("listen on loopback");
    let port = listener.local_addr().unwrap().port();
    let accepted = Arc::new(AtomicUsize::new(0));
    let counter = accepted.clone();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            counter.fetch_add(1, Ordering::SeqCst);
            thread::spawn(move || serve(stream));
        }
    });
    Server { port, accepted }
}

/// Sends back what it gets.
pub(crate) fn echo() -> Server {
    tcp_on("127.0.0.1:0", echo_stream)
}

pub(crate) fn echo_stream(mut stream: TcpStream) -> std::io::Result<()> {
    let mut writer = stream.try_clone()?;
    std::io::copy(&mut stream, &mut writer)?;
    writer.shutdown(std::net::Shutdown::Write)
}

/// Speaks first, as SMTP and MySQL do.
pub(crate) fn greeter() -> Server {
    tcp_on("127.0.0.1:0", |mut stream| stream.write_all(b"220 ready"))
}

/// Takes five octets and cuts the connection.
pub(crate) fn resetting() -> Server {
    tcp_on("127.0.0.1:0", |mut stream| {
        stream.read_exact(&mut [0; 5])?;
        rustix::net::sockopt::set_socket_linger(&stream, Some(Duration::ZERO))?;
        Ok(())
    })
}

/// Reads little at first, then the rest, and says how much it was.
pub(crate) fn slow() -> Server {
    tcp_on("127.0.0.1:0", |mut stream| {
        let mut buffer = vec![0; 1 << 20];
        let mut total = 0;
        for pace in std::iter::repeat_n(10, 30).chain(std::iter::repeat(0)) {
            let count = stream.read(&mut buffer)?;
            total += count;
            if count == 0 {
                break;
            }
            // A slow peer is what is tested: time is its only property.
            thread::sleep(Duration::from_millis(pace));
        }
        write!(stream, "{total}")
    })
}

/// Holds connections open without a word.
pub(crate) fn silent() -> Server {
    tcp_on("127.0.0.1:0", |mut stream| {
        stream.read_to_end(&mut Vec::new()).map(|_| ())
    })
}

/// A port where nobody listens.
pub(crate) fn closed_port() -> u16 {
    TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
}

/// A name server that knows only 127.0.0.1.
pub(crate) fn name_server() -> SocketAddr {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap();
    thread::spawn(move || {
        let mut buffer = [0; 512];
        while let Ok((length, from)) = socket.recv_from(&mut buffer) {
            let mut answer = buffer[..length].to_vec();
            answer[2..4].copy_from_slice(&[0x81, 0x80]);
            if answer[length - 3] == 1 {
                answer[7] = 1;
                answer.extend([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 127, 0, 0, 1]);
            }
            socket.send_to(&answer, from).unwrap();
        }
    });
    address
}
